//! What the graph said of a node at an earlier moment: what it says now, with every later commit taken back.
//!
//! Only the commits that touched the node are looked at, so that looking back costs what happened to it and not what
//! happened since.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use oxigraph::model::Quad;

use crate::error::Result;
use crate::id::Id;
use crate::journal;
use crate::store::{View, subject_id};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Differences of one look that are kept: a commit often touches many of the nodes that are looked at together.
const MAX_KEPT: usize = 64;

/// What a commit added and removed, by node: one that reads a file again speaks of thousands.
type Difference = Rc<HashMap<Id, (Vec<Quad>, Vec<Quad>)>>;

/// Looks back through one view.
pub(crate) struct Past<'v> {
    view: &'v View<'v>,
    kept: RefCell<HashMap<Id, Difference>>,
}

impl<'v> Past<'v> {
    /// Starts on a view.
    pub fn new(view: &'v View<'v>) -> Self {
        Self { view, kept: RefCell::default() }
    }

    /// Returns what was said of a node when everything up to `known` was known.
    pub fn about(&self, id: Id, known: Timestamp) -> Result<Vec<Quad>> {
        let mut quads = self.view.about(id)?;
        for commit in self.commits(id)?.into_iter().rev().take_while(|commit| commit.minted_at() > known) {
            self.take_back(&mut quads, id, commit)?;
        }
        Ok(without_journal(quads))
    }

    /// Returns what was last said of a memory or passage that is no longer there; nothing if it never was.
    pub fn last_of(&self, id: Id) -> Result<Vec<Quad>> {
        let mut quads = self.view.about(id)?;
        for commit in self.commits(id)?.into_iter().rev() {
            self.take_back(&mut quads, id, commit)?;
            if quads.iter().any(|quad| quad.predicate == ext::TYPE) {
                return Ok(without_journal(quads));
            }
        }
        Ok(Vec::new())
    }

    /// Returns what was said of a node after each commit that touched it, newest first.
    pub fn versions(&self, id: Id) -> Result<Vec<(Id, Vec<Quad>)>> {
        let mut quads = self.view.about(id)?;
        let mut versions = Vec::new();
        for commit in self.commits(id)?.into_iter().rev() {
            versions.push((commit, without_journal(quads.clone())));
            self.take_back(&mut quads, id, commit)?;
        }
        Ok(versions)
    }

    fn commits(&self, id: Id) -> Result<Vec<Id>> {
        let mut commits = self.view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)?;
        commits.sort_unstable();
        commits.dedup();
        Ok(commits)
    }

    fn take_back(&self, quads: &mut Vec<Quad>, id: Id, commit: Id) -> Result<()> {
        let difference = self.difference(commit)?;
        if let Some((added, removed)) = difference.get(&id) {
            quads.retain(|quad| !added.contains(quad));
            quads.extend(removed.iter().cloned());
        }
        Ok(())
    }

    fn difference(&self, commit: Id) -> Result<Difference> {
        if let Some(found) = self.kept.borrow().get(&commit) {
            return Ok(Rc::clone(found));
        }
        let (added, removed) = journal::difference(self.view, commit)?;
        let mut by_node: HashMap<Id, (Vec<Quad>, Vec<Quad>)> = HashMap::new();
        for quad in added {
            if let Some(id) = subject_id(&quad.subject) {
                by_node.entry(id).or_default().0.push(quad);
            }
        }
        for quad in removed {
            if let Some(id) = subject_id(&quad.subject) {
                by_node.entry(id).or_default().1.push(quad);
            }
        }
        let read = Rc::new(by_node);
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(commit, Rc::clone(&read));
        Ok(read)
    }
}

/// The journal tells the past itself and has none.
fn without_journal(mut quads: Vec<Quad>) -> Vec<Quad> {
    quads.retain(|quad| quad.graph_name != vocab::JOURNAL.into());
    quads
}
