//! Health: what operators read of a replica's state, and what is reported of a channel that cannot be used.

use super::{
    Names,
    rich::{Line, say},
    said::Said,
};
use crate::domain::{
    account::Conversation,
    message::{ChannelTrouble, Purpose},
};

/// In the other channel: this one cannot be used.
pub(super) fn reported(
    channel: &Conversation,
    purpose: Purpose,
    trouble: ChannelTrouble,
    names: &Names,
) -> Said {
    let which = match purpose {
        Purpose::Review => "review",
        Purpose::Audit => "audit",
    };
    Said::paragraph(say!(
        "*The {which} channel cannot be used* · In {platform}, {id} {why}. {effect} {cure}.",
        which,
        platform = &names.on(channel.platform().as_str()).platform,
        id = Line::code(channel.id()),
        why = channel_trouble(trouble),
        effect = effect(purpose, trouble),
        cure = cure(trouble)
    ))
}

fn effect(purpose: Purpose, trouble: ChannelTrouble) -> &'static str {
    match (trouble, purpose) {
        (ChannelTrouble::Shared, Purpose::Review | Purpose::Audit) => {
            "Its people can read along and press buttons."
        }
        (ChannelTrouble::Archived | ChannelTrouble::Left | ChannelTrouble::Missing, Purpose::Review) => {
            "Nobody can answer requests there."
        }
        (ChannelTrouble::Archived | ChannelTrouble::Left | ChannelTrouble::Missing, Purpose::Audit) => {
            "Events wait, and nobody can read them there."
        }
    }
}

fn cure(trouble: ChannelTrouble) -> &'static str {
    match trouble {
        ChannelTrouble::Archived => "Unarchive it",
        ChannelTrouble::Left => "Invite the app",
        ChannelTrouble::Shared => "Stop sharing it",
        ChannelTrouble::Missing => "Invite the app, or configure another channel",
    }
}

/// What is wrong with a channel, as the rest of a sentence.
#[must_use]
pub fn channel_trouble(trouble: ChannelTrouble) -> &'static str {
    match trouble {
        ChannelTrouble::Archived => "is archived",
        ChannelTrouble::Left => "does not contain the app",
        ChannelTrouble::Shared => "is shared with another organization",
        ChannelTrouble::Missing => "is unknown to the app",
    }
}
