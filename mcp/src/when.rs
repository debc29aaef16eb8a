//! Points in time as people and agents write them.

use hydra_graph::{Error, ErrorKind, Moment, Result, Timestamp};
use jiff::Span;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Reads the moment to look from: what was true then, and what was known then.
///
/// # Errors
/// `Invalid` when one of them is no moment.
pub fn of(as_of: Option<String>, known_at: Option<String>, now: Timestamp) -> Result<Moment> {
    let read = |text: Option<String>| text.map(|text| moment(&text, now)).transpose();
    Ok(Moment { true_at: read(as_of)?, known_at: read(known_at)? })
}

/// Reads a moment: `2026-01-31T12:00:00Z`, `2026-01-31`, or how long ago (`7d`, `2 weeks`). Without a zone it is UTC.
///
/// # Errors
/// `Invalid` when the text is none of these.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    if let Ok(zoned) = civil.and_then(|civil| civil.to_zoned(TimeZone::UTC)) {
        return Ok(Timestamp::from_millis(zoned.timestamp().as_millisecond()));
    }
    let ago = text.parse::<Span>().map(|span| -span.abs());
    ago.ok().and_then(|span| shift(now, span)).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("`{}` is not a point in time", start_of(text)))
            .hint("write 2026-01-31, 2026-01-31T12:00:00Z, or how long ago, as in 7d or 2 weeks")
    })
}

/// Reads how long something lasts (`30d`, `12h`, `2 weeks`, or seconds as a plain number) and returns when it ends.
///
/// # Errors
/// `Invalid` when it is no length of time.
pub fn end_of(text: &str, now: Timestamp) -> Result<Timestamp> {
    let text = text.trim();
    let span = match text.parse::<i64>() {
        Ok(seconds) => Span::new().try_seconds(seconds).ok(),
        Err(_) => text.parse::<Span>().ok(),
    };
    // Less than a millisecond is no time here.
    span.and_then(|span| shift(now, span)).filter(|end| *end > now).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("`{}` is not a length of time", start_of(text)))
            .hint("write 30d, 12h, 2 weeks, or a number of seconds")
    })
}

fn shift(now: Timestamp, span: Span) -> Option<Timestamp> {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(TimeZone::UTC);
    Some(Timestamp::from_millis(now.checked_add(span).ok()?.timestamp().as_millisecond()))
}

fn start_of(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn moments_are_read() {
        for (text, expected) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
            ("2026-01-31T12:00:00", "2026-01-31T12:00:00Z"),
            (" 2026-01-31 ", "2026-01-31T00:00:00Z"),
            ("7d", "2026-02-22T12:00:00Z"),
            ("2 weeks ago", "2026-02-15T12:00:00Z"),
            ("1 month", "2026-02-01T12:00:00Z"),
        ] {
            assert_eq!(moment(text, now()).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "yesterday-ish", "2026-13-01", "99999999999999y"] {
            assert_eq!(moment(text, now()).unwrap_err().kind(), ErrorKind::Invalid, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_are_read() {
        for (text, expected) in [
            ("30d", "2026-03-31T12:00:00Z"),
            ("12h", "2026-03-02T00:00:00Z"),
            ("3600", "2026-03-01T13:00:00Z"),
            ("P1W", "2026-03-08T12:00:00Z"),
        ] {
            assert_eq!(end_of(text, now()).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "0", "-1d", "soon", "0.9ms"] {
            assert_eq!(end_of(text, now()).unwrap_err().kind(), ErrorKind::Invalid, "{text}");
        }
    }
}
