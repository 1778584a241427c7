//! Every refusal: a stable code with facts, which is stored, counted and sent. The sentences are in
//! [`text`](crate::text).

use serde::{Deserialize, Serialize};

use super::{
    answer_fault::{AnswerFault, OwnWords},
    cloud_refusal::CloudRefusal,
    email::{Email, EmailDomain},
    ids::{MemberKind, RequestId, Target},
    reason::{BadReason, Reason},
    request::StatusKind,
    window::Minutes,
};

/// Why something was refused. Never logged as an error.
///
/// A variant's name in snake case is its code, and its fields are facts. Both are stored permanently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", deny_unknown_fields)]
pub enum Refusal {
    /// The request is the person's own, under whichever account.
    OwnRequest {
        /// The reviewers' group.
        reviewers: String,
    },
    /// The person is not currently in the reviewers' group.
    NotReviewer {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Answering requires a sign-in that the person has not made.
    AnswerRequiresSignIn,
    /// The browser signed in as another person than the one who pressed.
    OtherReviewer {
        /// The person that the browser signed in as.
        signed_in: String,
    },
    /// The person authenticated too long ago.
    SignInTooOld {
        /// The longest allowed time since then.
        max_age: Minutes,
    },
    /// The provider let a session of its own pass, although it was asked to let the person authenticate, and it issues no
    /// refresh token that would tell whether they are still eligible.
    SignInNotFresh,
    /// The person signed in with a method that is not accepted.
    SignInTooWeak {
        /// The authentication context classes that are accepted.
        accepted: Vec<String>,
    },
    /// The person is neither the requester nor a reviewer.
    NotParty {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Another person answered first.
    AlreadyAnswered {
        /// The request's status.
        status: StatusKind,
        /// The people who answered.
        by: String,
    },
    /// The request's own deadline has passed.
    ExpiredUnanswered,
    /// The request was approved, and access has ended.
    ApprovedAndOver {
        /// The people who approved it.
        by: String,
    },
    /// Access is not open.
    NotLive {
        /// The request's status.
        status: StatusKind,
    },
    /// The browser signed in as another person than the requester.
    OtherPerson {
        /// The person that the browser signed in as.
        signed_in: String,
    },
    /// The access belongs to another person.
    NotYours,
    /// No group makes the person eligible.
    NotEligible {
        /// The requested target.
        target: Target,
        /// The required group.
        group: String,
    },
    /// The provider sends the required group in another spelling, which does not count.
    GroupMisspelled {
        /// The required group.
        group: String,
        /// What the provider sends.
        sent: Vec<String>,
    },
    /// The operator has frozen access: nobody is let in.
    Frozen,
    /// The replica decides by another policy than the one in force.
    PolicyOutdated {
        /// The number of the policy in force, if it is known.
        in_force: Option<u64>,
        /// The first digits of the digest of the replica's policy.
        own: String,
    },
    /// Auditors have not been told for too long, and no session begins until they are.
    AuditOverdue,
    /// The target's account may not be requested any more.
    NotOffered {
        /// The requested target.
        target: Target,
    },
    /// The request's stored state is not one that the app brings about: somebody else wrote into the table.
    UnprovenGrant {
        /// What is wrong with it.
        why: Unproven,
    },
    /// The person has as many sessions as may be open at once.
    TooManySessions {
        /// The largest allowed number.
        max: usize,
    },
    /// The person has made as many requests in the last hour as they may.
    TooManyRequests {
        /// The largest allowed number.
        max: usize,
    },
    /// The duration is longer than the policy allows.
    TooLong {
        /// The requested duration.
        asked: Minutes,
        /// The longest allowed duration.
        max: Minutes,
    },
    /// The person already has an open or live request for the target.
    AlreadyOpen {
        /// The requested target.
        target: Target,
        /// The existing request.
        request: RequestId,
    },
    /// No reason was given.
    NoReason,
    /// The reason is too long.
    ReasonTooLong {
        /// The number of characters.
        length: usize,
        /// The largest allowed number.
        max: usize,
    },
    /// The press came from a message other than the one that the app drew for the request.
    OtherMessage {
        /// The message, as the platform names it.
        pressed: String,
    },
    /// The request does not exist.
    NoSuchRequest {
        /// The given id.
        request: RequestId,
    },
    /// The account belongs to another workspace.
    OtherTenant,
    /// The account is a guest, a bot, or deactivated.
    NotFullMember {
        /// The kind of account.
        kind: MemberKind,
    },
    /// The account is not linked.
    NotLinked,
    /// The provider issues no refresh token, has revoked it, or requires another sign-in.
    SignInAgain {
        /// The provider's own words, if it refused to renew the sign-in.
        words: Option<OwnWords>,
    },
    /// The provider renewed the sign-in without telling the groups, which differs from telling that there are none.
    GroupsUnknown {
        /// The names of the claims that it sent.
        claims: Vec<String>,
    },
    /// The provider sent no groups claim, which differs from an empty one.
    NoGroupsClaim {
        /// The required group, if one is.
        group: Option<String>,
        /// The name of the claim that is missing; empty if it was not recorded.
        #[serde(default)]
        claim: String,
        /// The names of the claims that it sent.
        claims: Vec<String>,
    },
    /// The provider did not answer.
    IdentityUnavailable {
        /// The failure.
        why: String,
    },
    /// The stored refresh token could not be read, or its successor could not be stored.
    TokenUnavailable {
        /// The failure.
        why: String,
    },
    /// The key that seals refresh tokens was not available.
    KeyUnavailable {
        /// The failure.
        why: String,
    },
    /// The provider's answer cannot be used.
    IdentityUnusable {
        /// What is wrong with it.
        fault: AnswerFault,
    },
    /// The person declined to sign in, or the provider did not admit them or requires more of them.
    SignInDeclined {
        /// The provider's own words.
        words: OwnWords,
    },
    /// The provider returned another error instead of a code.
    SignInRefused {
        /// The provider's own words.
        words: OwnWords,
    },
    /// A one-time address or callback is used up, unknown or expired.
    LinkGone,
    /// A callback arrived in another browser than the one that started the sign-in.
    OtherBrowser,
    /// The form was sent by another site, or the cookie is missing.
    ForgedForm,
    /// The app is not shown the address of the account.
    EmailNotShown,
    /// The platform does not know the account.
    AccountUnknown,
    /// The account's profile has no confirmed address.
    NoConfirmedEmail,
    /// The provider sent no address in the claim that holds it.
    NoEmail {
        /// The name of that claim.
        claim: String,
        /// The names of the claims that it sent.
        claims: Vec<String>,
    },
    /// The provider does not vouch for the address that it sent.
    NoVerifiedEmail,
    /// The account's confirmed address and the provider's differ.
    EmailsDiffer {
        /// The address of the account.
        account: Email,
        /// The address at the provider.
        identity: Email,
    },
    /// The provider does not say which human the identity belongs to, in the claim that the operator names.
    NoPersonClaim,
    /// The domain of the identity's address may not be linked.
    OtherDomain {
        /// The address at the provider.
        identity: Email,
        /// The domains that may be linked.
        domains: Vec<EmailDomain>,
    },
    /// The browser is signed in to the chat as another account, or to another workspace.
    OtherAccount,
    /// The sign-in with the chat account failed.
    AccountSignInFailed {
        /// What is wrong with the platform's answer.
        fault: AnswerFault,
    },
    /// The chat platform did not answer a sign-in with the chat account.
    AccountSignInUnavailable {
        /// The failure.
        why: String,
    },
    /// The text does not have the form of a code.
    BadCode,
    /// No code is pending for this account.
    NoCode,
    /// The code has expired.
    CodeTooLate {
        /// How many minutes it was valid.
        minutes: i64,
    },
    /// The code does not match.
    WrongCode {
        /// How many tries are left.
        left: u32,
    },
    /// Too many wrong codes were entered.
    CodeUsedUp,
    /// The identity is linked to another account.
    IdentityTaken,
    /// The address of the identity belongs to another linked account.
    AddressTaken,
    /// The account is linked to another identity, of another address.
    LinkedToAnother,
    /// The cloud refused the session.
    SessionRefused {
        /// The cause, and the cloud's own words.
        why: CloudRefusal,
    },
    /// The cloud did not answer.
    SessionUnavailable {
        /// The failure.
        why: String,
    },
    /// A press could not be finished in time.
    GivenUp,
    /// The rate limit was exceeded.
    TooFast {
        /// How long to wait, in seconds.
        seconds: u64,
    },
    /// A word could not be parsed.
    Unreadable {
        /// The word, shortened for display.
        text: String,
        /// What was expected in its place.
        expected: Expected,
    },
    /// A command arrived incomplete.
    IncompleteCommand,
    /// The platform was slow, so that no form could be opened any more.
    FormTooLate,
    /// The platform does not let the app do what is needed, for every person alike.
    PlatformRefused {
        /// The operation, in the platform's terms.
        operation: String,
        /// The reason, in the platform's terms.
        reason: String,
    },
    /// A form returned without the data that the app had put into it.
    DamagedForm,
}

/// A refusal as it is shown to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The refusal.
    pub refusal: Refusal,
    /// The reference under which the operator finds it in the log, if the operator can help.
    pub reference: Option<String>,
}

impl From<Refusal> for Refused {
    /// Makes a refusal without a reference; the log adds one.
    fn from(refusal: Refusal) -> Self {
        Self { refusal, reference: None }
    }
}

/// What is expected in place of a word that could not be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// A target.
    Target,
    /// A duration.
    Duration,
    /// A unit behind a number.
    Unit,
}

