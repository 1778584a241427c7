//! Requests of AWS's SDK, sent by our one HTTP client, with each call of an operation measured.
//!
//! The SDK decides which requests may use plain HTTP: containers and instances serve credentials that way
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).

use std::sync::Arc;

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{
            HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        interceptors::{
            Intercept,
            context::{BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef},
            dyn_dispatch_hint,
        },
        orchestrator::{HttpRequest, HttpResponse, Metadata},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{ConfigBag, Storable, StoreReplace},
};
use tokio::time::Instant;

use super::{CONNECT_TIMEOUT, HttpClient, HttpError, Limits, host_of, log_failure};
use crate::metrics::{Metrics, Outcome};

/// The maximum length of a response, in bytes: a response of `BatchGetItem` contains up to 16 MB of items
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Codes of transient refusals: another attempt may succeed.
const PASSING: [&str; 3] = ["Throttl", "ThroughputExceeded", "TransactionConflict"];

impl SdkHttpClient for HttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or(CONNECT_TIMEOUT);
        let duration = settings.read_timeout().map_or(Limits::DEFAULT.duration, |read| connect + read);
        SharedHttpConnector::new(Connector(self.limited_to(Limits { duration, body: MOST_BYTES })))
    }
}

#[derive(Debug)]
struct Connector(HttpClient);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = sendable(request).map_err(ConnectorError::user)?;
            let host = host_of(request.url());
            let response = http.execute(request, &host).await.map_err(unanswered)?;
            let response = http.read(response, &host).await.map_err(unanswered)?;
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn sendable(request: HttpRequest) -> Result<reqwest::Request, BoxError> {
    let (head, body) = request.try_into_http1x()?.into_parts();
    let body = body.bytes().ok_or("a body that is not in memory")?.to_vec();
    Ok(http::Request::from_parts(head, body).try_into()?)
}

fn unanswered(error: HttpError) -> ConnectorError {
    match error {
        HttpError::TimedOut { .. } => ConnectorError::timeout(error.into()),
        HttpError::NoConnection { .. } | HttpError::BrokenOff { .. } => ConnectorError::io(error.into()),
        HttpError::Unbuildable(_)
        | HttpError::Unprotected
        | HttpError::TooLong(_)
        | HttpError::Unable { .. } => ConnectorError::other(error.into(), None),
    }
}

/// Measures each call of an AWS client, including its retries.
#[derive(Debug)]
pub(crate) struct CallTimer {
    pub(crate) counterpart: &'static str,
    pub(crate) metrics: Arc<Metrics>,
}

/// When a call began.
#[derive(Debug)]
struct Begun(Instant);

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for CallTimer {
    fn name(&self) -> &'static str {
        "CallTimer"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Begun(Instant::now()));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(operation), Some(Begun(since))) = (cfg.load::<Metadata>(), cfg.load::<Begun>()) {
            let (operation, outcome) = (operation.name(), outcome(context));
            self.metrics.called(self.counterpart, operation.to_owned(), outcome, *since);
            if is_failure(self.counterpart, outcome) {
                log_failure((self.counterpart, operation), outcome, &status_of(context));
            }
        }
        Ok(())
    }
}

fn outcome(context: &FinalizerInterceptorContextRef<'_>) -> Outcome {
    match context.output_or_error() {
        Some(Ok(_)) => Outcome::Ok,
        Some(Err(error)) if error.is_operation_error() && context.response().is_some_and(is_settled) => {
            Outcome::Refused
        }
        Some(Err(_)) | None => Outcome::Unavailable,
    }
}

/// Returns whether a call has failed and nothing else logs it: the callers of DynamoDB log its failures.
fn is_failure(counterpart: &str, outcome: Outcome) -> bool {
    match outcome {
        Outcome::Ok => false,
        Outcome::Refused | Outcome::Unavailable => counterpart != "dynamodb",
    }
}

fn status_of(context: &FinalizerInterceptorContextRef<'_>) -> String {
    match context.response() {
        Some(response) => format!("status {}", response.status().as_u16()),
        None => "no response".to_owned(),
    }
}

/// Returns whether a refusal is permanent.
fn is_settled(response: &HttpResponse) -> bool {
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    response.status().is_client_error() && !PASSING.iter().any(|code| body.contains(code))
}
