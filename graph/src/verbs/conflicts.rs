//! `conflicts`: facts that disagree and wait for somebody to settle them.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::id::Id;
use crate::identity::Names;
use crate::journal::Trust;
use crate::memory::Inner;
use crate::record::{Reader, Record};
use crate::store::View;
use crate::time::Timestamp;
use crate::vocab;
use crate::voice;

/// Facts that cannot all be so.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Conflict {
    /// Names it, for `update`.
    pub id: Id,
    /// The space of its sides.
    pub space: String,
    /// When it came up.
    pub recorded_at: Timestamp,
    /// When it was settled, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// Until when its owner put it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// What disagrees: who is trusted more first, then what more independent voices say, then the oldest.
    pub sides: Vec<Record>,
    /// How many independent voices each side has.
    pub voices: Vec<usize>,
}

/// Lists the open conflicts of the spaces (all if none are named), oldest first.
pub(crate) fn conflicts(inner: &Inner, spaces: &[String]) -> Result<Vec<Conflict>> {
    let view = inner.view()?;
    let mut ids = view.instances(vocab::CONFLICT)?;
    ids.sort_unstable();
    let mut open = Vec::new();
    for id in ids {
        let conflict = read(&view, id)?;
        if conflict.settled_at.is_none() && (spaces.is_empty() || spaces.contains(&conflict.space)) {
            open.push(conflict);
        }
    }
    Ok(open)
}

/// Reads one.
pub(crate) fn read(view: &View<'_>, id: Id) -> Result<Conflict> {
    let mut reader = Reader::new(view);
    let mut sides = Vec::new();
    for side in view.objects(id, vocab::SIDE)? {
        if let Some(record) = reader.read(side)? {
            let trust = record.trust.parse::<Trust>().unwrap_or(Trust::Ingested);
            sides.push((Reverse(trust), Reverse(voice::count(&voice::told(&Names::now(view), side)?)), record));
        }
    }
    sides.sort_by_key(|(trust, voices, record)| (*trust, *voices, record.id));
    let time = |predicate| -> Result<Option<Timestamp>> { Ok(view.text(id, predicate)?.and_then(|t| t.parse().ok())) };
    Ok(Conflict {
        id,
        space: view.text(id, vocab::SPACE)?.unwrap_or_default(),
        recorded_at: time(vocab::RECORDED_AT)?.unwrap_or(id.minted_at()),
        settled_at: time(vocab::SETTLED_AT)?,
        snoozed_until: time(vocab::SNOOZED_UNTIL)?,
        voices: sides.iter().map(|(_, voices, _)| voices.0).collect(),
        sides: sides.into_iter().map(|(_, _, record)| record).collect(),
    })
}
