//! Plain text: paragraphs, headings that are underlined or starred, and the links that stand in it.

use std::ops::Range;
use std::path::Path;

use hydra_graph::{LinkKind, Result};

use crate::content::Content;
use crate::encoding::decode;
use crate::outline::{Block, BlockKind, MAX_HEADING_BYTES, MAX_LINKS, Outline, WrittenLink, shorten};
use crate::tag::{self, Found};

/// Fewest characters of a line that underlines a heading: three dashes alone are a rule, and people draw with two.
const MIN_UNDERLINE_CHARS: usize = 4;
/// What headings are underlined with.
const UNDERLINES: [u8; 8] = *b"=-~^\"#*+";
/// Longest inside of a link in brackets; looking further for its end would be work without end for a text of brackets.
const MAX_BRACKETS_BYTES: usize = 1024;
/// Deepest level of headings that is told from the one above.
const MAX_LEVEL: usize = 9;

/// Reads a text file.
///
/// # Errors
/// `Invalid` when it is no text.
pub(crate) fn read(bytes: &[u8], path: &Path) -> Result<Content> {
    let decoded = decode(bytes)?;
    let is_org = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("org"));
    let mut reader = Reader { text: &decoded.text, is_org, ..Reader::default() };
    reader.read();
    let (outline, title) = (reader.outline, reader.title);
    let mut content = Content::of(decoded.text, outline);
    content.title = title;
    if let Some(encoding) = decoded.guessed {
        content.trouble(format!("is not UTF-8, and was read as {encoding}"), "save it as UTF-8 if letters look wrong");
    }
    Ok(content)
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    is_org: bool,
    outline: Outline,
    title: Option<String>,
    /// Which underlines were seen, the first being the outermost, as in reStructuredText.
    underlines: Vec<u8>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let text = self.text;
        let mut at = 0;
        let lines: Vec<Range<usize>> = text
            .split_inclusive('\n')
            .map(|line| {
                at += line.len();
                at - line.len()..at
            })
            .collect();
        let mut paragraph: Option<Range<usize>> = None;
        let mut number = 0;
        while number < lines.len() {
            let span = lines[number].clone();
            let line = text[span.clone()].trim_end();
            let next = lines.get(number + 1).map(|next| text[next.clone()].trim_end());
            let starts_block = paragraph.is_none();
            number += 1;
            if line.trim().is_empty() {
                self.push(BlockKind::Paragraph, paragraph.take());
            } else if let Some((level, heading)) = self.is_org.then(|| stars(line)).flatten() {
                self.push(BlockKind::Paragraph, paragraph.take());
                self.heading(level, heading, span);
            } else if self.is_org && line.to_lowercase().starts_with("#+title:") {
                self.title = Some(line["#+title:".len()..].trim().to_owned());
            } else if let Some(mark) = next.and_then(|next| underline(next, line)).filter(|_| starts_block) {
                let level = self.level(mark);
                if level == 1 && self.outline.blocks.is_empty() && !self.is_org {
                    self.title = Some(line.trim().to_owned());
                }
                self.heading(level, line, span.start..lines[number].end);
                number += 1;
            } else {
                let start = paragraph.map_or(span.start, |paragraph| paragraph.start);
                paragraph = Some(start..span.end);
            }
        }
        self.push(BlockKind::Paragraph, paragraph);
        self.links();
    }

    fn level(&mut self, mark: u8) -> u8 {
        let known = self.underlines.iter().position(|known| *known == mark);
        let level = known.unwrap_or_else(|| {
            self.underlines.push(mark);
            self.underlines.len() - 1
        });
        (level + 1).min(MAX_LEVEL) as u8
    }

    fn heading(&mut self, level: u8, heading: &str, span: Range<usize>) {
        let text = shorten(heading.trim(), MAX_HEADING_BYTES).trim_end().to_owned();
        self.push(BlockKind::Heading { level, text }, Some(span));
    }

    fn push(&mut self, kind: BlockKind, span: Option<Range<usize>>) {
        let end = self.outline.blocks.len() + 1;
        self.outline.blocks.extend(span.map(|span| Block { kind, span, end }));
    }

    /// Takes web addresses, `[[Name]]` and Org's `[[target][label]]`. A `#` says nothing in plain text.
    fn links(&mut self) {
        let text = self.text;
        let mut links: Vec<WrittenLink> = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find("[[").map(|found| at + found) {
            at = start + 2;
            let near = &text[at..text.floor_char_boundary(at + MAX_BRACKETS_BYTES)];
            let Some(inside) = near.find("]]").map(|end| &near[..end]).filter(|inside| !inside.contains('\n')) else {
                continue;
            };
            let (target, label) = match inside.split_once("][").or_else(|| inside.split_once('|')) {
                Some((target, label)) => (target, Some(label.trim().to_owned())),
                None => (inside, None),
            };
            let end = at + inside.len() + 2;
            let target = target.strip_prefix("file:").unwrap_or(target).replace("::", "#");
            links.push(WrittenLink { span: start..end, kind: LinkKind::Wikilink, is_wiki: true, target, label });
            at = end;
            if links.len() > MAX_LINKS {
                break;
            }
        }
        let in_brackets: Vec<Range<usize>> = links.iter().map(|link| link.span.clone()).collect();
        for found in tag::find(text, 0..text.len()) {
            let Found::Address(span) = found else { continue };
            let before = in_brackets.partition_point(|link| link.start <= span.start);
            if before > 0 && in_brackets[before - 1].end > span.start {
                continue;
            }
            let target = text[span.clone()].to_owned();
            links.push(WrittenLink { span, kind: LinkKind::Markdown, is_wiki: false, target, label: None });
        }
        links.sort_by_key(|link| link.span.start);
        self.outline.is_cut = links.len() > MAX_LINKS;
        links.truncate(MAX_LINKS);
        self.outline.links = links;
    }
}

