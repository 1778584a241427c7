//! A second chat platform, beside Slack: in the same process, on the same table.
//!
//! Lines is as small as a platform can be. People write lines and read lines: there are no forms, no buttons, no word for
//! one person alone, no threads, and nothing that was posted changes. The product has to do what it promises all the same.

mod outage;
mod pages;
mod platform;

use chrono::TimeDelta;
use elevate::domain::press::Wish;
use sandbox::example_corp::{CAROL, Persona, sign_in_with_slack};

use self::platform::{LINES_REVIEW, Lines};
use crate::world::{ASK, Story, play};

const DANA: Persona = Persona {
    slack: "dana",
    login: "dana",
    name: "Dana",
    email: "dana@example.com",
    groups: &["aws-temp#S3Admin#111122223333"],
    is_outsider: false,
};
const ERIN: Persona = Persona {
    slack: "erin",
    login: "erin",
    name: "Erin",
    email: "erin@example.com",
    groups: &["aws-temp#Reviewer"],
    is_outsider: false,
};

#[tokio::test]
async fn the_whole_story_on_a_platform_of_text_alone_beside_the_same_story_in_slack() {
    play(Story::asked(), async |world| {
        let lines = Lines::beside_slack(world, [DANA, ERIN]).await;
        lines.links(DANA).await;
        lines.links(ERIN).await;
        world.auditors_hear(["*Linked* · dana (lines)", "*Linked* · erin (lines)"]);

        lines.writes(DANA, "111122223333/S3Admin 1h bucket policy broken").await;
        let told = lines.told(DANA).join("\n");
        assert!(told.contains("is on its way to the reviewers") && told.contains("Waiting"), "{told}");
        let request = request_on(&lines.posts(LINES_REVIEW));

        lines.writes(ERIN, &format!("approve {request}")).await;
        let cards = lines.posts(LINES_REVIEW);
        assert!(cards.len() == 1 && cards[0].contains("Approved by"), "{cards:?}");
        let told = lines.told(DANA);
        assert!(
            told.len() == 2 && told[0].contains("Approved by") && told[1].contains("Your link"),
            "{told:?}"
        );
        let console = lines.follows(DANA, &told).await;
        assert_eq!(console.status, 200, "{}", console.text());
        world.auditors_hear([
            "*Requested* · dana (lines)",
            "*Approved* · erin (lines)",
            "*Session requested* · dana (lines)",
            "*Session issued* · dana (lines)",
        ]);

        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved* by @Bob"));
        assert!(world.ada().is_told().contains("*Approved*"));
        assert!(world.ada().hears().contains("Your link"));
        world.auditors_hear(["*Approved* · @Bob"]);
        assert!(lines.posts(LINES_REVIEW).is_empty(), "what is asked in Slack is answered in Slack");

        world.company.clock.advance(TimeDelta::minutes(50));
        lines.sweeps().await;
        let told = lines.posts(DANA.slack); // there are no threads, so it follows the receipt in her conversation
        assert!(told.len() == 1 && told[0].contains("Ends soon"), "{told:?}");
        assert!(world.ada().is_told().contains("Ends soon"));

        lines.writes(DANA, &format!("end {request}")).await;
        for told in [lines.told(DANA), lines.posts(LINES_REVIEW)] {
            assert!(told.len() == 1 && told[0].contains("Ended early by"), "{told:?}");
        }
        world.auditors_hear(["*Ended early* · dana (lines)"]);
    })
    .await;
}

#[tokio::test]
async fn without_forms_people_read_how_to_write_it_in_one_line() {
    play(Story::start(), async |world| {
        let lines = Lines::beside_slack(world, [DANA, ERIN]).await;
        lines.links(DANA).await;
        lines.links(ERIN).await;
        world.auditors_hear(["*Linked* · dana (lines)", "*Linked* · erin (lines)"]);

        lines.writes(DANA, "").await;
        let told = lines.told(DANA).join("\n");
        let in_one_line =
            "Make the request in one line: elevate: 111122223333/S3Admin 1h bucket policy broken";
        assert!(told.contains(in_one_line) && told.contains("• prod (111122223333) / S3Admin"), "{told}");

        lines.writes(DANA, "111122223333/S3Admin 1h bucket policy broken").await;
        lines.told(DANA);
        let request = request_on(&lines.posts(LINES_REVIEW));
        lines.writes(ERIN, &format!("reject {request}")).await;
        let told = lines.told(ERIN).join("\n");
        assert!(told.contains(&format!("elevate: reject {request} use the read-only role")), "{told}");
        lines.writes(ERIN, &format!("reject {request} use the read-only role")).await;
        for told in [lines.told(DANA), lines.posts(LINES_REVIEW)] {
            assert!(told.len() == 1 && told[0].contains("use the read-only role"), "{told:?}");
        }
        world.auditors_hear(["*Requested* · dana (lines)", "*Rejected* · erin (lines)"]);
    })
    .await;
}

