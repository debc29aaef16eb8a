//! `split`: two that were merged are two after all. What was told of one is its own again as it is now, ended or not; what was
//! told since stays, unless it was told under a name of the one that goes, or is named.

use std::collections::{BTreeMap, BTreeSet};

use oxigraph::model::Quad;
use schemars::JsonSchema;
use serde::Serialize;

use super::retelling::{Retelling, disagree};
use super::telling::Telling;
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::fact::{self, Fact};
use crate::id::{Id, Mint};
use crate::identity::{self, Order};
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::record;
use crate::store::{Node, View, term_id};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Memories that a split names at most.
pub const MAX_TAKEN: usize = 200;

/// Two entities that are two again.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Split {
    /// The one that was merged.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The one that stood for it.
    pub from: Id,
    /// Its name.
    pub from_name: String,
    /// The commit, for `undo`.
    pub commit: Id,
    /// Memories that are its own again.
    pub memories: usize,
    /// Links that lead to it or come from it again.
    pub links: usize,
    /// Conflicts that only the merge had made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Id>,
}

pub(crate) fn split(inner: &Inner, other: &str, take: &[Id], reason: Option<String>, agent: &Agent) -> Result<Split> {
    if take.len() > MAX_TAKEN {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("{} memories to take; a split takes {MAX_TAKEN}", take.len()),
        )
        .hint("split with the first of them; what else is the other's is told again under its name"));
    }
    let (now, mint, author) = (inner.now(), inner.mint.clone(), agent.clone());
    let (other, take) = (other.to_owned(), take.to_vec());
    let (commit, split) = inner.writer.write(agent.clone(), move |view| {
        let mut change = Change::new("split");
        change.reason = reason;
        let split = decide(view, &mint, now, &author, (&other, &take), &mut change)?;
        Ok((change, split))
    })?;
    // The pointer went, so there is always a commit.
    Ok(Split { commit: commit.unwrap_or(split.commit), ..split })
}

fn decide(
    view: &View<'_>,
    mint: &Mint,
    now: Timestamp,
    author: &Agent,
    (other, take): (&str, &[Id]),
    change: &mut Change,
) -> Result<Split> {
    let other = merged(view, other)?;
    let from = identity::standing(view, other)?;
    let trust = view.text(other, vocab::TRUST)?.and_then(|text| text.parse().ok()).unwrap_or(Trust::Owner);
    if author.trust < trust {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("{other} was merged by the {}, who is trusted more", trust.as_str()),
        )
        .hint(format!("the user splits it: `hydra entity split {other}`")));
    }
    let node = vocab::node(other);
    for predicate in [ext::REPLACED_BY, vocab::TRUST] {
        for quad in view.quads(Some(node.as_ref().into()), Some(predicate), None, Some(vocab::MEMORY_GRAPH.into())) {
            change.removed.push(quad?);
        }
    }
    // An agent or a rule does not merge again what the owner tells apart.
    if author.trust == Trust::Owner {
        change.added.push(Quad::new(node, ext::DIFFERENT_FROM, vocab::node(from), vocab::MEMORY_GRAPH));
    }
    change.touched.extend([other, from]);
    let group = identity::members(view, other)?;
    let mut retelling = Retelling::new(view, now, Order::Split(group.clone()));
    for id in take {
        give(view, &mut retelling, *id, other, from, &group)?;
    }
    retelling.run(&group)?;
    let mut closed = part(view, (mint, now), &retelling, &group, change)?;
    let mut telling = Telling::new(view, mint, now, author).after(Order::Split(group.clone()));
    closed.append(&mut telling.part(from, &group)?);
    change.take(telling.into_change());
    let (memories, links) = (retelling.memories, retelling.links);
    retelling.into_change(change)?;
    let (name, from_name) = (entity::label(view, other)?, entity::label(view, from)?);
    Ok(Split { id: other, name, from, from_name, commit: other, memories, links, closed })
}

/// Finds the merged entity that is meant, by its id or a name of its own.
fn merged(view: &View<'_>, reference: &str) -> Result<Id> {
    let ids = match entity::as_id(view, reference)? {
        Some(id) => vec![id],
        None => entity::lookup(view, &entity::name_key(reference), usize::MAX)?,
    };
    let mut found = BTreeSet::new();
    for id in &ids {
        if view.object(*id, ext::REPLACED_BY)?.is_some() {
            found.insert(*id);
        }
    }
    let mut listed = Vec::new();
    let mut list = |ids: Vec<Id>| -> Result<String> {
        for id in ids {
            listed.push(format!("{} ({id})", shortened(&entity::label(view, id)?)));
        }
        Ok(listed.join(" or "))
    };
    match (found.first().copied(), found.len()) {
        (Some(one), 1) => Ok(one),
        (Some(_), _) => Err(Error::new(
            ErrorKind::Conflict,
            format!("`{}` may be {}", shortened(reference), list(found.into_iter().collect())?),
        )
        .hint("say which one, by its id")),
        _ => {
            let named = entity::find(view, reference)?;
            let members = identity::members(view, named.stands)?.split_off(1);
            let hint = if members.is_empty() {
                "nothing was merged into it; `hydra entity show` says what is known of it".to_owned()
            } else {
                format!("split what was merged into it: {}", list(members)?)
            };
            Err(Error::new(ErrorKind::Conflict, format!("`{}` is not merged into another", shortened(reference)))
                .hint(hint))
        }
    }
}

