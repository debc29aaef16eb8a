//! `list`: the memories of one kind that stand, newest first, page by page; of one entity if it is asked for.

use schemars::JsonSchema;
use serde::Serialize;

use super::graph::meant;
use super::ties::Ties;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::memory::Inner;
use crate::moment::Moment;
use crate::record::{Kind, Reader, Record, forgotten_since};
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::store::{View, string, subject_id};
use crate::vocab;

/// Memories of one page at most.
pub const MAX_LISTED: usize = 200;
/// Memories that are read for one page: of those that no longer stand, or are of another space, there may be many. A page
/// that ends because of it says where to go on.
pub const MAX_LISTED_LOOKED_AT: usize = 2_000;

/// What is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// What they are; passages are not listed.
    pub kind: Kind,
    /// Only what is about the entity of this name or id; of facts, those that say something of it.
    pub about: Option<String>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
    /// From when to look.
    pub moment: Moment,
    /// Goes on after this one.
    pub after: Option<Id>,
    /// How many at most, 1 to [`MAX_LISTED`].
    pub first: usize,
}

impl ListRequest {
    /// Asks for the newest of a kind.
    pub fn new(kind: Kind) -> Self {
        Self { kind, about: None, spaces: Vec::new(), moment: Moment::default(), after: None, first: 20 }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Listed {
    /// Newest first.
    pub records: Vec<Record>,
    /// What to go on after, if there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Id>,
}

pub(crate) fn list(inner: &Inner, request: &ListRequest) -> Result<Listed> {
    check(request)?;
    let ListRequest { kind, about, spaces, moment, after, first } = request;
    let (view, now) = (inner.view()?, inner.now());
    moment.check(inner, &view)?;
    let (known_at, at) = (moment.known_at, moment.known_at.unwrap_or(now));
    let sight = Sight::new(Rewound::new(&view, known_at)?, spaces, at);
    let ties = Ties::new(&view, &sight, *moment, &[], at)?;
    let about = about.as_deref().map(|about| meant(&sight, &ties, about, known_at)).transpose()?;
    let mut ids = candidates(&view, &sight, *kind, about)?;
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.dedup();
    let mut reader = Reader::at(&view, known_at);
    let mut page = Listed { records: Vec::new(), next: None };
    let rest = ids.into_iter().filter(|id| after.is_none_or(|after| *id < after) && !moment.is_before(*id));
    let (mut looked_at, mut last) = (0, None);
    for id in rest {
        if looked_at == MAX_LISTED_LOOKED_AT {
            page.next = last;
            break;
        }
        looked_at += 1;
        let Some(record) = reader.read(id)?.filter(|record| is_wanted(record, request)) else {
            last = Some(id);
            continue;
        };
        let is_there = moment.finds(&record, now) && (known_at.is_none() || forgotten_since(&view, id)?.is_none());
        let is_of = about.is_none_or(|about| *kind != Kind::Fact || is_subject(&sight, id, about));
        if is_there && is_of {
            // One more stands, so there is a further page.
            if page.records.len() == *first {
                page.next = page.records.last().map(|record| record.id);
                break;
            }
            page.records.push(record);
        }
        last = Some(id);
    }
    Ok(page)
}

fn check(request: &ListRequest) -> Result<()> {
    request.spaces.iter().try_for_each(|name| space::check(name))?;
    if request.kind == Kind::Passage {
        return Err(Error::new(ErrorKind::Invalid, "passages are not listed")
            .hint("recall finds them; a file's are in its timeline"));
    }
    if request.first == 0 || request.first > MAX_LISTED {
        return Err(Error::new(ErrorKind::Invalid, format!("a page of {}", request.first))
            .hint(format!("ask for 1 to {MAX_LISTED}, and for the next page after it")));
    }
    Ok(())
}

/// Every id that may be listed: only they are gathered, records are read for a page.
fn candidates(view: &View<'_>, sight: &Sight<'_>, kind: Kind, about: Option<Id>) -> Result<Vec<Id>> {
    let kinds = string(kind.as_str());
    let rewound = sight.rewound();
    match about {
        Some(about) => {
            let node = vocab::node(about);
            let told = rewound.pointing(vocab::ABOUT, node.as_ref().into());
            told.filter_map(|quad| quad.map(|quad| subject_id(&quad.subject)).transpose()).collect()
        }
        None if rewound.is_now() => view.many_subjects(vocab::KIND, &kinds),
        None => {
            let told = rewound.pointing(vocab::KIND, kinds.as_ref().into());
            told.filter_map(|quad| quad.map(|quad| subject_id(&quad.subject)).transpose()).collect()
        }
    }
}

fn is_wanted(record: &Record, request: &ListRequest) -> bool {
    let is_inside = request.spaces.is_empty() || request.spaces.contains(&record.space);
    // What a file says is recalled by the passage that it stands in, but it is a fact of its own.
    record.kind == request.kind && is_inside && !record.text.is_empty()
}

/// Tells whether a fact says something of an entity, and not only of something else that has to do with it. What was not
/// taken apart is about what it is about.
fn is_subject(sight: &Sight<'_>, id: Id, about: Id) -> bool {
    sight.fact(id).is_ok_and(|told| told.is_none_or(|told| told.fact.subject == about))
}
