//! krama
use clap::Parser;
use std::process::ExitCode;
#[tokio::main]
async fn main() -> ExitCode {
    krama::cli::run(krama::cli::Cli::parse()).await
}
