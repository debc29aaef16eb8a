//! Running text, in which note programs see more than Markdown does: tags, bare addresses, `==marked==` words, and the name
//! of a block behind it.

use std::ops::Range;

use super::Node;
use crate::outline::block_id_at_end;
use crate::tag::{self, Found};

/// Text that the Markdown reader gave in pieces, as it is shown.
#[derive(Default)]
pub(super) struct Run {
    shown: String,
    /// Where the next piece has to begin to belong to it.
    end: usize,
    /// Whether a tag may stand at its very beginning.
    is_free: bool,
}

impl Run {
    pub(super) fn continues(&self, span: &Range<usize>) -> bool {
        self.shown.is_empty() || self.end == span.start
    }

    pub(super) fn push(&mut self, text: &str, shown: &str, span: Range<usize>) {
        if self.shown.is_empty() {
            self.is_free = tag::may_begin(text, span.start, span.start);
        }
        self.shown.push_str(shown);
        self.end = span.end;
    }

    /// Its nodes; the name of a block stands only where the block ends.
    pub(super) fn nodes(self, ends_block: bool) -> Vec<Node> {
        let id = block_id_at_end(&self.shown, &(0..self.shown.len())).filter(|_| ends_block);
        let shown = id.map_or(self.shown.as_str(), |id| self.shown[..id.at].trim_end());
        let mut nodes = Vec::new();
        // Up to where it is in nodes.
        let mut at = 0;
        for (span, node) in self.found(shown) {
            if span.start >= at {
                push_text(&mut nodes, &shown[at..span.start]);
                at = span.end;
                nodes.push(node);
            }
        }
        push_text(&mut nodes, &shown[at..]);
        nodes
    }

    /// What is more than text, in order.
    fn found(&self, shown: &str) -> Vec<(Range<usize>, Node)> {
        let mut found = highlights(shown);
        for item in tag::find(shown, 0..shown.len()) {
            match item {
                Found::Address(span) => {
                    let url = shown[span.clone()].to_owned();
                    found.push((span, Node::Link { children: vec![Node::Text { value: url.clone() }], url }));
                }
                Found::Tag(span) if span.start > 0 || self.is_free => {
                    let value = shown[span.clone()].to_owned();
                    found.push((span, Node::Tag { value }));
                }
                Found::Tag(_) | Found::Block { .. } => {}
            }
        }
        found.sort_by_key(|(span, _)| span.start);
        found
    }
}

/// `==marked==`, without white space or more signs inside of its signs.
fn highlights(shown: &str) -> Vec<(Range<usize>, Node)> {
    const SIGN: &str = "==";
    let is_inside = |c: Option<char>| c.is_some_and(|c| c != '=' && !c.is_whitespace());
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = shown[at..].find(SIGN).map(|offset| at + offset) {
        let inside = open + SIGN.len();
        at = inside;
        if !is_inside(shown[inside..].chars().next()) {
            continue;
        }
        let mut closing = shown[inside..].match_indices(SIGN).map(|(offset, _)| inside + offset);
        // What closes would close every later one too: without it there are no more.
        let Some(close) = closing.find(|close| is_inside(shown[..*close].chars().next_back())) else { break };
        at = close + SIGN.len();
        found.push((open..at, Node::Highlight { value: shown[inside..close].to_owned() }));
    }
    found
}

fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        nodes.push(Node::Text { value: text.to_owned() });
    }
}
