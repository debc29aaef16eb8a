//! `context`: what an agent should know before it starts. The same state gives the same bytes.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::block::{self, Block};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index;
use crate::journal;
use crate::learning::{self, Learning};
use crate::memory::Inner;
use crate::question::Question;
use crate::ranking::Weights;
use crate::record::{Kind, Reader, Record};
use crate::scope;
use crate::store::{View, string};
use crate::time::Timestamp;
use crate::vocab;
use crate::voice;

/// Newest memories of each standing kind that are looked at.
const MAX_STANDING: usize = 64;
/// Newest learnings of which the best are chosen.
pub const MAX_RANKED_LEARNINGS: usize = 1_000;
/// Commits that are looked back over for what is new.
const MAX_COMMITS: usize = 200;
/// Memories that are read for that: one commit may hold hundreds.
const MAX_RECENT: usize = 200;
/// Memories one after another that did not fit; then nobody looks on for a short one.
pub const MAX_MISSED: usize = 8;
/// Memories that fit the subject.
const MAX_FITTING: usize = 8;
/// Largest budget.
pub const MAX_BUDGET_TOKENS: usize = 20_000;
/// Bytes of a token, about, in English.
const TOKEN_BYTES: usize = 4;

/// What the context is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextRequest {
    /// A task, an entity or a path, in words.
    pub about: Option<String>,
    /// Only memories of these spaces; empty means all.
    pub spaces: Vec<String>,
    /// The text stays below this (about four characters a token).
    pub budget_tokens: usize,
}

/// What an agent should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Context {
    /// Ready to be read, in sections.
    pub text: String,
    /// The core blocks, which come first.
    pub blocks: Vec<Block>,
    /// The memories below them, as data.
    pub items: Vec<ContextItem>,
    /// How many of those that were looked at did not fit; in each section, after [`MAX_MISSED`] in a row nobody looks on.
    pub dropped: usize,
}

/// One memory in a context.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContextItem {
    /// The memory.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// Its text, verbatim.
    pub text: String,
    /// Title of the note it stands in; empty for a memory without one.
    pub title: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When it was said or happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<Timestamp>,
    /// How far it is trusted: `ingested` text is data, never an instruction.
    pub trust: String,
    /// How it stands, if it is a preference that was inferred, is against something or applies to something.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub standing: String,
}

pub(crate) fn context(inner: &Inner, request: &ContextRequest) -> Result<Context> {
    if request.budget_tokens == 0 || request.budget_tokens > MAX_BUDGET_TOKENS {
        return Err(Error::new(ErrorKind::Invalid, format!("a budget of {} tokens", request.budget_tokens))
            .hint(format!("give 1 to {MAX_BUDGET_TOKENS}; 1200 is the default")));
    }
    let view = inner.view()?;
    let now = inner.now();
    let is_wanted = |record: &Record| {
        record.stands_at(now)
            && record.expires_at.is_none_or(|end| end > now)
            && (request.spaces.is_empty() || request.spaces.contains(&record.space))
            && !record.is_candidate()
            && scope::applies(record.scope(), request.about.as_deref())
    };
    let mut reader = Reader::new(&view);
    let mut context = Packing::new(block::all(&view, &request.spaces)?, request.budget_tokens * TOKEN_BYTES);
    let standing = [(Kind::Preference, "Preferences"), (Kind::Decision, "Decisions"), (Kind::Learning, "Learnings")];
    for (kind, heading) in standing {
        let ids = standing_of(&view, kind)?.into_iter().map(Ok);
        context.add(heading, &mut reader, ids, MAX_STANDING, &is_wanted)?;
    }
    if let Some(about) = request.about.as_deref().filter(|about| !about.trim().is_empty()) {
        let question = Question { limit: MAX_FITTING, spaces: request.spaces.clone(), ..Question::new(about) };
        super::recall::check(&question)?;
        let fitting = super::recall::find(inner, &view, &question, &Weights::CHOSEN, &mut Vec::new())?.hits;
        let ids = fitting.into_iter().map(|hit| Ok(hit.id));
        context.add(&format!("About {}", one_line(about)), &mut reader, ids, MAX_FITTING, &is_wanted)?;
    }
    let no_passage = |record: &Record| record.kind != Kind::Passage && is_wanted(record);
    context.add("Recently", &mut reader, Recent::new(&view)?, MAX_RECENT, &no_passage)?;
    Ok(context.context)
}

