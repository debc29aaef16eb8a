//! The time at the start of a line, in the formats that programs write.
//!
//! A time without a zone is local time of whoever wrote the file, which is assumed to be this machine; one without a year
//! is of the last year that makes it no later than the file itself.

use hydra_graph::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

use super::written::{Scan, Written};

/// A file's own time may be behind that of its last lines by the buffering of the program, or its clock by a zone.
const SLACK_MS: i64 = 24 * 3_600_000;
/// A time, and where it ends in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub at: Timestamp,
    pub end: usize,
    /// Whether it is written as syslog does (`Dec 10 06:55:46`): then a host and a program follow.
    pub is_syslog: bool,
}

/// What times are to be understood by.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    modified_at: Timestamp,
    /// The last minute that was looked up, since the next line is mostly of the same.
    last: Option<(Minute, i64)>,
}

/// Year, month, day, hour, minute and offset from UTC in minutes.
type Minute = (i16, i8, i8, i8, i8, Option<i32>);

impl Calendar {
    /// Reads times of a file that was changed at `modified_at`, on a machine of that zone.
    pub fn new(zone: TimeZone, modified_at: Timestamp) -> Self {
        Self { zone, modified_at, last: None }
    }

    /// Returns when the file was changed.
    pub fn modified_at(&self) -> Timestamp {
        self.modified_at
    }

    /// Reads the time that a text begins with.
    pub fn stamp(&mut self, text: &str) -> Option<Stamp> {
        let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
        scan.skip(|byte| byte == b'[' || byte == b'"');
        let first = scan.peek()?;
        let is_syslog = scan.is_at_month();
        let start = scan.at;
        let written = match () {
            () if is_syslog => scan.syslog(),
            () if first.is_ascii_uppercase() => scan.ctime(),
            () if first.is_ascii_digit() => {
                let written = scan.iso().or_else(|| {
                    scan.at = start;
                    scan.compact()
                });
                let written = written.or_else(|| {
                    scan.at = start;
                    scan.day_first()
                });
                match written {
                    Some(written) => Some(written),
                    None => {
                        scan.at = start;
                        let at = scan.epoch()?;
                        return Some(Stamp { at, end: scan.at, is_syslog: false });
                    }
                }
            }
            () => None,
        }?;
        let at = self.resolve(written)?;
        Some(Stamp { at, end: scan.at, is_syslog: is_syslog && written.year.is_none() })
    }

    /// Reads the time of an access log, `[10/Oct/2000:13:55:36 -0700]`, which stands behind who asked.
    pub fn access(&mut self, text: &str) -> Option<Stamp> {
        let open = text.as_bytes().iter().take(200).position(|byte| *byte == b'[')?;
        let mut scan = Scan { bytes: text.as_bytes(), at: open + 1 };
        let written = scan.day_first()?;
        let at = self.resolve(written)?;
        Some(Stamp { at, end: scan.at, is_syslog: false })
    }

    /// Reads the time of a klog line behind its letter: `1210 06:55:46.123456`.
    pub fn klog(&mut self, text: &str) -> Option<Stamp> {
        let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
        let (month, day) = (scan.digits(2)? as i8, scan.digits(2)? as i8);
        scan.one(b' ')?;
        let written = scan.clock(Written { month, day, ..Written::default() })?;
        Some(Stamp { at: self.resolve(written)?, end: scan.at, is_syslog: false })
    }

    fn resolve(&mut self, written: Written) -> Option<Timestamp> {
        let with_year = |year: i16| -> Option<Minute> {
            Some((year, written.month, written.day, written.hour, written.minute, written.offset))
        };
        let base = match written.year {
            Some(year) => self.minute(with_year(year)?)?,
            None => {
                let latest = self.modified_at.as_millis() + SLACK_MS;
                let year = jiff::Timestamp::from_millisecond(latest).ok()?.to_zoned(self.zone.clone()).year();
                // The 29th of February may be four years back, or eight across 1900 or 2100.
                let mut years = (year - 8..=year).rev();
                years.find_map(|year| self.minute(with_year(year)?).filter(|at| *at <= latest))?
            }
        };
        Some(Timestamp::from_millis(base + i64::from(written.second) * 1_000 + i64::from(written.millis)))
    }

