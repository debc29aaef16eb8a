//! Measures what a prompt is given: a memory is filled, prompts are sent through the same handler as a client's, and what
//! comes out is compared with what should.
//!
//! A set is a folder: `memory.jsonl` has a verb a line (`{"remember": {…}}` or `{"learn": {…}}`), `prompts.jsonl` a prompt a
//! line: `id`, `half` (`choose`: the floor was chosen on these; `report`: it was not), `prompt`, and `wants`: phrases of which
//! one has to be in what is given. A prompt without `wants` has to be given nothing.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hydra_embed::MiniLm;
use hydra_graph::{Error, ErrorKind, Memory, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::haystack::{Haystack, Set, lines};
use super::kept::Kept;
use super::run::{Choices, Watch};
use crate::config::Config;
use crate::hook::{self, Call, Event, FLOOR, Input, Signals};
use crate::verb::{Learn, Remember, Session, Verb};
use crate::wiring;

/// How long the indexes may take for such a small memory.
const CATCH_UP: Duration = Duration::from_secs(120);
/// Questions of another memory that each memory is asked.
const STRANGERS: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Told {
    Remember(Box<Remember>),
    Learn(Learn),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompt {
    id: String,
    half: String,
    prompt: String,
    #[serde(default)]
    wants: Vec<String>,
}

/// What was measured.
#[derive(Debug, Default, Serialize)]
pub struct Injections {
    /// By half of the set, then all together.
    pub rows: Vec<Row>,
    /// Each prompt.
    pub prompts: Vec<Outcome>,
}

/// Figures of some prompts.
#[derive(Debug, Default, Serialize)]
pub struct Row {
    /// Which prompts.
    pub what: String,
    /// Prompts that something in memory is of use for.
    pub with_answer: usize,
    /// Those that were given it.
    pub right: usize,
    /// Those that were only given something else.
    pub wrong: usize,
    /// Prompts that nothing in memory is of use for.
    pub without_answer: usize,
    /// Those that were given something all the same.
    pub disturbed: usize,
    /// What was given takes so many tokens on average, where something was.
    pub tokens: usize,
}

/// What became of one prompt.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Its id.
    pub id: String,
    /// Its half.
    pub half: String,
    /// What was typed.
    pub prompt: String,
    /// Whether something should be given.
    pub has_answer: bool,
    /// Whether the right thing was.
    pub is_right: bool,
    /// What was given.
    pub given: Option<String>,
    /// The best candidates: how they fit, and whether they are right.
    pub candidates: Vec<Weighed>,
}

/// A candidate.
#[derive(Debug, Serialize)]
pub struct Weighed {
    /// How likely it is that it fits.
    pub relevance: f32,
    /// What that follows from.
    pub signals: Signals,
    /// Whether it has what is wanted.
    pub is_right: bool,
}

/// Fills a memory with the set and the notes of `vaults`, and sends every prompt.
///
/// # Errors
/// `Invalid` names the file and line that do not read; `Unavailable` when there is no model.
pub fn injection(config: &Config, model: &Arc<MiniLm>, set: &Path, vaults: &[PathBuf]) -> Result<Injections> {
    let made = tempfile::Builder::new().prefix("hydra-eval-").tempdir();
    let made = made.map_err(|error| Error::io("a temporary folder", &error))?;
    let config = Config { data_dir: made.path().join("memory"), ..config.clone() };
    let (told, _) = lines::<Told>(&set.join("memory.jsonl"), "a line is {\"remember\": {…}} or {\"learn\": {…}}")?;
    let (prompts, _) = lines::<Prompt>(&set.join("prompts.jsonl"), "a prompt has id, half, prompt and wants")?;
    let memory = wiring::open(&config, "`hydra eval`")?;
    wiring::attach_model(&config, &memory, model)?;
    let session = Session::of_owner(&config, None);
    for told in told {
        match told {
            Told::Remember(verb) => verb.run(&memory, &session)?,
            Told::Learn(verb) => verb.run(&memory, &session)?,
        };
    }
    if !vaults.is_empty() {
        let vaults =
            vaults.iter().map(|vault| fs::canonicalize(vault).map_err(|error| Error::io(vault.display(), &error)));
        let vaults: Vec<PathBuf> = vaults.collect::<Result<_>>()?;
        hydra_ingest::ingest(&memory, &vaults, &hydra_ingest::Options::of(config.default_space.clone()), &mut |_| ())?;
    }
    wait(&memory)?;
    let mut outcomes = Vec::with_capacity(prompts.len());
    for prompt in prompts {
        outcomes.push(send(&memory, &session, prompt)?);
    }
    memory.close()?;
    let halves: HashSet<&str> = outcomes.iter().map(|outcome| outcome.half.as_str()).collect();
    let mut halves: Vec<&str> = halves.into_iter().collect();
    halves.sort_unstable();
    let mut rows: Vec<Row> =
        halves.iter().map(|half| Row::of(half, outcomes.iter().filter(|o| o.half == *half))).collect();
    rows.push(Row::of("all", outcomes.iter()));
    Ok(Injections { rows, prompts: outcomes })
}

fn wait(memory: &Memory) -> Result<()> {
    if memory.wait_for_indexes(CATCH_UP) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unavailable, "the indexes do not catch up").hint("check that the model is there"))
}

