//! Facts that a file states of what it describes: told in the commit that reads it, and ended in the one in which it no
//! longer says so. The file is their evidence and their voice; whoever is trusted more, or said the same, keeps the word.
//!
//! Their words stand in a passage of the file, which is what is recalled; they are read as facts by whoever asks for an
//! entity or by pattern.

use std::collections::HashSet;

use oxigraph::model::{NamedNodeRef, Quad, Term, Triple};

use super::erased;
use super::remember::NewMemory;
use super::sentences::{self, Said};
use super::stating::{Claim, Settled};
use super::telling::Telling;
use super::twin;
use crate::document::{Datatype, Document, FileFact, Target};
use crate::entity;
use crate::error::Result;
use crate::fact::{self, CERTAIN, Fact, Statement};
use crate::id::Id;
use crate::identity::Named;
use crate::journal::{Change, Trust};
use crate::predicate::{self, Predicate};
use crate::property;
use crate::record::Kind;
use crate::stale;
use crate::store::{Node, View, string, term_id, term_text, time_literal};
use crate::vocab::{self, ext};

/// Facts that are taken from one file; what it says beyond is only a property of it.
pub const MAX_FILE_FACTS: usize = 64;
/// Longest value of one, in bytes: a longer one is a text.
pub const MAX_FACT_VALUE_BYTES: usize = 512;
/// Says of a memory that its words are recalled by the passages of the file that states it.
pub(super) const BY_FILE: &str = "file";

/// What a file says, as far as facts are concerned, and what it said when it was read before.
pub(super) struct Reading<'d> {
    pub source: Id,
    pub page: Named,
    pub document: &'d Document,
    pub before: &'d [Quad],
}

