//! Person: who is pressing, with groups as they are now.
//!
//! 1. Slack says that they are a full member of this workspace.
//! 2. They are linked to an identity.
//! 3. The identity provider tells their groups, asked once for all who ask at the same time.
//! 4. A rotated refresh token is saved before anything else is done with the answer.

use anyhow::Context;
use secrecy::SecretString;

use super::{Broker, Result};
use crate::{
    domain::{
        person::{FreshGroups, Link, Member, Person, SlackUser, Subject},
        refusal::Refusal,
    },
    ports::{CommitError, IdentityError, Refreshed, SealedToken},
};

impl Broker {
    /// The person behind a Slack account, with groups as they are now.
    pub(super) async fn person(&self, who: &SlackUser) -> Result<Person> {
        self.member(who).await?; // 1
        let link = self.ports.store.link(who).await?.ok_or(Refusal::NotLinked)?; // 2
        let bond = (link.slack.clone(), link.subject.clone());
        let fresh = self.groups.join(bond, async || self.fresh_groups(&link).await).await?; // 3
        if *fresh.groups() != link.groups {
            self.ports.store.save_groups(&link, &fresh).await?;
        }
        Ok(link.with(fresh))
    }

    /// The account, if it is one that may use the app.
    pub(super) async fn member(&self, who: &SlackUser) -> Result<Member> {
        if who.team != self.settings.team {
            return Err(Refusal::OtherWorkspace.into());
        }
        let member = self.ports.chat.member(who).await?;
        member.admit(&self.settings.team)?;
        Ok(member)
    }

    async fn fresh_groups(&self, link: &Link) -> Result<FreshGroups, Refusal> {
        let unavailable = |error: anyhow::Error| {
            tracing::warn!(error = format!("{error:#}"), "could not tell a person's groups");
            Refusal::IdentityUnavailable
        };
        let token = self.ports.store.token(&link.slack).await.map_err(|error| unavailable(error.into()))?;
        let Some(token) = token else {
            return link.groups_of_sign_in(self.ports.clock.now()).ok_or(Refusal::SignInAgain);
        };
        let secret = self.open_token(link, &token).await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "could not open a refresh token");
            Refusal::SignInAgain
        })?;
        match self.ports.identity.refresh(&secret, &link.subject).await {
            Ok(Refreshed { groups, refresh_token }) => {
                if let Some(rotated) = refresh_token {
                    self.keep_rotated_token(link, &token, &rotated).await.map_err(unavailable)?; // 4
                }
                groups.map_err(|why| Refusal::IdentityUnusable { why })
            }
            Err(IdentityError::Gone) => {
                self.replace_token(link, &token, None).await.map_err(unavailable)?;
                Err(Refusal::SignInAgain)
            }
            Err(IdentityError::Unavailable(why)) => Err(unavailable(anyhow::anyhow!(why))),
            Err(IdentityError::Unusable(why)) => Err(Refusal::IdentityUnusable { why }),
        }
    }

    /// Saves the token that took the place of the one used.
    async fn keep_rotated_token(
        &self,
        link: &Link,
        used: &SealedToken,
        rotated: &SecretString,
    ) -> anyhow::Result<()> {
        let sealed = self.seal_token(&link.slack, &link.subject, rotated).await?;
        self.replace_token(link, used, Some(sealed)).await
    }

    async fn replace_token(
        &self,
        link: &Link,
        used: &SealedToken,
        sealed: Option<Vec<u8>>,
    ) -> anyhow::Result<()> {
        match self.ports.store.replace_token(&link.slack, used, sealed).await {
            Ok(()) => Ok(()),
            Err(error @ CommitError::Conflict) => {
                Err(error).context("the refresh token was replaced meanwhile")
            }
            Err(error) => Err(error).context("could not save a refresh token"),
        }
    }

    async fn open_token(&self, link: &Link, token: &SealedToken) -> anyhow::Result<SecretString> {
        self.ports.sealer.open(&token.sealed, &row_of(&link.slack, &link.subject)).await
    }

    /// Seals a refresh token for the row it will be in.
    pub(super) async fn seal_token(
        &self,
        who: &SlackUser,
        subject: &Subject,
        token: &SecretString,
    ) -> anyhow::Result<Vec<u8>> {
        self.ports.sealer.seal(token, &row_of(who, subject)).await
    }
}

fn row_of<'a>(who: &'a SlackUser, subject: &'a Subject) -> [&'a str; 4] {
    [who.team.as_str(), who.user.as_str(), &subject.issuer, &subject.subject]
}
