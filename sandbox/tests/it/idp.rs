//! The stand-in for an OpenID provider: where it is stricter than others, and how it can misbehave.

mod authorize;
#[path = "../shared/relying_party.rs"]
mod relying_party;
mod tampering;
mod tokens;
mod world;
