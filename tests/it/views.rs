//! How messages and forms look: as JSON for Slack, and as people read them.

use std::collections::BTreeSet;

use chrono::{FixedOffset, TimeDelta};
use elevate::{
    domain::{
        account::Account,
        audit::{AuditEntry, SideEvent, SideNews, Tried},
        burst::Burst,
        decide::Verdict,
        email::Email,
        ids::{AccountId, CommandId, RequestId, SideEventId, Target},
        linking::{OnMismatch, ShownBy},
        message::{Done, Drawn, Form, Message, Overview, RequestForm},
        person::{Human, Subject},
        refusal::Refusal,
        request::{Change, DropReason, Event, Recorded, Request},
        trail::actor::Actor,
        window::{Minutes, Timestamp, Window},
    },
    slack::views::{draw, draw_form},
    text::Names,
};
use insta::{assert_json_snapshot, assert_snapshot};
use proptest::prelude::*;
use sandbox::slack::{
    blocks::{check_message, check_view},
    render::{self, Viewer},
};
use serde_json::Value;
use url::Url;

const REQUEST: &str = "req_01JHKQ2B00000000000000ADA1";

// ---------------------------------------------------------------------------------------------------------
// Messages about a request

#[test]
fn the_card_shows_reviewers_where_a_request_stands() {
    for (standing, drawn) in standings() {
        shows(&format!("card_{standing}"), &Message::ReviewCard(drawn));
    }
}

#[test]
fn the_receipt_shows_the_requester_where_their_request_stands() {
    for (standing, drawn) in standings() {
        shows(&format!("receipt_{standing}"), &Message::Receipt(drawn));
    }
}

#[test]
fn buttons_are_offered_only_where_they_do_something() {
    let offered = |message: &Message| -> Vec<String> { action_ids(&json(message)) };
    for (standing, drawn) in standings() {
        let (card, receipt): (&[&str], &[&str]) = match standing {
            "waiting" => (&["review.approve", "review.reject", "request.withdraw"], &["request.withdraw"]),
            "approved" => (&["request.end"], &["session.console", "request.end"]),
            _ => (&[], &[]),
        };
        assert_eq!(offered(&Message::ReviewCard(drawn.clone())), card, "{standing}");
        assert_eq!(offered(&Message::Receipt(drawn)), receipt, "{standing}");
    }
}

#[test]
fn a_button_about_a_request_carries_its_id_and_nothing_else() {
    for (_, drawn) in standings() {
        for message in [Message::ReviewCard(drawn.clone()), Message::Receipt(drawn)] {
            let json = json(&message);
            let values: Vec<&str> = buttons(&json).filter_map(|button| button["value"].as_str()).collect();
            assert!(values.iter().all(|value| *value == REQUEST), "{values:?}");
            assert_eq!(values.len(), buttons(&json).count());
        }
    }
}

#[test]
fn a_request_whose_time_has_come_is_shown_as_it_is_and_not_as_it_was_written_down() {
    let late = Drawn { request: made([requested()]), as_of: at(24 * 60) };
    let card = read(&json(&Message::ReviewCard(late)));
    assert!(card.contains("*Expired*") && !card.contains('['), "{card}");

    let over = Drawn { request: made([requested(), approved()]), as_of: at(65) };
    let receipt = read(&json(&Message::Receipt(over)));
    assert!(receipt.contains("*Ended*") && !receipt.contains('['), "{receipt}");
}

// ---------------------------------------------------------------------------------------------------------
// Answers and links

#[test]
fn links_lead_out_of_slack_and_say_how_long_they_live() {
    let console = Message::ConsoleLink { target: target(), url: link("console"), ends_at: at(65) };
    shows("console_link", &console);
    shows("link_invitation", &Message::LinkInvitation { why: None, url: link("link") });
    let why = Some(Refusal::NotLinked.into());
    shows("link_invitation_with_a_reason", &Message::LinkInvitation { why, url: link("link") });
    shows("sign_in_to_answer", &sign_in_to_answer(Verdict::Approve, link("review")));
    shows("linked", &Message::Linked(email("ada@example.com")));
    shows("relinked", &Message::Relinked(email("ada@example.com")));
    shows("unlinked", &Message::Unlinked(email("ada@example.com")));
    shows("signed_out", &Message::SignedOut(email("ada@example.com")));
}

