//! Which texts are asked about next: those of the graph's queue that were not, newest first.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use hydra_graph::{BareRequest, Id, Memory, Record, Result};
use serde::Serialize;

use super::ledger::Ledger;
use super::prompt;
use super::settings::Settings;

/// A text of fewer words states nothing that needs a model.
pub const MIN_WORDS: usize = 4;
/// Texts that one call to the graph gives.
const STRETCH: usize = 100;
/// Characters of a text that are shown of it.
const SHOWN_CHARS: usize = 80;

/// A text that is to be asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// Its id.
    pub id: Id,
    /// The space it belongs to.
    pub space: String,
    /// How it begins.
    pub text: String,
    /// How much of it is sent.
    pub bytes: usize,
}

impl Planned {
    fn of(record: &Record) -> Self {
        let text = record.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let begins = match text.char_indices().nth(SHOWN_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        Self { id: record.id, space: record.space.clone(), text: begins, bytes: prompt::excerpt(&record.text).len() }
    }
}

/// What is to be asked about.
#[derive(Debug, Default)]
pub struct Plan {
    /// The texts.
    pub texts: Vec<Planned>,
    /// Whether these are all.
    pub is_all: bool,
    /// The newest commit when it was made.
    pub head: Option<Id>,
}

/// Makes a plan of at most `limit` texts, of those that commits after `since` touched.
///
/// # Errors
/// What the graph says.
pub fn plan(
    memory: &Memory,
    settings: &Settings,
    ledger: &Ledger,
    since: Option<Id>,
    limit: usize,
    stop: &AtomicBool,
) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut request = BareRequest { spaces: settings.spaces.clone(), after: None, since, limit: STRETCH };
    let mut planned = HashSet::new();
    loop {
        let stretch = memory.bare_texts(&request, &mut |id| !planned.contains(&id) && !ledger.is_settled(id))?;
        plan.head = plan.head.or(stretch.head);
        for record in stretch.texts.iter().filter(|record| record.text.split_whitespace().nth(MIN_WORDS - 1).is_some())
        {
            if plan.texts.len() == limit {
                return Ok(plan);
            }
            planned.insert(record.id);
            plan.texts.push(Planned::of(record));
        }
        request.after = stretch.next;
        if request.after.is_none() || stop.load(Ordering::Acquire) {
            plan.is_all = request.after.is_none();
            return Ok(plan);
        }
    }
}
