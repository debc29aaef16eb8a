//! Doors for `fuzz/`, which hands whatever it makes up to the readers behind them and looks whether what they promise holds.

use jiff::civil::Date;

use crate::decision::Choice;
use crate::map::Placement;
use crate::predicate::Predicates;
use crate::preference::sentence;
use crate::{dates, dump, journal, redo, reference, secret, sparql};

/// Finds the days that a text names.
///
/// # Panics
/// When a promise is broken.
pub fn dates(text: &str) {
    let today = Date::constant(2026, 12, 1);
    for written in [None, Some(today), Some(Date::MIN), Some(Date::MAX)] {
        let days = dates::days(text, written);
        assert!(days.len() <= dates::MAX_TIMES, "{} days", days.len());
        days.into_iter().for_each(|said| _ = said.millis());
    }
    for today in [today, Date::MIN, Date::MAX] {
        if let Some((from, to)) = dates::span(text, today) {
            assert!(from <= to, "{from} to {to}");
        }
    }
}

/// Finds the references in a text.
///
/// # Panics
/// When a promise is broken.
pub fn references(text: &str) {
    for (reference, span) in reference::find(text) {
        assert!(text.get(span.clone()).is_some(), "{span:?} of {reference:?}");
        assert!(reference.value.len() <= reference::MAX_REFERENCE_BYTES);
    }
    let _ = reference::Reference::parse(text);
}

/// Finds the secrets in a text and masks them.
///
/// # Panics
/// When a promise is broken.
pub fn secrets(text: &str) {
    let mut end = 0;
    let found = secret::find(text);
    for one in &found {
        assert!(one.span.start >= end && text.get(one.span.clone()).is_some(), "{:?}", one.span);
        end = one.span.end;
    }
    let mut masked = text.to_owned();
    let counts = secret::mask(&mut masked);
    assert_eq!(counts.values().sum::<usize>(), found.len());
    assert_eq!(masked.len(), text.len());
    for one in &found {
        let mask = masked[one.span.clone()].strip_prefix(secret::MASK).unwrap_or(&masked[one.span.clone()]);
        assert!(mask.chars().all(|letter| matches!(letter, '*' | '\n')), "{mask}");
    }
    assert_eq!(secret::find(&masked).len(), 0, "what is masked holds none");
}

/// Reads a line of an export.
///
/// # Panics
/// When a promise is broken.
pub fn export_line(line: &str) {
    let _ = dump::parse_line(line);
}

/// Reads the redo log, and then as if these bytes were what was written with a sound checksum.
///
/// # Panics
/// When a promise is broken.
pub fn redo(bytes: &[u8]) {
    let mut offset = 0;
    while let Some((_, next)) = redo::read_frame(bytes, offset) {
        assert!(next > offset && next <= bytes.len(), "{offset} to {next} of {}", bytes.len());
        offset = next;
    }
    let _ = redo::any_frame_after(bytes, offset);
    let Ok(length) = u32::try_from(bytes.len()) else { return };
    let frame = [&length.to_le_bytes(), &crc32fast::hash(bytes).to_le_bytes(), bytes].concat();
    for entry in redo::read_frame(&frame, 0).into_iter().flat_map(|(entries, _)| entries) {
        for quads in [&entry.added, &entry.removed] {
            let _ = journal::read_quads(quads);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = journal::read_quads(text);
    }
}

/// Takes plain sentences apart: a fact, what somebody wants, an option of a decision.
///
/// # Panics
/// When a promise is broken.
pub fn sentence(text: &str) {
    if let Some(parsed) = Predicates::built_in().parse(text) {
        assert!(text.contains(parsed.subject) && text.contains(parsed.object), "{parsed:?}");
        assert!(!parsed.subject.is_empty() && !parsed.object.is_empty(), "{parsed:?}");
    }
    let _ = Predicates::built_in().find(text);
    if let Some(wanted) = sentence::read(text) {
        assert!(!wanted.topic.is_empty() && !wanted.value.is_empty(), "{wanted:?}");
    }
    let choice = Choice::parse(text);
    assert!(!choice.option.contains('\n') && !choice.why.contains('\n'), "{choice:?}");
}

/// Reads a query and an update.
///
/// # Panics
/// When a promise is broken.
pub fn sparql(text: &str) {
    let read = sparql::on_deep_stack(text, || {
        for is_prefixed in [true, false] {
            let language = sparql::Language { is_prefixed, base: Some("http://example.org/") };
            if let Ok(query) = sparql::parse(text, language) {
                let _ = sparql::metered(&query, &query.to_sse());
            }
            let _ = sparql::parse_update(text, language);
        }
        Ok(())
    });
    read.expect("it is only read");
}

/// Reads the layout of a map as if these bytes were what was written with a sound checksum.
///
/// # Panics
/// When a promise is broken.
pub fn placement(bytes: &[u8]) {
    let sealed = [bytes, &crc32fast::hash(bytes).to_le_bytes()].concat();
    if let Some(read) = Placement::from_bytes(&sealed) {
        assert!(Placement::from_bytes(&read.to_bytes()).is_some(), "what was read is kept again");
    }
}
