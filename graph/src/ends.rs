//! When the facts of a slot ended, kept in memory by the writer: each new value of a functional predicate is compared with
//! those that have not ended, and to look up thousands of earlier ones would take longer than all else.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use oxigraph::model::Quad;

use crate::error::Result;
use crate::id::Id;
use crate::store::{View, string, subject_id, term_text};
use crate::time::Timestamp;
use crate::vocab;

/// Slots that are kept; the one that was not asked for the longest goes first.
const MAX_SLOTS: usize = 1_024;
/// Facts of all of them, of about 100 bytes each; a slot that alone has more is looked up again each time.
const MAX_FACTS: usize = 100_000;

/// The slots that were asked for last. Right only as long as it hears of every change, in order.
pub(crate) struct Ends {
    slots: LruCache<Arc<str>, HashMap<Id, Option<Timestamp>>>,
    slot_of: HashMap<Id, Arc<str>>,
    most: usize,
}

impl Default for Ends {
    fn default() -> Self {
        Self::holding(MAX_SLOTS, MAX_FACTS)
    }
}

impl Ends {
    fn holding(slots: usize, facts: usize) -> Self {
        let slots = NonZeroUsize::new(slots).expect("room for one");
        Self { slots: LruCache::new(slots), slot_of: HashMap::new(), most: facts }
    }

    /// Returns the facts of a slot that ended by a moment, and the others, each in the order of their ids.
    pub fn split(&mut self, view: &View<'_>, slot: &str, by: Timestamp) -> Result<(Vec<Id>, Vec<Id>)> {
        if let Some(facts) = self.slots.get(slot) {
            #[cfg(test)]
            tests::is_as_in_the_graph(view, slot, facts);
            return Ok(split(facts, by));
        }
        let facts = read(view, slot)?;
        let parts = split(&facts, by);
        self.keep(slot.into(), facts);
        Ok(parts)
    }

    /// Takes in a change, after it was applied to the view.
    pub fn note(&mut self, view: &View<'_>, added: &[Quad], removed: &[Quad]) -> Result<()> {
        for quad in removed.iter().filter(|quad| quad.predicate == vocab::KEY) {
            if let Some((id, slot)) = self.known(quad) {
                self.slot_of.remove(&id);
                self.slots.peek_mut(&slot).map(|facts| facts.remove(&id));
            }
        }
        for quad in added.iter().filter(|quad| quad.predicate == vocab::KEY) {
            if let Some((id, slot)) = self.known(quad) {
                self.slot_of.insert(id, Arc::clone(&slot));
                let end = end(view, id)?;
                self.slots.peek_mut(&slot).map(|facts| facts.insert(id, end));
            }
        }
        if self.slot_of.len() > self.most {
            self.clear();
        }
        for quad in removed.iter().chain(added).filter(|quad| quad.predicate == vocab::VALID_TO) {
            let Some(id) = subject_id(&quad.subject) else { continue };
            let Some(slot) = self.slot_of.get(&id) else { continue };
            let end = end(view, id)?;
            self.slots.peek_mut(slot).map(|facts| facts.insert(id, end));
        }
        Ok(())
    }

    /// Forgets everything: what was noted may not have come about.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.slot_of.clear();
    }

    /// Returns of which kept slot a key is.
    fn known(&self, key: &Quad) -> Option<(Id, Arc<str>)> {
        let slot: Arc<str> = term_text(&key.object)?.into();
        self.slots.contains(&slot).then_some((subject_id(&key.subject)?, slot))
    }

    fn keep(&mut self, slot: Arc<str>, facts: HashMap<Id, Option<Timestamp>>) {
        if facts.len() > self.most {
            return;
        }
        while self.slots.len() == self.slots.cap().get() || self.slot_of.len() + facts.len() > self.most {
            let Some((_, old)) = self.slots.pop_lru() else { break };
            old.keys().for_each(|id| drop(self.slot_of.remove(id)));
        }
        self.slot_of.extend(facts.keys().map(|id| (*id, Arc::clone(&slot))));
        self.slots.push(slot, facts);
    }
}

/// As [`Ends::split`], read from the view.
pub(crate) fn read_split(view: &View<'_>, slot: &str, by: Timestamp) -> Result<(Vec<Id>, Vec<Id>)> {
    Ok(split(&read(view, slot)?, by))
}

fn split(facts: &HashMap<Id, Option<Timestamp>>, by: Timestamp) -> (Vec<Id>, Vec<Id>) {
    let (mut ended, mut others): (Vec<Id>, Vec<Id>) =
        facts.keys().copied().partition(|id| facts[id].is_some_and(|end| end <= by));
    ended.sort_unstable();
    others.sort_unstable();
    (ended, others)
}

fn read(view: &View<'_>, slot: &str) -> Result<HashMap<Id, Option<Timestamp>>> {
    let ids = view.subjects(vocab::KEY, string(slot).as_ref().into(), usize::MAX)?;
    ids.into_iter().map(|id| Ok((id, end(view, id)?))).collect()
}

