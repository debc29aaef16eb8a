//! What a reader of another system's format collects: memories, and what is wrong with the rest.

use hydra_graph::{Error, Kind, NewMemory, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// What can be remembered, in order.
    pub memories: Vec<NewMemory>,
    /// What can't, in order.
    pub broken: Vec<Broken>,
    origin: Origin,
    name: String,
    space: String,
    now: Timestamp,
}

/// A line or an item that can't be remembered.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Broken {
    /// The file.
    pub path: String,
    /// Its line, from 1, where the format has lines.
    pub line: Option<u64>,
    /// The item, from 1, where it has not.
    pub item: Option<u64>,
    /// What is wrong.
    pub reason: String,
    /// The next step.
    pub hint: String,
}

/// Where something stands in the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Line(u64),
    Item(u64),
    /// The file as a whole.
    File,
}

/// What a format says of one memory.
pub(super) struct Said<'s> {
    pub place: Place,
    pub text: String,
    pub kind: Kind,
    /// Names of what it is about.
    pub about: Vec<String>,
    /// What makes it this one among all of its origin.
    pub key: &'s [&'s str],
}

impl Foreign {
    pub(super) fn new(origin: Origin, name: &str, space: &str, now: Timestamp) -> Self {
        let (name, space) = (name.to_owned(), space.to_owned());
        Self { memories: Vec::new(), broken: Vec::new(), origin, name, space, now }
    }

    /// Says from here on which of several files is read.
    pub(super) fn turn_to(&mut self, name: String) {
        self.name = name;
    }

    /// Returns a memory of what was said, for the format to say more of it.
    pub(super) fn memory(&self, said: Said<'_>) -> NewMemory {
        let (name, origin) = (&self.name, self.origin.as_str());
        let said_by = match said.place {
            Place::Line(line) => format!("{name} line {line} ({origin})"),
            Place::Item(item) => format!("{name} item {item} ({origin})"),
            Place::File => format!("{name} ({origin})"),
        };
        NewMemory {
            kind: said.kind,
            space: self.space.clone(),
            entities: said.about,
            said_by: Some(said_by),
            idempotency_key: Some(key(self.origin, said.key)),
            ..NewMemory::new(said.text)
        }
    }

    /// Keeps a memory, or says why it can't be one.
    pub(super) fn keep(&mut self, place: Place, memory: NewMemory) {
        match memory.check(self.now) {
            Ok(()) => self.memories.push(memory),
            Err(error) => self.refuse(place, &error),
        }
    }

    /// Says what is wrong at a place.
    pub(super) fn break_at(&mut self, place: Place, reason: impl Into<String>, hint: impl Into<String>) {
        let (line, item) = match place {
            Place::Line(line) => (Some(line), None),
            Place::Item(item) => (None, Some(item)),
            Place::File => (None, None),
        };
        let (path, reason, hint) = (self.name.clone(), reason.into(), hint.into());
        self.broken.push(Broken { path, line, item, reason, hint });
    }

    /// As [`Foreign::break_at`], with an error.
    pub(super) fn refuse(&mut self, place: Place, error: &Error) {
        self.break_at(place, error.message(), error.next_step().unwrap_or("correct it"));
    }
}

/// Makes a key of any length of parts.
fn key(origin: Origin, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("{}:{}", origin.as_str(), hasher.finalize().to_hex())
}
