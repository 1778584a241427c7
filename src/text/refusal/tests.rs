//! What every refusal says.

use insta::assert_snapshot;

use super::*;
use crate::domain::refusal::tests::every_refusal;

#[test]
fn every_refusal_says_what_happened_and_what_to_do_next() {
    let refusals = every_refusal();
    assert_eq!(refusals.iter().map(Refusal::code).collect::<Vec<_>>(), Refusal::CODES, "none is missing");
    assert_snapshot!(said(&refusals), @r"
    own_request: You cannot answer your own request. A member of aws-temp#Reviewer must answer it.
    not_reviewer: Only a member of aws-temp#Reviewer can answer this request. If you should be a member, ask the owner of that group.
    answer_requires_sign_in: Answering requires a sign-in at your identity provider. Press the button again to get a sign-in link.
    other_reviewer: You signed in as eve@example.com, but this answer was started from someone else's Slack account. Sign out at your identity provider and open the link again.
    sign_in_too_old: You signed in at your identity provider more than 5m ago, and this requires a more recent sign-in. Open the link again and sign in when prompted.
    sign_in_not_fresh: Your identity provider did not ask you to sign in, so the app could not check whether you are still eligible. Sign out at your identity provider, then open the link again.
    sign_in_too_weak: This requires a stronger sign-in than the one you used. Accepted: phr, mfa. Open the link again and sign in that way, or ask the people who manage your account at the identity provider.
    not_party: Only the requester or a member of aws-temp#Reviewer can do that. Ask one of them.
    already_answered: bob@example.com has already rejected this request. You don't need to do anything.
    expired_unanswered: This request expired before anyone answered it. The requester can make a new one with /elevate.
    approved_and_over: bob@example.com approved this request, and its access has already ended. The requester can make a new one with /elevate.
    not_live: Access is not open: this request is ended. Make a new one with /elevate if you still need access.
    other_person: You signed in as eve@example.com, but this access was approved for someone else. Sign out at your identity provider and open the link again, or make your own request with /elevate.
    not_yours: This access was approved for someone else. Make your own request with /elevate.
    not_eligible: You are not eligible for 111122223333/S3Admin: it requires membership in aws-temp#S3Admin#111122223333. Ask the owner of that group.
    group_misspelled: Membership in aws-temp#S3Admin#111122223333 counts only under exactly that name, and your identity provider sends “/aws-temp#S3Admin#111122223333”. Contact the people who run this app.
    frozen: Access is frozen: the people who run this app let nobody in for now. Nothing was changed. Ask them when it ends, and try again then.
    policy_outdated: The rules for access have just changed, and your action reached a part of the app that still has the earlier ones. Nothing was changed. Try again in a minute. If this happens again, contact the people who run this app.
    audit_overdue: Nobody is let in for now, because the audit channel has not received what happened for more than ten minutes. Try again later, and tell the people who run this app.
    not_offered: 111122223333/S3Admin cannot be requested any more: its account is no longer offered. Ask the people who run this app.
    unproven_grant: This access could not be verified, so nothing was opened. Make a new request with /elevate, and contact the people who run this app.
    too_many_sessions: You already have 2 sessions with this access, which is the maximum at once. Use one of them, or wait until one expires.
    too_many_requests: You have made 20 requests within an hour, which is the maximum. Wait until the oldest of them is an hour old.
    too_long: 9h is longer than the maximum of 8h. Request 8h or less.
    already_open: You already have a request for 111122223333/S3Admin that is waiting or approved: req_01JHKQ2B00000000000000ADA1. Use it, or withdraw or end it first.
    no_reason: A reason is required. Give one in a few words.
    reason_too_long: The reason has 1001 characters; the maximum is 1000. Shorten it.
    other_message: You pressed a button on a message that is not this request's current one, so nothing was done. Use the card in the review channel, or your newest message about the request. If you did not expect that message, tell the people who run this app.
    no_such_request: There is no request req_01JHKQ2B00000000000000ADA1. See your requests with /elevate status.
    other_tenant: Only members of this workspace can use this app. Use the app in your own workspace, or ask a member of this one.
    not_full_member: Your Slack account is a guest, and only full members can use this app. Ask a workspace admin.
    not_linked: Your Slack account is not linked yet. Link it first.
    sign_in_again: Your identity provider requires you to sign in again. Link your Slack account again, then repeat this.
    groups_unknown: Your identity provider did not return your groups when it renewed your sign-in (it sent the claims email, sub). Nothing was changed. Sign in again: link your Slack account again, then repeat this. If it happens again, contact the people who run this app.
    no_groups_claim: Your identity provider returned no groups for you, so the app could not check whether you are in aws-temp#Reviewer (no claim groups; it sent the claims Groups, sub). Contact the people who run this app.
    identity_unavailable: Your groups could not be checked because the identity provider did not respond. Nothing was changed. Try again in a minute. If it happens again, contact the people who run this app.
    token_unavailable: Your groups could not be checked because your stored sign-in could not be read. Nothing was changed. Try again in a minute. If it happens again, contact the people who run this app.
    key_unavailable: Your groups could not be checked because the key for your stored sign-in was not available. Nothing was changed. Try again in a minute. If it happens again, contact the people who run this app.
    identity_unusable: The identity provider's response could not be accepted (its ID token has no sub). Nothing was changed. Contact the people who run this app.
    sign_in_declined: You were not signed in: the sign-in was cancelled or denied (access_denied). Open the link again to retry.
    sign_in_refused: You were not signed in: the identity provider refused (invalid_scope, “groups is unknown”). Contact the people who run this app.
    link_gone: This link has been used or has expired. Get a new one in Slack.
    other_browser: This sign-in was started in another browser. Open the link from Slack in this one.
    forged_form: This page was not opened from the link in Slack, or cookies are blocked. Allow cookies and open the link from Slack again.
    email_not_shown: Slack does not show the email address of your Slack account to this app, so it cannot be compared. Contact the people who run this app.
    account_unknown: Slack does not know your Slack account, so nothing was done. Only members of this workspace can use this app. Ask a workspace admin.
    no_confirmed_email: Your Slack profile has no confirmed email address. Confirm it in Slack, then start again with /elevate link.
    no_email: Your identity provider sent no email address in the claim email, which oidc.email_claim names (it sent the claims sub, upn). Contact the people who run this app.
    no_verified_email: Your identity provider has not verified your email address. Contact the people who run this app.
    emails_differ: You signed in as eve@example.com, but the Slack account that this link belongs to is ada@example.com. Get your own link with /elevate link. If both addresses are yours, contact the people who run this app.
    no_person_claim: Your identity provider does not say which person this identity belongs to, so it cannot be linked. Contact the people who run this app.
    other_domain: You signed in as ada@example.net, but only addresses at example.com, example.org can be linked. Sign out at your identity provider and sign in with one of these, or contact the people who run this app.
    other_account: You are not signed in to Slack with the account that this link belongs to, so nothing was linked. If that account is yours, sign in to it in this browser and open the link again. If not, get your own link with /elevate link.
    account_sign_in_failed: The sign-in with Slack failed (it refused the request: unauthorized_client), so nothing was linked. Open the link again. If it happens again, contact the people who run this app.
    account_sign_in_unavailable: The sign-in with Slack failed because Slack did not respond, so nothing was linked. Open the link again in a minute. If it happens again, contact the people who run this app.
    bad_code: That isn't a code. A code has eight letters and digits, as the page shows. Type it again.
    no_code: No code is waiting for your Slack account. Type only a code that you have seen yourself, on the page at the end of your own /elevate link. Never type a code that someone gave you.
    code_too_late: That code has expired: codes are valid for 5 minutes. Get a new one with /elevate link.
    wrong_code: That code doesn't match. 3 tries left.
    code_used_up: A wrong code was typed too often, so this code is no longer valid. Get a new one with /elevate link.
    identity_taken: This identity is already linked to another Slack account. Unlink it there first, with /elevate unlink.
    address_taken: Your email address already belongs to another linked Slack account. Unlink it there first, with /elevate unlink.
    linked_to_another: Your Slack account is linked to another identity with a different email address. Unlink it first, with /elevate unlink.
    session_refused: AWS refused the session. The target's trust policy does not allow sts:TagSession. Allow it there, and check that aws.external_id is the one that it requires. Or set aws.session_tags = false. AWS's answer: AccessDenied: no role trust policy allows sts:TagSession. Contact the people who run this app.
    session_unavailable: AWS could not open a session. Press Open console in Slack to try again. If it happens again, contact the people who run this app.
    given_up: Your action failed for 15 minutes and will not be retried. Check with /elevate status, and repeat the action if you still need it. If it happens again, contact the people who run this app.
    too_fast: That was too many actions at once, so nothing was done. Wait 2 s, then try again.
    unreadable: “S3Admin” is not a target. Enter an account and a role, such as 111122223333/S3Admin.
    incomplete_command: The command arrived incomplete, so nothing was done. Type it again.
    form_too_late: Slack was slow, so the form could not be opened in time. Do it again.
    platform_refused: Slack does not let this app do that (users.info: missing_scope), so nothing was done. Trying again does not help. Contact the people who run this app.
    damaged_form: This form is damaged. Close it and press Reject again.
    ");
}

#[test]
fn a_refusal_says_more_where_its_facts_differ() {
    let kinds = [MemberKind::Guest, MemberKind::Bot, MemberKind::Deactivated];
    let unreadable = [("", Expected::Target), ("", Expected::Duration), ("1 hour", Expected::Duration)];
    let others = kinds.map(|kind| Refusal::NotFullMember { kind }).into_iter();
    let others = others.chain(unreadable.map(|(text, expected)| Refusal::unreadable(text, expected)));
    let on_a_page = Refusal::NoGroupsClaim { group: None, claim: "groups".into(), claims: vec![] };
    let spelled = ["/A", "a"].map(str::to_owned).into();
    let misspelled = Refusal::GroupMisspelled { group: "A".into(), sent: spelled };
    let others: Vec<Refusal> =
        others.chain([Refusal::WrongCode { left: 1 }, on_a_page, misspelled]).collect();
    assert_snapshot!(said(&others), @r"
    not_full_member: Your Slack account is a guest, and only full members can use this app. Ask a workspace admin.
    not_full_member: Your Slack account is a bot, and only full members can use this app. Ask a workspace admin.
    not_full_member: Your Slack account is deactivated, and only full members can use this app. Ask a workspace admin.
    unreadable: A target is required. Enter an account and a role, such as 111122223333/S3Admin.
    unreadable: A duration is required. Enter one such as 45m or 1h30m.
    unreadable: “1 hour” is not a duration. Enter whole minutes or hours, such as 45m or 1h30m.
    wrong_code: That code doesn't match. 1 try left.
    no_groups_claim: Your identity provider returned no groups for you, so you can neither request access nor answer requests (no claim groups; it sent no claims). Contact the people who run this app.
    group_misspelled: Membership in A counts only under exactly that name, and your identity provider sends “/A”, “a”. Contact the people who run this app.
    ");
}

#[test]
fn who_has_to_ask_the_operator_is_given_what_to_quote() {
    let why = Refused { refusal: Refusal::NoVerifiedEmail, reference: Some("5f2c9a10".to_owned()) };
    assert_snapshot!(refused(&why, &names()), @"Your identity provider has not verified your email address. Contact the people who run this app. Quote reference 5f2c9a10.");
}

fn said(refusals: &[Refusal]) -> String {
    let lines = refusals.iter().map(|why| format!("{}: {}", why.code(), refusal(why, &names())));
    lines.collect::<Vec<_>>().join("\n")
}

fn names() -> Names {
    let (platform, command) = ("Slack".to_owned(), "/elevate".to_owned());
    Names { platform, command, ..Names::default() }
}
