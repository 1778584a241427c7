//! What the real things do: each contract is put to a stand-in, and to an independent judge of it.
//!
//! A contract is a function of a world, and knows nothing of who answers there. The list on top of each file
//! says who is asked: the stand-in always, and its judge with the feature `judges`, which
//! `tests/peers/run` sets once it has started the judges.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod contracts;

mod aws;
mod dynamodb;
mod ministack;
mod openid;
#[path = "../shared/refusal.rs"]
mod refusal;
