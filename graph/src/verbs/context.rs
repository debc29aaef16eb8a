//! `context`: what an agent should know before it starts. The same state gives the same bytes: what is said follows from
//! the graph, and from the words of the subject; no model is asked, which may be there or not.

mod blocks;
mod lately;
mod packing;
mod said_once;
mod threads;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use blocks::{MAX_NAMED_BLOCKS, MIN_SHOWN_BLOCK_BYTES};
pub use lately::{MAX_FACTS_LOOKED_AT, MAX_HOT_ENTITIES, MAX_LATELY, MAX_SAME_PREDICATE};
pub use packing::MAX_MISSED;
pub use said_once::MAX_SAID_ONCE;
pub use threads::{
    MAX_CONFLICTS_LOOKED_AT, MAX_COUNTED, MAX_OPEN_CONFLICTS, MAX_TALKS, MAX_TURNS_COUNTED, MAX_WAITING_LOOKED_AT,
    Thread, ThreadKind,
};

use crate::block::{self, Block};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::{Index, IndexQuery};
use crate::journal;
use crate::learning;
use crate::memory::Inner;
use crate::question::Question;
use crate::record::{Kind, Reader, Record};
use crate::scope;
use crate::store::{View, string};
use crate::text::likeness;
use crate::time::Timestamp;
use crate::vocab;
use lately::Lately;
use packing::{Entry, Said, Section, one_line};
use threads::Looking;

/// Newest memories of each standing kind that are looked at.
const MAX_STANDING: usize = 64;
/// Newest learnings of which the best are chosen.
pub const MAX_RANKED_LEARNINGS: usize = 1_000;
/// Commits that are looked back over for what is new.
const MAX_COMMITS: usize = 200;
/// Memories that are read for that: one commit may hold hundreds.
const MAX_RECENT: usize = 200;
/// Memories that fit the subject.
const MAX_FITTING: usize = 8;
/// Texts with words of the subject of which these are chosen.
const MAX_FITTING_LOOKED_AT: usize = 16;
/// How much two scores of the index may differ and mean the same.
const ABOUT_AS_GOOD: f32 = 0.1;
/// Ids that the index is asked for: of texts that fit as well it gives any, and the newest are wanted.
const MAX_FITTING_FOUND: usize = 500;
/// Largest budget.
pub const MAX_BUDGET_TOKENS: usize = 20_000;
/// The budget if none is given.
pub const DEFAULT_CONTEXT_TOKENS: usize = 1_200;
/// So far it grows by itself for core blocks: with everything around it an answer stays below 2,000.
pub const MAX_DEFAULT_CONTEXT_TOKENS: usize = 1_800;
/// What blocks leave to everything else, or [`RESERVED_PERCENT`] of a budget where that is less.
const RESERVED_TOKENS: usize = 700;
const RESERVED_PERCENT: usize = 40;
/// Bytes of a token, about, in English.
const TOKEN_BYTES: usize = 4;

/// What the context is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextRequest {
    /// A task, an entity or a path, in words.
    pub about: Option<String>,
    /// The folder that the work is done in: what applies to it, to what it is in or to something in it is wanted too, and
    /// learnings that apply to other places alone are not.
    pub folder: Option<String>,
    /// Only memories of these spaces; empty means all.
    pub spaces: Vec<String>,
    /// The text stays below this (about four characters a token). If there is none it stays below
    /// [`DEFAULT_CONTEXT_TOKENS`], or as far below [`MAX_DEFAULT_CONTEXT_TOKENS`] as core blocks need it.
    pub budget_tokens: Option<usize>,
}

/// What an agent should know.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize)]
pub struct Context {
    /// Ready to be read, in sections.
    pub text: String,
    /// The core blocks, which come first; of one that was cut `text` is the beginning.
    pub blocks: Vec<Block>,
    /// Names of the blocks that were cut.
    pub cut: Vec<String>,
    /// Names of the blocks that did not fit at all.
    pub left_out: Vec<String>,
    /// What is unsettled or waits, and the last conversations.
    pub threads: Vec<Thread>,
    /// The memories below them, as data.
    pub items: Vec<ContextItem>,
    /// How many lines that were looked at did not fit; in each section, after [`MAX_MISSED`] in a row nobody looks on.
    pub dropped: usize,
    /// Why something about the subject may be missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
}

