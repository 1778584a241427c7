//! Every "no" a person can hear: a stable code with facts. What is stored, counted and sent is that; the sentences are
//! made in [`text`](crate::text).

use serde::{Deserialize, Serialize};

use super::{
    email::{Email, EmailDomain},
    ids::{MemberKind, RequestId, Target},
    reason::{BadReason, Reason},
    request::StatusKind,
    window::Minutes,
};

/// Why something was not done. Never logged as an error.
///
/// A variant's name is its code, in snake case, and its fields are facts: both are stored for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", deny_unknown_fields)]
pub enum Refusal {
    /// The request is their own, whichever account they use.
    OwnRequest {
        /// The reviewers' group.
        reviewers: String,
    },
    /// They are not in the reviewers' group at this moment.
    NotReviewer {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Answering requires a sign-in, and they have not made it.
    AnswerRequiresSignIn,
    /// The browser signed in as somebody else than the presser.
    OtherReviewer {
        /// Whom the browser signed in as.
        signed_in: String,
    },
    /// They proved who they are too long ago.
    SignInTooOld {
        /// How long ago it may have been.
        max_age: Minutes,
    },
    /// They signed in in another way than was asked for.
    SignInTooWeak {
        /// The authentication context classes that are accepted.
        accepted: Vec<String>,
    },
    /// They are neither the requester nor a reviewer.
    NotParty {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Somebody was faster.
    AlreadyAnswered {
        /// What became of the request.
        status: StatusKind,
        /// What those are called who did it.
        by: String,
    },
    /// The request's own deadline has passed.
    ExpiredUnanswered,
    /// The request was approved, and access is over.
    ApprovedAndOver {
        /// What those are called who agreed.
        by: String,
    },
    /// Access is not open.
    NotLive {
        /// Where the request stands.
        status: StatusKind,
    },
    /// The browser signed in as somebody else than the requester.
    OtherPerson {
        /// Whom the browser signed in as.
        signed_in: String,
    },
    /// The access is somebody else's.
    NotYours,
    /// No group makes them eligible.
    NotEligible {
        /// What was asked for.
        target: Target,
        /// The group that is required.
        group: String,
    },
    /// The duration is longer than the policy allows.
    TooLong {
        /// What was asked for.
        asked: Minutes,
        /// What is allowed.
        max: Minutes,
    },
    /// The person has an open or live request for the target.
    AlreadyOpen {
        /// What was asked for.
        target: Target,
        /// The request that stands in the way.
        request: RequestId,
    },
    /// No reason was written.
    NoReason,
    /// The reason is too long.
    ReasonTooLong {
        /// How many characters there were.
        length: usize,
        /// How many are allowed.
        max: usize,
    },
    /// There is no such request.
    NoSuchRequest {
        /// The id that was given.
        request: RequestId,
    },
    /// The account belongs to another workspace.
    OtherTenant,
    /// The account is a guest, a bot, or deactivated.
    NotFullMember {
        /// What it is.
        kind: MemberKind,
    },
    /// The account is not linked.
    NotLinked,
    /// The provider gives no refresh token, or has revoked it.
    SignInAgain,
    /// The provider sent no groups claim at all, which is not the same as an empty one.
    NoGroupsClaim {
        /// The group that is required.
        group: String,
    },
    /// The provider did not answer.
    IdentityUnavailable {
        /// What happened.
        why: String,
    },
    /// The stored refresh token could not be read, or the next one not stored.
    TokenUnavailable {
        /// What happened.
        why: String,
    },
    /// The key that seals refresh tokens could not be had.
    KeyUnavailable {
        /// What happened.
        why: String,
    },
    /// The provider's answer cannot be used.
    IdentityUnusable {
        /// What is wrong with it.
        why: String,
    },
    /// The person declined to sign in, or the provider did not let them.
    SignInDeclined,
    /// The provider sent the browser back with another error instead of a code.
    SignInRefused {
        /// The OAuth error code.
        error: String,
    },
    /// A one-time address or callback is used up, unknown or too old.
    LinkGone,
    /// A callback came to another browser than the one that started.
    OtherBrowser,
    /// Another site sent the form, or the cookie is missing.
    ForgedForm,
    /// The account's profile has no confirmed address.
    NoConfirmedEmail,
    /// The provider does not vouch for an address.
    NoVerifiedEmail,
    /// The account's confirmed address and the provider's differ.
    EmailsDiffer {
        /// The address of the account.
        account: Email,
        /// The address at the provider.
        identity: Email,
    },
    /// The identity's address is of a domain that is not linked here.
    OtherDomain {
        /// The address at the provider.
        identity: Email,
        /// The domains that are.
        domains: Vec<EmailDomain>,
    },
    /// The browser is signed in to the chat as another account, or to another workspace.
    OtherAccount,
    /// The sign-in with the chat account failed.
    AccountSignInFailed {
        /// What happened.
        why: String,
    },
    /// The chat platform did not answer a sign-in with the chat account.
    AccountSignInUnavailable {
        /// What happened.
        why: String,
    },
    /// What was typed cannot be a code.
    BadCode,
    /// No code waits for this account.
    NoCode,
    /// The code is too old.
    CodeTooLate {
        /// For how many minutes it was good.
        minutes: i64,
    },
    /// It is another code.
    WrongCode {
        /// How many tries are left.
        left: u32,
    },
    /// Wrong codes were typed too often.
    CodeUsedUp,
    /// The identity is linked to another account.
    IdentityTaken,
    /// The account is linked to another identity, of another address.
    LinkedToAnother,
    /// The cloud refused the session.
    SessionRefused {
        /// What it said.
        why: String,
    },
    /// The cloud did not answer.
    SessionUnavailable {
        /// What happened.
        why: String,
    },
    /// A press could not be finished for too long.
    GivenUp,
    /// There was too much at once.
    TooFast {
        /// How long to wait.
        seconds: u64,
    },
    /// A word cannot be read.
    Unreadable {
        /// The word, as far as it is shown.
        text: String,
        /// What belongs in its place.
        expected: Expected,
    },
    /// A command did not arrive whole.
    IncompleteCommand,
    /// A form came back without what the program had put into it.
    DamagedForm,
}

/// A refusal as a person hears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Why something was not done.
    pub refusal: Refusal,
    /// The reference under which the operator finds it in the log, where that is whom to ask.
    pub reference: Option<String>,
}

impl From<Refusal> for Refused {
    /// Without a reference, which the log gives.
    fn from(refusal: Refusal) -> Self {
        Self { refusal, reference: None }
    }
}

/// What belongs in the place of something that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// A target.
    Target,
    /// A duration.
    Duration,
}

