//! Person: who pressed, with their current groups.
//!
//! 1. The platform reports that they are a full member of this tenant.
//! 2. They are linked to an identity.
//! 3. The identity provider returns their groups.

use crate::{
    domain::{
        account::Account,
        person::{Link, Member, Person},
        refusal::Refusal,
    },
    flows::{Broker, Result},
};

impl Broker {
    /// Returns the person behind an account, with their current groups.
    pub(in crate::flows) async fn person(&self, who: &Account) -> Result<Person> {
        self.member(who).await?; // 1
        let link = self.linked(who).await?; // 2
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
            return Err(Refusal::SignInAgain.into());
        }
        Ok(link)
    }

    /// Returns the account, if it may use the app.
    pub(in crate::flows) async fn member(&self, who: &Account) -> Result<Member> {
        let home = self.home_of(who)?;
        let member = self.chat(who.platform())?.directory.member(who).await?;
        member.admit(&home.tenant)?;
        Ok(member)
    }
}
