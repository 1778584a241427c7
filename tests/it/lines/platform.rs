//! Lines, in memory: the adapter that the product sees, and the people who write and read there.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use elevate::{
    config::{Config, Mode, Secrets},
    domain::{
        account::{Account, Conversation, MessageRef, Platform, Tenant},
        act::Act,
        decide::Ask,
        ids::{CommandId, MemberKind},
        message::{Form, Message},
        person::Member,
        press::{ActedIn, Asker, FormHandle, ReplyHandle, ReplyTo, Wish},
        reason::Reason,
        refusal::Refusal,
        window::Timestamp,
    },
    flows::{
        Broker, Home, Ports, Settings, TenantName,
        access::{act, request},
        inbox, sweep,
    },
    intake::Intake,
    metrics::Metrics,
    ports::{Address, Channel, ChatError, ChatPorts, Dialogs, Directory, Messenger, Priority, Workspace},
    slack::{routes, verify::Verifier},
    text::{Names, said},
    web,
};
use sandbox::{
    browser::{Browser, Page},
    example_corp::{self, Persona, TEAM},
};
use tokio::sync::watch;

use crate::world::{Player, World};

const PLATFORM: &str = "lines";
/// The same id as Slack knows the company by: only the platform tells its accounts apart.
const TENANT: &str = TEAM;
/// Where the requests of people on Lines are answered.
pub(crate) const LINES_REVIEW: &str = "reviews";

/// The platform at work, and the product that serves it beside Slack.
pub(crate) struct Lines<'w> {
    world: &'w World,
    broker: Arc<Broker>,
    server: Arc<Server>,
    written: AtomicUsize,
}

/// What the product sees of the platform.
struct Server {
    members: BTreeMap<Account, Member>,
    names: Names,
    posts: Mutex<Vec<(Address, String)>>,
    read: Mutex<BTreeMap<String, usize>>,
    takes_direct_messages: AtomicBool,
    takes_everybody: AtomicBool,
    is_up: AtomicBool,
    hangs: watch::Sender<bool>,
}

fn tenant() -> Tenant {
    Tenant::new(PLATFORM, TENANT)
}

fn account_of(persona: Persona) -> Account {
    account_on_lines(persona.slack)
}

/// The account on Lines with this id.
pub(crate) fn account_on_lines(user: &str) -> Account {
    tenant().account(user)
}

impl<'w> Lines<'w> {
    /// These people are on Lines, too; one process serves it beside Slack, in place of the one that served Slack alone.
    pub(crate) async fn beside_slack<const N: usize>(world: &'w World, people: [Persona; N]) -> Self {
        let members = people.map(|persona| {
            world.company.idp.add_person(example_corp::identity(&persona));
            let confirmed_email = persona.email.parse().ok();
            let (who, name) = (account_of(persona), persona.name.to_owned());
            (who.clone(), Member { who, name, shows_email: true, confirmed_email, kind: MemberKind::Full })
        });
        let slack_names = world.app.broker().names().clone();
        let server = Arc::new(Server {
            members: members.into(),
            names: Names {
                id: PLATFORM.to_owned(),
                platform: "Lines".to_owned(),
                command: "elevate:".to_owned(),
                ..slack_names
            },
            posts: Mutex::default(),
            read: Mutex::default(),
            takes_direct_messages: AtomicBool::new(true),
            takes_everybody: AtomicBool::new(false),
            is_up: AtomicBool::new(true),
            hangs: watch::Sender::new(false),
        });
        let broker = serve_both(world, &server).await;
        Self { world, broker, server, written: AtomicUsize::default() }
    }

