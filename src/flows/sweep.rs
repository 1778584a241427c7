//! Sweep: what is due and nobody has done is done, by whichever replica lives.
//!
//! 1. Due work is read from the table itself, never from an index.
//! 2. What goes to the same place is done in its order; what goes elsewhere does not wait for it.
//! 3. A piece is taken by a conditional write, so that two replicas do not do the same one.
//! 4. Notices are said, presses finished, and what the clock has made true is written down. A late sweeper
//!    changes nothing about who may enter: that is computed from the clock.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};

use super::{
    Broker, Result,
    access::transition::{Changed, transition},
    deliver::Try,
    inbox, remind,
    work::{Then, Tried},
};
use crate::{
    domain::{
        audit::SideEvent,
        decide::{Command, SessionOutcome},
        ids::{CommandId, RequestId, UserId},
        person::SlackUser,
        window::Timestamp,
        work::{Notice, Task, Work},
    },
    ports::COMMITTER_HAS_WORK_FOR,
};

/// How many pieces of work one round looks at.
const ROUND: usize = 1_000;
/// In how many lanes work is done at a time.
const LANES: usize = 16;
/// For how long a round begins new pieces in a lane. A place that takes its time, because Slack paces it or does not
/// answer, so slows itself down, and holds up nothing else for longer than this.
const LANE_OPEN_FOR: Duration = Duration::from_secs(20);

/// Where work goes. What does not wait for Slack comes first.
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
    Person(&'w UserId),
}

/// Does what is due; says how many pieces there were.
///
/// # Errors
/// When the store cannot tell what is due.
pub async fn sweep(broker: &Arc<Broker>) -> Result<usize> {
    let due = broker.ports.store.due(broker.ports.clock.now(), ROUND).await?; // 1
    let mut lanes: BTreeMap<Lane<'_>, Vec<&Work>> = BTreeMap::new();
    for work in &due {
        lanes.entry(Lane::of(&work.task)).or_default().push(work);
    }
    let walks = stream::iter(lanes.into_values());
    walks.for_each_concurrent(LANES, |lane| walk(broker, lane)).await; // 2
    Ok(due.len())
}

/// Does what is in a lane, as long as that leads anywhere.
async fn walk(broker: &Arc<Broker>, lane: Vec<&Work>) {
    let closes = broker.ports.clock.uptime() + LANE_OPEN_FOR;
    let is_open = || !broker.is_stopping() && broker.ports.clock.uptime() < closes;
    let mut refusals: BTreeMap<&SlackUser, Vec<(&Work, &SideEvent)>> = BTreeMap::new();
    for work in lane {
        match refusal(work) {
            Some(event) => refusals.entry(&event.who).or_default().push((work, event)),
            None if !is_open() => return,
            None if !is_taken(broker, work).await => {} // 3
            None => {
                let Tried::GoOn = act(broker, work).await else { return };
            }
        }
    }
    for told in refusals.into_values() {
        if !is_open() || tell_refusals(broker, told).await == Tried::Wait {
            return;
        }
    }
}

/// Takes a piece of work, unless another replica has it.
async fn is_taken(broker: &Broker, work: &Work) -> bool {
    let now = broker.ports.clock.now();
    let taken = broker.ports.store.take(work, now, now + COMMITTER_HAS_WORK_FOR).await;
    taken.unwrap_or_else(|error| {
        tracing::warn!(work = work.id, error = format!("{error:#}"), "could not take work");
        false
    })
}

/// The refusal that auditors must hear of, if that is what the work is about.
fn refusal(work: &Work) -> Option<&SideEvent> {
    match &work.task {
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
async fn tell_refusals(broker: &Arc<Broker>, told: Vec<(&Work, &SideEvent)>) -> Tried {
    let mut taken = Vec::new();
    for (work, event) in told {
        if is_taken(broker, work).await {
            taken.push((work, event));
        }
    }
    match &taken[..] {
        [(work, _)] => act(broker, work).await,
        several => broker.deliver_refusals(several).await,
    }
}

async fn act(broker: &Arc<Broker>, work: &Work) -> Tried {
    let outcome = match &work.task {
        Task::Notify(_) => return broker.deliver(work, Try::Another).await, // 4
        Task::FinishPress(id) => finish_press(broker, id).await,
        Task::Remind(id) => remind::remind(broker, id, work).await.map(Then::StrikeOff),
        Task::WarnOfEnd(id) => remind::warn_of_end(broker, id).await.map(|()| Then::StrikeOff(None)),
        Task::Elapse(id) => elapse(broker, id, work.due).await,
        Task::SettleSession(id, session) => settle(broker, id, *session).await,
    };
    broker.close(work, outcome).await
}

/// Writes down that `end` has come. Where it has not, because a clock has jumped back, the work stays.
async fn elapse(broker: &Arc<Broker>, id: &RequestId, end: Timestamp) -> Result<Then> {
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(Then::StrikeOff(None)) };
    let command = CommandId::of_the_clock(id, request.version);
    let Changed { request, .. } = transition(broker, id, &Command::Elapse, command.into()).await?;
    Ok(if request.holds_until() == Some(end) { Then::Later } else { Then::StrikeOff(None) })
}

async fn settle(broker: &Arc<Broker>, id: &RequestId, session: u32) -> Result<Then> {
    let command = Command::SettleSession { session, outcome: SessionOutcome::Unknown };
    transition(broker, id, &command, CommandId::of_lost_session(id, session).into()).await?;
    Ok(Then::StrikeOff(None))
}

/// Finishing a press strikes its work off, too.
async fn finish_press(broker: &Arc<Broker>, id: &CommandId) -> Result<Then> {
    let Some(press) = broker.ports.store.press(id).await? else { return Ok(Then::StrikeOff(None)) };
    inbox::carry_out_again(broker, &press).await?;
    Ok(Then::Nothing)
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
