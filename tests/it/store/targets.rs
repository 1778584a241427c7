//! Who holds a target: one request per person and target at a time.

use elevate::domain::{request::Event, trail::actor::Actor};

use super::*;

#[tokio::test]
async fn a_target_is_asked_for_once_at_a_time() {
    let Fixture { store, .. } = &fixture().await;
    let first = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&first).await.unwrap();
    assert_held_by(&first.after.id, store.commit(&asked(2, "ada", S3_ADMIN, noon())).await);
    store.commit(&asked(3, "ada", "111122223333/Reader", noon())).await.unwrap();
    store.commit(&asked(4, "ada", "444455556666/S3Admin", noon())).await.unwrap();
    store.commit(&asked(5, "eve", S3_ADMIN, noon())).await.unwrap();
}

#[tokio::test]
async fn a_target_is_held_until_the_request_runs_out_to_the_millisecond() {
    let Fixture { store, .. } = &fixture().await;
    let first = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&first).await.unwrap();
    let end = first.after.answer_by;
    let early = asked(2, "ada", S3_ADMIN, end - millisecond());
    assert_held_by(&first.after.id, store.commit(&early).await);
    store.commit(&asked(3, "ada", S3_ADMIN, end)).await.unwrap();
}

#[tokio::test]
async fn an_approved_request_holds_its_target_until_the_window_ends() {
    let Fixture { store, .. } = &fixture().await;
    let first = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&first).await.unwrap();
    let at = noon() + minutes(50);
    store.commit(&then(&first.after, approved(at), "approve", at)).await.unwrap();

    let end = at + minutes(60);
    let early = asked(2, "ada", S3_ADMIN, end - millisecond());
    assert_held_by(&first.after.id, store.commit(&early).await);
    store.commit(&asked(3, "ada", S3_ADMIN, end)).await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_over_before_its_time_gives_its_target_back() {
    let over = [
        rejected(),
        Event::Withdrawn.by(actor("ada")),
        Event::Ended { ended_at: noon(), sessions_until: None }.by(actor("ada")),
    ];
    for event in over {
        let Fixture { store, .. } = &fixture().await;
        let mut request = ask(store, 1, noon()).await;
        if matches!(event.what, Event::Ended { .. }) {
            request = commit(store, &request, approved(noon()), noon()).await;
        }
        commit(store, &request, event, noon()).await;
        ask(store, 2, noon()).await;
    }
}

#[tokio::test]
async fn writing_down_that_a_request_has_run_out_leaves_its_successor_the_target() {
    let Fixture { store, .. } = &fixture().await;
    let old = ask(store, 1, noon()).await;
    let end = old.answer_by;
    let successor = ask(store, 2, end).await;
    commit(store, &old, Event::Expired.by(Actor::Clock), end + minutes(1)).await;
    let third = asked(3, "ada", S3_ADMIN, end + minutes(1));
    assert_held_by(&successor.id, store.commit(&third).await);
}

/// Two replicas whose clocks differ: to the one, a request has run out; to the other, it is withdrawn just in time.
#[tokio::test]
async fn ending_a_request_by_a_slow_clock_leaves_its_successor_the_target() {
    let Fixture { store, .. } = &fixture().await;
    let old = ask(store, 1, noon()).await;
    let end = old.answer_by;
    let successor = ask(store, 2, end).await;
    commit(store, &old, Event::Withdrawn.by(actor("ada")), end - millisecond()).await;
    let third = asked(3, "ada", S3_ADMIN, end);
    assert_held_by(&successor.id, store.commit(&third).await);
}

#[tokio::test]
async fn approving_a_request_by_a_slow_clock_does_not_open_a_target_twice() {
    let Fixture { store, .. } = &fixture().await;
    let old = ask(store, 1, noon()).await;
    let end = old.answer_by;
    let successor = ask(store, 2, end).await;
    let at = end - millisecond();
    let late = then(&old, approved(at), "approve", at);
    assert_held_by(&successor.id, store.commit(&late).await);
    assert_eq!(store.request(&old.id).await.unwrap(), Some(old));
}

#[tokio::test]
async fn a_session_of_a_request_that_is_over_is_settled_without_touching_the_target() {
    let Fixture { store, .. } = &fixture().await;
    let old = commit(store, &ask(store, 1, noon()).await, approved(noon()), noon()).await;
    let old = commit(store, &old, Event::SessionIssuing { session: 1 }.by(actor("ada")), noon()).await;
    let ended = Event::Ended { ended_at: noon(), sessions_until: None }.by(actor("bob"));
    let old = commit(store, &old, ended, noon()).await;
    let successor = ask(store, 2, noon()).await;
    commit(store, &old, Event::SessionUnknown { session: 1 }.by(actor("ada")), noon()).await;
    assert_held_by(&successor.id, store.commit(&asked(3, "ada", S3_ADMIN, noon())).await);
}