    /// Writes a line to the app, and waits until the product has done with it.
    pub(crate) async fn writes(&self, persona: Persona, line: &str) {
        let n = self.written.fetch_add(1, Ordering::SeqCst);
        let who = account_of(persona);
        let asker = Asker {
            id: CommandId::of_press(&who, &format!("line {n}")),
            at: self.world.company.clock.now(),
            who,
            acted_in: ActedIn::Words,
            reply_to: ReplyTo::Handle(ReplyHandle::new("the line")),
        };
        if let Err(error) = self.hears(&asker, line).await {
            inbox::tell(&self.broker, &asker, error).await;
        }
        self.world.settle().await;
    }

    /// What the adapter makes of a line.
    async fn hears(&self, asker: &Asker, line: &str) -> elevate::flows::Result<()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (id, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let id = || id.parse().map_err(|_| Refusal::IncompleteCommand);
        let wish = match word {
            "" => return request::open_form(&self.broker, asker, &FormHandle::new("none")).await,
            "link" => Wish::Link,
            "approve" => Wish::Do(id()?, Act::Approve),
            "reject" if reason.is_empty() => {
                return act::open_form(&self.broker, asker, &FormHandle::new("none"), id()?).await;
            }
            "reject" => Wish::Do(id()?, Act::Reject(reason.parse::<Reason>().map_err(Refusal::from)?)),
            "end" => Wish::Do(id()?, Act::End),
            target => {
                let (duration, justification) = rest.split_once(' ').ok_or(Refusal::IncompleteCommand)?;
                let ask = Ask {
                    target: target.parse().map_err(|_| Refusal::IncompleteCommand)?,
                    duration: duration.parse().map_err(|_| Refusal::IncompleteCommand)?,
                    justification: justification.parse::<Reason>().map_err(Refusal::from)?,
                };
                Wish::Request(self.broker.ports().ids.request_id(asker.at), ask)
            }
        };
        Ok(inbox::accept(&self.broker, asker.clone().wishes(wish)).await?)
    }

    /// Links themselves from there.
    pub(crate) async fn links(&self, persona: Persona) {
        self.writes(persona, "link").await;
        let page = self.follows(persona, &self.told(persona)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let told = self.told(persona).join("\n");
        assert!(told.contains("Your Lines account is linked to"), "{told}");
    }

    /// Follows the one link in what they were told, signing in as themselves.
    pub(crate) async fn follows(&self, persona: Persona, told: &[String]) -> Page {
        let (url, player) = (&self.link_in(told), self.player(persona));
        let page =
            if url.contains("/link/") { player.follows_link(url).await } else { player.opens(url).await };
        is_worded_for_lines(page)
    }

    /// Opens the one link in what they were told, and goes no further.
    pub(crate) async fn opens(&self, persona: Persona, told: &[String]) -> Page {
        let url = self.link_in(told);
        is_worded_for_lines(self.player(persona).browser.open(&url).await.unwrap())
    }

    /// Follows the one link in what they were told, and answers there, signing in as themselves.
    pub(crate) async fn answers(&self, persona: Persona, told: &[String]) -> Page {
        let player = self.player(persona);
        let page = is_worded_for_lines(player.browser.open(&self.link_in(told)).await.unwrap());
        let page = player.browser.press(&page, "Sign in and").await.unwrap();
        let label = format!("Continue as {}", persona.name);
        let page = player.browser.press(&page, &label).await.unwrap();
        self.world.settle().await;
        is_worded_for_lines(page)
    }

    fn player(&self, persona: Persona) -> Player<'w> {
        let browser = Browser::with_clock(self.world.company.clock.clone());
        Player { world: self.world, persona, browser }
    }

    fn link_in(&self, told: &[String]) -> String {
        let told = told.join("\n");
        let url = told.split_whitespace().rfind(|word| word.starts_with(&self.world.url));
        url.expect("there is a link").to_owned()
    }

    /// The replica that serves both platforms does what is due.
    pub(crate) async fn sweeps(&self) {
        while sweep::sweep(&self.broker).await.unwrap() > 0 {
            self.world.settle().await;
        }
    }

