//! What is counted, and how it is told.

use std::time::Duration;

use anyhow::ensure;
use chrono::TimeDelta;

use crate::{
    pace::{MOST_AHEAD, Pace},
    process::Level,
    round::Round,
    world::{Books, COUNTERPARTS},
};

/// Everything so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) requests: usize,
    events: usize,
    /// Lines in the audit channel about people who have signed in.
    sign_ins: usize,
    calls: [usize; COUNTERPARTS.len()],
    audit: Pace,
    review: Pace,
    direct: Pace,
}

impl Report {
    /// What has been seen while everybody signed in.
    pub(crate) fn after_sign_ins(books: &Books) -> Self {
        let mut report = Self { sign_ins: books.audit.len(), ..Self::default() };
        report.count(books);
        println!("requests   events  audit lines      calls      virtual         wall  tasks  memory");
        report
    }

    pub(crate) fn take_in(&mut self, round: Round, books: &Books) {
        self.requests += round.requests;
        self.events += round.events;
        self.count(books);
    }

    fn count(&mut self, books: &Books) {
        for (total, calls) in self.calls.iter_mut().zip(books.calls) {
            *total += calls;
        }
        self.audit.count(&books.audit);
        self.review.count(&books.review);
        self.direct.count(&books.direct);
    }

    /// How far it is.
    pub(crate) fn line(&self, age: TimeDelta, wall: Duration, level: Level) {
        let memory = level.memory.map(|memory| memory.to_string()).unwrap_or_default();
        println!(
            "{:>8}  {:>7}  {:>11}  {:>9}  {:>11}  {:>11}  {:>5}  {memory}",
            thousands(self.requests),
            thousands(self.events),
            thousands(self.audit.posts),
            thousands(self.calls.iter().sum()),
            virtual_time(age),
            wall_time(wall),
            level.tasks,
        );
    }

    /// How it was, with `left` jobs left.
    ///
    /// # Errors
    /// When auditors have heard more or less than has happened, or Slack was asked to take posts too fast.
    pub(crate) fn end(&self, age: TimeDelta, wall: Duration, left: usize) -> anyhow::Result<()> {
        let Self { requests, events, sign_ins, calls, audit, review, direct } = self;
        let (requests, happened) = (thousands(*requests), thousands(*events));
        println!("\nRequests     {requests}, in {happened} events");
        println!(
            "Time         {} by the world's clock, {} by the machine's",
            virtual_time(age),
            wall_time(wall)
        );
        let calls: Vec<String> = COUNTERPARTS
            .iter()
            .zip(calls)
            .map(|(whom, calls)| format!("{whom} {}", thousands(*calls)))
            .collect();
        println!("Calls        {}", calls.join(" · "));
        for (label, whom, pace) in
            [("Posts", "audit", audit), ("", "review", review), ("", "direct messages", direct)]
        {
            let (posts, ahead) = (thousands(pace.posts), pace.most_ahead);
            println!("{label:<11}  {whom} {posts}, at most {ahead} ahead of one a second");
        }
        println!("Audit lines  {}, of which {sign_ins} about sign-ins", thousands(audit.posts));
        println!("Jobs left    {left}");
        ensure!(audit.posts == events + sign_ins, "auditors have not heard of each event once");
        let most_ahead = [audit, review, direct].map(|pace| pace.most_ahead).into_iter().max();
        ensure!(most_ahead <= Some(MOST_AHEAD), "a channel was ahead of one post a second by {most_ahead:?}");
        Ok(())
    }
}

/// A number, with its thousands set apart.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn virtual_time(time: TimeDelta) -> String {
    format!("{} d {:02}:{:02}", time.num_days(), time.num_hours() % 24, time.num_minutes() % 60)
}

fn wall_time(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}
