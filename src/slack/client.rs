//! What the app says and asks in Slack: the [`Chat`] port over Slack's Web API.
//!
//! Nothing of a failed call is passed on but Slack's own code: the library's errors hold whole bodies.

use std::{collections::HashMap, future::Future, time::Duration};

use async_trait::async_trait;
use hyper_rustls::HttpsConnectorBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use slack_morphism::{
    errors::SlackClientError,
    prelude::{
        ClientResult, SlackApiChatPostEphemeralRequest, SlackApiChatPostMessageRequest,
        SlackApiChatUpdateRequest, SlackApiToken, SlackApiViewsOpenRequest, SlackClient,
        SlackClientApiCallContext, SlackClientHttpConnector, SlackClientHyperConnector,
        SlackClientHyperHttpsConnector, SlackHyperClient, SlackMessageContent, SlackMessageMetadata,
        SlackMessageResponseType,
    },
};
use tracing::Span;
use url::Url;

use super::views::{Names, draw, draw_form};
use crate::{
    domain::{
        ids::{ChannelId, TeamId, UserId},
        message::{Form, Message},
        person::{Email, Member, MemberKind, SlackUser},
    },
    outbound::is_protected,
    ports::{Address, Channel, Chat, ChatError, Place, Workspace},
};

/// How long Slack may take to answer one call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The name under which messages carry what they are about.
const METADATA: &str = "elevate";

/// What it takes to talk to Slack.
#[derive(Debug)]
pub struct SlackClientConfig {
    /// The base of the Web API; plain http on loopback alone.
    pub api_url: Url,
    /// The bot's token.
    pub bot_token: SecretString,
    /// The names that messages show.
    pub names: Names,
    /// The workspace the token belongs to.
    pub team: TeamId,
}

/// Slack, as the bot may use it.
#[derive(Debug)]
pub struct SlackChat {
    client: SlackHyperClient,
    token: SlackApiToken,
    names: Names,
    team: TeamId,
}

impl SlackChat {
    /// A client for one workspace. Calls nobody yet.
    #[must_use]
    pub fn new(config: SlackClientConfig) -> Self {
        let token = SlackApiToken::new(config.bot_token.expose_secret().into())
            .with_team_id(config.team.as_str().into());
        let client = SlackClient::new(connector(&config.api_url));
        Self { client, token, names: config.names, team: config.team }
    }

