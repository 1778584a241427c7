use chrono::TimeDelta;

use super::*;
use crate::http::Fault;

#[tokio::test]
async fn only_the_bots_token_opens_the_api() {
    let slack = workspace().await;
    let url = format!("{}/auth.test", slack.api_url());
    let error = async |request: reqwest::RequestBuilder| {
        request.send().await.unwrap().json::<Value>().await.unwrap()["error"].clone()
    };
    assert_eq!(error(slack.0.client.get(&url)).await, "not_authed");
    assert_eq!(error(slack.0.client.get(&url).bearer_auth("xoxb-other")).await, "invalid_auth");
    assert_eq!(error(slack.0.client.get(&url).bearer_auth("xoxb-test")).await, Value::Null);
    assert_eq!(slack.refuses("auth.testify", json!({})).await, "unknown_method");
}

#[tokio::test]
async fn queries_forms_and_json_are_read_alike() {
    let slack = workspace().await;
    let url = format!("{}/conversations.info", slack.api_url());
    let arguments = [("channel", "C0REVIEW"), ("include_num_members", "true")];
    let client = &slack.0.client;
    let by_json = json!({ "channel": "C0REVIEW", "include_num_members": true });
    for request in [
        client.get(format!("{url}?channel=C0REVIEW&include_num_members=true")),
        client.post(&url).form(&arguments),
        client.post(&url).json(&by_json),
    ] {
        let answer: Value = request.bearer_auth("xoxb-test").send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["channel"]["num_members"], 3, "{answer}");
        assert_eq!(answer["channel"]["is_member"], true);
        assert_eq!(answer["channel"]["is_ext_shared"], false);
    }
}

#[tokio::test]
async fn an_argument_too_many_or_too_few_is_named() {
    let slack = workspace().await;
    let answer = slack.calls("chat.postMessage", json!({ "chanel": "C0REVIEW", "text": "hi" })).await;
    assert_eq!(answer["error"], "invalid_arguments");
    assert_eq!(
        answer["response_metadata"]["messages"],
        json!(["[ERROR] missing required field: channel", "[ERROR] unsupported argument: chanel"])
    );
}

#[tokio::test]
async fn a_user_is_shown_as_slack_shows_them() {
    let slack = workspace().await;
    slack.update_person("U0BOB", |bob| bob.is_restricted = true);
    let user = slack.calls("users.info", json!({ "user": "U0BOB" })).await["user"].clone();
    assert_eq!(user["profile"]["email"], "u0bob@example.com");
    assert_eq!(user["profile"]["fields"], json!([]));
    assert_eq!((&user["is_restricted"], &user["is_email_confirmed"]), (&json!(true), &json!(true)));

    slack.update_person("U0BOB", |bob| bob.deleted = true);
    let user = slack.calls("users.info", json!({ "user": "U0BOB" })).await["user"].clone();
    assert_eq!((&user["deleted"], user.get("is_restricted")), (&json!(true), None));
    assert_eq!(slack.refuses("users.info", json!({ "user": "U9" })).await, "user_not_found");
}

#[tokio::test]
async fn somebody_who_shares_a_channel_is_no_stranger() {
    let slack = workspace().await;
    slack.update_person("U0BOB", |bob| bob.team_id = "T9".to_owned());
    slack.update_person("U0EVE", |eve| eve.team_id = "T9".to_owned());
    let is_stranger =
        async |user| slack.calls("users.info", json!({ "user": user })).await["user"]["is_stranger"].clone();
    assert_eq!(is_stranger("U0BOB").await, false);
    assert_eq!(is_stranger("U0EVE").await, true);
    assert_eq!(is_stranger("U0ADA").await, Value::Null);
}

#[tokio::test]
async fn the_bot_posts_only_where_it_is() {
    let slack = workspace().await;
    let post = |channel: &str| json!({ "channel": channel, "text": "hi" });
    assert_eq!(slack.refuses("chat.postMessage", post("C0OPEN")).await, "not_in_channel");
    assert_eq!(slack.refuses("chat.postMessage", post("C0SECRET")).await, "channel_not_found");
    assert_eq!(slack.refuses("chat.postMessage", post("#c0review")).await, "channel_not_found");
    assert_eq!(slack.refuses("chat.postMessage", json!({ "channel": "C0REVIEW" })).await, "no_text");
    slack.update_channel("C0REVIEW", |channel| channel.is_archived = true);
    assert_eq!(slack.refuses("chat.postMessage", post("C0REVIEW")).await, "is_archived");
}

