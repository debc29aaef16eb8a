//! Beside which facts a fact is weighed, and what is believed of them while a decision is made.

use oxigraph::model::Term;

use super::telling::Telling;
use crate::error::Result;
use crate::fact::{self, Fact};
use crate::id::Id;
use crate::time::Timestamp;

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

/// What is believed at a place, as it is after what was told so far.
#[derive(Default)]
pub(super) struct Rivals {
    pub facts: Vec<Fact>,
    /// What ended before anything that was told began: a status has thousands of earlier ones, which say nothing of the
    /// next. Read when something earlier is told.
    past: Vec<Id>,
    /// By when those ended.
    by: Option<Timestamp>,
}

impl Telling<'_> {
    /// Returns the place of a new fact, after reading what is believed there and may be of its time.
    pub(super) fn place_of(&mut self, fact: &Fact, is_functional: bool) -> Result<Place> {
        // What says when it ended may be what somebody said already.
        self.read_place(fact, is_functional, fact.to.is_none().then(|| fact.start()))
    }

    /// Returns the place of a fact that is in the graph already, after reading all that is believed there.
    pub(super) fn place_of_known(&mut self, fact: &Fact) -> Result<(Place, bool)> {
        let is_functional = self.predicates()?.by_iri(fact.predicate.as_str()).is_some_and(|found| found.is_functional);
        Ok((self.read_place(fact, is_functional, None)?, is_functional))
    }

    fn read_place(&mut self, fact: &Fact, is_functional: bool, since: Option<Timestamp>) -> Result<Place> {
        let place = Place::of(fact, is_functional);
        let mut rivals = match self.rivals.remove(&place) {
            Some(rivals) => rivals,
            None if place.object.is_some() => {
                Rivals { facts: fact::of_triple(self.view, fact.triple(), &place.space)?, ..Rivals::default() }
            }
            None => match since {
                None => Rivals { facts: fact::of_slot(self.view, &place.slot, &place.space)?, ..Rivals::default() },
                Some(by) => {
                    let (past, others) = fact::ended_in_slot(self.view, &place.slot, by)?;
                    Rivals { facts: fact::believed_among(self.view, others, &place.space)?, past, by: since }
                }
            },
        };
        if rivals.by.is_some_and(|by| since.is_none_or(|since| since < by)) {
            let past = std::mem::take(&mut rivals.past);
            rivals.facts.append(&mut fact::believed_among(self.view, past, &place.space)?);
            rivals.by = None;
        }
        self.rivals.insert(place.clone(), rivals);
        Ok(place)
    }

    /// Leaves a memory out of account in what is told next: this same decision retracts it.
    pub(super) fn disbelieve(&mut self, id: Id) -> Result<()> {
        self.disbelieved.insert(id);
        if let Some(fact) = fact::believed(self.view, id)? {
            let (place, _) = self.place_of_known(&fact)?;
            self.rivals.entry(place).or_default().facts.retain(|fact| fact.id != id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::fact::Statement;
    use crate::journal::{Agent, Change};
    use crate::memory::{Memory, Options};
    use crate::record::Kind;
    use crate::shapes::Shapes;
    use crate::store::{QUADS_READ, View};
    use crate::verbs::remember::NewMemory;

    fn fact(predicate: &str, object: usize) -> NewMemory {
        let statement = Some(Statement::new("Mirela", predicate, format!("thing {object}")));
        NewMemory { kind: Kind::Fact, statement, ..NewMemory::new("") }
    }

    /// A memory in which an hour passes whenever somebody looks at the clock.
    fn open() -> (Memory, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let hours = AtomicI64::new(0);
        let clock =
            move || Timestamp::from_millis(1_750_000_000_000 + 3_600_000 * hours.fetch_add(1, Ordering::Relaxed));
        let options = Options { clock: Arc::new(clock), holder: "a test".into() };
        (Memory::open(folder.path(), options).unwrap(), folder)
    }

    /// Returns how many quads are read to decide about one more fact and to check it.
    fn read_for(memory: &Memory, new: &NewMemory) -> usize {
        let (mint, now, new) = (Arc::clone(&memory.0.mint), memory.0.now(), new.clone());
        // On the writer's thread, with what the writer knows.
        let decide = move |view: &View<'_>| {
            let (before, agent) = (QUADS_READ.get(), Agent::owner());
            let mut telling = Telling::new(view, &mint, now, &agent);
            telling.tell(&new)?;
            let mut change = telling.into_change();
            change.reduce(view)?;
            Shapes::builtin()?.check(view, &change)?;
            Ok((Change::new("nothing"), QUADS_READ.get() - before))
        };
        memory.0.writer.write(Agent::owner(), decide).unwrap().1
    }

    #[test]
    fn a_fact_costs_the_same_however_much_is_said_of_its_subject() {
        let (memory, _folder) = open();
        let tell = |range: std::ops::Range<usize>| {
            memory.remember_all(range.map(|n| fact("likes", n)).collect(), &Agent::owner()).unwrap();
        };
        tell(0..10);
        let few = (read_for(&memory, &fact("likes", 1_000)), read_for(&memory, &fact("likes", 5)));
        tell(10..500);
        let many = (read_for(&memory, &fact("likes", 1_000)), read_for(&memory, &fact("likes", 5)));
        assert_eq!(few, many, "quads read for a new one, and for one that is known");
    }

    #[test]
    fn what_ended_before_costs_nothing() {
        let (memory, _folder) = open();
        let tell = |range: std::ops::Range<usize>| {
            for n in range {
                memory.remember(fact("status", n), &Agent::owner()).unwrap();
            }
        };
        tell(0..10);
        let few = read_for(&memory, &fact("status", 1_000));
        tell(10..60);
        assert_eq!(few, read_for(&memory, &fact("status", 1_000)), "quads read beside 10 earlier ones, and 60");
    }

    #[test]
    fn what_ended_before_is_read_when_something_earlier_is_told() {
        let (memory, _folder) = open();
        let told: Vec<Id> = (0..3).map(|n| memory.remember(fact("status", n), &Agent::owner()).unwrap().id).collect();
        let start = told[0].minted_at();
        let between =
            NewMemory { valid_from: Some(Timestamp::from_millis(start.as_millis() + 1)), ..fact("status", 4) };
        let both = memory.remember_all(vec![fact("status", 3), between], &Agent::owner()).unwrap();
        assert_eq!(both.iter().map(|one| one.ended.as_slice()).collect::<Vec<_>>(), [&told[2..], &told[..1]]);
    }
}
