//! Reads records from one view, as they are or as they were known at a moment.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use oxigraph::model::{Quad, Term};

use super::{Kind, Record};
use crate::decision;
use crate::error::Result;
use crate::fact;
use crate::id::Id;
use crate::learning;
use crate::past::Past;
use crate::predicate::Predicates;
use crate::preference;
use crate::question::{Source, Span};
use crate::seen;
use crate::store::{View, term_id, term_text};
use crate::time::Timestamp;
use crate::turn;
use crate::vocab::{self, ext};

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
        seen: seen::of_quads(own.0).or_else(|| seen::of_quads(parent.0)),
        turn: turn::of_quads(own.0).or_else(|| turn::of_quads(parent.0)),
        confidence: own.parsed(vocab::CONFIDENCE),
        derived_from: sorted(own.ids(ext::DERIVED_FROM)),
        stale: sorted(own.ids(vocab::STALE_BECAUSE)),
        revision_of: own.ids(ext::REVISION_OF).next(),
        ended_by: own.ids(vocab::ENDED_BY).chain(parent.ids(vocab::ENDED_BY)).next(),
        expires_at: inherited_time(vocab::EXPIRES_AT),
        forgotten_at: inherited_time(ext::INVALIDATED_AT),
        withheld_at: inherited_time(vocab::WITHHELD_AT),
        snoozed_until: own.parsed(vocab::SNOOZED_UNTIL),
        trust: inherited(vocab::TRUST).unwrap_or_else(|| "ingested".to_owned()),
        agent: inherited(ext::ATTRIBUTED_TO).unwrap_or_default(),
        part_of,
        speaker: inherited(vocab::SPEAKER),
        happened_at: inherited_time(ext::STARTED_AT),
        session,
        entities,
        written_on: inherited(vocab::WRITTEN_ON).and_then(|day| day.parse().ok()),
        is_dated: parent.text(vocab::WRITTEN_ON).is_some(),
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
