//! The `krama` program: parses the command line and hands over.

use std::process::ExitCode;

use clap::Parser as _;
use krama::cli::{Cli, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("krama: {error:#}");
            ExitCode::FAILURE
        }
    }
}
