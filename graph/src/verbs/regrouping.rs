//! Preferences after a merge or a split: whose they are, what they are about and who said them is kept by name, and names
//! mean others then. What comes together is weighed, and nothing ends: of two that contradict each other the one that was
//! said by who is trusted more, or last, stays in force, and the other waits beside it in a conflict that names the merge.
//! A split takes that back.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNode, NamedNodeRef};

use super::telling::Telling;
use crate::error::Result;
use crate::fact;
use crate::id::Id;
use crate::identity::Names;
use crate::preference::{OBSERVATIONS_TO_HOLD, Standing};
use crate::store::{Node, string, term_id, time_literal};
use crate::vocab::{self, ext};
use crate::voice;

impl Telling<'_> {
    /// Weighs what a merge brings together; returns the conflicts that it makes.
    pub(super) fn bring_together(&mut self, keep: Id, other: Id) -> Result<Vec<Id>> {
        let now = Names::now(self.view);
        let theirs = now.order.members(self.view, other)?;
        let both: Vec<Id> = now.order.members(self.view, keep)?.into_iter().chain(theirs.iter().copied()).collect();
        self.recount(&both)?;
        let mut conflicts = Vec::new();
        for id in self.concerned(other, &theirs)? {
            let Some(record) = self.read(id)?.filter(|record| self.stands(record)) else { continue };
            let Some(wish) = record.preference else { continue };
            let before: BTreeSet<Id> =
                self.beside_as(&now, &wish, &record.space)?.slot.iter().map(|held| held.record.id).collect();
            for rival in self.beside(&wish, &record.space)?.slot {
                let is_new = rival.stands && rival.contradicts(&wish) && !before.contains(&rival.record.id);
                if is_new && let Some(conflict) = self.set_against(id, rival.record.id, other)? {
                    conflicts.push(conflict);
                }
            }
        }
        Ok(conflicts)
    }

    /// Weighs what a split parts; returns the conflicts that are none any more.
    pub(super) fn part(&mut self, from: Id, group: &[Id]) -> Result<Vec<Id>> {
        let members = Names::now(self.view).order.members(self.view, from)?;
        let concerned = self.concerned(from, &members)?;
        let mut open = BTreeSet::new();
        for id in &concerned {
            open.extend(fact::open_conflicts(self.view, *id)?);
        }
        let mut closed = Vec::new();
        for conflict in open {
            let quads = self.view.about(conflict)?;
            let is_made = quads.iter().any(|quad| {
                quad.predicate == ext::INFLUENCED_BY && term_id(&quad.object).is_some_and(|by| group.contains(&by))
            });
            let sides: Vec<Id> =
                quads.iter().filter(|q| q.predicate == vocab::SIDE).filter_map(|q| term_id(&q.object)).collect();
            if is_made && !self.disagree(&sides)? {
                quads.into_iter().filter(|quad| quad.graph_name == vocab::MEMORY_GRAPH.into()).for_each(|quad| {
                    self.retire(quad);
                });
                self.change.touched.extend(sides);
                closed.push(conflict);
            }
        }
        let counted = self.recount(&members)?;
        self.weigh_all_again(concerned.into_iter().chain(counted).collect())?;
        Ok(closed)
    }

    /// Tells whether some of the sides, if they are preferences, contradict each other; of facts nothing is said here.
    fn disagree(&self, sides: &[Id]) -> Result<bool> {
        for side in sides {
            let Some(record) = self.read(*side)? else { continue };
            let Some(wish) = &record.preference else { return Ok(true) };
            let beside = self.beside(wish, &record.space)?;
            if beside.slot.iter().any(|held| sides.contains(&held.record.id) && held.contradicts(wish)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the preferences that are about an entity that stands, or name one of its members, in order.
    fn concerned(&self, stands: Id, members: &[Id]) -> Result<BTreeSet<Id>> {
        let mut found: BTreeSet<Id> =
            self.view.subjects(vocab::ABOUT, vocab::node(stands).as_ref().into(), usize::MAX)?.into_iter().collect();
        for label in self.names.labels(members)? {
            for predicate in [vocab::TOPIC, vocab::VALUE, vocab::HELD_BY, vocab::APPLIES_TO] {
                found.extend(self.view.subjects(predicate, string(&label).as_ref().into(), usize::MAX)?);
            }
        }
        self.preferences(found)
    }

    fn preferences(&self, ids: BTreeSet<Id>) -> Result<BTreeSet<Id>> {
        let mut found = BTreeSet::new();
        for id in ids {
            if self.view.is_a(id, vocab::PREFERENCE)? {
                found.insert(id);
            }
        }
        Ok(found)
    }

    /// Sets two that are in force and contradict each other against each other; returns the conflict, if it makes one.
    fn set_against(&mut self, one: Id, other: Id, merged: Id) -> Result<Option<Id>> {
        let mut sides = Vec::new();
        for id in [one, other] {
            let Some(record) = self.read(id)? else { return Ok(None) };
            let Some(preference) = record.preference.filter(|it| it.status == Standing::InForce) else {
                return Ok(None);
            };
            let trust = record.trust.parse().unwrap_or(crate::journal::Trust::Ingested);
            sides.push((!preference.inferred, trust, id, preference, record.space));
        }
        sides.sort_by_key(|side| (side.0, side.1, side.2));
        let are_guesses = sides.iter().all(|side| !side.0);
        let is_disputed = are_guesses || sides.iter().all(|side| side.0);
        for (_, _, id, preference, _) in sides.iter_mut().take(if are_guesses { 2 } else { 1 }) {
            preference.status = Standing::Candidate;
            self.restate(*id, preference)?;
        }
        if !is_disputed {
            return Ok(None);
        }
        let conflict = self.mint.mint(self.now);
        let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
        node.say(ext::TYPE, NamedNode::from(vocab::CONFLICT))
            .say(vocab::SPACE, string(&sides[0].4))
            .say(vocab::RECORDED_AT, time_literal(self.now))
            .say(ext::INFLUENCED_BY, vocab::node(merged))
            .say(vocab::SIDE, vocab::node(one))
            .say(vocab::SIDE, vocab::node(other));
        self.change.added.append(&mut node.quads);
        self.change.touched.extend([one, other]);
        Ok(Some(conflict))
    }

    /// Counts the voices of preferences anew that one of some entities has told: two may be one now, or one two.
    /// Returns those that have more or fewer then.
    fn recount(&mut self, entities: &[Id]) -> Result<BTreeSet<Id>> {
        let mut counted = BTreeSet::new();
        let mut told = BTreeSet::new();
        for label in self.names.labels(entities)? {
            let said = |predicate: NamedNodeRef<'static>| {
                self.view.subjects(predicate, string(&label).as_ref().into(), usize::MAX)
            };
            told.extend(said(vocab::HEARD_FROM)?);
            for source in said(ext::PRIMARY_SOURCE)? {
                told.extend(self.view.subjects(ext::DERIVED_FROM, vocab::node(source).as_ref().into(), usize::MAX)?);
                told.insert(source);
            }
        }
        for id in self.preferences(told)? {
            let Some(mut preference) = self.read(id)?.and_then(|record| record.preference) else { continue };
            let observations = voice::count(&voice::told(&self.names, id)?);
            if observations == preference.observations {
                continue;
            }
            preference.observations = observations;
            let falls = preference.inferred && observations < OBSERVATIONS_TO_HOLD;
            if falls {
                preference.status = Standing::Candidate;
            }
            self.restate(id, &preference)?;
            if falls {
                self.weigh_again(id)?;
            }
            counted.insert(id);
        }
        Ok(counted)
    }
}