/// Org's `** Heading`.
fn stars(line: &str) -> Option<(u8, &str)> {
    let heading = line.trim_start_matches('*');
    let level = line.len() - heading.len();
    (level > 0 && heading.starts_with(' ')).then(|| (level.min(MAX_LEVEL) as u8, heading.trim()))
}

/// The mark of a line that underlines `heading`: nothing else in it, and no shorter.
fn underline(line: &str, heading: &str) -> Option<u8> {
    let mark = *line.as_bytes().first().filter(|mark| UNDERLINES.contains(mark))?;
    let is_line =
        line.len() >= MIN_UNDERLINE_CHARS.max(heading.chars().count()) && line.bytes().all(|byte| byte == mark);
    (is_line && heading.chars().any(char::is_alphanumeric)).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, title: Option<&str>, expected: &[&str]) {
        let content = read(text.as_bytes(), Path::new(path)).unwrap();
        let got: Vec<String> = content
            .passages
            .iter()
            .map(|p| {
                format!(
                    "{} {}: {}",
                    p.line,
                    p.headings.join(">"),
                    content.text[p.span.clone()].replace("\r\n", "/").replace('\n', "/")
                )
            })
            .collect();
        assert_eq!(got, expected, "{text}");
        assert_eq!(content.title.as_deref(), title, "{text}");
    }

    fn links(path: &str, text: &str) -> Vec<String> {
        let content = read(text.as_bytes(), Path::new(path)).unwrap();
        content.links.iter().map(|l| format!("{}={}", &content.text[l.span.clone()], l.target)).collect()
    }

    #[test]
    fn paragraphs_and_underlined_headings() {
        check("a.txt", "One line\nand more.\n\n\nSecond.", None, &["1 : One line/and more.///Second."]);
        check("a.txt", "One\r\ntwo\r\n\r\nThree\r\n", None, &["1 : One/two//Three"]);
        let text = "Boiler\n======\n\nIt leaks.\n\nParts\n-----\n\nA valve.\n\nBills\n=====\nPaid.";
        check("a.rst", text, Some("Boiler"), &["4 Boiler: It leaks.", "9 Boiler>Parts: A valve.", "13 Bills: Paid."]);
        // Too short, no words above, or in the middle of a paragraph: text.
        check("a.txt", "Title\n---\nx", None, &["1 : Title/---/x"]);
        check("a.txt", "Some title\n====\nx", None, &["1 : Some title/====/x"]);
        check("a.txt", "====\n====\n", None, &["1 : ====/===="]);
        check("a.txt", "one\ntwo\n=====\nx", None, &["1 : one/two/=====/x"]);
        check("a.txt", "", None, &[]);
        check("a.txt", "* no heading\n", None, &["1 : * no heading"]);
    }

    #[test]
    fn org_has_stars_and_a_title() {
        let text = "#+TITLE: House\n* Boiler\nIt leaks.\n** Parts\nA valve.\n* TODO Bills\nPaid.";
        let expected = ["3 Boiler: It leaks.", "5 Boiler>Parts: A valve.", "7 TODO Bills: Paid."];
        check("a.org", text, Some("House"), &expected);
    }

    #[test]
    fn links_stand_in_brackets_or_bare() {
        assert_eq!(
            links("a.txt", "See https://a.org/x, [[Note]] #1 #tag."),
            ["https://a.org/x=https://a.org/x", "[[Note]]=Note"]
        );
        assert_eq!(
            links("a.org", "[[file:b.org::*Part][b]] [[https://a.org][site]]"),
            ["[[file:b.org::*Part][b]]=b.org#*Part", "[[https://a.org][site]]=https://a.org"]
        );
        assert_eq!(links("a.txt", "[[open\n]] [["), [""; 0]);
        let long = |bytes: usize| links("a.txt", &format!("[[{}]]", "x".repeat(bytes))).len();
        assert_eq!((long(MAX_BRACKETS_BYTES - 2), long(MAX_BRACKETS_BYTES - 1)), (1, 0));
        let many = |count: usize| read("[[a]] ".repeat(count).as_bytes(), Path::new("a.txt")).unwrap();
        assert_eq!((many(MAX_LINKS).links.len(), many(MAX_LINKS).troubles.len()), (MAX_LINKS, 0));
        assert_eq!((many(MAX_LINKS + 1).links.len(), many(MAX_LINKS + 1).troubles.len()), (MAX_LINKS, 1));
    }

    #[test]
    fn a_guess_is_told() {
        let content = read(b"Gr\xFC\xDFe", Path::new("a.txt")).unwrap();
        assert_eq!((content.text.as_str(), content.troubles.len()), ("Grüße", 1));
    }

    #[test]
    fn nothing_in_a_text_does_harm() {
        crate::mutation::check(b"Title\n=====\n\nText [[Note]] https://a.org\n\n* x\r\n\xFF\n", |bytes| {
            for path in ["a.txt", "a.org", "a.rst"] {
                if let Ok(content) = read(bytes, Path::new(path)) {
                    crate::mutation::check_content(&content);
                }
            }
        });
        for bomb in ["[[".repeat(500_000), "x\n=\n".repeat(100_000), "* ".repeat(200_000), "=".repeat(1_000_000)] {
            assert!(read(bomb.as_bytes(), Path::new("a.org")).is_ok());
        }
    }
}
