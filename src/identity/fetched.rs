//! Values that are fetched on first use and then kept.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Mutex;

/// A value that is fetched once. One fetch runs at a time and its result is shared by all callers that wait for it.
/// After a failure, the next caller tries again.
#[derive(Debug)]
pub(super) struct Fetched<T, E> {
    value: OnceLock<T>,
    /// The number of failures so far.
    failures: AtomicU64,
    last_failure: Mutex<Option<E>>,
}

impl<T, E: Clone> Fetched<T, E> {
    /// Returns the value, and fetches it if necessary.
    pub(super) async fn get(&self, fetch: impl Future<Output = Result<T, E>>) -> Result<&T, E> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let failures = self.failures.load(Ordering::SeqCst);
        let mut last_failure = self.last_failure.lock().await;
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        if let Some(failure) = &*last_failure
            && self.failures.load(Ordering::SeqCst) != failures
        {
            return Err(failure.clone());
        }
        match fetch.await {
            Ok(value) => Ok(self.value.get_or_init(|| value)),
            Err(failure) => {
                self.failures.fetch_add(1, Ordering::SeqCst);
                *last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }
}

impl<T, E> Default for Fetched<T, E> {
    fn default() -> Self {
        Self { value: OnceLock::new(), failures: AtomicU64::new(0), last_failure: Mutex::new(None) }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::Notify, task::yield_now};

    use super::*;

    #[tokio::test]
    async fn a_value_is_fetched_once() {
        let fetched = Fetched::<_, ()>::default();
        assert_eq!(fetched.get(async { Ok(1) }).await, Ok(&1));
        assert_eq!(fetched.get(async { unreachable!("it is there") }).await, Ok(&1));
    }

    #[tokio::test]
    async fn those_who_wait_share_a_failure_and_the_next_tries_again() {
        let fetched = Fetched::default();
        let go = Notify::new();
        let first = fetched.get(async {
            go.notified().await;
            Err("down")
        });
        let waiting = fetched.get(async { unreachable!("somebody else is at it") });
        let release = async {
            yield_now().await;
            go.notify_one();
        };
        let (first, waiting, ()) = tokio::join!(first, waiting, release);
        assert_eq!((first, waiting), (Err("down"), Err("down")));
        assert_eq!(fetched.get(async { Ok(1) }).await, Ok(&1));
    }
}
