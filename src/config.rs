//! The configuration: one struct, read once at start. Unknown keys are errors, and all errors are reported at once.

mod limits;
mod read;
mod rules;
mod source;
mod traps;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt, fs, io,
    net::SocketAddr,
    path::Path,
    str::FromStr,
};

use futures_util::future::join_all;
use secrecy::SecretString;
use url::{Host, Origin, Url};
use zeroize::Zeroizing;

use self::source::{PREFIX, Source};
use crate::{
    domain::{linking::LinkPolicy, policy::Policy},
    ports::{SecretPlace, SecretSource},
    slack::ids::{ChannelId, TeamId},
};

pub use self::{
    limits::Limits,
    source::{Faults, Secrets},
};
pub use crate::domain::group_name::GroupNames;

/// The file that is read if the operator names none.
const FILE: &str = "elevate.toml";

/// All settings of an operator.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address the server listens on; `127.0.0.1:8080` by default.
    pub listen: SocketAddr,
    /// The address that `/health`, `/ready` and `/metrics` are served on; `127.0.0.1:8081` by default.
    pub admin_listen: SocketAddr,
    /// Where browsers and Slack reach the server: an origin, on https unless it is loopback.
    pub public_url: Url,
    /// Where a browser's address is read from; `connection` by default.
    pub client_address: ClientAddress,
    /// `[limits]`
    pub limits: Limits,
    /// `[slack]`
    pub slack: Slack,
    /// `[oidc]`
    pub oidc: Oidc,
    /// `[link]`
    pub link: LinkPolicy,
    /// `[sealing]`
    pub sealing: Sealing,
    /// `[dynamodb]`
    pub dynamodb: DynamoDb,
    /// `[aws]`
    pub aws: Aws,
    /// `[access]` and `[accounts]`
    pub policy: Policy,
}

/// Where a browser's address is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAddress {
    /// The connection itself.
    Connection,
    /// The last address in `X-Forwarded-For`, which the load balancer in front sets.
    XForwardedFor,
}

/// The workspace, and the app in it.
#[derive(Clone, Debug)]
pub struct Slack {
    /// How Slack's deliveries reach the app.
    pub mode: Mode,
    /// The workspace; members of any other are refused.
    pub team_id: TeamId,
    /// Where requests are reviewed.
    pub review_channel: ChannelId,
    /// Where every event is posted.
    pub audit_channel: ChannelId,
    /// The base of the Web API's methods; `https://slack.com/api` by default.
    pub api_url: Url,
    /// The bot token (`xoxb-…`).
    pub bot_token: SecretString,
    /// The app as a client of Sign in with Slack, if people prove with it that an account is theirs.
    pub client: Option<SlackClient>,
}

/// The app's credentials for Sign in with Slack (<https://docs.slack.dev/authentication/sign-in-with-slack>).
#[derive(Clone, Debug)]
pub struct SlackClient {
    /// The id that Slack gave to the app.
    pub id: String,
    /// The client secret.
    pub secret: SecretString,
}

/// A transport from Slack to the app, with its secret.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Slack posts to the app's address.
    Http {
        /// Prove that a request comes from Slack: each of them alone. There is at least one.
        signing_secrets: Vec<SecretString>,
    },
    /// The app keeps connections to Slack open and requires no address that Slack can reach.
    Socket {
        /// Opens connections (`xapp-…`).
        app_token: SecretString,
    },
}

/// The name of a [`Mode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `http`
    Http,
    /// `socket`
    Socket,
}

