//! What was spoken of lately: the conversations and entities of the newest memories, and the facts that hold of these.

use std::cmp::Reverse;
use std::collections::HashMap;

use oxigraph::model::Term;

use super::{Recent, Records};
use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::journal::Trust;
use crate::names;
use crate::predicate::Predicates;
use crate::record::Record;
use crate::store::{View, subject_id};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Newest memories that are looked at.
pub const MAX_LATELY: usize = 24;
/// Entities of which facts are looked for, those that the subject names among them.
pub const MAX_HOT_ENTITIES: usize = 4;
/// Facts of one entity that are looked at; half of them may be recent, and the others are what else holds.
pub const MAX_FACTS_LOOKED_AT: usize = 8;
/// Statements of one entity with one predicate that are looked at and shown: somebody may like thousands of things.
pub const MAX_SAME_PREDICATE: usize = 2;
/// Words of a name in the subject.
const MAX_NAME_WORDS: usize = 4;
/// Entities of one name.
const MAX_NAMESAKES: usize = 4;
/// Facts of one statement: who told it in which space.
const MAX_TELLINGS: usize = 4;
/// Statements of one entity with one predicate that are looked through for that.
const MAX_STATEMENTS: usize = 16;

/// The conversations and entities of the newest memories.
pub(super) struct Lately {
    /// The one talked in last first.
    pub talks: Vec<Talk>,
    /// Those that most of the memories are about first, then those spoken of last.
    pub entities: Vec<Id>,
    /// The memories, the newest first.
    pub memories: Vec<Id>,
    /// Whatever was looked at for that.
    pub looked_at: Vec<Id>,
}

/// A conversation.
pub(super) struct Talk {
    pub session: Id,
    /// Its newest turn.
    pub last: Id,
    /// Whom its newest turns are about.
    pub entities: Vec<Id>,
}

impl Lately {
    /// Looks at the newest memories that are wanted, and leaves the others to whoever asks next.
    pub fn of(records: &Records<'_>, recent: &mut Recent<'_>, is_wanted: &dyn Fn(&Record) -> bool) -> Result<Self> {
        let mut lately = Self { talks: Vec::new(), entities: Vec::new(), memories: Vec::new(), looked_at: Vec::new() };
        let mut times: HashMap<Id, usize> = HashMap::new();
        while lately.memories.len() < MAX_LATELY {
            let Some(id) = recent.next().transpose()? else { break };
            lately.looked_at.push(id);
            // What is told again is touched again.
            if lately.memories.contains(&id) {
                continue;
            }
            let Some(record) = records.read(id)?.filter(is_wanted) else { continue };
            lately.memories.push(record.id);
            for entity in &record.entities {
                if !lately.entities.contains(entity) {
                    lately.entities.push(*entity);
                }
                *times.entry(*entity).or_default() += 1;
            }
            let Some(session) = record.part_of.filter(|_| record.session.is_some()) else { continue };
            match lately.talks.iter_mut().find(|talk| talk.session == session) {
                Some(talk) => talk.entities.extend(record.entities),
                None => lately.talks.push(Talk { session, last: record.id, entities: record.entities }),
            }
        }
        // Stable: of two that are spoken of as often, the one spoken of last.
        lately.entities.sort_by_key(|entity| Reverse(times[entity]));
        Ok(lately)
    }

