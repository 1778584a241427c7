//! Overview: a person's link, targets and requests as recorded, and how to use the app.
//!
//! 1. Both change nothing, so nothing is stored first and the person is answered at once.

use super::{Broker, Result, answer::reply};
use crate::{
    domain::{
        account::Account,
        message::{Message, Overview},
        press::Asker,
    },
    ports::Listed,
};

/// How many of a person's most recent requests are shown.
const NEWEST: usize = 10;

/// Shows a person their link, targets and requests.
///
/// # Errors
/// A failure of the store or of the platform.
pub async fn show_overview(broker: &Broker, asker: &Asker) -> Result<()> {
    let overview = overview(broker, &asker.who).await?;
    reply(broker, asker, &overview).await // 1
}

/// Shows a person how to use the app.
///
/// # Errors
/// A failure of the platform.
pub async fn show_help(broker: &Broker, asker: &Asker) -> Result<()> {
    reply(broker, asker, &help(broker)).await // 1
}

/// Returns a person's overview: the linked identity, the targets that they may request, and their requests.
async fn overview(broker: &Broker, who: &Account) -> Result<Message> {
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

fn help(broker: &Broker) -> Message {
    let max = broker.policy.max_duration;
    let on_mismatch = broker.settings.linking.on_mismatch;
    Message::Help { max, on_mismatch, example: broker.policy.durations.first().copied().unwrap_or(max) }
}
