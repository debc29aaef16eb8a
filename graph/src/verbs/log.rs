//! What a log or transcript adds to a document: templates that are counted, and what happened as memories of its own, in the
//! commit that also moves the place it was read to. A kill leaves all of that or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use oxigraph::model::Quad;

use super::document::graph_of;
use super::last_reading::passages_in;
use super::telling::{Novelty, Telling};
use super::{admission, twin};
use crate::document::{Document, LogState, LogTemplate, Occurrence, Pattern};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Id, Mint};
use crate::journal::{Agent, Change};
use crate::memory::Inner;
use crate::seal::Seals;
use crate::seen::{self, Seen};
use crate::store::{Node, View, number, string, subject_id, term_text, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Returns what the graph knows of a log, or `None` if no log was read from that path.
pub(crate) fn state(inner: &Inner, path: &Path) -> Result<Option<LogState>> {
    let view = inner.view()?;
    let path = string(path.to_string_lossy());
    let Some(source) = view.subjects(vocab::PATH, path.as_ref().into(), 1)?.first().copied() else { return Ok(None) };
    let Some(tail) = view.text(source, vocab::TAIL)? else { return Ok(None) };
    let quads = graph_of(&view, source)?;
    let mut said: BTreeMap<Id, Vec<Quad>> = passages_in(&quads).into_iter().map(|id| (id, Vec::new())).collect();
    for quad in quads {
        if let Some(quads) = subject_id(&quad.subject).and_then(|id| said.get_mut(&id)) {
            quads.push(quad);
        }
    }
    let mut templates: Vec<(usize, LogTemplate)> = said.values().filter_map(|quads| template(quads)).collect();
    templates.sort_by_key(|(position, _)| *position);
    let space = view.text(source, vocab::SPACE)?.unwrap_or_default();
    Ok(Some(LogState { id: source, space, tail, templates: templates.into_iter().map(|(_, it)| it).collect() }))
}

/// Refuses what can't be remembered, before anything is written.
pub(super) fn check(document: &Document, now: Timestamp) -> Result<()> {
    for occurrence in document.log.iter().flat_map(|log| &log.occurrences) {
        let (Occurrence::First(memory, _) | Occurrence::Turn(memory)) = occurrence else { continue };
        admission::check(memory, now)?;
        if memory.idempotency_key.is_none() || memory.space != document.space {
            return Err(Error::new(
                ErrorKind::Invalid,
                "what happened in a log or transcript has a key and its file's space",
            ));
        }
    }
    Ok(())
}

/// Says what a template stands for.
pub(super) fn say(pattern: &Pattern, node: &mut Node) {
    pattern.seen.say(node);
    node.say(vocab::TEMPLATE, string(&pattern.template))
        .say(vocab::TIMES_IN_HOUR, number(pattern.times_in_hour))
        .maybe(vocab::HOUR, pattern.hour.map(time_literal));
}

/// Tells what happened, and counts up what is known; returns how much of it is new.
pub(super) fn tell(
    view: &View<'_>,
    (mint, seals): (&Mint, &Seals),
    now: Timestamp,
    agent: &Agent,
    (space, occurrences): (&str, &[Occurrence]),
    change: &mut Change,
) -> Result<usize> {
    let mut telling = Telling::new(view, mint, now, agent).sealed(seals.clone());
    let mut new = 0;
    for occurrence in occurrences {
        let (key, seen) = match occurrence {
            Occurrence::Turn(memory) => {
                new += usize::from(telling.tell(memory)?.novelty == Novelty::New);
                continue;
            }
            Occurrence::First(memory, seen) => (memory.idempotency_key.as_deref().unwrap_or_default(), seen),
            Occurrence::Again(key, seen) => (key.as_str(), seen),
        };
        let known = twin::of_key(view, key, space)?;
        match (known, occurrence) {
            (Some(id), _) => count(view, id, seen, &mut telling.change)?,
            (None, Occurrence::First(memory, _)) => {
                let told = telling.tell(memory)?;
                // The same words of the same moment under another key are what was told then, and count there.
                if told.novelty == Novelty::New {
                    new += 1;
                    let mut node = Node::new(told.id, vocab::MEMORY_GRAPH);
                    seen.say(&mut node);
                    telling.change.added.append(&mut node.quads);
                }
            }
            (None, Occurrence::Again(..) | Occurrence::Turn(_)) => {}
        }
    }
    let mut told = telling.into_change();
    change.added.append(&mut told.added);
    change.removed.append(&mut told.removed);
    change.touched.append(&mut told.touched);
    change.fresh.extend(told.fresh);
    Ok(new)
}

/// Says anew how often something was seen. Nothing that an index reads changes, so it is not touched.
fn count(view: &View<'_>, id: Id, seen: &Seen, change: &mut Change) -> Result<()> {
    let subject = vocab::node(id);
    for predicate in seen::SAID_WITH {
        for quad in view.quads(Some(subject.as_ref().into()), Some(predicate), None, None) {
            change.removed.push(quad?);
        }
    }
    let mut node = Node::new(id, vocab::MEMORY_GRAPH);
    seen.say(&mut node);
    change.added.append(&mut node.quads);
    Ok(())
}

fn template(quads: &[Quad]) -> Option<(usize, LogTemplate)> {
    let text = |predicate| {
        quads.iter().find(|quad| quad.predicate.as_ref() == predicate).and_then(|quad| term_text(&quad.object))
    };
    let pattern = Pattern {
        template: text(vocab::TEMPLATE)?,
        seen: seen::of_quads(quads)?,
        hour: text(vocab::HOUR).and_then(|hour| hour.parse().ok()),
        times_in_hour: text(vocab::TIMES_IN_HOUR)?.parse().ok()?,
    };
    let line = text(vocab::LINE).and_then(|line| line.parse().ok()).unwrap_or(1);
    let template = LogTemplate { block: text(vocab::BLOCK)?, text: text(ext::TEXT)?, line, pattern };
    Some((text(vocab::POSITION)?.parse().ok()?, template))
}
