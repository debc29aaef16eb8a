//! What of a Markdown text is prose, and what is code, an address or a link: a name there is part of something else.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::code;

/// Links, addresses, tags and markup.
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    let parts = [
        r"\[\[[^\]\n]*\]\]",
        r"\]\([^)\n]*\)",
        r"\]\[[^\]\n]*\]",
        r"<[^<>\n]{1,300}>",
        r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s<>]+",
        r"[\w.+-]+@[\w-]+\.[\w.-]+",
    ];
    Regex::new(&parts.join("|")).expect("a pattern of ours")
});

/// The places of a text that are no prose.
pub(crate) struct Prose {
    fenced: Vec<Range<usize>>,
    /// Between single backticks, without them.
    spans: Vec<Range<usize>>,
    markup: Vec<Range<usize>>,
}

impl Prose {
    /// Looks through a text.
    pub fn of(text: &str) -> Self {
        let fenced = code::fenced(text);
        let mut spans = Vec::new();
        let mut open: Option<usize> = None;
        if text.contains('`') {
            for (at, letter) in text.char_indices() {
                match letter {
                    '\n' => open = None,
                    '`' if code::contains(&fenced, at) => open = None,
                    '`' => match open.take() {
                        Some(start) => spans.push(start..at),
                        None => open = Some(at + 1),
                    },
                    _ => {}
                }
            }
        }
        let markup = MARKUP.find_iter(text).map(|found| found.range()).collect();
        Self { fenced, spans, markup }
    }

    /// Tells whether a place is prose, or all that stands between two backticks.
    pub fn is_prose(&self, span: &Range<usize>) -> bool {
        let is_markup = code::contains(&self.fenced, span.start) || code::contains(&self.markup, span.start);
        !is_markup && (!self.is_code(span) || self.spans.contains(span))
    }

    /// Tells whether a place is between backticks.
    pub fn is_code(&self, span: &Range<usize>) -> bool {
        code::contains(&self.spans, span.start)
    }

    /// Tells whether a place is in a block of code.
    pub fn is_fenced(&self, at: usize) -> bool {
        code::contains(&self.fenced, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_prose_is_left_out() {
        let text = "Anna [[Anna]] [Anna](Anna.md) `Anna` `let Anna` <Anna> https://x.org/Anna a@Anna.org\n```\nAnna\n```\nAnna";
        let prose = Prose::of(text);
        let is_prose: Vec<bool> =
            text.match_indices("Anna").map(|(at, name)| prose.is_prose(&(at..at + name.len()))).collect();
        assert_eq!(is_prose, [true, false, true, false, true, false, false, false, false, false, true]);
    }
}