fn send(memory: &Memory, session: &Session, prompt: Prompt) -> Result<Outcome> {
    let given = given(memory, session, &prompt.id, &prompt.prompt)?;
    let is_right = |text: &str| prompt.wants.iter().any(|want| one_line(text).contains(want.as_str()));
    let mut candidates = Vec::new();
    if let Some(question) = hook::question(memory, &prompt.prompt)? {
        for found in hook::choose(memory, &question)?.found {
            let is_right = is_right(&found.hit.text);
            candidates.push(Weighed { relevance: found.signals.relevance(), signals: found.signals, is_right });
        }
    }
    Ok(Outcome {
        has_answer: !prompt.wants.is_empty(),
        is_right: given.as_deref().is_some_and(is_right),
        id: prompt.id,
        half: prompt.half,
        prompt: prompt.prompt,
        given,
        candidates,
    })
}

/// What a conversation of its own is given for a prompt.
fn given(memory: &Memory, session: &Session, id: &str, prompt: &str) -> Result<Option<String>> {
    let line = serde_json::json!({"session_id": id, "prompt": prompt}).to_string();
    let input = Input::read(Event::UserPromptSubmit, line.as_bytes())
        .map_err(|what| Error::new(ErrorKind::Invalid, format!("prompt {id}: {what}")))?;
    let output = hook::handle(&Call { memory, session, input: &input })?;
    let text = output.as_ref().map(|output| &output["hookSpecificOutput"]["additionalContext"]);
    Ok(text.and_then(Value::as_str).map(str::to_owned))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asks each memory of a set what is asked of the others, and what is asked of itself: what nobody chose the floor on.
///
/// # Errors
/// What reading or filling returns.
pub fn across(set: &Set, choices: &Choices, watch: &mut Watch<'_>) -> Result<Row> {
    let Some(model) = &choices.model else {
        return Err(Error::new(ErrorKind::Unavailable, "there is no model").hint("run `hydra models fetch`"));
    };
    let haystacks: Vec<Haystack> = set.haystacks.iter().map(|folder| Haystack::read(folder)).collect::<Result<_>>()?;
    let mut row = Row { what: set.name.clone(), ..Row::default() };
    let (mut tokens, mut told) = (0, 0);
    for (position, haystack) in haystacks.iter().enumerate() {
        watch.at(set, haystack);
        watch.check()?;
        let keep = choices.keep.as_ref().map(|keep| keep.join(&set.name).join(&haystack.name));
        let kept = Kept::open(&choices.config, keep, Some(model), haystack, watch)?;
        let strangers = haystacks.iter().enumerate().filter(|(other, _)| *other != position);
        let strangers: Vec<_> =
            strangers.flat_map(|(_, other)| other.queries.iter().map(|query| (query, false))).collect();
        let step = (strangers.len() / STRANGERS).max(1);
        let own = haystack.queries.iter().filter(|query| !query.gold.is_empty()).map(|query| (query, true));
        let own: Vec<_> = own.take(STRANGERS).collect();
        for (query, is_own) in strangers.into_iter().step_by(step).take(STRANGERS).chain(own) {
            watch.check()?;
            let Some(question) = hook::question(&kept.memory, &query.text)? else { continue };
            let found = hook::choose(&kept.memory, &question)?.found;
            let given: Vec<_> = found.iter().filter(|found| found.signals.relevance() >= FLOOR).collect();
            if !given.is_empty() {
                told += 1;
                tokens += given.iter().map(|found| found.hit.text.len() / 4).sum::<usize>();
            }
            if !is_own {
                row.without_answer += 1;
                row.disturbed += usize::from(!given.is_empty());
                continue;
            }
            let is_gold = |found: &&hook::Found| {
                kept.documents_of(found.hit.id, found.hit.part_of).iter().any(|id| query.gold.contains(id))
            };
            let is_right = given.iter().copied().any(|found| is_gold(&found));
            row.with_answer += 1;
            row.right += usize::from(is_right);
            row.wrong += usize::from(!is_right && !given.is_empty());
        }
        kept.memory.close()?;
    }
    row.tokens = tokens / told.max(1);
    Ok(row)
}

impl Row {
    fn of<'o>(what: &str, outcomes: impl Iterator<Item = &'o Outcome>) -> Self {
        let mut row = Self { what: what.to_owned(), ..Self::default() };
        let (mut bytes, mut told) = (0, 0);
        for outcome in outcomes {
            if let Some(given) = &outcome.given {
                bytes += given.len();
                told += 1;
            }
            if outcome.has_answer {
                row.with_answer += 1;
                row.right += usize::from(outcome.is_right);
                row.wrong += usize::from(!outcome.is_right && outcome.given.is_some());
            } else {
                row.without_answer += 1;
                row.disturbed += usize::from(outcome.given.is_some());
            }
        }
        row.tokens = bytes.div_ceil(4) / told.max(1);
        row
    }

    /// Returns the figures as a row of a table.
    pub fn line(&self) -> String {
        let Self { what, with_answer, right, wrong, without_answer, disturbed, tokens } = self;
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        format!(
            "| {what} | {right} of {with_answer} ({:.0} %) | {wrong} | {disturbed} of {without_answer} ({:.1} %) | {tokens} |",
            percent(*right, *with_answer),
            percent(*disturbed, *without_answer),
        )
    }
}

/// The head of a table of rows.
pub const HEAD: &str = "| prompts | given the right memory | only another | given something though nothing fits | tokens |\n\
                        |---|---|---|---|---|";
