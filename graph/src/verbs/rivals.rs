//! Beside which facts a fact is weighed, and what is believed of them while a decision is made.

use oxigraph::model::Term;

use super::telling::Telling;
use crate::error::Result;
use crate::fact::{self, Fact};
use crate::id::Id;

/// Facts that decide about each other. Where a predicate is functional those are all of its slot; else only what says the
/// same counts, and a subject may have thousands of others that nobody need read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    slot: String,
    object: Option<Term>,
    space: String,
}

impl Place {
    /// Returns that of a fact.
    pub fn of(fact: &Fact, is_functional: bool) -> Self {
        let object = (!is_functional).then(|| fact.object.clone());
        Self { slot: fact.slot(), object, space: fact.space.clone() }
    }
}

impl Telling<'_> {
    /// Returns the place that a fact belongs to, after reading what is believed of it.
    pub(super) fn place_of(&mut self, fact: &Fact, is_functional: bool) -> Result<Place> {
        let place = Place::of(fact, is_functional);
        if !self.rivals.contains_key(&place) {
            let believed = match &place.object {
                None => fact::of_slot(self.view, &place.slot, &place.space)?,
                Some(_) => fact::of_triple(self.view, fact.triple(), &place.space)?,
            };
            self.rivals.insert(place.clone(), believed);
        }
        Ok(place)
    }

    /// As [`Telling::place_of`], of a fact that is in the graph already.
    pub(super) fn place_of_known(&mut self, fact: &Fact) -> Result<(Place, bool)> {
        let is_functional = self.predicates()?.by_iri(fact.predicate.as_str()).is_some_and(|found| found.is_functional);
        Ok((self.place_of(fact, is_functional)?, is_functional))
    }

    /// Leaves a memory out of account in what is told next: this same decision retracts it.
    pub(super) fn disbelieve(&mut self, id: Id) -> Result<()> {
        self.disbelieved.insert(id);
        if let Some(fact) = fact::believed(self.view, id)? {
            let (place, _) = self.place_of_known(&fact)?;
            self.rivals.entry(place).or_default().retain(|fact| fact.id != id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fact::Statement;
    use crate::journal::Agent;
    use crate::memory::{Memory, Options};
    use crate::record::Kind;
    use crate::shapes::Shapes;
    use crate::store::QUADS_READ;
    use crate::time::Timestamp;
    use crate::verbs::remember::NewMemory;

    fn fact(predicate: &str, object: usize) -> NewMemory {
        let statement = Some(Statement::new("Mirela", predicate, format!("thing {object}")));
        NewMemory { kind: Kind::Fact, statement, ..NewMemory::new("") }
    }

    /// Returns how many quads are read to decide about one more fact and to check it.
    fn read_for(memory: &Memory, new: &NewMemory) -> usize {
        let (view, agent) = (memory.0.view().unwrap(), Agent::owner());
        let before = QUADS_READ.get();
        let mut telling = Telling::new(&view, &memory.0.mint, memory.0.now(), &agent);
        telling.tell(new).unwrap();
        let mut change = telling.into_change();
        change.reduce(&view).unwrap();
        Shapes::builtin().unwrap().check(&view, &change).unwrap();
        QUADS_READ.get() - before
    }

    #[test]
    fn a_fact_costs_the_same_however_much_is_said_of_its_subject() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            Options { clock: Arc::new(|| Timestamp::from_millis(1_750_000_000_000)), holder: "a test".into() };
        let memory = Memory::open(folder.path(), options).unwrap();
        let tell = |range: std::ops::Range<usize>| {
            memory.remember_all(range.map(|n| fact("likes", n)).collect(), &Agent::owner()).unwrap();
        };
        tell(0..10);
        let few = (read_for(&memory, &fact("likes", 1_000)), read_for(&memory, &fact("likes", 5)));
        tell(10..500);
        let many = (read_for(&memory, &fact("likes", 1_000)), read_for(&memory, &fact("likes", 5)));
        assert_eq!(few, many, "quads read for a new one, and for one that is known");
    }
}
