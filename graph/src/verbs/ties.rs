//! What ties entities to each other: facts that hold, links between notes, tags of notes, and names in texts. Read for one
//! entity at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use oxigraph::model::{NamedNode, NamedNodeRef, Quad, Term};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entity::normalise;
use crate::error::Result;
use crate::id::Id;
use crate::journal::Trust;
use crate::moment::Moment;
use crate::predicate::Predicates;
use crate::sight::{Sight, Told};
use crate::store::{View, subject_id, term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Statements that are read of one entity: a name may stand in every note.
pub const MAX_TIES_READ: usize = 5_000;
/// Newest texts of an entity that are named.
pub const MAX_NEWEST_TEXTS: usize = 3;
/// Names of ties that are no facts.
const LINKS_TO: &str = "links to";
const TAG: &str = "tag";
const MENTIONS: &str = "mentions";

/// One tie.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Tie {
    /// What kind of tie it is.
    pub kind: TieKind,
    /// Where it begins.
    pub from: Id,
    /// Its name for people.
    pub from_name: String,
    /// What is said: a predicate's name, `links to`, `tag` or `mentions`.
    pub predicate: String,
    /// Where it ends, if that is an entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Id>,
    /// Its name for people, or the text that a fact says.
    pub to_name: String,
    /// The fact; `get` shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Id>,
    /// Since when a fact holds, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until when, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// How far a fact is trusted: owner, policy, agent or ingested. What notes say is ingested.
    pub trust: Trust,
    /// How sure a fact is, from 0 to 1, if it is not certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Whether another fact contradicts it, and nobody has settled that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_disputed: bool,
    /// Whether it rests on something that no longer stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_stale: bool,
}

/// What a tie is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TieKind {
    /// Said of one by a fact.
    Fact,
    /// A note links to it.
    Link,
    /// A note carries it.
    Tag,
    /// A note names it without a link: a guess by its name, weaker than a link.
    Mention,
}

impl Tie {
    /// Returns the end that is not `id`; `None` if that is a text, or if both are.
    pub(crate) fn other(&self, id: Id) -> Option<Id> {
        let ends = [Some(self.from), self.to];
        ends.into_iter().flatten().find(|end| *end != id)
    }

    /// What tells it from others: two facts may say the same.
    pub(super) fn key(&self) -> (TieKind, Option<Id>, Id, Option<Id>) {
        (self.kind, self.fact, self.from, self.to)
    }
}

/// The ties of one entity.
#[derive(Clone)]
pub(super) struct OfNode {
    /// Facts before links before tags, each in the order of ids.
    pub ties: Vec<Tie>,
    /// The texts about it or linking to it that are no ties.
    pub texts: BTreeSet<Id>,
    /// Statements that were not read.
    pub unread: usize,
}

/// Reads ties of what a caller sees.
pub(super) struct Ties<'s> {
    sight: &'s Sight<'s>,
    moment: Moment,
    now: Timestamp,
    predicates: Arc<Predicates>,
    /// Only these; all if it is `None`.
    wanted: Option<Wanted>,
    names: RefCell<HashMap<Id, String>>,
    known: RefCell<HashMap<Id, OfNode>>,
}

struct Wanted {
    facts: BTreeSet<NamedNode>,
    links: bool,
    tags: bool,
    mentions: bool,
}

impl<'s> Ties<'s> {
    /// Starts on a sight; `now` is when it is for whoever looks.
    ///
    /// # Errors
    /// `Invalid` when a predicate is not known, with those that sound alike.
    pub fn new(
        view: &View<'_>,
        sight: &'s Sight<'s>,
        moment: Moment,
        wanted: &[String],
        now: Timestamp,
    ) -> Result<Self> {
        let predicates = Predicates::of(view)?;
        let mut only = Wanted { facts: BTreeSet::new(), links: false, tags: false, mentions: false };
        for name in wanted {
            match normalise(&crate::predicate::spoken(name)).as_str() {
                LINKS_TO | "link" | "links" | "hy:links to" => only.links = true,
                MENTIONS | "mention" | "mentioned" | "hy:mentions" => only.mentions = true,
                TAG | "tags" | "tagged" | "hy:tag" => only.tags = true,
                _ => drop(only.facts.insert(predicates.find(name)?.iri.clone())),
            }
        }
        let wanted = (!wanted.is_empty()).then_some(only);
        Ok(Self { sight, moment, now, predicates, wanted, names: RefCell::default(), known: RefCell::default() })
    }

