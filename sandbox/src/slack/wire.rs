//! Sends a request from Slack to a bot that listens: signed, and with a limit of three seconds for the response.

use std::{fmt, time::Duration};

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{Slack, dispatch::Installed, lock};

/// How long Slack waits for the bot.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// The signature of a body that is sent at a time, in seconds since 1970, under a signing secret.
#[must_use]
pub fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = format!("v0:{timestamp}:{body}");
    format!("v0={}", hex::encode(hmac::sign(&key, signed.as_bytes())))
}

/// One request to the bot, to the byte: to be sent, sent again, or tampered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The path below the bot's URL, such as `/slack/commands`.
    pub path: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Delivery {
    /// The same request with another value of a header, or with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// How the bot has answered a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ack {
    /// The HTTP status; 200 for what is acknowledged through Socket Mode.
    pub status: u16,
    /// The body: JSON, or a string where it is none; null where there is none.
    pub body: Value,
    /// How long it took, on the machine's clock.
    #[serde(skip)]
    pub took: Duration,
}

impl Ack {
    /// Whether Slack takes the answer for a yes.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == 200
    }
}

/// Why there is no answer that Slack could use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Slack's client does not let this person do this; nothing was sent.
    Impossible(String),
    /// The bot has not answered within three seconds; the person reads "operation timed out".
    TimedOut,
    /// The bot cannot be reached, or its answer broke off.
    Unreachable(String),
    /// The bot has answered something that Slack does not accept.
    Unacceptable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible(why) => write!(out, "cannot be done in Slack: {why}"),
            Self::TimedOut => write!(out, "operation timed out"),
            Self::Unreachable(why) => write!(out, "dispatch_failed: the bot cannot be reached: {why}"),
            Self::Unacceptable(why) => write!(out, "Slack does not accept the bot's answer: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

impl Slack {
    /// A request that is signed, as Slack sends it at this moment.
    #[must_use]
    pub fn signed(&self, path: &str, body: &str) -> Delivery {
        self.signed_at(path, body, self.0.config.clock.now())
    }

    /// A request that is rightly signed, but as of another time.
    #[must_use]
    pub fn signed_at(&self, path: &str, body: &str, at: DateTime<Utc>) -> Delivery {
        let timestamp = at.timestamp();
        let signature = signature(&self.0.config.signing_secret, timestamp, body);
        self.workspace().secrets.push(signature.clone());
        let is_json = body.starts_with('{');
        let content_type = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        let headers = [
            ("Content-Type", content_type.to_owned()),
            ("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
            ("X-Slack-Request-Timestamp", timestamp.to_string()),
            ("X-Slack-Signature", signature),
        ];
        Delivery {
            path: path.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: body.to_owned(),
        }
    }

    /// Signs a request, replaces its headers with `headers`, and sends it.
    ///
    /// # Errors
    /// When the bot does not answer in time, or not at all.
    pub async fn send_signed(
        &self,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Result<Ack, Failure> {
        let signed = self.signed(path, body);
        let delivery =
            headers.iter().fold(signed, |delivery, (name, value)| delivery.with_header(name, value));
        self.send(&delivery).await
    }

    /// Sends a request as it is.
    ///
    /// # Errors
    /// When the bot does not answer in time, or not at all.
    pub async fn send(&self, delivery: &Delivery) -> Result<Ack, Failure> {
        *lock(&self.0.last_sent) = Some(delivery.clone());
        let Installed::At(bot_url) = lock(&self.0.installed).clone() else {
            return Err(Failure::Unreachable("it listens at no URL".to_owned()));
        };
        let mut request = self.0.client.post(format!("{bot_url}{}", delivery.path));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let started = Instant::now();
        let answered = async {
            let response = request.body(delivery.body.clone()).send().await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.text().await?))
        };
        match tokio::time::timeout(PATIENCE, answered).await {
            Err(_) => Err(Failure::TimedOut),
            Ok(Err(error)) => Err(Failure::Unreachable(error.to_string())),
            Ok(Ok((status, text))) => Ok(Ack { status, body: read_body(text), took: started.elapsed() }),
        }
    }

    /// The last request that was sent to the bot, so that it can be sent again.
    #[must_use]
    pub fn last_sent(&self) -> Option<Delivery> {
        lock(&self.0.last_sent).clone()
    }
}

fn read_body(text: String) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
