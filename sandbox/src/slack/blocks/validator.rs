//! The vocabulary of the rules: places in a JSON document, and the faults found there.

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde_json::Value;

use super::Fault;

/// Where blocks are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Message,
    Modal,
    Home,
}

impl Surface {
    pub(super) fn most_blocks(self) -> usize {
        match self {
            Self::Message => 50,
            Self::Modal | Self::Home => 100,
        }
    }
}

/// A value in a document, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    at: String,
    pub(super) value: &'a Value,
}

impl<'a> Spot<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { at: String::new(), value }
    }

    pub(super) fn get(&self, field: &str) -> Option<Spot<'a>> {
        let value = self.value.get(field)?;
        Some(Self { at: format!("{}/{field}", self.at), value })
    }

    /// The `type` that says which rules hold.
    pub(super) fn kind(&self) -> &'a str {
        self.value["type"].as_str().unwrap_or_default()
    }

    fn items(&self) -> Vec<Spot<'a>> {
        let items = self.value.as_array().map_or(&[][..], Vec::as_slice);
        items.iter().enumerate().map(|(i, value)| Self { at: format!("{}/{i}", self.at), value }).collect()
    }
}

/// Collects faults, and what must not occur twice.
#[derive(Debug)]
pub(super) struct Validator {
    pub(super) surface: Surface,
    faults: Vec<Fault>,
    action_ids: BTreeSet<String>,
    block_ids: BTreeSet<String>,
    focused: bool,
    has_inputs: bool,
}

impl Validator {
    pub(super) fn of(surface: Surface) -> Self {
        Self {
            surface,
            faults: Vec::new(),
            action_ids: BTreeSet::new(),
            block_ids: BTreeSet::new(),
            focused: false,
            has_inputs: false,
        }
    }

    pub(super) fn verdict(self) -> Result<(), Vec<Fault>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    pub(super) fn fault(&mut self, spot: &Spot<'_>, what: impl Into<String>) {
        self.faults.push(Fault { at: spot.at.clone(), what: what.into() });
    }

    pub(super) fn found_input(&mut self) {
        self.has_inputs = true;
    }

    pub(super) fn has_inputs(&self) -> bool {
        self.has_inputs
    }

    /// An object must have no other fields than these.
    pub(super) fn only(&mut self, object: &Spot<'_>, allowed: &[&str]) {
        let Some(fields) = object.value.as_object() else {
            return self.fault(object, "must be an object");
        };
        for field in fields.keys().filter(|field| !allowed.contains(&field.as_str())) {
            self.fault(object, format!("has an unknown field: {field}"));
        }
    }

    pub(super) fn required<'a>(&mut self, object: &Spot<'a>, field: &str) -> Option<Spot<'a>> {
        let spot = object.get(field);
        if spot.is_none() {
            self.fault(object, format!("lacks the field: {field}"));
        }
        spot
    }

    pub(super) fn flag(&mut self, object: &Spot<'_>, field: &str) {
        if let Some(spot) = object.get(field)
            && !spot.value.is_boolean()
        {
            self.fault(&spot, "must be true or false");
        }
    }

    pub(super) fn number(
        &mut self,
        object: &Spot<'_>,
        field: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let spot = object.get(field)?;
        let number = spot.value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.fault(&spot, format!("must be a number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// A string that may be absent, of so many characters.
    pub(super) fn string<'a>(
        &mut self,
        object: &Spot<'a>,
        field: &str,
        length: RangeInclusive<usize>,
    ) -> Option<&'a str> {
        let spot = object.get(field)?;
        self.length(&spot, length)
    }

    pub(super) fn length<'a>(&mut self, spot: &Spot<'a>, length: RangeInclusive<usize>) -> Option<&'a str> {
        let Some(text) = spot.value.as_str() else {
            self.fault(spot, "must be a string");
            return None;
        };
        let count = text.chars().count();
        if count < *length.start() {
            self.fault(spot, format!("must have at least {} characters", length.start()));
        }
        if count > *length.end() {
            self.fault(spot, format!("must have no more than {} characters, has {count}", length.end()));
        }
        Some(text)
    }

    pub(super) fn one_of(&mut self, object: &Spot<'_>, field: &str, words: &[&str]) {
        if let Some(spot) = object.get(field)
            && !spot.value.as_str().is_some_and(|word| words.contains(&word))
        {
            self.fault(&spot, format!("must be one of {}", words.join(", ")));
        }
    }

    /// The items of a list that has so many of them.
    pub(super) fn list<'a>(&mut self, list: &Spot<'a>, size: RangeInclusive<usize>) -> Vec<Spot<'a>> {
        let items = list.items();
        if !list.value.is_array() {
            self.fault(list, "must be a list");
        } else if !size.contains(&items.len()) {
            self.fault(list, format!("must have {} to {} items", size.start(), size.end()));
        }
        items
    }

    pub(super) fn action_id(&mut self, element: &Spot<'_>) {
        self.required(element, "action_id");
        if let Some(id) = self.string(element, "action_id", 1..=255)
            && !self.action_ids.insert(id.to_owned())
        {
            self.fault(element, format!("has an action_id that is there already: {id}"));
        }
    }

    pub(super) fn block_id(&mut self, block: &Spot<'_>) {
        if let Some(id) = self.string(block, "block_id", 1..=255)
            && !self.block_ids.insert(id.to_owned())
        {
            self.fault(block, format!("has a block_id that is there already: {id}"));
        }
    }

    /// Only one element of a view can have the cursor, and none of a message.
    pub(super) fn focus(&mut self, element: &Spot<'_>) {
        self.flag(element, "focus_on_load");
        if element.value["focus_on_load"] != true {
            return;
        }
        if self.focused || self.surface == Surface::Message {
            self.fault(element, "cannot have the focus: something else has it, or it is not in a view");
        }
        self.focused = true;
    }
}
