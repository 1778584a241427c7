//! What travels on a connection: all that people do, and how the bot answers.

use futures_util::SinkExt;
use sandbox::slack::{Ack, Failure, Submission};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::bot::{BOT_TOKEN, Office, Socket, plain};

#[tokio::test]
async fn a_command_travels_as_json_and_its_answer_is_seen() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    let (ack, envelope) = tokio::join!(office.types(), bot.answers(json!({ "text": "for your eyes" })));
    let ack = ack.unwrap();
    assert_eq!((ack.status, ack.body), (200, json!({ "text": "for your eyes" })));
    assert_eq!(office.slack.ephemerals("U0ADA")[0].text, "for your eyes");

    assert_eq!(
        (&envelope["type"], &envelope["accepts_response_payload"]),
        (&json!("slash_commands"), &json!(true))
    );
    let command = &envelope["payload"];
    assert_eq!(
        (&command["command"], &command["text"], &command["user_id"]),
        (&json!("/elevate"), &json!("1h because"), &json!("U0ADA"))
    );
    assert_eq!(command["is_enterprise_install"], "false");
    let response_url = command["response_url"].as_str().unwrap();
    let later = json!({ "text": "and later" });
    let answered = reqwest::Client::new().post(response_url).json(&later).send().await.unwrap();
    assert_eq!(answered.status(), 200);
    assert_eq!(office.slack.ephemerals("U0ADA")[1].text, "and later");
}

#[tokio::test]
async fn a_press_is_acknowledged_and_nothing_more() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    let card = office.has_card().await;
    let bob = office.slack.person("U0BOB");
    let (pressed, envelope) = tokio::join!(bob.presses(&card, "review.approve"), bot.acknowledges());
    assert_eq!(pressed.unwrap().ack.body, Value::Null);
    assert_eq!(
        (&envelope["type"], &envelope["accepts_response_payload"]),
        (&json!("interactive"), &json!(false))
    );
    assert_eq!(envelope["payload"]["actions"][0]["action_id"], "review.approve");
    assert_eq!(envelope.as_object().unwrap().len(), 4, "only events are retried: {envelope}");

    let talks_back = bot.answers(json!({ "text": "Done" }));
    let (pressed, _) = tokio::join!(bob.presses(&card, "review.approve"), talks_back);
    let fault = "a payload for an envelope that accepts none";
    assert_eq!(pressed, Err(Failure::Unacceptable(fault.to_owned())));
    assert_eq!(bot.ends().await.unwrap().reason, fault);
}

#[tokio::test]
async fn a_form_is_opened_filled_in_and_answered() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    let ada = office.ada();
    let (_, envelope) = tokio::join!(office.types(), bot.acknowledges());
    let target = json!({ "type": "external_select", "action_id": "target", "min_query_length": 0 });
    let view = json!({
        "type": "modal",
        "title": plain("Request access"),
        "submit": plain("Send"),
        "notify_on_close": true,
        "blocks": [{ "type": "input", "block_id": "target", "label": plain("Target"), "element": target }],
    });
    let open = json!({ "trigger_id": envelope["payload"]["trigger_id"], "view": view });
    let id = office.calls("views.open", BOT_TOKEN, open).await["view"]["id"].as_str().unwrap().to_owned();

    let offer = json!({ "options": [{ "text": plain("prod / S3Admin"), "value": "1/S3Admin" }] });
    let (loaded, asked) = tokio::join!(ada.loads_options(&id, "target", ""), bot.answers(offer));
    assert_eq!(loaded.unwrap()[0]["value"], "1/S3Admin");
    assert_eq!(
        (&asked["payload"]["type"], &asked["accepts_response_payload"]),
        (&json!("block_suggestion"), &json!(true))
    );

    let errors = json!({ "response_action": "errors", "errors": { "target": "Not yours" } });
    let fields = [("target", "1/S3Admin")];
    let (submitted, sent) = tokio::join!(ada.submits(&id, &fields), bot.answers(errors));
    let expected = [("target".to_owned(), "Not yours".to_owned())].into();
    assert_eq!(submitted.unwrap().outcome, Submission::Errors(expected));
    assert_eq!(
        (&sent["payload"]["type"], &sent["accepts_response_payload"]),
        (&json!("view_submission"), &json!(true))
    );

    let (closed, told) = tokio::join!(ada.closes_view(&id), bot.acknowledges());
    assert!(closed.unwrap().is_some_and(|ack| ack.is_ok()));
    assert_eq!(
        (&told["payload"]["type"], &told["accepts_response_payload"]),
        (&json!("view_closed"), &json!(false))
    );
}

