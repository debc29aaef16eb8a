//! Changing what is known: updates, conflicts, core blocks, predicates, and taking a commit back.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use serde::Deserialize;

use super::super::block::CoreBlock;
use super::super::caller::Caller;
use super::super::scalar::{NodeId, When, words};
use super::super::stats::Predicate;
use super::tell::StatementInput;
use crate::verb::{Declare, EditBlock, Undo, Update};

/// How what is known of a memory changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UpdateOp {
    /// The world changed: it held until `at`.
    End,
    /// It was wrong or is said better: `text` takes its place.
    Supersede,
    /// It was wrong: `statement` takes its place.
    Correct,
    /// It was wrong, and nothing takes its place.
    Retract,
    /// It stands again.
    Restore,
    /// It is kept and shown, but never recalled: your decision, which needs `approve`.
    NeverRecall,
    /// It may be recalled again; needs `approve`.
    RecallAgain,
    /// Of what waits for your word: you are not asked before `at`; needs `approve`.
    Snooze,
}

impl UpdateOp {
    fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Supersede => "supersede",
            Self::Correct => "correct",
            Self::Retract => "retract",
            Self::Restore => "restore",
            Self::NeverRecall => "never_recall",
            Self::RecallAgain => "recall_again",
            Self::Snooze => "snooze",
        }
    }
}

/// What was changed.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct UpdatePayload {
    /// The memory or conflict.
    id: NodeId,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// What took its place.
    replaced_by: Option<NodeId>,
    /// What was derived from it and is stale now.
    #[serde(default)]
    stale: Vec<NodeId>,
    /// What is no longer stale.
    #[serde(default)]
    fresh: Vec<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// What was taken back.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct UndoPayload {
    /// The new commit, which can be undone, too; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// The commit that was taken back.
    undone: NodeId,
    /// What that one had done.
    verb: String,
    /// How many memories and passages changed back.
    touched: usize,
    /// Whether it was only tried.
    dry_run: bool,
}

/// A change of a core block: one of `text`, `append`, `old` with `new`, and `limitBytes`.
#[derive(Debug, InputObject)]
pub struct EditBlockInput {
    /// Its name; it is made if it is not there.
    name: String,
    /// Its space; the usual one if left out.
    space: Option<String>,
    /// Its whole text.
    text: Option<String>,
    /// What comes after its text.
    append: Option<String>,
    /// A piece of its text that stands in it once.
    old: Option<String>,
    /// What takes the place of that piece; nothing if left out.
    new: Option<String>,
    /// How long it may be.
    limit_bytes: Option<usize>,
    /// The commit that the edit was made from: it is refused when the block was changed after it.
    based_on: Option<NodeId>,
    /// Why.
    reason: Option<String>,
}

/// A core block as it is after an edit.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct BlockPayload {
    /// The block.
    block: CoreBlock,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// What facts can say from now on.
#[derive(Debug, InputObject)]
pub struct PredicateInput {
    /// As it stands in a sentence.
    label: String,
    /// Other ways to say it.
    #[graphql(default)]
    aliases: Vec<String>,
    /// Whether it has one value at a time: then a new fact ends the old one.
    #[graphql(default)]
    functional: bool,
    /// Whether it holds the other way round too.
    #[graphql(default)]
    symmetric: bool,
    /// Whether its objects are texts, and no entities.
    #[graphql(default)]
    text: bool,
}

/// A predicate that was declared.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct PredicatePayload {
    /// The predicate.
    predicate: Predicate,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Changing what is known.
#[derive(Default)]
pub struct BeliefMutation;

#[Object]
impl BeliefMutation {
    /// Says that a memory ended, was wrong, is said otherwise or stands again.
    async fn update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The memory.")] id: NodeId,
        #[graphql(desc = "How it changes.")] op: UpdateOp,
        #[graphql(desc = "Of END: when it ended; of SNOOZE: when to ask again.")] at: Option<When>,
        #[graphql(desc = "Of SUPERSEDE: the new text.")] text: Option<String>,
        #[graphql(desc = "Of CORRECT: what is right.")] statement: Option<StatementInput>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<UpdatePayload>> {
        let update = Update {
            id: id.0.to_string(),
            op: op.name().to_owned(),
            at: words(at),
            text,
            statement: statement.map(StatementInput::parts),
            keep: None,
            reason,
            spaces,
        };
        Caller::of(context)?.tell(update, dry_run).await.map(Some)
    }

    /// Settles a conflict: one side holds and the others were wrong, or all of them hold.
    async fn settle(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conflict.")] conflict: NodeId,
        #[graphql(desc = "The side that holds; all of them if left out.")] keep: Option<NodeId>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<UpdatePayload>> {
        let op = if keep.is_some() { "settle" } else { "keep_all" };
        let update = Update {
            id: conflict.0.to_string(),
            op: op.to_owned(),
            keep: keep.map(|id| id.0),
            reason,
            spaces,
            ..Update::default()
        };
        Caller::of(context)?.tell(update, dry_run).await.map(Some)
    }

    /// Takes a commit back, also one that was itself an undo.
    async fn undo(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The commit: `undo` of another mutation's answer.")] commit: NodeId,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<UndoPayload>> {
        Caller::of(context)?.tell(Undo { commit: commit.0 }, dry_run).await.map(Some)
    }

    /// Changes a core block, or makes it.
    async fn edit_block(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change.")] input: EditBlockInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<BlockPayload>> {
        let edit = EditBlock {
            name: input.name,
            space: input.space,
            text: input.text,
            append: input.append,
            old: input.old,
            new: input.new,
            limit_bytes: input.limit_bytes,
            based_on: input.based_on.map(|id| id.0),
            reason: input.reason,
        };
        Caller::of(context)?.tell(edit, dry_run).await.map(Some)
    }

    /// Declares what facts can say.
    async fn declare_predicate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The predicate.")] input: PredicateInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<PredicatePayload>> {
        let PredicateInput { label, aliases, functional, symmetric, text } = input;
        let declare = Declare { label, aliases, functional, symmetric, text };
        Caller::of(context)?.tell(declare, dry_run).await.map(Some)
    }
}
