//! A short note on a request, for the page behind the scenes: which rows, never their content.

use serde_json::Value;

/// How much of an id is shown, in characters; its end distinguishes ids of the same moment.
const SHOWN: usize = 6;

/// The keys that are read or written.
pub(super) fn of(request: &Value) -> String {
    if let Some(items) = request["TransactItems"].as_array() {
        return items.iter().map(in_transaction).collect::<Vec<_>>().join(" · ");
    }
    if let Some(tables) = request["RequestItems"].as_object() {
        let keys = tables.values().filter_map(|table| table["Keys"].as_array()).flatten();
        return keys.map(key).collect::<Vec<_>>().join(" · ");
    }
    match request["IndexName"].as_str() {
        Some(index) => format!("{index} {}", condition(request)),
        None if request["Key"].is_object() => key(&request["Key"]),
        None if request["Item"].is_object() => key(&request["Item"]),
        None => condition(request),
    }
}

fn in_transaction(item: &Value) -> String {
    let Some((verb, what)) = item.as_object().and_then(|item| item.iter().next()) else {
        return String::new();
    };
    let holder = if what["Item"].is_object() { &what["Item"] } else { &what["Key"] };
    format!("{} {}", verb.to_lowercase(), key(holder))
}

fn key(attributes: &Value) -> String {
    let parts = ["pk", "sk"].map(|name| attributes[name]["S"].as_str());
    parts.into_iter().flatten().map(shortened).collect::<Vec<_>>().join("/")
}

/// The values that a query compares keys with.
fn condition(request: &Value) -> String {
    let values = request["ExpressionAttributeValues"].as_object().into_iter().flatten();
    values.filter_map(|(_, value)| value["S"].as_str()).map(shortened).collect::<Vec<_>>().join(" ")
}

/// `REQ#req_01JHKQ2B00000000000000ADA1` as `REQ#…00ADA1`.
fn shortened(key: &str) -> String {
    let short = |part: &str| match part.char_indices().rev().nth(SHOWN - 1) {
        Some((at, _)) if part.len() > 3 * SHOWN => format!("…{}", &part[at..]),
        _ => part.to_owned(),
    };
    let is_joint = |c: char| !c.is_alphanumeric() && c != '_' && c != '-';
    key.split_inclusive(is_joint).map(short).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_transaction_is_told_by_its_keys_alone() {
        let put = |pk: &str, sk: &str| json!({ "Put": { "Item": { "pk": { "S": pk }, "sk": { "S": sk }, "body": { "S": "private" } } } });
        let delete =
            json!({ "Delete": { "Key": { "pk": { "S": "WORK#2" }, "sk": { "S": "0001764000000#card" } } } });
        let request = json!({ "TransactItems": [
            put("REQ#req_01JHKQ2B00000000000000ADA1", "META"), put("REQ#req_01JHKQ2B00000000000000ADA1", "EVENT#0002"), delete,
        ] });
        let expected = "put REQ#…00ADA1/META · put REQ#…00ADA1/EVENT#0002 · delete WORK#2/0001764000000#card";
        assert_eq!(of(&request), expected);
    }

    #[test]
    fn a_query_is_told_by_its_index_and_what_it_looks_for() {
        let request = json!({
            "IndexName": "gsi2",
            "ExpressionAttributeValues": { ":pk": { "S": "OPEN#REQUESTED" } },
        });
        assert_eq!(of(&request), "gsi2 OPEN#REQUESTED");
    }
}