#[tokio::test]
async fn timestamps_are_unique_while_the_clock_stands_and_when_it_goes_back() {
    let slack = workspace().await;
    let first = slack.has_card().await;
    let second = slack.has_card().await;
    slack.0.config.clock.advance(TimeDelta::hours(-1));
    let third = slack.has_card().await;
    assert_eq!(first.ts, "1764000000.000100");
    assert!(first.ts < second.ts && second.ts < third.ts);
}

#[tokio::test]
async fn a_user_id_opens_the_direct_messages() {
    let slack = workspace().await;
    let posted = slack.calls("chat.postMessage", json!({ "channel": "U0ADA", "text": "hi" })).await;
    assert_eq!(slack.direct_messages("U0ADA")[0].channel, posted["channel"]);
    for users in [json!("U0ADA"), json!(["U0ADA"])] {
        let opened = slack.calls("conversations.open", json!({ "users": users })).await;
        assert_eq!(opened["channel"]["id"], posted["channel"]);
        assert_eq!(opened["already_open"], true);
    }
    slack.update_person("U0BOB", |bob| bob.deleted = true);
    assert_eq!(slack.refuses("conversations.open", json!({ "users": "U0BOB" })).await, "user_disabled");
    assert_eq!(slack.refuses("conversations.open", json!({ "users": "U0BOT" })).await, "cannot_dm_bot");
}

#[tokio::test]
async fn the_bot_edits_its_own_messages_only() {
    let slack = workspace().await;
    let card = slack.has_card().await;
    let update = |ts: &str| json!({ "channel": "C0REVIEW", "ts": ts, "text": "Approved", "blocks": [] });
    let said = slack.person("U0ADA").says("C0REVIEW", "hello").unwrap();
    assert_eq!(slack.refuses("chat.update", update(&said.ts)).await, "cant_update_message");
    assert_eq!(slack.refuses("chat.update", update("1.2")).await, "message_not_found");

    assert_eq!(slack.calls("chat.update", update(&card.ts)).await["ok"], true);
    let edited = &slack.messages("C0REVIEW")[0];
    assert_eq!((edited.text.as_str(), edited.blocks.len(), edited.edits), ("Approved", 0, 1));
    assert_eq!((edited.key(), edited.edited), (card.key(), Some(slack.0.config.clock.now())));
}

#[tokio::test]
async fn an_edit_must_say_what_becomes_of_the_blocks() {
    let slack = workspace().await;
    let card = slack.has_card().await;
    let update = json!({ "channel": "C0REVIEW", "ts": card.ts, "text": "Approved" });
    assert_eq!(slack.refuses("chat.update", update).await, "invalid_arguments");
}

#[tokio::test]
async fn an_ephemeral_reaches_one_member_until_they_reload() {
    let slack = workspace().await;
    let whisper = |channel: &str, user: &str| json!({ "channel": channel, "user": user, "text": "psst" });
    assert_eq!(slack.refuses("chat.postEphemeral", whisper("U0ADA", "U0ADA")).await, "channel_not_found");
    assert_eq!(
        slack.refuses("chat.postEphemeral", whisper("C0REVIEW", "U0EVE")).await,
        "user_not_in_channel"
    );

    let answer = slack.calls("chat.postEphemeral", whisper("C0REVIEW", "U0ADA")).await;
    let update = json!({ "channel": "C0REVIEW", "ts": answer["message_ts"], "text": "louder" });
    assert_eq!(slack.refuses("chat.update", update).await, "message_not_found");
    assert_eq!((slack.ephemerals("U0ADA").len(), slack.ephemerals("U0BOB").len()), (1, 0));
    assert!(slack.messages("C0REVIEW").is_empty());

    slack.reload("U0ADA");
    assert!(slack.ephemerals("U0ADA").is_empty());
}

