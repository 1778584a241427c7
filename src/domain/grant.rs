//! Proof that access is open, and that a browser may use it.

use chrono::TimeDelta;

use super::{
    email::Email,
    person::{Confirmed, SignedIn},
    policy::Policy,
    refusal::{Refusal, Unproven},
    request::{Recorded, Request, Status},
    trail::actor::Approval,
    window::{Timestamp, Window},
};

/// The largest tolerated difference between the clock of the replica that approved and ours.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::minutes(1);

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
    /// that meets the policy, with confirmed groups that still make the person eligible for the target.
    ///
    /// `history` must be the events of the request, from the first to the last. What is stored about the request proves
    /// nothing by itself: it must be what they add up to, hold an approval by somebody else than the requester, and lie
    /// within what the policy allows at this moment.
    ///
    /// # Errors
    /// [`Refusal::OtherPerson`], [`Refusal::NotEligible`], [`Refusal::UnprovenGrant`], [`Refusal::TooLong`]; those of
    /// [`Policy::check_sign_in`].
    pub fn elevated(
        self,
        policy: &Policy,
        browser: &Confirmed,
        history: &[Recorded],
    ) -> Result<Elevated<'a>, Refusal> {
        let browser = browser.sign_in();
        if *browser.subject() != self.request.requester.subject {
            return Err(Refusal::OtherPerson { signed_in: browser.known_as() });
        }
        policy.check_sign_in(browser)?;
        policy.check_eligible(browser.groups(), &self.request.target)?;
        let unproven = |why| Refusal::UnprovenGrant { why };
        self.check_approved(browser, history).map_err(unproven)?;
        policy.check_duration(self.request.duration)?;
        self.check_window(policy).map_err(unproven)?;
        let email = browser.verified_email().unwrap_or(&self.request.requester.email).clone();
        Ok(Elevated { grant: self, email })
    }

    /// Checks that the events of the request say what is stored about it, and that another person approved it.
    fn check_approved(&self, browser: &SignedIn, history: &[Recorded]) -> Result<(), Unproven> {
        if !self.request.is_sum_of(history) {
            return Err(Unproven::History);
        }
        let requester = &self.request.requester;
        let is_anothers = |approval: &Approval| match approval.by.human() {
            Some(human) => !human.is_same_person(requester) && !human.is_signed_in_as(browser),
            None => false,
        };
        if self.approvals.is_empty() || !self.approvals.iter().all(is_anothers) {
            return Err(Unproven::Approval);
        }
        Ok(())
    }

    /// Checks that the window is as long as what was requested, and ends no later than one that opens now could.
    fn check_window(&self, policy: &Policy) -> Result<(), Unproven> {
        let latest_end = self.now + policy.max_duration.as_delta() + CLOCKS_DIFFER_BY;
        let is_as_long_as_requested = self.window.length() == self.request.duration.as_delta();
        if !is_as_long_as_requested || self.window.ends() > latest_end {
            return Err(Unproven::Window);
        }
        Ok(())
    }
}

/// Proof that this person, in this browser, may have a session at this moment.
///
/// Only [`LiveGrant::elevated`] makes one, and a session is never requested without one.
#[derive(Clone, Debug)]
pub struct Elevated<'a> {
    grant: LiveGrant<'a>,
    email: Email,
}

impl<'a> Elevated<'a> {
    /// Returns the request that grants access.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.grant.request
    }

    /// Returns the requester's address: that of this sign-in or, if the provider vouches for none, that of the request.
    #[must_use]
    pub fn email(&self) -> &Email {
        &self.email
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
