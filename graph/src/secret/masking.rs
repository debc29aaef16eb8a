//! What is masked before it is kept: what a memory or a document says, where it says it; and whatever still gets as far as
//! the writer.

use oxigraph::model::vocab::xsd;
use oxigraph::model::{Literal, NamedNodeRef, Quad, Term, Triple};
use serde_json::Value;

use super::{Masked, mask};
use crate::document::{Document, Occurrence, Target};
use crate::journal::Change;
use crate::store::string;
use crate::verbs::remember::NewMemory;
use crate::vocab::{self, ext};

/// Masks what a memory says, before anything is read from it; counts it there too.
pub(crate) fn memory(new: &mut NewMemory) -> Masked {
    let mut masked = mask(&mut new.text);
    let mut more = |text: &mut String| add(&mut masked, mask(text));
    new.entities.iter_mut().for_each(&mut more);
    new.said_by.iter_mut().for_each(&mut more);
    new.applies_to.iter_mut().for_each(&mut more);
    if let Some(statement) = &mut new.statement {
        more(&mut statement.subject);
        // What it is called may tell what it is: `the router`, `password`, `hunter2`.
        let before = format!("{}: ", statement.predicate);
        behind(&before, &mut statement.object, &mut more);
    }
    new.preference.topic.iter_mut().for_each(&mut more);
    for choice in &mut new.decision.options {
        more(&mut choice.option);
        more(&mut choice.why);
    }
    new.decision.reasons.iter_mut().for_each(&mut more);
    new.evidence.iter_mut().flat_map(|evidence| &mut evidence.quote).for_each(&mut more);
    new.redactions += masked.values().sum::<usize>();
    masked
}

/// Masks what a document says. Its places stay what they are.
pub(crate) fn document(document: &mut Document) {
    document.reading.redactions += mask(&mut document.text).values().sum::<usize>();
    // The rest says again what the text says, in parts, and is not counted again.
    let mut more = |text: &mut String| _ = mask(text);
    more(&mut document.title);
    document.aliases.iter_mut().for_each(&mut more);
    for property in &mut document.properties {
        behind(&format!("{}: ", property.name), &mut property.value, &mut more);
    }
    for fact in &mut document.facts {
        behind(&format!("{}: ", fact.name), &mut fact.value, &mut more);
        fact.label.iter_mut().for_each(&mut more);
    }
    for link in &mut document.links {
        link.label.iter_mut().for_each(&mut more);
        if let Target::Url(url) = &mut link.target {
            more(url);
        }
    }
    document.passages.iter_mut().flat_map(|passage| &mut passage.headings).for_each(&mut more);
    if let Some(log) = &mut document.log {
        for occurrence in &mut log.occurrences {
            if let Occurrence::First(new, _) = occurrence {
                memory(new);
            }
        }
    }
}

/// Masks what comes behind some words that may tell what it is.
fn behind(before: &str, text: &mut String, more: &mut dyn FnMut(&mut String)) {
    let mut whole = format!("{before}{text}");
    more(&mut whole);
    *text = whole.split_off(before.len());
}

/// Adds up what was masked in two places.
pub fn add(all: &mut Masked, more: Masked) {
    more.into_iter().for_each(|(kind, count)| *all.entry(kind).or_default() += count);
}

/// Masks what a change would write: verbs mask what they are told before they read it, and this is the net below them.
pub(crate) fn change(change: &mut Change) {
    for added in &mut change.added {
        if let Some((masked, _)) = quad(added) {
            *added = masked;
        }
    }
    change.reason.iter_mut().for_each(|reason| _ = mask(reason));
}

/// Returns a statement as it may be kept, if that is another.
pub(crate) fn quad(quad: &Quad) -> Option<(Quad, Masked)> {
    /// No texts: hashes, keys, kinds and names of files, by which things are found again.
    const NAMES: [NamedNodeRef<'static>; 11] = [
        vocab::CONTENT_HASH,
        vocab::QUOTE_HASH,
        vocab::FORGOTTEN_AS,
        vocab::KEY,
        vocab::IDEMPOTENCY_KEY,
        vocab::KIND,
        vocab::PATH,
        vocab::ROOT,
        vocab::SPACE,
        vocab::TRUST,
        ext::ATTRIBUTED_TO,
    ];
    const JSON: [NamedNodeRef<'static>; 3] = [vocab::PROPOSES, vocab::REMARK, vocab::TAIL];
    let predicate = quad.predicate.as_ref();
    if NAMES.contains(&predicate) {
        return None;
    }
    let (object, masked) = match &quad.object {
        Term::Literal(literal) if JSON.contains(&predicate) => {
            let mut value: Value = serde_json::from_str(literal.value()).ok()?;
            let masked = json(&mut value, "");
            (string(value.to_string()).into(), masked)
        }
        object => term(object, last_part(predicate))?,
    };
    (!masked.is_empty()).then(|| (Quad { object, ..quad.clone() }, masked))
}

/// The last part of a predicate, which may tell what its value is.
fn last_part(predicate: NamedNodeRef<'_>) -> &str {
    predicate.as_str().rsplit(['/', '#', ':']).next().unwrap_or_default()
}

fn term(object: &Term, name: &str) -> Option<(Term, Masked)> {
    match object {
        Term::Literal(literal) => {
            let (literal, masked) = plain(literal, name)?;
            Some((literal.into(), masked))
        }
        Term::Triple(triple) => {
            let (object, masked) = term(&triple.object, last_part(triple.predicate.as_ref()))?;
            Some((Triple::new(triple.subject.clone(), triple.predicate.clone(), object).into(), masked))
        }
        _ => None,
    }
}

/// Masks a text; a value of another type is none.
fn plain(literal: &Literal, name: &str) -> Option<(Literal, Masked)> {
    if literal.datatype() != xsd::STRING {
        return None;
    }
    let mut text = literal.value().to_owned();
    let mut masked = Masked::new();
    behind(&format!("{name}: "), &mut text, &mut |text| masked = mask(text));
    (!masked.is_empty()).then(|| (string(text), masked))
}

fn json(value: &mut Value, name: &str) -> Masked {
    let mut masked = Masked::new();
    match value {
        Value::String(text) => behind(&format!("{name}: "), text, &mut |text| masked = mask(text)),
        Value::Array(all) => all.iter_mut().for_each(|one| add(&mut masked, json(one, name))),
        Value::Object(all) => all.iter_mut().for_each(|(name, one)| add(&mut masked, json(one, name))),
        _ => {}
    }
    masked
}
