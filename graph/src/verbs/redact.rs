//! `redact`: what the rules for secrets find in what was kept before there were these rules is masked: in the graph, in the
//! journal, in the log, in the indexes and in the traces.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use oxigraph::model::Quad;
use schemars::JsonSchema;
use serde::Serialize;

use super::erase::{Removal, clear_files};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{self, Agent, Change, Trust};
use crate::memory::Inner;
use crate::record::Reader;
use crate::redaction::Pieces;
use crate::secret::{Masked, masking};
use crate::store::{View, subject_id};
use crate::vocab;

/// Places that are named; the rest is counted.
pub const MAX_REDACTED_NAMED: usize = 100;
/// How often whoever watches is told of the way through the graph.
const TOLD_EVERY: u64 = 10_000;

/// What was found, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Redacted {
    /// How many of each kind there are.
    pub found: Masked,
    /// Where, at most [`MAX_REDACTED_NAMED`].
    pub places: Vec<RedactedPlace>,
    /// In how many places.
    pub all_places: usize,
    /// Commits whose difference speaks of them.
    pub commits: usize,
    /// Questions with one that were kept with their answers.
    pub traces: usize,
    /// The commit that says so; it can't be undone. `None` when nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Id>,
    /// Where it was removed.
    pub removed: Vec<Removal>,
    /// Files that still hold some.
    pub files: Vec<PathBuf>,
}

/// A memory, passage, note or other node with a secret in it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct RedactedPlace {
    /// Which.
    pub id: Id,
    /// How many of each kind.
    pub found: Masked,
    /// The file that it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
}

#[derive(Default)]
struct Found {
    nodes: BTreeMap<Id, Masked>,
    commits: BTreeSet<Id>,
}

