//! What people do in Slack, by either transport: parsed, stored, acknowledged.
//!
//! Slack requires an acknowledgement within 3 s. A press is stored before that; everything else happens afterwards
//! (`flows::inbox`). Unknown content is ignored, because Slack adds fields and kinds of payloads over time.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    command::CommandLine,
    ids::PLATFORM,
    payload::{BlockActions, FieldErrors, Interaction, Sender, SlashCommand, ViewSubmission},
    views::ids::{action, view},
};
use crate::{
    domain::{
        account::{Account, Platform},
        act::Act,
        decide::Ask,
        ids::CommandId,
        press::{ActedIn, Asker, FormHandle, Press, ReplyHandle, ReplyTo, Wish},
        refusal::Refusal,
    },
    flows::{
        self, Broker, Error, Home,
        access::{act, request},
        inbox, overview,
        people::link,
    },
    text::{Names, not_stored, refusal},
};

/// The error text under each field that is refused.
type FieldTexts = BTreeMap<&'static str, String>;

/// The acknowledgement for Slack.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// Accepted, with nothing to show.
    Heard,
    /// Accepted, with something to show: Slack's own JSON.
    Shows(Value),
    /// Not known to be stored: Slack must show a failure.
    Failed,
}

/// The press is not known to be stored, and must have no effect.
struct NotStored {
    /// The reference under which the operator finds the cause.
    reference: String,
}

/// Handles a slash command; `None` if it could not be parsed.
pub async fn command(broker: &Arc<Broker>, command: Option<SlashCommand>) -> Ack {
    let Some(command) = command else {
        // Slack's certificate check, `ssl_check=1`, also arrives here.
        tracing::warn!("slack: unreadable command");
        return for_their_eyes(&refusal(&Refusal::IncompleteCommand, names(broker)));
    };
    let who = command.who();
    if let Err(rate_limited) = broker.ports().rate_limits.count_action(&who) {
        return for_their_eyes(&refusal(&rate_limited.into(), names(broker)));
    }
    // A caller that disconnects cancels this future, so work that must finish is spawned.
    match broker.spawn(|broker| on_command(broker, command)).await {
        Ok(Ok(())) => Ack::Heard,
        Ok(Err(not_stored)) => for_their_eyes(&not_stored.text(broker)),
        Err(stopped) => for_their_eyes(&NotStored::because(broker, stopped).text(broker)),
    }
}

/// Handles a pressed button, a submitted form, or a payload that is not used or could not be parsed.
pub async fn interaction(broker: &Arc<Broker>, interaction: serde_json::Result<Interaction>) -> Ack {
    match interaction {
        Ok(Interaction::BlockActions(sender, press)) => {
            match broker.spawn(|broker| on_press(broker, sender, press)).await {
                Ok(Ok(())) => Ack::Heard,
                Ok(Err(NotStored { .. })) | Err(_) => Ack::Failed,
            }
        }
        Ok(Interaction::ViewSubmission(sender, submission)) => {
            match broker.spawn(|broker| on_submission(broker, sender, submission)).await {
                Ok(Ok(())) => Ack::Heard,
                Ok(Err(errors)) => Ack::Shows(json!({ "response_action": "errors", "errors": errors })),
                Err(_) => Ack::Failed,
            }
        }
        Ok(Interaction::Unknown) => Ack::Heard,
        Err(_) => {
            tracing::warn!("slack: unknown interaction ignored");
            Ack::Heard
        }
    }
}

/// Answers a command so that only the person who typed it sees the answer.
fn for_their_eyes(text: &str) -> Ack {
    Ack::Shows(json!({ "response_type": "ephemeral", "text": text }))
}

async fn on_command(broker: Arc<Broker>, command: SlashCommand) -> Result<(), NotStored> {
    let asker = Asker {
        id: CommandId::of_press(&command.who(), &command.trigger_id),
        at: broker.ports().clock.now(),
        who: command.who(),
        acted_in: ActedIn::Words,
        reply_to: ReplyTo::Handle(ReplyHandle::new(command.response_url)),
    };
    let wish = match command.text.parse() {
        Ok(CommandLine::Form) => {
            let (person, form) = (asker.clone(), FormHandle::new(command.trigger_id));
            after_answer(&broker, asker, async move |broker| {
                request::open_form(&broker, &person, &form).await
            });
            return Ok(());
        }
        Ok(CommandLine::Link) => Wish::Link,
        Ok(CommandLine::Confirm(code)) => {
            let typed = link::typed_code(&broker, &asker.who, &asker.id, &code).await;
            typed.map_err(|error| NotStored::because(&broker, error))?
        }
        Ok(CommandLine::Unlink) => Wish::Unlink,
        Ok(CommandLine::Status) => {
            let person = asker.clone();
            after_answer(&broker, asker, async move |broker| overview::show_overview(&broker, &person).await);
            return Ok(());
        }
        Ok(CommandLine::Help) => {
            let person = asker.clone();
            after_answer(&broker, asker, async move |broker| overview::show_help(&broker, &person).await);
            return Ok(());
        }
        Ok(CommandLine::Request(ask)) => new_request(&broker, ask),
        Err(refusal) => {
            after_answer(&broker, asker, async |_| Err(Error::from(refusal)));
            return Ok(());
        }
    };
    promise(&broker, asker.wishes(wish)).await
}

