//! `configure_collections`: what a configuration says of watched folders, in one commit.
//!
//! The configuration has the last word on what it names, also on what was added by hand before. What it names no more is
//! left alone and not removed: what is known of it stays until the owner says otherwise.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::collection::{self, Collection, CollectionOrigin};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{Agent, Change};
use crate::memory::Inner;
use crate::store::View;
use crate::time::Timestamp;
use crate::verbs::collect::{self, NewCollection};
use crate::vocab::ext;

/// A folder that a configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// The folder, and what of it is read.
    pub folder: NewCollection,
    /// Whether it is left alone for now.
    pub paused: bool,
}

/// What became of what a configuration names.
#[derive(Clone, Debug, Default)]
pub struct Configuring {
    /// Folders that can't be watched as it says, with the reason.
    pub refused: Vec<(PathBuf, Error)>,
    /// The commit; `None` when all was like that already.
    pub commit: Option<Id>,
}

pub(crate) fn configure(inner: &Inner, file: &Path, listed: Vec<Configured>, agent: &Agent) -> Result<Configuring> {
    collect::check_author(agent)?;
    let (mint, now, author, file) = (inner.mint.clone(), inner.now(), agent.name.clone(), file.to_owned());
    let (commit, refused) = inner.writer.write(agent.clone(), move |view| {
        let before = collection::all(view)?;
        let (after, refused) = decide(&before, &file, listed, &mut || mint.mint(now), now);
        let mut change = Change::new("configure_sources");
        change.reason = Some(file.display().to_string());
        for wanted in after {
            let known = before.iter().find(|known| known.id == wanted.id);
            if known == Some(&wanted) {
                continue;
            }
            change.touched.insert(wanted.id);
            if let Some(known) = known {
                change.removed.extend(collection::said(known, &author_of(view, known)?));
            }
            change.added.extend(collection::said(&wanted, &author));
        }
        Ok((change, refused))
    })?;
    Ok(Configuring { refused, commit })
}

fn author_of(view: &View<'_>, collection: &Collection) -> Result<String> {
    Ok(view.text(collection.id, ext::ATTRIBUTED_TO)?.unwrap_or_default())
}

/// Works out which folders are watched, and which can't be.
fn decide(
    before: &[Collection],
    file: &Path,
    listed: Vec<Configured>,
    mint: &mut dyn FnMut() -> Id,
    now: Timestamp,
) -> (Vec<Collection>, Vec<(PathBuf, Error)>) {
    let named: HashSet<&Path> = listed.iter().map(|configured| configured.folder.path.as_path()).collect();
    let mut after = before.to_vec();
    for known in &mut after {
        if matches!(known.origin, CollectionOrigin::Configured(_)) && !named.contains(known.path.as_path()) {
            (known.origin, known.paused) = (CollectionOrigin::Unlisted(file.to_owned()), true);
        }
    }
    let (mut refused, mut done) = (Vec::new(), HashSet::new());
    for configured in listed {
        let path = configured.folder.path.clone();
        let taken = match done.insert(path.clone()) {
            true => take(&mut after, configured, file, mint, now),
            false => Err(Error::new(ErrorKind::Conflict, format!("{} is named twice", path.display()))
                .hint("take one of the two out; the first counts")),
        };
        refused.extend(taken.err().map(|error| (path, error)));
    }
    (after, refused)
}

fn take(
    after: &mut Vec<Collection>,
    configured: Configured,
    file: &Path,
    mint: &mut dyn FnMut() -> Id,
    now: Timestamp,
) -> Result<()> {
    let Configured { folder, paused } = configured;
    folder.check()?;
    let origin = CollectionOrigin::Configured(file.to_owned());
    if let Some(known) = after.iter_mut().find(|known| known.path == folder.path) {
        let NewCollection { path, kind, space, mut include, mut exclude } = folder;
        // As the graph gives them back: each once, in order.
        [&mut include, &mut exclude].into_iter().for_each(|globs| {
            globs.sort();
            globs.dedup();
        });
        let (id, recorded_at) = (known.id, known.recorded_at);
        *known = Collection { id, path, kind, space, include, exclude, paused, origin, recorded_at };
        return Ok(());
    }
    collection::check_apart(after, &folder.path, None)?;
    collect::check_room(after)?;
    after.push(Collection { paused, origin, ..folder.begin(mint(), now) });
    Ok(())
}
