//! Every message of the app on a chat platform, independent of its layout.

use url::Url;

use super::{
    account::Conversation,
    act::Act,
    audit::AuditEntry,
    burst::Burst,
    email::Email,
    ids::{RequestId, Target},
    linking::OnMismatch,
    person::Human,
    press::ActedIn,
    refusal::Refused,
    request::Request,
    window::{Minutes, Timestamp},
};

/// The content of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The card in the review channel.
    ReviewCard(Drawn),
    /// The requester's lasting message.
    Receipt(Drawn),
    /// A reminder to reviewers of an unanswered request.
    Reminder(Drawn),
    /// A warning to the requester that access is about to end.
    EndIsNear {
        /// The target of the access.
        target: Target,
        /// When it ends.
        ends_at: Timestamp,
    },
    /// To the requester: whether reviewers see the request.
    CardSeen(Drawn, Seen),
    /// To reviewers, below the card: the requester could not be told how the request stands.
    PassOn(Drawn),
    /// A one-time link to the AWS console.
    ConsoleLink {
        /// The target of the request.
        target: Target,
        /// The link: a bearer secret.
        url: Url,
        /// When access ends.
        ends_at: Timestamp,
    },
    /// A one-time link to a sign-in that confirms an answer.
    SignInToAnswer {
        /// The answer.
        act: Act,
        /// The target of the request.
        target: Target,
        /// The requester.
        requester: Human,
        /// The link: a bearer secret.
        url: Url,
    },
    /// A line of the audit channel.
    Audit(AuditEntry),
    /// A line of the audit channel about several events of one person.
    Burst(Box<Burst>),
    /// To the people of one channel: another channel cannot be used.
    ChannelTrouble {
        /// The other channel.
        channel: Conversation,
        /// What it is for.
        purpose: Purpose,
        /// Why it cannot be used.
        trouble: ChannelTrouble,
    },
    /// An invitation to link, with its reason.
    LinkInvitation {
        /// Why linking is required, if the person did not ask for it.
        why: Option<Refused>,
        /// The link: a bearer secret.
        url: Url,
    },
    /// The person is linked.
    Linked(Email),
    /// The person is linked to another identity than before.
    Relinked(Email),
    /// The person is no longer linked.
    Unlinked(Email),
    /// The person signed out at the identity provider.
    SignedOut(Email),
    /// An overview of the person's link, targets and requests.
    Overview(Overview),
    /// How to use the app.
    Help {
        /// The longest duration of access that the policy allows.
        max: Minutes,
        /// An example of a duration.
        example: Minutes,
        /// What happens when the addresses differ.
        on_mismatch: OnMismatch,
    },
    /// The content of a form, for a platform without forms, and how to enter the same in one line.
    WithoutForm(Form),
    /// A refusal.
    Refused {
        /// The reason.
        why: Refused,
        /// The request it is about, if showing it helps.
        pointer: Option<Box<Drawn>>,
    },
    /// A one-line confirmation.
    Done(Done),
    /// The platform is busy or down: what the person did is stored and done later.
    Delayed,
    /// An internal failure.
    Failed {
        /// The reference that the operator finds in the log.
        reference: String,
    },
}

/// Whether reviewers see a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The platform refused the card so far.
    NotYet,
    /// The card was refused, and is posted.
    AtLast,
}

/// What a channel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Requests are answered in it.
    Review,
    /// Every event is posted in it.
    Audit,
}

/// Why a channel cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelTrouble {
    /// It is archived.
    Archived,
    /// The app is not in it.
    Left,
    /// People of another organization are in it.
    Shared,
    /// The platform does not show it to the app.
    Missing,
}

/// A request and the moment for which it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The request, as it is stored.
    pub request: Request,
    /// The moment.
    pub as_of: Timestamp,
}

/// A confirmation for a person whose press has no other visible effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The request was made.
    Requested(RequestId),
    /// The person was not linked in the first place.
    NotLinked,
}

/// A person's link, targets and requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The address of the identity that the person is linked to.
    pub email: Option<Email>,
    /// The targets that the person may request, according to the groups last received.
    pub targets: Vec<Target>,
    /// The person's most recent requests.
    pub requests: Vec<Request>,
    /// The moment for which all this is shown.
    pub as_of: Timestamp,
}

/// The form for making a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestForm {
    /// The targets to choose from, according to the groups last received. At most 100 are shown.
    pub targets: Vec<Target>,
    /// The durations to choose from.
    pub durations: Vec<Minutes>,
    /// The reviewers' group.
    pub reviewers: String,
    /// Why the groups last received make the person eligible for nothing, if the provider omits or misspells them.
    pub why_none: Option<Refused>,
}

/// A form that opens over a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A form for making a request.
    Request(RequestForm),
    /// A form for the reason of a rejection, and where it was opened.
    Rejection(RequestId, ActedIn),
}
