//! How the app talks to Slack, and what it makes of Slack's troubles.

use std::sync::Arc;

use axum::{Form, Router, extract::State, routing::post};
use chrono::TimeDelta;
use elevate::{
    domain::{
        account::{Account, Conversation},
        ids::MemberKind,
        message::{Done, Drawn, Form as SlackForm, Message, RequestForm},
        person::{Human, Subject},
        press::{FormHandle, ReplyHandle},
        request::Opening,
        window::Timestamp,
    },
    ports::{Address, Because, ChatError, Dialogs, Directory, Messenger, Priority},
    slack::client::{SlackChat, SlackClientConfig},
    text::Names,
};
use futures_util::future::join_all;
use sandbox::{
    clock::Clock,
    http::Fault,
    slack::{Channel, Person, Slack, SlackConfig},
};
use serde::Deserialize;
use tokio::sync::mpsc;
use url::Url;

use stage::StageClock;

const TOKEN: &str = "xoxb-the-bots-own";

// ---------------------------------------------------------------------------------------------------------
// What Slack tells

#[tokio::test]
async fn the_app_learns_where_it_is_and_a_wrong_token_is_refused() {
    let slack = slack().await;
    let workspace = chat(&slack).identify().await.unwrap();
    assert_eq!((workspace.tenant.id(), workspace.name.as_str()), ("T0123456", "Example"));

    let stranger = chat_with(&slack.api_url(), "xoxb-another").identify().await;
    assert_refused(&stranger, "auth.test", "invalid_auth");
}

#[tokio::test]
async fn a_member_is_of_the_kind_that_slack_says() {
    let slack = slack().await;
    type Change = fn(&mut Person);
    let kinds: [(Change, MemberKind); 6] = [
        (|_| {}, MemberKind::Full),
        (|ada| ada.is_restricted = true, MemberKind::Guest),
        (|ada| (ada.is_restricted, ada.is_ultra_restricted) = (false, true), MemberKind::Guest),
        (|ada| ada.is_ultra_restricted = false, MemberKind::Full),
        (|ada| ada.is_bot = true, MemberKind::Bot),
        (|ada| ada.deleted = true, MemberKind::Deactivated),
    ];
    for (change, kind) in kinds {
        slack.update_person("UADA", change);
        assert_eq!(chat(&slack).member(&ada().0, Priority::Person).await.unwrap().kind, kind);
    }
}

#[tokio::test]
async fn a_member_has_a_name_a_team_and_an_address_once_slack_has_confirmed_it() {
    let slack = slack().await;
    let (who, _) = ada();
    let told = chat(&slack).member(&who, Priority::Person).await.unwrap();
    assert_eq!((told.name.as_str(), &told.who), ("Ada Lovelace", &who));
    assert_eq!(told.confirmed_email, Some("ada@example.com".parse().unwrap()));

    slack.update_person("UADA", |ada| ada.email_confirmed = false);
    assert_eq!(chat(&slack).member(&who, Priority::Person).await.unwrap().confirmed_email, None);

    slack.update_person("UADA", |ada| ada.team_id = "T0999999".into());
    let claimed = chat(&slack).member(&who, Priority::Person).await.unwrap();
    assert_eq!(claimed.who.tenant().id(), "T0999999");
}

#[tokio::test]
async fn a_member_of_an_organisation_is_of_each_of_its_workspaces_that_they_are_in() {
    let slack = slack().await;
    let (who, _) = ada();
    let home = who.tenant().id().to_owned();
    for (teams, told) in [(vec!["T0999999", &home], home.as_str()), (vec!["T0999999"], "T0999999")] {
        let teams = teams.into_iter().map(str::to_owned).collect();
        slack.update_person("UADA", |ada| ada.enterprise_teams = teams);
        assert_eq!(chat(&slack).member(&who, Priority::Person).await.unwrap().who.tenant().id(), told);
    }
}

#[tokio::test]
async fn of_what_slack_may_be_asked_a_part_is_kept_for_people_and_a_part_for_reviewers() {
    let slack = slack().await;
    let clock = Clock::standing(at(0));
    let chat = chat_by(&slack.api_url(), TOKEN, &clock);
    let who = ada().0;
    for (priority, calls) in [(Priority::Stranger, 40), (Priority::Person, 30), (Priority::Reviewer, 30)] {
        for _ in 0..calls {
            chat.member(&who, priority).await.unwrap();
        }
        let spent = chat.member(&who, priority).await.unwrap_err();
        assert_eq!(spent.to_string(), "slack did not answer users.info: its budget is used up");
        assert_eq!(spent.retry_after().unwrap().as_millis(), 600, "{priority:?}");
    }
    clock.advance(TimeDelta::seconds(60));
    chat.member(&who, Priority::Stranger).await.unwrap();
}

