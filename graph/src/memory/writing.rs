//! The verbs that change what is remembered: each hands the writer a decision.

use std::path::Path;

use super::Memory;
use crate::block::Block;
use crate::collection::Collection;
use crate::document::{Document, PutReceipt, Relocated, SourceMove};
use crate::error::Result;
use crate::id::Id;
use crate::journal::Agent;
use crate::proposal::NewProposal;
use crate::sparql::Interrupt;
use crate::verbs;
use crate::verbs::alias::{AliasOp, Aliased};
use crate::verbs::collect::{CollectionChange, NewCollection};
use crate::verbs::configuring::{Configured, Configuring};
use crate::verbs::edit_block::BlockEdit;
use crate::verbs::forget::Forgotten;
use crate::verbs::forgetting::{ForgetAnswer, ForgetRequest};
use crate::verbs::grants::GrantNote;
use crate::verbs::graph_store::{GraphRef, StoreOp};
use crate::verbs::learn::{Learned, NewLearning, Report};
use crate::verbs::map::Pinned;
use crate::verbs::merge::Merged;
use crate::verbs::predicates::PredicateInfo;
use crate::verbs::proposals::Decided;
use crate::verbs::propose::{Policy, Proposed};
use crate::verbs::refusals::Refusal;
use crate::verbs::remember::{NewMemory, Remembered};
use crate::verbs::sparql_update::{SparqlUpdate, SparqlUpdated};
use crate::verbs::split::Split;
use crate::verbs::undo::Undone;
use crate::verbs::update::{UpdateOp, Updated};

impl Memory {
    /// Keeps a memory: durable when this returns, and found by the next recall.
    pub fn remember(&self, new: NewMemory, agent: &Agent) -> Result<Remembered> {
        verbs::remember::remember(&self.0, new, agent)
    }

    /// Keeps many memories in their order, as [`Memory::remember`] would one by one, with one commit for some hundred.
    /// Nothing is written when one of them can't be remembered; the error says which.
    pub fn remember_all(&self, all: Vec<NewMemory>, agent: &Agent) -> Result<Vec<Remembered>> {
        verbs::remember::remember_all(&self.0, all, agent)
    }

    /// Keeps what was learned; the same trigger and lesson in the same space count up instead.
    pub fn learn(&self, new: NewLearning, agent: &Agent) -> Result<Learned> {
        verbs::learn::learn(&self.0, new, agent)
    }

    /// Counts that following a learning helped or hurt.
    pub fn report(&self, id: Id, report: Report, reason: Option<String>, agent: &Agent) -> Result<Learned> {
        verbs::learn::report(&self.0, id, report, reason, agent)
    }

    /// Marks memories, passages or sources as never to be recalled; `undo` takes it back.
    pub fn forget(&self, ids: &[Id], reason: Option<String>, agent: &Agent) -> Result<Forgotten> {
        verbs::forget::forget(&self.0, ids, &[], reason, agent)
    }

