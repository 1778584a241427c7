//! The provider's signing keys, and when they are fetched again.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

use super::jwt::{KeySet, may_verify_with_newer_keys};
use crate::domain::{answer_fault::AnswerFault, window::Timestamp};

/// The key set is not fetched more often than this, however many tokens it does not verify.
const COOLDOWN: TimeDelta = TimeDelta::seconds(30);

/// The key set that was last fetched successfully.
#[derive(Debug)]
pub(super) struct SigningKeys {
    current: Mutex<Arc<KeySet>>,
    refetched_at: tokio::sync::Mutex<Option<Timestamp>>,
}

impl SigningKeys {
    pub(super) fn new(keys: KeySet) -> Self {
        Self { current: Mutex::new(Arc::new(keys)), refetched_at: tokio::sync::Mutex::default() }
    }

    /// Calls `verify` with the known keys and, if newer keys might change the result, again with those that `fetch`
    /// returns.
    pub(super) async fn try_with<T>(
        &self,
        verify: impl Fn(&KeySet) -> Result<T, AnswerFault>,
        fetch: impl Future<Output = Option<KeySet>>,
        now: Timestamp,
    ) -> Result<T, AnswerFault> {
        let known = self.current();
        match verify(&known) {
            Err(fault) if may_verify_with_newer_keys(&fault) => {
                match self.newer_than(&known, fetch, now).await {
                    Some(newer) => verify(&newer),
                    None => Err(fault),
                }
            }
            verified => verified,
        }
    }

    fn current(&self) -> Arc<KeySet> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns keys that replace `known`, which do not verify a token. Returns `None`, and keeps the known ones, if the
    /// provider has no others or it is too soon to ask again.
    async fn newer_than(
        &self,
        known: &Arc<KeySet>,
        fetch: impl Future<Output = Option<KeySet>>,
        now: Timestamp,
    ) -> Option<Arc<KeySet>> {
        let mut refetched_at = self.refetched_at.lock().await;
        let current = self.current();
        if !Arc::ptr_eq(&current, known) {
            return Some(current);
        }
        if refetched_at.is_some_and(|then| (now - then).abs() < COOLDOWN) {
            return None;
        }
        *refetched_at = Some(now);
        let keys = Arc::new(fetch.await?);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Some(keys)
    }
}
