//! One navigation: its initiator, its target, and the headers that it sends.

use reqwest::{
    Method,
    header::{self, HeaderMap, HeaderName},
};
use url::Url;

use super::{
    error::BrowserError,
    form::Submission,
    origin::{Relation, relation},
    page::Page,
};

/// A request for a page, before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Navigation {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<String>,
    cause: Cause,
    /// Where it led before it was redirected.
    passed: Vec<Url>,
    ahead_of_time: bool,
}

#[derive(Clone, Debug)]
enum Cause {
    /// The person typed the address, or came from another program.
    Address,
    Link(Source),
    Form(Source),
    /// The page's own doing, without the person.
    Refresh(Source),
}

/// The page a navigation starts from, and what it lays down about it.
#[derive(Clone, Debug)]
struct Source {
    page: Url,
    referrer_policy: String,
    /// The source list of the `form-action` directive.
    form_action: Option<String>,
}

impl Navigation {
    pub(super) fn typed(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            body: None,
            cause: Cause::Address,
            passed: Vec::new(),
            ahead_of_time: false,
        }
    }

    pub(super) fn by_robot(method: Method, url: Url) -> Self {
        Self { method, ..Self::typed(url) }
    }

    pub(super) fn clicked(page: &Page, url: Url) -> Self {
        Self { cause: Cause::Link(Source::of(page)), ..Self::typed(url) }
    }

    fn refreshed(page: &Page, url: Url) -> Self {
        Self { cause: Cause::Refresh(Source::of(page)), ..Self::typed(url) }
    }

    pub(super) fn submitted(page: &Page, submission: Submission) -> Self {
        let Submission { method, mut url, fields } = submission;
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = if method == Method::POST {
            Some(encoded)
        } else {
            url.set_query(Some(&encoded));
            None
        };
        Self { method, body, cause: Cause::Form(Source::of(page)), ..Self::typed(url) }
    }

    /// The same, but for a page that may never be looked at.
    pub(super) fn ahead_of_time(self) -> Self {
        Self { ahead_of_time: true, ..self }
    }

    /// Where the answer to this leads on to: by a redirect, or by the page's own refresh.
    pub(super) fn continued(&self, page: &Page) -> Result<Option<Self>, BrowserError> {
        if let Some(location) = page.redirect()? {
            return Ok(Some(self.redirected(page.status, location)));
        }
        Ok(page.refresh().map(|url| Self::refreshed(page, url)))
    }

    /// A redirect keeps method and body after a 307 or 308, and is a `GET` otherwise.
    fn redirected(&self, status: u16, location: Url) -> Self {
        let mut next = self.clone();
        next.passed.push(std::mem::replace(&mut next.url, location));
        if !matches!(status, 307 | 308) {
            next.method = Method::GET;
            next.body = None;
        }
        next
    }

    /// Refuses what the page's policy forbids its forms.
    pub(super) fn check(&self) -> Result<(), BrowserError> {
        match &self.cause {
            Cause::Form(source) if !source.lets_forms_lead_to(&self.url) => {
                Err(BrowserError::FormBlocked { page: source.page.to_string(), target: self.url.to_string() })
            }
            Cause::Form(_) | Cause::Link(_) | Cause::Refresh(_) | Cause::Address => Ok(()),
        }
    }

    /// The page that caused it, if a page did.
    pub(super) fn initiator(&self) -> Option<&Url> {
        self.source().map(|source| &source.page)
    }

    /// The headers Chromium sends along, as the Fetch standard and Fetch Metadata lay them down.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut insert = |name: &'static str, value: &str| {
            let value = value.parse().expect("an origin, or a word of our own, is a header value");
            headers.insert(HeaderName::from_static(name), value);
        };
        insert("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        insert("sec-fetch-site", self.site());
        insert("sec-fetch-mode", "navigate");
        insert("sec-fetch-dest", "document");
        if !matches!(self.cause, Cause::Refresh(_)) {
            insert("sec-fetch-user", "?1");
        }
        if self.ahead_of_time {
            insert("sec-purpose", "prefetch");
        }
        if self.method == Method::POST {
            insert("origin", &self.origin());
        }
        headers
    }

    /// What looks like a secret in what is sent: in the address, the form, the cookies.
    pub(super) fn secrets(&self, cookies: Option<&str>) -> Vec<String> {
        let path = self.url.path_segments().into_iter().flatten().map(str::to_owned);
        let form = form_urlencoded::parse(self.body.as_deref().unwrap_or_default().as_bytes());
        let parameters = self.url.query_pairs().chain(form).map(|(_, value)| value.into_owned());
        let cookies = cookies.unwrap_or_default().split("; ").filter_map(|cookie| cookie.split_once('='));
        let cookies = cookies.map(|(_, value)| value.to_owned());
        path.chain(parameters).chain(cookies).filter(|value| looks_secret(value)).collect()
    }

    /// The farthest any URL on the way is from the page that caused it.
    fn site(&self) -> &'static str {
        let Some(from) = self.initiator() else {
            return "none";
        };
        let way = self.passed.iter().chain([&self.url]);
        match way.map(|url| relation(from, url)).max() {
            Some(Relation::SameOrigin) | None => "same-origin",
            Some(Relation::SameSite) => "same-site",
            Some(Relation::CrossSite) => "cross-site",
        }
    }

    /// The `Origin` header of a form's way, which the page's policy or a detour over another site can hide.
    fn origin(&self) -> String {
        let hidden = "null".to_owned();
        let Some(source) = self.source() else {
            return hidden;
        };
        let is_foreign = |url: &Url| relation(&source.page, url) != Relation::SameOrigin;
        match source.referrer_policy.as_str() {
            "no-referrer" => hidden,
            "same-origin" if is_foreign(&self.url) => hidden,
            _ if self.passed.iter().any(is_foreign) => hidden,
            _ => source.page.origin().ascii_serialization(),
        }
    }

    fn source(&self) -> Option<&Source> {
        match &self.cause {
            Cause::Address => None,
            Cause::Link(source) | Cause::Form(source) | Cause::Refresh(source) => Some(source),
        }
    }
}

/// Whether it cannot be guessed: at least 32 characters, without those of ordinary text.
fn looks_secret(value: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    value.len() >= 32 && value.bytes().all(fits)
}

impl Source {
    fn of(page: &Page) -> Self {
        let text = |name| page.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let policy = text(header::CONTENT_SECURITY_POLICY);
        let mut directives = policy.split(';').map(str::trim);
        let form_action = directives.find_map(|directive| directive.strip_prefix("form-action "));
        Self {
            page: page.url.clone(),
            referrer_policy: text(header::REFERRER_POLICY).trim().to_ascii_lowercase(),
            form_action: form_action.map(str::to_owned),
        }
    }

    fn lets_forms_lead_to(&self, target: &Url) -> bool {
        let Some(sources) = &self.form_action else {
            return true;
        };
        sources.split_ascii_whitespace().any(|source| match source {
            "'self'" => relation(&self.page, target) == Relation::SameOrigin,
            origin => Url::parse(origin).is_ok_and(|origin| origin.origin() == target.origin()),
        })
    }
}
