//! When two memories are the same: text, kind and space, and where and by whom it was said; or the caller's own key.

use std::collections::HashMap;

use oxigraph::model::TermRef;

use super::remember::NewMemory;
use crate::entity::normalise;
use crate::error::Result;
use crate::id::Id;
use crate::memory::Inner;
use crate::record::{self, Kind, Record};
use crate::store::{View, string, subject_id};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What makes two memories the same. A memory without session, speaker and time has the fingerprint it had before there
/// were any.
pub(super) fn fingerprint(new: &NewMemory) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut take = |part: &str| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    };
    [new.kind.as_str(), &new.space, &new.text].into_iter().for_each(&mut take);
    let said = [
        ("session", new.session.as_deref().map(normalise)),
        ("speaker", new.speaker.as_deref().map(normalise)),
        ("happened_at", new.happened_at.map(|at| at.to_string())),
        ("statement", new.statement.as_ref().map(|stated| normalise(&stated.sentence()))),
        ("valid_from", new.valid_from.filter(|_| new.kind == Kind::Fact).map(|at| at.to_string())),
        ("valid_to", new.valid_to.map(|at| at.to_string())),
        ("applies_to", new.applies_to.as_deref().map(normalise)),
        ("topic", new.preference.topic.as_deref().map(normalise)),
        ("polarity", new.preference.polarity.map(|polarity| polarity.as_str().to_owned())),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            take(name);
            take(&value);
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Reads the fingerprint back from what the graph says of a plain memory, one without parts of its own. Of others it is
/// another than the one that they were told with.
pub(crate) fn fingerprint_of(view: &View<'_>, id: Id) -> Result<Option<String>> {
    let (Some(text), Some(kind), Some(space)) =
        (view.text(id, ext::TEXT)?, view.text(id, vocab::KIND)?, view.text(id, vocab::SPACE)?)
    else {
        return Ok(None);
    };
    let Ok(kind) = kind.parse::<Kind>() else { return Ok(None) };
    let session = match view.objects(id, vocab::PART_OF)?.first() {
        Some(session) => view.text(*session, ext::PREF_LABEL)?,
        None => None,
    };
    let happened_at = view.text(id, ext::STARTED_AT)?.and_then(|at| at.parse().ok());
    let speaker = view.text(id, vocab::SPEAKER)?;
    Ok(Some(fingerprint(&NewMemory { kind, space, session, speaker, happened_at, ..NewMemory::new(text) })))
}

/// Finds the memory of the caller's own key in the store.
pub(super) fn by_key(view: &View<'_>, new: &NewMemory) -> Result<Option<Id>> {
    let Some(key) = &new.idempotency_key else { return Ok(None) };
    of_key(view, key, &new.space)
}

/// As [`by_key`], for a key and a space.
pub(super) fn of_key(view: &View<'_>, key: &str, space: &str) -> Result<Option<Id>> {
    for id in view.subjects(vocab::IDEMPOTENCY_KEY, TermRef::from(string(key).as_ref()), usize::MAX)? {
        if view.text(id, vocab::SPACE)?.as_deref() == Some(space) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Reads what was told with a key, while it is believed.
pub(crate) fn told_with(inner: &Inner, key: &str, space: &str) -> Result<Option<Record>> {
    let view = inner.view()?;
    let Some(id) = of_key(&view, key, space)? else { return Ok(None) };
    Ok(record::read(&view, id)?.filter(Record::is_believed))
}

/// Finds the same memory in the store.
pub(super) fn find(view: &View<'_>, new: &NewMemory, hash: &str, now: Timestamp) -> Result<Option<Id>> {
    let hash = string(hash);
    for quad in view.quads(None, Some(vocab::CONTENT_HASH), Some(hash.as_ref().into()), None) {
        let Some(id) = subject_id(&quad?.subject) else { continue };
        let end = view.text(id, vocab::EXPIRES_AT)?.and_then(|text| text.parse::<Timestamp>().ok());
        if outlasts(end, new.expires_at, now) && view.is_a(id, vocab::MEMORY)? && !is_over(view, id)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// What was forgotten, retracted or ended may be told again.
pub(super) fn is_over(view: &View<'_>, id: Id) -> Result<bool> {
    for end in [ext::INVALIDATED_AT, vocab::RETRACTED_AT, vocab::VALID_TO] {
        if view.object(id, end)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What has expired, or will before this one, may be told again.
fn outlasts(end: Option<Timestamp>, new_end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_none_or(|end| end > now && new_end.is_some_and(|new_end| new_end <= end))
}

/// Memories of one decision, which the store does not know yet.
#[derive(Default)]
pub(super) struct Twins {
    by_hash: HashMap<String, (Id, Option<Timestamp>)>,
    by_key: HashMap<(String, String), Id>,
}

impl Twins {
    /// Finds the same memory among them.
    pub fn find(&self, new: &NewMemory, hash: &str, now: Timestamp) -> Option<Id> {
        let keyed = new.idempotency_key.as_ref().and_then(|key| self.by_key.get(&(new.space.clone(), key.clone())));
        let same = self.by_hash.get(hash).filter(|(_, end)| outlasts(*end, new.expires_at, now));
        keyed.or(same.map(|(id, _)| id)).copied()
    }

    /// Keeps one.
    pub fn keep(&mut self, new: &NewMemory, hash: String, id: Id) {
        if let Some(key) = &new.idempotency_key {
            self.by_key.insert((new.space.clone(), key.clone()), id);
        }
        self.by_hash.insert(hash, (id, new.expires_at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_circumstances_keeps_its_old_fingerprint() {
        let told = NewMemory::new("The ferry leaves at nine");
        let mut hasher = blake3::Hasher::new();
        for part in ["episode", "personal", "The ferry leaves at nine"] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        assert_eq!(fingerprint(&told), hasher.finalize().to_hex().to_string());
    }

    #[test]
    fn each_circumstance_makes_another_memory() {
        let plain = NewMemory::new("Yes.");
        let session = NewMemory { session: Some("Monday".into()), ..plain.clone() };
        let speaker = NewMemory { speaker: Some("Monday".into()), ..plain.clone() };
        let at = NewMemory { happened_at: Some(Timestamp::from_millis(0)), ..plain.clone() };
        let prints: std::collections::HashSet<String> =
            [&plain, &session, &speaker, &at].into_iter().map(fingerprint).collect();
        assert_eq!(prints.len(), 4);
        let same = NewMemory { session: Some(" monday ".into()), ..plain };
        assert_eq!(fingerprint(&same), fingerprint(&session));
    }
}
