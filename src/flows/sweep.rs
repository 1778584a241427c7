//! Sweep: what is due and nobody has done is done, by whichever replica lives.
//!
//! 1. Due jobs are read from the table itself, never from an index.
//! 2. What goes to the same place is done in its order; what goes elsewhere does not wait for it.
//! 3. A job is leased by a conditional write, so that two replicas do not do the same one.
//! 4. Notices are said, presses finished, and what the clock has made true is written down. A late sweeper
//!    changes nothing about who may enter: that is computed from the clock.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};

use super::{
    Broker, Result,
    access::transition::{Changed, transition},
    deliver::Try,
    inbox,
    queue::{Outcome, Progress},
    remind,
};
use crate::{
    domain::{
        account::Account,
        audit::SideEvent,
        decide::{Command, SessionOutcome},
        ids::{CommandId, RequestId},
        job::{Job, Notice, Task},
        window::Timestamp,
    },
    ports::JOB_LEASE,
};

/// How many jobs one round looks at.
const ROUND: usize = 1_000;
/// How many lanes run at a time.
const LANES: usize = 16;
/// For how long a round begins new jobs in a lane. A place that takes its time, because Slack paces it or does not
/// answer, so slows itself down, and holds up nothing else for longer than this.
const LANE_OPEN_FOR: Duration = Duration::from_secs(20);

/// Where a job goes. What does not wait for Slack comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane<'w> {
    /// Into the history of a request.
    History(&'w RequestId),
    /// Back to whoever pressed.
    Press(&'w CommandId),
    /// Into the audit channel.
    Auditors,
    /// Into the review channel.
    Reviewers,
    /// To whoever made a request.
    Requester(&'w RequestId),
    /// To a person.
    Person(&'w Account),
}

/// Does what is due, and returns how many jobs there were.
///
/// # Errors
/// When the store cannot tell what is due.
pub async fn sweep(broker: &Arc<Broker>) -> Result<usize> {
    let due = broker.ports.store.due(broker.ports.clock.now(), ROUND).await?; // 1
    let mut lanes: BTreeMap<Lane<'_>, Vec<&Job>> = BTreeMap::new();
    for job in &due {
        lanes.entry(Lane::of(&job.task)).or_default().push(job);
    }
    let walks = stream::iter(lanes.into_values());
    walks.for_each_concurrent(LANES, |lane| walk(broker, lane)).await; // 2
    Ok(due.len())
}

/// Does what is in a lane, as long as that leads anywhere.
async fn walk(broker: &Arc<Broker>, lane: Vec<&Job>) {
    let closes = broker.ports.clock.uptime() + LANE_OPEN_FOR;
    let is_open = || !broker.is_stopping() && broker.ports.clock.uptime() < closes;
    let mut refusals: BTreeMap<&Account, Vec<(&Job, &SideEvent)>> = BTreeMap::new();
    for job in lane {
        match refusal(job) {
            Some(event) => refusals.entry(&event.who).or_default().push((job, event)),
            None if !is_open() => return,
            None if !is_leased(broker, job).await => {} // 3
            None => {
                let Progress::GoOn = act(broker, job).await else { return };
            }
        }
    }
    for told in refusals.into_values() {
        if !is_open() || tell_refusals(broker, told).await == Progress::Wait {
            return;
        }
    }
}

/// Leases a job, unless another replica has it.
async fn is_leased(broker: &Broker, job: &Job) -> bool {
    let now = broker.ports.clock.now();
    let leased = broker.ports.store.lease(job, now, now + JOB_LEASE).await;
    leased.unwrap_or_else(|error| {
        tracing::warn!(job = job.id, error = format!("{error:#}"), "could not lease job");
        false
    })
}

/// The refusal that auditors must hear of, if that is what the job is about.
fn refusal(job: &Job) -> Option<&SideEvent> {
    match &job.task {
        Task::Notify(Notice::Audit(entry)) => entry.refusal(),
        Task::Notify(_)
        | Task::Elapse(_)
        | Task::SettleSession(..)
        | Task::FinishPress(_)
        | Task::Remind(_)
        | Task::WarnOfEnd(_) => None,
    }
}

/// Tells auditors what one person was refused: in one line, however often that was.
async fn tell_refusals(broker: &Arc<Broker>, told: Vec<(&Job, &SideEvent)>) -> Progress {
    let mut leased = Vec::new();
    for (job, event) in told {
        if is_leased(broker, job).await {
            leased.push((job, event));
        }
    }
    match &leased[..] {
        [(job, _)] => act(broker, job).await,
        several => broker.deliver_refusals(several).await,
    }
}

async fn act(broker: &Arc<Broker>, job: &Job) -> Progress {
    let outcome = match &job.task {
        Task::Notify(_) => return broker.deliver(job, Try::Another).await, // 4
        Task::FinishPress(id) => finish_press(broker, id).await,
        Task::Remind(id) => remind::remind(broker, id, job).await.map(Outcome::Done),
        Task::WarnOfEnd(id) => remind::warn_of_end(broker, id).await.map(|()| Outcome::Done(None)),
        Task::Elapse(id) => elapse(broker, id, job.due).await,
        Task::SettleSession(id, session) => settle(broker, id, *session).await,
    };
    broker.close(job, outcome).await
}

/// Writes down that `end` has come. Where it has not, because a clock has jumped back, the job stays.
async fn elapse(broker: &Arc<Broker>, id: &RequestId, end: Timestamp) -> Result<Outcome> {
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(Outcome::Done(None)) };
    let command = CommandId::of_the_clock(id, request.version);
    let Changed { request, .. } = transition(broker, id, &Command::Elapse, command.into()).await?;
    Ok(if request.holds_until() == Some(end) { Outcome::NotYet } else { Outcome::Done(None) })
}

async fn settle(broker: &Arc<Broker>, id: &RequestId, session: u32) -> Result<Outcome> {
    let command = Command::SettleSession { session, outcome: SessionOutcome::Unknown };
    transition(broker, id, &command, CommandId::of_lost_session(id, session).into()).await?;
    Ok(Outcome::Done(None))
}

/// Finishing a press completes its job, too.
async fn finish_press(broker: &Arc<Broker>, id: &CommandId) -> Result<Outcome> {
    let Some(press) = broker.ports.store.press(id).await? else { return Ok(Outcome::Done(None)) };
    inbox::carry_out_again(broker, &press).await?;
    Ok(Outcome::Completed)
}

impl<'w> Lane<'w> {
    fn of(task: &'w Task) -> Self {
        match task {
            Task::Elapse(id) | Task::SettleSession(id, _) => Self::History(id),
            Task::FinishPress(id) => Self::Press(id),
            Task::Notify(Notice::Audit(_)) => Self::Auditors,
            Task::Notify(Notice::Card(_)) | Task::Remind(_) => Self::Reviewers,
            Task::Notify(Notice::Receipt(id) | Notice::ConsoleLink(id)) | Task::WarnOfEnd(id) => {
                Self::Requester(id)
            }
            Task::Notify(
                Notice::Linked(user, _)
                | Notice::Relinked(user, _)
                | Notice::Unlinked(user, _)
                | Notice::SignedOut(user, _),
            ) => Self::Person(user),
        }
    }
}
