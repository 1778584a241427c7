//! Back-channel logout: the client is notified that a person's sessions have ended
//! (<https://openid.net/specs/openid-connect-backchannel-1_0.html>).

use std::io;

use chrono::TimeDelta;
use jsonwebtoken::Header;
use reqwest::Client;
use serde_json::{Map, Value, json};

use super::{Idp, Realm};
use crate::random::random_token;

/// How long a logout token is good.
const LOGOUT_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(2);

impl Idp {
    /// Says where the client hears of people who sign out.
    pub fn tell_of_logouts(&self, uri: &str) {
        self.realm().logout_uri = Some(uri.to_owned());
    }

    /// The logout token of this person, tampered with as ID tokens are.
    #[must_use]
    pub fn logout_token(&self, login: &str) -> String {
        let realm = &mut *self.realm();
        let now = self.0.clock.now();
        let claims = json!({
            "iss": self.issuer(),
            "aud": self.0.client_id,
            "iat": now.timestamp(),
            "exp": (now + LOGOUT_TOKEN_LIFETIME).timestamp(),
            "jti": random_token(),
            "sub": login,
            "sid": random_token(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let token = signed(self, realm, claims.as_object().expect("it is one").clone());
        realm.token_store.note_secret(&token);
        token
    }

    /// Ends all sessions of a person and notifies the client. Refresh tokens stay valid, as for offline access.
    /// Returns the status of the client's response, if a client is registered.
    ///
    /// # Errors
    /// When the client cannot be reached.
    pub async fn log_out(&self, login: &str) -> io::Result<Option<u16>> {
        self.realm().token_store.end_sessions(login);
        let Some(uri) = self.realm().logout_uri.clone() else { return Ok(None) };
        let form = [("logout_token", self.logout_token(login))];
        let request = Client::new().post(uri).form(&form);
        let answer = request.send().await.map_err(io::Error::other)?;
        Ok(Some(answer.status().as_u16()))
    }
}

fn signed(idp: &Idp, realm: &Realm, mut claims: Map<String, Value>) -> String {
    realm.tampering.tamper(&mut claims);
    let key = realm.key();
    match realm.tampering.forgery {
        Some(forgery) => forgery.forge(&claims, key, &idp.0.client_secret),
        None => key.sign(&Header { typ: Some("logout+jwt".to_owned()), ..key.header() }, &claims),
    }
}