async fn on_press(broker: Arc<Broker>, sender: Sender, press: BlockActions) -> Result<(), NotStored> {
    let Some(who) = sent_by(&broker, &sender) else { return Ok(()) };
    let Some(action) = press.actions.first() else { return Ok(()) };
    let asker = Asker {
        id: CommandId::of_press(&who, &press.trigger_id),
        at: broker.ports().clock.now(),
        acted_in: press.acted_in(who.tenant()),
        who,
        reply_to: press.response_url().map_or(ReplyTo::Direct, |url| ReplyTo::Handle(ReplyHandle::new(url))),
    };
    if let Err(rate_limited) = broker.ports().rate_limits.count_action(&asker.who) {
        if broker.ports().rate_limits.may_notify(&asker.who) {
            after_answer(&broker, asker, async move |_| Err(Error::from(Refusal::from(rate_limited))));
        }
        return Ok(());
    }
    let request = action.value.as_deref().unwrap_or_default().parse();
    let wish = match (action.action_id.as_str(), request) {
        (action::UNLINK, _) => Wish::Unlink,
        (action::REJECT, Ok(request)) => {
            let (person, form) = (asker.clone(), FormHandle::new(press.trigger_id));
            after_answer(&broker, asker, async move |broker| {
                act::open_form(&broker, &person, &form, request).await
            });
            return Ok(());
        }
        (action::CONSOLE, Ok(request)) => Wish::OpenConsole(request),
        (id, Ok(request)) => match action::act(id) {
            Some(act) => Wish::Do(request, act),
            None => return Ok(()), // a button that only opens a link, or is not ours
        },
        (_, Err(_)) => return Ok(()), // it is not about a request
    };
    promise(&broker, asker.wishes(wish)).await
}

/// Handles a submitted form. A form that cannot be parsed stays open, with an error under each invalid field.
async fn on_submission(
    broker: Arc<Broker>,
    sender: Sender,
    submission: ViewSubmission,
) -> Result<(), FieldTexts> {
    let Some(who) = sent_by(&broker, &sender) else { return Ok(()) };
    if let Err(rate_limited) = broker.ports().rate_limits.count_action(&who) {
        return Err([(submission.last_field(), refusal(&rate_limited.into(), names(&broker)))].into());
    }
    let (wish, acted_in) = match submission.view.callback_id.as_str() {
        view::REQUEST => {
            let ask = submission.ask().map_err(|errors| texts(errors, names(&broker)))?;
            (new_request(&broker, ask), ActedIn::Words)
        }
        view::REJECTION => {
            let (request, opened_in, reason) =
                submission.rejection().map_err(|errors| texts(errors, names(&broker)))?;
            (Wish::Do(request, Act::Reject(reason)), opened_in)
        }
        _ => return Ok(()),
    };
    let id = CommandId::of_press(&who, &submission.trigger());
    let asker = Asker { id, at: broker.ports().clock.now(), who, acted_in, reply_to: ReplyTo::Direct };
    let promised = promise(&broker, asker.wishes(wish)).await;
    promised.map_err(|not_stored| [(submission.last_field(), not_stored.text(&broker))].into())
}

/// Returns the account that sent a payload, if the payload names one.
fn sent_by(broker: &Broker, sender: &Sender) -> Option<Account> {
    sender.who(&home(broker)?.tenant)
}

/// Returns the names for texts to people in Slack.
fn names(broker: &Broker) -> &Names {
    home(broker).map_or(broker.names(), |home| &home.names)
}

fn home(broker: &Broker) -> Option<&Home> {
    broker.settings().homes.get(&Platform::new(PLATFORM))
}

fn texts(errors: FieldErrors, names: &Names) -> FieldTexts {
    errors.into_iter().map(|(field, why)| (field, refusal(&why, names))).collect()
}

fn new_request(broker: &Broker, ask: Ask) -> Wish {
    Wish::Request(broker.ports().ids.request_id(broker.ports().clock.now()), ask)
}

async fn promise(broker: &Arc<Broker>, press: Press) -> Result<(), NotStored> {
    inbox::accept(broker, press).await.map_err(|error| NotStored::because(broker, error))
}

impl NotStored {
    fn because(broker: &Broker, cause: impl Into<anyhow::Error>) -> Self {
        let cause = cause.into().context("a press was not stored");
        Self { reference: broker.report(&Error::Failed(cause)) }
    }

    fn text(&self, broker: &Broker) -> String {
        not_stored(&self.reference, names(broker))
    }
}

/// Acknowledges Slack before `work` is done. Only for work that opens a form, shows something or refuses, and so need
/// not be stored.
fn after_answer<F>(broker: &Arc<Broker>, asker: Asker, work: impl FnOnce(Arc<Broker>) -> F + Send + 'static)
where
    F: Future<Output = flows::Result<()>> + Send,
{
    broker.spawn(async move |broker| {
        if let Err(error) = work(Arc::clone(&broker)).await {
            inbox::tell(&broker, &asker, error).await;
        }
    });
}
