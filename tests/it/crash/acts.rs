//! What people do: before a story begins, and while the replica may die.

use std::sync::Arc;

use chrono::TimeDelta;
use elevate::{
    domain::person::Subject,
    flows::{Broker, sweep},
    ports::Listed,
};
use futures_util::{FutureExt, future::BoxFuture};
use sandbox::{
    example_corp::{ADA, BOB, GENERAL_CHANNEL, Persona},
    slack::Submission,
};
use tokio::runtime::Handle;

use crate::world::{ASK, World};

/// The scene of an act: the world, and the replica that is at work in it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'s> {
    pub(super) world: &'s World,
    pub(super) broker: &'s Arc<Broker>,
    pub(super) runtime: &'s Handle,
}

pub(super) fn nobody_is_linked(_: &World) -> BoxFuture<'_, ()> {
    async {}.boxed()
}

pub(super) fn ada_is_linked(world: &World) -> BoxFuture<'_, ()> {
    async move { world.ada().links().await }.boxed()
}

pub(super) fn ada_has_asked(world: &World) -> BoxFuture<'_, ()> {
    async move {
        for person in [ADA, BOB] {
            world.player(person).links().await;
        }
        world.ada().types(ASK).await;
    }
    .boxed()
}

pub(super) fn bob_has_approved(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.bob().presses("review.approve").await;
    }
    .boxed()
}

/// Where reviewers sign in to answer: Bob has his link.
pub(super) fn bob_has_pressed_approve(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.bob().presses("review.approve").await;
    }
    .boxed()
}

pub(super) fn ada_asked_long_ago(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.company.clock.advance(TimeDelta::minutes(15));
    }
    .boxed()
}

pub(super) fn nobody_has_answered(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.passes(TimeDelta::hours(23)).await;
        world.company.clock.advance(TimeDelta::hours(1));
    }
    .boxed()
}

pub(super) fn access_is_about_to_end(world: &World) -> BoxFuture<'_, ()> {
    async move {
        bob_has_approved(world).await;
        world.company.clock.advance(TimeDelta::minutes(50));
    }
    .boxed()
}

pub(super) fn access_is_over(world: &World) -> BoxFuture<'_, ()> {
    async move {
        bob_has_approved(world).await;
        world.passes(TimeDelta::minutes(50)).await;
        world.company.clock.advance(TimeDelta::minutes(10));
    }
    .boxed()
}

pub(super) fn links(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        scene.types(ADA, "/elevate link").await && scene.goes(ADA, "person.link", &["This is me"]).await
    }
    .boxed()
}

pub(super) fn asks_in_a_form(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        let fields = [
            ("target", "111122223333/S3Admin"),
            ("duration", "1h"),
            ("justification", "bucket policy broken"),
        ];
        scene.types(ADA, "/elevate").await && scene.submits(ADA, &fields).await
    }
    .boxed()
}

pub(super) fn rejects(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        scene.presses(BOB, "review.reject").await
            && scene.submits(BOB, &[("reason", "read-only will do")]).await
    }
    .boxed()
}

pub(super) fn opens_the_console(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        if scene.goes(ADA, "session.open", &[]).await {
            return true;
        }
        scene.presses(ADA, "session.console").await && scene.goes(ADA, "session.open", &[]).await
    }
    .boxed()
}

/// Who does not get to the page at the end presses the card's button again, and gets another link, unless the answer
/// counts already.
pub(super) fn signs_in_to_approve(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        let buttons = ["Sign in and approve"];
        scene.goes(BOB, "review.open", &buttons).await
            || scene.presses(BOB, "review.approve").await
                && (scene.is_approved().await || scene.goes(BOB, "review.open", &buttons).await)
    }
    .boxed()
}

/// The provider tells of it again what was not taken.
pub(super) fn signs_out_at_the_provider(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        let told = scene.world.company.idp.log_out("ada").await;
        scene.broker.idle().await;
        told.is_ok_and(|status| status == Some(200))
    }
    .boxed()
}

pub(super) fn sweeps(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        let broker = Arc::clone(scene.broker);
        let swept = scene.runtime.spawn(async move {
            sweep::sweep(&broker).await.unwrap();
            broker.idle().await;
        });
        swept.await.is_ok()
    }
    .boxed()
}

impl<'s> Scene<'s> {
    /// Somebody types a command, and sees whether Slack says that it failed.
    pub(super) fn types(self, persona: Persona, line: &'s str) -> BoxFuture<'s, bool> {
        async move {
            let typed = self.slack(persona).types(GENERAL_CHANNEL, line).await;
            self.broker.idle().await;
            typed.is_ok_and(|ack| ack.is_ok())
        }
        .boxed()
    }

    /// Somebody presses the newest button of a kind, and sees whether Slack says that it failed.
    pub(super) fn presses(self, persona: Persona, action: &'s str) -> BoxFuture<'s, bool> {
        async move {
            let Some(place) = self.slack(persona).finds(action) else { return false };
            let pressed = self.slack(persona).presses(place, action).await;
            self.broker.idle().await;
            pressed.is_ok_and(|pressed| pressed.ack.is_ok())
        }
        .boxed()
    }

    /// Somebody submits the form in front of them; where none has opened, that has failed.
    async fn submits(self, persona: Persona, fields: &[(&str, &str)]) -> bool {
        let Some(form) = self.world.company.slack.open_views(persona.slack).pop() else { return false };
        let submitted = self.slack(persona).submits(&form.id, fields).await;
        self.broker.idle().await;
        submitted.is_ok_and(|submitted| submitted.outcome == Submission::Closed)
    }

    /// Somebody goes where a button leads, presses these buttons there, and signs in where they are asked to.
    async fn goes(self, persona: Persona, action: &str, buttons: &[&str]) -> bool {
        let Some(place) = self.slack(persona).finds(action) else { return false };
        let pressed = self.slack(persona).presses(place, action).await;
        let Some(url) = pressed.ok().and_then(|pressed| pressed.url) else { return false };
        let browser = self.world.player(persona).browser;
        let Ok(mut page) = browser.open(&url).await else { return false };
        let sign_in = format!("Continue as {}", persona.name);
        for button in buttons.iter().copied().chain([sign_in.as_str()]) {
            if page.button(button).is_some() {
                let Ok(next) = browser.press(&page, button).await else { return false };
                page = next;
            }
        }
        self.broker.idle().await;
        page.status == 200
    }

    /// Whether Ada's request is approved, whatever cards say.
    async fn is_approved(self) -> bool {
        let store = &self.world.app.broker().ports().store;
        let (issuer, subject) = (self.world.company.idp.issuer(), ADA.login.to_owned());
        let requests = store.requests(&Listed::RequestedBy(Subject { issuer, subject }, None), None, 1).await;
        requests.is_ok_and(|page| page.requests[0].live_at(self.world.company.clock.now()).is_ok())
    }

    fn slack(self, persona: Persona) -> sandbox::slack::Actor {
        self.world.company.slack.person(persona.slack)
    }
}
