//! Real vaults, compared link by link with an independent count of the wikilinks in note bodies.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hydra_graph::{Document, LinkKind, Target};
use hydra_ingest::{Format, MarkdownFile, Vault, parse};
use serde_json::Value;

struct Read {
    vault: Vault,
    documents: Vec<Document>,
    warnings: usize,
    oracle: Value,
}

fn read(folder: &Path, vault: &str, oracle: &str) -> Read {
    let json = fs::read_to_string(folder.join("links").join(oracle)).unwrap();
    let vault = Vault::scan(&folder.join("vaults").join(vault)).unwrap();
    let (mut documents, mut warnings) = (Vec::new(), 0);
    for path in vault.notes().iter().filter(|path| Format::of(path) == Some(Format::Markdown)) {
        let text = fs::read_to_string(path).unwrap();
        let file = MarkdownFile { path, text: &text, content_hash: "", modified_at: None, space: "personal" };
        let parsed = parse(&file, &vault);
        shared::check_invariants(&parsed.document);
        warnings += parsed.warnings.len();
        documents.push(parsed.document);
    }
    Read { vault, documents, warnings, oracle: serde_json::from_str(&json).unwrap() }
}

impl Read {
    /// The wikilinks of a body, each by what stands before `#` and `|`, as the oracle spells them.
    fn wikilinks(document: &Document) -> Vec<String> {
        let wikilinks = document.links.iter().filter(|link| link.kind == LinkKind::Wikilink);
        let name = |written: &str| {
            let inside = written.trim_start_matches("[[").trim_end_matches("]]");
            inside.split(['|', '#']).next().unwrap().trim().trim_end_matches('\\').to_owned()
        };
        wikilinks.map(|link| name(&document.text[link.span.clone()])).collect()
    }

    /// The oracle's key of a note: its name, or its path where two have one name.
    fn key(&self, document: &Document) -> String {
        let relative = document.path.strip_prefix(self.vault.root()).unwrap().with_extension("");
        let relative = relative.to_str().unwrap().to_owned();
        match self.oracle["wikilinks"].get(&relative) {
            Some(_) => relative,
            None => relative.rsplit('/').next().unwrap().to_owned(),
        }
    }

