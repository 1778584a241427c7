//! What is accepted, and what is said of what is not.

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;

use super::*;
use crate::domain::linking::OnMismatch;

const EXAMPLE: &str = include_str!("../../elevate.example.toml");

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
        "slack.bot_token: the file must not contain a secret: set ELEVATE_SLACK__BOT_TOKEN instead, or a reference such as \"secretsmanager:elevate#bot_token\", \"ssm:/elevate/bot_token\" or \"file:/run/secrets/bot_token\"",
        "ELEVATE_SLACK__CLIENT_SECRET: missing",
        "oidc.client_id: expected text in quotes, found 7",
        "ELEVATE_OIDC__CLIENT_SECRET: expected text without spaces around it",
        "oidc.scopes: expected a scope without spaces, found \"a b\"",
        "link.on_mismatch: expected refuse, slack or code, found \"ask\"",
        "link.email_domains: expected the domain of email addresses, such as example.com, found \"@example.org\"",
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
    let chosen = |variables: &[(&str, &str)]| parse(LEAST, variables).map(|config| config.link.on_mismatch);
    assert_eq!(chosen(&[]), Ok(OnMismatch::Refuse));
    assert_eq!(chosen(&client), Ok(OnMismatch::PlatformSignIn));
    for (choice, name) in [(OnMismatch::Refuse, "refuse"), (OnMismatch::Code, "code")] {
        let choose = ("ELEVATE_LINK__ON_MISMATCH", name);
        assert_eq!(chosen(&[choose]), Ok(choice));
        assert_eq!(chosen(&[choose, client[0], client[1]]), Ok(choice));
    }
    let slack = ("ELEVATE_LINK__ON_MISMATCH", "slack");
    assert_eq!(chosen(&[slack, client[0], client[1]]), Ok(OnMismatch::PlatformSignIn));
    assert!(faults(&[slack]).starts_with("link.on_mismatch: slack requires slack.client_id"));
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
fn each_partition_has_its_own_addresses_or_requires_them() {
    let partition = |name, more: &[(&'static str, &'static str)]| {
        parse(LEAST, &[&[("ELEVATE_AWS__PARTITION", name)], more].concat()).map(|config| config.aws)
    };
    let eusc = partition("aws-eusc", &[]).unwrap();
    assert_eq!(eusc.partition.as_str(), "aws-eusc");
    assert_eq!(eusc.console_url.as_str(), "https://console.amazonaws-eusc.eu/");
    assert_eq!(eusc.signin_url.as_str(), "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation");
    let (console, signin) = ("ELEVATE_AWS__CONSOLE_URL", "ELEVATE_AWS__SIGNIN_URL");
    for isolated in ["aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"] {
        let told = partition(isolated, &[]).unwrap_err();
        assert!(
            told.contains("aws.console_url: missing") && told.contains("aws.signin_url: missing"),
            "{told}"
        );
        let both = [(console, "https://console.example/"), (signin, "https://signin.example/federation")];
        let aws = partition(isolated, &both).unwrap();
        assert_eq!(aws.console_url.as_str(), "https://console.example/");
        assert_eq!(aws.signin_url.as_str(), "https://signin.example/federation");
    }
    assert!(partition("aws-moon", &[]).unwrap_err().contains("expected aws, aws-us-gov"));
}

