//! A round: everybody asks once, and every request comes to its end.
//!
//! 1. Requesters ask in one line, one after the other: what Slack sees of the pace is then what the product keeps.
//! 2. Each request meets its fate, which its number decides: most are approved, opened and ended early.
//! 3. A day passes, in which windows run out and requests expire.
//! 4. Auditors have heard of every event, once and in its order; card and receipt show how it ended; no job is left.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use elevate::domain::{
    ids::RequestId,
    person::Subject,
    request::{Request, Status},
    trail::actor::Actor,
};
use elevate::ports::Listed;
use sandbox::{
    example_corp::{AUDIT_CHANNEL, REVIEW_CHANNEL},
    slack::{Message, render},
};

use crate::{cast::Player, world::World};

/// What has become of the requests of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) requests: usize,
    pub(crate) events: usize,
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    EndedEarly,
    RanOut,
    Rejected,
    Withdrawn,
    Expired,
}

/// One request, with those whom it concerns.
struct Story<'w> {
    requester: &'w Player,
    reviewer: &'w Player,
    id: RequestId,
    fate: Fate,
}

impl World {
    /// Sends so many more requests through, if there are as many people, after `first` that were sent before.
    pub(crate) async fn round(&self, first: usize, most: usize) -> anyhow::Result<Round> {
        let mut stories = Vec::new();
        for (number, requester) in self.requesters.iter().enumerate().take(most) {
            let id = self.is_asked(requester, first + number).await?; // 1
            let reviewer = &self.reviewers[number % self.reviewers.len()];
            let fate = Fate::of(number + first / self.requesters.len());
            stories.push(Story { requester, reviewer, id, fate });
        }
        for story in &stories {
            self.is_answered(story).await?; // 2
        }
        for story in &stories {
            self.is_used(story).await?; // 2
        }
        for step in a_day() {
            self.passes(step).await?; // 3
        }
        let events = self.all_is_told(&stories).await?; // 4
        let left = self.jobs_left().await?;
        ensure!(left.is_empty(), "jobs are left: {left:?}"); // 4
        Ok(Round { requests: stories.len(), events })
    }

    async fn is_asked(&self, requester: &Player, number: usize) -> anyhow::Result<RequestId> {
        requester.types(&format!("/elevate 111122223333/S3Admin 1h soak {number}")).await?;
        self.settles().await;
        let subject =
            Subject { issuer: self.company.idp.issuer(), subject: requester.persona.login.to_owned() };
        let newest =
            self.app.broker().ports().store.requests(&Listed::RequestedBy(subject, None), None, 1).await?;
        let newest = newest.requests.into_iter().next();
        let newest =
            newest.filter(|request| request.status_at(self.company.clock.now()) == Status::Requested);
        Ok(newest.with_context(|| format!("request {number} was not made"))?.id)
    }

    async fn is_answered(&self, story: &Story<'_>) -> anyhow::Result<()> {
        let Story { requester, reviewer, .. } = story;
        match story.fate {
            Fate::EndedEarly | Fate::RanOut => {
                reviewer.presses((&self.card(story)?).into(), "review.approve").await?;
            }
            Fate::Rejected => {
                reviewer.presses((&self.card(story)?).into(), "review.reject").await?;
                self.settles().await;
                reviewer.submits(&[("reason", "read-only will do")]).await?;
            }
            Fate::Withdrawn => {
                requester.presses((&self.receipt(story)?).into(), "request.withdraw").await?;
            }
            Fate::Expired => {}
        }
        self.settles().await;
        Ok(())
    }

    async fn is_used(&self, story: &Story<'_>) -> anyhow::Result<()> {
        let requester = story.requester;
        let (Fate::EndedEarly | Fate::RanOut) = story.fate else { return Ok(()) };
        let page = requester.goes("session.open", &[]).await?;
        ensure!(page.url.as_str() == self.company.aws.console_url(), "{} is no console", page.url);
        self.settles().await;
        if story.fate == Fate::EndedEarly {
            requester.presses((&self.receipt(story)?).into(), "request.end").await?;
            self.settles().await;
        }
        Ok(())
    }

