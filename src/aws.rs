//! AWS: sessions from STS, and console sign-in links for them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

mod words;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sts::{
    Client, Config,
    config::{self, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::builders::AssumeRoleFluentBuilder,
    types::{self, Tag},
};
use http::{Request, StatusCode, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;
use url::{Url, form_urlencoded};

use self::words::{of_console, refusal, unexplained};

use crate::{
    config::Aws,
    domain::{
        cloud_refusal::{CloudCause, CloudRefusal},
        ids::{AccountId, Target},
        session::SessionTerms,
        window::Timestamp,
    },
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
/// How long to wait before each further try for a sign-in token.
const SIGNIN_WAITS: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// The time limit of all tries for a sign-in token.
const SIGNIN_WITHIN: Duration = Duration::from_secs(12);

/// The session name and the source identity of a session that tries out a target.
const PROBE: &str = "req_check";
/// The policy of a session that tries out a target.
const MAY_DO_NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
/// The shortest session that STS issues, in seconds
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const SHORTEST_SESSION: i32 = 900;

/// A client of STS and the federation endpoint.
pub struct AwsCloud {
    sts: Client,
    aws: Aws,
    public_url: Url,
    http: HttpClient,
    own_account: OnceCell<AccountId>,
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
        Self { sts, aws, public_url, http, own_account: OnceCell::new() }
    }

    fn role_arn(&self, target: &Target) -> String {
        let (partition, path) = (self.aws.partition.as_str(), &self.aws.role_path);
        format!("arn:{partition}:iam::{}:role{path}{}", target.account, target.role)
    }

    /// Refuses a target in the account of the app's own credentials, unless the operator allows it. Where STS does not
    /// say which account that is, the policy of the app's role decides alone.
    async fn check_account(&self, target: &Target) -> Result<(), CloudError> {
        if self.aws.allow_own_account {
            return Ok(());
        }
        match self.account().await {
            Ok(own) if own == target.account => {
                Err(Refused(CloudRefusal { cause: CloudCause::OwnAccount, words: String::new() }))
            }
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = error.to_string(), "aws: own account unknown");
                Ok(())
            }
        }
    }

    async fn identify(&self) -> Result<AccountId, CloudError> {
        let request = self.sts.get_caller_identity().customize().config_override(limited());
        let answer = request.send().await.map_err(|error| no_session(&error, &self.aws))?;
        let account = answer.account.and_then(|account| account.parse().ok());
        account.ok_or_else(|| Unavailable("STS answered without an account".to_owned()))
    }

    /// Requests a session of the target, which is in another account than ours or allowed.
    async fn assume(
        &self,
        target: &Target,
        wish: AssumeRoleFluentBuilder,
    ) -> Result<Credentials, CloudError> {
        self.check_account(target).await?;
        let request = wish
            .role_arn(self.role_arn(target))
            .set_external_id(self.aws.external_id.clone())
            .customize()
            .config_override(limited());
        let answer = request.send().await.map_err(|error| no_session(&error, &self.aws))?;
        let credentials = answer.credentials.and_then(credentials);
        credentials.ok_or_else(|| Unavailable("STS answered without credentials".to_owned()))
    }

    /// Exchanges credentials for a sign-in token. The exchange changes nothing, so it is repeated while there is no
    /// answer.
    async fn signin_token(&self, credentials: &Credentials) -> Result<SecretString, CloudError> {
        let form = signin_token_form(credentials);
        let tries = async {
            for wait in SIGNIN_WAITS {
                match self.try_signin_token(&form).await {
                    Err(Unavailable(_)) => tokio::time::sleep(wait).await,
                    settled => return settled,
                }
            }
            self.try_signin_token(&form).await
        };
        let outcome = tokio::time::timeout(SIGNIN_WITHIN, tries).await;
        outcome.unwrap_or_else(|_| Err(Unavailable("the sign-in endpoint took too long".to_owned())))
    }

