//! Obsidian's base: YAML that says which notes are shown and how. Its text is found by its words, its entries are
//! properties, and the notes it names are linked.

use std::ops::Range;

use hydra_graph::{LinkKind, Result};

use crate::content::Content;
use crate::encoding::decode;
use crate::front_matter::{self, MAX_FRONT_MATTER_BYTES};
use crate::outline::{Block, BlockKind, Outline, WrittenLink};

/// What stands before a name in a formula.
const NAMES: [&str; 2] = ["link(\"", "hasLink(\""];

/// Reads a base.
///
/// # Errors
/// `Invalid` when it is no text.
pub(crate) fn read(bytes: &[u8]) -> Result<Content> {
    let text = decode(bytes)?.text;
    let mut outline = Outline::default();
    for span in entries(&text) {
        outline.blocks.push(Block { kind: BlockKind::Code, span, end: outline.blocks.len() + 1 });
    }
    outline.links = links(&text);
    let (properties, trouble) = if text.len() > MAX_FRONT_MATTER_BYTES {
        let message = format!("is longer than {MAX_FRONT_MATTER_BYTES} bytes, and was read as text alone");
        (Vec::new(), Some((None, message, "split the base".to_owned())))
    } else {
        let (read, trouble) = front_matter::read(&text);
        // That counts from the second line of a note.
        let trouble = trouble.map(|t| (Some(t.line - 1), t.message.replace("front matter", "it"), t.hint));
        (read.properties, trouble)
    };
    let mut content = Content::of(text, outline);
    content.properties = properties;
    content.troubles.extend(trouble);
    Ok(content)
}

/// Cuts before each line that is not indented.
fn entries(text: &str) -> Vec<Range<usize>> {
    let mut entries: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match entries.last_mut() {
            Some(entry) if line.starts_with([' ', '\t', '\r', '\n', '-']) => entry.end = end,
            _ => entries.push(at..end),
        }
        at = end;
    }
    entries
}

fn links(text: &str) -> Vec<WrittenLink> {
    let mut links = Vec::new();
    for before in NAMES {
        // `hasLink(` ends in `Link(`, so neither is found in the other.
        for (at, _) in text.match_indices(before).take(crate::outline::MAX_LINKS / NAMES.len()) {
            let start = at + before.len();
            let line = text[start..].lines().next().unwrap_or_default();
            let Some(target) = line.split_once('"').map(|(target, _)| target.to_owned()) else { continue };
            let span = start..start + target.len();
            links.push(WrittenLink { span, kind: LinkKind::Property, is_wiki: true, target, label: None });
        }
    }
    links.sort_by_key(|link| link.span.start);
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_text_properties_and_links() {
        let text =
            "filters:\n  and:\n    - file.hasLink(\"Boiler\")\nviews:\n  - type: table\n    name: Open\n    limit: 5\n";
        let content = read(text.as_bytes()).unwrap();
        crate::mutation::check_content(&content);
        let said: Vec<_> = content.properties.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
        assert_eq!(
            said,
            ["filters.and=file.hasLink(\"Boiler\")", "views.type=table", "views.name=Open", "views.limit=5"]
        );
        assert_eq!((content.links.len(), content.links[0].target.as_str()), (1, "Boiler"));
        assert!(content.text[content.passages[0].span.clone()].starts_with("filters:"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let content = read(b"views:\n  - type: [\nfilters: x\n").unwrap();
        assert_eq!((content.troubles.len(), content.properties.len()), (1, 1));
        assert!(content.troubles[0].0 <= Some(3), "{:?}", content.troubles);
        let long = |bytes: usize| read("x".repeat(bytes).as_bytes()).unwrap().troubles[0].1.contains("as text alone");
        assert!(!long(MAX_FRONT_MATTER_BYTES) && long(MAX_FRONT_MATTER_BYTES + 1));
        let bomb = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read(bomb.as_bytes()).unwrap().troubles.len(), 1);
        crate::mutation::check(b"views:\n  - type: table\n    name: \"x\"\n", |bytes| {
            if let Ok(content) = read(bytes) {
                crate::mutation::check_content(&content);
            }
        });
    }
}
