//! DynamoDB, and `ministack` as its judge.

mod batches;
mod conditions;
mod expressions;
mod indexes;
mod queries;
mod races;
mod tables;
mod transactions;
mod values;
mod world;
