//! Foreign: a client in another language lives through the main job, against the program as it ships.
//!
//! The client is Python with grpcio and knows the contract by reflection alone; it makes the assertions. Here the
//! server is started on a ledger of its own, the client is run, and the server is asked to stop. Deliberately absent:
//! any import of the crate, so that nothing but the wire is shared.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{env, fs};

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// How long the server may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A server process, which does not outlive the test.
struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts a sandbox on a fresh ledger and waits until it listens.
    async fn start(folder: &Path) -> Server {
        let address = free_address().await;
        let log = folder.join("server.log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_krama"));
        command.args(["serve", "--sandbox"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        // Settings of the one who runs the tests are not settings of this server.
        for (key, _) in env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("KRAMA_")) {
            command.env_remove(key);
        }
        command
            .env("KRAMA_SERVER__LISTEN", address.to_string())
            .env("KRAMA_STORE__PATH", folder.join("ledger.sqlite"))
            .env("KRAMA_STORE__KEY_FILE", folder.join("ledger.key"))
            .env("KRAMA_SANDBOX__CLOCK_START", "2025-01-01")
            .env("KRAMA_TELEMETRY__LOG", "krama=info,warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).expect("the log can be written"));
        let child = command.spawn().expect("the server can be started");
        let mut server = Server { child, address, log };
        let listens = timeout(PATIENCE, server.listening()).await;
        assert!(listens.is_ok(), "the server does not listen:\n{}", server.log());
        server
    }

    async fn listening(&mut self) {
        while TcpStream::connect(self.address).await.is_err() {
            if let Some(status) = self.ended() {
                panic!("the server ended before it listened, with {status}:\n{}", self.log());
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Asks the server to end, as an init system would, and waits until it has.
    async fn terminate(&mut self) -> ExitStatus {
        // A shell knows `kill` also where no program of that name is installed.
        let kill = format!("kill -TERM {}", self.child.id());
        let told = Command::new("sh").args(["-c", &kill]).status().expect("a shell can be started");
        assert!(told.success(), "the server was gone before it was told to stop:\n{}", self.log());
        let ending = async {
            loop {
                if let Some(status) = self.ended() {
                    return status;
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        let ended = timeout(PATIENCE, ending).await;
        ended.unwrap_or_else(|_| panic!("the server does not stop:\n{}", self.log()))
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the server can be asked after")
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_else(|error| format!("its log cannot be read: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a good end there is nothing left to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An address on this machine that nobody listens on.
async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    listener.local_addr().expect("a listener has an address")
}

/// An empty folder, left behind after the test for whoever has to find out why it failed.
fn fresh_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("what an earlier run left can be removed");
    }
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

#[tokio::test]
async fn a_foreign_client_lives_through_the_main_job() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = repository.join(".tools/venv/bin/python");
    assert!(python.exists(), "the Python of the foreign client is missing: run tools/setup, then the tests again");
    let mut server = Server::start(&fresh_folder()).await;
    let client = Command::new(python)
        // Without compiled copies of itself Python leaves nothing in the repository.
        .args(["-B", "tests/foreign/client.py", &server.address.to_string()])
        // Names in Khmer script are printed also where the machine's locale does not know them.
        .env("PYTHONUTF8", "1")
        .current_dir(repository)
        .output()
        .expect("the client can be started");
    let told = format!("{}{}", String::from_utf8_lossy(&client.stdout), String::from_utf8_lossy(&client.stderr));
    assert!(client.status.success(), "the client ended with {}:\n{told}\n{}", client.status, server.log());
    // An empty run is no success.
    let stdout = String::from_utf8_lossy(&client.stdout);
    let summary = stdout.lines().last().unwrap_or_default();
    assert!(summary.ends_with(" checks passed, 0 failed") && !summary.starts_with("0 "), "{told}");
    println!("{summary}");
    let ended = server.terminate().await;
    assert!(ended.success(), "told to stop, the server ended with {ended}:\n{}", server.log());
}
