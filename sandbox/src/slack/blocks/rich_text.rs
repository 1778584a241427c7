//! The rules for rich text that an app writes.

use super::validator::{Spot, Validator};

pub(super) fn block(validator: &mut Validator, block: &Spot<'_>) {
    validator.only(block, &["type", "block_id", "elements"]);
    let Some(elements) = validator.required(block, "elements") else {
        return;
    };
    for part in validator.list(&elements, 1..=100) {
        match part.kind() {
            "rich_text_section" | "rich_text_quote" | "rich_text_preformatted" => section(validator, &part),
            "rich_text_list" => list(validator, &part),
            other => validator.fault(&part, format!("is of an unsupported type: {other}")),
        }
    }
}

fn list(validator: &mut Validator, list: &Spot<'_>) {
    validator.only(list, &["type", "elements", "style", "indent"]);
    validator.required(list, "style");
    validator.one_of(list, "style", &["bullet", "ordered"]);
    validator.number(list, "indent", 0..=8);
    let Some(items) = validator.required(list, "elements") else {
        return;
    };
    for item in validator.list(&items, 1..=100) {
        if item.kind() != "rich_text_section" {
            validator.fault(&item, "must be of type rich_text_section");
        }
        section(validator, &item);
    }
}

fn section(validator: &mut Validator, section: &Spot<'_>) {
    validator.only(section, &["type", "elements"]);
    let Some(elements) = validator.required(section, "elements") else {
        return;
    };
    for run in validator.list(&elements, 1..=1_000) {
        let (needed, allowed): (&str, &[&str]) = match run.kind() {
            "text" => ("text", &["type", "text", "style"]),
            "link" => ("url", &["type", "url", "text", "style"]),
            "user" => ("user_id", &["type", "user_id", "style"]),
            other => {
                validator.fault(&run, format!("is of an unsupported type: {other}"));
                continue;
            }
        };
        validator.only(&run, allowed);
        validator.required(&run, needed);
        for field in allowed.iter().filter(|field| !["type", "style"].contains(*field)) {
            validator.string(&run, field, 1..=3_000);
        }
        style(validator, &run);
    }
}

fn style(validator: &mut Validator, run: &Spot<'_>) {
    let Some(style) = run.get("style") else { return };
    let styles = ["bold", "italic", "strike", "code"];
    validator.only(&style, &styles);
    for name in styles {
        validator.flag(&style, name);
    }
}