/// One memory in a context.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
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
    let about = request.about.as_deref().filter(|about| !about.trim().is_empty());
    let mut degraded = Vec::new();
    if let Some(about) = about {
        super::recall::check(&Question { spaces: request.spaces.clone(), ..Question::new(about) })?;
        super::recall::wait_for_own_writes(inner, &mut degraded);
    }
    let view = inner.view()?;
    let now = inner.now();
    let blocks = block::all(&view, &request.spaces)?;
    let budget = budget(request.budget_tokens, &blocks)?;
    let is_in_place = |record: &Record| {
        let is_near = |scope: &str| request.folder.as_deref().is_some_and(|folder| scope::is_near(scope, folder));
        let paths = record.learning.as_ref().map_or(&[][..], |learning| &learning.paths);
        let is_elsewhere = request.folder.is_some() && !paths.is_empty() && !paths.iter().any(|path| is_near(path));
        !is_elsewhere && (scope::applies(record.scope(), about) || record.scope().is_some_and(is_near))
    };
    let stands_here = |record: &Record| {
        record.stands_at(now)
            && record.withheld_at.is_none()
            && record.expires_at.is_none_or(|end| end > now)
            && (request.spaces.is_empty() || request.spaces.contains(&record.space))
            && is_in_place(record)
    };
    let is_wanted = |record: &Record| stands_here(record) && !record.is_candidate() && !record.is_untried();
    let is_settled = |record: &Record| is_wanted(record) && !record.is_said_once();
    let records = Records::new(&view);
    let mut context = Context { degraded, ..Context::default() };
    let reserved = (budget * RESERVED_PERCENT / 100).min(RESERVED_TOKENS * TOKEN_BYTES);
    let room = reserved + blocks::show(&mut context, blocks, budget - reserved);

    let said = Said::of(&context.blocks);
    let named = about.map(|about| lately::named(&view, about)).transpose()?.unwrap_or_default();
    // Ended or not, it was spoken of.
    let is_ours = |record: &Record| {
        record.is_believed()
            && record.withheld_at.is_none()
            && !record.is_candidate()
            && !record.is_untried()
            && record.expires_at.is_none_or(|end| end > now)
            && (request.spaces.is_empty() || request.spaces.contains(&record.space))
    };
    let mut recent = Recent::new(&view)?;
    let mut lately = Lately::of(&records, &mut recent, &is_ours)?;
    let looking = Looking { records: &records, spaces: &request.spaces, now, named: &named, about };
    let threads = looking.threads(&lately)?;

    let memories = |ids: Vec<Id>, most: usize| wanted(&records, ids.into_iter().map(Ok), &is_settled).take(most);
    let said_once = said_once::entries(&records, request.folder.as_deref(), &is_wanted, &stands_here)?;
    let mut sections = vec![
        Section::new("Open threads", 4, threads.into_iter().map(|thread| Ok(Entry::Thread(thread)))),
        Section::new("Preferences", 5, memories(standing_of(&view, Kind::Preference)?, MAX_STANDING)),
        Section::new("Decisions", 4, memories(standing_of(&view, Kind::Decision)?, MAX_STANDING)),
        Section::new("Learnings", 4, memories(standing_of(&view, Kind::Learning)?, MAX_STANDING)),
        Section::new("Said once in a conversation, not confirmed", 3, said_once),
        Section::new("Facts", 4, memories(lately.facts(&records, &named, now, &is_wanted)?, usize::MAX)),
    ];
    if let Some(about) = about {
        let fitting = fitting(inner, &records, about, &request.spaces, &is_wanted)?;
        sections.push(Section::new(format!("About {}", one_line(about)), 6, memories(fitting, MAX_FITTING)));
    }
    let no_passage = |record: &Record| record.kind != Kind::Passage && is_wanted(record);
    let recent = std::mem::take(&mut lately.looked_at).into_iter().map(Ok).chain(recent);
    let recent = wanted(&records, recent, &no_passage).take(MAX_RECENT);
    sections.push(Section::new("Recently", 3, recent));
    packing::pack(&mut context, said, sections, room)?;
    if context.text.starts_with('\n') {
        context.text.remove(0);
    }
    Ok(context)
}

/// Returns how many bytes the text may have.
fn budget(tokens: Option<usize>, blocks: &[Block]) -> Result<usize> {
    let grown = || {
        let blocks: usize = blocks.iter().map(|block| block.markdown().len()).sum();
        let wanted = blocks.div_ceil(TOKEN_BYTES) + RESERVED_TOKENS;
        wanted.clamp(DEFAULT_CONTEXT_TOKENS, MAX_DEFAULT_CONTEXT_TOKENS)
    };
    let tokens = tokens.unwrap_or_else(grown);
    if tokens == 0 || tokens > MAX_BUDGET_TOKENS {
        return Err(Error::new(ErrorKind::Invalid, format!("a budget of {tokens} tokens"))
            .hint(format!("give 1 to {MAX_BUDGET_TOKENS}; {DEFAULT_CONTEXT_TOKENS} is usual")));
    }
    Ok(tokens * TOKEN_BYTES)
}

/// Records that several sections look at, each read once.
struct Records<'v> {
    view: &'v View<'v>,
    reader: RefCell<Reader<'v>>,
    known: RefCell<HashMap<Id, Option<Record>>>,
}

impl<'v> Records<'v> {
    fn new(view: &'v View<'v>) -> Self {
        Self { view, reader: RefCell::new(Reader::new(view)), known: RefCell::default() }
    }

    fn view(&self) -> &'v View<'v> {
        self.view
    }