/// The identity provider and the app's registration there.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// The issuer identifier, character by character as the provider writes it.
    pub issuer: String,
    /// The id the provider gave to this client.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
    /// The scopes that a sign-in requests; `openid` is among them.
    pub scopes: Vec<String>,
    /// The claim that holds the groups: its name, or the dotted path to it.
    pub groups_claim: String,
    /// Where that claim is read from.
    pub groups_from: GroupsFrom,
    /// Whether an email address counts as verified if the provider does not say so. Safe only for a
    /// provider where only administrators can change addresses.
    pub trust_unverified_email: bool,
    /// The claim that identifies the human behind an identity, such as an employee number: its name, or the dotted path
    /// to it.
    pub person_claim: Option<String>,
    /// The claim that holds the email address; `email` by default.
    pub email_claim: String,
    /// Other audiences that tokens for this client may also be for.
    pub trusted_audiences: Vec<String>,
    /// How the client authenticates at the token endpoint; `None` follows the provider's metadata.
    pub client_auth: Option<ClientAuth>,
    /// Further parameters of every sign-in request.
    pub authorization: BTreeMap<String, String>,
    /// The names under which the policy knows groups.
    pub group_names: GroupNames,
}

/// How a client authenticates at a token endpoint
/// (<https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
    /// `client_secret_post`: in the form.
    Post,
}

/// Where the provider returns a person's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupsFrom {
    /// In the ID token.
    IdToken,
    /// At its userinfo endpoint.
    Userinfo,
}

/// How refresh tokens are protected from readers of the table.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The id, ARN or alias of the KMS key that seals.
    pub kms_key_id: Option<String>,
    /// Keys that open. Without a KMS key there is at least one, and the first one seals.
    pub keys: Vec<SealingKey>,
}

/// A key of 256 bits, wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

/// The store.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    /// The table's name; `elevate` by default.
    pub table: String,
}

/// How sessions are requested from AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The partition that all accounts are in; `aws` by default.
    pub partition: Partition,
    /// The endpoint that turns credentials into a sign-in to the console; by default the partition's.
    pub signin_url: Url,
    /// The console, where a sign-in leads to; by default the partition's.
    pub console_url: Url,
    /// The path of all target roles; begins and ends with `/`.
    pub role_path: String,
    /// The external id that the target roles' trust policies require.
    pub external_id: Option<String>,
    /// Whether sessions carry a source identity, which requires `sts:SetSourceIdentity`.
    pub source_identity: bool,
    /// Whether sessions carry tags, which requires `sts:TagSession`.
    pub session_tags: bool,
    /// Whether targets may be in the account that the app itself runs in.
    pub allow_own_account: bool,
}

/// A group of AWS regions with its own accounts, ARNs and consoles
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// AWS GovCloud (US).
    AwsUsGov,
    /// China.
    AwsCn,
    /// The AWS European Sovereign Cloud.
    AwsEusc,
    /// Isolated regions, `us-iso-…`.
    AwsIso,
    /// Isolated regions, `us-isob-…`.
    AwsIsoB,
    /// Isolated regions, `eu-isoe-…`.
    AwsIsoE,
    /// Isolated regions, `us-isof-…`.
    AwsIsoF,
}

impl Config {
    /// Reads the file and the process's environment (without a `path`, `elevate.toml` if it exists), and from `source` each secret that these refer to, once.
    ///
    /// # Errors
    /// All errors of the configuration, or that the file cannot be read.
    pub async fn load(path: Option<&Path>, source: &dyn SecretSource) -> Result<Self, Faults> {
        let (file, environment) = (text_of(path)?, environment()?);
        let places = Self::references(&file, environment.clone())?;
        let secrets = join_all(places.iter().map(|place| source.read(place))).await;
        Self::parse(&file, environment, places.into_iter().zip(secrets).collect())
    }

