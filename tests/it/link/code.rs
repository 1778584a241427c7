//! Codes: where the addresses do not agree, whoever signed in types in Slack what their browser shows.

use chrono::TimeDelta;
use elevate::{
    domain::press::{Press, Wish},
    flows::people::link,
};
use sandbox::{
    browser::Page,
    dynamo::Dynamo,
    example_corp::{self, ADA, BOB, Persona},
};

use crate::{
    log::{self, Log, PLANTED, search::lines_with},
    world::{ASK, Player, Story, World, play},
};

/// A code that was never shown.
const WRONG: &str = "/elevate confirm 2222-2222";

/// Codes are typed, and Ada has another address in Slack.
fn story() -> Story {
    Story::start().set(&[("LINK__ON_MISMATCH", "code")]).where_first(|company| {
        company.slack.update_person(ADA.slack, |person| person.email = Some("ada@slack.example".into()));
    })
}

/// The code that a page shows.
fn code(page: &Page) -> String {
    assert_eq!(
        (page.status, page.title().as_str()),
        (200, "One more step, in Slack · elevate"),
        "{}",
        page.text()
    );
    let text = page.text();
    let (_, rest) = text.split_once("/elevate confirm ").expect("the page says what to type");
    let code = rest.chars().take(9).collect::<String>();
    assert_ne!(code, "2222-2222");
    code
}

/// Signs in by their own link, and sees a code.
async fn sees_a_code(player: &Player<'_>) -> String {
    code(&player.follows_link(&player.asks_to_link().await).await)
}

async fn assert_stranger(player: &Player<'_>) {
    player.types("/elevate").await;
    assert!(player.hears().contains("is not linked yet"));
}

#[tokio::test]
async fn whoever_has_another_address_in_slack_types_the_code_that_they_see() {
    play(story(), async |world| {
    let ada = world.ada();
    let page = ada.follows_link(&ada.asks_to_link().await).await;
    let text = page.text();
    assert!(
        text.contains("ada@example.com") && text.contains("U0ADA") && text.contains("Example Corp"),
        "{text}"
    );
    assert!(text.contains("within 5 minutes") && text.contains("Never give this code to anyone"), "{text}");
    assert!(world.audit().is_empty(), "nothing is linked yet");
    assert_stranger(&ada).await;

    let code = code(&page);
    ada.types(&format!("/elevate confirm {}", code.to_lowercase().replace('-', " "))).await;
    assert!(ada.is_told().contains(ADA.email), "the identity's address is kept");
    let expected = "*Linked* · @Ada is linked to ada@example.com, which is not their address in Slack; they confirmed the account with a code";
    assert!(world.audit()[0].contains(expected));
    ada.types(ASK).await;
    assert!(ada.hears().contains("on its way"), "her groups come by the refresh token that has waited");
    world.everybody_catches_up();

    ada.is_refused(&format!("/elevate confirm {code}"), "no_code", "No code is waiting for your Slack account").await;
    }).await;
}

