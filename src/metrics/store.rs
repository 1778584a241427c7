//! The measured store, which counts the events committed through it.

use async_trait::async_trait;

use super::{Measured, Outcome, names};
use crate::{
    domain::{
        account::{Account, MessageRef},
        audit::SideEvent,
        code::AwaitedCode,
        ids::{CommandId, RequestId, SideEventId},
        job::{Job, Lane, LeaseOwner, Leased},
        person::{FreshGroups, Link, Subject},
        press::Press,
        request::{Recorded, Request},
        secret::SecretHash,
        ticket::{LinkSecrets, Ticket},
        window::Timestamp,
    },
    ports::{
        CommitError, Cursor, DeadLetter, LaneHead, LinkError, Listed, NewLink, OpenRequests, Page, Requests,
        SealedToken, Step, Store, StoreError, Surface, UsedToken,
    },
};

#[async_trait]
impl Requests for Measured<dyn Store> {
    async fn requests(
        &self,
        listed: &Listed,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page, StoreError> {
        self.noted("requests", self.port.requests(listed, after, most)).await
    }

    async fn open_requests(&self) -> Result<OpenRequests, StoreError> {
        self.noted("open_requests", self.port.open_requests()).await
    }
}

#[async_trait]
impl Store for Measured<dyn Store> {
    async fn check(&self) -> Result<(), StoreError> {
        self.noted("check", self.port.check()).await
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.noted("request", self.port.request(id)).await
    }

    async fn event(&self, id: &RequestId, version: u64) -> Result<Option<Recorded>, StoreError> {
        self.noted("event", self.port.event(id, version)).await
    }

    async fn events(&self, id: &RequestId) -> Result<Vec<Recorded>, StoreError> {
        self.noted("events", self.port.events(id)).await
    }

    async fn commit(&self, step: &Step) -> Result<(), CommitError> {
        self.noted("commit", self.port.commit(step)).await?;
        self.metrics.committed(names::event(&step.recorded.event));
        Ok(())
    }

    async fn record(&self, event: &SideEvent, jobs: &[Job], now: Timestamp) -> Result<bool, StoreError> {
        let is_recorded = self.noted("record", self.port.record(event, jobs, now)).await?;
        if is_recorded {
            self.metrics.committed(names::side_news(&event.what));
        }
        Ok(is_recorded)
    }

    async fn side_event(&self, id: &SideEventId, at: Timestamp) -> Result<Option<SideEvent>, StoreError> {
        self.noted("side_event", self.port.side_event(id, at)).await
    }

    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError> {
        self.noted("link", self.port.link(who)).await
    }

    async fn save_link(&self, new: &NewLink) -> Result<(), LinkError> {
        self.noted("save_link", self.port.save_link(new)).await?;
        self.metrics.committed(names::side_news(&new.event.what));
        Ok(())
    }

    async fn remove_link(&self, link: &Link, event: &SideEvent, jobs: &[Job]) -> Result<(), CommitError> {
        self.noted("remove_link", self.port.remove_link(link, event, jobs)).await?;
        self.metrics.committed(names::side_news(&event.what));
        Ok(())
    }

    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        self.noted("owner", self.port.owner(subject)).await
    }

    async fn sign_out(
        &self,
        link: &Link,
        event: &SideEvent,
        jobs: &[Job],
        now: Timestamp,
    ) -> Result<(), CommitError> {
        self.noted("sign_out", self.port.sign_out(link, event, jobs, now)).await?;
        self.metrics.committed(names::side_news(&event.what));
        Ok(())
    }

    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError> {
        self.noted("save_groups", self.port.save_groups(link, groups)).await
    }

    async fn token(&self, who: &Account) -> Result<Option<SealedToken>, StoreError> {
        self.noted("token", self.port.token(who)).await
    }

    async fn take_token(
        &self,
        who: &Account,
        read: &SealedToken,
        until: Timestamp,
    ) -> Result<SealedToken, CommitError> {
        self.noted("take_token", self.port.take_token(who, read, until)).await
    }

