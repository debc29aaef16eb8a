//! What `remember` takes: each part of a memory with its limit, and what belongs to which kind.

use super::learn::MAX_PATH_BYTES;
use super::remember::{MAX_ENTITIES, MAX_EVIDENCE, MAX_NAME_BYTES, MAX_QUOTE_BYTES, MAX_TEXT_BYTES, NewMemory};
use crate::decision::NewDecision;
use crate::error::{Error, ErrorKind, Result};
use crate::preference::{MAX_PREFERENCE_BYTES, NewPreference};
use crate::record::Kind;
use crate::secret;
use crate::space;
use crate::time::Timestamp;

/// Refuses what can't be remembered.
pub(super) fn check(new: &NewMemory, now: Timestamp) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    if new.text.trim().is_empty() && new.statement.is_none() {
        return Err(invalid("there is no text to remember".into()).hint("say what should be remembered"));
    }
    let bytes = if new.decision.has_parts() { new.decision.text(&new.text).len() } else { new.text.len() };
    if bytes > MAX_TEXT_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the text has {bytes} bytes; one memory holds {MAX_TEXT_BYTES}"),
        )
        .hint("write it to a file and run `hydra ingest FILE`, or remember its parts"));
    }
    if new.kind == Kind::Passage {
        return Err(invalid("a passage is a piece of something else and can't be remembered by itself".into())
            .hint("use episode, fact, preference, learning or decision"));
    }
    space::check(&new.space)?;
    if new.entities.len() > MAX_ENTITIES {
        return Err(invalid(format!("{} entities are named; one memory names {MAX_ENTITIES}", new.entities.len()))
            .hint("name only what it is about"));
    }
    let names = new.entities.iter().chain(&new.said_by).chain(&new.idempotency_key);
    let names = names.chain(&new.session).chain(&new.speaker);
    let stated = new.statement.iter().flat_map(|stated| [&stated.subject, &stated.predicate, &stated.object]);
    let names = names.chain(stated);
    if let Some(long) = names.into_iter().find(|name| name.len() > MAX_NAME_BYTES) {
        let start: String = long.chars().take(40).collect();
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("`{start}…` has {} bytes; a name has {MAX_NAME_BYTES}", long.len()),
        )
        .hint("put long text into the memory itself"));
    }
    if new.entities.iter().any(|name| name.trim().is_empty()) {
        return Err(invalid("an entity without a name".into()).hint("leave it out, or say what it is called"));
    }
    let is_blank = |name: &Option<String>| name.as_ref().is_some_and(|name| name.trim().is_empty());
    if is_blank(&new.session) {
        return Err(invalid("a session without a name".into()).hint("leave it out, or say what it is called"));
    }
    if is_blank(&new.speaker) {
        return Err(invalid("a speaker without a name".into()).hint("leave it out, or say who it was"));
    }
    // Masked, two keys might become one, and what is told by the second would be taken for the first.
    if new.idempotency_key.as_ref().is_some_and(|key| !secret::find(key).is_empty()) {
        return Err(invalid("the idempotency key holds a secret".into())
            .hint("make it of what is told and when, without keys, tokens or passwords"));
    }
    check_fact(new)?;
    check_wanted(new)?;
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(invalid("it would expire before it is remembered".into()).hint("give a later end, or none"));
    }
    Ok(())
}

/// Refuses what no preference or decision can be, and what only they can be of anything else.
fn check_wanted(new: &NewMemory) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    let kind = new.kind.as_str();
    if new.kind != Kind::Preference && new.preference != NewPreference::default() {
        return Err(
            invalid(format!("a {kind} has no topic or polarity and is not inferred")).hint("give kind preference")
        );
    }
    if new.kind != Kind::Decision && new.decision != NewDecision::default() {
        return Err(invalid(format!("a {kind} has no options or reasons and supersedes nothing"))
            .hint("give kind decision; `update` replaces what is something else"));
    }
    let applies = [Kind::Preference, Kind::Decision].contains(&new.kind);
    if !applies && new.applies_to.is_some() {
        return Err(invalid(format!("a {kind} applies to nothing"))
            .hint("name what it is about as an entity; only a preference or decision applies to something"));
    }
    let parts = [
        ("topic", new.preference.topic.as_deref(), MAX_NAME_BYTES, "say in a few words what it is about"),
        ("scope", new.applies_to.as_deref(), MAX_PATH_BYTES, "give the path or name it applies to, or leave it out"),
        (
            "text",
            (new.kind == Kind::Preference).then_some(new.text.as_str()),
            MAX_PREFERENCE_BYTES,
            "say in a few sentences what is wanted",
        ),
    ];
    for (part, text, most, hint) in parts {
        let Some(text) = text else { continue };
        if text.trim().is_empty() {
            return Err(invalid(format!("a {part} without a name")).hint(hint));
        }
        if text.len() > most {
            let message = format!("the {part} of a {kind} has {} bytes; one has {most}", text.len());
            return Err(Error::new(ErrorKind::TooLarge, message).hint(hint));
        }
    }
    new.decision.check()
}

/// Refuses what no fact can be.
fn check_fact(new: &NewMemory) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    if let Some(stated) = &new.statement {
        if new.kind != Kind::Fact {
            return Err(invalid(format!("a {} states nothing of subject and predicate", new.kind.as_str()))
                .hint("give kind fact, or leave the statement out"));
        }
        let parts = [("subject", &stated.subject), ("predicate", &stated.predicate), ("object", &stated.object)];
        if let Some((part, _)) = parts.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(invalid(format!("a fact without {part}")).hint("give subject, predicate and object"));
        }
    }
    if let (Some(from), Some(to)) = (new.valid_from, new.valid_to)
        && to <= from
    {
        return Err(invalid(format!("it would end ({to}) before it begins ({from})")).hint("give a later end, or none"));
    }
    if let Some(confidence) = new.confidence.filter(|share| !(0.0..=1.0).contains(share)) {
        return Err(invalid(format!("a confidence of {confidence}")).hint("give a number from 0 to 1"));
    }
    if new.evidence.len() > MAX_EVIDENCE {
        return Err(invalid(format!("{} texts are given as evidence; {MAX_EVIDENCE} are kept", new.evidence.len()))
            .hint("give the ones that say it best"));
    }
    let quotes = new.evidence.iter().filter_map(|evidence| evidence.quote.as_ref());
    match quotes.map(String::len).find(|bytes| *bytes > MAX_QUOTE_BYTES) {
        Some(bytes) => {
            Err(Error::new(ErrorKind::TooLarge, format!("a quote has {bytes} bytes; one has {MAX_QUOTE_BYTES}"))
                .hint("quote the words that say it"))
        }
        None => Ok(()),
    }
}
