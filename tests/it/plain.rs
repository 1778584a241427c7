//! A chat platform that cannot do much: it opens no form, has no word for one person alone, and replaces nothing.

use std::sync::Arc;

use async_trait::async_trait;
use elevate::{
    config::{Config, Secrets},
    domain::{
        account::{Account, Conversation, MessageRef},
        message::{Form, Message},
        press::{FormHandle, ReplyHandle, ReplyTo, Wish},
        window::Timestamp,
    },
    flows::{Broker, Ports, inbox},
    ports::{Address, ChatError, Dialogs, Messenger},
};
use sandbox::example_corp::{ADA, BOB};

use crate::world::{Story, World, play};

#[tokio::test]
async fn without_a_private_word_a_link_is_a_direct_message_and_in_no_shared_conversation() {
    play(Story::with_linked([ADA]), async |world| {
        let broker = plainly(world);
        let mut press = world.press(BOB, "a trigger", Wish::Link);
        press.asker.reply_to = ReplyTo::Handle(ReplyHandle::new("where he typed it"));
        inbox::accept(&broker, press).await.unwrap();
        broker.idle().await;
        assert!(world.bob().unread_whispers().is_empty());
        world.bob().is_told();
        let link = world.bob().presses("person.link").await.expect("the button leads somewhere");
        assert!(link.contains("/link/"), "{link}");
    })
    .await;
}

/// The product, which finds its words reduced to posts.
fn plainly(world: &World) -> Arc<Broker> {
    let company = &world.company;
    let config =
        Config::parse(&company.configuration(&world.url), company.environment(), Secrets::new()).unwrap();
    let running = world.app.broker();
    let plain = Arc::new(Plain(Arc::clone(&running.ports().messenger)));
    let ports = Ports { messenger: Arc::clone(&plain) as _, dialogs: plain, ..running.ports().clone() };
    Broker::new(ports, config.policy, running.settings().clone())
}

/// A messenger that posts, and can do nothing else.
struct Plain(Arc<dyn Messenger>);

#[async_trait]
impl Messenger for Plain {
    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError> {
        self.0.post(to, message).await
    }

    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError> {
        self.0.find(channel, message, since).await
    }

    async fn redraw(&self, _: &MessageRef, _: &Message) -> Result<(), ChatError> {
        unsupported("replace a message")
    }

    async fn whisper(&self, _: &Account, _: &Message) -> Result<(), ChatError> {
        unsupported("say something to one person alone")
    }
}

#[async_trait]
impl Dialogs for Plain {
    async fn open(&self, _: &FormHandle, _: &Form) -> Result<(), ChatError> {
        unsupported("open a form")
    }

    async fn reply(&self, _: &ReplyHandle, _: &Message) -> Result<(), ChatError> {
        unsupported("answer where somebody acts")
    }
}

fn unsupported<T>(operation: &'static str) -> Result<T, ChatError> {
    Err(ChatError::Unsupported { platform: "plain", operation })
}
