//! Ports that note how each of their calls went.

use std::{fmt, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;

use super::{Metrics, Outcome, names};
use crate::{
    domain::{
        account::{Account, Conversation, MessageRef},
        message::{Form, Message},
        person::{HeldAccount, Member, Subject},
        session::SessionTerms,
        step_up::StepUp,
        window::Timestamp,
    },
    ports::{
        Address, Answer, Channel, Chat, ChatError, Cloud, CloudError, Credentials, Identity, IdentityError,
        Opened, RateLimited, RateLimits, Redeemed, Refreshed, SealError, SealedRow, Sealer, SignInProof,
        SignedOut, SlackAccounts, Workspace,
    },
};

/// A port that does what the one behind it does, and notes how each call went.
pub struct Measured<P: ?Sized> {
    pub(super) port: Arc<P>,
    pub(super) metrics: Arc<Metrics>,
    counterpart: &'static str,
}

impl<P: ?Sized> Measured<P> {
    /// Puts itself in front of `port`, behind which is `counterpart`.
    #[must_use]
    pub fn new(counterpart: &'static str, port: Arc<P>, metrics: &Arc<Metrics>) -> Self {
        Self { port, metrics: Arc::clone(metrics), counterpart }
    }

    /// Waits for `answer`. A call that nobody waits for any more is not noted.
    pub(super) async fn noted<T, E>(
        &self,
        call: &'static str,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        for<'e> Outcome: From<&'e E>,
    {
        let since = Instant::now();
        let answer = answer.await;
        let outcome = answer.as_ref().map_or_else(Outcome::from, |_| Outcome::Ok);
        self.metrics.called(self.counterpart, call, outcome, since);
        answer
    }
}

impl<P: ?Sized> fmt::Debug for Measured<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").field("counterpart", &self.counterpart).finish_non_exhaustive()
    }
}

#[async_trait]
impl Chat for Measured<dyn Chat> {
    async fn identify(&self) -> Result<Workspace, ChatError> {
        self.noted("identify", self.port.identify()).await
    }

    async fn member(&self, who: &Account) -> Result<Member, ChatError> {
        self.noted("member", self.port.member(who)).await
    }

    async fn channel(&self, id: &Conversation) -> Result<Channel, ChatError> {
        self.noted("channel", self.port.channel(id)).await
    }

    async fn open(&self, trigger: &str, form: &Form) -> Result<(), ChatError> {
        self.noted("open", self.port.open(trigger, form)).await
    }

    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError> {
        self.noted("post", self.port.post(to, message)).await
    }

    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError> {
        self.noted("find", self.port.find(channel, message, since)).await
    }

    async fn redraw(&self, place: &MessageRef, message: &Message) -> Result<(), ChatError> {
        self.noted("redraw", self.port.redraw(place, message)).await
    }

    async fn whisper(&self, to: &Account, message: &Message) -> Result<(), ChatError> {
        self.noted("whisper", self.port.whisper(to, message)).await
    }

    async fn reply(&self, response_url: &Url, message: &Message) -> Result<(), ChatError> {
        self.noted("reply", self.port.reply(response_url, message)).await
    }
}

impl From<&ChatError> for Outcome {
    fn from(error: &ChatError) -> Self {
        match error {
            ChatError::Refused { .. } => Self::Refused,
            ChatError::Unavailable { .. } => Self::Unavailable,
        }
    }
}

#[async_trait]
impl Identity for Measured<dyn Identity> {
    async fn check(&self) -> Result<(), IdentityError> {
        self.noted("check", self.port.check()).await
    }

    async fn sign_in_url(&self, proof: &SignInProof, asks: Option<&StepUp>) -> Result<Url, IdentityError> {
        self.noted("sign_in_url", self.port.sign_in_url(proof, asks)).await
    }

    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<Redeemed, IdentityError> {
        self.noted("redeem", self.port.redeem(answer, proof)).await
    }

    async fn signed_out(&self, logout_token: &str) -> Result<SignedOut, IdentityError> {
        self.noted("signed_out", self.port.signed_out(logout_token)).await
    }

    async fn refresh(&self, token: &SecretString, expected: &Subject) -> Result<Refreshed, IdentityError> {
        self.noted("refresh", self.port.refresh(token, expected)).await
    }
}

#[async_trait]
impl SlackAccounts for Measured<dyn SlackAccounts> {
    async fn check(&self) -> Result<(), IdentityError> {
        self.noted("check", self.port.check()).await
    }

    async fn sign_in_url(&self, proof: &SignInProof) -> Result<Url, IdentityError> {
        self.noted("sign_in_url", self.port.sign_in_url(proof)).await
    }

    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<HeldAccount, IdentityError> {
        self.noted("redeem", self.port.redeem(answer, proof)).await
    }
}

impl From<&IdentityError> for Outcome {
    fn from(error: &IdentityError) -> Self {
        match error {
            IdentityError::Gone | IdentityError::Unusable(_) => Self::Refused,
            IdentityError::Unavailable(_) => Self::Unavailable,
        }
    }
}

#[async_trait]
impl Sealer for Measured<dyn Sealer> {
    async fn seal(&self, secret: &SecretString, row: &SealedRow<'_>) -> Result<Vec<u8>, SealError> {
        self.noted("seal", self.port.seal(secret, row)).await
    }

    async fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<Opened, SealError> {
        self.noted("open", self.port.open(sealed, row)).await
    }
}

impl From<&SealError> for Outcome {
    fn from(error: &SealError) -> Self {
        match error {
            SealError::Shut(_) => Self::Refused,
            SealError::Unavailable(_) => Self::Unavailable,
        }
    }
}

impl RateLimits for Measured<dyn RateLimits> {
    fn count_action(&self, who: &Account) -> Result<(), RateLimited> {
        self.port.count_action(who).inspect_err(|_| self.metrics.rate_limited(names::ACCOUNT))
    }

    fn may_notify(&self, who: &Account) -> bool {
        self.port.may_notify(who)
    }

    fn count_page_view(&self, address: IpAddr) -> Result<(), RateLimited> {
        self.port.count_page_view(address).inspect_err(|_| self.metrics.rate_limited(names::ADDRESS))
    }
}

#[async_trait]
impl Cloud for Measured<dyn Cloud> {
    async fn assume_role(&self, terms: &SessionTerms) -> Result<Credentials, CloudError> {
        self.noted("assume_role", self.port.assume_role(terms)).await
    }

    async fn console_url(&self, credentials: &Credentials) -> Result<SecretString, CloudError> {
        self.noted("console_url", self.port.console_url(credentials)).await
    }
}

impl From<&CloudError> for Outcome {
    fn from(error: &CloudError) -> Self {
        match error {
            CloudError::Refused(_) => Self::Refused,
            CloudError::Unavailable(_) => Self::Unavailable,
        }
    }
}
