//! Obsidian's canvas (JSON Canvas 1.0): its cards as text and links, its arrows as lines that name both ends.

use std::collections::HashMap;

use hydra_graph::{Error, ErrorKind, Passage, Result};
use serde_json::Value;

use crate::content::Content;
use crate::encoding::decode;
use crate::outline::{Outline, shorten};
use crate::passages;

/// Most cards and arrows that are read of one canvas.
const MAX_CARDS: usize = 10_000;
/// How much of a card's text names it at the end of an arrow.
const MAX_NAME_BYTES: usize = 80;

/// Reads a canvas.
///
/// # Errors
/// `Invalid` when it is not the JSON of one.
pub(crate) fn read(bytes: &[u8]) -> Result<Content> {
    let text = decode(bytes)?.text;
    let mut content = Content::default();
    // A canvas that was just made is an empty file.
    if text.trim().is_empty() {
        return Ok(content);
    }
    let refused = |why: String| {
        Error::new(ErrorKind::Invalid, format!("is not the JSON of a canvas: {why}"))
            .hint("open it in Obsidian, or leave it out with a line in .hydraignore")
    };
    let canvas: Value = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let list = |name: &str| match canvas.get(name) {
        Some(Value::Array(values)) => Ok(values.as_slice()),
        None if canvas.is_object() => Ok(&[][..]),
        _ => Err(refused(format!("it has no list of {name}"))),
    };
    let (nodes, edges) = (list("nodes")?, list("edges")?);
    let mut names: HashMap<&str, String> = HashMap::new();
    for card in nodes.iter().take(MAX_CARDS) {
        let markdown = markdown(card);
        if let Some(id) = card["id"].as_str() {
            names.insert(id, name(card, &markdown));
        }
        content.append(&markdown);
    }
    let arrows: Vec<String> = edges.iter().take(MAX_CARDS).filter_map(|edge| arrow(edge, &names)).collect();
    content.append(&arrows.join("\n"));
    if nodes.len().max(edges.len()) > MAX_CARDS {
        content.trouble(
            format!("holds more than {MAX_CARDS} cards or arrows, the rest were left out"),
            "split the canvas",
        );
    }
    Ok(content)
}

/// A card as Markdown.
fn markdown(card: &Value) -> String {
    let said = |name: &str| card[name].as_str().unwrap_or_default();
    match said("type") {
        "file" => format!("![[{}{}]]", said("file"), said("subpath")),
        "link" => format!("<{}>", said("url")),
        "group" => said("label").to_owned(),
        _ => said("text").to_owned(),
    }
}

fn name(card: &Value, markdown: &str) -> String {
    match card["file"].as_str() {
        Some(file) => format!("[[{file}]]"),
        None => {
            let line =
                markdown.lines().map(|line| line.trim_matches([' ', '#', '-', '*'])).find(|line| !line.is_empty());
            shorten(line.unwrap_or("an empty card"), MAX_NAME_BYTES).to_owned()
        }
    }
}

/// An arrow as an item of a list; `None` where an end of it is missing.
fn arrow(edge: &Value, names: &HashMap<&str, String>) -> Option<String> {
    let end = |side: &str| names.get(edge[side].as_str()?);
    let (from, to) = (end("fromNode")?, end("toNode")?);
    let label = edge["label"].as_str().map(str::trim).filter(|label| !label.is_empty());
    let label = label.map(|label| format!(": {}", label.split_whitespace().collect::<Vec<_>>().join(" ")));
    Some(format!("- {from} → {to}{}", label.unwrap_or_default()))
}

