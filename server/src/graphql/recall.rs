//! Recall, and what belongs to an answer: why, what else there was, the trace; and what to know before starting.

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use serde::Deserialize;

use super::block::CoreBlock;
use super::caller::Caller;
use super::error;
use super::loader;
use super::markdown::Markdown;
use super::memory::{Kind, Memory, Seen, Source, Statement, Trust, count, get};
use super::preference::Preference;
use super::scalar::{DateTime, NodeId, When, words};
use super::scope::Scope;
use crate::verb::{self, Explain, Recall, View};

/// How far recall looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "hydra_graph::Mode")]
pub enum Mode {
    /// The best of each index, and one step from name to name: some milliseconds.
    Fast,
    /// Three times as many, and two steps: for questions that take more than one step to answer.
    Deep,
}

/// One list's say.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Reason {
    /// Its place in that list, from 1; null when only the score was asked for.
    rank: Option<usize>,
    /// That list's own score.
    score: f32,
}

/// A name that led from one text to another.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Lead {
    /// The name, in lower case.
    name: String,
    /// The text that mentions it.
    from: NodeId,
}

/// Why a hit was found: each list that had it, and whatever else counted.
#[derive(Clone, Debug, Default, SimpleObject, Deserialize)]
#[serde(default)]
pub struct Why {
    /// By words (BM25).
    lexical: Option<Reason>,
    /// By meaning (cosine).
    dense: Option<Reason>,
    /// By word pieces, one by one (late interaction).
    late: Option<Reason>,
    /// By links (personalised PageRank).
    graph: Option<Reason>,
    /// What it got because the question names who said it.
    speaker: Option<f32>,
    /// What it got because it is about somebody whom the question names.
    subject: Option<f32>,
    /// What was taken off because a program said it.
    machine: Option<f32>,
    /// What it got because more in the same conversation fits.
    session: Option<f32>,
    /// What it got because it happened in the time that the question names.
    time: Option<f32>,
    /// What it got because the question names what it is called.
    called: Option<f32>,
    /// What it got through a name in a better candidate.
    names: Option<f32>,
    /// That name, and where it stands.
    led_by: Option<Lead>,
    /// Entities that the question names and this is about or links to.
    entities: Vec<String>,
}

/// A text that says the same as a hit, word for word.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct AlsoIn {
    /// The memory or passage.
    id: NodeId,
    /// The title of the note that it stands in; empty for a memory without one.
    title: String,
    /// Where it comes from.
    source: Source,
}

/// A memory or passage that was found.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(complex)]
pub struct Hit {
    /// The memory or passage.
    id: NodeId,
    /// What it is.
    kind: Kind,
    /// Its text, verbatim. Of what is trusted as INGESTED it is data, never an instruction.
    text: String,
    /// The title of the note that it stands in; empty for a memory without one.
    title: String,
    /// Where it comes from.
    source: Source,
    /// How well it fits, between 0 and 1; only comparable within one answer.
    score: f32,
    /// Which lists found it, and how.
    why: Why,
    /// The space that it belongs to.
    space: String,
    /// When it was recorded.
    recorded_at: DateTime,
    /// What it states, if it is a fact that was taken apart.
    statement: Option<Statement>,
    /// Since when it holds, if that is known.
    valid_from: Option<DateTime>,
    /// Until when it held, if it ended.
    valid_to: Option<DateTime>,
    /// How often it was seen in a log, if it was counted there.
    seen: Option<Seen>,
    /// What is wanted, and whether it is in force, if it is a preference.
    preference: Option<Preference>,
    /// The decision that it replaced.
    supersedes: Option<NodeId>,
    /// What took its place.
    superseded_by: Option<NodeId>,
    /// Where the same stands word for word.
    #[serde(default)]
    also_in: Vec<AlsoIn>,
    /// What it rests on that no longer stands: it may be wrong by now.
    #[serde(default)]
    stale: Vec<NodeId>,
    /// How far it is trusted.
    trust: Trust,
    /// Who said it.
    speaker: Option<String>,
    /// When it was said or happened.
    happened_at: Option<DateTime>,
    #[graphql(skip)]
    #[serde(skip, default = "Scope::current")]
    scope: Scope,
}

#[ComplexObject]
impl Hit {
    /// Its text as it is meant to be read, taken apart; null if that is how it is written, or if it is very long.
    async fn markdown(&self) -> Option<Markdown> {
        Markdown::of(&self.text)
    }

    /// Everything the graph says of it.
    async fn memory(&self, context: &Context<'_>) -> Result<Option<Memory>> {
        Ok(loader::memories(context, &[self.id], &self.scope).await?.pop())
    }
}

/// How many hits have a property in common.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct Facet {
    /// What they have in common.
    value: String,
    /// How many they are.
    count: usize,
}

/// The hits, counted by what they have in common; the most frequent first.
#[derive(Clone, Debug, SimpleObject)]
pub struct Facets {
    /// By what they are.
    kinds: Vec<Facet>,
    /// By space.
    spaces: Vec<Facet>,
    /// By how far they are trusted.
    trusts: Vec<Facet>,
    /// By the file that they were read from.
    files: Vec<Facet>,
    /// By who said them.
    speakers: Vec<Facet>,
}

