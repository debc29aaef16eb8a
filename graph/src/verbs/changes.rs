//! `changes`: the commits since one, oldest first, with what each touched. Whoever remembers the last commit that they were
//! told of misses none, however long they were away: the journal is the queue.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{self, CommitRecord};
use crate::memory::Inner;
use crate::record::Reader;
use crate::space;
use crate::store::{View, subject_id};
use crate::vocab;

/// Commits of one page at most.
pub const MAX_CHANGES: usize = 200;
/// Ids that are named of one commit; the count is of all.
pub const MAX_TOUCHED_NAMED: usize = 100;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangesRequest {
    /// The last commit that is known; the newest few if there is none.
    pub after: Option<Id>,
    /// Going back instead: the newest few before this one.
    pub before: Option<Id>,
    /// Only commits that did one of these, as `forget`; all if there are none.
    pub verbs: Vec<String>,
    /// Only what these spaces see; all if there are none.
    pub spaces: Vec<String>,
    /// How many at most, 1 to [`MAX_CHANGES`].
    pub first: usize,
}

/// A page of commits.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Changes {
    /// Oldest first.
    pub commits: Vec<Changed>,
    /// The last commit that was looked at, whether or not a space sees it: what to go on after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Id>,
    /// Whether there are more behind it.
    pub is_more: bool,
}

/// A commit, and what it touched.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Changed {
    /// Who, when, why.
    pub commit: CommitRecord,
    /// The memories, passages, entities and others that it touched, at most [`MAX_TOUCHED_NAMED`].
    pub touched: Vec<Id>,
}

pub(crate) fn changes(inner: &Inner, request: &ChangesRequest) -> Result<Changes> {
    let ChangesRequest { after, before, verbs, spaces, first } = request;
    spaces.iter().try_for_each(|name| space::check(name))?;
    if *first == 0 || *first > MAX_CHANGES {
        return Err(Error::new(ErrorKind::Invalid, format!("a page of {first}"))
            .hint(format!("ask for 1 to {MAX_CHANGES}, and for the next page after it")));
    }
    let view = inner.view()?;
    let (page, is_more) = match (after, before) {
        (Some(_), Some(_)) => {
            return Err(Error::new(ErrorKind::Invalid, "changes after one commit and before another")
                .hint("go on after one, or back from one"));
        }
        (Some(after), None) => since(&view, *after, verbs, *first)?,
        (None, before) => back_from(&view, *before, verbs, *first)?,
    };
    let newest = page.back().copied().or(*after);
    let mut commits = Vec::new();
    for id in page {
        let Some(commit) = journal::record(&view, id)? else { continue };
        let commit = super::get::seen_from(&view, commit, spaces)?;
        let mut touched = journal::touched(&view, id)?;
        touched.sort_unstable();
        if !spaces.is_empty() {
            touched = touched_in(&view, touched, spaces)?;
            if touched.is_empty() {
                continue;
            }
        }
        touched.truncate(MAX_TOUCHED_NAMED);
        commits.push(Changed { commit, touched });
    }
    Ok(Changes { commits, newest, is_more })
}

/// The first commits after one, oldest first, and whether there are more. Only ids are read of those in between.
fn since(view: &View<'_>, after: Id, verbs: &[String], first: usize) -> Result<(VecDeque<Id>, bool)> {
    if !journal::is_commit(view, after)? {
        return Err(Error::new(ErrorKind::NotFound, format!("{after} is not a commit"))
            .hint("give the commit of a change as it came, or leave it out to begin now"));
    }
    let (mut page, mut is_more) = (VecDeque::with_capacity(first + 1), false);
    for commit in newest_first(view) {
        let commit = commit?;
        if commit <= after {
            break;
        }
        if !did(view, commit, verbs)? {
            continue;
        }
        page.push_front(commit);
        if page.len() > first {
            page.pop_back();
            is_more = true;
        }
    }
    Ok((page, is_more))
}

/// The last commits before one, or of all, oldest first, and whether there are older ones.
fn back_from(view: &View<'_>, before: Option<Id>, verbs: &[String], first: usize) -> Result<(VecDeque<Id>, bool)> {
    let mut page = VecDeque::with_capacity(first);
    for commit in newest_first(view) {
        let commit = commit?;
        if before.is_some_and(|before| commit >= before) || !did(view, commit, verbs)? {
            continue;
        }
        if page.len() == first {
            // Without a place to go back from, nobody asked for what is older.
            return Ok((page, before.is_some() || !verbs.is_empty()));
        }
        page.push_front(commit);
    }
    Ok((page, false))
}

/// Tells whether a commit did one of these.
fn did(view: &View<'_>, commit: Id, verbs: &[String]) -> Result<bool> {
    Ok(verbs.is_empty() || view.text(commit, vocab::VERB)?.is_some_and(|verb| verbs.contains(&verb)))
}

/// The commits, as the store orders them.
fn newest_first<'v>(view: &'v View<'_>) -> impl Iterator<Item = Result<Id>> + 'v {
    let commits = view.quads(None, Some(vocab::ORDER), None, Some(vocab::JOURNAL.into()));
    commits.filter_map(|quad| quad.map(|quad| subject_id(&quad.subject)).transpose())
}

/// Those that belong to a space; what belongs to none is nobody's business there.
fn touched_in(view: &View<'_>, touched: Vec<Id>, spaces: &[String]) -> Result<Vec<Id>> {
    let mut reader = Reader::new(view);
    let mut inside = Vec::new();
    for id in touched {
        let space = match reader.read_last(id)? {
            Some((record, _)) => Some(record.space),
            None => view.text(id, vocab::SPACE)?,
        };
        if space.is_some_and(|space| spaces.contains(&space)) {
            inside.push(id);
        }
    }
    Ok(inside)
}
