//! Supervision: a background task that ends before the process stops is started again.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::metrics::{Background, Metrics};

/// How long after its end a task is started again.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs `task` until `stopping` is cancelled and it has ended. One that ends earlier, by itself or by a panic, is logged,
/// counted, and started again after a second.
pub(super) async fn keep<F>(
    background: Background,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
    task: impl Fn() -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let ended = tokio::spawn(task()).await;
        if stopping.is_cancelled() {
            return;
        }
        let error = ended.err().map_or_else(|| "it returned".to_owned(), |error| error.to_string());
        tracing::error!(task = background.word(), error, "app: background task ended, will restart");
        metrics.restarted(background);
        drop(timeout(PAUSE, stopping.cancelled()).await);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ends_or_panics_is_started_again_until_the_process_stops() {
        let metrics = Metrics::new();
        let stopping = CancellationToken::new();
        let starts = Arc::new(AtomicU32::new(0));
        let task = || {
            let (starts, stopping) = (Arc::clone(&starts), stopping.clone());
            async move {
                match starts.fetch_add(1, Ordering::SeqCst) {
                    0 => {}
                    1 => panic!("as a task should not"),
                    2 => stopping.cancel(),
                    _ => stopping.cancelled().await,
                }
            }
        };
        keep(Background::Sweeper, Arc::clone(&metrics), stopping.clone(), task).await;
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        let restarts = r#"elevate_background_restarts_total{task="sweeper"} 2"#;
        assert!(metrics.text().lines().any(|line| line == restarts), "{}", metrics.text());
    }
}
