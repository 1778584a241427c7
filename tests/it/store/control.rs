//! The state of the whole app, and the changes that are based on it.

use aws_sdk_dynamodb::types::AttributeValue;
use elevate::{
    domain::{
        control::{Control, ControlEvent},
        job::follow_ups_of_control,
        policy_in_force::{PolicyChanges, PolicySettings},
        trail::actor::Actor,
    },
    ports::{ControlStep, Given},
};

use super::*;

fn policy(max: &str) -> PolicySettings {
    [("access.max_duration", max)].into_iter().collect()
}

/// Records what is decided on the stored state; whether it was.
async fn record(store: &DynamoStore, decide: impl FnOnce(&Control) -> ControlEvent) -> bool {
    let control = store.control().await.unwrap();
    store.record_control(&step_after(&control, decide(&control), None)).await.unwrap()
}

fn step_after(control: &Control, what: ControlEvent, policy: Option<PolicySettings>) -> ControlStep {
    let recorded = control.next(what, Actor::Operator, "command-1".parse().unwrap(), noon());
    let jobs = follow_ups_of_control(&recorded, noon());
    ControlStep { after: control.after(&recorded), recorded, jobs, policy }
}

async fn adopts(store: &DynamoStore, settings: &PolicySettings) -> bool {
    let control = store.control().await.unwrap();
    let adopted = control.adopt(&settings.digest(), PolicyChanges::default()).unwrap();
    store.record_control(&step_after(&control, adopted, Some(settings.clone()))).await.unwrap()
}

/// Tries a change that is based on this.
async fn tried(store: &DynamoStore, n: u128, given: Given) -> Result<(), CommitError> {
    store.commit(&Step { given: vec![given], ..asked(n, &format!("person-{n}"), S3_ADMIN, noon()) }).await
}

#[tokio::test]
async fn what_is_based_on_a_policy_is_committed_only_while_that_is_in_force() {
    let Fixture { store, .. } = &fixture().await;
    let [one, other] = ["1h", "8h"].map(policy);
    let givens: [fn(&PolicySettings) -> Given; 2] =
        [|policy| Given::Policy(policy.digest()), |policy| Given::LetsIn(policy.digest())];
    for (n, given) in (1..).zip(givens) {
        let before = tried(store, n, given(&one)).await;
        assert!(matches!(before, Err(CommitError::Outdated { in_force: None })), "none is: {before:?}");
    }
    for (number, settings, outdated) in [(1_u32, &one, &other), (2, &other, &one), (3, &one, &other)] {
        assert!(adopts(store, settings).await);
        for (n, given) in (10 * number..).zip(givens) {
            let refused = tried(store, n.into(), given(outdated)).await;
            let Err(CommitError::Outdated { in_force }) = refused else { panic!("{refused:?}") };
            assert_eq!(in_force, Some(number.into()));
            tried(store, n.into(), given(settings)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_freeze_and_a_policy_are_one_condition_and_it_is_told_which_of_them_failed() {
    let Fixture { store, .. } = &fixture().await;
    let [one, other] = ["1h", "8h"].map(policy);
    assert!(adopts(store, &one).await);
    let reason = || "a laptop was stolen".parse().unwrap();
    assert!(record(store, |control| control.freeze(reason()).unwrap()).await);
    for settings in [&one, &other] {
        let refused = tried(store, 1, Given::LetsIn(settings.digest())).await;
        assert!(matches!(refused, Err(CommitError::Frozen)), "{refused:?}");
    }
    tried(store, 2, Given::Policy(one.digest())).await.unwrap();
    assert!(adopts(store, &other).await);
    assert!(store.control().await.unwrap().frozen.is_some(), "a change of policy thaws nothing");
    assert!(record(store, |control| control.thaw().unwrap()).await);
    tried(store, 3, Given::LetsIn(other.digest())).await.unwrap();
}

#[tokio::test]
async fn of_two_changes_of_the_whole_app_at_once_one_is_recorded() {
    let Fixture { store, .. } = &fixture().await;
    for before in [Control::default(), store.control().await.unwrap()] {
        let adopts = |max: &str| {
            let adopted = before.adopt(&policy(max).digest(), PolicyChanges::default()).unwrap();
            step_after(&before, adopted, Some(policy(max)))
        };
        let [one, other] = ["1h", "8h"].map(adopts);
        let recorded = tokio::join!(store.record_control(&one), store.record_control(&other));
        let won = [recorded.0.unwrap(), recorded.1.unwrap()];
        assert!(won.iter().filter(|won| **won).count() <= 1, "{won:?}");
    }
    assert_eq!(store.control_events().await.unwrap().len(), 1);
    assert_eq!(store.control().await.unwrap().version, 1);
}

#[tokio::test]
async fn a_policy_is_known_by_its_settings_and_no_others_are_read_for_it() {
    let fixture = fixture().await;
    let [one, other] = ["1h", "8h"].map(policy);
    assert_eq!(fixture.store.policy(&one.digest()).await.unwrap(), None);
    assert!(adopts(&fixture.store, &one).await);
    assert!(adopts(&fixture.store, &other).await);
    assert_eq!(fixture.store.policy(&one.digest()).await.unwrap(), Some(one.clone()));

    let row = fixture.client.update_item().table_name(TABLE).update_expression("SET body = :body");
    let key = |text: String| AttributeValue::S(text);
    let row = row.key("pk", key("CONTROL".into())).key("sk", key(format!("POLICY#{}", one.digest())));
    let forged = r#"{"access.max_duration":"12h"}"#.to_owned();
    row.expression_attribute_values(":body", key(forged)).send().await.unwrap();
    let error = fixture.store.policy(&one.digest()).await.unwrap_err();
    assert!(format!("{:#}", error.source).contains("another digest"), "{:#}", error.source);
}

#[tokio::test]
async fn a_state_of_the_app_of_an_unknown_version_lets_nobody_in() {
    let fixture = &fixture().await;
    let store = &fixture.store;
    assert!(adopts(store, &policy("1h")).await);
    fixture.make_newer(|row| row["pk"]["S"] == "CONTROL" && row["sk"]["S"] == "META").await;
    for given in [Given::Policy(policy("1h").digest()), Given::LetsIn(policy("1h").digest())] {
        let Err(CommitError::Failed(error)) = tried(store, 1, given).await else { panic!("let in") };
        versions::assert_unknown::<()>(Err(error), "CONTROL / META");
    }
    versions::assert_unknown(store.control().await, "CONTROL / META");
}
