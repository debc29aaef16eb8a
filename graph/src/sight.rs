//! What a caller gets to see of the graph: the statements of the spaces that are read, as known at a moment, without the
//! text of what was forgotten. A statement belongs to the space of the node that says it; names belong to nobody and are
//! seen by whoever sees something that is tied to them. What cannot be told whose it is, is not shown; graphs of the
//! user's own belong to no space, so they are shown to whoever sees all of them.

use std::cell::RefCell;
use std::collections::HashMap;

use oxigraph::model::{Dataset, GraphName, NamedNodeRef, Quad, Term};

use crate::error::Result;
use crate::fact::{self, Fact};
use crate::id::Id;
use crate::moment::Moment;
use crate::property;
use crate::rewound::Rewound;
use crate::sparql::own;
use crate::store::{string, subject_id, term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What is told of something forgotten: that it was there, and when it went.
const OF_FORGOTTEN: [NamedNodeRef<'static>; 6] =
    [ext::TYPE, vocab::KIND, vocab::SPACE, vocab::PART_OF, vocab::RECORDED_AT, ext::INVALIDATED_AT];
/// What the journal keeps for itself: packed differences hold what other spaces say and what was forgotten.
const OF_JOURNAL_ALONE: [NamedNodeRef<'static>; 3] = [vocab::ADDED, vocab::REMOVED, vocab::WAS_ABOUT];
/// What is said of a name itself; any other plain statement about it is a fact's.
const OF_NAMES: [NamedNodeRef<'static>; 4] = [ext::TYPE, ext::PREF_LABEL, ext::ALT_LABEL, vocab::KEY];
/// Owners above a node: a link stands in a passage, that in a long memory, that in a session.
const MAX_OWNERS: usize = 5;

/// What a node is to whoever looks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// A name, which any space may speak of.
    Name,
    /// A node of a space; `None` if nobody says which.
    Owned { space: Option<String>, is_forgotten: bool },
}

/// A look at the graph.
pub(crate) struct Sight<'v> {
    rewound: Rewound<'v>,
    spaces: Vec<String>,
    /// When it is for whoever looks: now, or the moment that is looked from.
    now: Timestamp,
    /// The plain statements of the facts that held then, in place of those that hold now.
    asserted: Option<Dataset>,
    standings: RefCell<HashMap<Id, Standing>>,
    names: RefCell<HashMap<Id, bool>>,
    torn: RefCell<HashMap<Id, bool>>,
}

impl<'v> Sight<'v> {
    /// Looks at what spaces (all if there are none) say.
    pub fn new(rewound: Rewound<'v>, spaces: &[String], now: Timestamp) -> Self {
        Self {
            rewound,
            spaces: spaces.to_vec(),
            now,
            asserted: None,
            standings: RefCell::default(),
            names: RefCell::default(),
            torn: RefCell::default(),
        }
    }

    /// Asserts the facts that held at a moment of the world instead of those that hold now.
    pub fn asserting(mut self, true_at: Timestamp) -> Result<Self> {
        let moment = Moment { true_at: Some(true_at), known_at: None };
        let mut asserted = Dataset::new();
        let facts = self.rewound.pointing(vocab::KIND, string(crate::record::Kind::Fact.as_str()).as_ref().into());
        let facts: Vec<Quad> = facts.collect::<Result<_>>()?;
        for id in facts.iter().filter_map(|quad| subject_id(&quad.subject)) {
            if let Some(told) = self.fact(id)?.filter(|told| told.held(moment, self.now)) {
                asserted.insert(&told.fact.assertion());
            }
        }
        self.asserted = Some(asserted);
        Ok(self)
    }

    /// Returns the graph behind it, for what is decided here: what it says may be none of the caller's business.
    pub fn rewound(&self) -> &Rewound<'v> {
        &self.rewound
    }

    /// Gives it back.
    pub fn into_rewound(self) -> Rewound<'v> {
        self.rewound
    }

    /// Returns the spaces that are read; all if there are none.
    pub fn spaces(&self) -> &[String] {
        &self.spaces
    }

    /// Returns the plain statements that take the place of the graph's own.
    pub fn asserted(&self) -> Option<&Dataset> {
        self.asserted.as_ref()
    }

    /// Reads a fact that the caller sees, with what becomes of it.
    pub fn fact(&self, id: Id) -> Result<Option<Told>> {
        if !self.sees(id)? {
            return Ok(None);
        }
        let quads = self.rewound.about(id)?;
        Ok(fact::of_quads(id, &quads).map(|fact| Told::new(fact, &quads)))
    }

    /// Tells whether a node is of a space that is read, and was not forgotten. No name is.
    pub fn sees(&self, id: Id) -> Result<bool> {
        Ok(match self.standing(id)? {
            Standing::Name => false,
            Standing::Owned { is_forgotten: true, .. } => false,
            Standing::Owned { space, .. } => self.reads(space.as_deref()),
        })
    }

    /// Tells whether something that is seen is tied to a name.
    pub fn knows_name(&self, id: Id) -> Result<bool> {
        if self.standing(id)? != Standing::Name {
            return Ok(false);
        }
        if self.spaces.is_empty() {
            return Ok(true);
        }
        if let Some(known) = self.names.borrow().get(&id) {
            return Ok(*known);
        }
        let mut is_known = false;
        let node = Term::from(vocab::node(id));
        for quad in self.rewound.quads(None, None, Some(node.as_ref()), None) {
            let quad = quad?;
            // A note's name links from the note's own graph; a fact's subject is also what the fact is about.
            let is_tie =
                graph_id(&quad).is_some() || subject_id(&quad.subject).is_some_and(|by| self.is_of_a_space(by));
            if is_tie && quad.graph_name != vocab::JOURNAL.into() && self.shows_beside_names(&quad)? {
                is_known = true;
                break;
            }
        }
        self.names.borrow_mut().insert(id, is_known);
        Ok(is_known)
    }

    /// Tells whether a statement of the graph is shown.
    pub fn shows(&self, quad: &Quad) -> Result<bool> {
        if quad.graph_name == vocab::JOURNAL.into() {
            return Ok(self.spaces.is_empty() && !OF_JOURNAL_ALONE.contains(&quad.predicate.as_ref()));
        }
        // A graph of the user's own belongs to no space, and most of it is about nothing of ours.
        let is_list = quad.graph_name == vocab::OWN_GRAPHS.into();
        let is_own = is_list || own::is_own(quad.graph_name.as_ref());
        if is_own && (is_list || !self.spaces.is_empty() || subject_id(&quad.subject).is_none()) {
            return Ok(self.spaces.is_empty());
        }
        let by_name = match subject_id(&quad.subject) {
            Some(id) if self.standing(id)? == Standing::Name => Some(id),
            _ => None,
        };
        let Some(name) = by_name.filter(|_| quad.graph_name == vocab::MEMORY_GRAPH.into()) else {
            // What a file says now of what it describes was not so at any time.
            if self.asserted.is_some() && property::name(quad.predicate.as_str()).is_some() {
                return Ok(false);
            }
            return self.shows_beside_names(quad);
        };
        if !OF_NAMES.contains(&quad.predicate.as_ref()) {
            return if self.asserted.is_some() { Ok(false) } else { self.is_stated(quad) };
        }
        if self.spaces.is_empty() {
            return Ok(true);
        }
        let key = (quad.predicate == vocab::KEY).then(|| term_text(&quad.object)).flatten().unwrap_or_default();
        Ok(self.knows_name(name)? && (!key.starts_with("file:") || self.is_described(name)?))
    }

    /// As [`Sight::shows`], of what is said by a node with a space, in the graph of one, or of the vocabulary.
    fn shows_beside_names(&self, quad: &Quad) -> Result<bool> {
        let mut is_of_forgotten = false;
        if let Some(graph) = graph_id(quad)
            && let Standing::Owned { space, is_forgotten } = self.standing(graph)?
        {
            if !self.reads(space.as_deref()) {
                return Ok(false);
            }
            is_of_forgotten = is_forgotten;
        }
        if let Some(subject) = subject_id(&quad.subject)
            && let Standing::Owned { space, is_forgotten } = self.standing(subject)?
        {
            let is_told = !is_forgotten || OF_FORGOTTEN.contains(&quad.predicate.as_ref());
            if !self.reads(space.as_deref()) || !is_told || (quad.predicate == ext::TEXT && self.is_torn(subject)?) {
                return Ok(false);
            }
        } else if is_of_forgotten {
            // What a forgotten file says of a name.
            return Ok(false);
        }
        self.shows_term(&quad.object)
    }

    /// Tells whether nothing of another space is named.
    fn shows_term(&self, term: &Term) -> Result<bool> {
        if self.spaces.is_empty() {
            return Ok(true);
        }
        if let Term::Triple(triple) = term {
            return Ok(self.shows_term(&triple.subject.clone().into())? && self.shows_term(&triple.object)?);
        }
        let Some(id) = term_id(term) else { return Ok(true) };
        Ok(match self.standing(id)? {
            // Whoever says it is seen, so the name is known through that.
            Standing::Name => true,
            Standing::Owned { space, .. } => self.reads(space.as_deref()),
        })
    }

    /// Tells whether a plain statement is one of a fact that the caller sees and that holds: the end of one may have come
    /// since anything was written. What no fact says, as who stands for whom, is shown to whoever sees everything.
    fn is_stated(&self, quad: &Quad) -> Result<bool> {
        let triple = Term::from(oxigraph::model::Triple::from(quad.clone()));
        let mut is_a_facts = false;
        for reifier in self.rewound.pointing(ext::REIFIES, triple.as_ref()) {
            let Some(id) = subject_id(&reifier?.subject) else { continue };
            // A link reifies too, but is no memory.
            is_a_facts |= !self.rewound.objects(id, vocab::KIND)?.is_empty();
            let Some(told) = self.fact(id)? else { continue };
            if !told.is_retracted && told.fact.holds_at(self.now) {
                return Ok(true);
            }
        }
        Ok(self.spaces.is_empty() && !is_a_facts)
    }

    /// Tells whether the caller sees a file that a name stands for.
    fn is_described(&self, name: Id) -> Result<bool> {
        let node = Term::from(vocab::node(name));
        for quad in self.rewound.pointing(ext::MAIN_ENTITY, node.as_ref()) {
            if let Some(source) = subject_id(&quad?.subject)
                && self.sees(source)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells whether a part of a text was forgotten: then the whole would still say it.
    fn is_torn(&self, id: Id) -> Result<bool> {
        if let Some(torn) = self.torn.borrow().get(&id) {
            return Ok(*torn);
        }
        let mut is_torn = false;
        for part in self.rewound.pointing(vocab::PART_OF, Term::from(vocab::node(id)).as_ref()) {
            let Some(part) = subject_id(&part?.subject) else { continue };
            if !self.rewound.objects(part, ext::INVALIDATED_AT)?.is_empty() {
                is_torn = true;
                break;
            }
        }
        self.torn.borrow_mut().insert(id, is_torn);
        Ok(is_torn)
    }

    fn reads(&self, space: Option<&str>) -> bool {
        self.spaces.is_empty() || space.is_some_and(|space| self.spaces.iter().any(|read| read == space))
    }

    /// Tells whether a node is no name.
    pub fn is_of_a_space(&self, id: Id) -> bool {
        self.standing(id).is_ok_and(|standing| standing != Standing::Name)
    }

    fn standing(&self, id: Id) -> Result<Standing> {
        if let Some(known) = self.standings.borrow().get(&id) {
            return Ok(known.clone());
        }
        let found = self.find_standing(id)?;
        self.standings.borrow_mut().insert(id, found.clone());
        Ok(found)
    }

    fn find_standing(&self, id: Id) -> Result<Standing> {
        let (mut at, mut space, mut is_forgotten) = (id, None, false);
        for _ in 0..MAX_OWNERS {
            let classes = self.rewound.objects(at, ext::TYPE)?;
            let is_a = |class: NamedNodeRef<'_>| classes.iter().any(|quad| quad.object.as_ref() == class.into());
            if at == id && (is_a(vocab::ENTITY) || is_a(ext::CONCEPT)) {
                return Ok(Standing::Name);
            }
            is_forgotten |= !self.rewound.objects(at, ext::INVALIDATED_AT)?.is_empty();
            if space.is_none() {
                space = self.rewound.objects(at, vocab::SPACE)?.first().and_then(|quad| term_text(&quad.object));
            }
            let above = if is_a(vocab::LINK) {
                self.rewound.objects(at, ext::DERIVED_FROM)?.first().and_then(|quad| term_id(&quad.object))
            } else if is_a(vocab::EVIDENCE) {
                self.rewound.objects(at, ext::REIFIES)?.first().and_then(|quad| match &quad.object {
                    Term::Triple(triple) => subject_id(&triple.subject),
                    _ => None,
                })
            } else {
                self.rewound.objects(at, vocab::PART_OF)?.first().and_then(|quad| term_id(&quad.object))
            };
            match above {
                Some(above) => at = above,
                None => break,
            }
        }
        Ok(Standing::Owned { space, is_forgotten })
    }
}

/// A fact, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub fact: Fact,
    pub is_retracted: bool,
    pub is_stale: bool,
    expires_at: Option<Timestamp>,
}

impl Told {
    fn new(fact: Fact, quads: &[Quad]) -> Self {
        let says = |predicate: NamedNodeRef<'_>| quads.iter().find(|quad| quad.predicate.as_ref() == predicate);
        let time = |predicate| says(predicate).and_then(|quad| term_text(&quad.object)?.parse().ok());
        Self {
            fact,
            is_retracted: says(vocab::RETRACTED_AT).is_some(),
            is_stale: says(vocab::STALE_BECAUSE).is_some(),
            expires_at: time(vocab::EXPIRES_AT),
        }
    }

    /// Tells whether it is believed and held, by the rules of [`Moment::finds`].
    pub fn held(&self, moment: Moment, now: Timestamp) -> bool {
        let at = moment.true_at.unwrap_or(now);
        !self.is_retracted
            && self.fact.to.is_none_or(|end| at < end)
            && self.expires_at.is_none_or(|end| end > at)
            && (moment.true_at.is_none() || self.fact.start() <= at)
    }
}

fn graph_id(quad: &Quad) -> Option<Id> {
    match &quad.graph_name {
        GraphName::NamedNode(graph) => Id::from_iri(graph.as_str()),
        _ => None,
    }
}