impl Telling<'_> {
    /// Tells what a file states, and ends what it states no more.
    pub(super) fn tell_file(&mut self, reading: &Reading<'_>) -> Result<()> {
        let known = resting_on(self.view, reading.source)?;
        // What was forgotten as a whole says nothing new.
        if self.view.object(reading.source, ext::INVALIDATED_AT)?.is_some() {
            return Ok(());
        }
        let mut said: HashSet<Id> = HashSet::new();
        for stated in reading.document.facts.iter().take(MAX_FILE_FACTS) {
            if stated.value.len() > MAX_FACT_VALUE_BYTES {
                continue;
            }
            let Some(claim) = self.file_claim(reading, stated)? else { continue };
            let triple = claim.fact.triple();
            let same: Vec<Id> = known.iter().filter(|(_, reified)| *reified == triple).map(|(id, _)| *id).collect();
            // Said before and now: whatever became of it since was somebody's word.
            if !same.is_empty() && said_before(reading, stated) {
                said.extend(same);
                continue;
            }
            if let Some(id) = self.tell_stated(reading, &claim)? {
                said.insert(id);
            }
        }
        for sentence in sentences::read(reading.document, self.predicates()?.as_ref()) {
            let claim = self.sentence_claim(reading, &sentence)?;
            let Some(claim) = claim else { continue };
            let triple = claim.fact.triple();
            let same: Vec<Id> = known.iter().filter(|(_, reified)| *reified == triple).map(|(id, _)| *id).collect();
            if !same.is_empty() && stood_before(reading, sentence.sentence) {
                said.extend(same);
                continue;
            }
            // A sentence may be old or loosely meant: it disputes nothing.
            if !self.disagrees(&claim)?
                && let Some(id) = self.tell_stated(reading, &claim)?
            {
                said.insert(id);
            }
        }
        for (id, _) in known {
            let heard = heard_by(id, reading.source);
            if !said.contains(&id) {
                self.unsay(id, reading.source, reading.before)?;
            } else if reading.before.contains(&heard) {
                self.change.added.push(heard);
            }
        }
        Ok(())
    }

    /// Ends what a file stated that is gone.
    pub(super) fn untell_file(&mut self, source: Id, before: &[Quad]) -> Result<()> {
        for (id, _) in resting_on(self.view, source)? {
            self.unsay(id, source, before)?;
        }
        Ok(())
    }

    /// What a file states as a fact: with a predicate that is known by that name, else with the file's own word. A word that
    /// says several things at once is the file's own too, so that it doesn't contradict itself.
    fn file_claim(&mut self, reading: &Reading<'_>, stated: &FileFact) -> Result<Option<Claim>> {
        let facts = &reading.document.facts;
        let is_single = facts.iter().filter(|other| other.name.eq_ignore_ascii_case(&stated.name)).count() == 1;
        let predicates = self.predicates()?;
        let known = predicates.find(&stated.name).ok().filter(|known| is_single || !known.is_functional);
        let predicate = match known {
            Some(known) if !known.has_entities || stated.target.is_some() || is_name(stated) => known.clone(),
            _ => of_file(&stated.name),
        };
        let is_known = known.is_some_and(|known| known.iri == predicate.iri);
        let target = match &stated.target {
            Some(target) => self.aimed_at(target)?,
            None if is_known && predicate.has_entities => Some(self.entities.by_name(&stated.value)?),
            None => None,
        };
        // A text is compared with what was told of the same predicate; the file's own word has the value's type.
        let text = if is_known && !predicate.has_entities {
            string(&stated.value)
        } else {
            property::literal(&stated.value, stated.datatype)
        };
        let target = target.filter(|_| !is_known || predicate.has_entities);
        if target.is_some_and(|target| target.stands == reading.page.stands) {
            return Ok(None);
        }
        let object: Term = target.map_or(text.into(), |target| vocab::node(target.stands).into());
        let subject = reading.document.title.as_str();
        let value = stated.label.as_deref().unwrap_or(&stated.value);
        let fact = Fact {
            id: self.mint.mint(self.now),
            subject: reading.page.stands,
            predicate: predicate.iri.clone(),
            object,
            space: reading.document.space.clone(),
            from: None,
            to: None,
            told: self.now,
            trust: self.author.trust,
            confidence: CERTAIN,
            ended_by: None,
            disputed_by: None,
        };
        let said = Statement::new(subject, &predicate.label, value);
        Ok(Some(Claim::new(fact, &said, &predicate, reading.page, target)))
    }

    /// What a sentence of a file states, said when the file was last changed.
    fn sentence_claim(&mut self, reading: &Reading<'_>, said: &Said<'_>) -> Result<Option<Claim>> {
        let subject = match said.subject {
            Some(target) => self.aimed_at(target)?,
            None => Some(reading.page),
        };
        let Some(subject) = subject else { return Ok(None) };
        let object = match said.target {
            _ if !said.predicate.has_entities => None,
            Some(target) => self.aimed_at(target)?,
            None => Some(self.entities.by_name(&said.object)?),
        };
        if object.is_some_and(|object| object.stands == subject.stands) {
            return Ok(None);
        }
        let term = object.map_or_else(|| string(&said.object).into(), |object| vocab::node(object.stands).into());
        let fact = Fact {
            id: self.mint.mint(self.now),
            subject: subject.stands,
            predicate: said.predicate.iri.clone(),
            object: term,
            space: reading.document.space.clone(),
            from: None,
            to: None,
            told: reading.document.modified_at.filter(|at| *at < self.now).unwrap_or(self.now),
            trust: self.author.trust,
            confidence: said.confidence,
            ended_by: None,
            disputed_by: None,
        };
        let statement = Statement::new(&said.name, &said.predicate.label, &said.object);
        Ok(Some(Claim::new(fact, &statement, &said.predicate, subject, object)))
    }

    fn aimed_at(&mut self, target: &Target) -> Result<Option<Named>> {
        Ok(match target {
            Target::File(path) => Some(self.entities.by_file(path, None)?),
            Target::Name(name) => Some(self.entities.by_name(name)?),
            Target::Url(_) => None,
        })
    }

    /// Tells one that the file didn't say before. Returns the fact that says so, unless somebody wanted it gone.
    fn tell_stated(&mut self, reading: &Reading<'_>, claim: &Claim) -> Result<Option<Id>> {
        let space = &reading.document.space;
        let happened_at = Some(claim.fact.told).filter(|at| *at != self.now);
        let kind = Kind::Fact;
        let new = NewMemory { kind, space: space.clone(), happened_at, ..NewMemory::new(claim.text.as_str()) };
        let hash = twin::fingerprint(&new);
        if is_forgotten(self.view, &claim.fact)?
            || erased::told(self.view, self.seals(), &new, &hash, Trust::Ingested)?.is_some()
        {
            return Ok(None);
        }
        let id = claim.fact.id;
        match self.settle(claim)? {
            Settled::Same(same) => {
                self.hear_file(same, reading.source)?;
                return Ok(Some(same));
            }
            Settled::New { .. } => {}
        }
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        self.state(claim, &mut node);
        node.say(ext::DERIVED_FROM, vocab::node(reading.source)).say(vocab::SPLIT, string(BY_FILE));
        self.write(id, &new, (&claim.text, &hash), self.author.trust, claim.about().collect(), node)?;
        Ok(Some(id))
    }

    /// Takes a file as a further voice of what somebody else says too. That is said in the file's own graph, where it goes
    /// with the words, and isn't taken for what somebody told with the file as evidence.
    fn hear_file(&mut self, id: Id, source: Id) -> Result<()> {
        if self.view.objects(id, ext::DERIVED_FROM)?.contains(&source) {
            return Ok(());
        }
        self.write_first(id)?;
        self.change.added.push(heard_by(id, source));
        self.change.touched.insert(id);
        Ok(())
    }

    /// Lets a file say something no more. What nobody else says ends; what others say stays theirs.
    fn unsay(&mut self, id: Id, source: Id, before: &[Quad]) -> Result<()> {
        let quads = self.view.about(id)?;
        let says =
            |predicate: NamedNodeRef<'static>| quads.iter().filter(move |quad| quad.predicate.as_ref() == predicate);
        let is_ours = says(vocab::SPLIT).any(|quad| term_text(&quad.object).as_deref() == Some(BY_FILE));
        let is_heard = says(vocab::HEARD_FROM).next().is_some();
        // As a further voice it goes with the file's graph. Whatever else rests on the file was told with it as evidence,
        // whatever its words are.
        let was_voice = before.contains(&heard_by(id, source));
        if was_voice {
            self.change.touched.insert(id);
        }
        if !is_ours {
            return Ok(());
        }
        if is_heard || says(ext::DERIVED_FROM).count() > 1 {
            let evidence = Term::from(vocab::node(source));
            let told = |quad: &&Quad| quad.object == evidence && quad.graph_name == vocab::MEMORY_GRAPH.into();
            for quad in says(ext::DERIVED_FROM).filter(told).cloned().collect::<Vec<_>>() {
                self.retire(quad);
            }
            // What is left of it are others' words, which stand in no passage of theirs unless a file says them.
            for quad in says(vocab::SPLIT).filter(|_| is_heard).cloned().collect::<Vec<_>>() {
                self.retire(quad);
            }
            self.change.touched.insert(id);
            return Ok(());
        }
        if was_voice {
            // The last voice of what ends: where it comes from is still told.
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.say(ext::DERIVED_FROM, vocab::node(source));
            self.change.added.append(&mut node.quads);
        }
        let Some(fact) = fact::believed(self.view, id)?.filter(|fact| fact.to.is_none()) else { return Ok(()) };
        // What takes its place in this decision has ended it.
        let is_ended = |quad: &Quad| quad.predicate == vocab::VALID_TO && quad.subject == vocab::node(id).into();
        if self.change.added.iter().any(is_ended) {
            return self.end_disputes(id);
        }
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(vocab::VALID_TO, time_literal(self.now));
        self.change.added.append(&mut node.quads);
        self.change.touched.insert(id);
        if !fact::is_kept_by_others(self.view, &fact, self.now)? {
            self.retire(fact.assertion());
        }
        stale::flag(self.view, &mut self.change, id)?;
        self.end_disputes(id)
    }

    /// What a file says no more disputes nothing.
    fn end_disputes(&mut self, gone: Id) -> Result<()> {
        for conflict in fact::open_conflicts(self.view, gone)? {
            let mut standing = 0;
            for side in self.view.objects(conflict, vocab::SIDE)?.into_iter().filter(|side| *side != gone) {
                let is_there = fact::believed(self.view, side)?.is_some_and(|fact| fact.holds_at(self.now));
                standing += usize::from(is_there && !self.disbelieved.contains(&side));
            }
            let is_told_anew = self.disputes.values().any(|open| *open == conflict);
            if standing < 2 && !is_told_anew {
                let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
                node.say(vocab::SETTLED_AT, time_literal(self.now));
                self.change.added.append(&mut node.quads);
            }
        }
        Ok(())
    }
}

