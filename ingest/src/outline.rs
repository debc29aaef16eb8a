//! A note's Markdown as a flat tree of blocks, with the links, tags and block ids that stand in its running text.
//!
//! Code, formulas and HTML yield none of these. Nothing here recurses: how deep a note nests is the note's choice.

use std::collections::HashSet;
use std::ops::Range;

use hydra_graph::LinkKind;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::field::{self, Field, MAX_FIELDS};
use crate::tag::{self, Found};

/// Longest heading that is kept; what is longer is text that begins with a `#`, and would be repeated in each passage.
pub const MAX_HEADING_BYTES: usize = 256;
/// Most links that are taken from one note.
pub const MAX_LINKS: usize = 10_000;
/// Most tags that are taken from one note.
pub const MAX_TAGS: usize = 1_000;
/// Longest block id; Obsidian makes six letters.
const MAX_BLOCK_ID_BYTES: usize = 128;

/// What a note's body consists of.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// All blocks, each before its children.
    pub blocks: Vec<Block>,
    pub links: Vec<WrittenLink>,
    /// As first written, without regard to case each once.
    pub tags: Vec<String>,
    /// `name:: value` in paragraphs, in order.
    pub fields: Vec<Field>,
    /// In order of their place.
    pub block_ids: Vec<BlockId>,
    /// Whether there were more links, tags or fields than are taken.
    pub is_cut: bool,
}

/// One block and what it is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub kind: BlockKind,
    pub span: Range<usize>,
    /// Index in [`Outline::blocks`] behind its last descendant.
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Heading { level: u8, text: String },
    Paragraph,
    Quote,
    List,
    Item,
    Table,
    Code,
    Html,
    Footnote,
}

/// A link as it is written, not yet resolved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrittenLink {
    pub span: Range<usize>,
    pub kind: LinkKind,
    /// Whether it stands in double brackets.
    pub is_wiki: bool,
    pub target: String,
    pub label: Option<String>,
}

/// `^name` at the end of a block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BlockId {
    /// Where its caret stands.
    pub at: usize,
    pub name: String,
}

impl Outline {
    /// Reads `text` from the byte `start` on.
    pub fn read(text: &str, start: usize) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH
            | Options::ENABLE_GFM
            | Options::ENABLE_WIKILINKS;
        let mut reader = Reader { text, ..Reader::default() };
        for (event, span) in Parser::new_ext(&text[start..], options).into_offset_iter() {
            reader.event(event, span.start + start..span.end + start);
        }
        reader.finish_run();
        reader.outline.block_ids.sort_by_key(|id| id.at);
        reader.outline
    }

    /// Returns the indexes of a block's children.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.blocks[parent].end;
        let first = Some(parent + 1).filter(|child| *child < end);
        std::iter::successors(first, move |child| Some(self.blocks[*child].end).filter(|next| *next < end))
    }

    /// Returns the indexes of the blocks that stand in no other.
    pub fn top(&self) -> impl Iterator<Item = usize> + '_ {
        let first = Some(0).filter(|_| !self.blocks.is_empty());
        std::iter::successors(first, |block| Some(self.blocks[*block].end).filter(|next| *next < self.blocks.len()))
    }

    /// Returns the block ids that stand in a span.
    pub fn block_ids_in(&self, span: &Range<usize>) -> &[BlockId] {
        let from = self.block_ids.partition_point(|id| id.at < span.start);
        let to = self.block_ids.partition_point(|id| id.at < span.end);
        &self.block_ids[from..to.max(from)]
    }
}

