//! AWS: sessions from STS, and console sign-in links for them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sts::{
    Client, Config,
    config::timeout::TimeoutConfig,
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::AssumeRoleError,
    types::{self, Tag},
};
use http::{Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::{
    config::Aws,
    domain::{ids::Target, session::SessionTerms, window::Timestamp},
    outbound::{HttpClient, causes},
    ports::{
        Cloud,
        CloudError::{self, Refused, Unavailable},
        Credentials,
    },
};

/// The time limit of one attempt to call STS.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// The time limit of a call to STS, including the SDK's retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest number of characters of STS's message in a refusal.
const LONGEST_MESSAGE: usize = 300;

/// A client of STS and the federation endpoint.
pub struct AwsCloud {
    sts: Client,
    aws: Aws,
    public_url: Url,
    http: HttpClient,
}

/// The response to `getSigninToken`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SigninToken {
    signin_token: String,
}

impl AwsCloud {
    /// Creates a client that gets sessions from `sts`, which needs only credentials and a region: timeouts are set
    /// here. When a console session ends, the console sends people to `public_url`.
    #[must_use]
    pub fn new(sts: Client, aws: Aws, public_url: Url, http: HttpClient) -> Self {
        Self { sts, aws, public_url, http }
    }

    fn role_arn(&self, target: &Target) -> String {
        let (partition, path) = (self.aws.partition.as_str(), &self.aws.role_path);
        format!("arn:{partition}:iam::{}:role{path}{}", target.account, target.role)
    }

    async fn signin_token(&self, credentials: &Credentials) -> Result<SecretString, CloudError> {
        let request = Request::get(signin_token_url(&self.aws.signin_url, credentials).as_str())
            .body(Vec::new())
            .map_err(|_| Refused("the sign-in endpoint's URL cannot be used".to_owned()))?;
        let exchange = self.http.operation("aws", "getSigninToken");
        let response = exchange.send(request).await.map_err(|error| Unavailable(error.to_string()))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(Refused(format!("the sign-in endpoint answered with status {status}")));
        }
        let token: SigninToken = serde_json::from_slice(response.body())
            .map_err(|_| Unavailable("the sign-in endpoint's answer could not be read".to_owned()))?;
        Ok(token.signin_token.into())
    }
}

#[async_trait]
impl Cloud for AwsCloud {
    async fn assume_role(&self, terms: &SessionTerms) -> Result<Credentials, CloudError> {
        let source_identity = self.aws.source_identity.then(|| terms.source_identity().to_owned());
        let answer = self
            .sts
            .assume_role()
            .role_arn(self.role_arn(terms.target()))
            .role_session_name(terms.session_name())
            .duration_seconds(terms.duration_seconds())
            .policy(terms.policy())
            .set_external_id(self.aws.external_id.clone())
            .set_source_identity(source_identity)
            .set_tags(self.aws.session_tags.then(|| tags(terms)))
            .customize()
            .config_override(Config::builder().timeout_config(timeouts()))
            .send()
            .await
            .map_err(|error| no_session(&error))?;
        let credentials = answer.credentials.and_then(credentials);
        credentials.ok_or_else(|| Unavailable("STS answered without credentials".to_owned()))
    }

