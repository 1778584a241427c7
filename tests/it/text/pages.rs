//! What every form and page says, without any platform's markup.

use elevate::{
    domain::{act::Act, code::Code, message::Form, press::ActedIn, refusal::Refusal},
    text::{
        Dialog, Input, form,
        page::{self, Page, PagePart, Shown},
    },
};
use insta::assert_snapshot;

use crate::examples::{email, made, names, request_form, request_id, requested};

#[test]
fn forms_say_what_they_ask_for() {
    let forms = [
        Form::Request(request_form(3)),
        Form::Request(request_form(102)),
        Form::Request(request_form(0)),
        Form::Rejection(request_id(), ActedIn::Words),
    ];
    assert_snapshot!(forms.map(|asked| form_read(&form(&asked, &names()))).join("\n\n"), @r"
    == Request access
    Account and role: 111122223333/Role0 of prod, and 2 more
    For how long: 15m, 1h, 8h
    Why: ____
    This list shows what your groups allowed at the last check. They are checked again when you send the request. A member of aws-temp#Reviewer answers it.
    [ Request ]

    == Request access
    Account and role: 111122223333/Role0 of prod, and 99 more
    For how long: 15m, 1h, 8h
    Why: ____
    This list shows what your groups allowed at the last check. They are checked again when you send the request. A member of aws-temp#Reviewer answers it.
    2 more are not listed, because Slack shows at most 100. Request one of them in one line: /elevate 111122223333/S3Admin 1h bucket policy broken
    [ Request ]

    == Request access
    At the last check, none of your groups made you eligible for a role. Ask the people who manage your groups. If you have just been added to one, make the request in one line, which checks your groups again: /elevate 111122223333/S3Admin 1h bucket policy broken

    == Reject request
    Why: ____
    req_01JHKQ2B00000000000000ADA1 · the requester and the reviewers read this
    [ Reject ]
    ");
}

#[test]
fn pages_say_one_thing_and_what_to_do_about_it() {
    let ada = Shown { name: "Ada Lovelace", member: "UADA", tenant: "Example Corp" };
    let address = email("ada@example.com");
    let request = made([requested()]);
    let reject = Act::Reject("S3ReadOnly is enough for that.".parse().unwrap());
    let code: Code = "K7QM-2XPA".parse().unwrap();
    let names = names();
    let pages = [
        page::confirm_link(ada, &names),
        page::onward(),
        page::code(&code, &address, ada, &names),
        page::linked(&address, &names),
        page::confirm_answer(&request, &Act::Approve, &names),
        page::confirm_answer(&request, &reject, &names),
        page::answered(&Act::Approve, &names),
        page::answered(&reject, &names),
        page::refused(&Refusal::LinkGone.into(), &names),
        page::failed("5f2c9a10", &names),
        page::too_late(&names),
        page::not_found(&names),
    ];
    assert_snapshot!(pages.map(|page| page_read(&page)).join("\n\n"), @r"
    == Link your Slack account
    You are about to link this Slack account to the identity you sign in with:
    Ada Lovelace
    member UADA of Example Corp
    Continue only if this is your account and you opened the link yourself, from /elevate in Slack. A link from someone else would give them your access.
    [ This is me: go on to sign in ]

    == Signing in
    → Go on to sign in

    == One more step, in Slack
    You signed in as ada@example.com. To link that identity to this Slack account:
    Ada Lovelace
    member UADA of Example Corp
    enter this in Slack, from that account, within 5 minutes:
    /elevate confirm K7QM-2XPA
    Never give this code to anyone, and never enter a code that you have not seen on this page yourself. If the account is not yours, its owner would get your access.

    == Linked
    Your Slack account is linked to ada@example.com.
    Go back to Slack and type /elevate. You can close this page.

    == Answer a request
    You are about to approve this request:
    Requester: ada@example.com
    Target: prod (111122223333) / S3Admin
    Duration: 1h
    Reason: Bucket policy of the invoices is broken.
    See INC-42.
    Continue only if you pressed the button in Slack yourself. Your answer counts after you sign in.
    [ Sign in and approve ]

    == Answer a request
    You are about to reject this request:
    Requester: ada@example.com
    Target: prod (111122223333) / S3Admin
    Duration: 1h
    Reason: Bucket policy of the invoices is broken.
    See INC-42.
    Your reason: S3ReadOnly is enough for that.
    Continue only if you pressed the button in Slack yourself. Your answer counts after you sign in.
    [ Sign in and reject ]

    == Answered
    The request is approved. The card in Slack shows it. You can close this page.

    == Answered
    The request is rejected. The card in Slack shows it. You can close this page.

    == That did not work
    This link has been used or has expired. Get a new one in Slack.

    == Something went wrong
    Something went wrong on our side. Go back to Slack and try again in a minute.
    If it happens again, contact the people who run this app and quote reference 5f2c9a10.

    == Timed out
    This took too long. Go back to Slack and try again in a minute.

    == Page not found
    There is no page at this address. Open the link from Slack.
    ");
}

fn form_read(Dialog { title, fields, parts, submit }: &Dialog) -> String {
    let fields = fields.iter().map(|field| match &field.input {
        Input::Target(targets) => {
            let (target, account) = &targets[0];
            format!("{}: {target} of {account}, and {} more", field.label, targets.len() - 1)
        }
        Input::Duration(durations) => {
            let durations: Vec<String> = durations.iter().map(ToString::to_string).collect();
            format!("{}: {}", field.label, durations.join(", "))
        }
        Input::Justification | Input::Reason => format!("{}: ____", field.label),
    });
    let parts = parts.iter().map(ToString::to_string);
    let submit = submit.map(|label| format!("[ {label} ]"));
    let lines: Vec<String> = fields.chain(parts).chain(submit).collect();
    format!("== {title}\n{}", lines.join("\n"))
}

fn page_read(Page { title, parts }: &Page) -> String {
    let parts = parts.iter().map(|part| match part {
        PagePart::Paragraph(text) | PagePart::Alert(text) => text.to_string(),
        PagePart::Who(lines) => lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        PagePart::Command(command) => command.clone(),
        PagePart::Facts(facts) => {
            facts.iter().map(|(name, fact)| format!("{name}: {fact}")).collect::<Vec<_>>().join("\n")
        }
        PagePart::GoOn(label) => format!("[ {label} ]"),
        PagePart::Onward(label) => format!("→ {label}"),
    });
    format!("== {title}\n{}", parts.collect::<Vec<_>>().join("\n"))
}
