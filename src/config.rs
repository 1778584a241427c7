//! The configuration: one struct, read once at start; unknown keys are refused, and all faults told at once.

mod read;
mod source;
mod values;

use std::{collections::BTreeSet, env, fmt, fs, net::SocketAddr, path::Path, str::FromStr};

use futures_util::future::join_all;
use secrecy::SecretString;
use url::{Host, Origin, Url};
use zeroize::Zeroizing;

use self::source::{PREFIX, Source};
use crate::{
    domain::{
        ids::{ChannelId, TeamId},
        linking::LinkPolicy,
        policy::Policy,
    },
    ports::{SecretPlace, SecretSource},
};

pub use self::source::{Faults, Secrets};

/// Everything an operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address the server listens on; `127.0.0.1:8080` by default.
    pub listen: SocketAddr,
    /// Where browsers and Slack reach the server: an origin, on https unless it is loopback.
    pub public_url: Url,
    /// What says where a browser is; `connection` by default.
    pub client_address: ClientAddress,
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

/// What says where a browser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAddress {
    /// The connection that it comes on.
    Connection,
    /// The last address in `X-Forwarded-For`, which the load balancer in front has put there.
    XForwardedFor,
}

/// The workspace, and the app in it.
#[derive(Clone, Debug)]
pub struct Slack {
    /// How what people do reaches the app.
    pub mode: Mode,
    /// The workspace; people of any other are turned away.
    pub team_id: TeamId,
    /// Where requests are reviewed.
    pub review_channel: ChannelId,
    /// Where everything that happens is told.
    pub audit_channel: ChannelId,
    /// The base of the Web API's methods; `https://slack.com/api` by default.
    pub api_url: Url,
    /// Acts as the app (`xoxb-…`).
    pub bot_token: SecretString,
    /// The app as a client of Sign in with Slack, where people are to show with it that an account is theirs.
    pub client: Option<SlackClient>,
}

/// An app as Sign in with Slack knows it (<https://docs.slack.dev/authentication/sign-in-with-slack>).
#[derive(Clone, Debug)]
pub struct SlackClient {
    /// The id that Slack gave to the app.
    pub id: String,
    /// The secret that goes with it.
    pub secret: SecretString,
}

/// A way from Slack to the app, and the secret that goes with it.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Slack posts to the app's address.
    Http {
        /// Proves that a request comes from Slack.
        signing_secret: SecretString,
    },
    /// The app holds connections to Slack open, and needs no address that Slack can reach.
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

/// The identity provider, and what it is asked.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// The issuer identifier, character by character as the provider writes it.
    pub issuer: String,
    /// The id the provider gave to this client.
    pub client_id: String,
    /// The secret that goes with it.
    pub client_secret: SecretString,
    /// What a sign-in asks for; `openid` is among them.
    pub scopes: Vec<String>,
    /// The claim that holds the groups: its name, or the dotted path to it.
    pub groups_claim: String,
    /// Where that claim is read.
    pub groups_from: GroupsFrom,
    /// Whether an e-mail address counts as verified where the provider does not say. Safe only for a
    /// provider whose addresses nobody but its administrators can change.
    pub trust_unverified_email: bool,
}

/// Where the provider says which groups somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupsFrom {
    /// In the ID token.
    IdToken,
    /// At its userinfo endpoint.
    Userinfo,
}

/// How refresh tokens are kept from whoever reads the table.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The id, ARN or alias of the key in KMS that seals.
    pub kms_key_id: Option<String>,
    /// Keys that open; the first one seals where there is none in KMS. At least one where there is none in KMS.
    pub keys: Vec<SealingKey>,
}

/// A key of 256 bits, wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

/// Where the truth is kept.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    /// The table's name; `elevate` by default.
    pub table: String,
}

/// How sessions are asked for.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The partition that all accounts are in; `aws` by default.
    pub partition: Partition,
    /// The endpoint that turns credentials into a sign-in to the console; by default the partition's.
    pub signin_url: Url,
    /// The path of all target roles; begins and ends with `/`.
    pub role_path: String,
    /// The external id that the target roles' trust policies ask for.
    pub external_id: Option<String>,
    /// Whether sessions carry a source identity, which takes `sts:SetSourceIdentity`.
    pub source_identity: bool,
    /// Whether sessions carry tags, which takes `sts:TagSession`.
    pub session_tags: bool,
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
}

