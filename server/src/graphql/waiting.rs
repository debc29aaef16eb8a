//! What waits for the owner: facts that cannot all be so, and proposals.

use async_graphql::{Context, Object, Result, SimpleObject};
use serde::Deserialize;

use super::caller::Caller;
use super::memory::{Memory, Trust};
use super::scalar::{DateTime, NodeId};
use super::scope::Scope;
use crate::verb::{Conflicts, Proposals};

/// Facts that cannot all be so; all of them stay until somebody settles it.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Conflict {
    /// Names it, for `settle`.
    id: NodeId,
    /// The space of its sides.
    space: String,
    /// When it came up.
    recorded_at: DateTime,
    /// When it was settled, if it was.
    settled_at: Option<DateTime>,
    /// Until when you put it off.
    snoozed_until: Option<DateTime>,
    /// What disagrees: who is trusted more first, then what more independent voices say, then the oldest.
    sides: Vec<Memory>,
    /// How many independent voices each side has.
    voices: Vec<usize>,
}

/// A text that a proposal rests on.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Evidence {
    /// The memory, passage or source.
    id: NodeId,
    /// The words in it that say so.
    quote: Option<String>,
}

/// What an agent or a model proposes; nothing of it is known until the owner accepts it.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Proposal {
    /// Its id.
    id: NodeId,
    /// alias, fact, merge or summary.
    kind: String,
    /// What is proposed, as a sentence.
    text: String,
    /// The space that it belongs to.
    space: String,
    /// How sure its proposer is, from 0 to 1.
    confidence: f32,
    /// How far it is trusted.
    trust: Trust,
    /// Who proposed it.
    agent: String,
    /// When.
    proposed_at: DateTime,
    /// How often.
    times_seen: usize,
    /// Until when you put it off.
    snoozed_until: Option<DateTime>,
    /// What it rests on.
    evidence: Vec<Evidence>,
    /// What accepting it would do.
    would: Option<String>,
    /// Why it can't be accepted as things are now.
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Disagreeing {
    conflicts: Vec<Conflict>,
}

#[derive(Deserialize)]
struct Proposed {
    proposals: Vec<Proposal>,
}

/// What waits for the owner.
#[derive(Default)]
pub struct WaitingQuery;

#[Object]
impl WaitingQuery {
    /// The facts that disagree, oldest first.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn conflicts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<Option<Vec<Conflict>>> {
        let scope = Scope::new(spaces, None, None);
        let found: Disagreeing = Caller::of(context)?.ask(Conflicts { spaces: scope.spaces() }, &scope).await?;
        Ok(Some(found.conflicts))
    }

    /// The proposals that wait, oldest first, each with what accepting it would do.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn proposals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<Option<Vec<Proposal>>> {
        let scope = Scope::new(spaces, None, None);
        let found: Proposed = Caller::of(context)?.ask(Proposals { spaces: scope.spaces() }, &scope).await?;
        Ok(Some(found.proposals))
    }
}