    /// As [`Memory::forget`], or shows first what that would do; for a question shows candidates and forgets nothing. Or
    /// erases for good: from the graph, its journal, the log, the indexes, the traces and the files that these are in.
    /// That takes as long as copying the memory does, of which `progress` is told (statements done, of how many); reads
    /// and writes go on meanwhile.
    ///
    /// # Errors
    /// `Invalid` when somebody else than the owner asks to erase; `NotFound` names the id of which there is nothing.
    pub fn forget_as(
        &self,
        request: &ForgetRequest,
        agent: &Agent,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<ForgetAnswer> {
        verbs::forgetting::forget(&self.0, request, agent, progress)
    }

    /// Says that a memory ended, was wrong, is said otherwise or stands again; or settles a conflict.
    pub fn update(&self, id: Id, op: UpdateOp, reason: Option<String>, agent: &Agent) -> Result<Updated> {
        self.update_in(&[], id, op, reason, agent)
    }

    /// As [`Memory::update`], of what belongs to one of these spaces (all if there are none).
    ///
    /// # Errors
    /// `NotFound` when it belongs to another.
    pub fn update_in(
        &self,
        spaces: &[String],
        id: Id,
        op: UpdateOp,
        reason: Option<String>,
        agent: &Agent,
    ) -> Result<Updated> {
        verbs::update::update(&self.0, spaces, id, op, reason, agent)
    }

    /// Keeps something at a place of the map, or (without one) lets it go.
    ///
    /// # Errors
    /// `NotFound` when it is no dot of a map; `Refused` when somebody else than the owner asks; `TooLarge` when
    /// [`crate::MAX_PINS`] are pinned.
    pub fn pin(&self, id: Id, at: Option<[f32; 2]>, agent: &Agent) -> Result<Pinned> {
        verbs::map::pin(&self.0, id, at, agent)
    }

    /// Gives an entity another name, or takes one away.
    ///
    /// # Errors
    /// `Conflict` when the name is not to be taken away here; `TooLarge` when it has [`crate::MAX_ENTITY_ALIASES`].
    pub fn alias(
        &self,
        reference: &str,
        alias: &str,
        op: AliasOp,
        reason: Option<String>,
        agent: &Agent,
    ) -> Result<Aliased> {
        verbs::alias::alias(&self.0, reference, alias, op, reason, agent)
    }

    /// Has one entity stand for another from now on: what is known of either is known of the one to `keep`.
    ///
    /// # Errors
    /// `Invalid` when they are not two entities; `Conflict` when one is merged already, when the owner told them apart and
    /// another asks, or when a fact says something of both; `TooLarge` when more than [`crate::MAX_RETOLD`] memories and
    /// links would move.
    pub fn merge(&self, keep: &str, other: &str, reason: Option<String>, agent: &Agent) -> Result<Merged> {
        verbs::merge::merge(&self.0, keep, other, reason, agent)
    }

    /// Has a merged entity stand for itself again, with what was told of it as that is now, and with the memories to `take`.
    ///
    /// # Errors
    /// `Conflict` when it is not merged, or was by someone trusted more; `Invalid` when a memory to take is not about it.
    pub fn split(&self, merged: &str, take: &[Id], reason: Option<String>, agent: &Agent) -> Result<Split> {
        verbs::split::split(&self.0, merged, take, reason, agent)
    }

    /// Writes down calls that were refused, in one commit that nobody takes back; `None` if there are none.
    ///
    /// # Errors
    /// `TooLarge` beyond [`crate::MAX_REFUSALS_AT_ONCE`].
    pub fn note_refusals(&self, refusals: Vec<Refusal>) -> Result<Option<Id>> {
        verbs::refusals::note(&self.0, refusals)
    }

    /// Notes that tokens were made or ended, each once; returns how many of them were new.
    ///
    /// # Errors
    /// What the store or the disk says.
    pub fn note_grants(&self, notes: Vec<GrantNote>) -> Result<usize> {
        verbs::grants::note(&self.0, notes)
    }

    /// Says which proposals are accepted without asking; none if nobody says.
    pub fn set_policy(&self, policy: Policy) {
        *self.0.policy.write() = policy;
    }

    /// Puts proposals into the queue, at most [`crate::MAX_PROPOSALS`]; nothing else changes. Each is checked as if it were
    /// accepted: a bad one is refused with its reason, and the others wait.
    ///
    /// # Errors
    /// `Invalid` or `TooLarge` when there are none or too many.
    pub fn propose(&self, all: Vec<NewProposal>, reason: Option<String>, agent: &Agent) -> Result<Vec<Proposed>> {
        verbs::propose::propose(&self.0, all, reason, agent)
    }

    /// Proposes to merge entities that seem to be one (an address in common; a name or initial, and something both are tied
    /// to), at most [`crate::MAX_SUGGESTED`] at a time and each pair once. Nothing is merged.
    ///
    /// # Errors
    /// What the store says when it cannot be read or written.
    pub fn suggest_merges(&self) -> Result<Vec<Proposed>> {
        verbs::alike::suggest(&self.0)
    }

    /// Accepts proposals, one commit each; one that can't be says why and still waits.
    ///
    /// # Errors
    /// `Conflict` when an agent asks, `Invalid` when none or too many are named.
    pub fn accept(&self, ids: &[Id], reason: Option<&str>, agent: &Agent) -> Result<Vec<Decided>> {
        verbs::proposals::decide(&self.0, ids, true, reason, agent)
    }

    /// Rejects proposals, one commit each; an agent does not propose them again.
    ///
    /// # Errors
    /// As [`Memory::accept`].
    pub fn reject(&self, ids: &[Id], reason: Option<&str>, agent: &Agent) -> Result<Vec<Decided>> {
        verbs::proposals::decide(&self.0, ids, false, reason, agent)
    }

    /// Declares a predicate; returns it with its IRI, and the commit.
    pub fn declare(&self, new: PredicateInfo, agent: &Agent) -> Result<(PredicateInfo, Id)> {
        verbs::predicates::declare(&self.0, new, agent)
    }

    /// Changes a core block, and returns it as it is then; its commit takes the edit back.
    ///
    /// # Errors
    /// `TooLarge` names the block, its size and its limit; `Conflict` when somebody changed it since the commit that the
    /// edit was made from, or when the agent may not.
    pub fn edit_block(&self, edit: BlockEdit, agent: &Agent) -> Result<Block> {
        verbs::edit_block::edit(&self.0, edit, agent)
    }

    /// Changes graphs of the user's own by an update in SPARQL, and tells new memories that it inserts; one commit.
    ///
    /// # Errors
    /// `Invalid` says where it does not parse; `Refused` whose graph or word it would write; `TooLarge` when it costs or
    /// changes too much. Nothing is written then.
    pub fn sparql_update(&self, update: &SparqlUpdate, agent: &Agent, interrupt: &Interrupt) -> Result<SparqlUpdated> {
        verbs::sparql_update::update(self, update, agent, interrupt)
    }

    /// Puts, adds to or drops a graph of the user's own; returns also whether it was there before.
    ///
    /// # Errors
    /// As [`Memory::sparql_update`]; `NotFound` when a graph is to be dropped that is not there.
    pub fn change_graph(
        &self,
        graph: &GraphRef,
        op: StoreOp,
        agent: &Agent,
        interrupt: &Interrupt,
    ) -> Result<(SparqlUpdated, bool)> {
        verbs::graph_store::change(self, graph, op, agent, interrupt)
    }

    /// Takes back a commit, also one that was itself an undo.
    pub fn undo(&self, commit: Id, agent: &Agent) -> Result<Undone> {
        verbs::undo::undo(&self.0, commit, agent)
    }

    /// Replaces what the graph holds of each document's file; one commit each, sharing one fsync.
    pub fn put_documents(&self, documents: Vec<Document>, agent: &Agent) -> Vec<Result<PutReceipt>> {
        verbs::document::put(&self.0, documents, agent)
    }

    /// Drops the graphs of sources whose file is gone; what they said stays in the journal.
    pub fn remove_sources(&self, ids: &[Id], agent: &Agent) -> Vec<Result<PutReceipt>> {
        verbs::document::remove(&self.0, ids, agent)
    }

    /// Says that files are elsewhere now, in one commit: each keeps its source, passages, entity and what was said of it. They
    /// are to be read again from there, because links in them may mean something else.
    pub fn move_sources(&self, moves: Vec<SourceMove>, agent: &Agent) -> Result<Relocated> {
        verbs::relocate::relocate(&self.0, moves, agent)
    }

    /// Has a folder watched from now on; returns it and the commit.
    ///
    /// # Errors
    /// `Conflict` when it is watched already, in whole or in part, or when an agent asks; `TooLarge` when there are
    /// [`crate::MAX_COLLECTIONS`].
    pub fn add_collection(&self, new: NewCollection, agent: &Agent) -> Result<(Collection, Id)> {
        verbs::collect::add(&self.0, new, agent)
    }

    /// Changes what is read of a watched folder, or whether it is; returns it and the commit.
    ///
    /// # Errors
    /// `NotFound` when it is not watched, `Conflict` when it is like that already.
    pub fn change_collection(
        &self,
        reference: &str,
        change: CollectionChange,
        agent: &Agent,
    ) -> Result<(Collection, Id)> {
        verbs::collect::change(&self.0, reference, change, agent)
    }

    /// Has a folder watched no more; what is known of its files stays. Returns it and the commit.
    ///
    /// # Errors
    /// As [`Memory::change_collection`].
    pub fn remove_collection(&self, reference: &str, agent: &Agent) -> Result<(Collection, Id)> {
        verbs::collect::remove(&self.0, reference, agent)
    }

    /// Has exactly the folders that a configuration names watched as it says, beside those that were added by hand. What it
    /// names no more is left alone, and what is known of it stays.
    ///
    /// # Errors
    /// `Conflict` when an agent asks. A folder that can't be watched is no error: it is among the refused ones.
    pub fn configure_collections(&self, file: &Path, listed: Vec<Configured>, agent: &Agent) -> Result<Configuring> {
        verbs::configuring::configure(&self.0, file, listed, agent)
    }
}
