//! What a source says, as plain data: the boundary between whoever reads files and the graph.

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::id::Id;
pub use crate::property::Datatype;
use crate::time::Timestamp;

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

/// How a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// By which rules: whoever reads counts up when the same bytes come to say something else. 0 is a time before that.
    pub rules: u32,
    /// What was not understood, kept so that it can be said again while the file stays so.
    pub remarks: Vec<Remark>,
}

/// What a person should look at in a file that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Obsidian's block id (`^name`), without the caret.
    pub block: Option<String>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// BLAKE3 of the bytes that were read, in hex.
    pub content_hash: String,
    /// How it was read.
    pub reading: Reading,
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
}
