//! A large vault out of small ones: notes of real people, repeated, each copy under names of its own and with other words in
//! it, so that no passage is the same as another.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::corpus::Random;

/// One word in so many is replaced.
const EVERY: usize = 8;
/// Shorter words are left: they carry the sentence.
const MIN_LETTERS: usize = 4;

/// A note of a small vault.
struct Original {
    /// The vault and the path in it, without the ending.
    path: PathBuf,
    text: String,
}

/// Writes `count` notes made of the vaults in `from`, and returns where they are.
///
/// Copy `k` of a note is called as it was with ` k` behind it. So are links to notes of the same vault, which lead within the
/// copy as they did in the original, and its headings of the first level. Since a passage is embedded with the title of its note,
/// that alone makes it another text for the cache of vectors; but one plain word in eight is also another in each copy, so
/// that it is another text for the model too, of the same length.
pub fn write_copies(from: &Path, to: &Path, count: usize) -> Vec<PathBuf> {
    let originals = originals(from);
    assert!(!originals.is_empty(), "{} has no notes", from.display());
    let names: HashSet<String> = originals.iter().map(|original| stem(&original.path).to_lowercase()).collect();
    let mut written = Vec::with_capacity(count);
    for number in 0..count {
        let (copy, original) = (number / originals.len() + 1, &originals[number % originals.len()]);
        let place = to.join(format!("copy {copy}")).join(original.path.parent().unwrap_or(Path::new("")));
        std::fs::create_dir_all(&place).expect("a folder for notes");
        let path = place.join(format!("{} {copy}.md", stem(&original.path)));
        let mut random = Random::new(number as u64);
        std::fs::write(&path, reworded(&original.text, copy, &names, &mut random)).expect("a note");
        written.push(path);
    }
    written
}

fn originals(from: &Path) -> Vec<Original> {
    let (mut found, mut folders) = (Vec::new(), vec![from.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a vault").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md")
                && let (Ok(text), Ok(place)) = (std::fs::read_to_string(&path), path.strip_prefix(from))
            {
                found.push(Original { path: place.with_extension(""), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn stem(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn reworded(text: &str, copy: usize, names: &HashSet<String>, random: &mut Random) -> String {
    let (mut written, mut words) = (String::with_capacity(text.len() + 256), 0);
    // How what is left as it is ends, while it lasts.
    let mut literal: Option<&str> = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let begins = ["```", "~~~", "---"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        let begins = begins.filter(|mark| *mark != "---" || number == 0 || literal == Some("---"));
        let is_border = begins.is_some() && (literal.is_none() || literal == begins);
        if is_border {
            literal = if literal.is_some() { None } else { begins };
        }
        if literal.is_some() || is_border {
            // Code stays code and properties stay properties; their links are notes all the same.
            written.push_str(&relinked(line, copy, names));
        } else if let Some(title) = line.strip_prefix("# ") {
            written.push_str(&format!("# {} {copy}\n", title.trim_end()));
        } else {
            let line = relinked(line, copy, names);
            for word in line.split_inclusive(' ') {
                let bare = word.trim_end();
                let is_plain = bare.len() >= MIN_LETTERS && bare.bytes().all(|byte| byte.is_ascii_lowercase());
                words += usize::from(is_plain);
                if is_plain && words % EVERY == 1 {
                    written.push_str(random.word());
                    written.push_str(&word[bare.len()..]);
                } else {
                    written.push_str(word);
                }
            }
        }
    }
    written
}

/// Has links lead to the notes of the copy: `[[name…]]`, `](path.md…)`.
fn relinked(line: &str, copy: usize, names: &HashSet<String>) -> String {
    let (mut written, mut rest) = (String::with_capacity(line.len() + 16), line);
    loop {
        let wiki = rest.find("[[").map(|at| (at, "[[", ["]]", "|", "#"].as_slice()));
        let plain = rest.find("](").map(|at| (at, "](", [")", "#", " "].as_slice()));
        let next = match (wiki, plain) {
            (Some(one), Some(other)) => Some(if one.0 <= other.0 { one } else { other }),
            (one, other) => one.or(other),
        };
        let Some((at, opening, ends)) = next else { break };
        let begins = at + opening.len();
        let ends = ends.iter().filter_map(|end| rest[begins..].find(end)).min();
        let Some(target) = ends.map(|end| &rest[begins..begins + end]) else { break };
        written.push_str(&rest[..begins]);
        let name = target.strip_suffix(".md").unwrap_or(target);
        let last = name.rsplit('/').next().unwrap_or_default().replace("%20", " ");
        if names.contains(&last.to_lowercase()) && !target.contains("://") {
            let blank = if opening == "](" { "%20" } else { " " };
            written.push_str(&format!("{name}{blank}{copy}{}", &target[name.len()..]));
        } else {
            written.push_str(target);
        }
        rest = &rest[begins + target.len()..];
    }
    written + rest
}
