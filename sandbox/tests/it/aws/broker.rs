//! A broker that may assume a role, and a clock that stands still.

use aws_sdk_sts::{
    Client, operation::assume_role::builders::AssumeRoleFluentBuilder, types::Credentials as Session,
};
use chrono::{DateTime, TimeZone, Utc};
use sandbox::{
    aws::{Aws, AwsConfig, Role},
    clock::Clock,
};

use super::sdk::{client, key, tag};
use crate::refusal::{Refusal, refusal};

pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/elevate/S3Admin";
pub(super) const BROKER: &str = "arn:aws:sts::999988887777:assumed-role/broker/i-0abc";

pub(super) struct Broker {
    pub(super) aws: Aws,
    pub(super) clock: Clock,
    pub(super) sts: Client,
}

pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

/// A broker that is itself a session of a role, so that it chains roles.
pub(super) async fn broker() -> Broker {
    let clock = Clock::standing(noon());
    let aws = Aws::start(AwsConfig { clock: clock.clone(), port: 0 }).await.unwrap();
    aws.add_role(Role::new(ROLE, "arn:aws:iam::999988887777:role/broker"));
    aws.register_caller("ASIABROKER", BROKER);
    let sts = client(&aws.sts_url(), key("ASIABROKER", "secret"));
    Broker { aws, clock, sts }
}

impl Broker {
    /// A request in which everything is right.
    pub(super) fn request(&self) -> AssumeRoleFluentBuilder {
        self.sts.assume_role().role_arn(ROLE).role_session_name("ada@example.com")
    }

    /// How a request is refused in which something is changed.
    pub(super) async fn refusal_of(
        &self,
        change: impl FnOnce(AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder,
    ) -> Refusal {
        refusal(change(self.request()).send().await)
    }

    /// The credentials of a session with `policy`.
    pub(super) async fn session(&self, policy: Option<String>) -> Session {
        let request = self.request().source_identity("ada").set_policy(policy).tags(tag("request", "01J"));
        request.send().await.unwrap().credentials.unwrap()
    }
}