/// Turns the reader's events into an outline.
#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    outline: Outline,
    /// The blocks that are open, outermost first.
    open: Vec<usize>,
    /// Links that are open, innermost last, with the text shown for them.
    links: Vec<(WrittenLink, String)>,
    /// Plain text that the parser gave in pieces.
    run: Range<usize>,
    /// Up to where an address has been taken already.
    taken: usize,
    tags_seen: HashSet<String>,
    /// Where inline code stands in the paragraph that is open.
    code: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Range<usize>) {
        if let Event::Text(text) = &event {
            self.inline(&span);
            return self.plain(text, span);
        }
        self.finish_run();
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(tag),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.inline(&span);
                self.show(&text);
                self.code.push(span);
            }
            Event::SoftBreak | Event::HardBreak => {
                self.inline(&span);
                self.show(" ");
            }
            Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => self.inline(&span),
            Event::Html(_) | Event::Rule | Event::Text(_) => {}
        }
    }

    fn plain(&mut self, text: &str, span: Range<usize>) {
        self.show(text);
        if !self.links.is_empty() || matches!(self.kind(), Some(BlockKind::Code | BlockKind::Html)) {
            return self.finish_run();
        }
        if span.start != self.run.end {
            self.finish_run();
            self.run = span;
        } else {
            self.run.end = span.end;
        }
    }

    fn start(&mut self, tag: Tag<'_>, span: Range<usize>) {
        match tag {
            Tag::Link { link_type, dest_url, .. } => self.open_link(link_type, &dest_url, span, false),
            Tag::Image { link_type, dest_url, .. } => self.open_link(link_type, &dest_url, span, true),
            Tag::Heading { level, .. } => {
                self.open(BlockKind::Heading { level: level as u8, text: String::new() }, span);
            }
            Tag::Paragraph => self.open(BlockKind::Paragraph, span),
            Tag::BlockQuote(_) => self.open(BlockKind::Quote, span),
            Tag::List(_) => self.open(BlockKind::List, span),
            Tag::Item => self.open(BlockKind::Item, span),
            Tag::Table(_) => self.open(BlockKind::Table, span),
            Tag::CodeBlock(_) => self.open(BlockKind::Code, span),
            Tag::HtmlBlock => self.open(BlockKind::Html, span),
            Tag::FootnoteDefinition(_) => self.open(BlockKind::Footnote, span),
            // Parts of a table are not cut apart, and emphasis is only inline.
            _ => self.inline(&span),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link | TagEnd::Image => self.close_link(),
            TagEnd::Heading(_)
            | TagEnd::Paragraph
            | TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::Table
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition => {
                self.close_tight();
                self.close();
            }
            _ => {}
        }
    }

    fn open(&mut self, kind: BlockKind, span: Range<usize>) {
        self.close_tight();
        self.open.push(self.outline.blocks.len());
        self.outline.blocks.push(Block { kind, span, end: 0 });
    }

    fn close(&mut self) {
        let Some(index) = self.open.pop() else { return };
        let behind = self.outline.blocks.len();
        let block = &mut self.outline.blocks[index];
        block.end = behind;
        match &mut block.kind {
            BlockKind::Heading { text, .. } => *text = shorten(text.trim(), MAX_HEADING_BYTES).trim_end().to_owned(),
            BlockKind::Paragraph | BlockKind::Table => {
                let span = block.span.clone();
                self.outline.block_ids.extend(block_id_at_end(self.text, &span));
                self.fields(&span);
            }
            _ => {}
        }
    }

    fn fields(&mut self, span: &Range<usize>) {
        for found in field::find(self.text, span, &std::mem::take(&mut self.code)) {
            if let Some(name) = found.block_id() {
                self.outline.block_ids.push(BlockId { at: found.at, name: name.to_owned() });
            }
            if self.outline.fields.len() == MAX_FIELDS {
                self.outline.is_cut = true;
            } else if !found.is_of_the_program() {
                self.outline.fields.push(found);
            }
        }
    }

    /// The text of a tight list item comes without a paragraph of its own: makes one, so that every text has a block.
    fn inline(&mut self, span: &Range<usize>) {
        match self.kind() {
            Some(BlockKind::Item) => {
                self.open.push(self.outline.blocks.len());
                self.outline.blocks.push(Block { kind: BlockKind::Paragraph, span: span.clone(), end: 0 });
            }
            Some(BlockKind::Paragraph) => {
                // One that was made here grows with its text; a real one spans it already.
                if let Some(block) = self.open.last() {
                    let block = &mut self.outline.blocks[*block];
                    block.span.end = block.span.end.max(span.end);
                }
            }
            _ => {}
        }
    }

    /// Closes a paragraph that was made for an item's text.
    fn close_tight(&mut self) {
        let is_tight = self.open.len() > 1
            && matches!(self.kind(), Some(BlockKind::Paragraph))
            && self.outline.blocks[self.open[self.open.len() - 2]].kind == BlockKind::Item;
        if is_tight {
            self.close();
        }
    }

    fn kind(&self) -> Option<&BlockKind> {
        self.open.last().map(|block| &self.outline.blocks[*block].kind)
    }

    /// Adds shown text to the links and the heading it stands in.
    fn show(&mut self, shown: &str) {
        if let Some((_, label)) = self.links.last_mut() {
            label.push_str(shown);
        }
        let Some(block) = self.open.last() else { return };
        if let BlockKind::Heading { text, .. } = &mut self.outline.blocks[*block].kind
            && text.len() <= MAX_HEADING_BYTES
        {
            text.push_str(shown);
        }
    }

    fn open_link(&mut self, link_type: LinkType, destination: &str, span: Range<usize>, is_image: bool) {
        self.inline(&span);
        let is_wiki = matches!(link_type, LinkType::WikiLink { .. });
        let kind = match (is_image, is_wiki) {
            (true, _) => LinkKind::Embed,
            (false, true) => LinkKind::Wikilink,
            (false, false) => LinkKind::Markdown,
        };
        let target =
            if link_type == LinkType::Email { format!("mailto:{destination}") } else { destination.to_owned() };
        // Of a link without a text of its own, the text is the target.
        let is_bare =
            matches!(link_type, LinkType::WikiLink { has_pothole: false } | LinkType::Autolink | LinkType::Email);
        let label = (!is_bare).then(String::new);
        self.links.push((WrittenLink { span, kind, is_wiki, target, label }, String::new()));
    }

    fn close_link(&mut self) {
        let Some((mut link, shown)) = self.links.pop() else { return };
        if let Some((_, outer)) = self.links.last_mut() {
            outer.push_str(&shown);
        }
        let shown = shown.trim();
        let says_nothing = shown.is_empty() || (link.kind == LinkKind::Embed && is_size(shown));
        link.label = link.label.filter(|_| !says_nothing).map(|_| shown.to_owned());
        self.push_link(link);
    }

    fn push_link(&mut self, link: WrittenLink) {
        if self.outline.links.len() < MAX_LINKS {
            self.outline.links.push(link);
        } else {
            self.outline.is_cut = true;
        }
    }

    fn finish_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        let run = run.start.max(self.taken)..run.end;
        if run.is_empty() {
            return;
        }
        for found in tag::find(self.text, run) {
            match found {
                Found::Tag(span) => self.push_tag(self.text[span.start + 1..span.end].to_owned()),
                Found::Block { span, id, is_embed } => {
                    let kind = if is_embed { LinkKind::Embed } else { LinkKind::Wikilink };
                    self.push_link(WrittenLink { span, kind, is_wiki: true, target: format!("(({id}))"), label: None });
                }
                Found::Address(span) => {
                    self.taken = span.end;
                    let target = self.text[span.clone()].to_owned();
                    self.push_link(WrittenLink { span, kind: LinkKind::Markdown, is_wiki: false, target, label: None });
                }
            }
        }
    }

    fn push_tag(&mut self, tag: String) {
        if self.outline.tags.len() >= MAX_TAGS {
            self.outline.is_cut = true;
        } else if self.tags_seen.insert(tag.to_lowercase()) {
            self.outline.tags.push(tag);
        }
    }
}

/// `![[picture.png|300]]` and `300x200` say how large, not what.
pub(crate) fn is_size(label: &str) -> bool {
    let mut sides = label.splitn(2, 'x');
    sides.all(|side| !side.is_empty() && side.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Finds `^name` at the very end of a block, behind a space or on a line of its own.
pub(crate) fn block_id_at_end(text: &str, span: &Range<usize>) -> Option<BlockId> {
    let block = text[span.clone()].trim_end();
    let at = block.rfind('^')?;
    let name = &block[at + 1..];
    let is_name = !name.is_empty()
        && name.len() <= MAX_BLOCK_ID_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let stands_free = block[..at].chars().next_back().is_none_or(char::is_whitespace);
    (is_name && stands_free).then(|| BlockId { at: span.start + at, name: name.to_owned() })
}

/// Cuts a text to at most so many bytes, between two characters.
pub(crate) fn shorten(text: &str, most_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(most_bytes)]
}
