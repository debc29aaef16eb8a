//! `move_sources`: a file that moved stays the same source, with its passages, its entity and what was said of it.
//!
//! Only where it is changes here, for all files that took each other's places in one commit: between two, one path would
//! be two sources. The hash is marked, so that whoever reads next reads it again from its new place, also after a crash.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxigraph::model::{NamedNode, Quad};

use super::erased;
use super::forget::passage_key;
use crate::document::{Relocated, SourceMove};
use crate::entity::{self, file_key, name_key, normalise, page_name};
use crate::error::Result;
use crate::id::Id;
use crate::journal::{Agent, Change};
use crate::memory::Inner;
use crate::seal::Seals;
use crate::store::{Node, View, string};
use crate::verbs::last_reading::passages_in;
use crate::vocab::{self, ext};

/// Stands before the hash of a file that was moved and not read since.
const MOVED_PREFIX: &str = "moved:";

/// Returns the hash of the bytes that were read, also of what moved since.
pub(crate) fn read_hash(hash: &str) -> &str {
    hash.strip_prefix(MOVED_PREFIX).unwrap_or(hash)
}

pub(crate) fn relocate(inner: &Inner, moves: Vec<SourceMove>, agent: &Agent) -> Result<Relocated> {
    let seals = Arc::clone(&inner.seals);
    let (commit, mut relocated) = inner.writer.write(agent.clone(), move |view| {
        // Read here, so that what is erased before this is decided is known.
        let seals = seals.read().clone();
        decide(view, &seals, moves)
    })?;
    relocated.commit = commit;
    Ok(relocated)
}

fn decide(view: &View<'_>, seals: &Seals, moves: Vec<SourceMove>) -> Result<(Change, Relocated)> {
    let moves = standing(view, moves)?;
    let mut change = Change::new("move");
    change.reason = moves.first().map(|first| {
        let others = if moves.len() > 1 { format!(", and {} more", moves.len() - 1) } else { String::new() };
        format!("{} is {} now{others}", first.from.display(), first.to.display())
    });
    let taken: HashSet<&Path> = moves.iter().map(|a| a.to.as_path()).collect();
    let vacated: HashSet<&Path> = moves.iter().map(|a| a.from.as_path()).collect();
    let mut to_read = BTreeSet::new();
    for moved in &moves {
        say_place(view, moved, &mut change)?;
        say_forgotten(view, seals, moved, &mut change)?;
        let is_taken_over = taken.contains(moved.from.as_path());
        for page in entity::lookup(view, &file_key(&moved.from), usize::MAX)? {
            say_page(view, page, moved, is_taken_over, &mut change)?;
            if is_taken_over {
                // Links by that name mean another file now.
                to_read.extend(linking(view, page, &mut change)?);
            }
        }
        // An earlier file of that path left its entity: links by the path mean this file now.
        if !vacated.contains(moved.to.as_path()) {
            for ghost in entity::lookup(view, &file_key(&moved.to), usize::MAX)? {
                change.removed.push(key_of(ghost, file_key(&moved.to)));
            }
        }
    }
    dedup(&mut change);
    let relocated = Relocated { commit: None, moved: moves.len(), to_read: to_read.into_iter().collect() };
    Ok((change, relocated))
}

/// Leaves out what is elsewhere already, and what would make two sources of one path.
fn standing(view: &View<'_>, moves: Vec<SourceMove>) -> Result<Vec<SourceMove>> {
    let mut standing = Vec::with_capacity(moves.len());
    for moved in moves {
        let is_there = view.text(moved.id, vocab::PATH)?.as_deref() == Some(&*moved.from.to_string_lossy());
        if is_there && moved.from != moved.to {
            standing.push(moved);
        }
    }
    loop {
        let leaving: HashSet<Id> = standing.iter().map(|moved| moved.id).collect();
        let before = standing.len();
        let mut free = Vec::with_capacity(before);
        for moved in standing {
            let there = view.subjects(vocab::PATH, string(moved.to.to_string_lossy()).as_ref().into(), usize::MAX)?;
            if there.iter().all(|id| leaving.contains(id)) {
                free.push(moved);
            }
        }
        standing = free;
        if standing.len() == before {
            return Ok(standing);
        }
    }
}

fn say_place(view: &View<'_>, moved: &SourceMove, change: &mut Change) -> Result<()> {
    let node = || Node::new(moved.id, vocab::node(moved.id));
    let (mut old, mut new) = (node(), node());
    old.say(vocab::PATH, string(moved.from.to_string_lossy()));
    new.say(vocab::PATH, string(moved.to.to_string_lossy()));
    mark(view, moved.id, change)?;
    change.removed.append(&mut old.quads);
    change.added.append(&mut new.quads);
    change.touched.insert(moved.id);
    Ok(())
}

