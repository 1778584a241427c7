//! What every message says, without any platform's markup. What forms and pages say is in `text/pages.rs`, and what
//! refusals say in `src/text/refusal/tests.rs`.

mod pages;

use elevate::{
    domain::{
        account::Tenant,
        act::Act,
        linking::OnMismatch,
        message::{ChannelTrouble, Done, Drawn, Form, Message, Overview, Purpose, Seen},
        press::ActedIn,
        refusal::Refusal,
        request::{Change, Event},
        trail::actor::Actor,
    },
    slack::views::draw,
    text::{Part, Said, said},
};
use insta::assert_snapshot;
use sandbox::slack::blocks::check_message;

use crate::examples::{
    account_events, ada, approved, aside, at, bob, burst, control_events, email, entries, link, made,
    minutes, names, rejected, request_form, request_id, requested, sessions, sign_in_to_answer, standings,
    target, targets,
};

// ---------------------------------------------------------------------------------------------------------
// Messages about a request

#[test]
fn the_card_shows_reviewers_where_a_request_stands() {
    let cards = standings().map(|(standing, drawn)| titled(standing, &Message::ReviewCard(drawn)));
    assert_snapshot!(cards.join("\n\n"), @r"
    == waiting: ada@example.com requests prod (111122223333) / S3Admin for 1h: requested
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Waiting for a member of aws-temp#Reviewer · expires unanswered 2027-01-16 08:00 UTC
    [ Approve ] [ Reject ] [ Withdraw ]
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == approved: ada@example.com requests prod (111122223333) / S3Admin for 1h: approved
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Approved by UBOB (slack) (bob@example.com) · access is open until 2027-01-15 09:05 UTC
    [ End access ]
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == rejected: ada@example.com requests prod (111122223333) / S3Admin for 1h: rejected
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Rejected by UBOB (slack) (bob@example.com) · 2027-01-15 08:01 UTC
    > S3ReadOnly is enough for that.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == withdrawn: ada@example.com requests prod (111122223333) / S3Admin for 1h: withdrawn
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Withdrawn by UADA (slack) (ada@example.com) · 2027-01-15 08:01 UTC
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == expired: ada@example.com requests prod (111122223333) / S3Admin for 1h: expired
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Expired · not answered by 2027-01-16 08:00 UTC
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == ended_early: ada@example.com requests prod (111122223333) / S3Admin for 1h: ended
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Ended early by UADA (slack) (ada@example.com) · 2027-01-15 08:09 UTC · approved by UBOB (slack) (bob@example.com)
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == ended: ada@example.com requests prod (111122223333) / S3Admin for 1h: ended
    UADA (slack) (ada@example.com) requests prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Ended · the window closed 2027-01-15 09:05 UTC · approved by UBOB (slack) (bob@example.com)
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC
    ");
}

#[test]
fn the_receipt_shows_the_requester_where_their_request_stands() {
    let receipts = standings().map(|(standing, drawn)| titled(standing, &Message::Receipt(drawn)));
    assert_snapshot!(receipts.join("\n\n"), @r"
    == waiting: Your request for prod (111122223333) / S3Admin for 1h: requested
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Waiting for a member of aws-temp#Reviewer · expires unanswered 2027-01-16 08:00 UTC
    [ Withdraw ]
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == approved: Your request for prod (111122223333) / S3Admin for 1h: approved
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Approved by UBOB (slack) (bob@example.com) · access is open until 2027-01-15 09:05 UTC
    [ Open console ] [ End now ]
    From 2027-01-15 09:05 UTC, AWS denies every call that your sessions make, even in the middle of your work. End now prevents new sessions at once; a session that is open works until then.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == rejected: Your request for prod (111122223333) / S3Admin for 1h: rejected
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Rejected by UBOB (slack) (bob@example.com) · 2027-01-15 08:01 UTC
    > S3ReadOnly is enough for that.
    If you still need access, make a new request with /elevate.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == withdrawn: Your request for prod (111122223333) / S3Admin for 1h: withdrawn
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Withdrawn by UADA (slack) (ada@example.com) · 2027-01-15 08:01 UTC
    If you still need access, make a new request with /elevate.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == expired: Your request for prod (111122223333) / S3Admin for 1h: expired
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Expired · not answered by 2027-01-16 08:00 UTC
    If you still need access, make a new request with /elevate.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == ended_early: Your request for prod (111122223333) / S3Admin for 1h: ended
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Ended early by UADA (slack) (ada@example.com) · 2027-01-15 08:09 UTC · approved by UBOB (slack) (bob@example.com)
    If you still need access, make a new request with /elevate.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == ended: Your request for prod (111122223333) / S3Admin for 1h: ended
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Ended · the window closed 2027-01-15 09:05 UTC · approved by UBOB (slack) (bob@example.com)
    If you still need access, make a new request with /elevate.
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC
    ");
}

#[test]
fn a_request_whose_time_has_come_is_shown_as_it_is_and_not_as_it_was_written_down() {
    let late = Drawn { request: made([requested()]), as_of: at(24 * 60) };
    let card = read(&Message::ReviewCard(late));
    assert!(card.contains("Expired · not answered") && !card.contains('['), "{card}");

    let over = Drawn { request: made([requested(), approved()]), as_of: at(65) };
    let receipt = read(&Message::Receipt(over));
    assert!(receipt.contains("Ended · the window") && !receipt.contains('['), "{receipt}");
}

#[test]
fn whoever_can_act_is_reminded_in_one_line() {
    let reminders = [
        Message::Reminder(Drawn { request: made([requested()]), as_of: at(15) }),
        Message::EndIsNear { target: target(), ends_at: at(65) },
        Message::CardSeen(Drawn { request: made([requested()]), as_of: at(1) }, Seen::NotYet),
        Message::CardSeen(Drawn { request: made([requested()]), as_of: at(1) }, Seen::AtLast),
        Message::PassOn(Drawn { request: made([requested(), approved()]), as_of: at(6) }),
        Message::PassOn(Drawn { request: made([requested()]), as_of: at(24 * 60) }),
    ];
    assert_snapshot!(reminders.map(|message| read(&message)).join("\n"), @r"
    Still waiting · UADA (slack) (ada@example.com) requested prod (111122223333) / S3Admin 2027-01-15 08:00 UTC · a member of aws-temp#Reviewer can answer above until 2027-01-16 08:00 UTC
    Ends soon · your access to prod (111122223333) / S3Admin ends 2027-01-15 09:05 UTC. Finish what you are doing. If you need more time, make a new request with /elevate after it ends.
    Not visible to reviewers yet · Slack does not let the app post your request for prod (111122223333) / S3Admin in the reviewers' channel. Contact the people who run this app. The app tries again every minute, and a member of aws-temp#Reviewer can answer until 2027-01-16 08:00 UTC. You do not have to make the request again.
    Visible to reviewers · your request for prod (111122223333) / S3Admin is posted in the reviewers' channel. Until 2027-01-16 08:00 UTC, a member of aws-temp#Reviewer can answer it.
    Please pass on · Slack does not let the app write to UADA (slack) (ada@example.com). They have access to prod (111122223333) / S3Admin until 2027-01-15 09:05 UTC. /elevate status gives them the button that opens the console.
    Please pass on · Slack does not let the app write to UADA (slack) (ada@example.com). Their request for prod (111122223333) / S3Admin: expired. /elevate status shows it to them.
    ");
}

// ---------------------------------------------------------------------------------------------------------
// Answers and links

#[test]
fn links_lead_out_of_the_chat_and_say_how_long_they_live() {
    let ada = || email("ada@example.com");
    let why = Some(Refusal::NotLinked.into());
    let messages = [
        ("console", Message::ConsoleLink { target: target(), url: link("console"), ends_at: at(65) }),
        ("link", Message::LinkInvitation { why: None, url: link("link") }),
        ("link, with a reason", Message::LinkInvitation { why, url: link("link") }),
        ("sign in to answer", sign_in_to_answer(Act::Approve, link("review"))),
        ("linked", Message::Linked(ada())),
        ("relinked", Message::Relinked(ada())),
        ("unlinked", Message::Unlinked(ada())),
        ("signed out", Message::SignedOut(ada())),
    ];
    assert_snapshot!(messages.map(|(title, message)| titled(title, &message)).join("\n\n"), @r"
    == console: Your link to prod (111122223333) / S3Admin
    Your link to prod (111122223333) / S3Admin
    [ Open AWS console ] https://elevate.example.com/console/4Rz
    For you only: you sign in first. Works once, within 15 minutes. Access ends 2027-01-15 09:05 UTC.

    == link: Link your Slack account by signing in at your identity provider.
    Link your Slack account by signing in at your identity provider.
    [ Link my account ] https://elevate.example.com/link/4Rz
    For you only: do not share it. Works once, within 10 minutes.

    == link, with a reason: Your Slack account is not linked yet. Link it first.
    Your Slack account is not linked yet. Link it first.
    [ Link my account ] https://elevate.example.com/link/4Rz
    For you only: do not share it. Works once, within 10 minutes.

    == sign in to answer: Sign in to approve ada@example.com's request for prod (111122223333) / S3Admin
    Sign in to approve ada@example.com's request for prod (111122223333) / S3Admin. Your answer counts after you sign in.
    [ Sign in ] https://elevate.example.com/review/4Rz
    For you only: do not share it. Works once, within 10 minutes.

    == linked: Your Slack account is linked to ada@example.com.
    Your Slack account is linked to ada@example.com. Request access with /elevate. If you did not link it, unlink it and contact the people who run this app.
    [ Unlink ]

    == relinked: Your Slack account is now linked to a different identity with the address ada@example.com.
    Your Slack account is now linked to a different identity, which has the same address, ada@example.com. This is expected when your company moves to another identity provider. If you did not link it, unlink it at once and contact the people who run this app.
    [ Unlink ]

    == unlinked: Your Slack account is no longer linked to ada@example.com. Link it again with /elevate link.
    Your Slack account is no longer linked to ada@example.com. Link it again with /elevate link.

    == signed out: Your identity provider reports that you signed out as ada@example.com. Sign in again with /elevate link before you request access or answer a request.
    Your identity provider reports that you signed out as ada@example.com. Sign in again with /elevate link before you request access or answer a request.
    ");
}

#[test]
fn a_link_that_the_platform_does_not_take_is_regretted() {
    let Said { parts, .. } = said(&Message::LinkInvitation { why: None, url: link("link") }, &names());
    let regrets = parts.iter().find_map(|part| match part {
        Part::Link(link) => Some(link.otherwise.as_str()),
        Part::Paragraph(_) | Part::Text(_) | Part::Quote(_) | Part::Small(_) | Part::Buttons(_) => None,
    });
    assert_snapshot!(regrets.unwrap(), @"The link is too long for Slack. Contact the people who run this app.");
}

#[test]
fn the_overview_shows_where_a_person_stands() {
    let nobody = Overview { email: None, targets: vec![], requests: vec![], as_of: at(10) };
    let newcomer = Overview { email: Some(email("ada@example.com")), ..nobody.clone() };
    let requests = standings().into_iter().map(|(_, drawn)| drawn.request).collect();
    let somebody = Overview { targets: targets(22), requests, ..newcomer.clone() };
    let overviews = [("of a stranger", nobody), ("of a newcomer", newcomer), ("of somebody", somebody)];
    let overviews = overviews.map(|(whose, overview)| titled(whose, &Message::Overview(overview)));
    assert_snapshot!(overviews.join("\n\n"), @r"
    == of a stranger: You are not linked. Link your Slack account with /elevate link.
    You are not linked. Link your Slack account with /elevate link.

    == of a newcomer: You are linked to ada@example.com.
    You are linked to ada@example.com.
    You can request
    None.
    Your latest requests
    None.
    This shows what your groups allowed at the last check. They are checked again when you make a request.

    == of somebody: You are linked to ada@example.com.
    You are linked to ada@example.com.
    You can request
    • 444455556666 / Role21
    • prod (111122223333) / Role20
    • 444455556666 / Role19
    • prod (111122223333) / Role18
    • 444455556666 / Role17
    • prod (111122223333) / Role16
    • 444455556666 / Role15
    • prod (111122223333) / Role14
    • 444455556666 / Role13
    • prod (111122223333) / Role12
    • 444455556666 / Role11
    • prod (111122223333) / Role10
    • 444455556666 / Role9
    • prod (111122223333) / Role8
    • 444455556666 / Role7
    • prod (111122223333) / Role6
    • 444455556666 / Role5
    • prod (111122223333) / Role4
    • 444455556666 / Role3
    • prod (111122223333) / Role2
    … and 2 more
    Your latest requests
    • prod (111122223333) / S3Admin for 1h · requested until 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1
    • prod (111122223333) / S3Admin for 1h · approved until 2027-01-15 09:05 UTC · req_01JHKQ2B00000000000000ADA1
    • prod (111122223333) / S3Admin for 1h · rejected 2027-01-15 08:01 UTC · req_01JHKQ2B00000000000000ADA1
    • prod (111122223333) / S3Admin for 1h · withdrawn 2027-01-15 08:01 UTC · req_01JHKQ2B00000000000000ADA1
    • prod (111122223333) / S3Admin for 1h · expired 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1
    • prod (111122223333) / S3Admin for 1h · ended 2027-01-15 08:09 UTC · req_01JHKQ2B00000000000000ADA1
    • prod (111122223333) / S3Admin for 1h · ended 2027-01-15 09:05 UTC · req_01JHKQ2B00000000000000ADA1
    Access is open to prod (111122223333) / S3Admin until 2027-01-15 09:05 UTC
    [ Open console ]
    This shows what your groups allowed at the last check. They are checked again when you make a request.
    ");
}

#[test]
fn a_lost_channel_is_reported_with_its_effect_and_its_cure() {
    let channel = Tenant::new("slack", "T0").conversation("C0");
    let reported = [
        (Purpose::Audit, ChannelTrouble::Archived),
        (Purpose::Review, ChannelTrouble::Left),
        (Purpose::Review, ChannelTrouble::Shared),
        (Purpose::Audit, ChannelTrouble::Missing),
    ];
    let reported = reported.map(|(purpose, trouble)| {
        said(&Message::ChannelTrouble { channel: channel.clone(), purpose, trouble }, &names())
            .summary
            .to_string()
    });
    assert_snapshot!(reported.join("\n"), @r"
    The audit channel cannot be used · In Slack, C0 is archived. Events wait, and nobody can read them there. Unarchive it.
    The review channel cannot be used · In Slack, C0 does not contain the app. Nobody can answer requests there. Invite the app.
    The review channel cannot be used · In Slack, C0 is shared with another organization. Its people can read along and press buttons. Stop sharing it.
    The audit channel cannot be used · In Slack, C0 is unknown to the app. Events wait, and nobody can read them there. Invite the app, or configure another channel.
    ");
}

#[test]
fn answers_say_what_happened_and_what_to_do_next() {
    let [(_, waiting), ..] = standings();
    let no = |why: Refusal, pointer| Message::Refused { why: why.into(), pointer };
    let in_the_way = Refusal::AlreadyOpen { target: target(), request: request_id() };
    let help = |on_mismatch| Message::Help { max: minutes("8h"), example: minutes("1h"), on_mismatch };
    assert_eq!(read(&help(OnMismatch::PlatformSignIn)), read(&help(OnMismatch::Refuse)));
    let answers = [
        ("no", no(Refusal::NotReviewer { reviewers: names().reviewers }, None)),
        ("no, and what stands in the way", no(in_the_way, Some(Box::new(waiting)))),
        ("requested", Message::Done(Done::Requested(request_id()))),
        ("not linked", Message::Done(Done::NotLinked)),
        ("delayed", Message::Delayed),
        ("failed", Message::Failed { reference: "5f2c9a10".into() }),
        ("help", help(OnMismatch::Refuse)),
        ("help where codes are typed", help(OnMismatch::Code)),
    ];
    assert_snapshot!(answers.map(|(title, message)| titled(title, &message)).join("\n\n"), @r"
    == no: Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.
    Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.

    == no, and what stands in the way: You already have a request for 111122223333/S3Admin that is waiting or approved: req_01JHKQ2B00000000000000ADA1. Use it, or withdraw or end it first.
    You already have a request for 111122223333/S3Admin that is waiting or approved: req_01JHKQ2B00000000000000ADA1. Use it, or withdraw or end it first.
    You requested prod (111122223333) / S3Admin for 1h
    > Bucket policy of the invoices is broken.
    > See INC-42.
    Waiting for a member of aws-temp#Reviewer · expires unanswered 2027-01-16 08:00 UTC
    [ Withdraw ]
    req_01JHKQ2B00000000000000ADA1 · requested 2027-01-15 08:00 UTC

    == requested: Your request req_01JHKQ2B00000000000000ADA1 is on its way to the reviewers. Their answer arrives in your messages with this app, and /elevate status shows it.
    Your request req_01JHKQ2B00000000000000ADA1 is on its way to the reviewers. Their answer arrives in your messages with this app, and /elevate status shows it.

    == not linked: Your Slack account is not linked to an identity. Link it with /elevate link.
    Your Slack account is not linked to an identity. Link it with /elevate link.

    == delayed: Slack does not respond to the app at the moment. Your action is saved and will be done as soon as Slack responds; you don't need to repeat it. If that takes more than 15 minutes, you will be told. Check with /elevate status.
    Slack does not respond to the app at the moment. Your action is saved and will be done as soon as Slack responds; you don't need to repeat it. If that takes more than 15 minutes, you will be told. Check with /elevate status.

    == failed: Something went wrong, and your action may not have completed. Check with /elevate status, then try again. If it happens again, contact the people who run this app and quote reference 5f2c9a10.
    Something went wrong, and your action may not have completed. Check with /elevate status, then try again. If it happens again, contact the people who run this app and quote reference 5f2c9a10.

    == help: How to use /elevate
    Time-bound access to AWS roles
    /elevate opens a form to request access
    /elevate 111122223333/S3Admin 1h bucket policy broken requests access in one line
    /elevate status shows what you can request and your latest requests
    /elevate link links your Slack account to your identity
    /elevate unlink unlinks your Slack account
    /elevate help shows this message
    A target is an account and a role. A duration looks like 45m or 1h30m; the maximum is 8h. A reviewer answers each request. Access starts when the request is approved.

    == help where codes are typed: How to use /elevate
    Time-bound access to AWS roles
    /elevate opens a form to request access
    /elevate 111122223333/S3Admin 1h bucket policy broken requests access in one line
    /elevate status shows what you can request and your latest requests
    /elevate link links your Slack account to your identity
    /elevate confirm K7QM-2XPA completes the link with the code that your browser shows
    /elevate unlink unlinks your Slack account
    /elevate help shows this message
    A target is an account and a role. A duration looks like 45m or 1h30m; the maximum is 8h. A reviewer answers each request. Access starts when the request is approved.
    ");
    assert_snapshot!(elevate::text::not_stored("5f2c9a10", &names()), @"The app could not confirm that your action was saved. Check with /elevate status. If it is missing, try again in a minute. If it happens again, contact the people who run this app and quote reference 5f2c9a10.");
}

#[test]
fn where_there_is_no_form_people_hear_what_to_write_instead() {
    let forms = [
        ("to ask", Form::Request(request_form(3))),
        ("to ask, with nothing to ask for", Form::Request(request_form(0))),
        ("to reject", Form::Rejection(request_id(), ActedIn::Words)),
    ];
    assert_snapshot!(forms.map(|(title, form)| titled(title, &Message::WithoutForm(form))).join("\n\n"), @r"
    == to ask: How to request access in one line
    Forms are not available here. Make the request in one line: /elevate 111122223333/S3Admin 1h bucket policy broken
    You can request
    • prod (111122223333) / Role2
    • 444455556666 / Role1
    • prod (111122223333) / Role0

    == to ask, with nothing to ask for: How to request access in one line
    Forms are not available here. Make the request in one line: /elevate 111122223333/S3Admin 1h bucket policy broken
    You can request
    None.

    == to reject: Forms are not available here. Give the reason in one line: /elevate reject req_01JHKQ2B00000000000000ADA1 use the read-only role
    Forms are not available here. Give the reason in one line: /elevate reject req_01JHKQ2B00000000000000ADA1 use the read-only role
    ");
}

// ---------------------------------------------------------------------------------------------------------
// The audit channel

#[test]
fn the_audit_channel_tells_every_event_in_one_line() {
    let early = Event::Ended { ended_at: at(10), sessions_until: Some(at(65)) }.by(bob());
    let in_time = Event::Ended { ended_at: at(65), sessions_until: None }.by(Actor::Clock);
    let trails: [Vec<Change>; 5] = [
        vec![requested(), rejected()],
        vec![requested(), Event::Withdrawn.by(ada())],
        vec![requested(), Event::Expired.by(Actor::Clock)],
        [vec![requested(), approved()], sessions(), vec![early]].concat(),
        vec![requested(), approved(), in_time],
    ];
    let lines: Vec<String> = trails
        .iter()
        .flat_map(|events| entries(events))
        .chain(account_events().into_iter().map(aside))
        .chain(control_events())
        .map(|entry| read(&Message::Audit(entry)))
        .collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    assert_snapshot!(lines.join("\n"), @r"
    2027-01-15 08:00 UTC · Requested · UADA (slack) (ada@example.com) requested prod (111122223333) / S3Admin for 1h; expires unanswered 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1/1 · “Bucket policy of the invoices is broken. See INC-42.”
    2027-01-15 08:01 UTC · Rejected · UBOB (slack) (bob@example.com) rejected ada@example.com's request for prod (111122223333) / S3Admin · req_01JHKQ2B00000000000000ADA1/2 · “S3ReadOnly is enough for that.”
    2027-01-15 08:00 UTC · Requested · UADA (slack) (ada@example.com) requested prod (111122223333) / S3Admin for 1h; expires unanswered 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1/1 · “Bucket policy of the invoices is broken. See INC-42.”
    2027-01-15 08:01 UTC · Withdrawn · UADA (slack) (ada@example.com) withdrew ada@example.com's request for prod (111122223333) / S3Admin · req_01JHKQ2B00000000000000ADA1/2
    2027-01-15 08:00 UTC · Requested · UADA (slack) (ada@example.com) requested prod (111122223333) / S3Admin for 1h; expires unanswered 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1/1 · “Bucket policy of the invoices is broken. See INC-42.”
    2027-01-15 08:01 UTC · Expired · no one answered UADA (slack) (ada@example.com)'s request for prod (111122223333) / S3Admin in time · req_01JHKQ2B00000000000000ADA1/2
    2027-01-15 08:00 UTC · Requested · UADA (slack) (ada@example.com) requested prod (111122223333) / S3Admin for 1h; expires unanswered 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1/1 · “Bucket policy of the invoices is broken. See INC-42.”
    2027-01-15 08:01 UTC · Approved · UBOB (slack) (bob@example.com) approved ada@example.com's request for prod (111122223333) / S3Admin; access is open until 2027-01-15 09:05 UTC · req_01JHKQ2B00000000000000ADA1/2
    2027-01-15 08:02 UTC · Session requested · UADA (slack) (ada@example.com) signed in; session 1 for prod (111122223333) / S3Admin is requested from AWS · req_01JHKQ2B00000000000000ADA1/3
    2027-01-15 08:03 UTC · Session issued · UADA (slack) (ada@example.com) receives session 1 for prod (111122223333) / S3Admin; it expires 2027-01-15 09:06 UTC at the latest · req_01JHKQ2B00000000000000ADA1/4
    2027-01-15 08:04 UTC · Session requested · UADA (slack) (ada@example.com) signed in; session 2 for prod (111122223333) / S3Admin is requested from AWS · req_01JHKQ2B00000000000000ADA1/5
    2027-01-15 08:05 UTC · Session dropped · UADA (slack) (ada@example.com)'s session 2 for prod (111122223333) / S3Admin was discarded · req_01JHKQ2B00000000000000ADA1/6 · “access ended while waiting for AWS”
    2027-01-15 08:06 UTC · Session requested · UADA (slack) (ada@example.com) signed in; session 3 for prod (111122223333) / S3Admin is requested from AWS · req_01JHKQ2B00000000000000ADA1/7
    2027-01-15 08:07 UTC · Session refused · AWS refused UADA (slack) (ada@example.com) session 3 for prod (111122223333) / S3Admin · req_01JHKQ2B00000000000000ADA1/8 · “The target's trust policy does not allow sts:TagSession. Allow it there, and check that aws.external_id is the one that it requires. Or set aws.session_tags = false. AWS's answer: AccessDenied: not authorized to perform: sts:TagSession.”
    2027-01-15 08:08 UTC · Session requested · UADA (slack) (ada@example.com) signed in; session 4 for prod (111122223333) / S3Admin is requested from AWS · req_01JHKQ2B00000000000000ADA1/9
    2027-01-15 08:09 UTC · Session unknown · AWS's response for UADA (slack) (ada@example.com)'s session 4 for prod (111122223333) / S3Admin did not arrive; nothing was handed out · req_01JHKQ2B00000000000000ADA1/10
    2027-01-15 08:10 UTC · Ended early · UBOB (slack) (bob@example.com) ended ada@example.com's access to prod (111122223333) / S3Admin 2027-01-15 08:10 UTC · a session opened before then works until 2027-01-15 09:05 UTC · req_01JHKQ2B00000000000000ADA1/11
    2027-01-15 08:00 UTC · Requested · UADA (slack) (ada@example.com) requested prod (111122223333) / S3Admin for 1h; expires unanswered 2027-01-16 08:00 UTC · req_01JHKQ2B00000000000000ADA1/1 · “Bucket policy of the invoices is broken. See INC-42.”
    2027-01-15 08:01 UTC · Approved · UBOB (slack) (bob@example.com) approved ada@example.com's request for prod (111122223333) / S3Admin; access is open until 2027-01-15 09:05 UTC · req_01JHKQ2B00000000000000ADA1/2
    2027-01-15 08:02 UTC · Ended · UADA (slack) (ada@example.com)'s access to prod (111122223333) / S3Admin ended 2027-01-15 09:05 UTC · req_01JHKQ2B00000000000000ADA1/3
    2027-01-15 08:10 UTC · Linked · UADA (slack) is linked to ada@example.com · slack/T0123456/UADA/7
    2027-01-15 08:10 UTC · Linked · UADA (slack) is linked to ada@example.com, which is not their address in Slack; they confirmed the account with a Slack sign-in · slack/T0123456/UADA/7
    2027-01-15 08:10 UTC · Linked · UADA (slack) is linked to ada@example.com, which is not their address in Slack; they confirmed the account with a code · slack/T0123456/UADA/7
    2027-01-15 08:10 UTC · ⚠ Linked to another identity · UADA (slack) moved from ada of https://idp.example to 00u1ada of https://login.example.com, which has the same address, ada@example.com · slack/T0123456/UADA/7
    2027-01-15 08:10 UTC · Unlinked · UADA (slack) is no longer linked to ada@example.com · slack/T0123456/UADA/7
    2027-01-15 08:10 UTC · Signed out · UADA (slack) signed out at the identity provider as ada@example.com and must sign in again · slack/T0123456/UADA/7
    2027-01-15 08:10 UTC · Refused · UADA (slack) tried to use this app · slack/T0123456/UADA/7 · “Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.”
    2027-01-15 08:10 UTC · Refused · UADA (slack) tried to make a request · prod (111122223333) / S3Admin · slack/T0123456/UADA/7 · “Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.”
    2027-01-15 08:10 UTC · Refused · UADA (slack) tried to approve · req_01JHKQ2B00000000000000ADA1 · slack/T0123456/UADA/7 · “Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.”
    2027-01-15 08:10 UTC · Refused · UADA (slack) tried to open the AWS console · req_01JHKQ2B00000000000000ADA1 · prod (111122223333) / S3Admin · slack/T0123456/UADA/7 · “Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.”
    2027-01-15 08:10 UTC · Not delivered · UADA (slack) · Slack does not accept the review card · req_01JHKQ2B00000000000000ADA1 · slack/T0123456/UADA/7 · “chat.postMessage: channel_not_found”
    2027-01-15 08:10 UTC · Not delivered · UADA (slack) · Slack does not accept the notice of being linked · slack/T0123456/UADA/7 · “chat.postMessage: channel_not_found”
    2027-01-15 08:10 UTC · ⚠ Frozen · the operator froze access at a command line; nobody is let in until it is thawed · control/1 · “a laptop was stolen”
    2027-01-15 08:10 UTC · Thawed · the operator thawed access at a command line; people are let in again · control/1
    2027-01-15 08:10 UTC · ⚠ Policy changed · elevate put policy 1 (44136fa355b3) in force, as its configuration says · control/1
    2027-01-15 08:10 UTC · ⚠ Policy changed · elevate put policy 1 (ede97e6cb1a1) in force, as its configuration says: access.setting_00 from 1h to 8h; access.setting_01 from 1h to 8h; access.setting_02 from 1h to 8h; access.setting_03 from 1h to 8h; access.setting_04 from 1h to 8h; access.setting_05 from 1h to 8h; access.setting_06 from 1h to 8h; access.setting_07 from 1h to 8h; access.setting_08 from 1h to 8h; access.setting_09 from 1h to 8h; and 2 more · control/1
    2027-01-15 08:10 UTC · ⚠ Policy changed · the operator put policy 1 (ede97e6cb1a1) in force, at a command line: access.setting_00 set to 8h; access.setting_01 set to 8h; access.setting_02 set to 8h; access.setting_03 set to 8h; access.setting_04 set to 8h; access.setting_05 set to 8h; access.setting_06 set to 8h; access.setting_07 set to 8h; access.setting_08 set to 8h; access.setting_09 set to 8h; and 2 more · control/1
    2027-01-15 08:10 UTC · ⚠ Policy changed · the operator put policy 1 (44136fa355b3) in force, at a command line: access.setting_00 no longer set, before 8h; access.setting_01 no longer set, before 8h; access.setting_02 no longer set, before 8h; access.setting_03 no longer set, before 8h; access.setting_04 no longer set, before 8h; access.setting_05 no longer set, before 8h; access.setting_06 no longer set, before 8h; access.setting_07 no longer set, before 8h; access.setting_08 no longer set, before 8h; access.setting_09 no longer set, before 8h; and 2 more · control/1
    ");
}

#[test]
fn what_one_person_does_again_and_again_is_one_line() {
    assert_snapshot!(read(&burst(Refusal::NotYours)), @"2027-01-15 08:10 UTC · Burst · 18 events of UADA (slack) since 2027-01-15 08:10 UTC: was linked 3×, was unlinked 1×, signed out 1×, tried to use this app 2×, tried to link their account 1×, tried to make a request 2×, tried to approve 3×, tried to reject 1×, tried to withdraw 1×, tried to end access 1×, tried to open the AWS console 2× · latest: UADA (slack) tried to approve · req_01JHKQ2B00000000000000ADA1 · prod (111122223333) / S3Admin · slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 slack/T0123456/UADA/7 · “This access was approved for someone else. Make your own request with /elevate.”");
}

// ---------------------------------------------------------------------------------------------------------
// How a message is read

fn read(message: &Message) -> String {
    assert_eq!(check_message(&serde_json::to_value(draw(message, &names())).unwrap()), Ok(()));
    said(message, &names()).to_string()
}

/// What it is, what a notification tells of it, and the message itself.
fn titled(title: &str, message: &Message) -> String {
    read(message);
    let said = said(message, &names());
    format!("== {title}: {}\n{said}", said.summary)
}
