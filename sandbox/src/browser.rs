//! A browser without scripts, for tours and tests.
//!
//! It keeps cookies, follows redirects, presses buttons, and sends the headers that Chromium would send. Where
//! Chromium would silently drop a cookie or block a form, it returns an error. It never leaves loopback.

mod cookies;
mod error;
mod form;
mod html;
mod navigation;
mod origin;
mod page;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{Client, Method, Response, header, redirect};
use url::Url;

use self::{cookies::Jar, navigation::Navigation, origin::is_loopback};
pub use self::{
    error::BrowserError,
    form::Button,
    page::{Hop, Link, Page},
};
use crate::clock::Clock;

/// Chromium gives up after as many redirects.
const MOST_HOPS: usize = 20;

/// A page that takes longer is not coming.
const PATIENCE: Duration = Duration::from_secs(30);

const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) Sandbox/1.0";

/// One person's browser; clones are tabs, with the same cookies.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    clock: Clock,
    jar: Arc<Mutex<Jar>>,
    stops: Arc<Mutex<Vec<String>>>,
    secrets: Arc<Mutex<BTreeSet<String>>>,
}

impl Browser {
    /// A browser without cookies, on the machine's time.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Clock::running())
    }

    /// A browser without cookies, whose cookies expire by `clock`.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([]) // it speaks to loopback alone, and to read the machine's roots takes a while
            .timeout(PATIENCE)
            .pool_max_idle_per_host(0) // what a process holds open when all is said is its own
            .user_agent(USER_AGENT)
            .build()
            .expect("a client with default options can always be built");
        Self { client, clock, jar: Arc::default(), stops: Arc::default(), secrets: Arc::default() }
    }

    /// Does not follow redirects to URLs that begin with `prefix`; the page then says where it would have
    /// gone, in [`Page::stopped_before`].
    pub fn stop_before(&self, prefix: &str) {
        locked(&self.stops).push(prefix.to_owned());
    }

    /// Types an address.
    ///
    /// # Errors
    /// When no server responds, or a browser would block a step on the way.
    pub async fn open(&self, url: &str) -> Result<Page, BrowserError> {
        self.navigate(Navigation::typed(parse(url)?)).await
    }

    /// Presses the button whose text is, or else holds, `label`.
    ///
    /// # Errors
    /// When there is not exactly one such button, or as [`Browser::open`].
    pub async fn press(&self, page: &Page, label: &str) -> Result<Page, BrowserError> {
        self.press_with(page, label, &[]).await
    }

    /// Fills in fields of the button's form, by name, and presses it.
    ///
    /// # Errors
    /// When a field is not there to be filled in, or as [`Browser::press`].
    pub async fn press_with(
        &self,
        page: &Page,
        label: &str,
        typed: &[(&str, &str)],
    ) -> Result<Page, BrowserError> {
        let submission = form::submission(page, label, typed)?;
        self.navigate(Navigation::submitted(page, submission)).await
    }

    /// Follows the link whose text is, or else holds, `label`.
    ///
    /// # Errors
    /// When there is not exactly one such link, or as [`Browser::open`].
    pub async fn click(&self, page: &Page, label: &str) -> Result<Page, BrowserError> {
        let link = page.link(label)?;
        self.navigate(Navigation::clicked(page, link.url)).await
    }

    /// Asks for the headers alone, without cookies and without following, as a link checker does.
    ///
    /// # Errors
    /// When no server responds.
    pub async fn head(&self, url: &str) -> Result<Page, BrowserError> {
        self.fetch_as_robot(Method::HEAD, url).await
    }

    /// Fetches without cookies and without following, as the preview bot of a chat does.
    ///
    /// # Errors
    /// When no server responds.
    pub async fn get_raw(&self, url: &str) -> Result<Page, BrowserError> {
        self.fetch_as_robot(Method::GET, url).await
    }

    /// Fetches ahead of a click that may never come: with cookies, marked as a prefetch, without following.
    ///
    /// # Errors
    /// When no server responds, or a cookie breaks its own rules.
    pub async fn prefetch(&self, url: &str) -> Result<Page, BrowserError> {
        let navigation = Navigation::typed(parse(url)?).ahead_of_time();
        let response = self.request(&navigation).await?;
        Page::read(&navigation, response).await
    }

    /// The value of a cookie this browser would send to `url`.
    #[must_use]
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        let navigation = Navigation::typed(Url::parse(url).ok()?);
        let jar = locked(&self.jar);
        let mut sent = jar.sent_with(&navigation, self.clock.now());
        sent.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    }

    /// Whatever was given to it that looks like a secret: cookies, and what was in the addresses and the forms that it
    /// has sent.
    #[must_use]
    pub fn secrets_seen(&self) -> Vec<String> {
        locked(&self.secrets).iter().cloned().collect()
    }

    async fn navigate(&self, mut navigation: Navigation) -> Result<Page, BrowserError> {
        let mut hops = Vec::new();
        loop {
            navigation.check()?;
            let response = self.request(&navigation).await?;
            let mut page = Page::read(&navigation, response).await?;
            hops.append(&mut page.hops);
            let Some(next) = navigation.continued(&page)? else {
                return Ok(Page { hops, ..page });
            };
            if self.stops_at(&next.url) {
                return Ok(Page { hops, stopped_before: Some(next.url), ..page });
            }
            if hops.len() > MOST_HOPS {
                return Err(BrowserError::TooManyHops(page.url.into()));
            }
            navigation = next;
        }
    }

    async fn request(&self, navigation: &Navigation) -> Result<Response, BrowserError> {
        reachable(&navigation.url)?;
        let now = self.clock.now();
        let cookies = locked(&self.jar).header(navigation, now);
        locked(&self.secrets).extend(navigation.secrets(cookies.as_deref()));
        let request = self.client.request(navigation.method.clone(), navigation.url.clone());
        let mut request = request.headers(navigation.headers());
        if let Some(cookies) = cookies {
            request = request.header(header::COOKIE, cookies);
        }
        if let Some(body) = &navigation.body {
            request =
                request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone());
        }
        let response = request.send().await.map_err(unanswered(&navigation.url))?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            locked(&self.jar).set(&navigation.url, &String::from_utf8_lossy(cookie.as_bytes()), now)?;
        }
        Ok(response)
    }

    async fn fetch_as_robot(&self, method: Method, url: &str) -> Result<Page, BrowserError> {
        let navigation = Navigation::by_robot(method, parse(url)?);
        reachable(&navigation.url)?;
        let request = self.client.request(navigation.method.clone(), navigation.url.clone());
        let response = request.send().await.map_err(unanswered(&navigation.url))?;
        Page::read(&navigation, response).await
    }

    fn stops_at(&self, url: &Url) -> bool {
        locked(&self.stops).iter().any(|prefix| url.as_str().starts_with(prefix))
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

fn parse(url: &str) -> Result<Url, BrowserError> {
    Url::parse(url).map_err(|_| BrowserError::NotAnAddress(url.to_owned()))
}

fn reachable(url: &Url) -> Result<(), BrowserError> {
    if is_loopback(url) { Ok(()) } else { Err(BrowserError::NotLoopback(url.to_string())) }
}

fn unanswered(url: &Url) -> impl FnOnce(reqwest::Error) -> BrowserError {
    |source| BrowserError::Unanswered { url: url.to_string(), source }
}

fn locked<Held>(mutex: &Mutex<Held>) -> MutexGuard<'_, Held> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
