//! The stage: Example Corp with a database in a file, the product, and everybody who takes part.

use std::sync::Arc;

use anyhow::ensure;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use elevate::{app::App, config::Transport, domain::job::Job, flows::sweep, system::SystemIds};
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{AUDIT_CHANNEL, Company, REVIEW_CHANNEL},
    slack::Message,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::cast::Player;

/// How many people ask.
const REQUESTERS: usize = 40;
/// How many people answer.
const REVIEWERS: usize = 5;
/// How often what is due is done at one moment, before it counts as never done.
const PATIENCE: usize = 1_000;

pub(crate) struct World {
    pub(crate) company: Company,
    pub(crate) app: App,
    pub(crate) requesters: Vec<Player>,
    pub(crate) reviewers: Vec<Player>,
    /// The database's, which goes with it.
    _directory: TempDir,
}

/// What the stand-ins have seen since their books were last closed.
pub(crate) struct Books {
    /// In the order of [`COUNTERPARTS`].
    pub(crate) calls: [usize; 4],
    pub(crate) audit: Vec<Message>,
    pub(crate) review: Vec<Message>,
    pub(crate) direct: Vec<Message>,
}

/// Whom calls go to. Those of people's browsers are among them.
pub(crate) const COUNTERPARTS: [&str; 4] = ["DynamoDB", "Slack", "identity provider", "AWS"];

impl World {
    /// The curtain rises at nine o'clock on a Wednesday, by the world's clock.
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let dynamo = Dynamo::open(&directory.path().join("soak.db"))?;
        let company = Company::open(Clock::standing(nine()), dynamo).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = stage::build(&company, &url, Transport::Http, Arc::new(SystemIds)).await?;
        let router = app.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let requesters = (0..REQUESTERS).map(|number| Player::requester(&company, number)).collect();
        let reviewers = (0..REVIEWERS).map(|number| Player::reviewer(&company, number)).collect();
        Ok(Self { company, app, requesters, reviewers, _directory: directory })
    }

    pub(crate) async fn everybody_signs_in(&self) -> anyhow::Result<()> {
        for player in self.requesters.iter().chain(&self.reviewers) {
            player.types("/elevate link").await?;
            self.settles().await;
            player.goes("person.link", &["This is me"]).await?;
            self.settles().await;
        }
        Ok(())
    }

    /// Waits until the product has nothing at hand.
    pub(crate) async fn settles(&self) {
        self.app.broker().idle().await;
    }

    /// Lets time pass, and whatever has become due be done.
    pub(crate) async fn passes(&self, time: TimeDelta) -> anyhow::Result<()> {
        self.company.clock.advance(time);
        for _ in 0..PATIENCE {
            let due = sweep::sweep(self.app.broker()).await?;
            self.settles().await;
            if due == 0 {
                return Ok(());
            }
        }
        let left = self.jobs_left().await?;
        anyhow::bail!("what is due is never done: {left:?}")
    }

    /// All jobs there are, whether or not their time has come.
    pub(crate) async fn jobs_left(&self) -> anyhow::Result<Vec<Job>> {
        let at_the_latest = self.company.clock.now() + TimeDelta::days(365);
        Ok(self.app.broker().ports().store.due(at_the_latest, 1_000).await?)
    }

    /// For how long it has been going on, by the world's clock.
    pub(crate) fn age(&self) -> TimeDelta {
        self.company.clock.now() - nine()
    }

    /// Hands over what the stand-ins have seen, and lets them forget it.
    pub(crate) fn closes_the_books(&self) -> anyhow::Result<Books> {
        let Company { clock, slack, idp, aws, dynamo, .. } = &self.company;
        let controls = [dynamo.control(), slack.control(), idp.control(), aws.control()];
        let everybody = self.requesters.iter().chain(&self.reviewers);
        let books = Books {
            calls: controls.map(|control| control.calls().len()),
            audit: slack.messages(AUDIT_CHANNEL),
            review: slack.messages(REVIEW_CHANNEL),
            direct: everybody.flat_map(|player| slack.direct_messages(player.persona.slack)).collect(),
        };
        clock.advance(TimeDelta::seconds(1)); // Slack names messages after the second
        self.company.forget_before(clock.now())?;
        let kept = slack.messages(AUDIT_CHANNEL);
        ensure!(kept.is_empty(), "the stand-in for Slack does not forget: {kept:?}");
        Ok(books)
    }
}

fn nine() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2030, 1, 2, 9, 0, 0).single().expect("there is such a time")
}
