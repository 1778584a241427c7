//! A table with an index, and what is put into it.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Builder, Credentials, Region, retry::RetryConfig},
    error::SdkError,
    operation::{
        create_table::{CreateTableError, CreateTableOutput},
        query::builders::QueryFluentBuilder,
        update_item::builders::UpdateItemFluentBuilder,
    },
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use sandbox::dynamo::Dynamo;

use crate::{
    contracts::judge_at,
    ministack::{ROOT_SECRET, open_account},
};

pub(super) const TABLE: &str = "things";

/// An index by `keeper` and `since`, which shows keys only.
pub(super) const INDEX: &str = "by-keeper";

pub(super) type Item = HashMap<String, AttributeValue>;

/// A table whose keys are `pk` and `sk`, with nothing in it.
pub(super) struct World {
    pub(super) client: Client,
}

impl World {
    pub(super) async fn stand_in() -> Self {
        let dynamo = Dynamo::in_memory().unwrap();
        Self::with(config("AKIAEXAMPLE", "secret").http_client(dynamo.http_client())).await
    }

    pub(super) async fn judge() -> Self {
        let url = judge_at("CONTRACT_DYNAMODB_URL");
        Self::with(config(&open_account(), ROOT_SECRET).endpoint_url(url)).await
    }

    pub(super) async fn put(&self, item: Item) {
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    pub(super) async fn get(&self, pk: &str, sk: &str) -> Option<Item> {
        let get = self.client.get_item().table_name(TABLE).set_key(Some(key(pk, sk)));
        get.consistent_read(true).send().await.unwrap().item
    }

    pub(super) fn update(&self, pk: &str, sk: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(TABLE).set_key(Some(key(pk, sk)))
    }

    /// A query of one partition, still without a condition on `sk`.
    pub(super) fn query(&self, pk: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(TABLE).consistent_read(true);
        query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(pk))
    }

    async fn with(config: Builder) -> Self {
        let world = Self { client: Client::from_conf(config.build()) };
        world.create_table().await.unwrap();
        world
    }

    pub(super) async fn create_table(&self) -> Result<CreateTableOutput, SdkError<CreateTableError>> {
        let attributes = ["pk", "sk", "keeper", "since"].map(|name| {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            attribute.attribute_type(ScalarAttributeType::S).build().unwrap()
        });
        let index = GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .set_key_schema(Some(key_schema("keeper", "since")))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        self.client
            .create_table()
            .table_name(TABLE)
            .set_attribute_definitions(Some(attributes.to_vec()))
            .set_key_schema(Some(key_schema("pk", "sk")))
            .global_secondary_indexes(index.build().unwrap())
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
    }
}

/// A client that tries once.
fn config(key_id: &str, secret: &str) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(key_id, secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
}

fn key_schema(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    let element =
        |name, key_type| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap();
    vec![element(hash, KeyType::Hash), element(range, KeyType::Range)]
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn key(pk: &str, sk: &str) -> Item {
    item(pk, sk, &[])
}

pub(super) fn item(pk: &str, sk: &str, attributes: &[(&str, AttributeValue)]) -> Item {
    let keys = [("pk", text(pk)), ("sk", text(sk))];
    keys.iter().chain(attributes).map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// The sort keys of items, in their order.
pub(super) fn sort_keys(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect()
}