/// Returns the facts that rest on a file, with what they state.
fn resting_on(view: &View<'_>, source: Id) -> Result<Vec<(Id, Triple)>> {
    let mut found = Vec::new();
    for id in view.subjects(ext::DERIVED_FROM, vocab::node(source).as_ref().into(), usize::MAX)? {
        if view.is_a(id, vocab::MEMORY)?
            && let Some(Term::Triple(triple)) = view.object(id, ext::REIFIES)?
        {
            found.push((id, *triple));
        }
    }
    Ok(found)
}

/// Returns the facts that go with a file or a passage of one: what the file alone stated, whether it still does or not, and
/// of a passage what says so in its words.
pub(super) fn stated_in(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    let (source, words) = match view.is_a(id, vocab::PASSAGE)? {
        true => (view.objects(id, vocab::PART_OF)?.first().copied(), view.text(id, ext::TEXT)?),
        false => (Some(id).filter(|_| view.is_a(id, vocab::SOURCE).unwrap_or(false)), None),
    };
    let Some(source) = source else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (id, stated) in resting_on(view, source)? {
        if let Some(words) = &words
            && !says(view, words, &stated)?
        {
            continue;
        }
        let is_ours = view.text(id, vocab::SPLIT)?.as_deref() == Some(BY_FILE);
        if is_ours && view.objects(id, ext::DERIVED_FROM)?.len() == 1 && view.object(id, vocab::HEARD_FROM)?.is_none() {
            found.push(id);
        }
    }
    Ok(found)
}

