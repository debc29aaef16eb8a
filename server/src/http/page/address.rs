//! The address of a page: `ID`, `ID@DATE`, and either with the ending of a format.

use std::fmt;

use hydra_graph::{Error, Id, Result};

/// How a page is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The node as `get` shows it.
    Json,
    /// Statements, as JSON-LD.
    JsonLd,
    /// Statements, as Turtle.
    Turtle,
    /// Statements, one a line.
    NTriples,
}

impl Format {
    /// Every format; the first is what somebody gets who does not care.
    pub const ALL: [Self; 4] = [Self::Json, Self::JsonLd, Self::Turtle, Self::NTriples];

    /// Returns what an address ends with that wants it.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLd => "jsonld",
            Self::Turtle => "ttl",
            Self::NTriples => "nt",
        }
    }

    /// Returns its media types; the first is the registered one.
    pub fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::JsonLd => &["application/ld+json"],
            Self::Turtle => &["text/turtle"],
            Self::NTriples => &["application/n-triples"],
        }
    }
}

/// The address of a page, without `/m/`.
#[derive(Debug, PartialEq)]
pub struct Address {
    /// Whose page.
    pub id: Id,
    /// From when it is looked at.
    pub known_at: Option<String>,
    /// The format that it ends with.
    pub ending: Option<Format>,
    /// Whether the id is written as it is everywhere else.
    pub is_canonical: bool,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// `Invalid` when its id is none.
    pub fn read(text: &str) -> Result<Self> {
        let (rest, ending) = match text.rsplit_once('.') {
            Some((rest, ending)) => match Format::ALL.into_iter().find(|format| format.ending() == ending) {
                Some(format) => (rest, Some(format)),
                // Part of a moment, or no address.
                None => (text, None),
            },
            None => (text, None),
        };
        let (spelling, known_at) = match rest.split_once('@') {
            Some((spelling, known_at)) => (spelling, Some(known_at.to_owned())),
            None => (rest, None),
        };
        let id: Id = spelling.parse().map_err(|error: Error| {
            Error::new(hydra_graph::ErrorKind::NotFound, error.message())
                .hint("an id is 13 letters and digits, as `recall` and `remember` print it")
        })?;
        let is_canonical = id.to_string() == spelling;
        Ok(Self { id, known_at, ending, is_canonical })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/m/{}", self.id)?;
        if let Some(known_at) = &self.known_at {
            write!(f, "@{known_at}")?;
        }
        match self.ending {
            Some(format) => write!(f, ".{}", format.ending()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let read = |text: &str| Address::read(text).unwrap();
        assert_eq!(read("038g93ppke00p").to_string(), "/m/038g93ppke00p");
        assert_eq!(read("038g93ppke00p@2025-01-10.ttl").known_at.as_deref(), Some("2025-01-10"));
        assert_eq!(read("038g93ppke00p.jsonld").ending, Some(Format::JsonLd));
        assert_eq!(read("038g93ppke00p@2025-01-10T00:00:00.5Z").ending, None);
        for other in ["038G93PPKE00P", "urn:hydra:id:038g93ppke00p", "id:038g93ppke00p"] {
            let address = read(&format!("{other}.nt"));
            assert!(!address.is_canonical);
            assert_eq!(address.to_string(), "/m/038g93ppke00p.nt");
        }
        for wrong in ["", "x", "038g93ppke00p.xml", "038g93ppke00p.json.json", "@2025-01-10"] {
            assert!(Address::read(wrong).is_err(), "{wrong}");
        }
    }
}