/// Marks a source as to be read again.
fn mark(view: &View<'_>, source: Id, change: &mut Change) -> Result<()> {
    let hash = view.text(source, vocab::CONTENT_HASH)?.unwrap_or_default();
    if hash.starts_with(MOVED_PREFIX) {
        return Ok(());
    }
    let said = |hash: String| {
        let mut node = Node::new(source, vocab::node(source));
        node.say(vocab::CONTENT_HASH, string(hash));
        node.quads
    };
    change.removed.append(&mut said(hash.clone()));
    change.added.append(&mut said(format!("{MOVED_PREFIX}{hash}")));
    Ok(())
}

/// What was forgotten or erased of the file is recognised in its new place too.
fn say_forgotten(view: &View<'_>, seals: &Seals, moved: &SourceMove, change: &mut Change) -> Result<()> {
    let mut say = |id: Id, key: String| {
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(vocab::FORGOTTEN_AS, string(key));
        change.added.append(&mut node.quads);
    };
    for id in view.subjects(vocab::FORGOTTEN_AS, string(file_key(&moved.from)).as_ref().into(), usize::MAX)? {
        say(id, file_key(&moved.to));
    }
    for (id, key) in erased::keys_elsewhere(view, seals, &moved.from, &moved.to)? {
        say(id, key);
    }
    let graph = vocab::node(moved.id);
    let quads: Vec<Quad> = view.quads(None, None, None, Some(graph.as_ref().into())).collect::<Result<_>>()?;
    for passage in passages_in(&quads) {
        if view.object(passage, vocab::FORGOTTEN_AS)?.is_some()
            && let Some(text) = view.text(passage, ext::TEXT)?
        {
            say(passage, passage_key(&moved.to, &text));
        }
    }
    Ok(())
}

/// The entity goes with its file. Its old name stays a name of it, so that links by that name go on leading there, unless
/// another file goes by it now.
fn say_page(view: &View<'_>, page: Id, moved: &SourceMove, is_taken_over: bool, change: &mut Change) -> Result<()> {
    let (old, new) = (page_name(&moved.from), page_name(&moved.to));
    change.removed.push(key_of(page, file_key(&moved.from)));
    change.added.push(key_of(page, file_key(&moved.to)));
    if normalise(&old) == normalise(&new) {
        return Ok(());
    }
    change.added.push(key_of(page, name_key(&new)));
    if is_taken_over {
        change.removed.push(key_of(page, name_key(&old)));
    }
    let label = entity::label(view, page)?;
    if normalise(&label) == normalise(&old) {
        let said = |label: &str| {
            let mut node = Node::new(page, vocab::MEMORY_GRAPH);
            node.say(ext::PREF_LABEL, string(label));
            node.quads
        };
        change.removed.append(&mut said(&label));
        change.added.append(&mut said(&new));
        change.touched.insert(page);
    }
    Ok(())
}

/// Marks the files that link to an entity, and returns where they are.
fn linking(view: &View<'_>, page: Id, change: &mut Change) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut seen = HashSet::new();
    let target = vocab::node(page);
    for quad in view.quads(None, Some(vocab::LINKS_TO), Some(target.as_ref().into()), None) {
        let Some(source) = crate::store::term_id(&match quad?.graph_name {
            oxigraph::model::GraphName::NamedNode(graph) => graph.into(),
            _ => continue,
        }) else {
            continue;
        };
        if seen.insert(source)
            && let Some(path) = view.text(source, vocab::PATH)?
        {
            mark(view, source, change)?;
            change.touched.insert(source);
            paths.push(PathBuf::from(path));
        }
    }
    Ok(paths)
}

/// What one move takes away another may have given, and a source may be marked twice.
fn dedup(change: &mut Change) {
    let mut count: HashMap<Quad, ()> = HashMap::new();
    change.added.retain(|quad| count.insert(quad.clone(), ()).is_none());
    let added: HashSet<Quad> = change.added.iter().cloned().collect();
    let mut removed = HashSet::new();
    change.removed.retain(|quad| !added.contains(quad) && removed.insert(quad.clone()));
}

fn key_of(id: Id, key: String) -> Quad {
    Quad::new(vocab::node(id), vocab::KEY, string(key), NamedNode::from(vocab::MEMORY_GRAPH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_what_moved_is_known() {
        assert_eq!(read_hash("moved:ab"), "ab");
        assert_eq!(read_hash("ab"), "ab");
    }
}
