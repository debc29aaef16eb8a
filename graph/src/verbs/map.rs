//! What the map reads of the graph, how its dots are called, and where the owner pins them.
//!
//! A pin is a commit like any other, because it is what the owner decided: it can be undone, is exported, and is erased with
//! what it pins. Where everything else lies is worked out, and no part of the graph.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{self, Agent, Change, Trust};
use crate::map::{Atlas, MAX_MAP_LABELS};
use crate::memory::Inner;
use crate::past::Past;
use crate::property;
use crate::record::Reader;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::store::{View, string, subject_id};
use crate::vocab::{self, ext};

/// Dots that are pinned at most.
pub const MAX_PINS: usize = 1_000;
/// Changed nodes that are read one by one; for more of them everything is read in one go.
const MAX_READ_ALONE: usize = 2_000;
/// Ends of which the journal is asked since when they are known, in one go; further ones count as known from the beginning.
const MAX_ENDS_ASKED: usize = 2_000;
/// Letters of a label.
const LABEL_LETTERS: usize = 96;

/// How a dot is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapLabel {
    /// The dot.
    pub id: Id,
    /// Its name, or how its text begins.
    pub label: String,
}

/// A dot that was pinned, or let go.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Pinned {
    /// The dot.
    pub id: Id,
    /// Where it is kept; `None` if it was let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[f32; 2]>,
    /// The commit, for `undo`; `None` if nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Id>,
}

pub(crate) fn refresh(inner: &Inner, atlas: &mut Atlas) -> Result<bool> {
    let view = inner.view()?;
    let head = view.head()?;
    if atlas.head == head && head.is_some() {
        return Ok(false);
    }
    match touched_since(&view, atlas.head)? {
        Some(touched) => {
            for id in touched {
                read_one(&view, atlas, id)?;
            }
        }
        None => read_all(&view, atlas)?,
    }
    atlas.head = head;
    Ok(true)
}

/// What the commits after one speak of; `None` if that is too much, or if something was erased: then its differences do not
/// tell any more what was there.
fn touched_since(view: &View<'_>, known: Option<Id>) -> Result<Option<BTreeSet<Id>>> {
    let Some(known) = known else { return Ok(None) };
    if !journal::is_commit(view, known)? {
        return Ok(None);
    }
    let mut touched = BTreeSet::new();
    for commit in view.quads(None, Some(vocab::ORDER), None, Some(vocab::JOURNAL.into())) {
        let Some(commit) = subject_id(&commit?.subject) else { continue };
        if commit <= known {
            return Ok(Some(touched));
        }
        if journal::record(view, commit)?.is_none_or(|record| record.verb == "erase") {
            return Ok(None);
        }
        touched.extend(journal::touched(view, commit)?);
        let (added, removed) = journal::difference(view, commit)?;
        touched.extend(added.iter().chain(&removed).filter_map(|quad| subject_id(&quad.subject)));
        if touched.len() > MAX_READ_ALONE {
            return Ok(None);
        }
    }
    Ok(None)
}

fn read_one(view: &View<'_>, atlas: &mut Atlas, id: Id) -> Result<()> {
    atlas.forget(id);
    for quad in view.about(id)?.iter().filter(|quad| quad.graph_name != vocab::JOURNAL.into()) {
        atlas.hear(id, quad.predicate.as_ref(), &quad.object, file_of(quad));
    }
    atlas.keep_what_matters(id);
    if atlas.one_mut(id).is_some_and(|said| said.wants_end_told()) {
        let told = end_told(view, id)?;
        if let (Some(said), Some(told)) = (atlas.one_mut(id), told) {
            said.end_told(told.minted_at());
        }
    }
    Ok(())
}

/// Reads predicate by predicate: the store holds each together, and nothing of what else is said is looked at.
fn read_all(view: &View<'_>, atlas: &mut Atlas) -> Result<()> {
    atlas.clear();
    for class in [vocab::ENTITY, ext::CONCEPT, vocab::MEMORY, vocab::SOURCE, vocab::SESSION] {
        for id in view.many_instances(class)? {
            atlas.hear(id, ext::TYPE, &class.into_owned().into(), None);
        }
    }
    const OF_FEW: [NamedNodeRef<'static>; 16] = [
        vocab::KIND,
        vocab::SPACE,
        vocab::RECORDED_AT,
        ext::STARTED_AT,
        vocab::VALID_FROM,
        vocab::VALID_TO,
        vocab::EXPIRES_AT,
        vocab::RETRACTED_AT,
        vocab::ENDED_BY,
        ext::MAIN_ENTITY,
        ext::INVALIDATED_AT,
        ext::REPLACED_BY,
        vocab::STALE_BECAUSE,
        vocab::STATUS,
        vocab::PINNED_AT,
        vocab::TAG,
    ];
    let word = property::predicate("type");
    for predicate in OF_FEW.into_iter().chain([word.as_ref(), vocab::ABOUT]) {
        view.each_pair(predicate, &mut |id, object| {
            if atlas.knows(id) {
                atlas.hear(id, predicate, object, None);
            }
        })?;
    }
    // Of what is a part of something most are passages.
    view.each_pair_of(vocab::MEMORY, vocab::PART_OF, &mut |id, object| {
        atlas.hear(id, vocab::PART_OF, object, None);
    })?;
    view.each_pair_with_file(vocab::LINKS_TO, &mut |id, object, file| {
        if atlas.knows(id) {
            atlas.hear(id, vocab::LINKS_TO, object, file);
        }
    })?;
    let ends: Vec<Id> = atlas.said_mut().filter(|(_, said)| said.wants_end_told()).map(|(id, _)| id).collect();
    for id in ends.into_iter().take(MAX_ENDS_ASKED) {
        if let (Some(told), Some(said)) = (end_told(view, id)?, atlas.one_mut(id)) {
            said.end_told(told.minted_at());
        }
    }
    Ok(())
}

