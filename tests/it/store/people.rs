//! Links, their refresh tokens, and the one-time secrets that make them.

use aws_sdk_dynamodb::types::AttributeValue;
use elevate::{
    domain::{
        linking::PendingLink,
        person::{Groups, ToldGroups},
        secret::{Sealed, SecretHash},
        ticket::LinkSecrets,
    },
    ports::{LinkError, LinkProof, NewLink, SealedToken, TicketError, TokenError, UnlinkError, UsedToken},
};

use super::*;

#[tokio::test]
async fn a_link_is_kept_and_its_secrets_are_used_up() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let new = signed_in(store, "ada", 1).await;
    let linked = store.save_link(&new).await.unwrap();

    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(link("ada")));
    let token = store.token(&slack("ada")).await.unwrap().unwrap();
    assert_eq!(token.sealed, b"sealed 1");
    assert_eq!(store.ticket(&secrets(&new).token).await.unwrap(), None);
    assert_eq!(store.ticket(&secrets(&new).sign_in).await.unwrap(), None);
    assert_eq!(fixture.jobs().await, linked.jobs);
}

#[tokio::test]
async fn a_link_token_is_used_up_once() {
    let Fixture { store, .. } = &fixture().await;
    let new = signed_in(store, "ada", 1).await;
    store.save_link(&new).await.unwrap();
    assert_used_up(store.save_link(&new).await);
    let outcome = store.start_link(&secrets(&new).token, &sign_in(9, &secrets(&new).token), noon()).await;
    assert!(matches!(outcome, Err(TicketError::UsedUp)), "{outcome:?}");
}

#[tokio::test]
async fn the_browser_that_starts_last_may_use_the_link_up() {
    let Fixture { store, .. } = &fixture().await;
    let first = signed_in(store, "ada", 1).await;
    let later = sign_in(7, &secrets(&first).token);
    store.start_link(&secrets(&first).token, &later, noon()).await.unwrap();

    assert_used_up(store.save_link(&first).await);
    assert_eq!(store.link(&slack("ada")).await.unwrap(), None);
    let uses_up = LinkSecrets { sign_in: later.key, ..secrets(&first).clone() };
    let second = NewLink { uses_up: LinkProof::SignIn(uses_up), ..first };
    store.save_link(&second).await.unwrap();
}

#[tokio::test]
async fn a_link_token_that_has_expired_starts_and_links_nothing() {
    let Fixture { store, .. } = &fixture().await;
    let new = signed_in(store, "ada", 1).await;
    let late = noon() + minutes(10);
    let outcome = store.start_link(&secrets(&new).token, &sign_in(9, &secrets(&new).token), late).await;
    assert!(matches!(outcome, Err(TicketError::UsedUp)), "{outcome:?}");

    let event = linked("ada", late);
    assert_used_up(store.save_link(&NewLink { event, ..new }).await);
    assert_eq!(store.link(&slack("ada")).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_token_that_never_was_starts_nothing() {
    let Fixture { store, .. } = &fixture().await;
    let (token, sign_in) = (secret(1).hash(), sign_in(2, &secret(1).hash()));
    let outcome = store.start_link(&token, &sign_in, noon()).await;
    assert!(matches!(outcome, Err(TicketError::UsedUp)), "{outcome:?}");
    assert_eq!(store.ticket(&token).await.unwrap(), None);
    assert_eq!(store.ticket(&sign_in.key).await.unwrap(), None);
}

#[tokio::test]
async fn an_identity_belongs_to_one_slack_account() {
    let Fixture { store, .. } = &fixture().await;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let mut second = signed_in(store, "eve", 2).await;
    second.made.link.subject = subject("ada");
    let outcome = store.save_link(&second).await;
    assert!(matches!(outcome, Err(LinkError::IdentityTaken)), "{outcome:?}");
    assert_eq!(store.link(&slack("eve")).await.unwrap(), None);
    assert!(store.ticket(&secrets(&second).token).await.unwrap().is_some());
}

#[tokio::test]
async fn the_same_user_id_elsewhere_is_another_account() {
    let Fixture { store, .. } = &fixture().await;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let ada = slack("ada");
    let of_another_tenant = Account::new("slack", "T0999999", ada.user());
    let on_another_platform = Account::new("other", ada.tenant().id(), ada.user());
    for (n, name, account) in [(2, "eve", of_another_tenant), (3, "bob", on_another_platform)] {
        assert_eq!(store.link(&account).await.unwrap(), None);
        assert!(store.token(&account).await.unwrap().is_none());
        let mut theirs = signed_in(store, name, n).await;
        theirs.made.link.account = account.clone();
        store.save_link(&theirs).await.unwrap();
        assert_eq!(store.owner(&subject(name)).await.unwrap(), Some(account));
    }
    assert_eq!(store.link(&ada).await.unwrap(), Some(link("ada")));
    assert_eq!(store.token(&ada).await.unwrap().unwrap().sealed, b"sealed 1");
}

#[tokio::test]
async fn a_slack_account_belongs_to_one_identity() {
    let Fixture { store, .. } = &fixture().await;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let mut second = signed_in(store, "ada", 2).await;
    second.made.link.subject = subject("eve");
    let outcome = store.save_link(&second).await;
    assert!(matches!(outcome, Err(LinkError::LinkedToAnother)), "{outcome:?}");
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(link("ada")));
}

#[tokio::test]
async fn another_identity_takes_the_place_of_the_one_that_was_read() {
    let fixture = fixture().await;
    let store = &fixture.store;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let moved = moved(store, "ada", 2).await;
    store.save_link(&moved).await.unwrap();
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(moved.made.link));
    assert_eq!(store.token(&slack("ada")).await.unwrap().unwrap().sealed, b"sealed 2");
    let mut heir = signed_in(store, "eve", 3).await;
    heir.made.link.subject = subject("ada");
    store.save_link(&heir).await.expect("the identity that was replaced is free");
}