#[test]
fn a_link_that_slack_would_not_take_is_not_sent() {
    let url = link(&"x".repeat(3_000));
    for message in [
        Message::LinkInvitation { why: None, url: url.clone() },
        Message::ConsoleLink { target: target(), url: url.clone(), ends_at: at(65) },
        sign_in_to_answer(Verdict::Approve, url),
    ] {
        let json = json(&message);
        assert_eq!(check_message(&json), Ok(()));
        assert!(read(&json).contains("too long for Slack"));
        assert_eq!(buttons(&json).count(), 0);
    }
}

#[test]
fn the_overview_shows_where_a_person_stands() {
    let nobody = Overview { email: None, targets: vec![], requests: vec![], as_of: at(10) };
    shows("overview_of_a_stranger", &Message::Overview(nobody));

    let requests = standings().into_iter().map(|(_, drawn)| drawn.request).collect();
    let email = Some(email("ada@example.com"));
    let somebody = Overview { email, targets: targets(25), requests, as_of: at(10) };
    shows("overview", &Message::Overview(somebody));
}

#[test]
fn a_no_says_why_and_shows_the_request_that_stands_in_the_way() {
    let why = Refusal::NotReviewer { reviewers: names().reviewers }.into();
    shows("refused", &Message::Refused { why, pointer: None });

    let [(_, waiting), ..] = standings();
    let why = Refusal::AlreadyOpen { target: target(), request: waiting.request.id.clone() }.into();
    let pointer = Some(Box::new(waiting));
    shows("refused_with_a_pointer", &Message::Refused { why, pointer });
}

#[test]
fn answers_say_what_happened_and_what_to_do_next() {
    shows("done_requested", &Message::Done(Done::Requested(request_id())));
    shows("done_not_linked", &Message::Done(Done::NotLinked));
    shows("failed", &Message::Failed { reference: "5f2c9a10".into() });
    let help = |on_mismatch| Message::Help { max: minutes("8h"), example: minutes("1h"), on_mismatch };
    shows("help", &help(OnMismatch::Refuse));
    shows("help_where_codes_are_typed", &help(OnMismatch::Code));
    assert_eq!(json(&help(OnMismatch::PlatformSignIn)), json(&help(OnMismatch::Refuse)));
}

#[test]
fn whoever_can_act_is_reminded_in_one_line() {
    shows("reminder", &Message::Reminder(Drawn { request: made([requested()]), as_of: at(15) }));
    shows("end_is_near", &Message::EndIsNear { target: target(), ends_at: at(65) });
}

// ---------------------------------------------------------------------------------------------------------
// The audit channel

#[test]
fn an_audit_line_tells_when_what_who_and_which_event() {
    shows("audit_approved", &Message::Audit(entries(&[requested(), approved()]).remove(1)));
}

#[test]
fn the_audit_channel_tells_every_event_in_one_line() {
    let early = Event::Ended { ended_at: at(10), sessions_until: None }.by(bob());
    let in_time = Event::Ended { ended_at: at(65), sessions_until: None }.by(Actor::Clock);
    let trails = [
        vec![requested(), rejected()],
        vec![requested(), Event::Withdrawn.by(ada())],
        vec![requested(), Event::Expired.by(Actor::Clock)],
        [vec![requested(), approved()], sessions(), vec![early]].concat(),
        vec![requested(), approved(), in_time],
    ];
    let lines: Vec<String> = trails
        .iter()
        .flat_map(|events| entries(events))
        .chain(side_news().into_iter().map(aside))
        .map(|entry| read(&json(&Message::Audit(entry))))
        .collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    assert_snapshot!("audit_trail", lines.join("\n"));
}

#[test]
fn what_one_person_does_again_and_again_is_one_line() {
    shows("audit_burst", &burst(Refusal::NotYours));
}

// ---------------------------------------------------------------------------------------------------------
// Forms

#[test]
fn the_request_form_offers_what_the_person_may_ask_for() {
    opens("form_request", &Form::Request(request_form(3)));
}

#[test]
fn the_request_form_says_how_many_targets_it_does_not_list() {
    let view = view(&Form::Request(request_form(102)));
    assert_eq!(check_view(&view), Ok(()));
    assert_eq!(view["blocks"][0]["element"]["options"].as_array().unwrap().len(), 100);
    assert!(read_view(&view).contains("2 more are not listed"));
}

