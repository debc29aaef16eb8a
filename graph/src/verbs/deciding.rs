//! Decisions among what is told: their options, and what they replace.

use std::collections::HashSet;

use super::remember::NewMemory;
use super::telling::Telling;
use super::update;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::Trust;
use crate::record::{self, Kind, Record};
use crate::stale;
use crate::store::{Node, View, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

impl Telling<'_> {
    /// Writes what a decision consists of.
    pub(super) fn decide(&mut self, id: Id, new: &NewMemory, decided: &str) -> Result<()> {
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        let applies_to = new.applies_to.as_deref().map(str::trim);
        if new.decision.has_parts() || applies_to.is_some() {
            new.decision.tell(&mut node, decided);
            node.maybe(vocab::APPLIES_TO, applies_to.map(string));
        }
        self.change.added.append(&mut node.quads);
        Ok(())
    }

    /// Takes in who else says a decision that is known: further evidence, and whoever is trusted more stands for it. Returns
    /// whether anything came of it.
    pub(super) fn decide_again(&mut self, id: Id, new: &NewMemory) -> Result<bool> {
        // One of this same change was told by the same author just now.
        let Some(held) = record::read(self.view, id)? else { return Ok(false) };
        let mut is_more = !new.evidence.is_empty() && self.hear(id, new)?.1;
        let trust = self.trust(new)?;
        if held.trust.parse().is_ok_and(|held: Trust| trust > held) {
            self.replace(id, vocab::TRUST, string(trust.as_str()))?;
            self.replace(id, ext::ATTRIBUTED_TO, string(&self.author.name))?;
            is_more = true;
        }
        Ok(is_more)
    }

    /// Lets a decision replace an earlier one.
    pub(super) fn supersede(&mut self, id: Id, old: Id) -> Result<()> {
        let record = record::read(self.view, old)?.ok_or_else(|| super::forget::not_found(old))?;
        if record.kind != Kind::Decision {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{old} is not a decision ({} is its kind)", record.kind.as_str()),
            )
            .hint("give the id of a decision, as recall prints it; `update` ends what is something else"));
        }
        if earlier(self.view, old)?.contains(&id) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{id} can't supersede {old}: it would come before itself"),
            )
            .hint("say what is decided now in other words, as a new decision"));
        }
        update::check_trust(&record, self.author)?;
        if let Some(by) = successor(self.view, &record)? {
            let next = match newest(self.view, by, self.now)? {
                Some(newest) => format!("supersede {newest} instead"),
                None => {
                    format!("that does not stand any more; let {old} stand again first: `hydra update {old} --restore`")
                }
            };
            return Err(Error::new(ErrorKind::Conflict, format!("{old} was superseded already, by {by}")).hint(next));
        }
        update::check_stands(self.view, &record, self.now)?;
        self.succeed(id, &record, self.now, true)
    }

    /// Ends what another takes the place of.
    pub(super) fn succeed(&mut self, id: Id, old: &Record, at: Timestamp, is_revision: bool) -> Result<()> {
        let subject = vocab::node(old.id);
        for mark in [vocab::VALID_TO, vocab::ENDED_BY] {
            for quad in self.view.quads(Some(subject.as_ref().into()), Some(mark), None, None) {
                self.change.removed.push(quad?);
            }
        }
        let mut node = Node::new(old.id, vocab::MEMORY_GRAPH);
        node.say(vocab::VALID_TO, time_literal(at)).say(vocab::ENDED_BY, vocab::node(id));
        self.change.added.append(&mut node.quads);
        if is_revision {
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.say(ext::REVISION_OF, vocab::node(old.id));
            self.change.added.append(&mut node.quads);
        }
        self.change.touched.extend([old.id, id]);
        stale::flag(self.view, &mut self.change, old.id)?;
        Ok(())
    }
}

/// The decision and all that it replaced, directly or not.
fn earlier(view: &View<'_>, id: Id) -> Result<HashSet<Id>> {
    let mut found = HashSet::from([id]);
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        open.extend(view.objects(id, ext::REVISION_OF)?.into_iter().filter(|id| found.insert(*id)));
    }
    Ok(found)
}

/// What took the place of a memory: what ended it, or what it was corrected to.
pub(super) fn successor(view: &View<'_>, record: &Record) -> Result<Option<Id>> {
    if record.ended_by.is_some() || record.retracted_at.is_none() {
        return Ok(record.ended_by);
    }
    Ok(view.subjects(ext::REVISION_OF, vocab::node(record.id).as_ref().into(), usize::MAX)?.into_iter().max())
}

/// The last that took its place, if that stands: what was forgotten or erased can't be superseded.
fn newest(view: &View<'_>, id: Id, now: Timestamp) -> Result<Option<Id>> {
    let mut at = id;
    let mut seen = HashSet::new();
    while seen.insert(at) {
        let Some(record) = record::read(view, at)? else { return Ok(None) };
        match successor(view, &record)? {
            Some(next) => at = next,
            None => return Ok(record.stands_at(now).then_some(at)),
        }
    }
    Ok(None)
}