/// Tells whether a text has the words of what is stated.
fn says(view: &View<'_>, words: &str, stated: &Triple) -> Result<bool> {
    let value = match term_id(&stated.object) {
        Some(id) => entity::label(view, id)?,
        None => term_text(&stated.object).unwrap_or_default(),
    };
    let name = property::name(stated.predicate.as_str()).unwrap_or_default();
    Ok(property::stands_in(words, &name, &value))
}

/// Says that a file is a voice of what somebody else told.
fn heard_by(id: Id, source: Id) -> Quad {
    Quad::new(vocab::node(id), ext::DERIVED_FROM, vocab::node(source), vocab::node(source))
}

/// Takes back that what others say too is stale because a file is gone that said it.
pub(super) fn keep_fresh(change: &mut Change, source: Id) {
    let evidence = Term::from(vocab::node(source));
    let let_go: HashSet<_> = change
        .removed
        .iter()
        .filter(|quad| quad.predicate == ext::DERIVED_FROM && quad.object == evidence)
        .map(|quad| quad.subject.clone())
        .collect();
    let is_stale = |quad: &Quad| quad.predicate == vocab::STALE_BECAUSE && quad.object == evidence;
    change.added.retain(|quad| !(is_stale(quad) && let_go.contains(&quad.subject)));
}

/// Tells whether the file said so when it was read before: then its property is in the old graph as it is written.
fn said_before(reading: &Reading<'_>, stated: &FileFact) -> bool {
    let property = Quad::new(
        vocab::node(reading.page.stands),
        property::predicate(&stated.name),
        property::literal(&stated.value, stated.datatype),
        vocab::node(reading.source),
    );
    reading.before.contains(&property)
}

/// Tells whether a sentence stood in the file when it was read before.
fn stood_before(reading: &Reading<'_>, sentence: &str) -> bool {
    let of_source = reading.before.iter().filter(|quad| quad.predicate == ext::TEXT);
    of_source.filter_map(|quad| term_text(&quad.object)).any(|text| text.contains(sentence))
}

/// Tells whether somebody forgot what a file states.
fn is_forgotten(view: &View<'_>, fact: &Fact) -> Result<bool> {
    for id in view.subjects(ext::REIFIES, Term::from(fact.triple()).as_ref(), usize::MAX)? {
        let is_same_space = view.text(id, vocab::SPACE)?.as_deref() == Some(fact.space.as_str());
        if is_same_space && view.object(id, ext::INVALIDATED_AT)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file's own word as a predicate.
fn of_file(name: &str) -> Predicate {
    Predicate {
        iri: property::predicate(name),
        label: name.to_owned(),
        names: vec![predicate::spoken(name)],
        is_functional: false,
        is_symmetric: false,
        has_entities: false,
    }
}

/// Tells whether a value may name something: no day or number, and no sentence.
fn is_name(stated: &FileFact) -> bool {
    let value = stated.value.as_str();
    stated.datatype == Datatype::Text
        && value.split_whitespace().count() <= crate::names::MAX_NAME_WORDS
        && !value.contains(['\n', ':', ';', '!', '?', ','])
}
