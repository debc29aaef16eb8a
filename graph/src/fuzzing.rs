//! Doors for `fuzz/`, which hands whatever it makes up to the readers behind them and looks whether what they promise holds.

use jiff::civil::Date;

use crate::{dates, dump, reference, secret, sparql};

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
    assert!(found.is_empty() || masked.contains(secret::MASK));
}

/// Reads a line of an export.
///
/// # Panics
/// When a promise is broken.
pub fn export_line(line: &str) {
    let _ = dump::parse_line(line);
}

/// Reads a query and an update.
///
/// # Panics
/// When a promise is broken.
pub fn sparql(text: &str) {
    let read = sparql::on_own_stack(|| {
        for is_prefixed in [true, false] {
            let language = sparql::Language { is_prefixed, base: Some("http://example.org/") };
            if let Ok(query) = sparql::parse(text, language) {
                let _ = sparql::metered(&query, &query.to_sse());
            }
            let _ = sparql::parse_update(text, language);
        }
        Ok(())
    });
    read.expect("there is a thread for it");
}
