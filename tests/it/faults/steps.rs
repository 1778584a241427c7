//! What people do in the stories of faults, whether or not it goes well.

use futures_util::{FutureExt, future::BoxFuture};
use sandbox::{
    example_corp::{ADA, AUDIT_CHANNEL, BOB, GENERAL_CHANNEL, Persona},
    slack::{Message, Submission},
};

use crate::world::{ASK, World};

/// Something people do.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) who: Persona,
    pub(super) prepare: for<'w> fn(&'w World) -> BoxFuture<'w, ()>,
    pub(super) act: Act,
    pub(super) act_again: Act,
    pub(super) is_done: fn(&World) -> bool,
}

/// What somebody does, and what they see of it that vanishes again, if anything: messages show by themselves.
pub(super) type Act = for<'w> fn(&'w World) -> BoxFuture<'w, Vec<String>>;

/// What somebody sees who has come to the console.
pub(super) const CONSOLE: &str = "the AWS console";

pub(super) const LINK: Step = Step {
    name: "Ada asks for a link",
    who: ADA,
    prepare: |_| async {}.boxed(),
    act: |world| world.types(ADA, "/elevate link").boxed(),
    act_again: |world| world.types(ADA, "/elevate link").boxed(),
    is_done: |world| world.sees_button(ADA, "person.link"),
};
pub(super) const FOLLOW_LINK: Step = Step {
    name: "Ada follows her link",
    who: ADA,
    prepare: |world| {
        async move {
            world.types(ADA, "/elevate link").await;
        }
        .boxed()
    },
    act: |world| world.goes(ADA, "person.link").boxed(),
    act_again: |world| world.goes(ADA, "person.link").boxed(),
    is_done: |world| world.has_heard("Linked"),
};
pub(super) const MEET: Step = Step {
    name: "Ada, whom nobody knows, opens the form",
    who: ADA,
    prepare: |_| async {}.boxed(),
    act: |world| world.types(ADA, "/elevate").boxed(),
    act_again: |world| world.types(ADA, "/elevate").boxed(),
    is_done: |world| world.sees_button(ADA, "person.link"),
};
pub(super) const OPEN_FORM: Step = Step {
    name: "Ada opens the form",
    who: ADA,
    prepare: |world| world.links_both().boxed(),
    act: |world| world.types(ADA, "/elevate").boxed(),
    act_again: |world| world.types(ADA, "/elevate").boxed(),
    is_done: |world| !world.company.slack.open_views(ADA.slack).is_empty(),
};
pub(super) const SUBMIT: Step = Step {
    name: "Ada submits the form",
    who: ADA,
    prepare: |world| {
        async move {
            world.links_both().await;
            world.types(ADA, "/elevate").await;
        }
        .boxed()
    },
    act: |world| world.submits(ADA, &ASKED).boxed(),
    act_again: |world| world.types(ADA, ASK).boxed(),
    is_done: |world| world.has_heard("Requested"),
};
pub(super) const REQUEST: Step = Step {
    name: "Ada asks in one line",
    who: ADA,
    prepare: |world| world.links_both().boxed(),
    act: |world| world.types(ADA, ASK).boxed(),
    act_again: |world| world.types(ADA, ASK).boxed(),
    is_done: |world| world.has_heard("Requested"),
};
pub(super) const APPROVE: Step = Step {
    name: "Bob approves",
    who: BOB,
    prepare: |world| world.is_asked().boxed(),
    act: |world| world.presses(BOB, "review.approve").boxed(),
    act_again: |world| world.presses(BOB, "review.approve").boxed(),
    is_done: |world| world.has_heard("Approved"),
};
pub(super) const REJECT: Step = Step {
    name: "Bob rejects",
    who: BOB,
    prepare: |world| world.is_asked().boxed(),
    act: |world| world.rejects().boxed(),
    act_again: |world| world.rejects().boxed(),
    is_done: |world| world.has_heard("Rejected"),
};
pub(super) const WITHDRAW: Step = Step {
    name: "Ada withdraws",
    who: ADA,
    prepare: |world| world.is_asked().boxed(),
    act: |world| world.presses(ADA, "request.withdraw").boxed(),
    act_again: |world| world.presses(ADA, "request.withdraw").boxed(),
    is_done: |world| world.has_heard("Withdrawn"),
};
pub(super) const END: Step = Step {
    name: "Bob ends access",
    who: BOB,
    prepare: |world| world.is_approved().boxed(),
    act: |world| world.presses(BOB, "request.end").boxed(),
    act_again: |world| world.presses(BOB, "request.end").boxed(),
    is_done: |world| world.has_heard("Ended early"),
};
pub(super) const ASK_FOR_CONSOLE: Step = Step {
    name: "Ada asks for the console",
    who: ADA,
    prepare: |world| {
        async move {
            world.is_approved().await;
            world.company.slack.reload(ADA.slack);
        }
        .boxed()
    },
    act: |world| world.presses(ADA, "session.console").boxed(),
    act_again: |world| world.presses(ADA, "session.console").boxed(),
    is_done: |world| world.sees_button(ADA, "session.open"),
};
pub(super) const OPEN_CONSOLE: Step = Step {
    name: "Ada opens the console",
    who: ADA,
    prepare: |world| world.is_approved().boxed(),
    act: |world| world.goes(ADA, "session.open").boxed(),
    act_again: |world| {
        async move {
            world.presses(ADA, "session.console").await;
            world.goes(ADA, "session.open").await
        }
        .boxed()
    },
    is_done: |world| world.has_heard("Session issued"),
};

