//! What follows when memories fall, however they do (retracted, corrected, forgotten, erased, or as the losing side of a
//! conflict): what they had ended goes on, what they disagreed with is in dispute no more, and what they held back is
//! weighed anew.

use oxigraph::model::{NamedOrBlankNode, Quad};

use super::telling::Telling;
use crate::error::Result;
use crate::fact;
use crate::id::Id;
use crate::record::{Reader, Record};
use crate::store::{Node, term_id, time_literal};
use crate::vocab;

impl Telling<'_> {
    /// Does what follows from memories that this decision has marked as fallen. Returns what is no longer stale.
    pub(super) fn let_go(&mut self, fallen: &[Id]) -> Result<Vec<Id>> {
        for id in fallen {
            self.disbelieve(*id)?;
        }
        let mut fresh = Vec::new();
        for id in fallen {
            fresh.append(&mut self.reopen(*id)?);
        }
        for id in fallen {
            self.settle_what_is_left(*id)?;
            self.weigh_again(*id)?;
        }
        Ok(fresh)
    }

    /// Ends the conflicts that had but one other side: nothing contradicts that any more.
    pub(super) fn settle_what_is_left(&mut self, fallen: Id) -> Result<()> {
        for conflict in fact::open_conflicts(self.view, fallen)? {
            let said = self.said(conflict)?;
            let mut standing = 0;
            for side in said.iter().filter(|quad| quad.predicate == vocab::SIDE).filter_map(|q| term_id(&q.object)) {
                // Of what held once it may still be in dispute when; what was wanted once is over.
                let counts = self.read(side)?.is_some_and(|record| match record.preference {
                    Some(_) => self.stands(&record),
                    None => record.is_believed() && !self.disbelieved.contains(&side),
                });
                standing += usize::from(counts);
            }
            if standing < 2 && !said.is_empty() {
                let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
                node.say(vocab::SETTLED_AT, time_literal(self.now));
                self.change.added.append(&mut node.quads);
            }
        }
        Ok(())
    }

    /// Returns what is said of a node after what was decided so far.
    pub(super) fn said(&self, id: Id) -> Result<Vec<Quad>> {
        let subject = NamedOrBlankNode::from(vocab::node(id));
        let mut quads = self.view.about(id)?;
        quads.retain(|quad| !self.change.removed.contains(quad));
        let added = self.change.added.iter().filter(|quad| quad.subject == subject);
        let added: Vec<Quad> = added.filter(|quad| !quads.contains(quad)).cloned().collect();
        quads.extend(added);
        Ok(quads)
    }

    /// Reads a memory as it is after what was decided so far.
    pub(super) fn read(&self, id: Id) -> Result<Option<Record>> {
        Reader::new(self.view).read_of(id, self.said(id)?)
    }
}
