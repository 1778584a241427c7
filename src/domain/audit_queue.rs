//! Audit queue: in which order one replica tells auditors what it has committed.
//!
//! 1. What is important goes first, but every fifth line is one of the others, so that neither starves.
//! 2. People take turns, so that nobody who causes many lines holds up those of others for long.
//! 3. An important line brings along the lines of its own request that come before it.

use std::collections::{HashMap, VecDeque};

use super::{
    account::Account,
    job::{Job, Lane, Notice, Task},
};

/// How many important lines are told for each of the others.
const IMPORTANT_IN_A_ROW: u32 = 4;
/// How many lines of each kind may wait. Those beyond it are left to the sweeper.
const MOST: usize = 500;

/// Audit lines on their way.
#[derive(Debug, Default)]
pub struct AuditQueue {
    important: Turns,
    others: Turns,
    important_in_a_row: u32,
}

/// The lines of people who take turns.
#[derive(Debug, Default)]
struct Turns {
    lines: HashMap<Option<Account>, VecDeque<Job>>,
    turns: VecDeque<Option<Account>>,
    waiting: usize,
}

impl AuditQueue {
    /// Lets a line wait for its turn. Returns it where too many wait.
    #[must_use]
    pub fn push(&mut self, job: Job) -> Option<Job> {
        let is_important = job.lane() == Lane::Auditors;
        let turns = if is_important { &mut self.important } else { &mut self.others };
        if turns.waiting >= MOST {
            return Some(job);
        }
        if is_important {
            let before = self.others.take(&job); // 3
            before.into_iter().for_each(|job| self.important.push(job));
            self.important.push(job);
        } else {
            self.others.push(job);
        }
        None
    }

    /// Takes out the line to be told next.
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

    /// Takes out all lines of the request of `job`.
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

/// Whose line it is: all lines of a request are its requester's.
fn person(job: &Job) -> Option<Account> {
    let Task::Notify(Notice::Audit(entry) | Notice::Burst(entry)) = &job.task else { return None };
    entry.concerned().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        audit::{AuditEntry, SideEvent, SideNews, Tried},
        decide::tests::{approve, decide, minute, policy, requested},
        ids::{CommandId, SideEventId},
        job::follow_ups,
        refusal::Refusal,
        request::{Recorded, Request},
    };

    fn aside(user: &str, id: &str, what: SideNews) -> Job {
        let who = Account::new("slack", "T0123456", user);
        let event =
            SideEvent { id: SideEventId::of(&CommandId::random(1), minute(0)), at: minute(0), who, what };
        let task = Task::Notify(Notice::Audit(Box::new(AuditEntry::Side(event))));
        Job { due: minute(0), id: format!("{user}{id}/to_auditors"), task }
    }

    fn refused(user: &str, id: &str) -> Job {
        let what = SideNews::Refused {
            tried: Tried::Use,
            request: None,
            target: None,
            why: Refusal::NotLinked.into(),
        };
        aside(user, id, what)
    }

    fn important(user: &str, id: &str) -> Job {
        aside(
            user,
            id,
            SideNews::Undelivered { what: "word".to_owned(), request: None, why: "gone".to_owned() },
        )
    }

    fn told(queue: &mut AuditQueue) -> Vec<String> {
        let ids = std::iter::from_fn(|| queue.pop()).map(|job| job.id);
        ids.map(|id| id.trim_end_matches("/to_auditors").to_owned()).collect()
    }

    #[test]
    fn important_lines_go_first_and_the_others_do_not_starve() {
        let mut queue = AuditQueue::default();
        for n in 0..3 {
            assert_eq!(queue.push(refused("A", &n.to_string())), None);
        }
        for n in 0..10 {
            assert_eq!(queue.push(important("B", &n.to_string())), None);
        }
        let order = "B0 B1 B2 B3 A0 B4 B5 B6 B7 A1 B8 B9 A2";
        assert_eq!(told(&mut queue).join(" "), order);
    }

    #[test]
    fn people_take_turns() {
        let mut queue = AuditQueue::default();
        for job in ["0", "1", "2"].map(|id| refused("A", id)).into_iter().chain([refused("B", "0")]) {
            assert_eq!(queue.push(job), None);
        }
        assert_eq!(told(&mut queue).join(" "), "A0 B0 A1 A2");
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
        for n in 0..9 {
            assert_eq!(queue.push(refused("A", &n.to_string())), None);
        }
        assert_eq!(queue.push(asked.clone()), None);
        assert_eq!(queue.push(approved.clone()), None);
        assert_eq!([queue.pop(), queue.pop()], [Some(asked), Some(approved)]);
        assert_eq!(told(&mut queue).len(), 9);
    }

    #[test]
    fn a_flood_of_others_leaves_room_for_what_is_important() {
        let mut queue = AuditQueue::default();
        for n in 0..MOST {
            assert_eq!(queue.push(refused("A", &n.to_string())), None);
        }
        assert!(queue.push(refused("A", "more")).is_some(), "the sweeper says the rest");
        assert_eq!(queue.push(important("B", "0")), None);
        assert_eq!(told(&mut queue).len(), MOST + 1);
    }
}
