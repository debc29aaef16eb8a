//! Telling the memory something: texts, facts, preferences, decisions, learnings.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use hydra_graph::Choice;
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::decision::Verdict;
use super::super::error;
use super::super::learning::Outcome;
use super::super::memory::Kind;
use super::super::preference::{Polarity, Preference};
use super::super::scalar::{DateTime, NodeId, When, ids, words};
use crate::verb::{Learn, Remember};

/// What a fact states.
#[derive(Debug, InputObject)]
pub struct StatementInput {
    /// The name of whom or what it is about.
    subject: String,
    /// What is said, as `predicates` lists it.
    predicate: String,
    /// The name or text that is said.
    object: String,
}

impl StatementInput {
    /// Returns its parts.
    pub fn parts(self) -> (String, String, String) {
        (self.subject, self.predicate, self.object)
    }
}

/// What is told.
#[derive(Debug, InputObject)]
pub struct RememberInput {
    /// The text; a fact can be told by its statement alone.
    #[graphql(default)]
    text: String,
    /// What it is; an episode if left out, or what its other parts make of it.
    kind: Option<Kind>,
    /// What it states, if it is a fact; a plain sentence is taken apart by itself.
    statement: Option<StatementInput>,
    /// Where it belongs; the usual space if left out.
    space: Option<String>,
    /// Names of what it is about.
    #[graphql(default)]
    entities: Vec<String>,
    /// Where it comes from.
    source: Option<String>,
    /// What it rests on.
    #[graphql(default)]
    evidence: Vec<NodeId>,
    /// How sure it is, from 0 to 1.
    confidence: Option<f32>,
    /// Since when it holds.
    valid_from: Option<When>,
    /// Until when it holds.
    valid_to: Option<When>,
    /// For how long it is recalled: 30d, 12h, 2 weeks.
    ttl: Option<String>,
    /// Until when it is recalled, instead of `ttl`.
    expires_at: Option<DateTime>,
    /// A retry with the same key is the same memory.
    idempotency_key: Option<String>,
    /// The conversation that it was said in.
    session: Option<String>,
    /// Who said it.
    speaker: Option<String>,
    /// When it was said or happened.
    happened_at: Option<When>,
}

/// A preference.
#[derive(Debug, InputObject)]
pub struct PreferInput {
    /// A plain sentence, which says itself what it is about: `I prefer tea to coffee`.
    text: String,
    /// What it is about, if the sentence does not say it.
    topic: Option<String>,
    /// Whether it is wanted, if the sentence does not say it.
    polarity: Option<Polarity>,
    /// Whether nobody said so in so many words: then it waits for a second source.
    #[graphql(default)]
    inferred: bool,
    /// The path or name that it applies to.
    applies_to: Option<String>,
    /// Where it belongs; the usual space if left out.
    space: Option<String>,
    /// What it rests on.
    #[graphql(default)]
    evidence: Vec<NodeId>,
    /// The conversation that it was said in.
    session: Option<String>,
    /// Who said it.
    speaker: Option<String>,
    /// A retry with the same key is the same memory.
    idempotency_key: Option<String>,
}

/// An option of a decision.
#[derive(Debug, InputObject)]
pub struct OptionInput {
    /// What it is.
    option: String,
    /// What became of it.
    #[graphql(default_with = "Verdict::Considered")]
    verdict: Verdict,
    /// Why.
    #[graphql(default)]
    why: String,
}

/// A decision.
#[derive(Debug, InputObject)]
pub struct DecideInput {
    /// What was decided.
    text: String,
    /// What there was to choose from.
    #[graphql(default)]
    options: Vec<OptionInput>,
    /// Why.
    #[graphql(default)]
    reasons: Vec<String>,
    /// The decision that it replaces.
    supersedes: Option<NodeId>,
    /// The file, folder, project, person or thing that it applies to.
    applies_to: Option<String>,
    /// Where it belongs; the usual space if left out.
    space: Option<String>,
    /// Names of what it is about.
    #[graphql(default)]
    entities: Vec<String>,
    /// What it rests on.
    #[graphql(default)]
    evidence: Vec<NodeId>,
    /// A retry with the same key is the same memory.
    idempotency_key: Option<String>,
}

/// What was learned.
#[derive(Debug, InputObject)]
pub struct LearnInput {
    /// When it applies.
    trigger: String,
    /// What to do then, or to avoid.
    lesson: String,
    /// How it went.
    #[graphql(default_with = "Outcome::Worked")]
    outcome: Outcome,
    /// What it was learned from.
    #[graphql(default)]
    evidence: Vec<NodeId>,
    /// Where it belongs; the usual space if left out.
    space: Option<String>,
    /// Names of what it is about.
    #[graphql(default)]
    entities: Vec<String>,
    /// The file or folder that it applies to.
    path: Option<String>,
}

/// How following a learning went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "hydra_graph::Report")]
pub enum Report {
    /// It helped.
    Helped,
    /// It hurt.
    Hurt,
}

