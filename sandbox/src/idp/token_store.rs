//! The codes and tokens that an OpenID provider has issued, and their validity.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};

use super::person::Scopes;
use crate::random::random_token;

/// An authorization code is good for this long, and once.
const CODE_LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// Access tokens and ID tokens are good for this long.
pub(super) const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// How long a refresh token may wait to be used before it is forgotten.
const REFRESH_TOKEN_IDLES_FOR: TimeDelta = TimeDelta::days(7);

/// How long a code verifier is: RFC 7636, section 4.1.
const VERIFIER_LENGTH: RangeInclusive<usize> = 43..=128;

/// Everything that follows from one redeemed code; it is revoked as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FamilyId(u64);

/// Who signed in, and when they last proved it.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub(super) login: String,
    pub(super) at: DateTime<Utc>,
    /// The authentication class, if the client requested one: people here can meet every class.
    pub(super) class: Option<String>,
    /// The groups that the person had then.
    pub(super) groups: Vec<String>,
}

/// What a person's sign-in lets the client know.
#[derive(Clone, Debug)]
pub(super) struct Authorization {
    pub(super) sign_in: SignIn,
    pub(super) scopes: Scopes,
}

/// What a code is bound to when it is issued.
#[derive(Clone)]
pub(super) struct CodeBinding {
    pub(super) authorization: Authorization,
    pub(super) nonce: String,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
}

/// What a client shows with a code to redeem it.
pub(super) struct CodeProof<'a> {
    pub(super) redirect_uri: &'a str,
    /// `None` where the provider does not look at it.
    pub(super) code_verifier: Option<&'a str>,
}

/// A code that has just been redeemed.
pub(super) struct Redeemed {
    pub(super) family: FamilyId,
    pub(super) authorization: Authorization,
    pub(super) nonce: String,
}

#[derive(Clone)]
struct Code {
    binding: CodeBinding,
    expires_at: DateTime<Utc>,
    redeemed_as: Option<FamilyId>,
}

#[derive(Clone)]
struct AccessToken {
    family: FamilyId,
    scopes: Scopes,
    expires_at: DateTime<Utc>,
}

#[derive(Clone)]
struct RefreshToken {
    family: FamilyId,
    issued_at: DateTime<Utc>,
    used: bool,
}

/// Sessions, codes and tokens, by their secret values.
#[derive(Clone, Default)]
pub(super) struct TokenStore {
    sessions: BTreeMap<String, SignIn>,
    codes: BTreeMap<String, Code>,
    families: BTreeMap<FamilyId, Authorization>,
    access_tokens: BTreeMap<String, AccessToken>,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    families_opened: u64,
    secrets: Vec<String>,
}

impl TokenStore {
    /// Starts a single sign-on session; answers with its cookie's value.
    pub(super) fn open_session(&mut self, sign_in: SignIn) -> String {
        let cookie = self.new_secret();
        self.sessions.insert(cookie.clone(), sign_in);
        cookie
    }

    pub(super) fn session(&self, cookie: &str) -> Option<&SignIn> {
        self.sessions.get(cookie)
    }

    pub(super) fn issue_code(&mut self, binding: CodeBinding, now: DateTime<Utc>) -> String {
        let code = self.new_secret();
        self.note_secret(&binding.nonce);
        let issued = Code { binding, expires_at: now + CODE_LIFETIME, redeemed_as: None };
        self.codes.insert(code.clone(), issued);
        code
    }