    /// Calls a method that reads.
    async fn get<A>(&self, method: &'static str, parameters: &[(&str, &str)]) -> Result<A, ChatError>
    where
        A: for<'de> Deserialize<'de> + Send,
    {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let session = self.client.open_session(&self.token);
        answer(method, session.http_session_api.http_get(method, &parameters, None)).await
    }

    /// Calls a method that does something.
    async fn call<Q, A>(&self, method: &'static str, body: &Q) -> Result<A, ChatError>
    where
        Q: Serialize + Send + Sync,
        A: for<'de> Deserialize<'de> + Send,
    {
        let session = self.client.open_session(&self.token);
        answer(method, session.http_session_api.http_post(method, body, None)).await
    }

    /// The message, with what it is about attached for whoever has to find it again.
    fn lasting(&self, message: &Message) -> SlackMessageContent {
        draw(message, &self.names).opt_metadata(metadata(message))
    }

    /// The conversation of a person with the app.
    async fn conversation_with(&self, user: &UserId) -> Result<ChannelId, ChatError> {
        let open = OpenConversation { users: user.as_str() };
        let opened: Opened = self.call("conversations.open", &open).await?;
        Ok(opened.channel.id)
    }
}

#[async_trait]
impl Chat for SlackChat {
    async fn identify(&self) -> Result<Workspace, ChatError> {
        let myself: Myself = self.get("auth.test", &[]).await?;
        Ok(Workspace { team: myself.team_id, name: myself.team })
    }

    async fn member(&self, who: &SlackUser) -> Result<Member, ChatError> {
        const METHOD: &str = "users.info";
        let told: UserInfo = self.get(METHOD, &[("user", who.user.as_str())]).await?;
        let member = told.user.into_member(who.user.clone(), &self.team);
        member.ok_or_else(|| unavailable(METHOD, "an answer that names no workspace"))
    }

    async fn channel(&self, id: &ChannelId) -> Result<Channel, ChatError> {
        let told: ConversationInfo = self.get("conversations.info", &[("channel", id.as_str())]).await?;
        Ok(told.channel.into())
    }

    async fn open(&self, trigger: &str, form: &Form) -> Result<(), ChatError> {
        let open = SlackApiViewsOpenRequest::new(trigger.into(), draw_form(form, &self.names));
        let Acknowledged { .. } = self.call("views.open", &open).await?;
        Ok(())
    }

    async fn post(&self, to: &Address, message: &Message) -> Result<Place, ChatError> {
        let (channel, thread) = match to {
            Address::Channel(channel) => (channel.as_str(), None),
            Address::Person(user) => (user.as_str(), None),
            Address::Thread(below) => (below.channel.as_str(), Some(below.ts.as_str().into())),
        };
        let post = SlackApiChatPostMessageRequest::new(channel.into(), self.lasting(message))
            .opt_thread_ts(thread)
            .with_unfurl_links(false)
            .with_unfurl_media(false);
        let Posted { channel, ts } = self.call("chat.postMessage", &post).await?;
        Ok(Place { channel, ts })
    }

    async fn redraw(&self, place: &Place, message: &Message) -> Result<(), ChatError> {
        let update = SlackApiChatUpdateRequest::new(
            place.channel.as_str().into(),
            self.lasting(message),
            place.ts.as_str().into(),
        );
        let Acknowledged { .. } = self.call("chat.update", &update).await?;
        Ok(())
    }

    async fn whisper(&self, to: &UserId, message: &Message) -> Result<(), ChatError> {
        let channel = self.conversation_with(to).await?;
        let whisper = SlackApiChatPostEphemeralRequest::new(
            channel.as_str().into(),
            to.as_str().into(),
            draw(message, &self.names),
        );
        let Acknowledged { .. } = self.call("chat.postEphemeral", &whisper).await?;
        Ok(())
    }

    async fn reply(&self, response_url: &Url, message: &Message) -> Result<(), ChatError> {
        const METHOD: &str = "response_url";
        if !is_protected(response_url) {
            return Err(ChatError::Refused { method: METHOD, code: "not_https".to_owned() });
        }
        let reply = Reply {
            response_type: SlackMessageResponseType::Ephemeral,
            replace_original: false,
            content: draw(message, &self.names),
        };
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None, // the address is a secret of its own; the token stays here
            tracing_span: &Span::none(),
            is_sensitive_url: true,
        };
        let connector = &self.client.http_api.connector;
        let IgnoredAny =
            answer(METHOD, connector.http_post_uri(response_url.clone(), &reply, context)).await?;
        Ok(())
    }
}

// ---------------------------------------------------------------------------------------------------------
// Calls

/// Plain http is spoken only where the Web API is plain http itself: with a stand-in on loopback.
fn connector(api_url: &Url) -> SlackClientHyperHttpsConnector {
    let tls = HttpsConnectorBuilder::new().with_webpki_roots();
    let schemes = if api_url.scheme() == "http" && is_protected(api_url) {
        tls.https_or_http()
    } else {
        tls.https_only()
    };
    SlackClientHyperConnector::with_connector(schemes.enable_all_versions().build())
        .with_slack_api_url(api_url.as_str().trim_end_matches('/'))
}

/// Waits for an answer, but not for long.
async fn answer<A>(
    method: &'static str,
    call: impl Future<Output = ClientResult<A>> + Send,
) -> Result<A, ChatError> {
    match tokio::time::timeout(TIMEOUT, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(chat_error(method, &error)),
        Err(_) => Err(unavailable(method, format!("nothing within {} s", TIMEOUT.as_secs()))),
    }
}

/// What became of a call, in Slack's code or a few words of ours.
fn chat_error(method: &'static str, error: &SlackClientError) -> ChatError {
    match error {
        SlackClientError::ApiError(api) if is_trouble_at_slack(&api.code) => unavailable(method, &api.code),
        SlackClientError::ApiError(api) => ChatError::Refused { method, code: api.code.clone() },
        SlackClientError::RateLimitError(limit) => match limit.retry_after {
            Some(wait) => unavailable(method, format!("ratelimited for {} s", wait.as_secs())),
            None => unavailable(method, "ratelimited"),
        },
        SlackClientError::HttpError(http) if http.status_code.is_client_error() => {
            ChatError::Refused { method, code: format!("http_{}", http.status_code.as_u16()) }
        }
        SlackClientError::HttpError(http) => {
            unavailable(method, format!("status {}", http.status_code.as_u16()))
        }
        SlackClientError::ProtocolError(_) => unavailable(method, "an answer that cannot be read"),
        SlackClientError::HttpProtocolError(_)
        | SlackClientError::EndOfStream(_)
        | SlackClientError::SystemError(_)
        | SlackClientError::SocketModeProtocolError(_) => {
            unavailable(method, "no connection, or one that broke off")
        }
    }
}

/// Whether the code says that Slack itself is in trouble
/// (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>): the same call may succeed later.
fn is_trouble_at_slack(code: &str) -> bool {
    ["fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"].contains(&code)
}

fn unavailable(method: &'static str, why: impl Into<String>) -> ChatError {
    ChatError::Unavailable { method, why: why.into() }
}

// ---------------------------------------------------------------------------------------------------------
// What is sent, where the library's own type does not fit

/// `conversations.open` takes users as one string
/// (<https://docs.slack.dev/reference/methods/conversations.open>).
#[derive(Serialize)]
struct OpenConversation<'a> {
    users: &'a str,
}

