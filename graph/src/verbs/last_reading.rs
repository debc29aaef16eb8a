//! What the graph held of a file before it was read again, to be recognised: what stayed keeps its id.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use oxigraph::model::{NamedNode, Quad, Term};

use crate::id::Id;
use crate::store::{subject_id, term_id, term_text};
use crate::vocab::{self, ext};

/// The passages of the last reading, to be recognised by what they say.
pub(crate) struct OldPassages {
    /// Ids by text and headings, in order.
    pub by_content: HashMap<(String, String), VecDeque<Id>>,
    /// Ids by the name of the block.
    pub by_block: HashMap<String, Id>,
    /// The days from which what they say is counted.
    pub written_on: HashMap<Id, Term>,
}

impl OldPassages {
    /// Collects them from a source's graph.
    pub fn of(old: &[Quad]) -> Self {
        let mut by_id: BTreeMap<Id, (String, String)> = BTreeMap::new();
        let (mut by_block, mut written_on) = (HashMap::new(), HashMap::new());
        let ids = passages_in(old);
        for quad in old {
            let Some(id) = subject_id(&quad.subject).filter(|id| ids.contains(id)) else { continue };
            let content = by_id.entry(id).or_default();
            if quad.predicate == ext::TEXT {
                content.0 = term_text(&quad.object).unwrap_or_default();
            } else if quad.predicate == vocab::HEADINGS {
                content.1 = term_text(&quad.object).unwrap_or_default();
            } else if quad.predicate == vocab::WRITTEN_ON {
                written_on.insert(id, quad.object.clone());
            } else if quad.predicate == vocab::BLOCK {
                by_block.insert(term_text(&quad.object).unwrap_or_default(), id);
            }
        }
        let mut by_content: HashMap<(String, String), VecDeque<Id>> = HashMap::new();
        for (id, content) in by_id {
            by_content.entry(content).or_default().push_back(id);
        }
        Self { by_content, by_block, written_on }
    }
}

/// The links of the last reading, to be recognised by what they point at and where they stand.
pub(crate) struct OldLinks {
    /// Ids by place.
    pub by_place: HashMap<Place, VecDeque<Id>>,
}

/// Target, first byte, byte after the last, and kind.
pub(crate) type Place = (Id, usize, usize, String);

impl OldLinks {
    /// Collects them from a source's graph.
    pub fn of(old: &[Quad]) -> Self {
        let mut by_id: BTreeMap<Id, (Option<Id>, usize, usize, String)> = BTreeMap::new();
        for quad in old {
            let Some(id) = subject_id(&quad.subject) else { continue };
            let text = || term_text(&quad.object).unwrap_or_default();
            let number = || text().parse().unwrap_or_default();
            match (&quad.object, quad.predicate.as_ref()) {
                (Term::Triple(statement), ext::REIFIES) => by_id.entry(id).or_default().0 = term_id(&statement.object),
                (_, vocab::LINK_KIND) => by_id.entry(id).or_default().3 = text(),
                (_, vocab::START) => by_id.entry(id).or_default().1 = number(),
                (_, vocab::END) => by_id.entry(id).or_default().2 = number(),
                _ => {}
            }
        }
        let mut by_place: HashMap<Place, VecDeque<Id>> = HashMap::new();
        for (id, (target, start, end, kind)) in by_id {
            if let Some(target) = target {
                by_place.entry((target, start, end, kind)).or_default().push_back(id);
            }
        }
        Self { by_place }
    }
}

/// Returns the passages that some statements declare.
pub(crate) fn passages_in(quads: &[Quad]) -> BTreeSet<Id> {
    quads
        .iter()
        .filter(|quad| quad.predicate == ext::TYPE && quad.object == NamedNode::from(vocab::PASSAGE).into())
        .filter_map(|quad| subject_id(&quad.subject))
        .collect()
}
