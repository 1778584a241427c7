//! Sealing: refresh tokens are sealed with today's key by whoever uses them, and no key is missed for long.

use std::sync::Arc;

use elevate::{
    app::{self, App},
    config::{Config, Secrets},
    domain::press::Wish,
    ports::UsedToken,
};
use sandbox::{
    example_corp::{ADA, BOB, Persona, SEALING_ALIAS},
    http::Fault,
    idp::{RefreshTokens, Tampering},
};

use crate::world::{ASK, Counted, Story, World, account_of, machines_reach, play};

const KEYS: &str = "ELEVATE_SEALING__KEYS";
const KMS_KEY: (&str, &str) = ("ELEVATE_SEALING__KMS_KEY_ID", SEALING_ALIAS);
const OLD_KEY: &str = "ZXhhbXBsZS1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyE=";
const TODAYS_KEY: &str = "dG9kYXlzLXNlYWxpbmcta2V5LW9mLTMyLWJ5dGVzISE=";
const NO_KEY: &str = "the key for your stored sign-in was not available";

/// The company's configuration, with `sealing` in the place of its key.
fn configuration(world: &World, sealing: &[(&str, &str)]) -> Config {
    let company = &world.company;
    let others = company.environment().into_iter().filter(|(name, _)| name != KEYS);
    let sealing = sealing.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(&company.configuration(&world.url), others.chain(sealing), Secrets::new()).unwrap()
}

/// Puts the product at the world's address that `sealing` makes of it, for the `nth` time.
async fn restarted(world: &World, nth: u64, sealing: &[(&str, &str)]) -> App {
    let outside = stage::outside(&world.company, Arc::new(Counted::from(nth << 32)));
    let app = app::build(configuration(world, sealing), outside).await.unwrap();
    world.is_served_by(&app).await;
    app
}

/// What is stored of somebody's refresh token.
async fn sealed_token_of(world: &World, persona: Persona) -> Vec<u8> {
    let who = account_of(persona);
    world.app.broker().ports().store.token(&who).await.unwrap().expect("there is a token").sealed
}

fn token_calls(world: &World) -> usize {
    world.company.idp.control().calls().iter().filter(|call| *call == "token").count()
}

