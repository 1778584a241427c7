//! The product at work, on this machine alone: `cargo run --example demo` serves a page in which one person plays
//! everybody, `cargo run --example demo -- --tour` tells the same story in the terminal.
//!
//! No AWS account, no Slack workspace, no identity provider: the stand-ins of `sandbox` speak the real protocols
//! on loopback, and the product cannot tell.
#![expect(clippy::print_stdout, reason = "says in the terminal where the page is, and tells the tour there")]

mod page;
mod records;
mod stage;
mod tour;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Shows elevate at work, with stand-ins for Slack, an identity provider and AWS.
#[derive(Parser)]
struct CommandLine {
    /// Tells the whole story in the terminal, and ends.
    #[arg(long, conflicts_with_all = ["data", "port"])]
    tour: bool,
    /// Keeps what the product stores in this folder, so that people stay linked from one run to the next.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The page's port on 127.0.0.1; the product and the stand-ins take the four after it.
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u16).range(1..=65_531))]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    let CommandLine { tour, data, port } = CommandLine::parse();
    let outcome = if tour { tour::run().await } else { page::run(port, data.as_deref()).await };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place where a failure is told")]
            {
                eprintln!("demo: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
