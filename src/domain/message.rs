//! Everything the app says on a chat platform, before anybody decides how it looks.

use url::Url;

use super::{
    act::Act,
    audit::AuditEntry,
    burst::Burst,
    email::Email,
    ids::{RequestId, Target},
    linking::OnMismatch,
    person::Human,
    refusal::Refused,
    request::Request,
    window::{Minutes, Timestamp},
};

/// What is said.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The card in the review channel.
    ReviewCard(Drawn),
    /// The requester's lasting message.
    Receipt(Drawn),
    /// Reviewers are reminded of a request that nobody has answered.
    Reminder(Drawn),
    /// The requester hears that access is about to end.
    EndIsNear {
        /// What it is to.
        target: Target,
        /// When it ends.
        ends_at: Timestamp,
    },
    /// A one-time link to the AWS console.
    ConsoleLink {
        /// The request it stands on.
        target: Target,
        /// The link: a bearer secret.
        url: Url,
        /// When access ends.
        ends_at: Timestamp,
    },
    /// A one-time link to a sign-in, by which an answer counts.
    SignInToAnswer {
        /// The answer.
        act: Act,
        /// What was asked for.
        target: Target,
        /// Who asked for it.
        requester: Human,
        /// The link: a bearer secret.
        url: Url,
    },
    /// A line of the audit channel.
    Audit(AuditEntry),
    /// A line of the audit channel about several events of one person.
    Burst(Box<Burst>),
    /// An invitation to link, with the reason for it.
    LinkInvitation {
        /// Why it is needed, if the person did not ask for it.
        why: Option<Refused>,
        /// The link: a bearer secret.
        url: Url,
    },
    /// The person is linked.
    Linked(Email),
    /// The person is linked to another identity than before.
    Relinked(Email),
    /// The person is not linked any more.
    Unlinked(Email),
    /// The person has signed out at the identity provider.
    SignedOut(Email),
    /// Where the person stands.
    Overview(Overview),
    /// How to use the app.
    Help {
        /// The longest anybody may have access.
        max: Minutes,
        /// An example of a duration.
        example: Minutes,
        /// What is done where the addresses do not agree.
        on_mismatch: OnMismatch,
    },
    /// What a form would have said, on a platform that has none, and how to write the same in one line.
    WithoutForm(Form),
    /// A "no".
    Refused {
        /// Why not.
        why: Refused,
        /// The request it is about, when looking at it helps.
        pointer: Option<Box<Drawn>>,
    },
    /// A one-line answer to something that was done.
    Done(Done),
    /// Something broke.
    Failed {
        /// What the operator finds in the log.
        reference: String,
    },
}

/// A request, and the moment at which it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The request, as it is stored.
    pub request: Request,
    /// The moment.
    pub as_of: Timestamp,
}

/// What was done, for a person whose press shows no other sign of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The request was made.
    Requested(RequestId),
    /// They were not linked.
    NotLinked,
}

/// Where a person stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whom they are linked to.
    pub email: Option<Email>,
    /// What they can ask for, as far as the app last heard.
    pub targets: Vec<Target>,
    /// Their newest requests.
    pub requests: Vec<Request>,
    /// The moment at which all this is shown.
    pub as_of: Timestamp,
}

/// The form a request is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestForm {
    /// What may be asked for, as far as the app last heard: at most 100 are shown.
    pub targets: Vec<Target>,
    /// For how long.
    pub durations: Vec<Minutes>,
    /// Who answers.
    pub reviewers: String,
}

/// A form that opens over a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// To make a request.
    Request(RequestForm),
    /// To say why a request is rejected.
    Rejection(RequestId),
}
