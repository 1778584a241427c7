//! Groups: fetches a person's current groups from the identity provider, once for all who ask at the same time.
//!
//! 1. Within a replica, a caller that arrives while a fetch is running shares the next one, which starts later.
//! 2. Across replicas, a refresh token is used in turns, because a provider that rotates tokens treats a second use as
//!    theft. A conditional write begins a turn, which belongs to its replica until it has ended or is overdue.
//! 3. A caller that waits for a turn that began after it asked uses the groups of that turn.
//! 4. One write ends a turn, before anything is done with the response. It stores a rotated token, or the same token
//!    sealed with the current key.
//! 5. Of the groups, only those that the policy is about are kept.

use std::time::Duration;

use secrecy::SecretString;

use crate::{
    domain::{
        account::Account,
        answer_fault::OwnWords,
        person::{FreshGroups, Link, Subject, ToldGroups},
        refusal::Refusal,
    },
    flows::Broker,
    ports::{IdentityError, Opened, Refreshed, SealError, SealedToken, TokenError, UsedToken},
};

/// How long a turn belongs to its replica: longer than a refresh takes, including everything that it may have to
/// fetch.
const TURN_LASTS: Duration = Duration::from_secs(40);
/// How often a waiting caller checks whether another replica's turn has ended.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Broker {
    /// Returns the current groups of a linked person.
    pub(in crate::flows) async fn fresh_groups(&self, link: &Link) -> Result<FreshGroups, Refusal> {
        let bond = (link.account.clone(), link.subject.clone());
        self.groups.join(bond, async || self.ask_for_groups(link).await).await // 1
    }

    async fn ask_for_groups(&self, link: &Link) -> Result<FreshGroups, Refusal> {
        let mut asked_at = None;
        let mut watched = None;
        // This terminates: every turn ends or becomes overdue, and a caller that has had a turn returns.
        loop {
            let (now, uptime) = (self.ports.clock.now(), self.ports.clock.uptime());
            let Some(token) = self.ports.store.token(&link.account).await.map_err(unread)? else {
                return link.groups_of_sign_in(now).ok_or(Refusal::SignInAgain { words: None });
            };
            let asked_at = *asked_at.get_or_insert(token.version);
            if let Some(fresh) = token.told.as_ref().and_then(|told| told.since(asked_at, &link.subject)) {
                return Ok(fresh); // 3
            }
            let (turn, since) =
                watched.filter(|(turn, _)| *turn == token.version).unwrap_or((token.version, uptime));
            watched = Some((turn, since));
            // If the clock went back, the turn would become overdue much later, so its duration is measured as well.
            let is_overdue = |until| until <= now || uptime - since >= TURN_LASTS;
            if token.taken_until.is_none_or(is_overdue) {
                match self.ports.store.take_token(&link.account, &token, now + TURN_LASTS).await {
                    Ok(taken) => return self.take_turn(link, &taken).await, // 2
                    Err(TokenError::Conflict) => {}
                    Err(error @ TokenError::Failed(_)) => return Err(unread(error)),
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Refreshes the token for which this turn was `taken`, and ends the turn.
    async fn take_turn(&self, link: &Link, taken: &SealedToken) -> Result<FreshGroups, Refusal> {
        let (used, groups) = self.refresh(link, taken).await;
        self.ports.store.give_token_back(&link.account, taken, used).await.map_err(unread)?; // 4
        groups
    }

    /// Returns what happened to the token, and the groups.
    async fn refresh(&self, link: &Link, taken: &SealedToken) -> (UsedToken, Result<FreshGroups, Refusal>) {
        let unused = |resealed, refusal| (UsedToken::Kept { resealed, told: None }, Err(refusal));
        let (token, resealed) = match self.open_token(link, &taken.sealed).await {
            Ok(opened) => opened,
            Err(error) => return unused(None, shut(error)),
        };
        let Refreshed { groups, refresh_token } =
            match self.ports.identity.refresh(&token, &link.subject).await {
                Ok(refreshed) => refreshed,
                Err(error @ IdentityError::Gone(_)) => return (UsedToken::Gone, Err(refused(error))),
                Err(
                    error @ (IdentityError::Unavailable(_)
                    | IdentityError::SignInRequired(_)
                    | IdentityError::GroupsUnknown { .. }
                    | IdentityError::Unusable(_)),
                ) => return unused(resealed, refused(error)),
            };
        let groups = groups.map(|fresh| fresh.relevant_to(&self.policy)); // 5
        let resealed = match &refresh_token {
            Some(token) => match self.seal_token(&link.account, &link.subject, token).await {
                Ok(sealed) => Some(sealed),
                Err(error) => return unused(resealed, shut(error)),
            },
            None => resealed,
        };
        let told = groups.as_ref().ok().map(|fresh| ToldGroups {
            subject: link.subject.clone(),
            groups: fresh.groups().clone(),
            turn: taken.version,
        });
        (UsedToken::Kept { resealed, told }, groups.map_err(refused))
    }

    /// Opens a sealed token and, if its key is not the current one, seals it again. This precedes the request to the
    /// provider: if sealing fails, the provider must not replace the token with another.
    async fn open_token(
        &self,
        link: &Link,
        sealed: &[u8],
    ) -> Result<(SecretString, Option<Vec<u8>>), SealError> {
        let Opened { secret, is_up_to_date } =
            self.ports.sealer.open(sealed, &row_of(&link.account, &link.subject)).await?;
        if is_up_to_date {
            return Ok((secret, None));
        }
        let resealed = self.seal_token(&link.account, &link.subject, &secret).await?;
        Ok((secret, Some(resealed)))
    }

    /// Seals a refresh token for its row.
    pub(in crate::flows) async fn seal_token(
        &self,
        who: &Account,
        subject: &Subject,
        token: &SecretString,
    ) -> Result<Vec<u8>, SealError> {
        self.ports.sealer.seal(token, &row_of(who, subject)).await
    }
}

/// Returns the values that a sealed token is bound to.
fn row_of<'a>(who: &'a Account, subject: &'a Subject) -> [(&'static str, &'a str); 6] {
    [
        ("purpose", "elevate/refresh-token"),
        ("platform", who.platform().as_str()),
        ("tenant", who.tenant().id()),
        ("user", who.user()),
        ("iss", &subject.issuer),
        ("sub", &subject.subject),
    ]
}

/// Returns the refusal: another sign-in helps if the token can never be opened, and only waiting if its key was not
/// available.
fn shut(error: SealError) -> Refusal {
    match error {
        SealError::Shut(why) => {
            tracing::error!(why, "sealing: failed");
            Refusal::SignInAgain { words: None }
        }
        SealError::Unavailable(why) => Refusal::KeyUnavailable { why },
    }
}

/// Returns the refusal of a person whose groups could not be requested.
pub(in crate::flows) fn refused(error: IdentityError) -> Refusal {
    match error {
        IdentityError::Unavailable(why) => Refusal::IdentityUnavailable { why },
        IdentityError::Gone(words) | IdentityError::SignInRequired(words) => {
            let OwnWords { error, description } = &words;
            tracing::warn!(error, why = description, "identity: refresh refused");
            Refusal::SignInAgain { words: Some(words) }
        }
        IdentityError::GroupsUnknown { claims } => Refusal::GroupsUnknown { claims },
        IdentityError::Unusable(fault) => Refusal::IdentityUnusable { fault },
    }
}

fn unread(error: impl Into<anyhow::Error>) -> Refusal {
    Refusal::TokenUnavailable { why: format!("{:#}", error.into()) }
}
