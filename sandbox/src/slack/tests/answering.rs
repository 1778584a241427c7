use chrono::TimeDelta;

use super::*;

#[tokio::test]
async fn a_trigger_opens_one_modal_within_three_seconds() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let ada = slack.person("U0ADA");
    let open = |trigger: &str| json!({ "trigger_id": trigger, "view": request_form() });
    assert_eq!(slack.refuses("views.open", open("1.2.3")).await, "invalid_trigger_id");

    ada.types("C0REVIEW", "/elevate").await.unwrap();
    let trigger = slack.last_form()["trigger_id"].clone();
    slack.0.config.clock.advance(TimeDelta::milliseconds(3_000));
    assert_eq!(slack.calls("views.open", open(&trigger)).await["ok"], true);
    assert_eq!(slack.refuses("views.open", open(&trigger)).await, "exchanged_trigger_id");

    ada.types("C0REVIEW", "/elevate").await.unwrap();
    let trigger = slack.last_form()["trigger_id"].clone();
    slack.0.config.clock.advance(TimeDelta::milliseconds(3_001));
    assert_eq!(slack.refuses("views.open", open(&trigger)).await, "expired_trigger_id");
    assert_eq!(slack.open_views("U0ADA").len(), 1);
}

#[tokio::test]
async fn a_view_is_updated_only_from_what_it_is() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let view = slack.shows("U0ADA", request_form()).await;
    let update = |hash: &str| json!({ "view_id": view.id, "hash": hash, "view": request_form() });
    let updated = slack.calls("views.update", update(&view.hash)).await;
    assert_eq!(updated["view"]["id"], json!(view.id));
    assert_eq!(slack.refuses("views.update", update(&view.hash)).await, "hash_conflict");
    slack.reload("U0ADA");
    assert_eq!(slack.refuses("views.update", update("")).await, "not_found");
}

#[tokio::test]
async fn a_home_tab_is_published_for_one_person() {
    let slack = workspace().await;
    let home = json!({ "type": "home", "blocks": [{ "type": "divider" }] });
    let publish = |user: &str, view: &Value| json!({ "user_id": user, "view": view });
    let first = slack.calls("views.publish", publish("U0ADA", &home)).await;
    let second = slack.calls("views.publish", publish("U0ADA", &home)).await;
    assert_eq!(first["view"]["id"], second["view"]["id"]);
    assert!(slack.home("U0ADA").is_some() && slack.home("U0BOB").is_none());
    assert_eq!(slack.refuses("views.publish", publish("U0ADA", &request_form())).await, "invalid_arguments");
    assert_eq!(slack.refuses("views.publish", publish("U0BOT", &home)).await, "invalid_arguments");
}

#[tokio::test]
async fn a_response_url_works_five_times_within_half_an_hour() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let ada = slack.person("U0ADA");
    ada.types("C0REVIEW", "/elevate").await.unwrap();
    let url = slack.last_form()["response_url"].clone();
    let respond = async |url: &str, body: Value| {
        let response = slack.0.client.post(url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["error"].clone())
    };
    assert_eq!(respond(&url, json!({ "text": "a", "response_type": "in_channel" })).await.0, 200);
    assert_eq!(respond(&url, json!({ "txt": "b" })).await, (404, json!("invalid_payload")));
    for _ in 0..3 {
        assert_eq!(respond(&url, json!({ "text": "c" })).await.0, 200);
    }
    assert_eq!(respond(&url, json!({ "text": "d" })).await, (404, json!("used_url")));
    assert_eq!((slack.messages("C0REVIEW").len(), slack.ephemerals("U0ADA").len()), (1, 3));

    ada.types("C0REVIEW", "/elevate").await.unwrap();
    let url = slack.last_form()["response_url"].clone();
    slack.0.config.clock.advance(TimeDelta::minutes(31));
    assert_eq!(respond(&url, json!({ "text": "e" })).await, (404, json!("expired_url")));
    assert_eq!(slack.control().calls().iter().filter(|call| *call == "response_url").count(), 7);
}

#[tokio::test]
async fn a_response_url_changes_what_was_pressed() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let card = slack.has_card().await;
    let mut whisper = super::card("C0REVIEW");
    whisper["user"] = json!("U0ADA");
    slack.calls("chat.postEphemeral", whisper).await;
    let ephemeral = slack.ephemerals("U0ADA").pop().unwrap();

    for place in [Place::from(&card), Place::from(&ephemeral)] {
        slack.person("U0ADA").presses(place, "review.approve").await.unwrap();
        let url = slack.last_payload()["response_url"].as_str().unwrap().to_owned();
        let body = json!({ "text": "Approved", "replace_original": true });
        slack.0.client.post(&url).json(&body).send().await.unwrap();
    }
    let (card_now, ephemeral_now) = (&slack.messages("C0REVIEW")[0], &slack.ephemerals("U0ADA")[0]);
    assert_eq!((card_now.text.as_str(), card_now.edits), ("Approved", 1));
    assert_eq!((ephemeral_now.text.as_str(), ephemeral_now.edits), ("Approved", 1));
    assert_eq!(ephemeral_now.key(), ephemeral.key());
}
