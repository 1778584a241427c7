//! `<!date^…>`: a time in the reader's own time zone.

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta};

use super::Viewer;

/// The moment in words, as
/// <https://docs.slack.dev/messaging/formatting-message-text#date-formatting> has it;
/// nothing where the format is none of Slack's, since Slack then shows the fallback.
pub(super) fn local(unix: i64, format: &str, viewer: &Viewer) -> Option<String> {
    let format = format.split('^').next()?;
    let moment = DateTime::from_timestamp(unix, 0)?.with_timezone(&viewer.zone);
    let mut shown = String::new();
    let mut rest = format;
    while let Some((before, from)) = rest.split_once('{') {
        let (token, after) = from.split_once('}')?;
        shown.push_str(before);
        shown.push_str(&self::token(token, moment, viewer)?);
        rest = after;
    }
    shown.push_str(rest);
    Some(shown)
}

fn token(token: &str, moment: DateTime<FixedOffset>, viewer: &Viewer) -> Option<String> {
    if let Some(plain) = token.strip_suffix("_pretty") {
        return relative_day(moment, viewer).or_else(|| self::token(plain, moment, viewer));
    }
    let day = moment.day();
    let suffix = ordinal_suffix(day);
    Some(match token {
        "date_num" => moment.format("%Y-%m-%d").to_string(),
        "date_slash" => moment.format("%m/%d/%Y").to_string(),
        "date_short" => moment.format("%b %-d, %Y").to_string(),
        "date" => moment.format(&format!("%B %-d{suffix}, %Y")).to_string(),
        "date_long" => moment.format(&format!("%A, %B %-d{suffix}, %Y")).to_string(),
        "time" => moment.format("%-I:%M %p").to_string(),
        "time_secs" => moment.format("%-I:%M:%S %p").to_string(),
        "ago" => ago(viewer.now.fixed_offset() - moment),
        _ => return None,
    })
}

fn relative_day(moment: DateTime<FixedOffset>, viewer: &Viewer) -> Option<String> {
    let today = viewer.now.with_timezone(&viewer.zone).date_naive();
    let word = match moment.date_naive().signed_duration_since(today).num_days() {
        -1 => "yesterday",
        0 => "today",
        1 => "tomorrow",
        _ => return None,
    };
    Some(word.to_owned())
}

fn ordinal_suffix(day: u32) -> &'static str {
    match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

fn ago(past: TimeDelta) -> String {
    let minutes = past.num_minutes().abs();
    let (number, unit) = match minutes {
        0 => return "now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1_440 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    if past < TimeDelta::zero() {
        format!("in {number} {unit}{plural}")
    } else {
        format!("{number} {unit}{plural} ago")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// 2025-11-24 16:00 UTC
    const NOW: i64 = 1_764_000_000;

    fn viewer(hours_east: i32) -> Viewer {
        Viewer {
            zone: FixedOffset::east_opt(hours_east * 3_600).unwrap(),
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
            names: BTreeMap::new(),
            shows_action_ids: false,
        }
    }

    #[test]
    fn a_moment_is_shown_in_the_readers_zone() {
        let format = "{date_short_pretty} at {time}";
        assert_eq!(local(NOW, format, &viewer(0)).as_deref(), Some("today at 4:00 PM"));
        assert_eq!(local(NOW, format, &viewer(-5)).as_deref(), Some("today at 11:00 AM"));
        assert_eq!(local(NOW + 9 * 3_600, format, &viewer(0)).as_deref(), Some("tomorrow at 1:00 AM"));
        assert_eq!(local(NOW + 9 * 3_600, format, &viewer(-5)).as_deref(), Some("today at 8:00 PM"));
        assert_eq!(local(NOW - 86_400, format, &viewer(0)).as_deref(), Some("yesterday at 4:00 PM"));
        assert_eq!(local(NOW - 172_800, format, &viewer(0)).as_deref(), Some("Nov 22, 2025 at 4:00 PM"));
    }

    #[test]
    fn each_of_slacks_formats_is_known_and_no_other() {
        let shown = |format| local(NOW, format, &viewer(0));
        assert_eq!(shown("{date_num}").as_deref(), Some("2025-11-24"));
        assert_eq!(shown("{date_slash}").as_deref(), Some("11/24/2025"));
        assert_eq!(shown("{date}").as_deref(), Some("November 24th, 2025"));
        assert_eq!(shown("{date_long}").as_deref(), Some("Monday, November 24th, 2025"));
        assert_eq!(shown("{time_secs}").as_deref(), Some("4:00:00 PM"));
        assert_eq!(shown("{date_tiny}"), None);
        assert_eq!(shown("{time"), None);
    }

    #[test]
    fn how_long_ago_is_told_in_the_largest_unit() {
        let shown = |seconds| local(NOW - seconds, "{ago}", &viewer(0)).unwrap();
        assert_eq!(shown(5), "now");
        assert_eq!(shown(60), "1 minute ago");
        assert_eq!(shown(7_200), "2 hours ago");
        assert_eq!(shown(-172_800), "in 2 days");
    }
}
