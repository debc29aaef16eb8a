//! The graph as it was known at a moment: what a view holds, with every later commit taken back over it.
//!
//! Where `past` follows one node, this is for whoever asks by pattern. Nothing is copied: what later commits added is
//! hidden, what they removed is laid over the view, and what is newer than the moment is known by its id.

use std::collections::{BTreeSet, HashSet};

use oxigraph::model::{
    Dataset, GraphName, GraphNameRef, NamedNode, NamedNodeRef, NamedOrBlankNodeRef, Quad, QuadRef, TermRef,
};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal;
use crate::moment::{Moment, nothing_known};
use crate::store::{View, subject_id};
use crate::time::Timestamp;
use crate::vocab;

/// Statements of later commits that are read at most, a few seconds of reading.
pub const MAX_REWOUND_READ: usize = 2_000_000;
/// Of these, statements about what is older than the moment: only they are held in memory, some hundred bytes each.
pub const MAX_REWOUND_KEPT: usize = 200_000;

/// A view as it was known at a moment, or as it is.
pub(crate) struct Rewound<'v> {
    pub view: &'v View<'v>,
    /// The largest id of that moment; `None` if it is now.
    newest: Option<Id>,
    gone: HashSet<Quad>,
    back: Dataset,
}

/// How far it may be looked back.
#[derive(Clone, Copy)]
struct Bounds {
    read: usize,
    kept: usize,
}

impl<'v> Rewound<'v> {
    /// Looks from a moment, or from now.
    ///
    /// # Errors
    /// `Invalid` when nothing was known yet; `TooLarge` when too much has changed since.
    pub fn new(view: &'v View<'v>, known_at: Option<Timestamp>) -> Result<Self> {
        Self::within(view, known_at, Bounds { read: MAX_REWOUND_READ, kept: MAX_REWOUND_KEPT })
    }

    /// Tells whether it is the view as it is.
    pub fn is_now(&self) -> bool {
        self.newest.is_none()
    }

    fn within(view: &'v View<'v>, known_at: Option<Timestamp>, bounds: Bounds) -> Result<Self> {
        let newest = Moment { known_at, true_at: None }.newest_id();
        let mut rewound = Self { view, newest, gone: HashSet::new(), back: Dataset::new() };
        let Some(known_at) = known_at else { return Ok(rewound) };
        let mut read = 0;
        let mut oldest = None;
        // Newest first, as the store orders them.
        let commits = view.quads(None, Some(vocab::ORDER), None, Some(vocab::JOURNAL.into()));
        for commit in commits {
            let Some(commit) = subject_id(&commit?.subject) else { continue };
            if commit.minted_at() <= known_at {
                return Ok(rewound);
            }
            oldest = Some(commit);
            read += rewound.take_back(commit)?;
            if read > bounds.read || rewound.gone.len() + rewound.back.len() > bounds.kept {
                let message = format!("more than {read} statements have changed since {known_at}");
                return Err(Error::new(ErrorKind::TooLarge, message)
                    .hint("look from a later moment; recall, get and timeline look back as far as you like"));
            }
        }
        Err(nothing_known(known_at, oldest))
    }

    /// Takes a commit back; returns how much was read.
    fn take_back(&mut self, commit: Id) -> Result<usize> {
        let (added, removed) = journal::difference(self.view, commit)?;
        // The commit itself costs a look, too.
        let read = 1 + added.len() + removed.len();
        for quad in added.into_iter().filter(|quad| !is_newer(self.newest, quad)) {
            if !self.back.remove(&quad) {
                self.gone.insert(quad);
            }
        }
        for quad in removed.into_iter().filter(|quad| !is_newer(self.newest, quad)) {
            if !self.gone.remove(&quad) {
                self.back.insert(&quad);
            }
        }
        Ok(read)
    }