#[tokio::test]
async fn where_the_addresses_agree_nobody_types_a_code() {
    play(story(), async |world| {
        world.bob().links().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_sees_a_code_has_used_up_their_link_and_their_sign_in() {
    play(story(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        ada.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let back = ada.follows_link(&link).await.stopped_before.expect("the provider sends the browser back");
        code(&ada.browser.open(back.as_str()).await.unwrap());
        assert_eq!(ada.browser.open(back.as_str()).await.unwrap().status, 410);
        assert_eq!(ada.browser.open(&link).await.unwrap().status, 410);
    })
    .await;
}

/// Bob sends his link to Ada, who signs in, and types what she sees.
#[tokio::test]
async fn a_code_typed_by_another_account_than_the_links_links_nothing() {
    play(story(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let page = ada.follows_link(&bob.asks_to_link().await).await;
        assert!(page.text().contains("Bob") && page.text().contains("U0BOB"), "she sees whose account it is");
        ada.is_refused(
            &format!("/elevate confirm {}", code(&page)),
            "no_code",
            "Never type a code that someone gave you",
        )
        .await;
        assert_stranger(&ada).await;
        assert_stranger(&bob).await;
    })
    .await;
}

/// Bob sends his link to Ada, who signs in, and keeps the code to herself.
#[tokio::test]
async fn an_attacker_who_has_not_seen_the_code_has_five_tries() {
    play(story(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let code = code(&ada.follows_link(&bob.asks_to_link().await).await);
        for left in [4, 3, 2, 1] {
            bob.types(WRONG).await;
            let told = bob.hears();
            let tries = if left == 1 { "1 try left".to_owned() } else { format!("{left} tries left") };
            assert!(told.contains(&tries), "{told}");
        }
        for line in [WRONG, WRONG, &format!("/elevate confirm {code}")] {
            bob.types(line).await;
            assert!(bob.hears().contains("this code is no longer valid"), "{line}");
        }
        world.passes(TimeDelta::minutes(1)).await;
        let audit = world.audit().join("\n");
        assert!(audit.contains("@Bob tried to link their account"), "{audit}");
        assert!(!audit.contains("2222") && !audit.contains(&code), "{audit}");
        assert_stranger(&bob).await;
    })
    .await;
}

#[tokio::test]
async fn the_right_code_links_in_the_last_try_too_and_what_is_no_code_is_no_try() {
    play(story(), async |world| {
        let ada = world.ada();
        let code = sees_a_code(&ada).await;
        for _ in 0..4 {
            ada.types(WRONG).await;
            ada.hears();
        }
        for no_code in ["/elevate confirm", "/elevate confirm 2222-222", "/elevate confirm O0I1-2222"] {
            ada.types(no_code).await;
            assert!(ada.hears().contains("That isn't a code"), "{no_code}");
        }
        ada.types(&format!("/elevate confirm {code}")).await;
        assert!(ada.is_told().contains(ADA.email));
        world.passes(TimeDelta::minutes(1)).await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    play(story(), async |world| {
        let ada = world.ada();
        let late = sees_a_code(&ada).await;
        world.passes(TimeDelta::minutes(5)).await;
        ada.is_refused(&format!("/elevate confirm {late}"), "code_too_late", "valid for 5 minutes").await;

        let in_time = sees_a_code(&ada).await;
        world.passes(TimeDelta::minutes(5) - TimeDelta::milliseconds(1)).await;
        ada.types(&format!("/elevate confirm {in_time}")).await;
        assert!(ada.is_told().contains(ADA.email));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn of_two_codes_of_one_account_the_later_one_links() {
    play(story(), async |world| {
        let (ada, second) = (world.ada(), world.ada());
        let earlier = sees_a_code(&ada).await;
        let later = sees_a_code(&second).await;
        ada.types(&format!("/elevate confirm {earlier}")).await;
        assert!(ada.hears().contains("That code doesn't match"));
        ada.types(&format!("/elevate confirm {later}")).await;
        assert!(ada.is_told().contains(ADA.email));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn an_account_moves_to_another_identity_of_its_address_by_a_code() {
    let moved = Persona { login: "00u1ada", name: "Lovelace", ..ADA };
    play(story(), async |world| {
        world.company.idp.add_person(example_corp::identity(&moved));
        let ada = world.ada();
        let code_of_old = sees_a_code(&ada).await;
        ada.types(&format!("/elevate confirm {code_of_old}")).await;
        world.everybody_catches_up();

        let page = world.ada().follows_link_as(&ada.asks_to_link().await, moved).await;
        ada.types(&format!("/elevate confirm {}", code(&page))).await;
        assert!(ada.is_told().contains("now linked to a different identity"));
        assert!(world.audit()[0].contains("⚠ Linked to another identity"));

        let page = world.ada().follows_link_as(&ada.asks_to_link().await, BOB).await;
        assert_eq!(page.status, 409, "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

/// The code is typed, and the account moves on before anybody gets round to it.
#[tokio::test]
async fn a_code_moves_no_account_that_has_been_linked_to_somebody_else_meanwhile() {
    play(story(), async |world| {
        let ada = world.ada();
        let code = sees_a_code(&ada).await;
        world.company.slack.update_person(ADA.slack, |person| person.email = Some(BOB.email.into()));
        let page = world.ada().follows_link_as(&ada.asks_to_link().await, BOB).await;
        assert_eq!((page.status, page.title().as_str()), (200, "Linked · elevate"));
        world.everybody_catches_up();
        ada.is_refused(
            &format!("/elevate confirm {code}"),
            "linked_to_another",
            "linked to another identity with a different email address",
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_code_that_its_replica_did_not_live_to_judge_is_judged_by_another_once() {
    play(story(), async |world| {
        let ada = world.ada();
        let code = sees_a_code(&ada).await;
        let store = &world.app.broker().ports().store;
        let press = typed(world, ADA, &code).await;
        assert!(store.accept(&press).await.unwrap());
        world.passes(TimeDelta::minutes(1)).await;
        assert!(ada.is_told().contains(ADA.email));
        assert!(world.audit()[0].contains("*Linked*"));
        world.passes(TimeDelta::minutes(5)).await;
    })
    .await;
}

/// Somebody who can write to the table has moved what Ada typed from one press of hers to another.
#[tokio::test]
async fn a_typed_code_that_was_moved_to_another_press_links_nothing() {
    play(story(), async |world| {
        let ada = world.ada();
        let code = sees_a_code(&ada).await;
        let press = typed(world, ADA, &code).await;
        let moved = Press { asker: world.press(ADA, "another trigger", Wish::Link).asker, ..press };
        let store = &world.app.broker().ports().store;
        assert!(store.accept(&moved).await.unwrap());
        world.passes(TimeDelta::minutes(1)).await;
        assert_stranger(&ada).await;
        world.passes(TimeDelta::minutes(15)).await;
        assert!(ada.hears().contains("will not be retried"));
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

/// What somebody asks for by typing a code, as it is kept.
async fn typed(world: &World, persona: Persona, code: &str) -> Press {
    let asker = world.press(persona, "a trigger", Wish::Link).asker;
    let code = code.parse().unwrap();
    let wish = link::typed_code(world.app.broker(), &asker.who, &asker.id, &code).await.unwrap();
    asker.wishes(wish)
}

#[tokio::test]
async fn codes_are_neither_kept_nor_logged_nor_said() {
    let folder = log::folder("codes_are_neither_kept_nor_logged_nor_said");
    let _log = Log::into(&folder, "elevate=trace");
    play(story().on(Dynamo::open(&folder.join("table")).unwrap()), async |world| {
        let ada = world.ada();
        let right = sees_a_code(&ada).await;
        ada.types("/elevate confirm WRNG-C2DE").await;
        ada.hears();
        ada.types(&format!("/elevate confirm {right}")).await;
        let told = format!("{} {:?}", ada.is_told(), world.audit());

        let files =
            std::fs::read_dir(&folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let kept = String::from_utf8_lossy(&files.collect::<Vec<_>>().concat()).into_owned();
        for known in [ADA.email, PLANTED, "confirm"] {
            assert!(kept.contains(known), "{known}");
        }
        for code in [&*right, "WRNG-C2DE"] {
            assert!(!told.contains(code) && !told.contains(&code.replace('-', "")), "{code}");
        }
        let codes = [&*right, "WRNG-C2DE"].map(|code| [code.to_owned(), code.replace('-', "")]);
        let secrets = [codes.concat(), world.company.idp.secrets_issued()].concat();
        assert!(lines_with(&kept, &secrets).is_empty(), "a secret is kept or logged");
    })
    .await;
}
