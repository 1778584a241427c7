//! `oidc-provider`, and what `tests/peers/contracts/oidc-provider.mjs` offers beside it.

use reqwest::Client;
use sandbox::idp::Person;
use serde_json::{Value, json};

use super::relying_party::{CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, text};
use crate::contracts::judge_at;

/// A provider of one world's own.
pub(super) struct Judge {
    pub(super) issuer: String,
    http: Client,
}

impl Judge {
    pub(super) async fn call() -> Self {
        let client = json!({
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI,
        });
        let http = Client::new();
        let made = http.post(judge_at("CONTRACT_OPENID_URL")).json(&client).send().await.unwrap();
        let made: Value = made.error_for_status().unwrap().json().await.unwrap();
        Self { issuer: text(&made, "issuer").to_owned(), http }
    }

    pub(super) async fn employ(&self, person: Person) {
        let person = json!({
            "login": person.login,
            "name": person.name,
            "email": person.email,
            "email_verified": person.email_verified,
            "groups": person.groups,
            "disabled": person.disabled,
        });
        self.order("people", &person).await;
    }

    pub(super) async fn revoke(&self, login: &str) {
        self.order("revoke", &json!({ "login": login })).await;
    }

    pub(super) async fn rotate_keys(&self) {
        self.order("rotate-keys", &json!({})).await;
    }

    async fn order(&self, what: &str, details: &Value) {
        let url = format!("{}/admin/{what}", self.issuer);
        self.http.post(url).json(details).send().await.unwrap().error_for_status().unwrap();
    }
}
