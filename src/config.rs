//! Every setting, read once, checked once and passed down by value.
//!
//! Defaults are in `config.default.toml`; a file given with `--config` overrides them, and `KRAMA_` variables
//! override both (`KRAMA_SERVER__LISTEN=127.0.0.1:7411`). Nothing else in the program reads the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

const DEFAULTS: &str = include_str!("config.default.toml");

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the server listens and how it stops.
    pub server: Server,
    /// Where the ledger is kept.
    pub store: Store,
    /// By which law it decides.
    pub policy: Policy,
    /// What exists in a sandbox only.
    pub sandbox: Sandbox,
    /// How time passes for members of whom nobody reports anything.
    pub lapse: Lapse,
    /// A bound on everything that grows.
    pub limits: Limits,
    /// Where traces go.
    pub telemetry: Telemetry,
}

/// Where the server listens and how it stops.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long a stopping server waits for calls under way, in seconds.
    pub drain_seconds: u64,
}

/// Where the ledger is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The address of a PostgreSQL database; a SQLite file is used when it is empty.
    pub url: Secret,
    /// The SQLite database file.
    pub path: PathBuf,
    /// The file with the key that seals personal data; made at the first start.
    pub key_file: PathBuf,
    /// How many connections read at the same time.
    pub readers: u32,
    /// How long a call waits for a connection to the database, in seconds.
    pub connection_seconds: u64,
    /// How long PostgreSQL may take for a statement, and a transaction of it may stand still, in seconds.
    pub statement_seconds: u64,
}

/// A setting that may hold a password, and so is not printed.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "empty" } else { "hidden" })
    }
}

/// By which law the server decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The folder of the law, with one document per revision.
    pub folder: PathBuf,
}

/// What exists in a sandbox only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Whether the server is a sandbox: callers name themselves, and the clock can be moved. Loopback only.
    pub enabled: bool,
    /// Where the clock of a fresh sandbox stands, as a day; the present one when empty.
    pub clock_start: String,
}

/// How time passes for members of whom nobody reports anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lapse {
    /// After how many seconds at most the server looks again for members whose standing time has changed; 0: never.
    pub every_seconds: u64,
}

/// A bound on everything that grows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Commands that share one commit at most.
    pub batch_commands: usize,
    /// Commands that may wait for the writer.
    pub waiting_commands: usize,
    /// The longest time that a call may take, in milliseconds.
    pub call_milliseconds: u64,
    /// The largest message that is read, in bytes.
    pub message_bytes: usize,
    /// Calls that one connection may have under way.
    pub calls_per_connection: u32,
    /// Records on a page when the caller does not say.
    pub page_default: u32,
    /// Records on a page at most.
    pub page_most: u32,
    /// The largest amount of one payment, in riel.
    pub amount_riel: i64,
    /// How many days a hire may lie ahead.
    pub hire_ahead_days: i32,
    /// How old the value date of a collector's payment may be, in days, before an officer must look at it.
    pub max_backdate_days: i32,
    /// The longest text in a field, in bytes.
    pub text_bytes: usize,
    /// Records of a unary batch at most.
    pub batch_records: usize,
    /// Records of a streamed batch of which all are taken or none.
    pub all_or_none_records: usize,
    /// Records of a preview, and of a batch that presents its token.
    pub preview_records: usize,
    /// Records of one stream that may be under way at the same time.
    pub stream_records: usize,
    /// How long a result of a stream may wait for its client to take it, in milliseconds.
    pub results_unread_milliseconds: u64,
    /// Months that an officer may excuse without a supervisor.
    pub excuse_months_alone: i32,
    /// Months that one excuse may cover.
    pub excuse_months_most: i32,
    /// Standing changes that one answer lists at most.
    pub standing_changes: usize,
    /// Lines that a reconciliation may carry.
    pub reconciled_lines: usize,
    /// Members whom one part of a lapse run takes.
    pub lapse_members: usize,
    /// Members whom one forecast may hold.
    pub forecast_members: usize,
    /// Numbers of people that are held at hand.
    pub numbers_at_hand: usize,
    /// Questions of hospitals that share one look at the ledger.
    pub glance_questions: usize,
    /// How long the next look at the ledger waits for the one before it, in milliseconds.
    pub glance_milliseconds: u64,
    /// How old a look may be by which whoever is at hand is answered, in milliseconds.
    pub glance_age_milliseconds: u64,
    /// Members whom one part of a simulation decides about.
    pub simulation_members: usize,
    /// Simulations that may run at the same time.
    pub simulations_at_once: usize,
    /// Previews that may be decided at the same time.
    pub previews_at_once: usize,
    /// Positions of the feed that are read at a time.
    pub feed_positions: u32,
    /// After how many milliseconds without news a feed says how far it has come.
    pub heartbeat_milliseconds: u64,
    /// How long a reader waits for a position that was not reached yet, in milliseconds.
    pub position_wait_milliseconds: u64,
    /// How often the ledger is asked for what other servers wrote, while somebody waits, in milliseconds.
    pub position_poll_milliseconds: u64,
}

