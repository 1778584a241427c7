//! What somebody types after `/elevate`.
#![no_main]

use elevate::slack::command::CommandLine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    let sent = escaped(typed);
    let Ok(line) = sent.parse::<CommandLine>() else { return };
    assert_eq!(escaped(&line.to_string()).parse(), Ok(line), "what is read can be written and read again");
});

/// As Slack sends it (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn escaped(typed: &str) -> String {
    typed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
