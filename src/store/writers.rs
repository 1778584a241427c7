//! Who may write to the table: a resource policy denies it to every other role, whatever other policies allow.
//!
//! `infra/broker.yaml` attaches the same policy.

use anyhow::anyhow;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{describe_table::DescribeTableError, get_resource_policy::GetResourcePolicyError},
};
use serde_json::{Value, json};

use super::{could_not, keys, transaction::failure};
use crate::ports::StoreError;

/// The names of the statements. A policy with others is not replaced.
const ONLY_THE_BOT_WRITES: &str = "NobodyButTheBotWrites";
const HISTORY_STAYS: &str = "NobodyChangesOrDeletesHistory";
/// All actions that write items
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>). A transaction
/// requires those of its writes.
pub const WRITES: [&str; 7] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
/// The actions that change an item in place or delete it.
pub const CHANGES: [&str; 4] =
    ["dynamodb:DeleteItem", "dynamodb:PartiQLDelete", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem"];

/// Attaches a resource policy to the table that denies writes to everyone except these roles, which are ARNs, and to
/// everyone the change and the deletion of history. Returns a line for the operator. Idempotent.
///
/// # Errors
/// When DynamoDB refuses, or when the table has a resource policy with other statements, which is left unchanged.
pub async fn restrict_writes(client: &Client, table: &str, roles: &[String]) -> Result<String, StoreError> {
    restrict(client, table, roles).await.map_err(could_not(format!("restrict writes to table {table}")))
}

async fn restrict(client: &Client, table: &str, roles: &[String]) -> anyhow::Result<String> {
    let described = client.describe_table().table_name(table).send().await;
    let described = described.map_err(|error: SdkError<DescribeTableError>| failure(&error))?;
    let arn = described.table.and_then(|table| table.table_arn);
    let arn = arn.ok_or_else(|| anyhow!("DynamoDB returned no ARN of the table"))?;
    if attached(client, &arn).await?.is_some_and(|policy| !is_ours(&policy)) {
        return Err(anyhow!(
            "the table has a resource policy with statements of its own, so add these to it: {}",
            statements(&arn, roles)
        ));
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements(&arn, roles) }).to_string();
    let request = client.put_resource_policy().resource_arn(arn).policy(policy);
    request.send().await.map_err(|error| failure(&error))?;
    Ok(format!("only {} may write to table {table}", roles.join(" and ")))
}

async fn attached(client: &Client, arn: &str) -> anyhow::Result<Option<Value>> {
    match client.get_resource_policy().resource_arn(arn).send().await {
        Ok(answer) => {
            let policy = answer.policy.unwrap_or_default();
            Ok(Some(
                serde_json::from_str(&policy)
                    .map_err(|_| anyhow!("the table's resource policy is not JSON"))?,
            ))
        }
        Err(error)
            if error
                .as_service_error()
                .is_some_and(GetResourcePolicyError::is_policy_not_found_exception) =>
        {
            Ok(None)
        }
        Err(error) => Err(failure(&error)),
    }
}

fn is_ours(policy: &Value) -> bool {
    let statements = policy["Statement"].as_array();
    let is_one_of_ours =
        |statement: &Value| statement["Sid"] == ONLY_THE_BOT_WRITES || statement["Sid"] == HISTORY_STAYS;
    statements.is_some_and(|statements| statements.iter().all(is_one_of_ours))
}

fn statements(arn: &str, roles: &[String]) -> Value {
    json!([
        {
            "Sid": ONLY_THE_BOT_WRITES,
            "Effect": "Deny",
            "Principal": "*",
            "Action": WRITES,
            "Resource": arn,
            "Condition": { "ArnNotEquals": { "aws:PrincipalArn": roles } },
        },
        {
            "Sid": HISTORY_STAYS,
            "Effect": "Deny",
            "Principal": "*",
            "Action": CHANGES,
            "Resource": arn,
            // ForAllValues also matches no key at all, which Null excludes.
            "Condition": {
                "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys::HISTORY.map(|prefix| format!("{prefix}*")) },
                "Null": { "dynamodb:LeadingKeys": "false" },
            },
        },
    ])
}