impl Refusal {
    /// Every code.
    pub const CODES: [&str; 54] = [
        "own_request",
        "not_reviewer",
        "answer_requires_sign_in",
        "other_reviewer",
        "sign_in_too_old",
        "sign_in_too_weak",
        "not_party",
        "already_answered",
        "expired_unanswered",
        "approved_and_over",
        "not_live",
        "other_person",
        "not_yours",
        "not_eligible",
        "too_long",
        "already_open",
        "no_reason",
        "reason_too_long",
        "no_such_request",
        "other_tenant",
        "not_full_member",
        "not_linked",
        "sign_in_again",
        "no_groups_claim",
        "identity_unavailable",
        "token_unavailable",
        "key_unavailable",
        "identity_unusable",
        "sign_in_declined",
        "sign_in_refused",
        "link_gone",
        "other_browser",
        "forged_form",
        "no_confirmed_email",
        "no_verified_email",
        "emails_differ",
        "other_domain",
        "other_account",
        "account_sign_in_failed",
        "account_sign_in_unavailable",
        "bad_code",
        "no_code",
        "code_too_late",
        "wrong_code",
        "code_used_up",
        "identity_taken",
        "linked_to_another",
        "session_refused",
        "session_unavailable",
        "given_up",
        "too_fast",
        "unreadable",
        "incomplete_command",
        "damaged_form",
    ];

    /// The longest text of [`Refusal::Unreadable`], in characters.
    const LONGEST_UNREADABLE: usize = 80;

