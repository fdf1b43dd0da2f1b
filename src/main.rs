//! krama
use clap::Parser;
use std::process::ExitCode;

/// Each command makes hundreds of short-lived values between service, driver and database.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    krama::cli::run(krama::cli::Cli::parse()).await
}
