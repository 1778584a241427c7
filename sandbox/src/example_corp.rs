//! Example Corp: a company with a Slack workspace, an identity provider and an AWS account, and four people.

use std::io;

use chrono::{DateTime, Utc};

use crate::{
    aws::{self, Aws, AwsConfig, Role},
    call_log::{CallLog, Party},
    clock::{self, Clock},
    dynamo::{self, Dynamo},
    idp::{self, Idp, IdpConfig},
    kill_switch::KillSwitch,
    kms::Kms,
    slack::{self, Channel, Slack, SlackConfig},
};

/// The workspace's id.
pub const TEAM: &str = "T0EXAMPLE";
/// Where reviewers answer.
pub const REVIEW_CHANNEL: &str = "C0REVIEW";
/// Where auditors listen.
pub const AUDIT_CHANNEL: &str = "C0AUDIT";
/// Where everybody is.
pub const GENERAL_CHANNEL: &str = "C0GENERAL";
/// The token with which the broker opens Socket Mode connections.
pub const APP_TOKEN: &str = "xapp-example-app-token";
/// The alias of the key that the broker may seal with.
pub const SEALING_ALIAS: &str = "alias/elevate";
/// The access key with which the broker signs its calls of AWS.
pub const BROKER_KEY: &str = "AKIAEXAMPLEBROKER000";

/// The secret that goes with that key; the stand-ins do not check it.
pub const BROKER_SECRET_KEY: &str = "example/secret/key/of/the/broker/40chars";
/// The token that goes with both, as with every key of a role.
pub const BROKER_SESSION_TOKEN: &str = "example-session-token-of-the-broker";
/// The slash command that the broker's app has, as people use it, and what each use does.
pub const COMMANDS: [(&str, &str); 6] = [
    ("/elevate", "Request access to an AWS role"),
    ("/elevate 111122223333/S3Admin 1h bucket policy broken", "Ask in one line"),
    ("/elevate status", "What you can request, and your latest requests"),
    ("/elevate link", "Link your Slack account to your identity"),
    ("/elevate unlink", "Undo that"),
    ("/elevate help", "How to use it"),
];
/// The broker's own user.
pub const BOT_USER: &str = "U0ELEVATE";

const BOT_TOKEN: &str = "xoxb-example-bot-token";
const SIGNING_SECRET: &str = "example-signing-secret";
const SLACK_CLIENT_ID: &str = "25259531569.1115258246291";
const SLACK_CLIENT_SECRET: &str = "example-slack-client-secret";
const CLIENT_ID: &str = "elevate";
const CLIENT_SECRET: &str = "example-client-secret";
/// 32 bytes, in base64.
const SEALING_KEY: &str = "ZXhhbXBsZS1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyE=";
const BROKER_ARN: &str = "arn:aws:sts::999988887777:assumed-role/elevate-broker/i-0123456789abcdef0";
const EXTERNAL_ID: &str = "example-external-id";

/// The secrets that only the broker knows.
const SECRETS: [(&str, &str); 4] = [
    ("ELEVATE_SLACK__BOT_TOKEN", BOT_TOKEN),
    ("ELEVATE_SLACK__SIGNING_SECRET", SIGNING_SECRET),
    ("ELEVATE_OIDC__CLIENT_SECRET", CLIENT_SECRET),
    ("ELEVATE_SEALING__KEYS", SEALING_KEY),
];

/// Somebody of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Their Slack account.
    pub slack: &'static str,
    /// What they sign in as at the identity provider.
    pub login: &'static str,
    /// What they are called.
    pub name: &'static str,
    /// Their address, in Slack and at the identity provider.
    pub email: &'static str,
    /// Their groups at the identity provider.
    pub groups: &'static [&'static str],
    /// Whether they are a guest from another workspace.
    pub is_outsider: bool,
}

