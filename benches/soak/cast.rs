//! Who takes part, and what they do in Slack and in their browsers.

use anyhow::{Context, ensure};
use sandbox::{
    browser::{Browser, Page},
    example_corp::{self, ADA, BOB, Company, GENERAL_CHANNEL, Persona, REVIEW_CHANNEL},
    slack::{Actor, Place, Submission},
};

/// Somebody at work: a Slack account, an identity, and a browser that stays signed in.
pub(crate) struct Player {
    pub(crate) persona: Persona,
    pub(crate) browser: Browser,
    company: Company,
}

impl Player {
    /// Hires somebody who may ask for what Ada may ask for.
    pub(crate) fn requester(company: &Company, number: usize) -> Self {
        Self::hired(company, named("requester", number, ADA), &[GENERAL_CHANNEL])
    }

    /// Hires somebody who may answer as Bob may.
    pub(crate) fn reviewer(company: &Company, number: usize) -> Self {
        Self::hired(company, named("reviewer", number, BOB), &[GENERAL_CHANNEL, REVIEW_CHANNEL])
    }

    fn hired(company: &Company, persona: Persona, channels: &[&str]) -> Self {
        company.slack.add_person(example_corp::slack_account(&persona));
        company.idp.add_person(example_corp::identity(&persona));
        for channel in channels {
            company.slack.update_channel(channel, |channel| {
                channel.members.insert(persona.slack.to_owned());
            });
        }
        let browser = Browser::with_clock(company.clock.clone());
        Self { persona, browser, company: company.clone() }
    }

    pub(crate) async fn types(&self, line: &str) -> anyhow::Result<()> {
        let ack = self.slack().types(GENERAL_CHANNEL, line).await.map_err(anyhow::Error::msg)?;
        ensure!(ack.is_ok(), "{}: {line}: {ack:?}", self.persona.name);
        Ok(())
    }

    /// Presses a button; hands back where it leads, if it leads anywhere.
    pub(crate) async fn presses(&self, place: Place, action: &str) -> anyhow::Result<Option<String>> {
        let pressed = self.slack().presses(place, action).await.map_err(anyhow::Error::msg)?;
        ensure!(pressed.ack.is_ok(), "{}: {action}: {:?}", self.persona.name, pressed.ack);
        Ok(pressed.url)
    }

    /// Submits the form in front of them.
    pub(crate) async fn submits(&self, fields: &[(&str, &str)]) -> anyhow::Result<()> {
        let form = self.company.slack.open_views(self.persona.slack).pop().context("no form has opened")?;
        let submitted = self.slack().submits(&form.id, fields).await.map_err(anyhow::Error::msg)?;
        ensure!(submitted.outcome == Submission::Closed, "{}: {submitted:?}", self.persona.name);
        Ok(())
    }

    /// Goes where the newest button of a kind leads, presses these buttons there, and signs in where they are asked
    /// to; hands back the page at the end of the way.
    pub(crate) async fn goes(&self, action: &str, buttons: &[&str]) -> anyhow::Result<Page> {
        let place = self.slack().finds(action).with_context(|| format!("nobody sees {action}"))?;
        let url = self.presses(place, action).await?.with_context(|| format!("{action} leads nowhere"))?;
        let mut page = self.browser.open(&url).await?;
        let sign_in = format!("Continue as {}", self.persona.name);
        for button in buttons.iter().copied().chain([sign_in.as_str()]) {
            if page.button(button).is_some() {
                page = self.browser.press(&page, button).await?;
            }
        }
        ensure!(page.status == 200, "{} gets nowhere: {}", self.persona.name, page.text());
        Ok(page)
    }

    fn slack(&self) -> Actor {
        self.company.slack.person(self.persona.slack)
    }
}

/// Somebody of this number, who is otherwise like somebody of the story. Their names last as long as the process.
fn named(part: &str, number: usize, like: Persona) -> Persona {
    let login = format!("{part}-{number:02}");
    Persona {
        slack: format!("U0{}{number:02}", part.to_uppercase()).leak(),
        name: login.clone().leak(),
        email: format!("{login}@example.com").leak(),
        login: login.leak(),
        ..like
    }
}
