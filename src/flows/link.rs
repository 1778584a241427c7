//! Link: a Slack account is bound to an identity, and set free again.
//!
//! 1. The bot answers, to the person alone, with a link that is good once, for 10 minutes.
//! 2. GET shows whom it would link; it changes nothing, since scanners and previews open links too.
//! 3. POST starts a sign-in; the browser that starts last is the one that may use the link up.
//! 4. Back from the identity provider: the verified address there must be that of the Slack profile.
//! 5. An account that is linked already may be linked to another identity of the same address, and to no other.
//! 6. One commit uses up the link and binds both, each to nobody else.

use std::sync::Arc;

use url::Url;

use super::{Broker, Error, Result, sign_in};
use crate::{
    domain::{
        audit::{SideEvent, SideNews},
        ids::{CommandId, SideEventId},
        once::{Once, Purpose, SignInTo},
        person::{Link, SlackUser},
        press::Asker,
        refusal::Refusal,
        secret::{LINK_LASTS, Secret, SecretHash},
        window::Timestamp,
        work::follow_ups_aside,
    },
    ports::{CommitError, LinkError, NewLink, Redeemed},
};

/// Whom a link token would link.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The Slack account.
    pub who: SlackUser,
    /// The name it shows.
    pub name: String,
}

/// A new link for this Slack account, to be shown to nobody else.
pub(super) async fn invite(broker: &Broker, who: &SlackUser) -> Result<Url> {
    let now = broker.ports.clock.now();
    let member = broker.member(who).await?;
    let token = broker.ports.ids.secret();
    let purpose = Purpose::Link { who: who.clone(), name: member.name };
    let once = Once { key: token.hash(), expires_at: now + LINK_LASTS, purpose };
    broker.ports.store.keep_once(&once).await?;
    Ok(broker.url("link", token.expose())) // 1
}

/// Whom this token would link. Changes nothing.
///
/// # Errors
/// [`Refusal::LinkGone`]; a failure of the store.
pub async fn show(broker: &Broker, token: &Secret) -> Result<Invitee> {
    find(broker, &token.hash(), broker.ports.clock.now()).await // 2
}

/// Starts a sign-in in this browser, and says where it goes.
///
/// # Errors
/// [`Refusal::LinkGone`]; a failure of the store or of the identity provider.
pub async fn start(broker: &Broker, token: &Secret, browser: &Secret) -> Result<Url> {
    let now = broker.ports.clock.now();
    let token = token.hash();
    let who = find(broker, &token, now).await?.who;
    let to = SignInTo::Link { token: token.clone(), who };
    let (once, url) = sign_in::begin(broker, browser, to, now).await?;
    match broker.ports.store.start_link(&token, &once, now).await {
        Ok(()) => Ok(url), // 3
        Err(CommitError::Failed(error)) => Err(error.into()),
        Err(CommitError::Conflict | CommitError::UsedUp | CommitError::Held(_)) => {
            Err(Refusal::LinkGone.into())
        }
    }
}

/// Binds the Slack account that the token was made for to the identity that signed in. That token and sign-in are
/// still good, and belong together, is a condition of the commit that uses them up.
pub(super) async fn finish(
    broker: &Arc<Broker>,
    who: SlackUser,
    token: SecretHash,
    sign_in: SecretHash,
    redeemed: Redeemed,
) -> Result<Link> {
    let member = broker.member(&who).await?;
    let mut link = Link::between(&member, &redeemed.signed_in)?; // 4
    let current = broker.ports.store.link(&who).await?;
    if let Some(current) = &current {
        link.may_replace(current)?; // 5
    }
    let replaces = current.map(|current| current.subject).filter(|current| *current != link.subject);
    let mut sealed_token = None;
    if let Some(secret) = &redeemed.refresh_token {
        sealed_token = Some(broker.seal_token(&who, &link.subject, secret).await?);
        link.is_refreshable = true;
    }
    let now = broker.ports.clock.now();
    let id = SideEventId::of(&CommandId::of_secret(&sign_in), now);
    let email = link.email.clone();
    let what = match &replaces {
        Some(from) => SideNews::Relinked { email, from: from.clone(), to: link.subject.clone() },
        None => SideNews::Linked { email },
    };
    let event = SideEvent { id, at: now, who, what };
    let work = follow_ups_aside(&event, event.at);
    let new = NewLink { link, replaces, sealed_token, token, sign_in, event, work };
    match broker.ports.store.save_link(&new).await {
        Ok(()) => {} // 6
        Err(LinkError::UsedUp) => return Err(Refusal::LinkGone.into()),
        Err(LinkError::IdentityTaken) => return Err(Refusal::IdentityTaken.into()),
        Err(LinkError::LinkedToAnother) => return Err(Refusal::LinkedToAnother.into()),
        Err(LinkError::Failed(error)) => return Err(error.into()),
    }
    broker.deliver_soon(new.work);
    Ok(new.link)
}

/// Sets the Slack account of `asker` free; `false` when it was not bound.
pub(super) async fn unlink(broker: &Arc<Broker>, asker: &Asker) -> Result<bool> {
    let Some(link) = broker.ports.store.link(&asker.who).await? else { return Ok(false) };
    let what = SideNews::Unlinked { email: link.email.clone() };
    let id = SideEventId::of(&asker.id, asker.at);
    let event = SideEvent { id, at: asker.at, who: asker.who.clone(), what };
    let work = follow_ups_aside(&event, event.at);
    match broker.ports.store.remove_link(&link, &event, &work).await {
        Ok(()) => broker.deliver_soon(work),
        Err(CommitError::Failed(error)) => return Err(error.into()),
        Err(error @ (CommitError::Conflict | CommitError::UsedUp | CommitError::Held(_))) => {
            return Err(Error::Failed(error.into()));
        }
    }
    Ok(true)
}

async fn find(broker: &Broker, token: &SecretHash, now: Timestamp) -> Result<Invitee> {
    match sign_in::find_once(broker, token, now).await?.purpose {
        Purpose::Link { who, name } => Ok(Invitee { who, name }),
        Purpose::Console { .. } | Purpose::Answer(_) | Purpose::SignIn { .. } => {
            Err(Refusal::LinkGone.into())
        }
    }
}
