//! What notes say of themselves as statements: names become predicates, values typed literals.

use std::fmt::Write as _;

use jiff::civil;
use oxigraph::model::vocab::xsd;
use oxigraph::model::{Literal, NamedNode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::{string, time_literal};
use crate::time::Timestamp;
use crate::vocab;

/// Most digits of a number that are kept as a number; oxigraph's decimals hold 18 behind the point.
const MAX_DIGITS: usize = 18;

/// What a property's value is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datatype {
    /// Anything else.
    #[default]
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number that its plain spelling gives back: `5`, `-0.25`, and not `007`, `1.10` or `1e3`.
    Number,
    /// A day, `2024-05-01`.
    Date,
    /// A moment, `2024-05-01T10:00` or with seconds and an offset.
    Time,
}

impl Datatype {
    /// Tells what a value is that nobody marked as a text, by its spelling.
    pub fn of(value: &str) -> Self {
        [Self::Boolean, Self::Number, Self::Date, Self::Time]
            .into_iter()
            .find(|datatype| typed(value, *datatype).is_some())
            .unwrap_or_default()
    }
}

/// Returns a value as a literal: typed if it is what it is said to be, else a text, so that nothing is lost.
pub(crate) fn literal(value: &str, datatype: Datatype) -> Literal {
    typed(value, datatype).unwrap_or_else(|| string(value))
}

/// The literal in the spelling in which oxigraph gives it back.
fn typed(value: &str, datatype: Datatype) -> Option<Literal> {
    match datatype {
        Datatype::Text => None,
        Datatype::Boolean => value.parse::<bool>().ok().map(Literal::from),
        Datatype::Number => number(value),
        Datatype::Date => {
            let is_day = value.len() == "2024-05-01".len() && value.starts_with(|c: char| c.is_ascii_digit());
            let day: civil::Date = value.parse().ok().filter(|_| is_day)?;
            Some(Literal::new_typed_literal(day.to_string(), xsd::DATE))
        }
        Datatype::Time => moment(value),
    }
}

fn number(value: &str) -> Option<Literal> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_digits(whole) && (whole == "0" || !whole.starts_with('0')) && digits.len() <= MAX_DIGITS;
    match fraction {
        None if is_plain && value != "-0" => value.parse::<i64>().ok().map(Literal::from),
        Some(fraction) if is_plain && is_digits(fraction) && !fraction.ends_with('0') => {
            Some(Literal::new_typed_literal(value, xsd::DECIMAL))
        }
        _ => None,
    }
}

/// With an offset it is a moment, without one a time of wherever the note was written.
fn moment(value: &str) -> Option<Literal> {
    let separator = value.as_bytes().get("2024-05-01".len())?;
    if !matches!(separator, b'T' | b't' | b' ')
        || !value.starts_with(|c: char| c.is_ascii_digit())
        || value.contains('[')
    {
        return None;
    }
    if let Ok(moment) = value.parse::<jiff::Timestamp>() {
        return Some(time_literal(Timestamp::from_millis(moment.as_millisecond())));
    }
    let local: civil::DateTime = value.parse().ok()?;
    // Without an offset of its own only: jiff would pass over one that is no moment.
    let is_local = !value.ends_with(['Z', 'z']) && !value["2024-05-01T".len()..].contains(['+', '-']);
    is_local.then(|| Literal::new_typed_literal(local.to_string(), xsd::DATE_TIME))
}

/// A name as a predicate: what an IRI may not hold is percent-encoded.
pub(crate) fn predicate(name: &str) -> NamedNode {
    let mut iri = vocab::PROPERTY_NS.to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            iri.push(char::from(byte));
        } else {
            write!(iri, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    NamedNode::new_unchecked(iri)
}

/// Returns the name that a predicate was made of; `None` for any other predicate.
pub(crate) fn name(predicate: &str) -> Option<String> {
    let mut rest = predicate.strip_prefix(vocab::PROPERTY_NS)?.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((byte, after)) = rest.split_first() {
        let hex = rest.get(1..3).filter(|_| *byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => (bytes.push(decoded), rest = &rest[3..]).0,
            None => (bytes.push(*byte), rest = after).0,
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Tells whether a text has the words of a property: its name, and its value as it is written.
pub(crate) fn stands_in(words: &str, name: &str, value: &str) -> bool {
    // A moment is written in many ways, each of which begins with its day.
    let day = value.get(.."2024-05-01".len()).filter(|_| matches!(Datatype::of(value), Datatype::Time));
    words.contains(name) && words.contains(day.unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_predicate_gives_its_name_back() {
        for said in ["cost", "daily cost", "größe", "100% sure", "a.b_c"] {
            assert_eq!(name(predicate(said).as_str()).as_deref(), Some(said));
        }
        assert_eq!(name("http://schema.org/owns"), None);
    }

    #[test]
    fn values_are_what_they_are_written_as() {
        use Datatype::{Boolean, Date, Number, Text, Time};
        let cases = [
            ("true", Boolean, "true"),
            ("True", Text, "True"),
            ("yes", Text, "yes"),
            ("5", Number, "5"),
            ("-12", Number, "-12"),
            ("0", Number, "0"),
            ("-0", Text, "-0"),
            ("4.5", Number, "4.5"),
            ("-0.25", Number, "-0.25"),
            ("1.10", Text, "1.10"),
            ("007", Text, "007"),
            ("00.5", Text, "00.5"),
            ("1e3", Text, "1e3"),
            ("1.", Text, "1."),
            ("+5", Text, "+5"),
            ("1.2.3", Text, "1.2.3"),
            ("123456789012345678", Number, "123456789012345678"),
            ("1234567890123456789", Text, "1234567890123456789"),
            ("2024-05-01", Date, "2024-05-01"),
            ("2024-02-30", Text, "2024-02-30"),
            ("2024-5-1", Text, "2024-5-1"),
            ("2024-05", Text, "2024-05"),
            ("2024-05-01T10:00", Time, "2024-05-01T10:00:00"),
            ("2024-05-01 10:00:30", Time, "2024-05-01T10:00:30"),
            ("2024-05-01T10:00:00+02:00", Time, "2024-05-01T08:00:00Z"),
            ("2024-05-01T10:00:00Z", Time, "2024-05-01T10:00:00Z"),
            ("2024-05-01T25:00", Text, "2024-05-01T25:00"),
            ("2024-05-01 [[x]]", Text, "2024-05-01 [[x]]"),
            ("größe", Text, "größe"),
            ("", Text, ""),
        ];
        for (value, datatype, literal_value) in cases {
            assert_eq!(Datatype::of(value), datatype, "{value}");
            assert_eq!(literal(value, datatype).value(), literal_value, "{value}");
            assert_eq!(literal(value, Text), string(value));
        }
    }

    /// A literal that came back otherwise would make every reading of the note a change.
    #[test]
    fn oxigraph_gives_values_back_as_they_were() {
        let store = oxigraph::store::Store::new().unwrap();
        for value in ["true", "5", "-0.25", "2024-05-01", "2024-05-01T10:00", "2024-05-01T10:00:00.5", "x"] {
            let said = literal(value, Datatype::of(value));
            let quad = oxigraph::model::Quad::new(
                predicate("a"),
                predicate("b"),
                said.clone(),
                oxigraph::model::GraphName::DefaultGraph,
            );
            store.insert(&quad).unwrap();
            assert!(store.iter().any(|kept| kept.unwrap() == quad), "{said}");
        }
    }
}
