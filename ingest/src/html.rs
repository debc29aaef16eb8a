//! HTML: the text that a reader of the page sees, with its headings, lists, links and title.
//!
//! Read token by token, without a tree: how deep a page nests costs nothing then, and nothing recurses.

use std::ops::Range;

use encoding_rs::Encoding;
use html5gum::{HtmlString, StartTag, Token, Tokenizer};
use hydra_graph::{Datatype, LinkKind, Property, Result};

use crate::content::Content;
use crate::encoding::decode_as;
use crate::outline::{Block, BlockKind, MAX_HEADING_BYTES, MAX_LINKS, Outline, WrittenLink, shorten};

/// How much of a page is searched for the name of its encoding, as browsers do.
const SNIFFED_BYTES: usize = 1024;
/// Longest text of a `meta` element that is kept.
const MAX_META_BYTES: usize = 1024;
/// What stands in these is not shown as text.
const UNSEEN: [&[u8]; 9] =
    [b"script", b"style", b"template", b"noscript", b"svg", b"iframe", b"object", b"select", b"textarea"];
/// These begin a line of their own.
const BLOCKS: [&[u8]; 36] = [
    b"address",
    b"article",
    b"aside",
    b"blockquote",
    b"body",
    b"br",
    b"dd",
    b"details",
    b"div",
    b"dl",
    b"dt",
    b"fieldset",
    b"figcaption",
    b"figure",
    b"footer",
    b"form",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"header",
    b"hr",
    b"li",
    b"main",
    b"nav",
    b"ol",
    b"p",
    b"pre",
    b"section",
    b"summary",
    b"table",
    b"tr",
    b"ul",
    b"title",
];
/// What a page says of itself in `<meta name=…>`.
const META: [&[u8]; 4] = [b"author", b"date", b"description", b"keywords"];

/// Reads a page.
///
/// # Errors
/// `Invalid` when it is no text.
pub(crate) fn read(bytes: &[u8]) -> Result<Content> {
    let decoded = decode_as(bytes, named_encoding(bytes))?;
    let mut reader = Reader::default();
    reader.read(&decoded.text);
    let title = reader.title.trim().to_owned();
    let mut content = Content::of(reader.shown, reader.outline);
    content.title = Some(title).filter(|title| !title.is_empty()).or(reader.first_heading);
    content.properties = reader.properties;
    if let Some(encoding) = decoded.guessed {
        content.trouble(format!("is not UTF-8, and was read as {encoding}"), "save it as UTF-8 if letters look wrong");
    }
    Ok(content)
}

/// Returns the words of a mail that is a page, without what it quotes.
pub(crate) fn words_of_mail(page: &str) -> String {
    let mut reader = Reader { is_mail: true, ..Reader::default() };
    reader.read(page);
    reader.shown
}

/// Tells whether an element holds what a mail quotes, by how mail programs mark that.
fn is_quote(tag: &StartTag<()>) -> bool {
    let is = |name: &[u8], marks: &[&str]| {
        attribute(tag, name).is_some_and(|value| marks.iter().any(|mark| value.to_lowercase().contains(mark)))
    };
    match tag.name.as_slice() {
        b"blockquote" => is(b"type", &["cite"]) || is(b"class", &["gmail_quote"]),
        b"div" => is(b"class", &["gmail_quote", "moz-cite-prefix", "yahoo_quoted"]),
        _ => false,
    }
}

/// `<meta charset="…">` and its older spelling.
fn named_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(SNIFFED_BYTES)]).to_lowercase();
    let (_, behind) = head.split_once("charset=")?;
    let name = behind.trim_start_matches(['"', '\'', ' ']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).unwrap_or(name.len());
    Encoding::for_label(&name.as_bytes()[..end])
}

#[derive(Default)]
struct Reader {
    shown: String,
    outline: Outline,
    title: String,
    first_heading: Option<String>,
    properties: Vec<Property>,
    /// Where the block that is open begins.
    block: usize,
    /// The level of the heading that is open.
    heading: Option<u8>,
    is_pre: bool,
    is_title: bool,
    /// The element whose content is not shown, and how often it is open.
    unseen: Option<(Vec<u8>, usize)>,
    link: Option<(usize, String)>,
    is_mail: bool,
}

