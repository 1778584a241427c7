//! The cookie jar: RFC 6265bis as Chromium implements it, except that a cookie it would drop is an error.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use url::Url;

use super::{
    error::BrowserError,
    navigation::Navigation,
    origin::{Relation, is_loopback, relation},
};

/// Chromium drops a cookie whose name and value are longer together.
const LONGEST: usize = 4096;

/// All cookies of one browser, by host and not by port.
#[derive(Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
    same_site: SameSite,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SameSite {
    /// What Chromium takes a cookie for that says nothing.
    #[default]
    Lax,
    Strict,
    None,
}

/// What a `Set-Cookie` header says, before its rules are checked.
#[derive(Debug, Default)]
struct SetCookie<'a> {
    name: &'a str,
    value: &'a str,
    path: Option<&'a str>,
    domain: Option<&'a str>,
    max_age: Option<&'a str>,
    expires: Option<&'a str>,
    same_site: Option<&'a str>,
    secure: bool,
}

impl Jar {
    /// The `Cookie` header for a navigation.
    pub(super) fn header(&self, navigation: &Navigation, now: DateTime<Utc>) -> Option<String> {
        let pairs: Vec<_> =
            self.sent_with(navigation, now).map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Names and values that go along with a navigation, the longest path first.
    pub(super) fn sent_with<'a>(
        &'a self,
        navigation: &Navigation,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut sent: Vec<_> = self.0.iter().filter(|cookie| cookie.goes_with(navigation, now)).collect();
        sent.sort_by_key(|cookie| Reverse(cookie.path.len()));
        sent.into_iter().map(|cookie| (cookie.name.as_str(), cookie.value.as_str()))
    }

    /// Takes in one `Set-Cookie` header of an answer from `url`.
    pub(super) fn set(&mut self, url: &Url, header: &str, now: DateTime<Utc>) -> Result<(), BrowserError> {
        let set = SetCookie::parse(header);
        set.check(url).map_err(|rule| BrowserError::Cookie {
            url: url.to_string(),
            name: set.name.to_owned(),
            rule,
        })?;
        let cookie = set.cookie(url, now);
        self.0.retain(|kept| !kept.is_replaced_by(&cookie));
        if cookie.is_alive(now) {
            self.0.push(cookie);
        }
        Ok(())
    }
}

impl Cookie {
    fn goes_with(&self, navigation: &Navigation, now: DateTime<Utc>) -> bool {
        self.is_alive(now)
            && navigation.url.host_str() == Some(&self.host)
            && is_under(navigation.url.path(), &self.path)
            && self.same_site_allows(navigation)
    }

    fn same_site_allows(&self, navigation: &Navigation) -> bool {
        let from = navigation.initiator();
        let crosses = from.is_some_and(|from| relation(from, &navigation.url) == Relation::CrossSite);
        match self.same_site {
            _ if !crosses => true,
            SameSite::None => true,
            SameSite::Lax => navigation.method == Method::GET,
            SameSite::Strict => false,
        }
    }

    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    fn is_replaced_by(&self, other: &Self) -> bool {
        self.host == other.host && self.path == other.path && self.name == other.name
    }
}

impl<'a> SetCookie<'a> {
    fn parse(header: &'a str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or_default();
        let mut set = Self { name: name.trim(), value: value.trim(), ..Self::default() };
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match key.to_ascii_lowercase().as_str() {
                "path" => set.path = Some(value),
                "domain" => set.domain = Some(value),
                "max-age" => set.max_age = Some(value),
                "expires" => set.expires = Some(value),
                "samesite" => set.same_site = Some(value),
                "secure" => set.secure = true,
                _ => {}
            }
        }
        set
    }

    fn check(&self, url: &Url) -> Result<(), &'static str> {
        let name = self.name.to_ascii_lowercase();
        if name.is_empty() {
            return Err("has no name");
        }
        if self.name.len() + self.value.len() > LONGEST {
            return Err("is longer than 4096 bytes");
        }
        if name.starts_with("__host-") && !(self.secure && self.path == Some("/") && self.domain.is_none()) {
            return Err("as __Host- must be Secure, with Path=/ and without Domain");
        }
        if name.starts_with("__secure-") && !self.secure {
            return Err("as __Secure- must be Secure");
        }
        if self.secure && url.scheme() != "https" && !is_loopback(url) {
            return Err("is Secure, over plain http");
        }
        if self.same_site.is_some_and(|value| value.eq_ignore_ascii_case("none")) && !self.secure {
            return Err("is SameSite=None and not Secure");
        }
        if self.domain.is_some_and(|domain| Some(domain.trim_start_matches('.')) != url.host_str()) {
            return Err("is for another domain");
        }
        Ok(())
    }

    fn cookie(&self, url: &Url, now: DateTime<Utc>) -> Cookie {
        Cookie {
            host: url.host_str().unwrap_or_default().to_owned(),
            path: self.path.filter(|path| path.starts_with('/')).unwrap_or(directory(url.path())).to_owned(),
            name: self.name.to_owned(),
            value: self.value.to_owned(),
            same_site: self.same_site.map(SameSite::parse).unwrap_or_default(),
            expires_at: self.expires_at(now),
        }
    }

    fn expires_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let max_age = self.max_age.and_then(|seconds| seconds.parse::<i32>().ok());
        match max_age {
            Some(seconds) => Some(now + TimeDelta::seconds(seconds.into())),
            None => DateTime::parse_from_rfc2822(self.expires?).ok().map(|end| end.to_utc()),
        }
    }
}

impl SameSite {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "strict" => Self::Strict,
            "none" => Self::None,
            _ => Self::Lax,
        }
    }
}

fn is_under(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie_path.ends_with('/'))
}

/// The default path of a cookie: the URL's path up to its last slash.
fn directory(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(slash) => &path[..slash],
    }
}
