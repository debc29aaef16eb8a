//! What may be put into a conversation, how much of it, and when nothing may: the one place where that is decided.
//!
//! Recall orders what there is and always finds something; how well the best of it fits is told by several signals together.
//! The floor was chosen by measuring (`hydra eval injection`), never by how a prompt is worded.

use std::collections::HashSet;
use std::path::Path;

use hydra_graph::{GetView, Got, Hit, Id, Memory, Preference, Question, Result, Standing, UnkeptAnswer};

use super::ledger::{Entry, Given, LeftOut, MAX_LEFT_OUT, words_key};
use super::quoted::{self, Quote};
use super::repository::Repository;
use super::{Answer, Call};

/// What a prompt is given at most.
pub const PROMPT_TOKENS: usize = 400;
/// What is given before a tool runs.
pub const TOOL_TOKENS: usize = 150;
/// What is given after a tool failed.
pub const FAILURE_TOKENS: usize = 200;
/// Of a budget so much is for the text of one memory at most, so that a second finds room.
const ONE_TEXT_PERCENT: usize = 45;
/// Hits of which the best are chosen.
const CANDIDATES: usize = 12;
/// Longest part of a prompt that is asked about: its beginning and its end, where people say what they want.
const MAX_QUESTION_BYTES: usize = 2_000;
/// Sentences of a prompt that are looked at one by one, from its start.
const MAX_SENTENCES: usize = 16;
/// Different words that say something, below which a prompt asks about nothing: `yes`, `go on`, `try again`.
const MIN_TERMS: usize = 2;

/// How well a hit fits a prompt, by measures that are the same for every prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Signals {
    /// The cosine of both.
    pub cosine: f32,
    /// How much nearer it is word piece by word piece (late interaction) than the other hits are: a prompt that is about
    /// nothing here is about as near to all of them.
    pub lead: f32,
    /// Which share of what the prompt says stands in it, by the weight of rare words: of the whole prompt, or of that
    /// sentence of which most does.
    pub said: f32,
    /// Which share of the text's own words stands in the prompt.
    pub back: f32,
}

impl Signals {
    /// Returns how likely it is that it fits, from 0 to 1: a logistic regression over the four.
    pub fn relevance(&self) -> f32 {
        let Self { cosine, lead, said, back } = self;
        let sum = 5.42 * cosine + 15.24 * lead + 8.01 * said + 9.59 * back - 6.54;
        1.0 / (1.0 + (-sum).exp())
    }
}

/// Below this nothing is put into a conversation. With the regression it was fitted to one half of the prompts of
/// `tests/injection`; which signals those are was chosen by cross-validation on that half. From 0.55 to 0.8 all floors did
/// alike there: this is a high one, since a memory that is missing can be asked for, and one too many can't be unread.
pub const FLOOR: f32 = 0.75;

/// What a text that is not embedded yet is taken to have as a cosine: about as near as any other.
const USUAL_COSINE: f32 = 0.35;
/// How near a hit is, word piece by word piece, that has nothing to do with the prompt.
const USUAL_LATE: f32 = 0.2;
/// So many other hits are needed to tell what is usual; missing ones are taken to be [`USUAL_LATE`].
const OTHERS: usize = 5;
/// A text of whose own words so much stands in the prompt says nothing that the person did not say: it is their own earlier
/// prompt, mostly.
const NOTHING_NEW: f32 = 0.9;

/// What was found for a prompt.
#[derive(Debug)]
pub struct Choice {
    /// The recall that it rests on, to be kept once it is known what of it was used.
    pub answer: UnkeptAnswer,
    /// The hits, what fits best first.
    pub found: Vec<Found>,
}

/// One hit and how well it fits.
#[derive(Clone, Debug)]
pub struct Found {
    /// The hit.
    pub hit: Hit,
    /// How well it fits.
    pub signals: Signals,
}

