//! The store: one DynamoDB table.
//!
//! Start with [`keys`], which maps the table. Each entity has one file, which builds its changes from `rows`. A change
//! is written as one `transaction` on the `table`. [`DynamoStore`] implements the [`Store`](crate::ports::Store) port
//! for the rest of the program. [`schema`] creates the table, and [`writers`] restricts who may write to it.

mod accounts;
mod codes;
mod commit;
mod control;
mod dynamo;
mod given;
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
pub mod writers;

pub use dynamo::DynamoStore;

use crate::ports::StoreError;

/// Names the operation that failed, for example "load request req_…".
fn could_not<E: Into<anyhow::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> StoreError {
    let what = what.into();
    |error| StoreError { what, source: error.into() }
}
