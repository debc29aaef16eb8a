//! What a reader found in a file that is no Markdown, on its way to a document.

use std::path::Path;

use hydra_graph::{Document, LinkKind, Passage, Property, Reading, Timestamp};

use crate::markdown::{MAX_TITLE_BYTES, Parsed, file_title, links_of_body};
use crate::outline::{MAX_LINKS, MAX_TAGS, Outline, WrittenLink, shorten};
use crate::passages::{self, AIM_WORDS, MAX_PASSAGES};
use crate::piece::{Grain, Scale};
use crate::tag::{self, Found};
use crate::vault::Vault;

/// What is known of a file besides what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'f> {
    pub path: &'f Path,
    pub content_hash: &'f str,
    pub modified_at: Option<Timestamp>,
    pub space: &'f str,
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Its own title; without one it is called as its file.
    pub title: Option<String>,
    /// The text to be found and shown: the file's own, or what was taken out of it.
    pub text: String,
    pub properties: Vec<Property>,
    pub passages: Vec<Passage>,
    pub links: Vec<WrittenLink>,
    pub tags: Vec<String>,
    /// Line, what is wrong, and the next step.
    pub troubles: Vec<(Option<u32>, String, String)>,
}

/// One of many things that a file lists: a line of data, a message, an event.
pub(crate) struct Record<'r> {
    /// What it says.
    pub text: &'r str,
    /// Where it begins.
    pub line: u32,
    /// What it is called, for whoever finds a piece of it.
    pub headings: Vec<String>,
}

impl Content {
    /// Adds a record; `false` when there is no room for all of it.
    pub fn add_record(&mut self, record: Record<'_>) -> bool {
        let Record { text, line, headings } = record;
        let text = text.trim();
        for span in Scale::of(text).split(0..text.len(), Grain::Sentence, AIM_WORDS) {
            let piece = &text[span.clone()];
            let start = self.text.len() + span.start + (piece.len() - piece.trim_start().len());
            let span = start..start + piece.trim().len();
            if span.is_empty() {
                continue;
            }
            if self.passages.len() == MAX_PASSAGES {
                return false;
            }
            self.passages.push(Passage { span, line, headings: headings.clone(), block: None, pattern: None });
        }
        for found in tag::find(text, 0..text.len()) {
            let Found::Address(span) = found else { continue };
            if self.links.len() < MAX_LINKS {
                let target = text[span.clone()].to_owned();
                let span = span.start + self.text.len()..span.end + self.text.len();
                self.links.push(WrittenLink { span, kind: LinkKind::Markdown, is_wiki: false, target, label: None });
            }
        }
        self.text.push_str(text);
        self.text.push('\n');
        true
    }

    /// Makes content of a text and what stands where in it.
    pub fn of(text: String, outline: Outline) -> Self {
        let cut = passages::cut(&text, &outline);
        let mut content =
            Self { passages: cut.passages, links: outline.links, tags: outline.tags, text, ..Self::default() };
        if outline.is_cut {
            content.trouble(
                format!("holds more than {MAX_LINKS} links or {MAX_TAGS} tags, the rest were left out"),
                "split the file",
            );
        }
        if cut.is_cut {
            content.trouble(
                format!("holds more than {MAX_PASSAGES} passages, the rest cannot be recalled"),
                "split the file",
            );
        }
        content
    }

    /// Adds something that a person should look at.
    pub fn trouble(&mut self, message: String, hint: &str) {
        self.troubles.push((None, message, hint.to_owned()));
    }

    /// Makes the document.
    pub fn into_parsed(self, facts: &Facts<'_>, vault: &Vault) -> Parsed {
        let title = self.title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
        let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| file_title(facts.path));
        let document = Document {
            path: facts.path.to_owned(),
            root: vault.root().to_owned(),
            space: facts.space.to_owned(),
            links: links_of_body(&self.links, facts.path, vault).collect(),
            tags: self.tags,
            aliases: Vec::new(),
            title: shorten(&title, MAX_TITLE_BYTES).trim_end().to_owned(),
            properties: self.properties,
            facts: Vec::new(),
            text: self.text,
            content_hash: facts.content_hash.to_owned(),
            modified_at: facts.modified_at,
            passages: self.passages,
            reading: Reading::default(),
            log: None,
        };
        let mut parsed = Parsed { document, warnings: Vec::new() };
        for (line, message, hint) in self.troubles {
            parsed.warn(line, message, &hint);
        }
        parsed
    }
}
