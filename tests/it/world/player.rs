//! People at work: what they type, press, read and open.

use sandbox::{
    browser::{Browser, Page},
    example_corp::{GENERAL_CHANNEL, Persona, REVIEW_CHANNEL},
    slack::{Ack, Message, Submission, render},
};

use super::{World, masked};

/// Somebody at work: a Slack account and a browser.
pub(crate) struct Player<'w> {
    pub(crate) world: &'w World,
    pub(crate) persona: Persona,
    pub(crate) browser: Browser,
}

impl Player<'_> {
    /// Types a command in #general, and waits until the product has done with it.
    pub(crate) async fn types(&self, line: &str) -> Ack {
        let ack = self.sends(line).await;
        assert!(ack.is_ok(), "{line}: {ack:?}");
        self.world.settle().await;
        ack
    }

    /// Types a command in #general, and does not wait for what comes of it.
    pub(crate) async fn sends(&self, line: &str) -> Ack {
        self.slack().types(GENERAL_CHANNEL, line).await.unwrap()
    }

    /// Presses the newest button of this kind that they see; hands back where it leads, if it leads anywhere.
    pub(crate) async fn presses(&self, action: &str) -> Option<String> {
        let url = self.presses_unawaited(action).await;
        self.world.settle().await;
        url
    }

    /// Presses, and does not wait for what comes of it.
    pub(crate) async fn presses_unawaited(&self, action: &str) -> Option<String> {
        let (channel, ts) = self.newest_with(action);
        let pressed = self.slack().presses((channel.as_str(), ts.as_str()), action).await.unwrap();
        assert!(pressed.ack.is_ok(), "{action}: {:?}", pressed.ack);
        pressed.url
    }

    /// Submits the form in front of them.
    pub(crate) async fn submits(&self, fields: &[(&str, &str)]) -> Submission {
        let views = self.world.company.slack.open_views(self.persona.slack);
        let form = views.last().expect("no form is open");
        let submitted = self.slack().submits(&form.id, fields).await.unwrap();
        self.world.settle().await;
        submitted.outcome
    }

    /// The form in front of them, as they see it.
    pub(crate) fn form(&self) -> String {
        let views = self.world.company.slack.open_views(self.persona.slack);
        let form = views.last().expect("no form is open");
        render::view(&form.body, &self.world.company.slack.viewer(self.persona.slack))
    }

    /// What only they have just seen: all of it, and there is something.
    pub(crate) fn hears(&self) -> String {
        let whispers = self.unread_whispers();
        assert!(!whispers.is_empty(), "{} hears nothing", self.persona.name);
        whispers.join("\n")
    }

    /// What is new in their messages with the app: all of it, and there is something.
    pub(crate) fn is_told(&self) -> String {
        let messages = self.unread_messages();
        assert!(!messages.is_empty(), "{} is told nothing", self.persona.name);
        messages.join("\n")
    }

    /// Links themselves, and reads what they and the auditors hear of it.
    pub(crate) async fn links(&self) {
        let page = self.follows_link(&self.asks_to_link().await).await;
        assert_eq!(page.status, 200, "{}", page.text());
        self.world.settle().await;
        assert!(self.is_told().contains(self.persona.email));
        self.world.auditors_hear([&format!("*Linked* · @{} ", self.persona.name)]);
    }

    /// Asks for a link that links them; hands back where it leads.
    pub(crate) async fn asks_to_link(&self) -> String {
        self.types("/elevate link").await;
        self.hears();
        self.presses("person.link").await.expect("the button leads somewhere")
    }

    /// The link to the console that came with the approval.
    pub(crate) async fn console_link(&self) -> String {
        self.presses("session.open").await.expect("the link arrives at approval")
    }

    /// Asks for a fresh link to the console; hands back where it leads.
    pub(crate) async fn asks_for_the_console(&self) -> String {
        self.presses("session.console").await;
        self.hears();
        self.presses("session.open").await.expect("the button leads somewhere")
    }

    /// Goes the whole way from the link to the page at its end, signing in as themselves.
    pub(crate) async fn follows_link(&self, url: &str) -> Page {
        self.follows_link_as(url, self.persona).await
    }

    /// Goes the whole way from the link to the page at its end, signing in as somebody.
    pub(crate) async fn follows_link_as(&self, url: &str, identity: Persona) -> Page {
        let page = self.browser.open(url).await.unwrap();
        let page = self.browser.press(&page, "This is me").await.unwrap();
        let page = self.signs_in(page, identity).await;
        self.world.settle().await;
        page
    }

    /// Opens an address, signing in on the way if the identity provider asks.
    pub(crate) async fn opens(&self, url: &str) -> Page {
        self.opens_as(url, self.persona).await
    }

    /// Opens an address, signing in as somebody if the identity provider asks.
    pub(crate) async fn opens_as(&self, url: &str, identity: Persona) -> Page {
        let page = self.browser.open(url).await.unwrap();
        let page = self.signs_in(page, identity).await;
        self.world.settle().await;
        page
    }

    /// Opens an address, and signs in each time that the identity provider asks: it is asked once more where its first
    /// answer is not enough.
    pub(crate) async fn opens_twice_asked(&self, url: &str) -> Page {
        let page = self.browser.open(url).await.unwrap();
        let page = self.signs_in(page, self.persona).await;
        let page = self.signs_in(page, self.persona).await;
        self.world.settle().await;
        page
    }

    async fn signs_in(&self, page: Page, identity: Persona) -> Page {
        let label = format!("Continue as {}", identity.name);
        if page.button(&label).is_none() {
            return page;
        }
        self.browser.press(&page, &label).await.unwrap()
    }

    /// Waits until the product has done with what they did.
    pub(crate) async fn settles(&self) {
        self.world.settle().await;
    }

    /// What is new to them, in their messages with the app or seen by them alone: there is something.
    pub(crate) fn is_told_or_hears(&self) -> String {
        let told = [self.unread_messages(), self.unread_whispers()].concat();
        assert!(!told.is_empty(), "{} learns nothing", self.persona.name);
        told.join("\n")
    }

    fn slack(&self) -> sandbox::slack::Actor {
        self.world.company.slack.person(self.persona.slack)
    }

    pub(super) fn unread_messages(&self) -> Vec<String> {
        let direct = self.world.company.slack.direct_channel(self.persona.slack);
        self.world.unread(&direct, self.persona)
    }

    pub(crate) fn unread_whispers(&self) -> Vec<String> {
        let slack = &self.world.company.slack;
        let viewer = slack.viewer(self.persona.slack);
        let whispers = slack.ephemerals(self.persona.slack);
        let new = whispers.iter().filter(|whisper| self.world.reads(whisper.key(), whisper.edits));
        new.map(|whisper| masked(&render::ephemeral(whisper, &viewer))).collect()
    }

    /// Where the newest button of this kind stands, among all that this person sees.
    pub(crate) fn newest_with(&self, action: &str) -> (String, String) {
        let slack = &self.world.company.slack;
        let mut seen: Vec<(String, String, String)> = Vec::new();
        let direct = slack.direct_channel(self.persona.slack);
        for channel in [REVIEW_CHANNEL, &direct] {
            seen.extend(slack.messages(channel).iter().map(placed));
        }
        let whispers = slack.ephemerals(self.persona.slack);
        seen.extend(
            whispers.iter().map(|whisper| {
                (whisper.ts.clone(), whisper.channel.clone(), format!("{:?}", whisper.blocks))
            }),
        );
        seen.sort();
        let newest = seen.into_iter().rev().find(|(_, _, blocks)| blocks.contains(&format!("\"{action}\"")));
        let (ts, channel, _) =
            newest.unwrap_or_else(|| panic!("{} sees no button {action}", self.persona.name));
        (channel, ts)
    }
}

fn placed(message: &Message) -> (String, String, String) {
    (message.ts.clone(), message.channel.clone(), format!("{:?}", message.blocks))
}
