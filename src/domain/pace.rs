//! How auditors hear of one person's refusals: the first few one by one, the rest of that minute in one line.
//!
//! A chat platform may take about one message a second in a conversation, so whoever is refused again and again must
//! not keep the audit channel from telling what others do. Every refusal is an event all the same.

use chrono::TimeDelta;

use super::window::Timestamp;

/// How many are told one by one.
const TOLD_AT_ONCE: u32 = 5;
/// How long those after them wait for more, from the first one on.
const ROUND: TimeDelta = TimeDelta::minutes(1);

/// The refusals of one person, lately.
#[derive(Clone, Debug)]
pub struct Pace {
    round_ends: Timestamp,
    refusals: u32,
}

impl Pace {
    /// Nobody has been refused until `now`.
    #[must_use]
    pub fn starting(now: Timestamp) -> Self {
        Self { round_ends: now + ROUND, refusals: 0 }
    }

    /// Counts a refusal, and says when auditors hear of it.
    pub fn heard_at(&mut self, now: Timestamp) -> Timestamp {
        if self.is_over(now) {
            *self = Self::starting(now);
        }
        self.refusals += 1;
        if self.refusals <= TOLD_AT_ONCE { now } else { self.round_ends }
    }

    /// Whether there is nothing left to remember. A round that has longer to go than rounds last was begun by a clock
    /// that has gone back since.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        let left = self.round_ends - now;
        left <= TimeDelta::zero() || left > ROUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_five_are_heard_at_once_and_the_others_when_their_minute_is_over() {
        let start = Timestamp::UNIX_EPOCH;
        let after = |seconds| start + TimeDelta::seconds(seconds);
        let mut pace = Pace::starting(start);
        for second in 0..5 {
            assert_eq!(pace.heard_at(after(second)), after(second));
        }
        assert_eq!([5, 59].map(|second| pace.heard_at(after(second))), [after(60), after(60)]);
        assert!(!pace.is_over(after(59)) && pace.is_over(after(60)));
        assert_eq!(pace.heard_at(after(60)), after(60), "another round");
        for _ in 0..4 {
            pace.heard_at(after(60));
        }
        assert_eq!(pace.heard_at(after(61)), after(120));
        assert_eq!(pace.heard_at(after(-1)), after(-1), "the clock has gone back");
    }
}
