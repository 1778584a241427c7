//! The rules for blocks.

use super::{
    element::{self, Place},
    rich_text,
    validator::{Spot, Surface, Validator},
};

/// A message's or view's list of blocks.
pub(super) fn blocks(validator: &mut Validator, blocks: &Spot<'_>) {
    for block in validator.list(blocks, 1..=validator.surface.most_blocks()) {
        validator.block_id(&block);
        match block.kind() {
            "actions" => actions(validator, &block),
            "context" => context(validator, &block),
            "divider" => validator.only(&block, &["type", "block_id"]),
            "header" => header(validator, &block),
            "input" => input(validator, &block),
            "rich_text" => rich_text::block(validator, &block),
            "section" => section(validator, &block),
            other => validator.fault(&block, format!("is of an unsupported type: {other}")),
        }
    }
}

fn header(validator: &mut Validator, block: &Spot<'_>) {
    validator.only(block, &["type", "block_id", "text"]);
    validator.required(block, "text");
    validator.plain_text(block, "text", 150);
}

fn section(validator: &mut Validator, block: &Spot<'_>) {
    validator.only(block, &["type", "block_id", "text", "fields", "accessory", "expand"]);
    validator.flag(block, "expand");
    let (text, fields) = (block.get("text"), block.get("fields"));
    if text.is_none() && fields.is_none() {
        validator.fault(block, "lacks both text and fields");
    }
    if let Some(text) = text {
        validator.text_object(&text, 3_000);
    }
    if let Some(fields) = fields {
        for field in validator.list(&fields, 1..=10) {
            validator.text_object(&field, 2_000);
        }
    }
    if let Some(accessory) = block.get("accessory") {
        element::check(validator, &accessory, Place::Accessory);
    }
}

fn context(validator: &mut Validator, block: &Spot<'_>) {
    validator.only(block, &["type", "block_id", "elements"]);
    let Some(elements) = validator.required(block, "elements") else {
        return;
    };
    for text in validator.list(&elements, 1..=10) {
        validator.text_object(&text, 2_000);
    }
}

fn actions(validator: &mut Validator, block: &Spot<'_>) {
    validator.only(block, &["type", "block_id", "elements"]);
    let Some(elements) = validator.required(block, "elements") else {
        return;
    };
    for element in validator.list(&elements, 1..=25) {
        element::check(validator, &element, Place::Actions);
    }
}

fn input(validator: &mut Validator, block: &Spot<'_>) {
    validator.only(block, &["type", "block_id", "label", "element", "hint", "optional", "dispatch_action"]);
    if validator.surface == Surface::Message {
        validator.fault(block, "is of type input, which stands in views only");
    }
    validator.found_input();
    validator.required(block, "label");
    validator.plain_text(block, "label", 2_000);
    validator.plain_text(block, "hint", 2_000);
    validator.flag(block, "optional");
    validator.flag(block, "dispatch_action");
    if let Some(element) = validator.required(block, "element") {
        element::check(validator, &element, Place::Input);
    }
}
