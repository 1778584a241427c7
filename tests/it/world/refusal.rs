//! A refusal, in one line of a story: the word, the event, and that nothing else happened.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Player, World};

const TABLE: &str = "elevate";

/// What is refused, as it is recorded and as auditors read it.
type Attempt = (&'static str, &'static str);

const APPROVE: Attempt = ("approve", "approve");
const REJECT: Attempt = ("reject", "reject");
const WITHDRAW: Attempt = ("withdraw", "withdraw");
const END: Attempt = ("end", "end access");
const OPEN_CONSOLE: Attempt = ("open_console", "open the AWS console");
const LINK: Attempt = ("link", "link their account");
const USE: Attempt = ("use", "use this app");
const REQUEST: Attempt = ("request", "make a request");

/// What is stored, as far as refusals touch it: by key, so that what is new can be told.
struct Records {
    refusals: BTreeMap<String, Value>,
    requests: BTreeMap<String, Value>,
}

impl Player<'_> {
    /// Types a line or presses a button, and is refused. They alone read a sentence that contains `sentence`; one
    /// refusal is recorded, with this code; auditors read one line, which says so; and no request is changed.
    pub(crate) async fn is_refused(&self, what: &str, code: &str, sentence: &str) {
        let before = self.world.records().await;
        self.tries(what).await;
        self.reads_refusal(what, sentence);
        let after = self.world.records().await;
        let new: Vec<_> =
            after.refusals.iter().filter(|(key, _)| !before.refusals.contains_key(*key)).collect();
        let [(_, refusal)] = new[..] else { panic!("{what}: not one refusal was recorded: {new:?}") };
        assert_eq!(text(refusal, "tried"), Some(attempt(what).0), "{what}: {refusal}");
        assert_eq!(text(refusal, "code"), Some(code), "{what}: {refusal}");
        assert_eq!(after.requests, before.requests, "{what} was refused, and changed a request");
    }

    async fn tries(&self, what: &str) {
        if what.starts_with('/') {
            self.types(what).await;
            return;
        }
        self.presses(what).await;
        if what == "review.reject" {
            self.submits(&[("reason", "not today")]).await;
        }
    }

    /// They alone have read this sentence, and auditors one line that says that they have.
    fn reads_refusal(&self, what: &str, sentence: &str) {
        let heard = self.unread_whispers();
        assert!(heard.len() == 1 && heard[0].contains(sentence), "{what}: {heard:?}");
        self.world.audits_refusal(self.persona.name, attempt(what).1, sentence);
    }
}

impl World {
    /// Auditors have read one line: that somebody tried to do this, and what they were told.
    pub(crate) fn audits_refusal(&self, name: &str, tried: &str, sentence: &str) {
        let audit = self.audit();
        let says = format!("@{name} tried to {tried} ");
        assert!(audit.len() == 1 && audit[0].contains(&says) && audit[0].contains(sentence), "{audit:?}");
    }

    async fn records(&self) -> Records {
        let (mut refusals, mut requests) = (BTreeMap::new(), BTreeMap::new());
        for row in self.company.dynamo.rows(TABLE).await.unwrap() {
            let [key, sort] = ["pk", "sk"].map(|name| row[name]["S"].as_str().unwrap_or_default());
            let body: Value =
                serde_json::from_str(row["body"]["S"].as_str().unwrap_or_default()).unwrap_or_default();
            let is_history =
                key.starts_with("REQ#") && ["META", "EVENT#"].iter().any(|row| sort.starts_with(row));
            let at = format!("{key} {sort}");
            if is_history {
                requests.insert(at, row);
            } else if key.starts_with("ACCOUNT#") && sort.starts_with("EVENT#") && body["what"] == "refused" {
                refusals.insert(at, body);
            }
        }
        Records { refusals, requests }
    }
}

fn attempt(what: &str) -> Attempt {
    match what.split_whitespace().collect::<Vec<_>>()[..] {
        ["review.approve"] => APPROVE,
        ["review.reject"] => REJECT,
        ["request.withdraw"] => WITHDRAW,
        ["request.end"] => END,
        ["session.console"] => OPEN_CONSOLE,
        ["/elevate", "link" | "confirm", ..] => LINK,
        ["/elevate"] | ["/elevate", "status" | "unlink"] => USE,
        ["/elevate", ..] => REQUEST,
        _ => panic!("nobody is refused {what}"),
    }
}

/// The text of this name, wherever in the document it stands.
fn text<'j>(json: &'j Value, name: &str) -> Option<&'j str> {
    match json {
        Value::Object(fields) => {
            let own = fields.get(name).and_then(Value::as_str);
            own.or_else(|| fields.values().find_map(|field| text(field, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| text(item, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