/// An engineer.
pub const ADA: Persona = Persona {
    slack: "U0ADA",
    login: "ada",
    name: "Ada",
    email: "ada@example.com",
    groups: &["aws-temp#S3Admin#111122223333", "aws-temp#ReadOnly#444455556666", "staff"],
    is_outsider: false,
};
/// A reviewer.
pub const BOB: Persona = Persona {
    slack: "U0BOB",
    login: "bob",
    name: "Bob",
    email: "bob@example.com",
    groups: &["aws-temp#Reviewer", "staff"],
    is_outsider: false,
};
/// An auditor.
pub const CAROL: Persona = Persona {
    slack: "U0CAROL",
    login: "carol",
    name: "Carol",
    email: "carol@example.com",
    groups: &["aws-temp#Auditor", "staff"],
    is_outsider: false,
};
/// A guest from another workspace, who shares a channel and has an account of their own at the provider.
pub const MALLORY: Persona = Persona {
    slack: "U0MALLORY",
    login: "mallory",
    name: "Mallory",
    email: "mallory@elsewhere.example",
    groups: &[],
    is_outsider: true,
};

/// Everybody.
pub const EVERYBODY: [Persona; 4] = [ADA, BOB, CAROL, MALLORY];

/// The ports of the company's services on loopback; 0 takes any free one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// Of the Slack workspace.
    pub slack: u16,
    /// Of the identity provider.
    pub idp: u16,
    /// Of AWS.
    pub aws: u16,
}

/// The company's services, running.
#[derive(Clone)]
pub struct Company {
    /// The time they share.
    pub clock: Clock,
    /// The Slack workspace.
    pub slack: Slack,
    /// The identity provider.
    pub idp: Idp,
    /// AWS.
    pub aws: Aws,
    /// The broker's database.
    pub dynamo: Dynamo,
    /// What the operator decides beside the configuration file, as environment variables.
    pub settings: Vec<(String, String)>,
    /// The key that the broker may seal with.
    pub kms: Kms,
}

/// What the company's services held at some moment.
pub struct Snapshot {
    clock: clock::Snapshot,
    slack: slack::Snapshot,
    idp: idp::Realm,
    aws: aws::Cloud,
    dynamo: dynamo::Snapshot,
}

