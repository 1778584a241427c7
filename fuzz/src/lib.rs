//! What several targets have in common.

mod provider;

pub use provider::{CLIENT, ISSUER, NOW, Signer, keys, token, unverified_jwt};

/// What stands between the parts of an input. No text has it.
const SEPARATOR: u8 = 0xff;

/// An input of so many texts; `None` where it is another.
pub fn parts<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let mut parts = input.split(|byte| *byte == SEPARATOR).map(str::from_utf8);
    let mut taken = [""; N];
    for part in &mut taken {
        *part = parts.next()?.ok()?;
    }
    parts.next().is_none().then_some(taken)
}