pub(super) const EVERY_STEP: [Step; 12] = [
    MEET,
    LINK,
    FOLLOW_LINK,
    OPEN_FORM,
    SUBMIT,
    REQUEST,
    APPROVE,
    REJECT,
    WITHDRAW,
    END,
    ASK_FOR_CONSOLE,
    OPEN_CONSOLE,
];

const ASKED: [(&str, &str); 3] =
    [("target", "111122223333/S3Admin"), ("duration", "1h"), ("justification", "bucket policy broken")];

impl World {
    fn has_heard(&self, title: &str) -> bool {
        self.titles().any(|heard| heard == title)
    }

    /// What auditors have heard.
    fn titles(&self) -> impl Iterator<Item = String> {
        let title = |line: Message| line.text.split('*').nth(1).unwrap_or_default().to_owned();
        self.company.slack.messages(AUDIT_CHANNEL).into_iter().map(title)
    }

    fn sees_button(&self, persona: Persona, action: &str) -> bool {
        self.company.slack.person(persona.slack).finds(action).is_some()
    }

    async fn links_both(&self) {
        for persona in [ADA, BOB] {
            self.player(persona).links().await;
        }
    }

    async fn is_asked(&self) {
        self.links_both().await;
        self.types(ADA, ASK).await;
    }

    async fn is_approved(&self) {
        self.is_asked().await;
        self.presses(BOB, "review.approve").await;
    }

    async fn types(&self, persona: Persona, line: &str) -> Vec<String> {
        let typed = self.company.slack.person(persona.slack).types(GENERAL_CHANNEL, line).await;
        self.sees(persona, typed.is_ok_and(|ack| ack.is_ok())).await
    }

    async fn presses(&self, persona: Persona, action: &str) -> Vec<String> {
        let slack = self.company.slack.person(persona.slack);
        let place = slack.finds(action).unwrap_or_else(|| panic!("{} sees no {action}", persona.name));
        let pressed = slack.presses(place, action).await;
        self.sees(persona, pressed.is_ok_and(|pressed| pressed.ack.is_ok())).await
    }

    async fn submits(&self, persona: Persona, fields: &[(&str, &str)]) -> Vec<String> {
        let form = self.company.slack.open_views(persona.slack).pop().expect("a form is open");
        let submitted = self.company.slack.person(persona.slack).submits(&form.id, fields).await.unwrap();
        let mut sights = self.sees(persona, submitted.ack.is_ok()).await;
        if let Submission::Errors(errors) = submitted.outcome {
            sights.extend(errors.into_values());
        }
        sights
    }

    async fn rejects(&self) -> Vec<String> {
        let sights = self.presses(BOB, "review.reject").await;
        if self.company.slack.open_views(BOB.slack).is_empty() {
            return sights;
        }
        self.submits(BOB, &[("reason", "read-only will do")]).await
    }

    /// Goes where the newest button of a kind leads, signing in as themselves on the way.
    pub(super) async fn goes(&self, persona: Persona, action: &str) -> Vec<String> {
        let slack = self.company.slack.person(persona.slack);
        let place = slack.finds(action).unwrap_or_else(|| panic!("{} sees no {action}", persona.name));
        let url = slack.presses(place, action).await.unwrap().url.expect("it leads somewhere");
        let browser = self.player(persona).browser;
        let mut page = browser.open(&url).await.unwrap();
        for button in ["This is me", &format!("Continue as {}", persona.name)] {
            if page.button(button).is_some() {
                page = browser.press(&page, button).await.unwrap();
            }
        }
        self.settle().await;
        if page.url.as_str() == self.company.aws.console_url() {
            return vec![CONSOLE.to_owned()];
        }
        vec![format!("{}: {}", page.status, page.text())]
    }

    /// What is new for their eyes alone, once the product has done with it.
    async fn sees(&self, persona: Persona, is_acknowledged: bool) -> Vec<String> {
        self.settle().await;
        let failed = (!is_acknowledged).then(|| "Slack shows that it failed".to_owned());
        failed.into_iter().chain(self.player(persona).unread_whispers()).collect()
    }
}
