//! The browser without scripts.

mod cookies;
mod forms;
mod navigation;
mod site;
