//! The command line: one file a subcommand.

pub mod examples;
pub mod serve;

use clap::{Parser, Subcommand};

/// The system of record for membership, contributions and coverage in a social security fund.
#[derive(Parser, Debug)]
#[command(name = "krama", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Start the server.
    Serve(serve::Args),
}

/// Does what the command line asks for.
///
/// # Errors
/// The subcommand failed; the message says why and what to do.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => serve::run(args).await,
    }
}
