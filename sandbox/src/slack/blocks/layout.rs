//! The rules for blocks.

use super::{
    element::{self, Place},
    judge::{Judge, Spot, Surface},
    rich_text,
};

/// A message's or view's list of blocks.
pub(super) fn blocks(judge: &mut Judge, blocks: &Spot<'_>) {
    for block in judge.list(blocks, 1..=judge.surface.most_blocks()) {
        judge.block_id(&block);
        match block.kind() {
            "actions" => actions(judge, &block),
            "context" => context(judge, &block),
            "divider" => judge.only(&block, &["type", "block_id"]),
            "header" => header(judge, &block),
            "input" => input(judge, &block),
            "rich_text" => rich_text::block(judge, &block),
            "section" => section(judge, &block),
            other => judge.fault(&block, format!("is of an unsupported type: {other}")),
        }
    }
}

fn header(judge: &mut Judge, block: &Spot<'_>) {
    judge.only(block, &["type", "block_id", "text"]);
    judge.required(block, "text");
    judge.plain_text(block, "text", 150);
}

fn section(judge: &mut Judge, block: &Spot<'_>) {
    judge.only(block, &["type", "block_id", "text", "fields", "accessory", "expand"]);
    judge.flag(block, "expand");
    let (text, fields) = (block.get("text"), block.get("fields"));
    if text.is_none() && fields.is_none() {
        judge.fault(block, "lacks both text and fields");
    }
    if let Some(text) = text {
        judge.text_object(&text, 3_000);
    }
    if let Some(fields) = fields {
        for field in judge.list(&fields, 1..=10) {
            judge.text_object(&field, 2_000);
        }
    }
    if let Some(accessory) = block.get("accessory") {
        element::check(judge, &accessory, Place::Accessory);
    }
}

fn context(judge: &mut Judge, block: &Spot<'_>) {
    judge.only(block, &["type", "block_id", "elements"]);
    let Some(elements) = judge.required(block, "elements") else {
        return;
    };
    for text in judge.list(&elements, 1..=10) {
        judge.text_object(&text, 2_000);
    }
}

fn actions(judge: &mut Judge, block: &Spot<'_>) {
    judge.only(block, &["type", "block_id", "elements"]);
    let Some(elements) = judge.required(block, "elements") else {
        return;
    };
    for element in judge.list(&elements, 1..=25) {
        element::check(judge, &element, Place::Actions);
    }
}

fn input(judge: &mut Judge, block: &Spot<'_>) {
    judge.only(block, &["type", "block_id", "label", "element", "hint", "optional", "dispatch_action"]);
    if judge.surface == Surface::Message {
        judge.fault(block, "is of type input, which stands in views only");
    }
    judge.found_input();
    judge.required(block, "label");
    judge.plain_text(block, "label", 2_000);
    judge.plain_text(block, "hint", 2_000);
    judge.flag(block, "optional");
    judge.flag(block, "dispatch_action");
    if let Some(element) = judge.required(block, "element") {
        element::check(judge, &element, Place::Input);
    }
}
