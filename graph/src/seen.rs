//! How often something happened: counted, instead of kept once each time.

use oxigraph::model::{NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::{Node, number, term_text, time_literal};
use crate::time::Timestamp;
use crate::vocab;

/// How often something in a log was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Seen {
    /// How often, from 1.
    pub times: usize,
    /// When first, in the log's own time.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

impl Seen {
    /// Seen once.
    pub fn once(at: Timestamp) -> Self {
        Self { times: 1, first: at, last: at }
    }

    /// Counts one more. A clock that was set back moves the beginning, never the end.
    pub fn again(&mut self, at: Timestamp) {
        self.times += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    /// Says it in words.
    pub fn words(&self) -> String {
        match self.times {
            1 => format!("seen once, {}", self.last),
            times => format!("seen {times} times, first {}, last {}", self.first, self.last),
        }
    }

    /// Says it of a node.
    pub(crate) fn say(&self, node: &mut Node) {
        node.say(vocab::TIMES_SEEN, number(self.times))
            .say(vocab::FIRST_SEEN, time_literal(self.first))
            .say(vocab::LAST_SEEN, time_literal(self.last));
    }
}

/// The predicates it is said with.
pub(crate) const SAID_WITH: [NamedNodeRef<'static>; 3] = [vocab::TIMES_SEEN, vocab::FIRST_SEEN, vocab::LAST_SEEN];

/// Reads it from what is said of a node; `None` if that was not counted in a log.
pub(crate) fn of_quads(quads: &[Quad]) -> Option<Seen> {
    let text = |predicate: NamedNodeRef<'_>| {
        quads.iter().find(|quad| quad.predicate.as_ref() == predicate).and_then(|quad| term_text(&quad.object))
    };
    Some(Seen {
        times: text(vocab::TIMES_SEEN)?.parse().ok()?,
        first: text(vocab::FIRST_SEEN)?.parse().ok()?,
        last: text(vocab::LAST_SEEN)?.parse().ok()?,
    })
}
