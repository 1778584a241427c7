//! Request: a person requests access to a target.
//!
//! 1. A command without text opens a form immediately. It offers the targets of the groups last received, for display
//!    only.
//! 2. The submission is checked against the current groups, and the number of the person's requests within an hour.
//! 3. The request, its event and its jobs are committed as one, unless the person has another request for the target.

use std::sync::Arc;

use super::transition::{Cause, Changed, commit};
use crate::{
    domain::{
        account::Account,
        decide::{Ask, ask},
        ids::{CommandId, RequestId},
        message::{Form, RequestForm},
        press::{Asker, FormHandle},
        refusal::Refusal,
        request::Request,
    },
    flows::{Broker, Error, Result, answer, policy},
    ports::{CommitError, Listed, Priority},
};

/// Opens the form for making a request. The handle may expire within seconds, so nothing slow precedes it.
///
/// # Errors
/// [`Refusal::NotLinked`], [`Refusal::OtherTenant`]; a failure of the store or of the platform.
pub async fn open_form(broker: &Broker, asker: &Asker, at: &FormHandle) -> Result<()> {
    let who = &asker.who;
    broker.home_of(who)?;
    let link = broker.ports.store.link(who).await?.ok_or(Refusal::NotLinked)?;
    let targets: Vec<_> = broker.policy.targets(&link.groups).into_iter().collect();
    let why_none = if targets.is_empty() { broker.why_uncounted(&link.groups) } else { None };
    let form = Form::Request(RequestForm {
        targets,
        why_none,
        durations: broker.policy.durations.clone(),
        reviewers: broker.policy.reviewers.clone(),
    });
    answer::open(broker, asker, at, form).await // 1
}

/// Makes the request `id`.
pub(in crate::flows) async fn request(
    broker: &Arc<Broker>,
    who: &Account,
    id: &RequestId,
    wanted: Ask,
    command: CommandId,
) -> Result<Request> {
    let target = wanted.target.clone();
    let requester = broker.person(who, Priority::Person).await?;
    let most = broker.policy.requests_per_hour;
    let own = Listed::RequestedBy(requester.human().subject.clone(), None);
    let earlier = broker.ports.store.requests(&own, None, most).await?.requests;
    let earlier: Vec<_> =
        earlier.iter().filter(|made| made.id != *id).map(|made| made.requested_at).collect();
    let now = broker.ports.clock.now();
    let opening = ask(&requester, wanted, &earlier, &broker.policy, now)?; // 2
    let opened = opening.opens(id.clone(), command.clone(), now);
    let cause = Cause::from(command).stands_on(requester.stands());
    match commit(broker, None, opened, &cause).await {
        Ok(Changed { request, .. }) => Ok(request), // 3
        Err(CommitError::Held(request)) => Err(Refusal::AlreadyOpen { target, request }.into()),
        Err(CommitError::Conflict) => Err(Refusal::AlreadyOpen { target, request: id.clone() }.into()),
        Err(CommitError::SignedOut) => Err(Refusal::SignInAgain { words: None }.into()),
        Err(CommitError::Frozen) => Err(Refusal::Frozen.into()),
        Err(CommitError::Outdated { in_force }) => Err(policy::outdated(broker, in_force).into()),
        Err(CommitError::Failed(error)) => Err(error.into()),
        Err(error @ CommitError::UsedUp) => Err(Error::Failed(error.into())),
    }
}
