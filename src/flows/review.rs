//! Review: a reviewer answers a request.
//!
//! 1. The presser must be a linked person, with groups as they are now.
//! 2. `decide` rules: a reviewer, not the requester, and in time.
//! 3. Status, event and what follows are committed as one; of two racing answers exactly one wins.

use std::sync::Arc;

use super::{Broker, Result, transition::transition};
use crate::domain::{
    decide::Command,
    ids::{CommandId, RequestId},
    message::Form,
    person::SlackUser,
    policy::Reason,
    refusal::Refusal,
};

/// A reviewer's answer.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Approve,
    Reject(Reason),
}

/// Asks for the reason of a rejection. Everything is checked when the form is submitted.
///
/// # Errors
/// [`Refusal::OtherWorkspace`]; a failure of Slack.
pub async fn open_form(broker: &Broker, who: &SlackUser, trigger: &str, id: RequestId) -> Result<()> {
    if who.team != broker.settings.team {
        return Err(Refusal::OtherWorkspace.into());
    }
    Ok(broker.ports.chat.open(trigger, &Form::Rejection(id)).await?)
}

/// Answers a request.
pub(super) async fn review(
    broker: &Arc<Broker>,
    who: &SlackUser,
    id: &RequestId,
    answer: Answer,
    command: CommandId,
) -> Result<()> {
    let by = broker.person(who).await?; // 1
    let answer = match answer {
        Answer::Approve => Command::Approve { by },
        Answer::Reject(reason) => Command::Reject { by, reason },
    };
    transition(broker, id, &answer, command.into()).await?; // 2, 3
    Ok(())
}
