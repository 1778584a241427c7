//! The corpus: what Slack may send, of every kind and from every kind of installation, and what comes of it.
//!
//! A file in `corpus/` is one delivery, written from Slack's documentation, and what the product makes of it.
//! Its folder says where it comes from: an ordinary `workspace`; a `grid`, which is an Enterprise organisation
//! that has installed the app as a whole; or `connect`, where somebody of another company acts in a shared
//! channel. What is odd about a delivery itself, wherever it comes from, is `peculiar`.

mod listener;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
};

use sandbox::slack::Delivery;
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use self::listener::Listener;

const CORPUS: &str = "tests/it/corpus";
const INSTALLATIONS: [&str; 3] = ["workspace", "grid", "connect"];
const PECULIAR: &str = "peculiar";

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

/// One file of the corpus.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// What happens, in a sentence.
    about: String,
    /// The page that documents it.
    docs: Url,
    send: Sent,
    /// What comes of it: see [`Listener::outcome`].
    expect: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    /// The fields of a slash command.
    Command(BTreeMap<String, String>),
    /// What an interaction's form carries as its payload.
    Interaction(Value),
    /// The same where no [`Value`] can hold it.
    Payload(String),
    /// The body of an event.
    Event(Value),
    /// A body as it is.
    Body { path: String, text: String },
}

#[tokio::test]
async fn an_ordinary_workspace_is_understood() {
    understands("workspace").await;
}

#[tokio::test]
async fn an_organisation_that_has_installed_the_app_as_a_whole_is_understood() {
    understands("grid").await;
}

#[tokio::test]
async fn strangers_in_a_shared_channel_are_known_as_such() {
    understands("connect").await;
}

#[tokio::test]
async fn whatever_is_peculiar_is_let_pass_and_spoils_nothing_else() {
    understands(PECULIAR).await;
}

#[test]
fn the_corpus_is_complete_and_nothing_in_it_is_unread() {
    for folder in INSTALLATIONS {
        let kinds = KINDS.split_whitespace().map(str::to_owned).collect();
        assert_eq!(names_in(folder), kinds, "{folder}");
    }
    let entries = fs::read_dir(CORPUS).unwrap().map(|entry| entry.unwrap().file_name());
    let known = INSTALLATIONS.into_iter().chain([PECULIAR, "listener.rs"]).map(OsString::from);
    assert_eq!(entries.collect::<BTreeSet<_>>(), known.collect());
}

#[tokio::test]
async fn a_payload_of_the_largest_size_is_read_or_let_pass() {
    const DEPTH: usize = 250_000;
    let listener = Listener::start().await;
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
}

#[tokio::test]
async fn nothing_is_heard_from_anybody_but_slack() {
    let listener = Listener::start().await;
    for path in ["/slack/commands", "/slack/interactions", "/slack/events"] {
        let signed = listener.signed(path, r#"{"type":"url_verification","challenge":"abc"}"#);
        let forged = signed.with_header("X-Slack-Signature", &format!("v0={}", "0".repeat(64)));
        assert_eq!(listener.hears(&forged).await, Err("answered 401 null".to_owned()), "{path}");
    }
}

/// Sends everything that is in a folder, each as if Slack had not heard the answer the first time.
async fn understands(folder: &str) {
    let listener = Listener::start().await;
    let mut faults = Vec::new();
    for name in names_in(folder) {
        let file = format!("{CORPUS}/{folder}/{name}.json");
        let entry = fs::read_to_string(&file).unwrap();
        let Entry { about, docs, send, expect } =
            serde_json::from_str(&entry).unwrap_or_else(|error| panic!("{file}: {error}"));
        let delivery = send.signed(&listener);
        let outcome = listener.hears(&delivery).await;
        if outcome.as_ref() != Ok(&expect) {
            faults.push(format!("{file}: {about} <{docs}>\n   expected {expect}\n   came out {outcome:?}"));
        }
        let again = delivery.with_header("X-Slack-Retry-Num", "1");
        let repeated = listener.hears(&again.with_header("X-Slack-Retry-Reason", "http_timeout")).await;
        if lasting(&repeated) != lasting(&outcome) {
            faults.push(format!("{file}: sent twice, it does more\n   {outcome:?}\n   {repeated:?}"));
        }
        listener.forgets().await;
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What Slack is answered, and what is stored. A sentence may be said once more.
fn lasting(outcome: &Result<Value, String>) -> Result<[&Value; 3], &String> {
    outcome.as_ref().map(|outcome| ["answer", "promised", "recorded"].map(|part| &outcome[part]))
}

impl Sent {
    fn signed(&self, listener: &Listener) -> Delivery {
        let (path, body) = match self {
            Self::Command(fields) => ("/slack/commands", form(fields)),
            Self::Interaction(json) => ("/slack/interactions", form([("payload", json.to_string())])),
            Self::Payload(text) => ("/slack/interactions", form([("payload", text)])),
            Self::Event(json) => ("/slack/events", json.to_string()),
            Self::Body { path, text } => (path.as_str(), text.clone()),
        };
        listener.signed(path, &body)
    }
}

fn form<K: AsRef<str>, V: AsRef<str>>(fields: impl IntoIterator<Item = (K, V)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The names of the files in a folder of the corpus, which holds nothing else.
fn names_in(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(format!("{CORPUS}/{folder}")).unwrap().map(|entry| entry.unwrap().file_name());
    let name = |file: OsString| Some(file.to_str()?.strip_suffix(".json")?.to_owned());
    files.map(|file| name(file).expect("a file's name ends in .json")).collect()
}