/// The newest memories of a kind that stands until it is ended; of learnings those that did best.
fn standing_of(view: &View<'_>, kind: Kind) -> Result<Vec<Id>> {
    let mut ids = view.many_subjects(vocab::KIND, &string(kind.as_str()))?;
    ids.sort_unstable_by_key(|id| Reverse(*id));
    if kind == Kind::Learning {
        ids.truncate(MAX_RANKED_LEARNINGS);
        ids = learning::best_first(view, ids)?;
    }
    Ok(ids)
}

/// What was remembered last, newest first; read as far as somebody asks.
struct Recent<'v> {
    view: &'v View<'v>,
    next: Option<Id>,
    left: usize,
    /// Of the last commit, newest last.
    ids: Vec<Id>,
}

impl<'v> Recent<'v> {
    fn new(view: &'v View<'v>) -> Result<Self> {
        Ok(Self { view, next: view.head()?, left: MAX_COMMITS, ids: Vec::new() })
    }

    fn look_back(&mut self, commit: Id) -> Result<()> {
        if self.view.text(commit, vocab::VERB)?.as_deref() == Some("remember") {
            self.ids = journal::touched(self.view, commit)?;
            self.ids.sort_unstable();
        }
        self.left -= 1;
        self.next = self.view.objects(commit, vocab::PREVIOUS)?.first().copied();
        Ok(())
    }
}

impl Iterator for Recent<'_> {
    type Item = Result<Id>;

    fn next(&mut self) -> Option<Result<Id>> {
        loop {
            if let Some(id) = self.ids.pop() {
                return Some(Ok(id));
            }
            let commit = self.next.filter(|_| self.left > 0)?;
            if let Err(error) = self.look_back(commit) {
                self.left = 0;
                return Some(Err(error));
            }
        }
    }
}

/// A context that is being filled.
struct Packing {
    context: Context,
    budget: usize,
    seen: HashSet<Id>,
    /// What stands above is not said a second time, whoever said it too.
    said: HashSet<blake3::Hash>,
}

impl Packing {
    /// Starts with the blocks.
    fn new(blocks: Vec<Block>, budget: usize) -> Self {
        let mut context = Context { text: String::new(), blocks: Vec::new(), items: Vec::new(), dropped: 0 };
        for block in blocks.into_iter().filter(|block| !block.text.trim().is_empty()) {
            let heading = if context.text.is_empty() { "## Core blocks\n" } else { "" };
            let shown = format!("{heading}{}", block.markdown());
            if context.text.len() + shown.len() > budget {
                context.dropped += 1;
                continue;
            }
            context.text.push_str(&shown);
            context.blocks.push(block);
        }
        let said = context.blocks.iter().flat_map(|block| block.text.lines()).map(voice::text_key).collect();
        Self { context, budget, seen: HashSet::new(), said }
    }

    /// Adds a section: what is wanted and fits of so many memories at most, as far as there is room for some of them.
    fn add(
        &mut self,
        heading: &str,
        reader: &mut Reader<'_>,
        ids: impl Iterator<Item = Result<Id>>,
        most: usize,
        is_wanted: &dyn Fn(&Record) -> bool,
    ) -> Result<()> {
        let (mut is_open, mut looked, mut missed) = (false, 0, 0);
        for id in ids {
            if looked == most || missed == MAX_MISSED {
                break;
            }
            let Some(record) = reader.read(id?)?.filter(is_wanted) else { continue };
            looked += 1;
            if self.said.contains(&voice::text_key(&record.text)) || !self.seen.insert(record.id) {
                continue;
            }
            let mut lines = String::new();
            if !is_open {
                let gap = if self.context.text.is_empty() { "" } else { "\n" };
                let _ = writeln!(lines, "{gap}## {heading}");
            }
            let _ = writeln!(lines, "{}", line(&record));
            if self.context.text.len() + lines.len() > self.budget {
                self.context.dropped += 1;
                missed += 1;
                continue;
            }
            (is_open, missed) = (true, 0);
            if record.kind == Kind::Preference {
                self.said.insert(voice::text_key(&record.text));
            }
            self.context.text.push_str(&lines);
            self.context.items.push(item(record));
        }
        Ok(())
    }
}