    /// Every difference as `note: +what only we see` or `note: -what only the oracle sees`.
    fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        for document in &self.documents {
            let key = self.key(document);
            let theirs = self.oracle["wikilinks"][&key].as_array().unwrap_or_else(|| panic!("{key} is unknown"));
            let mut counts: BTreeMap<String, i32> = BTreeMap::new();
            for name in Self::wikilinks(document) {
                *counts.entry(name).or_default() += 1;
            }
            for name in theirs {
                *counts.entry(name.as_str().unwrap().trim().to_owned()).or_default() -= 1;
            }
            for (name, count) in counts {
                let sign = if count > 0 { '+' } else { '-' };
                differences.extend((0..count.abs()).map(|_| format!("{key}: {sign}{name}")));
            }
        }
        differences.sort();
        differences
    }

    /// Every difference between the tags of bodies, written as for links, and how many of the oracle's tags are fragments: it
    /// takes whatever follows a `#` for a tag, also in an address (`guide.html#setup`) or a link (`[[Note#Heading]]`), and
    /// ends each at its first `-`, which it keeps (`kebab-` of `#kebab-case`).
    fn tag_differences(&self) -> (Vec<String>, usize) {
        let (mut differences, mut fragments) = (Vec::new(), 0);
        for document in &self.documents {
            let (key, text) = (self.key(document), &document.text);
            let mut theirs: Vec<&str> = match self.oracle["tags"].get(&key) {
                Some(tags) => tags.as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect(),
                None => Vec::new(),
            };
            let is_glued = |(at, _): (usize, &str)| text[..at].ends_with(|c: char| !c.is_whitespace());
            let before = theirs.len();
            theirs.retain(|tag| !text.match_indices(&format!("#{tag}")).all(is_glued));
            fragments += before - theirs.len();
            // What stands in front matter has no `#`, and the oracle does not count it.
            let ours = document.tags.iter().filter(|tag| text.contains(&format!("#{tag}")));
            for tag in ours {
                let is_same = |their: &&str| match their.strip_suffix('-') {
                    Some(start) => tag.split('-').next() == Some(start),
                    None => *their == tag,
                };
                match theirs.iter().position(is_same) {
                    Some(at) => drop(theirs.remove(at)),
                    None => differences.push(format!("{key}: +{tag}")),
                }
            }
            differences.extend(theirs.into_iter().map(|tag| format!("{key}: -{tag}")));
        }
        differences.sort();
        (differences, fragments)
    }

    /// Names in wikilinks of bodies that no file has.
    fn unresolved(&self) -> BTreeSet<String> {
        let links = self.documents.iter().flat_map(|document| &document.links);
        links
            .filter(|link| link.kind == LinkKind::Wikilink)
            .filter_map(|link| match &link.target {
                Target::Name(name) => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    fn oracle_unresolved(&self) -> BTreeSet<String> {
        let names = self.oracle["nonexistent"].as_array().unwrap();
        names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    fn count(&self, is_counted: impl Fn(&Document) -> usize) -> usize {
        self.documents.iter().map(is_counted).sum()
    }

    fn wikilink_count(&self) -> usize {
        self.count(|document| Self::wikilinks(document).len())
    }

    fn kind_count(&self, kind: LinkKind) -> usize {
        self.count(|document| document.links.iter().filter(|link| link.kind == kind).count())
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn obsidian_help() {
    let Some(folder) = shared::bench_dir() else { return };
    let read = read(&folder, "obsidian-help-en", "oracle.obsidian-help_en.json");
    assert_eq!(read.documents.len(), 173);
    // In these three the brackets are escaped (`\[\[Wikilinks\]\]`): they are shown as text, and no link to Obsidian.
    let escaped =
        ["Internal links: -Wikilinks", "Link notes: -Three laws of motion", "Link notes: -double bracket syntax"];
    assert_eq!(read.differences(), escaped);
    assert_eq!(read.wikilink_count(), 1527 - escaped.len());
    // `#tag`, `#TAG` and `#Tag` are one to Obsidian, as that very note says, and are kept as the first is written.
    assert_eq!(read.tag_differences(), (vec!["Tags: -TAG".to_owned(), "Tags: -Tag".to_owned()], 19));
    // The picture is not in the published vault; the oracle counts notes only.
    assert_eq!(read.unresolved(), set(&["Example", "web-clipper-kde.png"]));
    // Of the oracle's 37 names without a note all but `Example` have one for Obsidian: it compares without case, knows
    // notes by their path as well, and takes `[[#Heading]]` for the same note. Three are the escaped ones above.
    let escaped = set(&["Wikilinks", "Three laws of motion", "double bracket syntax"]);
    let found: BTreeSet<String> = read.oracle_unresolved().difference(&read.unresolved()).cloned().collect();
    assert_eq!(found.len(), 36);
    for name in found.iter().filter(|name| !name.is_empty() && !escaped.contains(*name)) {
        let from = read.vault.root().join("Home.md");
        let file = read.vault.resolve(&from, name, LinkKind::Wikilink).unwrap_or_else(|| panic!("{name} has no file"));
        let (stem, name) = (file.file_stem().unwrap().to_str().unwrap(), name.rsplit('/').next().unwrap());
        assert_eq!(stem.to_lowercase(), name.to_lowercase());
    }
    let kinds = [LinkKind::Embed, LinkKind::Markdown, LinkKind::Property].map(|kind| read.kind_count(kind));
    // Not in the oracle: counted with regular expressions over the bodies, and the differences looked at one by one.
    assert_eq!((kinds, read.warnings), ([290, 448, 0], 0));
}

#[test]
fn kepano() {
    let Some(folder) = shared::bench_dir() else { return };
    let read = read(&folder, "kepano", "oracle.kepano.json");
    assert_eq!(read.documents.len(), 103);
    assert_eq!(read.differences(), [""; 0]);
    assert_eq!(read.wikilink_count(), 14);
    assert_eq!(read.tag_differences(), (vec![], 0));
    // `[[evergreen]]` is `Evergreen.md` to Obsidian, which compares without case.
    let mut expected = read.oracle_unresolved();
    assert!(expected.remove("evergreen"));
    assert_eq!(read.unresolved(), expected);
    let kinds = [LinkKind::Embed, LinkKind::Markdown, LinkKind::Property].map(|kind| read.kind_count(kind));
    // 28 templates hold `{{date}}`, which is not YAML; the 134 links of all other properties are there.
    assert_eq!((kinds, read.warnings), ([61, 6, 134], 28));
}

#[test]
fn foam() {
    let Some(folder) = shared::bench_dir() else { return };
    let read = read(&folder, "foam", "oracle.foam_docs.json");
    assert_eq!(read.documents.len(), 86);
    assert_eq!(read.differences(), [""; 0]);
    assert_eq!(read.wikilink_count(), 199);
    assert_eq!(read.tag_differences(), (vec![], 26));
    assert_eq!(read.unresolved(), read.oracle_unresolved());
    let kinds = [LinkKind::Embed, LinkKind::Markdown, LinkKind::Property].map(|kind| read.kind_count(kind));
    assert_eq!((kinds, read.warnings), ([18, 327, 0], 0));
}
