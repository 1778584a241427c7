//! The behaviour of a broken or hostile OpenID provider, for tests of attacks.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::keys::SigningKey;

/// How a provider departs from what it should do; the default is not at all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tampering {
    /// Claims of the ID token to add or to replace.
    pub claims: Map<String, Value>,
    /// Claims of the ID token to leave out.
    pub dropped_claims: Vec<String>,
    /// Signs the ID token in a way a client must not accept.
    pub forgery: Option<Forgery>,
    /// Sent in place of the ID token; `{CLAIMS}` in it stands for the claims in base64url.
    pub raw_id_token: Option<String>,
    /// The token answer has no ID token.
    pub without_id_token: bool,
    /// Codes are redeemed whatever the verifier that comes with them, as by a provider without PKCE.
    pub without_pkce: bool,
    /// What becomes of refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// Members of the token answer to add or to replace.
    pub token_answer: Map<String, Value>,
    /// The error and its description with which every refresh is refused.
    pub refused_refresh: Option<(String, String)>,
    /// A browser's session goes on as it began: its ID tokens tell the groups of then, whatever became of the person.
    pub sessions_cache_groups: bool,
    /// A browser's session will do whatever `max_age` the request has.
    pub ignores_max_age: bool,
    /// A browser's session will do although the request has `prompt=login`.
    pub ignores_prompt: bool,
    /// The `iss` of the answer to the browser (RFC 9207); empty leaves it out.
    pub answer_issuer: Option<String>,
    /// Claims of the userinfo answer to add or to replace.
    pub userinfo: Map<String, Value>,
    /// Members of the discovery document to add or to replace.
    pub configuration: Map<String, Value>,
    /// Clients must send their secret in the form, as where the one in a header cannot be decoded.
    pub secret_in_form: bool,
    /// Further parameters that an authorization request must have, with these values.
    pub requires_parameters: BTreeMap<String, String>,
    /// Userinfo is signed (OpenID Connect Core, section 5.3.2).
    pub signs_userinfo: bool,
    /// ID tokens are signed with ES512.
    pub signs_with_es512: bool,
}

/// How an ID token is signed that a client must not accept.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Forgery {
    /// `alg: none` and an empty signature.
    Unsigned,
    /// HS256, keyed with the PEM text of the public key.
    HmacWithPublicKey,
    /// HS256, keyed with the client secret.
    HmacWithClientSecret,
    /// RS256 with a key that is not in the key set, under the right key's `kid`.
    ForeignKey,
    /// RS256 with a key that is not in the key set, under its own `kid`.
    UnknownKey,
    /// RS256 with a key that comes along in the header's `jwk`.
    EmbeddedKey,
    /// Signed correctly, with an unknown `crit` extension.
    CriticalExtension,
    /// Signed rightly, with the `typ` of an access token, `at+jwt`.
    AccessTokenType,
}

/// What a provider does about refresh tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RefreshTokens {
    /// Each use gives a new one, and the old one's second use ends the family.
    #[default]
    Rotated,
    /// The first one stays good, and a refresh answers without another.
    Kept,
    /// There are none, whatever the scope says.
    Withheld,
}

impl Tampering {
    pub(super) fn tamper(&self, claims: &mut Map<String, Value>) {
        claims.extend(self.claims.clone());
        for name in &self.dropped_claims {
            claims.remove(name);
        }
    }
}

impl Forgery {
    /// An ID token forged this way, where `key` would be the right one.
    pub(super) fn forge(self, claims: &Map<String, Value>, key: &SigningKey, client_secret: &str) -> String {
        match self {
            Self::Unsigned => {
                fill(&format!("{}.{{CLAIMS}}.", encoded(r#"{"alg":"none","typ":"JWT"}"#)), claims)
            }
            Self::HmacWithPublicKey => hmac(claims, key, key.public_pem.as_bytes()),
            Self::HmacWithClientSecret => hmac(claims, key, client_secret.as_bytes()),
            Self::ForeignKey => SigningKey::generate_as(key.kid.clone()).sign(&key.header(), claims),
            Self::UnknownKey => {
                let foreign = SigningKey::generate();
                foreign.sign(&foreign.header(), claims)
            }
            Self::EmbeddedKey => {
                let foreign = SigningKey::generate();
                foreign.sign(&Header { jwk: Some(foreign.public.clone()), ..foreign.header() }, claims)
            }
            Self::CriticalExtension => {
                let crit = Some(vec!["urn:example:must-understand".to_owned()]);
                key.sign(&Header { crit, ..key.header() }, claims)
            }
            Self::AccessTokenType => {
                key.sign(&Header { typ: Some("at+jwt".to_owned()), ..key.header() }, claims)
            }
        }
    }
}

/// Puts the claims into a raw token's template.
pub(super) fn fill(template: &str, claims: &Map<String, Value>) -> String {
    template.replace("{CLAIMS}", &encoded(&Value::Object(claims.clone()).to_string()))
}

fn hmac(claims: &Map<String, Value>, key: &SigningKey, secret: &[u8]) -> String {
    let header = Header { alg: Algorithm::HS256, ..key.header() };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).expect("any bytes key an HMAC")
}

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}
