//! Lines of a file that is still written to: each whole, or not at all yet.

use std::io::{self, BufRead};

/// A longer line is passed over: it is a picture or a dump, and can't be understood in part.
pub const MAX_TRANSCRIPT_LINE_BYTES: usize = 4 * 1024 * 1024;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A line; [`Lines::bytes`] has it.
    Whole,
    /// One that was longer than is kept of one.
    TooLong,
    /// The file ends in the middle of one, which [`Lines::bytes`] has so far. It is not passed over.
    Cut,
    /// Nothing.
    End,
}

/// Reads line by line, and knows where it is.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    bytes: Vec<u8>,
    /// The byte after the last line that was passed.
    pub offset: u64,
    /// How many lines were passed.
    pub number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Goes on at a place in a file.
    pub fn new(input: R, offset: u64, number: u64) -> Self {
        Self { input, bytes: Vec::new(), offset, number }
    }

    /// Returns the line without its end.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the next line.
    ///
    /// # Errors
    /// What the file says.
    pub fn next(&mut self) -> io::Result<Next> {
        self.bytes.clear();
        let mut length = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                let is_kept = length <= MAX_TRANSCRIPT_LINE_BYTES;
                return Ok(if length > 0 && is_kept { Next::Cut } else { Next::End });
            }
            let end = memchr::memchr(b'\n', buffer);
            let taken = end.map_or(buffer.len(), |end| end + 1);
            if length + taken <= MAX_TRANSCRIPT_LINE_BYTES {
                self.bytes.extend_from_slice(&buffer[..taken]);
            }
            length += taken;
            self.input.consume(taken);
            if end.is_some() {
                (self.offset, self.number) = (self.offset + length as u64, self.number + 1);
                if length > MAX_TRANSCRIPT_LINE_BYTES {
                    self.bytes.clear();
                    return Ok(Next::TooLong);
                }
                while self.bytes.last().is_some_and(|byte| b"\r\n".contains(byte)) {
                    self.bytes.pop();
                }
                return Ok(Next::Whole);
            }
        }
    }

    /// Passes what a file ends with though no line end stands after it.
    pub fn take_cut(&mut self) {
        (self.offset, self.number) = (self.offset + self.bytes.len() as u64, self.number + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_and_one_that_is_cut_waits() {
        let mut lines = Lines::new(io::BufReader::with_capacity(3, &b"one\r\n\ntwo thr"[..]), 10, 4);
        assert_eq!((lines.next().unwrap(), lines.bytes()), (Next::Whole, &b"one"[..]));
        assert_eq!((lines.next().unwrap(), lines.bytes()), (Next::Whole, &b""[..]));
        assert_eq!((lines.next().unwrap(), lines.bytes()), (Next::Cut, &b"two thr"[..]));
        assert_eq!((lines.offset, lines.number), (16, 6));
        lines.take_cut();
        assert_eq!((lines.offset, lines.number), (23, 7));
    }

    #[test]
    fn a_line_without_end_is_passed_over_and_not_kept() {
        let long = "x".repeat(3 * MAX_TRANSCRIPT_LINE_BYTES);
        let text = format!("{long}\nafter\n{long}");
        let mut lines = Lines::new(text.as_bytes(), 0, 0);
        assert_eq!(lines.next().unwrap(), Next::TooLong);
        assert!(lines.bytes.capacity() <= 2 * MAX_TRANSCRIPT_LINE_BYTES, "{}", lines.bytes.capacity());
        assert_eq!((lines.next().unwrap(), lines.bytes()), (Next::Whole, &b"after"[..]));
        // It may have an end later.
        assert_eq!((lines.next().unwrap(), lines.number), (Next::End, 2));
        let fits = format!("{}\n", "x".repeat(MAX_TRANSCRIPT_LINE_BYTES - 1));
        assert_eq!(Lines::new(fits.as_bytes(), 0, 0).next().unwrap(), Next::Whole);
        let crosses = format!("x{fits}");
        assert_eq!(Lines::new(crosses.as_bytes(), 0, 0).next().unwrap(), Next::TooLong);
    }
}
