//! The identity provider in a process: what becomes of its people, its keys and its honesty.

use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};

use super::child::{Process, refused};

const CALLBACK: &str = "http://127.0.0.1:9/oidc/callback";
/// The S256 challenge of RFC 7636, appendix B, and the verifier it is made of.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn request(redirect_uri: &str) -> [(&'static str, String); 8] {
    [
        ("response_type", "code"),
        ("client_id", "elevate"),
        ("redirect_uri", redirect_uri),
        ("scope", "openid groups offline_access"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
}

/// Signs in as Ada; hands back the answer to the redeemed code.
async fn signs_in(idp: &Process) -> Value {
    let browser = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let mut form = request(CALLBACK).to_vec();
    form.push(("login", "ada".to_owned()));
    let request = browser.post(format!("{}/authorize", idp.url));
    let back = request.form(&form).send().await.unwrap();
    let back = url::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let proof = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    asks_for_tokens(idp, &proof).await
}

async fn refreshes(idp: &Process, tokens: &Value) -> Value {
    let token = tokens["refresh_token"].as_str().unwrap();
    asks_for_tokens(idp, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn asks_for_tokens(idp: &Process, form: &[(&str, &str)]) -> Value {
    let request = idp.http.post(format!("{}/token", idp.url));
    let request = request.basic_auth("elevate", Some("example-client-secret")).form(form);
    request.send().await.unwrap().json().await.unwrap()
}

fn claims(tokens: &Value) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = tokens["id_token"].as_str().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

async fn document(idp: &Process, path: &str) -> Value {
    idp.http.get(format!("{}/{path}", idp.url)).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn somebody_is_changed_in_part_and_the_next_token_says_so() {
    let idp = Process::start(&["idp", "--redirect-uri", CALLBACK]);
    let tokens = signs_in(&idp).await;
    let groups = json!(["aws-temp#S3Admin#111122223333", "aws-temp#ReadOnly#444455556666", "staff"]);
    assert_eq!(claims(&tokens)["groups"], groups);
    let ada = idp.put("people/ada", json!({ "groups": ["staff"] })).await;
    assert_eq!((&ada["groups"], &ada["name"]), (&json!(["staff"]), &json!("Ada")));
    let tokens = refreshes(&idp, &tokens).await;
    assert_eq!(claims(&tokens)["groups"], json!(["staff"]));

    idp.put("people/dave", json!({ "name": "Dave", "email_verified": null })).await;
    let (status, _) = refused(idp.ask(Method::PUT, "people/ada", Some(json!({ "login": "bob" }))).await);
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_revoked_is_good_for_nothing() {
    let idp = Process::start(&["idp", "--redirect-uri", CALLBACK]);
    let tokens = signs_in(&idp).await;
    idp.post("people/ada/revoke", json!({})).await;
    assert_eq!(refreshes(&idp, &tokens).await["error"], "invalid_grant");
    assert_eq!(idp.refuses("people/nobody/revoke", json!({})).await.0, 404);
}

#[tokio::test]
async fn keys_are_rotated() {
    let idp = Process::start(&["idp"]);
    let first = document(&idp, "jwks").await;
    assert_eq!(document(&idp, "jwks").await, first);
    idp.post("keys/rotate", json!({})).await;
    assert_ne!(document(&idp, "jwks").await["keys"][0]["kid"], first["keys"][0]["kid"]);
}

#[tokio::test]
async fn only_a_redirect_that_was_allowed_is_good() {
    let idp = Process::start(&["idp", "--redirect-uri", CALLBACK]);
    let asks = async |redirect_uri: &str| {
        let url =
            url::Url::parse_with_params(&format!("{}/authorize", idp.url), request(redirect_uri)).unwrap();
        idp.http.get(url).send().await.unwrap().status().as_u16()
    };
    let other = "http://127.0.0.1:10/oidc/callback";
    assert_eq!((asks(CALLBACK).await, asks(other).await), (200, 400));
    idp.post("redirects", json!({ "uri": other })).await;
    assert_eq!(asks(other).await, 200);
}

#[tokio::test]
async fn it_lies_as_it_is_told_and_is_honest_again() {
    let idp = Process::start(&["idp", "--redirect-uri", CALLBACK]);
    let lies = json!({
        "claims": { "sub": "bob" },
        "dropped_claims": ["nonce"],
        "forgery": "unsigned",
        "refresh_tokens": "withheld",
        "configuration": { "issuer": "https://elsewhere.example" },
    });
    idp.post("tampering", lies).await;
    let tokens = signs_in(&idp).await;
    assert!(tokens["id_token"].as_str().unwrap().ends_with('.') && tokens.get("refresh_token").is_none());
    assert_eq!((&claims(&tokens)["sub"], claims(&tokens).get("nonce")), (&json!("bob"), None));
    let discovery = ".well-known/openid-configuration";
    assert_eq!(document(&idp, discovery).await["issuer"], "https://elsewhere.example");
    idp.post("tampering", json!({})).await;
    assert_eq!(document(&idp, discovery).await["issuer"], idp.url);
    assert_eq!(claims(&signs_in(&idp).await)["sub"], "ada");
}
