//! The log of one test, to be searched for what must not be in it.

pub(crate) mod search;
mod story;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::TimeDelta;
use elevate::{
    flows::{health, operator},
    log_redaction::most_verbose,
};
use sandbox::{example_corp::ADA, http::Fault};
use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

use crate::world::{ASK, Story, play};

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

/// Whoever reads the log hears of every event, while Slack is down, too, and of no address.
#[tokio::test]
async fn every_event_is_a_line_of_the_log_while_slack_is_down_too() {
    let log = Log::into(&folder("every_event_is_a_line_of_the_log"), "elevate=info");
    play(Story::asked(), async |world| {
        world.company.slack.control().fail_always("chat.postMessage", Fault::Status(503));
        world.carol().presses("review.approve").await;
        world.bob().presses("review.approve").await;
        let told = log.text();
        let lines: Vec<&str> = told.lines().filter(|line| line.contains("audit: event committed")).collect();
        let store = &world.app.broker().ports().store;
        let request = world.request_of(ADA).await;
        for recorded in store.events(&request).await.unwrap() {
            let (event, what) = (recorded.event_id(), recorded.what.name());
            let line = lines.iter().find(|line| line.contains(&format!("event=\"{event}\""))).expect(&event);
            assert!(
                line.contains(&format!("what=\"{what}\"")) && line.contains("actor=\"person\""),
                "{line}"
            );
            assert!(line.contains("target=111122223333/S3Admin"), "{line}");
        }
        let refused = lines.iter().find(|line| line.contains("code=\"not_reviewer\"")).expect("Carol's");
        assert!(refused.contains("what=\"refused\"") && refused.contains(request.as_str()), "{refused}");
        assert_eq!(lines.iter().filter(|line| line.contains("what=\"linked\"")).count(), 3);
        assert!(!lines.iter().any(|line| line.contains('@')), "{lines:#?}");
        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(2)).await;
        world.passes(TimeDelta::minutes(2)).await;
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn a_freeze_is_a_line_of_the_log_of_every_replica_once() {
    let log = Log::into(&folder("a_freeze_is_a_line_of_the_log"), "elevate=info");
    play(Story::start(), async |world| {
        let broker = world.app.broker();
        let told = |message: &str| log.text().lines().filter(|line| line.contains(message)).count();
        operator::freeze(broker, "a laptop was stolen".parse().unwrap()).await.unwrap();
        for _ in 0..2 {
            health::look_at_store(broker).await;
            assert_eq!(told("WARN elevate::flows::health: control: access is frozen"), 1);
        }
        operator::thaw(broker).await.unwrap();
        health::look_at_store(broker).await;
        assert_eq!(told("control: access is thawed"), 1);
        world.settle().await;
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn what_a_counterpart_refuses_or_does_not_answer_is_a_line_of_the_log() {
    let log = Log::into(&folder("what_a_counterpart_refuses"), "elevate=info");
    play(Story::with_linked([ADA]), async |world| {
        let failed = |outcome: &str, error: &str| {
            let said = log.text();
            let mut lines = said.lines().filter(|line| line.contains("outbound: call failed"));
            let line = lines.next_back().expect("a line").to_owned();
            assert!(line.contains("WARN") && line.contains("operation=\"token\""), "{line}");
            assert!(line.contains("counterpart=\"identity_provider\""), "{line}");
            assert!(line.contains(&format!("outcome=\"{outcome}\"")) && line.contains(error), "{line}");
        };
        world.company.idp.control().fail_always("token", Fault::Status(503));
        world.ada().types(ASK).await;
        failed("unavailable", "status 503");
        world.company.idp.control().heal();
        world.company.idp.revoke(ADA.login);
        world.ada().types(ASK).await;
        failed("refused", "status 400, invalid_grant");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn forged_requests_are_one_line_however_many_there_are() {
    let log = Log::into(&folder("forged_requests_are_one_line"), "elevate=info");
    play(Story::asked(), async |world| {
        let slack = &world.company.slack;
        let forged = slack.last_sent().unwrap().with_header("x-slack-signature", "v0=0");
        for _ in 0..600 {
            assert_eq!(slack.send(&forged).await.unwrap().status, 401);
        }
        assert_eq!(log.text().matches("invalid signature").count(), 1);
    })
    .await;
}
