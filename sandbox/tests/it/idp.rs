//! The OpenID provider, as a client and a browser see it.

mod authorize;
mod relying_party;
mod tampering;
mod tokens;
