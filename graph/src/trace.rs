//! What was asked and what was given, for whoever wants to look again. Bounded, in memory.

use std::collections::{BTreeSet, VecDeque};

use parking_lot::Mutex;

use crate::id::Id;
use crate::question::{Question, Recalled};
use crate::verbs::packing::LeftOut;

/// Answers that are kept; the oldest goes first.
pub const MAX_TRACES: usize = 1_000;

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace {
    pub question: Question,
    pub recalled: Recalled,
    /// Candidates that were no hits, and why not.
    pub left_out: Vec<LeftOut>,
}

/// The newest answers.
#[derive(Default)]
pub(crate) struct Traces(Mutex<VecDeque<Trace>>);

impl Traces {
    /// Keeps one.
    pub fn keep(&self, trace: Trace) {
        let mut traces = self.0.lock();
        if traces.len() >= MAX_TRACES {
            traces.pop_front();
        }
        traces.push_back(trace);
    }

    /// Drops those that give or leave out one of these; returns how many.
    pub fn drop_of(&self, ids: &BTreeSet<Id>) -> usize {
        let mut traces = self.0.lock();
        let before = traces.len();
        traces.retain(|trace| {
            let hits = trace.recalled.hits.iter().map(|hit| hit.id);
            !hits.chain(trace.left_out.iter().map(|left| left.id)).any(|id| ids.contains(&id))
        });
        before - traces.len()
    }

    /// Finds one.
    pub fn get(&self, id: Id) -> Option<Trace> {
        self.0.lock().iter().find(|trace| trace.recalled.trace_id == id).cloned()
    }
}
