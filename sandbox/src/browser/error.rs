//! Errors for what a browser would silently drop, block or not find.

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The text is not an absolute URL.
    #[error("{0} is not an address")]
    NotAnAddress(String),
    /// This browser only ever talks to this machine.
    #[error("{0} is not on loopback")]
    NotLoopback(String),
    /// Nobody listens, or the answer broke off, or it took too long.
    #[error("{url} did not answer")]
    Unanswered {
        /// Where the request went.
        url: String,
        /// What became of it.
        source: reqwest::Error,
    },
    /// Redirects and refreshes without an end.
    #[error("too many redirects, the last one from {0}")]
    TooManyHops(String),
    /// A redirect without a `Location`, or with one that is no URL.
    #[error("{0} redirects to nowhere")]
    RedirectToNowhere(String),
    /// A cookie that Chromium would not have kept.
    #[error("{url} set the cookie {name}, which {rule}")]
    Cookie {
        /// Who set it.
        url: String,
        /// The cookie's name.
        name: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// The page's `form-action` forbids to send a form there, or to be redirected there by one.
    #[error("the policy of {page} forbids a form to lead to {target}")]
    FormBlocked {
        /// The page that holds the form.
        page: String,
        /// Where the form, or a redirect after it, would have gone.
        target: String,
    },
    /// The page has no such button, field or link, or several.
    #[error("{page} has {found} for {wanted:?}; it shows {shown:?}")]
    NotOne {
        /// The page.
        page: String,
        /// What was looked for.
        wanted: String,
        /// `nothing`, or `more than one`.
        found: &'static str,
        /// What there is of that kind.
        shown: Vec<String>,
    },
    /// A field that must be filled in is empty.
    #[error("{page} wants {field} to be filled in")]
    FieldRequired {
        /// The page.
        page: String,
        /// The field's name.
        field: String,
    },
}
