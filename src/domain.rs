//! The rules of the product: pure and synchronous. No I/O, clock, randomness, async code or logging.

pub mod account;
pub mod account_event;
pub mod act;
pub mod answer_fault;
pub mod audit;
pub mod audit_queue;
pub mod burst;
pub mod cloud_refusal;
pub mod code;
pub mod control;
pub mod decide;
pub mod email;
pub mod grant;
pub mod group_name;
pub mod ids;
pub mod job;
pub mod linking;
pub mod message;

pub mod person;
pub mod policy;
pub mod policy_in_force;
pub mod press;
pub mod reason;
pub mod refusal;
pub mod request;
pub mod secret;
pub mod session;
pub mod step_up;
pub mod ticket;
pub mod trail;
pub mod undelivered;
pub mod visible;
pub mod window;
