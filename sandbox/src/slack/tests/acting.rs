use super::*;

#[test]
fn the_signature_is_the_one_that_slack_documents() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
                channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
                response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F\
                96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    assert_eq!(
        signature(SECRET, 1_531_420_618, body),
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    );
}

#[tokio::test]
async fn a_command_arrives_signed_and_complete() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let line = "/elevate 111122223333/S3Admin 1h because";
    let ack = slack.person("U0ADA").types("C0REVIEW", line).await.unwrap();
    assert!(ack.is_ok());

    let sent = slack.last_sent().unwrap();
    let header = |name: &str| &sent.headers.iter().find(|(given, _)| given == name).unwrap().1;
    assert_eq!(header("X-Slack-Request-Timestamp"), "1764000000");
    assert_eq!(*header("X-Slack-Signature"), signature(SECRET, 1_764_000_000, &sent.body));
    let form = slack.last_form();
    assert_eq!(
        (form["command"].as_str(), form["text"].as_str()),
        ("/elevate", "111122223333/S3Admin 1h because")
    );
    assert_eq!((form["user_id"].as_str(), form["team_domain"].as_str()), ("U0ADA", "analytical-engines"));
    assert_eq!(form["is_enterprise_install"], "false");
    assert!(form["response_url"].starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn nobody_types_where_they_are_not() {
    let slack = workspace().await;
    let bot = Bot::of(&slack).await;
    bot.fails(500);
    let eve = slack.person("U0EVE");
    assert!(matches!(eve.types("C0REVIEW", "/elevate").await, Err(Failure::Impossible(_))));
    slack.update_channel("C0REVIEW", |channel| channel.members.extend(["U0EVE".to_owned()]));
    assert_eq!(eve.types("C0REVIEW", "/elevate").await.unwrap().status, 500);
    slack.update_person("U0EVE", |eve| eve.team_id = "T9".to_owned());
    assert!(matches!(eve.types("C0REVIEW", "/elevate").await, Err(Failure::Impossible(_))));
}

#[tokio::test]
async fn what_answers_a_command_at_once_is_shown() {
    let slack = workspace().await;
    let bot = Bot::of(&slack).await;
    let ada = slack.person("U0ADA");
    bot.answers(json!({ "text": "only for you" }));
    ada.types("C0REVIEW", "/elevate").await.unwrap();
    bot.answers(json!({ "text": "for all", "response_type": "in_channel" }));
    ada.types("C0REVIEW", "/elevate").await.unwrap();
    assert_eq!(slack.ephemerals("U0ADA")[0].text, "only for you");
    assert_eq!(slack.messages("C0REVIEW")[0].text, "for all");

    bot.answers(json!({ "text": "R&D" }));
    assert!(matches!(ada.types("C0REVIEW", "/elevate").await, Err(Failure::Unacceptable(_))));
}

#[tokio::test]
async fn a_press_tells_what_was_pressed_where_and_by_whom() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let card = slack.has_card().await;
    slack.person("U0BOB").presses(&card, "review.approve").await.unwrap();
    let payload = slack.last_payload();
    assert_eq!((&payload["type"], &payload["user"]["id"]), (&json!("block_actions"), &json!("U0BOB")));
    assert_eq!(payload["team"], json!({ "id": "T1", "domain": "analytical-engines" }));
    let container =
        json!({ "type": "message", "message_ts": card.ts, "channel_id": "C0REVIEW", "is_ephemeral": false });
    assert_eq!(payload["container"], container);
    assert_eq!(payload["message"]["blocks"], json!(card.blocks));
    let action = &payload["actions"][0];
    assert_eq!((&action["action_id"], &action["block_id"]), (&json!("review.approve"), &json!("answer")));
    assert_eq!((&action["value"], &action["text"]["text"]), (&json!("r1"), &json!("Approve")));
}

