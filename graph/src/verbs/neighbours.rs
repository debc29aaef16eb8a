//! `neighbours`: what an entity is tied to, the strongest first, page by page.
//!
//! Strength is what can be counted and said in a sentence: facts weigh more than links, links more than tags, and of two
//! that are tied alike the one known longer comes first. Nothing is weighed against another kind by a number that somebody
//! would have to believe.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::graph::meant;
use super::ties::{Tie, TieKind, Ties};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::memory::Inner;
use crate::moment::Moment;
use crate::names::shortened;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;

/// Neighbours of one page at most.
pub const MAX_NEIGHBOURS: usize = 200;
/// Ties that are named of one neighbour; the counts are of all.
pub const MAX_TIES_NAMED: usize = 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighboursRequest {
    /// An entity's name, alias or id.
    pub of: String,
    /// Only these ties: names of predicates, `links to` or `tag`; all if there are none.
    pub predicates: Vec<String>,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// What was known then, and of facts those that held then.
    pub moment: Moment,
    /// Goes on after this place.
    pub after: Option<Rank>,
    /// How many at most, 1 to [`MAX_NEIGHBOURS`].
    pub first: usize,
}

impl NeighboursRequest {
    /// The first page of what is known now.
    pub fn new(of: impl Into<String>) -> Self {
        let (predicates, spaces) = (Vec::new(), Vec::new());
        Self { of: of.into(), predicates, spaces, moment: Moment::default(), after: None, first: 20 }
    }
}

/// A page of neighbours.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Neighbours {
    /// The entity.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// The strongest first.
    pub neighbours: Vec<Neighbour>,
    /// How many there are on all pages.
    pub total: usize,
    /// Whether there are more behind the last.
    pub is_more: bool,
    /// Statements about it that were not read, because there are too many.
    pub unread: usize,
}

/// What an entity is tied to.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Neighbour {
    /// Its id.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// `entity` or `tag`.
    pub kind: String,
    /// Its place among all neighbours: hand it on to get those behind it.
    pub rank: Rank,
    /// What ties them, facts first; at most [`MAX_TIES_NAMED`].
    pub ties: Vec<Tie>,
}

/// A place in the order of neighbours; the smaller the stronger. It stays the same as long as the ties do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    facts: Reverse<usize>,
    links: Reverse<usize>,
    tags: Reverse<usize>,
    id: Id,
}

impl Rank {
    fn of(id: Id, ties: &[Tie]) -> Self {
        let count = |kind| Reverse(ties.iter().filter(|tie| tie.kind == kind).count());
        Self { facts: count(TieKind::Fact), links: count(TieKind::Link), tags: count(TieKind::Tag), id }
    }

    /// Returns how many facts, links and tags tie it.
    pub fn counts(self) -> (usize, usize, usize) {
        (self.facts.0, self.links.0, self.tags.0)
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { facts, links, tags, id } = self;
        write!(f, "{}.{}.{}.{id}", facts.0, links.0, tags.0)
    }
}

impl FromStr for Rank {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let mut parts = text.split('.');
            let mut count = || Some(Reverse(parts.next()?.parse().ok()?));
            let (facts, links, tags) = (count()?, count()?, count()?);
            let id = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Self { facts, links, tags, id })
        };
        read().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("`{}` is no place among neighbours", shortened(text)))
                .hint("give the cursor of a neighbour as it came")
        })
    }
}

impl Serialize for Rank {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Rank {
    fn schema_name() -> Cow<'static, str> {
        "Rank".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A place among neighbours: the next page begins after it."})
    }
}

pub(crate) fn neighbours(inner: &Inner, request: &NeighboursRequest) -> Result<Neighbours> {
    let NeighboursRequest { of, predicates, spaces, moment, after, first } = request;
    spaces.iter().try_for_each(|name| space::check(name))?;
    if *first == 0 || *first > MAX_NEIGHBOURS {
        return Err(Error::new(ErrorKind::Invalid, format!("a page of {first}"))
            .hint(format!("ask for 1 to {MAX_NEIGHBOURS}, and for the next page after it")));
    }
    let (view, now) = (inner.view()?, inner.now());
    moment.check(inner, &view)?;
    let (known_at, at) = (moment.known_at, moment.known_at.unwrap_or(now));
    let sight = Sight::new(Rewound::new(&view, known_at)?, spaces, at);
    let ties = Ties::new(&view, &sight, *moment, predicates, at)?;
    let id = meant(&sight, &ties, of, known_at)?;
    let of_node = ties.of(id)?;
    let mut others: BTreeMap<Id, Vec<Tie>> = BTreeMap::new();
    for tie in of_node.ties {
        if let Some(other) = tie.other(id).filter(|other| *other != id) {
            others.entry(other).or_default().push(tie);
        }
    }
    let total = others.len();
    let mut ranked: Vec<(Rank, Vec<Tie>)> =
        others.into_iter().map(|(other, ties)| (Rank::of(other, &ties), ties)).collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    let mut rest = ranked.into_iter().skip_while(|(rank, _)| after.is_some_and(|after| *rank <= after));
    let page = rest.by_ref().take(*first).map(|(rank, mut between)| {
        between.truncate(MAX_TIES_NAMED);
        Ok(Neighbour { id: rank.id, name: ties.name(rank.id)?, kind: ties.kind(rank.id)?, rank, ties: between })
    });
    let page = page.collect::<Result<_>>()?;
    let is_more = rest.next().is_some();
    Ok(Neighbours { id, name: ties.name(id)?, neighbours: page, total, is_more, unread: of_node.unread })
}
