//! The whole story, all that can be logged of it, and nothing in that which anybody should not read.

use chrono::TimeDelta;
use sandbox::{
    aws::Role,
    browser::Page,
    example_corp::{ADA, BOB, CAROL, Company, SEALING_ALIAS},
    http::{Control, Fault},
    idp::{Forgery, Tampering},
    slack::Submission,
};
use url::Url;

use super::{Log, PLANTED, folder, search::lines_with};
use crate::world::{ASK, Player, Story, World, play};

/// Reviewers come back from the provider too, and KMS gives out keys.
const SETTINGS: [(&str, &str); 3] = [
    ("ACCESS__STEP_UP__MAX_AGE", "5m"),
    ("ACCESS__STEP_UP__REVIEW", "true"),
    ("SEALING__KMS_KEY_ID", SEALING_ALIAS),
];

/// What people write, which is not for operators to read.
const WRITTEN: [&str; 3] = ["bucket policy broken", "the read-only role will do", "no such command either"];

/// What shows that the troubles have come up, each where it is handled.
const TROUBLES: [&str; 9] = [
    "request failed, reference given",
    "code=\"identity_unavailable\"",
    "code=\"key_unavailable\"",
    "code=\"session_unavailable\"",
    "inbox: reply failed",
    "jobs: attempt failed, will retry",
    "identity: logout tokens rejected",
    "slack: requests with an invalid signature",
    "slack: unknown interaction ignored",
];

#[tokio::test]
async fn nothing_secret_is_logged_however_much_is() {
    let log = Log::into(&folder("nothing_secret_is_logged_however_much_is"), "trace");
    play(Story::start().set(&SETTINGS), async |world| {
        let (ada, bob, carol) = (world.ada(), world.bob(), world.carol());
        people_link(world, [&ada, &bob, &carol]).await;
        ada_asks_and_bob_answers(&ada, &bob).await;
        ada_works(world, &ada).await;
        everything_fails(world, &ada).await;
        people_leave(world, &ada, &bob).await;
        strangers_call(world).await;
        world.settle().await;

        let log = log.text();
        for logged in TROUBLES {
            assert!(log.contains(logged), "{logged}");
        }
        let cookie = ada.browser.cookie(&world.url, "__Host-elevate").expect("a browser has one");
        let mut secrets = world.company.secrets_issued();
        secrets.extend([&ada, &bob, &carol].iter().flat_map(|player| player.browser.secrets_seen()));
        assert!(secrets.contains(&cookie) && secrets.len() > 200, "{}", secrets.len());
        secrets.extend(WRITTEN.map(str::to_owned));
        secrets.extend([ADA, BOB, CAROL].map(|persona| persona.email.to_owned()));
        assert_eq!(lines_with(&log, &[PLANTED.to_owned()]).len(), 1, "what is there is found");
        let leaks = lines_with(&log, &secrets);
        assert!(leaks.is_empty(), "{leaks:#?}");
        world.everybody_puts_all_away();
    })
    .await;
}

