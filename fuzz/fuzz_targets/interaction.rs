//! What Slack posts, by either address: forms, and the payloads of interactions.
#![no_main]

use elevate::{
    domain::reason::Reason,
    slack::{
        command::CommandLine,
        ids::TeamId,
        payload::{Interaction, Sender, SlashCommand, ViewSubmission},
    },
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const HOME: &str = "T0EXAMPLE";

fuzz_target!(|body: &[u8]| {
    if let Ok(command) = serde_urlencoded::from_bytes::<SlashCommand>(body) {
        drop(command.text.parse::<CommandLine>());
    }
    if let Ok(fields) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(body) {
        fields.iter().filter(|(name, _)| name == "payload").for_each(|(_, payload)| read(payload));
    }
    if let Ok(payload) = str::from_utf8(body) {
        read(payload);
    }
});

fn read(payload: &str) {
    match serde_json::from_str(payload) {
        Ok(Interaction::BlockActions(sender, press)) => {
            is_at_home(&sender, payload);
            drop(press.response_url());
        }
        Ok(Interaction::ViewSubmission(sender, submission)) => {
            is_at_home(&sender, payload);
            can_be_written_again(&submission);
        }
        Ok(Interaction::Unknown) | Err(_) => {}
    }
}

/// Whoever counts as one of us is of no other workspace, whatever part of the payload names it.
fn is_at_home(sender: &Sender, payload: &str) {
    let home = HOME.parse::<TeamId>().expect("it is a workspace").tenant();
    if sender.who(&home).is_none_or(|who| *who.tenant() != home) {
        return;
    }
    // What is let pass unread may hold what a `Value` cannot.
    let Ok(payload) = serde_json::from_str::<Value>(payload) else { return };
    let organisation = &payload["enterprise"]["id"];
    let named =
        [&payload["team"]["id"], &payload["user"]["team_id"], &payload["view"]["app_installed_team_id"]];
    for team in named.into_iter().filter(|team| !team.is_null()) {
        assert!(team == HOME || team == organisation, "{team} is somewhere else");
    }
}

fn can_be_written_again(submission: &ViewSubmission) {
    assert!(!submission.trigger().is_empty() || submission.ask().is_err() || submission.rejection().is_err());
    if let Ok(ask) = submission.ask() {
        assert_eq!(ask.target.to_string().parse(), Ok(ask.target));
        assert_eq!(ask.duration.to_string().parse(), Ok(ask.duration));
        assert_eq!(ask.justification.as_str().parse(), Ok(ask.justification));
    }
    if let Ok((request, _, reason)) = submission.rejection() {
        assert_eq!(request.as_str().parse(), Ok(request));
        assert_eq!(reason.as_str().parse::<Reason>(), Ok(reason));
    }
}
