//! Core blocks: small named texts that are in every context. A block is one node whose text an edit replaces; what it
//! said before is in the journal.

use std::collections::BTreeSet;

use oxigraph::model::Quad;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal;
use crate::names::shortened;
use crate::past::Past;
use crate::store::{View, string, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// The customary names, in the order in which a context shows them; others come after them.
pub const CUSTOMARY_BLOCKS: [&str; 5] = ["persona", "human", "system", "projects", "preferences"];
/// Longest name of a block.
pub const MAX_BLOCK_NAME_BYTES: usize = 64;
/// The limit of a block whose limit nobody set: the five customary ones make 8,000 bytes.
pub const DEFAULT_BLOCK_BYTES: usize = 1_600;
/// What all blocks of a space hold together, and so the largest limit: all of it is read at the start of every session.
pub const MAX_SPACE_BLOCK_BYTES: usize = 16_000;
/// Blocks of one space.
pub const MAX_SPACE_BLOCKS: usize = 32;

/// A core block as it is, or as it was known at a moment.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Block {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The space it belongs to.
    pub space: String,
    /// Its text, verbatim; empty when it was cleared.
    pub text: String,
    /// How long that is.
    pub size_bytes: usize,
    /// How long it may be.
    pub limit_bytes: usize,
    /// How far whoever wrote it last is trusted.
    pub trust: String,
    /// Who wrote it last.
    pub agent: String,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// The commit that changed it last; an edit may name it to be refused when another came between.
    pub commit: Id,
}

impl Block {
    /// Writes it for a context: its name, how far it is trusted and how full it is, so that whoever edits it knows. Its lines
    /// are quoted: none of them can look like a section of ours.
    pub fn markdown(&self) -> String {
        let Self { id, name, space, trust, size_bytes, limit_bytes, .. } = self;
        let mut section = format!("### {name} [{id} {space} {trust} {size_bytes}/{limit_bytes} bytes]\n");
        let ends_line = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        for line in self.text.replace("\r\n", "\n").trim_end().split(ends_line) {
            section.push_str(format!("> {line}").trim_end());
            section.push('\n');
        }
        section
    }

    /// Reads the current state of a node; `None` if it is no block.
    pub(crate) fn read(view: &View<'_>, id: Id) -> Result<Option<Self>> {
        let commit = commits(view, id)?.pop().unwrap_or(id);
        Ok(Self::of(id, commit, &view.about(id)?))
    }

    /// Reads it as it was known at a moment; `None` if it was no block yet.
    pub(crate) fn read_at(view: &View<'_>, id: Id, known_at: Timestamp) -> Result<Option<Self>> {
        let commits = commits(view, id)?.into_iter();
        let Some(commit) = commits.rev().find(|commit| commit.minted_at() <= known_at) else { return Ok(None) };
        Ok(Self::of(id, commit, &Past::new(view).about(id, known_at)?))
    }

    /// Puts together what is said of a node after a commit; `None` if that is no block.
    pub(crate) fn of(id: Id, commit: Id, quads: &[Quad]) -> Option<Self> {
        let is_block = |quad: &Quad| quad.predicate == ext::TYPE && quad.object == vocab::CORE_BLOCK.into();
        if !quads.iter().any(is_block) {
            return None;
        }
        let said = |predicate| {
            let found = quads.iter().find(|quad| quad.predicate.as_ref() == predicate);
            found.and_then(|quad| term_text(&quad.object)).unwrap_or_default()
        };
        let text = said(ext::TEXT);
        Some(Self {
            id,
            name: said(ext::PREF_LABEL),
            space: said(vocab::SPACE),
            size_bytes: text.len(),
            limit_bytes: said(vocab::LIMIT).parse().unwrap_or(DEFAULT_BLOCK_BYTES),
            text,
            trust: said(vocab::TRUST),
            agent: said(ext::ATTRIBUTED_TO),
            changed_at: commit.minted_at(),
            commit,
        })
    }
}

fn commits(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    let mut commits = view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)?;
    commits.sort_unstable();
    Ok(commits)
}

/// Returns the blocks of the spaces (all if none are named), in the order in which a context shows them.
pub(crate) fn all(view: &View<'_>, spaces: &[String]) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    for id in view.instances(vocab::CORE_BLOCK)? {
        blocks.extend(Block::read(view, id)?.filter(|block| spaces.is_empty() || spaces.contains(&block.space)));
    }
    let place = |block: &Block| CUSTOMARY_BLOCKS.iter().position(|name| *name == block.name);
    blocks.sort_by_cached_key(|block| {
        (place(block).unwrap_or(CUSTOMARY_BLOCKS.len()), block.name.clone(), block.space.clone())
    });
    Ok(blocks)
}

/// Finds a block by its space and name.
pub(crate) fn find(view: &View<'_>, space: &str, name: &str) -> Result<Option<Id>> {
    Ok(view.subjects(vocab::KEY, string(key(space, name)).as_ref().into(), 1)?.pop())
}

/// Finds every node that ever was the block of that name: the one there is, and those whose making was taken back.
pub(crate) fn ever(view: &View<'_>, space: &str, name: &str) -> Result<BTreeSet<Id>> {
    let mut ids = BTreeSet::new();
    for commit in view.subjects(vocab::VERB, string(EDIT_VERB).as_ref().into(), usize::MAX)? {
        ids.extend(journal::touched(view, commit)?);
    }
    let mut found = BTreeSet::new();
    for id in ids {
        let is_it = |block: Block| block.name == name && block.space == space;
        let quads = if view.is_a(id, vocab::CORE_BLOCK)? { view.about(id)? } else { Past::new(view).last_of(id)? };
        if Block::of(id, id, &quads).is_some_and(is_it) {
            found.insert(id);
        }
    }
    Ok(found)
}

/// What the journal calls an edit.
pub(crate) const EDIT_VERB: &str = "edit_block";

/// Returns what a block is found by. A name has no colon, so no two blocks share a key.
pub(crate) fn key(space: &str, name: &str) -> String {
    format!("{KEY_PREFIX}{name}:{space}")
}

/// How the key of a block begins.
pub(crate) const KEY_PREFIX: &str = "block:";

/// Returns a name as it is kept, in small letters; refuses one that could be taken for something else where it is shown.
pub(crate) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim().to_lowercase();
    let is_plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if name.len() <= MAX_BLOCK_NAME_BYTES && name.starts_with(char::is_alphanumeric) && name.chars().all(is_plain) {
        return Ok(name);
    }
    Err(Error::new(ErrorKind::Invalid, format!("`{}` is not a name for a block", shortened(&name))).hint(format!(
        "use up to {MAX_BLOCK_NAME_BYTES} letters, digits, - and _; customary are {}",
        CUSTOMARY_BLOCKS.join(", ")
    )))
}
