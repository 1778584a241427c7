//! Message: a press counts only in the message that the app drew for the request.

use chrono::TimeDelta;
use elevate::{
    domain::{
        account::Account,
        act::Act,
        message::{Drawn, Message},
        press::{ActedIn, Wish},
    },
    flows::inbox,
    ports::{Address, ChatPorts},
};
use sandbox::{
    example_corp::{ADA, BOB, CAROL, GENERAL_CHANNEL, Persona, REVIEW_CHANNEL},
    slack,
};

use crate::world::{Player, Story, World, play};

const WRONG: &str = "not this request's current one";

/// What somebody does who has the bot's token.
impl World {
    fn chat(&self) -> &ChatPorts {
        self.app.broker().ports().chats.values().next().unwrap()
    }

    fn account(&self, persona: Persona) -> Account {
        self.app.broker().settings().homes.values().next().unwrap().tenant.account(persona.slack)
    }

    fn channel(&self, id: &str) -> Address {
        let home = self.app.broker().settings().homes.values().next().unwrap();
        Address::Conversation(home.tenant.conversation(id))
    }

    /// Ada's request under another's name and target, with its true buttons.
    async fn forgery(&self) -> Drawn {
        let [id] = self.requests_of(ADA).await;
        let mut request = self.app.broker().ports().store.request(&id).await.unwrap().unwrap();
        request.target = "111122223333/ReadOnly".parse().unwrap();
        Drawn { request, as_of: self.company.clock.now() }
    }

    async fn forges(&self, to: &Address, message: &Message) -> slack::Place {
        let place = self.chat().messenger.post(to, message).await.unwrap();
        slack::Place { channel: place.conversation().id().to_owned(), ts: place.id().to_owned() }
    }

    fn true_card(&self) -> slack::Message {
        self.company.slack.messages(REVIEW_CHANNEL).into_iter().next().unwrap()
    }
}

impl Player<'_> {
    /// Presses a button of this very message, and reads that it is the wrong one; auditors hear of it.
    async fn is_refused_in(&self, place: &slack::Place, action: &str) {
        let edits = self.world.true_card().edits;
        self.world.company.slack.person(self.persona.slack).presses(place.clone(), action).await.unwrap();
        if action == "review.reject" {
            self.submits(&[("reason", "not today")]).await;
        }
        self.settles().await;
        let heard = self.hears();
        assert!(heard.contains(WRONG), "{action}: {heard}");
        self.world.auditors_hear([&format!("@{} tried to", self.persona.name)]);
        assert!(self.world.true_card().edits > edits, "the true card is drawn again");
    }
}

#[tokio::test]
async fn a_card_that_somebody_else_posts_above_true_buttons_answers_nothing() {
    play(Story::asked(), async |world| {
        let forged = Message::ReviewCard(world.forgery().await);
        let card = world.true_card();
        let below = world.account(BOB).tenant().clone();
        let below = below.conversation(REVIEW_CHANNEL).message(card.ts.as_str());
        for to in [
            world.channel(GENERAL_CHANNEL),
            world.channel(REVIEW_CHANNEL),
            Address::Thread(below),
            Address::Person(world.account(BOB)),
        ] {
            let place = world.forges(&to, &forged).await;
            for action in ["review.approve", "review.reject", "request.withdraw"] {
                world.bob().is_refused_in(&place, action).await;
            }
            world.everybody_catches_up();
            world.passes(TimeDelta::minutes(1)).await;
        }
        world.chat().messenger.whisper(&world.account(BOB), &forged).await.unwrap();
        world.bob().hears();
        for action in ["review.approve", "review.reject", "request.withdraw"] {
            world.bob().is_refused(action, "other_message", WRONG).await;
        }
        world.everybody_catches_up();

        let card = slack::Place { channel: card.channel, ts: card.ts };
        world.company.slack.person(BOB.slack).presses(card, "review.approve").await.unwrap();
        world.bob().settles().await;
        assert!(world.audit().concat().contains("*Approved* · @Bob"), "the true card answers");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_true_button_above_another_requests_card_answers_nothing() {
    play(Story::asked(), async |world| {
        let asked_for = world.true_card();
        let ada = world.ada();
        ada.types("/elevate 444455556666/ReadOnly 1h looking around").await;
        world.everybody_catches_up();
        let [first, second] = &world.company.slack.messages(REVIEW_CHANNEL)[..] else { panic!("two cards") };
        let (channel, ts) = (second.channel.clone(), second.ts.clone());
        world.company.slack.tamper_with_message(&channel, &ts, first.blocks.clone());
        world.bob().is_refused("review.approve", "other_message", WRONG).await;
        assert!(world.true_card().edits > asked_for.edits, "the card of the request that was named is drawn");
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn access_is_ended_and_the_console_asked_for_in_no_message_but_the_apps_own() {
    play(Story::approved(), async |world| {
        let drawn = world.forgery().await;
        let card = world.forges(&world.channel(GENERAL_CHANNEL), &Message::ReviewCard(drawn.clone())).await;
        world.bob().is_refused_in(&card, "request.end").await;
        let receipt = Message::Receipt(drawn);
        let place = world.forges(&Address::Person(world.account(ADA)), &receipt).await;
        world.ada().is_told();
        for action in ["request.end", "session.console"] {
            world.ada().is_refused_in(&place, action).await;
        }
        world.chat().messenger.whisper(&world.account(BOB), &receipt).await.unwrap();
        world.bob().hears();
        world.bob().is_refused("request.end", "other_message", WRONG).await;
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn what_only_the_requester_sees_serves_them_alone() {
    play(Story::asked(), async |world| {
        let ada = world.ada();
        ada.types("/elevate 111122223333/S3Admin 1h once more").await;
        assert!(ada.hears().contains("You already have a request"));
        ada.presses("request.withdraw").await;
        assert!(world.audit().concat().contains("*Withdrawn*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_form_that_does_not_say_where_it_was_opened_rejects_nothing() {
    play(Story::asked(), async |world| {
        let [id] = world.requests_of(ADA).await;
        let reject = Wish::Do(id, Act::Reject("not today".parse().unwrap()));
        let mut press = world.press(BOB, "a form", reject);
        press.asker.acted_in = ActedIn::Elsewhere;
        inbox::accept(world.app.broker(), press).await.unwrap();
        world.settle().await;
        assert!(world.bob().hears().contains(WRONG));
        world.audits_refusal("Bob", "reject", WRONG);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn somebody_who_answers_what_has_changed_hears_who_was_first_and_sees_the_card_as_it_is() {
    play(Story::asked(), async |world| {
        let card = world.true_card();
        world.company.slack.control().fail_always("chat.update", sandbox::http::Fault::Status(500));
        world.bob().presses("review.approve").await;
        world.company.slack.control().heal();
        assert!(world.true_card().text.ends_with("requested"), "{}", world.true_card().text);
        world.company.idp.update_person(CAROL.login, |carol| carol.groups.push("aws-temp#Reviewer".into()));
        world.audit();
        world.carol().is_refused("review.reject", "already_answered", "has already approved").await;
        assert!(world.true_card().edits > card.edits && !world.true_card().text.ends_with("requested"));
        world.passes(TimeDelta::minutes(2)).await;
        world.everybody_puts_all_away();
    })
    .await;
}