#[tokio::test]
async fn whoever_uses_a_token_seals_it_with_todays_key_and_the_old_one_is_not_missed() {
    for refresh_tokens in [RefreshTokens::Rotated, RefreshTokens::Kept] {
        play(Story::with_linked([ADA]), async |world| {
            world.company.idp.tamper(Tampering { refresh_tokens, ..Tampering::default() });
            restarted(world, 1, &[(KEYS, &format!("{TODAYS_KEY},{OLD_KEY}"))]).await;
            world.ada().types(ASK).await;
            assert!(world.ada().hears().contains("on its way"));

            restarted(world, 2, &[(KEYS, TODAYS_KEY)]).await;
            world.ada().presses("request.withdraw").await;
            assert!(world.card().contains("*Withdrawn*"));
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn from_keys_of_its_own_to_kms_and_nobody_has_to_sign_in_again() {
    for refresh_tokens in [RefreshTokens::Rotated, RefreshTokens::Kept] {
        play(Story::with_linked([ADA]), async |world| {
            world.company.idp.tamper(Tampering { refresh_tokens, ..Tampering::default() });
            restarted(world, 1, &[KMS_KEY, (KEYS, OLD_KEY)]).await;
            world.ada().types(ASK).await;
            assert!(world.ada().hears().contains("on its way"));

            restarted(world, 2, &[KMS_KEY]).await;
            world.ada().presses("request.withdraw").await;
            assert!(world.card().contains("*Withdrawn*"));
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_is_sealed_anew_though_the_provider_does_not_answer() {
    play(Story::with_linked([ADA]), async |world| {
        restarted(world, 1, &[(KEYS, &format!("{TODAYS_KEY},{OLD_KEY}"))]).await;
        world.company.idp.control().fail_always("token", Fault::Status(503));
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("did not respond"));
        world.company.idp.control().heal();

        restarted(world, 2, &[(KEYS, TODAYS_KEY)]).await;
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_is_sealed_with_todays_key_stays_as_it_is() {
    play(Story::with_linked([ADA]), async |world| {
        let kept = Tampering { refresh_tokens: RefreshTokens::Kept, ..Tampering::default() };
        world.company.idp.tamper(kept);
        let before = sealed_token_of(world, ADA).await;
        world.ada().types(ASK).await;
        assert_eq!(sealed_token_of(world, ADA).await, before);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_seal_does_not_use_a_token() {
    play(Story::with_linked([ADA]), async |world| {
        restarted(world, 1, &[KMS_KEY, (KEYS, OLD_KEY)]).await;
        let (before, asked) = (sealed_token_of(world, ADA).await, token_calls(world));
        world.company.kms.control().fail_always("GenerateDataKey", Fault::Status(500));
        world.ada().is_refused(ASK, "key_unavailable", NO_KEY).await;
        assert_eq!(token_calls(world), asked, "the provider would have put another token in its place");
        assert_eq!(sealed_token_of(world, ADA).await, before);

        world.company.kms.control().heal();
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn while_kms_is_down_nothing_is_changed_and_nobody_has_to_sign_in_again() {
    play(Story::start(), async |world| {
        let replica = restarted(world, 1, &[KMS_KEY]).await;
        world.ada().links().await;
        world.bob().links().await;
        world.ada().types(ASK).await;
        world.everybody_catches_up();

        world.company.kms.control().fail_always("Decrypt", Fault::Status(500));
        world.bob().is_refused("review.approve", "key_unavailable", NO_KEY).await;
        let admin_url = machines_reach(&replica).await;
        let metrics = world.ada().browser.get_raw(&format!("{admin_url}/metrics")).await.unwrap().body;
        assert!(
            metrics.contains(r#"_count{counterpart="kms",operation="Decrypt",outcome="unavailable"} 1"#),
            "{metrics}"
        );

        world.company.kms.control().heal();
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn while_kms_is_down_nobody_is_linked() {
    play(Story::start(), async |world| {
        restarted(world, 1, &[KMS_KEY]).await;
        world.company.kms.control().fail_always("GenerateDataKey", Fault::Status(500));
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        let page = ada.follows_link(&link).await;
        assert_eq!(page.status, 500, "{}", page.text());

        world.company.kms.control().heal();
        let page = ada.follows_link(&link).await;
        assert_eq!(page.status, 200, "nothing is used up: {}", page.text());
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn check_tells_whether_kms_will_do() {
    play(Story::start(), async |world| {
        let checked = async |sealing: &[(&str, &str)]| {
            let outside = stage::outside(&world.company, Arc::new(Counted::from(1 << 32)));
            let checked = app::check(&configuration(world, sealing), outside).await.unwrap();
            let (_, outcome) = checked.into_iter().find(|(counterpart, _)| *counterpart == "KMS")?;
            Some(outcome.map_err(|error| error.to_string()))
        };
        assert_eq!(checked(&[(KEYS, TODAYS_KEY)]).await, None, "there is nobody to ask");
        assert_eq!(checked(&[KMS_KEY]).await, Some(Ok(())));
        world.company.kms.disable(SEALING_ALIAS);
        let told = "KMS made no data key with alias/elevate: DisabledException".to_owned();
        assert_eq!(checked(&[KMS_KEY]).await, Some(Err(told)));
    })
    .await;
}

#[tokio::test]
async fn what_was_moved_between_rows_opens_by_kms_for_nobody_else() {
    play(Story::start(), async |world| {
        let app = restarted(world, 1, &[KMS_KEY]).await;
        world.ada().links().await;
        world.bob().links().await;
        let store = &app.broker().ports().store;
        let ada = world.press(ADA, "1", Wish::Link).asker.who;
        let own = store.token(&ada).await.unwrap().unwrap();
        let taken = store.take_token(&ada, &own, world.company.clock.now()).await.unwrap();
        let bobs = sealed_token_of(world, BOB).await;
        store
            .give_token_back(&ada, &taken, UsedToken::Kept { resealed: Some(bobs), told: None })
            .await
            .unwrap();

        world.ada().is_refused(ASK, "sign_in_again", "sign in again").await;
    })
    .await;
}
