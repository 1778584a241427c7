//! The rules for rich text, as far as an app writes it.

use super::judge::{Judge, Spot};

pub(super) fn block(judge: &mut Judge, block: &Spot<'_>) {
    judge.only(block, &["type", "block_id", "elements"]);
    let Some(elements) = judge.required(block, "elements") else {
        return;
    };
    for part in judge.list(&elements, 1..=100) {
        match part.kind() {
            "rich_text_section" | "rich_text_quote" | "rich_text_preformatted" => section(judge, &part),
            "rich_text_list" => list(judge, &part),
            other => judge.fault(&part, format!("is of an unsupported type: {other}")),
        }
    }
}

fn list(judge: &mut Judge, list: &Spot<'_>) {
    judge.only(list, &["type", "elements", "style", "indent"]);
    judge.required(list, "style");
    judge.one_of(list, "style", &["bullet", "ordered"]);
    judge.number(list, "indent", 0..=8);
    let Some(items) = judge.required(list, "elements") else {
        return;
    };
    for item in judge.list(&items, 1..=100) {
        if item.kind() != "rich_text_section" {
            judge.fault(&item, "must be of type rich_text_section");
        }
        section(judge, &item);
    }
}

fn section(judge: &mut Judge, section: &Spot<'_>) {
    judge.only(section, &["type", "elements"]);
    let Some(elements) = judge.required(section, "elements") else {
        return;
    };
    for run in judge.list(&elements, 1..=1_000) {
        let (needed, allowed): (&str, &[&str]) = match run.kind() {
            "text" => ("text", &["type", "text", "style"]),
            "link" => ("url", &["type", "url", "text", "style"]),
            "user" => ("user_id", &["type", "user_id", "style"]),
            other => {
                judge.fault(&run, format!("is of an unsupported type: {other}"));
                continue;
            }
        };
        judge.only(&run, allowed);
        judge.required(&run, needed);
        for field in allowed.iter().filter(|field| !["type", "style"].contains(*field)) {
            judge.string(&run, field, 1..=3_000);
        }
        style(judge, &run);
    }
}

fn style(judge: &mut Judge, run: &Spot<'_>) {
    let Some(style) = run.get("style") else { return };
    let styles = ["bold", "italic", "strike", "code"];
    judge.only(&style, &styles);
    for name in styles {
        judge.flag(&style, name);
    }
}