/// Returns what a prompt asks about; `None` if it is a command of the client, or says too little to ask about anything.
///
/// # Errors
/// What the memory returns.
pub fn question(memory: &Memory, prompt: &str) -> Result<Option<String>> {
    let prompt = prompt.trim();
    if is_command(prompt) {
        return Ok(None);
    }
    let prose = without_code(prompt);
    for text in [prose.as_str(), prompt] {
        let asked = ends(text, MAX_QUESTION_BYTES);
        let covered = memory.coverage(&[&asked], &[&asked])?;
        if covered.into_iter().flatten().any(|covered| covered.terms >= MIN_TERMS) {
            return Ok(Some(asked));
        }
    }
    Ok(None)
}

/// Finds what fits a prompt, as [`question`] returns it.
///
/// # Errors
/// What the memory returns.
pub fn choose(memory: &Memory, question: &str) -> Result<Choice> {
    let (recalled, answer) = memory.recall_unkept(&Question { limit: CANDIDATES, ..Question::new(question) })?;
    let texts: Vec<String> = recalled.hits.iter().map(whole).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let parts: Vec<&str> = std::iter::once(question).chain(sentences(question).take(MAX_SENTENCES)).collect();
    let mut said = vec![0.0_f32; texts.len()];
    for (part, covered) in memory.coverage(&parts, &texts)?.into_iter().enumerate() {
        for (said, covered) in said.iter_mut().zip(covered) {
            // One word of a short sentence says nothing.
            if part == 0 || covered.terms >= MIN_TERMS {
                *said = said.max(covered.share);
            }
        }
    }
    let back: Vec<f32> =
        memory.coverage(&texts, &[question])?.into_iter().flatten().map(|covered| covered.share).collect();
    let late: Vec<Option<f32>> = recalled.hits.iter().map(|hit| hit.why.late.map(|reason| reason.score)).collect();
    let mut found = Vec::with_capacity(said.len());
    for (position, hit) in recalled.hits.into_iter().enumerate() {
        let signals = Signals {
            cosine: hit.why.dense.map_or(USUAL_COSINE, |reason| reason.score),
            lead: late[position].map_or(0.0, |late_here| late_here - usual(&late, position)),
            said: said[position],
            back: back[position],
        };
        found.push(Found { hit, signals });
    }
    found.sort_by(|one, other| other.signals.relevance().total_cmp(&one.signals.relevance()));
    Ok(Choice { answer, found })
}

/// The median of how near the other hits are.
fn usual(late: &[Option<f32>], position: usize) -> f32 {
    let others = late.iter().enumerate().filter(|(other, _)| *other != position).filter_map(|(_, late)| *late);
    let mut others: Vec<f32> = others.collect();
    others.resize(others.len().max(OTHERS), USUAL_LATE);
    others.sort_by(f32::total_cmp);
    let middle = others.len() / 2;
    if others.len() % 2 == 1 { others[middle] } else { f32::midpoint(others[middle - 1], others[middle]) }
}

/// What is not given, though it fits.
struct Unwanted {
    /// What was said in this conversation.
    in_session: HashSet<Id>,
    /// What applies to other places.
    elsewhere: HashSet<Id>,
}

impl Unwanted {
    fn of(call: &Call<'_>, question: &str, found: &[Found]) -> Result<Self> {
        let in_session = said_in(call.memory, &call.input.session, found)?;
        let fits = |found: &&Found| found.signals.relevance() >= FLOOR;
        let ids: Vec<Id> = found.iter().filter(fits).map(|found| found.hit.id).collect();
        if ids.is_empty() || call.input.folder.is_empty() {
            return Ok(Self { in_session, elsewhere: HashSet::new() });
        }
        let repository = Repository::of(Path::new(&call.input.folder));
        // What is named in the prompt is meant wherever it is.
        let words = format!("{question}\n{}", repository.names.join(" "));
        let elsewhere = call.memory.elsewhere(&ids, &repository.root.to_string_lossy(), &words)?;
        Ok(Self { in_session, elsewhere })
    }
}

