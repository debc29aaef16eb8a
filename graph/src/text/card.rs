//! What the full-text index keeps of each text beside its words, for ranking: small numbers in columns, so that a
//! hundred candidates are looked up without reading the graph.

use std::collections::BTreeSet;

use tantivy::columnar::Column;
use tantivy::schema::{FAST, Field, INDEXED, SchemaBuilder};
use tantivy::{SegmentReader, TantivyDocument};

use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::IndexText;
use crate::names;

/// Not `space`, which is searched.
const SPACE: &str = "space_key";
const SESSION: &str = "session";
const SPEAKER: &str = "speaker";
const AT: &str = "at";
const TIMES: &str = "times";
const MENTIONS: &str = "mentions";
const ABOUT: &str = "about";

/// What is kept of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Card {
    /// The key of its space; `None` if nothing is known of the text.
    pub space: Option<u64>,
    /// The conversation it belongs to, as a key; `None` outside of one.
    pub session: Option<u64>,
    /// The key of who said it.
    pub speaker: Option<u64>,
    /// When it happened or was recorded, in milliseconds since 1970, if that is known.
    pub at: Option<i64>,
    /// The days and moments that it names, likewise.
    pub times: Vec<i64>,
    /// Keys of the names it mentions.
    pub mentions: Vec<u64>,
    /// Keys of whom and what it may be about, if nobody is known to have said it.
    pub about: Vec<u64>,
    /// Keys of what it is called itself. Only filled where a text is put in.
    pub called: Vec<u64>,
}

impl Card {
    /// Makes the card of a text.
    pub fn of(text: &IndexText) -> Self {
        let key = |name: &String| names::key(name);
        let about: BTreeSet<String> = if text.speaker.is_empty() {
            let told = text.about.iter().flat_map(|name| names::called(name));
            told.chain(names::mentioned(&text.text)).chain(names::capitalised(&text.text)).collect()
        } else {
            BTreeSet::new()
        };
        let title = Some(text.title.as_str()).filter(|title| !title.is_empty()).or(names::title_line(&text.text));
        Self {
            space: Some(space_key(&text.space)),
            // As the graph tells conversations apart: by more than their words.
            session: (!text.session.is_empty()).then(|| names::hash(&entity::session_key(&text.space, &text.session))),
            speaker: (!text.speaker.is_empty()).then(|| names::key(&text.speaker)),
            at: text.at.map(|at| at.as_millis()),
            times: text.times.iter().map(|at| at.as_millis()).collect(),
            mentions: names::mentioned(&text.text).iter().map(key).collect(),
            about: about.iter().map(key).collect(),
            called: title.map(names::called).unwrap_or_default().iter().map(key).collect(),
        }
    }
}

/// The key of a space.
pub(crate) fn space_key(space: &str) -> u64 {
    names::hash(space)
}

/// The fields that hold cards.
#[derive(Clone, Copy)]
pub(super) struct CardFields {
    space: Field,
    session: Field,
    speaker: Field,
    at: Field,
    pub times: Field,
    pub mentions: Field,
    about: Field,
    pub called: Field,
}

impl CardFields {
    /// Adds them to a schema.
    pub fn new(schema: &mut SchemaBuilder) -> Self {
        Self {
            space: schema.add_u64_field(SPACE, FAST),
            session: schema.add_u64_field(SESSION, FAST),
            speaker: schema.add_u64_field(SPEAKER, FAST),
            at: schema.add_i64_field(AT, FAST),
            times: schema.add_i64_field(TIMES, INDEXED | FAST),
            mentions: schema.add_u64_field(MENTIONS, INDEXED | FAST),
            about: schema.add_u64_field(ABOUT, FAST),
            called: schema.add_u64_field("called", INDEXED),
        }
    }

    /// Writes a card into a document.
    pub fn write(&self, card: &Card, document: &mut TantivyDocument) {
        if let Some(space) = card.space {
            document.add_u64(self.space, space);
        }
        if let Some(session) = card.session {
            document.add_u64(self.session, session);
        }
        if let Some(speaker) = card.speaker {
            document.add_u64(self.speaker, speaker);
        }
        if let Some(at) = card.at {
            document.add_i64(self.at, at);
        }
        card.times.iter().for_each(|at| document.add_i64(self.times, *at));
        card.mentions.iter().for_each(|key| document.add_u64(self.mentions, *key));
        card.about.iter().for_each(|key| document.add_u64(self.about, *key));
        card.called.iter().for_each(|key| document.add_u64(self.called, *key));
    }
}

/// The columns of one segment.
pub(super) struct Columns {
    id: Column<u64>,
    space: Column<u64>,
    session: Column<u64>,
    speaker: Column<u64>,
    at: Column<i64>,
    times: Column<i64>,
    mentions: Column<u64>,
    about: Column<u64>,
}

impl Columns {
    /// Opens them.
    pub fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self {
            id: columns.u64(super::schema::ID)?,
            space: columns.u64(SPACE)?,
            session: columns.u64(SESSION)?,
            speaker: columns.u64(SPEAKER)?,
            at: columns.i64(AT)?,
            times: columns.i64(TIMES)?,
            mentions: columns.u64(MENTIONS)?,
            about: columns.u64(ABOUT)?,
        })
    }

    /// Reads an id.
    pub fn id(&self, document: u32) -> Result<Id> {
        self.id.first(document).map(Id).ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "a text in the full-text index has no id")
                .hint("run `hydra rebuild --index text`")
        })
    }

    /// Reads a card; what it is called is not in a column.
    pub fn card(&self, document: u32) -> Card {
        Card {
            space: self.space.first(document),
            session: self.session.first(document),
            speaker: self.speaker.first(document),
            at: self.at.first(document),
            times: self.times.values_for_doc(document).collect(),
            mentions: self.mentions.values_for_doc(document).collect(),
            about: self.about.values_for_doc(document).collect(),
            called: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_are_told_apart_as_in_the_graph() {
        let session = |space: &str, session: &str| {
            let (space, session) = (space.to_owned(), session.to_owned());
            Card::of(&IndexText { space, session, ..IndexText::default() }).session
        };
        assert_ne!(session("a", "b/c"), session("a/b", "c"));
        assert_ne!(session("a", "C++"), session("a", "C#"));
        assert_eq!(session("a", "Monday  Call"), session("a", "monday call"));
        assert_eq!(session("a", ""), None);
    }
}