#[tokio::test]
async fn nobody_is_told_of_who_does_not_exist() {
    let slack = slack().await;
    let nobody = ada().0.tenant().account("UNOBODY");
    assert_refused(&chat(&slack).member(&nobody, Priority::Person).await, "users.info", "user_not_found");
}

#[tokio::test]
async fn a_channel_that_others_share_is_known_for_it() {
    let slack = slack().await;
    let review = conversation("C0REVIEW");
    let told = chat(&slack).channel(&review).await.unwrap();
    assert_eq!((told.name.as_str(), told.is_shared_outside, told.is_member), ("review", false, true));

    slack.update_channel("C0REVIEW", |channel| {
        channel.is_ext_shared = true;
        channel.members.clear();
    });
    let told = chat(&slack).channel(&review).await.unwrap();
    assert_eq!((told.is_shared_outside, told.is_member), (true, false));
}

// ---------------------------------------------------------------------------------------------------------
// What the app says

#[tokio::test]
async fn a_card_is_posted_once_and_redrawn_in_place() {
    let slack = slack().await;
    let chat = chat(&slack);
    let place = chat.post(&review_channel(), &card(1)).await.unwrap();
    chat.redraw(&place, &card(24 * 60)).await.unwrap();

    let [message] = &slack.messages("C0REVIEW")[..] else { panic!("one message") };
    assert_eq!((place.conversation().id(), place.id()), (message.channel.as_str(), message.ts.as_str()));
    assert_eq!(message.edits, 1);
    assert!(message.text.ends_with("expired"), "{}", message.text);
    let metadata = message.metadata.as_ref().unwrap();
    assert_eq!(metadata["event_type"], "elevate");
    assert_eq!(metadata["event_payload"]["review_card"], "req_01JHKQ2B00000000000000ADA1");
}

#[tokio::test]
async fn a_message_to_a_person_goes_to_their_conversation_with_the_app() {
    let slack = slack().await;
    let to = Address::Person(ada().0);
    let linked = Message::Linked("ada@example.com".parse().unwrap());
    let place = chat(&slack).post(&to, &linked).await.unwrap();
    assert!(place.conversation().id().starts_with('D'));
    assert_eq!(slack.direct_messages("UADA").len(), 1);
}

#[tokio::test]
async fn a_whisper_is_for_one_person_alone_and_does_not_last() {
    let slack = slack().await;
    chat(&slack).whisper(&ada().0, &not_linked()).await.unwrap();
    assert_eq!(slack.ephemerals("UADA").len(), 1);
    slack.reload("UADA");
    assert!(slack.ephemerals("UADA").is_empty() && slack.direct_messages("UADA").is_empty());
}

#[tokio::test]
async fn an_answer_to_a_command_is_a_form_or_a_reply_where_it_was_typed() {
    let slack = slack().await;
    let mut commands = commands_to(&slack).await;
    let chat = chat(&slack);

    slack.person("UADA").types("C0REVIEW", "/elevate").await.unwrap();
    let command = commands.recv().await.unwrap();
    let trigger = FormHandle::new(command.trigger_id);
    chat.open(&trigger, &form()).await.unwrap();
    assert_eq!(slack.open_views("UADA")[0].callback_id(), "request.submit");
    let again = chat.open(&trigger, &form()).await;
    assert_refused(&again, "views.open", "exchanged_trigger_id");

    let response_url = ReplyHandle::new(command.response_url);
    for _ in 0..5 {
        chat.reply(&response_url, &not_linked()).await.unwrap();
    }
    let sixth = chat.reply(&response_url, &not_linked()).await;
    assert_refused(&sixth, "response_url", "http_404");
    assert_eq!(slack.ephemerals("UADA").len(), 5);
    assert!(slack.messages("C0REVIEW").is_empty());
}

