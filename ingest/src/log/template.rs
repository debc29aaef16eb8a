//! A template with how often it was seen, as the graph keeps it.

use hydra_graph::{LogTemplate, Pattern, Seen, Timestamp};

/// Longest example that is kept of a template: its text is embedded, and the embedder reads about 1,100 bytes.
pub const MAX_EXAMPLE_BYTES: usize = 512;
/// Longest template that is kept as text, for the same reason.
pub const MAX_TEMPLATE_BYTES: usize = 1_024;
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// Hours that a template must have been known for before one of them can be unusual: a day, since days have a rhythm.
pub const MIN_HOURS: i64 = 24;
/// Records below which no hour is unusual.
pub const MIN_UNUSUAL: f64 = 50.0;
/// How many times the earlier hourly rate is unusual. Logs come in bursts: with three times that rate and twenty records,
/// 2,000 lines of HDFS had 26 unusual hours.
pub const UNUSUAL_FACTOR: f64 = 10.0;
/// Standard deviations of a Poisson count (the root of its mean) above the mean: at five, one hour in three million.
pub const UNUSUAL_DEVIATIONS: f64 = 5.0;

/// A template of a log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    /// Name within its log.
    pub block: String,
    pub example: String,
    pub line: u32,
    pub pattern: Pattern,
}

/// An hour with far more records of a template than the hours before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unusual {
    pub hour: Timestamp,
    pub times: usize,
    /// How many an hour had before.
    pub usual: f64,
}

impl Template {
    /// Starts one with its first record.
    pub fn new(number: usize, template: String, example: &str, line: u32, at: Timestamp) -> Self {
        let pattern = Pattern { template, seen: Seen::once(at), hour: Some(hour(at)), times_in_hour: 1 };
        let example = cut(example.trim(), MAX_EXAMPLE_BYTES).to_owned();
        Self { block: format!("template-{number}"), example, line, pattern }
    }

    /// Reads one back.
    pub fn of(known: LogTemplate) -> Self {
        let first = shown(&known.pattern.template);
        let example = known.text.strip_prefix(first).and_then(|rest| rest.strip_prefix('\n'));
        let example = example.unwrap_or(&known.text).to_owned();
        Self { block: known.block, example, line: known.line, pattern: known.pattern }
    }

    /// The text that it is found by: what is common, and the first record as an example.
    pub fn text(&self) -> String {
        let template = shown(&self.pattern.template);
        if self.example.is_empty() || self.example == template {
            return template.to_owned();
        }
        format!("{template}\n{}", self.example)
    }

    /// Counts one more record; tells when the hour becomes unusual by it, once an hour.
    pub fn count(&mut self, at: Timestamp, line: u32) -> Option<Unusual> {
        self.pattern.seen.again(at);
        self.line = line;
        let now = hour(at);
        match self.pattern.hour {
            Some(known) if now < known => return None,
            Some(known) if now == known => self.pattern.times_in_hour += 1,
            _ => (self.pattern.hour, self.pattern.times_in_hour) = (Some(now), 1),
        }
        let (seen, times) = (&self.pattern.seen, self.pattern.times_in_hour);
        let hours = (now.as_millis() - hour(seen.first).as_millis()) / HOUR_MS;
        if hours < MIN_HOURS {
            return None;
        }
        let usual = (seen.times - times) as f64 / hours as f64;
        let bound = MIN_UNUSUAL.max(UNUSUAL_FACTOR * usual).max(usual + UNUSUAL_DEVIATIONS * usual.sqrt());
        let crosses = times as f64 > bound && (times - 1) as f64 <= bound;
        crosses.then_some(Unusual { hour: now, times, usual })
    }
}

/// Returns the beginning of the hour.
pub(crate) fn hour(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().div_euclid(HOUR_MS) * HOUR_MS)
}

fn shown(template: &str) -> &str {
    cut(template, MAX_TEMPLATE_BYTES)
}

/// Returns the beginning of a text, whole letters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64, minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 / HOUR_MS * HOUR_MS + hours * HOUR_MS + minutes * 60_000)
    }

    fn usual(an_hour: usize, hours: i64) -> Template {
        let mut template = Template::new(0, "x".into(), "x", 1, at(0, 0));
        for hour in 0..hours {
            (0..an_hour - usize::from(hour == 0)).for_each(|_| assert_eq!(template.count(at(hour, 1), 1), None));
        }
        template
    }

    #[test]
    fn an_hour_is_unusual_once_and_only_beside_enough_hours() {
        let mut template = usual(10, 30);
        let noted: Vec<Unusual> = (0..400).filter_map(|_| template.count(at(30, 0), 1)).collect();
        assert_eq!(noted, [Unusual { hour: at(30, 0), times: 101, usual: 10.0 }]);
        let mut young = usual(10, MIN_HOURS - 1);
        assert_eq!((0..1_000).filter_map(|_| young.count(at(MIN_HOURS - 1, 0), 1)).count(), 0);
        let mut rare = usual(1, 30);
        assert_eq!((0..MIN_UNUSUAL as usize).filter_map(|_| rare.count(at(30, 0), 1)).count(), 0);
        assert!(rare.count(at(30, 0), 1).is_some());
        let mut often = usual(1_000, 30);
        assert_eq!((0..10_000).filter_map(|_| often.count(at(30, 0), 1)).count(), 0);
        assert!(often.count(at(30, 0), 1).is_some());
    }

    #[test]
    fn a_clock_that_is_set_back_starts_no_hour() {
        let mut template = usual(10, 5);
        (0..1_000).for_each(|_| assert_eq!(template.count(at(2, 0), 1), None));
        assert_eq!((template.pattern.hour, template.pattern.seen.last), (Some(at(4, 0)), at(4, 1)));
        template.count(at(-9, 0), 1);
        assert_eq!(template.pattern.seen.first, at(-9, 0));
    }

    #[test]
    fn it_reads_back_as_it_was() {
        for (template, example) in [("a <*> c", "a b c"), ("a b", "a b"), ("a <*>", ""), (&*"é".repeat(900), "x")] {
            let new = Template::new(7, template.to_owned(), example, 3, at(0, 0));
            let (block, text, line, pattern) = (new.block.clone(), new.text(), new.line, new.pattern.clone());
            assert!(text.len() <= MAX_TEMPLATE_BYTES + 1 + MAX_EXAMPLE_BYTES);
            let again = Template::of(LogTemplate { block, text, line, pattern });
            assert_eq!(again.text(), new.text());
        }
    }
}
