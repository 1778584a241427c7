//! Single flight: one call per key at a time, with its result shared by all callers that wait.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::OwnedMutexGuard;

type Room<T> = tokio::sync::Mutex<T>;

/// A lock per key, in order of arrival.
#[derive(Debug)]
pub(super) struct Turns<K, T = ()> {
    rooms: Mutex<HashMap<K, Weak<Room<T>>>>,
}

impl<K: Eq + Hash, T: Default> Turns<K, T> {
    /// Waits for the key's turn, which ends when the guard is dropped.
    pub(super) async fn take(&self, key: K) -> OwnedMutexGuard<T> {
        self.room(key).lock_owned().await
    }

    fn room(&self, key: K) -> Arc<Room<T>> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(&key).and_then(Weak::upgrade) {
            return room;
        }
        rooms.retain(|_, room| room.strong_count() > 0);
        let room = Arc::default();
        rooms.insert(key, Arc::downgrade(&room));
        room
    }
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Self {
        Self { rooms: Mutex::default() }
    }
}

/// The last result of a key, with the moment (a count, not a time) at which its call began.
type Last<V> = Option<(u64, V)>;

/// One call per key at a time. A caller that arrives during a call shares the result of a later one.
#[derive(Debug)]
pub(super) struct SingleFlight<K, V> {
    turns: Turns<K, Last<V>>,
    moment: AtomicU64,
}

impl<K: Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Returns the result of a call that began after this one: of another caller's, or of `get`.
    pub(super) async fn join(&self, key: K, get: impl AsyncFnOnce() -> V) -> V {
        let asked = self.next_moment();
        let mut last = self.turns.take(key).await;
        if let Some((began, value)) = &*last
            && *began > asked
        {
            return value.clone();
        }
        let began = self.next_moment();
        let value = get().await;
        *last = Some((began, value.clone()));
        value
    }

    fn next_moment(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self { turns: Turns::default(), moment: AtomicU64::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_meanwhile_shares_one_later_call() {
        let flight = SingleFlight::<&str, u32>::default();
        let calls = AtomicU64::new(0);
        let call = async || {
            tokio::task::yield_now().await;
            u32::try_from(calls.fetch_add(1, Ordering::SeqCst)).unwrap()
        };
        let (first, second, third) =
            tokio::join!(flight.join("ada", call), flight.join("ada", call), flight.join("ada", call));
        assert_eq!((first, second, third), (0, 1, 1), "the first had begun before the others asked");
        assert_eq!(flight.join("ada", call).await, 2, "nobody takes a result from before they asked");
    }

    #[tokio::test]
    async fn a_key_that_somebody_holds_is_kept_while_others_are_forgotten() {
        let turns = Turns::<u32>::default();
        let held = turns.take(1).await;
        drop(turns.take(2).await);
        assert!(turns.room(1).try_lock().is_err(), "it is still somebody's turn");
        drop(held);
        assert!(turns.room(1).try_lock().is_ok());
    }

    #[tokio::test]
    async fn keys_that_nobody_waits_for_are_forgotten() {
        let turns = Turns::<u32>::default();
        for key in 0..100 {
            drop(turns.take(key).await);
        }
        assert!(turns.rooms.lock().unwrap().len() <= 1);
    }
}
