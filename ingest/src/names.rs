//! Which file a link means, as Obsidian decides it. Names are compared NFC-normalised and without case.
//!
//! The order of the rules was observed on Obsidian 1.13: an exact path from the root, then one from the note's own
//! folder, then any file whose path ends so, the shortest path first. A Markdown link is first looked up beside the
//! note, as CommonMark tools and Foam do. Aliases of other notes are never consulted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hydra_graph::LinkKind;
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

/// What a link may leave out, in the order it is tried; the name as written comes last.
const SUFFIXES: [&str; 3] = [".md", ".markdown", ""];

/// The folder of Logseq's journals, of which each file is called after its day.
const JOURNALS: &str = "journals";

/// The files of a vault by the names that links use.
#[derive(Debug, Default)]
pub(crate) struct Names {
    entries: Vec<Entry>,
    by_path: HashMap<String, Vec<usize>>,
    by_file_name: HashMap<String, Vec<usize>>,
    /// Logseq's pages in a namespace, by their name in lower case.
    by_page_name: HashMap<String, usize>,
}

#[derive(Debug)]
struct Entry {
    /// Path from the root with `/`, NFC, as written.
    relative: String,
    /// The same in lower case.
    key: String,
    absolute: PathBuf,
}

impl Names {
    /// Indexes files, given as path from the root and absolute path (they differ for a symlink inside the vault).
    pub fn of(files: impl IntoIterator<Item = (String, PathBuf)>) -> Self {
        let mut entries: Vec<Entry> = files
            .into_iter()
            .map(|(relative, absolute)| {
                let relative: String = relative.nfc().collect();
                Entry { key: relative.to_lowercase(), relative, absolute }
            })
            .collect();
        // The shortest path wins, and the alphabet makes it the same on every machine.
        entries.sort_by_cached_key(|entry| (entry.key.chars().count(), entry.relative.clone()));
        let mut names = Self { entries, ..Self::default() };
        for (index, entry) in names.entries.iter().enumerate() {
            names.by_path.entry(entry.key.clone()).or_default().push(index);
            let stem = file_name(&entry.key).rsplit_once('.').map_or("", |(stem, _)| stem);
            if let Cow::Owned(page) = page_name(stem) {
                names.by_page_name.entry(page).or_insert(index);
            }
            if entry.key.split('/').rev().nth(1) == Some(JOURNALS) {
                for name in day_names(stem).into_iter().flatten() {
                    names.by_page_name.entry(name).or_insert(index);
                }
            }
            names.by_file_name.entry(file_name(&entry.key).to_owned()).or_default().push(index);
        }
        names
    }

    /// Returns the file that `link` means in a note whose folder is `folder` (from the root, `/` between).
    pub fn resolve(&self, folder: &str, link: &str, kind: LinkKind) -> Option<&Path> {
        let link: String = link.trim().nfc().collect();
        if link.is_empty() || link.ends_with('/') {
            return None;
        }
        // Written relative on purpose: no other place is looked at, as in Obsidian.
        if link.starts_with("./") || link.starts_with("../") {
            return self.exact(&join(folder, &link)?);
        }
        if let Some(from_root) = link.strip_prefix('/') {
            return self.exact(&join("", from_root)?);
        }
        let beside = join(folder, &link);
        let from_root = join("", &link);
        let (first, second) = match kind {
            LinkKind::Markdown => (beside, from_root),
            LinkKind::Wikilink | LinkKind::Embed | LinkKind::Property => (from_root, beside),
        };
        [first, second]
            .into_iter()
            .flatten()
            .find_map(|path| self.exact(&path))
            .or_else(|| self.anywhere(&join("", &link)?))
            .or_else(|| Some(self.entries[*self.by_page_name.get(&link.to_lowercase())?].absolute.as_path()))
    }

    fn exact(&self, path: &str) -> Option<&Path> {
        SUFFIXES.iter().find_map(|suffix| {
            let wanted = format!("{path}{suffix}");
            self.pick(self.by_path.get(&wanted.to_lowercase())?, &wanted)
        })
    }

    fn anywhere(&self, path: &str) -> Option<&Path> {
        SUFFIXES.iter().find_map(|suffix| {
            let wanted = format!("{path}{suffix}");
            let key = wanted.to_lowercase();
            let ending = format!("/{key}");
            let candidates: Vec<usize> = self
                .by_file_name
                .get(file_name(&key))?
                .iter()
                .copied()
                .filter(|index| self.entries[*index].key == key || self.entries[*index].key.ends_with(&ending))
                .collect();
            let shortest = self.entries[*candidates.first()?].key.chars().count();
            let same_length = candidates.partition_point(|index| self.entries[*index].key.chars().count() == shortest);
            self.pick(&candidates[..same_length], &wanted)
        })
    }

