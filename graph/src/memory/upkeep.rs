//! What keeps a memory in order: counts, checks, indexes, exports, the end of an erasure.

use std::io::Write;

use super::Memory;
use crate::dump::{self, ExportFormat, Exported};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::journal::Agent;
use crate::verbs;
use crate::verbs::check::{CheckReport, IndexStatus, Status};
use crate::verbs::redact::Redacted;

impl Memory {
    /// Tells whether something was erased whose bytes may still be in the files: [`Memory::finish_erasing`] clears them.
    pub fn is_erasing(&self) -> bool {
        self.0.folder.is_erasing()
    }

    /// Clears the files of what was erased, if that was cut short; call it when all indexes are attached.
    pub fn finish_erasing(&self) -> Result<()> {
        verbs::erase::finish(&self.0)
    }

    /// Masks the secrets that today's rules find in what was kept before; with `is_dry_run` they are only looked for.
    /// `progress` is told how many statements of how many were read or copied.
    ///
    /// # Errors
    /// `Invalid` when anybody but the owner asks.
    pub fn redact(&self, is_dry_run: bool, agent: &Agent, progress: &mut dyn FnMut(u64, u64)) -> Result<Redacted> {
        verbs::redact::redact(&self.0, is_dry_run, agent, progress)
    }

    /// Writes the whole graph, its journal included, as it is at this moment; the same graph gives the same bytes. Writes
    /// go on meanwhile. `progress` is told how many statements of how many are written.
    ///
    /// It holds eight bytes for each node of the graph in memory, and the statements of one node at a time.
    ///
    /// # Errors
    /// `Cancelled` when `out` is a pipe that nobody reads any more, else what writing to it fails with.
    pub fn export(
        &self,
        format: ExportFormat,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported> {
        dump::export(&self.0, format, out, progress)
    }

    /// Returns counts and states.
    pub fn status(&self) -> Result<Status> {
        verbs::check::status(&self.0)
    }

    /// Waits for the writer, however much it has to do; returns whether it can write.
    pub fn writer_answers(&self) -> bool {
        self.0.writer.answers()
    }

    /// Returns why writes are refused, if they are.
    pub fn refusal(&self) -> Option<Error> {
        self.0.writer.refusal()
    }

    /// Returns the newest commit that readers see; `None` in an empty memory.
    pub fn newest_commit(&self) -> Option<Id> {
        self.0.head.get()
    }

    /// Counts the texts that recall can find: memories, or the passages of long ones and of files.
    pub fn texts(&self) -> Result<usize> {
        verbs::check::texts(&self.0)
    }

    /// Returns the states of the indexes alone, without counting anything.
    pub fn index_states(&self) -> Vec<IndexStatus> {
        verbs::check::index_states(&self.0)
    }

    /// Compares graph, log and indexes; `progress` is told what is being looked at.
    pub fn check(&self, progress: &mut dyn FnMut(&str)) -> Result<CheckReport> {
        verbs::check::check(&self.0, progress)
    }

    /// Throws away the indexes (all, or the one of that name) and builds them again from the graph.
    pub fn rebuild(&self, index: Option<&str>, progress: &mut dyn FnMut(&str, u64, u64)) -> Result<()> {
        verbs::check::rebuild(&self.0, index, progress)
    }
}
