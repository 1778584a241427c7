//! Reads the configuration section by section, from text to values.
//!
//! Every setting of a section is read before the first `?`, so that no fault hides another.

use std::{collections::BTreeSet, str::FromStr};

use super::{
    Aws, ClientAddress, ClientAuth, Config, DynamoDb, GroupNames, GroupsFrom, Limits, Mode, Oidc, Partition,
    Sealing, Slack, SlackClient, Transport,
    source::{Faulty, Setting, Source},
    values::{
        authorization_parameter, endpoint, external_id, group_prefix, groups_claim, issuer, kms_key_id,
        origin, person_claim, role_path, scope, sealing_keys, secret, secrets, socket_address, table, text,
    },
};
use crate::{
    domain::{
        email::EmailDomain,
        ids::AccountId,
        linking::{LinkPolicy, OnMismatch},
        policy::{Policy, WithoutAuditors},
        step_up::StepUp,
        window::Minutes,
    },
    slack::ids::{ChannelId, TeamId},
};

/// The most options a Slack menu has
/// (<https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>).
const MOST_DURATIONS: usize = 100;

impl Config {
    pub(super) fn read(source: &mut Source) -> Setting<Self> {
        let listen = source.or("listen", "127.0.0.1:8080", socket_address);
        let admin_listen = source.or("admin_listen", "127.0.0.1:8081", socket_address);
        let public_url = source.required("public_url", origin);
        let client_address = source.or("client_address", "connection", ClientAddress::from_str);
        let limits = Limits::read(source);
        let slack = Slack::read(source);
        let oidc = Oidc::read(source);
        let link = link_policy(source, &slack, &oidc);
        let sealing = Sealing::read(source);
        let dynamodb = DynamoDb::read(source);
        let aws = Aws::read(source);
        let policy = policy(source);
        let oidc = oidc?;
        Ok(Self {
            listen: listen?,
            admin_listen: admin_listen?,
            public_url: public_url?,
            client_address: client_address?,
            limits: limits?,
            slack: slack?,
            policy: Policy { group_names: oidc.group_names.clone(), ..policy? },
            oidc,
            link: link?,
            sealing: sealing?,
            dynamodb: dynamodb?,
            aws: aws?,
        })
    }
}

impl Slack {
    fn read(source: &mut Source) -> Setting<Self> {
        let mode = Mode::read(source);
        let team_id = source.required("slack.team_id", TeamId::from_str);
        let review_channel = source.required("slack.review_channel", ChannelId::from_str);
        let audit_channel = source.required("slack.audit_channel", ChannelId::from_str);
        let api_url = source.or("slack.api_url", "https://slack.com/api", endpoint);
        let bot_token = source.secret("slack.bot_token", secret);
        let client = SlackClient::read(source);
        Ok(Self {
            mode: mode?,
            team_id: team_id?,
            review_channel: review_channel?,
            audit_channel: audit_channel?,
            api_url: api_url?,
            bot_token: bot_token?,
            client: client?,
        })
    }
}

impl SlackClient {
    /// Requires an id and its secret, or neither.
    fn read(source: &mut Source) -> Setting<Option<Self>> {
        let id = source.optional("slack.client_id", text);
        let secret = source.optional_secret("slack.client_secret", secret);
        let Some(id) = id? else {
            if secret?.is_some() {
                source.note("slack.client_id", "missing, although its secret is set");
            }
            return Ok(None);
        };
        let secret = source.needed("slack.client_secret", secret)?;
        Ok(Some(Self { id, secret }))
    }
}

impl Mode {
    /// Requires the secret of the mode; the other mode's may be set as well.
    fn read(source: &mut Source) -> Setting<Self> {
        let transport = source.or("slack.mode", Transport::Http.as_str(), Transport::from_str);
        let signing_secrets = source.optional_secret("slack.signing_secret", secrets);
        let app_token = source.optional_secret("slack.app_token", secret);
        match transport? {
            Transport::Http => {
                let signing_secrets = source.needed("slack.signing_secret", signing_secrets)?;
                app_token.map(|_| Self::Http { signing_secrets })
            }
            Transport::Socket => {
                let app_token = source.needed("slack.app_token", app_token)?;
                signing_secrets.map(|_| Self::Socket { app_token })
            }
        }
    }
}

