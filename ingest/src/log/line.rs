//! Lines of a file that may hold anything: a line is kept up to a bound, and made text of, whatever its bytes are.

use std::io::{self, BufRead};

use memchr::{memchr, memchr2};

/// Longest line that is kept, 16 KiB: a stack trace on one line fits, a dump does not.
pub const MAX_LINE_BYTES: usize = 16 * 1024;

/// A line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Bytes it takes in the file, its end included.
    pub size_bytes: u64,
    /// Whether it is longer than what was kept of it.
    pub is_cut: bool,
    /// Whether it has no end yet: the program may be writing it.
    pub is_open: bool,
}

/// Reads one line into `kept`, as far as it fits, but no further than `budget` bytes; `None` at the end.
pub(crate) fn read(input: &mut impl BufRead, budget: u64, kept: &mut Vec<u8>) -> io::Result<Option<Line>> {
    kept.clear();
    let mut line = Line { size_bytes: 0, is_cut: false, is_open: true };
    while line.size_bytes < budget {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            break;
        }
        let room = usize::try_from(budget - line.size_bytes).unwrap_or(usize::MAX).min(buffer.len());
        let end = memchr(b'\n', &buffer[..room]);
        let taken = end.map_or(room, |end| end + 1);
        let text = &buffer[..end.unwrap_or(room)];
        let fits = text.len().min(MAX_LINE_BYTES - kept.len());
        kept.extend_from_slice(&text[..fits]);
        line.is_cut |= fits < text.len();
        line.size_bytes += taken as u64;
        input.consume(taken);
        if end.is_some() {
            line.is_open = false;
            break;
        }
    }
    if kept.last() == Some(&b'\r') {
        kept.pop();
    }
    Ok((line.size_bytes > 0).then_some(line))
}

/// Makes text of a line: colours are taken out, what is no UTF-8 and no text becomes U+FFFD. Returns whether any was.
pub(crate) fn text(bytes: &[u8], text: &mut String) -> bool {
    text.clear();
    let plain;
    let bytes = if memchr2(0x1b, 0, bytes).is_some() {
        plain = without_colours(bytes);
        plain.as_slice()
    } else {
        bytes
    };
    let mut is_damaged = false;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('\u{fffd}');
            is_damaged = true;
        }
    }
    if text.contains('\0') {
        *text = text.replace('\0', "\u{fffd}");
        is_damaged = true;
    }
    is_damaged
}

/// Takes out `ESC [ … m` and its like (ECMA-48 control sequences).
fn without_colours(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr(0x1b, rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = match rest[at + 1..].strip_prefix(b"[") {
            Some(sequence) => {
                let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
                &sequence[end.map_or(sequence.len(), |end| end + 1)..]
            }
            None => &rest[at + 1..],
        };
    }
    plain.extend_from_slice(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8], budget: u64) -> Vec<(String, Line)> {
        let (mut kept, mut said, mut lines) = (Vec::new(), String::new(), Vec::new());
        while let Some(line) = read(&mut input, budget, &mut kept).unwrap() {
            text(&kept, &mut said);
            lines.push((said.clone(), line));
        }
        lines
    }

    #[test]
    fn lines_are_kept_up_to_a_bound() {
        let long = format!("{}\nnext\r\nopen", "x".repeat(10 * 1024 * 1024));
        let lines = all(long.as_bytes(), u64::MAX);
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[0].0.len(), lines[0].1.is_cut, lines[0].1.is_open), (MAX_LINE_BYTES, true, false));
        assert_eq!(lines[0].1.size_bytes, 10 * 1024 * 1024 + 1);
        assert_eq!((lines[1].0.as_str(), lines[1].1.is_cut, lines[2].1.is_open), ("next", false, true));
    }

    #[test]
    fn a_budget_ends_a_line_that_does_not() {
        let lines = all(&[b'x'; 100], 60);
        assert_eq!(
            lines.iter().map(|(_, line)| (line.size_bytes, line.is_open)).collect::<Vec<_>>(),
            [(60, true), (40, true)]
        );
    }

    #[test]
    fn any_bytes_become_text() {
        let mut said = String::new();
        for (bytes, expected, is_damaged) in [
            (&b"plain"[..], "plain", false),
            (b"\x1b[31mred\x1b[0m", "red", false),
            (b"\x1b[31", "", false),
            (b"caf\xe9 \0", "caf\u{fffd} \u{fffd}", true),
        ] {
            assert_eq!(text(bytes, &mut said), is_damaged);
            assert_eq!(said, expected);
        }
    }
}
