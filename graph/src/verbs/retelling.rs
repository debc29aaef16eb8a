//! What is said of entities told anew, after others came to stand for them: of memories, and of the files that link to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use oxigraph::model::{NamedNodeRef, Quad, Term};

use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::fact::{self, Fact};
use crate::id::Id;
use crate::identity::{self, Named, Order};
use crate::journal::Change;
use crate::predicate::Predicates;
use crate::record;
use crate::store::{Node, View, string, subject_id, term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Memories, links and files that one merge or split tells anew at most.
pub const MAX_RETOLD: usize = 10_000;

/// A change in the making, on the writer's view.
pub(super) struct Retelling<'v> {
    view: &'v View<'v>,
    now: Timestamp,
    order: Order,
    /// What is told of another from now on, whoever stands for that.
    given: HashMap<Id, (Id, Id)>,
    /// Facts before and after.
    facts: BTreeMap<Id, (Fact, Fact)>,
    added: HashSet<Quad>,
    removed: HashSet<Quad>,
    /// Memories that were told anew.
    pub memories: usize,
    /// Links that were told anew.
    pub links: usize,
    sources: usize,
}

impl<'v> Retelling<'v> {
    pub fn new(view: &'v View<'v>, now: Timestamp, order: Order) -> Self {
        Self {
            view,
            now,
            order,
            given: HashMap::new(),
            facts: BTreeMap::new(),
            added: HashSet::new(),
            removed: HashSet::new(),
            memories: 0,
            links: 0,
            sources: 0,
        }
    }

    /// From now on what a memory was told of `from` is told of `to`.
    pub fn give(&mut self, memory: Id, from: Id, to: Id) {
        self.given.insert(memory, (from, to));
    }

    fn named(&self, told: Id) -> Result<Named> {
        let stands = self.order.stands(self.view, told)?;
        Ok(Named { told, stands })
    }

    /// Tells everything anew that is said of `entities` or was told of them.
    pub fn run(&mut self, entities: &[Id]) -> Result<()> {
        let (mut memories, mut sources): (BTreeSet<Id>, BTreeSet<Id>) =
            (self.given.keys().copied().collect(), BTreeSet::new());
        for entity in entities {
            let node = vocab::node(*entity);
            for predicate in [vocab::ABOUT, vocab::LINKS_TO, ext::MAIN_ENTITY, vocab::TOLD_OF] {
                for quad in self.view.quads(None, Some(predicate), Some(node.as_ref().into()), None) {
                    note(&quad?, &mut memories, &mut sources);
                    self.check_size(memories.len() + sources.len(), entity)?;
                }
            }
            for quad in self.view.quads(Some(node.as_ref().into()), Some(vocab::LINKS_TO), None, None) {
                note(&quad?, &mut memories, &mut sources);
            }
        }
        for memory in memories {
            self.memory(memory)?;
        }
        for source in sources {
            self.source(source)?;
            self.check_size(self.memories + self.links + self.sources, &entities[0])?;
        }
        self.assert()
    }

    fn check_size(&self, nodes: usize, entity: &Id) -> Result<()> {
        if nodes <= MAX_RETOLD {
            return Ok(());
        }
        let label = entity::label(self.view, *entity)?;
        Err(Error::new(
            ErrorKind::TooLarge,
            format!("more than {MAX_RETOLD} memories and links name `{label}`; so many are not moved in one commit"),
        )
        .hint(
            "merge in the other direction if that one has less, or let both go by one name with `hydra entity alias`",
        ))
    }

