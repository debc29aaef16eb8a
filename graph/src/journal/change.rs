//! What a verb has decided and nobody has saved yet.

use std::collections::{BTreeSet, HashSet};

use oxigraph::model::{NamedOrBlankNode, Quad};

use crate::error::Result;
use crate::id::Id;
use crate::store::View;

/// A difference that is not saved yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub verb: &'static str,
    pub reason: Option<String>,
    pub undoes: Option<Id>,
    pub added: Vec<Quad>,
    pub removed: Vec<Quad>,
    /// What goes for good, from the graph and from the journal; it is in no difference.
    pub erased: BTreeSet<Id>,
    /// Nodes and commits in which secrets are masked, in the graph and in the journal; that is in no difference either.
    pub redacted: BTreeSet<Id>,
    /// Memories and passages whose findable text changed, appeared or went.
    pub touched: BTreeSet<Id>,
    /// Subjects of which the view says nothing, found once by [`Change::reduce`]: most of a change is new, and asking
    /// for each statement whether it is there already costs more than writing it.
    pub fresh: HashSet<NamedOrBlankNode>,
}

impl Change {
    /// Starts a change for a verb.
    pub fn new(verb: &'static str) -> Self {
        Self { verb, ..Self::default() }
    }

    /// Leaves only what really differs from the view, so that the entry can be inverted exactly.
    pub fn reduce(&mut self, view: &View<'_>) -> Result<()> {
        for subject in self.added.iter().map(|quad| &quad.subject) {
            if !self.fresh.contains(subject) && view.is_unknown(subject.as_ref())? {
                self.fresh.insert(subject.clone());
            }
        }
        let added: HashSet<&Quad> = self.added.iter().collect();
        let unchanged: HashSet<Quad> = self.removed.iter().filter(|quad| added.contains(quad)).cloned().collect();
        let mut seen = HashSet::new();
        let mut kept = Vec::with_capacity(self.added.len());
        for quad in std::mem::take(&mut self.added) {
            let is_new = self.fresh.contains(&quad.subject) || !view.contains(quad.as_ref())?;
            if is_new && !unchanged.contains(&quad) && seen.insert(quad.clone()) {
                kept.push(quad);
            }
        }
        self.added = kept;
        let mut kept = Vec::with_capacity(self.removed.len());
        for quad in std::mem::take(&mut self.removed) {
            if !unchanged.contains(&quad) && view.contains(quad.as_ref())? && seen.insert(quad.clone()) {
                kept.push(quad);
            }
        }
        self.removed = kept;
        Ok(())
    }

    /// Takes in what another one changes.
    pub fn take(&mut self, mut other: Self) {
        self.added.append(&mut other.added);
        self.removed.append(&mut other.removed);
        self.touched.append(&mut other.touched);
        self.fresh.extend(other.fresh);
    }

    /// Tells whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.redacted.is_empty()
    }
}
