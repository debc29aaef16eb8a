//! Dates and times in words: `8 May 2023`, `next Tuesday`, `2026-05-03 14:30`. A question names one span; a text names days,
//! which are counted from the day that it was written on.

use std::ops::Range;
use std::path::Path;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use unicode_segmentation::UnicodeSegmentation;

use crate::document::Property;

/// Words of a question that are looked at.
const MAX_WORDS: usize = 64;
/// Words of a text that are looked at.
const MAX_TEXT_WORDS: usize = 1_000;
/// Times that are kept of one text, from its start.
pub(crate) const MAX_TIMES: usize = 16;
/// Properties that say of which day a note is.
const DAY_NAMES: [&str; 5] = ["date", "day", "created", "created_at", "created at"];
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

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// A day, or a moment of it, that a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub day: Date,
    /// By the writer's clock.
    pub time: Option<Time>,
    /// Whether another day of writing would make it another one.
    pub is_relative: bool,
}

impl Said {
    /// Returns it in milliseconds since 1970, as if the writer's clock were UTC.
    pub fn millis(self) -> Option<i64> {
        let at = DateTime::from_parts(self.day, self.time.unwrap_or(Time::midnight()));
        Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
    }
}

/// Returns the day of a moment (UTC).
pub(crate) fn day_of(at: crate::time::Timestamp) -> Option<Date> {
    Some(jiff::Timestamp::from_millisecond(at.as_millis()).ok()?.to_zoned(TimeZone::UTC).date())
}

/// Returns the day that a note says it is of: a property's, else its file name's.
pub(crate) fn day_of_note(properties: &[Property], path: &Path) -> Option<Date> {
    let said = DAY_NAMES.iter().find_map(|name| {
        let of = properties.iter().find(|property| property.name.eq_ignore_ascii_case(name))?;
        at_start(&of.value)
    });
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().replace('_', "-")).unwrap_or_default();
    said.or_else(|| at_start(&stem))
}

/// The day that a text begins with, `2026-02-08`.
fn at_start(text: &str) -> Option<Date> {
    const DAY: usize = "2026-02-08".len();
    let day = text.get(..DAY)?;
    let is_over = !text[DAY..].starts_with(|letter: char| letter.is_ascii_digit());
    let date = iso(day).filter(|(first, last)| is_over && first.checked_add(1.day()).ok() == Some(*last));
    date.map(|(first, _)| first)
}

/// Returns the first span that a question names, its last day not included.
pub(crate) fn span(question: &str, today: Date) -> Option<(Date, Date)> {
    let text = question.to_lowercase();
    let words: Vec<&str> = text.unicode_words().take(MAX_WORDS).collect();
    let named = || {
        let named = days(question, Some(today)).first()?.day;
        // Who asks looks back, but for what is near.
        let is_far = named > today.checked_add(1.month()).ok()?;
        let day = if is_far { named.checked_sub(1.year()).ok()? } else { named };
        Some((day, day.checked_add(1.day()).ok()?))
    };
    iso(&text).or_else(|| spelled(&words)).or_else(|| relative(&words, today)).or_else(named)
}

/// Returns the days and moments that a text names, in order, each once; those that need the day it was written on only if
/// that is given. What is vague (`last month`, `in May`, `on Tuesday`) is no day.
pub(crate) fn days(text: &str, written: Option<Date>) -> Vec<Said> {
    let words: Vec<(usize, &str)> = text.unicode_word_indices().take(MAX_TEXT_WORDS).collect();
    let reading = Words { text, words: &words, written };
    let mut found: Vec<Said> = Vec::new();
    let mut at = 0;
    while at < words.len() && found.len() < MAX_TIMES {
        let (mut said, mut next) = match reading.day(at) {
            Some((said, next)) => (said, next),
            None => match reading.bare_time(at) {
                Some((said, next)) => (said, next),
                None => {
                    at += 1;
                    continue;
                }
            },
        };
        if said.time.is_none()
            && let Some((time, end)) = reading.time_after(next)
        {
            (said.time, next) = (Some(time), end);
        }
        if !found.contains(&said) {
            found.push(said);
        }
        at = next;
    }
    found
}

