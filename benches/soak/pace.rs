//! How fast posts come to a channel, beside the one a second that Slack takes.

use std::collections::BTreeMap;

use sandbox::slack::Message;

/// How many posts a channel may be ahead of one a second: the ten that the product takes Slack's short bursts to
/// allow, and one because Slack tells the time of a post in whole seconds.
pub(crate) const MOST_AHEAD: i64 = 11;

/// The posts of one channel, or of several that are looked at together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    pub(crate) posts: usize,
    /// How many posts more than one a second there were at most, over any stretch of time.
    pub(crate) most_ahead: i64,
    /// By channel, how far it is ahead as of its newest post.
    channels: BTreeMap<String, Ahead>,
}

#[derive(Clone, Copy, Debug)]
struct Ahead {
    posts: i64,
    second: i64,
}

impl Pace {
    /// Counts posts, which come in the order of their channel.
    pub(crate) fn count(&mut self, posts: &[Message]) {
        self.posts += posts.len();
        for post in posts {
            let second = second(post);
            let ahead = self.channels.entry(post.channel.clone()).or_insert(Ahead { posts: 0, second });
            ahead.posts = (ahead.posts - (second - ahead.second)).max(0) + 1;
            ahead.second = second;
            self.most_ahead = self.most_ahead.max(ahead.posts);
        }
    }
}

fn second(post: &Message) -> i64 {
    let second = post.ts.split_once('.').map_or(post.ts.as_str(), |(second, _)| second);
    second.parse().expect("a message is named after the time of its post")
}