impl Content {
    /// Adds Markdown that has nothing to do with what stands before it: headings do not reach from card to card.
    fn append(&mut self, markdown: &str) {
        if markdown.trim().is_empty() {
            return;
        }
        let at = self.text.len();
        let line = self.text.matches('\n').count() as u32;
        let outline = Outline::read(markdown, 0);
        let shifted = |span: std::ops::Range<usize>| span.start + at..span.end + at;
        let passages = passages::cut(markdown, &outline).passages;
        let room = passages::MAX_PASSAGES.saturating_sub(self.passages.len());
        self.passages.extend(passages.into_iter().take(room).map(|passage| Passage {
            span: shifted(passage.span),
            line: passage.line + line,
            ..passage
        }));
        let room = crate::outline::MAX_LINKS.saturating_sub(self.links.len());
        for mut link in outline.links.into_iter().take(room) {
            link.span = shifted(link.span);
            self.links.push(link);
        }
        let room = crate::outline::MAX_TAGS.saturating_sub(self.tags.len());
        let is_new = |tag: &String| !self.tags.iter().any(|known| known.eq_ignore_ascii_case(tag));
        let tags: Vec<String> = outline.tags.into_iter().filter(is_new).take(room).collect();
        self.tags.extend(tags);
        self.text.push_str(markdown);
        self.text.push_str("\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r##"{"nodes":[
        {"id":"a","type":"text","text":"# Plan\nThe boiler, see [[Note]] #house","x":0,"y":0},
        {"id":"b","type":"file","file":"sub/Note.md","subpath":"#Part"},
        {"id":"c","type":"link","url":"https://a.org"},
        {"id":"d","type":"group","label":"Upstairs"}],
        "edges":[{"id":"e","fromNode":"a","toNode":"b","label":"is about"},{"fromNode":"b","toNode":"c"},{"fromNode":"a","toNode":"gone"}]}"##;

    #[test]
    fn cards_and_arrows_are_text_and_links() {
        let content = read(SAMPLE.as_bytes()).unwrap();
        crate::mutation::check_content(&content);
        let said: Vec<_> = content.passages.iter().map(|p| &content.text[p.span.clone()]).collect();
        assert_eq!(
            said,
            [
                "The boiler, see [[Note]] #house",
                "![[sub/Note.md#Part]]",
                "<https://a.org>",
                "Upstairs",
                "- Plan → [[sub/Note.md]]: is about\n- [[sub/Note.md]] → <https://a.org>"
            ]
        );
        assert_eq!(content.passages[0].headings, ["Plan"]);
        assert_eq!(content.passages[1].line, 4);
        let targets: Vec<_> = content.links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets[..3], ["Note", "sub/Note.md#Part", "https://a.org"]);
        assert_eq!(content.tags, ["house"]);
        for link in &content.links {
            assert!(content.text[link.span.clone()].contains(link.target.split('#').next().unwrap()), "{link:?}");
        }
    }

    #[test]
    fn what_is_no_canvas_is_refused() {
        for empty in ["", " \n", "{}", "{\"nodes\":[{}],\"edges\":[{}]}"] {
            assert_eq!(read(empty.as_bytes()).unwrap().passages, [], "{empty}");
        }
        for bad in ["[]", "{", "x", "{\"nodes\":1}", &"[".repeat(100_000)] {
            let error = read(bad.as_bytes()).err().unwrap();
            assert!(error.message().starts_with("is not the JSON of a canvas"), "{error}");
        }
        let nested = format!("{{\"nodes\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(nested.as_bytes()).is_err());
        let cards = |count: usize| format!("{{\"nodes\":[{}]}}", vec!["{\"text\":\"x\"}"; count].join(","));
        assert_eq!(read(cards(MAX_CARDS).as_bytes()).unwrap().troubles.len(), 0);
        let cut = read(cards(MAX_CARDS + 1).as_bytes()).unwrap();
        assert_eq!((cut.passages.len(), cut.troubles.len()), (MAX_CARDS, 1));
    }

    #[test]
    fn nothing_in_a_canvas_does_harm() {
        crate::mutation::check(SAMPLE.as_bytes(), |bytes| {
            if let Ok(content) = read(bytes) {
                crate::mutation::check_content(&content);
            }
        });
    }
}