impl Config {
    /// Reads the file and the process's environment, and from `source` the secrets that these refer to, each once.
    ///
    /// # Errors
    /// Everything that is wrong, or that the file cannot be read.
    pub async fn load(path: &Path, source: &dyn SecretSource) -> Result<Self, Faults> {
        let (file, environment) = (text_of(path)?, environment()?);
        let places = Self::references(&file, environment.clone())?;
        let secrets = join_all(places.iter().map(|place| source.read(place))).await;
        Self::parse(&file, environment, places.into_iter().zip(secrets).collect())
    }

    /// Where the secrets are kept that the text of a file, and variables that go before it, refer to.
    ///
    /// # Errors
    /// When the text is no TOML. What else is wrong is told by [`Config::parse`].
    pub fn references(
        file: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<BTreeSet<SecretPlace>, Faults> {
        let mut source = Source::new(file, environment, Secrets::new())?;
        let _ = Self::read(&mut source);
        Ok(source.into_references())
    }

    /// Reads the text of a file, and variables that go before it, with the secrets that these refer to.
    ///
    /// # Errors
    /// Everything that is wrong, not the first fault alone. No message shows a secret.
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
    /// Reads this section alone: making a table takes no secret, and nobody who keeps one.
    ///
    /// # Errors
    /// What is wrong with it, or that the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        let mut source = Source::new(&text_of(path)?, environment()?, Secrets::new())?;
        let section = Self::read(&mut source);
        source.finish_part(section)
    }
}

impl Slack {
    /// Where Slack takes answers to what people do: `https://hooks.slack.com` for `https://slack.com/api`; a Slack on
    /// loopback is one origin.
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
    /// The partition as ARNs write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsCn => "aws-cn",
        }
    }

    /// The console.
    #[must_use]
    pub fn console_url(self) -> &'static str {
        match self {
            Self::Aws => "https://console.aws.amazon.com/",
            Self::AwsUsGov => "https://console.amazonaws-us-gov.com/",
            Self::AwsCn => "https://console.amazonaws.cn/",
        }
    }

    /// The federation endpoint
    /// (<https://docs.aws.amazon.com/general/latest/gr/signin-service.html>).
    fn signin_url(self) -> Url {
        let url = match self {
            Self::Aws => "https://signin.aws.amazon.com/federation",
            Self::AwsUsGov => "https://signin.amazonaws-us-gov.com/federation",
            Self::AwsCn => "https://signin.amazonaws.cn/federation",
        };
        url.parse().expect("a constant URL")
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
        [Self::Aws, Self::AwsUsGov, Self::AwsCn]
            .into_iter()
            .find(|partition| partition.as_str() == text)
            .ok_or("expected aws, aws-us-gov or aws-cn")
    }
}

fn text_of(path: &Path) -> Result<String, Faults> {
    fs::read_to_string(path)
        .map_err(|error| Faults::only(path.display().to_string(), format!("could not be read: {error}")))
}

