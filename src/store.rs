//! The store: one DynamoDB table.
//!
//! Read [`keys`] first: it is the map of the table. One file for each entity puts a change together out of `rows`; it is
//! made as one `transaction` of the `table`. [`DynamoStore`] is the [`Store`](crate::ports::Store) that the rest
//! of the program sees, and [`schema`] makes the table.

mod accounts;
mod codes;
mod commit;
mod dynamo;
mod jobs;
pub mod keys;
mod links;
mod places;
mod presses;
mod requests;
mod rows;
pub mod schema;
mod table;
mod tickets;
mod tokens;
mod transaction;

pub use dynamo::DynamoStore;

use crate::ports::StoreError;

/// Says what could not be done, as in "load request req_…".
fn could_not<E: Into<anyhow::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> StoreError {
    let what = what.into();
    |error| StoreError { what, source: error.into() }
}
