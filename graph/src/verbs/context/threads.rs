//! Open threads: what is unsettled or waits, and which conversations were the last. A line each, from the graph alone.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Serialize;

use super::lately::Lately;
use super::packing::one_line;
use super::{Records, day};
use crate::entity::{self, normalise};
use crate::error::Result;
use crate::id::Id;
use crate::index;
use crate::journal::Trust;
use crate::names::shortened;
use crate::record::Record;
use crate::store::{string, subject_id};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Conflicts that are shown; further ones are counted.
pub const MAX_OPEN_CONFLICTS: usize = 3;
/// Newest conflicts that are looked at, settled ones among them.
pub const MAX_CONFLICTS_LOOKED_AT: usize = 64;
/// What waits is counted so far.
pub const MAX_COUNTED: usize = 20;
/// Newest proposals and candidates that are looked at to count those that wait.
pub const MAX_WAITING_LOOKED_AT: usize = 64;
/// Conversations that are named.
pub const MAX_TALKS: usize = 3;
/// Turns of a conversation are counted so far.
pub const MAX_TURNS_COUNTED: usize = 50;
/// Sides of a conflict that are shown.
const MAX_SIDES: usize = 3;

/// Something that is open.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Thread {
    /// What kind of thing it is.
    pub kind: ThreadKind,
    /// The conflict, the conversation, or the newest of those that are counted.
    pub id: Id,
    /// What there is to say, in one line.
    pub text: String,
    /// How far the least trusted of the texts that it quotes is trusted.
    pub trust: String,
    /// Memories that it quotes whole.
    #[serde(skip)]
    pub(super) says: Vec<Id>,
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ThreadKind {
    /// Facts or preferences that can't all be so.
    Conflict,
    /// What was proposed and waits for the owner.
    Proposals,
    /// Preferences that are not in force yet.
    Candidates,
    /// A conversation that was talked in lately.
    Session,
}

impl ThreadKind {
    /// Returns the name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Proposals => "proposals",
            Self::Candidates => "candidates",
            Self::Session => "session",
        }
    }
}

/// What is looked at for them.
pub(super) struct Looking<'c> {
    pub records: &'c Records<'c>,
    pub spaces: &'c [String],
    pub now: Timestamp,
    /// Entities that the subject names, and the subject.
    pub named: &'c [Id],
    pub about: Option<&'c str>,
}

