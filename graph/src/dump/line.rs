//! Lines of an export: read one by one within a limit, counted and hashed on the way.

use std::io::BufRead;

use crate::error::{Error, ErrorKind, Result};

/// Longest line that is read, 1.5 GiB: a commit of the longest frame of the redo log, packed, has its difference in one
/// line. What is longer was not exported, and must not fill the machine's memory.
pub const MAX_LINE_BYTES: u64 = 3 * 512 * 1024 * 1024;

/// Reads lines.
pub(super) struct Lines<'i> {
    input: &'i mut dyn BufRead,
    max_bytes: u64,
    line: Vec<u8>,
    /// The line that was read last, from 1.
    pub number: u64,
    /// BLAKE3 of all lines before it.
    pub hash: blake3::Hasher,
}

impl<'i> Lines<'i> {
    /// Starts to read.
    pub fn new(input: &'i mut dyn BufRead) -> Self {
        Self::up_to(input, MAX_LINE_BYTES)
    }

    fn up_to(input: &'i mut dyn BufRead, max_bytes: u64) -> Self {
        Self { input, max_bytes, line: Vec::new(), number: 0, hash: blake3::Hasher::new() }
    }

    /// Reads the next line, without its end; `None` at the end of the input. A last line without an end was cut.
    pub fn next(&mut self) -> Result<Option<&str>> {
        self.hash.update(&self.line);
        self.line.clear();
        self.number += 1;
        let mut limited = std::io::Read::take(&mut *self.input, self.max_bytes + 1);
        let length = limited.read_until(b'\n', &mut self.line).map_err(|e| Error::io("the export", &e))? as u64;
        if length == 0 {
            return Ok(None);
        }
        if length > self.max_bytes {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("line {}: it is longer than {} bytes", self.number, self.max_bytes),
            )
            .hint("no export has such a line; name a file that `hydra export` wrote"));
        }
        let Some(line) = self.line.strip_suffix(b"\n") else {
            return Err(broken(self.number, "the file ends in the middle of it"));
        };
        match std::str::from_utf8(line) {
            Ok(line) => Ok(Some(line)),
            Err(_) => Err(broken(self.number, "it is not UTF-8")),
        }
    }
}

/// An error about one line.
pub(super) fn broken(number: u64, reason: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, format!("line {number}: {reason}"))
        .hint("nothing was written; import another copy of the file, or export it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        for (bytes, is_read) in [(8, true), (9, false)] {
            let text = format!("{}\nb\n", "a".repeat(bytes - 1));
            let mut input = text.as_bytes();
            let mut lines = Lines::up_to(&mut input, 8);
            match lines.next() {
                Ok(line) => assert_eq!((line.map(str::len), is_read), (Some(bytes - 1), true)),
                Err(error) => assert_eq!((error.kind(), is_read), (ErrorKind::TooLarge, false)),
            }
        }
    }

    #[test]
    fn lines_are_counted_and_hashed() {
        let mut input = &b"a\nb\n"[..];
        let mut lines = Lines::new(&mut input);
        assert_eq!(lines.next().unwrap(), Some("a"));
        assert_eq!(lines.next().unwrap(), Some("b"));
        assert_eq!((lines.number, lines.hash.finalize()), (2, blake3::hash(b"a\n")));
        assert_eq!(lines.next().unwrap(), None);
        for cut in [&b"a\nb"[..], b"\xff\n"] {
            let mut input = cut;
            let mut lines = Lines::new(&mut input);
            let error =
                std::iter::from_fn(|| lines.next().map(|line| line.map(|_| ())).transpose()).find_map(|l| l.err());
            assert_eq!(error.unwrap().kind(), ErrorKind::Invalid);
        }
    }
}
