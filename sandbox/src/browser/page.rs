//! The page that a browser shows, and the navigation that led to it.

use reqwest::{
    Response,
    header::{self, HeaderMap},
};
use url::Url;

use super::{
    error::BrowserError,
    form::{self, Button},
    html,
    navigation::Navigation,
    unanswered,
};

/// A page as it was loaded.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address, after all redirects.
    pub url: Url,
    /// The HTTP status of the last answer.
    pub status: u16,
    /// The headers of the last answer.
    pub headers: HeaderMap,
    /// The body of the last answer.
    pub body: String,
    /// Every request on the way, this page's own the last.
    pub hops: Vec<Hop>,
    /// Where the browser would have gone if it had not been stopped.
    pub stopped_before: Option<Url>,
}

/// One request on the way to a page, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The request's method.
    pub method: String,
    /// The request's URL.
    pub url: Url,
    /// The answer's status.
    pub status: u16,
    /// The names of the cookies the answer set or deleted.
    pub cookies_set: Vec<String>,
}

/// A link on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its text.
    pub text: String,
    /// Where it leads.
    pub url: Url,
}

impl Page {
    /// A page that no server sent, such as an attacker's.
    ///
    /// # Errors
    /// When `url` is not an address.
    pub fn imagined(url: &str, body: &str) -> Result<Self, BrowserError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
        Ok(Self {
            url: super::parse(url)?,
            status: 200,
            headers,
            body: body.to_owned(),
            hops: Vec::new(),
            stopped_before: None,
        })
    }

    pub(super) async fn read(navigation: &Navigation, response: Response) -> Result<Self, BrowserError> {
        let url = navigation.url.clone();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.text().await.map_err(unanswered(&url))?;
        let hop = Hop {
            method: navigation.method.to_string(),
            url: url.clone(),
            status,
            cookies_set: names_of_cookies(&headers),
        };
        Ok(Self { url, status, headers, body, hops: vec![hop], stopped_before: None })
    }

    /// The text a person sees, one line for each block.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_html() { html::visible_text(&self.body) } else { self.body.clone() }
    }

    /// The text of the `title` element.
    #[must_use]
    pub fn title(&self) -> String {
        html::title(&self.body)
    }

    /// All buttons that can be pressed.
    #[must_use]
    pub fn buttons(&self) -> Vec<Button> {
        form::buttons(self)
    }

    /// The button whose text is, or else holds, `label`.
    #[must_use]
    pub fn button(&self, label: &str) -> Option<Button> {
        one_of(self, label, self.buttons(), |button| &button.label).ok()
    }

    /// All links.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        html::links(&self.body)
            .into_iter()
            .filter_map(|(text, href)| Some(Link { text, url: self.url.join(&href).ok()? }))
            .collect()
    }

    /// The link whose text is, or else holds, `label`.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn link(&self, label: &str) -> Result<Link, BrowserError> {
        one_of(self, label, self.links(), |link| &link.text)
    }

    /// A header's text; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where the answer redirects to, if it does.
    pub(super) fn redirect(&self) -> Result<Option<Url>, BrowserError> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let location = self.header("location");
        match self.url.join(location) {
            Ok(url) if !location.is_empty() => Ok(Some(url)),
            Ok(_) | Err(_) => Err(BrowserError::RedirectToNowhere(self.url.to_string())),
        }
    }

    /// Where the page's `<meta http-equiv="refresh">` leads without delay.
    pub(super) fn refresh(&self) -> Option<Url> {
        let target = self.is_html().then(|| html::immediate_refresh(&self.body))??;
        self.url.join(&target).ok()
    }

    fn is_html(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }
}

/// The one candidate whose text is `wanted`, or failing that, the one whose text holds it.
pub(super) fn one_of<Item>(
    page: &Page,
    wanted: &str,
    candidates: Vec<Item>,
    text: impl Fn(&Item) -> &str,
) -> Result<Item, BrowserError> {
    let shown: Vec<String> = candidates.iter().map(|candidate| text(candidate).to_owned()).collect();
    let (exact, others): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|candidate| text(candidate) == wanted);
    let holding: Vec<_> = others.into_iter().filter(|candidate| text(candidate).contains(wanted)).collect();
    let mut fitting = if exact.is_empty() { holding } else { exact };
    match (fitting.pop(), fitting.is_empty()) {
        (Some(only), true) => Ok(only),
        (found, _) => Err(BrowserError::NotOne {
            page: page.url.to_string(),
            wanted: wanted.to_owned(),
            found: if found.is_some() { "more than one" } else { "nothing" },
            shown,
        }),
    }
}

fn names_of_cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|cookie| cookie.to_str().ok()?.split_once('='))
        .map(|(name, _)| name.trim().to_owned())
        .collect()
}