#[tokio::test]
async fn the_token_goes_to_the_web_api_alone_and_a_reply_over_https_alone() {
    let (seen, mut headers) = mpsc::unbounded_channel();
    let note = |State(seen): State<mpsc::UnboundedSender<_>>, headers: axum::http::HeaderMap| async move {
        seen.send(headers).unwrap();
        "ok"
    };
    let base = serve(Router::new().route("/response", post(note)).with_state(seen)).await;
    let response_url = ReplyHandle::new(format!("{base}/response"));

    let beside_a_stand_in = chat_that_answers_at(&base, "http://127.0.0.1:1/api");
    beside_a_stand_in.reply(&response_url, &not_linked()).await.unwrap();
    assert!(headers.recv().await.unwrap().get("authorization").is_none());
    let unprotected = ReplyHandle::new("http://slack.example/response");
    let refused = chat_that_answers_at("http://slack.example", "http://127.0.0.1:1/api");
    assert_refused(&refused.reply(&unprotected, &not_linked()).await, "response_url", "not_https");

    let real = chat_that_answers_at(&base, "https://slack.com/api");
    let loopback = real.reply(&response_url, &not_linked()).await;
    assert!(matches!(loopback, Err(ChatError::Unavailable { .. })), "{loopback:?}");
    assert!(headers.try_recv().is_err());
}

#[tokio::test]
async fn a_reply_goes_to_slacks_own_address_alone() {
    let real = chat_that_answers_at("https://hooks.slack.com", "https://slack.com/api");
    for (elsewhere, why) in [
        ("https://hooks.slack.com.example/actions/1", "not_of_slack"),
        ("https://hooks.slack.com@slack.example/actions/1", "not_of_slack"),
        ("https://hooks.slack.com:8443/actions/1", "not_of_slack"),
        ("http://hooks.slack.com/actions/1", "not_of_slack"),
        ("hooks.slack.com/actions/1", "not_an_address"),
    ] {
        let refused = real.reply(&ReplyHandle::new(elsewhere), &not_linked()).await;
        assert_refused(&refused, "response_url", why);
    }
}

// ---------------------------------------------------------------------------------------------------------
// When Slack is in trouble

#[tokio::test]
async fn a_no_is_told_from_trouble() {
    let slack = slack().await;
    let chat = chat(&slack);
    let nowhere = Address::Conversation(conversation("C0NOWHERE"));
    let refused = chat.post(&nowhere, &card(1)).await;
    assert_refused(&refused, "chat.postMessage", "channel_not_found");
    let lost = conversation("C0REVIEW").message("1.000000");
    assert_refused(&chat.redraw(&lost, &card(1)).await, "chat.update", "message_not_found");

    let troubles = [
        (Fault::RateLimited(16), "ratelimited for 16 s"),
        (Fault::Status(503), "status 503"),
        (Fault::Garbage, "an answer that cannot be read"),
        (Fault::AnswerLost, "a connection that broke off"),
    ];
    for (fault, why) in troubles {
        slack.control().fail_next("chat.postMessage", fault);
        let trouble = chat.post(&review_channel(), &card(1)).await.unwrap_err();
        assert_eq!(trouble.to_string(), format!("slack did not answer chat.postMessage: {why}"));
    }
    assert_eq!(slack.messages("C0REVIEW").len(), 1, "the answer was lost, the post was not");
}

#[tokio::test]
async fn what_slack_will_not_take_at_any_other_time_is_told_from_what_somebody_can_mend() {
    let slack = slack().await;
    let chat = chat(&slack);
    let because = |outcome| match outcome {
        Err(ChatError::Refused { because, .. }) => because,
        outcome => panic!("{outcome:?}"),
    };
    slack.update_person("UADA", |ada| ada.deleted = true);
    assert_eq!(because(chat.whisper(&ada().0, &not_linked()).await), Because::Addressee);
    slack.update_channel("C0REVIEW", |channel| channel.is_archived = true);
    assert_eq!(because(chat.post(&review_channel(), &card(1)).await.map(drop)), Because::Addressee);
    let stranger = chat_with(&slack.api_url(), "xoxb-another");
    assert_eq!(because(stranger.post(&review_channel(), &card(1)).await.map(drop)), Because::Other);
}

#[tokio::test]
async fn what_surely_was_not_done_is_done_once_slack_will_have_it() {
    let slack = slack().await;
    let clock = Clock::standing(at(0));
    let chat = chat_by(&slack.api_url(), TOKEN, &clock);
    for seconds in [2, 15] {
        slack.control().fail_next("chat.postMessage", Fault::RateLimited(seconds));
    }
    chat.post(&review_channel(), &card(1)).await.unwrap();
    assert_eq!(slack.messages("C0REVIEW").len(), 1);
    assert!(clock.now() >= at(0) + TimeDelta::seconds(17), "it waits as long as Slack says: {}", clock.now());
}

