//! The program as an operator runs it: killed in the middle of work, and told to stop while clients hold on.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use krama::proto::v1;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tonic::transport::Channel;

use crate::ask::Ask;
use crate::book::Book;
use crate::say::{enrolment, payment, registration};
use crate::world::{COLLECTOR, Folder, OFFICER, channel_to, said};

/// How long a process may take to start or to end; a deadline of the test, not of the server.
const PATIENCE: Duration = Duration::from_secs(60);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A running `krama serve`.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

fn command(folder: &Folder, log: &str) -> Command {
    let mut command = program(folder);
    command.env("KRAMA_TELEMETRY__LOG", log).env("KRAMA_TELEMETRY__JSON", "true");
    command
}

/// The program, with the settings of a folder.
pub(crate) fn program(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krama"));
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh");
    command
        .env_clear()
        .env("KRAMA_SERVER__LISTEN", "127.0.0.1:0")
        .env("KRAMA_SERVER__DRAIN_SECONDS", "1")
        .env("KRAMA_STORE__URL", folder.url())
        .env("KRAMA_STORE__PATH", folder.ledger())
        .env("KRAMA_STORE__KEY_FILE", folder.0.join("krama.key"))
        .env("KRAMA_STORE__STATEMENT_SECONDS", "2")
        .env("KRAMA_POLICY__FOLDER", policies)
        .env("KRAMA_SANDBOX__CLOCK_START", "2026-03-10");
    command
}

/// Runs a subcommand on the ledger of a folder to its end.
pub(crate) async fn run(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = command(folder, "warn");
    command.args(arguments).stdin(Stdio::null());
    let ran = tokio::task::spawn_blocking(move || command.output());
    let ran = tokio::time::timeout(PATIENCE, ran).await.expect("it ends in time");
    ran.expect("it is waited for").expect("the program starts")
}

/// The file in which the log of the process is kept.
pub(crate) fn log_of(folder: &Folder) -> std::path::PathBuf {
    folder.0.join("stderr.log")
}

