use super::*;
use crate::slack::blocks::{check_message, check_options, check_view};

/// The faults of a message with this one block.
fn faults(block: Value) -> Vec<String> {
    let judged = check_message(&json!({ "text": "fallback", "blocks": [block] }));
    judged.err().unwrap_or_default().into_iter().map(|fault| fault.what).collect()
}

fn section(element: Value) -> Value {
    json!({ "type": "section", "text": plain("x"), "accessory": element })
}

fn said(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

#[test]
fn what_slack_takes_is_taken() {
    let confirm = json!({ "title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No") });
    let mut approve = button("a", "Approve");
    approve["style"] = json!("primary");
    approve["confirm"] = confirm;
    let list = json!({ "type": "rich_text_list", "style": "bullet", "elements": [
        { "type": "rich_text_section", "elements": [{ "type": "text", "text": "one", "style": { "bold": true } }] },
    ]});
    for block in [
        json!({ "type": "divider" }),
        json!({ "type": "header", "text": plain("A request") }),
        said("<@U1> asked <!date^1764000000^{time}|now>, see <https://a.example|this> &amp; that"),
        json!({ "type": "section", "fields": [plain("a"), plain("b")] }),
        json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": "*x*" }] }),
        json!({ "type": "actions", "elements": [approve] }),
        section(json!({ "type": "users_select", "action_id": "u", "placeholder": plain("Who") })),
        json!({ "type": "rich_text", "elements": [list] }),
    ] {
        assert_eq!(faults(block.clone()), Vec::<String>::new(), "{block}");
    }
    assert_eq!(check_view(&request_form()), Ok(()));
    assert_eq!(check_options(&json!({ "options": [] })), Ok(()));
}

#[test]
fn what_slack_does_not_know_is_refused() {
    assert_eq!(faults(json!({ "type": "image" })), ["is of an unsupported type: image"]);
    assert_eq!(faults(json!({ "type": "divider", "txt": 1 })), ["has an unknown field: txt"]);
    assert_eq!(faults(section(json!({ "type": "buton" }))), ["is of a type that cannot stand here: buton"]);
    let mut misspelled = button("a", "x");
    misspelled["vlaue"] = json!("v");
    assert_eq!(faults(section(misspelled)), ["has an unknown field: vlaue"]);
    let mut styled = button("a", "x");
    styled["style"] = json!("success");
    assert_eq!(faults(section(styled)), ["must be one of primary, danger"]);
    let markdown = json!({ "type": "header", "text": { "type": "mrkdwn", "text": "x" } });
    assert_eq!(faults(markdown), ["must be of type plain_text"]);
    assert_eq!(faults(json!({ "type": "section" })), ["lacks both text and fields"]);
    assert_eq!(faults(json!({ "type": "section", "text": "x" })), ["lacks the field: text"]);
}

#[test]
fn lengths_are_counted_in_characters() {
    let header = |length| json!({ "type": "header", "text": plain(&"é".repeat(length)) });
    assert!(faults(header(150)).is_empty());
    assert_eq!(faults(header(151)), ["must have no more than 150 characters, has 151"]);
    assert_eq!(faults(header(0)), ["must have at least 1 characters"]);
    assert_eq!(
        faults(section(button("a", &"x".repeat(76)))),
        ["must have no more than 75 characters, has 76"]
    );
    assert_eq!(faults(said(&"x".repeat(3_001))), ["must have no more than 3000 characters, has 3001"]);
}

#[test]
fn lists_are_bounded() {
    let actions = |count: usize| {
        let buttons: Vec<Value> = (0..count).map(|i| button(&format!("a{i}"), "x")).collect();
        json!({ "type": "actions", "elements": buttons })
    };
    assert!(faults(actions(25)).is_empty());
    assert_eq!(faults(actions(26)), ["must have 1 to 25 items"]);
    let select = |count: usize| {
        let options: Vec<Value> = (0..count).map(|i| option(&i.to_string())).collect();
        section(json!({ "type": "static_select", "action_id": "s", "options": options }))
    };
    assert!(faults(select(100)).is_empty());
    assert_eq!(faults(select(101)), ["must have 1 to 100 items"]);
    let dividers = |count| json!({ "text": "x", "blocks": vec![json!({ "type": "divider" }); count] });
    assert!(check_message(&dividers(50)).is_ok() && check_message(&dividers(51)).is_err());
}

#[test]
fn nothing_is_there_twice() {
    let twice = json!({ "type": "actions", "elements": [button("a", "x"), button("a", "y")] });
    assert_eq!(faults(twice), ["has an action_id that is there already: a"]);
    let blocks = json!([{ "type": "divider", "block_id": "b" }, { "type": "divider", "block_id": "b" }]);
    assert!(check_message(&json!({ "text": "x", "blocks": blocks })).is_err());
    let select = json!({ "type": "static_select", "action_id": "s", "options": [option("1"), option("1")] });
    assert_eq!(faults(section(select)), ["has the value of another option"]);
}

#[test]
fn nobody_is_shouted_at_and_nothing_is_left_unescaped() {
    for shout in ["<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1>"] {
        assert!(faults(said(shout))[0].starts_with("calls everybody"), "{shout}");
        assert!(check_message(&json!({ "text": shout })).is_err());
    }
    for raw in ["a < b", "R&D", "<script>"] {
        assert!(faults(said(raw))[0].starts_with("has an unescaped"), "{raw}");
    }
}

#[test]
fn a_message_needs_a_fallback() {
    let blocks = json!([{ "type": "divider" }]);
    assert!(check_message(&json!({ "blocks": blocks })).is_err());
    assert!(check_message(&json!({ "text": "", "blocks": blocks })).is_err());
}

#[test]
fn fields_stand_in_views_only_and_want_a_submit() {
    let mut form = request_form();
    assert!(check_message(&json!({ "text": "x", "blocks": form["blocks"] })).is_err());
    form["submit"].take();
    form.as_object_mut().unwrap().remove("submit");
    let faults = check_view(&form).unwrap_err();
    assert_eq!(faults[0].what, "submit is required where there are inputs");
}

#[test]
fn a_views_frame_is_judged_too() {
    let mut form = request_form();
    form["title"] = plain(&"x".repeat(25));
    form["private_metadata"] = json!("x".repeat(3_001));
    form["hash"] = json!("1.2");
    let at: Vec<String> = check_view(&form).unwrap_err().into_iter().map(|fault| fault.at).collect();
    assert_eq!(at, ["", "/title/text", "/private_metadata"]);
    assert!(check_view(&json!({ "type": "workflow", "blocks": [] })).is_err());
    assert!(
        check_view(&json!({ "type": "home", "title": plain("x"), "blocks": [{ "type": "divider" }] }))
            .is_err()
    );
}

#[test]
fn the_option_chosen_at_first_is_one_of_those_offered() {
    let mut form = request_form();
    form["blocks"][1]["element"]["initial_option"] = option("8h");
    let faults = check_view(&form).unwrap_err();
    assert_eq!(faults[0].at, "/blocks/1/element/initial_option");
}
