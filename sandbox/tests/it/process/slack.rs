//! The workspace in a process: somebody at work there, in front of a bot that listens.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, body::Bytes, extract::State, routing::post};
use reqwest::Method;
use sandbox::http;
use serde_json::{Value, json};

use super::child::{Process, refused};

/// A bot that answers everything with what it was last told to answer, and keeps what it hears.
#[derive(Clone, Default)]
struct Bot(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    forms: Vec<Vec<(String, String)>>,
    answer: Value,
}

impl Bot {
    async fn listen() -> (Self, String) {
        let bot = Self::default();
        let (listener, address) = http::listen(0).await.unwrap();
        let router = Router::new()
            .route("/slack/commands", post(hear))
            .route("/slack/interactions", post(hear))
            .with_state(bot.clone());
        http::serve(listener, router);
        (bot, format!("http://{address}"))
    }

    fn answers(&self, answer: Value) {
        self.0.lock().unwrap().answer = answer;
    }

    /// A field of the form that came last.
    fn heard(&self, field: &str) -> String {
        let heard = self.0.lock().unwrap();
        let form = heard.forms.last().unwrap();
        form.iter().find(|(name, _)| name == field).unwrap().1.clone()
    }

    fn payload(&self) -> Value {
        serde_json::from_str(&self.heard("payload")).unwrap()
    }
}

async fn hear(State(bot): State<Bot>, body: Bytes) -> Json<Value> {
    let mut heard = bot.0.lock().unwrap();
    heard.forms.push(form_urlencoded::parse(&body).into_owned().collect());
    Json(heard.answer.clone())
}

/// Example Corp's workspace with such a bot.
async fn office() -> (Process, Bot) {
    let (bot, url) = Bot::listen().await;
    (Process::start(&["slack", "--bot-url", &url]), bot)
}

/// A message with one button.
fn card(channel: &str, value: &str) -> Value {
    let mut button = json!({ "type": "button", "action_id": "review.approve", "text": plain("Approve") });
    button["value"] = json!(value);
    let blocks = json!([{ "type": "actions", "block_id": "answer", "elements": [button] }]);
    json!({ "channel": channel, "text": "Ada asks", "blocks": blocks })
}

