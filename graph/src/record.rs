//! A memory or passage as it is now, read from one view.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use oxigraph::model::{Quad, Term};
use serde::{Deserialize, Serialize};

use crate::decision::{self, Decision};
use crate::error::{Error, ErrorKind, Result};
use crate::fact::{self, Statement};
use crate::id::Id;
use crate::learning::{self, Learning};
use crate::past::Past;
use crate::predicate::Predicates;
use crate::preference::{self, Preference, Standing};
use crate::question::{Source, Span};
use crate::store::{View, term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What a memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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

    /// Says how it stands, in words, if it does not simply stand: a preference that is only a candidate, inferred or against
    /// something, a decision that was superseded.
    pub fn standing(&self) -> String {
        match (&self.preference, self.ended_by) {
            (Some(preference), None) => preference.words(),
            (_, Some(by)) if self.is_superseded() => format!("superseded by {by}"),
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

    /// Tells whether it was neither forgotten nor retracted.
    pub(crate) fn is_believed(&self) -> bool {
        self.forgotten_at.is_none() && self.retracted_at.is_none()
    }

    /// Tells whether it is believed and holds at a moment.
    pub(crate) fn stands_at(&self, at: Timestamp) -> bool {
        self.is_believed() && self.valid_to.is_none_or(|end| at < end)
    }
}

/// The parent's part of a passage, or a node's own.
#[derive(Clone, Copy)]
struct Fields<'q>(&'q [Quad]);

impl Fields<'_> {
    fn term(&self, predicate: oxigraph::model::NamedNodeRef<'_>) -> Option<&Term> {
        self.0.iter().find(|quad| quad.predicate.as_ref() == predicate).map(|quad| &quad.object)
    }

    fn text(&self, predicate: oxigraph::model::NamedNodeRef<'_>) -> Option<String> {
        self.term(predicate).and_then(term_text)
    }

    fn parsed<T: FromStr>(&self, predicate: oxigraph::model::NamedNodeRef<'_>) -> Option<T> {
        self.text(predicate).and_then(|text| text.parse().ok())
    }

    fn ids(&self, predicate: oxigraph::model::NamedNodeRef<'_>) -> impl Iterator<Item = Id> {
        self.0.iter().filter(move |quad| quad.predicate.as_ref() == predicate).filter_map(|quad| term_id(&quad.object))
    }

    fn kind(&self) -> Option<Kind> {
        match () {
            () if self.is_a(vocab::PASSAGE) => Some(Kind::Passage),
            () if self.is_a(vocab::SOURCE) => Some(Kind::Episode),
            () if self.is_a(vocab::MEMORY) => Some(self.parsed(vocab::KIND).unwrap_or(Kind::Episode)),
            () => None,
        }
    }

    fn is_a(&self, class: oxigraph::model::NamedNodeRef<'_>) -> bool {
        self.0.iter().any(|q| q.predicate.as_ref() == ext::TYPE && q.object.as_ref() == class.into())
    }
}

/// Reads records of one view; what passages inherit from their source is read once.
pub(crate) struct Reader<'v> {
    pub(crate) view: &'v View<'v>,
    parents: HashMap<Id, Vec<Quad>>,
    /// Read with the first fact.
    predicates: Option<Arc<Predicates>>,
    past: Past<'v>,
    /// When it is looked back to.
    known_at: Option<Timestamp>,
}

impl<'v> Reader<'v> {
    /// Starts on a view.
    pub fn new(view: &'v View<'v>) -> Self {
        Self { view, parents: HashMap::new(), predicates: None, past: Past::new(view), known_at: None }
    }

    /// Starts on a view, to read what was known at a moment.
    pub fn at(view: &'v View<'v>, known_at: Option<Timestamp>) -> Self {
        Self { known_at, ..Self::new(view) }
    }

    /// Reads a memory, passage or source; `None` if `id` is none of them.
    pub fn read(&mut self, id: Id) -> Result<Option<Record>> {
        let quads = self.about(id)?;
        self.read_of(id, quads)
    }

    /// As [`Reader::read`]; what is no longer there is read as it was last.
    pub fn read_last(&mut self, id: Id) -> Result<Option<(Record, bool)>> {
        if let Some(record) = self.read(id)? {
            return Ok(Some((record, true)));
        }
        let quads = self.past.last_of(id)?;
        Ok(self.read_of(id, quads)?.map(|record| (record, false)))
    }

    fn about(&self, id: Id) -> Result<Vec<Quad>> {
        match self.known_at {
            Some(known_at) => self.past.about(id, known_at),
            None => self.view.about(id),
        }
    }

    /// As [`Reader::read`], from what is said of it.
    pub(crate) fn read_of(&mut self, id: Id, quads: Vec<Quad>) -> Result<Option<Record>> {
        let own = Fields(&quads);
        let Some(kind) = own.kind() else { return Ok(None) };
        let part_of = own.ids(vocab::PART_OF).next();
        let whole = self.keep(part_of)?;
        // A passage of a long episode stands two levels below its session.
        self.keep(whole)?;
        let parent = self.kept(part_of);
        let session = [parent, self.kept(whole)].into_iter().find(|fields| fields.is_a(vocab::SESSION));
        let session = session.and_then(|session| session.text(ext::PREF_LABEL));
        let mut record = assemble(id, kind, part_of, session, &own, &parent);
        if let Some(fact) = fact::of_quads(id, &quads) {
            let predicates = match &self.predicates {
                Some(predicates) => predicates,
                None => self.predicates.insert(Predicates::of(self.view)?),
            };
            record.statement = Some(fact::statement(self.view, predicates, &fact)?);
        }
        Ok(Some(record))
    }

