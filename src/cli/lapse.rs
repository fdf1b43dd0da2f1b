//! `krama lapse`: lets time pass for the members whom it changes, once, and tells what it came to.
//!
//! A server does the same by itself. This is for whoever wants it done at an hour of their own, or sees what is left. It
//! may run beside servers on the same ledger, be stopped, and be run again.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use krama_law::calendar::Day;

use crate::config::Config;
use crate::server;

/// Tell of every member who stands otherwise by time alone, and of the notices that fell due.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file with settings that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The ledger is a sandbox's.
    #[arg(long)]
    sandbox: bool,
    /// Take only what was due by this day; today when absent. Never in the future.
    #[arg(long, value_name = "DAY")]
    as_of: Option<Day>,
}

/// Runs until nothing is due any more.
///
/// # Errors
/// The settings, the law or the ledger cannot be used, or the day lies in the future.
pub async fn run(args: Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(args.config.as_deref())?;
    config.sandbox.enabled |= args.sandbox;
    let (desk, writer) = server::open(&config).await?;
    let mut lost = None;
    let passed = desk
        .pass_time(args.as_of, |passed| {
            let line =
                writeln!(out, "{} members looked at, {} told, {} notices", passed.members, passed.told, passed.notices);
            lost = lost.take().or(line.err());
        })
        .await;
    desk.close(writer).await;
    let passed = passed.context("the lapse run came to an end before its time; what it did stays done")?;
    writeln!(out, "done: {} members looked at, {} told, {} notices", passed.members, passed.told, passed.notices)?;
    Ok(ExitCode::SUCCESS)
}