    async fn give_token_back(
        &self,
        who: &Account,
        taken: &SealedToken,
        used: UsedToken,
    ) -> Result<(), CommitError> {
        self.noted("give_token_back", self.port.give_token_back(who, taken, used)).await
    }

    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.noted("keep_ticket", self.port.keep_ticket(ticket)).await
    }

    async fn ticket(&self, key: &SecretHash) -> Result<Option<Ticket>, StoreError> {
        self.noted("ticket", self.port.ticket(key)).await
    }

    async fn start_link(
        &self,
        link: &SecretHash,
        sign_in: &Ticket,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        self.noted("start_link", self.port.start_link(link, sign_in, now)).await
    }

    async fn await_code(
        &self,
        awaited: &AwaitedCode,
        uses_up: &LinkSecrets,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        self.noted("await_code", self.port.await_code(awaited, uses_up, now)).await
    }

    async fn awaited_code(&self, who: &Account) -> Result<Option<AwaitedCode>, StoreError> {
        self.noted("awaited_code", self.port.awaited_code(who)).await
    }

    async fn count_try(&self, read: &AwaitedCode) -> Result<AwaitedCode, CommitError> {
        self.noted("count_try", self.port.count_try(read)).await
    }

    async fn accept(&self, press: &Press, finish_by: Timestamp) -> Result<bool, StoreError> {
        self.noted("accept", self.port.accept(press, finish_by)).await
    }

    async fn press(&self, id: &CommandId) -> Result<Option<Press>, StoreError> {
        self.noted("press", self.port.press(id)).await
    }

    async fn finish(&self, id: &CommandId) -> Result<(), StoreError> {
        self.noted("finish", self.port.finish(id)).await
    }

    async fn head(&self, lane: Lane, now: Timestamp, most: usize) -> Result<LaneHead, StoreError> {
        self.noted("head", self.port.head(lane, now, most)).await
    }

    async fn lease(
        &self,
        job: &Job,
        owner: LeaseOwner,
        now: Timestamp,
    ) -> Result<Option<Leased>, StoreError> {
        self.noted("lease", self.port.lease(job, owner, now)).await
    }

    async fn complete(&self, leased: &Leased, next: Option<&Job>) -> Result<bool, StoreError> {
        self.noted("complete", self.port.complete(leased, next)).await
    }

    async fn release(&self, leased: &Leased, from: Timestamp) -> Result<bool, StoreError> {
        self.noted("release", self.port.release(leased, from)).await
    }

    async fn is_pending(&self, lane: Lane, due: Timestamp, id: &str) -> Result<bool, StoreError> {
        self.noted("is_pending", self.port.is_pending(lane, due, id)).await
    }

    async fn dead_letter(&self, letter: &DeadLetter) -> Result<(), CommitError> {
        self.noted("dead_letter", self.port.dead_letter(letter)).await?;
        self.metrics.dead_letter(names::task(&letter.leased.job.task));
        if let Some(event) = &letter.event {
            self.metrics.committed(names::side_news(&event.what));
        }
        Ok(())
    }

    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError> {
        self.noted("place", self.port.place(id, which)).await
    }

    async fn save_place(&self, id: &RequestId, which: Surface, place: &MessageRef) -> Result<(), StoreError> {
        self.noted("save_place", self.port.save_place(id, which, place)).await
    }
}

impl From<&StoreError> for Outcome {
    fn from(_: &StoreError) -> Self {
        Self::Unavailable
    }
}

impl From<&CommitError> for Outcome {
    fn from(error: &CommitError) -> Self {
        match error {
            CommitError::Conflict | CommitError::Held(_) | CommitError::UsedUp => Self::Refused,
            CommitError::Failed(error) => error.into(),
        }
    }
}

impl From<&LinkError> for Outcome {
    fn from(error: &LinkError) -> Self {
        match error {
            LinkError::UsedUp | LinkError::IdentityTaken | LinkError::LinkedToAnother => Self::Refused,
            LinkError::Failed(error) => error.into(),
        }
    }
}
