//! What is on its way to Slack: one piece after the other of what is due to one request, as it was committed.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::work::Work;

/// How many pieces may be on their way at a time. What is more than that the sweeper says, at its own pace.
const MOST: usize = 1_000;

/// Work on its way, in lines.
#[derive(Debug, Default)]
pub(super) struct Outgoing(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    lines: HashMap<String, VecDeque<Work>>,
    waiting: usize,
}

impl Outgoing {
    /// Puts the work of one commit at the end of its line. Hands back the line if nobody walks it: then whoever
    /// pushes must, with [`Outgoing::next`], to its end.
    pub(super) fn push(&self, work: Vec<Work>) -> Option<String> {
        let mut inner = self.inner();
        if inner.waiting + work.len() > MOST {
            tracing::warn!("much is on its way to Slack; the sweeper says the rest");
            return None;
        }
        let line = line_of(work.first()?).to_owned();
        inner.waiting += work.len();
        if let Some(walked) = inner.lines.get_mut(&line) {
            walked.extend(work);
            return None;
        }
        inner.lines.insert(line.clone(), work.into());
        Some(line)
    }

    /// The next piece of a line; nothing at its end, where the walk is over.
    pub(super) fn next(&self, line: &str) -> Option<Work> {
        let mut inner = self.inner();
        match inner.lines.get_mut(line)?.pop_front() {
            Some(piece) => {
                inner.waiting -= 1;
                Some(piece)
            }
            None => {
                inner.lines.remove(line);
                None
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All work that is due to one request, or to one event of none, is named after it.
fn line_of(work: &Work) -> &str {
    work.id.split_once('/').map_or(work.id.as_str(), |(cause, _)| cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{window::Timestamp, work::Task};

    fn piece(id: impl Into<String>) -> Work {
        Work { due: Timestamp::UNIX_EPOCH, id: id.into(), task: Task::FinishPress("press".parse().unwrap()) }
    }

    #[test]
    fn a_line_is_walked_once_and_in_order_however_often_it_grows() {
        let outgoing = Outgoing::default();
        let line = outgoing.push(vec![piece("one/1/a"), piece("one/1/b")]).unwrap();
        assert_eq!(outgoing.next(&line).unwrap().id, "one/1/a");
        assert_eq!(outgoing.push(vec![piece("one/2/a")]), None, "somebody walks it");
        assert!(outgoing.push(vec![piece("two/1/a")]).is_some(), "another line is walked by itself");
        assert_eq!(outgoing.next(&line).unwrap().id, "one/1/b");
        assert_eq!(outgoing.next(&line).unwrap().id, "one/2/a");
        assert_eq!(outgoing.push(vec![piece("one/3/a")]), None, "the last piece is still on its way");
        assert_eq!(outgoing.next(&line).unwrap().id, "one/3/a");
        assert_eq!(outgoing.next(&line), None);
        assert_eq!(outgoing.push(vec![piece("one/4/a")]), Some(line), "the walk was over");
    }

    #[test]
    fn what_is_too_much_is_left_to_the_sweeper() {
        let outgoing = Outgoing::default();
        for n in 0..MOST {
            assert!(outgoing.push(vec![piece(format!("{n}/1/a"))]).is_some());
        }
        assert_eq!(outgoing.push(vec![piece("more/1/a")]), None);
        assert!(outgoing.next("0").is_some());
        assert!(outgoing.push(vec![piece("more/1/a")]).is_some(), "there is room again");
        assert_eq!(outgoing.push(Vec::new()), None);
    }
}