fn end(view: &View<'_>, id: Id) -> Result<Option<Timestamp>> {
    Ok(view.text(id, vocab::VALID_TO)?.and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::fact::Statement;
    use crate::journal::Agent;
    use crate::memory::{Memory, Options};
    use crate::record::Kind;
    use crate::store::{GraphStore, Node, QUADS_READ, time_literal};
    use crate::verbs::remember::NewMemory;
    use crate::verbs::update::UpdateOp;

    /// Compares what is kept with what is said, whenever a decision of a test in this crate asks; that is not what it costs.
    pub(super) fn is_as_in_the_graph(view: &View<'_>, slot: &str, facts: &HashMap<Id, Option<Timestamp>>) {
        let before = QUADS_READ.get();
        assert_eq!(facts, &read(view, slot).unwrap(), "{slot}");
        QUADS_READ.set(before);
    }

    #[test]
    fn a_random_history_leaves_nothing_out() {
        let folder = tempfile::tempdir().unwrap();
        let minutes = AtomicI64::new(0);
        let clock =
            move || Timestamp::from_millis(1_750_000_000_000 + 60_000 * minutes.fetch_add(1, Ordering::Relaxed));
        let options = Options { clock: Arc::new(clock), holder: "a test".into() };
        let (memory, owner) = (Memory::open(folder.path(), options).unwrap(), Agent::owner());
        let mut random = 1_u64;
        let mut below = |bound: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(random >> 33).unwrap() % bound
        };
        let (mut told, mut commits): (Vec<Id>, Vec<Id>) = Default::default();
        let mut done = 0;
        for step in 0..400 {
            let what = below(10);
            let one = told.get(below(told.len().max(1))).copied();
            let commit = match (what, one) {
                (6, Some(id)) => {
                    let mut ops = vec![UpdateOp::Retract, UpdateOp::Restore, UpdateOp::End(memory.0.now())];
                    let op = ops.swap_remove(below(3));
                    memory.update(id, op, None, &owner).ok().map(|updated| updated.commit)
                }
                (7, Some(_)) => memory.undo(commits[below(commits.len())], &owner).ok().map(|undone| undone.commit),
                (8, _) => {
                    let _ =
                        memory.merge(&format!("Person {}", below(3)), &format!("Person {}", below(3)), None, &owner);
                    None
                }
                (5, Some(id)) => memory.forget(&[id], None, &owner).ok().and_then(|forgotten| forgotten.commit),
                (9, _) => {
                    let _ = memory.split(&format!("Person {}", below(3)), &[], None, &owner);
                    None
                }
                _ => {
                    let thing = format!("thing {}", below(4));
                    let statement = Some(Statement::new(format!("Person {}", below(3)), "status", thing));
                    let days = i64::try_from(below(30)).unwrap() * 86_400_000;
                    let valid_from = (below(3) == 0).then(|| Timestamp::from_millis(1_748_000_000_000 + days));
                    let new = NewMemory { kind: Kind::Fact, statement, valid_from, ..NewMemory::new("") };
                    let one = memory.remember(new, &owner).unwrap_or_else(|error| panic!("step {step}: {error}"));
                    told.push(one.id);
                    Some(one.commit)
                }
            };
            done += usize::from(commit.is_some());
            commits.extend(commit);
        }
        assert!(done > 200, "{done} of 400 did something");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let store = GraphStore::open(folder.path()).unwrap();
        let mut view = store.view().unwrap();
        for id in 1..=6_u64 {
            let mut node = Node::new(Id(id), vocab::MEMORY_GRAPH);
            // One of the first slot, two of the second, three of the third.
            let slot = [1, 2, 2, 3, 3, 3][usize::try_from(id).unwrap() - 1];
            node.say(vocab::KEY, string(format!("slot {slot}")));
            node.maybe(vocab::VALID_TO, (id == 2).then(|| time_literal(Timestamp::from_millis(5))));
            view.apply(&node.quads, &[]);
        }
        let mut ends = Ends::holding(2, 3);
        let mut split = |slot: usize| {
            let (ended, others) = ends.split(&view, &format!("slot {slot}"), Timestamp::from_millis(5)).unwrap();
            ((ended.len(), others.len()), ends.slots.len(), ends.slot_of.len())
        };
        assert_eq!(split(1), ((0, 1), 1, 1));
        assert_eq!(split(2), ((1, 1), 2, 3), "both fit");
        assert_eq!(split(3), ((0, 3), 1, 3), "the third takes all the room");
        assert_eq!(split(0), ((0, 0), 2, 3), "an empty one takes none");
        assert_eq!(split(4), ((0, 0), 2, 0), "so many slots and no more");
        let mut ends = Ends::holding(2, 2);
        assert_eq!(ends.split(&view, "slot 3", Timestamp::from_millis(5)).unwrap().1.len(), 3);
        assert_eq!(ends.slots.len(), 0, "one that is too large is not kept");
    }
}
