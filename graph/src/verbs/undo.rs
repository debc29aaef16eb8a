//! `undo`: the exact inverse of a commit, as a new commit. An undo can be undone.

use std::collections::{BTreeSet, HashSet};

use oxigraph::model::{NamedNode, Quad};
use schemars::JsonSchema;
use serde::Serialize;

use crate::block::KEY_PREFIX;
use crate::collection;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity;
use crate::journal::{self, Agent, Change, Trust};
use crate::memory::Inner;
use crate::stale;
use crate::store::{View, subject_id, term_text};
use crate::verbs::{grants, refusals};
use crate::vocab::{self, ext};

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Undone {
    /// The new commit.
    pub commit: Id,
    /// The commit that was taken back.
    pub undone: Id,
    /// What that one had done.
    pub verb: String,
    /// How many memories and passages changed back.
    pub touched: usize,
}

pub(crate) fn undo(inner: &Inner, commit: Id, agent: &Agent) -> Result<Undone> {
    let author = agent.clone();
    let (made, (verb, touched)) = inner.writer.write(agent.clone(), move |view| {
        let record = journal::record(view, commit)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("{commit} is not a commit"))
                .hint("remember, forget and `get --view history` print commits")
        })?;
        // Whoever may not change what another said may not take it back either.
        if author.trust < Trust::Owner && record.agent != author.name {
            return Err(Error::new(ErrorKind::Conflict, format!("commit {commit} was made by {}", record.agent))
                .hint(format!("the owner takes it back: `hydra undo {commit}`")));
        }
        let touched: BTreeSet<Id> = journal::touched(view, commit)?.into_iter().collect();
        let (added, removed) = journal::difference(view, commit)?;
        if record.verb == refusals::REFUSE {
            return Err(Error::new(ErrorKind::Invalid, format!("commit {commit} says which calls were refused"))
                .hint("nothing takes back that they were made"));
        }
        if record.verb == grants::GRANT {
            return Err(Error::new(ErrorKind::Invalid, format!("commit {commit} says what became of a token"))
                .hint("end a token with `hydra token revoke NAME`"));
        }
        if record.verb == "redact" {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("commit {commit} masked secrets; nothing has them any more"),
            )
            .hint("what else is wrong with a text, `hydra update` says anew"));
        }
        check_not_erased(view, commit, &record.verb, &touched, added.is_empty() && removed.is_empty())?;
        // A tombstone stands beside what it ends: whatever was written there since, it can be taken away.
        let of_tombstones = [ext::INVALIDATED_AT, vocab::FORGOTTEN_AS, vocab::STALE_BECAUSE, vocab::WITHHELD_AT];
        let is_tombstone = |quad: &Quad| of_tombstones.contains(&quad.predicate.as_ref());
        if !(removed.is_empty() && added.iter().all(is_tombstone)) {
            check_nothing_later(view, commit, &touched)?;
        }
        check_nothing_told(view, &added, &removed)?;
        let mut change = Change::new("undo");
        change.reason = Some(format!("undo of {}", record.verb));
        change.undoes = Some(commit);
        // An entity that this commit was the first to name may be in use by others since: names stay.
        let entities = entities_in(&added);
        let is_name =
            |quad: &Quad| quad.graph_name == vocab::MEMORY_GRAPH.into() && entities.contains(&quad.subject.to_string());
        change.removed = added.into_iter().filter(|quad| !is_name(quad)).collect();
        change.added = removed;
        check_no_twin(view, &change.added)?;
        collection::check_returning(view, &change.added)?;
        check_still_so(view, commit, &change)?;
        let count = touched.len();
        change.touched = touched;
        // What was told after the commit that is taken back rests on it too.
        stale::follow(view, &mut change)?;
        Ok((change, (record.verb, count)))
    })?;
    let made = made.ok_or_else(|| already(commit))?;
    Ok(Undone { commit: made, undone: commit, verb, touched })
}

/// Refuses when what a commit did, or took from others, is gone for good.
fn check_not_erased(
    view: &View<'_>,
    commit: Id,
    verb: &str,
    touched: &BTreeSet<Id>,
    is_nothing_left: bool,
) -> Result<()> {
    let mut is_of_erased = false;
    for id in touched {
        is_of_erased |= view.object(*id, vocab::ERASED_AT)?.is_some();
    }
    if is_of_erased && (is_nothing_left || verb == "erase") {
        return Err(Error::new(ErrorKind::NotFound, format!("what commit {commit} ({verb}) was about is erased"))
            .hint("erasing can't be undone; a backup from before may still have it"));
    }
    Ok(())
}

