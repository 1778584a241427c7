//! The store: one DynamoDB table.
//!
//! Read [`keys`] first: it is the map of the table. `commit`, `accounts`, `link` and `press` put a change together out of `rows`;
//! it is made as one `transaction` of the `table`. [`DynamoStore`] is the [`Store`](crate::ports::Store) that the rest
//! of the program sees, and [`schema`] makes the table.

mod accounts;
mod commit;
mod dynamo;
pub mod keys;
mod link;
mod press;
mod requests;
mod rows;
pub mod schema;
mod table;
mod transaction;

pub use dynamo::DynamoStore;

use crate::ports::StoreError;

/// Says what could not be done, as in "load request req_…".
fn could_not<E: Into<anyhow::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> StoreError {
    let what = what.into();
    |error| StoreError { what, source: error.into() }
}
