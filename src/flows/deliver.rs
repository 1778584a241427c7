//! Deliver: committed notices are delivered to the platform, at least once.
//!
//! 1. The replica that committed a notice delivers it immediately (`outbox.rs`). If that replica stops first, the
//!    sweeper delivers it.
//! 2. A card is drawn from the stored request, and again if the request has changed meanwhile: edits converge.
//! 3. The audit lines of a request are posted in the order of its events, whichever replicas post them.
//! 4. Before a notice that may already have been posted is posted again, the app searches for it, where it can read
//!    the channel.
//! 5. A job is completed only after the platform has accepted its notice.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{
    Broker, Error, Result,
    access::console_link,
    another_way, answer,
    queue::{Outcome, Progress},
};
use crate::{
    domain::{
        account::{Account, Conversation, MessageRef},
        audit::AuditEntry,
        burst::Burst,
        ids::RequestId,
        job::{Job, Lane, LeaseOwner, Leased, Notice, Task, audit_line_id},
        message::{Drawn, Message},
        request::Request,
        window::Timestamp,
    },
    ports::{Address, Because, ChatError, Surface},
};

/// Which attempt to deliver a notice this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Try {
    /// The first attempt, by the replica that committed it.
    First,
    /// A later attempt. The outcome of the earlier ones is unknown.
    Another,
}

/// Which event's audit line is next.
#[derive(Debug)]
enum TurnOf {
    /// This event's.
    This,
    /// That of an event before it. Contains the outcome of the job until then.
    Before(Outcome),
}

/// How long after its commit a replica may start to deliver a notice. A job that waits longer may be delivered by
/// another replica.
const COMMITTER_BEGINS_WITHIN: TimeDelta = TimeDelta::seconds(15);

impl Broker {
    /// Starts delivery of the due notices among these newly committed jobs, after the pending ones of the same request.
    /// If the outbox is full, they are left to the sweeper.
    pub(super) fn deliver_soon(self: &Arc<Self>, jobs: Vec<Job>) {
        let is_said = |job: &Job| matches!(job.task, Task::Notify(_)) && job.held_until().is_none();
        let Some(line) = self.outbox.push(jobs.into_iter().filter(is_said).collect()) else { return };
        self.spawn(async move |broker| {
            while let Some(job) = broker.outbox.next(&line) {
                if job.is_for_auditors() {
                    broker.tell_auditors_soon(job);
                } else {
                    broker.deliver_first(job).await; // 1
                }
            }
        });
    }

    /// Starts delivery of an audit line, in its order.
    fn tell_auditors_soon(self: &Arc<Self>, job: Job) {
        if self.outbox.push_for_auditors(job) {
            self.spawn(async move |broker| {
                while let Some(job) = broker.outbox.next_for_auditors() {
                    broker.deliver_first(job).await;
                }
            });
        }
    }

    /// Delivers a notice that this replica committed, unless another replica may already be delivering it.
    async fn deliver_first(self: &Arc<Self>, job: Job) {
        if self.ports.clock.now() - job.due < COMMITTER_BEGINS_WITHIN {
            self.deliver(&Leased::by_committer(job), Try::First).await;
        }
    }

    /// Delivers the notice of a job, unless this replica is stopping.
    pub(super) async fn deliver(self: &Arc<Self>, leased: &Leased, which: Try) -> Progress {
        let Task::Notify(notice) = &leased.job.task else { return Progress::GoOn };
        let outcome = if self.is_stopping() { Ok(Outcome::Released) } else { self.say(notice, which).await };
        self.close(leased, outcome).await // 5
    }