struct Words<'t> {
    text: &'t str,
    words: &'t [(usize, &'t str)],
    written: Option<Date>,
}

impl<'t> Words<'t> {
    fn word(&self, at: usize) -> Option<&'t str> {
        self.words.get(at).map(|(_, word)| *word)
    }

    fn lower(&self, at: usize) -> String {
        self.word(at).unwrap_or_default().to_lowercase()
    }

    /// What stands between a word and the next.
    fn gap(&self, at: usize) -> &'t str {
        let Some((start, word)) = self.words.get(at) else { return "" };
        let end = self.words.get(at + 1).map_or(self.text.len(), |(next, _)| *next);
        &self.text[start + word.len()..end]
    }

    fn is_near(&self, at: usize) -> bool {
        matches!(self.gap(at), " " | ", " | "\n" | ". ")
    }

    /// The day that is written from a word on, and the word behind it.
    fn day(&self, at: usize) -> Option<(Said, usize)> {
        self.digits(at).or_else(|| self.spelled(at)).or_else(|| self.relative(at))
    }

    fn said(day: Date, is_relative: bool) -> Said {
        Said { day, time: None, is_relative }
    }

    /// `2026-05-03`, `2026/05/03`, `2026-05-03T14:30`, `3.5.2026`.
    fn digits(&self, at: usize) -> Option<(Said, usize)> {
        let word = self.word(at)?;
        let before = self.words[at].0.checked_sub(1).map(|at| self.text.as_bytes()[at]);
        if before.is_some_and(|byte| matches!(byte, b'-' | b'/' | b'.')) {
            return None;
        }
        let dotted: Vec<&str> = word.split('.').collect();
        if let [day, month, of] = dotted.as_slice() {
            let date = Date::new(year(of)?, month.parse().ok()?, day.parse().ok()?).ok()?;
            return Some((Self::said(date, false), at + 1));
        }
        let (of, joint) = (year(word)?, self.gap(at));
        if !matches!(joint, "-" | "/") || self.gap(at + 1) != joint {
            return None;
        }
        let (month, last) = (self.word(at + 1)?, self.word(at + 2)?);
        let (day, hour) = last.split_once('T').map_or((last, None), |(day, hour)| (day, Some(hour)));
        let is_two = |digits: &str| digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_two(month) || !is_two(day) {
            return None;
        }
        let mut said = Self::said(Date::new(of, month.parse().ok()?, day.parse().ok()?).ok()?, false);
        if let Some(hour) = hour.filter(|_| self.gap(at + 2) == ":") {
            said.time = clock(hour, self.word(at + 3)?);
            return Some((said, at + 4));
        }
        (self.gap(at + 2) != joint).then_some((said, at + 3))
    }

    /// `3 May`, `3rd of May 2026`, `May 3, 2026`.
    fn spelled(&self, at: usize) -> Option<(Said, usize)> {
        // A verb or a walk has no capital, nor has a number that only stands in front of one.
        let is_month = |at: usize| self.word(at).is_some_and(|word| word.starts_with(char::is_uppercase));
        let month_at = |at: usize| month(&self.lower(at)).filter(|_| is_month(at));
        let (month, day, mut next) = if let Some(day) = numbered(self.word(at)?) {
            let of = usize::from(self.lower(at + 1) == "of");
            let is_joined = self.gap(at) == " " && (of == 0 || self.gap(at + 1) == " ");
            (month_at(at + 1 + of).filter(|_| is_joined)?, day, at + 2 + of)
        } else {
            let month = month_at(at)?;
            let day = numbered(self.word(at + 1)?).filter(|_| matches!(self.gap(at), " " | ". "))?;
            // `May 14:30` is no day.
            (month, day, at + 2)
        };
        let of = self.word(next).and_then(year).filter(|_| self.is_near(next - 1) || self.gap(next - 1) == " ");
        if let Some(year) = of {
            next += 1;
            return Some((Self::said(Date::new(year, month, day).ok()?, false), next));
        }
        if self.gap(next - 1) == ":" {
            return None;
        }
        let written = self.written?;
        // The nearest: a note of December speaks of the January to come.
        let years = [written.year() - 1, written.year(), written.year() + 1];
        let near = years.into_iter().filter_map(|year| Date::new(year, month, day).ok());
        let near = near.min_by_key(|date| (*date - written).get_days().abs())?;
        Some((Self::said(near, true), next))
    }

    /// `yesterday`, `next Tuesday`, `three days ago`, `in two days`.
    fn relative(&self, at: usize) -> Option<(Said, usize)> {
        let written = self.written?;
        let found = |days: i64, next: usize| {
            Some((Self::said(written.checked_add(days.days()).ok()?, true), next)) as Option<(Said, usize)>
        };
        let (word, behind) = (self.lower(at), self.lower(at + 1));
        match word.as_str() {
            "today" | "tonight" => found(0, at + 1),
            "yesterday" => found(if self.stands_behind(at, "before") { -2 } else { -1 }, at + 1),
            "tomorrow" => found(if self.stands_behind(at, "after") { 2 } else { 1 }, at + 1),
            "next" | "last" => {
                let (_, weekday) = WEEKDAYS.iter().find(|(name, _)| *name == behind)?;
                let nth = if word == "next" { 1 } else { -1 };
                Some((Self::said(written.nth_weekday(nth, *weekday).ok()?, true), at + 2))
            }
            "in" if matches!(self.lower(at + 2).as_str(), "day" | "days") => found(number(&behind)?, at + 3),
            _ if matches!(behind.as_str(), "day" | "days") && self.lower(at + 2) == "ago" => {
                found(-number(&word)?, at + 3)
            }
            _ => None,
        }
    }

    fn stands_behind(&self, at: usize, word: &str) -> bool {
        at >= 2 && self.lower(at - 1) == word && self.lower(at - 2) == "day"
    }

    /// `at 14:30`, on the day of writing.
    fn bare_time(&self, at: usize) -> Option<(Said, usize)> {
        let day = self.written.filter(|_| self.lower(at) == "at")?;
        let (time, next) = self.clock(at + 1)?;
        Some((Said { day, time: Some(time), is_relative: true }, next))
    }

    /// A time right behind a day: `3 May at 14:30`, `2026-05-03 14:30`.
    fn time_after(&self, at: usize) -> Option<(Time, usize)> {
        let is_near = at > 0 && self.is_near(at - 1) && self.gap(at - 1) != ". ";
        let at = if self.lower(at) == "at" { at + 1 } else { at };
        if is_near { self.clock(at) } else { None }
    }

    fn clock(&self, at: usize) -> Option<(Time, usize)> {
        let (hour, minute) = (self.word(at)?, self.word(at + 1)?);
        let time = clock(hour, minute).filter(|_| self.gap(at) == ":")?;
        let next = if self.gap(at + 1) == ":" { at + 3 } else { at + 2 };
        Some((time, next))
    }
}

