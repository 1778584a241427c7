//! The provider's signing keys, and when they are fetched again.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use openidconnect::{JsonWebKeySetUrl, core::CoreJsonWebKeySet};

use crate::{domain::window::Timestamp, outbound::Operation};

/// The key set is not fetched more often than this, however many tokens name unknown keys.
const COOLDOWN: TimeDelta = TimeDelta::seconds(30);

/// The key set that was last fetched successfully.
#[derive(Debug)]
pub(super) struct SigningKeys {
    url: JsonWebKeySetUrl,
    current: Mutex<Arc<CoreJsonWebKeySet>>,
    refetched_at: tokio::sync::Mutex<Option<Timestamp>>,
}

impl SigningKeys {
    pub(super) fn new(url: JsonWebKeySetUrl, keys: CoreJsonWebKeySet) -> Self {
        Self { url, current: Mutex::new(Arc::new(keys)), refetched_at: tokio::sync::Mutex::default() }
    }

    /// Calls `verify` with the known keys and, if they lack the required key, again with newer ones.
    pub(super) async fn try_with<T, E>(
        &self,
        verify: impl Fn(&CoreJsonWebKeySet) -> Result<T, E>,
        is_unknown_key: impl Fn(&E) -> bool,
        asking: Operation<'_>,
        now: Timestamp,
    ) -> Result<T, E> {
        let known = self.current();
        match verify(&known) {
            Err(rejection) if is_unknown_key(&rejection) => {
                match self.newer_than(&known, asking, now).await {
                    Some(newer) => verify(&newer),
                    None => Err(rejection),
                }
            }
            verified => verified,
        }
    }

    fn current(&self) -> Arc<CoreJsonWebKeySet> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns keys that replace `known`, which lack a required key. Returns `None`, and keeps the known ones, if the
    /// provider has no others or it is too soon to ask again.
    async fn newer_than(
        &self,
        known: &Arc<CoreJsonWebKeySet>,
        asking: Operation<'_>,
        now: Timestamp,
    ) -> Option<Arc<CoreJsonWebKeySet>> {
        let mut refetched_at = self.refetched_at.lock().await;
        let current = self.current();
        if !Arc::ptr_eq(&current, known) {
            return Some(current);
        }
        if refetched_at.is_some_and(|then| (now - then).abs() < COOLDOWN) {
            return None;
        }
        *refetched_at = Some(now);
        let keys = Arc::new(CoreJsonWebKeySet::fetch_async(&self.url, &asking).await.ok()?);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Some(keys)
    }
}
