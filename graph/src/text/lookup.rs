//! Looking up cards and names, beside searching.

use std::collections::{BTreeSet, HashSet};
use std::ops::{Bound, Range};

use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Order, Searcher, TERMINATED, Term};

use super::card::{Card, Columns};
use super::schema::{self, Fields, past_term, tokens};
use super::{TextIndex, failed};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::moment::Moment;

/// The texts that hold a name or words.
pub(crate) struct Holders {
    /// How many there are, forgotten ones that tantivy has not merged away included.
    pub count: u64,
    /// Some of them.
    pub ids: Vec<Id>,
}

/// How a text holds a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It mentions it.
    Mention,
    /// It is called by it.
    Title,
}

/// Opens the columns of every segment.
pub(super) fn columns(searcher: &Searcher) -> Result<Vec<Columns>> {
    searcher.segment_readers().iter().map(|segment| Columns::open(segment).map_err(failed)).collect()
}

/// Returns the ids of what is past.
pub(super) fn past(searcher: &Searcher, columns: &[Columns], fields: &Fields) -> Result<HashSet<Id>> {
    let term = past_term(fields);
    let mut ids = HashSet::new();
    for (segment, columns) in searcher.segment_readers().iter().zip(columns) {
        let index = segment.inverted_index(fields.past).map_err(failed)?;
        let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic).map_err(io)? else { continue };
        while postings.doc() != TERMINATED {
            if segment.alive_bitset().is_none_or(|alive| alive.is_alive(postings.doc())) {
                ids.insert(columns.id(postings.doc())?);
            }
            postings.advance();
        }
    }
    Ok(ids)
}

fn io(error: std::io::Error) -> Error {
    Error::io("the full-text index", &error)
}

impl TextIndex {
    /// Returns how many texts there are, about.
    pub fn count(&self) -> u64 {
        let state = self.state.read();
        state.searcher.num_docs() + state.overlay.len() as u64
    }

