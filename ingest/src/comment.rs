//! Obsidian's `%%comments%%`: what its writer sees while editing and nobody else does.
//!
//! They are blanked out before anything else is read, byte for byte, so that what follows keeps its place. A comment is
//! kept out of the page by whoever wrote it: recalled, it would come back as if it were what the note says.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

const MARK: &str = "%%";

/// Returns the text without its comments, of the same length and with the same lines.
pub(crate) fn blanked(text: &str, body: usize) -> Cow<'_, str> {
    let comments = find(text, body);
    if comments.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut at = 0;
    for comment in comments {
        blanked.push_str(&text[at..comment.start]);
        blanked.extend(
            text[comment.clone()]
                .bytes()
                .map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }),
        );
        at = comment.end;
    }
    blanked.push_str(&text[at..]);
    Cow::Owned(blanked)
}

/// Finds pairs of marks outside of code. One that is not closed is text: `100 %%` must not hide the rest of a note.
fn find(text: &str, body: usize) -> Vec<Range<usize>> {
    if text[body..].matches(MARK).nth(1).is_none() {
        return Vec::new();
    }
    let code = code(text, body);
    let marks: Vec<usize> = text[body..]
        .match_indices(MARK)
        .map(|(at, _)| at + body)
        .filter(|at| {
            let before = code.partition_point(|code| code.start <= *at);
            before == 0 || code[before - 1].end <= *at
        })
        .collect();
    let mut comments = Vec::new();
    let mut rest = marks.as_slice();
    while let [open, close, ..] = *rest {
        let begins_line = text[..open].rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
        // One within a line ends in its paragraph; only a block of comment goes on over empty lines.
        let in_one_paragraph = || !text[open..close].lines().skip(1).any(|line| line.trim().is_empty());
        if begins_line || in_one_paragraph() {
            comments.push(open..close + MARK.len());
            rest = &rest[2..];
        } else {
            rest = &rest[1..];
        }
    }
    comments
}

fn code(text: &str, body: usize) -> Vec<Range<usize>> {
    let events = Parser::new_ext(&text[body..], Options::empty()).into_offset_iter();
    events
        .filter(|(event, _)| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_))))
        .map(|(_, span)| span.start + body..span.end + body)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_blank_and_everything_else_stays() {
        let cases = [
            ("a %%b%% c", "a       c"),
            ("%%\none\n\ntwo\n%%\nthree", "  \n   \n\n   \n  \nthree"),
            ("a %%ü%%\r\nb", "a       \r\nb"),
            ("100 %% of it", "100 %% of it"),
            ("100 %% of it\n\nand 50 %% more", "100 %% of it\n\nand 50 %% more"),
            ("`%%a%%` and\n\n```\n%%b%%\n```\n", "`%%a%%` and\n\n```\n%%b%%\n```\n"),
            ("%%a%%%%b%%", "          "),
            ("%%%%", "    "),
        ];
        for (text, expected) in cases {
            assert_eq!(blanked(text, 0), expected, "{text:?}");
        }
        assert_eq!(blanked("---\na: %%x%%\n---\n%%y%%", 17), "---\na: %%x%%\n---\n     ");
        assert_eq!(blanked(&"%%".repeat(200_000), 0).trim(), "");
        assert_eq!(blanked(&"a %%\n\n".repeat(100_000), 0).len(), 600_000);
    }
}
