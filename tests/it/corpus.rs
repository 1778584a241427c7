//! The corpus: what Slack may send, of every kind and from every kind of installation, and what comes of it.
//!
//! There is one template for each kind of delivery, written from Slack's documentation, with what the product makes
//! of it: `commands.json`, `interactions.json` and `events.json`. Each is sent from three kinds of installation, whose
//! envelopes are in `envelopes.json`. What is odd about a delivery itself, wherever it comes from, is in
//! `peculiar.json`; what several templates have in common in `shared.json`.

mod listener;
mod template;

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use self::{
    listener::listening,
    template::{Corpus, Installation, Template},
};

/// What there is of each installation.
const KINDS: &str = "
    command.form command.request command.link command.unlink command.status command.help command.misspelt
    command.ssl_check

    button.approve button.reject button.withdraw button.end button.console button.unlink button.address
    view_submission.request view_submission.rejection view_submission.incomplete

    block_actions.button.ephemeral block_actions.button.modal block_actions.button.home
    block_actions.button.function block_actions.overflow
    block_actions.static_select block_actions.external_select block_actions.users_select
    block_actions.conversations_select block_actions.channels_select
    block_actions.multi_static_select block_actions.multi_external_select block_actions.multi_users_select
    block_actions.multi_conversations_select block_actions.multi_channels_select
    block_actions.datepicker block_actions.timepicker block_actions.datetimepicker
    block_actions.checkboxes block_actions.radio_buttons
    block_actions.plain_text_input block_actions.email_text_input block_actions.url_text_input
    block_actions.number_input block_actions.rich_text_input block_actions.file_input
    block_actions.workflow_button block_actions.feedback_buttons block_actions.icon_button
    view_submission.every_input view_closed
    block_suggestion.modal block_suggestion.message shortcut message_action workflow_step_edit
    interactive_message.button interactive_message.menu
    dialog_submission dialog_cancellation dialog_suggestion
    interaction.unheard_of

    event.url_verification event.app_rate_limited event.app_home_opened event.app_uninstalled
    event.tokens_revoked event.member_joined_channel event.message event.message.direct
    event.message.changed event.message.deleted event.message.bot event.message.join event.message.file
    event.app_mention event.team_join event.user_change event.channel_shared event.function_executed
    event.workflow_step_execute event.unheard_of
";

#[tokio::test]
async fn an_ordinary_workspace_is_understood() {
    understands_all(Installation::Workspace).await;
}

#[tokio::test]
async fn an_organisation_that_has_installed_the_app_as_a_whole_is_understood() {
    understands_all(Installation::Grid).await;
}

#[tokio::test]
async fn strangers_in_a_shared_channel_are_known_as_such() {
    understands_all(Installation::Connect).await;
}

#[tokio::test]
async fn whatever_is_peculiar_is_let_pass_and_spoils_nothing_else() {
    let corpus = Corpus::read();
    understands(&corpus, corpus.peculiar.iter().map(|(name, template)| (name, template, template.from)))
        .await;
}

#[test]
fn the_corpus_is_complete_and_nothing_in_it_is_unread() {
    let corpus = Corpus::read();
    let kinds: BTreeSet<_> = KINDS.split_whitespace().collect();
    assert_eq!(corpus.kinds.keys().map(String::as_str).collect::<BTreeSet<_>>(), kinds);
    let files = fs::read_dir(template::FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    assert_eq!(files.count(), 6, "templates that nobody reads");
    let (defined, used) = corpus.names();
    assert_eq!(used, defined);
}

#[tokio::test]
async fn a_payload_of_the_largest_size_is_read_or_let_pass() {
    const DEPTH: usize = 250_000;
    listening(async |listener| {
    let opened = "[".repeat(DEPTH);
    let nested = format!("{opened}{}", "]".repeat(DEPTH));
    let long = json!("long ".repeat(2 * DEPTH / 5)).to_string();

    let bob = json!({ "id": "U0BOB", "team_id": "T0EXAMPLE" });
    let press = |trigger: &str, message: &str| {
        let actions = [json!({ "action_id": "person.unlink" })];
        let press = json!({ "user": bob, "trigger_id": trigger, "actions": actions });
        format!(r#"payload={{"type":"block_actions","message":{message},{}"#, &press.to_string()[1..])
    };
    let submission = format!(
        r#"payload={{"type":"view_submission","user":{bob},"view":{{"callback_id":"request.submit","state":{nested}}}}}"#
    );

    let unlinks = json!({ "promised": { "who": "T0EXAMPLE/U0BOB", "wish": "unlink", "reply_to": "direct" } });
    let nothing = json!({});
    for (path, body, expected) in [
        ("/slack/interactions", press("1.deep", &nested), &unlinks),
        ("/slack/interactions", press("2.long", &long), &unlinks),
        ("/slack/interactions", submission, &nothing),
        ("/slack/interactions", format!("payload={nested}"), &nothing),
        ("/slack/interactions", format!("payload={opened}"), &nothing),
        ("/slack/events", format!(r#"{{"type":{nested}}}"#), &nothing),
    ] {
        let outcome = listener.hears(&listener.signed(path, &body)).await;
        assert_eq!(outcome.as_ref(), Ok(expected), "{path}: {}…", &body[..60]);
        listener.forgets().await;
    }
    }).await;
}

#[tokio::test]
async fn nothing_is_heard_from_anybody_but_slack() {
    listening(async |listener| {
        for path in ["/slack/commands", "/slack/interactions", "/slack/events"] {
            let signed = listener.signed(path, r#"{"type":"url_verification","challenge":"abc"}"#);
            let forged = signed.with_header("X-Slack-Signature", &format!("v0={}", "0".repeat(64)));
            assert_eq!(listener.hears(&forged).await, Err("answered 401 null".to_owned()), "{path}");
        }
    })
    .await;
}

/// Sends one of each kind.
async fn understands_all(from: Installation) {
    let corpus = Corpus::read();
    understands(&corpus, corpus.kinds.iter().map(|(name, template)| (name, template, from))).await;
}

/// Sends all of these, each as if Slack had not heard the answer the first time.
async fn understands(corpus: &Corpus, deliveries: impl Iterator<Item = (&String, &Template, Installation)>) {
    listening(async |listener| {
        let mut faults = Vec::new();
        for (number, (name, template, from)) in deliveries.enumerate() {
            let what = format!("{name}, {from:?}: {} <{}>", template.about, template.docs);
            let (delivery, expected) = corpus.delivery(template, from, number, &listener);
            let outcome = listener.hears(&delivery).await;
            if outcome.as_ref() != Ok(&expected) {
                faults.push(format!("{what}\n   expected {expected}\n   came out {outcome:?}"));
            }
            let again = delivery.with_header("X-Slack-Retry-Num", "1");
            let repeated = listener.hears(&again.with_header("X-Slack-Retry-Reason", "http_timeout")).await;
            if lasting(&repeated) != lasting(&outcome) {
                faults.push(format!("{what}: sent twice, it does more\n   {outcome:?}\n   {repeated:?}"));
            }
            listener.forgets().await;
        }
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    })
    .await;
}

/// What Slack is answered, and what is stored. A sentence may be said once more.
fn lasting(outcome: &Result<Value, String>) -> Result<[&Value; 3], &String> {
    outcome.as_ref().map(|outcome| ["answer", "promised", "recorded"].map(|part| &outcome[part]))
}
