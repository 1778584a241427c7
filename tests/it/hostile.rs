//! Hostile text: whatever people call themselves or write, it says nothing for the app and hides nothing.

mod payloads;

use sandbox::example_corp::{ADA, AUDIT_CHANNEL, BOB, REVIEW_CHANNEL};

use crate::world::{Story, play};

/// Markup that would call everybody, name somebody else, imitate a link, forge a second line, break out of a
/// quotation or of a page, turn the text around and hide a part of it.
const HOSTILE: &str = "<!channel> <@U0CAROL> <https://evil.example|Approve> & *Approved* `code` <script>alert(1)</script> “ \u{202e}evil\u{202c} in\u{200b}visible";

/// What nobody may get to see as it was written.
const ACTIVE: [&str; 6] =
    ["<!channel>", "<@U0CAROL>", "<https://evil.example", "<script>", "\u{202e}", "\u{200b}"];

#[tokio::test]
async fn what_people_write_reaches_everybody_as_text() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        ada.types("/elevate").await;
        let fields = [("target", "111122223333/S3Admin"), ("duration", "1h"), ("justification", HOSTILE)];
        ada.submits(&fields).await;
        bob.presses("review.reject").await;
        bob.submits(&[("reason", HOSTILE)]).await;
        ada.types(&format!("/elevate 444455556666/ReadOnly 1h {HOSTILE}")).await;
        ada.types(&format!("/elevate {HOSTILE}")).await;
        ada.types(&format!("/elevate 444455556666/ReadOnly {HOSTILE}")).await;
        ada.types("/elevate status").await;

        let slack = &world.company.slack;
        let messages =
            [REVIEW_CHANNEL, AUDIT_CHANNEL, &slack.direct_channel(ADA.slack)].map(|at| slack.messages(at));
        let said =
            messages.concat().iter().map(|message| (message.text.clone(), message.blocks.clone())).collect();
        let whispered = slack.ephemerals(ADA.slack).into_iter().map(|whisper| (whisper.text, whisper.blocks));
        let all: Vec<(String, Vec<serde_json::Value>)> = [said, whispered.collect::<Vec<_>>()].concat();
        assert!(all.len() > 8, "{}", all.len());
        for (text, blocks) in all {
            let everything = format!("{text} {}", markup(&blocks.into()).join(" "));
            for active in ACTIVE {
                assert!(!everything.contains(active), "{active} in {everything}");
            }
        }
        assert!(world.card().contains("⟨U+202E⟩evil⟨U+202C⟩ in⟨U+200B⟩visible"), "it is shown");
        world.everybody_catches_up();
    })
    .await;
}

/// The texts in which Slack looks for markup.
fn markup(value: &serde_json::Value) -> Vec<String> {
    if value["type"] == "mrkdwn" {
        return vec![value["text"].as_str().unwrap().to_owned()];
    }
    let fields = value.as_object().into_iter().flat_map(|fields| fields.values());
    let items = value.as_array().into_iter().flatten();
    fields.chain(items).flat_map(markup).collect()
}

#[tokio::test]
async fn what_people_call_themselves_is_text_on_our_pages() {
    play(Story::start(), async |world| {
        world.company.slack.update_person(ADA.slack, |ada| {
            ada.real_name = HOSTILE.into();
            ada.name = HOSTILE.into();
        });
        let ada = world.ada();
        let page = ada.browser.open(&ada.asks_to_link().await).await.unwrap();
        assert_eq!(page.status, 200);
        for active in ["<script>", "\u{202e}", "\u{200b}"] {
            assert!(!page.body.contains(active), "{active} in {}", page.body);
        }
        assert!(
            page.text().contains("<script>alert(1)</script>"),
            "she sees what she is called: {}",
            page.text()
        );
        assert!(page.text().contains("⟨U+202E⟩evil"), "{}", page.text());
    })
    .await;
}