impl Company {
    /// Opens for business, with `dynamo` for a database.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn open(clock: Clock, dynamo: Dynamo) -> io::Result<Self> {
        Self::open_at(Ports::default(), clock, dynamo).await
    }

    /// Opens as [`Company::open`] does, at these ports.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn open_at(ports: Ports, clock: Clock, dynamo: Dynamo) -> io::Result<Self> {
        let slack = Slack::start(slack_config(clock.clone(), ports.slack)).await?;
        let idp = Idp::start(idp_config(clock.clone(), ports.idp)).await?;
        let aws = Aws::start(AwsConfig { clock: clock.clone(), port: ports.aws }).await?;
        furnish_slack(&slack);
        furnish_idp(&idp);
        furnish_aws(&aws);
        let kms = Kms::default();
        kms.add_key(SEALING_ALIAS);
        Ok(Self { clock, slack, idp, aws, dynamo, kms, settings: Vec::new() })
    }

    /// Says where the broker is reached.
    pub fn install(&self, public_url: &str) {
        self.slack.install(public_url);
        let origin = public_url.trim_end_matches('/');
        self.slack.allow_redirect(&format!("{origin}/oidc/slack"));
        self.idp.allow_redirect(&format!("{origin}/oidc/callback"));
        self.idp.tell_of_logouts(&format!("{origin}/oidc/backchannel-logout"));
    }

    /// Records every call to the company's services, with the caller's name.
    #[must_use]
    pub fn watch(&self) -> CallLog {
        let call_log = CallLog::new(self.clock.clone());
        self.slack.watch(&call_log);
        self.idp.control().watch(&call_log, Party::Idp, &["authorize"]);
        self.aws.control().watch(&call_log, Party::Aws, &["login", "console"]);
        self.dynamo.control().watch(&call_log, Party::Dynamo, &[]);
        call_log
    }

    /// Puts every call of the broker under `kill_switch`.
    pub fn connect_kill_switch(&self, kill_switch: &KillSwitch) {
        // The other calls are of people's browsers.
        self.slack.control().connect_kill_switch(kill_switch, |call| call != "authorize");
        self.idp.control().connect_kill_switch(kill_switch, |path| path != "authorize");
        self.aws
            .control()
            .connect_kill_switch(kill_switch, |action| ["AssumeRole", "getSigninToken"].contains(&action));
        self.dynamo.control().connect_kill_switch(kill_switch, |_| true);
        self.kms.control().connect_kill_switch(kill_switch, |_| true);
    }

    /// Forgets what was over before `moment`, and which calls there were, so that what still grows is the broker's.
    ///
    /// # Errors
    /// When the database is not in a file.
    pub fn forget_before(&self, moment: DateTime<Utc>) -> io::Result<()> {
        self.slack.forget_before(moment);
        self.idp.forget_before(moment);
        self.aws.forget_before(moment);
        self.dynamo.forget_tokens()?;
        let of_aws = [self.aws.control(), self.dynamo.control(), self.kms.control()];
        for control in [self.slack.control(), self.idp.control()].into_iter().chain(of_aws) {
            control.forget_calls();
        }
        Ok(())
    }

    /// What the clock, Slack, the provider, AWS and the database hold now.
    ///
    /// Faults, calls, keys of KMS and connections of Socket Mode are not part of it.
    ///
    /// # Errors
    /// When the database cannot be copied.
    pub fn snapshot(&self) -> io::Result<Snapshot> {
        let Self { clock, slack, idp, aws, dynamo, .. } = self;
        Ok(Snapshot {
            clock: clock.snapshot(),
            slack: slack.snapshot(),
            idp: idp.snapshot(),
            aws: aws.snapshot(),
            dynamo: dynamo.snapshot()?,
        })
    }

    /// Puts all of them back to how they were then.
    ///
    /// # Errors
    /// When the database cannot be replaced.
    pub fn restore(&self, snapshot: &Snapshot) -> io::Result<()> {
        self.clock.restore(&snapshot.clock);
        self.slack.restore(&snapshot.slack);
        self.idp.restore(&snapshot.idp);
        self.aws.restore(&snapshot.aws);
        self.dynamo.restore(&snapshot.dynamo)
    }

    /// Every secret of the broker, and every secret between the company's services and others.
    #[must_use]
    pub fn secrets_issued(&self) -> Vec<String> {
        let told = SECRETS.map(|(_, secret)| secret.to_owned()).to_vec();
        let brokers = vec![BROKER_SECRET_KEY.to_owned(), BROKER_SESSION_TOKEN.to_owned()];
        let Self { slack, idp, aws, kms, .. } = self;
        let issued =
            [slack.secrets_issued(), idp.secrets_issued(), aws.secrets_issued(), kms.secrets_issued()];
        [told, brokers].into_iter().chain(issued).flatten().collect()
    }

    /// The broker's configuration file.
    #[must_use]
    pub fn configuration(&self, public_url: &str) -> String {
        let (api, issuer, signin) = (self.slack.api_url(), self.idp.issuer(), self.aws.signin_url());
        format!(
            r#"
public_url = "{public_url}"

[slack]
team_id        = "{TEAM}"
review_channel = "{REVIEW_CHANNEL}"
audit_channel  = "{AUDIT_CHANNEL}"
api_url        = "{api}"

[oidc]
issuer    = "{issuer}"
client_id = "{CLIENT_ID}"

[aws]
signin_url  = "{signin}"
external_id = "{EXTERNAL_ID}"

[access]
group_prefix = "aws-temp"
reviewers    = "aws-temp#Reviewer"

[accounts]
111122223333 = "prod"
444455556666 = "staging"
"#
        )
    }

    /// The broker's secrets and the operator's settings, as environment variables.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let secrets = SECRETS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        secrets.into_iter().chain(self.settings.clone()).collect()
    }
}

