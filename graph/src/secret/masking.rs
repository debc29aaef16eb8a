//! What is masked before it is kept: what a memory or a document says, where it says it; and whatever still gets as far as
//! the writer.

use oxigraph::model::vocab::xsd;
use oxigraph::model::{Literal, NamedNodeRef, Quad, Term, Triple};
use serde_json::Value;

use super::{Masked, Secret, find, mask, masked_as};
use crate::document::{Document, Occurrence, Target};
use crate::entity::normalise;
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
    new.session.iter_mut().for_each(&mut more);
    new.speaker.iter_mut().for_each(&mut more);
    if let Some(turn) = &mut new.turn {
        for name in [&mut turn.tool, &mut turn.repository, &mut turn.branch, &mut turn.sub_agent] {
            name.iter_mut().for_each(&mut more);
        }
    }
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
        let before = format!("{}: ", fact.name);
        behind(&before, &mut fact.value, &mut more);
        fact.label.iter_mut().for_each(|label| behind(&before, label, &mut more));
        if let Some(Target::Url(text) | Target::Name(text)) = &mut fact.target {
            behind(&before, text, &mut more);
        }
    }
    for link in &mut document.links {
        link.label.iter_mut().for_each(&mut more);
        link.fragment.iter_mut().for_each(&mut more);
        match &mut link.target {
            Target::Url(text) | Target::Name(text) => more(text),
            // By its path a file is found again.
            Target::File(_) => {}
        }
    }
    document.passages.iter_mut().flat_map(|passage| &mut passage.headings).for_each(&mut more);
    if let Some(log) = &mut document.log {
        for occurrence in &mut log.occurrences {
            if let Occurrence::First(new, _) | Occurrence::Turn(new) = occurrence {
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
    let mut spelled = Spelled::default();
    for added in &mut change.added {
        if let Some((masked, _)) = quad(added) {
            spelled.take(added);
            *added = masked;
        }
    }
    if !spelled.is_empty() {
        for added in &mut change.added {
            if let Some(key) = spelled.key(added) {
                *added = key;
            }
        }
    }
    change.reason.iter_mut().for_each(|reason| _ = mask(reason));
}

/// Secrets as keys spell them, each with what stands there instead: a key is made of names, so that one of a name that was
/// masked is to lead to the name as it is kept.
#[derive(Default)]
pub(crate) struct Spelled(Vec<(String, String)>);

impl Spelled {
    /// Takes in the secrets of a statement.
    pub fn take(&mut self, quad: &Quad) {
        let Term::Literal(literal) = &quad.object else { return };
        let before = format!("{}: ", last_part(quad.predicate.as_ref()));
        let whole = format!("{before}{}", literal.value());
        for Secret { span, .. } in find(&whole).into_iter().filter(|secret| secret.span.start >= before.len()) {
            let secret = &whole[span];
            self.0.push((normalise(secret), normalise(&masked_as(secret))));
        }
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a statement of a key without the secrets in it, if it has some.
    pub fn key(&self, quad: &Quad) -> Option<Quad> {
        let Term::Literal(literal) = &quad.object else { return None };
        if ![vocab::KEY, vocab::IDEMPOTENCY_KEY].contains(&quad.predicate.as_ref()) {
            return None;
        }
        let mut key = literal.value().to_owned();
        for (secret, mask) in &self.0 {
            key = key.replace(secret.as_str(), mask);
        }
        (key != literal.value()).then(|| Quad { object: string(key).into(), ..quad.clone() })
    }
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
