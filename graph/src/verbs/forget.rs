//! `forget`: a tombstone. The text stays, is never recalled, and comes back with `undo`.

use std::collections::BTreeSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::file_facts;
use super::telling::Telling;
use crate::entity::file_key;
use crate::error::{Error, ErrorKind, Result};
use crate::fact;
use crate::id::Id;
use crate::journal::Agent;
use crate::memory::Inner;
use crate::record::{self, Kind, Record};
use crate::stale;
use crate::store::{Node, View, string, time_literal};
use crate::vocab::{self, ext};

/// Ids that one call forgets at most.
pub const MAX_FORGOTTEN: usize = 1_000;

/// What was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Forgotten {
    /// What was asked for.
    pub ids: Vec<Id>,
    /// The commit, for `undo`; `None` when all of it was forgotten before.
    pub commit: Option<Id>,
    /// Memories and passages that are no longer recalled.
    pub passages: usize,
}

/// Forgets; with `spaces`, only what belongs to one of them.
pub(crate) fn forget(
    inner: &Inner,
    ids: &[Id],
    spaces: &[String],
    reason: Option<String>,
    agent: &Agent,
) -> Result<Forgotten> {
    check_count(ids)?;
    let now = inner.now();
    let (asked, spaces, author, mint) = (ids.to_vec(), spaces.to_vec(), agent.clone(), inner.mint.clone());
    let (commit, passages) = inner.writer.write(agent.clone(), move |view| {
        let mut telling = Telling::new(view, &mint, now, &author);
        (telling.change.verb, telling.change.reason) = ("forget", reason);
        let (mut forgotten, mut fallen) = (BTreeSet::new(), Vec::new());
        let asked = with_what_they_state(view, asked)?;
        for id in asked {
            let known = record::read(view, id)?.ok_or_else(|| not_found(id))?;
            check_may(&known, &spaces, Some(&author))?;
            if view.object(id, ext::INVALIDATED_AT)?.is_some() {
                continue;
            }
            // Beside what it ends, so that reading a file again does not bring it back.
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.say(ext::INVALIDATED_AT, time_literal(now))
                .maybe(vocab::FORGOTTEN_AS, recognised_by(&known).map(string));
            telling.change.added.append(&mut node.quads);
            let affected = affected(view, known.id)?;
            for gone in &affected {
                stale::flag(view, &mut telling.change, *gone)?;
            }
            // Also of one whose end has come since anything was written.
            if let Some(fact) = fact::believed(view, id)?
                && !fact::is_kept_by_others(view, &fact, now)?
            {
                telling.change.removed.push(fact.assertion());
            }
            fallen.push(id);
            forgotten.extend(affected);
        }
        telling.let_go(&fallen)?;
        let passages = forgotten.len();
        telling.change.touched.extend(forgotten);
        Ok((telling.into_change(), passages))
    })?;
    Ok(Forgotten { ids: ids.to_vec(), commit, passages })
}

/// Refuses none and too many.
pub(super) fn check_count(ids: &[Id]) -> Result<()> {
    if ids.is_empty() {
        return Err(
            Error::new(ErrorKind::Invalid, "nothing was named to forget").hint("give ids, as recall prints them")
        );
    }
    if ids.len() > MAX_FORGOTTEN {
        return Err(Error::new(ErrorKind::TooLarge, format!("{} ids; one call forgets {MAX_FORGOTTEN}", ids.len()))
            .hint("forget the source they come from, or call again with the rest"));
    }
    Ok(())
}

/// Refuses what belongs to another space, or was said by somebody who is trusted more than who asks.
pub(super) fn check_may(record: &Record, spaces: &[String], agent: Option<&Agent>) -> Result<()> {
    if !spaces.is_empty() && !spaces.contains(&record.space) {
        return Err(Error::new(ErrorKind::NotFound, format!("{} is not in {}", record.id, spaces.join(" or ")))
            .hint("leave the space out, or give ids of that space"));
    }
    let Some(agent) = agent else { return Ok(()) };
    super::update::check_trust(record, agent)
        .map_err(|error| error.hint(format!("tell the user: they can forget it with `hydra forget {}`", record.id)))
}

/// The key under which a file, or a passage of one, is recognised when it comes again; `None` for what was told.
fn recognised_by(record: &Record) -> Option<String> {
    let path = record.source.path.as_ref()?;
    Some(match record.kind {
        Kind::Passage => passage_key(path, &record.text),
        _ => file_key(path),
    })
}

/// How the key of a passage begins.
pub(crate) const PASSAGE_KEY: &str = "passage:";

/// The key of a passage that may be forgotten: what it says, and in which file.
pub(crate) fn passage_key(path: &Path, text: &str) -> String {
    format!("{PASSAGE_KEY}{}:{}", blake3::hash(text.as_bytes()).to_hex(), path.display())
}

/// Adds the facts that go with the file, or the piece of one, that states them.
fn with_what_they_state(view: &View<'_>, asked: Vec<Id>) -> Result<Vec<Id>> {
    let mut all = asked.clone();
    for id in asked {
        let stated = file_facts::stated_in(view, id)?;
        all.extend(stated.into_iter().filter(|stated| !all.contains(stated)).collect::<Vec<_>>());
    }
    Ok(all)
}

/// The memory and its passages, and what a file states in them.
pub(super) fn affected(view: &View<'_>, id: Id) -> Result<BTreeSet<Id>> {
    let mut ids: BTreeSet<Id> =
        view.subjects(vocab::PART_OF, vocab::node(id).as_ref().into(), usize::MAX)?.into_iter().collect();
    ids.insert(id);
    ids.extend(file_facts::stated_in(view, id)?);
    Ok(ids)
}

pub(crate) fn not_found(id: Id) -> Error {
    Error::new(ErrorKind::NotFound, format!("nothing has the id {id}"))
        .hint("ids are printed by recall and remember; an edited file may have new passages: recall again")
}
