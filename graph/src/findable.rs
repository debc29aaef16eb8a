//! What an index finds a text by: the text, where it stands, who said it, and what came before.

use crate::dates;
use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::index::{self, IndexText};
use crate::record::{Kind, Reader, Record};
use crate::store::View;
use crate::time::Timestamp;

/// A passage of a note that is shorter than this is indexed with the end of the one before it.
const SHORT_TEXT_BYTES: usize = 240;
/// How much of the one before.
const BEFORE_BYTES: usize = 160;
/// How much of what was said before in a conversation, its speaker included: an answer means little without its question.
const SAID_BEFORE_BYTES: usize = 300;

/// Returns what an index finds each of `ids` by, or `None` for what is not to be found. What they share (a note, the commit
/// that took them out) is read once.
pub(crate) fn index_texts(view: &View<'_>, ids: &[Id]) -> Result<Vec<Option<IndexText>>> {
    let mut reader = Reader::new(view);
    let now = view.head()?.map_or(Timestamp::from_millis(0), Id::minted_at);
    ids.iter().map(|id| index_text(&mut reader, *id, now)).collect()
}

fn index_text(reader: &mut Reader<'_>, id: Id, now: Timestamp) -> Result<Option<IndexText>> {
    let Some((record, is_there)) = reader.read_last(id)? else { return Ok(None) };
    if !record.is_text() {
        return Ok(None);
    }
    let is_past = !is_there || !(record.stands_at(now) || record.is_superseded());
    let before = before(reader, &record)?;
    let times = times_of(&record);
    let told_about = if record.kind == Kind::Passage { &[] } else { record.entities.as_slice() };
    let kind = kind(reader, &record)?;
    let about = told_about.iter().map(|id| entity::label(reader.view, *id)).collect::<Result<_>>()?;
    Ok(Some(IndexText {
        space: record.space,
        kind: kind.as_str().to_owned(),
        title: record.title,
        headings: record.source.heading.unwrap_or_default(),
        speaker: record.speaker.unwrap_or_default(),
        text: record.text,
        before,
        session: record.session.unwrap_or_default(),
        about,
        at: Some(record.happened_at.unwrap_or(record.recorded_at)),
        times,
        is_past,
    }))
}

/// Returns as what a text is found: a piece of a long memory as what that is, a piece of a file as a piece.
fn kind(reader: &mut Reader<'_>, record: &Record) -> Result<Kind> {
    let whole = record.part_of.filter(|_| record.kind == Kind::Passage && record.source.path.is_none());
    let whole = whole.map(|whole| reader.read(whole)).transpose()?.flatten();
    Ok(whole.map_or(record.kind, |whole| whole.kind))
}

/// Returns the days and moments that a text names, and the day that its note is of: that is the day of all that it says.
pub(crate) fn times_of(record: &Record) -> Vec<Timestamp> {
    let of_note = record.written_on;
    let of_memory = || dates::day_of(record.happened_at.unwrap_or(record.recorded_at));
    let day = if record.kind == Kind::Passage { of_note } else { of_memory() };
    let whole = of_note.filter(|_| record.is_dated).map(|day| dates::Said { day, time: None, is_relative: false });
    let mut times: Vec<i64> =
        dates::days(&record.text, day).into_iter().chain(whole).filter_map(dates::Said::millis).collect();
    times.sort_unstable();
    times.dedup();
    times.into_iter().map(Timestamp::from_millis).collect()
}

fn before(reader: &mut Reader<'_>, record: &Record) -> Result<String> {
    let is_said = record.session.is_some();
    let Some(previous) = record.follows.filter(|_| is_said || record.text.len() < SHORT_TEXT_BYTES) else {
        return Ok(String::new());
    };
    let previous = reader.read(previous)?;
    Ok(match previous {
        Some(previous) if !is_said => tail(&previous.text, BEFORE_BYTES).to_owned(),
        // What was forgotten must not be found by the one that came after it.
        Some(previous) if previous.forgotten_at.is_none() => {
            said_last(previous.speaker.as_deref().unwrap_or_default(), &previous.text)
        }
        _ => String::new(),
    })
}

/// The end of what somebody said, with the speaker in front.
fn said_last(speaker: &str, text: &str) -> String {
    // A name that would take half of it says less than the words.
    let speaker = if speaker.len() > SAID_BEFORE_BYTES / 2 { "" } else { speaker };
    let frame = if speaker.is_empty() { 0 } else { speaker.len() + ": ".len() };
    index::said(speaker, tail(text, SAID_BEFORE_BYTES - frame)).into_owned()
}

/// Returns the last `bytes` of a text, from a word's start.
fn tail(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    if start == 0 {
        return text;
    }
    text[start..].find(char::is_whitespace).map_or("", |space| text[start + space..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_was_said_has_its_speaker_and_fits() {
        assert_eq!(said_last("Ann", "Shall we?"), "Ann: Shall we?");
        assert_eq!(said_last("", "Shall we?"), "Shall we?");
        assert_eq!(said_last("Ann", "Ann: Shall we?"), "Ann: Shall we?");
        let long = said_last("Ann", &"word ".repeat(SAID_BEFORE_BYTES));
        assert!(long.starts_with("Ann: word") && long.len() <= SAID_BEFORE_BYTES, "{}", long.len());
        let name = "n".repeat(SAID_BEFORE_BYTES / 2 + 1);
        assert_eq!(said_last(&name, "Shall we?"), "Shall we?");
        assert!(said_last(&name[1..], "Shall we?").starts_with('n'));
    }
}
