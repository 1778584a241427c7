//! Audit queue: the order in which a replica posts the events that it has committed to the audit channel.
//!
//! 1. Important lines go first, but every fifth line is one of the others, so that neither kind starves.
//! 2. People take turns, so that a person who causes many lines does not delay those of others for long.
//! 3. An important line is preceded by the waiting lines of its own request that come before it.

use std::collections::{HashMap, VecDeque};

use super::{
    account::Account,
    audit::AuditEntry,
    job::{Job, Lane, Notice, Task},
};

/// How many important lines are posted for each of the others.
const IMPORTANT_IN_A_ROW: u32 = 4;
/// How many lines of each kind may wait. The sweeper posts any beyond that.
const MOST: usize = 500;

/// Audit lines that wait to be posted.
#[derive(Debug, Default)]
pub struct AuditQueue {
    important: Turns,
    others: Turns,
    important_in_a_row: u32,
}

/// The lines of people, who take turns.
#[derive(Debug, Default)]
struct Turns {
    lines: HashMap<Option<Account>, VecDeque<Job>>,
    turns: VecDeque<Option<Account>>,
    waiting: usize,
}

impl AuditQueue {
    /// Enqueues a line. Returns it if the queue is full.
    #[must_use]
    pub fn push(&mut self, job: Job) -> Option<Job> {
        let is_important = job.lane() == Lane::Auditors;
        let turns = if is_important { &mut self.important } else { &mut self.others };
        if turns.waiting >= MOST {
            return Some(job);
        }
        if is_important {
            let before = if is_of_a_request(&job) { self.others.take(&job) } else { VecDeque::new() }; // 3
            before.into_iter().for_each(|job| self.important.push(job));
            self.important.push(job);
        } else {
            self.others.push(job);
        }
        None
    }

    /// Removes and returns the line to post next.
    pub fn pop(&mut self) -> Option<Job> {
        let important =
            (self.important_in_a_row < IMPORTANT_IN_A_ROW).then(|| self.important.pop()).flatten();
        if let Some(job) = important {
            self.important_in_a_row += 1; // 1
            return Some(job);
        }
        self.important_in_a_row = 0;
        self.others.pop().or_else(|| self.important.pop())
    }
}

impl Turns {
    fn push(&mut self, job: Job) {
        let person = person(&job);
        self.waiting += 1;
        let lines = self.lines.entry(person.clone()).or_default();
        lines.push_back(job);
        if lines.len() == 1 {
            self.turns.push_back(person);
        }
    }

    fn pop(&mut self) -> Option<Job> {
        let person = self.turns.pop_front()?;
        let lines = self.lines.get_mut(&person)?;
        let job = lines.pop_front()?;
        self.waiting -= 1;
        if lines.is_empty() {
            self.lines.remove(&person);
        } else {
            self.turns.push_back(person); // 2
        }
        Some(job)
    }

    /// Removes and returns all lines of the request of `job`.
    fn take(&mut self, job: &Job) -> VecDeque<Job> {
        let person = person(job);
        let Some(lines) = self.lines.remove(&person) else { return VecDeque::new() };
        let (taken, left): (VecDeque<Job>, VecDeque<Job>) =
            lines.into_iter().partition(|line| line.line() == job.line());
        self.waiting -= taken.len();
        if left.is_empty() {
            self.turns.retain(|turn| *turn != person);
        } else {
            self.lines.insert(person, left);
        }
        taken
    }
}

/// Returns whose line it is: every line of a request belongs to its requester.
fn person(job: &Job) -> Option<Account> {
    entry(job)?.concerned().cloned()
}

/// Returns whether the line's order is kept. An account's lines need no order, so a link never brings along a flood of
/// refusals.
fn is_of_a_request(job: &Job) -> bool {
    entry(job).is_some_and(|entry| entry.of_a_request().is_some())
}

