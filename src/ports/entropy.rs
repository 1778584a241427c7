//! Entropy: random bytes, and the ids and secrets derived from them.

use crate::domain::{
    code::Code,
    ids::{CommandId, RequestId},
    secret::Secret,
    window::Timestamp,
};

/// A source of randomness.
pub trait Ids: Send + Sync {
    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Ids {
    /// Returns a random code.
    #[must_use]
    pub fn code(&self) -> Code {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Code::of(bytes)
    }

    /// Returns a random bearer secret.
    #[must_use]
    pub fn secret(&self) -> Secret {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        Secret::of(bytes)
    }

    /// Returns the id of a request made at `now`.
    #[must_use]
    pub fn request_id(&self, now: Timestamp) -> RequestId {
        RequestId::new(now, self.chance())
    }

    /// Returns the id of a command that is never repeated.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        CommandId::random(self.chance())
    }

    /// Returns a reference that a person gives to the operator, who finds it in the log.
    #[must_use]
    pub fn reference(&self) -> String {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        hex::encode(bytes)
    }

    fn chance(&self) -> u128 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        u128::from_be_bytes(bytes)
    }
}
