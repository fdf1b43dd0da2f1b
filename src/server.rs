//! The assembly: from settings to a running server, and back to a closed ledger.
//!
//! Here the law is read, the ledger opened and the counter put before the desk. Absent: signals and arguments,
//! which are the command line's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use krama_documents::policy_file::read_law;
use krama_law::calendar::{Day, Moment};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::grpc::server::{Serving, serve};
use crate::operation::failure::Failure;
use crate::operation::lapse::{Passed, until_midnight};
use crate::operation::{Desk, Limits, Opening};
use crate::store::connection::{Place, Settings};

/// A server that is running, with its ledger.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    serving: Serving,
    desk: Arc<Desk>,
    writer: JoinHandle<()>,
    /// The lapse run, if the server does it.
    lapses: Option<JoinHandle<()>>,
}

/// Starts a server.
///
/// # Errors
/// A setting, the law, the ledger or the address cannot be used; the message says which and what to do.
pub async fn start(config: &Config) -> anyhow::Result<Running> {
    let (desk, writer) = open(config).await?;
    anyhow::ensure!(
        !desk.holds_part_of_a_register().await?,
        "an older register was loaded in part; finish it with `krama import register`, as it was begun"
    );
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("{listen} cannot be listened on; stop what uses it, or set server.listen to another address")
    })?;
    let serving = serve(desk.clone(), listener, config).await?;
    let every = Duration::from_secs(config.lapse.every_seconds);
    let lapses = (!every.is_zero()).then(|| tokio::spawn(let_time_pass(desk.clone(), every)));
    Ok(Running { address: serving.address, serving, desk, writer, lapses })
}

/// Looks at once, at midnight, whenever a sandbox's clock was moved and from time to time for members whom time changed.
async fn let_time_pass(desk: Arc<Desk>, every: Duration) {
    loop {
        let now = match desk.pass_time(None, |_| {}).await {
            Ok(passed) => {
                if passed.members > 0 {
                    let Passed { members, told, notices } = passed;
                    tracing::info!(members, told, notices, "time has passed");
                }
                desk.now().await
            }
            Err(failure) => Err(failure),
        };
        let pause = match now {
            Ok(now) => every.min(until_midnight(now)),
            Err(Failure::Stopping) => return,
            Err(failure) => {
                tracing::warn!(reason = failure.reason(), "the lapse run was broken off and is tried again");
                every
            }
        };
        // A pause that ends early or late only makes the feed early or late.
        drop(tokio::time::timeout(pause, desk.time_moved()).await);
    }
}

/// Opens the ledger that the settings name, with nobody to serve.
///
/// # Errors
/// A setting, the law or the ledger cannot be used; the message says which and what to do.
pub async fn open(config: &Config) -> anyhow::Result<(Arc<Desk>, JoinHandle<()>)> {
    config.check()?;
    let law = read_law(&config.policy.folder)?;
    let place = match &config.store.url.0 {
        url if url.is_empty() => Place::File(config.store.path.clone()),
        url => Place::Postgres(url.clone()),
    };
    let file = if let Place::File(path) = &place { Some(path) } else { None };
    for file in file.into_iter().chain([&config.store.key_file]) {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
    }
    let start = config.sandbox.clock_start.parse::<Day>().ok().map(Moment::start_of);
    let opening = Opening {
        store: Settings {
            place,
            key_file: config.store.key_file.clone(),
            readers: config.store.readers,
            connection_patience: Duration::from_secs(config.store.connection_seconds),
            statement_patience: Duration::from_secs(config.store.statement_seconds),
        },
        law,
        limits: Limits {
            batch_commands: config.limits.batch_commands,
            waiting_commands: config.limits.waiting_commands,
            hire_ahead_days: config.limits.hire_ahead_days,
            max_backdate_days: config.limits.max_backdate_days,
            excuse_months_alone: config.limits.excuse_months_alone,
            lapse_members: config.limits.lapse_members,
            forecast_members: config.limits.forecast_members,
            numbers_at_hand: config.limits.numbers_at_hand,
            glance_questions: config.limits.glance_questions,
            glance_patience: Duration::from_millis(config.limits.glance_milliseconds),
            glance_age: Duration::from_millis(config.limits.glance_age_milliseconds),
            simulation_members: config.limits.simulation_members,
            simulations_at_once: config.limits.simulations_at_once,
            previews_at_once: config.limits.previews_at_once,
            position_wait: Duration::from_millis(config.limits.position_wait_milliseconds),
            position_poll: Duration::from_millis(config.limits.position_poll_milliseconds),
        },
        sandbox: config.sandbox.enabled.then_some(start),
    };
    Ok(Desk::open(opening).await?)
}

impl Running {
    /// Waits until the writer has ended, which it does by itself only through a fault: a server that cannot write
    /// must not go on answering as if it could.
    pub async fn writer_ended(&mut self) {
        if let Err(error) = (&mut self.writer).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the writer failed");
        }
    }

    /// Ends the calls, then the writer, then the ledger.
    pub async fn stop(self) {
        self.serving.stop().await;
        if let Some(lapses) = self.lapses {
            // What it has begun is either committed or not; the next run goes on from there.
            lapses.abort();
        }
        self.desk.close(self.writer).await;
    }
}

#[cfg(test)]
mod tests;