/// Everybody links, after Ada has tried with Bob's link, and Bob has thought better of it at the provider.
async fn people_link(world: &World, people: [&Player<'_>; 3]) {
    let [ada, bob, _] = people;
    let bobs = bob.asks_to_link().await;
    assert_eq!(ada.follows_link(&bobs).await.status, 403);
    let back = format!("{}/oidc/callback", world.url);
    let page = bob.browser.open(&bobs).await.unwrap();
    let at_idp = bob.browser.press(&page, "This is me").await.unwrap();
    let (_, state) = at_idp.url.query_pairs().find(|(name, _)| name == "state").unwrap();
    let refused = [
        ("error", "access_denied"),
        ("error_description", "cancelled by ada@example.com"),
        ("state", &state),
    ];
    let refused = Url::parse_with_params(&back, refused).unwrap();
    assert_eq!(bob.browser.open(refused.as_str()).await.unwrap().status, 401);
    world.settle().await;
    world.everybody_catches_up();
    for player in people {
        player.links().await;
    }
}

/// Ada asks in a form, which Bob rejects, and in a line, which he approves; each takes a sign-in.
async fn ada_asks_and_bob_answers(ada: &Player<'_>, bob: &Player<'_>) {
    ada.types(&format!("/elevate {}", WRITTEN[2])).await;
    ada.types("/elevate").await;
    let form = [("target", "444455556666/ReadOnly"), ("duration", "1h"), ("justification", WRITTEN[0])];
    assert_eq!(ada.submits(&form).await, Submission::Closed);
    bob.presses("review.reject").await;
    assert_eq!(bob.submits(&[("reason", WRITTEN[1])]).await, Submission::Closed);
    assert_eq!(answers(bob).await.title(), "Answered · elevate");
    ada.types(ASK).await;
    bob.presses("review.approve").await;
    assert_eq!(answers(bob).await.title(), "Answered · elevate");
}

/// Follows the newest link to answer, to its end.
async fn answers(bob: &Player<'_>) -> Page {
    let link = bob.presses("review.open").await.expect("the button leads somewhere");
    let page = bob.browser.open(&link).await.unwrap();
    let page = bob.browser.press(&page, "Sign in and").await.unwrap();
    signs_in(bob, page).await
}

async fn signs_in(player: &Player<'_>, page: Page) -> Page {
    let label = format!("Continue as {}", player.persona.name);
    if page.button(&label).is_none() {
        player.settles().await;
        return page;
    }
    let page = player.browser.press(&page, &label).await.unwrap();
    player.settles().await;
    page
}

/// AWS refuses a session, then gives one; and groups are read at userinfo, where no ID token comes with a refresh.
async fn ada_works(world: &World, ada: &Player<'_>) {
    let arn = "arn:aws:iam::111122223333:role/elevate/S3Admin";
    let role = world.company.aws.role(arn).unwrap();
    world.company.aws.add_role(Role { external_id: Some("another".into()), ..role.clone() });
    assert_eq!(opens_the_console(ada, || ()).await.status, 502);
    world.company.aws.add_role(role);
    let console = opens_the_console(ada, || ()).await;
    assert_eq!(console.status, 200, "{}", console.text());
    world.company.idp.tamper(Tampering { without_id_token: true, ..Tampering::default() });
    ada.types("/elevate status").await;
    ada.types(ASK).await;
    world.company.idp.tamper(Tampering::default());
}

/// Asks for a link to the console, and follows it once something has happened.
async fn opens_the_console(ada: &Player<'_>, happens: impl FnOnce()) -> Page {
    let link = ada.asks_for_the_console().await;
    happens();
    let page = ada.browser.open(&link).await.unwrap();
    signs_in(ada, page).await
}

/// Whatever the app asks of anybody comes back as rubbish, breaks off, or cannot be read with all that is in it.
async fn everything_fails(world: &World, ada: &Player<'_>) {
    let company = &world.company;
    let (slack, idp) = (company.slack.control(), company.idp.control());
    let (aws, dynamo, kms) = (company.aws.control(), company.dynamo.control(), company.kms.control());
    for fault in [Fault::Garbage, Fault::AnswerLost, Fault::Quoted] {
        let fails = |control: &Control, call: &str| control.fail_always(call, fault.clone());
        for (control, call) in [
            (idp, "token"),
            (aws, "AssumeRole"),
            (aws, "getSigninToken"),
            (dynamo, "GetItem"),
            (dynamo, "TransactWriteItems"),
        ] {
            let page = opens_the_console(ada, || fails(control, call)).await;
            assert_ne!(page.status, 200, "{call}: {}", page.text());
            heal(world).await;
        }
        for (control, call) in [
            (slack, "users.info"),
            (slack, "views.open"),
            (slack, "conversations.open"),
            (slack, "chat.postMessage"),
            (slack, "chat.postEphemeral"),
            (slack, "response_url"),
            (dynamo, "Query"),
            (kms, "GenerateDataKey"),
            (kms, "Decrypt"),
            (idp, "token"),
        ] {
            fails(control, call);
            for line in
                ["/elevate", "/elevate status", "/elevate 444455556666/ReadOnly 1h bucket policy broken"]
            {
                ada.types(line).await;
            }
            heal(world).await;
            company.slack.reload(ADA.slack);
        }
        ada.links().await;
    }
}

async fn heal(world: &World) {
    let Company { slack, idp, aws, kms, dynamo, .. } = &world.company;
    for control in [slack.control(), idp.control(), aws.control(), kms.control(), dynamo.control()] {
        control.heal();
    }
    world.passes(TimeDelta::seconds(61)).await;
    world.unread_by_anybody();
}

/// Ada ends her access and unlinks; Bob signs out at the provider, which takes a token, and two that are none.
async fn people_leave(world: &World, ada: &Player<'_>, bob: &Player<'_>) {
    ada.presses("request.end").await;
    ada.types("/elevate unlink").await;
    assert_eq!(world.company.idp.log_out(BOB.login).await.unwrap(), Some(200));
    for forgery in [Forgery::HmacWithClientSecret, Forgery::ForeignKey] {
        world.company.idp.tamper(Tampering { forgery: Some(forgery), ..Tampering::default() });
        assert_eq!(world.company.idp.log_out(BOB.login).await.unwrap(), Some(400));
    }
    world.company.idp.tamper(Tampering::default());
    bob.types("/elevate status").await;
}

/// Requests in Slack's name that are forged, or signed and not understood.
async fn strangers_call(world: &World) {
    let slack = &world.company.slack;
    let payload = format!(r#"payload={{"type":"block_actions","user":"{}"}}"#, WRITTEN[0]);
    let signed = slack.signed("/slack/interactions", &payload);
    assert_eq!(slack.send(&signed).await.unwrap().status, 200);
    let forged = signed.with_header("X-Slack-Request-Timestamp", "1");
    assert_eq!(slack.send(&forged).await.unwrap().status, 401);
}
