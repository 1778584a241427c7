//! Instructions: how many the product executes for one `/elevate help`, counted by callgrind:
//! `cargo bench --bench help`. It requires valgrind.
//!
//! 1. The program runs itself under callgrind, which counts what [`measured`] does on its own thread, and nothing else.
//! 2. There the product serves. Slack, and the person who types, are on another thread, and are not counted.
//! 3. It counts from the signed request to the answer that the person sees.
//!
//! With `--profile dev` it needs no optimised build; figures of different profiles do not compare.
#![expect(clippy::print_stdout, reason = "the bench reports in the terminal")]

use std::{env, process::Command, sync::Arc, thread};

use anyhow::{Context, ensure};
use chrono::{TimeDelta, TimeZone, Utc};
use elevate::{config::Transport, system::SystemIds};
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, Company, GENERAL_CHANNEL},
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
};

/// How often help is asked for before anything is counted: connections are open then, and pages are in memory.
const WARM: u64 = 10;
/// How often it is asked for while it is counted.
const COUNTED: u64 = 100;
/// How the program is told that callgrind counts.
const IS_COUNTED: &str = "--counted";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if arguments.iter().any(|argument| argument == IS_COUNTED) {
        return serves();
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("instructions are counted with `cargo bench --bench help` alone");
        return Ok(());
    }
    let valgrind = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--toggle-collect=*measured*",
            "--callgrind-out-file=target/callgrind.help",
        ])
        .arg(env::current_exe()?)
        .arg(IS_COUNTED)
        .output()
        .context("could not run valgrind")?;
    let said = String::from_utf8_lossy(&valgrind.stderr);
    ensure!(valgrind.status.success(), "{said}");
    let collected =
        said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<u64>().ok());
    let each = collected.context("callgrind counted nothing")? / COUNTED;
    println!("/elevate help: {each} instructions; callgrind_annotate target/callgrind.help shows where");
    Ok(())
}

/// Serves help, on a thread of its own.
fn serves() -> anyhow::Result<()> {
    let world = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let nine = Utc.with_ymd_and_hms(2030, 1, 2, 9, 0, 0).single().context("nine o'clock")?;
    let dynamo = Dynamo::in_memory()?;
    let company = world.block_on(Company::open(Clock::standing(nine), dynamo))?;
    let served = company.clone();
    let asks = move |times| {
        let (done, is_done) = oneshot::channel();
        let company = company.clone();
        world.spawn(async move { done.send(asks_for_help(&company, times).await) });
        is_done
    };
    let product = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}", listener.local_addr()?);
            let app = stage::build(&served, &url, Transport::Http, Arc::new(SystemIds)).await?;
            let router = app.router();
            tokio::spawn(async move { axum::serve(listener, router).await });
            asks(WARM).await?
        })?;
        measured(&runtime, asks(COUNTED))
    });
    product.join().map_err(|_| anyhow::anyhow!("the product panicked"))?
}

/// What is counted: all that the product does until Ada has been answered.
#[inline(never)]
fn measured(runtime: &Runtime, asked: oneshot::Receiver<anyhow::Result<()>>) -> anyhow::Result<()> {
    runtime.block_on(asked)?
}

/// Ada types `/elevate help` so often, and reads each answer.
async fn asks_for_help(company: &Company, times: u64) -> anyhow::Result<()> {
    let ada = company.slack.person(ADA.slack);
    for _ in 0..times {
        company.clock.advance(TimeDelta::minutes(1)); // within her rate limit
        let before = company.slack.ephemerals(ADA.slack).len();
        let ack = ada.types(GENERAL_CHANNEL, "/elevate help").await?;
        ensure!(ack.is_ok(), "{ack:?}");
        while company.slack.ephemerals(ADA.slack).len() == before {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
