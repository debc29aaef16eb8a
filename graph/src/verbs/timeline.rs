//! `timeline`: what happened to an entity, a memory, a conversation or a file, in the order of time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use oxigraph::model::Term;

use super::entity::Alias;
use super::get::{seen_from, shorten};
use super::happening::{self, Event};
use super::mentions::{MAX_MENTIONS_LOOKED_AT, Mentions};
use super::subject::{self, SubjectKind};
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity;
use crate::journal;
use crate::memory::Inner;
use crate::moment::Moment;
use crate::past::Past;
use crate::record::{self, Kind, Reader, Record, is_text};
use crate::reference::Reference;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::store::{View, subject_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Events of one answer at most; the newest are kept.
pub const MAX_EVENTS: usize = 500;
/// Events of an answer if nobody says how many.
pub const DEFAULT_EVENTS: usize = 50;
/// Newest commits that are looked at: a name may stand in every note, and a note may change every hour.
pub const MAX_TIMELINE_COMMITS: usize = 1_000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRequest {
    /// An entity's name, an id, the path of a file (its end is enough if no other ends so), or an address, a path, an
    /// issue, a commit or a name in code that texts give.
    pub of: String,
    /// Only memories of these spaces; empty means all.
    pub spaces: Vec<String>,
    /// Only what happened then or later.
    pub from: Option<Timestamp>,
    /// Only what happened before.
    pub to: Option<Timestamp>,
    /// Only what was recorded then or later, whenever it happened.
    pub since: Option<Timestamp>,
    /// Only what was known then, and of memories that held then.
    pub moment: Moment,
    /// At most so many events, 1 to [`MAX_EVENTS`].
    pub limit: usize,
}

impl TimelineRequest {
    /// All that happened, as known now.
    pub fn new(of: impl Into<String>) -> Self {
        Self {
            of: of.into(),
            spaces: Vec::new(),
            from: None,
            to: None,
            since: None,
            moment: Moment::default(),
            limit: DEFAULT_EVENTS,
        }
    }
}

/// What happened, the oldest first.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Timeline {
    /// The entity, conversation, memory or source; of what texts give, the oldest of them.
    pub id: Id,
    /// Its name for people, or how its text begins.
    pub name: String,
    /// The entity that was asked for, if another stood for it then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Alias>,
    /// What happened.
    pub events: Vec<Event>,
    /// How many older events, and commits that were not looked at, were left out.
    pub dropped: usize,
}

pub(crate) fn timeline(inner: &Inner, request: &TimelineRequest) -> Result<Timeline> {
    let now = inner.now();
    check(request)?;
    let view = inner.view()?;
    request.moment.check(inner, &view)?;
    let known_at = request.moment.known_at;
    let (told, name, mut ids) = find(inner, &view, request)?;
    if !request.spaces.is_empty() {
        // Here, so that what happened in other spaces is not even counted.
        ids = inside(&view, ids, &request.spaces)?;
        if ids.is_empty() {
            return nothing_inside(request, told);
        }
    }
    let id = identity::standing_at(&view, told, known_at)?;
    let merged = Alias::of_merged(&view, told, id)?;
    let mut by_commit: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for touched in ids {
        for commit in view.subjects(vocab::TOUCHED, vocab::node(touched).as_ref().into(), usize::MAX)? {
            by_commit.entry(commit).or_default().push(touched);
        }
    }
    by_commit.retain(|commit, _| known_at.is_none_or(|known| commit.minted_at() <= known));
    let mut dropped = by_commit.len().saturating_sub(MAX_TIMELINE_COMMITS);
    let mut records = Records { reader: Reader::at(&view, known_at), known: HashMap::new(), request, now };
    let mut events = Vec::new();
    for (commit, touched) in by_commit.into_iter().rev().take(MAX_TIMELINE_COMMITS) {
        let Some(commit) = journal::record(&view, commit)? else { continue };
        let commit = seen_from(&view, commit, &request.spaces)?;
        if request.since.is_some_and(|since| commit.at < since) {
            continue;
        }
        let (added, removed) = journal::difference(&view, commit.id)?;
        for id in touched {
            let Some(record) = records.of(id)? else { continue };
            happening::tell(&commit, record, (&added, &removed), &mut events);
        }
    }
    events
        .retain(|event| request.from.is_none_or(|from| event.at >= from) && request.to.is_none_or(|to| event.at < to));
    events.sort_by_key(|event| (event.at, event.commit, event.id, event.what));
    let surplus = events.len().saturating_sub(request.limit);
    events.drain(..surplus);
    dropped += surplus;
    Ok(Timeline { id, name, merged, events, dropped })
}

