//! The tour: Ada links herself, asks, Bob approves, Ada reaches the AWS console, and auditors have heard it all.

use std::sync::Arc;

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use elevate::{app::App, config::Transport, flows::sweep, system::SystemIds};
use sandbox::{
    aws::Decision,
    browser::{Browser, Page},
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, AUDIT_CHANNEL, BOB, CAROL, Company, GENERAL_CHANNEL, Persona, REVIEW_CHANNEL},
    slack::render,
};
use tokio::net::TcpListener;

/// Tells the story.
///
/// # Errors
/// When something in it does not happen as it should.
pub(crate) async fn run() -> anyhow::Result<()> {
    let company = Company::open(Clock::running(), Dynamo::in_memory()?).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = stage::build(&company, &url, Transport::Http, Arc::new(SystemIds)).await?;
    let router = app.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let ada = Browser::with_clock(company.clock.clone());
    let tour = Tour { company, app, url, ada };
    tour.introduction();
    tour.ada_links_herself().await?;
    tour.ada_asks().await?;
    tour.bob_approves().await?;
    tour.ada_opens_the_console().await?;
    tour.the_window_ends().await?;
    tour.auditors_have_heard_it_all();
    Ok(())
}

struct Tour {
    company: Company,
    app: App,
    url: String,
    /// Ada's browser, which stays signed in at the identity provider.
    ada: Browser,
}

impl Tour {
    fn introduction(&self) {
        println!("elevate · time-bound access to AWS roles, asked for and approved in Slack\n");
        println!("  The bot        {}", self.url);
        println!("  Slack          {}", self.company.slack.api_url());
        println!("  Identity       {}", self.company.idp.issuer());
        println!("  AWS STS        {}", self.company.aws.sts_url());
        println!(
            "\n  All but the bot are stand-ins on this machine; every request between them is real HTTP."
        );
    }

    async fn ada_links_herself(&self) -> anyhow::Result<()> {
        chapter(1, "Ada links her Slack account to her identity");
        self.types(ADA, "/elevate").await?;
        self.show_whisper(ADA)?;
        let link = self.follow_button(ADA, "person.link").await?;
        let page = self.ada.open(&link).await?;
        show("Ada's browser, a page of the bot", &page.text());
        let page = self.ada.press(&page, "This is me").await?;
        show("Ada's browser, the identity provider", &page.text());
        let page = self.ada.press(&page, "Continue as Ada").await?;
        self.settle().await;
        show_page("Ada's browser, back at the bot", &page)?;
        self.show_direct(ADA)?;
        self.link_quietly(BOB).await?;
        println!("\n  Bob, who is in aws-temp#Reviewer, has linked himself the same way.");
        Ok(())
    }

    async fn ada_asks(&self) -> anyhow::Result<()> {
        chapter(2, "Ada asks for 111122223333/S3Admin, for an hour");
        self.types(ADA, "/elevate").await?;
        let views = self.company.slack.open_views(ADA.slack);
        let form = views.last().context("no form opened")?;
        show("Ada sees a form", &render::view(&form.body, &self.company.slack.viewer(ADA.slack)));
        let fields = [
            ("target", "111122223333/S3Admin"),
            ("duration", "1h"),
            ("justification", "The bucket policy of invoices is broken, customers cannot pay"),
        ];
        self.company.slack.person(ADA.slack).submits(&form.id, &fields).await.map_err(unanswered)?;
        self.settle().await;
        println!("\n  She fills it in and sends it.");
        self.show_newest("#access-reviews", REVIEW_CHANNEL, BOB)
    }

    async fn bob_approves(&self) -> anyhow::Result<()> {
        chapter(3, "Bob approves");
        let card = self.company.slack.messages(REVIEW_CHANNEL).pop().context("there is no card")?;
        self.company.slack.person(BOB.slack).presses(&card, "review.approve").await.map_err(unanswered)?;
        self.settle().await;
        self.show_newest("#access-reviews: the card is redrawn in place", REVIEW_CHANNEL, BOB)?;
        self.show_direct(ADA)?;
        self.show_whisper(ADA)
    }

    async fn ada_opens_the_console(&self) -> anyhow::Result<()> {
        chapter(4, "Ada follows her link to the AWS console");
        let link = self.follow_button(ADA, "session.open").await?;
        let console = self.ada.open(&link).await?;
        self.settle().await;
        println!("\n  She is still signed in at the identity provider, so nothing stops her on the way:\n");
        for hop in &console.hops {
            println!("  {:<4} {}  {}", hop.method, hop.status, without_secrets(&hop.url));
        }
        show_page("Ada's browser, the AWS console", &console)
    }