/// An answer at a `response_url`
/// (<https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>).
#[derive(Serialize)]
struct Reply {
    response_type: SlackMessageResponseType,
    replace_original: bool,
    #[serde(flatten)]
    content: SlackMessageContent,
}

/// What a lasting message is about: an event or a request.
fn metadata(message: &Message) -> Option<SlackMessageMetadata> {
    let (name, id) = match message {
        Message::ReviewCard(drawn) => ("review_card", drawn.request.id.to_string()),
        Message::Receipt(drawn) => ("receipt", drawn.request.id.to_string()),
        Message::Reminder(drawn) => ("reminder", drawn.request.id.to_string()),
        Message::Audit(entry) => ("event", entry.event_id()),
        Message::Refusals(refusals) => ("event", refusals.last.id.to_string()),
        Message::EndIsNear { .. }
        | Message::ConsoleLink { .. }
        | Message::LinkInvitation { .. }
        | Message::Linked(_)
        | Message::Unlinked(_)
        | Message::Overview(_)
        | Message::Help { .. }
        | Message::Refused { .. }
        | Message::Done(_)
        | Message::Failed { .. } => return None,
    };
    let payload = HashMap::from([(name.to_owned(), id)]);
    Some(SlackMessageMetadata::new(METADATA.to_owned()).with_event_payload(payload))
}

// ---------------------------------------------------------------------------------------------------------
// What comes back: of each answer only what is used, since Slack varies the rest

#[derive(Deserialize)]
struct Acknowledged {
    #[expect(dead_code, reason = "an answer that lacks it is not Slack's")]
    ok: bool,
}

#[derive(Deserialize)]
struct Posted {
    channel: ChannelId,
    ts: String,
}

#[derive(Deserialize)]
struct Opened {
    channel: OpenedConversation,
}

#[derive(Deserialize)]
struct OpenedConversation {
    id: ChannelId,
}

#[derive(Deserialize)]
struct Myself {
    team: String,
    team_id: TeamId,
}

#[derive(Deserialize)]
struct ConversationInfo {
    channel: Conversation,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Conversation {
    name: String,
    is_ext_shared: bool,
    is_pending_ext_shared: bool,
    is_member: bool,
}

impl From<Conversation> for Channel {
    fn from(told: Conversation) -> Self {
        Self {
            name: told.name,
            is_shared_outside: told.is_ext_shared || told.is_pending_ext_shared,
            is_member: told.is_member,
        }
    }
}

#[derive(Deserialize)]
struct UserInfo {
    user: User,
}

/// <https://docs.slack.dev/reference/objects/user-object>
#[derive(Deserialize)]
struct User {
    #[serde(default)]
    team_id: Option<TeamId>,
    #[serde(default)]
    enterprise_user: Option<EnterpriseUser>,
    name: String,
    profile: Profile,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    is_restricted: bool,
    #[serde(default)]
    is_ultra_restricted: bool,
    #[serde(default)]
    is_email_confirmed: bool,
}

/// Somebody of an organisation, who may be a member of several of its workspaces
/// (<https://docs.slack.dev/reference/objects/user-object#enterprise-grid-fields>).
#[derive(Deserialize)]
struct EnterpriseUser {
    #[serde(default)]
    teams: Vec<TeamId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    display_name: String,
    real_name: String,
    email: Option<String>,
}

impl User {
    /// The member, if Slack says of which workspace: of `home`, where they are a member of several.
    fn into_member(self, user: UserId, home: &TeamId) -> Option<Member> {
        let (kind, confirmed_email) = (self.kind(), self.confirmed_email());
        let teams = self.enterprise_user.map(|user| user.teams).unwrap_or_default();
        let elsewhere = || self.team_id.or_else(|| teams.first().cloned());
        let team = if teams.contains(home) { home.clone() } else { elsewhere()? };
        let names = [self.profile.real_name, self.profile.display_name];
        Some(Member {
            who: SlackUser { team, user },
            name: names.into_iter().find(|name| !name.is_empty()).unwrap_or(self.name),
            confirmed_email,
            kind,
        })
    }

    fn kind(&self) -> MemberKind {
        if self.deleted {
            MemberKind::Deactivated
        } else if self.is_bot {
            MemberKind::Bot
        } else if self.is_restricted || self.is_ultra_restricted {
            MemberKind::Guest
        } else {
            MemberKind::Full
        }
    }

    fn confirmed_email(&self) -> Option<Email> {
        let email = self.profile.email.as_deref().filter(|_| self.is_email_confirmed)?;
        email.parse().ok()
    }
}