/// Settings with which the broker lets people sign in with Slack.
#[must_use]
pub fn sign_in_with_slack() -> Vec<(String, String)> {
    let client = [
        ("ELEVATE_SLACK__CLIENT_ID", SLACK_CLIENT_ID),
        ("ELEVATE_SLACK__CLIENT_SECRET", SLACK_CLIENT_SECRET),
    ];
    client.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// How the company's workspace and the broker know each other.
#[must_use]
pub fn slack_config(clock: Clock, port: u16) -> SlackConfig {
    SlackConfig {
        clock,
        port,
        team_id: TEAM.into(),
        team_name: "Example Corp".into(),
        bot_token: BOT_TOKEN.into(),
        bot_user_id: BOT_USER.into(),
        app_token: APP_TOKEN.into(),
        signing_secret: SIGNING_SECRET.into(),
        app_id: "A0ELEVATE".into(),
        client_id: SLACK_CLIENT_ID.into(),
        client_secret: SLACK_CLIENT_SECRET.into(),
    }
}

/// How the company's identity provider and the broker know each other.
#[must_use]
pub fn idp_config(clock: Clock, port: u16) -> IdpConfig {
    IdpConfig { clock, client_id: CLIENT_ID.into(), client_secret: CLIENT_SECRET.into(), port }
}

/// Gives everybody an account in a workspace, and makes the channels.
pub fn furnish_slack(slack: &Slack) {
    for persona in EVERYBODY {
        slack.add_person(slack_account(&persona));
    }
    let insiders = [ADA, BOB, CAROL].map(|persona| persona.slack);
    let channels = [
        (GENERAL_CHANNEL, "general", &insiders[..]),
        (REVIEW_CHANNEL, "access-reviews", &insiders[..]),
        (AUDIT_CHANNEL, "access-audit", &[CAROL.slack]),
    ];
    for (id, name, people) in channels {
        let members = people.iter().chain([&BOT_USER]).map(ToString::to_string).collect();
        slack.add_channel(Channel { id: id.into(), name: name.into(), members, ..Channel::default() });
    }
}

/// Lets everybody sign in at an identity provider.
pub fn furnish_idp(idp: &Idp) {
    for persona in EVERYBODY {
        idp.add_person(identity(&persona));
    }
}

/// Makes the broker's key and the roles it may assume.
pub fn furnish_aws(aws: &Aws) {
    aws.register_caller(BROKER_KEY, BROKER_ARN);
    for (account, role) in [("111122223333", "S3Admin"), ("444455556666", "ReadOnly")] {
        let role = Role::new(&format!("arn:aws:iam::{account}:role/elevate/{role}"), BROKER_ARN);
        aws.add_role(Role { external_id: Some(EXTERNAL_ID.into()), ..role });
    }
}

/// A full member's Slack account, or that of a stranger from another workspace.
#[must_use]
pub fn slack_account(persona: &Persona) -> slack::Person {
    slack::Person {
        id: persona.slack.into(),
        team_id: if persona.is_outsider { "T0ELSEWHERE" } else { TEAM }.into(),
        name: persona.login.into(),
        real_name: persona.name.into(),
        email: Some(persona.email.into()),
        email_confirmed: true,
        ..slack::Person::default()
    }
}

/// An account at the identity provider.
#[must_use]
pub fn identity(persona: &Persona) -> idp::Person {
    idp::Person {
        login: persona.login.into(),
        name: persona.name.into(),
        email: persona.email.into(),
        email_verified: Some(true),
        groups: persona.groups.iter().map(ToString::to_string).collect(),
        disabled: false,
    }
}
