//! Every sentence that a person reads, made from facts by pure functions.
//!
//! A message is [`Said`] in parts, and a sentence is a [`Line`] of which each platform makes its own markup. What only a
//! platform knows, its own name and the command that people type there, is in [`Names`]. To change what people read,
//! change it here; `tests` shows all of it as plain text.

mod card;
mod links;
mod names;
mod overview;
mod people;
mod receipt;
mod refusal;
mod reminder;
mod rich;
mod said;
mod standing;
mod words;

pub use names::Names;
pub use refusal::{refusal, refused};
pub use rich::{Line, Span, fit, on_one_line};
pub use said::{Action, Button, LeadsTo, Link, Part, Said, Style};
