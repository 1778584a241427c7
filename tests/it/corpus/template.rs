//! What a delivery is made of: a template of its kind, and the envelope of the installation that it comes from.
//!
//! A template is JSON with three notations. `"$name"` stands for a field of the envelope, and for nothing at all
//! where the envelope has no such field. `"$text Approve"` stands for a plain text object. In the object at the top,
//! `$like` names the templates, or parts of `shared.json`, that this one adds to, and `$action` is the one action of
//! a press, whose own fields are `"$action.type"` and so on.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
    fs, mem,
};

use sandbox::slack::Delivery;
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::listener::Listener;

pub(crate) const FOLDER: &str = "tests/it/corpus";
const KINDS: [&str; 3] = ["commands", "interactions", "events"];
const ACTION_TS: &str = "1893574801.000200";
const TO_STRANGERS: &str = "other_tenant";

/// Where an installation's deliveries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installation {
    /// An ordinary workspace.
    Workspace,
    /// An Enterprise organisation that has installed the app as a whole.
    Grid,
    /// A shared channel in which somebody of another company acts.
    Connect,
}

/// All templates.
pub(crate) struct Corpus {
    shared: Map<String, Value>,
    pub(crate) kinds: BTreeMap<String, Template>,
    /// What is odd about a delivery itself, wherever it comes from.
    pub(crate) peculiar: BTreeMap<String, Template>,
}

/// One kind of delivery.
pub(crate) struct Template {
    /// What happens, in a sentence.
    pub(crate) about: String,
    /// The page that documents it.
    pub(crate) docs: Url,
    pub(crate) from: Installation,
    sent: Sent,
    content: Value,
    expect: Value,
    /// What somebody of another company is refused in it.
    stranger: Option<Value>,
}

#[derive(Clone, Copy)]
enum Sent {
    /// The fields of a slash command.
    Command,
    /// What an interaction's form carries as its payload.
    Interaction,
    /// The same where no [`Value`] can hold it.
    Payload,
    /// The body of an event.
    Event,
    /// A body as it is.
    Body,
}

impl Corpus {
    pub(crate) fn read() -> Self {
        Self {
            shared: read("shared"),
            kinds: KINDS.into_iter().flat_map(read).map(Template::read).collect(),
            peculiar: read("peculiar").into_iter().map(Template::read).collect(),
        }
    }

    /// The delivery with this number, and what comes of it: see [`Listener::outcome`].
    pub(crate) fn delivery(
        &self,
        template: &Template,
        from: Installation,
        number: usize,
        listener: &Listener<'_>,
    ) -> (Delivery, Value) {
        let mut envelope = from.envelope(number);
        let expected = fill(&template.expect, &envelope).expect("it is there");
        let content = match template.sent {
            Sent::Payload | Sent::Body => template.content.clone(),
            Sent::Command | Sent::Interaction | Sent::Event => self.whole(&template.content, &mut envelope),
        };
        let (path, body) = match template.sent {
            Sent::Command => ("/slack/commands", form(content.as_object().unwrap())),
            Sent::Interaction => ("/slack/interactions", form([("payload", json!(content.to_string()))])),
            Sent::Payload => ("/slack/interactions", form([("payload", content)])),
            Sent::Event => ("/slack/events", content.to_string()),
            Sent::Body => (text(&content["path"]), text(&content["text"]).to_owned()),
        };
        (listener.signed(path, &body), template.expected(from, expected))
    }

    /// The names that envelopes and `shared.json` define, and those that templates use.
    pub(crate) fn names(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let envelopes = Installation::ALL.into_iter().flat_map(|from| from.envelope(0));
        let fields = envelopes.map(|(name, _)| format!("${name}"));
        let defined = fields.chain(self.shared.keys().cloned()).collect();
        let mut used = BTreeSet::new();
        let templates = self.kinds.values().chain(self.peculiar.values());
        let contents = templates.flat_map(|template| [&template.content, &template.expect]);
        contents.chain(self.shared.values()).for_each(|content| note_names(content, &mut used));
        used.retain(|name| !self.kinds.contains_key(name));
        (defined, used)
    }

    /// The content as Slack has it: with all that it is like, with its action, and with the envelope's fields.
    fn whole(&self, content: &Value, envelope: &mut Map<String, Value>) -> Value {
        let mut whole = self.added_up(content);
        let action = whole.as_object_mut().and_then(|fields| fields.remove("$action"));
        if let Some(Value::Object(mut action)) = action {
            envelope.extend(action.iter().map(|(name, value)| (format!("action.{name}"), value.clone())));
            action.insert("action_ts".into(), json!(ACTION_TS));
            if whole.get("actions").is_none() {
                whole["actions"] = json!([action]);
            }
        }
        fill(&whole, envelope).expect("it is there")
    }

