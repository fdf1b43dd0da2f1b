//! `krama serve`: the server, until it is told to stop.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::{server, telemetry};

/// Start the server.
///
/// Without a flag nobody can call it yet: credentials come in a later version. A sandbox lets callers on this
/// machine name themselves (metadata `krama-caller: OFFICER/me`) and move the clock.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file with settings that differ from the defaults (see `krama settings`).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Serve a sandbox: callers name themselves, the clock can be moved, loopback only.
    #[arg(long)]
    sandbox: bool,
}

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// The settings, the law or the ledger cannot be used.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mut config = Config::read(args.config.as_deref())?;
    config.sandbox.enabled |= args.sandbox;
    config.check()?;
    let guard = telemetry::start(&config.telemetry)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut running = server::start(&config).await?;
    let sandbox = config.sandbox.enabled;
    tracing::info!(address = %running.address, sandbox, "krama serves");
    let mut asked = true;
    tokio::select! {
        () = running.writer_ended() => asked = false,
        _ = terminate.recv() => tracing::info!("told to stop by SIGTERM"),
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            tracing::info!("told to stop by Ctrl-C");
        }
    }
    running.stop().await;
    tracing::info!("stopped; every acknowledged command is on the disk");
    guard.flush().await;
    anyhow::ensure!(
        asked,
        "the writer failed, and the server with it; the log says why. What was acknowledged is safe"
    );
    Ok(())
}
