//! Outbox: jobs that this replica is delivering to a platform.
//!
//! 1. Notices to people about one request are delivered one at a time, in the order of their commits.
//! 2. Audit lines are delivered one at a time, in the order of `domain/audit_queue.rs`. A line joins that queue once
//!    the notices to people that were committed before it have been delivered.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::{audit_queue::AuditQueue, job::Job};

/// How many jobs may be in delivery at a time. Jobs beyond this limit are left to the sweeper.
const MOST: usize = 1_000;

/// Jobs in delivery, in one line for each stream.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    lines: Mutex<Lines>,
    auditors: Mutex<Auditors>,
}

#[derive(Debug, Default)]
struct Lines {
    lines: HashMap<String, VecDeque<Job>>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Auditors {
    queue: AuditQueue,
    is_worked_off: bool,
}

impl Outbox {
    /// Appends the jobs of one commit to their line. Returns the line if no task processes it: the caller must then
    /// process it to its end with [`Outbox::next`].
    pub(super) fn push(&self, jobs: Vec<Job>) -> Option<String> {
        let mut inner = self.inner();
        if inner.waiting + jobs.len() > MOST {
            tracing::warn!("outbox: full, left to the sweeper");
            return None;
        }
        let line = jobs.first()?.line().to_owned();
        inner.waiting += jobs.len();
        if let Some(walked) = inner.lines.get_mut(&line) {
            walked.extend(jobs);
            return None;
        }
        inner.lines.insert(line.clone(), jobs.into());
        Some(line)
    }

    /// Returns the next job of a line. Returns `None` at its end, where processing ends.
    pub(super) fn next(&self, line: &str) -> Option<Job> {
        let mut inner = self.inner();
        match inner.lines.get_mut(line)?.pop_front() {
            Some(job) => {
                inner.waiting -= 1;
                Some(job)
            }
            None => {
                inner.lines.remove(line);
                None
            }
        }
    }

    /// Appends an audit line to the auditors' queue. Returns whether no task processes the queue: the caller must then
    /// process it to its end with [`Outbox::next_for_auditors`].
    pub(super) fn push_for_auditors(&self, job: Job) -> bool {
        let mut auditors = self.auditors();
        if let Some(job) = auditors.queue.push(job) {
            tracing::warn!(job = job.id, "outbox: full for auditors, left to the sweeper");
            return false;
        }
        !std::mem::replace(&mut auditors.is_worked_off, true)
    }

    /// Returns the next audit line. Returns `None` if the queue is empty, where processing ends.
    pub(super) fn next_for_auditors(&self) -> Option<Job> {
        let mut auditors = self.auditors();
        let next = auditors.queue.pop();
        auditors.is_worked_off = next.is_some();
        next
    }

    fn auditors(&self) -> MutexGuard<'_, Auditors> {
        self.auditors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inner(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{job::Task, window::Timestamp};

    fn job(id: impl Into<String>) -> Job {
        let task = Task::FinishPress("press".parse().unwrap());
        Job { due: Timestamp::UNIX_EPOCH, id: id.into(), platform: None, task }
    }

    #[test]
    fn a_line_is_walked_once_and_in_order_however_often_it_grows() {
        let outbox = Outbox::default();
        let line = outbox.push(vec![job("one/1/a"), job("one/1/b")]).unwrap();
        assert_eq!(outbox.next(&line).unwrap().id, "one/1/a");
        assert_eq!(outbox.push(vec![job("one/2/a")]), None, "somebody walks it");
        assert!(outbox.push(vec![job("two/1/a")]).is_some(), "another line is walked by itself");
        assert_eq!(outbox.next(&line).unwrap().id, "one/1/b");
        assert_eq!(outbox.next(&line).unwrap().id, "one/2/a");
        assert_eq!(outbox.push(vec![job("one/3/a")]), None, "the last job is still on its way");
        assert_eq!(outbox.next(&line).unwrap().id, "one/3/a");
        assert_eq!(outbox.next(&line), None);
        assert_eq!(outbox.push(vec![job("one/4/a")]), Some(line), "the walk was over");
    }

    #[test]
    fn what_is_too_much_is_left_to_the_sweeper() {
        let outbox = Outbox::default();
        for n in 0..MOST {
            assert!(outbox.push(vec![job(format!("{n}/1/a"))]).is_some());
        }
        assert_eq!(outbox.push(vec![job("more/1/a")]), None);
        assert!(outbox.next("0").is_some());
        assert!(outbox.push(vec![job("more/1/a")]).is_some(), "there is room again");
        assert_eq!(outbox.push(Vec::new()), None);
    }
}