    /// That replica does what is due, once.
    pub(crate) async fn sweeps_once(&self) {
        sweep::sweep(&self.broker).await.unwrap();
        self.world.settle().await;
    }

    /// The replica that serves both platforms.
    pub(crate) fn broker(&self) -> &Arc<Broker> {
        &self.broker
    }

    /// What the app has posted in this conversation since somebody last looked.
    pub(crate) fn posts(&self, conversation: &str) -> Vec<String> {
        self.server.unread(&Address::Conversation(tenant().conversation(conversation)))
    }

    /// What the app has posted to this person alone since they last looked.
    pub(crate) fn told(&self, persona: Persona) -> Vec<String> {
        self.server.unread(&Address::Person(account_of(persona)))
    }

    /// From now on the platform takes no posts, or takes them again.
    pub(crate) fn is_up(&self, is_up: bool) {
        self.server.is_up.store(is_up, Ordering::SeqCst);
    }

    /// From now on the platform answers no post, or answers all of them.
    pub(crate) fn hangs(&self, hangs: bool) {
        self.server.hangs.send_replace(hangs);
    }

    /// From now on there is an account of every name.
    pub(crate) fn takes_everybody(&self) {
        self.server.takes_everybody.store(true, Ordering::SeqCst);
    }

    /// Puts away all that nobody has read. Returns how much it was.
    pub(crate) fn reads_everything(&self) -> usize {
        self.server.unread_anywhere().len()
    }

    /// Somebody writes this to the app, and the replica that has accepted it stops at once.
    pub(crate) async fn writes_unfinished(&self, persona: Persona, wish: Wish) {
        let who = account_of(persona);
        let id = CommandId::of_press(&who, "unfinished");
        let reply_to = ReplyTo::Handle(ReplyHandle::new("the line"));
        let asker = Asker { id, at: self.world.company.clock.now(), who, acted_in: ActedIn::Words, reply_to };
        let accepted = self.broker.ports().store.accept(&asker.wishes(wish)).await.unwrap();
        assert!(accepted, "it is accepted once");
    }

    /// From now on the app can post in conversations alone.
    pub(crate) fn has_no_direct_messages(&self) {
        self.server.takes_direct_messages.store(false, Ordering::SeqCst);
    }
}

/// Nobody on Lines reads of Slack in a browser.
fn is_worded_for_lines(page: Page) -> Page {
    let text = page.text();
    assert!(
        !text.contains("Slack") && !text.contains("/elevate"),
        "it is worded for another platform: {text}"
    );
    page
}

/// A story ends when everybody has read everything, here as in Slack.
impl Drop for Lines<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let unread = self.server.unread_anywhere();
            assert!(unread.is_empty(), "nobody has read this: {unread:?}");
        }
    }
}

/// The product for both platforms, at the address and on the table of the one for Slack alone.
async fn serve_both(world: &World, server: &Arc<Server>) -> Arc<Broker> {
    let company = &world.company;
    let config =
        Config::parse(&company.configuration(&world.url), company.environment(), Secrets::new()).unwrap();
    let Mode::Http { signing_secrets } = &config.slack.mode else { panic!("Slack comes over HTTP") };
    let alone = world.app.broker();
    let lines = ChatPorts {
        directory: Arc::clone(server) as _,
        messenger: Arc::clone(server) as _,
        dialogs: Arc::clone(server) as _,
        sign_in: None,
    };
    let mut ports = Ports { ..alone.ports().clone() };
    ports.chats.insert(Platform::new(PLATFORM), lines);
    let mut settings = Settings { ..alone.settings().clone() };
    let review_channel = tenant().conversation(LINES_REVIEW);
    let home =
        Home { tenant: tenant(), name: TenantName::default(), review_channel, names: server.names.clone() };
    home.name.learn("Example Corp on Lines".to_owned());
    settings.homes.insert(Platform::new(PLATFORM), home);
    let both = Broker::new(ports, config.policy, settings);
    let intake = Intake::new(&config.limits, config.client_address, &Metrics::new());
    let web = web::router(Arc::clone(&both), &intake);
    let slack = routes::router(Arc::clone(&both), Verifier::new(signing_secrets), intake);
    let router = web::with_headers(web.merge(slack), &both.settings().public_url);
    world.is_served_by_broker(&both, router).await;
    both
}