    /// Iterates over the quads that match; `None` matches anything.
    pub fn quads<'s>(
        &'s self,
        subject: Option<NamedOrBlankNodeRef<'_>>,
        predicate: Option<NamedNodeRef<'_>>,
        object: Option<TermRef<'_>>,
        graph: Option<GraphNameRef<'_>>,
    ) -> impl Iterator<Item = Result<Quad>> + use<'s, 'v> {
        let back: Vec<Quad> = match self.back.is_empty() {
            true => Vec::new(),
            false => self.back.quads_for_pattern(subject, predicate, object, graph).map(QuadRef::into_owned).collect(),
        };
        let there = self.view.quads(subject, predicate, object, graph);
        there.filter(|quad| quad.as_ref().map_or(true, |quad| self.was_there(quad))).chain(back.into_iter().map(Ok))
    }

    /// Lays a change that is not made yet over it: what it removes, then what it adds.
    pub fn lay(&mut self, removed: Vec<Quad>, added: Vec<Quad>) -> Result<()> {
        for quad in removed {
            if !self.back.remove(&quad) && self.view.contains(&quad)? {
                self.gone.insert(quad);
            }
        }
        for quad in added {
            if !self.gone.remove(&quad) && !self.view.contains(&quad)? {
                self.back.insert(&quad);
            }
        }
        Ok(())
    }

    /// Returns how many statements are laid over it.
    pub fn laid(&self) -> usize {
        self.gone.len() + self.back.len()
    }

    /// Returns what was laid over a view of now: added and removed.
    pub fn into_difference(self) -> (Vec<Quad>, Vec<Quad>) {
        (self.back.iter().map(QuadRef::into_owned).collect(), self.gone.into_iter().collect())
    }

    fn was_there(&self, quad: &Quad) -> bool {
        !is_newer(self.newest, quad) && (self.gone.is_empty() || !self.gone.contains(quad))
    }

    /// Returns everything that was said of a node, in any graph.
    pub fn about(&self, id: Id) -> Result<Vec<Quad>> {
        self.quads(Some(vocab::node(id).as_ref().into()), None, None, None).collect()
    }

    /// Returns what was said of a node with one predicate.
    pub fn objects(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Vec<Quad>> {
        self.quads(Some(vocab::node(id).as_ref().into()), Some(predicate), None, None).collect()
    }

    /// Iterates over what pointed at `object` with a predicate.
    pub fn pointing(
        &self,
        predicate: NamedNodeRef<'_>,
        object: TermRef<'_>,
    ) -> impl Iterator<Item = Result<Quad>> + use<'_, 'v> {
        self.quads(None, Some(predicate), Some(object), None)
    }

    /// Returns the names of all graphs, in order; some may have been empty then.
    pub fn graphs(&self) -> Result<BTreeSet<NamedNode>> {
        let mut graphs: BTreeSet<NamedNode> = self.view.graphs()?.into_iter().collect();
        graphs.extend(self.back.iter().filter_map(|quad| match quad.graph_name.into_owned() {
            GraphName::NamedNode(graph) => Some(graph),
            _ => None,
        }));
        Ok(graphs)
    }
}

/// Tells whether a statement is about what did not exist yet.
fn is_newer(newest: Option<Id>, quad: &Quad) -> bool {
    newest.is_some_and(|newest| subject_id(&quad.subject).is_some_and(|id| id > newest))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::journal::Agent;
    use crate::memory::{Memory, Options};
    use crate::store::GraphStore;
    use crate::verbs::remember::NewMemory;

    #[test]
    fn it_is_looked_back_so_far_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let now = AtomicI64::new(1_750_000_000_000);
        let clock = Arc::new(move || Timestamp::from_millis(now.fetch_add(1, Ordering::Relaxed)));
        let memory = Memory::open(folder.path(), Options { clock, holder: "a test".into() }).unwrap();
        let first = memory.remember(NewMemory::new("one"), &Agent::owner()).unwrap();
        let second = memory.remember(NewMemory::new("two"), &Agent::owner()).unwrap();
        let forgotten = memory.forget(&[first.id], None, &Agent::owner()).unwrap().commit.unwrap();
        memory.close().unwrap();
        drop(memory);
        let store = GraphStore::open(&folder.path().join("store")).unwrap();
        let view = store.view().unwrap();
        let back_to = |commit: Id, read: usize, kept: usize| {
            Rewound::within(&view, Some(commit.minted_at()), Bounds { read, kept }).map(|rewound| rewound.gone.len())
        };
        // The tombstone is about what is older; the second memory is newer, and only read.
        let tombstone = journal::difference(&view, forgotten).unwrap().0.len();
        let told = journal::difference(&view, second.commit).unwrap().0.len();
        let read = 2 + tombstone + told;
        assert_eq!(back_to(first.commit, read, tombstone).unwrap(), tombstone);
        for (read, kept) in [(read - 1, tombstone), (read, tombstone - 1)] {
            assert_eq!(back_to(first.commit, read, kept).unwrap_err().kind(), ErrorKind::TooLarge);
        }
        assert_eq!(back_to(forgotten, 0, 0).unwrap(), 0);
    }
}