/// Looks for secrets; with `is_dry_run` that is all. `progress` is told how many statements of how many were read, and then
/// copied into the store that takes the place of the old one.
pub(crate) fn redact(
    inner: &Inner,
    is_dry_run: bool,
    agent: &Agent,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Redacted> {
    if agent.trust != Trust::Owner {
        return Err(Error::new(
            ErrorKind::Invalid,
            "only the owner changes what was kept for good: it can't be undone",
        )
        .hint("tell the user: `hydra redact --rescan`"));
    }
    let _one_at_a_time = inner.erasing.lock();
    let (mut redacted, found, looked_at) = {
        let view = inner.view()?;
        let found = look(&view, inner.store.quads()? as u64, progress)?;
        (report(&view, &found)?, found, view.head()?)
    };
    redacted.traces = inner.traces.with_secrets(inner.now());
    if is_dry_run {
        return Ok(redacted);
    }
    if redacted.all_places == 0 && redacted.commits == 0 {
        if redacted.traces > 0 {
            redacted.removed = vec![Removal::of("traces", inner.traces.drop_all(inner.now()).map(|_| ()))];
        }
        return Ok(redacted);
    }
    let was_erasing = inner.folder.is_erasing();
    inner.folder.begin_erasing()?;
    // The writer looks only at what happened meanwhile: what was told is masked, but what was undone may speak of it again.
    let decided = inner.writer.write(agent.clone(), move |view| {
        let found = look_since(view, looked_at, found)?;
        let mut change = Change::new("redact");
        for id in found.nodes.keys() {
            // What stands beside a text is indexed with a little of it.
            for part in [vocab::FOLLOWS, vocab::PART_OF] {
                change.touched.extend(view.subjects(part, vocab::node(*id).as_ref().into(), usize::MAX)?);
            }
            change.touched.insert(*id);
        }
        change.redacted = found.nodes.into_keys().chain(found.commits).collect();
        let touched = change.touched.clone();
        Ok((change, touched))
    });
    let is_unsure = decided.as_ref().is_err_and(|error| error.kind() == ErrorKind::Poisoned);
    if decided.is_err() && !is_unsure && !was_erasing {
        inner.folder.end_erasing()?;
    }
    let (commit, touched) = decided?;
    let Some(commit) = commit else { return Ok(redacted) };
    redacted.commit = Some(commit);
    redacted.removed = [("graph", Ok(())), ("journal", Ok(()))].map(|(place, done)| Removal::of(place, done)).into();
    redacted.removed.extend(clear_files(inner, commit, &BTreeSet::new(), &touched, progress));
    Ok(redacted)
}

fn look(view: &View<'_>, total: u64, progress: &mut dyn FnMut(u64, u64)) -> Result<Found> {
    let mut found = Found::default();
    for (done, quad) in (0_u64..).zip(view.quads(None, None, None, None)) {
        if done % TOLD_EVERY == 0 {
            progress(done, total);
        }
        found.take(view, &quad?)?;
    }
    found.take_pieces(view)?;
    Ok(found)
}

/// Adds what commits since a moment brought.
fn look_since(view: &View<'_>, head: Option<Id>, mut found: Found) -> Result<Found> {
    let since = head.map(|head| journal::since(view, head)).transpose()?.flatten();
    let Some(commits) = since else { return look(view, 0, &mut |_, _| ()) };
    for commit in commits {
        for id in journal::touched(view, commit)?.into_iter().chain([commit]) {
            // Counted before, it is not counted again.
            if !found.nodes.contains_key(&id) {
                view.about(id)?.iter().try_for_each(|quad| found.take(view, quad))?;
            }
        }
    }
    found.take_pieces(view)?;
    Ok(found)
}

impl Found {
    fn take(&mut self, view: &View<'_>, quad: &Quad) -> Result<()> {
        let Some(id) = subject_id(&quad.subject) else { return Ok(()) };
        if [vocab::ADDED, vocab::REMOVED].contains(&quad.predicate.as_ref()) {
            let (added, removed) = journal::difference(view, id)?;
            if added.iter().chain(&removed).any(|quad| masking::quad(quad).is_some()) {
                self.commits.insert(id);
            }
        } else if let Some((_, masked)) = masking::quad(quad) {
            if quad.graph_name == vocab::JOURNAL.into() {
                self.commits.insert(id);
            } else {
                masking::add(self.nodes.entry(id).or_default(), masked);
            }
        }
        Ok(())
    }

    /// Adds the pieces of texts that change with them though none is a secret by itself, and the commits that speak of these.
    fn take_pieces(&mut self, view: &View<'_>) -> Result<()> {
        for id in self.nodes.keys().copied().collect::<Vec<_>>() {
            for piece in Pieces::default().take(view, id)? {
                let node = vocab::node(piece);
                self.nodes.entry(piece).or_default();
                self.commits.extend(view.subjects(vocab::TOUCHED, node.as_ref().into(), usize::MAX)?);
            }
        }
        Ok(())
    }
}

/// A whole says again what its passages say, and is not counted again.
fn report(view: &View<'_>, found: &Found) -> Result<Redacted> {
    let mut reader = Reader::new(view);
    let mut redacted = Redacted {
        found: Masked::new(),
        places: Vec::new(),
        all_places: 0,
        commits: found.commits.len(),
        traces: 0,
        commit: None,
        removed: Vec::new(),
        files: Vec::new(),
    };
    let mut files = BTreeSet::new();
    for (id, masked) in &found.nodes {
        let record = reader.read(*id)?;
        let path = record.and_then(|record| record.source.path);
        files.extend(path.clone().filter(|path| Path::exists(path)));
        let parts = view.subjects(vocab::PART_OF, vocab::node(*id).as_ref().into(), usize::MAX)?;
        // One that lies across two pieces is in neither by itself.
        if masked.is_empty() || parts.iter().any(|part| found.nodes.get(part).is_some_and(|masked| !masked.is_empty()))
        {
            continue;
        }
        masking::add(&mut redacted.found, masked.clone());
        redacted.all_places += 1;
        if redacted.places.len() < MAX_REDACTED_NAMED {
            redacted.places.push(RedactedPlace { id: *id, found: masked.clone(), path });
        }
    }
    redacted.files = files.into_iter().collect();
    Ok(redacted)
}
