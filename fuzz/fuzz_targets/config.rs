//! The configuration: a file, variables over it, and secrets that no message shows.
#![no_main]

use elevate::config::Config;
use elevate_fuzz::parts;
use libfuzzer_sys::fuzz_target;

/// What no message and no debug output may show.
const CANARY: &str = "xoxb-CANARY-in-the-mine";

const SECRETS: [&str; 5] = [
    "ELEVATE_SLACK__BOT_TOKEN",
    "ELEVATE_SLACK__SIGNING_SECRET",
    "ELEVATE_SLACK__APP_TOKEN",
    "ELEVATE_OIDC__CLIENT_SECRET",
    "ELEVATE_SEALING__KEYS",
];
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Stands for it where secrets are kept.
const STAND_IN: &str = "SECRET";

fuzz_target!(|input: &[u8]| {
    let Some([file, variables, after, kept]) = parts(input) else { return };
    if file.contains("CANARY") || variables.contains("CANARY") {
        return;
    }
    // What follows the canary can make it a secret that is refused.
    let secrets = SECRETS.map(|name| {
        let is_keys = name == "ELEVATE_SEALING__KEYS" && after.is_empty();
        (name.to_owned(), if is_keys { KEY.to_owned() } else { format!("{CANARY}{after}") })
    });
    let chosen = variables.lines().filter_map(|line| line.split_once('='));
    let chosen = chosen.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment: Vec<_> = secrets.into_iter().chain(chosen).collect();
    let Ok(places) = Config::references(file, environment.clone()) else { return };
    let kept = kept.replace(STAND_IN, CANARY);
    let found = places.into_iter().map(|place| (place, Ok(kept.as_str().into()))).collect();
    let shown = match Config::parse(file, environment, found) {
        Ok(config) => format!("{config:?}"),
        Err(faults) => format!("{faults}\n{faults:?}"),
    };
    assert!(!shown.contains("CANARY"), "{shown}");
});
