//! The product with a Slack that only listens: what is promised stays promised, to be looked at.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use elevate::{
    config::{Config, Mode, Secrets},
    domain::{
        account::{Account, Conversation, MessageRef, Platform},
        account_event::AccountEvent,
        audit::AuditEntry,
        job::{Job, LeaseOwner, Notice, Task},
        message::{Form, Message},
        person::Member,
        press::{FormHandle, Press, ReplyHandle, Wish},
        window::Timestamp,
    },
    flows::{Broker, Ports},
    intake::Intake,
    metrics::Metrics,
    ports::{
        Address, Channel, ChatError, ChatPorts, Dialogs, Directory, JOB_LEASE, Messenger, Priority,
        RateLimited, RateLimits, Workspace,
    },
    slack::{routes, verify::Verifier},
};
use sandbox::{example_corp::ADA, slack::Delivery};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use crate::world::{Story, World, play};

/// The product at Example Corp, where Ada is linked and nobody has asked for anything.
pub(crate) struct Listener<'w> {
    world: &'w World,
    broker: Arc<Broker>,
    slack: Arc<DeafSlack>,
}

/// Plays a story of the corpus: with the product of a [`Listener`].
pub(crate) async fn listening(story: impl AsyncFnOnce(Listener<'_>)) {
    play(Story::with_linked([ADA]), async |world| story(Listener::of(world).await).await).await;
}

impl<'w> Listener<'w> {
    async fn of(world: &'w World) -> Self {
        let company = &world.company;
        let config =
            Config::parse(&company.configuration(&world.url), company.environment(), Secrets::new()).unwrap();
        let slack = Arc::new(DeafSlack::default());
        let running = world.app.broker();
        let rate_limits = Arc::new(NoHurry) as _;
        let (directory, messenger, dialogs) =
            (Arc::clone(&slack) as _, Arc::clone(&slack) as _, Arc::clone(&slack) as _);
        let chat = ChatPorts { directory, messenger, dialogs, sign_in: None };
        let ports = Ports {
            chats: BTreeMap::from([(Platform::new("slack"), chat)]),
            rate_limits,
            ..running.ports().clone()
        };
        let broker = Broker::new(ports, config.policy, running.settings().clone());

        let Mode::Http { signing_secrets } = &config.slack.mode else { panic!("{:?}", config.slack.mode) };
        let intake = Intake::new(&config.limits, config.client_address, &Metrics::new());
        let router = routes::router(Arc::clone(&broker), Verifier::new(signing_secrets), intake);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        company.slack.install(&format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { world, broker, slack }
    }

    pub(crate) fn signed(&self, path: &str, body: &str) -> Delivery {
        self.world.company.slack.signed(path, body)
    }

    /// Sends a delivery; hands back what has come of it once nothing moves any more, or why it was not accepted.
    pub(crate) async fn hears(&self, delivery: &Delivery) -> Result<Value, String> {
        let ack = self.world.company.slack.send(delivery).await.map_err(|failure| failure.to_string())?;
        if !ack.is_ok() {
            return Err(format!("answered {} {}", ack.status, ack.body));
        }
        self.broker.idle().await;
        self.outcome(ack.body).await
    }

    /// Of these, whatever there is: the `answer` that Slack got, what is `promised` and to whom, which refusal
    /// is `recorded`, which form was `opened`, and which refusal the person `hears`.
    async fn outcome(&self, answer: Value) -> Result<Value, String> {
        let mut parts: Vec<(&str, Value)> = self.slack.heard.lock().unwrap().drain(..).collect();
        if !answer.is_null() {
            parts.push(("answer", answer));
        }
        for job in self.due_jobs().await {
            parts.push(match job.task {
                Task::FinishPress(id) => {
                    let press = self.broker.ports().store.press(&id).await.unwrap();
                    ("promised", promised(&press.expect("it is not finished")))
                }
                Task::Notify(Notice::Audit(entry) | Notice::Burst(entry)) => ("recorded", recorded(&entry)),
                Task::Notify(_)
                | Task::Elapse(_)
                | Task::SettleSession(..)
                | Task::Remind(_)
                | Task::WarnOfEnd(_)
                | Task::ShowCard(_) => ("undone", json!(job.task)),
            });
        }
        let mut outcome = Map::new();
        for (part, value) in parts {
            if outcome.insert(part.to_owned(), value).is_some() {
                return Err(format!("more than one {part}"));
            }
        }
        Ok(Value::Object(outcome))
    }

    /// Forgets what has come of it, so that the next delivery stands alone.
    pub(crate) async fn forgets(&self) {
        let store = &self.broker.ports().store;
        for job in self.due_jobs().await {
            if let Task::FinishPress(id) = &job.task {
                let press = store.press(id).await.unwrap().expect("it is not finished");
                store.finish(&press.asker).await.unwrap();
            }
            let leased = store.lease(&job, LeaseOwner::named("the corpus"), self.later()).await.unwrap();
            if let Some(leased) = leased {
                assert!(store.complete(&leased, None).await.unwrap());
            }
        }
    }

    async fn due_jobs(&self) -> Vec<Job> {
        self.broker.ports().store.due(self.later(), 100).await.unwrap()
    }

    /// When no lease of the product's lasts any longer.
    fn later(&self) -> Timestamp {
        self.world.company.clock.now() + JOB_LEASE
    }
}

fn promised(press: &Press) -> Value {
    let wish =
        if let Wish::Request(_, ask) = &press.wish { json!({ "request": ask }) } else { json!(press.wish) };
    json!({ "who": named(&press.asker.who), "wish": wish, "reply_to": press.asker.reply_to })
}

fn recorded(entry: &AuditEntry) -> Value {
    if let AuditEntry::Account(recorded) = entry
        && let AccountEvent::Refused { tried, .. } = &recorded.what
    {
        return json!({ "who": named(&recorded.stream), "tried": tried });
    }
    json!(entry)
}

fn named(who: &Account) -> String {
    format!("{}/{}", who.tenant().id(), who.user())
}

/// Rate limits that let everything through, at whatever pace it comes.
struct NoHurry;

impl RateLimits for NoHurry {
    fn count_action(&self, _: &Account) -> Result<(), RateLimited> {
        Ok(())
    }

    fn may_notify(&self, _: &Account) -> bool {
        true
    }

    fn count_miss(&self, _: IpAddr) -> Result<(), RateLimited> {
        Ok(())
    }
}

/// A Slack that opens forms and takes down what is said, and otherwise does not answer.
#[derive(Default)]
struct DeafSlack {
    heard: Mutex<Vec<(&'static str, Value)>>,
}

impl DeafSlack {
    fn notes(&self, message: &Message) {
        let heard = if let Message::Refused { why, .. } = message {
            json!(why.refusal.code())
        } else if let Message::Help { .. } = message {
            json!("help")
        } else if let Message::Overview(_) = message {
            json!("overview")
        } else {
            return;
        };
        self.heard.lock().unwrap().push(("hears", heard));
    }
}

#[async_trait]
impl Directory for DeafSlack {
    async fn identify(&self) -> Result<Workspace, ChatError> {
        unanswered()
    }

    async fn member(&self, _: &Account, _: Priority) -> Result<Member, ChatError> {
        unanswered()
    }

    async fn channel(&self, _: &Conversation) -> Result<Channel, ChatError> {
        unanswered()
    }
}

#[async_trait]
impl Messenger for DeafSlack {
    async fn post(&self, _: &Address, _: &Message) -> Result<MessageRef, ChatError> {
        unanswered()
    }

    async fn find(
        &self,
        _: &Conversation,
        _: &Message,
        _: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError> {
        unanswered()
    }

    async fn redraw(&self, _: &MessageRef, _: &Message) -> Result<(), ChatError> {
        unanswered()
    }

    async fn whisper(&self, _: &Account, message: &Message) -> Result<(), ChatError> {
        self.notes(message);
        unanswered()
    }
}

#[async_trait]
impl Dialogs for DeafSlack {
    async fn open(&self, _: &FormHandle, form: &Form) -> Result<(), ChatError> {
        let form = match form {
            Form::Request(form) => json!({ "request": form.targets }),
            Form::Rejection(id, _) => json!({ "rejection": id }),
        };
        self.heard.lock().unwrap().push(("opened", form));
        Ok(())
    }

    async fn reply(&self, _: &ReplyHandle, message: &Message) -> Result<(), ChatError> {
        self.notes(message);
        unanswered()
    }
}

fn unanswered<T>() -> Result<T, ChatError> {
    Err(ChatError::Unavailable {
        platform: Platform::new("slack"),
        operation: "any",
        reason: "it only listens".into(),
        retry_after: None,
    })
}
