//! Times as sets of documents write them.

use hydra_graph::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Formats with a time of day.
const MOMENTS: [&str; 4] = ["%I:%M %p on %d %B, %Y", "%Y/%m/%d (%a) %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M"];
/// Formats of a day.
const DAYS: [&str; 5] = ["%B-%d-%Y", "%d %B, %Y", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d"];

/// Reads a time; without a zone it is UTC. `None` for what no known format fits.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let iso = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    let civil = iso
        .ok()
        .or_else(|| MOMENTS.iter().find_map(|format| DateTime::strptime(format, text).ok()))
        .or_else(|| DAYS.iter().find_map(|format| Date::strptime(format, text).ok()).map(DateTime::from))?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("1:56 pm on 8 May, 2023", "2023-05-08T13:56:00Z"),
            ("12:09 am on 13 September, 2023", "2023-09-13T00:09:00Z"),
            ("March-15-2024", "2024-03-15T00:00:00Z"),
            ("March-5-2024", "2024-03-05T00:00:00Z"),
            ("2023/05/20 (Sat) 02:21", "2023-05-20T02:21:00Z"),
            ("2023-05-20", "2023-05-20T00:00:00Z"),
            ("2023-05-20T02:21:00", "2023-05-20T02:21:00Z"),
            ("2023-05-20T02:21:00+02:00", "2023-05-20T00:21:00Z"),
            (" 8 May 2023 ", "2023-05-08T00:00:00Z"),
        ] {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "May", "32 May, 2023", "2023/05/20 (Mon) 02:21"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
