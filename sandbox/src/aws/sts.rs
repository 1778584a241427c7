//! STS: the query protocol's envelope around `AssumeRole` and `GetCallerIdentity`.

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    Aws, arguments::Arguments, assume_role::assume_role, caller::Caller, error::AwsError, role,
    signature::SignedRequest, xml,
};
use crate::{call_log::Note, http::apply, parameters::Parameters, random::random_id};

const VERSION: &str = "2011-06-15";

/// `POST /`.
pub(super) async fn answer(State(aws): State<Aws>, headers: HeaderMap, body: Bytes) -> Response {
    let parameters = Parameters::parse(&body).map_err(AwsError::from);
    let action = parameters.as_ref().ok().and_then(|parameters| parameters.get("Action"));
    let action = action.unwrap_or_default().to_owned();
    let answered = async {
        let note = Note(parameters.as_ref().map(note).unwrap_or_default());
        let answer = parameters.and_then(|parameters| {
            let request = SignedRequest::read(&headers, &body)?;
            aws.perform(&action, &request, parameters)
        });
        (Extension(note), response(&action, answer)).into_response()
    };
    apply(&aws.0.control, &action, answered).await
}

impl Aws {
    /// The result element of an action.
    fn perform(
        &self,
        action: &str,
        request: &SignedRequest<'_>,
        parameters: Parameters,
    ) -> Result<String, AwsError> {
        let now = self.now();
        let cloud = &mut *self.cloud();
        if parameters.get("Version") != Some(VERSION) {
            return Err(no_such_version(action, parameters.get("Version").unwrap_or_default()));
        }
        let caller = Caller::identify(cloud, request, now)?;
        match action {
            "AssumeRole" => {
                let arguments = Arguments::read(parameters)?;
                let outcome = assume_role(cloud, &caller, arguments.clone(), now);
                let told = outcome.as_ref().err().map_or("Issued", |error| error.code);
                cloud.assumptions.push(arguments.record(&caller.arn, told));
                outcome
            }
            "GetCallerIdentity" => {
                parameters.only(&["Action", "Version"])?;
                Ok(caller_identity(&caller))
            }
            unknown => Err(no_such_version(unknown, VERSION)),
        }
    }
}

/// Which role is asked for, and for how long.
fn note(parameters: &Parameters) -> String {
    let arn = parameters.get("RoleArn").unwrap_or_default();
    let seconds = parameters.get("DurationSeconds").map(|seconds| format!(" {seconds} s"));
    format!("{} {}{}", role::account(arn), role::name(arn), seconds.unwrap_or_default())
}

fn caller_identity(caller: &Caller) -> String {
    let identity = [
        xml::text("Arn", &caller.arn),
        xml::text("UserId", &caller.user_id),
        xml::text("Account", role::account(&caller.arn)),
    ];
    xml::element("GetCallerIdentityResult", &identity)
}

fn no_such_version(action: &str, version: &str) -> AwsError {
    let what = format!("Could not find operation {action} for version {version}");
    AwsError::bad_request("InvalidAction", what)
}

fn response(action: &str, answer: Result<String, AwsError>) -> Response {
    let request_id = xml::text("RequestId", &random_id::<16>());
    let (status, document) = match answer {
        Ok(result) => {
            let metadata = xml::element("ResponseMetadata", &[request_id]);
            (StatusCode::OK, xml::document(&format!("{action}Response"), &[result, metadata]))
        }
        Err(error) => {
            let details = [
                xml::text("Type", "Sender"),
                xml::text("Code", error.code),
                xml::text("Message", &error.message),
            ];
            let error_element = xml::element("Error", &details);
            (error.status, xml::document("ErrorResponse", &[error_element, request_id]))
        }
    };
    (status, [(header::CONTENT_TYPE, "text/xml")], document).into_response()
}
