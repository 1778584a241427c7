//! Pages speak of the platform of the account whose visit it is, and Slack of Slack.

use chrono::TimeDelta;
use sandbox::{example_corp::ADA, http::Fault};

use super::{
    DANA, ERIN,
    platform::{LINES_REVIEW, Lines},
    request_on,
};
use crate::world::{ASK, Story, play};

const STEP_UP: [(&str, &str); 2] = [("ACCESS__STEP_UP__MAX_AGE", "5m"), ("ACCESS__STEP_UP__REVIEW", "true")];
const WISH: &str = "111122223333/S3Admin 1h bucket policy broken";

#[tokio::test]
async fn a_page_after_an_answer_speaks_of_the_platform_of_who_answered() {
    play(Story::start().set(&STEP_UP), async |world| {
        let lines = Lines::beside_slack(world, [DANA, ERIN]).await;
        lines.links(DANA).await;
        lines.links(ERIN).await;
        lines.writes(DANA, WISH).await;
        let request = request_on(&lines.posts(LINES_REVIEW));
        lines.told(DANA);
        lines.writes(ERIN, &format!("approve {request}")).await;
        let page = lines.answers(ERIN, &lines.told(ERIN)).await;
        assert!(page.text().contains("The card in Lines shows it"), "{}", page.text());
        lines.posts(LINES_REVIEW);
        lines.told(DANA);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_page_that_says_why_not_speaks_of_the_platform_of_whose_visit_it_is() {
    play(Story::start(), async |world| {
        let lines = Lines::beside_slack(world, [DANA, ERIN]).await;
        lines.writes(DANA, "link").await;
        let invited = lines.told(DANA);

        world.company.idp.control().fail_always("token", Fault::Status(503));
        let refused = lines.follows(DANA, &invited).await.text();
        assert!(refused.contains("reference"), "{refused}");
        world.company.idp.control().heal();

        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        let failed = lines.follows(DANA, &invited).await.text();
        assert!(failed.contains("Go back to Lines and try again"), "{failed}");
        world.company.dynamo.control().heal();

        world.company.clock.advance(TimeDelta::minutes(11));
        let expired = lines.opens(DANA, &invited).await.text();
        assert!(expired.contains("Get a new one in Lines"), "{expired}");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_page_for_nobody_known_speaks_of_no_platform_where_there_are_two() {
    play(Story::start(), async |world| {
        let lines = Lines::beside_slack(world, [DANA]).await;
        let unknown = "link/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for (address, says) in
            [(unknown, "Get a new one in the chat app"), ("elsewhere", "from the chat app")]
        {
            let page = lines.opens(DANA, &[format!("{}/{address}", world.url)]).await.text();
            assert!(page.contains(says), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn slack_answers_a_command_in_its_own_words_beside_another_platform() {
    play(Story::with_linked([ADA]), async |world| {
        let _lines = Lines::beside_slack(world, [DANA]).await;
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        world.ada().types(ASK).await;
        let told = world.ada().hears();
        assert!(told.contains("Check with /elevate status"), "{told}");
        world.company.dynamo.control().heal();
    })
    .await;
}