    /// Returns an entity's name as it was then.
    pub fn name(&self, id: Id) -> Result<String> {
        if let Some(name) = self.names.borrow().get(&id) {
            return Ok(name.clone());
        }
        let labels = self.sight.rewound().objects(id, ext::PREF_LABEL)?;
        let name = labels.first().and_then(|quad| term_text(&quad.object)).unwrap_or_else(|| id.to_string());
        self.names.borrow_mut().insert(id, name.clone());
        Ok(name)
    }

    /// Returns what an entity is.
    pub fn kind(&self, id: Id) -> Result<String> {
        let classes = self.sight.rewound().objects(id, ext::TYPE)?;
        let is_tag = classes.iter().any(|quad| quad.object == Term::from(ext::CONCEPT));
        Ok(if is_tag { TAG } else { "entity" }.to_owned())
    }

    /// Tells whether names in texts are asked for.
    pub fn wants_mentions(&self) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.mentions)
    }

    /// A note names another without a link.
    pub fn mention(&self, from: Id, to: Id) -> Result<Tie> {
        self.tie(TieKind::Mention, from, MENTIONS, to)
    }

    /// Returns the passages of the notes about an entity.
    pub fn passages_of(&self, id: Id) -> Result<BTreeSet<Id>> {
        let (mut passages, mut unread) = (BTreeSet::new(), 0);
        for quad in self.pointing(id, ext::MAIN_ENTITY, &mut unread)? {
            let Some(source) = subject_id(&quad.subject) else { continue };
            let parts = self.pointing(source, vocab::PART_OF, &mut unread)?;
            passages.extend(parts.iter().filter_map(|quad| subject_id(&quad.subject)));
        }
        Ok(passages)
    }

    /// Reads the ties of an entity, once; names in texts are no part of them.
    pub fn of(&self, id: Id) -> Result<OfNode> {
        if let Some(known) = self.known.borrow().get(&id) {
            return Ok(known.clone());
        }
        let read = self.read(id)?;
        self.known.borrow_mut().insert(id, read.clone());
        Ok(read)
    }

    fn read(&self, id: Id) -> Result<OfNode> {
        let mut found = OfNode { ties: Vec::new(), texts: BTreeSet::new(), unread: 0 };
        let mut ties: BTreeMap<(TieKind, Option<Id>, Id, Option<Id>), Tie> = BTreeMap::new();
        let mut keep = |tie: Tie| {
            ties.entry(tie.key()).or_insert(tie);
        };
        for quad in self.pointing(id, vocab::ABOUT, &mut found.unread)? {
            let Some(told) = subject_id(&quad.subject) else { continue };
            match self.sight.fact(told)? {
                Some(fact) if fact.fact.subject == id || term_id(&fact.fact.object) == Some(id) => {
                    if fact.held(self.moment, self.now) && self.wants_fact(&fact) {
                        keep(self.fact(&fact)?);
                    }
                }
                _ => drop(found.texts.insert(told)),
            }
        }
        let node = vocab::node(id);
        let out = self.sight.rewound().quads(Some(node.as_ref().into()), Some(vocab::LINKS_TO), None, None);
        let out = self.shown(out, &mut found.unread)?;
        for quad in out.into_iter().chain(self.pointing(id, vocab::LINKS_TO, &mut found.unread)?) {
            let (Some(from), Some(to)) = (subject_id(&quad.subject), term_id(&quad.object)) else { continue };
            if self.sight.is_of_a_space(from) {
                found.texts.insert(from);
            } else if self.wanted.as_ref().is_none_or(|wanted| wanted.links) {
                keep(self.tie(TieKind::Link, from, LINKS_TO, to)?);
            }
        }
        if self.wanted.as_ref().is_none_or(|wanted| wanted.tags) {
            for quad in self.pointing(id, ext::MAIN_ENTITY, &mut found.unread)? {
                let tags = self.sight.rewound().quads(Some(quad.subject.as_ref()), Some(vocab::TAG), None, None);
                for tag in self.shown(tags, &mut found.unread)?.iter().filter_map(|quad| term_id(&quad.object)) {
                    keep(self.tie(TieKind::Tag, id, TAG, tag)?);
                }
            }
            for quad in self.pointing(id, vocab::TAG, &mut found.unread)? {
                let pages = self.sight.rewound().quads(Some(quad.subject.as_ref()), Some(ext::MAIN_ENTITY), None, None);
                for page in self.shown(pages, &mut found.unread)?.iter().filter_map(|quad| term_id(&quad.object)) {
                    keep(self.tie(TieKind::Tag, page, TAG, id)?);
                }
            }
        }
        found.ties = ties.into_values().collect();
        Ok(found)
    }

    /// What points at an entity and is shown, in the order of ids.
    fn pointing(&self, id: Id, predicate: NamedNodeRef<'_>, unread: &mut usize) -> Result<Vec<Quad>> {
        let node = Term::from(vocab::node(id));
        self.shown(self.sight.rewound().pointing(predicate, node.as_ref()), unread)
    }

    fn shown(&self, quads: impl Iterator<Item = Result<Quad>>, unread: &mut usize) -> Result<Vec<Quad>> {
        let mut shown = Vec::new();
        for quad in quads {
            let quad = quad?;
            if !self.sight.shows(&quad)? {
                continue;
            }
            if shown.len() == MAX_TIES_READ {
                *unread += 1;
            } else {
                shown.push(quad);
            }
        }
        shown.sort_by_key(|quad| (subject_id(&quad.subject), term_id(&quad.object)));
        Ok(shown)
    }

    fn wants_fact(&self, told: &Told) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.facts.contains(&told.fact.predicate))
    }

    fn fact(&self, told: &Told) -> Result<Tie> {
        let fact = &told.fact;
        let predicate = self.predicates.name(fact.predicate.as_str());
        let to = term_id(&fact.object);
        let to_name = match to {
            Some(to) => self.name(to)?,
            None => term_text(&fact.object).unwrap_or_default(),
        };
        Ok(Tie {
            kind: TieKind::Fact,
            from: fact.subject,
            from_name: self.name(fact.subject)?,
            predicate,
            to,
            to_name,
            fact: Some(fact.id),
            valid_from: fact.from,
            valid_to: fact.to,
            trust: fact.trust,
            confidence: (fact.confidence < crate::fact::CERTAIN).then_some(fact.confidence),
            is_disputed: self.is_disputed(fact.id)?,
            is_stale: told.is_stale,
        })
    }

    /// Tells whether a conflict was open then that the fact is a side of.
    fn is_disputed(&self, fact: Id) -> Result<bool> {
        let node = Term::from(vocab::node(fact));
        for side in self.sight.rewound().pointing(vocab::SIDE, node.as_ref()) {
            let Some(conflict) = subject_id(&side?.subject) else { continue };
            if self.sight.rewound().objects(conflict, vocab::SETTLED_AT)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn tie(&self, kind: TieKind, from: Id, predicate: &str, to: Id) -> Result<Tie> {
        Ok(Tie {
            kind,
            from,
            from_name: self.name(from)?,
            predicate: predicate.to_owned(),
            to: Some(to),
            to_name: self.name(to)?,
            fact: None,
            valid_from: None,
            valid_to: None,
            trust: Trust::Ingested,
            confidence: None,
            is_disputed: false,
            is_stale: false,
        })
    }
}
