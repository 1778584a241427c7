//! Ways to a page, and what is seen there.

use axum::{
    Router,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect},
    routing::get,
};
use sandbox::browser::{Browser, BrowserError, Page};

use super::site::{on_localhost, site, site_with};

#[tokio::test]
async fn every_redirect_is_followed_and_remembered() {
    let set = || async { ([(header::SET_COOKIE, "seen=1")], Redirect::to("/echo")) };
    let site = site(Router::new().route("/", get(set))).await;
    let page = Browser::new().open(&site).await.unwrap();
    let way: Vec<_> = page.hops.iter().map(|hop| (hop.url.path(), hop.status)).collect();
    assert_eq!(way, [("/", 303), ("/echo", 200)]);
    assert_eq!(page.hops[0].cookies_set, ["seen"]);
    assert!(page.body.contains("cookie: seen=1"));
}

#[tokio::test]
async fn a_browser_told_to_stop_says_where_it_would_have_gone() {
    let away = || async { Redirect::to("https://console.example.com/home") };
    let site = site(Router::new().route("/", get(away))).await;
    let browser = Browser::new();
    browser.stop_before("https://console.example.com/");
    let page = browser.open(&site).await.unwrap();
    assert_eq!(page.stopped_before.unwrap().as_str(), "https://console.example.com/home");
}

#[tokio::test]
async fn a_browser_never_leaves_loopback() {
    let away = || async { Redirect::to("https://console.example.com/home") };
    let site = site(Router::new().route("/", get(away))).await;
    assert!(matches!(Browser::new().open(&site).await, Err(BrowserError::NotLoopback(_))));
}

#[tokio::test]
async fn redirects_without_an_end_are_given_up() {
    let site = site(Router::new().route("/", get(|| async { Redirect::to("/") }))).await;
    assert!(matches!(Browser::new().open(&site).await, Err(BrowserError::TooManyHops(_))));
}

#[tokio::test]
async fn an_immediate_refresh_is_followed_as_the_pages_own_doing() {
    let site = site_with(r#"<meta http-equiv="Refresh" content="0; url=/echo">"#).await;
    let page = Browser::new().open(&site).await.unwrap();
    assert_eq!(page.body, "sec-fetch-site: same-origin\n");
}

#[tokio::test]
async fn a_delayed_refresh_is_not_followed() {
    let site = site_with(r#"<meta http-equiv="refresh" content="5;url=/echo">"#).await;
    assert_eq!(Browser::new().open(&site).await.unwrap().url.path(), "/");
}

#[tokio::test]
async fn only_what_can_be_seen_is_text() {
    let site = site_with(
        "<title>A  title</title><style>p {}</style><h1>Hello</h1><p>One <b>line</b> \n of text</p>\
         <p hidden>secret</p><script>alert()</script>",
    );
    let page = Browser::new().open(&site.await).await.unwrap();
    assert_eq!((page.title().as_str(), page.text().as_str()), ("A title", "Hello\nOne line of text"));
}

#[tokio::test]
async fn links_are_found_and_followed() {
    let site = site_with(r#"<a href="somewhere/below">Down <em>there</em></a>"#).await;
    let browser = Browser::new();
    let page = browser.open(&site).await.unwrap();
    assert_eq!(page.links()[0].text, "Down there");
    assert_eq!(browser.click(&page, "Down").await.unwrap().url.path(), "/somewhere/below");
}

#[tokio::test]
async fn a_typed_address_has_no_initiator() {
    let site = site(Router::new()).await;
    let page = Browser::new().open(&format!("{site}/echo")).await.unwrap();
    assert_eq!(page.body, "sec-fetch-site: none\nsec-fetch-user: ?1\n");
}

#[tokio::test]
async fn another_port_is_the_same_site_and_another_host_is_not() {
    let site = site(Router::new()).await;
    let neighbour =
        Page::imagined("http://127.0.0.1:9/", &format!(r#"<a href="{site}/echo">Go</a>"#)).unwrap();
    let stranger =
        Page::imagined("http://localhost:9/", &format!(r#"<a href="{site}/echo">Go</a>"#)).unwrap();
    let browser = Browser::new();
    assert!(browser.click(&neighbour, "Go").await.unwrap().body.contains("sec-fetch-site: same-site"));
    assert!(browser.click(&stranger, "Go").await.unwrap().body.contains("sec-fetch-site: cross-site"));
}

#[tokio::test]
async fn a_way_that_leads_through_another_site_stays_cross_site() {
    let here = site(Router::new()).await;
    let back = format!("{here}/echo");
    let there = site(Router::new().route("/", get(|| async move { Redirect::to(&back) }))).await;
    let body = format!(r#"<a href="{}">Around</a>"#, on_localhost(&there));
    let page = Page::imagined(&here, &body).unwrap();
    let page = Browser::new().click(&page, "Around").await.unwrap();
    assert!(page.body.contains("sec-fetch-site: cross-site"));
}

#[tokio::test]
async fn robots_have_no_cookies_and_follow_nothing() {
    let set = || async { ([(header::SET_COOKIE, "session=1")], Redirect::to("/echo")) };
    let site = site(Router::new().route("/", get(set))).await;
    let browser = Browser::new();
    assert_eq!(browser.get_raw(&site).await.unwrap().status, 303);
    assert_eq!(browser.head(&site).await.unwrap().hops[0].method, "HEAD");
    assert!(browser.cookie(&site, "session").is_none());
    assert_eq!(browser.get_raw(&format!("{site}/echo")).await.unwrap().body, "");
}

#[tokio::test]
async fn a_prefetch_says_what_it_is() {
    let site = site(Router::new()).await;
    let page = Browser::new().prefetch(&format!("{site}/echo")).await.unwrap();
    assert!(page.body.contains("sec-purpose: prefetch"));
}

#[tokio::test]
async fn an_error_page_is_a_page() {
    let gone = || async { (StatusCode::GONE, Html("<p>This link has been used.</p>")).into_response() };
    let site = site(Router::new().route("/", get(gone))).await;
    let page = Browser::new().open(&site).await.unwrap();
    assert_eq!((page.status, page.text().as_str()), (410, "This link has been used."));
}
