//! What is said: the parts of which a message consists, before any platform lays them out.

use std::fmt;

use url::Url;

use super::rich::Line;
use crate::domain::{act::Act, ids::RequestId};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What a notification shows and a screen reader reads out.
    pub summary: Line,
    /// The message itself.
    pub parts: Vec<Part>,
}

/// A part of a [`Said`], from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A paragraph, in one line or several.
    Paragraph(Vec<Line>),
    /// A paragraph without any markup.
    Text(String),
    /// What a person wrote, set apart from the app's own words.
    Quote(String),
    /// Small print.
    Small(Line),
    /// A row of buttons; none where there are none.
    Buttons(Vec<Button>),
    /// A button that opens an address in the browser.
    Link(Link),
}

/// A button that does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its label.
    pub label: &'static str,
    /// How it stands out.
    pub style: Style,
    /// What it does.
    pub action: Action,
}

/// How a button stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Plain,
    /// As what most people want.
    Primary,
    /// As what nobody should press by mistake.
    Danger,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Does this about a request, at once.
    Do(RequestId, Act),
    /// Asks for the reason why this request is rejected.
    AskWhy(RequestId),
    /// Asks for a one-time link to the AWS console.
    OpenConsole(RequestId),
    /// Unlinks the person who presses.
    Unlink,
}

/// A button that opens an address in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its label.
    pub label: &'static str,
    /// The address: a bearer secret.
    pub url: Url,
    /// What the address leads to.
    pub leads_to: LeadsTo,
    /// What is shown where the platform does not accept the address.
    pub otherwise: String,
}

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadsTo {
    /// The sign-in that links.
    SignInToLink,
    /// The AWS console.
    Console,
    /// The sign-in by which an answer counts.
    SignInToAnswer,
}

impl Said {
    /// A message of one paragraph, which is its own summary.
    pub(super) fn paragraph(line: Line) -> Self {
        Self { summary: line.clone(), parts: vec![Part::paragraph(line)] }
    }
}

impl Part {
    /// A paragraph.
    pub(super) fn paragraph(line: Line) -> Self {
        Self::Paragraph(vec![line])
    }
}

impl Button {
    /// A button that does not stand out.
    pub(super) fn new(label: &'static str, action: Action) -> Self {
        Self { label, style: Style::Plain, action }
    }

    /// What most people want.
    pub(super) fn primary(self) -> Self {
        Self { style: Style::Primary, ..self }
    }

    /// What nobody should press by mistake.
    pub(super) fn danger(self) -> Self {
        Self { style: Style::Danger, ..self }
    }
}

/// Without any markup: for tests and platforms of text alone.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.parts.iter().map(Part::to_string).filter(|part| !part.is_empty()).collect();
        f.write_str(&parts.join("\n"))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Paragraph(lines) => lines.iter().map(Line::to_string).collect::<Vec<_>>().join("\n"),
            Self::Text(text) => Line::in_full(text).to_string(),
            Self::Quote(text) => {
                let text = Line::in_full(text).to_string();
                text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
            }
            Self::Small(line) => line.to_string(),
            Self::Buttons(buttons) => {
                buttons.iter().map(|button| format!("[ {} ]", button.label)).collect::<Vec<_>>().join(" ")
            }
            Self::Link(Link { label, url, .. }) => format!("[ {label} ] {url}"),
        };
        f.write_str(&text)
    }
}
