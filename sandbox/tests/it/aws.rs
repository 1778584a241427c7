//! AWS, as a broker with the AWS SDK and a browser see it.

mod broker;
mod federation;
mod sessions;
mod sts;
