//! One change of the table: all of its writes, or none.
//!
//! Every write of this store is a transaction, even of a single row: `ClientRequestToken` then makes the SDK's
//! retry after a lost answer safe, which no condition on the row alone does
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).

use std::collections::HashMap;

use anyhow::anyhow;
use aws_sdk_dynamodb::{
    Client,
    config::{
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction},
    },
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};

use super::{
    keys::Key,
    rows::{self, BadRow, Row},
};
use crate::domain::secret::hash_of;

/// Part of the condition of every write: what is written over is a row that this program can read.
const KNOWN_OR_NEW: &str = "(attribute_not_exists(pk) OR v = :known_version)";
/// The most characters of a `ClientRequestToken`.
const LONGEST_TOKEN: usize = 36;

/// Writes that are made together or not at all. `E` says which condition was broken.
pub(super) struct Transaction<E> {
    writes: Vec<(Write, Option<Meaning<E>>)>,
    token: Option<String>,
}

/// The condition of a transaction that has only one was broken.
pub(super) struct Broken;

/// What it means that a write's condition was broken, told from the row as it is: empty where there is none.
type Meaning<E> = Box<dyn Fn(&Row) -> E + Send + Sync>;

/// One write, and its condition if it has one.
pub(super) struct Write {
    action: Action,
    condition: Option<&'static str>,
    values: HashMap<String, AttributeValue>,
}

enum Action {
    Put(Row),
    Update(Key, &'static str),
    Delete(Key),
}

impl<E: 'static> Transaction<E> {
    pub(super) fn new() -> Self {
        Self { writes: Vec::new(), token: None }
    }

    /// A transaction that, made by anybody again within 10 minutes, succeeds again and changes nothing. Whatever
    /// makes its writes different must be among `parts`.
    pub(super) fn known_by<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let token = hash_of(parts).chars().take(LONGEST_TOKEN).collect();
        Self { writes: Vec::new(), token: Some(token) }
    }

    /// Adds a write that has no condition, or one that is never broken as far as is known.
    pub(super) fn and(mut self, write: Write) -> Self {
        self.writes.push((write, None));
        self
    }

    /// Adds a write whose condition may be broken. Of several broken ones, the one added first is reported.
    pub(super) fn and_or(mut self, write: Write, broken: impl Fn(&Row) -> E + Send + Sync + 'static) -> Self {
        self.writes.push((write, Some(Box::new(broken))));
        self
    }

    /// The same writes, where broken conditions mean something else.
    pub(super) fn map<F: 'static>(self, other: fn(E) -> F) -> Transaction<F> {
        let map = |meaning: Meaning<E>| -> Meaning<F> { Box::new(move |row| other(meaning(row))) };
        let writes = self.writes.into_iter().map(|(write, meaning)| (write, meaning.map(map)));
        Transaction { writes: writes.collect(), token: self.token }
    }

    /// Makes all writes. The inner error is a broken condition; after the outer one, nobody knows.
    pub(super) async fn send(self, client: &Client, table: &str) -> anyhow::Result<Result<(), E>> {
        let (writes, meanings): (Vec<_>, Vec<_>) = self.writes.into_iter().unzip();
        let items: Result<Vec<_>, _> = writes.into_iter().map(|write| write.for_table(table)).collect();
        let request = client.transact_write_items().set_client_request_token(self.token);
        let Err(error) = request.set_transact_items(Some(items?)).send().await else {
            return Ok(Ok(()));
        };
        if let Some(error) = error.as_service_error() {
            check_versions(error)?;
        }
        let broken = error.as_service_error().and_then(first_broken);
        match broken.and_then(|(n, row)| Some(meanings.get(n)?.as_ref()?(&row))) {
            Some(broken) => Ok(Err(broken)),
            None => Err(failure(&error)),
        }
    }
}

impl Write {
    pub(super) fn put(row: Row) -> Self {
        Self::of(Action::Put(row))
    }

