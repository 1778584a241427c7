//! A client, its provider, and who works there.

use sandbox::{
    clock::Clock,
    idp::{Idp, IdpConfig, Person},
};

use super::{
    judge::Judge,
    relying_party::{CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, RelyingParty, ada, bob},
};

/// A provider with Ada and Bob, and a client with a browser nobody has signed in with.
pub(super) struct World {
    pub(super) party: RelyingParty,
    pub(super) clock: Clock,
    provider: Provider,
}

enum Provider {
    StandIn(Idp),
    Judge(Judge),
}

impl World {
    pub(super) async fn stand_in() -> Self {
        let clock = Clock::running();
        let config = IdpConfig {
            clock: clock.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            port: 0,
        };
        let idp = Idp::start(config).await.unwrap();
        idp.allow_redirect(REDIRECT_URI);
        let issuer = idp.issuer();
        Self::with(Provider::StandIn(idp), issuer, clock).await
    }

    pub(super) async fn judge() -> Self {
        let judge = Judge::call().await;
        let issuer = judge.issuer.clone();
        Self::with(Provider::Judge(judge), issuer, Clock::running()).await
    }

    /// Adds a person, or replaces the one with the same login.
    pub(super) async fn employ(&self, person: Person) {
        match &self.provider {
            Provider::StandIn(idp) => idp.add_person(person),
            Provider::Judge(judge) => judge.employ(person).await,
        }
    }

    /// Ends all sessions of a person, and everything issued to them.
    pub(super) async fn revoke(&self, login: &str) {
        match &self.provider {
            Provider::StandIn(idp) => idp.revoke(login),
            Provider::Judge(judge) => judge.revoke(login).await,
        }
    }

    /// Signs with a new key; the old one vanishes at once.
    pub(super) async fn rotate_keys(&self) {
        match &self.provider {
            Provider::StandIn(idp) => idp.rotate_keys(),
            Provider::Judge(judge) => judge.rotate_keys().await,
        }
    }

    async fn with(provider: Provider, issuer: String, clock: Clock) -> Self {
        let party = RelyingParty::of(issuer, &clock).await;
        let world = Self { party, clock, provider };
        world.employ(ada()).await;
        world.employ(bob()).await;
        world
    }
}
