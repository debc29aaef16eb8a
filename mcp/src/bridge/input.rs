//! Lines of input, bounded.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A whole line is in the buffer, without its end.
    Whole,
    /// The line was longer than allowed, and was skipped.
    TooLong,
    /// There is no more input.
    End,
}

/// Reads the next line into `line`, keeping at most `max` bytes of it. The last line may lack its end.
///
/// Not safe to drop and call again in the middle of a line: what was read of it would be gone.
pub(super) async fn next(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    max: usize,
) -> std::io::Result<Line> {
    line.clear();
    let mut is_too_long = false;
    loop {
        let buffer = input.fill_buf().await?;
        if buffer.is_empty() {
            return Ok(match (is_too_long, line.is_empty()) {
                (true, _) => Line::TooLong,
                (false, true) => Line::End,
                (false, false) => Line::Whole,
            });
        }
        let (piece, is_last) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&buffer[..end], true),
            None => (buffer, false),
        };
        is_too_long |= line.len() + piece.len() > max;
        if !is_too_long {
            line.extend_from_slice(piece);
        }
        let used = piece.len() + usize::from(is_last);
        input.consume(used);
        if is_last {
            return Ok(if is_too_long { Line::TooLong } else { Line::Whole });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &str, max: usize) -> Vec<String> {
        let mut reader = tokio::io::BufReader::with_capacity(4, input.as_bytes());
        let (mut line, mut found) = (Vec::new(), Vec::new());
        loop {
            match next(&mut reader, &mut line, max).await.unwrap() {
                Line::Whole => found.push(String::from_utf8(line.clone()).unwrap()),
                Line::TooLong => found.push("too long".into()),
                Line::End => return found,
            }
        }
    }

    #[tokio::test]
    async fn lines_are_bounded() {
        assert_eq!(lines("one\n\ntwelve letters\ntwo", 10).await, ["one", "", "too long", "two"]);
        assert_eq!(lines("0123456789\n01234567890", 10).await, ["0123456789", "too long"]);
    }
}
