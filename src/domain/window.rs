//! Time: whole minutes of access, and the window in which access may be used.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A point in time, in UTC.
pub type Timestamp = DateTime<Utc>;

/// A calendar month, in UTC. Written `2027-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first_day: NaiveDate,
}

impl Month {
    /// Returns the month that contains a moment.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let day = at.date_naive();
        Self { first_day: day.with_day(1).unwrap_or(day) }
    }

    /// Returns its first moment.
    #[must_use]
    pub fn starts(self) -> Timestamp {
        self.first_day.and_time(chrono::NaiveTime::MIN).and_utc()
    }

    /// Returns the next month.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first_day: self.first_day + Months::new(1) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first_day.format("%Y-%m"))
    }
}

/// A duration in whole minutes, at least one. Written `15m`, `1h`, `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minutes(u32);

/// Text that is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number of minutes or hours, such as 45m or 1h30m")]
pub struct BadMinutes;

impl Minutes {
    /// The longest duration: a year.
    pub const MAX: Self = Self(365 * 24 * 60);

    /// Returns this many minutes, or `None` for zero or more than [`Minutes::MAX`].
    #[must_use]
    pub fn new(minutes: u32) -> Option<Self> {
        (1..=Self::MAX.0).contains(&minutes).then_some(Self(minutes))
    }

    /// Returns the same duration as a difference of moments.
    #[must_use]
    pub fn as_delta(self) -> TimeDelta {
        TimeDelta::minutes(self.0.into())
    }
}

impl FromStr for Minutes {
    type Err = BadMinutes;
    fn from_str(text: &str) -> Result<Self, BadMinutes> {
        let seconds = humantime::parse_duration(text).map_err(|_| BadMinutes)?;
        if seconds.as_secs() % 60 != 0 || seconds.subsec_nanos() != 0 {
            return Err(BadMinutes);
        }
        u32::try_from(seconds.as_secs() / 60).ok().and_then(Self::new).ok_or(BadMinutes)
    }
}

impl TryFrom<String> for Minutes {
    type Error = BadMinutes;
    fn try_from(text: String) -> Result<Self, BadMinutes> {
        text.parse()
    }
}

impl From<Minutes> for String {
    fn from(minutes: Minutes) -> Self {
        minutes.to_string()
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 60, self.0 % 60) {
            (0, minutes) => write!(f, "{minutes}m"),
            (hours, 0) => write!(f, "{hours}h"),
            (hours, minutes) => write!(f, "{hours}h{minutes}m"),
        }
    }
}

/// The time in which an approved request may be used. It includes its start, excludes its end and is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    starts: Timestamp,
    ends: Timestamp,
}

impl Window {
    /// Returns the window of this length that opens at `starts`.
    #[must_use]
    pub fn new(starts: Timestamp, length: Minutes) -> Self {
        Self { starts, ends: starts + length.as_delta() }
    }

    /// Returns when it opens.
    #[must_use]
    pub fn starts(self) -> Timestamp {
        self.starts
    }

    /// Returns how long it is.
    #[must_use]
    pub fn length(self) -> TimeDelta {
        self.ends - self.starts
    }

    /// Returns the first moment after it.
    #[must_use]
    pub fn ends(self) -> Timestamp {
        self.ends
    }

    /// Returns whether `now` has reached the end.
    ///
    /// The start is never checked: a window opens at the moment of an approval, and a replica whose clock is behind
    /// must not refuse it.
    #[must_use]
    pub fn is_over(self, now: Timestamp) -> bool {
        self.ends <= now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn minutes_are_read_as_they_are_written(minutes in 1..=Minutes::MAX.0) {
            let minutes = Minutes::new(minutes).unwrap();
            prop_assert_eq!(minutes.to_string().parse::<Minutes>(), Ok(minutes));
        }

        #[test]
        fn reading_minutes_never_panics(text in ".{0,40}") {
            let _ = text.parse::<Minutes>();
        }
    }

    #[test]
    fn only_whole_minutes_are_taken() {
        for bad in ["", "0m", "30s", "90", "1h30s", "-1h", "1.51m", "999999h"] {
            assert!(bad.parse::<Minutes>().is_err(), "{bad:?}");
        }
        assert_eq!("90m".parse::<Minutes>().unwrap().to_string(), "1h30m");
        assert_eq!("8760h".parse(), Ok(Minutes::MAX), "a year");
        assert_eq!("8760h1m".parse::<Minutes>(), Err(BadMinutes));
    }

    #[test]
    fn a_window_ends_at_its_end_to_the_millisecond() {
        let noon = Timestamp::from_timestamp(1_800_000_000, 0).unwrap();
        let window = Window::new(noon, "1h".parse().unwrap());
        let end = noon + TimeDelta::hours(1);
        assert!(!window.is_over(end - TimeDelta::milliseconds(1)));
        assert!(window.is_over(end));
    }
}