    /// Posts one audit line for several jobs of one person.
    pub(super) async fn deliver_burst(self: &Arc<Self>, leased: &[Leased]) -> Progress {
        let mut told: Vec<(&Leased, &AuditEntry)> = Vec::new();
        for leased in leased {
            let Task::Notify(Notice::Burst(entry)) = &leased.job.task else { continue };
            let follows = |(_, before): &(_, &AuditEntry)| before.is_right_before(entry);
            if told.iter().any(follows) {
                told.push((leased, entry));
                continue;
            }
            match self.turn_of(entry).await {
                Ok(TurnOf::This) => told.push((leased, entry)),
                Ok(TurnOf::Before(outcome)) => {
                    self.close(leased, Ok(outcome)).await;
                }
                Err(error) => {
                    self.put_off(leased, &error).await;
                }
            }
        }
        let entries: Vec<&AuditEntry> = told.iter().map(|(_, entry)| *entry).collect();
        let Some(burst) = Burst::of(&entries) else { return Progress::GoOn };
        let to = Address::Conversation(self.settings.audit_channel.clone());
        let said = self.post(&to, &Message::Burst(Box::new(burst))).await.map_err(Error::from);
        let mut progress = Progress::GoOn;
        for (leased, _) in told {
            progress = match &said {
                Ok(_) => self.close(leased, Ok(Outcome::Done(None))).await,
                Err(error) => self.put_off(leased, error).await,
            };
        }
        progress
    }

    async fn say(self: &Arc<Self>, notice: &Notice, which: Try) -> Result<Outcome> {
        match notice {
            Notice::Card(id) => self.draw(id, Surface::Card, which).await?,
            Notice::Receipt(id) => self.draw(id, Surface::Receipt, which).await?,
            Notice::ConsoleLink(id) => self.whisper_console_link(id).await?,
            Notice::CardSeen(id) => another_way::say_whether_seen(self, id).await?,
            Notice::PassOn(id, untold) => another_way::pass_on(self, id, *untold).await?,
            Notice::Audit(entry) | Notice::Burst(entry) => match self.turn_of(entry).await? {
                TurnOf::This => self.tell_auditors(entry, which).await?,
                TurnOf::Before(outcome) => return Ok(outcome),
            },
            Notice::Linked(who, email) => self.send(who, Message::Linked(email.clone())).await?,
            Notice::SignedOut(who, email) => self.send(who, Message::SignedOut(email.clone())).await?,
            Notice::Relinked(who, email) => self.send(who, Message::Relinked(email.clone())).await?,
            Notice::Unlinked(who, email) => self.send(who, Message::Unlinked(email.clone())).await?,
        }
        Ok(Outcome::Done(None))
    }

    async fn send(&self, who: &Account, message: Message) -> Result<()> {
        self.post(&Address::Person(who.clone()), &message).await?;
        Ok(())
    }

    /// Checks whether the audit line of the preceding event has been posted. If that line waits behind less important
    /// ones, or for the end of its minute, it is posted first, so that no important line waits for it.
    async fn turn_of(self: &Arc<Self>, entry: &AuditEntry) -> Result<TurnOf> {
        let Some(recorded) = entry.of_a_request() else { return Ok(TurnOf::This) };
        let before = recorded.number.saturating_sub(1);
        let before = match before {
            0 => None,
            version => self.ports.store.event(&recorded.stream, version).await?,
        };
        let Some(before) = before else { return Ok(TurnOf::This) };
        let (lane, id) = (Lane::of_audit_line(&before.what), audit_line_id(&before));
        if !self.ports.store.is_pending(lane, before.at, &id).await? {
            return Ok(TurnOf::This);
        }
        if lane != Lane::AuditorsLater {
            return Ok(TurnOf::Before(Outcome::NotYet)); // 3
        }
        let task = Task::Notify(Notice::Audit(Box::new(entry.of_the_same_request(before.clone()))));
        let job = Job { due: before.at, id: id.clone(), platform: None, task };
        let owner = LeaseOwner::named(self.ports.ids.command_id().to_string());
        let Some(leased) = self.ports.store.lease(&job, owner, self.ports.clock.now()).await? else {
            return Ok(TurnOf::Before(Outcome::NotYet));
        };
        if Box::pin(self.deliver(&leased, Try::Another)).await == Progress::Wait {
            return Ok(TurnOf::Before(Outcome::Released));
        }
        let is_told = !self.ports.store.is_pending(lane, before.at, &id).await?;
        Ok(if is_told { TurnOf::This } else { TurnOf::Before(Outcome::NotYet) })
    }

