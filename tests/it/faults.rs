//! Faults: whichever counterpart is in trouble, at whichever step: what the person sees of it, and what comes of it.
//!
//! What leads up to a step is played once. Then the step is taken in each trouble from a copy of how things stood. Meanwhile
//! nobody gets in, and whoever hears of a failure gets a reference that the log has too. Once the trouble is over, they do again what has not been done by then, and it has
//! happened once, and everybody has been told. What people see is in the snapshots, of each counterpart in one.

mod steps;

use std::{collections::BTreeMap, fmt::Write};

use chrono::TimeDelta;
use elevate::domain::request::Event;
use futures_util::{StreamExt, stream};
use sandbox::{
    dynamo::DynamoFault,
    example_corp::{ADA, BOB},
    http::{Control, Fault},
    idp::Tampering,
};

use self::steps::{
    APPROVE, CONSOLE, EVERY_STEP, FOLLOW_LINK, OPEN_CONSOLE, OPEN_FORM, REJECT, REQUEST, Step, WITHDRAW,
};
use crate::{
    log::{self, Log},
    world::{Story, World, play},
};

/// What goes wrong until it is over.
struct Trouble {
    name: String,
    served_by: Replica,
    /// The app can tell nobody anything.
    is_mute: bool,
    begins: Box<dyn Fn(&World)>,
}

/// The replica that people reach.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replica {
    LongAtWork,
    /// It has yet to ask the provider what it is.
    JustStarted,
}

// ---------------------------------------------------------------------------------------------------------
// The counterparts

/// By which the app says something.
const SAYING: [&str; 6] = [
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "conversations.open",
    "conversations.history",
    "response_url",
];

#[tokio::test]
async fn while_slack_does_not_say_who_presses_nothing_is_done() {
    let mut cells = Vec::new();
    for step in EVERY_STEP {
        cells.push((step, always(slack, &["users.info"], Fault::Status(500))));
    }
    for fault in [Fault::RateLimited(300), Fault::Garbage, Fault::AnswerLost, Fault::Hangs] {
        cells.push((APPROVE, always(slack, &["users.info"], fault)));
    }
    cells.push((APPROVE, once(slack, "users.info", Fault::RateLimited(2))));
    insta::assert_snapshot!("slack_tells_nothing", seen("slack_tells_nothing", cells).await);
}

#[tokio::test]
async fn while_slack_takes_no_message_what_is_decided_stands() {
    let mut cells = Vec::new();
    for step in EVERY_STEP {
        cells.push((step, mute(Fault::Status(500))));
        cells.push((step, mute(Fault::AnswerLost)));
    }
    for fault in [Fault::RateLimited(2), Fault::RateLimited(300), Fault::Garbage] {
        cells.push((APPROVE, mute(fault.clone())));
        cells.push((REQUEST, mute(fault)));
    }
    insta::assert_snapshot!("slack_takes_no_message", seen("slack_takes_no_message", cells).await);
}

#[tokio::test]
async fn while_slack_opens_no_form_people_are_told() {
    let mut cells = Vec::new();
    let faults = [Fault::RateLimited(2), Fault::Status(500), Fault::Garbage, Fault::AnswerLost, Fault::Hangs];
    for fault in faults {
        cells.push((OPEN_FORM, always(slack, &["views.open"], fault)));
    }
    cells.push((REJECT, always(slack, &["views.open"], Fault::Status(500))));
    insta::assert_snapshot!("slack_opens_no_form", seen("slack_opens_no_form", cells).await);
}

#[tokio::test]
async fn while_the_store_cannot_be_read_or_written_nothing_is_lost() {
    let mut cells = Vec::new();
    for step in EVERY_STEP {
        cells.push((step, always(dynamo, &["GetItem", "Query"], Fault::Status(500))));
        cells.push((step, always(dynamo, &["TransactWriteItems"], Fault::Status(500))));
        cells.push((step, always(dynamo, &["TransactWriteItems"], Fault::AnswerLost)));
    }
    for fault in [Fault::RateLimited(0), Fault::Garbage] {
        cells.push((APPROVE, always(dynamo, &["GetItem", "Query"], fault.clone())));
        cells.push((APPROVE, always(dynamo, &["TransactWriteItems"], fault)));
    }
    let conflicts = |world: &World| {
        for _ in 0..5 {
            world.company.dynamo.fail_next_with("TransactWriteItems", DynamoFault::TransactionConflict);
        }
    };
    cells.push((APPROVE, Trouble::new("TransactWriteItems: 5 conflicts", conflicts)));
    for (step, row) in [(FOLLOW_LINK, "OWNER"), (OPEN_CONSOLE, "EVENT#")] {
        let lost = move |world: &World| world.company.dynamo.lose_answers_to("TransactWriteItems", row);
        cells.push((step, Trouble::new(&format!("TransactWriteItems of {row}: AnswerLost"), lost)));
    }
    insta::assert_snapshot!("the_store_in_trouble", seen("the_store_in_trouble", cells).await);
}

