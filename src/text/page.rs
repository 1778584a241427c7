//! The pages in a browser: one sentence, one thing to do.

use super::{
    Names, refused as why_not,
    rich::{Line, say},
    words,
};
use crate::domain::{
    act::Act,
    code::{CODE_LASTS, Code},
    email::Email,
    refusal::Refused,
    request::Request,
};

/// A page, before it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its heading.
    pub title: String,
    /// The page itself, from top to bottom.
    pub parts: Vec<PagePart>,
}

impl Page {
    /// Returns the page with what the person must have mended, if there is anything.
    #[must_use]
    pub fn with_warning(mut self, why: Option<&Refused>, names: &Names) -> Self {
        self.parts.extend(why.map(|why| PagePart::Alert(Line::in_full(&why_not(why, names)))));
        self
    }
}

/// A part of a [`Page`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PagePart {
    /// A paragraph.
    Paragraph(Line),
    /// A paragraph that says what went wrong.
    Alert(Line),
    /// Whom the page is about, in several lines.
    Who(Vec<Line>),
    /// A command to type.
    Command(String),
    /// Facts, each with what it is called.
    Facts(Vec<(&'static str, Line)>),
    /// The label of the button that continues.
    GoOn(String),
    /// The label of a link that the browser follows by itself.
    Onward(&'static str),
}

/// An account as a page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The name it goes by.
    pub name: &'a str,
    /// Its id in its tenant.
    pub member: &'a str,
    /// The tenant's name.
    pub tenant: &'a str,
}

impl Shown<'_> {
    fn part(self) -> PagePart {
        let Self { name, member, tenant } = self;
        let member = say!(
            "member {member} of {tenant}",
            member = Line::code(member),
            tenant = Line::name(tenant).bold()
        );
        PagePart::Who(vec![Line::in_full(name).bold(), member])
    }
}

/// Asks whether this account is theirs.
#[must_use]
pub fn confirm_link(shown: Shown<'_>, Names { platform, command, .. }: &Names) -> Page {
    Page {
        title: format!("Link your {platform} account"),
        parts: vec![
            PagePart::Paragraph(say!(
                "You are about to link this {platform} account to the identity you sign in with:",
                platform
            )),
            shown.part(),
            PagePart::Paragraph(say!(
                "Continue only if this is your account and you opened the link yourself, from `{command}` in \
                 {platform}. A link from someone else would give them your access.",
                command,
                platform
            )),
            PagePart::GoOn("This is me: go on to sign in".to_owned()),
        ],
    }
}

/// Redirects to a sign-in.
#[must_use]
pub fn onward() -> Page {
    Page { title: "Signing in".to_owned(), parts: vec![PagePart::Onward("Go on to sign in")] }
}

/// Asks for the last step, in the chat, which proves that the account belongs to the person who signed in.
#[must_use]
pub fn code(code: &Code, email: &Email, shown: Shown<'_>, Names { platform, command, .. }: &Names) -> Page {
    Page {
        title: format!("One more step, in {platform}"),
        parts: vec![
            PagePart::Paragraph(say!(
                "You signed in as *{email}*. To link that identity to this {platform} account:",
                email,
                platform
            )),
            shown.part(),
            PagePart::Paragraph(say!(
                "enter this in {platform}, from that account, within {minutes} minutes:",
                platform,
                minutes = CODE_LASTS.num_minutes()
            )),
            PagePart::Command(format!("{command} confirm {}", code.expose())),
            PagePart::Paragraph(
                "Never give this code to anyone, and never enter a code that you have not seen on this page yourself. \
                 If the account is not yours, its owner would get your access."
                    .into(),
            ),
        ],
    }
}

/// The person is linked.
#[must_use]
pub fn linked(email: &Email, Names { platform, command, .. }: &Names) -> Page {
    Page {
        title: "Linked".to_owned(),
        parts: vec![
            PagePart::Paragraph(say!("Your {platform} account is linked to *{email}*.", platform, email)),
            PagePart::Paragraph(say!(
                "Go back to {platform} and type `{command}`. You can close this page.",
                platform,
                command
            )),
        ],
    }
}

/// Asks whether this is what the reviewer wants to answer.
#[must_use]
pub fn confirm_answer(request: &Request, act: &Act, names: &Names) -> Page {
    let answer = words::act(act);
    let mut facts = vec![
        ("Requester", Line::from(&request.requester.email)),
        ("Target", names.target(&request.target)),
        ("Duration", request.duration.into()),
        ("Reason", Line::in_full(request.justification.as_str())),
    ];
    if let Act::Reject(reason) = act {
        facts.push(("Your reason", Line::in_full(reason.as_str())));
    }
    Page {
        title: "Answer a request".to_owned(),
        parts: vec![
            PagePart::Paragraph(say!("You are about to *{answer}* this request:", answer)),
            PagePart::Facts(facts),
            PagePart::Paragraph(say!(
                "Continue only if you pressed the button in {platform} yourself. Your answer counts after you sign in.",
                platform = &names.platform
            )),
            PagePart::GoOn(format!("Sign in and {answer}")),
        ],
    }
}

/// The answer is recorded.
#[must_use]
pub fn answered(act: &Act, Names { platform, .. }: &Names) -> Page {
    let done = words::done(act);
    let text = say!("{done} The card in {platform} shows it. You can close this page.", done, platform);
    Page { title: "Answered".to_owned(), parts: vec![PagePart::Paragraph(text)] }
}

/// Why not.
#[must_use]
pub fn refused(why: &Refused, names: &Names) -> Page {
    let why = why_not(why, names);
    Page { title: "That did not work".to_owned(), parts: vec![PagePart::Alert(Line::in_full(&why))] }
}

/// Something went wrong.
#[must_use]
pub fn failed(reference: &str, Names { platform, .. }: &Names) -> Page {
    Page {
        title: "Something went wrong".to_owned(),
        parts: vec![
            PagePart::Alert(say!(
                "Something went wrong on our side. Go back to {platform} and try again in a minute.",
                platform
            )),
            PagePart::Paragraph(say!(
                "If it happens again, contact the people who run this app and quote reference {reference}.",
                reference = Line::code(reference)
            )),
        ],
    }
}

/// It took too long.
#[must_use]
pub fn too_late(Names { platform, .. }: &Names) -> Page {
    let text = say!("This took too long. Go back to {platform} and try again in a minute.", platform);
    Page { title: "Timed out".to_owned(), parts: vec![PagePart::Alert(text)] }
}

/// There is nothing at this address.
#[must_use]
pub fn not_found(Names { platform, .. }: &Names) -> Page {
    let text = say!("There is no page at this address. Open the link from {platform}.", platform);
    Page { title: "Page not found".to_owned(), parts: vec![PagePart::Paragraph(text)] }
}
