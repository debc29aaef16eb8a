//! `alias`: another name of an entity, or one name less.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNodeRef, Quad, Term};
use schemars::JsonSchema;
use serde::Serialize;

use super::remember::MAX_NAME_BYTES;
use crate::entity::{self, name_key, normalise};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity;
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::store::{View, string, term_text};
use crate::vocab::{self, ext};

/// Other names that one entity is given at most.
pub const MAX_ENTITY_ALIASES: usize = 100;

/// An entity with one name more or less.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Aliased {
    /// The entity.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The other name.
    pub alias: String,
    /// The commit, for `undo`; `None` if it had the name already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Id>,
    /// Other entities that go by that name: if they are one, merge them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<Id>,
}

/// What is to be done with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasOp {
    /// The entity goes by it too.
    Add,
    /// The entity does not go by it.
    Remove,
}

pub(crate) fn alias(
    inner: &Inner,
    reference: &str,
    alias: &str,
    op: AliasOp,
    reason: Option<String>,
    agent: &Agent,
) -> Result<Aliased> {
    check(alias)?;
    let (reference, author) = (reference.to_owned(), agent.clone());
    let given = alias.trim().to_owned();
    let (commit, aliased) = inner.writer.write(agent.clone(), move |view| {
        let mut change = Change::new("alias");
        change.reason = reason;
        let aliased = decide(view, &author, &reference, &given, op, &mut change)?;
        Ok((change, aliased))
    })?;
    Ok(Aliased { commit, ..aliased })
}

/// Refuses what is no name.
pub(super) fn check(alias: &str) -> Result<()> {
    if normalise(alias).is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "an alias without a letter").hint("say the other name"));
    }
    if alias.len() > MAX_NAME_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("an alias of {} bytes; a name has {MAX_NAME_BYTES}", alias.len()),
        )
        .hint("give a name, not a description"));
    }
    Ok(())
}

/// Adds it to a change.
pub(super) fn decide(
    view: &View<'_>,
    author: &Agent,
    reference: &str,
    alias: &str,
    op: AliasOp,
    change: &mut Change,
) -> Result<Aliased> {
    let id = entity::find(view, reference)?.stands;
    let name = entity::label(view, id)?;
    match op {
        AliasOp::Add => add(view, id, &name, alias, change)?,
        AliasOp::Remove => remove(view, author, id, alias, change)?,
    }
    change.touched.insert(id);
    let mut shared_with = entity::named(view, &name_key(alias), usize::MAX)?;
    shared_with.retain(|other| *other != id && op == AliasOp::Add);
    Ok(Aliased { id, name, alias: alias.to_owned(), commit: None, shared_with })
}

fn add(view: &View<'_>, id: Id, name: &str, alias: &str, change: &mut Change) -> Result<()> {
    let known = names(view, id, ext::ALT_LABEL)?;
    if normalise(name) == normalise(alias) || known.iter().any(|known| normalise(known) == normalise(alias)) {
        return Ok(());
    }
    if known.len() >= MAX_ENTITY_ALIASES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("`{}` has {MAX_ENTITY_ALIASES} other names; that is as many as one may have", shortened(name)),
        )
        .hint("take one away first: `hydra entity alias NAME ALIAS --remove`"));
    }
    for member in identity::members(view, id)?.into_iter().skip(1) {
        if normalise(&entity::label(view, member)?) == normalise(alias) {
            return Ok(());
        }
    }
    change.added.extend(said(id, alias));
    Ok(())
}

fn remove(view: &View<'_>, author: &Agent, id: Id, alias: &str, change: &mut Change) -> Result<()> {
    if author.trust < Trust::Owner {
        return Err(Error::new(ErrorKind::Conflict, "only the user takes a name away")
            .hint(format!("the user does it: `hydra entity alias {id} \"{}\" --remove`", shortened(alias))));
    }
    let wanted = normalise(alias);
    let mut is_elsewhere = None;
    for member in identity::members(view, id)? {
        if normalise(&entity::label(view, member)?) == wanted {
            let next = match member == id {
                true => "an entity keeps the name that it is shown by; another name stands beside it".to_owned(),
                false => format!("that one was merged; take it out with `hydra entity split {member}`"),
            };
            return Err(Error::new(ErrorKind::Conflict, format!("`{}` is the own name of {member}", shortened(alias)))
                .hint(next));
        }
        let node = vocab::node(member);
        for quad in view.quads(Some(node.as_ref().into()), Some(ext::ALT_LABEL), None, None) {
            let quad = quad?;
            if term_text(&quad.object).is_none_or(|text| normalise(&text) != wanted) {
                continue;
            }
            if quad.graph_name == vocab::MEMORY_GRAPH.into() {
                let key: Term = string(name_key(alias)).into();
                change.removed.push(Quad::new(node.clone(), vocab::KEY, key, vocab::MEMORY_GRAPH));
                change.removed.push(quad);
            } else {
                is_elsewhere = Some(member);
            }
        }
    }
    match is_elsewhere {
        _ if !change.removed.is_empty() => Ok(()),
        Some(member) => {
            Err(Error::new(ErrorKind::Conflict, format!("`{}` stands in the note of {member}", shortened(alias)))
                .hint("edit the note's title or front matter and run `hydra ingest`"))
        }
        None => {
            let label = entity::label(view, id)?;
            Err(Error::new(
                ErrorKind::NotFound,
                format!("`{}` is no other name of `{}`", shortened(alias), shortened(&label)),
            )
            .hint("`hydra entity show` lists its names"))
        }
    }
}

fn said(id: Id, alias: &str) -> [Quad; 2] {
    let node = vocab::node(id);
    [
        Quad::new(node.clone(), ext::ALT_LABEL, string(alias), vocab::MEMORY_GRAPH),
        Quad::new(node, vocab::KEY, string(name_key(alias)), vocab::MEMORY_GRAPH),
    ]
}

/// Returns what an entity is called with a predicate, in order.
pub(super) fn names(view: &View<'_>, id: Id, predicate: NamedNodeRef<'_>) -> Result<BTreeSet<String>> {
    let node = vocab::node(id);
    view.quads(Some(node.as_ref().into()), Some(predicate), None, None)
        .filter_map(|quad| quad.map(|quad| term_text(&quad.object)).transpose())
        .collect()
}
