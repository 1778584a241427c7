//! Audit: events of accounts, including refusals, and audit lines, posted one by one or in bursts.
//!
//! 1. The store appends the event under the next number of its account. For a refusal it records who tried what.
//! 2. The event is posted to the audit channel: immediately, or together with this person's other events of that
//!    minute.

use std::sync::{Arc, PoisonError};

use tracing::field::display;

use super::{Broker, Result};
use crate::{
    domain::{
        account::Account,
        account_event::{AccountChange, AccountEvent, AccountRecord},
        act::Tried,
        audit::AuditEntry,
        burst::Recent,
        ids::{CommandId, RequestId, Target},
        job::{AuditLine, Job},
        refusal::Refused,
        request::Recorded,
        trail::actor::Actor,
        window::Timestamp,
    },
    ports::{Appended, NewEvent},
};

/// Who tried what and when, and the command that identifies the attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) command: &'a CommandId,
    pub(super) at: Timestamp,
    pub(super) who: &'a Account,
    pub(super) tried: Tried,
    pub(super) about: About<'a>,
    pub(super) via: Via,
}

/// Where something was attempted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Via {
    /// On the chat platform: the person that the account is linked to attempted it.
    Chat,
    /// In a browser that presented a ticket of the account. Its user may be another person than the account's.
    Browser,
}

/// What an attempt is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum About<'a> {
    Nothing,
    Target(&'a Target),
    Request(&'a RequestId),
}

/// Audit lines that count toward the bursts of these people. Dropping this value removes them from the count, because
/// their commit failed.
#[must_use]
pub(super) struct Counted<'a> {
    broker: &'a Broker,
    people: Vec<Account>,
}

impl Counted<'_> {
    /// Keeps the count after a successful commit.
    pub(super) fn keep(mut self) {
        self.people.clear();
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let now = self.broker.ports.clock.now();
        let mut recent = self.broker.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for who in &self.people {
            if let Some(recent) = recent.get_mut(who) {
                recent.take_back(now);
            }
        }
    }
}

/// Records a refusal. Idempotent for each command.
pub(super) async fn record_refusal(broker: &Arc<Broker>, attempt: Attempt<'_>, why: &Refused) -> Result<()> {
    let Attempt { command, at, who, tried, about, via } = attempt;
    let (request, target) = match about {
        About::Nothing => (None, None),
        About::Target(target) => (None, Some(target.clone())),
        About::Request(id) => (Some(id.clone()), target_of(broker, id).await?),
    };
    let actor = actor(broker, who, via).await?;
    let what = AccountEvent::Refused { tried, request, target, why: why.clone() };
    let _turn = broker.recording.take(who.clone()).await;
    let (event, counted) = new_event(broker, what.of(who, actor, command.clone(), at));
    if let Some(appended) = broker.ports.store.record(&event).await? {
        tell(broker, appended, counted);
    } // 1
    Ok(())
}

/// Returns the event to record. It is counted before the commit, as in [`in_bursts`].
pub(super) fn new_event(broker: &Broker, change: AccountChange) -> (NewEvent, Counted<'_>) {
    let now = broker.ports.clock.now();
    let mut people = Vec::new();
    let mut line = AuditLine::Own;
    if change.what.burst_kind().is_some() {
        people.push(change.account.clone());
        if joins_burst(broker, &change.account, now) {
            line = AuditLine::InBurst;
        }
    }
    (NewEvent { change, line, now }, Counted { broker, people })
}

/// Logs a committed event of a request, so that what reads the log hears of it even while the platform does not.
pub(super) fn log_event(recorded: &Recorded, target: &Target) {
    tracing::info!(
        event = recorded.event_id(),
        what = recorded.what.name(),
        actor = recorded.actor.kind(),
        request = %recorded.stream,
        target = %target,
        "audit: event committed"
    );
}

/// Logs a committed event of an account, refusals among them: ids and codes, never an address.
fn log_account_event(recorded: &AccountRecord) {
    let (what, actor) = (recorded.what.name(), recorded.actor.kind());
    let event = recorded.event_id();
    match &recorded.what {
        AccountEvent::Refused { tried: _, request, target, why } => {
            let (request, target) = (request.as_ref().map(display), target.as_ref().map(display));
            let code = why.refusal.code();
            tracing::info!(event, what, actor, code, request, target, "audit: event committed");
        }
        AccountEvent::Linked { .. }
        | AccountEvent::Relinked { .. }
        | AccountEvent::Unlinked { .. }
        | AccountEvent::SignedOut { .. }
        | AccountEvent::Undelivered { .. } => {
            tracing::info!(event, what, actor, "audit: event committed");
        }
    }
}

/// Counts a recorded event, and starts delivery of its notices.
pub(super) fn tell(broker: &Arc<Broker>, Appended { recorded, jobs }: Appended, counted: Counted<'_>) {
    counted.keep();
    broker.ports.counters.account_event(&recorded.what);
    log_account_event(&recorded);
    broker.deliver_soon(jobs); // 2
}

/// Returns the same jobs, with the audit lines beyond a person's first few of the minute moved into a burst. The lines
/// are counted before the commit, so that concurrent commits cannot exceed the limit together.
pub(super) fn in_bursts(broker: &Broker, jobs: Vec<Job>) -> (Vec<Job>, Counted<'_>) {
    let now = broker.ports.clock.now();
    let mut people = Vec::new();
    let place = |job: Job| {
        let Some(who) = job.may_burst().and_then(AuditEntry::concerned).cloned() else { return job };
        let joins_burst = joins_burst(broker, &who, now);
        people.push(who);
        if joins_burst { job.in_burst() } else { job }
    };
    let jobs = jobs.into_iter().map(place).collect();
    (jobs, Counted { broker, people })
}

fn joins_burst(broker: &Broker, who: &Account, now: Timestamp) -> bool {
    let mut recent = broker.recent.lock().unwrap_or_else(PoisonError::into_inner);
    recent.retain(|_, recent| !recent.is_over(now));
    recent.entry(who.clone()).or_insert_with(|| Recent::none(now)).joins_burst(now)
}

/// Returns who made an attempt: the account itself unless the attempt shows which person it was.
async fn actor(broker: &Broker, who: &Account, via: Via) -> Result<Actor> {
    let link = match via {
        Via::Chat => broker.ports.store.link(who).await?,
        Via::Browser => None,
    };
    Ok(link.map_or_else(|| Actor::Account { account: who.clone() }, |link| link.human().into()))
}

async fn target_of(broker: &Broker, id: &RequestId) -> Result<Option<Target>> {
    Ok(broker.ports.store.request(id).await?.map(|request| request.target))
}
