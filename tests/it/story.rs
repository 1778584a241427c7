//! The whole story, over HTTP and over Socket Mode: nobody can tell them apart.

use elevate::config::Transport;
use sandbox::slack::Submission;

use crate::world::{Story, play};

const TRANSPORTS: [Transport; 2] = [Transport::Http, Transport::Socket];

#[tokio::test]
async fn ada_asks_bob_approves_and_ada_works_until_she_ends_it() {
    for transport in TRANSPORTS {
        play(Story::asked().over(transport), async |world| {
            let ada = world.ada();
            world.bob().presses("review.approve").await;
            assert!(world.card().contains("*Approved*"));
            assert!(ada.is_told().contains("*Approved*"));
            assert!(ada.hears().contains("Your link"));
            let console = ada.opens(&ada.presses("session.open").await.unwrap()).await;
            assert_eq!(console.status, 200, "{}", console.text());
            ada.presses("request.end").await;
            assert!(world.card().contains("*Ended early*"));
            assert!(ada.is_told().contains("*Ended early*"));
            world.auditors_hear([
                "*Approved* · @Bob",
                "*Ended early* · @Ada",
                "*Session requested* · @Ada",
                "*Session issued* · @Ada",
            ]);
        })
        .await;
    }
}

#[tokio::test]
async fn a_form_stays_open_until_nothing_is_wrong_with_it() {
    for transport in TRANSPORTS {
        play(Story::start().over(transport), async |world| {
            let ada = world.ada();
            ada.links().await;
            ada.types("/elevate").await;
            let fields =
                |why| [("target", "111122223333/S3Admin"), ("duration", "1h"), ("justification", why)];
            let Submission::Errors(errors) = ada.submits(&fields("   ")).await else {
                panic!("it was taken")
            };
            assert_eq!(errors["justification"], "A reason is required. Give one in a few words.");
            assert_eq!(ada.submits(&fields("bucket policy broken")).await, Submission::Closed);
            assert!(ada.hears().contains("on its way"));
            assert!(world.card().contains("bucket policy broken"));
            assert!(ada.is_told().contains("*Waiting*"));
            world.auditors_hear(["*Requested* · @Ada"]);
        })
        .await;
    }
}

#[tokio::test]
async fn bob_rejects_with_a_reason_and_nobody_else_may() {
    for transport in TRANSPORTS {
        play(Story::asked().over(transport), async |world| {
            world.carol().presses("review.approve").await;
            assert!(world.carol().hears().contains("Only a member of aws-temp#Reviewer"));
            world.bob().presses("review.reject").await;
            let reason = [("reason", "use the read-only role")];
            assert_eq!(world.bob().submits(&reason).await, Submission::Closed);
            assert!(world.card().contains("use the read-only role"));
            assert!(world.ada().is_told().contains("use the read-only role"));
            world.auditors_hear(["*Refused* · @Carol tried to approve", "*Rejected* · @Bob"]);
        })
        .await;
    }
}
