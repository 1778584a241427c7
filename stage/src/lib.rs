//! Puts the product on a stage: every service it talks to is a stand-in on loopback, and it cannot tell.
//!
//! The demo, its tour, the tests and the benchmarks share it.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use elevate::{
    app::{self, App, Outside},
    config::{Config, Secrets, Transport},
    domain::window::Timestamp,
    metrics::Metrics,
    outbound::HttpClient,
    ports::{Clock, Ids},
    store::schema::create_table,
};
use sandbox::example_corp::{APP_TOKEN, BROKER_KEY, BROKER_SECRET_KEY, BROKER_SESSION_TOKEN, Company};

/// The stand-ins' clock, as the product asks it.
#[derive(Clone, Debug)]
pub struct StageClock(pub sandbox::clock::Clock);

#[async_trait]
impl Clock for StageClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        self.0.uptime()
    }

    async fn sleep(&self, time: Duration) {
        self.0.sleep(time).await;
    }
}

/// Builds the product for `company`: browsers reach it at `public_url`, Slack over `transport`.
///
/// # Errors
/// When the product will not have it.
pub async fn build(
    company: &Company,
    public_url: &str,
    transport: Transport,
    ids: Arc<dyn Ids>,
) -> anyhow::Result<App> {
    company.install(public_url);
    if transport == Transport::Socket {
        company.slack.install_socket();
    }
    let mut environment = company.environment();
    let of_transport = [("MODE", transport.as_str()), ("APP_TOKEN", APP_TOKEN)];
    environment.extend(of_transport.map(|(key, value)| (format!("ELEVATE_SLACK__{key}"), value.to_owned())));
    let config = Config::parse(&company.configuration(public_url), environment, Secrets::new())?;
    let outside = outside(company, ids);
    create_table(&outside.dynamodb, &config.dynamodb.table).await.context("could not make the table")?;
    app::build(config, outside).await
}

/// The product's HTTP client, as it is on any machine.
///
/// # Panics
/// When the machine has no root certificates.
#[must_use]
pub fn http() -> HttpClient {
    HttpClient::new(Metrics::new()).expect("the machine has root certificates")
}

/// The machine and the AWS clients that the product gets on this stage.
#[must_use]
pub fn outside(company: &Company, ids: Arc<dyn Ids>) -> Outside {
    let token = Some(BROKER_SESSION_TOKEN.to_owned());
    let http = http();
    let credentials = Credentials::new(BROKER_KEY, BROKER_SECRET_KEY, token, None, "sandbox");
    let region = Region::new("eu-west-1");
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.clone())
        .credentials_provider(credentials.clone())
        .http_client(company.dynamo.http_client());
    let sts = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.clone())
        .credentials_provider(credentials.clone())
        .endpoint_url(company.aws.sts_url())
        .http_client(http.clone());
    let kms = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(credentials)
        .http_client(company.kms.http_client());
    Outside {
        clock: Arc::new(StageClock(company.clock.clone())),
        ids,
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        sts: aws_sdk_sts::Client::from_conf(sts.build()),
        kms: aws_sdk_kms::Client::from_conf(kms.build()),
        http,
    }
}
