//! How AWS says no to an SDK.

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    /// The HTTP status, and the code.
    pub(crate) fn kind(&self) -> (u16, &str) {
        (self.status, &self.code)
    }
}

/// The refusal that an outcome must be.
pub(crate) fn refusal<Answer, Error>(outcome: Result<Answer, SdkError<Error>>) -> Refusal
where
    Answer: std::fmt::Debug,
    Error: std::fmt::Debug + ProvideErrorMetadata,
{
    let error = outcome.unwrap_err();
    let told = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Refusal {
        status: error.raw_response().unwrap().status().as_u16(),
        code: told(error.code()),
        message: told(error.message()),
    }
}
