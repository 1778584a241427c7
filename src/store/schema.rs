//! The table itself: created if it is missing, and checked if it exists.

use std::time::Duration;

use anyhow::anyhow;
use aws_sdk_dynamodb::{
    Client,
    client::Waiters,
    error::{BuildError, SdkError},
    operation::{
        describe_table::DescribeTableError, update_continuous_backups::UpdateContinuousBackupsError,
    },
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, GlobalSecondaryIndexDescription,
        KeySchemaElement, KeyType, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, Projection,
        ProjectionType, ScalarAttributeType, SseSpecification, SseType, TableDescription,
        TimeToLiveSpecification, TimeToLiveStatus,
    },
};

use super::{
    could_not,
    keys::{self, INDEXES, Index},
    transaction::failure,
};
use crate::ports::StoreError;

/// How long a table may take to become active.
const TABLE_COMES_UP_WITHIN: Duration = Duration::from_secs(300);
/// How many times backups are requested for a new table. They become available shortly after the table is active
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html>).
const BACKUPS_ATTEMPTS: u32 = 24;
/// How long to wait between two of these requests.
const BACKUPS_WAIT: Duration = Duration::from_secs(5);

/// Creates the table if it is missing, and turns on expiry (TTL) and point-in-time recovery. Returns one line for the
/// operator for each step. Idempotent: an interrupted run can be repeated.
///
/// # Errors
/// When DynamoDB refuses, or when a table of this name exists that elevate cannot use. The cause lists the differences.
pub async fn create_table(client: &Client, table: &str) -> Result<Vec<String>, StoreError> {
    set_up(client, table).await.map_err(could_not(format!("create table {table}")))
}

/// Checks that the table has the required keys and indexes.
///
/// # Errors
/// When it does not, in which case the cause lists the differences; or when DynamoDB cannot describe the table.
pub async fn check_table(client: &Client, table: &str) -> Result<(), StoreError> {
    check(client, table).await.map_err(could_not(format!("use table {table}")))
}

/// Returns a sentence for each setting of the table that works and will be regretted, and for each that cannot be read.
pub async fn table_traps(client: &Client, table: &str) -> Vec<String> {
    let (described, expires_by, is_recoverable) =
        tokio::join!(describe(client, table), expires_by(client, table), is_recoverable(client, table),);
    let unread = |what: &str, error: &anyhow::Error| {
        format!("DynamoDB: could not look at {what} of {table}: {error:#}")
    };
    let settings = match &described {
        Ok(found) => found.as_ref().map(unprotected).unwrap_or_default(),
        Err(_) => Vec::new(), // the check of the table says so
    };
    let expiry = match &expires_by {
        Ok(by) if by.as_deref() == Some(keys::TTL) => None,
        Ok(_) => Some(format!(
            "DynamoDB: rows of {table} do not expire by {}, so used links and presses stay",
            keys::TTL
        )),
        Err(error) => Some(unread("the expiry (TTL)", error)),
    };
    let recovery = match &is_recoverable {
        Ok(true) => None,
        Ok(false) => Some(format!("DynamoDB: {table} cannot be restored to a point in time")),
        Err(error) => Some(unread("the point-in-time recovery", error)),
    };
    let settings = settings.into_iter().map(|lacks| format!("DynamoDB: {table} {lacks}"));
    settings.chain(expiry).chain(recovery).collect()
}

async fn set_up(client: &Client, table: &str) -> anyhow::Result<Vec<String>> {
    let created = if describe(client, table).await?.is_none() {
        create(client, table).await?;
        format!("created table {table}, on demand, encrypted, protected from deletion")
    } else {
        format!("table {table} is there")
    };
    let up = client.wait_until_table_exists().table_name(table).wait(TABLE_COMES_UP_WITHIN);
    up.await.map_err(|error| anyhow!("table {table} did not come up: {error}"))?;
    check(client, table).await?;
    let swept = turn_on_time_to_live(client, table).await?;
    let recoverable = turn_on_recovery(client, table).await?;
    Ok(vec![created, swept.to_owned(), recoverable.to_owned()])
}

async fn check(client: &Client, table: &str) -> anyhow::Result<()> {
    let Some(found) = describe(client, table).await? else {
        return Err(anyhow!("there is no such table"));
    };
    match differences(&found).as_slice() {
        [] => Ok(()),
        differences => Err(anyhow!(differences.join("; "))),
    }
}

async fn describe(client: &Client, table: &str) -> anyhow::Result<Option<TableDescription>> {
    match client.describe_table().table_name(table).send().await {
        Ok(answer) => Ok(answer.table),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure(&error)),
    }
}

fn is_missing(error: &SdkError<DescribeTableError>) -> bool {
    let error = error.as_service_error();
    error.is_some_and(DescribeTableError::is_resource_not_found_exception)
}

// ---------------------------------------------------------------------------------------------------------
// Creation

async fn create(client: &Client, table: &str) -> anyhow::Result<()> {
    let encryption = SseSpecification::builder().enabled(true).sse_type(SseType::Kms).build();
    let indexes: Result<_, _> = INDEXES.iter().map(index).collect();
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .deletion_protection_enabled(true)
        .sse_specification(encryption)
        .set_key_schema(Some(key_schema(keys::PK, keys::SK)?))
        .set_attribute_definitions(Some(attributes()?))
        .set_global_secondary_indexes(Some(indexes?));
    request.send().await.map_err(|error| failure(&error))?;
    Ok(())
}

fn index(index: &Index) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(index.pk, index.sk)?))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
}

fn key_schema(pk: &str, sk: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    [(pk, KeyType::Hash), (sk, KeyType::Range)].into_iter().map(element).collect()
}

