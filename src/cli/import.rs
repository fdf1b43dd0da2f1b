//! `krama import`: a file of payments or of payroll reports, sent to a server; an older register, loaded into a ledger.
//!
//! A file goes through the same door as a bank's own program would use, line by line, so a file of any length needs the
//! memory of a few lines. Ends with status 0 when every line was taken, with 1 when some were not, and with 2 when the
//! file could not be sent to its end; then it is sent again. Absent on purpose: any decision about a line.

mod door;
mod payments;
mod payroll;
mod progress;
mod register;
mod table;

use std::io::Write;
use std::process::ExitCode;

/// Sends a file of payments or of payroll reports, or loads an older register.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Payments(payments::Args),
    Payroll(payroll::Args),
    Register(register::Args),
}

/// Imports what was named.
///
/// # Errors
/// The file cannot be read, or the server cannot be reached or refuses the caller.
pub async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Payments(args) => payments::run(args, out).await,
        What::Payroll(args) => payroll::run(args, out).await,
        What::Register(args) => register::run(args, out).await,
    }
}