/// Whatever is kept of anybody's standing in the ledger of a folder is what the law says and what the feed told.
pub(crate) async fn keeps_the_truth(folder: &Folder) {
    let verified = run(folder, &["verify", "--sandbox"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

impl Process {
    /// Starts a sandbox and waits until it serves.
    pub(crate) async fn start(folder: &Folder, log: &str) -> Process {
        let file = File::create(log_of(folder)).expect("a log file");
        let child = command(folder, log)
            .args(["serve", "--sandbox"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn();
        let mut process = Process { child: child.expect("the program starts"), address: ([127, 0, 0, 1], 0).into() };
        let started = tokio::time::timeout(PATIENCE, async {
            loop {
                let log = fs::read_to_string(log_of(folder)).expect("the log can be read");
                let told = log.split_once("\"address\":\"").and_then(|(_, rest)| rest.split_once('"'));
                if let Some((address, _)) = told {
                    return address.parse().expect("an address");
                }
                assert!(process.child.try_wait().expect("a process").is_none(), "it did not start: {log}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        process.address = started.await.expect("it serves in time");
        process
    }

    /// How much memory it holds, in KiB.
    pub(crate) fn memory(&self) -> i64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it is running");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches("kB").trim().parse().expect("a number")
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is gone");
    }

    /// Tells it to stop.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        // A shell knows `kill` also where no program of that name is installed.
        let kill = format!("kill -{name} {}", self.child.id());
        let told = Command::new("sh").args(["-c", &kill]).status();
        assert!(told.expect("a shell can be started").success(), "it is running");
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(status) = self.child.try_wait().expect("a process") {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        ended.await.expect("it ends in time")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn ask<A: Ask>(channel: &Channel, who: &str, ask: A) -> Result<A::Reply, tonic::Status> {
    ask.send(channel.clone(), said(who)).await
}

#[derive(Default)]
struct Sent {
    acknowledged: Vec<(v1::RecordPaymentRequest, v1::RecordPaymentResponse)>,
    unanswered: Vec<v1::RecordPaymentRequest>,
}

/// Eight clients pay as fast as they can until the server is gone.
async fn pay_until_killed(process: &mut Process, members: &[String]) -> Sent {
    let sent = std::sync::Arc::new(Mutex::new(Sent::default()));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (channel, sent, member) = (channel_to(process.address), sent.clone(), members[client % 2].clone());
            tokio::spawn(async move {
                loop {
                    let paid = payment(&member, "2026-03-10");
                    match ask(&channel, COLLECTOR, paid.clone()).await {
                        Ok(reply) => sent.lock().await.acknowledged.push((paid, reply)),
                        Err(_) => return sent.lock().await.unanswered.push(paid),
                    }
                }
            })
        })
        .collect();
    while sent.lock().await.acknowledged.len() < 60 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.kill();
    for client in clients {
        client.await.expect("the client ends");
    }
    std::mem::take(&mut *sent.lock().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill_and_a_retry_settles_the_rest() {
    let folder = Folder::new();
    let mut process = Process::start(&folder, "krama=info").await;
    let channel = channel_to(process.address);
    let mut members = Vec::new();
    for number in 1..=2 {
        let member = ask(&channel, OFFICER, registration(number)).await.expect("a member").member_id;
        ask(&channel, OFFICER, enrolment(&member)).await.expect("an enrolment");
        members.push(member);
    }
    let sent = pay_until_killed(&mut process, &members).await;
    assert_eq!(sent.unanswered.len(), 8, "each client was cut off in the middle of a call");

    let process = Process::start(&folder, "krama=info").await;
    let channel = channel_to(process.address);
    let book = Book::open(&folder).await;
    let kept = book.number("SELECT count(*) FROM payment").await;
    let acknowledged = i64::try_from(sent.acknowledged.len()).expect("a number");
    assert!((acknowledged..=acknowledged + 8).contains(&kept), "{acknowledged} were acknowledged, {kept} are kept");
    for (paid, reply) in &sent.acknowledged {
        let again = ask(&channel, COLLECTOR, paid.clone()).await.expect("the same answer");
        assert_eq!(&again, reply);
    }
    let mut positions: BTreeSet<i64> =
        sent.acknowledged.iter().filter_map(|(_, reply)| reply.position.as_ref()).map(|at| at.number).collect();
    for paid in sent.unanswered {
        let reply = ask(&channel, COLLECTOR, paid).await.expect("a retry");
        assert_eq!(reply.outcome(), v1::Outcome::Accepted, "under its own id it is no duplicate");
        assert!(positions.insert(reply.position.expect("a position").number), "two payments took one place");
    }
    assert_eq!(book.number("SELECT count(*) FROM payment").await, acknowledged + 8);
    book.holds_together().await;
    keeps_the_truth(&folder).await;
}

/// Tells a server to stop while something holds a connection, and sees it end by itself and in time.
async fn stops_in_spite_of(hold: impl AsyncFnOnce(SocketAddr) -> TcpStream) {
    let folder = Folder::new();
    let mut process = Process::start(&folder, "krama=info").await;
    let channel = channel_to(process.address);
    ask(&channel, OFFICER, registration(1)).await.expect("it serves");
    let held = hold(process.address).await;
    // The server has to have met the connection before it is told to stop.
    ask(&channel, OFFICER, registration(2)).await.expect("it still serves");
    process.terminate();
    let ended = tokio::time::timeout(Duration::from_secs(10), process.ended()).await;
    let status = ended.expect("it ends within the drain deadline");
    let log = fs::read_to_string(log_of(&folder)).expect("a log");
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("every acknowledged command is on the disk"), "{log}");
    drop(held);
    assert!(!folder.ledger().with_extension("sqlite-wal").exists(), "the ledger was closed");
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_keep_it_from_stopping() {
    stops_in_spite_of(async |address| TcpStream::connect(address).await.expect("a connection")).await;
}

#[tokio::test]
async fn half_a_greeting_does_not_keep_it_from_stopping() {
    stops_in_spite_of(async |address| {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&PREFACE[..10]).await.expect("half a greeting");
        stream
    })
    .await;
}

#[tokio::test]
async fn a_greeting_and_then_nothing_does_not_keep_it_from_stopping() {
    stops_in_spite_of(async |address| {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(PREFACE).await.expect("a greeting");
        stream
    })
    .await;
}

#[tokio::test]
async fn a_sandbox_ledger_is_refused_without_the_flag_and_says_what_to_do() {
    let folder = Folder::new();
    let mut process = Process::start(&folder, "krama=info").await;
    ask(&channel_to(process.address), OFFICER, registration(1)).await.expect("it serves");
    process.terminate();
    assert!(process.ended().await.success());
    let output = command(&folder, "krama=info").arg("serve").output().expect("the program runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--sandbox"), "{said}");
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_refused_by_name() {
    let folder = Folder::new();
    let output = command(&folder, "krama=info").arg("serve").env("KRAMA_SERVER__LISTN", "127.0.0.1:0").output();
    let output = output.expect("the program runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.to_lowercase().contains("listn"), "{said}");
}