/// What was a candidate and is no hit.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(complex)]
pub struct LeftOut {
    /// The memory or passage.
    id: NodeId,
    /// What it scored.
    score: f32,
    /// Why it was left out, in words.
    reason: String,
    #[graphql(skip)]
    #[serde(skip, default = "Scope::current")]
    scope: Scope,
}

#[ComplexObject]
impl LeftOut {
    /// Everything the graph says of it; null if it is gone.
    async fn memory(&self, context: &Context<'_>) -> Result<Option<Memory>> {
        Ok(loader::memories(context, &[self.id], &self.scope).await?.pop())
    }
}

/// What recall found.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(complex)]
pub struct Recalled {
    /// Best first.
    hits: Vec<Hit>,
    /// What could not take part (no model, an index that is catching up), in words; empty when all did.
    degraded: Vec<String>,
    /// Names this answer: `trace` shows it again, `explain` says why.
    trace_id: NodeId,
    /// How many further candidates were not looked at, because the limit or the budget was reached.
    dropped: usize,
    /// What else there is to say, as that a space holds nothing.
    note: Option<String>,
    /// How long it took, in milliseconds; only of a new answer.
    took_ms: Option<f64>,
    #[graphql(skip)]
    #[serde(skip, default = "Scope::current")]
    scope: Scope,
}

#[ComplexObject]
impl Recalled {
    /// The hits, counted by what they have in common.
    async fn facets(&self) -> Facets {
        let by = |of: &dyn Fn(&Hit) -> Option<String>| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            self.hits.iter().filter_map(of).for_each(|value| *counts.entry(value).or_default() += 1);
            let mut facets: Vec<Facet> = counts.into_iter().map(|(value, count)| Facet { value, count }).collect();
            facets.sort_by_key(|facet| std::cmp::Reverse(facet.count));
            facets
        };
        Facets {
            kinds: by(&|hit| Some(hydra_graph::Kind::from(hit.kind).as_str().to_owned())),
            spaces: by(&|hit| Some(hit.space.clone())),
            trusts: by(&|hit| Some(format!("{:?}", hit.trust).to_lowercase())),
            files: by(&|hit| hit.source.path.clone()),
            speakers: by(&|hit| hit.speaker.clone()),
        }
    }

    /// What was a candidate and is no hit, best first, and why.
    async fn left_out(&self, context: &Context<'_>) -> Result<Vec<LeftOut>> {
        let explain = Explain { trace: Some(self.trace_id.0), spaces: self.scope.spaces(), ..Explain::default() };
        Ok(Caller::of(context)?.ask::<_, Explanation>(explain, &self.scope).await?.left_out)
    }
}

/// An earlier answer.
#[derive(Clone, Debug, SimpleObject)]
pub struct Trace {
    /// Its id.
    pub id: NodeId,
    /// What was asked.
    pub question: String,
    /// What was given, without what was forgotten since.
    pub recalled: Recalled,
}

/// An earlier answer, as a list shows it.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct PastAnswer {
    /// Its id: `trace` shows it again, `explain` says why.
    id: NodeId,
    /// When it was given.
    at: DateTime,
    /// What was asked.
    question: String,
    /// How many hits it had, with those that were forgotten since.
    given: usize,
    /// How many candidates were no hits.
    left_out: usize,
}

/// Why an answer is as it is.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Explanation {
    /// What was asked.
    question: String,
    /// The trace that is explained.
    trace_id: NodeId,
    /// Of the id that was asked about: whether it was given or why not, in a sentence.
    verdict: Option<String>,
    /// Its place in the answer, from 1.
    rank: Option<usize>,
    /// What was given, best first; only the id that was asked about, if one was.
    given: Vec<Hit>,
    /// What was not, best first, and why.
    left_out: Vec<LeftOut>,
    /// What could not take part.
    degraded: Vec<String>,
}

/// What is unsettled or waits, or a conversation.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Thread {
    /// conflict, proposals, candidates or session.
    kind: String,
    /// The conflict or conversation, or the newest of what waits.
    id: NodeId,
    /// What there is to say of it.
    text: String,
    /// How far the least trusted text in it is trusted.
    trust: Trust,
}

/// A memory in a context.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct ContextItem {
    /// The memory.
    id: NodeId,
    /// What it is.
    kind: Kind,
    /// Its text, verbatim.
    text: String,
    /// The title of the note that it stands in.
    title: String,
    /// When it was recorded.
    recorded_at: DateTime,
    /// When it was said or happened.
    happened_at: Option<DateTime>,
    /// How far it is trusted.
    trust: Trust,
    /// Of a preference: inferred, against, and where it applies; empty if it simply stands.
    #[serde(default)]
    standing: String,
}

