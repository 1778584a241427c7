//! AWS in a process: roles and callers, and what came of them.

use aws_sdk_sts::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::child::{Process, refused};

const ROLE: &str = "arn:aws:iam::111122223333:role/elevate/S3Admin";
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

fn client(aws: &Process, access_key: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(access_key, "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(&aws.url)
        .build();
    Client::from_conf(config)
}

/// Whether this key is given a session of the role, for so many seconds.
async fn assumes(aws: &Process, access_key: &str, seconds: i32) -> bool {
    let request = client(aws, access_key).assume_role().role_arn(ROLE).role_session_name("ada");
    let request = request.external_id("example-external-id").duration_seconds(seconds).policy(POLICY);
    request.send().await.is_ok()
}

#[tokio::test]
async fn a_known_key_assumes_a_role_as_its_trust_says() {
    let aws = Process::start(&["aws"]);
    assert!(assumes(&aws, "AKIAEXAMPLEBROKER000", 3_600).await, "the broker may");
    assert!(!assumes(&aws, "AKIADAVE", 3_600).await, "nobody knows this key");
    let dave = "arn:aws:iam::999988887777:user/dave";
    aws.put("callers/AKIADAVE", json!({ "arn": dave })).await;
    assert!(!assumes(&aws, "AKIADAVE", 3_600).await, "Dave is not trusted");

    let role = aws.put("roles", json!({ "arn": ROLE, "trusts": [dave], "max_session_seconds": 7_200 })).await;
    assert_eq!((&role["external_id"], &role["trusts"]), (&json!("example-external-id"), &json!([dave])));
    assert!(assumes(&aws, "AKIADAVE", 7_200).await);
    assert!(!assumes(&aws, "AKIADAVE", 7_201).await);
    assert!(!assumes(&aws, "AKIAEXAMPLEBROKER000", 3_600).await, "the broker may not any more");

    let assumptions = aws.get("assumptions").await;
    let outcomes: Vec<_> = assumptions.as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "Issued").count(), 2);
    assert_eq!(assumptions[0]["role_arn"], ROLE);
    assert_eq!(aws.get("sessions").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_role_nobody_knows_trusts_nobody_by_itself() {
    let aws = Process::start(&["aws"]);
    let (status, _) = refused(aws.ask(Method::PUT, "roles", Some(json!({ "trusts": [] }))).await);
    assert_eq!(status, 400, "which role?");
    let role = aws.put("roles", json!({ "arn": "arn:aws:iam::111122223333:role/Fresh" })).await;
    assert_eq!((&role["trusts"], &role["max_session_seconds"]), (&json!([]), &json!(3_600)));
}

#[tokio::test]
async fn a_session_can_be_asked_what_it_may_do_and_when() {
    let aws = Process::start(&["aws"]);
    assert!(assumes(&aws, "AKIAEXAMPLEBROKER000", 3_600).await);
    let key = aws.get("sessions").await[0].take();
    let call = json!({ "access_key": key, "action": "s3:GetObject", "resource": "*" });
    let may = async |changes: Value| {
        let mut call = call.clone();
        call.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        aws.post("allowed", call).await["decision"].take()
    };
    assert_eq!(may(json!({})).await, "allowed", "by the process's own clock");
    assert_eq!(
        may(json!({ "action": "ec2:RunInstances" })).await["denied"],
        "because no session policy allows the action"
    );
    assert!(may(json!({ "access_key": "ASIANOBODY" })).await["denied"].is_string());
    let expired = may(json!({ "at": "2100-01-01T00:00:00Z" })).await;
    assert_eq!(expired["denied"], "the security token included in the request is expired");
}