#[tokio::test]
async fn accounts_of_two_platforms_with_the_same_ids_are_two_accounts() {
    play(Story::with_linked([CAROL]), async |world| {
        let carol = Persona { login: "carol2", email: "carol2@example.com", ..CAROL };
        let lines = Lines::beside_slack(world, [carol]).await;
        lines.writes(carol, &ASK["/elevate ".len()..]).await;
        let told = lines.told(carol);
        assert!(told.len() == 1 && told[0].contains("Your Lines account is not linked yet"), "{told:?}");
        let refused = world.audit().join("\n");
        assert!(refused.contains("*Refused* · U0CAROL (lines) tried to make a request"), "{refused}");
        assert!(refused.contains("Your lines account is not linked"), "it is worded for Slack: {refused}");
    })
    .await;
}

#[tokio::test]
async fn what_a_platform_cannot_say_at_all_becomes_a_dead_letter_that_auditors_hear_of() {
    play(Story::start(), async |world| {
        let lines = Lines::beside_slack(world, [DANA]).await;
        lines.links(DANA).await;
        world.auditors_hear(["*Linked* · dana (lines)"]);
        lines.has_no_direct_messages();
        lines.writes(DANA, "111122223333/S3Admin 1h bucket policy broken").await;
        request_on(&lines.posts(LINES_REVIEW));
        world.auditors_hear([
            "*Requested* · dana (lines)",
            "*Not delivered* · dana (lines) · lines does not accept the receipt",
        ]);
    })
    .await;
}

#[tokio::test]
async fn what_a_replica_without_the_platform_cannot_post_waits_for_one_that_has_it() {
    play(Story::start(), async |world| {
        let lines = Lines::beside_slack(world, [DANA]).await;
        lines.links(DANA).await;
        lines.is_up(false);
        lines.writes(DANA, "111122223333/S3Admin 1h bucket policy broken").await;
        lines.is_up(true);

        world.passes(TimeDelta::minutes(2)).await; // the replica that sweeps serves Slack alone
        world.auditors_hear(["*Linked* · dana (lines)", "*Requested* · dana (lines)"]);
        assert!(world.unread_by_anybody().is_empty(), "nobody in Slack reads of it");
        assert!(lines.posts(LINES_REVIEW).is_empty() && lines.told(DANA).is_empty());

        world.company.clock.advance(TimeDelta::minutes(10));
        lines.sweeps().await;
        request_on(&lines.posts(LINES_REVIEW));
        let told = lines.told(DANA);
        assert!(told.len() == 1 && told[0].contains("Waiting for"), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_press_from_a_platform_that_is_not_served_any_more_comes_to_an_end() {
    play(Story::start(), async |world| {
        let lines = Lines::beside_slack(world, [DANA]).await;
        lines.writes_unfinished(DANA, Wish::Link).await;
        world.passes(TimeDelta::minutes(2)).await; // the replica that sweeps serves Slack alone
        world.auditors_hear(["*Refused* · dana (lines) tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn without_a_sign_in_of_the_platform_another_address_links_nobody() {
    let asks_for_a_sign_in = [sign_in_with_slack(), vec![on_mismatch("slack")]].concat();
    play(Story::start().configured(asks_for_a_sign_in), async |world| {
        let lines = Lines::beside_slack(world, [DANA, ERIN]).await;
        lines.writes(DANA, "link").await;
        let page = lines.follows(ERIN, &lines.told(DANA)).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("erin@example.com"), "it says why: {}", page.text());
        world.auditors_hear(["*Refused* · dana (lines) tried to link their account"]);
    })
    .await;
}

fn on_mismatch(choice: &str) -> (String, String) {
    ("ELEVATE_LINK__ON_MISMATCH".to_owned(), choice.to_owned())
}

/// The request that the one card is about.
fn request_on(cards: &[String]) -> String {
    let [card] = cards else { panic!("there is one card, and not {cards:?}") };
    let id = card.split_whitespace().find(|word| word.starts_with("req_"));
    id.expect("the card says which request it is").to_owned()
}