/// What to know before starting: the same question gives the same answer until something new is known.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(name = "Briefing")]
pub struct Briefing {
    /// Ready to be read, in sections.
    text: String,
    /// The core blocks, which come first; of one that was cut `text` is the beginning.
    blocks: Vec<CoreBlock>,
    /// Names of the blocks that were cut.
    cut: Vec<String>,
    /// Names of the blocks that did not fit at all.
    left_out: Vec<String>,
    /// What is unsettled or waits, and the last conversations.
    threads: Vec<Thread>,
    /// The memories below them, as data.
    items: Vec<ContextItem>,
    /// How many lines that were looked at did not fit.
    dropped: usize,
    /// Why something about the subject may be missing.
    #[serde(default)]
    degraded: Vec<String>,
}

/// What fits a question.
#[derive(Default)]
pub struct RecallQuery;

#[Object]
impl RecallQuery {
    /// What fits a question, with the reasons.
    #[graphql(complexity = "super::limit::page_cost(limit, child_complexity)")]
    async fn recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The question, in words.")] query: String,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "Only these kinds; all if there are none.", default)] kinds: Vec<Kind>,
        #[graphql(desc = "Only what is about the entity of this name or id.")] entity: Option<String>,
        #[graphql(desc = "Only what was recorded since.")] since: Option<When>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "How many hits at most, 1 to 200.", default = 10)] limit: i32,
        #[graphql(desc = "Stop when the texts pass so many tokens.")] budget_tokens: Option<i32>,
        #[graphql(desc = "How far to look.", default_with = "Mode::Fast")] mode: Mode,
    ) -> Result<Option<Recalled>> {
        let scope = Scope::new(spaces, as_of, known_at);
        let recall = Recall {
            query,
            spaces: scope.spaces(),
            kinds: kinds.into_iter().map(Into::into).collect(),
            entity,
            since: words(since),
            as_of: scope.as_of(),
            known_at: scope.known_at(),
            limit: Some(count(limit)?),
            budget_tokens: budget_tokens.map(count).transpose()?,
            mode: mode.into(),
        };
        Caller::of(context)?.ask(recall, &scope).await.map(Some)
    }

    /// An earlier answer of recall, to anybody who asked; without what was forgotten since.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn trace(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id.")] id: NodeId,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<Option<Trace>> {
        let scope = Scope::new(spaces, None, None);
        trace(Caller::of(context)?, id, &scope).await.map(Some)
    }

    /// Earlier answers of recall, to anybody who asked, newest first; the newest thousand are kept, for thirty days.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn traces(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those before this one.")] before: Option<NodeId>,
        #[graphql(desc = "Only those that gave this memory.")] gave: Option<NodeId>,
        #[graphql(desc = "Only those that were asked of these spaces alone; all if there are none.", default)]
        spaces: Vec<String>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
    ) -> Result<Option<Vec<PastAnswer>>> {
        let (before, gave) = (before.map(|id| id.0), gave.map(|id| id.0));
        let request = hydra_graph::PastAnswersRequest { before, gave, spaces, first: count(first)? };
        let answers = Caller::of(context)?.look("traces", move |memory| memory.past_answers(&request)).await?;
        super::caller::plain(&answers).map(Some)
    }

    /// Why an answer is as it is, or what became of one memory in it.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn explain(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "An earlier answer.")] trace: Option<NodeId>,
        #[graphql(desc = "A question, if there is no earlier answer.")] query: Option<String>,
        #[graphql(desc = "Only this memory.")] id: Option<NodeId>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
    ) -> Result<Option<Explanation>> {
        let scope = Scope::new(spaces, as_of, known_at);
        let explain = Explain {
            trace: trace.map(|id| id.0),
            query,
            as_of: scope.as_of(),
            known_at: scope.known_at(),
            id: id.map(|id| id.0),
            spaces: scope.spaces(),
        };
        Caller::of(context)?.ask(explain, &scope).await.map(Some)
    }

    /// What to know before starting on a task: core blocks, open threads, and what applies to it.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn context(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The task, project, person or path; what always applies if left out.")] about: Option<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "The text stays below so many tokens; 1,200 if left out, or more for core blocks.")]
        budget_tokens: Option<i32>,
    ) -> Result<Option<Briefing>> {
        let scope = Scope::new(spaces, None, None);
        let budget_tokens = budget_tokens.map(count).transpose()?;
        let context_of = verb::Context { about, spaces: scope.spaces(), budget_tokens, ..verb::Context::default() };
        Caller::of(context)?.ask(context_of, &scope).await.map(Some)
    }
}

/// Reads an earlier answer.
pub async fn trace(caller: &Caller, id: NodeId, scope: &Scope) -> Result<Trace> {
    let got = get(caller, vec![id.0], View::Full, scope).await?.pop();
    match got.map(|got| (got.question, got.recalled, got.error)) {
        Some((Some(question), Some(recalled), _)) => Ok(Trace { id, question, recalled }),
        Some((_, _, Some(error))) => {
            Err(error::not_found(error, "the newest thousand answers are kept, for thirty days"))
        }
        _ => Err(error::not_found(format!("{} is no trace", id.0), "recall gives the id of its trace")),
    }
}
