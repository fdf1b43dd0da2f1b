//! The ground: a ledger with a population whose standing is kept, and the little that every figure needs.
//!
//! Absent: anything that is measured.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use krama::config::{Config, Secret};
use krama::operation::Desk;
use krama::server;
use krama::store::connection::{Place, Settings};
use tokio::runtime::{Builder, Runtime};

use crate::cluster::{Database, tool};
use crate::population::today;

/// Members that are loaded where nobody says how many.
const MEMBERS: u64 = 100_000;

/// A folder that goes with the value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // One that stays behind in a temporary place does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How many members are to be loaded.
pub(crate) fn members() -> u64 {
    env::var("KRAMA_BENCH_MEMBERS").ok().map_or(MEMBERS, |text| text.parse().expect("a number of members"))
}

/// The machine, in a line.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    format!("machine: {} {}, {cores} cores, load {load}", env::consts::ARCH, env::consts::OS)
}

/// A runtime of two threads.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// The middle one of some figures.
pub(crate) fn middle(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Whether the figures are those of somebody who wants them: the test runner asks every target for its tests, and a
/// population takes its time.
pub(crate) fn is_wanted() -> bool {
    !env::args().any(|argument| argument == "--test") && !cfg!(debug_assertions)
}

/// Does something with the settings of so many fresh ledgers in each of the databases that are asked for.
pub(crate) fn on_each(ledgers: usize, work: impl Fn(&str, &[Config])) {
    let backends = env::var("KRAMA_BENCH_BACKENDS").unwrap_or_else(|_| "sqlite postgres".to_owned());
    let folders = || {
        let one = |_| {
            let folder = Folder(env::temp_dir().join(format!("krama-bench-{}", uuid::Uuid::new_v4())));
            fs::create_dir(&folder.0).expect("a folder can be made");
            folder
        };
        (0..ledgers).map(one).collect::<Vec<_>>()
    };
    if backends.contains("sqlite") {
        let folders = folders();
        work("sqlite", &folders.iter().map(|folder| config(&folder.0, "")).collect::<Vec<_>>());
    }
    if backends.contains("postgres") {
        let folders = folders();
        let cluster = tool(&["start", "bench", "shared_buffers=1GB", "max_wal_size=4GB"]);
        let databases: Vec<Database> = folders.iter().map(|_| Database::on(&cluster)).collect();
        let of = |(folder, database): (&Folder, &Database)| config(&folder.0, &database.url());
        work("postgres", &folders.iter().zip(&databases).map(of).collect::<Vec<_>>());
        drop(databases);
        tool(&["stop", "bench"]);
    }
}

fn config(folder: &Path, url: &str) -> Config {
    let mut config = Config::defaults().expect("the defaults can be read");
    config.server.listen = "127.0.0.1:0".parse().expect("an address");
    config.store.url = Secret(url.to_owned());
    config.store.path = folder.join("krama.sqlite");
    config.store.key_file = folder.join("krama.key");
    // The indexes of a large ledger take their time.
    config.store.statement_seconds = 3_600;
    config.policy.folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh");
    config.sandbox.enabled = true;
    config.sandbox.clock_start = today().to_string();
    // Time passes when it is measured.
    config.lapse.every_seconds = 0;
    config
}

/// How a ledger is opened without a server.
pub(crate) fn settings(config: &Config) -> Settings {
    let url = config.store.url.0.clone();
    Settings {
        place: if url.is_empty() { Place::File(config.store.path.clone()) } else { Place::Postgres(url) },
        key_file: config.store.key_file.clone(),
        readers: 1,
        connection_patience: Duration::from_secs(60),
        statement_patience: Duration::from_secs(config.store.statement_seconds),
    }
}

/// Founds the ledger as a sandbox's, where callers may name themselves.
pub(crate) async fn found(config: &Config) {
    let (desk, writer) = server::open(config).await.expect("the ledger is founded");
    desk.close(writer).await;
}

/// Lets time pass until nobody is due any more; answers how many were looked at and told, and how long that took.
pub(crate) async fn pass(desk: &Arc<Desk>) -> (usize, usize, Duration) {
    let began = Instant::now();
    let passed = desk.pass_time(None, |_| {}).await.expect("the run comes to its end");
    (passed.members, passed.told, began.elapsed())
}