    /// Prefers the spelling of the link where two files differ only by case.
    fn pick(&self, candidates: &[usize], wanted: &str) -> Option<&Path> {
        let same_case = candidates.iter().find(|index| self.entries[**index].relative.ends_with(wanted));
        same_case.or(candidates.first()).map(|index| self.entries[*index].absolute.as_path())
    }
}

/// Returns a page's name as Logseq spells it in the name of its file: `A___B` and `A%2FB` are `A/B`.
pub(crate) fn page_name(stem: &str) -> Cow<'_, str> {
    if stem.contains("___") || stem.to_ascii_lowercase().contains("%2f") {
        Cow::Owned(stem.replace("___", "/").replace("%2F", "/").replace("%2f", "/"))
    } else {
        Cow::Borrowed(stem)
    }
}

/// Returns what links call the journal of a day, in lower case: as Logseq writes it unless told otherwise (`Mar 1st, 2026`),
/// and as a date.
fn day_names(stem: &str) -> Option<[String; 2]> {
    let date: Date = stem.replace('_', "-").parse().ok()?;
    let day = date.day();
    let ending = match (day / 10, day % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    let month = date.strftime("%b").to_string().to_lowercase();
    Some([format!("{month} {day}{ending}, {}", date.year()), date.to_string()])
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Puts a path behind a folder, taking `.` and `..` out; `None` when it leaves the root.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str]) -> Names {
        Names::of(files.iter().map(|file| ((*file).to_owned(), Path::new("/v").join(file))))
    }

    #[test]
    fn links_find_the_file_that_obsidian_finds() {
        use LinkKind::{Markdown, Wikilink};
        let names = names(&[
            "Note.md",
            "b/Note.md",
            "a/b/Note.md",
            "deep/x/Other.md",
            "zzzz/Other.md",
            "Folder/Größe.md",
            "img/Pic.png",
            "Node.js.md",
            "LICENSE",
            "README.markdown",
            "Case.md",
            "case.md",
            "sub/own.md",
            "own.md",
            "pages/House___Boiler.md",
            "pages/House%2FRoof.md",
            "journals/2026_03_01.md",
            "journals/2026-03-12.md",
            "x/2026_03_02.md",
        ]);
        let cases: &[(&str, &str, LinkKind, Option<&str>)] = &[
            ("", "Mar 1st, 2026", Wikilink, Some("journals/2026_03_01.md")),
            ("", "mar 12th, 2026", Wikilink, Some("journals/2026-03-12.md")),
            ("", "2026-03-01", Wikilink, Some("journals/2026_03_01.md")),
            ("", "Mar 2nd, 2026", Wikilink, None),
            ("", "Note", Wikilink, Some("Note.md")),
            ("b", "Note", Wikilink, Some("Note.md")),
            ("b", "Note", Markdown, Some("b/Note.md")),
            ("", "b/Note", Wikilink, Some("b/Note.md")),
            ("a", "b/Note", Wikilink, Some("b/Note.md")),
            ("", "/b/Note.md", Markdown, Some("b/Note.md")),
            ("", "Other", Wikilink, Some("zzzz/Other.md")),
            ("deep/x", "Other", Wikilink, Some("deep/x/Other.md")),
            ("deep", "x/Other", Wikilink, Some("deep/x/Other.md")),
            ("zzzz", "x/other", Wikilink, Some("deep/x/Other.md")),
            // Decomposed in the link, composed on disk; the sharp s has no single capital.
            ("", "gro\u{308}ße", Wikilink, Some("Folder/Größe.md")),
            ("", "GRÖßE.md", Markdown, Some("Folder/Größe.md")),
            ("", "GRÖSSE", Wikilink, None),
            ("b", "pic.png", Wikilink, Some("img/Pic.png")),
            ("", "Node.js", Wikilink, Some("Node.js.md")),
            ("", "license", Markdown, Some("LICENSE")),
            ("", "readme", Wikilink, Some("README.markdown")),
            ("", "Case", Wikilink, Some("Case.md")),
            ("", "case", Wikilink, Some("case.md")),
            ("b", "../own.md", Markdown, Some("own.md")),
            ("sub", "own", Wikilink, Some("own.md")),
            ("b", "./Other", Wikilink, None),
            ("b", "../../own", Markdown, None),
            ("", "Missing", Wikilink, None),
            ("", "x/Note", Wikilink, None),
            ("", "sub/", Markdown, None),
            ("", "House/Boiler", Wikilink, Some("pages/House___Boiler.md")),
            ("", "house/roof", Wikilink, Some("pages/House%2FRoof.md")),
            ("", "Boiler", Wikilink, None),
        ];
        for (folder, link, kind, expected) in cases {
            let found = names.resolve(folder, link, *kind);
            let expected = expected.map(|file| Path::new("/v").join(file));
            assert_eq!(found.map(Path::to_path_buf), expected, "{link} from {folder}/");
        }
    }
}