#[tokio::test]
async fn what_may_have_been_done_is_tried_again_where_twice_is_once() {
    let slack = slack().await;
    let chat = chat(&slack);
    let place = chat.post(&review_channel(), &card(1)).await.unwrap();
    let calls_of = |method: &str| slack.control().calls().iter().filter(|call| *call == method).count();
    for fault in [Fault::Status(500), Fault::AnswerLost] {
        slack.control().fail_next("chat.update", fault);
    }
    chat.redraw(&place, &card(2)).await.unwrap();
    assert_eq!(calls_of("chat.update"), 3);
    slack.control().fail_always("chat.update", Fault::Status(500));
    chat.redraw(&place, &card(3)).await.unwrap_err();
    assert_eq!(calls_of("chat.update"), 6, "not for ever");

    slack.control().fail_next("chat.postMessage", Fault::AnswerLost);
    chat.post(&review_channel(), &card(1)).await.unwrap_err();
    assert_eq!(calls_of("chat.postMessage"), 2, "a second post would be a second message");
    slack.control().fail_next("views.open", Fault::RateLimited(1));
    chat.open(&FormHandle::new("1.2.3"), &form()).await.unwrap_err();
    assert_eq!(calls_of("views.open"), 1, "a trigger is worth nothing a second later");
}

#[tokio::test]
async fn a_channel_is_posted_to_at_its_pace_and_holds_up_no_other() {
    let slack = slack().await;
    let clock = Clock::standing(at(0));
    let chat = chat_by(&slack.api_url(), TOKEN, &clock);
    let after = |seconds| at(0) + TimeDelta::seconds(seconds);
    for n in 1..=10 {
        chat.post(&review_channel(), &card(n)).await.unwrap();
    }
    assert_eq!(clock.now(), after(0), "ten at once");
    for n in 1..=3 {
        chat.post(&review_channel(), &card(n)).await.unwrap();
        assert_eq!(clock.now(), after(n), "then one a second");
    }
    chat.post(&Address::Person(ada().0), &card(1)).await.unwrap();
    assert_eq!(clock.now(), after(3));
    let many = join_all((1..=20).map(|_| async { chat.post(&review_channel(), &card(1)).await })).await;
    let turned_away = many.iter().filter(|posted| posted.is_err()).count();
    assert_eq!((turned_away, clock.now()), (10, after(13)), "nobody waits for longer than ten seconds");
    clock.advance(TimeDelta::seconds(10));
    chat.post(&review_channel(), &card(1)).await.unwrap();
    assert_eq!(clock.now(), after(23));
}

