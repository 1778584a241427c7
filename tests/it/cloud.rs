//! AWS: what is asked of it, and what its refusals say.

use aws_sdk_sts::{
    Client,
    config::{BehaviorVersion, Config, Credentials as BrokerCredentials, Region, retry::RetryConfig},
};
use chrono::TimeDelta;
use elevate::{
    aws::AwsCloud,
    config::{Aws as Settings, GroupNames, Partition},
    domain::{
        cloud_refusal::{AwsSetting, CloudCause, CloudRefusal, PolicyKind},
        decide::begin_session,
        ids::RequestId,
        person::Human,
        policy::{Policy, WithoutAuditors},
        request::{Event, Opening, Recorded, Request, evolve},
        session::SessionTerms,
        window::{Timestamp, Window},
    },
    ports::{Cloud, CloudError},
};
use sandbox::{
    aws::{Aws, AwsConfig, Decision, Role},
    browser::Browser,
    clock,
    http::Fault,
};
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;

use crate::identity::{Realm, noon};

const ROLE: &str = "arn:aws:iam::111122223333:role/elevate/S3Admin";
const BROKER: &str = "arn:aws:sts::999988887777:assumed-role/broker/i-0abc";

static TERMS: OnceCell<SessionTerms> = OnceCell::const_new();

/// An account with one role, the product's view of it, and terms that Ada has got.
struct Account {
    aws: Aws,
    cloud: AwsCloud,
    terms: SessionTerms,
}

impl Account {
    async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// An account whose role, or whose broker, is set up in some other way.
    async fn with(role: impl FnOnce(&mut Role), settings: impl FnOnce(&mut Settings)) -> Self {
        let aws = Aws::start(AwsConfig { clock: clock::Clock::standing(noon()), port: 0 }).await.unwrap();
        let mut s3_admin = Role::new(ROLE, "arn:aws:iam::999988887777:role/broker");
        s3_admin.external_id = Some("an-external-id".into());
        role(&mut s3_admin);
        aws.add_role(s3_admin);
        aws.register_caller("ASIABROKER", BROKER);
        let mut chosen = chosen(&aws);
        settings(&mut chosen);
        let public_url = "https://elevate.example.com".parse().unwrap();
        let cloud = AwsCloud::new(sts(&aws), chosen, public_url, stage::http());
        Self { aws, cloud, terms: TERMS.get_or_init(terms).await.clone() }
    }

    async fn refusal(&self) -> CloudRefusal {
        match self.cloud.assume_role(&self.terms).await {
            Err(CloudError::Refused(why)) => why,
            other => panic!("not refused: {other:?}"),
        }
    }
}

fn chosen(aws: &Aws) -> Settings {
    Settings {
        partition: Partition::Aws,
        signin_url: aws.signin_url().parse().unwrap(),
        console_url: "https://console.aws.amazon.com/".parse().unwrap(),
        role_path: "/elevate/".into(),
        external_id: Some("an-external-id".into()),
        source_identity: true,
        session_tags: true,
        allow_own_account: false,
    }
}