    /// Returns facts that hold of whom the subject names, then of whom was spoken of most, the best supported first.
    pub fn facts(
        &self,
        records: &Records<'_>,
        named: &[Id],
        now: Timestamp,
        is_wanted: &dyn Fn(&Record) -> bool,
    ) -> Result<Vec<Id>> {
        let spoken_of = self.entities.iter().filter(|entity| !named.contains(entity));
        let entities: Vec<Id> = named.iter().chain(spoken_of).copied().take(MAX_HOT_ENTITIES).collect();
        if entities.is_empty() {
            return Ok(Vec::new());
        }
        let predicates = Predicates::of(records.view())?;
        let mut found: Vec<Id> = Vec::new();
        let trust = |record: &Record| record.trust.parse().unwrap_or(Trust::Ingested);
        let holds = |record: &Record| {
            record.stale.is_empty() && record.valid_from.is_none_or(|from| from <= now) && is_wanted(record)
        };
        for entity in entities {
            let mut ids: Vec<Id> = Vec::new();
            for id in &self.memories {
                let is_one = |record: Record| record.statement.is_some() && record.entities.contains(&entity);
                if ids.len() < MAX_FACTS_LOOKED_AT / 2 && records.read(*id)?.is_some_and(is_one) {
                    ids.push(*id);
                }
            }
            asserted(records, &predicates, entity, &holds, &mut ids)?;
            let mut facts: Vec<Record> = Vec::new();
            for id in ids.into_iter().filter(|id| !found.contains(id)).take(MAX_FACTS_LOOKED_AT) {
                facts.extend(records.read(id)?.filter(holds));
            }
            // What a fact rests on is one of each voice.
            facts.sort_by_key(|fact| (Reverse(fact.derived_from.len().max(1)), Reverse(trust(fact)), Reverse(fact.id)));
            let mut times: HashMap<String, usize> = HashMap::new();
            for fact in facts {
                let Some(statement) = fact.statement else { continue };
                let times = times.entry(statement.predicate).or_default();
                *times += 1;
                if *times <= MAX_SAME_PREDICATE {
                    found.push(fact.id);
                }
            }
        }
        Ok(found)
    }
}

/// Adds facts whose statement is asserted of an entity, some of each predicate, so that one who likes thousands of things
/// still lives somewhere.
fn asserted(
    records: &Records<'_>,
    predicates: &Predicates,
    entity: Id,
    holds: &dyn Fn(&Record) -> bool,
    ids: &mut Vec<Id>,
) -> Result<()> {
    let view = records.view();
    let subject = vocab::node(entity);
    for predicate in predicates.all() {
        let said = view.quads(
            Some(subject.as_ref().into()),
            Some(predicate.iri.as_ref()),
            None,
            Some(vocab::MEMORY_GRAPH.into()),
        );
        let mut same = 0;
        for quad in said.take(MAX_STATEMENTS) {
            let triple = Term::from(oxigraph::model::Triple::from(quad?));
            let tellings = view.quads(None, Some(ext::REIFIES), Some(triple.as_ref()), None).take(MAX_TELLINGS);
            let mut is_told = false;
            for telling in tellings {
                let Some(id) = subject_id(&telling?.subject).filter(|id| !ids.contains(id)) else { continue };
                // What another space says takes no place here.
                if records.read(id)?.is_some_and(|record| holds(&record)) {
                    ids.push(id);
                    is_told = true;
                }
            }
            same += usize::from(is_told);
            if same >= MAX_SAME_PREDICATE {
                break;
            }
            if ids.len() >= MAX_FACTS_LOOKED_AT {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Returns the entities that a subject names, or whose id it is: the longest names first.
pub(super) fn named(view: &View<'_>, about: &str) -> Result<Vec<Id>> {
    let mut found = entity::called(view, about, MAX_NAMESAKES, None)?;
    if !found.is_empty() {
        found.sort_unstable();
        return Ok(found);
    }
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    for run in names::possible(about) {
        let is_part = taken.iter().any(|name| run.words.start < name.end && name.start < run.words.end);
        if is_part || run.words.len() > MAX_NAME_WORDS {
            continue;
        }
        let mut meant = entity::named(view, &entity::name_key(&run.text), MAX_NAMESAKES)?;
        if meant.is_empty() {
            continue;
        }
        taken.push(run.words);
        meant.sort_unstable();
        found.extend(meant.into_iter().filter(|id| !found.contains(id)).collect::<Vec<_>>());
        if found.len() >= MAX_HOT_ENTITIES {
            break;
        }
    }
    found.truncate(MAX_HOT_ENTITIES);
    Ok(found)
}