/// The variables that are meant for this program.
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
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use secrecy::ExposeSecret;

    use super::*;
    use crate::domain::linking::OnMismatch;

    const EXAMPLE: &str = include_str!("../elevate.example.toml");

    const SECRETS: [(&str, &str); 4] = [
        ("ELEVATE_SLACK__BOT_TOKEN", "xoxb-hush"),
        ("ELEVATE_SLACK__SIGNING_SECRET", "signing-hush"),
        ("ELEVATE_OIDC__CLIENT_SECRET", "client-hush"),
        ("ELEVATE_SEALING__KEYS", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="),
    ];

    const LEAST: &str = r#"
        public_url = "https://elevate.example.com"
        [slack]
        team_id = "T0123456"
        review_channel = "C0REVIEW"
        audit_channel = "C0AUDIT"
        [oidc]
        issuer = "https://idp.example.com"
        client_id = "elevate"
    "#;

    fn parse(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let all = SECRETS.iter().chain(environment);
        let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(file, all, Secrets::new()).map_err(|faults| faults.to_string())
    }

    /// The faults of the least configuration with `variables` over it.
    fn faults(variables: &[(&str, &str)]) -> String {
        parse(LEAST, variables).unwrap_err()
    }

    #[test]
    fn the_example_is_accepted() {
        let config = parse(EXAMPLE, &[]).unwrap();
        assert_eq!(config.public_url.as_str(), "https://elevate.example.com/");
        assert_eq!(config.policy.accounts.len(), 2);
    }

    #[test]
    fn the_example_shows_the_defaults() {
        let (mut shown, mut least) = (parse(EXAMPLE, &[]).unwrap(), parse(LEAST, &[]).unwrap());
        for config in [&mut shown, &mut least] {
            config.policy.accounts.clear();
            config.oidc.issuer.clear();
            config.oidc.client_id.clear();
        }
        assert_eq!(format!("{shown:?}"), format!("{least:?}"));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let file = r#"
            public_url = "http://elevate.example.com"
            [slack]
            mode = "sockets"
            team_id = "acme"
            reviewchannel = "C0REVIEW"
            bot_token = "xoxb-in-the-file"
            client_id = "1.2"
            [oidc]
            issuer = "https://idp.example.com"
            client_id = 7
            scopes = ["email", "a b"]
            [link]
            on_mismatch = "ask"
            email_domains = ["example.com", "@example.org"]
            [sealing]
            kms_key = "alias/elevate"
            [access]
            max_duration = "30s"
            [accounts]
        "#;
        let variables = [("ELEVATE_AWS__EXTERNALID", "x"), ("ELEVATE_OIDC__CLIENT_SECRET", "")];
        let told = parse(file, &variables).unwrap_err();
        let expected = [
            "public_url: expected an origin such as https://elevate.example.com (http only on loopback), found \"http://elevate.example.com\"",
            "slack.mode: expected http or socket, found \"sockets\"",
            "slack.team_id: expected a Slack workspace id such as T0123456, found \"acme\"",
            "slack.review_channel: missing",
            "slack.audit_channel: missing",
            "slack.bot_token: a secret does not belong in the file: set ELEVATE_SLACK__BOT_TOKEN instead, or write where it is kept, as in \"secretsmanager:elevate#bot_token\", \"ssm:/elevate/bot_token\" or \"file:/run/secrets/bot_token\"",
            "ELEVATE_SLACK__CLIENT_SECRET: missing",
            "oidc.client_id: expected text in quotes, found 7",
            "ELEVATE_OIDC__CLIENT_SECRET: expected text without spaces around it",
            "oidc.scopes: expected a scope without spaces, found \"a b\"",
            "link.on_mismatch: expected refuse, slack or code, found \"ask\"",
            "link.email_domains: expected the domain of e-mail addresses, such as example.com, found \"@example.org\"",
            "access.max_duration: expected a whole number of minutes or hours, such as 45m or 1h30m, found \"30s\"",
            "accounts: expected at least one entry, or no such section",
            "sealing.kms_key: unknown; did you mean sealing.kms_key_id?",
            "slack.reviewchannel: unknown; did you mean slack.review_channel?",
            "ELEVATE_AWS__EXTERNALID: unknown; did you mean ELEVATE_AWS__EXTERNAL_ID?",
        ];
        assert_eq!(told.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn each_mode_needs_its_own_secret_and_bears_the_others() {
        let tells = |variables: &[(&str, &str)]| {
            let variables = variables.iter().chain(&[SECRETS[0], SECRETS[2], SECRETS[3]]);
            let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Config::parse(LEAST, variables, Secrets::new())
                .map(|config| config.slack.mode)
                .map_err(|faults| faults.to_string())
        };
        let (signing, app) =
            (("ELEVATE_SLACK__SIGNING_SECRET", "hush"), ("ELEVATE_SLACK__APP_TOKEN", "xapp-hush"));
        let socket = ("ELEVATE_SLACK__MODE", "socket");
        assert!(matches!(tells(&[signing]), Ok(Mode::Http { .. })));
        assert!(matches!(tells(&[signing, app]), Ok(Mode::Http { .. })));
        assert!(matches!(tells(&[socket, app]), Ok(Mode::Socket { .. })));
        assert!(matches!(tells(&[socket, app, signing]), Ok(Mode::Socket { .. })));
        assert_eq!(tells(&[app]).unwrap_err(), "ELEVATE_SLACK__SIGNING_SECRET: missing");
        assert_eq!(tells(&[socket, signing]).unwrap_err(), "ELEVATE_SLACK__APP_TOKEN: missing");
    }

    #[test]
    fn what_a_mismatch_leads_to_follows_from_what_there_is_and_may_be_chosen() {
        let client = [("ELEVATE_SLACK__CLIENT_ID", "1.2"), ("ELEVATE_SLACK__CLIENT_SECRET", "hush")];
        let chosen =
            |variables: &[(&str, &str)]| parse(LEAST, variables).map(|config| config.link.on_mismatch);
        assert_eq!(chosen(&[]), Ok(OnMismatch::Refuse));
        assert_eq!(chosen(&client), Ok(OnMismatch::Slack));
        for (choice, name) in [(OnMismatch::Refuse, "refuse"), (OnMismatch::Code, "code")] {
            let choose = ("ELEVATE_LINK__ON_MISMATCH", name);
            assert_eq!(chosen(&[choose]), Ok(choice));
            assert_eq!(chosen(&[choose, client[0], client[1]]), Ok(choice));
        }
        let slack = ("ELEVATE_LINK__ON_MISMATCH", "slack");
        assert_eq!(chosen(&[slack, client[0], client[1]]), Ok(OnMismatch::Slack));
        assert!(faults(&[slack]).starts_with("link.on_mismatch: slack takes slack.client_id"));
    }

    #[test]
    fn the_app_is_a_client_of_slack_with_id_and_secret_or_not_at_all() {
        let (id, secret) = (("ELEVATE_SLACK__CLIENT_ID", "1.2"), ("ELEVATE_SLACK__CLIENT_SECRET", "hush"));
        assert_eq!(faults(&[id]), "ELEVATE_SLACK__CLIENT_SECRET: missing");
        assert!(faults(&[secret]).starts_with("slack.client_id: missing"));
        let client = parse(LEAST, &[id, secret]).unwrap().slack.client.unwrap();
        assert_eq!((client.id.as_str(), client.secret.expose_secret()), ("1.2", "hush"));
    }

    #[test]
    fn domains_may_be_listed_or_left_out() {
        let listed = |file: &str| parse(file, &[]).unwrap().link.email_domains;
        let with = |link: &str| LEAST.replace("[slack]", &format!("[link]\n{link}\n[slack]"));
        assert_eq!(listed(&with("email_domains = []")), []);
        let two = ["example.com", "example.org"].map(|domain| domain.parse().unwrap());
        assert_eq!(listed(&with("email_domains = [\"example.com\", \"Example.org\"]")), two);
    }

    #[test]
    fn no_fault_shows_a_secret() {
        let secrets = [
            "ELEVATE_SLACK__BOT_TOKEN",
            "ELEVATE_SLACK__SIGNING_SECRET",
            "ELEVATE_SLACK__APP_TOKEN",
            "ELEVATE_SLACK__CLIENT_SECRET",
            "ELEVATE_OIDC__CLIENT_SECRET",
            "ELEVATE_SEALING__KEYS",
        ];
        for name in secrets {
            let told = faults(&[(name, " hush ")]);
            assert!(told.starts_with(name) && !told.contains("hush"), "{told}");
        }
        let file = LEAST.replace("[slack]", "[slack]\nbot_token = \"hush");
        assert!(!parse(&file, &[]).unwrap_err().contains("hush"));
        assert!(!format!("{:?}", parse(LEAST, &[]).unwrap()).contains("hush"));
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_by_its_line() {
        assert!(parse("listen = \"127.0.0.1:1\"\n[slack\n", &[]).unwrap_err().starts_with("line 2: "));
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let variables = [
            ("ELEVATE_LISTEN", "[::1]:9000"),
            ("ELEVATE_PUBLIC_URL", "http://localhost:9000/"),
            ("ELEVATE_ACCESS__DURATIONS", "1h, 90m"),
            ("ELEVATE_AWS__SESSION_TAGS", "false"),
            ("ELEVATE_AWS__PARTITION", "aws-us-gov"),
            ("ELEVATE_ACCOUNTS__111122223333", "production"),
            ("UNRELATED", "x"),
        ];
        let config = parse(EXAMPLE, &variables).unwrap();
        assert_eq!(config.listen, "[::1]:9000".parse().unwrap());
        assert_eq!(config.public_url.as_str(), "http://localhost:9000/");
        assert_eq!(config.policy.durations, ["1h", "1h30m"].map(|text| text.parse().unwrap()));
        assert!(!config.aws.session_tags);
        assert_eq!(config.aws.signin_url.as_str(), "https://signin.aws.amazon.com/federation");
        assert_eq!(config.policy.accounts[&"111122223333".parse().unwrap()], "production");
    }

    #[test]
    fn the_sign_in_endpoint_follows_the_partition() {
        let config = parse(LEAST, &[("ELEVATE_AWS__PARTITION", "aws-cn")]).unwrap();
        assert_eq!(config.aws.signin_url.as_str(), "https://signin.amazonaws.cn/federation");
    }

    #[test]
    fn slack_takes_answers_at_its_own_address_alone() {
        for (api_url, answers_at) in [
            ("https://slack.com/api", "https://hooks.slack.com"),
            ("https://slack-gov.com/api", "https://hooks.slack-gov.com"),
            ("http://127.0.0.1:9/api", "http://127.0.0.1:9"),
            ("http://localhost:9/api", "http://localhost:9"),
        ] {
            let config = parse(LEAST, &[("ELEVATE_SLACK__API_URL", api_url)]).unwrap();
            assert_eq!(config.slack.answers_at().ascii_serialization(), answers_at);
        }
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for name in [
            "ELEVATE_PUBLIC_URL",
            "ELEVATE_SLACK__API_URL",
            "ELEVATE_OIDC__ISSUER",
            "ELEVATE_AWS__SIGNIN_URL",
        ] {
            for url in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9", "https://example.com"] {
                assert!(parse(LEAST, &[(name, url)]).is_ok(), "{name}={url}");
            }
            for url in [
                "http://example.com",
                "http://127.0.0.1.example.com",
                "ftp://localhost",
                "https://u:p@example.com",
                "https://example.com?a",
                "x",
            ] {
                assert!(faults(&[(name, url)]).starts_with(name), "{name}={url}");
            }
        }
        assert!(faults(&[("ELEVATE_PUBLIC_URL", "https://example.com/elevate")]).contains("an origin"));
    }

    #[test]
    fn an_issuer_is_kept_character_by_character() {
        for issuer in ["https://idp.example.com", "https://idp.example.com/", "https://idp.example.com/a/"] {
            assert_eq!(parse(LEAST, &[("ELEVATE_OIDC__ISSUER", issuer)]).unwrap().oidc.issuer, issuer);
        }
    }

    #[test]
    fn values_outside_their_ranges_are_refused() {
        let long = "x".repeat(1_225);
        for (name, value) in [
            ("ELEVATE_CLIENT_ADDRESS", "forwarded"),
            ("ELEVATE_DYNAMODB__TABLE", "ab"),
            ("ELEVATE_DYNAMODB__TABLE", "a/b"),
            ("ELEVATE_AWS__ROLE_PATH", "team/"),
            ("ELEVATE_AWS__ROLE_PATH", "/team"),
            ("ELEVATE_AWS__ROLE_PATH", "/te am/"),
            ("ELEVATE_AWS__EXTERNAL_ID", "x"),
            ("ELEVATE_AWS__EXTERNAL_ID", "a b"),
            ("ELEVATE_AWS__EXTERNAL_ID", &long),
            ("ELEVATE_AWS__SOURCE_IDENTITY", "yes"),
            ("ELEVATE_ACCESS__GROUP_PREFIX", ""),
            ("ELEVATE_ACCESS__GROUP_PREFIX", "aws-temp#"),
            ("ELEVATE_ACCESS__DURATIONS", ""),
            ("ELEVATE_ACCESS__REQUEST_TTL", "0m"),
            ("ELEVATE_ACCOUNTS__1111", "prod"),
            ("ELEVATE_ACCOUNTS__111122223333", ""),
            ("ELEVATE_SEALING__KEYS", ","),
            ("ELEVATE_SEALING__KEYS", "AQEB"),
            ("ELEVATE_SEALING__KMS_KEY_ID", ""),
            ("ELEVATE_SEALING__KMS_KEY_ID", "alias/ele vate"),
        ] {
            let told = faults(&[(name, value)]);
            assert!(told.starts_with(name) && told.lines().count() == 1, "{told}");
        }
    }

    #[test]
    fn step_up_is_off_until_it_asks_for_something() {
        let step_up = |text: &str, variables: &[(&str, &str)]| {
            parse(&format!("{LEAST}\n[access]\n{text}"), variables).map(|config| config.policy.step_up)
        };
        assert_eq!(step_up("", &[]), Ok(None));
        assert_eq!(step_up("step_up = {}", &[]), Ok(None));
        let all = r#"step_up = { max_age = "5m", acr_values = ["phr", "mfa"], review = true }"#;
        let asked = step_up(all, &[]).unwrap().unwrap();
        assert_eq!(asked.max_age, Some("5m".parse().unwrap()));
        assert_eq!((asked.acr_values, asked.review), (vec!["phr".to_owned(), "mfa".to_owned()], true));
        let variables = [
            ("ELEVATE_ACCESS__STEP_UP__MAX_AGE", "10m"),
            ("ELEVATE_ACCESS__STEP_UP__ACR_VALUES", "phr, mfa"),
        ];
        let asked = step_up("", &variables).unwrap().unwrap();
        assert_eq!((asked.acr_values.len(), asked.review), (2, false));
        assert_eq!(
            step_up("step_up = { review = true, maxage = \"5m\" }", &[]).unwrap_err(),
            "access.step_up: expected max_age or acr_values beside review\n\
             access.step_up.maxage: unknown; did you mean access.step_up.max_age?"
        );
    }

    #[test]
    fn offered_durations_are_within_the_maximum_and_differ() {
        let told = faults(&[("ELEVATE_ACCESS__DURATIONS", "60m,1h,9h")]);
        let expected = "access.durations: 9h is longer than access.max_duration, 8h\naccess.durations: 1h is there twice";
        assert_eq!(told, expected);
    }

    #[test]
    fn several_keys_may_open_what_was_sealed() {
        let keys = format!("{}, {}", STANDARD.encode([1; 32]), STANDARD.encode([2; 32]));
        let config = parse(LEAST, &[("ELEVATE_SEALING__KEYS", &keys)]).unwrap();
        let keys: Vec<_> = config.sealing.keys.iter().map(SealingKey::expose).collect();
        assert_eq!(keys, [&[1; 32], &[2; 32]]);
        assert_eq!(config.slack.bot_token.expose_secret(), "xoxb-hush");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let told = DynamoDb::load(Path::new("/nowhere/elevate.toml")).unwrap_err().to_string();
        assert!(told.starts_with("/nowhere/elevate.toml: could not be read"), "{told}");
    }

    #[test]
    fn something_seals() {
        let without_keys = SECRETS[..3].iter().chain(&[]);
        let tells = |variables: &[(&str, &str)]| {
            let variables = without_keys.clone().chain(variables);
            let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let config = Config::parse(LEAST, variables, Secrets::new());
            config.map(|config| config.sealing).map_err(|faults| faults.to_string())
        };
        let kms = ("ELEVATE_SEALING__KMS_KEY_ID", "alias/elevate");
        let by_kms = tells(&[kms]).unwrap();
        assert_eq!((by_kms.kms_key_id.as_deref(), by_kms.keys.len()), (Some("alias/elevate"), 0));
        let moving = tells(&[kms, SECRETS[3]]).unwrap();
        assert_eq!((moving.kms_key_id.as_deref(), moving.keys.len()), (Some("alias/elevate"), 1));
        let told = tells(&[]).unwrap_err();
        assert_eq!(told, "sealing.kms_key_id: missing, and so is ELEVATE_SEALING__KEYS: set one of them");
    }
}
