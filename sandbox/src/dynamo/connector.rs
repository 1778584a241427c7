//! The HTTP connector of the AWS SDK, where requests leave and responses can be lost.

use std::{future::pending, io};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::{Dynamo, DynamoFault, failure::Failure, note};
use crate::http::Fault;

/// The prefix of `X-Amz-Target` in DynamoDB's protocol, `AwsJson1_0`.
const TARGET: &str = "DynamoDB_20120810.";

/// Takes the SDK's requests to a [`Dynamo`].
#[derive(Clone)]
pub(super) struct Connector(Dynamo);

/// One request, apart from HTTP.
struct Call {
    operation: String,
    body: Vec<u8>,
}

impl Connector {
    pub(super) fn to(dynamo: Dynamo) -> Self {
        Self(dynamo)
    }

    pub(super) fn into_shared(self) -> SharedHttpConnector {
        SharedHttpConnector::new(self)
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let dynamo = self.0.clone();
        HttpConnectorFuture::new(async move {
            match Call::read(&request) {
                Ok(call) => dynamo.answer(call).await,
                Err(failure) => response(failure.status, failure.body),
            }
        })
    }
}

impl Call {
    fn read(request: &HttpRequest) -> Result<Self, Failure> {
        let headers = request.headers();
        let signed = headers.get("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 "));
        if !signed {
            let what = "Request is missing Authentication Token";
            return Err(Failure::of_service("MissingAuthenticationTokenException", what));
        }
        let Some(operation) = headers.get("x-amz-target").and_then(|target| target.strip_prefix(TARGET))
        else {
            return Err(Failure::of_service("UnknownOperationException", "X-Amz-Target is not DynamoDB's"));
        };
        let body = request.body().bytes().unwrap_or_default().to_vec();
        Ok(Self { operation: operation.to_owned(), body })
    }
}

impl Dynamo {
    async fn answer(&self, call: Call) -> Result<HttpResponse, ConnectorError> {
        let mut underway = self.0.control.begins(&call.operation);
        if let Some(underway) = &mut underway {
            underway.note(&note::of(&serde_json::from_slice(&call.body).unwrap_or_default()));
        }
        let response = self.troubled(call).await?;
        if let Some(underway) = underway {
            underway.ends(response.status().as_u16());
        }
        Ok(response)
    }

    async fn troubled(&self, call: Call) -> Result<HttpResponse, ConnectorError> {
        let (latency, fault) = self.0.control.enter(&call.operation);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if let Some(all_here) = self.gathering(&call.operation, &call.body) {
            all_here.wait().await;
        }
        if let Some(fault) = self.next_fault(&call.operation) {
            return self.fail(call, fault).await;
        }
        if self.loses_answer(&call.operation, &call.body) {
            return self.fail(call, DynamoFault::SucceedThenTimeOut).await;
        }
        match fault {
            None => self.perform(call).await,
            Some(Fault::Status(status)) => response_to(Err(Failure::internal(status))),
            Some(Fault::RateLimited(_)) => response_to(Err(Failure::throttled())),
            Some(Fault::Garbage) => response(200, "<html>an upstream proxy's page".to_owned()),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Unanswered) => {
                drop(self.perform(call).await);
                self.0.control.landed();
                pending().await
            }
            Some(Fault::AnswerLost) => {
                self.perform(call).await?;
                Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into()))
            }
            Some(Fault::Quoted) => {
                let answer = self.perform(call).await?;
                let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
                response(200, Value::from(body).to_string())
            }
        }
    }

    async fn fail(&self, call: Call, fault: DynamoFault) -> Result<HttpResponse, ConnectorError> {
        match fault {
            DynamoFault::TransactionConflict => {
                let request = serde_json::from_slice(&call.body).unwrap_or_default();
                response_to(Err(Failure::transaction_conflict(&request)))
            }
            DynamoFault::Throttled => response_to(Err(Failure::throttled())),
            DynamoFault::SucceedThenTimeOut => {
                self.perform(call).await?;
                Err(ConnectorError::timeout(io::Error::from(io::ErrorKind::TimedOut).into()))
            }
        }
    }

    /// Does what is asked, away from the runtime's workers, because the database blocks.
    async fn perform(&self, call: Call) -> Result<HttpResponse, ConnectorError> {
        let engine = self.0.engine.clone();
        let done = tokio::task::spawn_blocking(move || {
            let request: Value = serde_json::from_slice(&call.body)
                .map_err(|error| Failure::of_service("SerializationException", &error.to_string()))?;
            engine.perform(&call.operation, &request)
        });
        response_to(done.await.map_err(|error| ConnectorError::other(error.into(), None))?)
    }
}

fn response_to(outcome: Result<Vec<u8>, Failure>) -> Result<HttpResponse, ConnectorError> {
    match outcome {
        Ok(answer) => response(200, answer),
        Err(failure) => response(failure.status, failure.body),
    }
}

fn response(status: u16, body: impl Into<SdkBody>) -> Result<HttpResponse, ConnectorError> {
    let status = status.try_into().map_err(|_| ConnectorError::user("no such HTTP status".into()))?;
    let mut response = HttpResponse::new(status, body.into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
