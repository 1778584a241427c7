//! The soak: 10,000 requests through the whole story, and nothing is left of them: `cargo bench --bench soak`.
//!
//! 1. Everybody signs in once.
//! 2. Round by round, everybody asks, is answered, works and is done, on a clock that moves when somebody waits.
//! 3. Everything that happened has been told, once and in its order, and nothing is left to do.
//! 4. The stand-ins forget the round, so that what still grows is the product.
//! 5. In the end the process holds as much memory and as many tasks as it did near the beginning.
//!
//! `cargo bench --bench soak -- 2000` sends fewer through. It ends by itself, with a failure if any of this is not so.
#![expect(clippy::print_stdout, reason = "the soak reports in the terminal")]

mod cast;
mod pace;
mod process;
mod report;
mod round;
mod world;

use anyhow::{Context, ensure};
use tokio::{runtime::Builder, time::Instant};

use self::{
    process::Level,
    report::{Report, thousands},
    world::World,
};

/// How many requests are sent through, unless the command line says.
const REQUESTS: usize = 10_000;
/// After how many requests the process has grown to what it needs; and how often it is looked at after that.
const WARM: usize = 1_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("the soak takes minutes, and runs with `cargo bench --bench soak` alone");
        return Ok(());
    }
    let number = arguments.iter().find(|argument| *argument != "--bench");
    let requests = number.map_or(Ok(REQUESTS), |number| number.parse());
    let requests = requests.context("the soak takes a number of requests, and nothing else")?;
    // The database in the process does one thing at a time. With a thread for each call, what the allocator keeps for
    // every thread grows from beginning to end, and hides what the product keeps.
    let runtime =
        Builder::new_multi_thread().worker_threads(2).max_blocking_threads(1).enable_all().build()?;
    runtime.block_on(soak(requests))
}

async fn soak(requests: usize) -> anyhow::Result<()> {
    let started = Instant::now();
    let world = World::open().await?;
    world.everybody_signs_in().await?; // 1
    let mut report = Report::after_sign_ins(&world.closes_the_books()?);
    let (mut first_round, mut warm) = (None, None);
    while report.requests < requests {
        let before = report.requests;
        let round = world.round(before, requests - before).await?; // 2, 3
        report.take_in(round, &world.closes_the_books()?); // 4
        let level = Level::of_this_process();
        first_round.get_or_insert(level);
        if report.requests / WARM > before / WARM {
            report.line(world.age(), started.elapsed(), level);
            warm.get_or_insert(level);
        }
    }
    let end = Level::of_this_process();
    report.end(world.age(), started.elapsed(), world.jobs_left().await?.len())?;
    let first_round = first_round.context("no request was sent through")?;
    no_task_is_left(first_round, end)?; // 5
    match warm.filter(|_| requests >= 2 * WARM) {
        Some(warm) => memory_is_flat(warm, end), // 5
        None => {
            println!("Memory       too few requests to tell");
            Ok(())
        }
    }
}

fn no_task_is_left(first_round: Level, end: Level) -> anyhow::Result<()> {
    let most = first_round.tasks_with_slack();
    println!(
        "Tasks        {} after the first round, {} at the end; at most {most}",
        first_round.tasks, end.tasks
    );
    ensure!(end.tasks <= most, "tasks are left over");
    Ok(())
}

fn memory_is_flat(warm: Level, end: Level) -> anyhow::Result<()> {
    let (Some(warm), Some(end)) = (warm.memory, end.memory) else {
        println!("Memory       this system does not tell");
        return Ok(());
    };
    let most = warm.with_slack();
    println!("Memory       {warm} after {} requests, {end} at the end; at most {most}", thousands(WARM));
    ensure!(end <= most, "the process has grown");
    Ok(())
}
