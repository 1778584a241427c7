//! Proof that access is open, and that a browser may use it.

use super::{
    person::SignedIn,
    policy::Policy,
    refusal::Refusal,
    request::{Request, Status},
    trail::actor::Approval,
    window::{Timestamp, Window},
};

impl Request {
    /// Proof that access is open at `now`.
    ///
    /// # Errors
    /// [`Refusal::NotLive`].
    pub fn live_at(&self, now: Timestamp) -> Result<LiveGrant<'_>, Refusal> {
        match self.status_at(now) {
            Status::Approved { approvals, window } => Ok(LiveGrant { request: self, approvals, window, now }),
            status @ (Status::Requested
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Expired
            | Status::Ended { .. }) => Err(Refusal::NotLive { status: status.kind() }),
        }
    }
}

/// Proof that a request was approved and its window was open when it was checked.
///
/// Only [`Request::live_at`] makes one.
#[derive(Clone, Debug)]
pub struct LiveGrant<'a> {
    request: &'a Request,
    approvals: Vec<Approval>,
    window: Window,
    now: Timestamp,
}

impl<'a> LiveGrant<'a> {
    /// While access is open.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// Proof that the requester is authenticated, eligible and elevated.
    ///
    /// `browser` must have come back from the identity provider as the requester's `iss` and `sub`, after a sign-in
    /// of the kind that the policy asks for, with groups that still make them eligible for the target.
    ///
    /// # Errors
    /// [`Refusal::OtherPerson`], [`Refusal::NotEligible`]; those of [`Policy::check_sign_in`].
    pub fn elevated(self, policy: &Policy, browser: &SignedIn) -> Result<Elevated<'a>, Refusal> {
        if *browser.subject() != self.request.requester.subject {
            return Err(Refusal::OtherPerson { signed_in: browser.known_as() });
        }
        policy.check_sign_in(browser)?;
        policy.check_eligible(browser.groups(), &self.request.target)?;
        Ok(Elevated { grant: self })
    }
}

/// Proof that this person, in this browser, may have a session at this moment.
///
/// Only [`LiveGrant::elevated`] makes one, and without one no session is asked for.
#[derive(Clone, Debug)]
pub struct Elevated<'a> {
    grant: LiveGrant<'a>,
}

impl<'a> Elevated<'a> {
    /// The request it stands on.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.grant.request
    }

    /// Who approved it.
    #[must_use]
    pub fn approvals(&self) -> &[Approval] {
        &self.grant.approvals
    }

    /// While access is open.
    #[must_use]
    pub fn window(&self) -> Window {
        self.grant.window
    }

    /// When this was checked.
    #[must_use]
    pub fn checked_at(&self) -> Timestamp {
        self.grant.now
    }
}
