//! The product, together with stand-ins for everything it talks to.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod world;

mod audit;
mod budget;
mod callback;
mod calls;
mod chat;
mod clocks;
mod cloud;
mod corpus;
mod crash;
mod deliver;
mod events;
mod examples;
mod faults;
mod forged;
mod groups;
mod hostile;
mod identity;
mod inbox;
mod lanes;
mod limits;
mod lines;

mod link;
mod log;
mod message;
mod metrics;
mod near_misses;
mod network;
mod one_person;
mod open_session;
mod operator;
mod policy;
mod process;
mod providers;
mod races;
mod references;
mod remind;
mod request;
mod review;
mod sealing;
mod secrets;
mod serve;
mod sign_out;
mod slack_errors;
mod socket;
mod step_up;
mod store;
mod story;
mod text;
mod tidy;
mod unreached;
mod views;