impl Oidc {
    fn read(source: &mut Source) -> Setting<Self> {
        let issuer = source.required("oidc.issuer", issuer);
        let client_id = source.required("oidc.client_id", text);
        let client_secret = source.secret("oidc.client_secret", secret);
        let scopes = source.list_or("oidc.scopes", "openid,email,profile,groups,offline_access", scope);
        let groups_claim = source.or("oidc.groups_claim", "groups", groups_claim);
        let groups_from = source.or("oidc.groups_from", "id_token", GroupsFrom::from_str);
        let person_claim = source.optional("oidc.person_claim", person_claim);
        let trust_unverified_email = source.flag_or("oidc.trust_unverified_email", false);
        let email_claim = source.or("oidc.email_claim", "email", text);
        let trusted_audiences = source.list("oidc.trusted_audiences", text);
        let client_auth = source.optional("oidc.client_auth", ClientAuth::from_str);
        let authorization = source.table("oidc.authorization", authorization_parameter, text);
        let group_names = source.table("groups", text, text);
        let scopes = scopes?;
        if !scopes.iter().any(|scope| scope == "openid") {
            source.note("oidc.scopes", "must contain \"openid\"");
        }
        Ok(Self {
            issuer: issuer?,
            client_id: client_id?,
            client_secret: client_secret?,
            scopes,
            groups_claim: groups_claim?,
            groups_from: groups_from?,
            trust_unverified_email: trust_unverified_email?,
            person_claim: person_claim?,
            email_claim: email_claim?,
            trusted_audiences: trusted_audiences?,
            client_auth: client_auth?,
            authorization: authorization?,
            group_names: group_names?.into_iter().collect(),
        })
    }
}

impl Sealing {
    fn read(source: &mut Source) -> Setting<Self> {
        let kms_key_id = source.optional("sealing.kms_key_id", kms_key_id);
        let keys = source.optional_secret("sealing.keys", sealing_keys);
        let (kms_key_id, keys) = (kms_key_id?, keys?);
        if kms_key_id.is_none() && keys.is_none() {
            source.note("sealing.kms_key_id", "missing: set it or ELEVATE_SEALING__KEYS");
        }
        Ok(Self { kms_key_id, keys: keys.unwrap_or_default() })
    }
}

impl DynamoDb {
    pub(super) fn read(source: &mut Source) -> Setting<Self> {
        let table = source.or("dynamodb.table", "elevate", table)?;
        Ok(Self { table })
    }
}

impl Aws {
    fn read(source: &mut Source) -> Setting<Self> {
        let partition = source.or("aws.partition", "aws", Partition::from_str);
        let signin_url = source.optional("aws.signin_url", endpoint);
        let console_url = source.optional("aws.console_url", endpoint);
        let role_path = source.or("aws.role_path", "/elevate/", role_path);
        let external_id = source.or("aws.external_id", "", external_id);
        let source_identity = source.flag_or("aws.source_identity", true);
        let session_tags = source.flag_or("aws.session_tags", true);
        let allow_own_account = source.flag_or("aws.allow_own_account", false);
        let partition = partition?;
        let (console, signin) = partition.addresses().unzip();
        let (signin_url, console_url) = (signin_url?.or(signin), console_url?.or(console));
        for (key, url) in [("aws.signin_url", &signin_url), ("aws.console_url", &console_url)] {
            if url.is_none() {
                source.note(key, format!("missing: AWS documents no address for {}", partition.as_str()));
            }
        }
        let signin_url = signin_url.ok_or(Faulty)?;
        let console_url = console_url.ok_or(Faulty)?;
        Ok(Self {
            partition,
            signin_url,
            console_url,
            role_path: role_path?,
            external_id: external_id?,
            source_identity: source_identity?,
            session_tags: session_tags?,
            allow_own_account: allow_own_account?,
        })
    }
}