    /// Posts the credentials in a form, because proxies and servers log URLs.
    async fn try_signin_token(&self, form: &SecretString) -> Result<SecretString, CloudError> {
        let request = Request::post(self.aws.signin_url.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.expose_secret().as_bytes().to_vec())
            .map_err(|_| Refused(unexplained("the sign-in endpoint's URL cannot be used")))?;
        let exchange = self.http.operation("aws", "getSigninToken");
        let response = exchange.send(request).await.map_err(|error| Unavailable(error.to_string()))?;
        match response.status() {
            StatusCode::OK => {}
            status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) => {
                return Err(Unavailable(format!(
                    "the sign-in endpoint answered with status {}",
                    status.as_u16()
                )));
            }
            status => return Err(Refused(of_console(status, response.body()))),
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
        let wish = self
            .sts
            .assume_role()
            .role_session_name(terms.session_name())
            .duration_seconds(terms.duration_seconds())
            .policy(terms.policy())
            .set_source_identity(source_identity)
            .set_tags(self.aws.session_tags.then(|| tags(terms.tags())));
        self.assume(terms.target(), wish).await
    }

    async fn account(&self) -> Result<AccountId, CloudError> {
        self.own_account.get_or_try_init(|| self.identify()).await.cloned()
    }

    async fn probe(&self, target: &Target) -> Result<(), CloudError> {
        let wish = self
            .sts
            .assume_role()
            .role_session_name(PROBE)
            .duration_seconds(SHORTEST_SESSION)
            .policy(MAY_DO_NOTHING)
            .set_source_identity(self.aws.source_identity.then(|| PROBE.to_owned()))
            .set_tags(self.aws.session_tags.then(|| tags(&[("elevate:request", PROBE.to_owned())])));
        self.assume(target, wish).await.map(drop)
    }

    async fn console_url(&self, credentials: &Credentials) -> Result<SecretString, CloudError> {
        let token = self.signin_token(credentials).await?;
        let mut url = self.aws.signin_url.clone();
        url.query_pairs_mut()
            .append_pair("Action", "login")
            .append_pair("Issuer", self.public_url.as_str())
            .append_pair("Destination", self.aws.console_url.as_str())
            .append_pair("SigninToken", token.expose_secret());
        Ok(String::from(url).into())
    }
}

fn limited() -> config::Builder {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT);
    Config::builder().timeout_config(timeouts.build())
}

fn tags(tags: &[(&str, String)]) -> Vec<Tag> {
    let tag = |(key, value): &(&str, String)| {
        Tag::builder().key(*key).value(value).build().expect("both key and value are set")
    };
    tags.iter().map(tag).collect()
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
fn signin_token_form(credentials: &Credentials) -> SecretString {
    let session = json!({
        "sessionId": credentials.access_key_id.expose_secret(),
        "sessionKey": credentials.secret_access_key.expose_secret(),
        "sessionToken": credentials.session_token.expose_secret(),
    });
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "getSigninToken").append_pair("Session", &session.to_string());
    form.finish().into()
}

/// Returns whether STS refused, or the outcome is unknown.
fn no_session<E: ProvideErrorMetadata>(error: &SdkError<E>, settings: &Aws) -> CloudError {
    match error {
        SdkError::ServiceError(answer) if answer.raw().status().is_server_error() => {
            Unavailable(format!("STS answered with status {}", answer.raw().status().as_u16()))
        }
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some("Throttling" | "ThrottlingException" | "RequestLimitExceeded") => {
                Unavailable("STS is asked too often".to_owned())
            }
            Some(code) => Refused(refusal(code, answer.err().message().unwrap_or_default(), settings)),
            None => Unavailable("STS's answer could not be read".to_owned()),
        },
        SdkError::ConstructionFailure(_) => Refused(unexplained("the request to STS could not be made")),
        SdkError::TimeoutError(_) => Unavailable("STS took too long".to_owned()),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => Unavailable(format!("STS could not be reached: {}", causes(error))),
            None => Unavailable("there are no credentials to ask STS with".to_owned()),
        },
        SdkError::ResponseError(_) | _ => Unavailable("STS's answer could not be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exchange_for_a_sign_in_token_asks_for_no_duration() {
        let expires_at = Timestamp::UNIX_EPOCH;
        let credentials = Credentials {
            access_key_id: "ASIA".into(),
            secret_access_key: "a/b+c=".into(),
            session_token: "d&e".into(),
            expires_at,
        };
        let form = signin_token_form(&credentials);
        let pairs: Vec<_> = form_urlencoded::parse(form.expose_secret().as_bytes()).into_owned().collect();
        let session = r#"{"sessionId":"ASIA","sessionKey":"a/b+c=","sessionToken":"d&e"}"#;
        assert_eq!(
            pairs,
            [("Action", "getSigninToken"), ("Session", session)].map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }
}
