//! The wish of whoever is asked to link comes along, and nobody grants it by the way.

use elevate::{
    domain::{press::Wish, secret::Secret, ticket::SignInAt},
    flows::visits::{
        CameBack,
        callback::{self, Callback},
    },
    ports::Answer,
};
use sandbox::example_corp::REVIEW_CHANNEL;

use crate::world::{ASK, Story, play};

#[tokio::test]
async fn what_was_asked_for_survives_the_sign_in_that_it_led_to_and_is_not_done_by_itself() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        ada.types(ASK).await;
        assert!(ada.hears().contains("is not linked yet"));
        world.audit();
        let link = ada.presses("person.link").await.expect("the button leads somewhere");

        ada.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let page = ada.browser.open(&link).await.unwrap();
        let page = ada.browser.press(&page, "This is me").await.unwrap();
        let page = ada.browser.press(&page, "Continue as Ada").await.unwrap();
        let back = page.stopped_before.expect("the provider sends the browser back");
        let parameter = |name| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let callback = Callback {
            from: SignInAt::IdentityProvider,
            state: Secret::presented(&parameter("state")).unwrap(),
            answer: Ok(Answer { code: parameter("code").into(), issuer: Some(parameter("iss")) }),
        };
        let browser = ada.browser.cookie(&world.url, "__Host-elevate").unwrap();
        let came_back = callback::come_back(world.app.broker(), callback, Secret::presented(&browser)).await;
        let Ok(CameBack::Linked { wish: Some(Wish::Request(id, ask)), .. }) = came_back.outcome else {
            panic!("she is not linked")
        };
        assert_eq!(format!("/elevate {} {} {}", ask.target, ask.duration, ask.justification), ASK);

        world.settle().await;
        let store = &world.app.broker().ports().store;
        assert!(store.request(&id).await.unwrap().is_none(), "nobody has made the request");
        assert!(world.company.slack.messages(REVIEW_CHANNEL).is_empty());
        world.everybody_catches_up();
    })
    .await;
}
