//! `collections`, `add_collection`, `change_collection` and `remove_collection`: which folders are watched, and how.
//! `configuring` has what a configuration says of them.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::collection::{
    self, Collection, CollectionKind, CollectionOrigin, MAX_COLLECTIONS, MAX_GLOB_BYTES, MAX_GLOBS,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::space;
use crate::store::{View, string, subject_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// A folder that is to be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCollection {
    /// The folder: absolute, without symbolic links.
    pub path: PathBuf,
    /// What its files are.
    pub kind: CollectionKind,
    /// The space that its files belong to.
    pub space: String,
    /// Only files that fit one of these are read, if there are any.
    pub include: Vec<String>,
    /// What is not read.
    pub exclude: Vec<String>,
}

impl NewCollection {
    pub(super) fn check(&self) -> Result<()> {
        space::check(&self.space)?;
        check_globs(&self.include)?;
        check_globs(&self.exclude)?;
        if !self.path.is_absolute() {
            return Err(Error::new(ErrorKind::Invalid, format!("{} is not an absolute path", self.path.display()))
                .hint("give it from the root of the file system"));
        }
        Ok(())
    }

    pub(super) fn begin(self, id: Id, now: Timestamp) -> Collection {
        let Self { path, kind, space, include, exclude } = self;
        let origin = CollectionOrigin::default();
        Collection { id, path, kind, space, include, exclude, paused: false, origin, recorded_at: now }
    }
}

/// What is to change of a watched folder; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionChange {
    /// Whether it is left alone for now.
    pub paused: Option<bool>,
    /// The globs of what is read.
    pub include: Option<Vec<String>>,
    /// The globs of what is not read.
    pub exclude: Option<Vec<String>>,
}

/// How much is known from a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Extent {
    /// Files.
    pub notes: usize,
    /// Their passages.
    pub passages: usize,
}

pub(crate) fn collections(inner: &Inner) -> Result<Vec<Collection>> {
    collection::all(&inner.view()?)
}

pub(crate) fn add(inner: &Inner, new: NewCollection, agent: &Agent) -> Result<(Collection, Id)> {
    check_author(agent)?;
    new.check()?;
    let (mint, now, author) = (inner.mint.clone(), inner.now(), agent.name.clone());
    let (commit, collection) = inner.writer.write(agent.clone(), move |view| {
        let others = collection::all(view)?;
        collection::check_apart(&others, &new.path, None)?;
        check_room(&others)?;
        let collection = new.begin(mint.mint(now), now);
        let mut change = Change::new("add_source");
        change.reason = Some(collection.path.display().to_string());
        change.touched.insert(collection.id);
        change.added = collection::said(&collection, &author);
        Ok((change, collection))
    })?;
    Ok((collection, commit.ok_or_else(unchanged)?))
}

pub(crate) fn change(
    inner: &Inner,
    reference: &str,
    wanted: CollectionChange,
    agent: &Agent,
) -> Result<(Collection, Id)> {
    check_author(agent)?;
    wanted.include.iter().chain(&wanted.exclude).try_for_each(|globs| check_globs(globs))?;
    let reference = reference.to_owned();
    let (commit, after) = inner.writer.write(agent.clone(), move |view| {
        let before = find(view, &reference)?;
        check_by_hand(&before)?;
        let mut after = before.clone();
        after.paused = wanted.paused.unwrap_or(before.paused);
        after.include = wanted.include.unwrap_or(after.include);
        after.exclude = wanted.exclude.unwrap_or(after.exclude);
        if let CollectionOrigin::Unlisted(_) = before.origin
            && !after.paused
        {
            // Whoever goes on with it says from now on that it is watched.
            let others = collection::all(view)?;
            collection::check_apart(&others, &before.path, Some(before.id))?;
            after.origin = CollectionOrigin::Added;
        }
        let author = view.text(before.id, ext::ATTRIBUTED_TO)?.unwrap_or_default();
        let mut change = Change::new("change_source");
        change.reason = Some(before.path.display().to_string());
        change.touched.insert(before.id);
        change.removed = collection::said(&before, &author);
        change.added = collection::said(&after, &author);
        Ok((change, after))
    })?;
    Ok((after, commit.ok_or_else(unchanged)?))
}