    fn read(&self, id: Id) -> Result<Option<Record>> {
        if let Some(known) = self.known.borrow().get(&id) {
            return Ok(known.clone());
        }
        let record = self.reader.borrow_mut().read(id)?;
        self.known.borrow_mut().insert(id, record.clone());
        Ok(record)
    }
}

/// Reads those that are wanted.
fn wanted<'r>(
    records: &'r Records<'r>,
    ids: impl Iterator<Item = Result<Id>> + 'r,
    is_wanted: &'r dyn Fn(&Record) -> bool,
) -> impl Iterator<Item = Result<Entry>> + 'r {
    let read = |id: Result<Id>| id.and_then(|id| records.read(id)).transpose();
    ids.filter_map(read)
        .filter(move |record| record.as_ref().map_or(true, is_wanted))
        .map(|record| record.map(|record| Entry::Memory(Box::new(record))))
}

/// The day of a moment, as exact as a reader needs it.
fn day(at: Timestamp) -> String {
    at.to_string().chars().take("2026-01-31".len()).collect()
}

/// Finds what has the words of a subject. Not what means the same: of the model nobody knows whether it is there yet, and
/// of the vectors not what a rebuilt index finds near.
fn fitting(
    inner: &Inner,
    records: &Records<'_>,
    about: &str,
    spaces: &[String],
    is_wanted: &dyn Fn(&Record) -> bool,
) -> Result<Vec<Id>> {
    let past = inner.text.past();
    let query =
        IndexQuery { text: about, spaces, limit: MAX_FITTING_FOUND, past: Some(&past), ..IndexQuery::default() };
    let mut found = inner.text.search(&query)?;
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    // Scores of equal texts differ a little by what else the index holds and where, so of those about as good as the last
    // the newest are looked at.
    if let Some(last) = found.get(MAX_FITTING_LOOKED_AT - 1).map(|last| last.score) {
        let is_better = |score: f32| score > last * (1.0 + ABOUT_AS_GOOD);
        found.retain(|found| found.score >= last * (1.0 - ABOUT_AS_GOOD));
        found.sort_by_key(|found| Reverse((is_better(found.score), found.id)));
    }
    let mut found: Vec<Id> = found.into_iter().take(MAX_FITTING_LOOKED_AT).map(|found| found.id).collect();
    found.sort_unstable_by_key(|id| Reverse(*id));
    let mut texts = Vec::with_capacity(found.len());
    let mut ids = Vec::with_capacity(found.len());
    for id in found {
        if let Some(record) = records.read(id)?.filter(|record| record.is_text() && is_wanted(record)) {
            let heading = record.source.heading.as_deref().unwrap_or_default();
            texts.push(format!("{} {heading} {}", record.title, record.text));
            ids.push(id);
        }
    }
    let mut ranked: Vec<(f32, Id)> = likeness(about, &texts).into_iter().zip(ids).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
    Ok(ranked.into_iter().map(|(_, id)| id).collect())
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
        let request = ContextRequest { budget_tokens: Some(300), ..ContextRequest::default() };
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

    fn fact(predicate: &str, object: usize) -> NewMemory {
        let statement = crate::fact::Statement::new("Mirela", predicate, format!("thing {object:05}"));
        NewMemory { kind: Kind::Fact, statement: Some(statement), ..NewMemory::new("") }
    }

    #[test]
    fn a_context_costs_the_same_however_many_facts_and_memories_there_are() {
        let (memory, _folder) = open();
        let tell = |all: Vec<NewMemory>| memory.remember_all(all, &Agent::owner()).unwrap();
        // What is recent is as much each time.
        let recently = |from: usize| {
            let about = |n| NewMemory { entities: vec!["Mirela".into()], ..NewMemory::new(format!("She came {n:05}")) };
            tell((from..from + MAX_LATELY).map(about).collect());
        };
        let read = |about: Option<&str>| {
            // So few that what is recent is more than fits.
            let (about, budget_tokens) = (about.map(str::to_owned), Some(400));
            let before = QUADS_READ.get();
            let context =
                memory.context(&ContextRequest { about, budget_tokens, ..ContextRequest::default() }).unwrap();
            assert!(context.text.contains("## Facts"), "{}", context.text);
            QUADS_READ.get() - before
        };
        tell(["owns", "uses", "member of"].map(|predicate| fact(predicate, 0)).into());
        tell((0..50).map(|n| fact("likes", n)).collect());
        tell((0..50).map(|n| fact("knows", n)).collect());
        recently(0);
        let few = (read(None), read(Some("Mirela")));
        tell((50..500).map(|n| fact("likes", n)).collect());
        tell((50..500).map(|n| fact("knows", n)).collect());
        recently(1_000);
        let many = (read(None), read(Some("Mirela")));
        assert_eq!(many.0, few.0, "quads read");
        // What is looked at as a fact and for its words is read once, and that may be other ones now.
        assert!(many.1.abs_diff(few.1) < 100, "quads read: {few:?} and {many:?}");
    }
}
