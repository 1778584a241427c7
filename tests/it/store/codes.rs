//! Links that wait for a code to be typed.

use elevate::{
    domain::{
        code::{AwaitedCode, CODE_LASTS},
        secret::Sealed,
    },
    ports::{CodeError, LinkProof, NewLink, TicketError},
};

use super::{
    people::{assert_used_up, secrets, signed_in},
    *,
};

#[tokio::test]
async fn a_link_that_waits_for_its_code_has_used_up_what_led_to_it() {
    let Fixture { store, .. } = &fixture().await;
    let new = signed_in(store, "ada", 1).await;
    let awaited = awaited(&new, "sealed code");
    store.await_code(&awaited, secrets(&new), noon()).await.unwrap();
    assert_eq!(store.awaited_code(&slack("ada")).await.unwrap(), Some(awaited.clone()));
    assert_eq!(store.awaited_code(&slack("eve")).await.unwrap(), None);
    assert_eq!(store.link(&slack("ada")).await.unwrap(), None);
    for used_up in [&secrets(&new).token, &secrets(&new).sign_in] {
        assert_eq!(store.ticket(used_up).await.unwrap(), None);
    }
    let again = store.await_code(&awaited, secrets(&new), noon()).await;
    assert!(matches!(again, Err(TicketError::UsedUp)), "{again:?}");
    assert_used_up(store.save_link(&new).await);
}

#[tokio::test]
async fn of_tries_at_once_none_goes_uncounted() {
    let Fixture { store, .. } = &fixture().await;
    let new = signed_in(store, "ada", 1).await;
    store.await_code(&awaited(&new, "sealed code"), secrets(&new), noon()).await.unwrap();
    let read = store.awaited_code(&slack("ada")).await.unwrap().unwrap();
    let counted = store.count_try(&read).await.unwrap();
    assert_eq!(counted.tries, 1);
    assert!(matches!(store.count_try(&read).await, Err(CodeError::OtherTry)));
    assert_eq!(store.awaited_code(&slack("ada")).await.unwrap(), Some(counted));
}

#[tokio::test]
async fn a_code_links_once_and_in_the_last_try_that_was_counted() {
    let Fixture { store, .. } = &fixture().await;
    let new = signed_in(store, "ada", 1).await;
    store.await_code(&awaited(&new, "sealed code"), secrets(&new), noon()).await.unwrap();
    let read = store.awaited_code(&slack("ada")).await.unwrap().unwrap();
    let counted = store.count_try(&read).await.unwrap();
    assert_used_up(store.save_link(&typed(&new, &read)).await);
    store.save_link(&typed(&new, &counted)).await.unwrap();
    assert_eq!(store.link(&slack("ada")).await.unwrap(), Some(link("ada")));
    assert_eq!(store.awaited_code(&slack("ada")).await.unwrap(), None);
    assert_used_up(store.save_link(&typed(&new, &counted)).await);
}

#[tokio::test]
async fn a_later_code_of_the_same_account_takes_the_place_of_an_earlier_one() {
    let Fixture { store, .. } = &fixture().await;
    let (first, second) = (signed_in(store, "ada", 1).await, signed_in(store, "ada", 2).await);
    let earlier = awaited(&first, "sealed code");
    store.await_code(&earlier, secrets(&first), noon()).await.unwrap();
    store.await_code(&awaited(&second, "another sealed code"), secrets(&second), noon()).await.unwrap();
    assert!(matches!(store.count_try(&earlier).await, Err(CodeError::OtherTry)));
    assert_used_up(store.save_link(&typed(&first, &earlier)).await);
}

fn awaited(new: &NewLink, code: &str) -> AwaitedCode {
    let code = Sealed(code.as_bytes().to_vec());
    AwaitedCode { pending: new.made.clone(), code, expires_at: noon() + CODE_LASTS, tries: 0 }
}

/// The same link, by a code.
fn typed(new: &NewLink, awaited: &AwaitedCode) -> NewLink {
    NewLink { uses_up: LinkProof::Code(Box::new(awaited.clone())), ..new.clone() }
}
