//! How messages and forms look in Slack: one of each layout as JSON, and what holds for all of them. What they say is
//! in `text.rs`.

mod hostile;

use elevate::{
    domain::{
        account::Tenant,
        act::Act,
        message::{Drawn, Form, Message, Overview},
        press::ActedIn,
        refusal::Refusal,
    },
    slack::views::{draw, draw_form},
};
use insta::assert_json_snapshot;
use sandbox::slack::blocks::{check_message, check_view};
use serde_json::Value;

use crate::examples::{
    REQUEST, approved, at, email, entries, link, made, names, request_form, request_id, requested,
    sign_in_to_answer, standings, target, targets, written,
};

#[test]
fn a_request_is_laid_out_with_its_quotations_and_buttons() {
    let [(_, waiting), (_, approved), ..] = standings();
    shows("card_waiting", &Message::ReviewCard(waiting.clone()));
    shows("receipt_approved", &Message::Receipt(approved));

    let why = Refusal::AlreadyOpen { target: target(), request: waiting.request.id.clone() }.into();
    shows("refused_with_a_pointer", &Message::Refused { why, pointer: Some(Box::new(waiting)) });
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
fn links_lead_out_of_slack() {
    let console = Message::ConsoleLink { target: target(), url: link("console"), ends_at: at(65) };
    shows("console_link", &console);
    shows("link_invitation", &Message::LinkInvitation { why: None, url: link("link") });
    shows("sign_in_to_answer", &sign_in_to_answer(Act::Approve, link("review")));
    shows("linked", &Message::Linked(email("ada@example.com")));
}

#[test]
fn a_link_that_slack_would_not_take_is_not_sent() {
    let url = link(&"x".repeat(3_000));
    for message in [
        Message::LinkInvitation { why: None, url: url.clone() },
        Message::ConsoleLink { target: target(), url: url.clone(), ends_at: at(65) },
        sign_in_to_answer(Act::Approve, url),
    ] {
        let json = json(&message);
        assert_eq!(check_message(&json), Ok(()));
        assert!(json.to_string().contains("too long for Slack"));
        assert_eq!(buttons(&json).count(), 0);
    }
}

#[test]
fn the_overview_is_laid_out_as_lists() {
    let requests = standings().into_iter().map(|(_, drawn)| drawn.request).collect();
    let email = Some(email("ada@example.com"));
    let somebody = Overview { email, targets: targets(25), requests, as_of: at(10) };
    shows("overview", &Message::Overview(somebody));
}

#[test]
fn an_audit_line_is_one_paragraph() {
    shows("audit_approved", &Message::Audit(entries(&[requested(), approved()]).remove(1)));
}

#[test]
fn the_request_form_offers_what_the_person_may_ask_for() {
    opens("form_request", &Form::Request(request_form(3)));
    let view = view(&Form::Request(request_form(102)));
    assert_eq!(check_view(&view), Ok(()));
    assert_eq!(view["blocks"][0]["element"]["options"].as_array().unwrap().len(), 100);
}

#[test]
fn there_is_nothing_to_submit_where_there_is_nothing_to_ask_for() {
    let form = Form::Request(request_form(0));
    assert!(view(&form)["submit"].is_null());
    opens("form_request_with_nothing_to_ask_for", &form);
}

#[test]
fn a_rejection_asks_for_a_reason() {
    let card = Tenant::new("slack", "T0123456").conversation("C0REVIEW").message("1736150400.000100");
    let form = Form::Rejection(request_id(), ActedIn::Message(card));
    let card = r#"{"message":{"platform":"slack","tenant":"T0123456","conversation":"C0REVIEW","message":"1736150400.000100"}}"#;
    assert_eq!(view(&form)["private_metadata"], format!("{REQUEST} {card}"));
    opens("form_rejection", &form);
}

#[test]
fn what_people_write_is_shown_as_they_wrote_it() {
    let mut request =
        made([written("<!channel> *Approved* <@UEVE> <https://evil.example|Approve> \u{202e}live")]);
    request.requester.email = email("a<!here>&b@example.com");
    shows("card_with_hostile_text", &Message::ReviewCard(Drawn { request, as_of: at(1) }));

    let line = &entries(&[written("over\n\n· *Approved* · <@UBOB> `req_`")])[0];
    shows("audit_with_hostile_text", &Message::Audit(line.clone()));
}

/// A message that Slack would take.
fn shows(name: &str, message: &Message) {
    assert_eq!(check_message(&json(message)), Ok(()), "{name}");
    assert_json_snapshot!(name, draw(message, &names()));
}

/// A form that Slack would open.
fn opens(name: &str, form: &Form) {
    assert_eq!(check_view(&view(form)), Ok(()), "{name}");
    assert_json_snapshot!(name, draw_form(form, &names()));
}

fn json(message: &Message) -> Value {
    serde_json::to_value(draw(message, &names())).unwrap()
}

fn view(form: &Form) -> Value {
    serde_json::to_value(draw_form(form, &names())).unwrap()
}

fn buttons(message: &Value) -> impl Iterator<Item = &Value> {
    let blocks = message["blocks"].as_array().into_iter().flatten();
    let rows = blocks.filter(|block| block["type"] == "actions");
    rows.flat_map(|row| row["elements"].as_array().into_iter().flatten())
}

fn action_ids(message: &Value) -> Vec<String> {
    buttons(message).map(|button| button["action_id"].as_str().unwrap().to_owned()).collect()
}
