//! Times that a question names, as a range: `in March 2023`, `on 8 May 2023`, `last week`, `three days ago`.

use std::ops::Range;

use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::dates::{self, midnight};
use crate::time::Timestamp;

/// Returns the first time a question names, in milliseconds since 1970 (UTC); the end is not part of it.
pub(super) fn range(question: &str, now: Timestamp) -> Option<Range<i64>> {
    let today = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(TimeZone::UTC).date();
    let (first, last) = dates::span(question, today)?;
    // A day to spare on either side: notes carry the writer's own clock, not UTC.
    let from = midnight(first.checked_sub(1.day()).ok()?)?;
    let to = midnight(last.checked_add(1.day()).ok()?)?;
    Some(from..to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(question: &str) -> Option<(String, String)> {
        // 2026-11-23
        let now = Timestamp::from_millis(1_795_392_000_000);
        let range = range(question, now)?;
        let day = |at: i64| Timestamp::from_millis(at).to_string()[..10].to_owned();
        Some((day(range.start), day(range.end)))
    }

    #[test]
    fn times_in_questions_become_ranges_with_a_day_to_spare() {
        for (question, from, to) in [
            ("what happened on 8 May 2023?", "2023-05-07", "2023-05-10"),
            ("what happened on May 8th, 2023?", "2023-05-07", "2023-05-10"),
            ("who came in March 2023", "2023-02-28", "2023-04-02"),
            ("the trips of 2021", "2020-12-31", "2022-01-02"),
            ("2023-99 is no month", "2022-12-31", "2024-01-02"),
            ("log of 2026-01-31", "2026-01-30", "2026-02-02"),
            ("notes from 2026-01", "2025-12-31", "2026-02-02"),
            ("what did I do yesterday", "2026-11-21", "2026-11-24"),
            ("three weeks ago in town", "2026-10-29", "2026-11-07"),
            ("what changed last month", "2026-10-22", "2026-11-25"),
            ("what is on next Tuesday", "2026-11-23", "2026-11-26"),
            ("who came on 3 May", "2026-05-02", "2026-05-05"),
        ] {
            assert_eq!(days(question), Some((from.into(), to.into())), "{question}");
        }
        for question in ["who is Anna", "room 2023b", "a long time ago", "999999999999 days ago", ""] {
            assert_eq!(days(question), None, "{question}");
        }
    }
}
