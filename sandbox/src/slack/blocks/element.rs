//! The rules for what people press, choose and fill in.

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde_json::Value;

use super::judge::{Judge, Spot};

/// In what part of a block an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Accessory,
    Actions,
    Input,
}

/// An element, which must be one that can stand there.
pub(super) fn check(judge: &mut Judge, element: &Spot<'_>, place: Place) {
    let fits = matches!(
        (element.kind(), place),
        ("button" | "overflow", Place::Accessory | Place::Actions)
            | ("plain_text_input", Place::Input)
            | ("static_select" | "external_select" | "users_select", _)
    );
    if !fits {
        return judge.fault(element, format!("is of a type that cannot stand here: {}", element.kind()));
    }
    judge.action_id(element);
    match element.kind() {
        "button" => button(judge, element),
        "external_select" => external_select(judge, element),
        "overflow" => overflow(judge, element),
        "plain_text_input" => plain_text_input(judge, element),
        "static_select" => static_select(judge, element),
        _ => users_select(judge, element),
    }
}

fn button(judge: &mut Judge, button: &Spot<'_>) {
    let fields = ["type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"];
    judge.only(button, &fields);
    judge.required(button, "text");
    judge.plain_text(button, "text", 75);
    judge.string(button, "value", 1..=2_000);
    judge.string(button, "accessibility_label", 1..=75);
    judge.one_of(button, "style", &["primary", "danger"]);
    url(judge, button);
    confirm(judge, button);
}

fn url(judge: &mut Judge, object: &Spot<'_>) {
    let Some(url) = judge.string(object, "url", 1..=3_000) else {
        return;
    };
    let web = url::Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
    if !web {
        judge.fault(object, "has a url that is none");
    }
}

fn confirm(judge: &mut Judge, element: &Spot<'_>) {
    let Some(confirm) = element.get("confirm") else {
        return;
    };
    judge.only(&confirm, &["title", "text", "confirm", "deny", "style"]);
    for (field, longest) in [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)] {
        judge.required(&confirm, field);
        judge.plain_text(&confirm, field, longest);
    }
    judge.one_of(&confirm, "style", &["primary", "danger"]);
}

fn overflow(judge: &mut Judge, overflow: &Spot<'_>) {
    judge.only(overflow, &["type", "action_id", "options", "confirm"]);
    if let Some(list) = judge.required(overflow, "options") {
        options(judge, &list, 1..=5, &["text", "value", "description", "url"]);
    }
    confirm(judge, overflow);
}

fn static_select(judge: &mut Judge, select: &Spot<'_>) {
    let fields = [&SELECT_FIELDS, ["options", "option_groups", "initial_option"].as_slice()].concat();
    judge.only(select, &fields);
    what_selects_share(judge, select);
    match (select.get("options"), select.get("option_groups")) {
        (Some(list), None) => options(judge, &list, 1..=100, &OPTION_FIELDS),
        (None, Some(groups)) => option_groups(judge, &groups),
        _ => judge.fault(select, "must have either options or option_groups"),
    }
    if let Some(initial) = select.get("initial_option")
        && !offered(select.value).any(|option| option == initial.value)
    {
        judge.fault(&initial, "must be one of the options, word for word");
    }
}

fn external_select(judge: &mut Judge, select: &Spot<'_>) {
    judge.only(select, &[&SELECT_FIELDS, ["initial_option", "min_query_length"].as_slice()].concat());
    what_selects_share(judge, select);
    judge.number(select, "min_query_length", 0..=255);
    if let Some(initial) = select.get("initial_option") {
        option(judge, &initial, &OPTION_FIELDS);
    }
}

fn users_select(judge: &mut Judge, select: &Spot<'_>) {
    judge.only(select, &[&SELECT_FIELDS, ["initial_user"].as_slice()].concat());
    what_selects_share(judge, select);
    judge.string(select, "initial_user", 1..=255);
}

fn plain_text_input(judge: &mut Judge, input: &Spot<'_>) {
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
    judge.only(input, &fields);
    judge.flag(input, "multiline");
    judge.focus(input);
    judge.plain_text(input, "placeholder", 150);
    let least = judge.number(input, "min_length", 0..=3_000).unwrap_or(0);
    let most = judge.number(input, "max_length", 1..=3_000).unwrap_or(3_000);
    if least > most {
        judge.fault(input, "has a min_length above its max_length");
    }
    let length = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    judge.string(input, "initial_value", length(least)..=length(most));
}

const SELECT_FIELDS: [&str; 5] = ["type", "action_id", "placeholder", "confirm", "focus_on_load"];
const OPTION_FIELDS: [&str; 3] = ["text", "value", "description"];

fn what_selects_share(judge: &mut Judge, select: &Spot<'_>) {
    judge.plain_text(select, "placeholder", 150);
    judge.focus(select);
    confirm(judge, select);
}

fn option_groups(judge: &mut Judge, groups: &Spot<'_>) {
    for group in judge.list(groups, 1..=100) {
        judge.only(&group, &["label", "options"]);
        judge.required(&group, "label");
        judge.plain_text(&group, "label", 75);
        if let Some(list) = judge.required(&group, "options") {
            options(judge, &list, 1..=100, &OPTION_FIELDS);
        }
    }
}

fn options(judge: &mut Judge, list: &Spot<'_>, size: RangeInclusive<usize>, fields: &[&str]) {
    let mut values = BTreeSet::new();
    for spot in judge.list(list, size) {
        option(judge, &spot, fields);
        if !values.insert(spot.value["value"].as_str()) {
            judge.fault(&spot, "has the value of another option");
        }
    }
}

fn option(judge: &mut Judge, option: &Spot<'_>, fields: &[&str]) {
    judge.only(option, fields);
    judge.required(option, "text");
    judge.required(option, "value");
    judge.plain_text(option, "text", 75);
    judge.plain_text(option, "description", 75);
    judge.string(option, "value", 1..=150);
    url(judge, option);
}

/// What a bot answers when its options are asked for; there may be none.
pub(super) fn suggestions(judge: &mut Judge, answer: &Spot<'_>) {
    judge.only(answer, &["options", "option_groups"]);
    match (answer.get("options"), answer.get("option_groups")) {
        (Some(list), None) => options(judge, &list, 0..=100, &OPTION_FIELDS),
        (None, Some(groups)) => option_groups(judge, &groups),
        _ => judge.fault(answer, "must have either options or option_groups"),
    }
}

/// All options that a select offers, in groups or not.
pub(in crate::slack) fn offered(select: &Value) -> impl Iterator<Item = &Value> {
    let grouped = select["option_groups"].as_array().into_iter().flatten().map(|group| &group["options"]);
    grouped.chain([&select["options"]]).filter_map(Value::as_array).flatten()
}
