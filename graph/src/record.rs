//! A memory or passage: what the graph says of it, and when it stands.

mod reader;

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::error::{Error, ErrorKind, Result};
use crate::fact::Statement;
use crate::id::Id;
use crate::journal::INGEST;
use crate::learning::Learning;
use crate::preference::{OBSERVATIONS_TO_HOLD, Preference, Standing};
use crate::question::Source;
use crate::seen::Seen;
use crate::time::Timestamp;
use crate::turn::Turn;

pub(crate) use self::reader::{Reader, forgotten_since, is_text, read, recallable};

/// What a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something that happened, verbatim.
    Episode,
    /// A statement about the world.
    Fact,
    /// What the owner likes, wants or avoids.
    Preference,
    /// What to do better next time.
    Learning,
    /// What was decided, and why.
    Decision,
    /// A piece of a file or of a long memory.
    Passage,
}

impl Kind {
    /// All kinds that can be remembered.
    pub const REMEMBERED: [Kind; 5] = [Self::Episode, Self::Fact, Self::Preference, Self::Learning, Self::Decision];

    /// Returns the name in the graph and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Episode => "episode",
            Self::Fact => "fact",
            Self::Preference => "preference",
            Self::Learning => "learning",
            Self::Decision => "decision",
            Self::Passage => "passage",
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::REMEMBERED.into_iter().chain([Self::Passage]).find(|kind| kind.as_str() == text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("`{text}` is not a kind of memory"))
                .hint("kinds are episode, fact, preference, learning, decision and passage")
        })
    }
}

/// Everything the graph says of one memory, passage or source.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Record {
    /// Its id.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// Its text, verbatim.
    pub text: String,
    /// Title of the note it stands in; empty for a memory without one.
    pub title: String,
    /// The space it belongs to.
    pub space: String,
    /// Where it comes from.
    pub source: Source,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Since when it holds, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until when it holds, if it ended or its end is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// Since when it is no longer believed: it was wrong, or another took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retracted_at: Option<Timestamp>,
    /// What it states, if it is a fact that was taken apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// When it applies and how it did, if it is a learning that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    /// What is wanted, where, and whether it is in force, if it is a preference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preference: Option<Preference>,
    /// What was decided, from which options, if it is a decision that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// How often it was seen in a log, if it was counted there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// How it came about, if it is a turn of a conversation with an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// How sure it is, from 0 to 1, if it is not certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub derived_from: Vec<Id>,
    /// What it rests on, directly or not, that no longer stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<Id>,
    /// The memory that it took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_of: Option<Id>,
    /// What ended it by taking its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Id>,
    /// When it stops being recalled, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was forgotten; such a memory is never recalled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgotten_at: Option<Timestamp>,
    /// Since when its owner wants it never recalled; it is kept and shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld_at: Option<Timestamp>,
    /// Until when its owner put off saying whether it is so, if it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// How far it is trusted.
    pub trust: String,
    /// Who recorded it.
    pub agent: String,
    /// The source or long memory it is a piece of, or the session it was said in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Id>,
    /// Who said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// When it was said or happened; not when it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<Timestamp>,
    /// Name of the conversation it was said in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Entities it is about or links to.
    pub entities: Vec<Id>,
    /// The day that its note is of, or that it was first read on, if its words need one.
    #[serde(skip)]
    pub(crate) written_on: Option<jiff::civil::Date>,
    /// Whether the note itself says so.
    #[serde(skip)]
    pub(crate) is_dated: bool,
    /// The passage or episode before it.
    #[serde(skip)]
    pub(crate) follows: Option<Id>,
    /// Whether it was split: then its passages are recalled, not it.
    #[serde(skip)]
    pub(crate) is_split: bool,
    /// Whether it is a decision, or a passage of one.
    #[serde(skip)]
    pub(crate) is_decision: bool,
}

impl Record {
    /// Tells whether it is a decision that another took the place of: that answers a question too, and says so.
    pub(crate) fn is_superseded(&self) -> bool {
        let is_ended = self.is_decision && self.ended_by.is_some();
        is_ended && self.forgotten_at.is_none() && self.retracted_at.is_none()
    }

    /// Tells whether it says what the owner wants without being in force: it was inferred too seldom, or read from a file.
    pub(crate) fn is_candidate(&self) -> bool {
        match &self.preference {
            Some(preference) => preference.status == Standing::Candidate,
            None => self.kind == Kind::Preference && self.trust == "ingested",
        }
    }

    /// Tells whether it is a wish or a decision that the reader of files found in one text, and nobody else said yet. What an
    /// agent makes of a text is its own guess.
    pub(crate) fn is_said_once(&self) -> bool {
        let is_once = match &self.preference {
            Some(preference) => self.is_candidate() && preference.inferred && preference.observations == 1,
            None => self.kind == Kind::Decision,
        };
        is_once && self.trust == "ingested" && self.agent == INGEST && self.derived_from.len() == 1
    }

    /// Tells whether it was learned from files once: it may be found where it applies, but is in no context until it was seen
    /// again, or somebody said that it helped.
    pub(crate) fn is_untried(&self) -> bool {
        let is_once = |learning: &Learning| learning.times_seen < OBSERVATIONS_TO_HOLD && learning.times_helped == 0;
        self.trust == "ingested" && self.learning.as_ref().is_some_and(is_once)
    }

    /// Says how it stands, in words, if it does not simply stand: a preference that is only a candidate, inferred or against
    /// something, a decision that was superseded or that only one conversation has.
    pub fn standing(&self) -> String {
        match (&self.preference, self.ended_by) {
            (Some(preference), None) => preference.words(),
            (_, Some(by)) if self.is_superseded() => format!("superseded by {by}"),
            (_, None) if self.is_said_once() => "said once, not confirmed".to_owned(),
            _ => String::new(),
        }
    }

    /// What it applies to, if it does not apply everywhere.
    pub(crate) fn scope(&self) -> Option<&str> {
        let of_preference = self.preference.as_ref().and_then(|preference| preference.scope.as_deref());
        of_preference.or(self.decision.as_ref().and_then(|decision| decision.applies_to.as_deref()))
    }

    /// Tells whether it is a text that is recalled: no source, nothing empty, nor what is recalled by its passages.
    pub(crate) fn is_text(&self) -> bool {
        let is_source = self.kind == Kind::Episode && self.source.path.is_some();
        !self.is_split && !is_source && !self.text.is_empty()
    }

    /// Tells whether recall may return it: not what was forgotten or retracted either.
    pub(crate) fn is_recallable(&self) -> bool {
        self.forgotten_at.is_none() && self.retracted_at.is_none() && self.is_text()
    }

    /// Tells whether it need not be recalled any more at a moment.
    pub(crate) fn is_expired(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }

    /// Tells whether it was neither forgotten nor retracted.
    pub(crate) fn is_believed(&self) -> bool {
        self.forgotten_at.is_none() && self.retracted_at.is_none()
    }

    /// Tells whether it is believed and holds at a moment.
    pub(crate) fn stands_at(&self, at: Timestamp) -> bool {
        self.is_believed() && self.valid_to.is_none_or(|end| at < end)
    }
}