    pub(super) fn update(key: Key, expression: &'static str) -> Self {
        Self::of(Action::Update(key, expression))
    }

    pub(super) fn delete(key: Key) -> Self {
        Self::of(Action::Delete(key))
    }

    /// A row that must not be there yet.
    pub(super) fn create(row: Row) -> Self {
        Self::put(row).only_if("attribute_not_exists(pk)")
    }

    pub(super) fn only_if(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// What a placeholder of the expressions stands for.
    pub(super) fn with(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    fn of(action: Action) -> Self {
        Self { action, condition: None, values: HashMap::new() }
    }

    fn for_table(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let item = TransactWriteItem::builder();
        let mut values = self.values;
        values.insert(":known_version".to_owned(), rows::known_version());
        let condition = match self.condition {
            Some(condition) => format!("{KNOWN_OR_NEW} AND ({condition})"),
            None => KNOWN_OR_NEW.to_owned(),
        };
        let tell = ReturnValuesOnConditionCheckFailure::AllOld;
        let item = match self.action {
            Action::Put(row) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(row.into()))
                    .condition_expression(condition)
                    .set_expression_attribute_values(Some(values))
                    .return_values_on_condition_check_failure(tell)
                    .build()?,
            ),
            Action::Update(key, expression) => item.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(key.into()))
                    .update_expression(expression)
                    .condition_expression(condition)
                    .set_expression_attribute_values(Some(values))
                    .return_values_on_condition_check_failure(tell)
                    .build()?,
            ),
            Action::Delete(key) => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key.into()))
                    .condition_expression(condition)
                    .set_expression_attribute_values(Some(values))
                    .return_values_on_condition_check_failure(tell)
                    .build()?,
            ),
        };
        Ok(item.build())
    }
}

/// Says that a transaction got in the way of another, or of the table's limits, and is to be tried again. The SDK
/// does not: to it, every cancelled transaction is an answer.
#[derive(Debug)]
pub(super) struct CancelledInPassing;

impl ClassifyRetry for CancelledInPassing {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        let error = error.and_then(|error| error.as_operation_error());
        match error.and_then(|error| error.downcast_ref()) {
            Some(error) if is_in_passing(error) => RetryAction::transient_error(),
            Some(_) | None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transaction cancelled in passing"
    }
}

fn is_in_passing(error: &TransactWriteItemsError) -> bool {
    let passes = |reason: &CancellationReason| {
        matches!(
            reason.code(),
            Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
        )
    };
    let reasons = reasons(error);
    reasons.iter().any(passes) && !reasons.iter().any(is_broken_condition)
}

/// Errors where a write would have hit a row of an unknown version, whatever else is broken.
fn check_versions(error: &TransactWriteItemsError) -> Result<(), BadRow> {
    let broken = reasons(error).iter().filter(|reason| is_broken_condition(reason));
    let items = broken.filter_map(CancellationReason::item).filter(|item| !item.is_empty());
    items.cloned().map(Row::from).try_for_each(|row| row.check_version())
}

fn first_broken(error: &TransactWriteItemsError) -> Option<(usize, Row)> {
    let (n, reason) = reasons(error).iter().enumerate().find(|(_, reason)| is_broken_condition(reason))?;
    Some((n, reason.item().cloned().unwrap_or_default().into()))
}

fn is_broken_condition(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// Why a transaction was cancelled: one reason for each of its writes, in their order.
fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return &[];
    };
    cancelled.cancellation_reasons()
}

/// What the operator is told of an error of the SDK: nothing of requests, answers and rows, which its `Debug` shows.
pub(super) fn failure<E, R>(error: &SdkError<E, R>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    if let Some(code) = error.code() {
        return anyhow!("DynamoDB answered {code}: {}", error.message().unwrap_or("no message"));
    }
    let mut causes = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes = format!("{causes}: {error}");
        cause = error.source();
    }
    anyhow!(causes)
}