#[tokio::test]
async fn a_message_is_found_again_by_what_it_is_about() {
    let clock = Clock::standing(at(0));
    let slack = slack_by(&clock).await;
    let chat = chat_by(&slack.api_url(), TOKEN, &clock);
    let channel = conversation("C0REVIEW");
    let Message::ReviewCard(drawn) = card(1) else { unreachable!() };
    assert_eq!(chat.find(&channel, &card(1), at(0)).await.unwrap(), None);
    let place = chat.post(&review_channel(), &card(1)).await.unwrap();
    chat.post(&review_channel(), &card(1)).await.unwrap(); // somebody's copy comes later
    for _ in 0..205 {
        chat.post(&review_channel(), &Message::Receipt(drawn.clone())).await.unwrap();
    }
    assert_eq!(chat.find(&channel, &card(2), at(0)).await.unwrap(), Some(place), "on the second page");
    assert_eq!(chat.find(&channel, &card(2), at(3)).await.unwrap(), None, "not among what came later");
    let mut another = drawn;
    another.request.id = "req_01JHKQ2B00000000000000ADA2".parse().unwrap();
    assert_eq!(chat.find(&channel, &Message::ReviewCard(another), at(0)).await.unwrap(), None);
    assert_eq!(chat.find(&channel, &not_linked(), at(0)).await.unwrap(), None, "it is about nothing");
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let slack = slack().await;
    let chat = chat(&slack);
    slack.control().fail_next("chat.postMessage", Fault::Hangs);
    let trouble = chat.post(&review_channel(), &card(1)).await.unwrap_err();
    assert!(trouble.to_string().ends_with("nothing within 10 s"), "{trouble}");
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_answer() {
    let trouble = chat_with("http://127.0.0.1:1/api", TOKEN).identify().await.unwrap_err();
    let told = trouble.to_string();
    assert!(told.starts_with("slack did not answer auth.test: 127.0.0.1: "), "{told}");
    assert!(told.contains("Connection refused"), "{told}");
}

// ---------------------------------------------------------------------------------------------------------
// The scene

async fn slack() -> Slack {
    slack_by(&Clock::standing(at(0))).await
}

async fn slack_by(clock: &Clock) -> Slack {
    let slack = Slack::start(SlackConfig {
        clock: clock.clone(),
        port: 0,
        team_id: "T0123456".into(),
        team_name: "Example".into(),
        bot_token: TOKEN.into(),
        bot_user_id: "UELEVATE".into(),
        app_token: "xapp-unused".into(),
        signing_secret: "shared".into(),
        app_id: "A0123456".into(),
        client_id: "1.2".into(),
        client_secret: "hush".into(),
    })
    .await
    .unwrap();
    slack.add_person(Person {
        id: "UADA".into(),
        team_id: "T0123456".into(),
        name: "ada".into(),
        real_name: "Ada Lovelace".into(),
        email: Some("Ada@Example.com".into()),
        email_confirmed: true,
        ..Person::default()
    });
    slack.add_channel(Channel {
        id: "C0REVIEW".into(),
        name: "review".into(),
        members: ["UADA", "UELEVATE"].map(str::to_owned).into(),
        ..Channel::default()
    });
    slack
}

fn chat(slack: &Slack) -> SlackChat {
    chat_with(&slack.api_url(), TOKEN)
}

fn chat_with(api_url: &str, token: &str) -> SlackChat {
    chat_by(api_url, token, &Clock::standing(at(0)))
}

fn chat_by(api_url: &str, token: &str, clock: &Clock) -> SlackChat {
    SlackChat::new(client_config(api_url, token, clock))
}

/// The API beside a Slack that takes answers at `address`.
fn chat_that_answers_at(address: &str, api_url: &str) -> SlackChat {
    let answers_at = Url::parse(address).unwrap().origin();
    let config = client_config(api_url, TOKEN, &Clock::standing(at(0)));
    SlackChat::new(SlackClientConfig { answers_at, ..config })
}

fn client_config(api_url: &str, token: &str, clock: &Clock) -> SlackClientConfig {
    let api_url: Url = api_url.parse().unwrap();
    SlackClientConfig {
        http: stage::http(),
        answers_at: api_url.origin(),
        api_url,
        bot_token: token.into(),
        names: Names::default(),
        team: "T0123456".parse().unwrap(),
        clock: Arc::new(StageClock(clock.clone())),
    }
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(outcome: &Result<T, ChatError>, method: &str, code: &str) {
    let Err(ChatError::Refused { operation: by, reason: with, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((*by, with.as_str()), (method, code));
}

#[derive(Debug, Deserialize)]
struct Command {
    trigger_id: String,
    response_url: String,
}

/// What people type, as Slack hands it to the app.
async fn commands_to(slack: &Slack) -> mpsc::UnboundedReceiver<Command> {
    let (seen, commands) = mpsc::unbounded_channel();
    let note = |State(seen): State<mpsc::UnboundedSender<Command>>, Form(command): Form<Command>| async move {
        seen.send(command).unwrap();
    };
    slack.install(&serve(Router::new().route("/slack/commands", post(note)).with_state(seen)).await);
    commands
}

/// Serves a router on loopback, and says where.
async fn serve(router: Router) -> String {
    let (listener, address) = sandbox::http::listen(0).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn review_channel() -> Address {
    Address::Conversation(conversation("C0REVIEW"))
}

fn not_linked() -> Message {
    Message::Done(Done::NotLinked)
}

fn form() -> SlackForm {
    SlackForm::Request(RequestForm {
        targets: vec!["111122223333/S3Admin".parse().unwrap()],
        durations: vec!["1h".parse().unwrap()],
        reviewers: "aws-temp#Reviewer".into(),
        why_none: None,
    })
}

/// The card of a request that nobody has answered, so many minutes after it was made.
fn card(minutes: i64) -> Message {
    let (_, requester) = ada();
    let asked = Opening {
        requester,
        target: "111122223333/S3Admin".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        justification: "bucket policy broken".parse().unwrap(),
        answer_by: at(24 * 60),
    };
    let id = "req_01JHKQ2B00000000000000ADA1".parse().unwrap();
    let (_, request) = asked.opens(id, "press".parse().unwrap(), at(0));
    Message::ReviewCard(Drawn { request, as_of: at(minutes) })
}

fn ada() -> (Account, Human) {
    let who = Account::new("slack", "T0123456", "UADA");
    let actor = Human {
        person: None,
        subject: Subject { issuer: "https://idp.example".into(), subject: "ada".into() },
        account: Some(who.clone()),
        email: "ada@example.com".parse().unwrap(),
    };
    (who, actor)
}

fn conversation(id: &str) -> Conversation {
    ada().0.tenant().conversation(id)
}

/// So many minutes after eight in the morning of 15 January 2027, UTC.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}
