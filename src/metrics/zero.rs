//! Every label set at zero, so that a rate or an increase sees the first of its kind.

use super::{Background, Metrics, Outcome, Rejected, acks, names};
use crate::{
    domain::{account_event::AccountEvent, job::Lane, refusal::Refusal, request::Event},
    ports::{Paced, Part},
};

/// The operations of each counterpart.
const CALLS: [(&str, &[&str]); 5] = [
    ("aws", &["AssumeRole", "GetCallerIdentity", "getSigninToken"]),
    ("dynamodb", &["BatchGetItem", "GetItem", "Query", "TransactWriteItems"]),
    ("identity_provider", &["discovery", "jwks", "token", "userinfo"]),
    ("kms", &["Decrypt", "GenerateDataKey"]),
    (
        "slack",
        &[
            "apps.connections.open",
            "auth.test",
            "chat.postEphemeral",
            "chat.postMessage",
            "chat.update",
            "conversations.history",
            "conversations.info",
            "conversations.open",
            "discovery",
            "jwks",
            "response_url",
            "token",
            "users.info",
            "views.open",
        ],
    ),
];

impl Metrics {
    /// Creates the series of every label set.
    pub(super) fn start_at_zero(&self) {
        for task in names::MAY_DIE {
            drop(self.dead_letters.get_or_create(&[("task", task)]));
        }
        for who in [Paced::Account, Paced::Address].map(names::paced) {
            drop(self.rate_limited.get_or_create(&[("who", who)]));
        }
        for name in names::FORGED {
            drop(self.forged.get_or_create(&[("name", name)]));
        }
        for background in Background::ALL {
            drop(self.restarts.get_or_create(&[("task", background.word())]));
        }
        for part in Part::ALL.map(names::part) {
            drop(self.degraded.get_or_create(&[("part", part)]));
        }
        for why in Rejected::ALL {
            drop(self.rejected.get_or_create(&[("reason", why.word())]));
        }
        for event in Event::NAMES.into_iter().chain(AccountEvent::NAMES) {
            drop(self.events.get_or_create(&[("event", event)]));
        }
        for code in Refusal::CODES {
            drop(self.refusals.get_or_create(&[("code", code)]));
        }
        for lane in Lane::ALL.map(names::lane) {
            drop(self.due.get_or_create(&[("lane", lane)]));
            drop(self.oldest_due.get_or_create(&[("lane", lane)]));
        }
        for status in names::OPEN {
            drop(self.open.get_or_create(&[("status", status)]));
        }
        self.start_calls_at_zero();
    }

    fn start_calls_at_zero(&self) {
        for outcome in Outcome::ALL.map(Outcome::word) {
            for kind in acks::Kind::ALL {
                drop(self.acks.get_or_create(&[("kind", kind.word()), ("outcome", outcome)]));
            }
            for (counterpart, operations) in CALLS {
                for operation in operations {
                    let labels = [
                        ("counterpart", counterpart.into()),
                        ("operation", (*operation).into()),
                        ("outcome", outcome.into()),
                    ];
                    drop(self.calls.get_or_create(&labels));
                }
            }
        }
    }
}