#[test]
fn there_is_nothing_to_submit_where_there_is_nothing_to_ask_for() {
    let form = Form::Request(request_form(0));
    assert!(view(&form)["submit"].is_null());
    opens("form_request_with_nothing_to_ask_for", &form);
}

#[test]
fn a_rejection_asks_for_a_reason() {
    let form = Form::Rejection(request_id());
    assert_eq!(view(&form)["private_metadata"], REQUEST);
    opens("form_rejection", &form);
}

// ---------------------------------------------------------------------------------------------------------
// Whatever people write

#[test]
fn what_people_write_is_shown_as_they_wrote_it() {
    let mut request =
        made([written("<!channel> *Approved* <@UEVE> <https://evil.example|Approve> \u{202e}live")]);
    request.requester.email = email("a<!here>&b@example.com");
    shows("card_with_hostile_text", &Message::ReviewCard(Drawn { request, as_of: at(1) }));

    let line = &entries(&[written("over\n\n· *Approved* · <@UBOB> `req_`")])[0];
    shows("audit_with_hostile_text", &Message::Audit(line.clone()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_message_breaks_a_limit_or_lets_people_speak_for_the_app(people in hostile_people()) {
        for message in people.messages() {
            let json = serde_json::to_value(draw(&message, &people.names)).unwrap();
            prop_assert_eq!(check_message(&json), Ok(()));
            for markup in markup(&json) {
                let said: BTreeSet<&str> = markup.split('<').skip(1).map(command).collect();
                let own = BTreeSet::from(["!date", "@UADA", "@UBOB"]);
                prop_assert!(said.is_subset(&own), "{said:?} in {markup}");
            }
        }
    }

    #[test]
    fn no_form_breaks_a_limit(people in hostile_people()) {
        let form = RequestForm {
            targets: people.targets.clone(),
            durations: (1..=150).map(|n| Minutes::new(n * 1_439).unwrap()).collect(),
            reviewers: people.names.reviewers.clone(),
        };
        for form in [Form::Request(form), Form::Rejection(request_id())] {
            let view = serde_json::to_value(draw_form(&form, &people.names)).unwrap();
            prop_assert_eq!(check_view(&view), Ok(()));
        }
    }
}

/// The command that stands behind a `<` in Slack's markup.
fn command(after: &str) -> &str {
    after.split(['^', '>']).next().unwrap_or_default()
}

/// People who do their worst, at the greatest length.
#[derive(Clone, Debug)]
struct HostilePeople {
    names: Names,
    text: String,
    ada: Human,
    bob: Human,
    targets: Vec<Target>,
}

fn hostile_people() -> impl Strategy<Value = HostilePeople> {
    let targets = prop::collection::vec(("[0-9]{12}", "[A-Za-z0-9+=,.@_-]{64}"), 1..300);
    (hostile(1_000), hostile(300), hostile(200), hostile_email(), hostile_email(), targets).prop_map(
        |(text, account, reviewers, ada_email, bob_email, targets)| {
            let targets: Vec<Target> = targets
                .into_iter()
                .map(|(account, role)| format!("{account}/{role}").parse().unwrap())
                .collect();
            let accounts = targets.iter().map(|target| (target.account.clone(), account.clone())).collect();
            HostilePeople {
                names: Names { accounts, reviewers, ..names() },
                text,
                ada: Human { email: ada_email, ..ada() },
                bob: Human { email: bob_email, ..bob() },
                targets,
            }
        },
    )
}

/// Text of so many characters, none of them harmless.
fn hostile(length: usize) -> impl Strategy<Value = String> {
    let chars = prop::sample::select("&<>😀\u{202e}\u{200b}*_`~|!@#\n".chars().collect::<Vec<_>>());
    let mixed = prop::collection::vec(chars.clone(), length - 2).prop_map(String::from_iter);
    let uniform = chars.prop_map(move |char| char.to_string().repeat(length - 2));
    let commands = prop::sample::select(vec!["<!channel>", "<@UEVE>", "<https://evil.example|x>"])
        .prop_map(move |command| command.repeat((length - 2) / command.len()));
    prop_oneof![mixed, uniform, commands].prop_map(|text| format!("x{}x", text.trim()))
}

fn hostile_email() -> impl Strategy<Value = Email> {
    let local = prop::sample::select(vec!["<!channel>", "&", "<", "*"]);
    local.prop_map(|part| email(&format!("{}@example.com", part.repeat(242 / part.len()))))
}

impl HostilePeople {
    fn messages(&self) -> Vec<Message> {
        let mut messages: Vec<Message> =
            self.trails().iter().flat_map(|events| entries(events)).map(Message::Audit).collect();
        messages.extend(self.trails().iter().flat_map(|events| {
            let drawn = Drawn { request: made(events.clone()), as_of: at(10) };
            let pointer = Some(Box::new(drawn.clone()));
            let why = Refusal::IdentityUnusable { why: self.text.clone() }.into();
            [
                Message::ReviewCard(drawn.clone()),
                Message::Reminder(drawn.clone()),
                Message::Receipt(drawn),
                Message::Refused { why, pointer },
            ]
        }));
        messages.extend([
            Message::Overview(Overview {
                email: Some(self.ada.email.clone()),
                targets: self.targets.clone(),
                requests: self.trails().map(made).into_iter().cycle().take(30).collect(),
                as_of: at(10),
            }),
            Message::ConsoleLink { target: self.target(), url: link("console"), ends_at: at(65) },
            Message::EndIsNear { target: self.target(), ends_at: at(65) },
            Message::SignInToAnswer {
                verdict: Verdict::Reject(self.text.chars().take(900).collect::<String>().parse().unwrap()),
                target: self.target(),
                requester: self.ada.clone(),
                url: link("review"),
            },
            Message::LinkInvitation {
                why: Some(Refusal::SignInRefused { error: self.text.clone() }.into()),
                url: link("link"),
            },
            Message::Linked(self.ada.email.clone()),
            Message::Relinked(self.ada.email.clone()),
            Message::Unlinked(self.ada.email.clone()),
            Message::SignedOut(self.ada.email.clone()),
            Message::Audit(aside(SideNews::Linked {
                email: self.ada.email.clone(),
                shown_by: ShownBy::Code,
            })),
            Message::Audit(aside(SideNews::Relinked {
                email: self.ada.email.clone(),
                from: Subject { issuer: self.text.clone(), subject: self.text.clone() },
                to: self.ada.subject.clone(),
                shown_by: ShownBy::PlatformSignIn,
            })),
            Message::Audit(aside(SideNews::Refused {
                tried: Tried::OpenConsole,
                request: Some(request_id()),
                target: Some(self.target()),
                why: Refusal::SessionRefused { why: self.text.clone() }.into(),
            })),
            Message::Audit(aside(SideNews::Undelivered {
                what: self.text.clone(),
                request: Some(request_id()),
                why: self.text.clone(),
            })),
            burst(Refusal::SessionRefused { why: self.text.clone() }),
            Message::Failed { reference: self.text.clone() },
        ]);
        messages
    }

    fn target(&self) -> Target {
        self.targets[0].clone()
    }

    fn trails(&self) -> [Vec<Change>; 4] {
        let requested = Event::Requested {
            requester: self.ada.clone(),
            target: self.target(),
            duration: Minutes::MAX,
            justification: self.text.parse().unwrap(),
            answer_by: at(24 * 60),
        }
        .by(self.ada.clone());
        let by = self.bob.clone();
        let approved = Event::approved(by.clone(), Window::new(at(5), Minutes::MAX));
        let rejected = Event::Rejected { reason: self.text.parse().unwrap() }.by(by.clone());
        let refused =
            Event::SessionRefused { session: u32::MAX, why: self.text.clone() }.by(self.ada.clone());
        let ended = Event::Ended { ended_at: at(9), sessions_until: None }.by(by);
        [
            vec![requested.clone()],
            vec![requested.clone(), rejected],
            vec![requested.clone(), approved.clone(), refused],
            vec![requested, approved, ended],
        ]
    }
}

// ---------------------------------------------------------------------------------------------------------
// How a view is looked at

/// A message that Slack would take, as JSON and as Ada reads it.
fn shows(name: &str, message: &Message) {
    let json = json(message);
    assert_eq!(check_message(&json), Ok(()), "{name}");
    assert_json_snapshot!(name, draw(message, &names()));
    assert_snapshot!(format!("{name}_as_read"), read(&json));
}

/// A form that Slack would open, as JSON and as people read it.
fn opens(name: &str, form: &Form) {
    let json = view(form);
    assert_eq!(check_view(&json), Ok(()), "{name}");
    assert_json_snapshot!(name, draw_form(form, &names()));
    assert_snapshot!(format!("{name}_as_read"), read_view(&json));
}

fn json(message: &Message) -> Value {
    serde_json::to_value(draw(message, &names())).unwrap()
}

fn view(form: &Form) -> Value {
    serde_json::to_value(draw_form(form, &names())).unwrap()
}

fn read(message: &Value) -> String {
    render::blocks(message["blocks"].as_array().unwrap(), &viewer())
}

fn read_view(view: &Value) -> String {
    render::view(view, &viewer())
}

fn viewer() -> Viewer {
    let names = [("UADA", "Ada"), ("UBOB", "Bob"), ("UEVE", "Eve")];
    Viewer {
        zone: FixedOffset::east_opt(3_600).unwrap(),
        now: at(10),
        names: names.map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
        shows_action_ids: true,
    }
}

fn buttons(message: &Value) -> impl Iterator<Item = &Value> {
    let blocks = message["blocks"].as_array().into_iter().flatten();
    let rows = blocks.filter(|block| block["type"] == "actions");
    rows.flat_map(|row| row["elements"].as_array().into_iter().flatten())
}

fn action_ids(message: &Value) -> Vec<String> {
    buttons(message).map(|button| button["action_id"].as_str().unwrap().to_owned()).collect()
}

/// Every text of a message in which Slack looks for commands.
fn markup(message: &Value) -> Vec<&str> {
    fn inside<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        if value["type"] == "mrkdwn" {
            found.extend(value["text"].as_str());
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| inside(value, found)),
            Value::Object(fields) => fields.values().for_each(|value| inside(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::from_iter(message["text"].as_str());
    inside(&message["blocks"], &mut found);
    found
}

// ---------------------------------------------------------------------------------------------------------
// What is looked at

/// A request in every status, and the moment at which it is shown.
fn standings() -> [(&'static str, Drawn); 7] {
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

fn requested() -> Change {
    written("Bucket policy of the invoices is broken.\nSee INC-42.")
}

fn written(justification: &str) -> Change {
    Event::Requested {
        requester: ada(),
        target: target(),
        duration: minutes("1h"),
        justification: justification.parse().unwrap(),
        answer_by: at(24 * 60),
    }
    .by(ada())
}

fn approved() -> Change {
    Event::approved(bob(), Window::new(at(5), minutes("1h")))
}

fn rejected() -> Change {
    Event::Rejected { reason: "S3ReadOnly is enough for that.".parse().unwrap() }.by(bob())
}

fn sessions() -> Vec<Change> {
    vec![
        Event::SessionIssuing { session: 1 }.by(ada()),
        Event::SessionIssued { session: 1, expires_at: at(66) }.by(ada()),
        Event::SessionIssuing { session: 2 }.by(ada()),
        Event::SessionDropped { session: 2, why: DropReason::AccessEnded }.by(ada()),
        Event::SessionIssuing { session: 3 }.by(ada()),
        Event::SessionRefused { session: 3, why: "not authorized to perform: sts:TagSession".into() }
            .by(ada()),
        Event::SessionIssuing { session: 4 }.by(ada()),
        Event::SessionUnknown { session: 4 }.by(ada()),
    ]
}

fn side_news() -> Vec<SideNews> {
    let linked = |shown_by| SideNews::Linked { email: email("ada@example.com"), shown_by };
    let refused = |tried, request, target| SideNews::Refused {
        tried,
        request,
        target,
        why: Refusal::NotReviewer { reviewers: names().reviewers }.into(),
    };
    let undelivered = |what: &str, request| SideNews::Undelivered {
        what: what.to_owned(),
        request,
        why: "slack refused chat.postMessage: channel_not_found".to_owned(),
    };
    vec![
        linked(ShownBy::Address),
        linked(ShownBy::PlatformSignIn),
        linked(ShownBy::Code),
        SideNews::Relinked {
            email: email("ada@example.com"),
            from: ada().subject,
            to: Subject { issuer: "https://login.example.com".into(), subject: "00u1ada".into() },
            shown_by: ShownBy::Address,
        },
        SideNews::Unlinked { email: email("ada@example.com") },
        SideNews::SignedOut { email: email("ada@example.com") },
        refused(Tried::Use, None, None),
        refused(Tried::Request, None, Some(target())),
        refused(Tried::Approve, Some(request_id()), None),
        refused(Tried::OpenConsole, Some(request_id()), Some(target())),
        undelivered("the review card", Some(request_id())),
        undelivered("word of being linked", None),
    ]
}

fn aside(what: SideNews) -> AuditEntry {
    let id: SideEventId = "evt_01JHKQ2B00000000000000EVE1".parse().unwrap();
    let who = ada().account.unwrap();
    AuditEntry::Side(SideEvent { id, at: at(10), who, what })
}

/// Everything that a burst may be made of, some of it twice, and in the end a refusal.
fn burst(refusal: Refusal) -> Message {
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
        aside(SideNews::Refused { tried, request, target, why: refusal.clone().into() })
    };
    let others = side_news().into_iter().map(aside).filter(|entry| entry.burst_kind().is_some());
    let entries: Vec<AuditEntry> = others.chain(tried.map(refused)).collect();
    Message::Burst(Box::new(Burst::of(&entries.iter().collect::<Vec<_>>()).unwrap()))
}

/// What the audit channel hears of these events, a minute apart.
fn entries(events: &[Change]) -> Vec<AuditEntry> {
    let recorded = recorded(events.iter().cloned());
    let request = Request::replayed(&recorded).unwrap();
    recorded.iter().map(|recorded| AuditEntry::of(&request, recorded)).collect()
}

/// The request to which these events have happened, a minute apart.
fn made(events: impl IntoIterator<Item = Change>) -> Request {
    Request::replayed(&recorded(events)).unwrap()
}

fn recorded(events: impl IntoIterator<Item = Change>) -> Vec<Recorded> {
    let command: CommandId = "press".parse().unwrap();
    let record = |(n, change): (u64, Change)| {
        let first = change.first(request_id(), command.clone(), at(i64::try_from(n).unwrap()));
        Recorded { number: n + 1, ..first }
    };
    (0u64..).zip(events).map(record).collect()
}

fn request_form(count: usize) -> RequestForm {
    RequestForm {
        targets: targets(count),
        durations: ["15m", "1h", "8h"].map(minutes).into(),
        reviewers: names().reviewers,
    }
}

fn targets(count: usize) -> Vec<Target> {
    let accounts = ["111122223333", "444455556666"];
    let target = |n| format!("{}/Role{n}", accounts[n % 2]).parse().unwrap();
    (0..count).rev().map(target).collect()
}

fn names() -> Names {
    let prod: AccountId = "111122223333".parse().unwrap();
    Names {
        platform: "Slack".to_owned(),
        command: "/elevate".to_owned(),
        accounts: [(prod, "prod".to_owned())].into(),
        reviewers: "aws-temp#Reviewer".to_owned(),
    }
}

fn target() -> Target {
    "111122223333/S3Admin".parse().unwrap()
}

fn ada() -> Human {
    actor("ada", "UADA")
}

fn bob() -> Human {
    actor("bob", "UBOB")
}

fn actor(name: &str, slack: &str) -> Human {
    Human {
        subject: Subject { issuer: "https://idp.example".into(), subject: name.into() },
        account: Some(Account::new("slack", "T0123456", slack)),
        email: email(&format!("{name}@example.com")),
    }
}

fn email(address: &str) -> Email {
    address.parse().unwrap()
}

fn minutes(text: &str) -> Minutes {
    text.parse().unwrap()
}

fn request_id() -> RequestId {
    REQUEST.parse().unwrap()
}

fn sign_in_to_answer(verdict: Verdict, url: Url) -> Message {
    Message::SignInToAnswer { verdict, target: target(), requester: ada(), url }
}

fn link(path: &str) -> Url {
    format!("https://elevate.example.com/{path}/4Rz").parse().unwrap()
}

/// So many minutes after eight in the morning of 15 January 2027, UTC.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}
