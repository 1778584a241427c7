//! The product at work, on this machine alone: `cargo run --example demo -- --tour`.
//!
//! No AWS account, no Slack workspace, no identity provider: the stand-ins of `sandbox` speak the real protocols
//! on loopback, and the product cannot tell.
#![expect(clippy::print_stdout, reason = "the tour is told in the terminal")]

mod stage;
mod tour;

use clap::Parser;

/// Shows elevate at work, with stand-ins for Slack, an identity provider and AWS.
#[derive(Parser)]
struct CommandLine {
    /// Tells the whole story in the terminal, and ends.
    #[arg(long)]
    tour: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let CommandLine { tour: _ } = CommandLine::parse(); // the tour is all there is to see
    tour::run().await
}