/// Says why a hit is not given though it may fit, if so.
fn objection(found: &Found, unwanted: &Unwanted) -> Option<String> {
    let hit = &found.hit;
    let is_in_force = |preference: &Preference| preference.status == Standing::InForce;
    match () {
        () if found.signals.relevance() < FLOOR => {
            Some(format!("it fits by {:.2}, and {FLOOR:.2} is asked for", found.signals.relevance()))
        }
        () if hit.preference.as_ref().is_some_and(|preference| !is_in_force(preference)) => {
            Some("a preference that is not in force".to_owned())
        }
        () if unwanted.elsewhere.contains(&hit.id) => Some("it applies to another place".to_owned()),
        () if unwanted.in_session.contains(&hit.id) => Some("it was said in this conversation".to_owned()),
        () if found.signals.back >= NOTHING_NEW => Some("it says nothing that the prompt does not say".to_owned()),
        () => None,
    }
}

/// Returns those of the hits that fit and were said in a conversation: whoever takes part in it knows them.
fn said_in(memory: &Memory, session: &str, found: &[Found]) -> Result<HashSet<Id>> {
    let fits = |found: &&Found| found.hit.part_of.is_some() && found.signals.relevance() >= FLOOR;
    let ids: Vec<Id> = found.iter().filter(fits).map(|found| found.hit.id).collect();
    if session.is_empty() || ids.is_empty() {
        return Ok(HashSet::new());
    }
    let is_of = |got: &Got| {
        let of = got.record.as_ref().and_then(|record| record.session.as_deref());
        of.is_some_and(|of| of.contains(session))
    };
    Ok(memory.get(&ids, GetView::Index)?.iter().filter(|got| is_of(got)).map(|got| got.id).collect())
}

/// Gives what fits a prompt.
///
/// # Errors
/// What the memory returns.
pub(super) fn answer_prompt(call: &Call<'_>, question: &str) -> Result<Answer> {
    let choice = choose(call.memory, question)?;
    let unwanted = Unwanted::of(call, question, &choice.found)?;
    let candidates = choice.found.iter().map(|found| {
        let objection = objection(found, &unwanted);
        let fits = objection.is_none();
        let why = objection.unwrap_or_else(|| format!("it fits by {:.2}", found.signals.relevance()));
        Candidate { quote: Quote::of_hit(&found.hit), why, fits }
    });
    let ground =
        Ground { about: String::new(), answer: Some(choice.answer), tokens: PROMPT_TOKENS, is_always_noted: true };
    give(call, ground, candidates.collect())
}

/// A hit with everything that it is found by.
fn whole(hit: &Hit) -> String {
    format!("{} {} {}", hit.title, hit.source.heading.as_deref().unwrap_or_default(), hit.text)
}

/// A thing that may be given.
pub(super) struct Candidate {
    pub quote: Quote,
    /// Why it may be.
    pub why: String,
    /// Whether it fits well enough.
    pub fits: bool,
}

/// Where and on what ground something is given.
pub(super) struct Ground {
    /// The tool and what it is about.
    pub about: String,
    /// The recall that it rests on.
    pub answer: Option<UnkeptAnswer>,
    /// The most that is given.
    pub tokens: usize,
    /// Whether it is taken down too when nothing is given.
    pub is_always_noted: bool,
}

