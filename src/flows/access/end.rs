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
        person::Person,
    },
    flows::{Broker, Result},
};

/// Takes a request back, or ends access, as the presser has chosen.
pub(in crate::flows) async fn end(
    broker: &Arc<Broker>,
    who: &Account,
    id: &RequestId,
    chosen: impl FnOnce(Person) -> Command + Send,
    press: CommandId,
) -> Result<()> {
    let by = broker.person(who).await?; // 1
    transition(broker, id, &chosen(by), press.into()).await?; // 2, 3
    Ok(())
}
