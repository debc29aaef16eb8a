//! Times as programs write them, byte by byte.

use hydra_graph::Timestamp;

/// Seconds between 2001 and 2100: other numbers of ten digits are no times.
const EPOCH_SECONDS: std::ops::Range<i64> = 978_307_200..4_102_444_800;

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// A time as it is written, with what it says of itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    pub year: Option<i16>,
    pub month: i8,
    pub day: i8,
    pub hour: i8,
    pub minute: i8,
    pub second: i8,
    pub millis: i16,
    /// Minutes from UTC.
    pub offset: Option<i32>,
}

/// A place in a line.
pub(crate) struct Scan<'l> {
    pub bytes: &'l [u8],
    pub at: usize,
}

impl Scan<'_> {
    /// Tells whether a month's name is next.
    pub fn is_at_month(&self) -> bool {
        MONTHS.iter().any(|month| self.rest().starts_with(*month))
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Returns the next byte.
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes over bytes of a kind.
    pub fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&is_skipped) {
            self.at += 1;
        }
    }

    /// Goes over one byte, if it is next.
    pub fn one(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn either(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| bytes.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// Reads exactly so many digits.
    pub fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self.bytes.get(self.at..self.at + count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.at += count;
        Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    /// Reads one or two digits.
    fn day(&mut self) -> Option<i8> {
        let length = if self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
        self.digits(length).map(|day| day as i8)
    }

    fn name<const N: usize>(&mut self, names: [&[u8; 3]; N]) -> Option<i8> {
        let at = names.iter().position(|name| self.rest().starts_with(*name))?;
        self.at += 3;
        Some(at as i8 + 1)
    }

    /// Nothing of a longer number may be left behind it.
    fn ends(&self) -> Option<()> {
        (!self.peek().is_some_and(|byte| byte.is_ascii_digit())).then_some(())
    }

    /// `06:55:46`, with a fraction after a point or comma.
    pub fn clock(&mut self, mut written: Written) -> Option<Written> {
        written.hour = self.digits(2)? as i8;
        self.one(b':')?;
        written.minute = self.digits(2)? as i8;
        self.one(b':')?;
        // A leap second counts as the last one of its minute.
        written.second = (self.digits(2)? as i8).min(59);
        self.ends()?;
        if matches!(self.peek(), Some(b'.' | b',')) && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            let mut unit = 100;
            while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
                written.millis += i16::from(digit - b'0') * unit;
                unit /= 10;
                self.at += 1;
            }
        }
        Some(written)
    }

    /// `Z`, `+02:00`, `+0200`, `UTC`, perhaps behind a space; nothing is no error.
    fn offset(&mut self, mut written: Written) -> Written {
        let start = self.at;
        let has_space = self.one(b' ').is_some();
        written.offset = match self.peek() {
            Some(b'Z') if !has_space => {
                self.at += 1;
                Some(0)
            }
            Some(b'U' | b'G') if self.rest().starts_with(b"UTC") || self.rest().starts_with(b"GMT") => {
                self.at += 3;
                Some(0)
            }
            Some(sign @ (b'+' | b'-')) => self.distance(sign),
            _ => None,
        };
        if written.offset.is_none() {
            self.at = start;
        }
        written
    }

    fn distance(&mut self, sign: u8) -> Option<i32> {
        self.at += 1;
        let hours = self.digits(2)?;
        let _ = self.one(b':');
        let minutes = self.digits(2)?;
        self.ends()?;
        let minutes = (hours * 60 + minutes) as i32;
        Some(if sign == b'-' { -minutes } else { minutes })
    }

    /// `2026-12-10T06:55:46.123Z`, also with slashes, a space or a comma.
    pub fn iso(&mut self) -> Option<Written> {
        let year = self.digits(4)? as i16;
        let between = self.either(b"-/.")?;
        let month = self.digits(2)? as i8;
        self.one(between)?;
        let day = self.digits(2)? as i8;
        self.either(b"T _:")?;
        let written = self.clock(Written { year: Some(year), month, day, ..Written::default() })?;
        Some(self.offset(written))
    }

    /// `081109 203615`, as HDFS has it.
    pub fn compact(&mut self) -> Option<Written> {
        let (year, month, day) = (self.digits(2)? as i16, self.digits(2)? as i8, self.digits(2)? as i8);
        self.one(b' ')?;
        let (hour, minute, second) = (self.digits(2)? as i8, self.digits(2)? as i8, self.digits(2)? as i8);
        self.ends()?;
        let is_clock = hour < 24 && minute < 60 && second < 60;
        is_clock.then_some(Written { year: Some(2000 + year), month, day, hour, minute, second, ..Written::default() })
    }

    /// `10/Oct/2000:13:55:36 -0700`, `10-Oct-2000 13:55:36.123`, `10 Oct 2000 13:55:36`.
    pub fn day_first(&mut self) -> Option<Written> {
        let day = self.day()?;
        let between = self.either(b"/- ")?;
        let month = self.name(MONTHS)?;
        self.one(between)?;
        let year = self.digits(4)? as i16;
        self.either(b": ")?;
        let written = self.clock(Written { year: Some(year), month, day, ..Written::default() })?;
        Some(self.offset(written))
    }

    /// `Dec 10 06:55:46`, `Dec  9 06:55:46`, `Dec 10 2026 06:55:46`.
    pub fn syslog(&mut self) -> Option<Written> {
        let month = self.name(MONTHS)?;
        self.one(b' ')?;
        let _ = self.one(b' ');
        let day = self.day()?;
        self.one(b' ')?;
        let mut written = Written { month, day, ..Written::default() };
        if self.bytes.get(self.at + 4) == Some(&b' ') {
            written.year = Some(self.digits(4)? as i16);
            self.one(b' ')?;
        }
        self.clock(written)
    }

    /// `Wed Oct 11 14:32:52.123456 2000`, `Wed, 11 Oct 2000 14:32:52 +0000`.
    pub fn ctime(&mut self) -> Option<Written> {
        self.name(DAYS)?;
        if self.one(b',').is_some() {
            self.one(b' ')?;
            return self.day_first();
        }
        self.one(b' ')?;
        let mut written = self.syslog()?;
        if written.year.is_none() && self.peek() == Some(b' ') {
            self.at += 1;
            written.year = Some(self.digits(4)? as i16);
        }
        Some(written)
    }

    /// Seconds or milliseconds since 1970, perhaps with a fraction.
    pub fn epoch(&mut self) -> Option<Timestamp> {
        let start = self.at;
        self.skip(|byte| byte.is_ascii_digit());
        let length = self.at - start;
        self.at = start;
        let millis = match length {
            10 => self.digits(10).filter(|seconds| EPOCH_SECONDS.contains(seconds))? * 1_000,
            13 => self.digits(13).filter(|millis| EPOCH_SECONDS.contains(&(millis / 1_000)))?,
            _ => return None,
        };
        let mut fraction = 0;
        if length == 10 && self.one(b'.').is_some() {
            let mut unit = 100;
            while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
                fraction += i64::from(digit - b'0') * unit;
                unit /= 10;
                self.at += 1;
            }
        }
        let is_alone = self.peek().is_none_or(|byte| byte.is_ascii_whitespace() || b"],:|".contains(&byte));
        is_alone.then(|| Timestamp::from_millis(millis + fraction))
    }
}