#[tokio::test]
async fn an_identity_that_was_replaced_meanwhile_is_not_replaced_again() {
    let Fixture { store, .. } = &fixture().await;
    let nobodys = store.save_link(&moved(store, "ada", 1).await).await;
    assert!(matches!(nobodys, Err(LinkError::LinkedToAnother)), "{nobodys:?}");
    store.save_link(&signed_in(store, "ada", 2).await).await.unwrap();
    let mut second = moved(store, "ada", 3).await;
    second.made.link.subject = subject("ada in a third place");
    let first = moved(store, "ada", 4).await;
    store.save_link(&first).await.unwrap();
    let outcome = store.save_link(&second).await;
    assert!(matches!(outcome, Err(LinkError::LinkedToAnother)), "{outcome:?}");
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(first.made.link));
}

#[tokio::test]
async fn the_same_two_may_link_again() {
    let Fixture { store, .. } = &fixture().await;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let mut again = signed_in(store, "ada", 2).await;
    again.made.link.signed_in_at = noon() + minutes(1);
    store.save_link(&again).await.unwrap();
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(again.made.link));
}

#[tokio::test]
async fn a_link_that_brings_no_refresh_token_leaves_none() {
    let Fixture { store, .. } = &fixture().await;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let mut again = signed_in(store, "ada", 2).await;
    again.made.sealed_token = None;
    store.save_link(&again).await.unwrap();
    assert!(store.token(&slack("ada")).await.unwrap().is_none());
}

#[tokio::test]
async fn groups_are_noted_and_nothing_else_changes() {
    let Fixture { store, .. } = &fixture().await;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let now = Link { groups: ["everyone"].into_iter().collect(), ..link("ada") };
    let fresh = now.groups_of_sign_in(noon()).unwrap();
    store.save_groups(&link("ada"), &fresh).await.unwrap();
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(now));
}

#[tokio::test]
async fn noting_groups_does_not_bring_a_link_back() {
    let Fixture { store, .. } = &fixture().await;
    let fresh = link("ada").groups_of_sign_in(noon()).unwrap();
    store.save_groups(&link("ada"), &fresh).await.unwrap();
    assert_eq!(store.link(&slack("ada")).await.unwrap(), None);
}

