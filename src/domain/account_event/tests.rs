use super::*;
use crate::domain::{decide::tests::minute, refusal::Refusal};

/// Returns the event that records this refused attempt, with this number.
pub(in crate::domain) fn refused(user: &str, tried: Tried, number: u64) -> AccountRecord {
    let what = AccountEvent::Refused { tried, request: None, target: None, why: Refusal::NotLinked.into() };
    recorded(user, what, number)
}

pub(in crate::domain) fn recorded(user: &str, what: AccountEvent, number: u64) -> AccountRecord {
    let account = Account::new("slack", "T0123456", user);
    let at = minute(i64::try_from(number).unwrap());
    let actor = Actor::Account { account: account.clone() };
    what.of(&account, actor, CommandId::random(number.into()), at)
        .after(Some(Head { number: number - 1, at }))
}

#[test]
fn an_event_comes_after_the_last_one_and_is_dated_no_earlier() {
    let first = refused("U0ADA", Tried::Link, 5);
    let change = first.what.of(&first.stream, first.actor, first.command, minute(5));
    let numbered = |head| {
        let record = change.after(head);
        (record.number, record.at)
    };
    assert_eq!(numbered(None), (1, minute(5)));
    assert_eq!(numbered(Some(Head { number: 7, at: minute(4) })), (8, minute(5)));
    assert_eq!(numbered(Some(Head { number: 7, at: minute(6) })), (8, minute(6)));
}