/// With a Slack client, an address mismatch requires Sign in with Slack, unless another way is configured.
fn link_policy(source: &mut Source, slack: &Setting<Slack>, oidc: &Setting<Oidc>) -> Setting<LinkPolicy> {
    let on_mismatch = source.optional("link.on_mismatch", on_mismatch_named);
    let email_domains = source.list("link.email_domains", EmailDomain::from_str);
    let one_account_per_address = source.flag_or("link.one_account_per_address", true);
    let requires_person = oidc.as_ref().is_ok_and(|oidc| oidc.person_claim.is_some());
    let has_client = slack.as_ref().map(|slack| slack.client.is_some());
    let on_mismatch = on_mismatch?;
    if let (Some(OnMismatch::PlatformSignIn), Ok(false)) = (on_mismatch, has_client) {
        source.note("link.on_mismatch", "slack requires slack.client_id, from the app's page");
    }
    let default = if let Ok(true) = has_client { OnMismatch::PlatformSignIn } else { OnMismatch::Refuse };
    Ok(LinkPolicy {
        on_mismatch: on_mismatch.unwrap_or(default),
        email_domains: email_domains?,
        one_account_per_address: one_account_per_address?,
        requires_person,
    })
}

fn on_mismatch_named(text: &str) -> Result<OnMismatch, &'static str> {
    match text {
        "refuse" => Ok(OnMismatch::Refuse),
        "slack" => Ok(OnMismatch::PlatformSignIn),
        "code" => Ok(OnMismatch::Code),
        _ => Err("expected refuse, slack or code"),
    }
}

fn policy(source: &mut Source) -> Setting<Policy> {
    let group_prefix = source.or("access.group_prefix", "aws-temp", group_prefix);
    let reviewers = source.or("access.reviewers", "aws-temp#Reviewer", text);
    let request_ttl = source.or("access.request_ttl", "24h", Minutes::from_str);
    let max_duration = source.or("access.max_duration", "8h", Minutes::from_str);
    let durations = source.list_or("access.durations", "15m,30m,1h,2h,4h,8h", Minutes::from_str);
    let sessions_at_once = source.count_or("access.sessions_at_once", 2);
    let without_auditors = source.or("access.without_auditors", "go_on", without_auditors_named);
    let requests_per_hour = source.count_or("access.requests_per_hour", 20);
    let accounts = source.table("accounts", AccountId::from_str, text);
    let step_up = step_up(source);
    let (max_duration, durations) = (max_duration?, durations?);
    check_durations(source, max_duration, &durations);
    Ok(Policy {
        group_prefix: group_prefix?,
        reviewers: reviewers?,
        request_ttl: request_ttl?,
        max_duration,
        durations,
        sessions_at_once: sessions_at_once?,
        requests_per_hour: requests_per_hour?,
        without_auditors: without_auditors?,
        accounts: accounts?,
        group_names: GroupNames::default(), // those of `[groups]`, which belong to the provider
        step_up: step_up?,
    })
}

fn without_auditors_named(text: &str) -> Result<WithoutAuditors, &'static str> {
    match text {
        "go_on" => Ok(WithoutAuditors::GoOn),
        "refuse" => Ok(WithoutAuditors::Refuse),
        _ => Err("expected go_on or refuse"),
    }
}

fn step_up(source: &mut Source) -> Setting<Option<StepUp>> {
    let max_age = source.optional("access.step_up.max_age", Minutes::from_str);
    let acr_values = source.list("access.step_up.acr_values", scope);
    let review = source.flag_or("access.step_up.review", false);
    let step_up = StepUp { max_age: max_age?, acr_values: acr_values?, review: review? };
    let asks_nothing = step_up.max_age.is_none() && step_up.acr_values.is_empty();
    if asks_nothing && step_up.review {
        source.note("access.step_up", "review requires max_age or acr_values");
    }
    Ok((!asks_nothing).then_some(step_up))
}

fn check_durations(source: &mut Source, max_duration: Minutes, durations: &[Minutes]) {
    for duration in durations.iter().filter(|duration| **duration > max_duration) {
        source.note(
            "access.durations",
            format!("{duration} is longer than access.max_duration, {max_duration}"),
        );
    }
    let mut seen = BTreeSet::new();
    for duration in durations.iter().filter(|duration| !seen.insert(**duration)) {
        source.note("access.durations", format!("{duration} is listed twice"));
    }
    if durations.len() > MOST_DURATIONS {
        source.note("access.durations", format!("expected at most {MOST_DURATIONS}"));
    }
}