fn sts(aws: &Aws) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(BrokerCredentials::new("ASIABROKER", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(aws.sts_url())
        .http_client(stage::http())
        .build();
    Client::from_conf(config)
}

/// The terms that Ada gets, signed in, for a request that Bob approved half an hour ago for an hour.
async fn terms() -> SessionTerms {
    let (realm, now) = (Realm::new().await, noon());
    let ada = realm.sign_in().await.unwrap().signed_in;
    let ada = ada.made_afresh().unwrap();
    let (request, history) =
        approved(&actor(ada.sign_in().subject().issuer.as_str(), "ada"), now - TimeDelta::minutes(30));
    begin_session(&request, &history, &ada, &policy(), now).unwrap().once_committed().1
}

fn approved(ada: &Human, at: Timestamp) -> (Request, [Recorded; 2]) {
    let hour = "1h".parse().unwrap();
    let requested = Opening {
        requester: ada.clone(),
        target: "111122223333/S3Admin".parse().unwrap(),
        duration: hour,
        justification: "bucket policy broken".parse().unwrap(),
        answer_by: at + TimeDelta::hours(24),
    };
    let (first, request) = requested.opens(RequestId::new(at, 1), "ask".parse().unwrap(), at);
    let approved = Event::approved(actor("https://idp.example", "bob"), Window::new(at, hour));
    let second = request.next(approved, "approve".parse().unwrap(), at);
    (evolve(request, &second), [first, second])
}

fn actor(issuer: &str, login: &str) -> Human {
    let json = serde_json::json!({
        "subject": { "issuer": issuer, "subject": login },
        "slack": format!("U0{}", login.to_uppercase()),
        "email": format!("{login}@example.com"),
    });
    serde_json::from_value(json).unwrap()
}

fn policy() -> Policy {
    Policy {
        group_prefix: "aws-temp".into(),
        reviewers: "aws-temp#Reviewer".into(),
        request_ttl: "24h".parse().unwrap(),
        max_duration: "8h".parse().unwrap(),
        durations: vec!["1h".parse().unwrap()],
        sessions_at_once: 2,
        requests_per_hour: 20,
        without_auditors: WithoutAuditors::GoOn,
        accounts: [].into(),
        group_names: GroupNames::default(),
        step_up: None,
    }
}

#[tokio::test]
async fn sts_is_asked_for_what_the_terms_say() {
    let account = Account::new().await;
    let credentials = account.cloud.assume_role(&account.terms).await.unwrap();
    let [call] = &account.aws.assumptions()[..] else { panic!("asked once") };
    assert_eq!(call.role_arn, ROLE);
    assert_eq!(call.role_session_name, "ada@example.com");
    assert_eq!(call.duration_seconds, Some(1_800));
    assert_eq!(call.external_id.as_deref(), Some("an-external-id"));
    assert_eq!(call.source_identity.as_deref(), Some(account.terms.source_identity()));
    assert_eq!(call.tags["elevate:reviewer"], "bob@example.com");
    assert_eq!(call.policy.as_ref().unwrap().to_string(), account.terms.policy());
    assert_eq!(credentials.expires_at, account.terms.hard_end());
}

#[tokio::test]
async fn what_is_switched_off_is_not_asked_for() {
    let strict = |role: &mut Role| {
        role.allows_source_identity = false;
        role.allows_tag_session = false;
        role.external_id = None;
    };
    let switched_off = |settings: &mut Settings| {
        settings.source_identity = false;
        settings.session_tags = false;
        settings.external_id = None;
    };
    let account = Account::with(strict, switched_off).await;
    account.cloud.assume_role(&account.terms).await.unwrap();
    let [call] = &account.aws.assumptions()[..] else { panic!("asked once") };
    assert_eq!((&call.external_id, &call.source_identity, call.tags.len()), (&None, &None, 0));
}

#[tokio::test]
async fn a_refusal_names_the_missing_action_and_the_key_that_does_without_it() {
    let denied = |action: &str, without| CloudCause::Denied {
        action: action.to_owned(),
        by: PolicyKind::Unnamed,
        without,
    };
    let no_identity = Account::with(|role| role.allows_source_identity = false, |_| {}).await.refusal().await;
    let setting = Some(AwsSetting::SourceIdentity);
    assert_eq!(no_identity.cause, denied("sts:SetSourceIdentity", setting));
    assert!(
        no_identity.words.starts_with("AccessDenied: User: arn:aws:sts::999988887777:assumed-role/broker")
    );

    let no_tags = Account::with(|role| role.allows_tag_session = false, |_| {}).await.refusal().await;
    assert_eq!(no_tags.cause, denied("sts:TagSession", Some(AwsSetting::SessionTags)));

    let wrong_external_id =
        Account::with(|_| {}, |settings| settings.external_id = None).await.refusal().await;
    assert_eq!(wrong_external_id.cause, denied("sts:AssumeRole", None));
}

#[tokio::test]
async fn whether_a_session_exists_is_unknown_when_the_answer_is_lost() {
    let account = Account::new().await;
    for fault in [Fault::Status(503), Fault::AnswerLost, Fault::Garbage] {
        account.aws.control().fail_next("AssumeRole", fault.clone());
        let outcome = account.cloud.assume_role(&account.terms).await;
        assert!(matches!(outcome, Err(CloudError::Unavailable(_))), "{fault:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_address_leads_to_the_console_and_the_session_has_no_duration_of_its_own() {
    let account = Account::new().await;
    let credentials = account.cloud.assume_role(&account.terms).await.unwrap();
    let url = account.cloud.console_url(&credentials).await.unwrap();
    let [call] = &account.aws.signin_calls()[..] else { panic!("asked once") };
    assert_eq!((call.outcome.as_str(), &call.session_duration), ("Issued", &None));
    assert_eq!(call.session_members, ["sessionId", "sessionKey", "sessionToken"]);
    assert_eq!((call.method.as_str(), &call.parameters[..]), ("POST", &["Session".to_owned()][..]));

    let address: url::Url = url.expose_secret().parse().unwrap();
    let parameters: Vec<_> = address.query_pairs().into_owned().take(3).collect();
    let expected = [
        ("Action", "login"),
        ("Issuer", "https://elevate.example.com/"),
        ("Destination", "https://console.aws.amazon.com/"),
    ];
    assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let page = Browser::new().open(url.expose_secret()).await.unwrap();
    assert_eq!((page.status, page.url.as_str()), (200, account.aws.console_url().as_str()));
}

#[tokio::test]
async fn a_sign_in_endpoint_that_does_not_work_gives_nothing_away() {
    let account = Account::new().await;
    let credentials = account.cloud.assume_role(&account.terms).await.unwrap();
    for (fault, told, tries) in [
        (Fault::Status(503), "aws did not answer: status 503 Service Unavailable", 3),
        (Fault::Status(429), "aws did not answer: ", 3),
        (Fault::Status(400), "aws refused: status 400", 1),
        (Fault::Status(403), "aws refused: status 403", 1),
        (Fault::Status(414), "aws refused: status 414", 1),
        (Fault::Garbage, "aws did not answer: the sign-in endpoint's answer could not be read", 3),
        (Fault::AnswerLost, "aws did not answer: ", 3),
    ] {
        account.aws.control().forget_calls();
        account.aws.control().fail_always("getSigninToken", fault.clone());
        let error = account.cloud.console_url(&credentials).await.unwrap_err().to_string();
        account.aws.control().heal();
        assert!(error.starts_with(told), "{fault:?}: {error}");
        assert_eq!(account.aws.control().calls().len(), tries, "{fault:?}");
        for secret in account.aws.secrets_issued() {
            assert!(!error.contains(&secret), "{error}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_endpoint_that_fails_in_passing_costs_nothing() {
    let account = Account::new().await;
    let credentials = account.cloud.assume_role(&account.terms).await.unwrap();
    for fault in [Fault::Status(500), Fault::Status(429), Fault::AnswerLost, Fault::Garbage] {
        account.aws.control().fail_next("getSigninToken", fault.clone());
        account.aws.control().fail_next("getSigninToken", fault.clone());
        account.cloud.console_url(&credentials).await.unwrap();
    }
}

#[tokio::test]
async fn a_target_in_the_bots_own_account_is_refused_unless_it_is_allowed() {
    let own = "arn:aws:sts::111122223333:assumed-role/broker/i-0abc";
    let trusted = |role: &mut Role| role.trusts = vec!["arn:aws:iam::111122223333:role/broker".into()];
    let account = Account::with(trusted, |_| {}).await;
    account.aws.register_caller("ASIABROKER", own);
    let refusal = account.refusal().await;
    assert_eq!(refusal, CloudRefusal { cause: CloudCause::OwnAccount, words: String::new() });
    let probed = account.cloud.probe(account.terms.target()).await;
    assert!(matches!(probed, Err(CloudError::Refused(_))), "{probed:?}");
    assert!(account.aws.assumptions().is_empty(), "STS is not asked");

    let account = Account::with(trusted, |settings| settings.allow_own_account = true).await;
    account.aws.register_caller("ASIABROKER", own);
    account.cloud.assume_role(&account.terms).await.unwrap();
}

#[tokio::test]
async fn an_sts_that_does_not_say_who_the_bot_is_is_asked_again() {
    let account = Account::new().await;
    account.aws.control().fail_next("GetCallerIdentity", Fault::Status(503));
    account.cloud.assume_role(&account.terms).await.unwrap();
    assert_eq!(account.cloud.account().await.unwrap().to_string(), "999988887777");
}

#[tokio::test]
async fn a_target_is_tried_out_by_a_session_that_may_do_nothing() {
    let account = Account::new().await;
    account.cloud.probe(account.terms.target()).await.unwrap();
    let [call] = &account.aws.assumptions()[..] else { panic!("asked once") };
    assert_eq!((call.role_arn.as_str(), call.duration_seconds), (ROLE, Some(900)));
    assert_eq!(call.role_session_name, "req_check");
    assert_eq!(call.source_identity.as_deref(), Some("req_check"), "as the trust policy requires");
    assert_eq!(call.tags.keys().collect::<Vec<_>>(), ["elevate:request"]);
    let [key] = &account.aws.access_keys()[..] else { panic!("one session") };
    for action in ["s3:ListAllMyBuckets", "iam:GetUser", "sts:AssumeRole"] {
        let decision = account.aws.is_allowed(key, action, "*", noon());
        assert!(matches!(decision, Decision::Denied(_)), "{action}: {decision:?}");
    }

    let no_tags = Account::with(|role| role.allows_tag_session = false, |_| {}).await;
    let probed = no_tags.cloud.probe(no_tags.terms.target()).await;
    assert!(
        matches!(&probed, Err(CloudError::Refused(why)) if why.words.contains("sts:TagSession")),
        "{probed:?}"
    );
}