fn check(request: &TimelineRequest) -> Result<()> {
    if request.limit == 0 || request.limit > MAX_EVENTS {
        return Err(Error::new(ErrorKind::Invalid, format!("a limit of {} events", request.limit))
            .hint(format!("give 1 to {MAX_EVENTS}, and a later start for the rest")));
    }
    match (request.from, request.to) {
        (Some(from), Some(to)) if to <= from => {
            Err(Error::new(ErrorKind::Invalid, format!("the end ({to}) is not after the start ({from})"))
                .hint("give a later end, or none"))
        }
        _ => Ok(()),
    }
}

/// Finds what is meant, and the memories, passages and sources whose past is its past.
fn find(inner: &Inner, view: &View<'_>, request: &TimelineRequest) -> Result<(Id, String, Vec<Id>)> {
    let (reference, spaces, known_at) = (request.of.trim(), &request.spaces, request.moment.known_at);
    if let Ok(id) = reference.parse::<Id>()
        && let Some((record, _)) = Reader::new(view).read_last(id)?
    {
        super::forget::check_may(&record, spaces, None)?;
        let path = record.source.path.as_ref().filter(|_| record.kind != Kind::Passage);
        let start = if record.forgotten_at.is_some() { String::new() } else { shorten(&record.text) };
        let name = path.map_or(start, |path| path.display().to_string());
        return Ok((id, name, revisions(view, id)?));
    }
    if let Some((id, path)) = file(view, spaces, |path| path == reference)? {
        return Ok((id, path, vec![id]));
    }
    match subject::find(view, reference) {
        Ok((id, kind)) => {
            let stands = identity::standing_at(view, id, known_at)?;
            let ids = match kind {
                SubjectKind::Entity => about(view, stands, known_at)?,
                SubjectKind::Session => subject::turns(view, id)?,
            };
            Ok((id, entity::label(view, stands)?, ids))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let end = format!("/{}", reference.trim_start_matches("./"));
            if let Some((id, path)) = file(view, spaces, |path| path.ends_with(&end))? {
                return Ok((id, path, vec![id]));
            }
            let reference = Reference::parse(reference);
            match reference.map(|reference| giving(inner, view, request, reference)).transpose()?.flatten() {
                Some(found) => Ok(found),
                None => Err(Error::new(error.kind(), format!("{}, nor one file", error.message())).hint(
                    "give an id, an entity's name as it is written in the notes, or the path of a file that was read",
                )),
            }
        }
        Err(error) => Err(error),
    }
}

/// Finds the texts that give an address, a path, an issue, a commit or a name in code; the oldest stands for it.
fn giving(
    inner: &Inner,
    view: &View<'_>,
    request: &TimelineRequest,
    reference: Reference,
) -> Result<Option<(Id, String, Vec<Id>)>> {
    super::recall::wait_for_own_writes(inner, &mut Vec::new());
    let known_at = request.moment.known_at;
    let now = known_at.unwrap_or(inner.now());
    let sight = Sight::new(Rewound::new(view, known_at)?, &request.spaces, now);
    let found = Mentions::new(inner, &sight, request.moment, now)?.giving(&reference, MAX_MENTIONS_LOOKED_AT)?;
    let ids: Vec<Id> = found.texts.into_iter().map(|(record, _)| record.id).collect();
    Ok(ids.iter().min().map(|first| (*first, reference.value, ids.clone())))
}

/// Finds a file by its path, or by the end of it if no other ends so.
pub(crate) fn file_of(inner: &Inner, path: &str) -> Result<Id> {
    let view = inner.view()?;
    let end = format!("/{}", path.trim_start_matches("./"));
    let found = match file(&view, &[], |known| known == path)? {
        Some(found) => Some(found),
        None => file(&view, &[], |known| known.ends_with(&end))?,
    };
    found.map(|(id, _)| id).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("no one file that was read is called {path}"))
            .hint("give its whole path; `hydra recall` shows it beside what was found, and ids of passages")
    })
}

