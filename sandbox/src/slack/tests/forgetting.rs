use chrono::TimeDelta;

use super::*;

#[tokio::test]
async fn what_was_said_before_a_moment_is_forgotten_and_what_was_said_since_is_kept() {
    let slack = workspace().await;
    let clock = slack.0.config.clock.clone();
    let old = slack.has_card().await;
    let whisper = json!({ "channel": "C0REVIEW", "user": "U0ADA", "text": "psst" });
    slack.calls("chat.postEphemeral", whisper.clone()).await;
    clock.advance(TimeDelta::seconds(1));
    let moment = clock.now();
    let kept = slack.has_card().await;
    slack.calls("chat.postEphemeral", whisper).await;

    slack.forget_before(moment);
    assert_eq!(slack.messages("C0REVIEW"), [kept]);
    assert_eq!(slack.ephemerals("U0ADA").len(), 1);
    assert_eq!(slack.emitted(), Emitted::default());
    let update = json!({ "channel": "C0REVIEW", "ts": old.ts, "text": "still here?" });
    assert_eq!(slack.refuses("chat.update", update).await, "message_not_found");
}

#[tokio::test]
async fn what_was_handed_out_to_act_on_is_forgotten_too() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    let handed_out = async || {
        slack.person("U0ADA").types("C0REVIEW", "/elevate").await.unwrap();
        let form = slack.last_form();
        (form["trigger_id"].clone(), form["response_url"].clone())
    };
    let (old_trigger, old_url) = handed_out().await;
    slack.0.config.clock.advance(TimeDelta::milliseconds(1));
    let moment = slack.0.config.clock.now();
    let (trigger, url) = handed_out().await;

    slack.forget_before(moment);
    let open = |trigger: &str| json!({ "trigger_id": trigger, "view": request_form() });
    assert_eq!(slack.refuses("views.open", open(&old_trigger)).await, "invalid_trigger_id");
    assert_eq!(slack.calls("views.open", open(&trigger)).await["ok"], true);
    let answer = async |url: &str| {
        let answer = slack.0.client.post(url).json(&json!({ "text": "hi" })).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    assert_eq!(answer(&old_url).await["error"], "invalid_url");
    assert_eq!(answer(&url).await["ok"], true);
}

#[tokio::test]
async fn every_secret_is_on_the_list_until_it_is_forgotten() {
    let slack = workspace().await;
    Bot::of(&slack).await;
    slack.person("U0ADA").types("C0REVIEW", "/elevate").await.unwrap();
    let response_url = slack.last_form()["response_url"].clone();
    let signature = slack.last_sent().unwrap().headers.pop().unwrap().1;
    let url = slack.workspace().issue_socket_url();
    let (_, ticket) = url.split_once("ticket=").unwrap();
    let ticket = ticket.split('&').next().unwrap();
    let secrets = slack.secrets_issued();
    for secret in
        ["xoxb-test", "xapp-test", SECRET, response_url.rsplit('/').next().unwrap(), &signature, ticket]
    {
        assert!(secrets.contains(&secret.to_owned()), "{secret}");
    }
    slack.forget_before(slack.0.config.clock.now());
    assert_eq!(slack.secrets_issued(), ["xoxb-test", "xapp-test", SECRET]);
}