fn line(record: &Record) -> String {
    // The day that matters to whoever reads it.
    let day = record.happened_at.unwrap_or(record.recorded_at).to_string().chars().take(10).collect::<String>();
    let title = if record.title.is_empty() { String::new() } else { format!("{}: ", one_line(&record.title)) };
    let text = index::said(record.speaker.as_deref().unwrap_or_default(), &record.text);
    let did = record.learning.as_ref().map(did).unwrap_or_default();
    let standing = record.standing();
    let did = if standing.is_empty() { did } else { format!("; {}", one_line(&standing)) };
    format!("- {title}{} [{} {day} {}{did}]", one_line(&text), record.id, record.trust)
}

/// How a learning went and did, in words.
fn did(learning: &Learning) -> String {
    let Learning { outcome, times_seen, times_helped, times_hurt, .. } = learning;
    let counts = [("seen", *times_seen), ("helped", *times_helped), ("hurt", *times_hurt)];
    let counts = counts.into_iter().filter(|(_, times)| *times > 0).map(|(what, times)| format!(", {what} {times}"));
    format!("; {}{}", outcome.as_str(), counts.collect::<String>())
}

/// A text cannot end its line: what follows would look like a section of ours.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn item(record: Record) -> ContextItem {
    ContextItem {
        standing: record.standing(),
        id: record.id,
        kind: record.kind,
        text: record.text,
        title: record.title,
        recorded_at: record.recorded_at,
        happened_at: record.happened_at,
        trust: record.trust,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::journal::Agent;
    use crate::memory::{Memory, Options};
    use crate::store::QUADS_READ;
    use crate::verbs::remember::NewMemory;

    fn open() -> (Memory, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let clock = || Timestamp::from_millis(1_750_000_000_000);
        (Memory::open(folder.path(), Options { clock: Arc::new(clock), holder: "a test".into() }).unwrap(), folder)
    }

    fn decide(memory: &Memory, texts: Vec<String>) {
        let all = texts.into_iter().map(|text| NewMemory { kind: Kind::Decision, ..NewMemory::new(text) });
        memory.remember_all(all.collect(), &Agent::owner()).unwrap();
    }

    fn read(memory: &Memory) -> (Context, usize) {
        let before = QUADS_READ.get();
        let request = ContextRequest { about: None, spaces: Vec::new(), budget_tokens: 300 };
        (memory.context(&request).unwrap(), QUADS_READ.get() - before)
    }

    #[test]
    fn a_context_costs_what_it_shows() {
        let (memory, _folder) = open();
        let some = |range: std::ops::Range<usize>| range.map(|n| format!("We use the tool number {n:05}")).collect();
        // In one commit each, on top of another, so that what is recent is as much both times.
        decide(&memory, vec!["We use tools".into()]);
        decide(&memory, some(0..100));
        let (few, read_for_few) = read(&memory);
        decide(&memory, some(100..200));
        let (many, read_for_many) = read(&memory);
        assert_eq!(few.items.len(), many.items.len());
        assert_eq!(read_for_few, read_for_many, "quads read");
    }

    #[test]
    fn a_short_memory_is_looked_for_behind_so_many_long_ones() {
        // Of the decisions so many, and of what is recent as many others.
        for (long, is_shown) in [(2 * MAX_MISSED - 1, true), (2 * MAX_MISSED, false)] {
            let (memory, _folder) = open();
            decide(&memory, vec!["We use the short one".into()]);
            decide(&memory, (0..long).map(|n| format!("{n} {}", "long ".repeat(400))).collect());
            assert_eq!(read(&memory).0.text.contains("short one"), is_shown, "behind {long}");
        }
    }
}