/// The only file of the spaces whose path is meant.
fn file(view: &View<'_>, spaces: &[String], is_meant: impl Fn(&str) -> bool) -> Result<Option<(Id, String)>> {
    let mut found = None;
    for quad in view.quads(None, Some(vocab::PATH), None, None) {
        let quad = quad?;
        let path = term_text(&quad.object).filter(|path| is_meant(path));
        if let (Some(path), Some(id)) = (path, subject_id(&quad.subject))
            && (spaces.is_empty() || view.text(id, vocab::SPACE)?.is_some_and(|space| spaces.contains(&space)))
        {
            if found.is_some() {
                return Ok(None);
            }
            found = Some((id, path));
        }
    }
    Ok(found)
}

/// Of a name that a space says nothing of, only what the caller knows: that it is a name.
fn nothing_inside(request: &TimelineRequest, id: Id) -> Result<Timeline> {
    let name = request.of.trim().to_owned();
    if name.parse::<Id>().is_ok() {
        return Err(Error::new(ErrorKind::NotFound, format!("{id} is not in {}", request.spaces.join(" or ")))
            .hint("leave the space out, or give a name, an id or a file of that space"));
    }
    Ok(Timeline { id, name, merged: None, events: Vec::new(), dropped: 0 })
}

/// Those that belong, or belonged, to one of the spaces.
fn inside(view: &View<'_>, ids: Vec<Id>, spaces: &[String]) -> Result<Vec<Id>> {
    let mut reader = Reader::new(view);
    let mut inside = Vec::with_capacity(ids.len());
    for id in ids {
        if reader.read_last(id)?.is_some_and(|(record, _)| spaces.contains(&record.space)) {
            inside.push(id);
        }
    }
    Ok(inside)
}

/// What was ever about an entity or links to it, and its own notes as whole files. Looking back, only what was told of it
/// then: others may have been merged into it since, or it into another.
fn about(view: &View<'_>, id: Id, known_at: Option<Timestamp>) -> Result<Vec<Id>> {
    let now = identity::standing(view, id)?;
    let pointing = |predicate, id| view.subjects(predicate, vocab::node(id).as_ref().into(), subject::MAX_LOOKED_AT);
    let mut ids: BTreeSet<Id> = pointing(vocab::ABOUT, now)?.into_iter().collect();
    ids.extend(pointing(ext::MAIN_ENTITY, now)?);
    for linking in pointing(vocab::LINKS_TO, now)? {
        if is_text(view, linking)? {
            ids.insert(linking);
        }
    }
    let members = identity::members(view, now)?;
    let mut past = BTreeSet::new();
    for member in &members {
        past.extend(pointing(vocab::WAS_ABOUT, *member)?);
    }
    if let Some(known_at) = known_at {
        let (reading, node) = (Past::new(view), Term::from(vocab::node(id)));
        let mut told = BTreeSet::new();
        for text in ids.difference(&past) {
            let about = reading.about(*text, known_at)?;
            if about.iter().any(|quad| quad.object == node) {
                told.insert(*text);
            }
        }
        ids = told;
    }
    ids.append(&mut past);
    Ok(ids.into_iter().collect())
}

/// A memory with those whose place it took, and those that took its own.
pub(super) fn revisions(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    let mut found = BTreeSet::from([id]);
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let mut next = view.objects(id, ext::REVISION_OF)?;
        next.extend(view.subjects(ext::REVISION_OF, vocab::node(id).as_ref().into(), usize::MAX)?);
        open.extend(next.into_iter().filter(|id| found.insert(*id)));
    }
    Ok(found.into_iter().collect())
}

/// Reads each record once, if it is wanted.
struct Records<'v> {
    reader: Reader<'v>,
    known: HashMap<Id, Option<Record>>,
    request: &'v TimelineRequest,
    now: Timestamp,
}

impl Records<'_> {
    fn of(&mut self, id: Id) -> Result<Option<&Record>> {
        if !self.known.contains_key(&id) {
            let TimelineRequest { moment, spaces, .. } = self.request;
            let read = self.reader.read_last(id)?.filter(|(record, is_there)| {
                (spaces.is_empty() || spaces.contains(&record.space))
                    && (moment.true_at.is_none() || (*is_there && moment.finds(record, self.now)))
            });
            let mut record = read.map(|(record, _)| record);
            if let Some(record) = record.as_mut().filter(|_| moment.known_at.is_some()) {
                record.forgotten_at = record::forgotten_since(self.reader.view, id)?;
            }
            self.known.insert(id, record);
        }
        Ok(self.known[&id].as_ref())
    }
}
