//! End: a request is taken back before it is answered, or access is ended before its time.
//!
//! 1. The presser must be a linked person, with groups as they are now.
//! 2. `decide` rules: the requester or a reviewer.
//! 3. Status, event and what follows are committed as one. No session is given from that moment on.

use std::sync::Arc;

use super::transition::transition;
use crate::{
    domain::{
        account::Account,
        decide::Command,
        ids::{CommandId, RequestId},
    },
    flows::{Broker, Result},
};

/// Takes a request back.
pub(in crate::flows) async fn withdraw(
    broker: &Arc<Broker>,
    who: &Account,
    id: &RequestId,
    command: CommandId,
) -> Result<()> {
    let by = broker.person(who).await?; // 1
    transition(broker, id, &Command::Withdraw { by }, command.into()).await?; // 2, 3
    Ok(())
}

/// Ends access.
pub(in crate::flows) async fn end(
    broker: &Arc<Broker>,
    who: &Account,
    id: &RequestId,
    command: CommandId,
) -> Result<()> {
    let by = broker.person(who).await?; // 1
    transition(broker, id, &Command::End { by }, command.into()).await?; // 2, 3
    Ok(())
}
