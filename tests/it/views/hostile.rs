//! Whatever people write, no message breaks one of Slack's limits or lets them speak for the app.

use std::collections::BTreeSet;

use elevate::{
    domain::{
        account_event::AccountEvent,
        act::{Act, Tried},
        answer_fault::OwnWords,
        cloud_refusal::{CloudCause, CloudRefusal},
        email::Email,
        ids::Target,
        linking::ShownBy,
        message::{Drawn, Form, Message, Overview, RequestForm, Seen},
        person::{Human, Subject},
        press::ActedIn,
        refusal::Refusal,
        request::{Change, Event, Opening},
        undelivered::{NotAccepted, NoticeKind},
        window::{Minutes, Window},
    },
    slack::views::{draw, draw_form},
    text::Names,
};
use proptest::prelude::*;
use sandbox::slack::blocks::{check_message, check_view};
use serde_json::Value;

use crate::examples::{ada, aside, at, bob, burst, email, entries, link, made, names, request_id};

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
        for form in [Form::Request(people.request_form()), Form::Rejection(request_id(), ActedIn::Words)] {
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
    /// What a provider says of them.
    fn words(&self) -> OwnWords {
        OwnWords { error: self.text.clone(), description: Some(self.text.clone()) }
    }

    fn messages(&self) -> Vec<Message> {
        let mut messages: Vec<Message> =
            self.trails().iter().flat_map(|events| entries(events)).map(Message::Audit).collect();
        messages.extend(self.trails().iter().flat_map(|events| {
            let drawn = Drawn { request: made(events.clone()), as_of: at(10) };
            let pointer = Some(Box::new(drawn.clone()));
            let why = Refusal::SignInRefused { words: self.words() }.into();
            [
                Message::ReviewCard(drawn.clone()),
                Message::Reminder(drawn.clone()),
                Message::CardSeen(drawn.clone(), Seen::NotYet),
                Message::PassOn(drawn.clone()),
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
                act: Act::Reject(self.text.chars().take(900).collect::<String>().parse().unwrap()),
                target: self.target(),
                requester: self.ada.clone(),
                url: link("review"),
            },
            Message::LinkInvitation {
                why: Some(Refusal::SignInRefused { words: self.words() }.into()),
                url: link("link"),
            },
            Message::WithoutForm(Form::Request(self.request_form())),
            Message::WithoutForm(Form::Rejection(request_id(), ActedIn::Words)),
            Message::Linked(self.ada.email.clone()),
            Message::Relinked(self.ada.email.clone()),
            Message::Unlinked(self.ada.email.clone()),
            Message::SignedOut(self.ada.email.clone()),
            Message::Audit(aside(AccountEvent::Linked {
                email: self.ada.email.clone(),
                shown_by: ShownBy::Code,
            })),
            Message::Audit(aside(AccountEvent::Relinked {
                email: self.ada.email.clone(),
                from: Subject { issuer: self.text.clone(), subject: self.text.clone() },
                to: self.ada.subject.clone(),
                shown_by: ShownBy::PlatformSignIn,
            })),
            Message::Audit(aside(AccountEvent::Refused {
                tried: Tried::OpenConsole,
                request: Some(request_id()),
                target: Some(self.target()),
                why: Refusal::SessionRefused { why: self.refusal() }.into(),
            })),
            Message::Audit(aside(AccountEvent::Undelivered {
                notice: NoticeKind::Receipt,
                request: Some(request_id()),
                why: NotAccepted { operation: self.text.clone(), reason: Some(self.text.clone()) },
            })),
            burst(Refusal::SessionRefused { why: self.refusal() }),
            Message::Delayed,
            Message::Failed { reference: self.text.clone() },
        ]);
        messages
    }

    fn request_form(&self) -> RequestForm {
        RequestForm {
            targets: self.targets.clone(),
            durations: (1..=150).map(|n| Minutes::new(n * 1_439).unwrap()).collect(),
            reviewers: self.names.reviewers.clone(),
            why_none: None,
        }
    }

    fn refusal(&self) -> CloudRefusal {
        CloudRefusal { cause: CloudCause::Other, words: self.text.clone() }
    }

    fn target(&self) -> Target {
        self.targets[0].clone()
    }

    fn trails(&self) -> [Vec<Change>; 4] {
        let requested = Event::Requested(Opening {
            requester: self.ada.clone(),
            target: self.target(),
            duration: Minutes::MAX,
            justification: self.text.parse().unwrap(),
            answer_by: at(24 * 60),
        })
        .by(self.ada.clone());
        let by = self.bob.clone();
        let approved = Event::approved(by.clone(), Window::new(at(5), Minutes::MAX));
        let rejected = Event::Rejected { reason: self.text.parse().unwrap() }.by(by.clone());
        let refused = Event::SessionRefused { session: u32::MAX, why: self.refusal() }.by(self.ada.clone());
        let ended = Event::Ended { ended_at: at(9), sessions_until: None }.by(by);
        [
            vec![requested.clone()],
            vec![requested.clone(), rejected],
            vec![requested.clone(), approved.clone(), refused],
            vec![requested, approved, ended],
        ]
    }
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
