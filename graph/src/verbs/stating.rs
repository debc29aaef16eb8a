//! Facts among what is told: what a sentence states, what it ends or contradicts, and what a memory rests on.

use std::sync::Arc;

use oxigraph::model::{NamedNode, Quad, Term, Triple};

use super::claim;
use super::remember::{Evidence, NewMemory};
use super::rivals::Place;
use super::telling::Telling;
use crate::entity::{self, normalise};
use crate::error::{Error, ErrorKind, Result};
use crate::fact::{self, CERTAIN, Fact, Statement};
use crate::id::Id;
use crate::identity::Named;
use crate::journal::Trust;
use crate::names::shortened;
use crate::predicate::{Predicate, Predicates};
use crate::record::{self, Kind};
use crate::stale;
use crate::store::{Node, number, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// A fact on its way into the graph.
pub(super) struct Claim {
    pub fact: Fact,
    /// Its sentence.
    pub text: String,
    is_functional: bool,
    /// That its text says something else, if it does.
    pub note: Option<String>,
    /// As it was told, if another stands for what it names.
    told_as: Option<Triple>,
    subject: Named,
    object: Option<Named>,
}

impl Claim {
    /// A fact that is taken apart already.
    pub fn new(fact: Fact, said: &Statement, predicate: &Predicate, subject: Named, object: Option<Named>) -> Self {
        let told_object = object.map_or(fact.object.clone(), |named| vocab::node(named.told).into());
        let told_as = Triple::new(vocab::node(subject.told), fact.predicate.clone(), told_object);
        let is_renamed = [subject].into_iter().chain(object).any(|named| named.told != named.stands);
        Self {
            fact,
            text: said.sentence(),
            is_functional: predicate.is_functional,
            note: None,
            told_as: is_renamed.then_some(told_as),
            subject,
            object,
        }
    }

    /// Whom it is about.
    pub fn about(&self) -> impl Iterator<Item = Named> {
        [self.subject].into_iter().chain(self.object)
    }
}

/// What is said of a subject.
enum Stated {
    Entity(Named),
    Text(String),
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
        let predicates = self.predicates()?;
        let (predicate, subject, object) = match &new.statement {
            Some(given) => (predicates.find(&given.predicate)?.clone(), given.subject.as_str(), given.object.as_str()),
            None => match predicates.parse(&new.text) {
                Some(parsed) => (parsed.predicate, parsed.subject, parsed.object),
                None => return Ok(None),
            },
        };
        let (subject_of, object_of) = match self.stated(&predicate, subject, object) {
            Ok(stated) => stated,
            // Nobody asked for a statement: the text is kept as it is.
            Err(_) if new.statement.is_none() => return Ok(None),
            Err(error) => return Err(error),
        };
        let (object_term, object_entity): (Term, Option<Named>) = match object_of {
            Stated::Entity(named) => (vocab::node(named.stands).into(), Some(named)),
            Stated::Text(text) => (string(text).into(), None),
        };
        let said = Statement::new(subject.trim(), &predicate.label, object.trim());
        let fact = Fact {
            id,
            subject: subject_of.stands,
            predicate: predicate.iri.clone(),
            object: object_term,
            space: new.space.clone(),
            from: new.valid_from,
            to: new.valid_to,
            told: new.happened_at.unwrap_or(self.now),
            trust,
            confidence: new.confidence.unwrap_or(CERTAIN),
            ended_by: None,
            disputed_by: None,
        };
        let note = self.is_said_otherwise(new, &predicates, &predicate, (subject, object))?.then(|| {
            let text = new.text.split_whitespace().collect::<Vec<_>>().join(" ");
            format!(
                "the text says `{}`, the fact `{}`: the fact is what is believed",
                shortened(&text),
                shortened(&said.sentence())
            )
        });
        let claim = Claim::new(fact, &said, &predicate, subject_of, object_entity);
        let text = if new.text.trim().is_empty() { claim.text.clone() } else { new.text.clone() };
        Ok(Some(Claim { text, note, ..claim }))
    }

    /// Tells whether the text beside a given statement says of the same subject something that can't be so too.
    fn is_said_otherwise(
        &self,
        new: &NewMemory,
        predicates: &Predicates,
        predicate: &Predicate,
        (subject, object): (&str, &str),
    ) -> Result<bool> {
        let said = predicates.parse(&new.text).filter(|_| new.statement.is_some() && predicate.is_functional);
        let Some(said) = said.filter(|said| said.predicate.iri == predicate.iri) else { return Ok(false) };
        let is_one = |one: &str, other: &str| -> Result<bool> {
            let named = entity::called(self.view, one, usize::MAX, None)?;
            let is_known = entity::called(self.view, other, usize::MAX, None)?.iter().any(|id| named.contains(id));
            Ok(normalise(one) == normalise(other) || is_known)
        };
        Ok(is_one(said.subject, subject)? && !is_one(said.object, object)?)
    }

    /// Returns what facts can say, read once.
    pub(super) fn predicates(&mut self) -> Result<Arc<Predicates>> {
        let known = match self.predicates.take() {
            Some(known) => known,
            None => Predicates::of(self.view)?,
        };
        Ok(Arc::clone(self.predicates.insert(known)))
    }

    fn stated(&mut self, predicate: &Predicate, subject: &str, object: &str) -> Result<(Named, Stated)> {
        let subject = self.entities.meant(subject.trim())?;
        if !predicate.has_entities {
            return Ok((subject, Stated::Text(object.trim().to_owned())));
        }
        let object = self.entities.meant(object.trim())?;
        if object.stands == subject.stands {
            return Err(Error::new(ErrorKind::Invalid, format!("it {} itself", predicate.label))
                .hint("give another subject or object"));
        }
        Ok((subject, Stated::Entity(object)))
    }

    /// Tells whether a claim disagrees with what is believed, so that it would be a side of a conflict.
    pub(super) fn disagrees(&mut self, claim: &Claim) -> Result<bool> {
        let place = self.place_of(&claim.fact, claim.is_functional)?;
        Ok(!claim::decide(claim.is_functional, &claim.fact, &self.rivals[&place].facts).against.is_empty())
    }

    /// Compares a claim with what is believed, and ends or opposes what it must.
    pub(super) fn settle(&mut self, claim: &Claim) -> Result<Settled> {
        let place = self.place_of(&claim.fact, claim.is_functional)?;
        let held = &self.rivals[&place].facts;
        let verdict = claim::decide(claim.is_functional, &claim.fact, held);
        if let Some(same) = verdict.same {
            return Ok(Settled::Same(same));
        }
        let mut ended = Vec::new();
        for (id, at) in verdict.ends {
            let old = self.rivals[&place].facts.iter().find(|fact| fact.id == id).expect("it was among them").clone();
            self.end(&old, at, claim.fact.id)?;
            let facts = &mut self.rivals.get_mut(&place).expect("it was just read").facts;
            facts.iter_mut().filter(|fact| fact.id == id).for_each(|fact| {
                (fact.to, fact.ended_by) = (Some(at), Some(claim.fact.id));
            });
            ended.push(id);
        }
        let conflict = match verdict.against.as_slice() {
            [] => None,
            against => Some(self.dispute(&claim.fact.slot(), &claim.fact.space, claim.fact.id, against)?),
        };
        let (from, to, ended_by) = (verdict.from, verdict.to, verdict.ended_by);
        let is_against = |fact: &Fact| verdict.against.contains(&fact.id);
        let disputed_by = self.rivals[&place].facts.iter().filter(|fact| is_against(fact)).map(|fact| fact.trust).max();
        let facts = &mut self.rivals.get_mut(&place).expect("it was just read").facts;
        facts.iter_mut().filter(|fact| is_against(fact)).for_each(|fact| {
            fact.disputed_by = fact.disputed_by.max(Some(claim.fact.trust));
        });
        facts.push(Fact { from, to, ended_by, disputed_by, ..claim.fact.clone() });
        Ok(Settled::New { ended, conflict })
    }

    /// Takes back the ends that followed from a fact which this decision retracts: what it ended goes on, until the next
    /// that may end it begins. Returns what is no longer stale.
    pub(super) fn reopen(&mut self, retracted: Id) -> Result<Vec<Id>> {
        let mut fresh = Vec::new();
        for id in self.view.subjects(vocab::ENDED_BY, vocab::node(retracted).as_ref().into(), usize::MAX)? {
            let cause = Quad::new(vocab::node(id), vocab::ENDED_BY, vocab::node(retracted), vocab::MEMORY_GRAPH);
            let Some(fact) = fact::believed(self.view, id)? else { continue };
            let (place, _) = self.place_of_known(&fact)?;
            let held = &self.rivals[&place].facts;
            // What takes the place of the retracted one may have ended it anew, or it falls too.
            let Some(fact) = held.iter().find(|held| held.id == id && held.ended_by == Some(retracted)) else {
                continue;
            };
            let mut fact = Fact { to: None, ended_by: None, ..fact.clone() };
            let next = claim::successor(&fact, held).map(|next| (next.start(), next.id));
            let node = vocab::node(id);
            let ends = self.view.quads(Some(node.as_ref().into()), Some(vocab::VALID_TO), None, None);
            for end in ends.collect::<Result<Vec<_>>>()?.into_iter().chain([cause]) {
                self.retire(end);
            }
            if let Some((at, by)) = next {
                (fact.to, fact.ended_by) = (Some(at), Some(by));
                let mut node = Node::new(id, vocab::MEMORY_GRAPH);
                node.say(vocab::VALID_TO, time_literal(at)).say(vocab::ENDED_BY, vocab::node(by));
                self.change.added.append(&mut node.quads);
            }
            if fact.holds_at(self.now) {
                self.change.added.push(fact.assertion());
                fresh.append(&mut stale::unflag(self.view, &mut self.change, id)?);
            }
            self.change.touched.insert(id);
            let facts = &mut self.rivals.get_mut(&place).expect("it was just read").facts;
            facts.iter_mut().filter(|held| held.id == id).for_each(|held| *held = fact.clone());
        }
        Ok(fresh)
    }

    /// Ends again what a fact had ended before it was retracted: it is believed again.
    pub(super) fn end_again(&mut self, fact: &Fact) -> Result<()> {
        let (place, is_functional) = self.place_of_known(fact)?;
        for (id, at) in claim::decide(is_functional, fact, &self.rivals[&place].facts).ends {
            let old = self.rivals[&place].facts.iter().find(|held| held.id == id).expect("it was among them").clone();
            self.end(&old, at, fact.id)?;
        }
        Ok(())
    }

    /// Writes a claim that was settled.
    pub(super) fn state(&mut self, claim: &Claim, node: &mut Node) {
        let rivals = self.rivals.get(&Place::of(&claim.fact, claim.is_functional));
        let facts = rivals.into_iter().flat_map(|rivals| &rivals.facts);
        let fact = facts.rev().find(|fact| fact.id == claim.fact.id).expect("what was settled is in its place");
        fact.tell(node);
        node.maybe(vocab::TOLD_AS, claim.told_as.clone());
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
    pub(super) fn retire(&mut self, quad: Quad) {
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
