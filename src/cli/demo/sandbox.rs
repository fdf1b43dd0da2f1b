//! The sandbox of the play: a folder of its own, a server on it, and the wish to end.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use time::Date;
use tokio::signal;

use crate::config::Config;
use crate::server::{self, Running};

/// Ledgers of demos stand here, each in a folder of its own, and are gone when their demo ends.
const FOLDERS: &str = "var/demo";

/// A folder that nobody else uses, removed at the end.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A fresh folder, named by the process. What a killed process of that number left is removed.
    pub(super) fn fresh() -> anyhow::Result<Folder> {
        let path = Path::new(FOLDERS).join(std::process::id().to_string());
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        }
        fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Folder(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a later demo of the same number.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A running sandbox server.
pub(super) struct Sandbox {
    running: Running,
    /// The address at which it is called.
    pub(super) server: String,
}

impl Sandbox {
    /// Starts a server whose clock stands at the beginning of a day.
    pub(super) async fn start(folder: &Folder, port: u16, clock_start: Date) -> anyhow::Result<Sandbox> {
        let mut config = Config::defaults()?;
        config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        config.store.path = folder.path().join("krama.sqlite");
        config.store.key_file = folder.path().join("krama.key");
        config.sandbox.enabled = true;
        config.sandbox.clock_start = clock_start.to_string();
        config.check()?;
        let running = server::start(&config).await.context("the sandbox server does not start")?;
        let server = format!("http://{}", running.address);
        Ok(Sandbox { running, server })
    }

    /// Stops the server.
    pub(super) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Waits until somebody asks the demo to end, with Ctrl-C or as a supervisor of processes would.
pub(super) async fn interrupted() -> anyhow::Result<()> {
    let mut terminated = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = signal::ctrl_c() => pressed?,
        _ = terminated.recv() => {}
    }
    Ok(())
}
