//! What `elevate check` asks of the counterparts, and the traps that it warns of: what works and will be regretted.

use anyhow::{Context, anyhow, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use http::{HeaderMap, Request, header};
use secrecy::{ExposeSecret, SecretString};

use super::{Outside, adapters, check_slack, names};
use crate::{
    config::{Config, Slack},
    domain::{
        account::Platform,
        ids::Target,
        policy_in_force::{PolicyChanges, PolicyInForce, SettingChange, Standing},
        window::Timestamp,
    },
    flows::{
        Broker,
        policy::{self, Compared},
    },
    outbound::HttpClient,
    ports::{Cloud, CloudError, IdentityError, SealError, Sealer},
    slack::ids::PLATFORM,
    store::schema::{check_table, table_traps},
    text::{answer_fault, cloud_refusal},
};

/// The largest difference between our clock and Slack's that is not worth a warning. The identity provider's tokens
/// are accepted within 30 s.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(20);

/// A counterpart, and whether its check succeeded.
pub type Checked = (&'static str, anyhow::Result<()>);

/// Explains to the operator why a provider cannot be used.
fn provider_failure(error: IdentityError) -> anyhow::Error {
    match error {
        IdentityError::Unusable(fault) => anyhow!("it cannot be used: {}", answer_fault(&fault)),
        IdentityError::Unavailable(_)
        | IdentityError::Gone(_)
        | IdentityError::SignInRequired(_)
        | IdentityError::GroupsUnknown { .. } => error.into(),
    }
}

/// Checks every counterpart.
///
/// # Errors
/// If the adapters cannot be created.
pub async fn check(config: &Config, outside: Outside) -> anyhow::Result<Vec<Checked>> {
    let (dynamodb, http) = (outside.dynamodb.clone(), outside.http.clone());
    let ports = adapters(config, &names(&config.policy), outside)?;
    let (table, slack, identity, aws) = tokio::join!(
        check_table(&dynamodb, &config.dynamodb.table),
        check_slack(&config.slack, &ports, &http),
        ports.identity.check(),
        check_aws(config, &*ports.cloud),
    );
    let mut checked = vec![
        ("DynamoDB", table.map_err(Into::into)),
        ("Slack", slack.map(drop)),
        ("identity provider", identity.map_err(provider_failure)),
        ("AWS", aws),
    ];
    if let Some(sign_in) = ports.chats.get(&Platform::new(PLATFORM)).and_then(|chat| chat.sign_in.as_ref()) {
        checked.push(("Sign in with Slack", sign_in.check().await.map_err(provider_failure)));
    }
    if config.sealing.kms_key_id.is_some() {
        checked.push(("KMS", check_sealing(&*ports.sealer).await.map_err(Into::into)));
    }
    Ok(checked)
}

/// Requests a session for each target as for an approved person, except that its policy denies everything.
///
/// # Errors
/// If the adapters cannot be created.
pub async fn check_targets(
    config: &Config,
    outside: Outside,
    targets: &[Target],
) -> anyhow::Result<Vec<anyhow::Result<()>>> {
    let ports = adapters(config, &names(&config.policy), outside)?;
    let probes = targets.iter().map(async |target| ports.cloud.probe(target).await.map_err(explained));
    Ok(join_all(probes).await)
}

/// Says which policy is in force and what this configuration's is to it, then each setting that differs.
///
/// # Errors
/// If the table cannot be read.
pub async fn policy_in_force(broker: &Broker) -> anyhow::Result<Vec<String>> {
    let Compared { own, standing, changes } = policy::look(broker).await?;
    let own = own.shown();
    let named = |PolicyInForce { number, digest }: &PolicyInForce| {
        format!("policy {number} ({}) is in force", digest.shown())
    };
    let first = match &standing {
        Standing::InForce(in_force) => format!("{}; it is this configuration's", named(in_force)),
        Standing::Newer { in_force: None } => {
            format!("no policy is in force yet; `elevate serve` puts this configuration's in force ({own})")
        }
        Standing::Newer { in_force: Some(in_force) } => format!(
            "{}; this configuration's ({own}) is newer, and `elevate serve` puts it in force",
            named(in_force)
        ),
        Standing::Earlier { in_force } => format!(
            "{}; this configuration's ({own}) was in force earlier, and a replica with it decides nothing; \
             `elevate policy adopt` puts it in force again",
            named(in_force)
        ),
    };
    let PolicyChanges { named, more } = changes;
    let more = (more > 0).then(|| format!("and {more} more settings differ"));
    Ok([first].into_iter().chain(named.iter().map(changed)).chain(more).collect())
}

/// Says how one setting differs.
fn changed(SettingChange { key, before, after }: &SettingChange) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    format!("{key}: {} in force, {} here", value(before), value(after))
}

/// Returns a sentence for each trap: in the configuration, in the table's settings, in Slack, and in our clock.
pub async fn warnings(config: &Config, outside: &Outside) -> Vec<String> {
    let (Outside { dynamodb, http, .. }, now) = (outside, outside.clock.now());
    let (table, slack) =
        tokio::join!(table_traps(dynamodb, &config.dynamodb.table), slack_headers(&config.slack, http),);
    let slack = slack.map(|headers| slack_traps(&headers, now)).unwrap_or_default();
    [config.traps(), table, slack].concat()
}

async fn check_aws(config: &Config, cloud: &dyn Cloud) -> anyhow::Result<()> {
    let own = cloud.account().await.map_err(explained).context("could not ask AWS who the app is")?;
    ensure!(
        config.aws.allow_own_account || !config.policy.accounts.contains_key(&own),
        "[accounts] contains {own}, the account that the app runs in, whose administrators control the app; \
         only aws.allow_own_account = true allows that"
    );
    Ok(())
}

fn explained(error: CloudError) -> anyhow::Error {
    match error {
        CloudError::Refused(why) => anyhow!(cloud_refusal(&why)),
        CloudError::Unavailable(_) => error.into(),
    }
}

/// Checks that a secret can be sealed and opened again.
async fn check_sealing(sealer: &dyn Sealer) -> Result<(), SealError> {
    let row = [("purpose", "elevate/check")];
    let sealed = sealer.seal(&SecretString::from("elevate"), &row).await?;
    sealer.open(&sealed, &row).await.map(drop)
}

/// Returns the headers of a response of Slack, which say what the token may do and what time it is.
async fn slack_headers(slack: &Slack, http: &HttpClient) -> Option<HeaderMap> {
    let token = format!("Bearer {}", slack.bot_token.expose_secret());
    let url = format!("{}/auth.test", slack.api_url.as_str().trim_end_matches('/'));
    let request = Request::post(url).header(header::AUTHORIZATION, token).body(Vec::new()).ok()?;
    let response = http.operation("slack", "auth.test").send(request).await.ok()?;
    Some(response.into_parts().0.headers)
}

fn slack_traps(headers: &HeaderMap, now: Timestamp) -> Vec<String> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let is_missing = |scopes: &str| !scopes.split(',').any(|scope| scope.trim() == "users:read.email");
    let scope = header("x-oauth-scopes").filter(|scopes| is_missing(scopes)).map(|_| {
        "Slack: the app lacks the scope users:read.email, so it sees nobody's address and links nobody; add the scope \
         and install the app again"
            .to_owned()
    });
    let theirs = header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let ahead =
        theirs.map(|theirs| now - theirs.with_timezone(&Utc)).filter(|ahead| ahead.abs() > CLOCKS_DIFFER);
    let clock = ahead.map(|ahead| {
        let (seconds, direction) = (ahead.num_seconds().abs(), if ahead > TimeDelta::zero() { "ahead of" } else { "behind" });
        format!("the clock of this machine is {seconds} s {direction} Slack's; sign-ins and sessions will be refused")
    });
    scope.into_iter().chain(clock).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(headers: &[(&'static str, &str)], now: &str) -> Vec<String> {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()));
        slack_traps(&headers.collect(), now.parse().unwrap())
    }

    #[test]
    fn a_clock_that_differs_by_more_than_twenty_seconds_is_told_by_how_much() {
        let date = [("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
        for close in ["1994-11-06T08:49:17Z", "1994-11-06T08:49:57Z"] {
            assert_eq!(told(&date, close), [""; 0], "{close}");
        }
        assert!(told(&date, "1994-11-06T08:48:52Z")[0].contains("45 s behind Slack's"));
        assert!(told(&date, "1994-11-06T08:50:00Z")[0].contains("23 s ahead of Slack's"));
        assert_eq!(told(&[("date", "yesterday")], "1994-11-06T08:50:00Z"), [""; 0]);
    }

    #[test]
    fn an_app_that_sees_no_addresses_is_told_so() {
        let now = "1994-11-06T08:49:37Z";
        assert_eq!(told(&[("x-oauth-scopes", "chat:write, users:read,users:read.email")], now), [""; 0]);
        assert_eq!(told(&[], now), [""; 0], "a Slack that does not say");
        let without = told(&[("x-oauth-scopes", "chat:write,users:read")], now);
        assert!(without[0].contains("users:read.email"), "{without:?}");
    }
}