    /// Returns the card of each text that is there.
    pub fn cards(&self, ids: &[Id]) -> Result<Vec<Option<Card>>> {
        let state = self.state.read();
        let mut segments = Vec::with_capacity(state.columns.len());
        for (segment, columns) in state.searcher.segment_readers().iter().zip(&state.columns) {
            segments.push((segment, segment.inverted_index(self.fields.id).map_err(failed)?, columns));
        }
        let mut cards = Vec::with_capacity(ids.len());
        for id in ids {
            if state.overlay.holds(*id) {
                cards.push(state.overlay.card(*id).cloned());
                continue;
            }
            let term = Term::from_field_u64(self.fields.id, id.0);
            let mut found = None;
            for (segment, index, columns) in &segments {
                let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic).map_err(io)? else {
                    continue;
                };
                while postings.doc() != TERMINATED && segment.is_deleted(postings.doc()) {
                    postings.advance();
                }
                if postings.doc() != TERMINATED {
                    found = Some(columns.card(postings.doc()));
                    break;
                }
            }
            cards.push(found);
        }
        Ok(cards)
    }

    /// Returns the texts of some spaces (of all if there are none) with every word of some words, at most `limit`, newest
    /// first; without those that are past, unless the past is asked for, up to the text that was then the newest. Words
    /// that no text is found by find none.
    pub fn having(&self, words: &str, spaces: &[String], limit: usize, moment: Moment) -> Result<Holders> {
        let (also_past, newest) = (!moment.is_now(), moment.newest_id());
        let terms: BTreeSet<String> = tokens(words).into_iter().map(|token| token.text).collect();
        let mut holders = Holders { count: 0, ids: Vec::new() };
        if terms.is_empty() || limit == 0 {
            return Ok(holders);
        }
        let field = self.fields.searched[0];
        let one = |term: &String| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::Basic))
        };
        let mut all: Vec<(Occur, Box<dyn Query>)> = terms.iter().map(|term| (Occur::Must, one(term))).collect();
        if !also_past {
            all.push((Occur::MustNot, Box::new(TermQuery::new(past_term(&self.fields), IndexRecordOption::Basic))));
        }
        if let Some(newest) = newest {
            let up_to =
                RangeQuery::new(Bound::Unbounded, Bound::Included(Term::from_field_u64(self.fields.id, newest.0)));
            all.push((Occur::Must, Box::new(up_to)));
        }
        if !spaces.is_empty() {
            let of = |space: &String| -> Box<dyn Query> {
                Box::new(TermQuery::new(Term::from_field_text(self.fields.space, space), IndexRecordOption::Basic))
            };
            let any = spaces.iter().map(|space| (Occur::Should, of(space))).collect();
            all.push((Occur::Must, Box::new(BooleanQuery::new(any))));
        }
        let state = self.state.read();
        // Texts that the overlay replaces are dropped below, so a few more are asked for.
        let most = limit + state.overlay.len().min(limit);
        let top = TopDocs::with_limit(most).order_by_fast_field::<u64>(schema::ID, Order::Desc);
        let (found, count) = state.searcher.search(&BooleanQuery::new(all), &(top, Count)).map_err(failed)?;
        let ids = found.into_iter().filter_map(|(id, _)| id.map(Id)).filter(|id| !state.overlay.holds(*id));
        holders.ids.extend(ids);
        let mut new = state.overlay.having(&terms, spaces, also_past);
        new.retain(|id| !moment.is_before(*id));
        holders.count = (count + new.len()) as u64;
        holders.ids.extend(new);
        holders.ids.sort_unstable_by(|a, b| b.cmp(a));
        holders.ids.truncate(limit);
        Ok(holders)
    }

    /// Returns the texts that name a time of a range, newest first, at most `limit`; without those that are past, unless
    /// the past is asked for.
    pub fn within(&self, range: &Range<i64>, limit: usize, also_past: bool) -> Result<Vec<Id>> {
        let bound = |at: i64| Term::from_field_i64(self.fields.cards.times, at);
        let times = RangeQuery::new(Bound::Included(bound(range.start)), Bound::Excluded(bound(range.end)));
        let mut all: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(times))];
        if !also_past {
            all.push((Occur::MustNot, Box::new(TermQuery::new(past_term(&self.fields), IndexRecordOption::Basic))));
        }
        let state = self.state.read();
        let most = limit + state.overlay.len().min(limit);
        let newest = TopDocs::with_limit(most.max(1)).order_by_fast_field::<u64>(schema::ID, Order::Desc);
        let found = state.searcher.search(&BooleanQuery::new(all), &newest).map_err(failed)?;
        let mut ids: Vec<Id> = found.into_iter().filter_map(|(id, _)| id.map(Id)).collect();
        ids.retain(|id| !state.overlay.holds(*id));
        let named = |card: &Card| card.times.iter().any(|at| range.contains(at));
        ids.extend(state.overlay.with_card(named).filter(|id| also_past || !state.past.contains(id)));
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.truncate(limit);
        Ok(ids)
    }

    /// Returns the texts that hold a name, at most `limit`, oldest first.
    pub fn holders(&self, holds: Holds, key: u64, limit: usize) -> Result<Holders> {
        let state = self.state.read();
        let field = match holds {
            Holds::Mention => self.fields.cards.mentions,
            Holds::Title => self.fields.cards.called,
        };
        let term = Term::from_field_u64(field, key);
        let mut holders = Holders { count: 0, ids: Vec::new() };
        for (segment, columns) in state.searcher.segment_readers().iter().zip(&state.columns) {
            let index = segment.inverted_index(field).map_err(failed)?;
            let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic).map_err(io)? else {
                continue;
            };
            holders.count += u64::from(index.doc_freq(&term).map_err(io)?);
            while postings.doc() != TERMINATED && holders.ids.len() < limit {
                if !segment.is_deleted(postings.doc()) {
                    let id = columns.id(postings.doc())?;
                    if !state.overlay.holds(id) {
                        holders.ids.push(id);
                    }
                }
                postings.advance();
            }
        }
        let is_wanted = |card: &Card| match holds {
            Holds::Mention => card.mentions.contains(&key),
            Holds::Title => card.called.contains(&key),
        };
        for id in state.overlay.with_card(is_wanted) {
            holders.count += 1;
            if holders.ids.len() < limit {
                holders.ids.push(id);
            }
        }
        // Segments come in no order.
        holders.ids.sort_unstable();
        Ok(holders)
    }
}
