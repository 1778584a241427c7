//! The provider, a clock that stands still, and a client.

use chrono::{DateTime, TimeZone, Utc};
use sandbox::{
    clock::Clock,
    idp::{Idp, IdpConfig},
};

use super::relying_party::{CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, RelyingParty, ada, bob};

pub(super) struct World {
    pub(super) idp: Idp,
    pub(super) clock: Clock,
    pub(super) party: RelyingParty,
}

impl World {
    /// A provider with Ada and Bob, and a client with a browser nobody has signed in with.
    pub(super) async fn open() -> Self {
        let clock = Clock::standing(noon());
        let config = IdpConfig {
            clock: clock.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            port: 0,
        };
        let idp = Idp::start(config).await.unwrap();
        idp.allow_redirect(REDIRECT_URI);
        idp.add_person(ada());
        idp.add_person(bob());
        let party = RelyingParty::of(idp.issuer(), &clock).await;
        Self { idp, clock, party }
    }
}

pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}