#[tokio::test]
async fn a_refresh_token_is_used_in_turns() {
    let Fixture { store, .. } = &fixture().await;
    let ada = slack("ada");
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let read = store.token(&ada).await.unwrap().unwrap();
    assert_eq!((read.taken_until, read.told.is_some()), (None, false));
    let until = noon() + minutes(1);
    let taken = store.take_token(&ada, &read, until).await.unwrap();
    assert_eq!(store.token(&ada).await.unwrap().unwrap().taken_until, Some(until));
    assert_token_conflict(store.take_token(&ada, &read, until).await);
    assert_token_conflict(store.give_token_back(&ada, &read, UsedToken::Gone).await);

    let groups = ["staff"].into_iter().collect();
    let told = ToldGroups { subject: subject("ada"), groups, turn: taken.version };
    let used = UsedToken::Kept { resealed: Some(b"rotated".to_vec()), told: Some(told.clone()) };
    store.give_token_back(&ada, &taken, used.clone()).await.unwrap();
    let rotated = store.token(&ada).await.unwrap().unwrap();
    assert_eq!((rotated.sealed.as_slice(), rotated.taken_until), (&b"rotated"[..], None));
    assert_eq!(rotated.told, Some(told));
    assert_token_conflict(store.give_token_back(&ada, &taken, used).await);
}

#[tokio::test]
async fn a_turn_that_brought_no_groups_leaves_none_of_an_earlier_one() {
    let Fixture { store, .. } = &fixture().await;
    let ada = slack("ada");
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let told = ToldGroups { subject: subject("ada"), groups: Groups::default(), turn: 1 };
    for told in [Some(told), None] {
        let read = store.token(&ada).await.unwrap().unwrap();
        let taken = store.take_token(&ada, &read, noon()).await.unwrap();
        let used = UsedToken::Kept { resealed: None, told };
        store.give_token_back(&ada, &taken, used).await.unwrap();
    }
    let left = store.token(&ada).await.unwrap().unwrap();
    assert_eq!((left.sealed.as_slice(), left.told), (&b"sealed 1"[..], None));
}

#[tokio::test]
async fn an_overdue_turn_can_be_taken_over_and_not_ended_any_more() {
    let Fixture { store, .. } = &fixture().await;
    let ada = slack("ada");
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let read = store.token(&ada).await.unwrap().unwrap();
    let overdue = store.take_token(&ada, &read, noon()).await.unwrap();
    let read = store.token(&ada).await.unwrap().unwrap();
    let taken = store.take_token(&ada, &read, noon() + minutes(1)).await.unwrap();
    assert!(taken.version > overdue.version);
    assert_token_conflict(store.give_token_back(&ada, &overdue, UsedToken::Gone).await);
    store.give_token_back(&ada, &taken, UsedToken::Gone).await.unwrap();
    assert!(store.token(&ada).await.unwrap().is_none());
    assert_token_conflict(store.take_token(&ada, &taken, noon()).await);
}

#[tokio::test]
async fn whoever_read_the_token_of_an_earlier_link_does_not_take_a_later_ones() {
    let Fixture { store, .. } = &fixture().await;
    let ada = slack("ada");
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let read: SealedToken = store.token(&ada).await.unwrap().unwrap();
    let taken = store.take_token(&ada, &read, noon() + minutes(1)).await.unwrap();
    let mut again = signed_in(store, "ada", 2).await;
    again.event = linked("ada", noon() + minutes(1));
    store.save_link(&again).await.unwrap();

    assert_token_conflict(store.take_token(&ada, &read, noon()).await);
    assert_token_conflict(store.give_token_back(&ada, &taken, UsedToken::Gone).await);
    assert_eq!(store.token(&ada).await.unwrap().unwrap().sealed, b"sealed 2");
}

#[tokio::test]
async fn unlinking_sets_account_and_identity_free() {
    let fixture = fixture().await;
    let store = &fixture.store;
    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let unlinked = store.remove_link(&link("ada"), &unlinked("ada", noon() + minutes(1))).await.unwrap();

    assert_eq!(store.link(&slack("ada")).await.unwrap(), None);
    assert!(store.token(&slack("ada")).await.unwrap().is_none());
    assert!(fixture.jobs().await.ends_with(&unlinked.jobs));
    let mut other = signed_in(store, "eve", 2).await;
    other.made.link.subject = subject("ada");
    store.save_link(&other).await.unwrap();
}