    fn memory(&mut self, id: Id) -> Result<()> {
        let quads: Vec<Quad> = self.view.about(id)?;
        let given = self.given.get(&id).copied();
        let give = |told: Id| given.filter(|(from, _)| *from == told).map_or(told, |(_, to)| to);
        let mut about = Vec::new();
        for told in identity::originals(&quads, vocab::ABOUT) {
            about.push(self.named(give(told))?);
        }
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        identity::say_all(&about, &mut node);
        self.memories += 1;
        for quad in quads.iter().filter(|quad| quad.graph_name == vocab::MEMORY_GRAPH.into()) {
            if [vocab::ABOUT, vocab::TOLD_OF, vocab::TOLD_AS].contains(&quad.predicate.as_ref()) {
                self.removed.insert(quad.clone());
            }
        }
        if let (Some(old), Some(told)) = (fact::of_quads(id, &quads), identity::told_as(&quads)) {
            let told = identity::renamed(&told, &mut |id| Ok(give(id)))?;
            let is = identity::renamed(&told, &mut |id| Ok(self.named(id)?.stands))?;
            for quad in &quads {
                let is_slot = quad.predicate == vocab::KEY && term_text(&quad.object).as_deref() == Some(&old.slot());
                if quad.predicate == ext::REIFIES || is_slot {
                    self.removed.insert(quad.clone());
                }
            }
            let subject = subject_id(&is.subject).unwrap_or(old.subject);
            let new = Fact { subject, object: is.object.clone(), ..old.clone() };
            node.say(ext::REIFIES, is.clone())
                .say(vocab::KEY, string(new.slot()))
                .maybe(vocab::TOLD_AS, (is != told).then_some(told));
            if (&old.subject, &old.object) != (&new.subject, &new.object) {
                self.facts.insert(id, (old, new));
            }
        }
        self.added.extend(node.quads);
        Ok(())
    }

    /// Tells a file's links and properties anew.
    fn source(&mut self, id: Id) -> Result<()> {
        let graph = vocab::node(id);
        let quads = self.view.quads(None, None, None, Some(graph.as_ref().into())).collect::<Result<Vec<_>>>()?;
        let of = |id: Id| -> Vec<Quad> {
            quads.iter().filter(|quad| subject_id(&quad.subject) == Some(id)).cloned().collect()
        };
        let own = of(id);
        let Some(page) = identity::originals(&own, ext::MAIN_ENTITY).first().copied() else { return Ok(()) };
        let shown = own.iter().find(|quad| quad.predicate == ext::MAIN_ENTITY).and_then(|quad| term_id(&quad.object));
        let page = self.named(page)?;
        self.sources += 1;
        self.removed.extend(own.into_iter().filter(|quad| is_any(quad, &[ext::MAIN_ENTITY, vocab::TOLD_OF])));
        let mut node = Node::new(id, graph.clone());
        node.say(ext::MAIN_ENTITY, vocab::node(page.stands));
        identity::say_told_of(&mut node, [page].into_iter());
        self.added.extend(node.quads);
        let mut links: BTreeMap<Id, Vec<Quad>> = BTreeMap::new();
        for quad in &quads {
            let Some(subject) = subject_id(&quad.subject) else { continue };
            if quad.predicate == vocab::LINKS_TO {
                self.removed.insert(quad.clone());
            } else if Some(subject) == shown && !is_any(quad, &[ext::ALT_LABEL, vocab::KEY]) {
                self.removed.insert(quad.clone());
                self.added.insert(Quad { subject: vocab::node(page.stands).into(), ..quad.clone() });
            } else if is_any(quad, &[ext::REIFIES, ext::DERIVED_FROM, vocab::TOLD_AS, vocab::TOLD_OF]) && subject != id
            {
                links.entry(subject).or_default().push(quad.clone());
            }
        }
        for (link, quads) in links {
            self.link(id, link, quads)?;
        }
        Ok(())
    }

    fn link(&mut self, source: Id, link: Id, quads: Vec<Quad>) -> Result<()> {
        let Some(told) = identity::told_as(&quads) else { return Ok(()) };
        let mut ends = Vec::new();
        let is = identity::renamed(&told, &mut |id| {
            ends.push(self.named(id)?);
            Ok(ends[ends.len() - 1].stands)
        })?;
        let Some(target) = ends.last() else { return Ok(()) };
        let graph = vocab::node(source);
        self.added.insert(Quad::new(is.subject.clone(), vocab::LINKS_TO, is.object.clone(), graph.clone()));
        let place =
            quads.iter().find(|quad| quad.predicate == ext::DERIVED_FROM).and_then(|quad| term_id(&quad.object));
        if let Some(passage) = place.filter(|place| *place != source) {
            let target = vocab::node(target.stands);
            self.added.insert(Quad::new(vocab::node(passage), vocab::LINKS_TO, target, graph.clone()));
        }
        let mut node = Node::new(link, graph);
        node.say(ext::REIFIES, is.clone()).maybe(vocab::TOLD_AS, (is != told).then_some(told));
        identity::say_told_of(&mut node, ends.iter().copied());
        let before: HashSet<Quad> = quads.into_iter().filter(|quad| quad.predicate != ext::DERIVED_FROM).collect();
        let after: HashSet<Quad> = node.quads.into_iter().collect();
        self.links += usize::from(before != after);
        self.removed.extend(before);
        self.added.extend(after);
        Ok(())
    }

