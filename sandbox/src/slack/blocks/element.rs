//! The rules for interactive elements.

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde_json::Value;

use super::validator::{Spot, Validator};

/// In what part of a block an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Accessory,
    Actions,
    Input,
}

/// An element, which must be one that can stand there.
pub(super) fn check(validator: &mut Validator, element: &Spot<'_>, place: Place) {
    let fits = matches!(
        (element.kind(), place),
        ("button" | "overflow", Place::Accessory | Place::Actions)
            | ("plain_text_input", Place::Input)
            | ("static_select" | "external_select" | "users_select", _)
    );
    if !fits {
        return validator.fault(element, format!("is of a type that cannot stand here: {}", element.kind()));
    }
    validator.action_id(element);
    match element.kind() {
        "button" => button(validator, element),
        "external_select" => external_select(validator, element),
        "overflow" => overflow(validator, element),
        "plain_text_input" => plain_text_input(validator, element),
        "static_select" => static_select(validator, element),
        _ => users_select(validator, element),
    }
}

fn button(validator: &mut Validator, button: &Spot<'_>) {
    let fields = ["type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"];
    validator.only(button, &fields);
    validator.required(button, "text");
    validator.plain_text(button, "text", 75);
    validator.string(button, "value", 1..=2_000);
    validator.string(button, "accessibility_label", 1..=75);
    validator.one_of(button, "style", &["primary", "danger"]);
    url(validator, button);
    confirm(validator, button);
}

fn url(validator: &mut Validator, object: &Spot<'_>) {
    let Some(url) = validator.string(object, "url", 1..=3_000) else {
        return;
    };
    let web = url::Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if !web {
        validator.fault(object, "has a url that is none");
    }
}

fn confirm(validator: &mut Validator, element: &Spot<'_>) {
    let Some(confirm) = element.get("confirm") else {
        return;
    };
    validator.only(&confirm, &["title", "text", "confirm", "deny", "style"]);
    for (field, longest) in [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)] {
        validator.required(&confirm, field);
        validator.plain_text(&confirm, field, longest);
    }
    validator.one_of(&confirm, "style", &["primary", "danger"]);
}

fn overflow(validator: &mut Validator, overflow: &Spot<'_>) {
    validator.only(overflow, &["type", "action_id", "options", "confirm"]);
    if let Some(list) = validator.required(overflow, "options") {
        options(validator, &list, 1..=5, &["text", "value", "description", "url"]);
    }
    confirm(validator, overflow);
}

fn static_select(validator: &mut Validator, select: &Spot<'_>) {
    let fields = [&SELECT_FIELDS, ["options", "option_groups", "initial_option"].as_slice()].concat();
    validator.only(select, &fields);
    what_selects_share(validator, select);
    match (select.get("options"), select.get("option_groups")) {
        (Some(list), None) => options(validator, &list, 1..=100, &OPTION_FIELDS),
        (None, Some(groups)) => option_groups(validator, &groups),
        _ => validator.fault(select, "must have either options or option_groups"),
    }
    if let Some(initial) = select.get("initial_option")
        && !offered(select.value).any(|option| option == initial.value)
    {
        validator.fault(&initial, "must be one of the options, word for word");
    }
}

fn external_select(validator: &mut Validator, select: &Spot<'_>) {
    validator.only(select, &[&SELECT_FIELDS, ["initial_option", "min_query_length"].as_slice()].concat());
    what_selects_share(validator, select);
    validator.number(select, "min_query_length", 0..=255);
    if let Some(initial) = select.get("initial_option") {
        option(validator, &initial, &OPTION_FIELDS);
    }
}

fn users_select(validator: &mut Validator, select: &Spot<'_>) {
    validator.only(select, &[&SELECT_FIELDS, ["initial_user"].as_slice()].concat());
    what_selects_share(validator, select);
    validator.string(select, "initial_user", 1..=255);
}

fn plain_text_input(validator: &mut Validator, input: &Spot<'_>) {
    let fields = [
        "type",
        "action_id",
        "initial_value",
        "multiline",
        "min_length",
        "max_length",
        "focus_on_load",
        "placeholder",
    ];
    validator.only(input, &fields);
    validator.flag(input, "multiline");
    validator.focus(input);
    validator.plain_text(input, "placeholder", 150);
    let least = validator.number(input, "min_length", 0..=3_000).unwrap_or(0);
    let most = validator.number(input, "max_length", 1..=3_000).unwrap_or(3_000);
    if least > most {
        validator.fault(input, "has a min_length above its max_length");
    }
    let length = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    validator.string(input, "initial_value", length(least)..=length(most));
}

const SELECT_FIELDS: [&str; 5] = ["type", "action_id", "placeholder", "confirm", "focus_on_load"];
const OPTION_FIELDS: [&str; 3] = ["text", "value", "description"];

fn what_selects_share(validator: &mut Validator, select: &Spot<'_>) {
    validator.plain_text(select, "placeholder", 150);
    validator.focus(select);
    confirm(validator, select);
}

fn option_groups(validator: &mut Validator, groups: &Spot<'_>) {
    for group in validator.list(groups, 1..=100) {
        validator.only(&group, &["label", "options"]);
        validator.required(&group, "label");
        validator.plain_text(&group, "label", 75);
        if let Some(list) = validator.required(&group, "options") {
            options(validator, &list, 1..=100, &OPTION_FIELDS);
        }
    }
}

fn options(validator: &mut Validator, list: &Spot<'_>, size: RangeInclusive<usize>, fields: &[&str]) {
    let mut values = BTreeSet::new();
    for spot in validator.list(list, size) {
        option(validator, &spot, fields);
        if !values.insert(spot.value["value"].as_str()) {
            validator.fault(&spot, "has the value of another option");
        }
    }
}

fn option(validator: &mut Validator, option: &Spot<'_>, fields: &[&str]) {
    validator.only(option, fields);
    validator.required(option, "text");
    validator.required(option, "value");
    validator.plain_text(option, "text", 75);
    validator.plain_text(option, "description", 75);
    validator.string(option, "value", 1..=150);
    url(validator, option);
}

/// What a bot answers when its options are asked for; there may be none.
pub(super) fn suggestions(validator: &mut Validator, answer: &Spot<'_>) {
    validator.only(answer, &["options", "option_groups"]);
    match (answer.get("options"), answer.get("option_groups")) {
        (Some(list), None) => options(validator, &list, 0..=100, &OPTION_FIELDS),
        (None, Some(groups)) => option_groups(validator, &groups),
        _ => validator.fault(answer, "must have either options or option_groups"),
    }
}

/// All options that a select offers, in groups or not.
pub(in crate::slack) fn offered(select: &Value) -> impl Iterator<Item = &Value> {
    let grouped = select["option_groups"].as_array().into_iter().flatten().map(|group| &group["options"]);
    grouped.chain([&select["options"]]).filter_map(Value::as_array).flatten()
}
