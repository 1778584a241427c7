//! Person: who pressed, with their current groups.
//!
//! 1. They are linked to an identity. Someone who is not is refused without asking the platform more than once a minute.
//! 2. The platform reports that they are a full member of this tenant.
//! 3. The identity provider returns their groups.

use std::time::Duration;

use crate::{
    domain::{
        account::Account,
        person::{Groups, Link, Member, Person},
        refusal::{Refusal, Refused},
    },
    flows::{Broker, Error, Result},
    ports::{Because, ChatError, Priority},
};

/// How long a page waits for a platform that states when it will answer. A page has 30 seconds.
const PAGE_WAITS: Duration = Duration::from_secs(10);
/// How long it waits at least before it asks again.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

impl Broker {
    /// Returns the person behind an account, with their current groups.
    pub(in crate::flows) async fn person(&self, who: &Account, priority: Priority) -> Result<Person> {
        self.home_of(who)?;
        let link = match self.linked(who).await {
            Ok(link) => link,
            Err(refused @ Error::Refused(_)) => {
                self.known_member(who).await?;
                return Err(refused); // 1
            }
            Err(failure @ Error::Failed(_)) => return Err(failure),
        };
        self.member(who, priority).await?; // 2
        let fresh = self.fresh_groups(&link).await?; // 3
        let is_told = fresh.groups().claims_instead().is_none(); // else they are unknown, and the known ones stay
        if is_told && *fresh.groups() != link.groups {
            self.ports.store.save_groups(&link, &fresh).await?;
        }
        Ok(link.with(fresh))
    }

    /// Returns the link of an account. A link from before the operator named a claim for the human does not say who the
    /// human is.
    pub(in crate::flows) async fn linked(&self, who: &Account) -> Result<Link> {
        let link = self.ports.store.link(who).await?.ok_or(Refusal::NotLinked)?;
        if self.settings.linking.requires_person && link.person.is_none() {
            return Err(Refusal::SignInAgain { words: None }.into());
        }
        Ok(link)
    }

    /// Returns why groups do not count, if the provider omits or misspells them. This is logged, with its reference.
    pub(in crate::flows) fn why_uncounted(&self, groups: &Groups) -> Option<Refused> {
        self.policy.check_groups(groups).err().map(|refusal| self.refer(refusal.into()))
    }

    /// Returns the account as the platform reports it now, if it may use the app.
    pub(in crate::flows) async fn member(&self, who: &Account, priority: Priority) -> Result<Member> {
        let home = self.home_of(who)?;
        let member = match self.chat(who.platform())?.directory.member(who, priority).await {
            Err(ChatError::Refused { because: Because::Addressee, .. }) => {
                return Err(Refusal::AccountUnknown.into());
            }
            told => told.map_err(Error::of_an_act)?,
        };
        self.known.keep(who, &member, self.ports.clock.uptime());
        member.admit(&home.tenant)?;
        Ok(member)
    }

    /// Returns the account as the platform reports it now, for a page. What a browser asks for is not stored and cannot
    /// be done later, so if the platform states when it will answer, the page waits until then.
    pub(in crate::flows) async fn member_for_page(
        &self,
        who: &Account,
        priority: Priority,
    ) -> Result<Member> {
        let clock = &self.ports.clock;
        let since = clock.uptime();
        loop {
            let error = match self.member(who, priority).await {
                Ok(member) => return Ok(member),
                Err(error) => error,
            };
            match error.of_platform().and_then(ChatError::retry_after).map(|wait| wait.max(SHORTEST_WAIT)) {
                Some(wait) if clock.uptime().saturating_sub(since) + wait < PAGE_WAITS => {
                    clock.sleep(wait).await;
                }
                Some(_) | None => return Err(error),
            }
        }
    }

    /// Returns the account as the platform has recently reported it, if it may use the app: for refusals and
    /// invitations, which change nothing.
    pub(in crate::flows) async fn known_member(&self, who: &Account) -> Result<Member> {
        let home = self.home_of(who)?;
        let _turn = self.asking.take(who.clone()).await;
        if let Some(member) = self.known.get(who, self.ports.clock.uptime()) {
            member.admit(&home.tenant)?;
            return Ok(member);
        }
        self.member(who, Priority::Stranger).await
    }
}