    /// The references to secrets in the text of a file and in the variables that override it.
    ///
    /// # Errors
    /// When the text is not TOML. [`Config::parse`] reports all other errors.
    pub fn references(
        file: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<BTreeSet<SecretPlace>, Faults> {
        let mut source = Source::new(file, environment, Secrets::new())?;
        let _ = Self::read(&mut source);
        Ok(source.into_references())
    }

    /// Reads the text of a file and the variables that override it, with the secrets that these refer to.
    ///
    /// # Errors
    /// All errors, not only the first. No message shows a secret.
    pub fn parse(
        file: &str,
        environment: impl IntoIterator<Item = (String, String)>,
        secrets: Secrets,
    ) -> Result<Self, Faults> {
        let mut source = Source::new(file, environment, secrets)?;
        let config = Self::read(&mut source);
        source.finish(config)
    }
}

impl DynamoDb {
    /// Reads only this section: creating a table requires no secret.
    ///
    /// # Errors
    /// The errors of the section, or that the file cannot be read.
    pub fn load(path: Option<&Path>) -> Result<Self, Faults> {
        let mut source = Source::new(&text_of(path)?, environment()?, Secrets::new())?;
        let section = Self::read(&mut source);
        source.finish_part(section)
    }
}

impl Slack {
    /// The origin of Slack's response URLs: `https://hooks.slack.com` for `https://slack.com/api`; a Slack on
    /// loopback has one origin.
    #[must_use]
    pub fn answers_at(&self) -> Origin {
        let origin = self.api_url.origin();
        if let Origin::Tuple(scheme, Host::Domain(domain), port) = &origin
            && scheme == "https"
        {
            return Origin::Tuple(scheme.clone(), Host::Domain(format!("hooks.{domain}")), *port);
        }
        origin
    }
}

impl SealingKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the cipher.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey([redacted])")
    }
}

impl Partition {
    const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsUsGov,
        Self::AwsCn,
        Self::AwsEusc,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
    ];

    /// The partition as ARNs write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsCn => "aws-cn",
            Self::AwsEusc => "aws-eusc",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
        }
    }

    /// The console and the federation endpoint, where AWS documents them
    /// (<https://docs.aws.amazon.com/general/latest/gr/signin-service.html>,
    /// <https://docs.aws.eu/esc/latest/userguide/what-is.html>).
    fn addresses(self) -> Option<(Url, Url)> {
        let (console, signin) = match self {
            Self::Aws => ("https://console.aws.amazon.com/", "https://signin.aws.amazon.com/federation"),
            Self::AwsUsGov => {
                ("https://console.amazonaws-us-gov.com/", "https://signin.amazonaws-us-gov.com/federation")
            }
            Self::AwsCn => ("https://console.amazonaws.cn/", "https://signin.amazonaws.cn/federation"),
            Self::AwsEusc => (
                "https://console.amazonaws-eusc.eu/",
                "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation",
            ),
            Self::AwsIso | Self::AwsIsoB | Self::AwsIsoE | Self::AwsIsoF => return None,
        };
        let url = |text: &str| text.parse().expect("a constant URL");
        Some((url(console), url(signin)))
    }
}

impl Transport {
    /// The name, as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socket => "socket",
        }
    }
}

impl FromStr for Transport {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Http, Self::Socket]
            .into_iter()
            .find(|transport| transport.as_str() == text)
            .ok_or("expected http or socket")
    }
}

impl FromStr for GroupsFrom {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "id_token" => Ok(Self::IdToken),
            "userinfo" => Ok(Self::Userinfo),
            _ => Err("expected id_token or userinfo"),
        }
    }
}

impl FromStr for ClientAuth {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "basic" => Ok(Self::Basic),
            "post" => Ok(Self::Post),
            _ => Err("expected basic or post"),
        }
    }
}

impl FromStr for ClientAddress {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "connection" => Ok(Self::Connection),
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            _ => Err("expected connection or x-forwarded-for"),
        }
    }
}

impl FromStr for Partition {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|partition| partition.as_str() == text)
            .ok_or("expected aws, aws-us-gov, aws-cn, aws-eusc, aws-iso, aws-iso-b, aws-iso-e or aws-iso-f")
    }
}

/// The text of the file that the operator names, or of the usual one, which may be missing.
fn text_of(path: Option<&Path>) -> Result<String, Faults> {
    let file = path.unwrap_or(Path::new(FILE));
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_none() => Ok(String::new()),
        text => text
            .map_err(|error| Faults::only(file.display().to_string(), format!("could not be read: {error}"))),
    }
}

/// The variables that belong to this program.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
fn environment() -> Result<Vec<(String, String)>, Faults> {
    env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with(PREFIX))
        .map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            let value = value.into_string().map_err(|_| Faults::only(&name, "expected UTF-8"))?;
            Ok((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests;