    async fn the_window_ends(&self) -> anyhow::Result<()> {
        chapter(5, "The window ends, and with it every session");
        self.company.clock.advance(TimeDelta::minutes(50));
        let direct = self.company.slack.direct_messages(ADA.slack).pop().context("Ada was told nothing")?;
        let ada = self.company.slack.person(ADA.slack);
        ada.presses(&direct, "session.console").await.map_err(unanswered)?;
        self.settle().await;
        let console = self.ada.open(&self.follow_button(ADA, "session.open").await?).await?;
        ensure!(console.status == 200, "the console did not open: {}", console.text());
        self.settle().await;
        println!("\n  After 50 minutes Ada presses Open console again. AWS gives no session of less than");
        println!("  15 minutes, and only 10 are left, so her session's own policy must end it.");

        let key = self.company.aws.access_keys().pop().context("no session was issued")?;
        let may_call = || self.company.aws.is_allowed(&key, "s3:ListBucket", "*", self.company.clock.now());
        ensure!(may_call() == Decision::Allowed, "the session is of no use");
        println!("\n  Inside the window   s3:ListBucket is allowed");
        self.company.clock.advance(TimeDelta::minutes(10));
        let Decision::Denied(why) = may_call() else { anyhow::bail!("the session outlived its window") };
        println!("  At its end          s3:ListBucket is denied, {why}");
        while sweep::sweep(self.app.broker()).await? > 0 {
            self.settle().await;
        }
        self.settle().await;
        self.show_newest("#access-reviews", REVIEW_CHANNEL, BOB)
    }

    fn auditors_have_heard_it_all(&self) {
        chapter(6, "The audit channel tells the whole story");
        let viewer = self.company.slack.viewer(CAROL.slack);
        println!();
        for line in self.company.slack.messages(AUDIT_CHANNEL) {
            println!("{}", indented(&render::message(&line, &viewer), "  · ", "    "));
        }
        println!();
    }

    async fn types(&self, who: Persona, line: &str) -> anyhow::Result<()> {
        println!("\n  {} types  {line}", who.name);
        let ack =
            self.company.slack.person(who.slack).types(GENERAL_CHANNEL, line).await.map_err(unanswered)?;
        ensure!(ack.is_ok(), "{line} was answered with {}", ack.status);
        self.settle().await;
        Ok(())
    }

    /// Presses the button with a link in what only this person sees; says where it leads.
    async fn follow_button(&self, who: Persona, action: &str) -> anyhow::Result<String> {
        let whisper = self.company.slack.ephemerals(who.slack).pop().context("there is nothing to press")?;
        let pressed =
            self.company.slack.person(who.slack).presses(&whisper, action).await.map_err(unanswered)?;
        pressed.url.context("the button leads nowhere")
    }

    async fn link_quietly(&self, who: Persona) -> anyhow::Result<()> {
        let slack = self.company.slack.person(who.slack);
        slack.types(GENERAL_CHANNEL, "/elevate link").await.map_err(unanswered)?;
        self.settle().await;
        let browser = Browser::with_clock(self.company.clock.clone());
        let page = browser.open(&self.follow_button(who, "person.link").await?).await?;
        let page = browser.press(&page, "This is me").await?;
        let page = browser.press(&page, &format!("Continue as {}", who.name)).await?;
        ensure!(page.status == 200, "{} was not linked: {}", who.name, page.text());
        self.settle().await;
        Ok(())
    }

    async fn settle(&self) {
        self.app.broker().idle().await;
    }

    fn show_whisper(&self, who: Persona) -> anyhow::Result<()> {
        let whisper = self.company.slack.ephemerals(who.slack).pop().context("nothing was whispered")?;
        let text = render::ephemeral(&whisper, &self.company.slack.viewer(who.slack));
        show(&format!("only visible to {}", who.name), &text);
        Ok(())
    }

    fn show_direct(&self, who: Persona) -> anyhow::Result<()> {
        let direct = self.company.slack.direct_channel(who.slack);
        self.show_newest(&format!("{}'s messages with the bot", who.name), &direct, who)
    }

    fn show_newest(&self, title: &str, channel: &str, viewer: Persona) -> anyhow::Result<()> {
        let message = self.company.slack.messages(channel).pop().context("nothing was posted")?;
        show(title, &render::message(&message, &self.company.slack.viewer(viewer.slack)));
        Ok(())
    }
}

fn chapter(number: u8, title: &str) {
    println!("\n\n{number}  {title}");
    println!("{}", "─".repeat(78));
}

fn show_page(title: &str, page: &Page) -> anyhow::Result<()> {
    ensure!(page.status == 200, "{title}: {} {}", page.status, page.text());
    show(title, &page.text());
    Ok(())
}

/// Shows what somebody sees, with a line down its side.
fn show(title: &str, text: &str) {
    println!("\n  {title}");
    println!("{}", indented(text.trim(), "  │ ", "  │ "));
}

/// The text, wrapped at 74 characters, with a prefix on its first line and another on the rest.
fn indented(text: &str, first: &str, rest: &str) -> String {
    const WIDTH: usize = 74;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        for word in line.split(' ') {
            if !current.is_empty() && current.chars().count() + word.chars().count() >= WIDTH {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() || word.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    let prefixed = lines.iter().enumerate().map(|(n, line)| {
        let prefix = if n == 0 { first } else { rest };
        format!("{prefix}{line}").trim_end().to_owned()
    });
    prefixed.collect::<Vec<_>>().join("\n")
}

/// An address without its query and without a one-time secret in its path.
fn without_secrets(url: &url::Url) -> String {
    let path = url.path();
    let shown = match path.rsplit_once('/') {
        Some((stem, secret)) if secret.len() == 43 => format!("{stem}/…"),
        _ => path.to_owned(),
    };
    let query = if url.query().is_some() { "?…" } else { "" };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{shown}{query}", url.scheme(), url.host_str().unwrap_or_default())
}

fn unanswered(failure: sandbox::slack::Failure) -> anyhow::Error {
    anyhow::anyhow!("{failure}")
}