    async fn tell_auditors(&self, entry: &AuditEntry, which: Try) -> Result<()> {
        let channel = &self.settings.audit_channel;
        let message = Message::Audit(entry.clone());
        if which == Try::Another && self.find(channel, &message, entry.at()).await?.is_some() {
            return Ok(()); // 4
        }
        self.post(&Address::Conversation(channel.clone()), &message).await?;
        Ok(())
    }

    /// Updates a message about a request, or posts it if it does not exist. Repeats if the request changes meanwhile.
    pub(super) async fn draw(&self, id: &RequestId, surface: Surface, which: Try) -> Result<()> {
        let _turn = self.drawing.take(id.clone()).await;
        let mut drawn = None;
        loop {
            let Some(request) = self.ports.store.request(id).await? else { return Ok(()) };
            if drawn == Some(request.version) {
                return Ok(()); // 2
            }
            drawn = Some(request.version);
            self.put(request, surface, which).await?;
        }
    }

    /// Updates a message once, or posts it if it does not exist.
    async fn put(&self, request: Request, surface: Surface, which: Try) -> Result<()> {
        let id = request.id.clone();
        // Only the replica that committed a new request can be sure that no message about it has been posted.
        let is_news = which == Try::First && request.version == 1;
        let since = Some(request.requested_at).filter(|_| !is_news);
        let Some((to, message)) = self.about(request, surface)? else { return Ok(()) };
        if let Some(place) = self.whereabouts(&id, surface, (&to, &message), since).await? {
            let platform = place.conversation().platform();
            match self.chat(platform)?.messenger.redraw(&place, &message).await {
                Err(
                    ChatError::Refused { because: Because::MessageGone, .. } | ChatError::Unsupported { .. },
                ) => {} // the message was deleted, or the platform cannot update messages
                outcome => return Ok(outcome?),
            }
        }
        let place = self.post(&to, &message).await?;
        Ok(self.ports.store.save_place(&id, surface, &place).await?)
    }

    /// Returns the message about a request and its address. Returns `None` for a requester without an account.
    fn about(&self, request: Request, surface: Surface) -> Result<Option<(Address, Message)>> {
        let requester = request.requester.account.clone();
        let now = Drawn { request, as_of: self.ports.clock.now() };
        Ok(match surface {
            Surface::Card => {
                let channel = self.review_channel(requester.as_ref())?.cloned();
                channel.map(|channel| (Address::Conversation(channel), Message::ReviewCard(now)))
            }
            Surface::Receipt => requester.map(|who| (Address::Person(who), Message::Receipt(now))),
        })
    }

    /// Returns the location of a message about a request: the stored one, or, if the replica stopped before it stored
    /// the location, the one found by a search.
    async fn whereabouts(
        &self,
        id: &RequestId,
        surface: Surface,
        (to, message): (&Address, &Message),
        since: Option<Timestamp>,
    ) -> Result<Option<MessageRef>> {
        let noted = self.ports.store.place(id, surface).await?;
        let (None, Address::Conversation(channel), Some(since)) = (&noted, to, since) else {
            return Ok(noted);
        };
        let found = self.find(channel, message, since).await?; // 4
        if let Some(place) = &found {
            self.ports.store.save_place(id, surface, place).await?;
        }
        Ok(found)
    }

    /// Searches for a message that may have been posted. Returns `None` if the app may not read the channel.
    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>> {
        match self.chat(channel.platform())?.messenger.find(channel, message, since).await {
            Err(refused @ (ChatError::Refused { .. } | ChatError::Unsupported { .. })) => {
                tracing::warn!(error = %refused, "chat: search for own message failed, a duplicate is possible");
                Ok(None)
            }
            outcome => Ok(outcome?),
        }
    }

    async fn whisper_console_link(&self, id: &RequestId) -> Result<()> {
        let Some(request) = self.ports.store.request(id).await? else { return Ok(()) };
        let Some(who) = request.requester.account else { return Ok(()) };
        match console_link::console_link(self, &who, id).await {
            Ok(message) => Ok(answer::whisper(self, &who, &message).await?),
            Err(Error::Refused(_)) => Ok(()), // access has ended: there is nothing to link to
            Err(error) => Err(error),
        }
    }
}
