//! What masking secrets changes in what is kept already, the history included.
//!
//! As with an erasure, it is worked out from the ids alone whenever it is applied: no copy of a secret is kept for a replay.

use std::collections::{BTreeSet, HashMap};

use oxigraph::model::Quad;

use crate::error::Result;
use crate::id::Id;
use crate::journal;
use crate::secret;
use crate::secret::masking::{self, Spelled};
use crate::store::{View, string, subject_id, term_text};
use crate::verbs::twin;
use crate::vocab::{self, ext};

/// Masks the secrets in all that `ids` say: nodes, and commits with the differences that they made.
pub(crate) fn apply(view: &mut View<'_>, ids: &BTreeSet<Id>) -> Result<()> {
    // Read before anything is masked: a piece of a text is masked as the whole is.
    let mut pieces = Pieces::default();
    for id in ids {
        pieces.take(view, *id)?;
    }
    for id in ids {
        let said = view.about(*id)?;
        let is_memory =
            said.iter().any(|quad| quad.predicate == ext::TYPE && quad.object == vocab::MEMORY.into_owned().into());
        // Only where it is known what the hash is of, one of what is kept now takes its place.
        let hash = if is_memory { view.text(*id, vocab::CONTENT_HASH)? } else { None };
        let is_known = hash.is_some() && twin::fingerprint_of(view, *id)? == hash;
        let mut spelled = Spelled::default();
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for quad in &said {
            if let Some(masked) = pieces.masked(quad) {
                spelled.take(quad);
                added.push(masked);
                removed.push(quad.clone());
            } else if is_memory && quad.predicate == vocab::CONTENT_HASH {
                removed.push(quad.clone());
            }
        }
        for quad in &said {
            if let Some(key) = spelled.key(quad) {
                added.push(key);
                removed.push(quad.clone());
            }
        }
        pieces.spelled.insert(*id, spelled);
        view.apply(&added, &removed);
        if let (true, Some(old)) = (is_known, hash)
            && let Some(new) = twin::fingerprint_of(view, *id)?
        {
            // Told again, it is masked before it is compared, so that it is known for the same.
            view.apply(&[Quad::new(vocab::node(*id), vocab::CONTENT_HASH, string(&new), vocab::MEMORY_GRAPH)], &[]);
            pieces.hashes.insert(*id, (old, new));
        }
    }
    for id in ids {
        if journal::is_commit(view, *id)? {
            let (added, removed) = journal::difference(view, *id)?;
            let [added, removed] = [added, removed].map(|quads| pieces.masked_all(quads, ids));
            journal::rewrite(view, *id, &added, &removed, false)?;
        }
    }
    Ok(())
}

/// Texts of which pieces are kept beside them, masked as a whole: a secret may lie across two pieces.
#[derive(Default)]
pub(crate) struct Pieces {
    /// By the piece: the text as it is, and as it is to be.
    texts: HashMap<Id, (String, String)>,
    spelled: HashMap<Id, Spelled>,
    /// By the memory: the hash of what it says, as it was and as it is.
    hashes: HashMap<Id, (String, String)>,
}

impl Pieces {
    /// Works out the pieces of a node whose text is masked; returns those that change.
    pub fn take(&mut self, view: &View<'_>, id: Id) -> Result<Vec<Id>> {
        let mut changed = Vec::new();
        let Some(whole) = view.text(id, ext::TEXT)? else { return Ok(changed) };
        let mut masked = whole.clone();
        if secret::mask(&mut masked).is_empty() {
            return Ok(changed);
        }
        for part in view.subjects(vocab::PART_OF, vocab::node(id).as_ref().into(), usize::MAX)? {
            let place = |predicate| -> Result<Option<usize>> {
                Ok(view.text(part, predicate)?.and_then(|number| number.parse().ok()))
            };
            let (Some(start), Some(end)) = (place(vocab::START)?, place(vocab::END)?) else { continue };
            let (Some(text), Some(was), Some(is)) =
                (view.text(part, ext::TEXT)?, whole.get(start..end), masked.get(start..end))
            else {
                continue;
            };
            if text == was && was != is {
                self.texts.insert(part, (text, is.to_owned()));
                changed.push(part);
            }
        }
        Ok(changed)
    }

    /// Returns a statement as it may be kept, if that is another.
    fn masked(&self, quad: &Quad) -> Option<Quad> {
        let piece = subject_id(&quad.subject).and_then(|id| self.texts.get(&id));
        let is_piece = |(was, _): &&(String, String)| {
            quad.predicate == ext::TEXT && term_text(&quad.object).as_deref() == Some(was.as_str())
        };
        match piece.filter(is_piece) {
            Some((_, is)) => Some(Quad { object: string(is).into(), ..quad.clone() }),
            None => masking::quad(quad).map(|(masked, _)| masked),
        }
    }

    /// What is told of a text by its hash can be guessed, if it is short.
    fn masked_all(&self, quads: Vec<Quad>, ids: &BTreeSet<Id>) -> Vec<Quad> {
        let of_memory = |quad: &Quad| {
            let is_hash = quad.predicate == vocab::CONTENT_HASH && quad.graph_name == vocab::MEMORY_GRAPH.into();
            subject_id(&quad.subject).filter(|id| is_hash && ids.contains(id))
        };
        let hashed = |quad: Quad| match of_memory(&quad) {
            None => Some(quad),
            Some(id) => {
                let (old, new) = self.hashes.get(&id)?;
                let is_same = term_text(&quad.object).as_deref() == Some(old);
                is_same.then(|| Quad { object: string(new).into(), ..quad })
            }
        };
        let masked = |quad: Quad| {
            let spelled = subject_id(&quad.subject).and_then(|id| self.spelled.get(&id));
            let key = || spelled.and_then(|spelled| spelled.key(&quad));
            self.masked(&quad).or_else(key).unwrap_or(quad)
        };
        quads.into_iter().filter_map(hashed).map(masked).collect()
    }
}
