//! Deliver: what has been committed is said in Slack, at least once.
//!
//! 1. The replica that committed says it at once; the sweeper says what that replica did not live to say.
//! 2. A card is drawn from the stored request, and again if the request has changed meanwhile: edits converge.
//! 3. Only what Slack has taken is struck off.

use std::sync::Arc;

use super::{Broker, Error, Result, federate};
use crate::{
    domain::{
        audit::{AuditEntry, Refusals, SideEvent},
        ids::RequestId,
        message::{Drawn, Message},
        person::SlackUser,
        work::{Notice, Task, Work},
    },
    ports::{Address, ChatError, Place, Surface},
};

impl Broker {
    /// Sets out to say what is due of this freshly committed work, in its order.
    pub(super) fn deliver_soon(self: &Arc<Self>, work: Vec<Work>) {
        self.spawn(async move |broker| {
            for piece in &work {
                if let Task::Notify(notice) = &piece.task {
                    broker.deliver(piece, notice).await; // 1
                }
            }
        });
    }

    /// Says what a notice tells, and strikes it off.
    pub(super) async fn deliver(&self, work: &Work, notice: &Notice) {
        let outcome = match self.say(notice).await {
            Ok(()) => self.ports.store.done(work, None).await.map_err(Error::from), // 3
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::warn!(
                work = work.id,
                error = format!("{error:#}"),
                "a notice stays undelivered for now"
            );
        }
    }

    /// Says in one line what several notices tell of one person's refusals, and strikes them off.
    pub(super) async fn deliver_refusals(&self, told: &[(&Work, &SideEvent)]) -> Result<()> {
        let events: Vec<&SideEvent> = told.iter().map(|(_, event)| *event).collect();
        let Some(refusals) = Refusals::of(&events) else { return Ok(()) };
        let to = Address::Channel(self.settings.audit_channel.clone());
        self.ports.chat.post(&to, &Message::Refusals(refusals)).await?;
        for (work, _) in told {
            self.ports.store.done(work, None).await?; // 3
        }
        Ok(())
    }

    async fn say(&self, notice: &Notice) -> Result<()> {
        match notice {
            Notice::Card(id) => self.draw(id, Surface::Card).await,
            Notice::Receipt(id) => self.draw(id, Surface::Receipt).await,
            Notice::ConsoleLink(id) => self.whisper_console_link(id).await,
            Notice::Audit(entry) => {
                let to = Address::Channel(self.settings.audit_channel.clone());
                self.ports.chat.post(&to, &Message::Audit(AuditEntry::clone(entry))).await?;
                Ok(())
            }
            Notice::Linked(who, email) => {
                self.ports.chat.post(&Address::Person(who.clone()), &Message::Linked(email.clone())).await?;
                Ok(())
            }
            Notice::Unlinked(who, email) => {
                self.ports
                    .chat
                    .post(&Address::Person(who.clone()), &Message::Unlinked(email.clone()))
                    .await?;
                Ok(())
            }
        }
    }

    async fn draw(&self, id: &RequestId, surface: Surface) -> Result<()> {
        let _turn = self.drawing.take(id.clone()).await;
        let mut drawn = None;
        loop {
            let Some(request) = self.ports.store.request(id).await? else { return Ok(()) };
            if drawn == Some(request.version) {
                return Ok(()); // 2
            }
            drawn = Some(request.version);
            let to = match surface {
                Surface::Card => Address::Channel(self.settings.review_channel.clone()),
                Surface::Receipt => Address::Person(request.requester.slack.clone()),
            };
            let now = Drawn { request, as_of: self.ports.clock.now() };
            let message = match surface {
                Surface::Card => Message::ReviewCard(now),
                Surface::Receipt => Message::Receipt(now),
            };
            self.put(id, surface, &to, &message).await?;
        }
    }

    /// Draws a message where it is, or posts it where it belongs.
    async fn put(&self, id: &RequestId, surface: Surface, to: &Address, message: &Message) -> Result<()> {
        if let Some(place) = self.ports.store.place(id, surface).await? {
            match self.ports.chat.redraw(&place, message).await {
                Err(ChatError::Refused { code, .. }) if code == "message_not_found" => {} // somebody deleted it
                outcome => return Ok(outcome?),
            }
        }
        let place: Place = self.ports.chat.post(to, message).await?;
        Ok(self.ports.store.save_place(id, surface, &place).await?)
    }

    async fn whisper_console_link(&self, id: &RequestId) -> Result<()> {
        let Some(request) = self.ports.store.request(id).await? else { return Ok(()) };
        let user = request.requester.slack;
        let who = SlackUser { team: self.settings.team.clone(), user };
        match federate::console_link(self, &who, id).await {
            Ok(message) => Ok(self.ports.chat.whisper(&who.user, &message).await?),
            Err(Error::Refused(_)) => Ok(()), // access is over already: there is nothing to link to
            Err(error) => Err(error),
        }
    }
}