#[tokio::test]
async fn nobody_presses_what_they_do_not_see() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let card = slack.has_card().await;
    let mut whisper = super::card("C0REVIEW");
    whisper["user"] = json!("U0ADA");
    slack.calls("chat.postEphemeral", whisper).await;
    let ephemeral = slack.ephemerals("U0ADA").pop().unwrap();
    let refused = async |user: &str, place: Place, action_id: &str| {
        matches!(slack.person(user).presses(place, action_id).await, Err(Failure::Impossible(_)))
    };

    assert!(refused("U0BOB", (&card).into(), "review.undo").await, "there is no such button");
    assert!(refused("U0EVE", (&card).into(), "review.approve").await, "she is not in the channel");
    assert!(refused("U0BOB", (&ephemeral).into(), "review.approve").await, "it is somebody else's");
    assert!(refused("U0BOT", (&card).into(), "review.approve").await, "a bot presses nothing");
    slack.person("U0ADA").presses(&ephemeral, "review.approve").await.unwrap();
    assert_eq!(slack.last_payload().get("message"), None);
    assert_eq!(slack.last_payload()["container"]["is_ephemeral"], true);
    slack.reload("U0ADA");
    assert!(refused("U0ADA", (&ephemeral).into(), "review.approve").await, "it is gone");
}

#[tokio::test]
async fn a_button_with_a_link_tells_the_bot_and_opens_the_link() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let mut link = button("person.link", "Sign in");
    link["url"] = json!("https://elevate.example/link/1");
    let blocks = json!([{ "type": "actions", "elements": [link] }]);
    slack.calls("chat.postMessage", json!({ "channel": "U0ADA", "text": "Sign in", "blocks": blocks })).await;
    let message = slack.direct_messages("U0ADA").pop().unwrap();
    let pressed = slack.person("U0ADA").presses(&message, "person.link").await.unwrap();
    assert_eq!(pressed.url.as_deref(), Some("https://elevate.example/link/1"));
    assert_eq!(slack.last_payload()["channel"]["name"], "directmessage");
}

#[tokio::test]
async fn a_menu_in_a_message_sends_what_was_chosen() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let menu =
        json!({ "type": "overflow", "action_id": "more", "options": [option("end"), option("extend")] });
    let blocks = json!([{ "type": "section", "text": plain("Yours"), "accessory": menu }]);
    slack.calls("chat.postMessage", json!({ "channel": "U0ADA", "text": "Yours", "blocks": blocks })).await;
    let message = slack.direct_messages("U0ADA").pop().unwrap();
    let ada = slack.person("U0ADA");
    ada.chooses(&message, "more", "extend").await.unwrap();
    assert_eq!(slack.last_payload()["actions"][0]["selected_option"], option("extend"));
    assert!(matches!(ada.chooses(&message, "more", "else").await, Err(Failure::Impossible(_))));
    assert!(matches!(ada.presses(&message, "more").await, Err(Failure::Impossible(_))));
}

#[tokio::test]
async fn a_form_sends_what_was_filled_in_and_closes() {
    let slack = workspace().await;
    let bot = Bot::of(&slack).await;
    let view = slack.shows("U0ADA", request_form()).await;
    let ada = slack.person("U0ADA");
    bot.answers(json!({ "options": [option("1/Admin"), option("2/Reader")] }));
    assert_eq!(ada.loads_options(&view.id, "target", "").await.unwrap().len(), 2);
    assert_eq!(slack.last_payload()["type"], "block_suggestion");

    bot.answers(json!({}));
    let submitted =
        ada.submits(&view.id, &[("target", "2/Reader"), ("justification", "because")]).await.unwrap();
    assert_eq!(submitted.outcome, Submission::Closed);
    let sent = slack.last_payload()["view"].clone();
    assert_eq!(
        sent["state"]["values"],
        json!({
            "target": { "target": { "type": "external_select", "selected_option": option("2/Reader") } },
            "duration": { "duration": { "type": "static_select", "selected_option": option("1h") } },
            "justification": { "justification": { "type": "plain_text_input", "value": "because" } },
        })
    );
    assert_eq!((&sent["callback_id"], &sent["private_metadata"]), (&json!("request.submit"), &json!("m")));
    assert!(slack.open_views("U0ADA").is_empty());
}

