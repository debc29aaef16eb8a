//! Watched sources: folders whose files the graph is kept true to. What is to be watched, and how, is a node; what was
//! found when it was looked at last is not, since that changes with every look and nobody will want it undone.

use std::path::{Path, PathBuf};

use oxigraph::model::{NamedNode, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::store::{View, string, subject_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Folders that are watched at most: each costs a look every hour, and every change is compared with all of them.
pub const MAX_COLLECTIONS: usize = 64;
/// Globs of one kind that a watched folder has at most.
pub const MAX_GLOBS: usize = 64;
/// Longest glob.
pub const MAX_GLOB_BYTES: usize = 256;

/// What the files of a watched folder are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CollectionKind {
    /// Notes as people write them.
    #[default]
    Notes,
    /// What programs write line by line.
    Log,
    /// Conversations with agents.
    Transcripts,
}

impl CollectionKind {
    /// Returns its name, as in the graph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notes => "notes",
            Self::Log => "log",
            Self::Transcripts => "transcripts",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Notes, Self::Log, Self::Transcripts].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Who says that a folder is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CollectionOrigin {
    /// The owner, with a command.
    #[default]
    Added,
    /// This configuration: only a change of it changes what is watched.
    Configured(PathBuf),
    /// This configuration did and does no more: it is left alone, and what is known of it stays.
    Unlisted(PathBuf),
}

/// A folder that is watched.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Collection {
    /// Its id.
    pub id: Id,
    /// The folder: absolute, without symbolic links.
    pub path: PathBuf,
    /// What its files are.
    pub kind: CollectionKind,
    /// The space that its files belong to.
    pub space: String,
    /// If there are any, only files that fit one of these are read; written as in `.gitignore`, from the folder.
    pub include: Vec<String>,
    /// What is not read, written the same way.
    pub exclude: Vec<String>,
    /// Whether it is left alone for now.
    pub paused: bool,
    /// Who says so.
    pub origin: CollectionOrigin,
    /// Since when it is known.
    pub recorded_at: Timestamp,
}

impl Collection {
    /// Tells whether a path is the folder or in it.
    pub fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.path)
    }

    /// Reads a node; `None` if it is no watched folder.
    pub(crate) fn read(view: &View<'_>, id: Id) -> Result<Option<Self>> {
        let quads = view.about(id)?;
        let all = |predicate| -> Vec<String> {
            let mut said: Vec<String> = quads
                .iter()
                .filter(|quad| quad.predicate.as_ref() == predicate)
                .filter_map(|quad| term_text(&quad.object))
                .collect();
            said.sort();
            said
        };
        let one = |predicate| all(predicate).pop().unwrap_or_default();
        let origin = match (all(vocab::CONFIGURED_IN).pop(), all(vocab::UNLISTED_FROM).pop()) {
            (Some(file), _) => CollectionOrigin::Configured(file.into()),
            (None, Some(file)) => CollectionOrigin::Unlisted(file.into()),
            (None, None) => CollectionOrigin::Added,
        };
        if !quads.iter().any(|quad| quad.predicate == ext::TYPE && quad.object == vocab::COLLECTION.into()) {
            return Ok(None);
        }
        Ok(Some(Self {
            id,
            path: PathBuf::from(one(vocab::WATCHES)),
            kind: CollectionKind::named(&one(vocab::KIND)).unwrap_or_default(),
            space: one(vocab::SPACE),
            include: all(vocab::INCLUDE),
            exclude: all(vocab::EXCLUDE),
            paused: one(vocab::PAUSED) == "true",
            origin,
            recorded_at: one(vocab::RECORDED_AT).parse().unwrap_or_else(|_| id.minted_at()),
        }))
    }
}

/// Returns the watched folders, by path.
pub(crate) fn all(view: &View<'_>) -> Result<Vec<Collection>> {
    let mut found = Vec::new();
    for id in view.instances(vocab::COLLECTION)? {
        found.extend(Collection::read(view, id)?);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Refuses a folder that is watched already, in whole or in part: two would read the same file by turns.
pub(crate) fn check_apart(others: &[Collection], path: &Path, own: Option<Id>) -> Result<()> {
    for other in others.iter().filter(|other| Some(other.id) != own) {
        let (shown, id) = (other.path.display(), other.id);
        let conflict = |message: String, hint: String| Err(Error::new(ErrorKind::Conflict, message).hint(hint));
        if other.path == path {
            let hint = match (&other.origin, other.paused) {
                (CollectionOrigin::Configured(file), _) => format!("{} says so; change it there", file.display()),
                (_, true) => format!("it is paused; go on with `hydra source resume {id}`"),
                (_, false) => "nothing is to be done; `hydra source list` shows how it is".to_owned(),
            };
            return conflict(format!("{shown} is watched already, as {id}"), hint);
        }
        // What no configuration names any more reads nothing.
        if matches!(other.origin, CollectionOrigin::Unlisted(_)) {
            continue;
        }
        if path.starts_with(&other.path) {
            return conflict(
                format!("{} lies in {shown}, which is watched already, as {id}", path.display()),
                "nothing is to be done: its files are read with that folder".to_owned(),
            );
        }
        if other.path.starts_with(path) {
            let hint = match &other.origin {
                CollectionOrigin::Configured(file) => format!("take that one out of {} first", file.display()),
                _ => format!("remove that one first: `hydra source remove {id} --keep`; what is known of it stays"),
            };
            return conflict(format!("{} holds {shown}, which is watched already, as {id}", path.display()), hint);
        }
    }
    Ok(())
}

/// Refuses what an undo would bring back into another watched folder.
pub(crate) fn check_returning(view: &View<'_>, added: &[Quad]) -> Result<()> {
    for quad in added.iter().filter(|quad| quad.predicate == vocab::WATCHES) {
        if let Some(path) = term_text(&quad.object) {
            check_apart(&all(view)?, Path::new(&path), subject_id(&quad.subject))?;
        }
    }
    Ok(())
}

/// Says what a watched folder is.
pub(crate) fn said(collection: &Collection, agent: &str) -> Vec<Quad> {
    let mut node = crate::store::Node::new(collection.id, vocab::MEMORY_GRAPH);
    node.say(ext::TYPE, NamedNode::from(vocab::COLLECTION))
        .say(vocab::WATCHES, string(collection.path.to_string_lossy()))
        .say(vocab::KIND, string(collection.kind.as_str()))
        .say(vocab::SPACE, string(&collection.space))
        .say(vocab::PAUSED, oxigraph::model::Literal::from(collection.paused))
        .say(ext::ATTRIBUTED_TO, string(agent))
        .say(vocab::RECORDED_AT, crate::store::time_literal(collection.recorded_at));
    match &collection.origin {
        CollectionOrigin::Added => {}
        CollectionOrigin::Configured(file) => _ = node.say(vocab::CONFIGURED_IN, string(file.to_string_lossy())),
        CollectionOrigin::Unlisted(file) => _ = node.say(vocab::UNLISTED_FROM, string(file.to_string_lossy())),
    }
    for glob in &collection.include {
        node.say(vocab::INCLUDE, string(glob));
    }
    for glob in &collection.exclude {
        node.say(vocab::EXCLUDE, string(glob));
    }
    node.quads
}
