//! Identifiers, addresses, lengths of time, reasons and one-time secrets: what is read can be written and read again.
#![no_main]

use std::{
    fmt::{Debug, Display},
    str::FromStr,
};

use elevate::{
    domain::{
        email::Email,
        ids::{AccountId, CommandId, RequestId, RoleName, Target},
        reason::Reason,
        secret::Secret,
        window::Minutes,
    },
    slack::ids::{ChannelId, TeamId, UserId},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read_as::<AccountId>(text);
    read_as::<RoleName>(text);
    read_as::<TeamId>(text);
    read_as::<UserId>(text);
    read_as::<ChannelId>(text);
    read_as::<RequestId>(text);
    read_as::<CommandId>(text);
    read_as::<Target>(text);
    read_as::<Email>(text);
    read_as::<Minutes>(text);
    read_as::<Reason>(text);
    if let Some(secret) = Secret::presented(text) {
        assert_eq!(secret.expose(), text);
        assert!(secret.matches(text) && !format!("{secret:?}").contains(text));
    }
});

fn read_as<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) {
    match text.parse::<T>() {
        Ok(read) => match read.to_string().parse::<T>() {
            Ok(again) => assert_eq!(again, read),
            Err(refused) => panic!("{read} is written and cannot be read: {refused}"),
        },
        Err(refused) => drop(refused.to_string()),
    }
}
