//! A text as its writer meant it to be read: Markdown with what note programs add to it, as a tree that anybody can draw
//! without reading Markdown again.
//!
//! [`outline`](crate::outline) takes the same text apart for the graph and keeps its places; this keeps its words.

mod inline;
mod node;

pub use node::Node;

use pulldown_cmark::{BlockQuoteKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use crate::front_matter;
use crate::outline::is_size;
use inline::Run;
use node::words;

/// Longest text that is taken apart; a longer one is seldom looked at to its end, and is shown as it is written.
pub const MAX_TREE_CHARS: usize = 40_000;
/// How deep nodes stand in each other; what is deeper stands in the last of these, so that nobody who walks the tree runs
/// out of stack.
pub const MAX_TREE_DEPTH: usize = 24;

/// Takes a text apart; nothing if it is longer than [`MAX_TREE_CHARS`], or if its words are all there is to it.
pub fn tree(text: &str) -> Option<Vec<Node>> {
    let (_, body) = front_matter::split(text);
    let text = &text[body..];
    if text.char_indices().nth(MAX_TREE_CHARS).is_some() {
        return None;
    }
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_WIKILINKS;
    let mut reader = Reader { text, ..Reader::default() };
    for (event, span) in Parser::new_ext(text, options).into_offset_iter() {
        if let Event::Text(shown) = &event
            && reader.is_prose()
        {
            reader.run(shown, span);
            continue;
        }
        reader.finish_run(ends_block(&event));
        reader.event(event);
    }
    // What a note says of itself before it begins is shown as facts.
    (body > 0 || !is_only_words(&reader.nodes, text)).then_some(reader.nodes)
}

/// Whether what was read so far is all that a block says in running text: behind it the block may have its name.
fn ends_block(event: &Event<'_>) -> bool {
    use TagEnd::{Heading, Item, Paragraph, TableCell};
    match event {
        Event::End(end) => matches!(end, Paragraph | Heading(_) | Item | TableCell),
        // An item's own text comes before what stands in it.
        Event::Start(tag) => matches!(tag, Tag::List(_) | Tag::BlockQuote(_) | Tag::CodeBlock(_)),
        _ => false,
    }
}

/// Whether a text reads the same as it is written.
fn is_only_words(nodes: &[Node], text: &str) -> bool {
    let mut shown = String::new();
    for node in nodes {
        let Node::Paragraph { children } = node else { return false };
        if !children.iter().all(|child| matches!(child, Node::Text { .. } | Node::Break)) {
            return false;
        }
        shown.push_str(&words(children));
        shown.push(' ');
    }
    shown.split_whitespace().eq(text.split_whitespace())
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    /// What is open, outermost first, and what was read of it.
    open: Vec<(Open, Vec<Node>)>,
    /// How many are open that are deeper than anything may be.
    too_deep: usize,
    run: Run,
}

/// What becomes a node once it ends.
enum Open {
    Paragraph,
    Heading(HeadingLevel),
    Blockquote(Option<BlockQuoteKind>),
    List(Option<u64>),
    Item(Option<bool>),
    Table,
    Row,
    Cell,
    Code,
    Html,
    Footnote(String),
    Emphasis,
    Strong,
    Delete,
    Link(String),
    Image(String),
    /// The target, and whether it says what to show.
    Wiki(String, bool),
    Other,
}

impl Reader<'_> {
    /// Whether text is read for tags and the like.
    fn is_prose(&self) -> bool {
        let verbatim =
            |open: &Open| matches!(open, Open::Code | Open::Html | Open::Wiki(..) | Open::Link(_) | Open::Image(_));
        !self.open.iter().any(|(open, _)| verbatim(open))
    }

    fn run(&mut self, shown: &str, span: std::ops::Range<usize>) {
        if !self.run.continues(&span) {
            self.finish_run(false);
        }
        self.run.push(self.text, shown, span);
    }

    fn finish_run(&mut self, ends_block: bool) {
        for node in std::mem::take(&mut self.run).nodes(ends_block) {
            self.push(node);
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) => self.text(&text),
            // Formulas are not asked for: a text with two prices in it would be one.
            Event::Code(value) | Event::InlineMath(value) | Event::DisplayMath(value) => {
                self.push(Node::InlineCode { value: value.into_string() })
            }
            Event::Html(text) | Event::InlineHtml(text) => match self.open.last() {
                Some((Open::Html, _)) => self.text(&text),
                _ => self.push(Node::Html { value: text.into_string() }),
            },
            Event::FootnoteReference(name) => self.push(Node::FootnoteReference { identifier: name.into_string() }),
            // Who told a memory in several lines meant them.
            Event::SoftBreak | Event::HardBreak => self.push(Node::Break),
            Event::Rule => self.push(Node::ThematicBreak),
            Event::TaskListMarker(is_done) => {
                let item = self.open.iter_mut().rev().find_map(|(open, _)| match open {
                    Open::Item(checked) => Some(checked),
                    _ => None,
                });
                if let Some(checked) = item {
                    *checked = Some(is_done);
                }
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        if self.open.len() >= MAX_TREE_DEPTH {
            self.too_deep += 1;
            return;
        }
        let open = match tag {
            Tag::Paragraph => Open::Paragraph,
            Tag::Heading { level, .. } => Open::Heading(level),
            Tag::BlockQuote(kind) => Open::Blockquote(kind),
            Tag::CodeBlock(_) => Open::Code,
            Tag::HtmlBlock => Open::Html,
            Tag::List(start) => Open::List(start),
            Tag::Item => Open::Item(None),
            Tag::FootnoteDefinition(name) => Open::Footnote(name.into_string()),
            Tag::Table(_) => Open::Table,
            Tag::TableHead | Tag::TableRow => Open::Row,
            Tag::TableCell => Open::Cell,
            Tag::Emphasis => Open::Emphasis,
            Tag::Strong => Open::Strong,
            Tag::Strikethrough => Open::Delete,
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }
                if matches!(link_type, LinkType::WikiLink { .. }) =>
            {
                let says = matches!(link_type, LinkType::WikiLink { has_pothole: true });
                Open::Wiki(dest_url.into_string(), says)
            }
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => Open::Link(format!("mailto:{dest_url}")),
            Tag::Link { dest_url, .. } => Open::Link(dest_url.into_string()),
            Tag::Image { dest_url, .. } => Open::Image(dest_url.into_string()),
            _ => Open::Other,
        };
        self.open.push((open, Vec::new()));
    }

    fn end(&mut self, _: TagEnd) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some((open, mut children)) = self.open.pop() else { return };
        while children.last() == Some(&Node::Break) {
            children.pop();
        }
        let node = match open {
            Open::Paragraph => Node::Paragraph { children },
            Open::Heading(level) => Node::Heading { depth: level as u8, children },
            Open::Blockquote(kind) => {
                Node::Blockquote { children: kind.map(label).into_iter().chain(children).collect() }
            }
            Open::List(start) => Node::List { ordered: start.is_some(), start, children },
            Open::Item(checked) => Node::ListItem { checked, children },
            Open::Table => Node::Table { children },
            Open::Row => Node::TableRow { children },
            Open::Cell => Node::TableCell { children },
            Open::Code => Node::Code { value: words(&children) },
            Open::Html => Node::Html { value: words(&children) },
            Open::Footnote(identifier) => Node::FootnoteDefinition { identifier, children },
            Open::Emphasis => Node::Emphasis { children },
            Open::Strong => Node::Strong { children },
            Open::Delete => Node::Delete { children },
            Open::Link(url) => Node::Link { url, children },
            Open::Image(url) => Node::Image { url, alt: words(&children) },
            Open::Wiki(target, says) => wiki_link(&target, says.then(|| words(&children))),
            Open::Other => {
                children.into_iter().for_each(|child| self.push(child));
                return;
            }
        };
        // What only names a block or a place says nothing.
        if !matches!(&node, Node::Paragraph { children } if children.is_empty()) {
            self.push(node);
        }
    }

    fn text(&mut self, text: &str) {
        match self.siblings().last_mut() {
            Some(Node::Text { value }) => value.push_str(text),
            _ => self.push(Node::Text { value: text.to_owned() }),
        }
    }

    fn push(&mut self, node: Node) {
        self.siblings().push(node);
    }

    fn siblings(&mut self) -> &mut Vec<Node> {
        self.open.last_mut().map_or(&mut self.nodes, |(_, children)| children)
    }
}

/// What kind of note a quote is, as GitHub shows `> [!WARNING]`.
fn label(kind: BlockQuoteKind) -> Node {
    let value = match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    };
    Node::Paragraph { children: vec![Node::Strong { children: vec![Node::Text { value: value.to_owned() }] }] }
}

/// `Folder/Name#Heading` by what is shown for it, or by the note's own name and the heading.
fn wiki_link(target: &str, shown: Option<String>) -> Node {
    let (path, place) = target.split_once('#').unwrap_or((target, ""));
    // Whoever links by a path means the note that is called by its end.
    let name = path.rsplit('/').next().unwrap_or(path);
    let value = name.strip_suffix(".md").unwrap_or(name).trim().to_owned();
    let place = if place.starts_with('^') { String::new() } else { place.replace('#', " › ") };
    let own =
        || [value.as_str(), place.trim()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" › ");
    let shown = shown.map(|shown| shown.trim().to_owned()).filter(|shown| !shown.is_empty() && !is_size(shown));
    let alias = shown.unwrap_or_else(own);
    let alias = if alias.is_empty() { target.to_owned() } else { alias };
    Node::WikiLink { value, alias }
}

#[cfg(test)]
mod tests;
