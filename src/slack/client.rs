//! What the app sends to Slack and reads from it: the [`Directory`], [`Messenger`] and [`Dialogs`] ports over Slack's
//! Web API.

mod answers;

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use chrono::TimeDelta;
use secrecy::SecretString;
use serde::Serialize;
use slack_morphism::prelude::{
    SlackApiChatPostEphemeralRequest, SlackApiChatPostMessageRequest, SlackApiChatUpdateRequest,
    SlackApiViewsOpenRequest, SlackMessageContent, SlackMessageMetadata, SlackMessageResponseType,
};
use url::{Origin, Url};

use self::answers::{Acknowledged, ConversationInfo, History, Myself, Opened, Posted, UserInfo};
use super::{
    budget::Budget,
    errors::{refused, unavailable, unavailable_for},
    ids::{ChannelId, TeamId},
    pace::ChannelPace,
    views::{draw, draw_form},
    web_api::{Again, WebApi},
};
use crate::{
    domain::{
        account::{Account, Conversation, MessageRef},
        message::{Form, Message},
        person::Member,
        press::{FormHandle, ReplyHandle},
        window::Timestamp,
    },
    outbound::{HttpClient, is_protected},
    ports::{Address, Channel, ChatError, Clock, Dialogs, Directory, Messenger, Priority, Workspace},
    text::Names,
};

/// The event type of the metadata that identifies a message's subject.
const METADATA: &str = "elevate";
/// The largest tolerated difference between Slack's clock and ours.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::minutes(2);
/// How many messages a page of a channel's history contains
/// (<https://docs.slack.dev/reference/methods/conversations.history>).
const PAGE: &str = "200";
/// How many pages are searched for a message.
const PAGES: usize = 10;

/// What a Slack client requires.
pub struct SlackClientConfig {
    /// Sends the requests.
    pub http: HttpClient,
    /// The base URL of the Web API. Plain HTTP is allowed on loopback only.
    pub api_url: Url,
    /// The origin at which Slack accepts answers to commands and interactions.
    pub answers_at: Origin,
    /// The bot's token.
    pub bot_token: SecretString,
    /// The names used in messages.
    pub names: Names,
    /// The workspace that the token belongs to.
    pub team: TeamId,
    /// The clock that paces posts and times retries.
    pub clock: Arc<dyn Clock>,
}

/// Slack, as far as the bot may use it.
#[derive(Debug)]
pub struct SlackChat {
    api: WebApi,
    pace: ChannelPace,
    members: Budget,
    answers_at: Origin,
    names: Names,
    team: TeamId,
}

impl SlackChat {
    /// Creates a client for one workspace. Sends nothing yet.
    #[must_use]
    pub fn new(config: SlackClientConfig) -> Self {
        let SlackClientConfig { http, api_url, answers_at, bot_token, names, team, clock } = config;
        let pace = ChannelPace::new(Arc::clone(&clock));
        let members = Budget::new(Arc::clone(&clock));
        Self { api: WebApi::new(&http, &api_url, bot_token, clock), pace, members, answers_at, names, team }
    }

    /// Renders the message and attaches its subject, so that the message can be found again.
    fn lasting(&self, message: &Message) -> SlackMessageContent {
        draw(message, &self.names).opt_metadata(metadata(message))
    }

    /// Returns a person's conversation with the app.
    async fn conversation_with(&self, user: &Account) -> Result<ChannelId, ChatError> {
        let open = OpenConversation { users: user.user() };
        let opened: Opened = self.api.call(Again::Always, "conversations.open", &open).await?;
        Ok(opened.channel.id)
    }
}

#[async_trait]
impl Directory for SlackChat {
    async fn identify(&self) -> Result<Workspace, ChatError> {
        let myself: Myself = self.api.get("auth.test", &[]).await?;
        Ok(Workspace { tenant: myself.team_id.tenant(), name: myself.team })
    }

    async fn member(&self, who: &Account, priority: Priority) -> Result<Member, ChatError> {
        const METHOD: &str = "users.info";
        if let Err(wait) = self.members.spend(priority) {
            return Err(unavailable_for(METHOD, "its budget is used up", Some(wait)));
        }
        let told: UserInfo = self.api.get(METHOD, &[("user", who.user())]).await?;
        let member = told.user.into_member(who.user(), &self.team);
        member.ok_or_else(|| unavailable(METHOD, "an answer that names no workspace"))
    }

    async fn channel(&self, id: &Conversation) -> Result<Channel, ChatError> {
        let told: ConversationInfo = self.api.get("conversations.info", &[("channel", id.id())]).await?;
        Ok(told.channel.into())
    }
}

