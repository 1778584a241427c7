//! Sweep: what is due and nobody has done is done, by whichever replica lives.
//!
//! 1. Due work is read from the table itself, never from an index.
//! 2. A piece is taken by a conditional write, so that two replicas do not do the same one.
//! 3. Notices are said, presses finished, and what the clock has made true is written down. A late sweeper
//!    changes nothing about who may enter: that is computed from the clock.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Broker, Result, inbox, transition::transition};
use crate::{
    domain::{
        decide::{Command, SessionOutcome},
        ids::{CommandId, RequestId},
        press::Press,
        refusal::Refusal,
        window::Timestamp,
        work::{Task, Work},
    },
    ports::COMMITTER_HAS_WORK_FOR,
};

/// How many pieces of work one round takes.
const ROUND: usize = 100;

/// For how long a press that could not be finished is tried again. What somebody pressed longer ago than this
/// may not be what they want any more.
const PRESS_IS_TRIED_FOR: TimeDelta = TimeDelta::minutes(15);

/// Does what is due; says how many pieces there were.
///
/// # Errors
/// When the store cannot tell what is due.
pub async fn sweep(broker: &Arc<Broker>) -> Result<usize> {
    let now = broker.ports.clock.now();
    let due = broker.ports.store.due(now, ROUND).await?; // 1
    for work in &due {
        let until = now + COMMITTER_HAS_WORK_FOR;
        match broker.ports.store.take(work, now, until).await {
            Ok(true) => act(broker, work, now).await, // 2
            Ok(false) => {}
            Err(error) => tracing::warn!(work = work.id, error = format!("{error:#}"), "could not take work"),
        }
    }
    Ok(due.len())
}

async fn act(broker: &Arc<Broker>, work: &Work, now: Timestamp) {
    let outcome = match &work.task {
        Task::Notify(notice) => return broker.deliver(work, notice).await, // 3
        Task::FinishPress(id) => finish_press(broker, id, now).await,
        Task::Elapse(id) => elapse(broker, id, now).await,
        Task::SettleSession(id, session) => settle(broker, id, *session, now).await,
    };
    let outcome = match outcome {
        Ok(Then::StrikeOff) => broker.ports.store.done(work).await.map_err(Into::into),
        Ok(Then::Leave) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(work = work.id, error = format!("{error:#}"), "work stays undone for now");
    }
}

/// What becomes of a piece of work that was tried.
enum Then {
    StrikeOff,
    Leave,
}

async fn elapse(broker: &Arc<Broker>, id: &RequestId, now: Timestamp) -> Result<Then> {
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(Then::StrikeOff) };
    let command = CommandId::of_the_clock(id, request.version);
    transition(broker, id, &Command::Elapse, command.into(), now).await?;
    Ok(Then::StrikeOff)
}

async fn settle(broker: &Arc<Broker>, id: &RequestId, session: u32, now: Timestamp) -> Result<Then> {
    let command = Command::SettleSession { session, outcome: SessionOutcome::Unknown };
    transition(broker, id, &command, CommandId::of_session(id, session).into(), now).await?;
    Ok(Then::StrikeOff)
}

/// Finishing a press strikes its work off, too.
async fn finish_press(broker: &Arc<Broker>, id: &CommandId, now: Timestamp) -> Result<Then> {
    let Some(press) = broker.ports.store.press(id).await? else { return Ok(Then::StrikeOff) };
    if now - press.asker.at > PRESS_IS_TRIED_FOR {
        give_up(broker, &press).await?;
    } else {
        inbox::carry_out(broker, &press).await?;
    }
    Ok(Then::Leave)
}

async fn give_up(broker: &Arc<Broker>, press: &Press) -> Result<()> {
    tracing::error!(press = %press.asker.id, "a press could not be finished and is given up");
    inbox::refuse(broker, &press.asker, &Refusal::GivenUp).await?;
    Ok(broker.ports.store.finish(&press.asker.id).await?)
}
