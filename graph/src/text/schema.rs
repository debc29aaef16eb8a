//! The fields of the full-text index, and the query over them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Bound;

use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, RangeQuery, TermQuery};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, TextAnalyzer, Token, TokenStream as _};
use tantivy::{TantivyDocument, Term};

use super::analyser::{analyser, question_analyser};
use super::card::{Card, CardFields};
use crate::id::Id;
use crate::index::{IndexQuery, IndexText};

/// Name of the id's column.
pub(super) const ID: &str = "id";
/// The term of what is past.
const PAST: &str = "1";
/// Different terms of one question that are searched, from its start.
pub(super) const MAX_TERMS: usize = 64;
/// What a term is worth by the field it stands in: text, headings, title.
const BOOSTS: [f32; 3] = [1.0, 0.6, 0.8];

/// The fields.
pub(super) struct Fields {
    pub schema: Schema,
    pub id: Field,
    pub space: Field,
    pub kind: Field,
    /// Has a term where the text is past.
    pub past: Field,
    /// Text, headings, title: in the order of their boosts.
    pub searched: [Field; 3],
    pub cards: CardFields,
}

impl Fields {
    /// Lays them out.
    pub fn new() -> Self {
        let mut schema = Schema::builder();
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs).set_fieldnorms(true),
        );
        let id = schema.add_u64_field(ID, INDEXED | FAST);
        let space = schema.add_text_field("space", STRING);
        let kind = schema.add_text_field("kind", STRING);
        let past = schema.add_text_field("past", STRING);
        let text = schema.add_text_field("text", words.clone());
        let headings = schema.add_text_field("headings", words.clone());
        let title = schema.add_text_field("title", words);
        let cards = CardFields::new(&mut schema);
        Self { schema: schema.build(), id, space, kind, past, searched: [text, headings, title], cards }
    }

    /// Returns what is analysed, in the order of `searched`.
    pub fn texts(text: &IndexText) -> [Cow<'_, str>; 3] {
        [text.said(), Cow::Borrowed(&text.headings), Cow::Borrowed(&text.title)]
    }

    /// Makes a document. The terms are made here, by the one analyser that questions go through too.
    pub fn document(&self, id: Id, text: &IndexText) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(self.id, id.0);
        document.add_text(self.space, &text.space);
        document.add_text(self.kind, &text.kind);
        if text.is_past {
            document.add_text(self.past, PAST);
        }
        self.cards.write(&Card::of(text), &mut document);
        for (field, text) in self.searched.iter().zip(Self::texts(text)) {
            document.add_pre_tokenized_text(*field, PreTokenizedString { text: String::new(), tokens: tokens(text) });
        }
        document
    }

    /// Returns the boost of the n-th searched field.
    pub fn boost(position: usize) -> f32 {
        BOOSTS[position]
    }
}

/// Returns the different terms of a question, in a stable order. One that only asks is searched by what it has.
pub(super) fn asked(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let asked = analyse(question_analyser(), text);
    let asked = if asked.is_empty() { tokens(text) } else { asked };
    asked.into_iter().map(|token| token.text).filter(|term| seen.insert(term.clone())).take(MAX_TERMS).collect()
}

/// Analyses a text.
pub(super) fn tokens(text: impl AsRef<str>) -> Vec<Token> {
    analyse(analyser(), text.as_ref())
}

fn analyse(mut analyser: TextAnalyzer, text: &str) -> Vec<Token> {
    let mut stream = analyser.token_stream(text);
    let mut tokens = Vec::new();
    stream.process(&mut |token| tokens.push(token.clone()));
    tokens
}

/// The term by which what is past is found.
pub(super) fn past_term(fields: &Fields) -> Term {
    Term::from_field_text(fields.past, PAST)
}

/// Any of the terms in any field, in any of the spaces, of the time that is asked for.
pub(super) fn query_of(fields: &Fields, terms: &[String], query: &IndexQuery<'_>) -> BooleanQuery {
    let spaces = query.spaces;
    let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    for (position, field) in fields.searched.iter().enumerate() {
        for term in terms {
            let query = TermQuery::new(Term::from_field_text(*field, term), IndexRecordOption::WithFreqs);
            any.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query), Fields::boost(position)))));
        }
    }
    let words = BooleanQuery::new(any);
    let has_past = query.past.is_some_and(|past| !past.is_empty());
    if spaces.is_empty() && query.kinds.is_empty() && query.newest.is_none() && !has_past {
        return words;
    }
    let mut all: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(words))];
    if has_past {
        let past = TermQuery::new(past_term(fields), IndexRecordOption::Basic);
        all.push((Occur::MustNot, Box::new(past)));
    }
    if let Some(newest) = query.newest {
        let up_to = RangeQuery::new(Bound::Unbounded, Bound::Included(Term::from_field_u64(fields.id, newest.0)));
        all.push((Occur::Must, Box::new(BoostQuery::new(Box::new(up_to), 0.0))));
    }
    let kinds = query.kinds.iter().map(|kind| Term::from_field_text(fields.kind, kind.as_str())).collect();
    let spaces = spaces.iter().map(|space| Term::from_field_text(fields.space, space)).collect();
    all.extend([spaces, kinds].into_iter().filter_map(any_of));
    BooleanQuery::new(all)
}

/// One of these terms has to be there; nothing is asked if there are none.
fn any_of(terms: Vec<Term>) -> Option<(Occur, Box<dyn Query>)> {
    if terms.is_empty() {
        return None;
    }
    let one =
        |term| -> (Occur, Box<dyn Query>) { (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::Basic))) };
    let any = BooleanQuery::new(terms.into_iter().map(one).collect());
    // A boost of zero: it filters, it does not score.
    Some((Occur::Must, Box::new(BoostQuery::new(Box::new(any), 0.0))))
}