impl Reader {
    fn read(&mut self, page: &str) {
        for token in Tokenizer::new(page) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => self.start(&tag),
                Token::EndTag(tag) => self.end(&tag.name),
                Token::String(text) => self.text(&String::from_utf8_lossy(&text)),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        self.end_link();
        self.end_block();
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name = tag.name.as_slice();
        if let Some((unseen, depth)) = &mut self.unseen {
            *depth += usize::from(unseen == name && !tag.self_closing);
            return;
        }
        if UNSEEN.contains(&name) || (self.is_mail && is_quote(tag)) {
            self.unseen = (!tag.self_closing).then(|| (name.to_owned(), 1));
            return;
        }
        if BLOCKS.contains(&name) {
            self.end_block();
        }
        match name {
            b"title" => self.is_title = self.title.is_empty(),
            b"pre" => self.is_pre = true,
            b"li" => self.shown.push_str("- "),
            b"td" | b"th" => self.push(" "),
            b"a" => {
                self.end_link();
                let target = attribute(tag, b"href").filter(|target| is_place(target));
                self.link = target.map(|target| (self.shown.len(), target));
            }
            b"img" => self.image(tag),
            b"meta" => self.meta(tag),
            [b'h', level @ b'1'..=b'6'] => self.heading = Some(level - b'0'),
            _ => {}
        }
    }

    fn end(&mut self, name: &HtmlString) {
        let name = name.as_slice();
        if let Some((unseen, depth)) = &mut self.unseen {
            *depth -= usize::from(unseen == name);
            if *depth == 0 {
                self.unseen = None;
            }
            return;
        }
        if name == b"a" {
            self.end_link();
        }
        if BLOCKS.contains(&name) {
            self.end_block();
        }
        match name {
            b"title" => self.is_title = false,
            b"pre" => self.is_pre = false,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match () {
            () if self.unseen.is_some() => {}
            () if self.is_title => self.title.push_str(text),
            () => self.push(text),
        }
    }

    /// Shows text: white space is one space, except in `pre`.
    fn push(&mut self, text: &str) {
        if self.is_pre {
            return self.shown.push_str(text);
        }
        for word in text.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            self.shown.push_str(bare);
            let is_start = self.shown.len() == self.block || self.shown.ends_with(char::is_whitespace);
            if bare.len() < word.len() && !is_start {
                self.shown.push(' ');
            }
        }
    }

    fn end_block(&mut self) {
        let span = self.block..self.shown.len();
        let text = self.shown[span.clone()].trim();
        let heading = self.heading.take();
        if text.is_empty() {
            return;
        }
        let kind = match heading {
            Some(level) => {
                let text = shorten(text, MAX_HEADING_BYTES).trim_end().to_owned();
                if level == 1 && self.first_heading.is_none() {
                    self.first_heading = Some(text.clone());
                }
                BlockKind::Heading { level, text }
            }
            None if self.is_pre => BlockKind::Code,
            None => BlockKind::Paragraph,
        };
        self.outline.blocks.push(Block { kind, span, end: self.outline.blocks.len() + 1 });
        self.shown.push('\n');
        self.block = self.shown.len();
    }

    fn end_link(&mut self) {
        let Some((start, target)) = self.link.take() else { return };
        let label = self.shown[start..].trim().to_owned();
        self.push_link(start..self.shown.len(), LinkKind::Markdown, target, label);
    }

    /// A picture is found by what is said of it.
    fn image(&mut self, tag: &StartTag<()>) {
        let caption = attribute(tag, b"alt").unwrap_or_default();
        let start = self.shown.len();
        self.push(&caption);
        if let Some(target) = attribute(tag, b"src").filter(|target| is_place(target)) {
            self.push_link(start..self.shown.len(), LinkKind::Embed, target, caption.trim().to_owned());
        }
    }

    fn push_link(&mut self, span: Range<usize>, kind: LinkKind, target: String, label: String) {
        if self.outline.links.len() == MAX_LINKS {
            self.outline.is_cut = true;
            return;
        }
        let label = Some(label).filter(|label| !label.is_empty());
        self.outline.links.push(WrittenLink { span, kind, is_wiki: false, target, label });
    }

