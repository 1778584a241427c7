//! What must be true in the end, wherever a replica has died.

use elevate::{
    domain::{
        job::Task,
        person::Subject,
        request::{Request, Status},
    },
    ports::{JOB_LEASE, Listed},
};
use sandbox::{
    example_corp::{ADA, AUDIT_CHANNEL, BOB, Persona, REVIEW_CHANNEL},
    slack::{Message, render},
};

use crate::world::World;

impl World {
    /// What auditors have heard since they had heard so many lines.
    pub(super) fn ending(&self, heard: usize) -> String {
        let lines = self.company.slack.messages(AUDIT_CHANNEL);
        let title = |line: &Message| line.text.split('*').nth(1).unwrap_or_default().to_owned();
        lines[heard..].iter().map(title).collect::<Vec<_>>().join(" > ")
    }

    /// Fails if something has happened twice or not at all, or if somebody has not heard of it.
    pub(crate) async fn has_told_everybody(&self, is_post_in_doubt: bool, at: &str) {
        let ports = self.app.broker().ports();
        assert_eq!(self.contradictions(ADA).await, Vec::<String>::new(), "{at}");
        let undone = ports.store.due(self.company.clock.now() + JOB_LEASE, 100).await.unwrap();
        let undone: Vec<_> = undone
            .into_iter()
            .filter(|job| matches!(job.task, Task::Notify(_) | Task::FinishPress(_)))
            .collect();
        assert_eq!(undone, [], "{at}");

        let told = about(&self.company.slack.messages(AUDIT_CHANNEL), "event");
        let cards = self.company.slack.messages(REVIEW_CHANNEL);
        let receipts = self.company.slack.direct_messages(ADA.slack);
        for request in self.requests().await {
            let id = request.id.to_string();
            let events: Vec<String> =
                (1..=request.version).map(|version| format!("{id}/{version}")).collect();
            let told: Vec<String> = told.iter().filter(|event| event.starts_with(&id)).cloned().collect();
            assert_eq!(told, events, "auditors hear of each event once and in order: {at}");
            let status = request.status_at(self.company.clock.now());
            let shown = |messages: &[Message], what, viewer: Persona| {
                let viewer = self.company.slack.viewer(viewer.slack);
                let of = |message: &&Message| subject(message, what).as_deref() == Some(&id);
                messages
                    .iter()
                    .filter(of)
                    .map(|message| render::message(message, &viewer))
                    .collect::<Vec<_>>()
            };
            let cards = shown(&cards, "review_card", BOB);
            let [card] = &cards[..] else { panic!("one card: {at}: {cards:?}") };
            let receipts = shown(&receipts, "receipt", ADA);
            assert!((1..=1 + usize::from(is_post_in_doubt)).contains(&receipts.len()), "{at}: {receipts:?}");
            for message in [Some(card), receipts.last()].into_iter().flatten() {
                assert!(message.contains(word(&status)), "{at}: {status:?} is not what it says: {message}");
            }
        }
    }

    /// Everybody reads what is left, the door is closed, and the world is judged as at the end of any story.
    pub(crate) async fn is_left(&self) {
        self.everybody_puts_all_away();
        self.is_at_rest().await;
        self.closes().await;
    }

    pub(crate) async fn requests(&self) -> Vec<Request> {
        let subject = Subject { issuer: self.company.idp.issuer(), subject: ADA.login.to_owned() };
        let own = Listed::RequestedBy(subject, None);
        self.app.broker().ports().store.requests(&own, None, 10).await.unwrap().requests
    }
}

/// What these messages are about, as far as they are about something of this kind.
fn about(messages: &[Message], kind: &str) -> Vec<String> {
    messages.iter().filter_map(|message| subject(message, kind)).collect()
}

fn subject(message: &Message, kind: &str) -> Option<String> {
    let subject = message.metadata.as_ref()?["event_payload"][kind].as_str()?;
    Some(subject.to_owned())
}

/// What cards and receipts say of a status.
fn word(status: &Status) -> &'static str {
    match status {
        Status::Requested => "*Waiting*",
        Status::Approved { .. } => "*Approved*",
        Status::Rejected { .. } => "*Rejected*",
        Status::Withdrawn { .. } => "*Withdrawn*",
        Status::Expired => "*Expired*",
        Status::Ended { .. } => "*Ended",
    }
}
