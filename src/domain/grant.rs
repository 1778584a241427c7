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
    /// Returns proof that access is open at `now`.
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
    /// Returns the window in which access is open.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// Returns proof that the requester is authenticated, eligible and elevated.
    ///
    /// `browser` must have returned from the identity provider with the requester's `iss` and `sub`, after a sign-in
    /// that meets the policy, with groups that still make the person eligible for the target.
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
/// Only [`LiveGrant::elevated`] makes one, and a session is never requested without one.
#[derive(Clone, Debug)]
pub struct Elevated<'a> {
    grant: LiveGrant<'a>,
}

impl<'a> Elevated<'a> {
    /// Returns the request that grants access.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.grant.request
    }

    /// Returns who approved it.
    #[must_use]
    pub fn approvals(&self) -> &[Approval] {
        &self.grant.approvals
    }

    /// Returns the window in which access is open.
    #[must_use]
    pub fn window(&self) -> Window {
        self.grant.window
    }

    /// Returns when this was checked.
    #[must_use]
    pub fn checked_at(&self) -> Timestamp {
        self.grant.now
    }
}
