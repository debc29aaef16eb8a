//! What a source says, as plain data: the boundary between whoever reads files and the graph.

use std::ops::Range;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::Id;
pub use crate::property::Datatype;
use crate::seen::Seen;
use crate::time::Timestamp;
use crate::verbs::remember::NewMemory;

/// A file (or another outside thing) as it reads now. Putting one replaces what the graph held from the same `path`.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Absolute path of the file; the source's identity.
    pub path: PathBuf,
    /// The folder that links are relative to (a vault's root).
    pub root: PathBuf,
    /// The space its memories belong to.
    pub space: String,
    /// Title for people: front matter, first heading or file name.
    pub title: String,
    /// Other names that links may use.
    pub aliases: Vec<String>,
    /// Tags without `#`, nested ones with `/`, as written.
    pub tags: Vec<String>,
    /// Front matter, flattened to name and value.
    pub properties: Vec<Property>,
    /// What it states of what it describes, as far as that is more than a property of the file.
    pub facts: Vec<FileFact>,
    /// The whole text: verbatim where the file is one, else what was taken out of it. Spans below are byte ranges of it.
    pub text: String,
    /// BLAKE3 of the file's bytes, in hex.
    pub content_hash: String,
    /// When the file was last changed.
    pub modified_at: Option<Timestamp>,
    /// The units of recall, in order, not overlapping.
    pub passages: Vec<Passage>,
    /// Links out of it, in order.
    pub links: Vec<Link>,
    /// How it was read.
    pub reading: Reading,
    /// What a log says besides its templates, which are its passages, or a transcript; `None` for a note.
    pub log: Option<LogPart>,
}

/// How far a log or transcript was read, and what happened in what was read.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPart {
    /// Whatever the reader needs to go on, opaque to the graph. It changes with every reading, so it should be small.
    pub tail: String,
    /// What happened, in order.
    pub occurrences: Vec<Occurrence>,
}

/// Something that happened and is a memory of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Occurrence {
    /// It is new. Its idempotency key is what it is counted up by; what is known by that key already is not told again.
    First(Box<NewMemory>, Seen),
    /// It is known under a key, and was seen again. Nothing is said of what is no longer known.
    Again(String, Seen),
    /// It was said or done in a conversation. What is known by its key was told before, and is left as it is.
    Turn(Box<NewMemory>),
}

/// One front matter value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its key; nested keys are joined with a dot.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// What it is written as; what does not fit is a text.
    pub datatype: Datatype,
}

/// Something that a file states of what it describes. It is a fact from when the file is first seen to say so until it
/// says so no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFact {
    /// What is said: a predicate's name, or a word of the file's own.
    pub name: String,
    /// Its value as the property of that name has it.
    pub value: String,
    /// What that is written as.
    pub datatype: Datatype,
    /// What it means, if it is a link; of several links in one value, one.
    pub target: Option<Target>,
    /// How that is shown, if it is a link.
    pub label: Option<String>,
}

impl FileFact {
    /// States what a property says.
    pub fn of(property: &Property) -> Self {
        let Property { name, value, datatype } = property.clone();
        Self { name, value, datatype, target: None, label: None }
    }
}

/// How a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// By which rules: whoever reads counts up when the same bytes come to say something else. 0 is a time before that.
    pub rules: u32,
    /// What was not understood, kept so that it can be said again while the file stays so.
    pub remarks: Vec<Remark>,
    /// How many secrets in it were masked.
    pub redactions: usize,
}

/// What a person should look at in a file that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
pub struct Remark {
    /// The line, from 1, where there is one.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: String,
}

/// A piece of a document that can be recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Byte range of [`Document::text`].
    pub span: Range<usize>,
    /// Line of its start, from 1.
    pub line: u32,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// What it is called within its file: Obsidian's block id (`^name`) without the caret, or the name of a template.
    pub block: Option<String>,
    /// Which records of a log it stands for, if it is a template. It is known again by its block then, whatever its text.
    pub pattern: Option<Pattern>,
}

/// The pattern that records of a log have, and how often. Only its passage's text is indexed, so that counting up
/// embeds nothing anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Words, with `<*>` where the records differ.
    pub template: String,
    /// How often it was seen, from when to when.
    pub seen: Seen,
    /// The latest hour it was seen in.
    pub hour: Option<Timestamp>,
    /// How often in that hour.
    pub times_in_hour: usize,
}

/// A link out of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Byte range of [`Document::text`], empty for one that stands in front matter.
    pub span: Range<usize>,
    /// How it is written.
    pub kind: LinkKind,
    /// What it points at.
    pub target: Target,
    /// Heading (`Chapter`) or block (`^name`) after the `#`.
    pub fragment: Option<String>,
    /// The text that is shown for it, if another than the target.
    pub label: Option<String>,
}

/// How a link is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// `[[Note]]`
    Wikilink,
    /// `![[Note]]` or `![](image.png)`
    Embed,
    /// `[text](note.md)` and its reference forms.
    Markdown,
    /// A link inside a front matter value.
    Property,
}

/// What a link points at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A file under the same root: its absolute path.
    File(PathBuf),
    /// A name that no file has yet.
    Name(String),
    /// An address outside.
    Url(String),
}

/// What the graph knows of a source, enough to tell whether a file changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// The source's id, which names its graph.
    pub id: Id,
    /// Absolute path.
    pub path: PathBuf,
    /// The root it was read under.
    pub root: PathBuf,
    /// The space it belongs to.
    pub space: String,
    /// BLAKE3 of the bytes that were read, in hex.
    pub content_hash: String,
    /// How it was read.
    pub reading: Reading,
    /// Whether it is a log or a transcript, which is read on from where it was left.
    pub is_log: bool,
}

/// What the graph knows of a log: enough to read on.
#[derive(Clone, Debug, PartialEq)]
pub struct LogState {
    /// The source's id.
    pub id: Id,
    /// The space it was read into.
    pub space: String,
    /// What its reader left there.
    pub tail: String,
    /// Its templates.
    pub templates: Vec<LogTemplate>,
}

/// A template as the graph holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct LogTemplate {
    /// What it is called within its log.
    pub block: String,
    /// The text that it is found by.
    pub text: String,
    /// The line it was seen on last.
    pub line: u32,
    /// What it stands for.
    pub pattern: Pattern,
}

impl SourceState {
    /// Returns the hash of the bytes that were read, also of a file that was moved and not read since; such a one differs
    /// from what is on disk until it is.
    pub fn read_hash(&self) -> &str {
        crate::verbs::relocate::read_hash(&self.content_hash)
    }
}

/// A file that is elsewhere now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceMove {
    /// The source.
    pub id: Id,
    /// Where the graph knows it; if that is not so any more, nothing is moved.
    pub from: PathBuf,
    /// Where it is now, absolute.
    pub to: PathBuf,
}

/// What became of files that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocated {
    /// The commit, or `None` when none of them was where it was said to be.
    pub commit: Option<Id>,
    /// How many moved.
    pub moved: usize,
    /// Files that link by a name which another file has now: to be read again.
    pub to_read: Vec<PathBuf>,
}

/// What became of a document that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutReceipt {
    /// The source's id.
    pub id: Id,
    /// The commit, or `None` when the graph held the same already.
    pub commit: Option<Id>,
    /// Whether the source was not known before.
    pub added: bool,
    /// How many secrets were masked in it.
    pub redactions: usize,
    /// How much of what happened in it was not known before.
    pub told: usize,
}