/// Where traces go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Which log lines are written, in the syntax of `RUST_LOG`.
    pub log: String,
    /// Whether log lines are JSON.
    pub json: bool,
    /// The OTLP collector to which traces are sent; none when empty.
    pub otlp_endpoint: String,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// A setting is missing, misspelt or of the wrong kind.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] Box<figment::Error>),
    /// A setting has a value that would not work.
    #[error("`{setting}` {problem}")]
    Unusable {
        /// Which setting.
        setting: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl Config {
    /// Reads the defaults, a file if one is given, and the environment.
    ///
    /// # Errors
    /// A setting is unknown, malformed or unusable; the message names it.
    pub fn read(file: Option<&Path>) -> Result<Config, BadConfig> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let config: Config = figment.merge(Env::prefixed("KRAMA_").split("__")).extract().map_err(Box::new)?;
        config.check()?;
        Ok(config)
    }

    /// The defaults alone, whatever the environment says.
    ///
    /// # Errors
    /// Never, unless the defaults of the program are broken.
    pub fn defaults() -> Result<Config, BadConfig> {
        Ok(Figment::from(Toml::string(DEFAULTS)).extract().map_err(Box::new)?)
    }

    /// Checks what no single type can.
    ///
    /// # Errors
    /// A setting would not work.
    pub fn check(&self) -> Result<(), BadConfig> {
        let unusable = |setting, problem: &str| Err(BadConfig::Unusable { setting, problem: problem.to_owned() });
        if self.sandbox.enabled && !self.server.listen.ip().is_loopback() {
            return unusable("server.listen", "must be a loopback address in a sandbox, such as 127.0.0.1:7411");
        }
        if self.limits.batch_commands == 0 || self.limits.waiting_commands == 0 {
            return unusable("limits.batch_commands", "and limits.waiting_commands must be at least 1");
        }
        if self.limits.page_default == 0 || self.limits.page_default > self.limits.page_most {
            return unusable("limits.page_default", "must lie between 1 and limits.page_most");
        }
        let limits = &self.limits;
        let records = [limits.batch_records, limits.all_or_none_records, limits.preview_records, limits.stream_records];
        if records.contains(&0) {
            return unusable("limits.batch_records", "and the other limits of records must be at least 1");
        }
        if self.limits.lapse_members == 0 || self.limits.feed_positions == 0 {
            return unusable("limits.lapse_members", "and limits.feed_positions must be at least 1");
        }
        if self.limits.glance_questions == 0 {
            return unusable("limits.glance_questions", "must be at least 1");
        }
        if self.limits.simulation_members == 0 || self.limits.simulations_at_once == 0 {
            return unusable("limits.simulation_members", "and limits.simulations_at_once must be at least 1");
        }
        if self.limits.previews_at_once == 0 {
            return unusable("limits.previews_at_once", "must be at least 1");
        }
        if self.limits.heartbeat_milliseconds == 0 || self.limits.position_poll_milliseconds == 0 {
            return unusable(
                "limits.heartbeat_milliseconds",
                "and limits.position_poll_milliseconds must be at least 1",
            );
        }
        if self.store.readers == 0 {
            return unusable("store.readers", "must be at least 1");
        }
        let url = &self.store.url.0;
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return unusable("store.url", "must begin with postgres://, or be empty for a SQLite file");
        }
        if self.store.connection_seconds == 0 || self.store.statement_seconds == 0 {
            return unusable("store.connection_seconds", "and store.statement_seconds must be at least 1");
        }
        let start = &self.sandbox.clock_start;
        if !start.is_empty() && start.parse::<krama_law::calendar::Day>().is_err() {
            return unusable("sandbox.clock_start", "must be a day such as 2025-01-01, or empty");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used() {
        Config::defaults().unwrap().check().unwrap();
    }

    #[test]
    fn another_database_than_postgres_is_refused_without_its_password() {
        let mut config = Config::defaults().unwrap();
        config.store.url = Secret("mysql://root:hunter2@host/db".to_owned());
        let refused = config.check().unwrap_err().to_string();
        assert!(refused.contains("store.url") && !refused.contains("hunter2"), "{refused}");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_sandbox_beyond_loopback_is_refused() {
        let mut config = Config::defaults().unwrap();
        config.sandbox.enabled = true;
        config.server.listen = "0.0.0.0:7411".parse().unwrap();
        assert!(config.check().unwrap_err().to_string().contains("server.listen"));
    }
}
