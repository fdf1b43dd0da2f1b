//! The command line: one file for each subcommand, and here only the list of them.
//!
//! A subcommand parses what was typed, calls, and prints; it ends with an exit status, and an error is always 2.
//! Absent on purpose: anything that another floor would want to use.

pub mod cases;
pub mod check;
mod civil;
mod client;
pub mod demo;
pub mod examples;
pub mod explain;
pub mod import;
pub mod lapse;
mod lines;
pub mod policy;
pub mod sandbox;
pub mod serve;
pub mod verify;
mod words;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The system of record of a social security fund: members, contributions, employments, cover.
#[derive(Debug, Parser)]
#[command(name = "krama", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Check(check::Args),
    Explain(explain::Args),
    Import(import::Args),
    Sandbox(sandbox::Args),
    Cases(cases::Args),
    Policy(policy::Args),
    Examples(examples::Args),
    Lapse(lapse::Args),
    Verify(verify::Args),
}

/// The status of an error, so that scripts can tell it from an answer that is a no.
const ERROR: u8 = 2;

/// Runs the subcommand that was typed.
pub async fn run(cli: Cli) -> ExitCode {
    let (mut out, is_terminal) = (std::io::stdout(), std::io::stdout().is_terminal());
    let pen = if is_terminal { explain::Pen::Coloured } else { explain::Pen::Plain };
    let ended = match cli.command {
        Command::Serve(args) => serve::run(args).await.map(|()| ExitCode::SUCCESS),
        Command::Demo(args) => demo::run(args, is_terminal, &mut out).await,
        Command::Check(args) => check::run(args, &mut out).await,
        Command::Explain(args) => explain::run(args, pen, &mut out).await,
        Command::Import(args) => import::run(args, &mut out).await,
        Command::Sandbox(args) => sandbox::run(args, &mut out).await,
        Command::Cases(args) => cases::run(&args, &mut out),
        Command::Policy(args) => policy::run(&args, &mut out),
        Command::Examples(args) => examples::run(&args, &mut out),
        Command::Lapse(args) => lapse::run(args, &mut out).await,
        Command::Verify(args) => verify::run(args, &mut out).await,
    };
    ended.unwrap_or_else(|error| {
        // Where nobody reads standard error either, the status still tells.
        drop(writeln!(std::io::stderr(), "krama: {error:#}"));
        ExitCode::from(ERROR)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