    fn minute(&mut self, minute: Minute) -> Option<i64> {
        if let Some((known, at)) = self.last
            && known == minute
        {
            return Some(at);
        }
        let (year, month, day, hour, minute_of_hour, offset) = minute;
        let civil = Date::new(year, month, day).ok()?.to_datetime(Time::new(hour, minute_of_hour, 0, 0).ok()?);
        let zone = match offset {
            Some(minutes) => Offset::from_seconds(minutes * 60).ok()?.to_time_zone(),
            None => self.zone.clone(),
        };
        let at = civil.to_zoned(zone).ok()?.timestamp().as_millisecond();
        self.last = Some((minute, at));
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(modified_at: &str) -> Calendar {
        Calendar::new(TimeZone::UTC, modified_at.parse().unwrap())
    }

    fn check(text: &str, expected: &str) {
        let stamp = calendar("2026-12-11T00:00:00Z").stamp(text);
        assert_eq!(stamp.map(|stamp| stamp.at.to_string()).unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn each_common_format_is_read() {
        for (text, expected) in [
            ("2026-12-10T06:55:46Z up", "2026-12-10T06:55:46Z"),
            ("2026-12-10T06:55:46.123456+02:00 up", "2026-12-10T04:55:46.123Z"),
            ("2026-12-10 06:55:46,123 INFO up", "2026-12-10T06:55:46.123Z"),
            ("[2026-12-10 06:55:46 +0100] up", "2026-12-10T05:55:46Z"),
            ("2026/12/10 06:55:46 [error] 7#0: up", "2026-12-10T06:55:46Z"),
            ("2026-12-10 06:55:46 UTC [17] LOG: up", "2026-12-10T06:55:46Z"),
            ("Dec 10 06:55:46 host sshd[1]: up", "2026-12-10T06:55:46Z"),
            ("Dec  9 06:55:46 host sshd[1]: up", "2026-12-09T06:55:46Z"),
            ("Dec 10 2024 06:55:46 host: up", "2024-12-10T06:55:46Z"),
            ("081109 203615 148 INFO up", "2008-11-09T20:36:15Z"),
            ("[Wed Oct 11 14:32:52.123456 2000] [core:error] up", "2000-10-11T14:32:52.123Z"),
            ("Wed, 11 Oct 2000 14:32:52 +0000 up", "2000-10-11T14:32:52Z"),
            ("10-Oct-2000 13:55:36.007 INFO [main] up", "2000-10-10T13:55:36.007Z"),
            ("1733813746 up", "2024-12-10T06:55:46Z"),
            ("1733813746.25 up", "2024-12-10T06:55:46.25Z"),
            ("1733813746123 up", "2024-12-10T06:55:46.123Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "7",
            "up",
            "2026-12-10",
            "2026-13-40T06:55:46Z",
            "2026-12-10T76:00:00Z",
            "Dec 10 06:99:46 up",
            "Dec up",
            "May I?",
            "12345 up",
            "99999999999 up",
            "é",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn access_logs_and_klog_have_their_time_elsewhere() {
        let mut calendar = calendar("2026-12-11T00:00:00Z");
        let access = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326"#;
        assert_eq!(calendar.access(access).unwrap().at.to_string(), "2000-10-10T20:55:36Z");
        assert_eq!(
            calendar.klog("1210 06:55:46.123456   12 a.go:1] up").unwrap().at.to_string(),
            "2026-12-10T06:55:46.123Z"
        );
        assert!(calendar.access("- - - [10/Oct/2000:76:55:36 -0700]").is_none());
        assert!(calendar.access("nobody [here]").is_none() && calendar.klog("x").is_none());
    }

    #[test]
    fn a_time_without_a_year_is_no_later_than_its_file() {
        let of = |modified_at: &str, text: &str| calendar(modified_at).stamp(text).unwrap().at.to_string();
        assert_eq!(of("2026-01-02T00:00:00Z", "Dec 31 23:59:59 h p: x"), "2025-12-31T23:59:59Z");
        assert_eq!(of("2026-12-31T12:00:00Z", "Dec 31 23:59:59 h p: x"), "2026-12-31T23:59:59Z");
        assert_eq!(of("2026-03-01T00:00:00Z", "Feb 29 00:00:00 h p: x"), "2024-02-29T00:00:00Z");
    }

    #[test]
    fn local_time_is_of_the_zone_that_is_given() {
        let zone = TimeZone::fixed(Offset::from_seconds(3_600).unwrap());
        let mut calendar = Calendar::new(zone, "2026-12-11T00:00:00Z".parse().unwrap());
        assert_eq!(calendar.stamp("2026-12-10 06:55:46 up").unwrap().at.to_string(), "2026-12-10T05:55:46Z");
        assert_eq!(calendar.stamp("2026-12-10T06:55:46Z up").unwrap().at.to_string(), "2026-12-10T06:55:46Z");
    }
}
