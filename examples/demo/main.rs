//! The product at work, on this machine alone: `cargo run --example demo` serves a page in which one person plays
//! everybody, `cargo run --example demo -- --tour` tells the same story in the terminal.
//!
//! No AWS account, no Slack workspace, no identity provider: the stand-ins of `sandbox` speak the real protocols
//! on loopback, and the product cannot tell.
#![expect(clippy::print_stdout, reason = "says in the terminal where the page is, and tells the tour there")]

mod page;
mod records;
mod tour;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Shows elevate at work, with stand-ins for Slack, an identity provider and AWS.
#[derive(Parser)]
struct CommandLine {
    /// Tells the whole story in the terminal, and ends.
    #[arg(long, conflicts_with_all = ["data", "port", "step_up"])]
    tour: bool,
    /// Keeps what the product stores in this folder, so that people stay linked from one run to the next.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The page's port on 127.0.0.1; the product and the stand-ins take the four after it.
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u16).range(1..=65_531))]
    port: u16,
    /// Asks for a sign-in of the last five minutes before the console opens, and before an answer of a reviewer counts.
    #[arg(long)]
    step_up: bool,
}

impl CommandLine {
    /// What the operator would set for the product, as environment variables.
    fn settings(&self) -> Vec<(String, String)> {
        let step_up =
            [("ELEVATE_ACCESS__STEP_UP__MAX_AGE", "5m"), ("ELEVATE_ACCESS__STEP_UP__REVIEW", "true")];
        let asked_for = step_up.into_iter().filter(|_| self.step_up);
        asked_for.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    let outcome = if line.tour { tour::run().await } else { page::run(&line).await };
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
