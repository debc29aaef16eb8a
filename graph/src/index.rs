//! What a search index must offer. An index is derived: it may be deleted at any time, and only `catch_up` writes to one.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::error::Result;
use crate::id::Id;
use crate::record::Kind;
use crate::time::Timestamp;

/// The searchable part of one memory or passage.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct IndexText {
    /// The space it belongs to.
    pub space: String,
    /// `passage`, `fact`, `preference` and so on; of a piece of a long memory that one's.
    pub kind: String,
    /// Title of the note; may be empty.
    pub title: String,
    /// Headings above it, joined with ` > `; may be empty.
    pub headings: String,
    /// Who said it; empty if that is not known.
    pub speaker: String,
    /// The text itself.
    pub text: String,
    /// A little of what came before it in the same note or conversation; may be empty.
    pub before: String,
    /// The conversation it was said in; empty if it was not.
    pub session: String,
    /// Names of the people, projects and things it was told to be about.
    pub about: Vec<String>,
    /// When it happened, else when it was recorded.
    pub at: Option<Timestamp>,
    /// The days and moments that it names, and the day that its note is of.
    pub times: Vec<Timestamp>,
    /// Whether it no longer stands: it was forgotten, retracted, replaced or taken back, or it ended. Only who asks for a
    /// moment of the past finds it.
    pub is_past: bool,
}

impl IndexText {
    /// Returns the text as it was said: `Speaker: text`, unless the text begins like that already or nobody is known to
    /// have said it.
    pub fn said(&self) -> Cow<'_, str> {
        said(&self.speaker, &self.text)
    }
}

/// As [`IndexText::said`], of any speaker and text.
pub(crate) fn said<'t>(speaker: &str, text: &'t str) -> Cow<'t, str> {
    let has_speaker = text.strip_prefix(speaker).is_some_and(|rest| rest.starts_with(':'));
    if speaker.is_empty() || has_speaker { Cow::Borrowed(text) } else { Cow::Owned(format!("{speaker}: {text}")) }
}

/// One change to an index: the text that `id` has now, or `None` when it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The memory or passage.
    pub id: Id,
    /// What to find it by.
    pub text: Option<IndexText>,
}

/// A question put to one index.
#[derive(Clone, Debug, Default)]
pub struct IndexQuery<'a> {
    /// The words as the asker wrote them.
    pub text: &'a str,
    /// Only memories of these spaces; empty means all.
    pub spaces: &'a [String],
    /// Only these kinds; empty means all. An index that keeps none ignores it.
    pub kinds: &'a [Kind],
    /// How many candidates at most.
    pub limit: usize,
    /// What is past, and is not to be found; `None` when the past is asked for.
    pub past: Option<&'a HashSet<Id>>,
    /// Only texts up to this one.
    pub newest: Option<Id>,
}

/// A candidate and its score, higher is better; the scale is the index's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The memory or passage.
    pub id: Id,
    /// The index's own score (BM25, cosine).
    pub score: f32,
}

/// What is compared by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant<'a> {
    /// A memory or passage.
    Id(Id),
    /// A text.
    Text(&'a str),
}

/// A derived search structure over the recallable texts of the graph.
///
/// `apply` and `seal` are called by one thread at a time; `search`, `scores` and `stamp` by any number at once.
pub trait Index: Send + Sync {
    /// Returns a short stable name, as in `why` and in `status`.
    fn name(&self) -> &'static str;

    /// Returns the newest commit whose texts can be found here, or `None` when it must start over.
    fn stamp(&self) -> Option<Id>;

    /// Takes in changes. They may be searchable at once, but count as done only after [`Index::seal`].
    ///
    /// An error leaves the index usable; the same updates will be sent again.
    fn apply(&self, updates: &[Update]) -> Result<()>;

    /// Declares that everything up to `commit` was applied. From here on [`Index::stamp`] returns it; the index decides
    /// when to make it durable, and after a crash may come back with an older stamp.
    fn seal(&self, commit: Id) -> Result<()>;

    /// Makes the sealed state durable now (at shutdown, and when idle). Does nothing if it already is.
    fn flush(&self) -> Result<()>;

    /// Throws everything away; [`Index::stamp`] is `None` afterwards.
    fn reset(&self) -> Result<()>;

    /// Removes `ids`, and then from its files whatever it no longer returns: when this returns, no file of it holds
    /// anything of them. Needs no model. An index keeps its stamp, or starts over.
    fn purge(&self, ids: &[Id]) -> Result<()>;

    /// Returns candidates, best first. An empty result is not an error; a missing model is ([`crate::ErrorKind::Unavailable`]).
    fn search(&self, query: &IndexQuery<'_>) -> Result<Vec<Scored>>;

    /// Returns this index's score of each of `ids` for the same query, where it has one without a new search.
    fn scores(&self, query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>>;

    /// Compares `ids` with the question word piece by word piece (late interaction), where it can; `None` for the rest.
    fn late_scores(&self, _query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        Ok(vec![None; ids.len()])
    }

    /// Returns where a text stands in meaning, if this index knows: the nearer two are, the larger the cosine of their vectors.
    fn vector(&self, _of: Meant<'_>) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }

    /// Returns every id it holds, in order, for `check`.
    fn ids(&self) -> Result<Vec<Id>>;

    /// Returns why it cannot answer now (no model, say), in words for a person; `None` when it can.
    fn degraded(&self) -> Option<String>;
}