#[tokio::test]
async fn a_form_takes_only_what_slacks_client_lets_through() {
    let slack = workspace().await;
    let bot = Bot::of(&slack).await;
    let view = slack.shows("U0ADA", request_form()).await;
    let ada = slack.person("U0ADA");
    bot.answers(json!({ "options": [option("1/Admin")] }));
    ada.loads_options(&view.id, "target", "adm").await.unwrap();
    let tries: [&[(&str, &str)]; 6] = [
        &[],
        &[("target", "9/Other")],
        &[("target", "1/Admin"), ("duration", "2h")],
        &[("target", "1/Admin"), ("justification", "no")],
        &[("target", "1/Admin"), ("justification", "much too long")],
        &[("target", "1/Admin"), ("colour", "red")],
    ];
    for fields in tries {
        let refused = ada.submits(&view.id, fields).await;
        assert!(matches!(refused, Err(Failure::Impossible(_))), "{fields:?}: {refused:?}");
    }
    let others = slack.person("U0BOB").submits(&view.id, &[("target", "1/Admin")]).await;
    assert!(matches!(others, Err(Failure::Impossible(_))));
}

#[tokio::test]
async fn the_answer_to_a_form_says_what_becomes_of_it() {
    let slack = workspace().await;
    let bot = Bot::of(&slack).await;
    let ada = slack.person("U0ADA");
    let simple = json!({ "type": "modal", "title": plain("Why"), "submit": plain("Send"), "blocks": [
        { "type": "input", "block_id": "reason", "label": plain("Why"), "element":
            { "type": "plain_text_input", "action_id": "reason" } },
    ]});
    let view = slack.shows("U0ADA", simple.clone()).await;
    let submit =
        async |id: &str| ada.submits(id, &[("reason", "x")]).await.map(|submitted| submitted.outcome);

    bot.fails(503);
    assert_eq!(submit(&view.id).await, Ok(Submission::Trouble));
    bot.answers(json!({ "response_action": "errors", "errors": { "reason": "Too short" } }));
    let errors = BTreeMap::from([("reason".to_owned(), "Too short".to_owned())]);
    assert_eq!(submit(&view.id).await, Ok(Submission::Errors(errors)));
    bot.answers(json!({ "response_action": "errors", "errors": { "target": "No such field" } }));
    assert!(matches!(submit(&view.id).await, Err(Failure::Unacceptable(_))));
    bot.answers(json!({ "response_action": "update", "view": simple }));
    let Ok(Submission::Updated(updated)) = submit(&view.id).await else { panic!("it is not updated") };
    assert!(updated.id == view.id && updated.hash != view.hash);

    bot.answers(json!({ "response_action": "push", "view": simple }));
    let Ok(Submission::Pushed(second)) = submit(&view.id).await else { panic!("nothing is pushed") };
    let Ok(Submission::Pushed(third)) = submit(&second.id).await else { panic!("nothing is pushed") };
    assert!(matches!(submit(&third.id).await, Err(Failure::Unacceptable(_))), "three lie there already");
    assert!(matches!(submit(&second.id).await, Err(Failure::Impossible(_))), "it is covered");
    bot.answers(json!({}));
    assert_eq!(submit(&third.id).await, Ok(Submission::Closed));
    assert_eq!(slack.open_views("U0ADA").len(), 2);
    bot.answers(json!({ "response_action": "clear" }));
    assert_eq!(submit(&second.id).await, Ok(Submission::Cleared));
    assert!(slack.open_views("U0ADA").is_empty());
}

#[tokio::test]
async fn a_closed_form_is_told_only_where_the_bot_asked_for_it() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let ada = slack.person("U0ADA");
    let view = slack.shows("U0ADA", request_form()).await;
    assert!(ada.closes_view(&view.id).await.unwrap().is_some());
    assert_eq!(slack.last_payload()["type"], "view_closed");
    let mut quiet = request_form();
    quiet["notify_on_close"] = json!(false);
    let view = slack.shows("U0ADA", quiet).await;
    assert_eq!(ada.closes_view(&view.id).await, Ok(None));
    assert!(slack.open_views("U0ADA").is_empty());
}

