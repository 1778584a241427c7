//! Events as they are stored: a golden record for each kind, so that no change of the form goes unnoticed, and a page
//! that explains them all.

use std::fmt::Debug;

use elevate::domain::{
    account::Account,
    account_event::{AccountEvent, AccountRecord, Head},
    act::Tried,
    cloud_refusal::{CloudCause, CloudRefusal, PolicyKind},
    control::{Control, ControlEvent, ControlRecord},
    email::Email,
    linking::ShownBy,
    person::{Human, Subject},
    policy_in_force::{PolicyChanges, PolicySettings},
    refusal::{Refusal, Refused},
    request::{Change, DropReason, Event, Opening, Recorded},
    trail::{
        actor::{Actor, Approval},
        canonical::{form, read},
        record::Schema,
    },
    undelivered::{NotAccepted, NoticeKind},
    window::{Timestamp, Window},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

#[test]
fn the_stored_form_of_each_event_is_as_it_was() {
    for (what, record) in records() {
        insta::assert_snapshot!(format!("stored_{what}"), form(&record).unwrap());
    }
    for (what, record) in account_records() {
        insta::assert_snapshot!(format!("stored_{what}"), form(&record).unwrap());
    }
    for (what, record) in control_records() {
        insta::assert_snapshot!(format!("stored_{what}"), form(&record).unwrap());
    }
}

#[test]
fn each_event_is_read_as_what_was_written_and_written_as_it_was_read() {
    fn is_read_as_written<T: Serialize + DeserializeOwned + PartialEq + Debug>(what: &str, record: &T) {
        let text = form(record).unwrap();
        assert_eq!(&read::<T>(&text).unwrap(), record, "{what}");
        let any: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(form(&any).unwrap(), text, "{what}");
    }
    records().iter().for_each(|(what, record)| is_read_as_written(what, record));
    account_records().iter().for_each(|(what, record)| is_read_as_written(what, record));
    control_records().iter().for_each(|(what, record)| is_read_as_written(what, record));
}

#[test]
fn an_event_of_another_version_or_of_an_unknown_kind_is_not_read() {
    fn is_read_as_nothing_else<T: Serialize + DeserializeOwned + Debug>((what, record): &(String, T)) {
        let text = form(record).unwrap();
        let newer = text.replace(r#""v":1"#, r#""v":2"#);
        let unknown = text.replace(&format!(r#""what":"{what}""#), r#""what":"not_invented_yet""#);
        for other in [newer, unknown] {
            assert_ne!(other, text);
            read::<T>(&other).unwrap_err();
        }
    }
    is_read_as_nothing_else(&records()[0]);
    is_read_as_nothing_else(&account_records()[0]);
    is_read_as_nothing_else(&control_records()[0]);
}

#[test]
fn the_page_about_events_explains_each_of_them() {
    let known: Vec<String> = records().into_iter().map(|(what, _)| what).collect();
    assert_eq!(explained("## What happens to a request"), known);
    let known: Vec<String> = account_records().into_iter().map(|(what, _)| what).collect();
    assert_eq!(explained("## What happens to an account"), known);
    let known: Vec<String> = control_records().into_iter().map(|(what, _)| what).collect();
    assert_eq!(explained("## What happens to the whole app"), known);
}

/// The events that a section of the page explains.
fn explained(title: &str) -> Vec<&'static str> {
    let page = include_str!("../../docs/EVENTS.md");
    let (_, section) = page.split_once(title).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(what, _)| what).skip(1).collect() // after the table's head
}

/// A record of each kind, and the word for it.
fn records() -> Vec<(String, Recorded)> {
    let record = |change: Change| {
        let Change { actor, what } = change;
        let stream = "req_01JHKQ2B00000000000000ADA1".parse().unwrap();
        let command = "press-1".parse().unwrap();
        let record = Recorded { schema: Schema, stream, number: 1, at: at(0), command, actor, what };
        (word(&record), record)
    };
    changes().map(record).into()
}

/// A record of each kind of event of an account, and the word for it.
fn account_records() -> Vec<(String, AccountRecord)> {
    let (ada, account) = (human("ada"), human("ada").account.unwrap());
    let record = |(what, actor): (AccountEvent, Actor)| {
        let change = what.of(&account, actor, "press-1".parse().unwrap(), at(1));
        let record = change.after(Some(Head { number: 6, at: at(0) }));
        (word(&record), record)
    };
    let (email, person) = (ada.email.clone(), Actor::from(ada.clone()));
    let elsewhere = Subject { issuer: "https://login.example.com".to_owned(), subject: "00u1ada".to_owned() };
    let events = [
        (AccountEvent::Linked { email: email.clone(), shown_by: ShownBy::Code }, person.clone()),
        (
            AccountEvent::Relinked {
                email: email.clone(),
                from: ada.subject.clone(),
                to: elsewhere,
                shown_by: ShownBy::Address,
            },
            person.clone(),
        ),
        (AccountEvent::Unlinked { email: email.clone() }, person),
        (AccountEvent::SignedOut { email }, Human { account: None, ..ada }.into()),
        (
            AccountEvent::Refused {
                tried: Tried::OpenConsole,
                request: Some("req_01JHKQ2B00000000000000ADA1".parse().unwrap()),
                target: Some("111122223333/S3Admin".parse().unwrap()),
                why: Refused {
                    refusal: Refusal::SessionRefused { why: denied() },
                    reference: Some("7K2M9".to_owned()),
                },
            },
            Actor::Account { account: account.clone() },
        ),
        (
            AccountEvent::Undelivered {
                notice: NoticeKind::Receipt,
                request: None,
                why: NotAccepted {
                    operation: "chat.postMessage".to_owned(),
                    reason: Some("channel_not_found".to_owned()),
                },
            },
            Actor::Service { name: "slack".to_owned() },
        ),
    ];
    events
        .map(|event| match event.0 {
            // A kind that is added belongs into the list, too.
            AccountEvent::Linked { .. }
            | AccountEvent::Relinked { .. }
            | AccountEvent::Unlinked { .. }
            | AccountEvent::SignedOut { .. }
            | AccountEvent::Refused { .. }
            | AccountEvent::Undelivered { .. } => record(event),
        })
        .into()
}

/// A record of each kind of event of the whole app, and the word for it.
fn control_records() -> Vec<(String, ControlRecord)> {
    let record = |what: ControlEvent| {
        // A kind that is added belongs into the list, too.
        match what {
            ControlEvent::Frozen { .. } | ControlEvent::Thawed | ControlEvent::PolicyChanged { .. } => {}
        }
        let record = Control::default().next(what, Actor::Operator, "press-1".parse().unwrap(), at(1));
        (word(&record), record)
    };
    [
        ControlEvent::Frozen { reason: "a laptop was stolen".parse().unwrap() },
        ControlEvent::Thawed,
        policy_changed(),
    ]
    .map(record)
    .into()
}

fn policy_changed() -> ControlEvent {
    let settings = |max: &str| PolicySettings::from_iter([("access.max_duration", max)]);
    let PolicyChanges { named, more } = settings("8h").changes_from(&settings("1h"));
    ControlEvent::PolicyChanged { number: 2, digest: settings("8h").digest(), changes: named, more }
}

fn word(record: &impl Serialize) -> String {
    serde_json::to_value(record).unwrap()["what"].as_str().unwrap().to_owned()
}

/// Every kind of event, in the order of the page.
fn changes() -> [Change; 11] {
    let (ada, bob) = (human("ada"), human("bob"));
    let window = Window::new(at(5), "1h".parse().unwrap());
    let approvals = vec![
        Approval { by: bob.clone().into(), at: at(5) },
        Approval { by: Actor::Rule { name: "on-call".to_owned() }, at: at(5) },
    ];
    [
        Event::Requested(Opening {
            requester: ada.clone(),
            target: "111122223333/S3Admin".parse().unwrap(),
            duration: "1h".parse().unwrap(),
            justification: "Bucket policy \"broken\" – €\u{1f600}".parse().unwrap(),
            answer_by: at(60),
        })
        .by(ada.clone()),
        Event::Approved { approvals, window }.by(bob.clone()),
        Event::Rejected { reason: "not today".parse().unwrap() }.by(bob.clone()),
        Event::Withdrawn.by(ada.clone()),
        Event::Expired.by(Actor::Clock),
        Event::Ended { ended_at: at(9), sessions_until: Some(at(65)) }.by(Actor::Operator),
        Event::SessionIssuing { session: 1 }.by(ada.clone()),
        Event::SessionIssued { session: 1, expires_at: at(66) }.by(ada.clone()),
        Event::SessionDropped { session: 1, why: DropReason::AccessEnded }.by(ada.clone()),
        Event::SessionRefused { session: 1, why: denied() }.by(ada.clone()),
        Event::SessionUnknown { session: 1 }.by(ada),
    ]
    .map(|change| {
        // A kind that is added belongs into the list, too.
        match change.what {
            Event::Requested(_)
            | Event::Approved { .. }
            | Event::Rejected { .. }
            | Event::Withdrawn
            | Event::Expired
            | Event::Ended { .. }
            | Event::SessionIssuing { .. }
            | Event::SessionIssued { .. }
            | Event::SessionDropped { .. }
            | Event::SessionRefused { .. }
            | Event::SessionUnknown { .. } => change,
        }
    })
}

fn denied() -> CloudRefusal {
    let action = "sts:AssumeRole".to_owned();
    let cause = CloudCause::Denied { action, by: PolicyKind::ServiceControl, without: None };
    CloudRefusal { cause, words: "AccessDenied: not authorized".to_owned() }
}

fn human(name: &str) -> Human {
    let email: Email = format!("{name}@example.com").parse().unwrap();
    let subject = Subject { issuer: "https://idp.example.com".to_owned(), subject: name.to_owned() };
    let account = Account::new("slack", "T0123456", format!("U0{}", name.to_uppercase()));
    Human { subject, account: Some(account), email, person: None }
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + 60 * minutes, 0).unwrap()
}
