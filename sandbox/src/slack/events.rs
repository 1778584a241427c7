//! Events: what Slack sends to the bot by itself, and sends again when there is no response.

use serde_json::{Value, json};

use super::{Ack, Failure, Slack, dispatch::Dispatch};

/// How often Slack repeats an event that was not answered with a yes.
const RETRIES: u32 = 3;

impl Slack {
    /// Sends an event such as `{"type": "app_home_opened", …}`, wrapped as events are, and again at once for as
    /// long as the bot does not answer with a yes; hands back how each attempt went.
    pub async fn sends_event(&self, event: &Value) -> Vec<Result<Ack, Failure>> {
        let body = self.event_callback(event);
        let mut attempts = Vec::new();
        for retry in 0..=RETRIES {
            let retry = attempts.last().map(|last| (retry, reason(last)));
            let attempt = self.tells(&Dispatch::Event { body: &body, retry }).await;
            let heard = attempt.as_ref().is_ok_and(|ack| (200..300).contains(&ack.status));
            attempts.push(attempt);
            if heard {
                break;
            }
        }
        attempts
    }

    /// Asks the bot to prove that the events' URL is its own, as when an app is set up.
    ///
    /// # Errors
    /// When the bot does not answer with the challenge.
    pub async fn verifies_events_url(&self) -> Result<Ack, Failure> {
        let challenge = format!("challenge-{}", self.workspace().next_number());
        let body =
            json!({ "token": "verification-token", "challenge": challenge, "type": "url_verification" });
        let ack = self.send_signed("/slack/events", &body.to_string(), &[]).await?;
        let proven = ack.body == challenge || ack.body == json!({ "challenge": challenge });
        if proven && ack.is_ok() { Ok(ack) } else { Err(Failure::Unacceptable(format!("{ack:?}"))) }
    }

    fn event_callback(&self, event: &Value) -> Value {
        let mut workspace = self.workspace();
        let number = workspace.next_number();
        let config = &workspace.config;
        json!({
            "type": "event_callback",
            "token": "verification-token",
            "team_id": config.team_id,
            "api_app_id": config.app_id,
            "event": event,
            "event_id": format!("Ev{number:010}"),
            "event_time": workspace.now().timestamp(),
            "authorizations": [{
                "enterprise_id": null,
                "team_id": config.team_id,
                "user_id": config.bot_user_id,
                "is_bot": true,
                "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": false,
        })
    }
}

fn reason(attempt: &Result<Ack, Failure>) -> &'static str {
    match attempt {
        Ok(_) => "http_error",
        Err(Failure::TimedOut) => "http_timeout",
        Err(Failure::Unreachable(_) | Failure::Impossible(_) | Failure::Unacceptable(_)) => {
            "connection_failed"
        }
    }
}
