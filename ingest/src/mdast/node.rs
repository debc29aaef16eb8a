//! What a text is made of, in the words of mdast (Markdown Abstract Syntax Tree) and of the extensions its users have for
//! GFM and wiki links.

use serde::Serialize;

/// A node of the tree. As JSON its `type` is the name of mdast: `paragraph`, `listItem`, `inlineCode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are those of mdast, which describes them")]
pub enum Node {
    Paragraph {
        children: Vec<Node>,
    },
    Heading {
        /// From 1 to 6.
        depth: u8,
        children: Vec<Node>,
    },
    Blockquote {
        children: Vec<Node>,
    },
    List {
        ordered: bool,
        /// The number of its first item, if it is ordered.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<u64>,
        children: Vec<Node>,
    },
    ListItem {
        /// Whether it is ticked, if it is a task.
        #[serde(skip_serializing_if = "Option::is_none")]
        checked: Option<bool>,
        children: Vec<Node>,
    },
    /// Its first row is its head.
    Table {
        children: Vec<Node>,
    },
    TableRow {
        children: Vec<Node>,
    },
    TableCell {
        children: Vec<Node>,
    },
    Code {
        value: String,
    },
    /// HTML as it is written; to be shown, never to be run.
    Html {
        value: String,
    },
    ThematicBreak,
    FootnoteDefinition {
        identifier: String,
        children: Vec<Node>,
    },
    FootnoteReference {
        identifier: String,
    },
    Text {
        value: String,
    },
    Emphasis {
        children: Vec<Node>,
    },
    Strong {
        children: Vec<Node>,
    },
    Delete {
        children: Vec<Node>,
    },
    InlineCode {
        value: String,
    },
    Break,
    Link {
        url: String,
        children: Vec<Node>,
    },
    Image {
        url: String,
        alt: String,
    },
    /// A link to another note, or what of it is shown here.
    WikiLink {
        /// The name of the note; empty for a place in the same one.
        value: String,
        /// What is shown for it.
        alias: String,
    },
    /// `==marked==`, without its signs.
    Highlight {
        value: String,
    },
    /// A tag with its `#`.
    Tag {
        value: String,
    },
}

/// The words of some nodes, one after the other.
pub(super) fn words(nodes: &[Node]) -> String {
    let mut words = String::new();
    for node in nodes {
        match node {
            Node::Text { value } | Node::InlineCode { value } => words.push_str(value),
            Node::Highlight { value } | Node::Tag { value } | Node::Html { value } => words.push_str(value),
            Node::WikiLink { alias, .. } => words.push_str(alias),
            Node::Image { alt, .. } => words.push_str(alt),
            Node::Break => words.push(' '),
            Node::Emphasis { children }
            | Node::Strong { children }
            | Node::Delete { children }
            | Node::Link { children, .. } => words.push_str(&self::words(children)),
            _ => {}
        }
    }
    words
}
