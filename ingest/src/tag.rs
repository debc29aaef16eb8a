//! Obsidian's tags, Logseq's block references and bare web addresses: what stands in running text without any markup around it.

use std::ops::Range;

use crate::field::{UUID_BYTES, is_uuid};

/// Characters outside ASCII that end a tag: general, supplemental, CJK and full-width punctuation.
const NOT_IN_TAGS: [std::ops::RangeInclusive<char>; 5] = [
    '\u{2000}'..='\u{206f}',
    '\u{2e00}'..='\u{2e7f}',
    '\u{3000}'..='\u{303f}',
    '\u{ff01}'..='\u{ff0f}',
    '\u{ff1a}'..='\u{ff20}',
];
/// Markup that may end right before a tag, as in `**#tag**` or `|#tag`.
const MARKUP_BEFORE: [char; 6] = ['*', '_', '~', '>', '|', '-'];

/// Something found in a run of plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A tag, with its `#`.
    Tag(Range<usize>),
    /// A web address.
    Address(Range<usize>),
    /// Logseq's `((id))`, or `{{embed ((id))}}`.
    Block {
        /// Where it stands, with its brackets.
        span: Range<usize>,
        id: String,
        is_embed: bool,
    },
}

/// Finds tags and web addresses in `run`, a stretch of `text` that the Markdown reader calls plain.
///
/// An address may reach beyond the run: `_` and `*` in it are not emphasis.
pub(crate) fn find(text: &str, run: Range<usize>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = run.start;
    while let Some(offset) = text[at..run.end].find(['#', 'h', '(']) {
        let start = at + offset;
        at = start + 1;
        if let Some((span, id)) = block_at(text, start, run.end) {
            at = span.end;
            let is_embed = text[run.start..span.start].trim_end().ends_with("{{embed");
            found.push(Found::Block { span, id, is_embed });
            continue;
        }
        if text.as_bytes()[start] == b'#' {
            if may_begin(text, start, run.start)
                && let Some(tag) = tag_at(&text[start + 1..run.end])
            {
                at = start + 1 + tag.len();
                found.push(Found::Tag(start..at));
            }
        } else if let Some(address) = address_at(text, start) {
            at = address.end;
            found.push(Found::Address(address));
            if at >= run.end {
                break;
            }
        }
    }
    found
}

/// Takes `((id))` at `start`.
fn block_at(text: &str, start: usize, end: usize) -> Option<(Range<usize>, String)> {
    let (id, _) = text[start..end].strip_prefix("((")?.split_at_checked(UUID_BYTES)?;
    let closes = text[start + 2 + UUID_BYTES..end].starts_with("))");
    (closes && is_uuid(id)).then(|| (start..start + 2 + UUID_BYTES + 2, id.to_owned()))
}

/// Takes the tag from the start of `text`, if it is one: at least one character that is no digit, none of them all
/// punctuation.
pub(crate) fn tag_at(text: &str) -> Option<&str> {
    let end = text.find(|c| !in_tag(c)).unwrap_or(text.len());
    let tag = text[..end].trim_end_matches('/');
    let has_substance = tag.chars().any(|c| !"-_/".contains(c));
    (has_substance && tag.chars().any(|c| !c.is_numeric())).then_some(tag)
}

fn in_tag(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-_/".contains(c);
    }
    !c.is_whitespace() && !c.is_control() && c != '\u{fffd}' && !NOT_IN_TAGS.iter().any(|range| range.contains(&c))
}

/// A tag begins after white space, or where the run begins right behind markup; an escaped `\#` is none.
pub(crate) fn may_begin(text: &str, start: usize, run_start: usize) -> bool {
    match text[..start].chars().next_back() {
        None => true,
        Some(before) if before.is_whitespace() => true,
        Some(before) => start == run_start && MARKUP_BEFORE.contains(&before),
    }
}

/// GFM's rule for an address without brackets: up to white space or `<`, without closing punctuation.
fn address_at(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text[start..];
    let scheme = ["https://", "http://"].into_iter().find(|scheme| rest.starts_with(scheme))?;
    if text[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || "<>\"`|".contains(c)).unwrap_or(rest.len());
    let mut address = &rest[..end];
    // A bracket at the end belongs to the address only if it was opened in it: `(see https://a.org/x_(y))`.
    let mut unopened = address.matches(')').count().saturating_sub(address.matches('(').count());
    while let Some(last) = address.chars().next_back() {
        match last {
            ')' if unopened > 0 => unopened -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | ']' => {}
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    (address.len() > scheme.len()).then(|| start..start + address.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = find(text, 0..text.len())
            .into_iter()
            .map(|found| match found {
                Found::Tag(range) => text[range].to_owned(),
                Found::Address(range) => text[range].to_owned(),
                Found::Block { span, is_embed, .. } => {
                    format!("{}{}", &text[span], if is_embed { " shown" } else { "" })
                }
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn tags_follow_obsidian() {
        check("#one and #two/three", &["#one", "#two/three"]);
        check("#1984 #y1984 #2024-01 #-", &["#y1984", "#2024-01"]);
        check("#größe #日本語 #🎉party", &["#größe", "#日本語", "#🎉party"]);
        check("#日本。#x", &["#日本"]);
        check("a#b (#c) ##d #e, #f.", &["#e", "#f"]);
        check("#snake_case #kebab-case #trailing/", &["#snake_case", "#kebab-case", "#trailing"]);
        check("# heading", &[]);
        check("#", &[]);
    }

    #[test]
    fn addresses_are_found_without_brackets() {
        check("see https://a.org/x_y(z), ok", &["https://a.org/x_y(z)"]);
        check("(http://a.org/#part).", &["http://a.org/#part"]);
        check("(see http://a.org/x_(y)).", &["http://a.org/x_(y)"]);
        check("xhttp://a.org http:// https://a", &["https://a"]);
    }

    #[test]
    fn blocks_of_logseq_are_found_by_their_ids() {
        let id = "64f1a2b3-0c1d-4e2f-8a9b-0123456789ab";
        check(&format!("see (({id})), ((x)) (({id}"), &[&format!("(({id}))")]);
        check(&format!("{{{{embed (({id}))}}}}"), &[&format!("(({id})) shown")]);
        check("((64f1a2b3-0c1d-4e2f-8a9b-0123456789é", &[]);
    }

    #[test]
    fn what_stands_before_the_run_counts() {
        let text = r"**#a** \#b";
        assert_eq!(find(text, 2..4), [Found::Tag(2..4)]);
        assert_eq!(find(text, 8..10), []);
    }
}