/// Has a memory go with the one that goes, though it was told of the one that stays.
fn give(view: &View<'_>, retelling: &mut Retelling<'_>, id: Id, other: Id, from: Id, group: &[Id]) -> Result<()> {
    let record = record::read(view, id)?.ok_or_else(|| super::forget::not_found(id))?;
    if record.source.path.is_some() {
        return Err(Error::new(ErrorKind::Invalid, format!("{id} stands in a file, whose links say whom it is about"))
            .hint("edit the file and run `hydra ingest`; take memories only"));
    }
    let told = identity::originals(&view.about(id)?, vocab::ABOUT);
    if told.iter().any(|told| group.contains(told)) {
        return Ok(());
    }
    for told in told {
        if identity::standing(view, told)? == from {
            retelling.give(id, told, other);
            return Ok(());
        }
    }
    let label = entity::label(view, from)?;
    Err(Error::new(ErrorKind::Invalid, format!("{id} is not about `{}`", shortened(&label)))
        .hint("take what is about both, as `hydra timeline` lists it"))
}

/// Parts the conflicts whose sides are no longer of one; returns those that are none any more.
fn part(
    view: &View<'_>,
    (mint, now): (&Mint, Timestamp),
    retelling: &Retelling<'_>,
    group: &[Id],
    change: &mut Change,
) -> Result<Vec<Id>> {
    let mut open = BTreeSet::new();
    for id in retelling.facts().keys() {
        open.extend(fact::open_conflicts(view, *id)?);
    }
    let mut closed = Vec::new();
    for conflict in open.iter().copied() {
        let mut slots: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for side in view.objects(conflict, vocab::SIDE)? {
            let read = fact::of_quads(side, &view.about(side)?);
            let Some(fact) = retelling.facts().get(&side).map(|(_, new)| new.clone()).or(read) else { continue };
            slots.entry(fact.slot()).or_default().push(fact);
        }
        if slots.len() < 2 {
            continue;
        }
        let quads: Vec<Quad> = view.about(conflict)?;
        let is_made = |quad: &&Quad| {
            let by = term_id(&quad.object).is_some_and(|by| group.contains(&by));
            quad.predicate == ext::INFLUENCED_BY && by
        };
        let made = quads.iter().find(is_made);
        let mut groups: Vec<Vec<Id>> = Vec::new();
        for facts in slots.into_values() {
            // The merge brought sides together that never disagreed with each other.
            let is_side = |fact: &&Fact| made.is_none() || facts.iter().any(|other| disagree(fact, other));
            let mut sides: Vec<Id> = facts.iter().filter(is_side).map(|fact| fact.id).collect();
            sides.sort_unstable();
            // Nor is what was in dispute before in dispute twice.
            if sides.len() > 1 && !(made.is_some() && is_covered(view, &sides, conflict)?) {
                groups.push(sides);
            }
        }
        groups.sort_by_key(|sides| (std::cmp::Reverse(sides.len()), sides[0]));
        let of_memory = quads.iter().filter(|quad| quad.graph_name == vocab::MEMORY_GRAPH.into());
        match groups.first() {
            None => {
                change.removed.extend(of_memory.cloned());
                closed.push(conflict);
            }
            Some(kept) => {
                let gone = |quad: &&Quad| {
                    let side = term_id(&quad.object);
                    quad.predicate == vocab::SIDE && side.is_some_and(|side| !kept.contains(&side))
                };
                change.removed.extend(of_memory.filter(gone).cloned());
                change.removed.extend(made.cloned());
            }
        }
        change.touched.extend(view.objects(conflict, vocab::SIDE)?);
        for sides in groups.into_iter().skip(1) {
            if !is_covered(view, &sides, conflict)? {
                again(&quads, &sides, mint.mint(now), change);
            }
        }
    }
    Ok(closed)
}

/// Makes a conflict of its own for sides of one that was parted.
fn again(parted: &[Quad], sides: &[Id], conflict: Id, change: &mut Change) {
    let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
    for quad in parted {
        if [ext::TYPE, vocab::SPACE, vocab::RECORDED_AT].contains(&quad.predicate.as_ref()) {
            node.say(quad.predicate.clone(), quad.object.clone());
        }
    }
    for side in sides {
        node.say(vocab::SIDE, vocab::node(*side));
    }
    change.added.append(&mut node.quads);
}

/// Tells whether another open conflict has all of these sides.
fn is_covered(view: &View<'_>, sides: &[Id], but: Id) -> Result<bool> {
    for other in fact::open_conflicts(view, sides[0])?.into_iter().filter(|other| *other != but) {
        let all = view.objects(other, vocab::SIDE)?;
        if sides.iter().all(|side| all.contains(side)) {
            return Ok(true);
        }
    }
    Ok(false)
}
