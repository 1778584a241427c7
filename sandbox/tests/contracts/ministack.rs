//! `ministack`, an AWS of many accounts: each has a root user, whose key is the account's number.
//! <https://pypi.org/project/ministack/>

use std::sync::atomic::{AtomicU32, Ordering};

/// The secret of every root user's key.
pub(crate) const ROOT_SECRET: &str = "test";

static ACCOUNTS_OPENED: AtomicU32 = AtomicU32::new(0);

/// The number of an account that no other world has.
pub(crate) fn open_account() -> String {
    let number = ACCOUNTS_OPENED.fetch_add(1, Ordering::Relaxed);
    format!("{:07}{number:05}", std::process::id() % 10_000_000)
}