impl Server {
    fn unread_anywhere(&self) -> Vec<String> {
        let addresses: Vec<Address> =
            self.posts.lock().unwrap().iter().map(|(address, _)| address.clone()).collect();
        addresses.iter().flat_map(|address| self.unread(address)).collect()
    }

    fn unread(&self, address: &Address) -> Vec<String> {
        let posts = self.posts.lock().unwrap();
        let here = posts.iter().filter(|(to, _)| to == address).map(|(_, text)| text.clone());
        let mut read = self.read.lock().unwrap();
        let read = read.entry(format!("{address:?}")).or_default();
        let new: Vec<_> = here.skip(*read).collect();
        *read += new.len();
        new
    }
}

#[async_trait]
impl Directory for Server {
    async fn identify(&self) -> Result<Workspace, ChatError> {
        Ok(Workspace { tenant: tenant(), name: "Example Corp on Lines".to_owned() })
    }

    async fn member(&self, who: &Account, _: Priority) -> Result<Member, ChatError> {
        self.members.get(who).cloned().ok_or_else(|| panic!("{who} is not on Lines"))
    }

    async fn channel(&self, _: &Conversation) -> Result<Channel, ChatError> {
        unsupported("look at a conversation")
    }
}

#[async_trait]
impl Messenger for Server {
    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError> {
        self.hangs.subscribe().wait_for(|hangs| !hangs).await.expect("the platform exists");
        if !self.is_up.load(Ordering::SeqCst) {
            return Err(ChatError::Unavailable {
                platform: Platform::new(PLATFORM),
                operation: "post",
                reason: "down".to_owned(),
                retry_after: None,
            });
        }
        let conversation = match to {
            Address::Conversation(conversation) => conversation.clone(),
            Address::Person(_) if !self.takes_direct_messages.load(Ordering::SeqCst) => {
                return unsupported("write to one person");
            }
            Address::Person(who) => {
                let is_known = self.members.contains_key(who) || self.takes_everybody.load(Ordering::SeqCst);
                assert!(is_known, "{who} is not on Lines");
                tenant().conversation(who.user())
            }
            Address::Thread(_) => return unsupported("answer below a message"),
        };
        assert_eq!(*conversation.tenant(), tenant(), "it is posted where it belongs");
        let mut posts = self.posts.lock().unwrap();
        let text = said(message, &self.names).to_string();
        assert!(
            !text.contains("Slack") && !text.contains("/elevate"),
            "it is worded for another platform: {text}"
        );
        posts.push((to.clone(), text));
        Ok(conversation.message(posts.len().to_string()))
    }

    async fn find(
        &self,
        _: &Conversation,
        _: &Message,
        _: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError> {
        unsupported("look for a message")
    }

    async fn redraw(&self, _: &MessageRef, _: &Message) -> Result<(), ChatError> {
        unsupported("replace a message")
    }

    async fn whisper(&self, _: &Account, _: &Message) -> Result<(), ChatError> {
        unsupported("say something to one person in a conversation")
    }
}

#[async_trait]
impl Dialogs for Server {
    async fn open(&self, _: &FormHandle, _: &Form) -> Result<(), ChatError> {
        unsupported("open a form")
    }

    async fn reply(&self, _: &ReplyHandle, _: &Message) -> Result<(), ChatError> {
        unsupported("answer where somebody acts")
    }
}

fn unsupported<T>(operation: &'static str) -> Result<T, ChatError> {
    Err(ChatError::Unsupported { platform: Platform::new(PLATFORM), operation })
}