#[test]
fn what_is_valid_and_will_be_regretted_is_warned_of() {
    let traps = |variables: &[(&'static str, &'static str)]| parse(EXAMPLE, variables).unwrap().traps();
    assert_eq!(traps(&[]), [""; 0]);
    for (name, value, key) in [
        ("ELEVATE_ACCESS__REVIEWERS", "aws-temp#S3Admin#111122223333", "access.reviewers"),
        ("ELEVATE_ACCESS__GROUP_PREFIX", "corp", "access.reviewers"),
        ("ELEVATE_ACCESS__MAX_DURATION", "12h1m", "access.max_duration"),
        ("ELEVATE_ACCESS__REQUEST_TTL", "8d", "access.request_ttl"),
        ("ELEVATE_SLACK__AUDIT_CHANNEL", "C0REVIEW", "slack.audit_channel"),
        ("ELEVATE_AWS__ALLOW_OWN_ACCOUNT", "true", "aws.allow_own_account"),
        ("ELEVATE_OIDC__SCOPES", "openid,email", "oidc.scopes"),
        ("ELEVATE_OIDC__EMAIL_CLAIM", "upn", "oidc.email_claim"),
    ] {
        let [trap] = &traps(&[(name, value)])[..] else { panic!("{name}={value}: not one trap") };
        assert!(trap.starts_with(key), "{name}={value}: {trap}");
    }
    for (name, value) in [
        ("ELEVATE_ACCESS__REVIEWERS", "cloud approvers"),
        ("ELEVATE_ACCESS__MAX_DURATION", "12h"),
        ("ELEVATE_ACCESS__REQUEST_TTL", "7d"),
    ] {
        assert_eq!(traps(&[(name, value)]), [""; 0], "{name}={value}");
    }
    let google =
        [("ELEVATE_OIDC__SCOPES", "openid,email"), ("ELEVATE_OIDC__AUTHORIZATION__ACCESS_TYPE", "offline")];
    assert_eq!(traps(&google), [""; 0]);
    let entra = [("ELEVATE_OIDC__EMAIL_CLAIM", "upn"), ("ELEVATE_OIDC__TRUST_UNVERIFIED_EMAIL", "true")];
    assert_eq!(traps(&entra), [""; 0]);
    assert!(parse(LEAST, &[]).unwrap().traps()[0].starts_with("[accounts]"));
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
    for name in
        ["ELEVATE_PUBLIC_URL", "ELEVATE_SLACK__API_URL", "ELEVATE_OIDC__ISSUER", "ELEVATE_AWS__SIGNIN_URL"]
    {
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
        ("ELEVATE_OIDC__GROUPS_CLAIM", "name"),
        ("ELEVATE_OIDC__GROUPS_CLAIM", "address.locality"),
        ("ELEVATE_OIDC__PERSON_CLAIM", "nickname"),
        ("ELEVATE_OIDC__PERSON_CLAIM", "profile.employee"),
        ("ELEVATE_OIDC__PERSON_CLAIM", ""),
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
    let variables =
        [("ELEVATE_ACCESS__STEP_UP__MAX_AGE", "10m"), ("ELEVATE_ACCESS__STEP_UP__ACR_VALUES", "phr, mfa")];
    let asked = step_up("", &variables).unwrap().unwrap();
    assert_eq!((asked.acr_values.len(), asked.review), (2, false));
    assert_eq!(
        step_up("step_up = { review = true, maxage = \"5m\" }", &[]).unwrap_err(),
        "access.step_up: review requires max_age or acr_values\n\
         access.step_up.maxage: unknown; did you mean access.step_up.max_age?"
    );
}

#[test]
fn offered_durations_are_within_the_maximum_and_differ() {
    let told = faults(&[("ELEVATE_ACCESS__DURATIONS", "60m,1h,9h")]);
    let expected =
        "access.durations: 9h is longer than access.max_duration, 8h\naccess.durations: 1h is listed twice";
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
    let told = DynamoDb::load(Some(Path::new("/nowhere/elevate.toml"))).unwrap_err().to_string();
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
    assert_eq!(told, "sealing.kms_key_id: missing: set it or ELEVATE_SEALING__KEYS");
}

#[test]
fn a_section_that_is_set_as_a_whole_is_answered_with_its_keys() {
    let told = faults(&[("ELEVATE_ACCESS__STEP_UP", "{ max_age = \"5m\" }"), ("ELEVATE_SEALING", "kms")]);
    for key in
        ["ELEVATE_ACCESS__STEP_UP__MAX_AGE", "ELEVATE_ACCESS__STEP_UP__REVIEW", "ELEVATE_SEALING__KMS_KEY_ID"]
    {
        assert!(told.contains(key), "{told}");
    }
    assert!(
        told.starts_with("ELEVATE_ACCESS__STEP_UP: a section") && told.contains("ELEVATE_SEALING: a section"),
        "{told}"
    );
}

#[test]
fn several_signing_secrets_are_separated_by_commas() {
    let number = |secrets: &str| match parse(LEAST, &[("ELEVATE_SLACK__SIGNING_SECRET", secrets)])?.slack.mode
    {
        Mode::Http { signing_secrets } => Ok(signing_secrets.len()),
        Mode::Socket { .. } => Err("it is http".to_owned()),
    };
    assert_eq!(number("one"), Ok(1));
    assert_eq!(number("new,old"), Ok(2));
    for none in ["", ",", " one"] {
        let told = number(none).unwrap_err();
        assert!(told.contains("ELEVATE_SLACK__SIGNING_SECRET"), "{told}");
    }
}

#[test]
fn limits_are_times_sizes_and_numbers() {
    let file = format!(
        "{LEAST}\n[limits]\nconnections = 10\nbody_memory = \"64KiB\"\nidle = \"2m\"\ndrain = \"0s\""
    );
    let limits = parse(&file, &[("ELEVATE_LIMITS__CONNECTIONS", "20")]).unwrap().limits;
    assert_eq!((limits.connections, limits.body_memory), (20, 65_536));
    assert_eq!((limits.idle.as_secs(), limits.drain.as_secs()), (120, 0));
    for (key, value) in [
        ("CONNECTIONS", "0"),
        ("CONNECTIONS", "many"),
        ("BODY_MEMORY", "64"),
        ("BODY_MEMORY", "0MiB"),
        ("BODY_MEMORY", "4096MiB"),
        ("HEAD", "2h"),
        ("IDLE", "soon"),
    ] {
        let variable = format!("ELEVATE_LIMITS__{key}");
        let told = faults(&[(&variable, value)]);
        assert!(told.starts_with(&format!("{variable}: expected")), "{told}");
    }
}
