//! The one key. A node in the graph, a document in the full-text index and a vector are found by the same number.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind};
use crate::names::shortened;
use crate::time::Timestamp;

/// Every IRI minted here starts with this.
pub const ID_PREFIX: &str = "urn:hydra:id:";
/// How a query writes that.
const SHORT_PREFIX: &str = "id:";
const SPELLING_LENGTH: usize = 13;
/// Crockford's base 32, lower case: no i, l, o, u, so that a spelling can be read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Bits below the millisecond: 65,536 ids a millisecond before the mint borrows from the next one.
pub(crate) const COUNTER_BITS: u32 = 16;

/// A time-ordered identity: milliseconds since 1970 in the upper 48 bits, a counter in the lower 16.
///
/// Spelled as 13 base-32 letters, which sort as the numbers do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

impl Id {
    /// Returns the IRI, `urn:hydra:id:` and the spelling.
    pub fn iri(self) -> String {
        format!("{ID_PREFIX}{self}")
    }

    /// Reads an IRI made by [`Id::iri`]; anything else is `None`.
    pub fn from_iri(iri: &str) -> Option<Self> {
        iri.strip_prefix(ID_PREFIX)?.parse().ok()
    }

    /// Returns the millisecond it was minted in.
    pub fn minted_at(self) -> Timestamp {
        Timestamp::from_millis((self.0 >> COUNTER_BITS) as i64)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = [0u8; SPELLING_LENGTH];
        let mut rest = self.0;
        for slot in letters.iter_mut().rev() {
            *slot = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&letters).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = Error;

    /// Reads a spelling, in either case, a whole IRI, or that with its usual prefix (`id:…`).
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || {
            Error::new(ErrorKind::Invalid, format!("`{}` is not an id", shortened(text)))
                .hint("an id is 13 letters and digits, as `recall` and `remember` print it")
        };
        let letters = text.strip_prefix(ID_PREFIX).or_else(|| text.strip_prefix(SHORT_PREFIX)).unwrap_or(text);
        if letters.len() != SPELLING_LENGTH {
            return Err(wrong());
        }
        let mut number: u64 = 0;
        for (position, letter) in letters.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|l| *l == letter.to_ascii_lowercase()).ok_or_else(wrong)?;
            // 13 letters carry 65 bits: the first may only use four of its five.
            if position == 0 && digit > 15 {
                return Err(wrong());
            }
            number = (number << 5) | digit as u64;
        }
        Ok(Id(number))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Names one node, time-ordered: 13 letters and digits.",
            "pattern": "^[0-9a-f][0-9a-hjkmnp-tv-z]{12}$",
            "examples": ["038g93ppke00p"],
        })
    }
}

/// Mints ids, each above the last one, also when the clock goes back.
#[derive(Debug)]
pub struct Mint(AtomicU64);

impl Mint {
    /// Starts above `last`, the newest id ever used.
    pub fn above(last: Id) -> Self {
        Self(AtomicU64::new(last.0))
    }

    /// Returns a new id: of this millisecond, or one above the last if the clock is not ahead of it.
    pub fn mint(&self, now: Timestamp) -> Id {
        let floor = (now.as_millis().max(0) as u64) << COUNTER_BITS;
        let previous = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(floor.max(last + 1)))
            .expect("the closure never refuses");
        Id(floor.max(previous + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spelling_round_trips_and_sorts(a: u64, b: u64) {
            prop_assert_eq!(Id(a).to_string().parse::<Id>().unwrap(), Id(a));
            prop_assert_eq!(Id::from_iri(&Id(a).iri()), Some(Id(a)));
            prop_assert_eq!(a.cmp(&b), Id(a).to_string().cmp(&Id(b).to_string()));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,20}|[0-9a-zA-Z]{13}|[0-9a-f]{13}") {
            if let Ok(id) = text.parse::<Id>() {
                let plain = text.strip_prefix(ID_PREFIX).unwrap_or(&text).to_ascii_lowercase();
                prop_assert_eq!(id.to_string(), plain);
            }
        }
    }

    #[test]
    fn ids_rise_when_the_clock_goes_back() {
        let mint = Mint::above(Id(0));
        let first = mint.mint(Timestamp::from_millis(2_000));
        let second = mint.mint(Timestamp::from_millis(1_000));
        let third = mint.mint(Timestamp::from_millis(3_000));
        assert!(first < second && second < third);
        assert_eq!(third.minted_at(), Timestamp::from_millis(3_000));
    }
}
