//! OpenID providers, and `oidc-provider`, which is OpenID certified, as their judge.

mod authorization;
mod client;
mod code;
mod discovery;
mod judge;
mod refresh;
#[path = "../shared/relying_party.rs"]
mod relying_party;
mod userinfo;
mod world;
