//! Messages, forms and what they are about, as examples for the tests of texts and of how these look.

use chrono::TimeDelta;
use elevate::{
    domain::{
        account::Account,
        account_event::{AccountEvent, Head},
        act::{Act, Tried},
        audit::AuditEntry,
        burst::Burst,
        cloud_refusal::{AwsSetting, CloudCause, CloudRefusal, PolicyKind},
        control::{Control, ControlEvent},
        email::Email,
        ids::{AccountId, CommandId, RequestId, Target},
        linking::ShownBy,
        message::{Drawn, Message, RequestForm},
        person::{Human, Subject},
        policy_in_force::{PolicyChanges, PolicySettings},
        refusal::Refusal,
        request::{Change, DropReason, Event, Opening, Recorded, Request},
        trail::{actor::Actor, record::Schema},
        undelivered::{NotAccepted, NoticeKind},
        window::{Minutes, Timestamp, Window},
    },
    text::Names,
};
use url::Url;

/// The request that most examples are about.
pub(crate) const REQUEST: &str = "req_01JHKQ2B00000000000000ADA1";

/// A request in every status, and the moment at which it is shown.
pub(crate) fn standings() -> [(&'static str, Drawn); 7] {
    let withdrawn = Event::Withdrawn.by(ada());
    let early = Event::Ended { ended_at: at(9), sessions_until: None }.by(ada());
    let in_time = Event::Ended { ended_at: at(65), sessions_until: None }.by(Actor::Clock);
    [
        ("waiting", vec![requested()], at(10)),
        ("approved", vec![requested(), approved()], at(10)),
        ("rejected", vec![requested(), rejected()], at(10)),
        ("withdrawn", vec![requested(), withdrawn], at(10)),
        ("expired", vec![requested(), Event::Expired.by(Actor::Clock)], at(24 * 60)),
        ("ended_early", vec![requested(), approved(), early], at(10)),
        ("ended", vec![requested(), approved(), in_time], at(65)),
    ]
    .map(|(standing, events, as_of)| (standing, Drawn { request: made(events), as_of }))
}

pub(crate) fn requested() -> Change {
    written("Bucket policy of the invoices is broken.\nSee INC-42.")
}

pub(crate) fn written(justification: &str) -> Change {
    Event::Requested(Opening {
        requester: ada(),
        target: target(),
        duration: minutes("1h"),
        justification: justification.parse().unwrap(),
        answer_by: at(24 * 60),
    })
    .by(ada())
}

pub(crate) fn approved() -> Change {
    Event::approved(bob(), Window::new(at(5), minutes("1h")))
}

pub(crate) fn rejected() -> Change {
    Event::Rejected { reason: "S3ReadOnly is enough for that.".parse().unwrap() }.by(bob())
}

pub(crate) fn sessions() -> Vec<Change> {
    vec![
        Event::SessionIssuing { session: 1 }.by(ada()),
        Event::SessionIssued { session: 1, expires_at: at(66) }.by(ada()),
        Event::SessionIssuing { session: 2 }.by(ada()),
        Event::SessionDropped { session: 2, why: DropReason::AccessEnded }.by(ada()),
        Event::SessionIssuing { session: 3 }.by(ada()),
        Event::SessionRefused { session: 3, why: not_trusted() }.by(ada()),
        Event::SessionIssuing { session: 4 }.by(ada()),
        Event::SessionUnknown { session: 4 }.by(ada()),
    ]
}

fn not_trusted() -> CloudRefusal {
    let cause = CloudCause::Denied {
        action: "sts:TagSession".into(),
        by: PolicyKind::Trust,
        without: Some(AwsSetting::SessionTags),
    };
    CloudRefusal { cause, words: "AccessDenied: not authorized to perform: sts:TagSession".into() }
}

pub(crate) fn account_events() -> Vec<AccountEvent> {
    let linked = |shown_by| AccountEvent::Linked { email: email("ada@example.com"), shown_by };
    let refused = |tried, request, target| AccountEvent::Refused {
        tried,
        request,
        target,
        why: Refusal::NotReviewer { reviewers: names().reviewers }.into(),
    };
    let undelivered = |notice, request| AccountEvent::Undelivered {
        notice,
        request,
        why: NotAccepted {
            operation: "chat.postMessage".to_owned(),
            reason: Some("channel_not_found".to_owned()),
        },
    };
    vec![
        linked(ShownBy::Address),
        linked(ShownBy::PlatformSignIn),
        linked(ShownBy::Code),
        AccountEvent::Relinked {
            email: email("ada@example.com"),
            from: ada().subject,
            to: Subject { issuer: "https://login.example.com".into(), subject: "00u1ada".into() },
            shown_by: ShownBy::Address,
        },
        AccountEvent::Unlinked { email: email("ada@example.com") },
        AccountEvent::SignedOut { email: email("ada@example.com") },
        refused(Tried::Use, None, None),
        refused(Tried::Request, None, Some(target())),
        refused(Tried::Approve, Some(request_id()), None),
        refused(Tried::OpenConsole, Some(request_id()), Some(target())),
        undelivered(NoticeKind::Card, Some(request_id())),
        undelivered(NoticeKind::Linked, None),
    ]
}

/// What the operator does, and a policy of which a dozen settings differ.
pub(crate) fn control_events() -> Vec<AuditEntry> {
    let policy = |value: &str| -> PolicySettings {
        (0..12).map(|n| (format!("access.setting_{n:02}"), value)).filter(|_| !value.is_empty()).collect()
    };
    let changed = |from: &str, to: &str| {
        let changes = policy(to).changes_from(&policy(from));
        Control::default().adopt(&policy(to).digest(), changes).unwrap()
    };
    let replica = || Actor::Service { name: "elevate".to_owned() };
    let events = [
        (ControlEvent::Frozen { reason: "a laptop was stolen".parse().unwrap() }, Actor::Operator),
        (ControlEvent::Thawed, Actor::Operator),
        (Control::default().adopt(&policy("").digest(), PolicyChanges::default()).unwrap(), replica()),
        (changed("1h", "8h"), replica()),
        (changed("", "8h"), Actor::Operator),
        (changed("8h", ""), Actor::Operator),
    ];
    let entry = |(what, actor)| Control::default().next(what, actor, CommandId::random(1), at(10));
    events.map(|event| AuditEntry::Control(Box::new(entry(event)))).into()
}

pub(crate) fn aside(what: AccountEvent) -> AuditEntry {
    let change = what.of(&ada().account.unwrap(), ada().into(), CommandId::random(1), at(10));
    AuditEntry::of_account(&change.after(Some(Head { number: 6, at: at(10) })))
}

/// Everything that a burst may be made of, some of it twice, and in the end a refusal.
pub(crate) fn burst(refusal: Refusal) -> Message {
    let tried = [
        Tried::Use,
        Tried::Link,
        Tried::Request,
        Tried::Approve,
        Tried::Reject,
        Tried::Withdraw,
        Tried::End,
        Tried::OpenConsole,
        Tried::Approve,
    ];
    let refused = |tried| {
        let (request, target) = (Some(request_id()), Some(target()));
        aside(AccountEvent::Refused { tried, request, target, why: refusal.clone().into() })
    };
    let others = account_events().into_iter().map(aside).filter(|entry| entry.burst_kind().is_some());
    let entries: Vec<AuditEntry> = others.chain(tried.map(refused)).collect();
    Message::Burst(Box::new(Burst::of(&entries.iter().collect::<Vec<_>>()).unwrap()))
}

/// What the audit channel hears of these events, a minute apart.
pub(crate) fn entries(events: &[Change]) -> Vec<AuditEntry> {
    let recorded = recorded(events.iter().cloned());
    let request = Request::replayed(&recorded).unwrap();
    recorded.iter().map(|recorded| AuditEntry::of(&request, recorded)).collect()
}

/// The request to which these events have happened, a minute apart.
pub(crate) fn made(events: impl IntoIterator<Item = Change>) -> Request {
    Request::replayed(&recorded(events)).unwrap()
}

pub(crate) fn recorded(events: impl IntoIterator<Item = Change>) -> Vec<Recorded> {
    let command: CommandId = "press".parse().unwrap();
    let record = |(n, change): (u64, Change)| {
        let (stream, number, at) = (request_id(), n + 1, at(i64::try_from(n).unwrap()));
        let Change { actor, what } = change;
        Recorded { schema: Schema, stream, number, at, command: command.clone(), actor, what }
    };
    (0u64..).zip(events).map(record).collect()
}

pub(crate) fn request_form(count: usize) -> RequestForm {
    RequestForm {
        targets: targets(count),
        durations: ["15m", "1h", "8h"].map(minutes).into(),
        reviewers: names().reviewers,
        why_none: None,
    }
}

pub(crate) fn targets(count: usize) -> Vec<Target> {
    let accounts = ["111122223333", "444455556666"];
    let target = |n| format!("{}/Role{n}", accounts[n % 2]).parse().unwrap();
    (0..count).rev().map(target).collect()
}

pub(crate) fn names() -> Names {
    let prod: AccountId = "111122223333".parse().unwrap();
    Names {
        id: "slack".to_owned(),
        platform: "Slack".to_owned(),
        command: "/elevate".to_owned(),
        accounts: [(prod, "prod".to_owned())].into(),
        reviewers: "aws-temp#Reviewer".to_owned(),
    }
}

pub(crate) fn target() -> Target {
    "111122223333/S3Admin".parse().unwrap()
}

pub(crate) fn ada() -> Human {
    actor("ada", "UADA")
}

pub(crate) fn bob() -> Human {
    actor("bob", "UBOB")
}

pub(crate) fn actor(name: &str, slack: &str) -> Human {
    Human {
        subject: Subject { issuer: "https://idp.example".into(), subject: name.into() },
        account: Some(Account::new("slack", "T0123456", slack)),
        email: email(&format!("{name}@example.com")),
        person: None,
    }
}

pub(crate) fn email(address: &str) -> Email {
    address.parse().unwrap()
}

pub(crate) fn minutes(text: &str) -> Minutes {
    text.parse().unwrap()
}

pub(crate) fn request_id() -> RequestId {
    REQUEST.parse().unwrap()
}

pub(crate) fn sign_in_to_answer(act: Act, url: Url) -> Message {
    Message::SignInToAnswer { act, target: target(), requester: ada(), url }
}

pub(crate) fn link(path: &str) -> Url {
    format!("https://elevate.example.com/{path}/4Rz").parse().unwrap()
}

/// So many minutes after eight in the morning of 15 January 2027, UTC.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}