    /// The code: stable, and the one that is stored.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OwnRequest { .. } => "own_request",
            Self::NotReviewer { .. } => "not_reviewer",
            Self::AnswerRequiresSignIn => "answer_requires_sign_in",
            Self::OtherReviewer { .. } => "other_reviewer",
            Self::SignInTooOld { .. } => "sign_in_too_old",
            Self::SignInTooWeak { .. } => "sign_in_too_weak",
            Self::NotParty { .. } => "not_party",
            Self::AlreadyAnswered { .. } => "already_answered",
            Self::ExpiredUnanswered => "expired_unanswered",
            Self::ApprovedAndOver { .. } => "approved_and_over",
            Self::NotLive { .. } => "not_live",
            Self::OtherPerson { .. } => "other_person",
            Self::NotYours => "not_yours",
            Self::NotEligible { .. } => "not_eligible",
            Self::TooLong { .. } => "too_long",
            Self::AlreadyOpen { .. } => "already_open",
            Self::NoReason => "no_reason",
            Self::ReasonTooLong { .. } => "reason_too_long",
            Self::NoSuchRequest { .. } => "no_such_request",
            Self::OtherTenant => "other_tenant",
            Self::NotFullMember { .. } => "not_full_member",
            Self::NotLinked => "not_linked",
            Self::SignInAgain => "sign_in_again",
            Self::NoGroupsClaim { .. } => "no_groups_claim",
            Self::IdentityUnavailable { .. } => "identity_unavailable",
            Self::TokenUnavailable { .. } => "token_unavailable",
            Self::KeyUnavailable { .. } => "key_unavailable",
            Self::IdentityUnusable { .. } => "identity_unusable",
            Self::SignInDeclined => "sign_in_declined",
            Self::SignInRefused { .. } => "sign_in_refused",
            Self::LinkGone => "link_gone",
            Self::OtherBrowser => "other_browser",
            Self::ForgedForm => "forged_form",
            Self::NoConfirmedEmail => "no_confirmed_email",
            Self::NoVerifiedEmail => "no_verified_email",
            Self::EmailsDiffer { .. } => "emails_differ",
            Self::OtherDomain { .. } => "other_domain",
            Self::OtherAccount => "other_account",
            Self::AccountSignInFailed { .. } => "account_sign_in_failed",
            Self::AccountSignInUnavailable { .. } => "account_sign_in_unavailable",
            Self::BadCode => "bad_code",
            Self::NoCode => "no_code",
            Self::CodeTooLate { .. } => "code_too_late",
            Self::WrongCode { .. } => "wrong_code",
            Self::CodeUsedUp => "code_used_up",
            Self::IdentityTaken => "identity_taken",
            Self::LinkedToAnother => "linked_to_another",
            Self::SessionRefused { .. } => "session_refused",
            Self::SessionUnavailable { .. } => "session_unavailable",
            Self::GivenUp => "given_up",
            Self::TooFast { .. } => "too_fast",
            Self::Unreadable { .. } => "unreadable",
            Self::IncompleteCommand => "incomplete_command",
            Self::DamagedForm => "damaged_form",
        }
    }

    /// The refusal of a word that cannot be read, of which only the beginning is kept.
    #[must_use]
    pub fn unreadable(text: &str, expected: Expected) -> Self {
        Self::Unreadable { text: text.chars().take(Self::LONGEST_UNREADABLE).collect(), expected }
    }

    /// The refusal that an OAuth error code stands for, in place of an authorization code.
    #[must_use]
    pub fn at_sign_in(error: String) -> Self {
        if error == "access_denied" { Self::SignInDeclined } else { Self::SignInRefused { error } }
    }

    /// Whether only the operator may be able to help. Then the person is given a reference, which the log has too.
    #[must_use]
    pub fn sends_to_operator(&self) -> bool {
        match self {
            Self::NoGroupsClaim { .. }
            | Self::IdentityUnavailable { .. }
            | Self::TokenUnavailable { .. }
            | Self::KeyUnavailable { .. }
            | Self::IdentityUnusable { .. }
            | Self::SignInRefused { .. }
            | Self::NoVerifiedEmail
            | Self::EmailsDiffer { .. }
            | Self::OtherDomain { .. }
            | Self::AccountSignInFailed { .. }
            | Self::AccountSignInUnavailable { .. }
            | Self::SessionRefused { .. }
            | Self::SessionUnavailable { .. }
            | Self::GivenUp => true,
            Self::OwnRequest { .. }
            | Self::NotReviewer { .. }
            | Self::AnswerRequiresSignIn
            | Self::OtherReviewer { .. }
            | Self::SignInTooOld { .. }
            | Self::SignInTooWeak { .. }
            | Self::NotParty { .. }
            | Self::AlreadyAnswered { .. }
            | Self::ExpiredUnanswered
            | Self::ApprovedAndOver { .. }
            | Self::NotLive { .. }
            | Self::OtherPerson { .. }
            | Self::NotYours
            | Self::NotEligible { .. }
            | Self::TooLong { .. }
            | Self::AlreadyOpen { .. }
            | Self::NoReason
            | Self::ReasonTooLong { .. }
            | Self::NoSuchRequest { .. }
            | Self::OtherTenant
            | Self::NotFullMember { .. }
            | Self::NotLinked
            | Self::SignInAgain
            | Self::SignInDeclined
            | Self::LinkGone
            | Self::OtherBrowser
            | Self::ForgedForm
            | Self::NoConfirmedEmail
            | Self::OtherAccount
            | Self::BadCode
            | Self::NoCode
            | Self::CodeTooLate { .. }
            | Self::WrongCode { .. }
            | Self::CodeUsedUp
            | Self::IdentityTaken
            | Self::LinkedToAnother
            | Self::TooFast { .. }
            | Self::Unreadable { .. }
            | Self::IncompleteCommand
            | Self::DamagedForm => false,
        }
    }

    /// Whether linking the account is what to do next.
    #[must_use]
    pub fn asks_to_link(&self) -> bool {
        matches!(self, Self::NotLinked | Self::SignInAgain)
    }
}

impl From<BadReason> for Refusal {
    fn from(bad: BadReason) -> Self {
        match bad {
            BadReason::Empty => Self::NoReason,
            BadReason::TooLong { length } => Self::ReasonTooLong { length, max: Reason::MAX_CHARS },
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