    /// Asserts what holds as it is told now, and no longer what nothing else keeps.
    fn assert(&mut self) -> Result<()> {
        let mut after = HashSet::new();
        for (id, (_, new)) in &self.facts {
            if fact::believed(self.view, *id)?.is_some() && new.holds_at(self.now) {
                after.insert(new.assertion());
            }
        }
        for (old, _) in self.facts.values() {
            let mut is_kept = false;
            for other in self.view.subjects(ext::REIFIES, Term::from(old.triple()).as_ref(), usize::MAX)? {
                let holds = fact::believed(self.view, other)?.is_some_and(|other| other.holds_at(self.now));
                is_kept |= holds && !self.facts.contains_key(&other);
            }
            if !is_kept && !after.contains(&old.assertion()) {
                self.removed.insert(old.assertion());
            }
        }
        self.added.extend(after);
        Ok(())
    }

    /// Returns the facts that are told with other entities now, before and after.
    pub fn facts(&self) -> &BTreeMap<Id, (Fact, Fact)> {
        &self.facts
    }

    /// Returns facts of one slot from now on that came from different ones and cannot be so at one time, by slot and space.
    pub fn disagreeing(&self) -> Result<BTreeMap<(String, String), BTreeSet<Id>>> {
        let predicates = Predicates::of(self.view)?;
        let is_functional =
            |fact: &Fact| predicates.by_iri(fact.predicate.as_str()).is_some_and(|predicate| predicate.is_functional);
        let mut found: BTreeMap<(String, String), BTreeSet<Id>> = BTreeMap::new();
        for (id, (old, new)) in &self.facts {
            if old.slot() == new.slot() || !is_functional(new) || fact::believed(self.view, *id)?.is_none() {
                continue;
            }
            for other in fact::of_slot(self.view, &new.slot(), &new.space)? {
                let other = self.facts.get(&other.id).map_or(other.clone(), |(_, new)| new.clone());
                if other.slot() == new.slot() && disagree(new, &other) {
                    found.entry((new.slot(), new.space.clone())).or_default().extend([*id, other.id]);
                }
            }
        }
        Ok(found)
    }

    /// Adds it to a change.
    pub fn into_change(self, change: &mut Change) -> Result<()> {
        let subjects = |quads: &HashSet<Quad>, others: &HashSet<Quad>| -> BTreeSet<Id> {
            quads.difference(others).filter_map(|quad| subject_id(&quad.subject)).collect()
        };
        let moved = subjects(&self.added, &self.removed).into_iter().chain(subjects(&self.removed, &self.added));
        for id in moved {
            if record::is_text(self.view, id)? || self.view.is_a(id, vocab::SOURCE)? {
                change.touched.insert(id);
            }
        }
        let mut sorted = |quads: Vec<Quad>, into: fn(&mut Change) -> &mut Vec<Quad>| {
            let mut quads: Vec<(String, Quad)> = quads.into_iter().map(|quad| (quad.to_string(), quad)).collect();
            quads.sort_by(|one, other| one.0.cmp(&other.0));
            into(change).extend(quads.into_iter().map(|(_, quad)| quad));
        };
        sorted(self.added.difference(&self.removed).cloned().collect(), |change| &mut change.added);
        sorted(self.removed.difference(&self.added).cloned().collect(), |change| &mut change.removed);
        Ok(())
    }
}

/// Tells whether two facts of one slot say different things of one time.
pub(super) fn disagree(one: &Fact, other: &Fact) -> bool {
    let begins_in = |one: &Fact, other: &Fact| other.to.is_none_or(|end| one.start() < end);
    one.object != other.object && begins_in(one, other) && begins_in(other, one)
}

fn is_any(quad: &Quad, predicates: &[NamedNodeRef<'_>]) -> bool {
    predicates.contains(&quad.predicate.as_ref())
}

/// Sorts what a statement belongs to: a memory, or the file in whose graph it stands.
fn note(quad: &Quad, memories: &mut BTreeSet<Id>, sources: &mut BTreeSet<Id>) {
    let oxigraph::model::GraphName::NamedNode(graph) = &quad.graph_name else { return };
    match Id::from_iri(graph.as_str()) {
        Some(source) => {
            sources.insert(source);
        }
        None if graph.as_ref() == vocab::MEMORY_GRAPH => memories.extend(subject_id(&quad.subject)),
        None => {}
    }
}
