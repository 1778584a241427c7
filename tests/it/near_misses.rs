//! Near misses: a group that the provider spells otherwise than the policy counts for nothing, and people hear why.

use std::fs;

use chrono::TimeDelta;
use sandbox::{
    dynamo::Dynamo,
    example_corp::{ADA, BOB, Persona},
};

use crate::{
    log,
    world::{ASK, Story, World, play},
};

const S3: &str = "aws-temp#S3Admin#111122223333";
const REVIEWER: &str = "aws-temp#Reviewer";

/// One of each kind: a path, another case, padding, a distinguished name, and several names in one text.
fn spellings(name: &str) -> [String; 8] {
    [
        format!("/{name}"),
        name.to_uppercase(),
        format!(" {name}"),
        format!("CN={name},OU=Groups,DC=example"),
        format!("[staff, {name}]"),
        format!("staff,{name}"),
        format!(r#"["staff","{name}"]"#),
        format!("staff {name}"),
    ]
}

fn sends(world: &World, persona: Persona, group: &str) {
    world.company.idp.update_person(persona.login, |person| person.groups = vec![group.to_owned()]);
}

/// What people read of it, whose end is a reference.
fn sentence(name: &str, sent: &str) -> String {
    format!(
        "Membership in {name} counts only under exactly that name, and your identity provider sends “{sent}”. Contact the people who run this app. Quote reference "
    )
}

#[tokio::test]
async fn a_near_miss_at_a_request_is_refused_by_its_spelling() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        for sent in spellings(S3) {
            sends(world, ADA, &sent);
            ada.types(ASK).await;
            let told = ada.hears();
            assert!(told.contains(&sentence(S3, &sent)), "{sent}: {told}");
            let line = &world.audit()[0];
            assert!(line.contains("@Ada tried to make a request") && line.contains(&sent), "{sent}: {line}");
            world.passes(TimeDelta::seconds(61)).await; // each has a line of its own
        }
        sends(world, ADA, S3);
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_near_miss_at_an_answer_is_refused_by_its_spelling() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        for sent in spellings(REVIEWER) {
            sends(world, BOB, &sent);
            bob.presses("review.approve").await;
            let told = bob.hears();
            assert!(told.contains(&sentence(REVIEWER, &sent)), "{sent}: {told}");
            let line = &world.audit()[0];
            assert!(line.contains("@Bob tried to approve") && line.contains(&sent), "{sent}: {line}");
            world.passes(TimeDelta::seconds(61)).await; // each has a line of its own
        }
    })
    .await;
}

#[tokio::test]
async fn a_near_miss_at_the_console_opens_nothing() {
    play(Story::approved(), async |world| {
        let ada = world.ada();
        let link = ada.console_link().await;
        sends(world, ADA, &format!("/{S3}"));
        let page = ada.opens(&link).await;
        assert!(page.text().contains(&sentence(S3, &format!("/{S3}"))), "{}", page.text());
        let audit = world.audit().join("\n");
        assert!(
            audit.contains("tried to open the AWS console") && audit.contains(&format!("/{S3}")),
            "{audit}"
        );
        assert!(world.company.aws.assumptions().is_empty(), "AWS was not asked");
    })
    .await;
}

#[tokio::test]
async fn a_near_miss_is_told_on_the_page_of_the_link_and_in_the_form() {
    for (group, sent) in
        [(S3, format!("/{S3}")), (S3, format!("staff {S3}")), (REVIEWER, REVIEWER.to_uppercase())]
    {
        let spelled = sent.clone();
        let first = Story::start().where_first(move |company| {
            company.idp.update_person(ADA.login, |ada| ada.groups = vec![spelled]);
        });
        play(first, async |world| {
            let ada = world.ada();
            let page = ada.follows_link(&ada.asks_to_link().await).await;
            assert_eq!((page.status, page.title().as_str()), (200, "Linked · elevate"));
            assert!(page.text().contains(&sentence(group, &sent)), "{}", page.text());
            world.everybody_catches_up();

            ada.types("/elevate").await;
            let form = ada.form();
            assert!(form.contains(&sentence(group, &sent)), "{form}");
            assert!(form.contains("in one line, which checks your groups again"), "{form}");
            world.company.slack.reload(ADA.slack);
        })
        .await;
    }
}

#[tokio::test]
async fn a_missing_groups_claim_is_told_on_the_page_of_the_link_and_in_the_form() {
    let first = Story::start().set(&[("OIDC__GROUPS_CLAIM", "roles")]);
    play(first, async |world| {
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert_eq!((page.status, page.title().as_str()), (200, "Linked · elevate"));
        let sent = "(no claim roles; it sent the claims ";
        assert!(page.text().contains(sent) && page.text().contains("groups, iat"), "{}", page.text());
        assert!(page.text().contains("Quote reference"), "{}", page.text());
        world.everybody_catches_up();

        ada.types("/elevate").await;
        let form = ada.form();
        assert!(form.contains("returned no groups for you") && form.contains(sent), "{form}");
        world.company.slack.reload(ADA.slack);
    })
    .await;
}

#[tokio::test]
async fn whose_groups_count_reads_no_warning() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert!(!page.text().contains("reference"), "{}", page.text());
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn of_a_persons_groups_only_those_that_the_policy_is_about_are_kept() {
    let folder = log::folder("of_a_persons_groups_only_those_that_the_policy_is_about_are_kept");
    let dynamo = Dynamo::open(&folder.join("table")).unwrap();
    play(Story::start().on(dynamo), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let private = (0..3_000).map(|n| format!("works-council-{n}"));
        let groups: Vec<_> = private.chain([S3.to_owned(), format!("/{S3}")]).collect();
        world.company.idp.update_person(ADA.login, |person| person.groups = groups);
        ada.links().await;
        bob.links().await;
        ada.types(ASK).await;
        bob.presses("review.approve").await;
        assert_eq!(ada.opens(&ada.asks_for_the_console().await).await.status, 200);

        let files = fs::read_dir(&folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let kept = String::from_utf8_lossy(&files.collect::<Vec<_>>().concat()).into_owned();
        assert!(
            kept.contains(S3) && kept.contains(&format!("/{S3}")),
            "what counts is kept, and a near miss"
        );
        assert!(!kept.contains("works-council"), "and nothing else");
        world.everybody_catches_up();
    })
    .await;
}
