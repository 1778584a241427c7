//! Canonical bytes: each event is stored in exactly one form, so that it can be chained and signed (RFC 8785,
//! <https://www.rfc-editor.org/rfc/rfc8785>).

use serde::{Serialize, de::DeserializeOwned};

/// Text that is not in its canonical form.
#[derive(Debug, thiserror::Error)]
pub enum NotCanonical {
    /// It cannot be parsed.
    #[error(transparent)]
    Unreadable(#[from] serde_json::Error),
    /// It contains more than was parsed, or is in another form.
    #[error("it is not in its canonical form")]
    OtherForm,
}

/// Returns the canonical form of an event.
///
/// # Errors
/// If the event has no JSON form: it contains a number that is not finite, or a key that is not text.
pub fn form(event: &impl Serialize) -> serde_json::Result<String> {
    serde_json_canonicalizer::to_string(event)
}

/// Parses an event and requires the text to be its canonical form, so that no part of it is ignored.
///
/// # Errors
/// [`NotCanonical`].
pub fn read<T: Serialize + DeserializeOwned>(text: &str) -> Result<T, NotCanonical> {
    let event = serde_json::from_str(text)?;
    if form(&event)? == text { Ok(event) } else { Err(NotCanonical::OtherForm) }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};
    use serde_json::Value;

    use super::*;

    fn canonical(text: &str) -> String {
        form(&serde_json::from_str::<Value>(text).unwrap()).unwrap()
    }

    #[test]
    fn the_examples_of_rfc_8785_come_out_as_it_says() {
        let whole = r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
            "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        assert_eq!(
            canonical(whole),
            concat!(
                r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
                r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
            )
        );
        let names = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
            "\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let sorted = canonical(names);
        let order =
            ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"].map(|name| sorted.find(name));
        assert!(order.is_sorted() && order.iter().all(Option::is_some), "by UTF-16 code units: {sorted}");
    }

    #[test]
    fn what_says_more_or_says_it_otherwise_is_not_read() {
        use crate::domain::decide::tests::requested;
        let event = requested();
        let text = form(&event).unwrap();
        assert_eq!(read::<crate::domain::request::Recorded>(&text).unwrap(), event);
        let spaced = text.replacen(':', ": ", 1);
        let more = text.replacen('{', r#"{"aside":1,"#, 1);
        for other in [spaced, more] {
            let read = read::<crate::domain::request::Recorded>(&other);
            assert!(matches!(read, Err(NotCanonical::OtherForm)), "{other}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53)..(1 << 53)).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_canonical_stays_as_it_is(value in json()) {
            let text = form(&value).unwrap();
            prop_assert_eq!(canonical(&text), text);
        }
    }
}
