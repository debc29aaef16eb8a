//! `merge`: two entities that are one. What is known of either is known of the one that stays; nothing is lost, no fact ends,
//! and `split` takes it back however much was told since.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNode, Quad};
use schemars::JsonSchema;
use serde::Serialize;

use super::retelling::Retelling;
use super::telling::Telling;
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::fact;
use crate::id::{Id, Mint};
use crate::identity::{self, Named, Order};
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::store::{Node, View, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Two entities that are one now.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Merged {
    /// The one that stays.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The one that leads to it from now on.
    pub merged: Id,
    /// Its name, which is another name of the one that stays.
    pub merged_name: String,
    /// The commit, for `undo`.
    pub commit: Id,
    /// Memories that are about the one that stays now.
    pub memories: usize,
    /// Links that lead to it or come from it now.
    pub links: usize,
    /// Conflicts between what was known of one and of the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Id>,
}

pub(crate) fn merge(inner: &Inner, keep: &str, other: &str, reason: Option<String>, agent: &Agent) -> Result<Merged> {
    let (now, mint, author) = (inner.now(), inner.mint.clone(), agent.clone());
    let (keep, other) = (keep.to_owned(), other.to_owned());
    let (commit, merged) = inner.writer.write(agent.clone(), move |view| {
        let mut change = Change::new("merge");
        change.reason = reason;
        let merged = decide(view, &mint, now, &author, (&keep, &other), &mut change)?;
        Ok((change, merged))
    })?;
    // The pointer is new, so there is always a commit.
    Ok(Merged { commit: commit.unwrap_or(merged.commit), ..merged })
}

/// Adds a merge to a change.
pub(super) fn decide(
    view: &View<'_>,
    mint: &Mint,
    now: Timestamp,
    author: &Agent,
    (keep, other): (&str, &str),
    change: &mut Change,
) -> Result<Merged> {
    let (keep, other) = pair(view, keep, other)?;
    let (name, merged_name) = (entity::label(view, keep)?, entity::label(view, other)?);
    let names = (name.as_str(), merged_name.as_str());
    join(view, author, keep, other, names, change)?;
    let mut retelling = Retelling::new(view, now, Order::Merged(other, keep));
    retelling.run(&[other])?;
    for (id, (old, new)) in retelling.facts() {
        let is_of_both = new.object == vocab::node(new.subject).into() && old.object != vocab::node(old.subject).into();
        if is_of_both && new.holds_at(now) && fact::believed(view, *id)?.is_some() {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("{id} says something of `{name}` and `{merged_name}`, so they are two"),
            )
            .hint(format!("if they are one, that is wrong: `hydra update {id} --retract`, then merge them")));
        }
    }
    let mut conflicts = Vec::new();
    for ((_, space), sides) in retelling.disagreeing()? {
        let conflict = mint.mint(now);
        let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
        node.say(ext::TYPE, NamedNode::from(vocab::CONFLICT))
            .say(vocab::SPACE, string(space))
            .say(vocab::RECORDED_AT, time_literal(now))
            .say(ext::INFLUENCED_BY, vocab::node(other));
        for side in &sides {
            node.say(vocab::SIDE, vocab::node(*side));
        }
        change.added.append(&mut node.quads);
        change.touched.extend(sides);
        conflicts.push(conflict);
    }
    let mut telling = Telling::new(view, mint, now, author).after(Order::Merged(other, keep));
    conflicts.append(&mut telling.bring_together(keep, other)?);
    change.take(telling.into_change());
    let (memories, links) = (retelling.memories, retelling.links);
    retelling.into_change(change)?;
    let commit = keep;
    Ok(Merged { id: keep, name, merged: other, merged_name, commit, memories, links, conflicts })
}

/// Finds the two that are meant; refuses what is one already.
fn pair(view: &View<'_>, keep: &str, other: &str) -> Result<(Id, Id)> {
    let (keep, other) = (entity::find(view, keep)?, entity::find(view, other)?);
    if keep.told == other.told {
        let label = entity::label(view, keep.told)?;
        return Err(Error::new(
            ErrorKind::Invalid,
            format!("`{}` ({}) can't be merged with itself", shortened(&label), keep.told),
        )
        .hint("name two entities; one that goes by the name of another is named by its id"));
    }
    for Named { told, stands } in [keep, other] {
        if told != stands {
            let (label, by) = (entity::label(view, told)?, entity::label(view, stands)?);
            let next = if keep.stands == other.stands { "nothing is to be done" } else { "name that one" };
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("`{}` ({told}) is merged into `{}` ({stands}) already", shortened(&label), shortened(&by)),
            )
            .hint(format!("{next}, or split it first: `hydra entity split {told}`")));
        }
    }
    Ok((keep.told, other.told))
}

/// Says that one stands for the other, unless the owner told them apart.
fn join(view: &View<'_>, author: &Agent, keep: Id, other: Id, names: (&str, &str), change: &mut Change) -> Result<()> {
    let (ours, theirs): (BTreeSet<Id>, Vec<Id>) =
        (identity::members(view, keep)?.into_iter().collect(), identity::members(view, other)?);
    for one in ours {
        for other in &theirs {
            for (from, to) in [(one, *other), (*other, one)] {
                let apart = Quad::new(vocab::node(from), ext::DIFFERENT_FROM, vocab::node(to), vocab::MEMORY_GRAPH);
                if !view.contains(&apart)? {
                    continue;
                }
                if author.trust < Trust::Owner {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        format!("the user told `{}` and `{}` apart", names.0, names.1),
                    )
                    .hint(format!("the user merges them: `hydra entity merge {keep} {}`", theirs[0])));
                }
                change.removed.push(apart);
            }
        }
    }
    let mut node = Node::new(other, vocab::MEMORY_GRAPH);
    node.say(ext::REPLACED_BY, vocab::node(keep)).say(vocab::TRUST, string(author.trust.as_str()));
    change.added.append(&mut node.quads);
    change.touched.extend([keep, other]);
    Ok(())
}