/// Why the stored state of a request proves no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unproven {
    /// It is not what the events of the request add up to.
    History,
    /// No person other than the requester approved it.
    Approval,
    /// Its window is not the one that an approval opens.
    Window,
}

impl Refusal {
    /// Every code.
    pub const CODES: [&str; 72] = [
        "own_request",
        "not_reviewer",
        "answer_requires_sign_in",
        "other_reviewer",
        "sign_in_too_old",
        "sign_in_not_fresh",
        "sign_in_too_weak",
        "not_party",
        "already_answered",
        "expired_unanswered",
        "approved_and_over",
        "not_live",
        "other_person",
        "not_yours",
        "not_eligible",
        "group_misspelled",
        "frozen",
        "policy_outdated",
        "audit_overdue",
        "not_offered",
        "unproven_grant",
        "too_many_sessions",
        "too_many_requests",
        "too_long",
        "already_open",
        "no_reason",
        "reason_too_long",
        "other_message",
        "no_such_request",
        "other_tenant",
        "not_full_member",
        "not_linked",
        "sign_in_again",
        "groups_unknown",
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
        "email_not_shown",
        "account_unknown",
        "no_confirmed_email",
        "no_email",
        "no_verified_email",
        "emails_differ",
        "no_person_claim",
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
        "address_taken",
        "linked_to_another",
        "session_refused",
        "session_unavailable",
        "given_up",
        "too_fast",
        "unreadable",
        "incomplete_command",
        "form_too_late",
        "platform_refused",
        "damaged_form",
    ];

