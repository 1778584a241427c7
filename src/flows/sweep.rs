//! Sweep: what is due and nobody has done is done, by whichever replica lives.
//!
//! 1. Due work is read from the table itself, never from an index.
//! 2. A piece is taken by a conditional write, so that two replicas do not do the same one.
//! 3. Notices are said, presses finished, and what the clock has made true is written down. A late sweeper
//!    changes nothing about who may enter: that is computed from the clock.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Broker, Result, inbox, remind,
    transition::{Changed, transition},
};
use crate::{
    domain::{
        audit::SideEvent,
        decide::{Command, SessionOutcome},
        ids::{CommandId, RequestId},
        person::SlackUser,
        window::Timestamp,
        work::{Notice, Task, Work},
    },
    ports::COMMITTER_HAS_WORK_FOR,
};

/// How many pieces of work one round takes.
const ROUND: usize = 100;

/// Does what is due; says how many pieces there were.
///
/// # Errors
/// When the store cannot tell what is due.
pub async fn sweep(broker: &Arc<Broker>) -> Result<usize> {
    let due = broker.ports.store.due(broker.ports.clock.now(), ROUND).await?; // 1
    // Slack may be slow, so what does not wait for it goes first.
    let (notices, others): (Vec<&Work>, Vec<&Work>) = due.iter().partition(|work| is_said(&work.task));
    let mut refusals: BTreeMap<&SlackUser, Vec<(&Work, &SideEvent)>> = BTreeMap::new();
    for work in others.into_iter().chain(notices) {
        if !is_taken(broker, work).await {
            continue; // 2
        }
        match refusal(work) {
            Some(event) => refusals.entry(&event.who).or_default().push((work, event)),
            None => act(broker, work).await,
        }
    }
    for told in refusals.values() {
        tell_refusals(broker, told).await; // 3
    }
    Ok(due.len())
}

/// Whether it takes Slack to do it.
fn is_said(task: &Task) -> bool {
    match task {
        Task::Notify(_) | Task::Remind(_) | Task::WarnOfEnd(_) => true,
        Task::Elapse(_) | Task::SettleSession(..) | Task::FinishPress(_) => false,
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
async fn tell_refusals(broker: &Arc<Broker>, told: &[(&Work, &SideEvent)]) {
    let outcome = match told {
        [(work, _)] => return act(broker, work).await,
        _ => broker.deliver_refusals(told).await,
    };
    if let Err(error) = outcome {
        tracing::warn!(error = format!("{error:#}"), "refusals stay untold for now");
    }
}

async fn act(broker: &Arc<Broker>, work: &Work) {
    let outcome = match &work.task {
        Task::Notify(notice) => return broker.deliver(work, notice).await, // 3
        Task::FinishPress(id) => finish_press(broker, id).await,
        Task::Remind(id) => remind::remind(broker, id, work).await.map(Then::StrikeOff),
        Task::WarnOfEnd(id) => remind::warn_of_end(broker, id).await.map(|()| Then::StrikeOff(None)),
        Task::Elapse(id) => elapse(broker, id, work.due).await,
        Task::SettleSession(id, session) => settle(broker, id, *session).await,
    };
    let outcome = match outcome {
        Ok(Then::StrikeOff(next)) => broker.ports.store.done(work, next.as_ref()).await.map_err(Into::into),
        Ok(Then::Leave) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(work = work.id, error = format!("{error:#}"), "work stays undone for now");
    }
}

/// What becomes of a piece of work that was tried.
enum Then {
    /// It is struck off, and what follows it, if anything, is put down.
    StrikeOff(Option<Work>),
    Leave,
}

/// Writes down that `end` has come. Where it has not, because a clock has jumped back, the work stays.
async fn elapse(broker: &Arc<Broker>, id: &RequestId, end: Timestamp) -> Result<Then> {
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(Then::StrikeOff(None)) };
    let command = CommandId::of_the_clock(id, request.version);
    let Changed { request, .. } = transition(broker, id, &Command::Elapse, command.into()).await?;
    Ok(if request.holds_until() == Some(end) { Then::Leave } else { Then::StrikeOff(None) })
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
    Ok(Then::Leave)
}
