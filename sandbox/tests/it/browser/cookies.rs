//! Which cookies are kept, and where they go.

use axum::{Router, http::header, routing::get};
use chrono::{DateTime, TimeDelta};
use sandbox::{
    browser::{Browser, Page},
    clock::Clock,
};

use super::site::{on_localhost, site, site_that_sets};

async fn cookie_fault(cookie: &'static str) -> String {
    let site = site_that_sets(cookie).await;
    Browser::new().open(&site).await.unwrap_err().to_string()
}

#[tokio::test]
async fn cookies_ignore_the_port_and_honour_the_path() {
    let site = site_that_sets("below=1; Path=/somewhere").await;
    let neighbour = self::site(Router::new()).await;
    let browser = Browser::new();
    browser.open(&site).await.unwrap();
    assert_eq!(browser.cookie(&format!("{neighbour}/somewhere/below"), "below").as_deref(), Some("1"));
    assert_eq!(browser.cookie(&format!("{neighbour}/somewhere-else"), "below"), None);
    assert_eq!(browser.cookie(&on_localhost(&format!("{site}/somewhere")), "below"), None);
}

#[tokio::test]
async fn a_cookie_is_deleted_by_an_age_of_zero() {
    let delete = || async { [(header::SET_COOKIE, "__Host-session=; Path=/; Secure; Max-Age=0")] };
    let set = || async { [(header::SET_COOKIE, "__Host-session=1; Path=/; Secure; HttpOnly")] };
    let site = site(Router::new().route("/", get(set)).route("/out", get(delete))).await;
    let browser = Browser::new();
    browser.open(&site).await.unwrap();
    assert!(browser.cookie(&site, "__Host-session").is_some());
    browser.open(&format!("{site}/out")).await.unwrap();
    assert!(browser.cookie(&site, "__Host-session").is_none());
}

#[tokio::test]
async fn a_cookie_lives_as_long_as_its_age() {
    let site = site_that_sets("session=1; Max-Age=60").await;
    let clock = Clock::standing(DateTime::UNIX_EPOCH);
    let browser = Browser::with_clock(clock.clone());
    browser.open(&site).await.unwrap();
    clock.advance(TimeDelta::seconds(59));
    assert!(browser.cookie(&site, "session").is_some());
    clock.advance(TimeDelta::seconds(1));
    assert!(browser.cookie(&site, "session").is_none());
}

#[tokio::test]
async fn a_strict_cookie_stays_at_home_even_when_a_foreign_link_is_followed() {
    let site = site_that_sets("session=1; Path=/; SameSite=Strict").await;
    let browser = Browser::new();
    browser.open(&site).await.unwrap();
    let stranger =
        Page::imagined("http://localhost:9/", &format!(r#"<a href="{site}/echo">Go</a>"#)).unwrap();
    assert!(!browser.click(&stranger, "Go").await.unwrap().body.contains("cookie"));
    assert!(browser.open(&format!("{site}/echo")).await.unwrap().body.contains("cookie: session=1"));
}

#[tokio::test]
async fn a_cookie_that_chromium_would_drop_is_a_fault() {
    assert!(cookie_fault("__Host-a=1; Path=/").await.contains("must be Secure"));
    assert!(cookie_fault("__Host-a=1; Path=/login; Secure").await.contains("Path=/"));
    assert!(cookie_fault("__Host-a=1; Path=/; Secure; Domain=127.0.0.1").await.contains("without Domain"));
    assert!(cookie_fault("__host-a=1; Path=/").await.contains("must be Secure"));
    assert!(cookie_fault("__Secure-a=1").await.contains("must be Secure"));
    assert!(cookie_fault("a=1; SameSite=None").await.contains("not Secure"));
    assert!(cookie_fault("a=1; Domain=example.com").await.contains("another domain"));
}

#[tokio::test]
async fn what_a_browser_has_sent_and_nobody_could_guess_is_remembered() {
    const SECRETS: [&str; 4] = [
        "a-cookie-that-nobody-could-guess-1",
        "a-field-that-nobody-could-guess--2",
        "a-link-that-nobody-could-guess---3",
        "a-query-that-nobody-could-guess--4",
    ];
    let form =
        format!(r#"<form method="post"><input type="hidden" name="token" value="{}"><button>Go"#, SECRETS[1]);
    let cookie = format!("session={}; Path=/", SECRETS[0]);
    let page = || async move { ([(header::SET_COOKIE, cookie)], axum::response::Html(form)) };
    let site = site(Router::new().route("/{link}", get(page).post(|| async { "gone" }))).await;
    let browser = Browser::new();
    let page = browser.open(&format!("{site}/{}?code={}", SECRETS[2], SECRETS[3])).await.unwrap();
    browser.press(&page, "Go").await.unwrap();
    assert_eq!(browser.secrets_seen(), SECRETS);
}