#[tokio::test]
async fn a_refused_message_says_where_its_faults_are() {
    let slack = workspace().await;
    let blocks = json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "" } }]);
    let answer = slack
        .calls("chat.postMessage", json!({ "channel": "C0REVIEW", "text": "hi", "blocks": blocks }))
        .await;
    assert_eq!(answer["error"], "invalid_blocks");
    assert_eq!(
        answer["response_metadata"]["messages"],
        json!(["[ERROR] must have at least 1 characters [json-pointer:/blocks/0/text/text]"])
    );
    let long = json!({ "channel": "C0REVIEW", "text": "x".repeat(4_001) });
    assert_eq!(slack.refuses("chat.postMessage", long).await, "msg_too_long");
}

#[tokio::test]
async fn a_history_comes_in_pages_and_with_metadata_only_when_asked() {
    let slack = workspace().await;
    let metadata = json!({ "event_type": "card", "event_payload": { "request": "r1" } });
    for text in ["one", "two", "three"] {
        let post = json!({ "channel": "C0REVIEW", "text": text, "metadata": metadata });
        assert_eq!(slack.calls("chat.postMessage", post).await["message"]["metadata"], metadata);
    }
    let page = slack.calls("conversations.history", json!({ "channel": "C0REVIEW", "limit": 2 })).await;
    let texts = |page: &Value| {
        page["messages"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((texts(&page), &page["has_more"]), (vec![json!("three"), json!("two")], &json!(true)));
    assert_eq!(page["messages"][0].get("metadata"), None);

    let cursor = &page["response_metadata"]["next_cursor"];
    let rest = json!({ "channel": "C0REVIEW", "cursor": cursor, "include_all_metadata": true });
    let rest = slack.calls("conversations.history", rest).await;
    assert_eq!((texts(&rest), &rest["has_more"]), (vec![json!("one")], &json!(false)));
    assert_eq!(rest["messages"][0]["metadata"], metadata);

    let nested = json!({ "event_type": "card", "event_payload": { "request": { "id": "r1" } } });
    let post = json!({ "channel": "C0REVIEW", "text": "four", "metadata": nested });
    assert_eq!(slack.refuses("chat.postMessage", post).await, "invalid_metadata_format");
}

#[tokio::test]
async fn a_reply_stands_in_its_thread() {
    let slack = workspace().await;
    let card = slack.has_card().await;
    let reply = |ts: &str| json!({ "channel": "C0REVIEW", "text": "still open", "thread_ts": ts });
    assert_eq!(slack.refuses("chat.postMessage", reply("1.2")).await, "thread_not_found");
    slack.calls("chat.postMessage", reply(&card.ts)).await;
    assert_eq!(slack.messages("C0REVIEW")[1].thread_ts.as_ref(), Some(&card.ts));
    let history = slack.calls("conversations.history", json!({ "channel": "C0REVIEW" })).await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_has_a_permalink() {
    let slack = workspace().await;
    let card = slack.has_card().await;
    let link =
        slack.calls("chat.getPermalink", json!({ "channel": "C0REVIEW", "message_ts": card.ts })).await;
    assert_eq!(link["permalink"], "https://analytical-engines.slack.com/archives/C0REVIEW/p1764000000000100");
}

#[tokio::test]
async fn a_fault_hits_the_method_it_is_meant_for() {
    let slack = workspace().await;
    slack.control().fail_next("chat.postMessage", Fault::RateLimited(30));
    let post = |text| {
        let request = slack.0.client.post(format!("{}/chat.postMessage", slack.api_url()));
        request.bearer_auth("xoxb-test").json(&json!({ "channel": "C0REVIEW", "text": text })).send()
    };
    let limited = post("one").await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "30"));
    assert_eq!(limited.json::<Value>().await.unwrap(), json!({ "ok": false, "error": "ratelimited" }));
    assert!(slack.messages("C0REVIEW").is_empty());

    slack.control().fail_next("chat.postMessage", Fault::AnswerLost);
    let lost = async { post("two").await?.bytes().await };
    assert!(lost.await.is_err());
    assert_eq!(slack.messages("C0REVIEW").len(), 1);
}
