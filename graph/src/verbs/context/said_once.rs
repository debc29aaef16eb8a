//! What a person said once, by a transcript that was read: a wish that is not in force, a decision that nobody confirmed.
//!
//! A wish is quoted only where it was said, and only if it rests on the person's own turn of the conversation: an agent may
//! weigh it there, as quoted words of a file, and it is in force nowhere.

use std::cmp::Reverse;

use super::{Entry, Records};
use crate::error::Result;
use crate::id::Id;
use crate::record::{Kind, Record};
use crate::store::{View, string};
use crate::turn::Role;
use crate::vocab;

/// Wishes and decisions that were said once, that are shown.
pub const MAX_SAID_ONCE: usize = 8;
/// Newest candidates and decisions that are looked at for that, of each.
const MAX_LOOKED_AT: usize = 32;

/// Returns what was said once, the newest first. `folder` is where the work is done; `is_decision` tells of a decision
/// whether it is wanted, `is_wish` of a wish that is only a candidate.
pub(super) fn entries<'r>(
    records: &'r Records<'r>,
    folder: Option<&'r str>,
    is_decision: &'r dyn Fn(&Record) -> bool,
    is_wish: &'r dyn Fn(&Record) -> bool,
) -> Result<impl Iterator<Item = Result<Entry>> + 'r> {
    let mut ids = newest(records.view(), Kind::Decision)?;
    if folder.is_some() {
        let mut waiting = records.view().many_subjects(vocab::STATUS, &string("candidate"))?;
        waiting.sort_unstable_by_key(|id| Reverse(*id));
        ids.extend(waiting.into_iter().take(MAX_LOOKED_AT));
        ids.sort_unstable_by_key(|id| Reverse(*id));
    }
    let read = move |id: Id| -> Result<Option<Entry>> {
        let Some(record) = records.read(id)?.filter(Record::is_said_once) else { return Ok(None) };
        let is_shown = match record.kind {
            Kind::Decision => is_decision(&record),
            _ => is_wish(&record) && is_said_in(records, &record, folder)?,
        };
        Ok(is_shown.then(|| Entry::Memory(Box::new(record))))
    };
    Ok(ids.into_iter().filter_map(move |id| read(id).transpose()).take(MAX_SAID_ONCE))
}

fn newest(view: &View<'_>, kind: Kind) -> Result<Vec<Id>> {
    let mut ids = super::standing_of(view, kind)?;
    ids.truncate(MAX_LOOKED_AT);
    Ok(ids)
}

/// Tells whether a person said it in that folder, and their words still stand.
fn is_said_in(records: &Records<'_>, record: &Record, folder: Option<&str>) -> Result<bool> {
    let [turn] = record.derived_from.as_slice() else { return Ok(false) };
    let Some(said) = records.read(*turn)?.filter(Record::is_believed) else { return Ok(false) };
    let Some(turn) = said.turn else { return Ok(false) };
    let is_here = turn.repository.as_deref().zip(folder).is_some_and(|(there, here)| bare(there) == bare(here));
    Ok(is_here && turn.role == Role::User && turn.sub_agent.is_none())
}

fn bare(folder: &str) -> &str {
    folder.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::journal::Agent;
    use crate::memory::{Memory, Options};
    use crate::preference::NewPreference;
    use crate::time::Timestamp;
    use crate::turn::Turn;
    use crate::verbs::context::ContextRequest;
    use crate::verbs::remember::{Evidence, NewMemory};

    fn open() -> (Memory, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let clock = || Timestamp::from_millis(1_750_000_000_000);
        (Memory::open(folder.path(), Options { clock: Arc::new(clock), holder: "a test".into() }).unwrap(), folder)
    }

    /// Tells a turn and a wish that rests on it; returns the turn.
    fn wish(memory: &Memory, text: &str, turn: Turn, author: &Agent) -> Id {
        let said = NewMemory { turn: Some(turn), session: Some("s".into()), ..NewMemory::new(format!("No, {text}!")) };
        let said = memory.remember(said, &Agent::ingest()).unwrap().id;
        let wish = NewMemory {
            kind: Kind::Preference,
            preference: NewPreference { is_inferred: true, ..NewPreference::default() },
            evidence: vec![Evidence { id: said, quote: None }],
            ..NewMemory::new(text)
        };
        memory.remember(wish, author).unwrap();
        said
    }

    fn shown(memory: &Memory, folder: Option<&str>) -> Vec<String> {
        let folder = folder.map(str::to_owned);
        let request = ContextRequest { folder, budget_tokens: Some(4_000), ..ContextRequest::default() };
        let context = memory.context(&request).unwrap();
        let (_, once) = context.text.split_once("## Said once").unwrap_or_default();
        let once = once.split("\n## ").next().unwrap_or_default();
        once.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect()
    }

    #[test]
    fn a_wish_is_quoted_where_its_person_said_it_and_nowhere_else() {
        let (memory, _folder) = open();
        let here = |role: Role| Turn { role, number: 1, repository: Some("/w/atlas".into()), ..Turn::default() };
        let by_sub_agent = Turn { sub_agent: Some("a1".into()), ..here(Role::User) };
        let elsewhere = Turn { repository: Some("/w".into()), ..here(Role::User) };
        let forgotten = wish(&memory, "Use herons in the pond", here(Role::User), &Agent::ingest());
        wish(&memory, "Use wood in the oven", here(Role::User), &Agent::ingest());
        wish(&memory, "Use a tool of the house", here(Role::Tool), &Agent::ingest());
        wish(&memory, "Use what the agent likes", here(Role::Assistant), &Agent::ingest());
        wish(&memory, "Use what a summary has", here(Role::Summary), &Agent::ingest());
        wish(&memory, "Use the sub-agent's cup", by_sub_agent, &Agent::ingest());
        wish(&memory, "Use the yard above", elsewhere, &Agent::ingest());
        wish(&memory, "Use an agent's own guess", here(Role::User), &Agent::named("agent"));
        memory.forget(&[forgotten], None, &Agent::owner()).unwrap();
        let lines = shown(&memory, Some("/w/atlas/"));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("Use wood in the oven [") && lines[0].contains("not in force"), "{lines:?}");
        assert!(shown(&memory, Some("/w/atlas/web")).is_empty() && shown(&memory, None).is_empty());
    }

    #[test]
    fn so_many_are_shown_the_newest_first() {
        let (memory, _folder) = open();
        for number in 1..=MAX_SAID_ONCE + 1 {
            let turn = Turn { role: Role::User, number, repository: Some("/w".into()), ..Turn::default() };
            wish(&memory, &format!("Use number{number} for drawer{number}"), turn, &Agent::ingest());
        }
        let lines = shown(&memory, Some("/w"));
        assert_eq!(lines.len(), MAX_SAID_ONCE, "{lines:?}");
        assert!(
            lines[0].contains(&format!("number{}", MAX_SAID_ONCE + 1)) && !lines.concat().contains("number1 "),
            "{lines:?}"
        );
    }
}