fn attributes() -> Result<Vec<AttributeDefinition>, BuildError> {
    let text = |name| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    key_attributes().map(text).collect()
}

fn key_attributes() -> impl Iterator<Item = &'static str> {
    let of_indexes = INDEXES.iter().flat_map(|index| [index.pk, index.sk]);
    [keys::PK, keys::SK].into_iter().chain(of_indexes)
}

async fn turn_on_time_to_live(client: &Client, table: &str) -> anyhow::Result<&'static str> {
    match expires_by(client, table).await?.as_deref() {
        Some(keys::TTL) => return Ok("expired rows are swept away"),
        Some(other) => return Err(anyhow!("rows expire by {other} and must expire by {}", keys::TTL)),
        None => {}
    }
    let wish = TimeToLiveSpecification::builder().enabled(true).attribute_name(keys::TTL);
    let request = client.update_time_to_live().table_name(table);
    let request = request.time_to_live_specification(wish.build()?);
    request.send().await.map_err(|error| failure(&error))?;
    Ok("turned on the sweeping away of expired rows")
}

/// Returns the attribute by which rows expire, if expiry is turned on.
async fn expires_by(client: &Client, table: &str) -> anyhow::Result<Option<String>> {
    let request = client.describe_time_to_live().table_name(table);
    let answer = request.send().await.map_err(|error| failure(&error))?;
    let is_on =
        |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
    let found = answer.time_to_live_description;
    let found = found.filter(|found| found.time_to_live_status().is_some_and(is_on));
    Ok(found.and_then(|found| found.attribute_name))
}

async fn turn_on_recovery(client: &Client, table: &str) -> anyhow::Result<&'static str> {
    if is_recoverable(client, table).await? {
        return Ok("the table can be restored to any point in time");
    }
    for _ in 0..BACKUPS_ATTEMPTS {
        if try_to_turn_on_recovery(client, table).await? {
            return Ok("turned on recovery to any point in time");
        }
        tokio::time::sleep(BACKUPS_WAIT).await;
    }
    Err(anyhow!("the table's backups did not come up"))
}

/// Returns `false` while backups are not available for the table yet.
async fn try_to_turn_on_recovery(client: &Client, table: &str) -> anyhow::Result<bool> {
    let wish = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
    let request = client.update_continuous_backups().table_name(table);
    let request = request.point_in_time_recovery_specification(wish.build()?);
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if is_too_early(&error) => Ok(false),
        Err(error) => Err(failure(&error)),
    }
}

fn is_too_early(error: &SdkError<UpdateContinuousBackupsError>) -> bool {
    let error = error.as_service_error();
    error.is_some_and(UpdateContinuousBackupsError::is_continuous_backups_unavailable_exception)
}

async fn is_recoverable(client: &Client, table: &str) -> anyhow::Result<bool> {
    let request = client.describe_continuous_backups().table_name(table);
    let answer = request.send().await.map_err(|error| failure(&error))?;
    let recovery =
        answer.continuous_backups_description.and_then(|backups| backups.point_in_time_recovery_description);
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
    Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
}

// ---------------------------------------------------------------------------------------------------------
// Checks

/// Returns how the table differs from what is required, one clause for each difference.
fn differences(table: &TableDescription) -> Vec<String> {
    let keys = differing_keys("the table", table.key_schema(), (keys::PK, keys::SK));
    let types = key_attributes().filter_map(|name| differing_type(table.attribute_definitions(), name));
    let indexes = INDEXES.iter().flat_map(|index| differing_index(table, index));
    keys.into_iter().chain(types).chain(indexes).collect()
}

fn unprotected(table: &TableDescription) -> Vec<&'static str> {
    let is_encrypted = table.sse_description().and_then(|sse| sse.sse_type()) == Some(&SseType::Kms);
    let is_protected = table.deletion_protection_enabled() == Some(true);
    let key = (!is_encrypted).then_some("is encrypted with a key of DynamoDB's, not one in KMS");
    key.into_iter().chain((!is_protected).then_some("is not protected from deletion")).collect()
}

fn differing_index(table: &TableDescription, index: &Index) -> Vec<String> {
    let name = Some(index.name);
    let Some(found) = table.global_secondary_indexes().iter().find(|found| found.index_name() == name) else {
        return vec![format!("index {} is missing", index.name)];
    };
    let keys = differing_keys(&format!("index {}", index.name), found.key_schema(), (index.pk, index.sk));
    keys.into_iter().chain(differing_projection(found, index)).collect()
}

fn differing_keys(of: &str, found: &[KeySchemaElement], (pk, sk): (&str, &str)) -> Option<String> {
    let parts = found.iter().map(|key| format!("{} {}", key.attribute_name(), key.key_type()));
    let found = parts.collect::<Vec<_>>().join(", ");
    let wanted = format!("{pk} {}, {sk} {}", KeyType::Hash, KeyType::Range);
    (found != wanted).then(|| format!("{of} has the keys {found} and must have {wanted}"))
}

fn differing_type(found: &[AttributeDefinition], name: &str) -> Option<String> {
    let found = found.iter().find(|found| found.attribute_name() == name)?.attribute_type();
    (*found != ScalarAttributeType::S)
        .then(|| format!("attribute {name} is of type {found} and must be of type S"))
}

fn differing_projection(found: &GlobalSecondaryIndexDescription, index: &Index) -> Option<String> {
    let found = found.projection().and_then(|projection| projection.projection_type());
    let is_wanted = found == Some(&ProjectionType::KeysOnly);
    let found = found.map_or("nothing", ProjectionType::as_str);
    (!is_wanted).then(|| format!("index {} projects {found} and must project KEYS_ONLY", index.name))
}
