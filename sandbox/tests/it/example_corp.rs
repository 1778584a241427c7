//! Example Corp as a whole.

use chrono::{TimeDelta, TimeZone, Utc};
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, Company, GENERAL_CHANNEL},
};

#[tokio::test]
async fn a_company_forgets_what_was_over_and_all_calls() {
    let directory = tempfile::tempdir().unwrap();
    let dynamo = Dynamo::open(&directory.path().join("company.db")).unwrap();
    let clock = Clock::standing(Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap());
    let company = Company::open(clock.clone(), dynamo).await.unwrap();
    company.slack.person(ADA.slack).says(GENERAL_CHANNEL, "hello").unwrap();
    let controls =
        [company.slack.control(), company.idp.control(), company.aws.control(), company.dynamo.control()];
    for control in controls {
        let (_, fault) = control.enter("call");
        assert_eq!((control.calls(), fault), (vec!["call".to_owned()], None));
    }
    clock.advance(TimeDelta::seconds(1));
    company.forget_before(clock.now()).unwrap();
    assert_eq!(company.slack.messages(GENERAL_CHANNEL), []);
    for control in controls {
        assert_eq!(control.calls(), Vec::<String>::new());
    }

    let in_memory = Company::open(clock.clone(), Dynamo::in_memory().unwrap()).await.unwrap();
    assert!(in_memory.forget_before(clock.now()).is_err(), "its database cannot forget");
}