fn entry(job: &Job) -> Option<&AuditEntry> {
    let Task::Notify(Notice::Audit(entry) | Notice::Burst(entry)) = &job.task else { return None };
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        account_event::{self, AccountEvent, AccountRecord},
        act::Tried,
        decide::tests::{approve, decide, minute, policy, requested},
        ids::CommandId,
        job::{AuditLine, follow_ups, follow_ups_of_account},
        request::{Recorded, Request},
        undelivered::{NotAccepted, NoticeKind},
    };

    fn line(recorded: &AccountRecord) -> Job {
        follow_ups_of_account(recorded, AuditLine::Own, minute(0)).pop().unwrap()
    }

    fn refused(user: &str, number: u64) -> Job {
        line(&account_event::tests::refused(user, Tried::Use, number))
    }

    fn important(user: &str, number: u64) -> Job {
        let why = NotAccepted { operation: "post".to_owned(), reason: None };
        let what = AccountEvent::Undelivered { notice: NoticeKind::Receipt, request: None, why };
        line(&account_event::tests::recorded(user, what, number))
    }

    fn told(queue: &mut AuditQueue) -> Vec<String> {
        let entries = std::iter::from_fn(|| queue.pop()).map(|job| entry(&job).unwrap().event_id());
        entries.map(|id| id.trim_start_matches("slack/T0123456/").to_owned()).collect()
    }

    #[test]
    fn important_lines_go_first_and_the_others_do_not_starve() {
        let mut queue = AuditQueue::default();
        for n in 1..4 {
            assert_eq!(queue.push(refused("A", n)), None);
        }
        for n in 1..11 {
            assert_eq!(queue.push(important("B", n)), None);
        }
        let order = "B/1 B/2 B/3 B/4 A/1 B/5 B/6 B/7 B/8 A/2 B/9 B/10 A/3";
        assert_eq!(told(&mut queue).join(" "), order);
    }

    #[test]
    fn people_take_turns() {
        let mut queue = AuditQueue::default();
        for job in [1, 2, 3].map(|n| refused("A", n)).into_iter().chain([refused("B", 1)]) {
            assert_eq!(queue.push(job), None);
        }
        assert_eq!(told(&mut queue).join(" "), "A/1 B/1 A/2 A/3");
    }

    #[test]
    fn an_important_line_of_an_account_waits_for_none_of_its_refusals() {
        let mut queue = AuditQueue::default();
        for n in 1..4 {
            assert_eq!(queue.push(refused("A", n)), None);
        }
        assert_eq!(queue.push(important("A", 4)), None);
        assert_eq!(told(&mut queue).join(" "), "A/4 A/1 A/2 A/3");
    }

    #[test]
    fn an_approval_brings_its_request_along() {
        let recorded = requested();
        let request = Request::opened(&recorded).unwrap();
        let line = |event: &Recorded| {
            follow_ups(&request, event).into_iter().find(|job| person(job).is_some()).unwrap()
        };
        let approved = decide(&request, &approve(), &policy(), minute(1)).unwrap().unwrap();
        let approved = line(&request.next(approved, CommandId::random(2), minute(1)));
        let asked = line(&recorded);
        let mut queue = AuditQueue::default();
        for n in 1..10 {
            assert_eq!(queue.push(refused("A", n)), None);
        }
        assert_eq!(queue.push(asked.clone()), None);
        assert_eq!(queue.push(approved.clone()), None);
        assert_eq!([queue.pop(), queue.pop()], [Some(asked), Some(approved)]);
        assert_eq!(told(&mut queue).len(), 9);
    }

    #[test]
    fn a_flood_of_others_leaves_room_for_what_is_important() {
        let mut queue = AuditQueue::default();
        for n in 1..=MOST as u64 {
            assert_eq!(queue.push(refused("A", n)), None);
        }
        assert!(queue.push(refused("A", 0xF00)).is_some(), "the sweeper says the rest");
        assert_eq!(queue.push(important("B", 1)), None);
        assert_eq!(told(&mut queue).len(), MOST + 1);
    }
}
