//! One browser, several people: each has their own cookies while they browse.

use reqwest::{Response, header};
use sandbox::example_corp::{ADA, BOB};

use super::world::{Desk, cookies};

const LINK: &str = "http://127.0.0.1:1/link/once?a=1&b=2";

async fn browse(desk: &Desk, login: &str, to: &str, held: &str) -> Response {
    let browse = format!("{}/browse", desk.origin);
    let url = url::Url::parse_with_params(&browse, [("as", login), ("to", to)]).unwrap();
    desk.http.get(url).header(header::COOKIE, held).send().await.unwrap()
}

async fn desk_with_links() -> Desk {
    let desk = Desk::open().await;
    desk.whispers(ADA.slack, "DU0ADA", LINK).await;
    desk.whispers(BOB.slack, "DU0BOB", LINK).await;
    desk
}

#[tokio::test]
async fn two_people_in_two_tabs_of_one_browser_have_a_session_each() {
    let desk = desk_with_links().await;
    let first = browse(&desk, "ada", LINK, "idp_session=of-nobody").await;
    assert_eq!((first.status().as_u16(), first.headers()[header::LOCATION].to_str().unwrap()), (303, LINK));
    let nothing = ["idp_session", "__Host-elevate", "aws_console", "slack_session"]
        .map(|name| (name.to_owned(), String::new()));
    assert_eq!(cookies(&first), nothing);

    let adas = "idp_session=ada-at-idp; theme=dark; __Host-elevate=ada-at-elevate; slack_session=of-ada";
    assert_eq!(cookies(&browse(&desk, "bob", LINK, adas).await), nothing);
    let back = browse(&desk, "ada", LINK, "idp_session=bob-at-idp").await;
    let own = [
        ("idp_session", "ada-at-idp"),
        ("__Host-elevate", "ada-at-elevate"),
        ("aws_console", ""),
        ("slack_session", "of-ada"),
    ];
    assert_eq!(cookies(&back), own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(cookies(&browse(&desk, "bob", LINK, adas).await)[0].1, "bob-at-idp");
}

#[tokio::test]
async fn whoever_follows_another_link_of_theirs_stays_who_they_are() {
    let desk = desk_with_links().await;
    browse(&desk, "ada", LINK, "").await;
    let again = browse(&desk, "ada", LINK, "idp_session=ada-at-idp").await;
    assert_eq!(cookies(&again)[0], ("idp_session".to_owned(), "ada-at-idp".to_owned()));
}

#[tokio::test]
async fn a_browser_is_led_only_where_its_person_was_sent() {
    let desk = desk_with_links().await;
    for (login, to) in
        [("carol", LINK), ("ada", "https://evil.example.com/"), ("ada", "http://127.0.0.1:1/link/once")]
    {
        let answer = browse(&desk, login, to, "idp_session=of-ada").await;
        assert_eq!((answer.status().as_u16(), cookies(&answer).len()), (404, 0), "{login} to {to}");
    }
}

#[tokio::test]
async fn whoever_is_forwarded_a_link_can_follow_it() {
    let desk = desk_with_links().await;
    desk.types("ada", "C0REVIEW", &format!("Look: {LINK}")).await;
    assert_eq!(browse(&desk, "carol", LINK, "").await.status(), 303);
}

#[tokio::test]
async fn a_link_that_was_copied_from_the_page_leads_nobody_into_another_ones_browser() {
    let desk = desk_with_links().await;
    let copied =
        format!("{}/browse?as=ada&to=http%3A%2F%2F127.0.0.1%3A1%2Flink%2Fonce%3Fa%3D1%26b%3D2", desk.origin);
    desk.types("ada", "C0REVIEW", &copied).await;
    assert_eq!(desk.sees("carol", "C0REVIEW").await[0]["text"], "<http://127.0.0.1:1/link/once?a=1&amp;b=2>");
    assert_eq!(browse(&desk, "carol", LINK, "").await.status(), 303);
    assert_eq!(browse(&desk, "carol", &copied, "").await.status(), 404);
}
