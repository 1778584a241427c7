//! DynamoDB's errors, as they appear on the wire.

use dynoxide::DynoxideError;
use serde_json::{Value, json};

const CONFLICT: &str = "Transaction is ongoing for the item";

const THROTTLED: &str = "The level of configured provisioned throughput for the table was exceeded. \
    Consider increasing your provisioning level with the UpdateTable API.";

/// An error answer.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Failure {
    /// A client error of DynamoDB's own.
    pub(super) fn of_dynamodb(name: &str, message: &str) -> Self {
        Self::client("com.amazonaws.dynamodb.v20120810", name, message)
    }

    /// A client error of the framework that all of AWS shares.
    pub(super) fn of_service(name: &str, message: &str) -> Self {
        Self::client("com.amazon.coral.service", name, message)
    }

    /// What the engine says of a request that it cannot read, before which it marks the kind of error where
    /// that is not clear.
    pub(super) fn unreadable(what: &str) -> Self {
        match what.split_once(':') {
            Some((mark, what)) if mark.starts_with("VALIDATION") => {
                Self::of_service("ValidationException", what)
            }
            Some((mark, what)) if mark.starts_with("SERIALIZATION") => {
                Self::of_service("SerializationException", what)
            }
            Some(_) | None => Self::of_service("SerializationException", what),
        }
    }

    /// The server's own fault, with this status.
    pub(super) fn internal(status: u16) -> Self {
        let name = "com.amazonaws.dynamodb.v20120810#InternalServerError";
        Self { status, body: json!({ "__type": name, "message": "Internal server error" }).to_string() }
    }

    pub(super) fn throttled() -> Self {
        Self::of_dynamodb("ProvisionedThroughputExceededException", THROTTLED)
    }

    /// Another transaction holds an item that `request` is about: its first one, where it has several.
    pub(super) fn transaction_conflict(request: &Value) -> Self {
        let Some(items) = request["TransactItems"].as_array() else {
            return Self::of_dynamodb("TransactionConflictException", CONFLICT);
        };
        let others = items.len().saturating_sub(1);
        let codes = [vec!["TransactionConflict"], vec!["None"; others]].concat();
        let mut reasons = vec![json!({ "Code": "TransactionConflict", "Message": CONFLICT })];
        reasons.resize(items.len().max(1), json!({ "Code": "None" }));
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": message,
            "CancellationReasons": reasons,
        });
        Self { status: 400, body: body.to_string() }
    }

    fn client(namespace: &str, name: &str, message: &str) -> Self {
        let body = json!({ "__type": format!("{namespace}#{name}"), "message": message });
        Self { status: 400, body: body.to_string() }
    }
}

impl From<DynoxideError> for Failure {
    fn from(error: DynoxideError) -> Self {
        Self { status: error.status_code(), body: error.to_json() }
    }
}