    /// Reads what passages inherit from, once; returns what that is a part of itself.
    fn keep(&mut self, id: Option<Id>) -> Result<Option<Id>> {
        let Some(id) = id else { return Ok(None) };
        if !self.parents.contains_key(&id) {
            let mut about = self.about(id)?;
            if about.is_empty() {
                // A passage of a file that is gone is still of that file.
                about = self.past.last_of(id)?;
            }
            self.parents.insert(id, about);
        }
        Ok(self.kept(Some(id)).ids(vocab::PART_OF).next())
    }

    fn kept(&self, id: Option<Id>) -> Fields<'_> {
        Fields(id.and_then(|id| self.parents.get(&id)).map_or(&[], Vec::as_slice))
    }
}

/// Reads one record.
pub(crate) fn read(view: &View<'_>, id: Id) -> Result<Option<Record>> {
    Reader::new(view).read(id)
}

/// Returns when a memory was forgotten, whatever moment it is looked at from: never again means of the past too.
pub(crate) fn forgotten_since(view: &View<'_>, id: Id) -> Result<Option<Timestamp>> {
    Ok(Reader::new(view).read_last(id)?.and_then(|(record, _)| record.forgotten_at))
}

fn assemble(
    id: Id,
    kind: Kind,
    part_of: Option<Id>,
    session: Option<String>,
    own: &Fields<'_>,
    parent: &Fields<'_>,
) -> Record {
    let inherited = |predicate| own.text(predicate).or_else(|| parent.text(predicate));
    let inherited_time = |predicate| inherited(predicate).and_then(|text| text.parse::<Timestamp>().ok());
    let span = match (own.parsed(vocab::START), own.parsed(vocab::END)) {
        (Some(start), Some(end)) => Some(Span { start, end, line: own.parsed(vocab::LINE).unwrap_or(1) }),
        _ => None,
    };
    let mut entities: Vec<Id> = own.ids(vocab::ABOUT).chain(own.ids(vocab::LINKS_TO)).collect();
    entities.extend(parent.ids(vocab::ABOUT));
    entities.sort_unstable();
    entities.dedup();
    Record {
        id,
        kind,
        text: own.text(ext::TEXT).unwrap_or_default(),
        title: inherited(ext::TITLE).unwrap_or_default(),
        space: inherited(vocab::SPACE).unwrap_or_default(),
        source: Source {
            path: inherited(vocab::PATH).map(PathBuf::from),
            heading: own.text(vocab::HEADINGS),
            span,
            said_by: inherited(ext::PRIMARY_SOURCE),
        },
        recorded_at: inherited_time(vocab::RECORDED_AT).unwrap_or(id.minted_at()),
        valid_from: inherited_time(vocab::VALID_FROM),
        valid_to: inherited_time(vocab::VALID_TO),
        retracted_at: inherited_time(vocab::RETRACTED_AT),
        statement: None,
        learning: learning::of_quads(own.0),
        preference: preference::of_quads(own.0).or_else(|| preference::of_quads(parent.0)),
        decision: decision::of_quads(own.0),
        confidence: own.parsed(vocab::CONFIDENCE),
        derived_from: sorted(own.ids(ext::DERIVED_FROM)),
        stale: sorted(own.ids(vocab::STALE_BECAUSE)),
        revision_of: own.ids(ext::REVISION_OF).next(),
        ended_by: own.ids(vocab::ENDED_BY).chain(parent.ids(vocab::ENDED_BY)).next(),
        expires_at: inherited_time(vocab::EXPIRES_AT),
        forgotten_at: inherited_time(ext::INVALIDATED_AT),
        trust: inherited(vocab::TRUST).unwrap_or_else(|| "ingested".to_owned()),
        agent: inherited(ext::ATTRIBUTED_TO).unwrap_or_default(),
        part_of,
        speaker: inherited(vocab::SPEAKER),
        happened_at: inherited_time(ext::STARTED_AT),
        session,
        entities,
        // The first piece of a long episode follows what its episode follows.
        follows: own.ids(vocab::FOLLOWS).chain(parent.ids(vocab::FOLLOWS)).next(),
        is_split: own.text(vocab::SPLIT).is_some(),
        is_decision: inherited(vocab::KIND).is_some_and(|kind| kind == Kind::Decision.as_str()),
    }
}

fn sorted(ids: impl Iterator<Item = Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = ids.collect();
    ids.sort_unstable();
    ids
}

/// Tells whether an id is a passage or a memory, without reading it.
pub(crate) fn is_text(view: &View<'_>, id: Id) -> Result<bool> {
    Ok(view.is_a(id, vocab::PASSAGE)? || view.is_a(id, vocab::MEMORY)?)
}

/// Returns every id that some index should hold, in order: what is there, and what once was.
pub(crate) fn recallable(view: &View<'_>) -> Result<Vec<Id>> {
    let touched = view.quads(None, Some(vocab::TOUCHED), None, Some(vocab::JOURNAL.into()));
    let mut ids: Vec<Id> =
        touched.filter_map(|quad| quad.map(|q| term_id(&q.object)).transpose()).collect::<Result<_>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