/// Whether a memory is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RememberStatus {
    /// It is.
    Inserted,
    /// The same was there already.
    Duplicate,
    /// It was inferred, and somebody forgot or retracted the same before, or it was erased: nothing was kept.
    Refused,
    /// It is new, and what held until now ended.
    Superseded,
    /// It disagrees with what stays beside it.
    Conflict,
}

/// What became of what was told.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct RememberPayload {
    /// The memory.
    id: NodeId,
    /// The commit that holds it, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// Whether it is new.
    status: RememberStatus,
    /// Facts, preferences and decisions that ended because this one succeeds them.
    #[serde(default)]
    ended: Vec<NodeId>,
    /// The conflict that it is a side of now.
    conflict: Option<NodeId>,
    /// How it stands, if it is a preference.
    preference: Option<Preference>,
    /// What else there is to say, as that a secret was masked in it.
    note: Option<String>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// How a learning stands.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct LearnPayload {
    /// The learning.
    id: NodeId,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// When it applies.
    trigger: String,
    /// What to do then, or to avoid.
    lesson: String,
    /// How it went, over all times.
    outcome: Outcome,
    /// How often it was learned.
    times_seen: usize,
    /// How often it was reported to have helped.
    times_helped: usize,
    /// How often it was reported to have hurt.
    times_hurt: usize,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Telling.
#[derive(Default)]
pub struct TellMutation;

#[Object]
impl TellMutation {
    /// Keeps a text: durable when this answers, and found by the next recall.
    async fn remember(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is told.")] input: RememberInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<RememberPayload>> {
        let remember = Remember {
            text: input.text,
            kind: input.kind.map(Into::into),
            space: input.space,
            entities: input.entities,
            source: input.source,
            statement: input.statement.map(StatementInput::parts),
            evidence: ids(input.evidence),
            confidence: input.confidence,
            valid_from: words(input.valid_from),
            valid_to: words(input.valid_to),
            ttl: input.ttl,
            expires_at: input.expires_at.map(|at| at.0),
            idempotency_key: input.idempotency_key,
            session: input.session,
            speaker: input.speaker,
            happened_at: words(input.happened_at),
            ..Remember::default()
        };
        Caller::of(context)?.tell(remember, dry_run).await.map(Some)
    }

    /// Keeps a preference: in force at once if the owner says so, a candidate if it was only inferred.
    async fn prefer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The preference.")] input: PreferInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<RememberPayload>> {
        let remember = Remember {
            text: input.text,
            kind: Some(hydra_graph::Kind::Preference),
            topic: input.topic,
            polarity: input.polarity.map(Into::into),
            inferred: input.inferred,
            applies_to: input.applies_to,
            space: input.space,
            evidence: ids(input.evidence),
            session: input.session,
            speaker: input.speaker,
            idempotency_key: input.idempotency_key,
            ..Remember::default()
        };
        Caller::of(context)?.tell(remember, dry_run).await.map(Some)
    }

    /// Keeps a decision with its options, its reasons and what it replaces.
    async fn decide(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The decision.")] input: DecideInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<RememberPayload>> {
        let choice =
            |given: OptionInput| Choice { option: given.option, verdict: given.verdict.into(), why: given.why };
        let remember = Remember {
            text: input.text,
            kind: Some(hydra_graph::Kind::Decision),
            options: input.options.into_iter().map(choice).collect(),
            reasons: input.reasons,
            supersedes: input.supersedes.map(|id| id.0),
            applies_to: input.applies_to,
            space: input.space,
            entities: input.entities,
            evidence: ids(input.evidence),
            idempotency_key: input.idempotency_key,
            ..Remember::default()
        };
        Caller::of(context)?.tell(remember, dry_run).await.map(Some)
    }

    /// Keeps what was learned; the same trigger and lesson in the same space count up instead.
    async fn learn(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was learned.")] input: LearnInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<LearnPayload>> {
        let learn = Learn {
            trigger: input.trigger,
            lesson: input.lesson,
            outcome: Some(input.outcome.into()),
            evidence: ids(input.evidence),
            space: input.space,
            entities: input.entities,
            path: input.path,
            ..Learn::default()
        };
        Caller::of(context)?.tell(learn, dry_run).await.map(Some)
    }

    /// Reports whether following a learning helped or hurt.
    async fn report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The learning.")] id: NodeId,
        #[graphql(desc = "How it went.")] report: Report,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<LearnPayload>> {
        let learn = Learn { id: Some(id.0), report: Some(report.into()), reason, ..Learn::default() };
        Caller::of(context)?.tell(learn, dry_run).await.map(Some)
    }
}

/// Refuses what a verb has no meaning for.
pub fn needs(what: &str, is_there: bool, hint: &str) -> Result<()> {
    if is_there { Ok(()) } else { Err(error::invalid(what, hint)) }
}