#[tokio::test]
async fn while_the_provider_is_in_trouble_nothing_is_changed() {
    let mut cells = Vec::new();
    for step in EVERY_STEP {
        cells.push((step, always(idp, &["token"], Fault::Status(500))));
    }
    for fault in [Fault::RateLimited(2), Fault::Garbage, Fault::AnswerLost, Fault::Hangs] {
        for step in [APPROVE, OPEN_CONSOLE] {
            cells.push((step, always(idp, &["token"], fault.clone())));
        }
    }
    for step in [APPROVE, OPEN_CONSOLE] {
        let rotated = |world: &World| {
            world.company.idp.rotate_keys();
            idp(world).fail_always("jwks", Fault::Status(500));
        };
        cells.push((step, Trouble::new("jwks, after its keys were rotated: Status(500)", rotated)));
    }
    let silent = |world: &World| {
        world.company.idp.tamper(Tampering { without_id_token: true, ..Tampering::default() });
    };
    cells.push((APPROVE, Trouble::new("a refresh without an ID token", silent)));
    for step in [WITHDRAW, OPEN_CONSOLE] {
        let revoked = |world: &World| world.company.idp.revoke(ADA.login);
        cells.push((step, Trouble::new("refresh tokens: invalid_grant", revoked)));
    }
    insta::assert_snapshot!("the_provider_in_trouble", seen("the_provider_in_trouble", cells).await);
}

#[tokio::test]
async fn while_the_provider_is_not_known_yet_nothing_is_changed() {
    let mut cells = Vec::new();
    for call in [&["openid-configuration"], &["jwks"]] {
        for fault in [Fault::Status(500), Fault::Garbage] {
            for step in [FOLLOW_LINK, APPROVE, OPEN_CONSOLE] {
                let trouble = always(idp, call, fault.clone());
                cells.push((step, Trouble { served_by: Replica::JustStarted, ..trouble }));
            }
        }
    }
    insta::assert_snapshot!("the_provider_unknown", seen("the_provider_unknown", cells).await);
}

#[tokio::test]
async fn while_aws_is_in_trouble_no_session_is_handed_out() {
    let mut cells = Vec::new();
    for fault in [Fault::Status(500), Fault::RateLimited(2), Fault::Garbage, Fault::Hangs] {
        cells.push((OPEN_CONSOLE, always(aws, &["AssumeRole"], fault)));
    }
    for fault in [Fault::Status(400), Fault::Garbage, Fault::AnswerLost, Fault::Hangs] {
        cells.push((OPEN_CONSOLE, always(aws, &["getSigninToken"], fault)));
    }
    insta::assert_snapshot!("aws_in_trouble", seen("aws_in_trouble", cells).await);
}

fn slack(world: &World) -> &Control {
    world.company.slack.control()
}

fn dynamo(world: &World) -> &Control {
    world.company.dynamo.control()
}

fn idp(world: &World) -> &Control {
    world.company.idp.control()
}

fn aws(world: &World) -> &Control {
    world.company.aws.control()
}

type Counterpart = fn(&World) -> &Control;

fn always(counterpart: Counterpart, calls: &'static [&'static str], fault: Fault) -> Trouble {
    let name = format!("{}: {fault:?}", calls.join(", "));
    Trouble::new(&name, move |world| {
        for call in calls {
            counterpart(world).fail_always(call, fault.clone());
        }
    })
}

fn mute(fault: Fault) -> Trouble {
    Trouble { name: format!("whatever is said: {fault:?}"), is_mute: true, ..always(slack, &SAYING, fault) }
}

fn once(counterpart: Counterpart, call: &'static str, fault: Fault) -> Trouble {
    let name = format!("{call}: {fault:?}, once");
    Trouble::new(&name, move |world| counterpart(world).fail_next(call, fault.clone()))
}

impl Trouble {
    fn new(name: &str, begins: impl Fn(&World) + 'static) -> Self {
        Self {
            name: name.to_owned(),
            served_by: Replica::LongAtWork,
            is_mute: false,
            begins: Box::new(begins),
        }
    }
}

// ---------------------------------------------------------------------------------------------------------
// How they are gone through

/// What somebody sees who is told nothing.
const NOTHING: &str = "nothing";
/// What failures are called.
const FAILURES: [&str; 2] = ["Something went wrong", "could not confirm that your action was saved"];

/// What came of one step amid one trouble.
struct Cell {
    at: String,
    sights: String,
    references: Vec<String>,
}