fn file_of(quad: &Quad) -> Option<Id> {
    match &quad.graph_name {
        oxigraph::model::GraphName::NamedNode(graph) => Id::from_iri(graph.as_str()),
        _ => None,
    }
}

/// Returns the commit that said when something ended, if that was not the one that said all of it.
fn end_told(view: &View<'_>, id: Id) -> Result<Option<Id>> {
    let versions = Past::new(view).versions(id)?;
    if versions.len() < 2 {
        return Ok(None);
    }
    let says_end = |quads: &[Quad]| quads.iter().any(|quad| quad.predicate == vocab::VALID_TO);
    Ok(versions.into_iter().take_while(|(_, quads)| says_end(quads)).last().map(|(commit, _)| commit))
}

pub(crate) fn labels(inner: &Inner, ids: &[Id], spaces: &[String]) -> Result<Vec<MapLabel>> {
    spaces.iter().try_for_each(|name| space::check(name))?;
    if ids.len() > MAX_MAP_LABELS {
        return Err(Error::new(ErrorKind::TooLarge, format!("the names of {} dots", ids.len()))
            .hint(format!("ask for {MAX_MAP_LABELS} at a time, those in view")));
    }
    let view = inner.view()?;
    let sight = Sight::new(Rewound::new(&view, None)?, spaces, inner.now());
    let mut reader = Reader::new(&view);
    let mut labels = Vec::with_capacity(ids.len());
    for id in ids {
        let text = if sight.knows_name(*id)? {
            entity::label(&view, *id)?
        } else if sight.sees(*id)? {
            match reader.read(*id)? {
                Some(record) if !record.text.is_empty() => record.text,
                _ => continue,
            }
        } else {
            continue;
        };
        labels.push(MapLabel { id: *id, label: brief(&text) });
    }
    Ok(labels)
}

/// The beginning of a text on one line.
fn brief(text: &str) -> String {
    let line = text.split_whitespace().take(LABEL_LETTERS).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LABEL_LETTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

pub(crate) fn pin(inner: &Inner, id: Id, at: Option<[f32; 2]>, agent: &Agent) -> Result<Pinned> {
    if agent.trust < Trust::Owner {
        return Err(Error::new(ErrorKind::Refused, "only the owner pins things on the map")
            .hint("where things lie is the owner's; `recall` and `graph` need no map"));
    }
    if at.is_some_and(|at| !at.iter().all(|axis| axis.is_finite())) {
        return Err(Error::new(ErrorKind::Invalid, "a place that is no number").hint("give the two numbers of the map"));
    }
    let (commit, pinned) = inner.writer.write(agent.clone(), move |view| {
        let is_dot = view.is_a(id, vocab::ENTITY)? || view.is_a(id, ext::CONCEPT)? || view.is_a(id, vocab::MEMORY)?;
        if !is_dot {
            return Err(Error::new(ErrorKind::NotFound, format!("nothing on the map is {id}"))
                .hint("give the id of a memory, a note, a name or a tag"));
        }
        let node = vocab::node(id);
        let mut change = Change::new("pin");
        for quad in view.quads(Some(node.as_ref().into()), Some(vocab::PINNED_AT), None, None) {
            change.removed.push(quad?);
        }
        if let Some([x, y]) = at {
            let others = view.quads(None, Some(vocab::PINNED_AT), None, None).take(MAX_PINS).count();
            if change.removed.is_empty() && others == MAX_PINS {
                return Err(Error::new(ErrorKind::TooLarge, format!("{MAX_PINS} things are pinned already"))
                    .hint("let some of them go first"));
            }
            let quad = Quad::new(node, vocab::PINNED_AT, string(format!("{x} {y}")), vocab::MEMORY_GRAPH);
            if change.removed == [quad.clone()] {
                change.removed.clear();
            } else {
                change.added.push(quad);
            }
        }
        if !(change.added.is_empty() && change.removed.is_empty()) {
            change.touched.insert(id);
        }
        Ok((change, Pinned { id, at, commit: None }))
    })?;
    Ok(Pinned { commit, ..pinned })
}