#[tokio::test]
async fn a_home_tab_can_be_pressed() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let blocks = json!([{ "type": "actions", "elements": [button("person.unlink", "Unlink")] }]);
    let home = json!({ "user_id": "U0ADA", "view": { "type": "home", "blocks": blocks } });
    slack.calls("views.publish", home).await;
    let home = slack.home("U0ADA").unwrap();
    slack.person("U0ADA").presses_in_view(&home.id, "person.unlink").await.unwrap();
    assert_eq!(slack.last_payload()["container"], json!({ "type": "view", "view_id": home.id }));
    assert_eq!(slack.last_payload().get("response_url"), None);
    let others = slack.person("U0BOB").presses_in_view(&home.id, "person.unlink").await;
    assert!(matches!(others, Err(Failure::Impossible(_))));
}

#[tokio::test]
async fn an_organisation_wide_app_is_told_no_team() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let card = slack.has_card().await;
    let bob = slack.person("U0BOB").on_enterprise_grid("E1");
    bob.presses(&card, "review.approve").await.unwrap();
    let payload = slack.last_payload();
    assert_eq!((&payload["team"], &payload["user"]["team_id"]), (&Value::Null, &json!("T1")));
    assert_eq!(
        (&payload["enterprise"]["id"], &payload["is_enterprise_install"]),
        (&json!("E1"), &json!(true))
    );
    bob.types("C0REVIEW", "/elevate").await.unwrap();
    assert_eq!(slack.last_form()["enterprise_id"], "E1");

    slack.person("U0BOB").claiming_team("T9").presses(&card, "review.approve").await.unwrap();
    assert_eq!(slack.last_payload()["team"]["id"], "T9");
}

#[tokio::test]
async fn a_request_can_be_forged_and_repeated_to_the_byte() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let headers = [("x-slack-signature", "v0=00")];
    slack.send_signed("/slack/commands", "a=1", &headers).await.unwrap();
    let sent = slack.last_sent().unwrap();
    assert_eq!(
        sent.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-slack-signature")).count(),
        1
    );

    let stale = slack.signed_at("/slack/commands", "a=1", DateTime::from_timestamp(5, 0).unwrap());
    assert!(stale.headers.iter().any(|(_, value)| *value == signature(SECRET, 5, "a=1")));
    slack.send(&stale).await.unwrap();
    assert_eq!(slack.last_sent(), Some(stale));
}

#[tokio::test]
async fn an_event_is_repeated_three_times_until_it_is_heard() {
    let slack = workspace().await;
    let bot = Bot::of(&slack).await;
    slack.verifies_events_url().await.unwrap();
    let ada = slack.person("U0ADA");
    assert_eq!(ada.opens_home().await.unwrap().len(), 1);
    bot.fails(503);
    assert_eq!(ada.opens_home().await.unwrap().len(), 4);
    let headers = slack.last_sent().unwrap().headers;
    let retry = |name: &str, value: &str| headers.contains(&(name.to_owned(), value.to_owned()));
    assert!(retry("X-Slack-Retry-Num", "3") && retry("X-Slack-Retry-Reason", "http_error"));
}

#[tokio::test]
async fn nobody_waits_longer_than_three_seconds() {
    let slack = workspace().await;
    let (listener, address) = http::listen(0).await.unwrap();
    slack.install(&format!("http://{address}"));
    let waited = slack.person("U0ADA").types("C0REVIEW", "/elevate").await;
    assert_eq!(waited, Err(Failure::TimedOut));
    drop(listener);
    let unheard = slack.person("U0ADA").types("C0REVIEW", "/elevate").await;
    assert!(matches!(unheard, Err(Failure::Unreachable(_))));
}