/// Gives of the candidates what fits, was not given to this conversation before, and has room; says of the others why not.
pub(super) fn give(call: &Call<'_>, ground: Ground, candidates: Vec<Candidate>) -> Result<Answer> {
    let event = call.input.event;
    let listener = call.input.listener();
    let ledger = &call.session.hooks;
    let Ground { about, answer: recalled, tokens, is_always_noted } = ground;
    let trace = recalled.as_ref().map(UnkeptAnswer::id);
    let mut used = Vec::new();
    let answer = ledger.decide(&listener, |told| {
        let budget = tokens.saturating_sub(quoted::frame_tokens(event));
        let one_text = budget * 4 * ONE_TEXT_PERCENT / 100;
        let (mut lines, mut given, mut left_out) = (String::new(), Vec::<Given>::new(), Vec::new());
        for Candidate { quote, why, fits } in candidates {
            let words = words_key(&quote.text);
            let line = quote.line(one_text);
            let is_double = given.iter().any(|given| given.words == words);
            let why_not = match () {
                () if !fits => Some(why.clone()),
                () if told.has(quote.id, words) || is_double => Some("given to this conversation already".to_owned()),
                () if quoted::tokens(&lines) + quoted::tokens(&line) > budget => Some("no room is left".to_owned()),
                () => None,
            };
            match why_not {
                Some(why) if left_out.len() < MAX_LEFT_OUT => left_out.push(LeftOut { id: quote.id, why }),
                Some(_) => {}
                None => {
                    lines.push_str(&line);
                    given.push(Given { id: quote.id, why, words });
                }
            }
        }
        let now = call.session.now();
        if call.input.is_late(now) || (given.is_empty() && !is_always_noted) {
            return Ok((None, Answer::Nothing));
        }
        let text = if given.is_empty() { String::new() } else { quoted::quote(event, &lines) };
        used = given.iter().map(|given| given.id).collect();
        let listener = listener.clone();
        let entry = Entry { at: now, listener, event, about, trace, tokens: quoted::tokens(&text), given, left_out };
        Ok((Some(entry), if text.is_empty() { Answer::Nothing } else { Answer::Context(text) }))
    })?;
    if let Some(recalled) = recalled {
        call.memory.keep_answer(recalled, &used);
    }
    Ok(answer)
}

/// Tells whether a prompt is for the client: `/compact`, `! ls`, `# a note`. A path is none.
fn is_command(prompt: &str) -> bool {
    if prompt.starts_with(['!', '#']) {
        return true;
    }
    let name = prompt.strip_prefix('/').map(|rest| rest.split_whitespace().next().unwrap_or_default());
    name.is_some_and(|name| !name.contains('/') && !name.contains('.'))
}

/// A text without its fenced blocks of code.
fn without_code(text: &str) -> String {
    text.split("```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// The beginning and the end of a text.
fn ends(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let half = max_bytes / 2;
    let (start, end) = (text.floor_char_boundary(half), text.ceil_char_boundary(text.len() - half));
    format!("{}\n{}", &text[..start], &text[end..])
}

/// The sentences of a text, roughly.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '?', '!', ';']).flat_map(|line| line.split(". ")).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_the_middle_of_the_others() {
        assert_eq!(usual(&[Some(0.9)], 0), USUAL_LATE);
        let many = [0.9, 0.5, 0.4, 0.3, 0.2, 0.1].map(Some);
        assert_eq!(usual(&many, 0), 0.3);
        let of_six = usual(&[many.as_slice(), &[None]].concat(), 6);
        assert!((of_six - 0.35).abs() < 1e-6, "{of_six}");
    }

    #[test]
    fn what_is_for_the_client_is_no_question() {
        for prompt in ["/compact", "/mcp__hydra__brief about=boiler", "! ls -la", "# remember this", "/"] {
            assert!(is_command(prompt), "{prompt}");
        }
        for prompt in ["/etc/fstab is wrong, why?", "why / how", "fix it"] {
            assert!(!is_command(prompt), "{prompt}");
        }
    }

    #[test]
    fn code_is_left_out_and_a_long_text_has_its_ends() {
        assert_eq!(without_code("why?\n```rust\nfn x() {}\n```\nplease"), "why?\n\n\nplease");
        assert_eq!(without_code("cut ```rust\nfn"), "cut ");
        let long = format!("begin {} end", "é".repeat(5_000));
        let cut = ends(&long, 100);
        assert!(cut.starts_with("begin") && cut.ends_with("end") && cut.len() <= 103, "{cut}");
    }
}