    fn added_up(&self, content: &Value) -> Value {
        let mut whole = json!({});
        for name in content.get("$like").and_then(Value::as_array).into_iter().flatten() {
            let name = text(name);
            let part = self.shared.get(name).or_else(|| Some(&self.kinds.get(name)?.content));
            add(&mut whole, &self.added_up(part.unwrap_or_else(|| panic!("nothing is called {name}"))));
        }
        add(&mut whole, content);
        if let Some(whole) = whole.as_object_mut() {
            whole.remove("$like");
        }
        whole
    }
}

impl Template {
    fn read((name, mut template): (String, Value)) -> (String, Self) {
        let fields = template.as_object_mut().unwrap();
        let mut take = |field: &str| fields.remove(field);
        let about = text(&take("about").expect("it says what happens")).to_owned();
        let docs = text(&take("docs").expect("it is documented")).parse().unwrap();
        let expect = take("expect").unwrap_or_else(|| json!({}));
        let stranger = take("stranger");
        let from = take("from").unwrap_or_else(|| json!(Installation::Workspace.name()));
        let from =
            Installation::ALL.into_iter().find(|one| from == one.name()).expect("it is from somewhere");
        let [(sent, content)] = <[_; 1]>::try_from(Vec::from_iter(mem::take(fields))).unwrap();
        let sent = match sent.as_str() {
            "command" => Sent::Command,
            "interaction" => Sent::Interaction,
            "payload" => Sent::Payload,
            "event" => Sent::Event,
            "body" => Sent::Body,
            other => panic!("{name} has a field that nobody reads: {other}"),
        };
        (name, Self { about, docs, from, sent, content, expect, stranger })
    }

    fn expected(&self, from: Installation, mut expected: Value) -> Value {
        if let (Installation::Connect, Some(tried)) = (from, &self.stranger) {
            let expected = expected.as_object_mut().unwrap();
            expected.remove("opened");
            expected.insert("recorded".into(), json!({ "who": "T0ELSEWHERE/U0MALLORY", "tried": tried }));
            expected.insert("hears".into(), json!(TO_STRANGERS));
        }
        expected
    }
}

impl Installation {
    pub(crate) const ALL: [Self; 3] = [Self::Workspace, Self::Grid, Self::Connect];

    /// The fields of its envelope, with ids that no delivery of another number has.
    fn envelope(self, number: usize) -> Map<String, Value> {
        let text = fs::read_to_string(format!("{FOLDER}/envelopes.json")).unwrap();
        let text = text.replace("{n}", &format!("{:010}", 2_030_010_209 + number));
        let mut envelopes: BTreeMap<String, Map<String, Value>> = serde_json::from_str(&text).unwrap();
        let mut envelope = envelopes.remove("always").unwrap();
        envelope.extend(envelopes.remove(self.name()).unwrap());
        envelope
    }

    fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Grid => "grid",
            Self::Connect => "connect",
        }
    }
}

fn read(file: &str) -> Map<String, Value> {
    let json = fs::read_to_string(format!("{FOLDER}/{file}.json")).unwrap();
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Adds the fields of one object to those of another, which has them all the way down; all else takes its place.
fn add(to: &mut Value, more: &Value) {
    match (to, more) {
        (Value::Object(to), Value::Object(more)) => {
            for (name, value) in more {
                add(to.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (to, more) => *to = more.clone(),
    }
}

/// The value with the envelope's fields where it names them; nothing where the envelope has no such field.
fn fill(value: &Value, envelope: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        Value::String(string) => match string.strip_prefix('$') {
            Some(name) => match name.strip_prefix("text ") {
                Some(text) => json!({ "type": "plain_text", "text": text, "emoji": true }),
                None => envelope.get(name)?.clone(),
            },
            None => value.clone(),
        },
        Value::Array(values) => values.iter().filter_map(|value| fill(value, envelope)).collect(),
        Value::Object(fields) => {
            let filled = |(name, value): (&String, _)| Some((name.clone(), fill(value, envelope)?));
            Value::Object(fields.iter().filter_map(filled).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

/// Notes what a template likens itself to, and which fields of an envelope it names.
fn note_names(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::String(string) => {
            let notations = ["$text ", "$action.", "$absent"];
            if string.starts_with('$') && !notations.iter().any(|notation| string.starts_with(notation)) {
                used.insert(string.clone());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| note_names(value, used)),
        Value::Object(fields) => {
            if let Some(Value::Array(parts)) = fields.get("$like") {
                used.extend(parts.iter().map(|part| text(part).to_owned()));
            }
            fields.values().for_each(|value| note_names(value, used));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn form<K: AsRef<str>>(fields: impl IntoIterator<Item = (K, impl Borrow<Value>)>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name.as_ref(), text(value.borrow()));
    }
    form.finish()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string"))
}