pub(crate) fn remove(inner: &Inner, reference: &str, agent: &Agent) -> Result<(Collection, Id)> {
    check_author(agent)?;
    let reference = reference.to_owned();
    let (commit, collection) = inner.writer.write(agent.clone(), move |view| {
        let collection = find(view, &reference)?;
        check_by_hand(&collection)?;
        let mut change = Change::new("remove_source");
        change.reason = Some(collection.path.display().to_string());
        change.touched.insert(collection.id);
        change.removed = view.about(collection.id)?;
        Ok((change, collection))
    })?;
    Ok((collection, commit.ok_or_else(unchanged)?))
}

pub(crate) fn collection(inner: &Inner, reference: &str) -> Result<Collection> {
    find(&inner.view()?, reference)
}

pub(crate) fn extent(inner: &Inner, path: &Path) -> Result<Extent> {
    let view = inner.view()?;
    let passages = view.belonging(vocab::PART_OF)?;
    let mut extent = Extent::default();
    for quad in view.quads(None, Some(vocab::PATH), None, None) {
        let quad = quad?;
        let is_within = term_text(&quad.object).is_some_and(|text| Path::new(&text).starts_with(path));
        if let Some(source) = subject_id(&quad.subject).filter(|_| is_within) {
            extent.notes += 1;
            extent.passages += passages.get(&source).copied().unwrap_or_default();
        }
    }
    Ok(extent)
}

/// Finds a watched folder by its id or path.
fn find(view: &View<'_>, reference: &str) -> Result<Collection> {
    let id = match reference.trim().parse::<Id>() {
        Ok(id) => Some(id),
        Err(_) => view.subjects(vocab::WATCHES, string(reference.trim_end_matches('/')).as_ref().into(), 1)?.pop(),
    };
    let found = id.map(|id| Collection::read(view, id)).transpose()?.flatten();
    found.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("`{}` is not watched", shortened(reference)))
            .hint("`hydra source list` shows what is, with ids")
    })
}

/// What is read from this machine's disk is the owner's to decide.
pub(super) fn check_author(agent: &Agent) -> Result<()> {
    if agent.trust >= Trust::Policy {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, format!("{} may not say what is watched", shortened(&agent.name)))
        .hint("ask the owner to run `hydra source`"))
}

/// Refuses to change what would be as before at the next start.
fn check_by_hand(collection: &Collection) -> Result<()> {
    match &collection.origin {
        CollectionOrigin::Configured(file) => {
            let message = format!("{} is watched because {} says so", collection.path.display(), file.display());
            Err(Error::new(ErrorKind::Conflict, message).hint(
                "change its [[sources]] there (`paused = true` leaves it alone; without it, it is watched no more), \
                 then start `hydra serve` again",
            ))
        }
        CollectionOrigin::Added | CollectionOrigin::Unlisted(_) => Ok(()),
    }
}

pub(super) fn check_room(others: &[Collection]) -> Result<()> {
    if others.len() < MAX_COLLECTIONS {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("{MAX_COLLECTIONS} folders are watched already"))
        .hint("remove one of them, or watch a folder that holds several"))
}

fn check_globs(globs: &[String]) -> Result<()> {
    if globs.len() > MAX_GLOBS {
        return Err(Error::new(ErrorKind::TooLarge, format!("{} globs; a folder has {MAX_GLOBS}", globs.len()))
            .hint("put the rest into a .hydraignore file in the folder"));
    }
    for glob in globs {
        if glob.trim().is_empty() || glob.len() > MAX_GLOB_BYTES {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("`{}` has {} bytes; a glob has 1 to {MAX_GLOB_BYTES}", shortened(glob), glob.len()),
            )
            .hint("write it as in .gitignore: `drafts/`, `*.canvas`, `/2019/**`"));
        }
    }
    Ok(())
}

fn unchanged() -> Error {
    Error::new(ErrorKind::Conflict, "it is like that already").hint("`hydra source list` shows how it is")
}
