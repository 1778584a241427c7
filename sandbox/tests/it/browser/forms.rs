//! Buttons, and what pressing one sends.

use axum::{
    Router,
    http::header,
    response::{Html, Redirect},
    routing::{get, post},
};
use sandbox::browser::{Browser, BrowserError, Page};

use super::site::{site, site_that_sets, site_with};

fn hostile_form(target: &str) -> Page {
    let body = format!(r#"<form method="post" action="{target}/echo"><button>Win a prize</button></form>"#);
    Page::imagined("http://localhost:9/", &body).unwrap()
}

#[tokio::test]
async fn pressing_a_button_sends_its_form_as_a_browser_does() {
    let site = site_with(
        r#"<form method="post" action="echo"><input type="hidden" name="csrf" value="a b&c">
           <input type="checkbox" name="unticked"><input name="off" disabled value="1">
           <select name="size"><option>small<option selected value="L">large</select>
           <button name="who" value="ada">Continue as <b>Ada</b></button>
           <button name="who" value="bob">Continue as Bob</button></form>"#,
    );
    let site = site.await;
    let browser = Browser::new();
    let page = browser.open(&site).await.unwrap();
    let sent = browser.press(&page, "Continue as Ada").await.unwrap();
    let expected = format!(
        "origin: {site}\nsec-fetch-site: same-origin\nsec-fetch-user: ?1\ncsrf=a+b%26c&size=L&who=ada"
    );
    assert_eq!(sent.body, expected);
}

#[tokio::test]
async fn a_button_must_be_there_and_be_the_only_one() {
    let page =
        Page::imagined("http://127.0.0.1/", "<form><button>Yes, A</button><button>Yes, B</button></form>");
    let page = page.unwrap();
    let browser = Browser::new();
    let none = browser.press(&page, "No").await.unwrap_err();
    assert_eq!(none.to_string(), r#"http://127.0.0.1/ has nothing for "No"; it shows ["Yes, A", "Yes, B"]"#);
    let several = browser.press(&page, "Yes").await.unwrap_err();
    assert!(several.to_string().contains("more than one"));
}

#[tokio::test]
async fn a_hidden_or_disabled_button_cannot_be_pressed() {
    let body =
        "<div hidden><form><button>One</button></form></div><form><button disabled>Two</button></form>";
    assert_eq!(Page::imagined("http://127.0.0.1/", body).unwrap().buttons(), []);
}

#[tokio::test]
async fn a_person_fills_in_fields_but_not_hidden_ones() {
    let body = r#"<form method="post" action="/echo"><input name="code" required>
                  <input type="hidden" name="csrf" value="1"><button>Send</button></form>"#;
    let site = site(Router::new()).await;
    let page = Page::imagined(&site, body).unwrap();
    let browser = Browser::new();
    let sent = browser.press_with(&page, "Send", &[("code", "1234")]).await.unwrap();
    assert!(sent.body.ends_with("code=1234&csrf=1"));
    assert!(matches!(browser.press(&page, "Send").await, Err(BrowserError::FieldRequired { .. })));
    let hidden = browser.press_with(&page, "Send", &[("csrf", "2")]).await;
    assert!(matches!(hidden, Err(BrowserError::NotOne { .. })));
}

#[tokio::test]
async fn a_forged_form_carries_the_attackers_origin_and_no_lax_cookie() {
    let site = site_that_sets("session=1; Path=/; SameSite=Lax").await;
    let browser = Browser::new();
    browser.open(&site).await.unwrap();
    let forged = browser.press(&hostile_form(&site), "Win a prize").await.unwrap();
    assert!(forged.body.starts_with("origin: http://localhost:9\nsec-fetch-site: cross-site"));
    assert!(!forged.body.contains("cookie"));
}

#[tokio::test]
async fn a_page_without_referrer_posts_from_nowhere() {
    let form = || async {
        let page = Html(r#"<form method="post" action="/echo"><button>Send</button></form>"#);
        ([(header::REFERRER_POLICY, "no-referrer")], page)
    };
    let site = site(Router::new().route("/", get(form))).await;
    let browser = Browser::new();
    let page = browser.open(&site).await.unwrap();
    assert!(browser.press(&page, "Send").await.unwrap().body.starts_with("origin: null"));
}

#[tokio::test]
async fn a_policy_on_forms_holds_for_their_redirects_too() {
    let form = || async {
        let page = Html(r#"<form method="post" action="/away"><button>Send</button></form>"#);
        ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'; form-action 'self'")], page)
    };
    let away = || async { Redirect::to("http://127.0.0.1:9/") };
    let site = site(Router::new().route("/", get(form)).route("/away", post(away))).await;
    let browser = Browser::new();
    let page = browser.open(&site).await.unwrap();
    assert!(matches!(browser.press(&page, "Send").await, Err(BrowserError::FormBlocked { .. })));
}

#[tokio::test]
async fn a_form_is_sent_again_only_after_a_temporary_redirect() {
    let routes = Router::new()
        .route("/see-other", post(|| async { Redirect::to("/echo") }))
        .route("/temporary", post(|| async { Redirect::temporary("/echo") }));
    let site = site(routes).await;
    let form = |path| {
        let form =
            format!(r#"<form method="post" action="{path}"><button name="a" value="1">Send</button></form>"#);
        Page::imagined(&site, &form).unwrap()
    };
    let browser = Browser::new();
    assert!(!browser.press(&form("/see-other"), "Send").await.unwrap().body.contains("a=1"));
    assert!(browser.press(&form("/temporary"), "Send").await.unwrap().body.ends_with("a=1"));
}
