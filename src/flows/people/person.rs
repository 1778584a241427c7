//! Person: who pressed, with their current groups.
//!
//! 1. They are linked to an identity. Someone who is not is refused without asking the platform more than once a minute.
//! 2. The platform reports that they are a full member of this tenant.
//! 3. The identity provider returns their groups.

use crate::{
    domain::{
        account::Account,
        person::{Groups, Link, Member, Person},
        refusal::{Refusal, Refused},
    },
    flows::{Broker, Error, Result},
    ports::{Because, ChatError, Priority},
};

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
        if *fresh.groups() != link.groups {
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
            told => told?,
        };
        self.known.keep(who, &member, self.ports.clock.uptime());
        member.admit(&home.tenant)?;
        Ok(member)
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