/// What people see in each of these cells: once for those in a row that look the same.
async fn seen(name: &str, cells: Vec<(Step, Trouble)>) -> String {
    let folder = log::folder(name);
    let log = Log::into(&folder, "elevate=warn");
    let mut of_steps = BTreeMap::new();
    for (place, (step, trouble)) in cells.into_iter().enumerate() {
        of_steps.entry(step.name).or_insert((step, Vec::new())).1.push((place, trouble));
    }
    let unfolding = of_steps.values().map(|(step, troubles)| step.amid_each(troubles));
    let unfolded = stream::iter(unfolding).buffered(8).collect::<Vec<_>>().await;
    let unfolded: BTreeMap<usize, Cell> = unfolded.into_iter().flatten().collect();
    let mut unfolded = unfolded.into_values().peekable();
    let mut logged = log.text();
    let mut seen = String::new();
    while let Some(Cell { at, sights, references }) = unfolded.next() {
        for reference in references {
            let line = format!("reference=\"{reference}\"");
            assert!(logged.contains(&line), "{at}: {reference} is not in the log");
            logged = logged.replacen(&line, "", 1); // chance is the same in every world
        }
        writeln!(seen, "{at}").unwrap();
        if unfolded.peek().is_none_or(|next| next.sights != sights) {
            writeln!(seen, "    {}\n", sights.replace('\n', "\n    ")).unwrap();
        }
    }
    seen
}

impl Step {
    /// Takes the step amid each of these troubles, always from how things stood before it.
    async fn amid_each(&self, troubles: &[(usize, Trouble)]) -> Vec<(usize, Cell)> {
        play(Story::start(), async |world| {
            (self.prepare)(world).await;
            for persona in [ADA, BOB] {
                world.player(persona).unread_whispers();
            }
            world.closes().await;
            let prepared = world.company.snapshot().unwrap();
            let mut cells = Vec::new();
            for (place, trouble) in troubles {
                world.company.restore(&prepared).unwrap();
                let world = world.restarted().await;
                world.opens().await;
                if trouble.served_by == Replica::LongAtWork {
                    world.app.broker().ports().identity.check().await.unwrap();
                }
                cells.push((*place, self.amid(trouble, &world).await));
                world.is_left().await;
            }
            world.company.restore(&prepared).unwrap();
            world.everybody_puts_all_away();
            cells
        })
        .await
    }

    /// Takes the step amid trouble, and sees to it that all is well after it.
    async fn amid(&self, trouble: &Trouble, world: &World) -> Cell {
        (trouble.begins)(world);
        let sights = (self.act)(world).await;
        let at = format!("{} / {}", self.name, trouble.name);
        world.heals();
        world.has_let_in(sights.iter().filter(|sight| *sight == CONSOLE).count(), &at).await;
        for seconds in [61, 61, 300, 5, 5] {
            world.passes(TimeDelta::seconds(seconds)).await;
        }
        let references: Vec<String> = sights.iter().filter_map(|sight| reference(sight)).collect();
        let is_failure = |sight: &&String| FAILURES.iter().any(|failure| sight.contains(failure));
        let has_reference = |sight: &String| reference(sight).is_some();
        assert!(sights.iter().filter(is_failure).all(has_reference), "{at}: {sights:?}");
        let mut sights = if sights.is_empty() { NOTHING.to_owned() } else { sights.join("\n") };
        for reference in &references {
            sights = sights.replace(reference, "…");
        }
        if !(self.is_done)(world) {
            assert!(sights != NOTHING || trouble.is_mute, "{at}: nothing was done, and nobody was told");
            write!(sights, "\n→ {}", self.again(world).await).unwrap();
            world.passes(TimeDelta::seconds(5)).await;
            assert!((self.is_done)(world), "{at}: {sights}");
        }
        world.has_told_everybody(true, &at).await;
        Cell { at, sights, references }
    }

    /// Does it again, after signing in again where that is asked for.
    async fn again(&self, world: &World) -> &'static str {
        let sights = (self.act_again)(world).await;
        if !sights.iter().any(|sight| sight.contains("requires you to sign in again")) {
            return "does it again";
        }
        world.goes(self.who, "person.link").await;
        (self.act_again)(world).await;
        "does it again, signs in again, and does it once more"
    }
}

/// The reference that somebody was given.
fn reference(sight: &str) -> Option<String> {
    let (_, rest) = sight.split_once("reference ")?;
    let reference: String =
        rest.trim_start_matches('`').chars().take_while(char::is_ascii_hexdigit).collect();
    (reference.len() == 8).then_some(reference)
}

impl World {
    /// Fails if AWS was asked for a session that nobody had written down, or if so many consoles have opened in a
    /// browser and others were handed out.
    async fn has_let_in(&self, consoles: usize, at: &str) {
        let mut history = Vec::new();
        for request in self.requests().await {
            history.extend(self.app.broker().ports().store.events(&request.id).await.unwrap());
        }
        let of = |is: fn(&Event) -> bool| history.iter().filter(|recorded| is(&recorded.what)).count();
        assert_eq!(of(|event| matches!(event, Event::SessionIssued { .. })), consoles, "{at}");
        let is_begun = of(|event| matches!(event, Event::SessionIssuing { .. })) > 0;
        assert!(is_begun || self.company.aws.assumptions().is_empty(), "{at}");
    }

    fn heals(&self) {
        for counterpart in [slack, dynamo, idp, aws] {
            counterpart(self).heal();
        }
        self.company.idp.tamper(Tampering::default());
    }
}
