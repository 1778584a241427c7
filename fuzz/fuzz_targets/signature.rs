//! Requests in Slack's name: whoever is let in has Slack's signature over this body and a recent time.
#![no_main]

use aws_lc_rs::hmac;
use chrono::DateTime;
use elevate::slack::verify::Verifier;
use elevate_fuzz::{NOW, parts};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const TOLERANCE: u64 = 300;
/// Stands for the right signature, which no fuzzer guesses.
const RIGHT: &str = "SIGNED";

fuzz_target!(|input: &[u8]| {
    let Some([timestamps, signatures, body]) = parts(input) else { return };
    let Some(headers) = headers(timestamps, signatures, body) else { return };
    let now = DateTime::from_timestamp(NOW, 0).expect("it is a time");
    let verified = Verifier::new(&[SECRET.into()]).verify(&headers, body.as_bytes(), now);
    let is_genuine = signatures.trim_matches([' ', '\t']) == format!("v0={RIGHT}");
    let is_recent = timestamps.len() <= 12
        && timestamps.bytes().all(|b| b.is_ascii_digit())
        && timestamps.parse().is_ok_and(|seconds| NOW.abs_diff(seconds) <= TOLERANCE);
    if signatures.contains(RIGHT) || verified.is_ok() {
        assert_eq!(verified.is_ok(), is_genuine && is_recent, "{verified:?}");
    }
});

/// The headers, one for each line.
fn headers(timestamps: &str, signatures: &str, body: &str) -> Option<HeaderMap> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let right = hex::encode(hmac::sign(&key, format!("v0:{timestamps}:{body}").as_bytes()));
    let mut headers = HeaderMap::new();
    for (name, lines) in [("x-slack-request-timestamp", timestamps), ("x-slack-signature", signatures)] {
        for line in lines.split('\n') {
            headers.append(name, HeaderValue::from_bytes(line.replace(RIGHT, &right).as_bytes()).ok()?);
        }
    }
    Some(headers)
}
