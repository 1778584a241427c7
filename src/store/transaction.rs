//! One change of the table: either all of its writes are applied, or none.
//!
//! Every write of this store is a transaction, even of a single row: `ClientRequestToken` makes the SDK's retry after a
//! lost response safe, which a condition on the row alone cannot do
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
        AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};

use super::{
    keys::Key,
    rows::{self, BadRow, Row},
};
use crate::domain::secret::hash_of;

/// Part of the condition of every write: an overwritten row must be one that this program can read.
const KNOWN_OR_NEW: &str = "(attribute_not_exists(pk) OR v = :known_version)";
/// The maximum length of a `ClientRequestToken`, in characters.
const LONGEST_TOKEN: usize = 36;

/// Writes that are applied together or not at all. `E` identifies the condition that failed.
pub(super) struct Transaction<E> {
    writes: Vec<(Write, Option<Meaning<E>>)>,
    token: Option<String>,
}

/// The only condition of a transaction failed.
pub(super) struct Broken;

/// Returns the error for a failed condition of a write, from the current row. The row is empty if none exists.
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
    Check(Key),
}

impl<E: 'static> Transaction<E> {
    pub(super) fn new() -> Self {
        Self { writes: Vec::new(), token: None }
    }

    /// Creates an idempotent transaction: any replica may repeat it within 10 minutes, which succeeds and changes
    /// nothing. `parts` must include everything that makes its writes differ from those of other transactions.
    pub(super) fn known_by<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let token = hash_of(parts).chars().take(LONGEST_TOKEN).collect();
        Self { writes: Vec::new(), token: Some(token) }
    }

    /// Adds a write that has no condition, or one that is not expected to fail.
    pub(super) fn and(mut self, write: Write) -> Self {
        self.writes.push((write, None));
        self
    }

    /// Adds a write whose condition may fail. If several conditions fail, the one that was added first is reported.
    pub(super) fn and_or(mut self, write: Write, broken: impl Fn(&Row) -> E + Send + Sync + 'static) -> Self {
        self.writes.push((write, Some(Box::new(broken))));
        self
    }

    /// Maps the errors for failed conditions. The writes stay the same.
    pub(super) fn map<F: 'static>(self, other: fn(E) -> F) -> Transaction<F> {
        let map = |meaning: Meaning<E>| -> Meaning<F> { Box::new(move |row| other(meaning(row))) };
        let writes = self.writes.into_iter().map(|(write, meaning)| (write, meaning.map(map)));
        Transaction { writes: writes.collect(), token: self.token }
    }

    /// Applies all writes. The inner error is a failed condition. After the outer error, the outcome is unknown.
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

    /// Changes a row in place, which must not be history: `infra/broker.yaml` denies that.
    pub(super) fn update(key: Key, expression: &'static str) -> Self {
        debug_assert!(!key.is_history(), "{key} is history, which is only put");
        Self::of(Action::Update(key, expression))
    }

    /// Deletes a row, which must not be history: `infra/broker.yaml` denies that.
    pub(super) fn delete(key: Key) -> Self {
        debug_assert!(!key.is_history(), "{key} is history, which is only put");
        Self::of(Action::Delete(key))
    }

    /// Changes nothing: a condition on a row that the transaction does not write.
    pub(super) fn check(key: Key) -> Self {
        Self::of(Action::Check(key))
    }

    /// Writes a row that must not exist yet.
    pub(super) fn create(row: Row) -> Self {
        Self::put(row).only_if("attribute_not_exists(pk)")
    }

    pub(super) fn only_if(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Sets the value of a placeholder in the expressions.
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
            Action::Check(key) => item.condition_check(
                ConditionCheck::builder()
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

/// Classifies a transaction as retryable if it was cancelled by a conflict with another one or by throttling. The SDK
/// does not retry cancelled transactions.
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

/// Errors if a write would have changed a row of an unknown version, whichever other conditions failed.
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

/// Returns why a transaction was cancelled: one reason for each write, in the order of the writes.
fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        return &[];
    };
    cancelled.cancellation_reasons()
}

/// Converts an SDK error for the operator. Omits requests, responses and rows, which the error's `Debug` includes.
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