#[tokio::test]
async fn only_the_link_that_was_read_is_dissolved() {
    let Fixture { store, .. } = &fixture().await;
    let event = unlinked("ada", noon());
    assert_conflict(store.remove_link(&link("ada"), &event).await);

    store.save_link(&signed_in(store, "ada", 1).await).await.unwrap();
    let stale = Link { subject: subject("eve"), ..link("ada") };
    assert_conflict(store.remove_link(&stale, &event).await);
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(link("ada")));
}

#[tokio::test]
async fn a_one_time_secret_stays_a_day_after_it_has_expired() {
    let Fixture { store, client, .. } = &fixture().await;
    let ticket = ticket(1);
    store.keep_ticket(&ticket).await.unwrap();
    assert_eq!(store.ticket(&ticket.key).await.unwrap(), Some(ticket.clone()));

    let key = |text: &str| AttributeValue::S(text.to_owned());
    let row = client.get_item().table_name(TABLE);
    let row = row.key("pk", key(&format!("TICKET#{}", ticket.key.as_str()))).key("sk", key("META"));
    let item = row.send().await.unwrap().item.unwrap();
    let ttl = (ticket.expires_at + TimeDelta::days(1)).timestamp().to_string();
    assert_eq!(item["ttl"], AttributeValue::N(ttl));
}

/// Everything up to the commit of a link: a link token, a sign-in that starts from it. `n` tells links apart.
pub(super) async fn signed_in(store: &DynamoStore, name: &str, n: u8) -> NewLink {
    let visit = Visit::Link { name: name.to_owned() };
    let token = ticket_of(name, 100 + n, visit, noon() + minutes(10));
    store.keep_ticket(&token).await.unwrap();
    let sign_in = sign_in(200 + n, &token.key);
    store.start_link(&token.key, &sign_in, noon()).await.unwrap();
    let mut event = linked(name, noon() + TimeDelta::seconds(n.into()));
    event.change.command = format!("link-{n}").parse().unwrap();
    NewLink {
        made: PendingLink {
            link: link(name),
            sealed_token: Some(Sealed(format!("sealed {n}").into_bytes())),
        },
        replaces: None,
        leaves: None,
        has_address_to_itself: true,
        uses_up: LinkProof::SignIn(LinkSecrets { token: token.key, sign_in: sign_in.key }),
        event,
    }
}

pub(super) fn secrets(new: &NewLink) -> &LinkSecrets {
    match &new.uses_up {
        LinkProof::SignIn(secrets) | LinkProof::PlatformSignIn(secrets, _) => secrets,
        LinkProof::Code(_) => panic!("a code needs no secrets"),
    }
}

/// The same, to another identity in place of the one of this name.
pub(super) async fn moved(store: &DynamoStore, name: &str, n: u8) -> NewLink {
    let mut new = signed_in(store, name, n).await;
    new.replaces = Some(new.made.link.subject);
    new.made.link.subject = subject(&format!("{name} elsewhere"));
    new
}

fn sign_in(n: u8, token: &SecretHash) -> Ticket {
    let visit = Visit::Link { name: "ada".to_owned() };
    let sign_in = SignIn { browser: secret(50).hash(), ticket: token.clone(), afresh: false };
    Ticket { sign_in: Some(sign_in), ..ticket_of("ada", n, visit, noon() + minutes(10)) }
}

pub(super) fn assert_used_up<T: std::fmt::Debug>(outcome: Result<T, LinkError>) {
    assert!(matches!(outcome, Err(LinkError::UsedUp)), "{outcome:?}");
}

pub(super) fn assert_conflict<T: std::fmt::Debug>(outcome: Result<T, UnlinkError>) {
    assert!(matches!(outcome, Err(UnlinkError::Conflict)), "{outcome:?}");
}

fn assert_token_conflict<T: std::fmt::Debug>(outcome: Result<T, TokenError>) {
    assert!(matches!(outcome, Err(TokenError::Conflict)), "{outcome:?}");
}
