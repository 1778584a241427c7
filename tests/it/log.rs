//! The log of one test, to be searched for what must not be in it.

pub(crate) mod search;
mod story;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use elevate::log_redaction::most_verbose;
use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

/// What is logged while this lives: events and spans, with all their fields.
pub(crate) struct Log {
    file: PathBuf,
    _guard: DefaultGuard,
    /// If there were one subscriber alone, tracing would ask whichever thread comes to an event first, and that
    /// thread's log, of another test, wants none of it: for every thread, from then on.
    _another: Dispatch,
}

/// What every log begins with: whoever finds this can read it.
pub(crate) const PLANTED: &str = "the log can be read here";

impl Log {
    /// Logs what `filter` lets through, of what the program may log, into a file of this folder.
    pub(crate) fn into(folder: &Path, filter: &str) -> Self {
        let file = folder.join("log");
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(Arc::new(File::create(&file).unwrap()))
            .finish()
            .with(most_verbose());
        let another = Dispatch::new(NoSubscriber::new());
        let log = Self { file, _guard: tracing::subscriber::set_default(log), _another: another };
        tracing::trace!(target: "elevate", planted = PLANTED);
        log
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }
}

/// An empty folder of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir(&folder).unwrap();
    folder
}

#[test]
fn no_directive_lets_a_library_speak_that_is_kept_quiet() {
    const NARROW: &str = "trace,slack_morphism::hyper_tokio=trace,aws_smithy_runtime::client=trace";
    const SAID: &str = "all that came from Slack or AWS";
    let log = Log::into(&folder("no_directive_lets_a_library_speak_that_is_kept_quiet"), NARROW);
    tracing::trace!(target: "slack_morphism::hyper_tokio::connector", SAID);
    tracing::debug!(target: "aws_smithy_runtime::client::orchestrator", SAID);
    assert!(!log.text().contains(SAID));
    tracing::info!(target: "aws_smithy_runtime::client::orchestrator", SAID);
    assert!(log.text().contains(SAID), "some may say a little");
}