/// A day of a month by itself: `3`, `3rd`.
fn numbered(word: &str) -> Option<i8> {
    let ending = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let is_plain = word.len() - ending.len() <= 2 && matches!(ending, "" | "st" | "nd" | "rd" | "th");
    if is_plain { day(word) } else { None }
}

fn clock(hour: &str, minute: &str) -> Option<Time> {
    let is_short = (1..=2).contains(&hour.len()) && minute.len() == 2;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok().filter(|_| is_short)
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

/// Returns when a day begins (UTC), in milliseconds since 1970.
pub(crate) fn midnight(date: Date) -> Option<i64> {
    Some(DateTime::from_parts(date, Time::midnight()).to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a note of Sunday, 8 February 2026, says it.
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = days(text, Date::new(2026, 2, 8).ok())
            .into_iter()
            .map(|said| said.time.map_or(said.day.to_string(), |time| format!("{} {time}", said.day)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn days_in_a_text_are_counted_from_the_day_it_was_written_on() {
        check("We met yesterday, and the day after tomorrow again.", &["2026-02-07", "2026-02-10"]);
        check("Next Tuesday; not last Friday.", &["2026-02-10", "2026-02-06"]);
        check("Next Sunday is not today", &["2026-02-15", "2026-02-08"]);
        check("three days ago, in 2 days, a day ago", &["2026-02-05", "2026-02-10", "2026-02-07"]);
        check("on 3 May, the 3rd of June and December 24th", &["2026-05-03", "2026-06-03", "2025-12-24"]);
        check("3 May 2024, May 3, 2023 and Sept 1 2022", &["2024-05-03", "2023-05-03"]);
        check("2026-05-03, 2026/05/04 and 5.5.2026", &["2026-05-03", "2026-05-04", "2026-05-05"]);
        check("at 14:30", &["2026-02-08 14:30:00"]);
        check(
            "on 3 May at 9:05, 2026-05-04 14:30, 2026-05-05T16:00:00Z",
            &["2026-05-03 09:05:00", "2026-05-04 14:30:00", "2026-05-05 16:00:00"],
        );
    }

    #[test]
    fn what_is_vague_or_looks_like_a_day_is_none() {
        for text in [
            "last month in May, on Tuesday, in 2023",
            "you may 3 times march 4 miles",
            "1.2.3 and 192.168.2.2026 and 12-2026-05-03 and 2026-05-03-7",
            "2026-13-01, 2026-02-30, 31 February 2026",
            "ratio 14:30, score 3:2, May 14:30",
            "",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn without_a_day_of_writing_only_whole_dates_are_known() {
        let text = "yesterday, on 3 May and next Friday at 14:30, 2026-05-04";
        assert_eq!(days(text, None).len(), 1);
        let relative = days(text, Date::new(2026, 2, 8).ok()).into_iter().filter(|said| said.is_relative).count();
        assert_eq!(relative, 3);
    }

    #[test]
    fn as_many_times_are_kept_as_may_be() {
        let text: String = (1..=MAX_TIMES + 1).map(|day| format!("2026-05-{day:02}, ")).collect();
        assert_eq!(days(&text, None).len(), MAX_TIMES);
        let far = "word ".repeat(MAX_TEXT_WORDS);
        assert_eq!(
            (days(&format!("{far}2026-05-03"), None).len(), days(&format!("{}2026-05-03", &far[15..]), None).len()),
            (0, 1)
        );
    }

    #[test]
    fn a_note_is_of_the_day_that_it_says_else_its_name() {
        let property = |name: &str, value: &str| Property {
            name: name.into(),
            value: value.into(),
            datatype: crate::document::Datatype::Text,
        };
        let day =
            |properties: &[Property], path: &str| day_of_note(properties, Path::new(path)).map(|day| day.to_string());
        assert_eq!(day(&[], "/v/2026-02-08.md").as_deref(), Some("2026-02-08"));
        assert_eq!(day(&[], "/v/2026_02_08 Standup.md").as_deref(), Some("2026-02-08"));
        assert_eq!(day(&[property("Date", "2026-05-01T10:00")], "/v/2026-02-08.md").as_deref(), Some("2026-05-01"));
        assert_eq!(day(&[property("date", "soon")], "/v/Plan.md"), None);
        assert_eq!(day(&[], "/v/2026-02-081.md"), None);
        assert_eq!(day(&[], "/v/2026-02.md"), None);
    }
}