/// A form with one field.
fn form() -> Value {
    json!({
        "type": "modal",
        "callback_id": "review.reject.submit",
        "title": plain("Reject"),
        "submit": plain("Send"),
        "blocks": [{ "type": "input", "block_id": "reason", "label": plain("Why"),
            "element": { "type": "plain_text_input", "action_id": "reason" } }],
    })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

#[tokio::test]
async fn example_corp_is_there_as_it_is_in_process() {
    let slack = Process::start(&["slack"]);
    let bot = slack.bot_calls("auth.test", json!({})).await;
    assert_eq!((&bot["team_id"], &bot["user_id"]), (&json!("T0EXAMPLE"), &json!("U0ELEVATE")));
    for (id, name) in [("U0ADA", "Ada"), ("U0BOB", "Bob"), ("U0CAROL", "Carol"), ("U0MALLORY", "Mallory")] {
        let user = slack.bot_calls("users.info", json!({ "user": id })).await["user"].take();
        assert_eq!(user["profile"]["real_name"], name);
    }
    for id in ["C0GENERAL", "C0REVIEW", "C0AUDIT"] {
        let channel = slack.bot_calls("conversations.info", json!({ "channel": id })).await["channel"].take();
        assert_eq!(channel["is_member"], true, "{id}");
    }
}

#[tokio::test]
async fn an_account_or_a_channel_is_changed_in_part() {
    let slack = Process::start(&["slack"]);
    let ada = slack.put("people/U0ADA", json!({ "is_restricted": true, "email": null })).await;
    assert_eq!(
        (&ada["name"], &ada["is_restricted"], &ada["email"]),
        (&json!("ada"), &json!(true), &Value::Null)
    );
    let user = slack.bot_calls("users.info", json!({ "user": "U0ADA" })).await["user"].take();
    assert_eq!((&user["is_restricted"], user["profile"].get("email")), (&json!(true), None));

    let dave = slack.put("people/U0DAVE", json!({ "name": "dave" })).await;
    assert_eq!(dave["team_id"], "T0EXAMPLE", "somebody unknown is hired");
    slack.put("channels/C0GENERAL", json!({ "is_ext_shared": true })).await;
    let members = json!(["U0DAVE", "U0ELEVATE"]);
    slack.put("channels/C0LUNCH", json!({ "name": "lunch", "members": members })).await;
    let general = slack.bot_calls("conversations.info", json!({ "channel": "C0GENERAL" })).await;
    assert_eq!(
        (&general["channel"]["is_ext_shared"], &general["channel"]["name"]),
        (&json!(true), &json!("general"))
    );
    slack.bot_calls("chat.postMessage", card("C0LUNCH", "r1")).await;
    assert_eq!(slack.get("channels/C0LUNCH/messages").await[0]["text"], "Ada asks");

    for (path, body) in [
        ("people/U0ADA", json!({ "id": "U0BOB" })),
        ("people/U0ADA", json!({ "is_restricted": "yes" })),
        ("channels/C0REVIEW", json!({ "id": "C0AUDIT" })),
    ] {
        let (status, _) = refused(slack.ask(Method::PUT, path, Some(body)).await);
        assert_eq!(status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_command_is_typed_and_its_answer_seen() {
    let (slack, bot) = office().await;
    bot.answers(json!({ "text": "for your eyes" }));
    let line = json!({ "channel": "C0GENERAL", "line": "/elevate 1h because" });
    let typed = slack.post("people/U0ADA/type", line).await;
    assert_eq!(typed, json!({ "ack": { "status": 200, "body": { "text": "for your eyes" } } }));
    assert_eq!((bot.heard("command"), bot.heard("text")), ("/elevate".to_owned(), "1h because".to_owned()));

    let view = slack.get("people/U0ADA/view").await;
    let ephemeral = &view["ephemerals"][0];
    assert_eq!((&ephemeral["text"], &ephemeral["channel"]), (&json!("for your eyes"), &json!("C0GENERAL")));
    assert_eq!((&view["direct"], &view["modals"], &view["home"]), (&json!([]), &json!([]), &Value::Null));
    assert_eq!(slack.get("people/U0BOB/view").await["ephemerals"], json!([]));
}

#[tokio::test]
async fn the_newest_button_that_somebody_sees_is_pressed() {
    let (slack, bot) = office().await;
    slack.bot_calls("chat.postMessage", card("C0REVIEW", "r1")).await;
    let newest = slack.bot_calls("chat.postMessage", card("C0REVIEW", "r2")).await;
    slack.bot_calls("chat.postMessage", card("C0AUDIT", "r3")).await;
    let press = json!({ "action": "review.approve" });
    let pressed = slack.post("people/U0BOB/press", press.clone()).await;
    assert_eq!(pressed["ack"]["status"], 200);
    assert_eq!(pressed["url"], Value::Null);
    assert_eq!(bot.payload()["actions"][0]["value"], "r2", "Bob is not in #access-audit");
    slack.post("people/U0CAROL/press", press.clone()).await;
    assert_eq!(bot.payload()["actions"][0]["value"], "r3");

    let mut whisper = card("C0REVIEW", "r4");
    whisper["user"] = json!("U0ADA");
    whisper["blocks"][0]["elements"][0]["url"] = json!("https://elevate.example/link/1");
    slack.bot_calls("chat.postEphemeral", whisper).await;
    let pressed = slack.post("people/U0ADA/press", press.clone()).await;
    assert_eq!(
        (bot.payload()["actions"][0]["value"].as_str(), pressed["url"].as_str()),
        (Some("r4"), Some("https://elevate.example/link/1"))
    );
    slack.post("people/U0BOB/press", press.clone()).await;
    assert_eq!(bot.payload()["actions"][0]["value"], "r2", "Bob does not see what only Ada sees");

    let there = json!({ "action": "review.approve", "channel": "C0REVIEW", "ts": newest["ts"] });
    slack.post("people/U0ADA/press", there).await;
    assert_eq!(bot.payload()["container"]["message_ts"], newest["ts"]);
    let (status, error) = slack.refuses("people/U0BOB/press", json!({ "action": "review.undo" })).await;
    assert_eq!((status, error.as_str()), (404, "U0BOB sees no review.undo"));
    let half = json!({ "action": "review.approve", "channel": "C0REVIEW" });
    assert_eq!(slack.refuses("people/U0BOB/press", half).await.0, 400);
}

#[tokio::test]
async fn a_form_is_filled_in_and_submitted() {
    let (slack, bot) = office().await;
    slack.post("people/U0BOB/type", json!({ "channel": "C0GENERAL", "line": "/elevate" })).await;
    let opened = json!({ "trigger_id": bot.heard("trigger_id"), "view": form() });
    let id = slack.bot_calls("views.open", opened).await["view"]["id"].take();
    assert_eq!(slack.get("people/U0BOB/view").await["modals"][0]["id"], id);

    bot.answers(json!({ "response_action": "errors", "errors": { "reason": "Say more" } }));
    let submit = json!({ "fields": { "reason": "no" } });
    let submitted = slack.post("people/U0BOB/submit", submit).await;
    assert_eq!(submitted["outcome"], json!({ "errors": { "reason": "Say more" } }));
    assert_eq!(submitted["ack"]["status"], 200);

    let mut shorter = form();
    shorter["title"] = plain("Once more");
    bot.answers(json!({ "response_action": "update", "view": shorter }));
    let submit = json!({ "fields": { "reason": "no" }, "view": id });
    let submitted = slack.post("people/U0BOB/submit", submit.clone()).await;
    assert_eq!(submitted["outcome"]["updated"]["body"]["title"]["text"], "Once more");

    bot.answers(json!({ "response_action": "push", "view": form() }));
    let submitted = slack.post("people/U0BOB/submit", submit.clone()).await;
    assert_eq!(submitted["outcome"]["pushed"]["previous_id"], id);
    let (status, _) = slack.refuses("people/U0BOB/submit", submit).await;
    assert_eq!(status, 409, "it is not in front any more");
    bot.answers(json!({ "response_action": "clear" }));
    let submitted = slack.post("people/U0BOB/submit", json!({ "fields": { "reason": "no" } })).await;
    assert_eq!(submitted["outcome"], json!({ "cleared": true }));
    assert_eq!(slack.refuses("people/U0BOB/submit", json!({})).await.0, 404);
}

#[tokio::test]
async fn a_submitted_form_closes_or_says_that_there_was_trouble() {
    let (slack, bot) = office().await;
    slack.post("people/U0BOB/type", json!({ "channel": "C0GENERAL", "line": "/elevate" })).await;
    let opened = json!({ "trigger_id": bot.heard("trigger_id"), "view": form() });
    slack.bot_calls("views.open", opened).await;
    let submit = json!({ "fields": { "reason": "no" } });

    let (_, url) = Bot::listen().await;
    slack.post("install", json!({ "bot_url": format!("{url}/elsewhere") })).await;
    let submitted = slack.post("people/U0BOB/submit", submit.clone()).await;
    assert_eq!(
        (&submitted["ack"]["status"], &submitted["outcome"]),
        (&json!(404), &json!({ "trouble": true }))
    );
    slack.post("install", json!({ "bot_url": url })).await;
    bot.answers(json!({}));
    assert_eq!(slack.post("people/U0BOB/submit", submit).await["outcome"], json!({ "closed": true }));
}

#[tokio::test]
async fn what_slack_does_not_let_somebody_do_and_what_the_bot_fails_to_do_are_told_apart() {
    let (slack, bot) = office().await;
    let line = json!({ "channel": "C0GENERAL", "line": "/elevate" });
    let (status, error) = slack.refuses("people/U0MALLORY/type", line.clone()).await;
    assert_eq!(status, 409, "{error}");
    bot.answers(json!({ "text": "R&D" }));
    let (status, error) = slack.refuses("people/U0ADA/type", line.clone()).await;
    assert_eq!(status, 424, "{error}");
    slack.post("install", json!({ "bot_url": "http://127.0.0.1:1" })).await;
    let (status, error) = slack.refuses("people/U0ADA/type", line).await;
    assert!(status == 424 && error.starts_with("dispatch_failed"), "{status} {error}");
    assert_eq!(refused(slack.ask(Method::GET, "people/U0NOBODY/view", None).await).0, 404);
    assert_eq!(refused(slack.ask(Method::GET, "channels/C0NOWHERE/messages", None).await).0, 404);
    assert_eq!(slack.refuses("install", json!({ "bot_url": "somewhere" })).await.0, 400);
}

#[tokio::test]
async fn a_home_tab_is_opened_and_every_attempt_to_say_so_is_told() {
    let (slack, _) = office().await;
    let opened = slack.post("people/U0ADA/open-home", json!({})).await;
    let unheard = json!({ "status": 404, "body": null });
    assert_eq!(opened, json!({ "acks": [unheard, unheard, unheard, unheard] }));
    slack.post("install", json!({ "bot_url": "http://127.0.0.1:1" })).await;
    let opened = slack.post("people/U0ADA/open-home", json!({})).await;
    assert!(opened["acks"][3]["error"].as_str().unwrap().starts_with("dispatch_failed"), "{opened}");

    let home = json!({ "type": "home", "blocks": [{ "type": "divider" }] });
    slack.bot_calls("views.publish", json!({ "user_id": "U0ADA", "view": home })).await;
    assert_eq!(slack.get("people/U0ADA/view").await["home"]["body"]["type"], "home");
}

#[tokio::test]
async fn what_stands_in_a_channel_is_told_as_it_is_and_what_the_bot_has_said_as_it_came() {
    let (slack, bot) = office().await;
    let mut card = card("C0REVIEW", "r1");
    card["metadata"] = json!({ "event_type": "card", "event_payload": { "request": "r1" } });
    let first = slack.bot_calls("chat.postMessage", card.clone()).await;
    let edit = json!({ "channel": "C0REVIEW", "ts": first["ts"], "text": "Done", "blocks": [{ "type": "divider" }] });
    slack.bot_calls("chat.update", edit).await;
    slack.bot_calls("chat.postMessage", json!({ "channel": "U0ADA", "text": "Done" })).await;
    slack.bot_calls("chat.postMessage", json!({ "channel": "U0BOB", "text": "Done" })).await;

    let messages = slack.get("channels/C0REVIEW/messages").await;
    assert_eq!(messages.as_array().unwrap().len(), 1);
    let message = &messages[0];
    assert_eq!(
        (&message["text"], &message["edits"], &message["ts"]),
        (&json!("Done"), &json!(1), &first["ts"])
    );
    assert_eq!((&message["metadata"], &message["user"]), (&card["metadata"], &json!("U0ELEVATE")));
    assert!(message["blocks"][0]["block_id"].is_string());
    assert_eq!(slack.get("people/U0ADA/view").await["direct"][0]["text"], "Done");

    slack.post("people/U0BOB/type", json!({ "channel": "C0GENERAL", "line": "/elevate" })).await;
    slack.bot_calls("views.open", json!({ "trigger_id": bot.heard("trigger_id"), "view": form() })).await;
    bot.answers(json!({ "response_action": "update", "view": form() }));
    slack.post("people/U0BOB/submit", json!({ "fields": { "reason": "no" } })).await;
    let said = json!([
        { "text": "Ada asks", "blocks": card["blocks"] },
        { "text": "Done", "blocks": [{ "type": "divider" }] },
        { "text": "Done" },
    ]);
    assert_eq!(slack.get("emitted").await, json!({ "messages": said, "views": [form()] }));
}