    fn meta(&mut self, tag: &StartTag<()>) {
        let (Some(name), Some(value)) = (attribute(tag, b"name"), attribute(tag, b"content")) else { return };
        let name = name.to_lowercase();
        if META.contains(&name.as_bytes()) && !value.trim().is_empty() && self.properties.len() < META.len() {
            let value = shorten(value.trim(), MAX_META_BYTES).to_owned();
            self.properties.push(Property { name, datatype: Datatype::of(&value), value });
        }
    }
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    let value = tag.attributes.iter().find(|(key, _)| key.as_slice() == name)?.1;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Whether an address leads out of the page; a picture written into its own address does not.
fn is_place(target: &str) -> bool {
    let target = target.trim();
    let scheme = |scheme: &str| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    !target.is_empty() && !target.starts_with('#') && !scheme("data:") && !scheme("javascript:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, title: Option<&str>, expected: &[&str]) {
        let content = read(html.as_bytes()).unwrap();
        crate::mutation::check_content(&content);
        let said = |p: &hydra_graph::Passage| format!("{}: {}", p.headings.join(">"), &content.text[p.span.clone()]);
        assert_eq!(content.passages.iter().map(said).collect::<Vec<_>>(), expected, "{html}");
        assert_eq!(content.title.as_deref(), title, "{html}");
    }

    fn links(html: &str) -> Vec<String> {
        let content = read(html.as_bytes()).unwrap();
        let spell = |link: &WrittenLink| format!("{}={}", &content.text[link.span.clone()], link.target);
        content.links.iter().map(spell).collect()
    }

    #[test]
    fn a_page_is_what_its_reader_sees() {
        check(
            "<!doctype html><html><head><title> Boiler \n manual</title><style>p { color: red }</style></head><body>\
             <h1>Boiler</h1><p>It &lt;is&gt; <b>hot</b>.<script>alert('<p>no')</script></p>\n\n<h2>Parts</h2>\
             <ul><li>A valve<li>A <i>pump</i></ul><pre>x = 1\n  y = 2</pre></body>",
            Some("Boiler \n manual"),
            &["Boiler: It <is> hot.", "Boiler>Parts: - A valve\n- A pump\nx = 1\n  y = 2"],
        );
        check("plain &amp; <unknown>simple", None, &[": plain & simple"]);
        check("<h1>Only a heading</h1>", Some("Only a heading"), &[": Only a heading"]);
        check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", None, &[": a b\nc"]);
        check("<p>open <script>never closed", None, &[": open"]);
        check("<svg><svg></svg>x</svg>y<!-- z -->", None, &[": y"]);
        check("", None, &[]);
    }

    #[test]
    fn links_and_pictures_have_their_texts() {
        assert_eq!(
            links(
                "<a href='b.md'>the <b>note</b></a> <a href='#top'>top</a> <a href='https://a.org/?x=1&amp;y'>site</a>"
            ),
            ["the note=b.md", "site=https://a.org/?x=1&y"]
        );
        assert_eq!(links("<img src=a.png alt='A red door'><img src='data:x'>"), ["A red door=a.png"]);
        assert_eq!(links("<a href=x>one<a href=y>two"), ["one=x", "two=y"]);
        let many = |count: usize| read("<a href=x>y</a>".repeat(count).as_bytes()).unwrap();
        assert_eq!((many(MAX_LINKS).links.len(), many(MAX_LINKS).troubles.len()), (MAX_LINKS, 0));
        assert_eq!((many(MAX_LINKS + 1).links.len(), many(MAX_LINKS + 1).troubles.len()), (MAX_LINKS, 1));
    }

    #[test]
    fn what_a_page_says_of_itself_is_kept() {
        let content =
            read(b"<meta name=Author content='Jane'><meta name=date content=2024-05-01><meta name=x content=y>");
        let content = content.unwrap();
        let said: Vec<_> = content.properties.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.datatype)).collect();
        assert_eq!(said, [("author", "Jane", Datatype::Text), ("date", "2024-05-01", Datatype::Date)]);
        let long = format!("<meta name=author content='{}'>", "x".repeat(MAX_META_BYTES + 1));
        assert_eq!(read(long.as_bytes()).unwrap().properties[0].value.len(), MAX_META_BYTES);
        let latin = read(b"<meta charset=\"iso-8859-2\"><p>\xB1").unwrap();
        assert_eq!((latin.text.trim(), latin.troubles.len()), ("ą", 0));
        let late = [b" ".repeat(SNIFFED_BYTES), b"<meta charset=iso-8859-2><p>\xB1".to_vec()].concat();
        assert_eq!(read(&late).unwrap().text.trim(), "±");
    }

    #[test]
    fn nothing_in_a_page_does_harm() {
        let sample = b"<title>T</title><h1>H\xC3\xBC</h1><p>a <a href='x'>b</a></p><ul><li>c</ul><script>d</script><img alt=e src=f>";
        crate::mutation::check(sample, |bytes| {
            if let Ok(content) = read(bytes) {
                crate::mutation::check_content(&content);
            }
        });
        for bomb in ["<div>", "<b>", "<", "<a href=", "<table><tr><td>", "<svg>", "&#x41", "<!--", "<p>x"] {
            assert!(read(bomb.repeat(200_000).as_bytes()).is_ok(), "{bomb}");
        }
        assert!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01").is_err());
    }
}
