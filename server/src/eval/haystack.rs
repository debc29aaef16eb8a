//! The layout on disk: sets, their haystacks, documents and queries.

use std::fs;
use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, MAX_TEXT_BYTES, NewMemory, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::date;

const CORPUS: &str = "corpus.jsonl";
const QUERIES: &str = "queries.jsonl";
const LAYOUT: &str = "name a folder with one folder for each haystack (corpus.jsonl and queries.jsonl), or a folder of \
                      such folders";

/// One set.
#[derive(Debug, PartialEq)]
pub struct Set {
    /// The folder's name.
    pub name: String,
    /// Folders of its haystacks, by name.
    pub haystacks: Vec<PathBuf>,
}

impl Set {
    /// Tells whether its haystacks are right in that folder.
    pub fn is_in(&self, folder: &Path) -> bool {
        self.haystacks.iter().all(|haystack| haystack.parent() == Some(folder))
    }
}

/// Finds the set in a folder, or all sets in a folder of sets.
///
/// # Errors
/// `Invalid` when there is none, with the layout in the hint.
pub fn sets(folder: &Path) -> Result<Vec<Set>> {
    let here = set(folder)?;
    if !here.haystacks.is_empty() {
        return Ok(vec![here]);
    }
    let inside: Vec<Set> = folders(folder)?.iter().map(|inner| set(inner)).collect::<Result<_>>()?;
    let sets: Vec<Set> = inside.into_iter().filter(|set| !set.haystacks.is_empty()).collect();
    if sets.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, format!("{} holds no haystack", folder.display())).hint(LAYOUT));
    }
    Ok(sets)
}

fn set(folder: &Path) -> Result<Set> {
    let name = std::path::absolute(folder).ok().and_then(|folder| Some(folder.file_name()?.to_owned()));
    let haystacks = folders(folder)?.into_iter().filter(|inner| inner.join(CORPUS).is_file()).collect();
    Ok(Set { name: name.unwrap_or_default().to_string_lossy().into_owned(), haystacks })
}

/// Folders in a folder, by name.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| Error::io(folder.display(), &error).hint(LAYOUT);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// One haystack, read.
pub struct Haystack {
    /// The folder's name.
    pub name: String,
    /// What goes in, in its order.
    pub documents: Vec<Document>,
    /// What is asked.
    pub queries: Vec<Query>,
    /// Recognises the documents.
    pub fingerprint: String,
}

/// One document.
#[derive(Debug, Deserialize)]
pub struct Document {
    /// Its id.
    pub id: String,
    text: String,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    speaker: Option<String>,
    #[serde(default)]
    ts: Option<String>,
}

/// One question.
#[derive(Debug, Deserialize)]
pub struct Query {
    /// Its id.
    pub id: String,
    /// The words.
    pub text: String,
    /// What kind of question it is.
    #[serde(default)]
    pub category: String,
    /// Documents that hold the answer; a question without any is asked and not scored.
    #[serde(default)]
    pub gold: Vec<String>,
}

impl Haystack {
    /// Reads a haystack.
    ///
    /// # Errors
    /// `Invalid` names the file and the line that does not read.
    pub fn read(folder: &Path) -> Result<Self> {
        let (documents, corpus) = lines(&folder.join(CORPUS), "a document has id and text")?;
        let (queries, _) = lines(&folder.join(QUERIES), "a query has id, text, category and gold")?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, documents, queries, fingerprint: blake3::hash(&corpus).to_hex().to_string() })
    }
}

impl Document {
    /// Returns whether a time is given that no known format fits.
    pub fn is_undated(&self) -> bool {
        self.ts.as_deref().is_some_and(|ts| date::parse(ts).is_none())
    }

    /// Returns the memories that stand for it: one, none for a blank text, several for one that is too long for one.
    pub fn memories(&self) -> Vec<NewMemory> {
        let named = |name: &Option<String>| name.clone().filter(|name| !name.trim().is_empty());
        let (session, speaker) = (named(&self.session), named(&self.speaker));
        // What people say does not begin with their own name.
        let framed = speaker.as_deref().and_then(|speaker| self.text.strip_prefix(speaker)?.strip_prefix(": "));
        let happened_at = self.ts.as_deref().and_then(date::parse);
        cut(framed.unwrap_or(&self.text))
            .map(|text| NewMemory {
                session: session.clone(),
                speaker: speaker.clone(),
                happened_at,
                ..NewMemory::new(text)
            })
            .collect()
    }
}

/// Cuts a text into pieces that one memory holds, at a blank if there is one.
fn cut(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = rest.len().min(MAX_TEXT_BYTES);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if end < rest.len() {
            end = rest[..end].rfind(char::is_whitespace).filter(|blank| *blank > 0).unwrap_or(end);
        }
        let (piece, left) = rest.split_at(end);
        rest = left;
        (!piece.is_empty()).then_some(piece)
    })
    .filter(|piece| !piece.trim().is_empty())
}

/// Reads JSON lines; returns the bytes too.
pub(super) fn lines<T: DeserializeOwned>(path: &Path, hint: &str) -> Result<(Vec<T>, Vec<u8>)> {
    let bytes = fs::read(path).map_err(|error| Error::io(path.display(), &error).hint(LAYOUT))?;
    let mut read = Vec::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        read.push(serde_json::from_slice(line).map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("{}:{}: {error}", path.display(), at + 1))
                .hint(format!("write one JSON object a line; {hint}"))
        })?);
    }
    Ok((read, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &str) -> Document {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_document_becomes_a_memory() {
        let told = document(r#"{"id":"1","text":"Ann: Hello.","session":"s","speaker":"Ann","ts":"March-15-2024"}"#);
        let memory = told.memories().remove(0);
        assert_eq!((memory.text.as_str(), memory.speaker.as_deref()), ("Hello.", Some("Ann")));
        assert!(memory.happened_at.is_some() && !told.is_undated());
        let plain = document(r#"{"id":"1","text":"Ann: Hello.","session":"","speaker":"","ts":null}"#);
        assert_eq!(plain.memories(), [NewMemory::new("Ann: Hello.")]);
        let odd = document(r#"{"id":"1","text":" ","ts":"once upon a time"}"#);
        assert!(odd.is_undated() && odd.memories().is_empty());
    }

    #[test]
    fn a_text_that_is_too_long_becomes_several() {
        let long = "ä word ".repeat(MAX_TEXT_BYTES / 4);
        let pieces: Vec<&str> = cut(&long).collect();
        assert_eq!(pieces.concat(), long);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= MAX_TEXT_BYTES));
        assert!(pieces.iter().skip(1).all(|piece| piece.starts_with(' ')));
        assert_eq!(cut(&"ä".repeat(MAX_TEXT_BYTES)).count(), 2);
    }
}
