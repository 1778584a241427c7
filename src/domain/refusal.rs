//! Every "no" a person can hear: a sentence that says what happened, and one that says what to do next.

use super::{
    code::CODE_LASTS,
    ids::{RequestId, Target},
    person::{Email, MemberKind},
    policy::Reason,
    window::Minutes,
};

/// Why something was not done. For people; never logged as an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Their own request, whichever Slack account they use.
    #[error("You cannot answer your own request. Another member of {reviewers} has to.")]
    OwnRequest {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Not in the reviewers' group at this moment.
    #[error(
        "Only a member of {reviewers} can answer this request. If you should be one, ask whoever manages that group."
    )]
    NotReviewer {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Whoever answers must sign in for it, and has not.
    #[error(
        "Answering takes a sign-in at your identity provider. Press the button again to get a link to it."
    )]
    AnswerTakesSignIn,
    /// The browser signed in as somebody else than whoever pressed.
    #[error(
        "You signed in as {signed_in}, and this answer was begun from somebody else's Slack account. Sign out at your identity provider and open the link again."
    )]
    OtherReviewer {
        /// Whom the browser signed in as.
        signed_in: String,
    },
    /// They proved who they are too long ago.
    #[error(
        "You signed in at your identity provider more than {max_age} ago, and this takes a sign-in younger than that. Open the link again, and sign in anew when you are asked to."
    )]
    SignInTooOld {
        /// How long ago it may have been.
        max_age: Minutes,
    },
    /// They signed in in another way than was asked for.
    #[error(
        "This takes a stronger sign-in than the one you made: {wanted}. Open the link again and sign in that way, or ask whoever manages your account at the identity provider."
    )]
    SignInTooWeak {
        /// The classes that would do.
        wanted: String,
    },
    /// Neither the requester nor a reviewer.
    #[error("Only the requester or a member of {reviewers} can do that. Ask one of them.")]
    NotParty {
        /// The reviewers' group.
        reviewers: String,
    },
    /// Somebody was faster.
    #[error("{by} has already {status} this request. There is nothing left to do.")]
    Answered {
        /// What they did, in a word.
        status: &'static str,
        /// Who did it.
        by: Email,
    },
    /// Too late: the request's own deadline has passed.
    #[error(
        "This request expired before anybody answered it. The requester can make a new one with /elevate."
    )]
    ExpiredUnanswered,
    /// Approved once, and over.
    #[error(
        "{by} approved this request, and its access is already over. The requester can make a new one with /elevate."
    )]
    ApprovedAndOver {
        /// The reviewer.
        by: Email,
    },
    /// Access is not open.
    #[error(
        "Access is not open: this request is {status}. Make a new one with /elevate if you still need it."
    )]
    NotLive {
        /// Where the request stands, in a word.
        status: &'static str,
    },
    /// The browser signed in as somebody else than the requester.
    #[error(
        "You signed in as {signed_in}, and this access was approved for somebody else. Sign out at your identity provider and open the link again, or make a request of your own with /elevate."
    )]
    OtherPerson {
        /// Whom the browser signed in as.
        signed_in: String,
    },
    /// Somebody else's access, asked for in Slack.
    #[error("This access was approved for somebody else. Make a request of your own with /elevate.")]
    NotYours,
    /// No group makes them eligible.
    #[error(
        "You are not eligible for {target}: that takes membership of {group}. Ask whoever manages that group."
    )]
    NotEligible {
        /// What was asked for.
        target: Target,
        /// The group it takes.
        group: String,
    },
    /// Longer than the policy allows.
    #[error("{asked} is longer than the {max} that is allowed. Ask for {max} or less.")]
    TooLong {
        /// What was asked for.
        asked: Minutes,
        /// What is allowed.
        max: Minutes,
    },
    /// One open or live request per person and target.
    #[error(
        "You already have a request for {target} that is waiting or approved: {request}. Use it, or withdraw or end it first."
    )]
    AlreadyOpen {
        /// What was asked for.
        target: Target,
        /// The request that stands in the way.
        request: RequestId,
    },
    /// Nothing written.
    #[error("Say why, in a few words.")]
    NoReason,
    /// Too much written.
    #[error("That is {length} characters; {max} are allowed. Shorten it.", max = Reason::MAX_CHARS)]
    ReasonTooLong {
        /// How many there were.
        length: usize,
    },
    /// No such request.
    #[error("There is no request {0}. Look at yours with /elevate status.")]
    NoSuchRequest(RequestId),

    /// Someone of another Slack workspace.
    #[error(
        "Only members of this workspace can use this app. Use your own workspace's, or ask somebody here."
    )]
    OtherWorkspace,
    /// A guest, a bot, a deactivated account.
    #[error("Your Slack account is {kind}, and only full members can use this app. Ask a workspace admin.")]
    NotFullMember {
        /// What it is instead.
        kind: MemberKind,
    },
    /// The Slack account is not linked yet.
    #[error("I don't know you yet. Link your Slack account first.")]
    NotLinked,
    /// The provider gives no refresh token, or has taken it back.
    #[error(
        "Your identity provider wants you to sign in again. Link your Slack account once more, then repeat this."
    )]
    SignInAgain,
    /// The provider did not answer.
    #[error(
        "Your groups could not be checked because the identity provider did not answer, so nothing was changed. Try again in a minute."
    )]
    IdentityUnavailable,
    /// The store did not say by which token the provider is asked, or did not keep the next one.
    #[error(
        "Your groups could not be checked because what is kept of your sign-in could not be read, so nothing was changed. Try again in a minute."
    )]
    TokenUnavailable,
    /// The key to what is sealed could not be had.
    #[error(
        "Your groups could not be checked because the key to your sign-in could not be had, so nothing was changed. Try again in a minute."
    )]
    KeyUnavailable,
    /// The provider's answer cannot be used.
    #[error(
        "The identity provider's answer could not be accepted ({why}), so nothing was changed. Tell whoever runs this app."
    )]
    IdentityUnusable {
        /// What is wrong with it.
        why: String,
    },
    /// The person said no at the provider, or it would not let them in.
    #[error(
        "You were not signed in: the identity provider answered “{0}”. Open the link again to try once more."
    )]
    SignInRefused(String),
    /// A link, ticket or callback that is used up, unknown or too old.
    #[error("This link has been used or is too old. Get a new one in Slack, with /elevate.")]
    LinkGone,
    /// A callback that comes to another browser than the one that started.
    #[error("This sign-in was started in another browser. Open the link from Slack in this one.")]
    OtherBrowser,
    /// Another site sent the form, or the cookie is missing.
    #[error(
        "This page was not opened from the link in Slack, or cookies are blocked. Open the link from Slack again."
    )]
    ForgedForm,
    /// The Slack profile's address is missing or not confirmed.
    #[error(
        "Your Slack profile has no confirmed e-mail address. Confirm it in Slack, then start again with /elevate link."
    )]
    NoSlackEmail,
    /// The provider does not vouch for an address.
    #[error(
        "Your identity provider does not vouch for your e-mail address. Ask whoever manages your account there."
    )]
    NoVerifiedEmail,
    /// Slack and the provider disagree.
    #[error(
        "You signed in as {identity}, but the Slack account that this link belongs to is {slack}. Open your own link, from your own /elevate link."
    )]
    EmailsDiffer {
        /// The address in Slack.
        slack: Email,
        /// The address at the provider.
        identity: Email,
    },
    /// The identity's address is of a domain that is not linked here.
    #[error(
        "You signed in as {identity}, and only addresses of {domains} can be linked here. Sign out at your identity provider and sign in with one of these, or ask whoever runs this app."
    )]
    OtherDomain {
        /// The address at the provider.
        identity: Email,
        /// The domains that are.
        domains: String,
    },
    /// The browser is signed in to Slack as another account, or to another workspace.
    #[error(
        "In Slack you are signed in as somebody else than the account that this link belongs to, so nothing was linked. Sign in to Slack in this browser as that account, if it is yours, and open the link again; or else get your own, with /elevate link."
    )]
    OtherSlackAccount,
    /// Sign in with Slack came to nothing.
    #[error(
        "You could not be signed in with Slack ({why}), so nothing was linked. Open the link again, and if that does not help, tell whoever runs this app."
    )]
    NoSlackSignIn {
        /// What happened.
        why: String,
    },
    /// What was typed cannot be a code.
    #[error("That is no code: codes are eight letters and digits, as the page shows them. Type it again.")]
    BadCode,
    /// No code belongs to this Slack account.
    #[error(
        "No code waits for your Slack account. Type only a code that you have seen yourself, on the page at the end of your own /elevate link, and never one that somebody gave you."
    )]
    NoCode,
    /// The code is too old.
    #[error(
        "That code was good for {minutes} minutes, and they are over. Get another one with /elevate link.",
        minutes = CODE_LASTS.num_minutes()
    )]
    CodeTooLate,
    /// Another code.
    #[error("That is not the code. Look at the page again; it can be typed {left} more time(s).")]
    WrongCode {
        /// How often a code can be typed still.
        left: u32,
    },
    /// Wrong codes, too often.
    #[error(
        "A wrong code was typed too often, so the right one is worth nothing any more. Get another one with /elevate link."
    )]
    CodeUsedUp,
    /// One identity, one Slack account.
    #[error(
        "This identity is already linked to another Slack account. Unlink it there first, with /elevate unlink."
    )]
    IdentityTaken,
    /// Another identity than the one linked, and of another address.
    #[error(
        "Your Slack account is linked to another identity, of another address. Unlink it first, with /elevate unlink."
    )]
    LinkedToAnother,

    /// AWS said no.
    #[error("AWS refused the session: {why}. Show this to whoever runs the target account.")]
    AwsRefused {
        /// What AWS said.
        why: String,
    },
    /// AWS did not answer.
    #[error("AWS could not open a session just now. Press Open console in Slack to try again.")]
    AwsUnavailable,
    /// A "no" of before, said again in the same words.
    #[error("{0}")]
    AsBefore(String),
    /// A press that could not be finished for too long.
    #[error(
        "What you asked for could not be done for a quarter of an hour, and it is not tried any more. Look where things stand with /elevate status, and ask again if you still need it."
    )]
    GivenUp,
    /// Too much at once.
    #[error("That is too much at once, so nothing was done. Wait {seconds} s, then repeat it.")]
    TooFast {
        /// How long to wait.
        seconds: u64,
    },
    /// A command that cannot be read.
    #[error("{0} Try /elevate help.")]
    BadCommand(String),
}

impl Refusal {
    /// Whether linking the Slack account is what to do next.
    #[must_use]
    pub fn asks_to_link(&self) -> bool {
        matches!(self, Self::NotLinked | Self::SignInAgain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linking_helps_whoever_is_not_linked_or_has_to_sign_in_again() {
        assert!([Refusal::NotLinked, Refusal::SignInAgain].iter().all(Refusal::asks_to_link));
        assert!(![Refusal::NotYours, Refusal::LinkGone].iter().any(Refusal::asks_to_link));
    }
}