    /// The longest text of [`Refusal::Unreadable`], in characters.
    const LONGEST_UNREADABLE: usize = 80;

    /// Returns the code, which is stable and stored.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OwnRequest { .. } => "own_request",
            Self::NotReviewer { .. } => "not_reviewer",
            Self::AnswerRequiresSignIn => "answer_requires_sign_in",
            Self::OtherReviewer { .. } => "other_reviewer",
            Self::SignInTooOld { .. } => "sign_in_too_old",
            Self::SignInNotFresh => "sign_in_not_fresh",
            Self::SignInTooWeak { .. } => "sign_in_too_weak",
            Self::NotParty { .. } => "not_party",
            Self::AlreadyAnswered { .. } => "already_answered",
            Self::ExpiredUnanswered => "expired_unanswered",
            Self::ApprovedAndOver { .. } => "approved_and_over",
            Self::NotLive { .. } => "not_live",
            Self::OtherPerson { .. } => "other_person",
            Self::NotYours => "not_yours",
            Self::NotEligible { .. } => "not_eligible",
            Self::GroupMisspelled { .. } => "group_misspelled",
            Self::Frozen => "frozen",
            Self::PolicyOutdated { .. } => "policy_outdated",
            Self::AuditOverdue => "audit_overdue",
            Self::NotOffered { .. } => "not_offered",
            Self::UnprovenGrant { .. } => "unproven_grant",
            Self::TooManySessions { .. } => "too_many_sessions",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::TooLong { .. } => "too_long",
            Self::AlreadyOpen { .. } => "already_open",
            Self::NoReason => "no_reason",
            Self::ReasonTooLong { .. } => "reason_too_long",
            Self::OtherMessage { .. } => "other_message",
            Self::NoSuchRequest { .. } => "no_such_request",
            Self::OtherTenant => "other_tenant",
            Self::NotFullMember { .. } => "not_full_member",
            Self::NotLinked => "not_linked",
            Self::SignInAgain { .. } => "sign_in_again",
            Self::GroupsUnknown { .. } => "groups_unknown",
            Self::NoGroupsClaim { .. } => "no_groups_claim",
            Self::IdentityUnavailable { .. } => "identity_unavailable",
            Self::TokenUnavailable { .. } => "token_unavailable",
            Self::KeyUnavailable { .. } => "key_unavailable",
            Self::IdentityUnusable { .. } => "identity_unusable",
            Self::SignInDeclined { .. } => "sign_in_declined",
            Self::SignInRefused { .. } => "sign_in_refused",
            Self::LinkGone => "link_gone",
            Self::OtherBrowser => "other_browser",
            Self::ForgedForm => "forged_form",
            Self::EmailNotShown => "email_not_shown",
            Self::AccountUnknown => "account_unknown",
            Self::NoConfirmedEmail => "no_confirmed_email",
            Self::NoEmail { .. } => "no_email",
            Self::NoVerifiedEmail => "no_verified_email",
            Self::EmailsDiffer { .. } => "emails_differ",
            Self::NoPersonClaim => "no_person_claim",
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
            Self::AddressTaken => "address_taken",
            Self::LinkedToAnother => "linked_to_another",
            Self::SessionRefused { .. } => "session_refused",
            Self::SessionUnavailable { .. } => "session_unavailable",
            Self::GivenUp => "given_up",
            Self::TooFast { .. } => "too_fast",
            Self::Unreadable { .. } => "unreadable",
            Self::IncompleteCommand => "incomplete_command",
            Self::FormTooLate => "form_too_late",
            Self::PlatformRefused { .. } => "platform_refused",
            Self::DamagedForm => "damaged_form",
        }
    }

    /// Returns the refusal of a word that could not be parsed. Only the beginning of the word is kept.
    #[must_use]
    pub fn unreadable(text: &str, expected: Expected) -> Self {
        Self::Unreadable { text: text.chars().take(Self::LONGEST_UNREADABLE).collect(), expected }
    }

    /// Returns the refusal for what arrived instead of an authorization code. Some errors are cured by another sign-in
    /// (<https://openid.net/specs/openid-connect-core-1_0.html#AuthError>).
    #[must_use]
    pub fn at_sign_in(words: OwnWords) -> Self {
        match words.error.as_str() {
            "access_denied"
            | "interaction_required"
            | "login_required"
            | "consent_required"
            | "account_selection_required" => Self::SignInDeclined { words },
            _ => Self::SignInRefused { words },
        }
    }

    /// Returns whether only the operator may be able to help. In that case the person receives a reference that is
    /// also in the log.
    #[must_use]
    pub fn sends_to_operator(&self) -> bool {
        match self {
            Self::GroupMisspelled { .. }
            | Self::NoGroupsClaim { .. }
            | Self::GroupsUnknown { .. }
            | Self::IdentityUnavailable { .. }
            | Self::TokenUnavailable { .. }
            | Self::KeyUnavailable { .. }
            | Self::IdentityUnusable { .. }
            | Self::SignInRefused { .. }
            | Self::EmailNotShown
            | Self::NoEmail { .. }
            | Self::NoVerifiedEmail
            | Self::EmailsDiffer { .. }
            | Self::NoPersonClaim
            | Self::UnprovenGrant { .. }
            | Self::PolicyOutdated { .. }
            | Self::OtherDomain { .. }
            | Self::AccountSignInFailed { .. }
            | Self::AccountSignInUnavailable { .. }
            | Self::SessionRefused { .. }
            | Self::SessionUnavailable { .. }
            | Self::PlatformRefused { .. }
            | Self::GivenUp => true,
            Self::OwnRequest { .. }
            | Self::NotReviewer { .. }
            | Self::AnswerRequiresSignIn
            | Self::OtherReviewer { .. }
            | Self::SignInTooOld { .. }
            | Self::SignInNotFresh
            | Self::SignInTooWeak { .. }
            | Self::NotParty { .. }
            | Self::AlreadyAnswered { .. }
            | Self::ExpiredUnanswered
            | Self::ApprovedAndOver { .. }
            | Self::NotLive { .. }
            | Self::OtherPerson { .. }
            | Self::NotYours
            | Self::NotEligible { .. }
            | Self::Frozen
            | Self::AuditOverdue
            | Self::NotOffered { .. }
            | Self::TooManySessions { .. }
            | Self::TooManyRequests { .. }
            | Self::TooLong { .. }
            | Self::AlreadyOpen { .. }
            | Self::NoReason
            | Self::ReasonTooLong { .. }
            | Self::OtherMessage { .. }
            | Self::NoSuchRequest { .. }
            | Self::OtherTenant
            | Self::NotFullMember { .. }
            | Self::NotLinked
            | Self::SignInAgain { .. }
            | Self::SignInDeclined { .. }
            | Self::LinkGone
            | Self::OtherBrowser
            | Self::ForgedForm
            | Self::AccountUnknown
            | Self::NoConfirmedEmail
            | Self::OtherAccount
            | Self::BadCode
            | Self::NoCode
            | Self::CodeTooLate { .. }
            | Self::WrongCode { .. }
            | Self::CodeUsedUp
            | Self::IdentityTaken
            | Self::AddressTaken
            | Self::LinkedToAnother
            | Self::TooFast { .. }
            | Self::Unreadable { .. }
            | Self::IncompleteCommand
            | Self::FormTooLate
            | Self::DamagedForm => false,
        }
    }

    /// Returns whether auditors must look into it: it is nothing that a person does by mistake.
    #[must_use]
    pub fn is_exception(&self) -> bool {
        matches!(self, Self::UnprovenGrant { .. })
    }

    /// Returns whether the request has changed since the person last saw it.
    #[must_use]
    pub fn tells_of_change(&self) -> bool {
        matches!(
            self,
            Self::AlreadyAnswered { .. }
                | Self::ExpiredUnanswered
                | Self::ApprovedAndOver { .. }
                | Self::NotLive { .. }
        )
    }

    /// Returns whether the provider refuses this program, for every person alike, so that no one can sign in until the
    /// operator acts.
    #[must_use]
    pub fn refuses_the_client(&self) -> bool {
        if let Self::IdentityUnusable { fault: AnswerFault::Refused { words } }
        | Self::SignInRefused { words } = self
        {
            return words.refuses_the_client();
        }
        false
    }

    /// Returns whether linking the account is what the person should do next.
    #[must_use]
    pub fn asks_to_link(&self) -> bool {
        matches!(self, Self::NotLinked | Self::SignInAgain { .. } | Self::GroupsUnknown { .. })
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
