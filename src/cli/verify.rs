//! `krama verify`: holds every standing that is kept against the law, recomputed from the facts, and against the feed.
//!
//! It may run beside servers on the same ledger. It ends with 0 where all agrees and with 1 where anything does not; a
//! difference is a fault of the program, and is to be reported with the ids that are printed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::Config;
use crate::grpc;
use crate::server;

/// Recompute the standing of every member and compare it with what is kept and with what the feed told.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file with settings that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The ledger is a sandbox's.
    #[arg(long)]
    sandbox: bool,
}

/// Members between two lines of progress.
const LINE_EVERY: u64 = 10_240;
/// Ids that are printed at most, of each kind.
const IDS_MOST: usize = 100;

/// Goes through all members.
///
/// # Errors
/// The settings, the law or the ledger cannot be used.
pub async fn run(args: Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(args.config.as_deref())?;
    config.sandbox.enabled |= args.sandbox;
    let (desk, writer) = server::open(&config).await?;
    let mut next = LINE_EVERY;
    let found = desk
        .verify(|so_far| {
            if so_far.members >= next {
                next += LINE_EVERY;
                // Progress that nobody reads any more does not end the work.
                drop(writeln!(out, "{} members compared", so_far.members));
            }
        })
        .await;
    desk.close(writer).await;
    let found = found?;
    for (what, members) in
        [("another standing than the law", &found.wrong), ("another standing than the feed", &found.untold)]
    {
        for member in members.iter().take(IDS_MOST) {
            writeln!(out, "{}: {what}", grpc::id_text(*member))?;
        }
    }
    let (wrong, untold) = (found.wrong.len(), found.untold.len());
    writeln!(
        out,
        "{} members compared: {wrong} differ from the law, {untold} from the feed, {} have no row; {} wait for the lapse run",
        found.members, found.missing, found.due
    )?;
    Ok(if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