    /// Fails where somebody has not heard what they must; says how many events there were.
    async fn all_is_told(&self, stories: &[Story<'_>]) -> anyhow::Result<usize> {
        let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.company.slack.messages(AUDIT_CHANNEL) {
            let event = subject(&line, "event").with_context(|| format!("{line:?} is about no event"))?;
            let request = event.split_once('/').map_or(event, |(request, _)| request);
            told.entry(request.to_owned()).or_default().push(event.to_owned());
        }
        let mut events = 0;
        for story in stories {
            let history = self.app.broker().ports().store.events(&story.id).await?;
            let request = Request::replayed(&history).context("a history that adds up to nothing")?;
            let stored = self.app.broker().ports().store.request(&story.id).await?;
            ensure!(stored.as_ref() == Some(&request), "{stored:?} is not what its events add up to");
            let expected: Vec<String> =
                (1..=request.version).map(|at| format!("{}/{at}", story.id)).collect();
            let lines = told.remove(story.id.as_str()).unwrap_or_default();
            ensure!(lines == expected, "auditors have heard {lines:?} of {}", story.id);
            self.shows_its_end(story, &request)?;
            events += expected.len();
        }
        ensure!(told.is_empty(), "auditors have heard of something else: {told:?}");
        Ok(events)
    }

    fn shows_its_end(&self, story: &Story<'_>, request: &Request) -> anyhow::Result<()> {
        let status = request.status_at(self.company.clock.now());
        ensure!(story.fate.is(&status), "{} should be {:?}, and is {status:?}", story.id, story.fate);
        let shown = [(self.card(story)?, story.reviewer), (self.receipt(story)?, story.requester)];
        for (message, viewer) in shown {
            let text = render::message(&message, &self.company.slack.viewer(viewer.persona.slack));
            ensure!(text.contains(story.fate.word()), "it is {status:?}, and somebody sees {text}");
        }
        Ok(())
    }

    fn card(&self, story: &Story<'_>) -> anyhow::Result<Message> {
        the_one(self.company.slack.messages(REVIEW_CHANNEL), "review_card", &story.id)
    }

    fn receipt(&self, story: &Story<'_>) -> anyhow::Result<Message> {
        the_one(self.company.slack.direct_messages(story.requester.persona.slack), "receipt", &story.id)
    }
}

impl Fate {
    fn of(number: usize) -> Self {
        match number % 10 {
            0 => Self::Rejected,
            1 => Self::Withdrawn,
            2 => Self::RanOut,
            3 => Self::Expired,
            _ => Self::EndedEarly,
        }
    }

    fn is(self, status: &Status) -> bool {
        self == match status {
            Status::Ended { by: Actor::Clock, .. } => Self::RanOut,
            Status::Ended { .. } => Self::EndedEarly,
            Status::Rejected { .. } => Self::Rejected,
            Status::Withdrawn { .. } => Self::Withdrawn,
            Status::Expired => Self::Expired,
            Status::Requested | Status::Approved { .. } => return false,
        }
    }

    /// What card and receipt say of it.
    fn word(self) -> &'static str {
        match self {
            Self::EndedEarly => "*Ended early*",
            Self::RanOut => "*Ended*",
            Self::Rejected => "*Rejected*",
            Self::Withdrawn => "*Withdrawn*",
            Self::Expired => "*Expired*",
        }
    }
}

/// The steps in which a day passes: small ones as long as access is open, so that its end is told beforehand.
fn a_day() -> impl Iterator<Item = TimeDelta> {
    let (small, large) = (TimeDelta::minutes(10), TimeDelta::hours(1));
    std::iter::repeat_n(small, 7).chain(std::iter::repeat_n(large, 23))
}

/// The only message about a request of this kind.
fn the_one(messages: Vec<Message>, kind: &str, id: &RequestId) -> anyhow::Result<Message> {
    let is_about = |message: &Message| subject(message, kind) == Some(id.as_str());
    let mut found: Vec<Message> = messages.into_iter().filter(is_about).collect();
    ensure!(found.len() == 1, "there is not one {kind} of {id}: {found:?}");
    Ok(found.remove(0))
}

/// What a message is about, if it is about something of this kind.
fn subject<'m>(message: &'m Message, kind: &str) -> Option<&'m str> {
    message.metadata.as_ref()?["event_payload"][kind].as_str()
}