/// Subjects that a difference declares in the graph of names.
fn entities_in(quads: &[Quad]) -> HashSet<String> {
    let classes = [vocab::ENTITY, vocab::SESSION, ext::CONCEPT].map(NamedNode::from);
    quads
        .iter()
        .filter(|quad| quad.predicate == ext::TYPE && classes.iter().any(|class| quad.object == class.clone().into()))
        .filter(|quad| quad.graph_name == vocab::MEMORY_GRAPH.into())
        .map(|quad| quad.subject.to_string())
        .collect()
}

/// Refuses when something later still stands on the same memories.
fn check_nothing_later(view: &View<'_>, commit: Id, touched: &BTreeSet<Id>) -> Result<()> {
    let mut later = BTreeSet::new();
    for id in touched {
        let commits = view.subjects(vocab::TOUCHED, vocab::node(*id).as_ref().into(), usize::MAX)?;
        later.extend(commits.into_iter().filter(|other| *other > commit));
    }
    // Newest first: an undo that was not itself undone cancels what it undoes.
    let mut cancelled = BTreeSet::new();
    for other in later.into_iter().rev() {
        if cancelled.contains(&other) {
            continue;
        }
        match view.objects(other, vocab::UNDOES)?.first() {
            Some(undone) if *undone == commit => return Err(already(commit)),
            Some(undone) => {
                cancelled.insert(*undone);
            }
            None => {
                let verb = view.text(other, vocab::VERB)?.unwrap_or_default();
                // It masked the same in what this one said.
                if verb == "redact" {
                    continue;
                }
                let next = match verb.as_str() {
                    "erase" => {
                        "an erasure can't be undone, so neither can this: say what holds now, with `hydra update` \
                                or `hydra remember`"
                            .to_owned()
                    }
                    _ => format!("undo {other} first"),
                };
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("commit {other} ({verb}) changed the same memory after {commit}"),
                )
                .hint(next));
            }
        }
    }
    Ok(())
}

/// Refuses to take back a merge or a split, of whose entity something was told since: the inverse knows nothing of that.
fn check_nothing_told(view: &View<'_>, added: &[Quad], removed: &[Quad]) -> Result<()> {
    let pointer = |quad: &&Quad| quad.predicate == ext::REPLACED_BY;
    let subjects: HashSet<_> = added.iter().chain(removed).map(|quad| &quad.subject).collect();
    for (quad, is_merge) in [(added.iter().find(pointer), true), (removed.iter().find(pointer), false)] {
        let Some(id) = quad.and_then(|quad| subject_id(&quad.subject)) else { continue };
        let next = match is_merge {
            true => format!("split them, which keeps that: `hydra entity split {id}`"),
            false => "merge them again: `hydra entity merge`".to_owned(),
        };
        for member in identity::members(view, id)? {
            let node = vocab::node(member);
            for predicate in [vocab::ABOUT, vocab::LINKS_TO, ext::MAIN_ENTITY, vocab::TOLD_OF] {
                for quad in view.quads(None, Some(predicate), Some(node.as_ref().into()), None) {
                    let quad = quad?;
                    let is_new = quad.graph_name != vocab::JOURNAL.into() && !subjects.contains(&quad.subject);
                    if is_new {
                        return Err(Error::new(ErrorKind::Conflict, format!("{id} was spoken of since")).hint(next));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Refuses to bring back a file or a memory that has come again meanwhile, under another id.
fn check_no_twin(view: &View<'_>, added: &[Quad]) -> Result<()> {
    for quad in added {
        let is_block =
            quad.predicate == vocab::KEY && term_text(&quad.object).is_some_and(|key| key.starts_with(KEY_PREFIX));
        let is_identity = is_block
            || quad.predicate == vocab::PATH
            || quad.predicate == vocab::IDEMPOTENCY_KEY
            || (quad.predicate == vocab::CONTENT_HASH && quad.graph_name == vocab::MEMORY_GRAPH.into());
        if !is_identity {
            continue;
        }
        let own = subject_id(&quad.subject);
        if let Some(twin) =
            view.subjects(quad.predicate.as_ref(), quad.object.as_ref(), 2)?.into_iter().find(|id| Some(*id) != own)
        {
            return Err(Error::new(ErrorKind::Conflict, format!("the same is there again, as {twin}"))
                .hint(format!("forget {twin} or take back its commit first, if the old one is to return")));
        }
    }
    Ok(())
}

/// Refuses when the graph is not as the commit left it, though no later commit says so.
fn check_still_so(view: &View<'_>, commit: Id, inverse: &Change) -> Result<()> {
    for quad in &inverse.removed {
        // Names that several commits gave are only written by the first.
        if !view.contains(quad.as_ref())? && quad.predicate != vocab::KEY {
            return Err(already(commit));
        }
    }
    Ok(())
}

fn already(commit: Id) -> Error {
    Error::new(ErrorKind::Conflict, format!("commit {commit} is not in force: it was undone, or replaced"))
        .hint("look at `hydra get ID --view history`; to take back an undo, undo that undo's own commit")
}