    /// Redeems a code. A failed attempt uses it up, and a second one takes back what the first gave.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        proof: &CodeProof<'_>,
        now: DateTime<Utc>,
    ) -> Option<Redeemed> {
        let family = self.next_family();
        self.secrets.extend(proof.code_verifier.map(str::to_owned));
        let code = self.codes.get_mut(code)?;
        if let Some(first) = code.redeemed_as {
            self.families.remove(&first);
            return None;
        }
        code.redeemed_as = Some(family);
        if now >= code.expires_at || !code.binding.matches(proof) {
            return None;
        }
        let authorization = code.binding.authorization.clone();
        self.families.insert(family, authorization.clone());
        Some(Redeemed { family, authorization, nonce: code.binding.nonce.clone() })
    }

    pub(super) fn issue_access_token(
        &mut self,
        family: FamilyId,
        scopes: Scopes,
        now: DateTime<Utc>,
    ) -> String {
        let token = self.new_secret();
        let issued = AccessToken { family, scopes, expires_at: now + TOKEN_LIFETIME };
        self.access_tokens.insert(token.clone(), issued);
        token
    }

    pub(super) fn issue_refresh_token(&mut self, family: FamilyId, now: DateTime<Utc>) -> String {
        let token = self.new_secret();
        self.refresh_tokens.insert(token.clone(), RefreshToken { family, issued_at: now, used: false });
        token
    }

    /// Looks a refresh token up. One that has been used up ends its whole family.
    pub(super) fn refresh(&mut self, token: &str) -> Option<(FamilyId, Authorization)> {
        let token = self.refresh_tokens.get(token)?;
        if token.used {
            self.families.remove(&token.family);
            return None;
        }
        let authorization = self.families.get(&token.family)?;
        Some((token.family, authorization.clone()))
    }

    /// Marks a refresh token as used up, because another one takes its place.
    pub(super) fn use_up(&mut self, token: &str) {
        if let Some(token) = self.refresh_tokens.get_mut(token) {
            token.used = true;
        }
    }

    /// What an access token lets its bearer know.
    pub(super) fn bearer(&self, token: &str, now: DateTime<Utc>) -> Option<Authorization> {
        let token = self.access_tokens.get(token).filter(|token| now < token.expires_at)?;
        let authorization = self.families.get(&token.family)?;
        Some(Authorization { scopes: token.scopes.clone(), ..authorization.clone() })
    }

    pub(super) fn end_family(&mut self, family: FamilyId) {
        self.families.remove(&family);
    }

    /// Ends all sessions of a person in browsers.
    pub(super) fn end_sessions(&mut self, login: &str) {
        self.sessions.retain(|_, session| session.login != login);
    }

    /// Ends all sessions of a person, and all that followed from them.
    pub(super) fn revoke(&mut self, login: &str) {
        self.end_sessions(login);
        self.codes.retain(|_, code| code.binding.authorization.sign_in.login != login);
        self.families.retain(|_, authorization| authorization.sign_in.login != login);
    }

    /// Removes what is no longer usable at `moment`. Signed-in people stay signed in.
    pub(super) fn forget_before(&mut self, moment: DateTime<Utc>) {
        self.codes.retain(|_, code| code.expires_at > moment);
        self.access_tokens.retain(|_, token| token.expires_at > moment);
        self.refresh_tokens.retain(|_, token| moment < token.issued_at + REFRESH_TOKEN_IDLES_FOR);
        let codes = self.codes.values().filter_map(|code| code.redeemed_as);
        let access = self.access_tokens.values().map(|token| token.family);
        let refresh = self.refresh_tokens.values().map(|token| token.family);
        let known: BTreeSet<FamilyId> = codes.chain(access).chain(refresh).collect();
        self.families.retain(|family, _| known.contains(family));
        self.secrets = Vec::new();
    }

    /// Remembers a secret that is not looked up here, such as an ID token or a nonce.
    pub(super) fn note_secret(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        self.secrets.clone()
    }

    fn new_secret(&mut self) -> String {
        let secret = random_token();
        self.note_secret(&secret);
        secret
    }

    fn next_family(&mut self) -> FamilyId {
        self.families_opened += 1;
        FamilyId(self.families_opened)
    }
}

impl CodeBinding {
    fn matches(&self, proof: &CodeProof<'_>) -> bool {
        let is_verified = proof.code_verifier.is_none_or(|verifier| {
            let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            self.code_challenge == challenge && VERIFIER_LENGTH.contains(&verifier.len())
        });
        self.redirect_uri == proof.redirect_uri && is_verified
    }
}