impl Looking<'_> {
    fn is_of_spaces(&self, space: &str) -> bool {
        self.spaces.is_empty() || self.spaces.iter().any(|wanted| wanted == space)
    }

    fn concerns(&self, record: &Record) -> bool {
        record.entities.iter().any(|entity| self.named.contains(entity))
    }

    /// Returns what is open, what concerns the subject first.
    pub fn threads(&self, lately: &Lately) -> Result<Vec<Thread>> {
        let mut threads = self.conflicts()?;
        threads.extend(self.proposals()?);
        threads.extend(self.candidates()?);
        threads.extend(self.talks(lately)?);
        threads.sort_by_key(|(concerns, _)| !concerns);
        Ok(threads.into_iter().map(|(_, thread)| thread).collect())
    }

    fn conflicts(&self) -> Result<Vec<(bool, Thread)>> {
        let view = self.records.view();
        let mut ids = view.many_instances(vocab::CONFLICT)?;
        ids.sort_unstable_by_key(|id| Reverse(*id));
        let mut open = Vec::new();
        for id in ids.into_iter().take(MAX_CONFLICTS_LOOKED_AT) {
            if view.object(id, vocab::SETTLED_AT)?.is_some() {
                continue;
            }
            let mut sides = Vec::new();
            for side in view.objects(id, vocab::SIDE)? {
                // What was wanted once is over; of what held once it may still be in dispute when.
                let is_over = |record: &Record| record.preference.is_some() && !record.stands_at(self.now);
                let is_expired = |record: &Record| record.expires_at.is_some_and(|end| end <= self.now);
                let side =
                    self.records.read(side)?.filter(|record| record.is_believed() && record.withheld_at.is_none());
                sides.extend(side.filter(|record| !is_over(record) && !is_expired(record)));
            }
            let is_ours = sides.iter().all(|side| self.is_of_spaces(&side.space));
            if sides.len() < 2 || !is_ours {
                continue;
            }
            sides.sort_by_key(|side| (Reverse(trust(side)), side.id));
            let concerns = sides.iter().any(|side| self.concerns(side));
            open.push((concerns, conflict(id, &sides)));
        }
        // The newest first, except that the subject's own come before.
        open.sort_by_key(|(concerns, _)| !concerns);
        let more = open.len().saturating_sub(MAX_OPEN_CONFLICTS);
        open.truncate(MAX_OPEN_CONFLICTS);
        if let Some((_, last)) = open.last_mut().filter(|_| more > 0) {
            last.text.push_str(&format!("; {more} more: hydra conflicts"));
        }
        Ok(open)
    }

    fn proposals(&self) -> Result<Option<(bool, Thread)>> {
        let view = self.records.view();
        let mut ids = view.many_instances(vocab::PROPOSAL)?;
        ids.sort_unstable_by_key(|id| Reverse(*id));
        let (mut newest, mut count) = (None, 0);
        for id in ids.into_iter().take(MAX_WAITING_LOOKED_AT) {
            if view.object(id, vocab::ACCEPTED_AT)?.is_some() || view.object(id, vocab::REJECTED_AT)?.is_some() {
                continue;
            }
            let space = view.text(id, vocab::SPACE)?.unwrap_or_default();
            if !self.is_of_spaces(&space) || self.is_put_off(id)? || self.is_fallen(id)? {
                continue;
            }
            newest = newest.or(Some(id));
            count += 1;
            if count > MAX_COUNTED {
                break;
            }
        }
        let Some(id) = newest else { return Ok(None) };
        let text = format!(
            "{} for the user's word, the newest {id}: hydra proposals, or read hydra://enrichment",
            counted(count, "proposal waits", "proposals wait")
        );
        Ok(Some((false, Thread { kind: ThreadKind::Proposals, id, text, trust: owner(), says: Vec::new() })))
    }

    /// Whether the owner said to ask later.
    fn is_put_off(&self, id: Id) -> Result<bool> {
        let until = self.records.view().text(id, vocab::SNOOZED_UNTIL)?.and_then(|until| until.parse().ok());
        Ok(until.is_some_and(|until: Timestamp| until > self.now))
    }

    fn is_fallen(&self, proposal: Id) -> Result<bool> {
        for evidence in self.records.view().objects(proposal, ext::DERIVED_FROM)? {
            if !self.records.read(evidence)?.is_some_and(|record| record.stands_at(self.now)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn candidates(&self) -> Result<Option<(bool, Thread)>> {
        let mut ids = self.records.view().many_subjects(vocab::STATUS, &string("candidate"))?;
        ids.sort_unstable_by_key(|id| Reverse(*id));
        let mut waiting: Vec<Record> = Vec::new();
        for id in ids.into_iter().take(MAX_WAITING_LOOKED_AT) {
            let Some(record) = self.records.read(id)? else { continue };
            let stands = record.stands_at(self.now) && record.expires_at.is_none_or(|end| end > self.now);
            let stands = stands && record.snoozed_until.is_none_or(|until| until <= self.now);
            if stands && record.withheld_at.is_none() && record.is_candidate() && self.is_of_spaces(&record.space) {
                waiting.push(record);
            }
            if waiting.len() > MAX_COUNTED {
                break;
            }
        }
        let Some(newest) = waiting.first() else { return Ok(None) };
        let text = format!(
            "{} in force until a second source or the user says so, the newest {}",
            counted(waiting.len(), "preference is not", "preferences are not"),
            newest.id
        );
        let concerns = waiting.iter().any(|record| self.concerns(record));
        Ok(Some((
            concerns,
            Thread { kind: ThreadKind::Candidates, id: newest.id, text, trust: owner(), says: Vec::new() },
        )))
    }

    fn talks(&self, lately: &Lately) -> Result<Vec<(bool, Thread)>> {
        let view = self.records.view();
        let mut talks = Vec::new();
        for talk in &lately.talks {
            let Some(last) = self.records.read(talk.last)? else { continue };
            let name = entity::label(view, talk.session)?;
            let is_named = self.about.is_some_and(|about| normalise(about).contains(&normalise(&name)));
            let concerns = is_named || talk.entities.iter().any(|entity| self.named.contains(entity));
            talks.push((concerns, talk.session, name, last));
        }
        talks.sort_by_key(|(concerns, ..)| !concerns);
        talks.truncate(MAX_TALKS);
        let mut threads = Vec::new();
        for (concerns, id, name, last) in talks {
            let turns = self.turns(id)?;
            let text = format!(
                "conversation `{}` [{id}], {}, last on {}: {}",
                one_line(&shortened(&name)),
                counted_to(turns, MAX_TURNS_COUNTED, "turn", "turns"),
                day(last.happened_at.unwrap_or(last.recorded_at)),
                quoted(&last)
            );
            threads
                .push((concerns, Thread { kind: ThreadKind::Session, id, text, trust: last.trust, says: Vec::new() }));
        }
        Ok(threads)
    }

    /// Counts the turns of a conversation that were not forgotten.
    fn turns(&self, session: Id) -> Result<usize> {
        let (view, graph) = (self.records.view(), vocab::node(session));
        let mut count = 0;
        for quad in view.quads(None, Some(vocab::ORDER), None, Some(graph.as_ref().into())).take(2 * MAX_TURNS_COUNTED)
        {
            let Some(turn) = subject_id(&quad?.subject) else { continue };
            count += usize::from(view.object(turn, ext::INVALIDATED_AT)?.is_none());
            if count > MAX_TURNS_COUNTED {
                break;
            }
        }
        Ok(count)
    }
}

fn trust(record: &Record) -> Trust {
    record.trust.parse().unwrap_or(Trust::Ingested)
}

fn owner() -> String {
    Trust::Owner.as_str().to_owned()
}

fn conflict(id: Id, sides: &[Record]) -> Thread {
    let shown: Vec<String> = sides.iter().take(MAX_SIDES).map(quoted).collect();
    let more = sides.len().saturating_sub(MAX_SIDES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let text = format!(
        "conflict {id} since {}: {}{more}; ask the user, then update it with op settle and the side to keep",
        day(id.minted_at()),
        shown.join(" against ")
    );
    let lowest = sides.iter().map(trust).min().unwrap_or(Trust::Ingested);
    let says = sides.iter().take(MAX_SIDES).map(|side| side.id).collect();
    Thread { kind: ThreadKind::Conflict, id, text, trust: lowest.as_str().to_owned(), says }
}

/// The beginning of a text and whose it is; not of what is not in force, for whoever reads it would act on it.
fn quoted(record: &Record) -> String {
    if record.is_candidate() {
        return format!("[{} {}, not in force]", record.id, record.trust);
    }
    let text = one_line(&index::said(record.speaker.as_deref().unwrap_or_default(), &record.text));
    let start = start_of(&text);
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("\"{start}{more}\" [{} {}]", record.id, record.trust)
}

/// Letters of a text that are shown.
const QUOTED_LETTERS: usize = 80;

fn start_of(text: &str) -> &str {
    text.char_indices().nth(QUOTED_LETTERS).map_or(text, |(end, _)| text[..end].trim_end())
}

fn counted(count: usize, one: &str, many: &str) -> String {
    counted_to(count, MAX_COUNTED, one, many)
}

fn counted_to(count: usize, most: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ if count > most => format!("more than {most} {many}"),
        _ => format!("{count} {many}"),
    }
}