#[tokio::test]
async fn an_event_is_told_again_until_it_is_heard() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    let ada = office.ada();
    let hears = async {
        tokio::time::pause();
        let ignored = [bot.hears().await, bot.hears().await];
        let heard = bot.hears().await;
        tokio::time::resume();
        bot.says(&json!({ "envelope_id": heard["envelope_id"] })).await;
        (ignored, heard)
    };
    let (attempts, ([first, second], third)) = tokio::join!(ada.opens_home(), hears);
    let attempts = attempts.unwrap();
    assert_eq!(attempts[..2], [Err(Failure::TimedOut), Err(Failure::TimedOut)]);
    assert!(attempts[2].as_ref().is_ok_and(Ack::is_ok) && attempts.len() == 3);

    for (number, (envelope, reason)) in
        [(&first, ""), (&second, "timeout"), (&third, "timeout")].into_iter().enumerate()
    {
        assert_eq!(envelope["type"], "events_api");
        assert_eq!(envelope["accepts_response_payload"], false);
        assert_eq!((&envelope["retry_attempt"], &envelope["retry_reason"]), (&json!(number), &json!(reason)));
        assert_eq!(envelope["payload"], first["payload"]);
    }
    assert_eq!(first["payload"]["event"]["type"], "app_home_opened");
    assert_ne!(first["envelope_id"], second["envelope_id"]);
}

#[tokio::test]
async fn each_envelope_goes_to_one_connection_and_to_each_in_its_turn() {
    let office = Office::open().await;
    let mut one = office.socket().await;
    let mut other = office.socket().await;
    for _ in 0..2 {
        let (acked, _) = tokio::join!(office.types(), one.acknowledges());
        assert!(acked.is_ok());
        let (acked, _) = tokio::join!(office.types(), other.acknowledges());
        assert!(acked.is_ok());
    }
}

#[tokio::test]
async fn without_a_connection_nothing_is_told() {
    let office = Office::open().await;
    let failure = office.types().await.unwrap_err();
    assert_eq!(failure, Failure::Unreachable("it has no connection open".to_owned()));
    assert!(failure.to_string().starts_with("dispatch_failed"));
}

#[tokio::test]
async fn a_connection_that_ends_takes_what_was_sent_on_it_along() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    let hangs_up = async {
        bot.hears().await;
        bot.0.close(None).await.unwrap();
        bot.ends().await;
    };
    let (typed, ()) = tokio::join!(office.types(), hangs_up);
    assert_eq!(typed, Err(Failure::Unreachable("the connection has ended".to_owned())));
}

#[tokio::test]
async fn an_acknowledgement_that_comes_late_is_too_late_and_no_fault() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    tokio::time::pause();
    assert_eq!(office.types().await, Err(Failure::TimedOut));
    tokio::time::resume();
    bot.acknowledges().await;
    let (typed, _) = tokio::join!(office.types(), bot.acknowledges());
    assert!(typed.is_ok());
}

#[tokio::test]
async fn what_is_no_acknowledgement_ends_the_connection_and_fails_what_waits_for_it() {
    let id = "ID";
    for (said, fault) in [
        (json!("ok"), "no acknowledgement"),
        (json!({}), "no acknowledgement: missing field `envelope_id`"),
        (json!({ "envelope_id": id, "ok": true }), "no acknowledgement: unknown field `ok`"),
        (json!({ "envelope_id": "E0OTHER" }), "an acknowledgement of an envelope that was not sent"),
        (json!({ "envelope_id": id, "payload": "Done" }), "a payload that is no object"),
        (json!({ format!("x{}", "ü".repeat(100)): 1 }), "no acknowledgement: unknown field `xüü"),
    ] {
        let office = Office::open().await;
        let mut bot = office.socket().await;
        let misbehaves = async {
            let envelope = bot.hears().await;
            let real = envelope["envelope_id"].as_str().unwrap();
            let said = said.to_string().replace(id, real);
            bot.0.send(Message::text(said)).await.unwrap();
            bot.ends().await.unwrap()
        };
        let (typed, end) = tokio::join!(office.types(), misbehaves);
        let Err(Failure::Unacceptable(why)) = typed else { panic!("{said}: {typed:?}") };
        assert!(why.starts_with(fault), "{said}: {why}");
        assert_eq!(end.code, CloseCode::Policy);
        assert!(why.starts_with(end.reason.as_str()) && end.reason.len() >= why.len().min(122), "{end}");
        assert_eq!(office.slack.open_sockets(), 0);
    }
}

#[tokio::test]
async fn an_envelope_is_acknowledged_once_and_where_it_came_from() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    let (_, envelope) = tokio::join!(office.types(), bot.acknowledges());
    let again = json!({ "envelope_id": envelope["envelope_id"] });
    bot.says(&again).await;
    assert_eq!(ends_for(&mut bot).await, "an acknowledgement of an envelope for the second time");

    let mut other = office.socket().await;
    other.says(&again).await;
    let fault = "an acknowledgement of an envelope that was not sent on this connection";
    assert_eq!(ends_for(&mut other).await, fault);

    let mut binary = office.socket().await;
    binary.0.send(Message::binary(again.to_string().into_bytes())).await.unwrap();
    assert_eq!(ends_for(&mut binary).await, "a frame that is no text");
}

async fn ends_for(bot: &mut Socket) -> String {
    bot.ends().await.unwrap().reason.to_string()
}
