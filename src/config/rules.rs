//! The settings that decide who is let in, which all replicas must agree on.
//!
//! Every field is named, so that a setting that is added is put on one side or the other.

use std::collections::BTreeMap;

use super::{Aws, Config, GroupsFrom, Oidc, Slack};
use crate::domain::{
    linking::{LinkPolicy, OnMismatch},
    policy::{Policy, WithoutAuditors},
    policy_in_force::PolicySettings,
    step_up::StepUp,
};

/// Settings by key.
type Settings = BTreeMap<String, String>;

/// The value of a list that restricts nothing while it is empty.
const ANY: &str = "any";
/// The value of an entry that is listed.
const LISTED: &str = "listed";

impl Config {
    /// Returns the settings that decide who may ask, answer, be linked and be let in, by their keys. No secret is among
    /// them, and nothing that people only see.
    #[must_use]
    pub fn rules(&self) -> PolicySettings {
        let Self {
            listen: _,
            admin_listen: _,
            public_url: _,
            client_address: _,
            limits: _,
            slack,
            oidc,
            link,
            sealing: _,
            dynamodb: _,
            aws,
            policy,
        } = self;
        let mut settings = Settings::new();
        for section in [of_slack(slack), of_oidc(oidc), of_linking(link), of_aws(aws), of_access(policy)] {
            settings.extend(section);
        }
        settings.into_iter().collect()
    }
}

fn of_slack(slack: &Slack) -> Settings {
    let Slack { mode: _, team_id, review_channel, audit_channel, api_url: _, bot_token: _, client } = slack;
    let client_id = client.as_ref().map(|client| ("slack.client_id", client.id.clone()));
    let settings = [
        ("slack.team_id", team_id.to_string()),
        ("slack.review_channel", review_channel.to_string()),
        ("slack.audit_channel", audit_channel.to_string()),
    ];
    named(settings.into_iter().chain(client_id))
}

fn of_oidc(oidc: &Oidc) -> Settings {
    let Oidc {
        issuer,
        client_id,
        client_secret: _,
        scopes: _,
        groups_claim,
        groups_from,
        trust_unverified_email,
        person_claim,
        email_claim,
        trusted_audiences,
        client_auth: _,
        authorization,
        group_names,
    } = oidc;
    let groups_from = match groups_from {
        GroupsFrom::IdToken => "id_token",
        GroupsFrom::Userinfo => "userinfo",
    };
    let settings = [
        ("oidc.issuer", issuer.clone()),
        ("oidc.client_id", client_id.clone()),
        ("oidc.groups_claim", groups_claim.clone()),
        ("oidc.groups_from", groups_from.to_owned()),
        ("oidc.trust_unverified_email", trust_unverified_email.to_string()),
        ("oidc.email_claim", email_claim.clone()),
    ];
    let person_claim = person_claim.clone().map(|claim| ("oidc.person_claim", claim));
    let mut settings = named(settings.into_iter().chain(person_claim));
    settings.extend(listed("oidc.trusted_audiences", trusted_audiences));
    let authorization = authorization.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    settings.extend(entries("oidc.authorization", authorization));
    settings.extend(entries("groups", group_names.iter()));
    settings
}

fn of_linking(link: &LinkPolicy) -> Settings {
    let LinkPolicy { on_mismatch, email_domains, one_account_per_address, requires_person: _ } = link;
    let on_mismatch = match on_mismatch {
        OnMismatch::Refuse => "refuse",
        OnMismatch::PlatformSignIn => "slack",
        OnMismatch::Code => "code",
    };
    let mut settings = named([
        ("link.on_mismatch", on_mismatch.to_owned()),
        ("link.one_account_per_address", one_account_per_address.to_string()),
    ]);
    settings.extend(restriction("link.email_domains", email_domains));
    settings
}

fn of_aws(aws: &Aws) -> Settings {
    let Aws {
        partition,
        signin_url: _,
        console_url: _,
        role_path,
        external_id: _,
        source_identity: _,
        session_tags: _,
        allow_own_account,
    } = aws;
    named([
        ("aws.partition", partition.as_str().to_owned()),
        ("aws.role_path", role_path.clone()),
        ("aws.allow_own_account", allow_own_account.to_string()),
    ])
}

fn of_access(policy: &Policy) -> Settings {
    let Policy {
        group_prefix,
        reviewers,
        request_ttl,
        max_duration,
        durations: _,
        sessions_at_once,
        requests_per_hour,
        without_auditors,
        accounts,
        step_up,
        group_names: _, // those of `[oidc]`
    } = policy;
    let without_auditors = match without_auditors {
        WithoutAuditors::GoOn => "go_on",
        WithoutAuditors::Refuse => "refuse",
    };
    let mut settings = named([
        ("access.group_prefix", group_prefix.clone()),
        ("access.reviewers", reviewers.clone()),
        ("access.request_ttl", request_ttl.to_string()),
        ("access.max_duration", max_duration.to_string()),
        ("access.sessions_at_once", sessions_at_once.to_string()),
        ("access.requests_per_hour", requests_per_hour.to_string()),
        ("access.without_auditors", without_auditors.to_owned()),
    ]);
    settings.extend(restriction("accounts", accounts.keys()));
    if let Some(StepUp { max_age, acr_values, review }) = step_up {
        let max_age = max_age.map(|max_age| ("access.step_up.max_age", max_age.to_string()));
        let review = ("access.step_up.review", review.to_string());
        settings.extend(named([review].into_iter().chain(max_age)));
        settings.extend(listed("access.step_up.acr_values", acr_values));
    }
    settings
}

fn named(settings: impl IntoIterator<Item = (&'static str, String)>) -> Settings {
    settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// One setting for each entry of a table.
fn entries<'e>(table: &str, entries: impl Iterator<Item = (&'e str, &'e str)>) -> Settings {
    entries.map(|(key, value)| (format!("{table}.{key}"), value.to_owned())).collect()
}

/// One setting for each entry of a list, so that a change names the entry.
fn listed(list: &str, entries: impl IntoIterator<Item = impl ToString>) -> Settings {
    entries.into_iter().map(|entry| (format!("{list}.{}", entry.to_string()), LISTED.to_owned())).collect()
}

/// A list that allows only what it contains, and everything while it is empty.
fn restriction(list: &str, entries: impl IntoIterator<Item = impl ToString>) -> Settings {
    let mut settings = listed(list, entries);
    let value = if settings.is_empty() { ANY } else { LISTED };
    settings.insert(list.to_owned(), value.to_owned());
    settings
}
