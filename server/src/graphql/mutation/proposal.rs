//! Proposals: put into the queue, accepted or rejected.

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, Result, SimpleObject};
use hydra_graph::Suggestion;
use hydra_mcp::{proposal as wire, when};
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::error;
use super::super::scalar::{NodeId, When, ids};
use crate::verb::{Accept, Propose, Reject};
use crate::wiring;

/// A fact that is proposed.
#[derive(Debug, InputObject)]
pub struct FactProposal {
    /// The name of whom or what it is about.
    subject: String,
    /// What is said, as `predicates` lists it.
    predicate: String,
    /// The name or text that is said.
    object: String,
    /// Since when it holds.
    valid_from: Option<When>,
    /// Until when it holds.
    valid_to: Option<When>,
}

/// Another name that is proposed.
#[derive(Debug, InputObject)]
pub struct AliasProposal {
    /// The entity: its name or id.
    entity: String,
    /// The other name.
    alias: String,
}

/// A merge that is proposed.
#[derive(Debug, InputObject)]
pub struct MergeProposal {
    /// The one that stays: its name or id.
    keep: String,
    /// The other.
    other: String,
}

/// A summary that is proposed.
#[derive(Debug, InputObject)]
pub struct SummaryProposal {
    /// What it says.
    text: String,
    /// Names of what it is about.
    #[graphql(default)]
    entities: Vec<String>,
}

/// What is proposed: one of these.
#[derive(Debug, OneofObject)]
pub enum SuggestionInput {
    /// A fact.
    Fact(FactProposal),
    /// Another name.
    Alias(AliasProposal),
    /// A merge.
    Merge(MergeProposal),
    /// A summary.
    Summary(SummaryProposal),
}

/// A text that a proposal rests on.
#[derive(Debug, InputObject)]
pub struct EvidenceInput {
    /// The memory, passage or source.
    id: NodeId,
    /// The words in it that say so.
    quote: Option<String>,
}

/// A proposal.
#[derive(Debug, InputObject)]
pub struct ProposalInput {
    /// What is proposed.
    suggestion: SuggestionInput,
    /// Where it belongs; the usual space if left out.
    space: Option<String>,
    /// What it rests on; facts and summaries need it.
    #[graphql(default)]
    evidence: Vec<EvidenceInput>,
    /// How sure its proposer is, from 0 to 1; 0.5 if left out.
    confidence: Option<f32>,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposeStatus {
    /// It waits.
    Queued,
    /// It waited already, and was counted.
    Counted,
    /// The owner decided about the same before.
    Decided,
    /// The policy accepted it.
    Accepted,
    /// It can't be so; the error says why.
    Refused,
}

/// A proposal that was made.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct Proposed {
    /// What is proposed, as a sentence.
    text: String,
    /// What became of it.
    status: ProposeStatus,
    /// The proposal.
    id: Option<NodeId>,
    /// What accepting it would do.
    would: Option<String>,
    /// Why it was refused.
    error: Option<String>,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
}

/// Proposals that were made.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct ProposePayload {
    /// Each of them, in order.
    proposals: Vec<Proposed>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// A proposal that was decided about.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct Decided {
    /// The proposal.
    id: NodeId,
    /// The commit, for `undo`, after which it waits again; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// What was done.
    text: String,
    /// Why it still waits.
    error: Option<String>,
}

/// Proposals that were decided about.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct DecidePayload {
    /// Each of them, in order.
    decided: Vec<Decided>,
    /// Whether it was only tried.
    dry_run: bool,
}

impl ProposalInput {
    fn into_wire(self) -> Result<wire::Proposal> {
        let now = wiring::now();
        let moment = |when: Option<When>| {
            when.map(|when| when::moment(&when.0, now).map_err(|error| error::of_field(&error))).transpose()
        };
        let suggestion = match self.suggestion {
            SuggestionInput::Fact(FactProposal { subject, predicate, object, valid_from, valid_to }) => {
                Suggestion::Fact {
                    subject,
                    predicate,
                    object,
                    valid_from: moment(valid_from)?,
                    valid_to: moment(valid_to)?,
                }
            }
            SuggestionInput::Alias(AliasProposal { entity, alias }) => Suggestion::Alias { entity, alias },
            SuggestionInput::Merge(MergeProposal { keep, other }) => Suggestion::Merge { keep, other },
            SuggestionInput::Summary(SummaryProposal { text, entities }) => Suggestion::Summary { text, entities },
        };
        let basis =
            |given: EvidenceInput| wire::Basis::Quoted(hydra_graph::Evidence { id: given.id.0, quote: given.quote });
        let evidence = self.evidence.into_iter().map(basis).collect();
        Ok(wire::Proposal { suggestion, space: self.space, evidence, confidence: self.confidence })
    }
}

/// Proposing, and deciding about it.
#[derive(Default)]
pub struct ProposalMutation;

#[Object]
impl ProposalMutation {
    /// Puts proposals into the queue; nothing of them is known until the owner accepts them. A bad one is refused with its
    /// reason, and the others wait.
    async fn propose(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The proposals.")] proposals: Vec<ProposalInput>,
        #[graphql(desc = "The model or program that made them.")] by: Option<String>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<ProposePayload>> {
        let proposals = proposals.into_iter().map(ProposalInput::into_wire).collect::<Result<_>>()?;
        Caller::of(context)?.tell(Propose { proposals, by, reason }, dry_run).await.map(Some)
    }

    /// Accepts proposals, each in a commit of its own; one that can't be accepted says why and still waits.
    async fn accept(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] ids: Vec<NodeId>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<DecidePayload>> {
        Caller::of(context)?.tell(Accept { ids: self::ids(ids), reason }, dry_run).await.map(Some)
    }

    /// Rejects proposals, each in a commit of its own.
    async fn reject(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] ids: Vec<NodeId>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<DecidePayload>> {
        Caller::of(context)?.tell(Reject { ids: self::ids(ids), reason }, dry_run).await.map(Some)
    }
}