#[async_trait]
impl Messenger for SlackChat {
    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError> {
        let (channel, thread) = match to {
            Address::Conversation(conversation) => (conversation.id(), None),
            Address::Person(who) => (who.user(), None),
            Address::Thread(below) => (below.conversation().id(), Some(below.id().into())),
        };
        let post = SlackApiChatPostMessageRequest::new(channel.into(), self.lasting(message))
            .opt_thread_ts(thread)
            .with_unfurl_links(false)
            .with_unfurl_media(false);
        self.pace.turn_in(channel).await?;
        let Posted { channel, ts } = self.api.call(Again::IfUndone, "chat.postMessage", &post).await?;
        Ok(self.team.conversation(&channel).message(ts))
    }

    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError> {
        let Some(about) = about(message) else { return Ok(None) };
        let myself: Myself = self.api.get("auth.test", &[]).await?;
        let oldest = (since - CLOCKS_DIFFER_BY).timestamp().to_string();
        let mut cursor = String::new();
        // The newest come first. The oldest is the app's: a copy that somebody posts with its token comes later.
        let mut oldest_found = None;
        for _ in 0..PAGES {
            let page = [
                ("channel", channel.id()),
                ("include_all_metadata", "true"),
                ("oldest", oldest.as_str()),
                ("limit", PAGE),
                ("cursor", cursor.as_str()),
            ];
            let history: History = self.api.get("conversations.history", &page).await?;
            let mut own = history.messages.into_iter().filter(|message| message.is_of(&myself));
            oldest_found = own.rfind(|message| message.says(METADATA, &about)).or(oldest_found);
            cursor = history.response_metadata.next_cursor;
            if cursor.is_empty() {
                break;
            }
        }
        Ok(oldest_found.map(|found| channel.message(found.ts)))
    }

    async fn redraw(&self, place: &MessageRef, message: &Message) -> Result<(), ChatError> {
        let update = SlackApiChatUpdateRequest::new(
            place.conversation().id().into(),
            self.lasting(message),
            place.id().into(),
        );
        let Acknowledged { .. } = self.api.call(Again::Always, "chat.update", &update).await?;
        Ok(())
    }

    async fn whisper(&self, to: &Account, message: &Message) -> Result<(), ChatError> {
        let channel = self.conversation_with(to).await?;
        let whisper = SlackApiChatPostEphemeralRequest::new(
            channel.as_str().into(),
            to.user().into(),
            draw(message, &self.names),
        );
        let Acknowledged { .. } = self.api.call(Again::IfUndone, "chat.postEphemeral", &whisper).await?;
        Ok(())
    }
}

#[async_trait]
impl Dialogs for SlackChat {
    async fn open(&self, at: &FormHandle, form: &Form) -> Result<(), ChatError> {
        let open = SlackApiViewsOpenRequest::new(at.as_str().into(), draw_form(form, &self.names));
        let Acknowledged { .. } = self.api.call(Again::Never, "views.open", &open).await?;
        Ok(())
    }

    /// Answers only at Slack's own origin, whatever address a payload names. An address accepts 5 answers within 30
    /// minutes (<https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>).
    async fn reply(&self, to: &ReplyHandle, message: &Message) -> Result<(), ChatError> {
        const METHOD: &str = "response_url";
        let Ok(response_url) = Url::parse(to.as_str()) else { return Err(refused(METHOD, "not_an_address")) };
        if response_url.origin() != self.answers_at {
            return Err(refused(METHOD, "not_of_slack"));
        }
        if !is_protected(&response_url) {
            return Err(refused(METHOD, "not_https"));
        }
        let reply = Reply {
            response_type: SlackMessageResponseType::Ephemeral,
            replace_original: false,
            content: draw(message, &self.names),
        };
        self.api.post_to(METHOD, &response_url, &reply).await
    }
}

impl fmt::Debug for SlackClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackClientConfig").field("api_url", &self.api_url).finish_non_exhaustive()
    }
}

// ---------------------------------------------------------------------------------------------------------
// Payloads for which the library's own types do not fit

/// The argument of `conversations.open`, which accepts users as one string
/// (<https://docs.slack.dev/reference/methods/conversations.open>).
#[derive(Serialize)]
struct OpenConversation<'a> {
    users: &'a str,
}

/// An answer at a `response_url` (<https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>).
#[derive(Serialize)]
struct Reply {
    response_type: SlackMessageResponseType,
    replace_original: bool,
    #[serde(flatten)]
    content: SlackMessageContent,
}

/// Returns the metadata by which a lasting message is found again.
fn metadata(message: &Message) -> Option<SlackMessageMetadata> {
    let (name, id) = about(message)?;
    let payload = HashMap::from([(name.to_owned(), id)]);
    Some(SlackMessageMetadata::new(METADATA.to_owned()).with_event_payload(payload))
}

/// Returns what a lasting message is about: an event or a request.
fn about(message: &Message) -> Option<(&'static str, String)> {
    Some(match message {
        Message::ReviewCard(drawn) => ("review_card", drawn.request.id.to_string()),
        Message::Receipt(drawn) => ("receipt", drawn.request.id.to_string()),
        Message::Reminder(drawn) => ("reminder", drawn.request.id.to_string()),
        Message::Audit(entry) => ("event", entry.event_id()),
        Message::Burst(burst) => ("event", burst.last.event_id()),
        Message::ChannelTrouble { channel, trouble, .. } => {
            ("channel_trouble", format!("{}/{trouble:?}", channel.id()))
        }
        Message::EndIsNear { .. }
        | Message::CardSeen(..)
        | Message::PassOn(_)
        | Message::ConsoleLink { .. }
        | Message::SignInToAnswer { .. }
        | Message::LinkInvitation { .. }
        | Message::Linked(_)
        | Message::Relinked(_)
        | Message::Unlinked(_)
        | Message::SignedOut(_)
        | Message::Overview(_)
        | Message::Help { .. }
        | Message::WithoutForm(_)
        | Message::Refused { .. }
        | Message::Done(_)
        | Message::Delayed
        | Message::Failed { .. } => return None,
    })
}
