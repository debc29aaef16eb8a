//! Times that a question names, as a range: `in March 2023`, `on 8 May 2023`, `last week`, `three days ago`.

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use unicode_segmentation::UnicodeSegmentation;

use crate::time::Timestamp;

/// Words of a question that are looked at.
const MAX_WORDS: usize = 64;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const NUMBERS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
/// Years that a bare number of four digits may mean.
const YEARS: Range<i16> = 1900..2100;

/// Returns the first time a question names, in milliseconds since 1970 (UTC); the end is not part of it.
pub(super) fn range(question: &str, now: Timestamp) -> Option<Range<i64>> {
    let text = question.to_lowercase();
    let words: Vec<&str> = text.unicode_words().take(MAX_WORDS).collect();
    let today = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?.to_zoned(TimeZone::UTC).date();
    let (first, last) = iso(&text).or_else(|| spelled(&words)).or_else(|| relative(&words, today))?;
    // A day to spare on either side: notes carry the writer's own clock, not UTC.
    let from = millis(first.checked_sub(1.day()).ok()?)?;
    let to = millis(last.checked_add(1.day()).ok()?)?;
    Some(from..to)
}

/// `2023-05-08` or `2023-05`.
fn iso(text: &str) -> Option<(Date, Date)> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '-')).find_map(|word| {
        let mut parts = word.split('-');
        let year = year(parts.next()?)?;
        let month: i8 = parts.next()?.parse().ok()?;
        let day: Option<i8> = parts.next().and_then(|day| day.parse().ok());
        let first = Date::new(year, month, day.unwrap_or(1)).ok()?;
        Some((first, first.checked_add(if day.is_some() { 1.day() } else { 1.month() }).ok()?))
    })
}

/// `8 May 2023`, `May 8, 2023`, `May 2023`, `in 2023`.
fn spelled(words: &[&str]) -> Option<(Date, Date)> {
    let at = words.iter().position(|word| year(word).is_some())?;
    let year = year(words[at])?;
    let near = &words[at.saturating_sub(2)..at];
    let Some(month) = near.iter().find_map(|word| month(word)) else {
        let first = Date::new(year, 1, 1).ok()?;
        return Some((first, first.checked_add(1.year()).ok()?));
    };
    let before = at.checked_sub(3).and_then(|at| words.get(at));
    let day = near.iter().chain(before).find_map(|word| day(word));
    let first = Date::new(year, month, day.unwrap_or(1)).ok()?;
    Some((first, first.checked_add(if day.is_some() { 1.day() } else { 1.month() }).ok()?))
}

/// `yesterday`, `last month`, `two weeks ago`.
fn relative(words: &[&str], today: Date) -> Option<(Date, Date)> {
    let back = |span: Span, length: Span| {
        let first = today.checked_sub(span).ok()?;
        Some((first, first.checked_add(length).ok()?))
    };
    for (at, word) in words.iter().enumerate() {
        let before = |n: usize| at.checked_sub(n).and_then(|at| words.get(at)).copied();
        let found = match (*word, before(1)) {
            ("today", _) => back(0.days(), 1.day()),
            ("yesterday", _) => back(1.day(), 1.day()),
            ("week", Some("this" | "last")) => back(7.days(), 8.days()),
            ("month", Some("this" | "last")) => back(1.month(), 32.days()),
            ("year", Some("this" | "last")) => back(1.year(), 366.days()),
            ("ago", Some(unit)) => before(2).and_then(number).and_then(|count| match unit.trim_end_matches('s') {
                "day" => back(count.days(), 1.day()),
                "week" => back((count * 7 + 3).days(), 7.days()),
                "month" => back(count.months(), 31.days()),
                "year" => back(count.years(), 366.days()),
                _ => None,
            }),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| word.len() == 4 && YEARS.contains(year))
}

fn month(word: &str) -> Option<i8> {
    let is_spelled = |name: &str| name == word || (word.len() == 3 && name.starts_with(word));
    MONTHS.iter().position(|name| is_spelled(name)).map(|at| at as i8 + 1)
}

fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    digits.parse().ok().filter(|day| (1..=31).contains(day))
}

fn number(word: &str) -> Option<i64> {
    let spelled = || NUMBERS.iter().position(|name| *name == word).map(|at| at as i64 + 1);
    // More than a lifetime ago is a slip.
    word.parse().ok().or_else(spelled).or((word == "a").then_some(1)).filter(|count| (1..=1_000).contains(count))
}

fn millis(date: Date) -> Option<i64> {
    Some(DateTime::from_parts(date, Time::midnight()).to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
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
        ] {
            assert_eq!(days(question), Some((from.into(), to.into())), "{question}");
        }
        for question in ["who is Anna", "room 2023b", "a long time ago", "999999999999 days ago", ""] {
            assert_eq!(days(question), None, "{question}");
        }
    }
}
