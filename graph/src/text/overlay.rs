//! Texts that tantivy has not committed yet, scored by the same formula and the same statistics.

use std::collections::{BTreeSet, HashMap, HashSet};

use tantivy::Searcher;
use tantivy::query::Bm25StatisticsProvider as _;

use super::card::Card;
use super::schema::{Fields, tokens};
use crate::error::Result;
use crate::id::Id;
use crate::index::{IndexQuery, Scored, Update};

/// BM25's parameters as tantivy has them (Robertson and Zaragoza 2009).
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The newest texts, by id; `None` for one that is gone.
#[derive(Default)]
pub(super) struct Overlay(HashMap<Id, Option<Pending>>);

struct Pending {
    space: String,
    kind: String,
    is_past: bool,
    card: Card,
    /// Terms with their counts, and the length, of each searched field.
    fields: [(HashMap<String, u32>, u32); 3],
}

impl Overlay {
    /// Takes in a change.
    pub fn put(&mut self, _fields: &Fields, update: &Update) {
        let pending = update.text.as_ref().map(|text| Pending {
            space: text.space.clone(),
            kind: text.kind.clone(),
            is_past: text.is_past,
            card: Card::of(text),
            fields: Fields::texts(text).map(|text| {
                let mut counts = HashMap::new();
                let mut length = 0;
                for token in tokens(text) {
                    *counts.entry(token.text).or_insert(0) += 1;
                    length += 1;
                }
                (counts, length)
            }),
        });
        self.0.insert(update.id, pending);
    }

    /// Returns how many changes it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether it replaces what tantivy says of `id`.
    pub fn holds(&self, id: Id) -> bool {
        self.0.contains_key(&id)
    }

    /// Returns the ids that have a text here.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.0.iter().filter(|(_, pending)| pending.is_some()).map(|(id, _)| *id)
    }

    /// Returns the card of a text here.
    pub fn card(&self, id: Id) -> Option<&Card> {
        self.0.get(&id)?.as_ref().map(|pending| &pending.card)
    }

    /// Returns the texts here whose cards are wanted.
    pub fn with_card(&self, is_wanted: impl Fn(&Card) -> bool) -> impl Iterator<Item = Id> {
        let wanted = move |(id, pending): (&Id, &Option<Pending>)| {
            pending.as_ref().is_some_and(|pending| is_wanted(&pending.card)).then_some(*id)
        };
        self.0.iter().filter_map(wanted)
    }

    /// Returns the texts here, of some spaces or all, that have all of the terms.
    pub fn having(&self, terms: &BTreeSet<String>, spaces: &[String], also_past: bool) -> Vec<Id> {
        let has_all = |pending: &Pending| terms.iter().all(|term| pending.fields[0].0.contains_key(term));
        let wanted = |(id, pending): (&Id, &Option<Pending>)| {
            let pending = pending.as_ref().filter(|pending| also_past || !pending.is_past)?;
            let is_inside = spaces.is_empty() || spaces.contains(&pending.space);
            if !is_inside {
                return None;
            }
            has_all(pending).then_some(*id)
        };
        self.0.iter().filter_map(wanted).collect()
    }

    /// Scores every text here that has one of the terms.
    pub fn search(
        &self,
        fields: &Fields,
        searcher: &Searcher,
        terms: &[String],
        query: &IndexQuery<'_>,
    ) -> Result<Vec<Scored>> {
        let spaces = query.spaces;
        let is_of = |kind: &str| query.kinds.is_empty() || query.kinds.iter().any(|wanted| wanted.as_str() == kind);
        let here: Vec<(Id, &Pending)> = self
            .0
            .iter()
            .filter_map(|(id, pending)| Some((*id, pending.as_ref()?)))
            .filter(|(_, pending)| spaces.is_empty() || spaces.contains(&pending.space))
            .filter(|(_, pending)| is_of(&pending.kind))
            .filter(|(_, pending)| !pending.is_past || query.past.is_none())
            .filter(|(id, _)| query.newest.is_none_or(|newest| *id <= newest))
            .collect();
        let wanted: HashSet<&str> = terms.iter().map(String::as_str).collect();
        let mut scores: HashMap<Id, f32> = HashMap::new();
        for (position, field) in fields.searched.iter().enumerate() {
            let documents = searcher.total_num_docs().map_err(super::failed)? as f32 + here.len() as f32;
            let tokens = searcher.total_num_tokens(*field).map_err(super::failed)? as f32
                + here.iter().map(|(_, pending)| pending.fields[position].1 as f32).sum::<f32>();
            let average = (tokens / documents.max(1.0)).max(1.0);
            for term in &wanted {
                let holders: Vec<_> = here
                    .iter()
                    .filter_map(|(id, pending)| {
                        Some((*id, *pending.fields[position].0.get(*term)?, pending.fields[position].1))
                    })
                    .collect();
                if holders.is_empty() {
                    continue;
                }
                let indexed =
                    searcher.doc_freq(&tantivy::Term::from_field_text(*field, term)).map_err(super::failed)? as f32;
                let frequency = indexed + holders.len() as f32;
                let idf = (1.0 + (documents - frequency + 0.5).max(0.0) / (frequency + 0.5)).ln();
                for (id, count, length) in holders {
                    let count = count as f32;
                    let norm = K1 * (1.0 - B + B * length as f32 / average);
                    *scores.entry(id).or_insert(0.0) +=
                        Fields::boost(position) * idf * (K1 + 1.0) * count / (count + norm);
                }
            }
        }
        Ok(scores.into_iter().map(|(id, score)| Scored { id, score }).collect())
    }
}
