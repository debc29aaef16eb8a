//! Facts among what is told: what a sentence states, what it ends or contradicts, and what a memory rests on.

use oxigraph::model::{NamedNode, Quad, Term, Triple};

use super::claim;
use super::remember::{Evidence, NewMemory};
use super::telling::Telling;
use crate::error::{Error, ErrorKind, Result};
use crate::fact::{self, CERTAIN, Fact, Statement};
use crate::id::Id;
use crate::journal::Trust;
use crate::names::shortened;
use crate::predicate::{Predicate, Predicates};
use crate::record::{self, Kind};
use crate::stale;
use crate::store::{Node, number, string, term_id, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// A fact on its way into the graph.
pub(super) struct Claim {
    pub fact: Fact,
    /// Its sentence.
    pub text: String,
    is_functional: bool,
}

/// What a claim is beside the facts that are believed.
pub(super) enum Settled {
    /// Said already.
    Same(Id),
    /// New.
    New { ended: Vec<Id>, conflict: Option<Id> },
}

impl Telling<'_> {
    /// How far a memory is trusted: no further than what it rests on.
    pub(super) fn trust(&self, new: &NewMemory) -> Result<Trust> {
        let mut trust = self.author.trust;
        for evidence in &new.evidence {
            let source = record::read(self.view, evidence.id)?.ok_or_else(|| super::forget::not_found(evidence.id))?;
            trust = trust.min(source.trust.parse().unwrap_or(Trust::Ingested));
        }
        Ok(trust)
    }

    /// Reads what a memory states: as it was given, or as its sentence says; `None` if it is no plain statement.
    pub(super) fn claim(&mut self, id: Id, new: &NewMemory, trust: Trust) -> Result<Option<Claim>> {
        if new.kind != Kind::Fact {
            return Ok(None);
        }
        if self.predicates.is_none() {
            self.predicates = Some(Predicates::of(self.view)?);
        }
        let predicates = self.predicates.as_ref().expect("it was just read");
        let (predicate, subject, object) = match &new.statement {
            Some(given) => (predicates.find(&given.predicate)?.clone(), given.subject.as_str(), given.object.as_str()),
            None => match predicates.parse(&new.text) {
                Some(parsed) => (parsed.predicate, parsed.subject, parsed.object),
                None => return Ok(None),
            },
        };
        let stated = match self.stated(&predicate, subject, object) {
            Ok(stated) => stated,
            // Nobody asked for a statement: the text is kept as it is.
            Err(_) if new.statement.is_none() => return Ok(None),
            Err(error) => return Err(error),
        };
        let sentence = Statement::new(subject.trim(), &predicate.label, object.trim()).sentence();
        let fact = Fact {
            id,
            subject: stated.0,
            predicate: predicate.iri.clone(),
            object: stated.1,
            space: new.space.clone(),
            from: new.valid_from,
            to: new.valid_to,
            told: new.happened_at.unwrap_or(self.now),
            trust,
            confidence: new.confidence.unwrap_or(CERTAIN),
            is_end_inferred: false,
            is_disputed: false,
        };
        let text = if new.text.trim().is_empty() { sentence } else { new.text.clone() };
        Ok(Some(Claim { fact, text, is_functional: predicate.is_functional }))
    }

    fn stated(&mut self, predicate: &Predicate, subject: &str, object: &str) -> Result<(Id, Term)> {
        let subject = self.entities.meant(subject.trim())?;
        let object = if predicate.has_entities {
            let object = self.entities.meant(object.trim())?;
            if object == subject {
                return Err(Error::new(ErrorKind::Invalid, format!("it {} itself", predicate.label))
                    .hint("give another subject or object"));
            }
            vocab::node(object).into()
        } else {
            string(object.trim()).into()
        };
        Ok((subject, object))
    }

    /// Compares a claim with what is believed, and ends or opposes what it must.
    pub(super) fn settle(&mut self, claim: &Claim) -> Result<Settled> {
        let slot = (claim.fact.slot(), claim.fact.space.clone());
        if !self.slots.contains_key(&slot) {
            let believed = fact::of_slot(self.view, &slot.0, &slot.1)?;
            self.slots.insert(slot.clone(), believed);
        }
        let held = &self.slots[&slot];
        let verdict = claim::decide(claim.is_functional, &claim.fact, held);
        if let Some(same) = verdict.same {
            return Ok(Settled::Same(same));
        }
        let mut ended = Vec::new();
        for (id, at) in verdict.ends {
            let old = self.slots[&slot].iter().find(|fact| fact.id == id).expect("it was among them").clone();
            self.end(&old, at, claim.fact.id)?;
            let facts = self.slots.get_mut(&slot).expect("it was just read");
            facts.iter_mut().filter(|fact| fact.id == id).for_each(|fact| {
                (fact.to, fact.is_end_inferred) = (Some(at), true);
            });
            ended.push(id);
        }
        let conflict = match verdict.against.as_slice() {
            [] => None,
            against => Some(self.dispute(&claim.fact.slot(), &claim.fact.space, claim.fact.id, against)?),
        };
        let is_disputed = conflict.is_some();
        let facts = self.slots.get_mut(&slot).expect("it was just read");
        facts.iter_mut().filter(|fact| verdict.against.contains(&fact.id)).for_each(|fact| fact.is_disputed = true);
        facts.push(Fact { from: verdict.from, to: verdict.to, is_disputed, ..claim.fact.clone() });
        Ok(Settled::New { ended, conflict })
    }

    /// Leaves a memory out of account in what is told next: this same decision retracts it.
    pub(super) fn disbelieve(&mut self, id: Id) -> Result<()> {
        self.disbelieved.insert(id);
        if let Some(fact) = fact::believed(self.view, id)? {
            let slot = (fact.slot(), fact.space.clone());
            let mut believed = fact::of_slot(self.view, &slot.0, &slot.1)?;
            believed.retain(|fact| fact.id != id);
            self.slots.insert(slot, believed);
        }
        Ok(())
    }

    /// Writes a claim that was settled.
    pub(super) fn state(&mut self, claim: &Claim, node: &mut Node) {
        let slot = (claim.fact.slot(), claim.fact.space.clone());
        let facts = self.slots.get(&slot).into_iter().flatten();
        let fact = facts.rev().find(|fact| fact.id == claim.fact.id).expect("what was settled is in its slot");
        fact.tell(node);
        node.say(vocab::ABOUT, vocab::node(fact.subject));
        node.maybe(vocab::ABOUT, term_id(&fact.object).map(vocab::node));
        if fact.holds_at(self.now) {
            self.change.added.push(fact.assertion());
        }
    }

    /// Says that the world changed: the fact held until another began.
    fn end(&mut self, fact: &Fact, at: Timestamp, by: Id) -> Result<()> {
        let mut node = Node::new(fact.id, vocab::MEMORY_GRAPH);
        if let Some(end) = fact.to {
            self.retire(Quad::new(vocab::node(fact.id), vocab::VALID_TO, time_literal(end), vocab::MEMORY_GRAPH));
            for old in self.view.objects(fact.id, vocab::ENDED_BY)? {
                self.retire(Quad::new(vocab::node(fact.id), vocab::ENDED_BY, vocab::node(old), vocab::MEMORY_GRAPH));
            }
        }
        node.say(vocab::VALID_TO, time_literal(at)).say(vocab::ENDED_BY, vocab::node(by));
        self.change.added.append(&mut node.quads);
        self.change.touched.insert(fact.id);
        if at <= self.now && !fact::is_kept_by_others(self.view, fact, self.now)? {
            self.retire(fact.assertion());
        }
        stale::flag(self.view, &mut self.change, fact.id)?;
        Ok(())
    }

    /// Takes a statement out, also one that the same decision put in.
    fn retire(&mut self, quad: Quad) {
        self.change.added.retain(|added| *added != quad);
        self.change.removed.push(quad);
    }

    /// Puts what is said of a slot on a side of the conflict with others; of one that is open already if there is one.
    pub(super) fn dispute(&mut self, slot: &str, space: &str, new: Id, against: &[Id]) -> Result<Id> {
        let mut open = self.disputes.get(slot).copied();
        for id in against {
            open = open.or(fact::open_conflicts(self.view, *id)?.into_iter().next());
        }
        let conflict = open.unwrap_or_else(|| self.mint.mint(self.now));
        self.disputes.insert(slot.to_owned(), conflict);
        let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
        if open.is_none() {
            node.say(ext::TYPE, NamedNode::from(vocab::CONFLICT))
                .say(vocab::SPACE, string(space))
                .say(vocab::RECORDED_AT, time_literal(self.now));
        }
        for side in against.iter().chain([&new]) {
            node.say(vocab::SIDE, vocab::node(*side));
        }
        self.change.added.append(&mut node.quads);
        self.change.touched.extend(against);
        Ok(conflict)
    }

    /// Says what a memory rests on, with the place of each quote.
    pub(super) fn rest_on(&mut self, id: Id, evidence: &[Evidence]) -> Result<()> {
        for Evidence { id: source, quote } in evidence {
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.say(ext::DERIVED_FROM, vocab::node(*source));
            self.change.added.append(&mut node.quads);
            self.change.touched.insert(id);
            let record = record::read(self.view, *source)?.ok_or_else(|| super::forget::not_found(*source))?;
            let fallen = (!record.stands_at(self.now)).then_some(source);
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            for because in record.stale.iter().chain(fallen) {
                node.say(vocab::STALE_BECAUSE, vocab::node(*because));
            }
            self.change.added.append(&mut node.quads);
            let Some(quote) = quote.as_deref().map(str::trim).filter(|quote| !quote.is_empty()) else { continue };
            let start = record.text.find(quote).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, format!("`{}` does not stand in {source}", shortened(quote)))
                    .hint("quote it word for word, or leave the quote out")
            })?;
            let derivation = Triple::new(vocab::node(id), ext::DERIVED_FROM, vocab::node(*source));
            let mut place = Node::new(self.mint.mint(self.now), vocab::MEMORY_GRAPH);
            place
                .say(ext::TYPE, NamedNode::from(vocab::EVIDENCE))
                .say(ext::REIFIES, derivation)
                .say(vocab::START, number(start))
                .say(vocab::END, number(start + quote.len()))
                .say(vocab::QUOTE_HASH, string(blake3::hash(quote.as_bytes()).to_hex().to_string()));
            self.change.added.append(&mut place.quads);
        }
        Ok(())
    }
}