    async fn console_url(&self, credentials: &Credentials) -> Result<SecretString, CloudError> {
        let token = self.signin_token(credentials).await?;
        let mut url = self.aws.signin_url.clone();
        url.query_pairs_mut()
            .append_pair("Action", "login")
            .append_pair("Issuer", self.public_url.as_str())
            .append_pair("Destination", self.aws.partition.console_url())
            .append_pair("SigninToken", token.expose_secret());
        Ok(String::from(url).into())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

fn tags(terms: &SessionTerms) -> Vec<Tag> {
    let tag = |(key, value): &(&str, String)| {
        Tag::builder().key(*key).value(value).build().expect("both key and value are set")
    };
    terms.tags().iter().map(tag).collect()
}

fn credentials(credentials: types::Credentials) -> Option<Credentials> {
    let expires = credentials.expiration;
    Some(Credentials {
        expires_at: Timestamp::from_timestamp(expires.secs(), expires.subsec_nanos())?,
        access_key_id: credentials.access_key_id.into(),
        secret_access_key: credentials.secret_access_key.into(),
        session_token: credentials.session_token.into(),
    })
}

/// Omits `SessionDuration`, which AWS rejects with credentials from role chaining: the console session then lasts as
/// long as the credentials.
fn signin_token_url(signin_url: &Url, credentials: &Credentials) -> Url {
    let session = json!({
        "sessionId": credentials.access_key_id.expose_secret(),
        "sessionKey": credentials.secret_access_key.expose_secret(),
        "sessionToken": credentials.session_token.expose_secret(),
    });
    let mut url = signin_url.clone();
    url.query_pairs_mut()
        .append_pair("Action", "getSigninToken")
        .append_pair("Session", &session.to_string());
    url
}

/// Returns whether STS refused, or the outcome is unknown.
fn no_session(error: &SdkError<AssumeRoleError>) -> CloudError {
    match error {
        SdkError::ServiceError(answer) if answer.raw().status().is_server_error() => {
            Unavailable(format!("STS answered with status {}", answer.raw().status().as_u16()))
        }
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some("Throttling" | "ThrottlingException" | "RequestLimitExceeded") => {
                Unavailable("STS is asked too often".to_owned())
            }
            Some(code) => Refused(refusal(code, answer.err().message().unwrap_or_default())),
            None => Unavailable("STS's answer could not be read".to_owned()),
        },
        SdkError::ConstructionFailure(_) => Refused("the request to STS could not be made".to_owned()),
        SdkError::TimeoutError(_) => Unavailable("STS took too long".to_owned()),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => Unavailable(format!("STS could not be reached: {}", causes(error))),
            None => Unavailable("there are no credentials to ask STS with".to_owned()),
        },
        SdkError::ResponseError(_) | _ => Unavailable("STS's answer could not be read".to_owned()),
    }
}

/// Returns STS's message or, if an action is not allowed, how to allow it.
fn refusal(code: &str, message: &str) -> String {
    if let Some(action) = missing_action(message) {
        return format!("{action} is not allowed. {}", cure_for(action));
    }
    let message: String = message.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect();
    format!("{code}: {message}")
}

/// Returns the action in "User: … is not authorized to perform: sts:TagSession on resource: …".
fn missing_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?;
    let is_action = action.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':');
    is_action.then_some(action)
}

fn cure_for(action: &str) -> &'static str {
    match action {
        "sts:SetSourceIdentity" => {
            "Allow it in the role's trust policy and in elevate's own permissions, or set \
             aws.source_identity = false"
        }
        "sts:TagSession" => {
            "Allow it in the role's trust policy and in elevate's own permissions, or set \
             aws.session_tags = false"
        }
        _ => {
            "Allow it in the role's trust policy, with the external id in aws.external_id if it asks for \
             one, and in elevate's own permissions; see that the role exists, in aws.role_path"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_action_is_named_with_its_cure() {
        for (action, cure) in [
            ("sts:AssumeRole", "trust policy"),
            ("sts:SetSourceIdentity", "aws.source_identity = false"),
            ("sts:TagSession", "aws.session_tags = false"),
        ] {
            let message =
                format!("User: arn:aws:sts::1:x is not authorized to perform: {action} on resource: y");
            let told = refusal("AccessDenied", &message);
            assert!(told.starts_with(&format!("{action} is not allowed. ")) && told.contains(cure), "{told}");
        }
    }

    #[test]
    fn any_other_refusal_is_told_in_stss_words() {
        assert_eq!(refusal("AccessDenied", "no\nway"), "AccessDenied: noway");
        assert_eq!(
            refusal("AccessDenied", "not authorized to perform: <b>"),
            "AccessDenied: not authorized to perform: <b>"
        );
        assert!(refusal("AccessDenied", &"x".repeat(1_000)).len() < 400);
    }

    #[test]
    fn the_exchange_for_a_sign_in_token_asks_for_no_duration() {
        let expires_at = Timestamp::UNIX_EPOCH;
        let credentials = Credentials {
            access_key_id: "ASIA".into(),
            secret_access_key: "a/b+c=".into(),
            session_token: "d&e".into(),
            expires_at,
        };
        let url = signin_token_url(&"https://signin.example/federation".parse().unwrap(), &credentials);
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let session = r#"{"sessionId":"ASIA","sessionKey":"a/b+c=","sessionToken":"d&e"}"#;
        assert_eq!(
            pairs,
            [("Action", "getSigninToken"), ("Session", session)].map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }
}
