use super::*;

#[tokio::test]
async fn a_message_reads_as_it_does_in_slack() {
    let slack = workspace().await;
    slack.update_person("U0BOB", |bob| bob.tz_offset = -18_000);
    let mut link = button("open", "Open console");
    link["url"] = json!("https://elevate.example");
    let blocks = json!([
        { "type": "header", "text": plain("Access request") },
        { "type": "section", "text": { "type": "mrkdwn", "text":
            "<@U0ADA> asks for *S3Admin* until <!date^1764003600^{date_short_pretty}, {time}|17:00 UTC>" } },
        { "type": "section", "fields": [{ "type": "mrkdwn", "text": "*Why*\nR&amp;D" }, plain("For 1h")] },
        { "type": "divider" },
        { "type": "context", "elements": [{ "type": "mrkdwn", "text": "<https://a.example|Policy>" }, plain("v2")] },
        { "type": "actions", "elements": [button("approve", "Approve"), link] },
    ]);
    slack.calls("chat.postMessage", json!({ "channel": "C0REVIEW", "text": "x", "blocks": blocks })).await;
    let message = &slack.messages("C0REVIEW")[0];
    let expected = "\
# Access request
@Ada Lovelace asks for *S3Admin* until today, 12:00 PM
  *Why* R&D
  For 1h
────────────────────────
· Policy  ·  v2
[ Approve ]  [ Open console ↗ ]";
    assert_eq!(render::message(message, &slack.viewer("U0BOB")), expected);

    let with_ids = render::Viewer { shows_action_ids: true, ..slack.viewer("U0BOB") };
    assert!(
        render::message(message, &with_ids).ends_with("[ Approve ] {approve}  [ Open console ↗ ] {open}")
    );
}

#[tokio::test]
async fn a_form_reads_with_its_labels_hints_and_options() {
    let slack = workspace().await;
    let expected = "\
=== Request access ===
Target:
  [  ▾ ]
For how long:
  [ 1h ▾ ]
  - 15m
  - 1h
Why (optional):
  [ A ticket, a reason… ]
  (The audit keeps it)
[ Send ]  [ Cancel ]";
    assert_eq!(render::view(&request_form(), &slack.viewer("U0ADA")), expected);
}

#[tokio::test]
async fn what_cannot_be_shown_is_an_error_and_never_a_blank() {
    let viewer = workspace().await.viewer("U0ADA");
    let strange = [json!({ "type": "video" }), json!({ "type": "header" })];
    let shown = render::blocks(&strange, &viewer);
    assert_eq!(shown, "!! cannot show this block: {\"type\":\"video\"}\n# !! cannot show this text: null");
}

#[tokio::test]
async fn rich_text_reads_line_by_line() {
    let viewer = workspace().await.viewer("U0ADA");
    let line = |run: Value| json!({ "type": "rich_text_section", "elements": [run] });
    let block = json!({ "type": "rich_text", "elements": [
        line(json!({ "type": "user", "user_id": "U0BOB" })),
        { "type": "rich_text_list", "style": "bullet", "elements": [
            line(json!({ "type": "text", "text": "one" })),
            line(json!({ "type": "link", "url": "https://a.example" })),
        ]},
    ]});
    assert_eq!(render::blocks(&[block], &viewer), "@Bob Babbage\n• one\n• https://a.example");
}

#[tokio::test]
async fn a_message_without_blocks_is_its_text() {
    let slack = workspace().await;
    slack.calls("chat.postMessage", json!({ "channel": "U0ADA", "text": "Hi <@U0ADA>" })).await;
    let message = &slack.direct_messages("U0ADA")[0];
    assert_eq!(render::message(message, &slack.viewer("U0ADA")), "Hi @Ada Lovelace");
}
