//! Overview: where a person stands, as the app last heard it.

use super::{Broker, Result};
use crate::{
    domain::{
        account::Account,
        message::{Message, Overview},
    },
    ports::Listed,
};

/// How many of a person's requests are shown.
const NEWEST: usize = 10;

/// Where this person stands: whom they are linked to, what they can ask for, what they have asked for.
pub(super) async fn overview(broker: &Broker, who: &Account) -> Result<Message> {
    let as_of = broker.ports.clock.now();
    let overview = match broker.ports.store.link(who).await? {
        None => Overview { email: None, targets: Vec::new(), requests: Vec::new(), as_of },
        Some(link) => {
            let own = Listed::RequestedBy(link.subject, None);
            Overview {
                targets: broker.policy.targets(&link.groups).into_iter().collect(),
                requests: broker.ports.store.requests(&own, None, NEWEST).await?.requests,
                email: Some(link.email),
                as_of,
            }
        }
    };
    Ok(Message::Overview(overview))
}

/// How to use the app.
pub(super) fn help(broker: &Broker) -> Message {
    let max = broker.policy.max_duration;
    let on_mismatch = broker.settings.linking.on_mismatch;
    Message::Help { max, on_mismatch, example: broker.policy.durations.first().copied().unwrap_or(max) }
}
