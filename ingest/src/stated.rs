//! What a note states of itself: front matter and inline fields as facts, but for what only says how the note is kept.

use std::path::Path;

use hydra_graph::{FileFact, LinkKind, Property, Target};

use crate::front_matter::links_in;
use crate::reference;
use crate::vault::Vault;

/// Names of properties that are about the file, or for a program that shows it, in lower case.
const OF_THE_FILE: [&str; 34] = [
    "alias",
    "aliases",
    "banner",
    "collapsed",
    "created",
    "created at",
    "cssclass",
    "cssclasses",
    "date created",
    "date modified",
    "description",
    "draft",
    "excalidraw plugin",
    "excerpt",
    "heading",
    "icon",
    "id",
    "kanban plugin",
    "lang",
    "last modified",
    "layout",
    "modified",
    "permalink",
    "publish",
    "published",
    "slug",
    "summary",
    "tag",
    "tags",
    "template",
    "title",
    "uid",
    "updated",
    "updated at",
];

/// Returns what properties state, in order. A value of links alone states one thing for each.
pub(crate) fn facts(properties: &[Property], path: &Path, vault: &Vault) -> Vec<FileFact> {
    let mut facts = Vec::new();
    for property in properties.iter().filter(|property| !is_of_the_file(&property.name)) {
        let plain = FileFact::of(property);
        let links = links_alone(&property.value);
        let targets = links.iter().filter_map(|(target, label)| {
            let (target_of, _) = if label.is_markdown {
                reference::markdown(target, LinkKind::Property, path, vault)?
            } else {
                reference::wiki(target, LinkKind::Property, path, vault)?
            };
            let label = label.text.clone().unwrap_or_else(|| shown(&target_of, target));
            (!matches!(target_of, Target::Url(_))).then(|| FileFact {
                target: Some(target_of),
                label: Some(label),
                ..plain.clone()
            })
        });
        let before = facts.len();
        facts.extend(targets);
        if facts.len() == before {
            facts.push(plain);
        }
    }
    facts
}

fn is_of_the_file(name: &str) -> bool {
    let spoken = name.to_lowercase().replace(['_', '-'], " ");
    OF_THE_FILE.binary_search(&spoken.trim()).is_ok()
}

/// How a link is written.
struct Label {
    text: Option<String>,
    is_markdown: bool,
}

/// Returns the links of a value that holds nothing else than links and what stands between them.
fn links_alone(value: &str) -> Vec<(String, Label)> {
    let value = value.trim();
    if let Some((label, target)) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(')')?.split_once("](")) {
        let is_one = !label.starts_with('[') && !target.contains(['(', ')']) && !label.contains(']');
        let label = Label { text: Some(label.to_owned()), is_markdown: true };
        return if is_one { vec![(target.to_owned(), label)] } else { Vec::new() };
    }
    let mut rest = String::new();
    let mut outside = value;
    while let Some((before, after)) = outside.split_once("[[") {
        let Some((_, after)) = after.split_once("]]") else { return Vec::new() };
        rest.push_str(before);
        outside = after;
    }
    rest.push_str(outside);
    if !rest.chars().all(|c| c.is_whitespace() || matches!(c, ',' | ';')) {
        return Vec::new();
    }
    links_in(value).into_iter().map(|link| (link.target, Label { text: link.label, is_markdown: false })).collect()
}

/// What a link without a label is shown as.
fn shown(target: &Target, written: &str) -> String {
    match target {
        Target::Name(name) => name.clone(),
        _ => {
            let place = written.split('#').next().unwrap_or(written);
            place.rsplit('/').next().unwrap_or(place).trim().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_graph::Datatype;

    fn property(name: &str, value: &str) -> Property {
        Property { name: name.into(), value: value.into(), datatype: Datatype::of(value) }
    }

    fn read(name: &str, value: &str) -> Vec<(String, Option<String>)> {
        let facts = facts(&[property(name, value)], Path::new("/v/a.md"), &Vault::default());
        facts.into_iter().map(|fact| (fact.value, fact.label)).collect()
    }

    #[test]
    fn names_of_the_file_are_in_order() {
        assert!(OF_THE_FILE.is_sorted());
        for name in ["Tags", "created_at", "kanban-plugin", "ID"] {
            assert!(read(name, "x").is_empty(), "{name}");
        }
        assert_eq!(read("status", "x").len(), 1);
    }

    #[test]
    fn a_value_of_links_alone_states_each() {
        let owned = |value: &str, label: &str| (value.to_owned(), Some(label.to_owned()));
        assert_eq!(read("owner", "[[Mirela]]"), [owned("[[Mirela]]", "Mirela")]);
        let both = "[[Mirela|M]], [[Oskar]]";
        assert_eq!(read("owner", both), [owned(both, "M"), owned(both, "Oskar")]);
        assert_eq!(read("owner", "[her](Mirela.md)"), [owned("[her](Mirela.md)", "her")]);
        for plain in ["with [[Mirela]]", "[[Mirela", "Mirela", "5", "[a](b) and [c](d)", "[[https://x.org"] {
            assert_eq!(read("owner", plain), [(plain.to_owned(), None)], "{plain}");
        }
    }
}
