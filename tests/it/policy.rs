//! The policy: what decides who is let in.

use elevate::config::{Config, Secrets};

/// Which settings replicas must agree on: another value of any of these is another policy, and of no other.
#[test]
fn a_policy_is_what_decides_who_is_let_in_and_nothing_else() {
    let rules = |settings: &[(&str, &str)]| {
        let file = r#"
            public_url = "https://elevate.example.com"
            [slack]
            team_id = "T0123456"
            review_channel = "C0REVIEW"
            audit_channel = "C0AUDIT"
            [oidc]
            issuer = "https://idp.example.com"
            client_id = "elevate"
        "#;
        let secrets = [
            ("SLACK__BOT_TOKEN", "xoxb-1"),
            ("SLACK__SIGNING_SECRET", "secret"),
            ("OIDC__CLIENT_SECRET", "secret"),
            ("SEALING__KEYS", "ZXhhbXBsZS1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyE="),
        ];
        let all = secrets.iter().chain(settings);
        let environment = all.map(|(key, value)| (format!("ELEVATE_{key}"), (*value).to_owned()));
        Config::parse(file, environment, Secrets::new()).unwrap().rules()
    };
    let default = rules(&[]);
    let decide = [
        ("ACCESS__GROUP_PREFIX", "aws"),
        ("ACCESS__REVIEWERS", "aws-temp#Others"),
        ("ACCESS__REQUEST_TTL", "12h"),
        ("ACCESS__MAX_DURATION", "9h"),
        ("ACCESS__SESSIONS_AT_ONCE", "3"),
        ("ACCESS__REQUESTS_PER_HOUR", "3"),
        ("ACCESS__WITHOUT_AUDITORS", "refuse"),
        ("ACCESS__STEP_UP__MAX_AGE", "5m"),
        ("ACCESS__STEP_UP__ACR_VALUES", "phr"),
        ("OIDC__ISSUER", "https://login.example.com"),
        ("OIDC__CLIENT_ID", "another"),
        ("OIDC__GROUPS_CLAIM", "roles"),
        ("OIDC__GROUPS_FROM", "userinfo"),
        ("OIDC__PERSON_CLAIM", "employee_number"),
        ("OIDC__TRUST_UNVERIFIED_EMAIL", "true"),
        ("OIDC__TRUSTED_AUDIENCES", "project"),
        ("LINK__ON_MISMATCH", "code"),
        ("LINK__EMAIL_DOMAINS", "example.com"),
        ("LINK__ONE_ACCOUNT_PER_ADDRESS", "false"),
        ("AWS__ROLE_PATH", "/other/"),
        ("AWS__ALLOW_OWN_ACCOUNT", "true"),
        ("SLACK__TEAM_ID", "T0999999"),
        ("SLACK__REVIEW_CHANNEL", "C0OTHER"),
        ("SLACK__AUDIT_CHANNEL", "C0OTHER"),
    ];
    for setting in decide {
        assert_ne!(rules(&[setting]).digest(), default.digest(), "{setting:?}");
    }
    let do_not = [
        ("LISTEN", "127.0.0.1:9"),
        ("LIMITS__DRAIN", "1s"),
        ("ACCESS__DURATIONS", "1h"),
        ("OIDC__CLIENT_SECRET", "another"),
        ("SLACK__BOT_TOKEN", "xoxb-2"),
        ("AWS__EXTERNAL_ID", "id"),
        ("DYNAMODB__TABLE", "another"),
    ];
    for setting in do_not {
        assert_eq!(rules(&[setting]).digest(), default.digest(), "{setting:?}");
    }
    let told: Vec<_> = default.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert!(!told.iter().any(|setting| setting.contains("secret")), "{told:#?}");
    insta::assert_snapshot!(told.join("\n"));
}
