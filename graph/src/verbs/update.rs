//! `update`: says that a memory ended, was wrong, is to be said otherwise, or stands again; and settles conflicts. Nothing
//! is overwritten: what a memory said before stays, and every update can be undone.

use oxigraph::model::NamedNodeRef;
use schemars::JsonSchema;
use serde::Serialize;

use super::remember::NewMemory;
use super::telling::{Novelty, Telling};
use crate::decision::{Decision, NewDecision};
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::fact::{self, Statement};
use crate::id::Id;
use crate::identity;
use crate::journal::{self, Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::preference::{NewPreference, Preference};
use crate::proposal::{Proposal, State};
use crate::record::{self, Kind, Record};
use crate::stale;
use crate::store::{Node, View, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What is to change.
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateOp {
    /// The world changed: it held until then.
    End(Timestamp),
    /// It was wrong, or is said better: this text takes its place, with its time and its circumstances.
    Supersede(String),
    /// It was wrong: this statement takes its place.
    Correct(Statement),
    /// It was wrong, and nothing takes its place.
    Retract,
    /// It stands again: takes back its end or its retraction.
    Restore,
    /// It is kept and shown, but never recalled: the owner's decision, whatever is told or asked later.
    NeverRecall,
    /// It may be recalled again.
    RecallAgain,
    /// Of what waits for the owner's word, a conflict, proposal or candidate preference: they are not asked until then.
    Snooze(Timestamp),
    /// Of a conflict: this side holds, and the others were wrong.
    Settle(Id),
    /// Of a conflict: all sides hold, and there was no contradiction.
    KeepAll,
}

impl UpdateOp {
    /// Reads an operation by its name, as front ends give it, with what belongs to it.
    ///
    /// # Errors
    /// `Invalid` when there is no such operation, or what it needs is missing.
    pub fn named(
        name: &str,
        at: Option<Timestamp>,
        text: Option<String>,
        statement: Option<Statement>,
        keep: Option<Id>,
    ) -> Result<Self> {
        let missing = |what: &str| {
            Error::new(ErrorKind::Invalid, format!("`{name}` without {what}")).hint(format!("say {what} too"))
        };
        match name {
            "end" => at.map(Self::End).ok_or_else(|| missing("the time it ended")),
            "supersede" | "edit" => text.map(Self::Supersede).ok_or_else(|| missing("the new text")),
            "correct" => statement.map(Self::Correct).ok_or_else(|| missing("subject, predicate and object")),
            "retract" => Ok(Self::Retract),
            "restore" => Ok(Self::Restore),
            "never_recall" => Ok(Self::NeverRecall),
            "recall_again" => Ok(Self::RecallAgain),
            "snooze" => at.map(Self::Snooze).ok_or_else(|| missing("the day to ask again")),
            "settle" => keep.map(Self::Settle).ok_or_else(|| missing("the side to keep")),
            "keep_all" => Ok(Self::KeepAll),
            _ => Err(Error::new(ErrorKind::Invalid, format!("`{}` is not an update", shortened(name)))
                .hint("say end, supersede, correct, retract, restore, never_recall or recall_again; of a conflict settle or keep_all; of what waits snooze")),
        }
    }
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Updated {
    /// The memory or conflict.
    pub id: Id,
    /// The commit, for `undo`.
    pub commit: Id,
    /// What took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Id>,
    /// What was derived from it and is stale now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<Id>,
    /// What is no longer stale.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fresh: Vec<Id>,
}

/// What an update has gathered.
#[derive(Default)]
struct Outcome {
    replaced_by: Option<Id>,
    stale: Vec<Id>,
    fresh: Vec<Id>,
}

/// Updates; with `spaces`, only what belongs to one of them.
pub(crate) fn update(
    inner: &Inner,
    spaces: &[String],
    id: Id,
    op: UpdateOp,
    reason: Option<String>,
    agent: &Agent,
) -> Result<Updated> {
    let (now, mint, author, spaces) = (inner.now(), inner.mint.clone(), agent.clone(), spaces.to_vec());
    let (commit, outcome) = inner.writer.write(agent.clone(), move |view| {
        let mut telling = Telling::new(view, &mint, now, &author);
        telling.change.verb = journal::UPDATE;
        telling.change.reason = reason;
        check_space(view, id, &spaces)?;
        let outcome = apply(view, &mut telling, id, op)?;
        Ok((telling.into_change(), outcome))
    })?;
    let commit = commit.ok_or_else(|| {
        Error::new(ErrorKind::Conflict, format!("{id} is like that already")).hint("look at it with `hydra get`")
    })?;
    Ok(Updated { id, commit, replaced_by: outcome.replaced_by, stale: outcome.stale, fresh: outcome.fresh })
}

fn apply(view: &View<'_>, telling: &mut Telling<'_>, id: Id, op: UpdateOp) -> Result<Outcome> {
    let now = telling.now;
    if let UpdateOp::Settle(_) | UpdateOp::KeepAll = op {
        return settle(view, telling, id, &op);
    }
    if let UpdateOp::Snooze(until) = op {
        return snooze(view, telling, id, until).map(|()| Outcome::default());
    }
    let Some(record) = record::read(view, id)? else { return Err(no_memory(view, id)?) };
    if record.kind == Kind::Passage || record.source.path.is_some() {
        return Err(Error::new(ErrorKind::Invalid, format!("{id} stands in a file"))
            .hint("edit the file and run `hydra ingest`; to have it never recalled, forget it"));
    }
    check_trust(&record, telling.author)?;
    let mut outcome = Outcome::default();
    match op {
        UpdateOp::End(at) => {
            check_stands(view, &record, now)?;
            if let Some(end) = record.valid_to {
                return Err(Error::new(ErrorKind::Conflict, format!("{id} ends already, at {end}"))
                    .hint("restore it first, or undo the commit that said so (`hydra get ID --view history`)"));
            }
            let start = record.valid_from.or(record.happened_at);
            if let Some(start) = start.filter(|start| at <= *start) {
                return Err(Error::new(ErrorKind::Invalid, format!("it would end ({at}) before it begins ({start})"))
                    .hint("give a later end, or retract it if it never held"));
            }
            outcome.stale = fall(view, &mut telling.change, id, vocab::VALID_TO, at, now)?;
            if at <= now {
                telling.weigh_again(id)?;
            }
        }
        UpdateOp::Retract => {
            check_stands(view, &record, now)?;
            outcome.stale = fall(view, &mut telling.change, id, vocab::RETRACTED_AT, now, now)?;
            outcome.fresh = telling.let_go(&[id])?;
        }
        UpdateOp::Supersede(text) => {
            (outcome.replaced_by, outcome.stale) = replace(view, telling, record, Some(text), None)?;
            outcome.fresh = telling.let_go(&[id])?;
        }
        UpdateOp::Correct(stated) => {
            (outcome.replaced_by, outcome.stale) = replace(view, telling, record, None, Some(stated))?;
            outcome.fresh = telling.let_go(&[id])?;
        }
        UpdateOp::Restore => outcome.fresh = restore(view, telling, &record)?,
        UpdateOp::NeverRecall | UpdateOp::RecallAgain => withhold(view, telling, &record, &op)?,
        UpdateOp::Settle(_) | UpdateOp::KeepAll | UpdateOp::Snooze(_) => unreachable!("it may be no record"),
    }
    Ok(outcome)
}

/// Says what an id stands for that is no memory's, and what can be done with it.
fn no_memory(view: &View<'_>, id: Id) -> Result<Error> {
    let refused = |message: String, hint: String| Error::new(ErrorKind::Invalid, message).hint(hint);
    if view.is_a(id, vocab::ENTITY)? {
        let name = entity::label(view, id)?;
        return Ok(refused(
            format!("{id} is an entity ({}), not a memory", shortened(&name)),
            format!(
                "merge, split or alias it; to change what is said of it, give the id of a memory: `hydra timeline {id}` \
                 lists them"
            ),
        ));
    }
    if view.is_a(id, vocab::CONFLICT)? {
        let sides: Vec<String> = view.objects(id, vocab::SIDE)?.iter().map(Id::to_string).collect();
        return Ok(refused(
            format!("{id} is a conflict, not a memory"),
            format!("settle it: keep one of {}, or all", sides.join(" and ")),
        ));
    }
    if journal::is_commit(view, id)? {
        return Ok(refused(format!("{id} is a commit, not a memory"), format!("take it back: `hydra undo {id}`")));
    }
    Ok(super::forget::not_found(id))
}

/// Refuses what is of another space: a memory, or a conflict.
fn check_space(view: &View<'_>, id: Id, spaces: &[String]) -> Result<()> {
    match view.text(id, vocab::SPACE)? {
        Some(space) if !spaces.is_empty() && !spaces.contains(&space) => {
            Err(Error::new(ErrorKind::NotFound, format!("{id} is not in {}", spaces.join(" or ")))
                .hint("leave the space out, or give ids of that space"))
        }
        _ => Ok(()),
    }
}

/// Only who is trusted as much may change what somebody said.
pub(super) fn check_trust(record: &Record, author: &Agent) -> Result<()> {
    let trust = record.trust.parse::<Trust>().unwrap_or(Trust::Ingested);
    if author.trust >= trust {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, format!("{} was said by the {}, who is trusted more", record.id, record.trust))
        .hint("remember what you know as a fact of its own: where it disagrees, both stay and the owner settles it"))
}

pub(super) fn check_stands(view: &View<'_>, record: &Record, now: Timestamp) -> Result<()> {
    let why = match record {
        _ if record.stands_at(now) => return Ok(()),
        Record { forgotten_at: Some(at), .. } => format!("was forgotten at {at}"),
        Record { retracted_at: Some(at), .. } => format!("was retracted at {at}"),
        _ => format!("ended at {}", record.valid_to.unwrap_or(now)),
    };
    let successor = super::deciding::successor(view, record)?.or(record.ended_by);
    Err(match successor {
        Some(by) => Error::new(ErrorKind::Conflict, format!("{} {why}, and {by} took its place", record.id))
            .hint(format!("update {by} instead, or restore the old one first if it stands after all")),
        None => Error::new(ErrorKind::Conflict, format!("{} {why}", record.id))
            .hint("restore it first, if it stands after all"),
    })
}

/// Marks a memory as ended or retracted, takes its statement out and flags what rests on it.
fn fall(
    view: &View<'_>,
    change: &mut Change,
    id: Id,
    mark: NamedNodeRef<'static>,
    at: Timestamp,
    now: Timestamp,
) -> Result<Vec<Id>> {
    let mut node = Node::new(id, vocab::MEMORY_GRAPH);
    node.say(mark, time_literal(at));
    change.added.append(&mut node.quads);
    change.touched.insert(id);
    if let Some(fact) = fact::believed(view, id)?.filter(|_| at <= now)
        && !fact::is_kept_by_others(view, &fact, now)?
    {
        change.removed.push(fact.assertion());
    }
    stale::flag(view, change, id)
}

/// Tells the successor of a memory, with its circumstances, and retracts the memory.
fn replace(
    view: &View<'_>,
    telling: &mut Telling<'_>,
    old: Record,
    text: Option<String>,
    stated: Option<Statement>,
) -> Result<(Option<Id>, Vec<Id>)> {
    check_stands(view, &old, telling.now)?;
    let mut new = NewMemory {
        kind: if stated.is_some() { Kind::Fact } else { old.kind },
        space: old.space.clone(),
        said_by: old.source.said_by.clone(),
        statement: stated,
        confidence: None,
        valid_from: old.valid_from,
        valid_to: old.valid_to,
        expires_at: old.expires_at,
        speaker: old.speaker.clone(),
        happened_at: old.happened_at,
        applies_to: old.scope().map(str::to_owned),
        ..NewMemory::new(text.unwrap_or_default())
    };
    if let Some(Decision { options, reasons, .. }) = old.decision.clone() {
        new.decision = NewDecision { options, reasons, supersedes: None };
    }
    if let Some(preference) = &old.preference {
        keep_topic(&mut new, preference);
        // Saying a guess in other words does not make it more.
        new.preference.is_inferred = preference.inferred && telling.author.trust <= Trust::Agent;
    }
    if old.statement.is_none() {
        for entity in identity::originals(&view.about(old.id)?, vocab::ABOUT) {
            new.entities.push(entity.to_string());
        }
    }
    super::admission::check(&new, telling.now)?;
    let stale = fall(view, &mut telling.change, old.id, vocab::RETRACTED_AT, telling.now, telling.now)?;
    telling.disbelieve(old.id)?;
    let told = telling.tell(&new)?;
    if told.id == old.id {
        return Err(Error::new(ErrorKind::Conflict, format!("{} says that already", old.id))
            .hint("say what is different, or leave it as it is"));
    }
    let mut node = Node::new(told.id, vocab::MEMORY_GRAPH);
    node.say(ext::REVISION_OF, vocab::node(old.id));
    // Other words for it are not to be recalled either.
    if let Some(at) = old.withheld_at.filter(|_| told.novelty == Novelty::New) {
        node.say(vocab::WITHHELD_AT, time_literal(at));
    }
    telling.change.added.append(&mut node.quads);
    Ok((Some(told.id), stale))
}

/// What is said otherwise is about the same, unless the new words say what they are about themselves.
fn keep_topic(new: &mut NewMemory, old: &Preference) {
    let (read, _) = Preference::read(&new.text, &NewPreference::default(), None);
    if read.topic.is_none() {
        new.preference = NewPreference { topic: old.topic.clone(), polarity: Some(old.polarity), is_inferred: false };
    }
}

fn restore(view: &View<'_>, telling: &mut Telling<'_>, record: &Record) -> Result<Vec<Id>> {
    if record.forgotten_at.is_some() {
        return Err(Error::new(ErrorKind::Conflict, format!("{} was forgotten", record.id))
            .hint("undo the commit that forgot it (`hydra get ID --view history`)"));
    }
    let (node, now, change) = (vocab::node(record.id), telling.now, &mut telling.change);
    // What was retracted ends when it did before.
    let marks: &[NamedNodeRef<'static>] = match record.retracted_at {
        Some(_) => &[vocab::RETRACTED_AT],
        None => &[vocab::VALID_TO, vocab::ENDED_BY],
    };
    for mark in marks.iter().copied() {
        for quad in view.quads(Some(node.as_ref().into()), Some(mark), None, None) {
            change.removed.push(quad?);
        }
    }
    change.touched.insert(record.id);
    let quads = view.about(record.id)?;
    if let Some(mut fact) = fact::of_quads(record.id, &quads) {
        if record.retracted_at.is_none() {
            fact.to = None;
        }
        if fact.holds_at(now) {
            change.added.push(fact.assertion());
        }
        if record.retracted_at.is_some() {
            telling.end_again(&fact)?;
        }
    }
    telling.weigh_restored(record.id)?;
    stale::unflag(view, &mut telling.change, record.id)
}

/// Says that a memory is never recalled, or takes that back.
fn withhold(view: &View<'_>, telling: &mut Telling<'_>, record: &Record, op: &UpdateOp) -> Result<()> {
    if telling.author.trust < Trust::Owner {
        return Err(Error::new(ErrorKind::Conflict, "only the owner says what is never recalled")
            .hint(format!("tell them: `hydra update {} --never-recall`", record.id)));
    }
    match (op, record.withheld_at) {
        (UpdateOp::NeverRecall, None) => {
            let mut node = Node::new(record.id, vocab::MEMORY_GRAPH);
            node.say(vocab::WITHHELD_AT, time_literal(telling.now));
            telling.change.added.append(&mut node.quads);
        }
        (UpdateOp::RecallAgain, Some(_)) => {
            let node = vocab::node(record.id);
            for quad in view.quads(Some(node.as_ref().into()), Some(vocab::WITHHELD_AT), None, None) {
                telling.change.removed.push(quad?);
            }
        }
        _ => return Ok(()),
    }
    telling.change.touched.insert(record.id);
    Ok(())
}

/// Puts off what waits for the owner's word. It touches nothing: what is known stays as it is.
fn snooze(view: &View<'_>, telling: &mut Telling<'_>, id: Id, until: Timestamp) -> Result<()> {
    let now = telling.now;
    if telling.author.trust < Trust::Owner {
        return Err(Error::new(ErrorKind::Conflict, "only the owner puts off what waits for their word")
            .hint("leave it: it waits as long as they like"));
    }
    if until <= now {
        return Err(Error::new(ErrorKind::Invalid, format!("{until} is not to come")).hint("give a later day"));
    }
    let waits = (view.is_a(id, vocab::CONFLICT)? && view.object(id, vocab::SETTLED_AT)?.is_none())
        || Proposal::read(view, id)?.is_some_and(|proposal| proposal.state == State::Pending)
        || record::read(view, id)?.is_some_and(|record| record.is_candidate() && record.stands_at(now));
    if !waits {
        return Err(Error::new(ErrorKind::Invalid, format!("{id} does not wait for anybody's word")).hint(
            "`hydra conflicts` and `hydra proposals` list what does, and so do preferences that are candidates",
        ));
    }
    let mut node = Node::new(id, vocab::MEMORY_GRAPH);
    for quad in view.quads(Some(vocab::node(id).as_ref().into()), Some(vocab::SNOOZED_UNTIL), None, None) {
        telling.change.removed.push(quad?);
    }
    node.say(vocab::SNOOZED_UNTIL, time_literal(until));
    telling.change.added.append(&mut node.quads);
    Ok(())
}

fn settle(view: &View<'_>, telling: &mut Telling<'_>, conflict: Id, op: &UpdateOp) -> Result<Outcome> {
    let (now, mut outcome) = (telling.now, Outcome::default());
    if !view.is_a(conflict, vocab::CONFLICT)? {
        return Err(Error::new(ErrorKind::NotFound, format!("{conflict} is not a conflict"))
            .hint("`hydra conflicts` lists those that are open"));
    }
    if view.object(conflict, vocab::SETTLED_AT)?.is_some() {
        return Err(Error::new(ErrorKind::Conflict, format!("{conflict} is settled already"))
            .hint("undo the commit that settled it first"));
    }
    let sides = view.objects(conflict, vocab::SIDE)?;
    if let UpdateOp::Settle(keep) = op {
        if !sides.contains(keep) {
            let names: Vec<String> = sides.iter().map(Id::to_string).collect();
            return Err(Error::new(ErrorKind::Invalid, format!("{keep} is no side of {conflict}"))
                .hint(format!("its sides are {}", names.join(" and "))));
        }
        for side in sides.iter().filter(|side| *side != keep) {
            let Some(record) = record::read(view, *side)? else { continue };
            check_trust(&record, telling.author)?;
            if record.retracted_at.is_none() {
                outcome.stale.append(&mut fall(view, &mut telling.change, *side, vocab::RETRACTED_AT, now, now)?);
            }
        }
        telling.prefer_kept(*keep)?;
        let fallen: Vec<Id> = sides.iter().filter(|side| *side != keep).copied().collect();
        outcome.fresh = telling.let_go(&fallen)?;
    } else if may_decide_all(view, &sides, telling.author)? {
        // Whoever says that all sides hold has said each.
        sides.iter().try_for_each(|side| telling.prefer_kept(*side))?;
    }
    let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
    node.say(vocab::SETTLED_AT, time_literal(now));
    telling.change.added.append(&mut node.quads);
    telling.change.touched.extend(sides.iter().copied());
    Ok(outcome)
}

/// Tells whether somebody is trusted as much as whoever said any of the sides.
fn may_decide_all(view: &View<'_>, sides: &[Id], author: &Agent) -> Result<bool> {
    for side in sides {
        if record::read(view, *side)?.is_some_and(|record| check_trust(&record, author).is_err()) {
            return Ok(false);
        }
    }
    Ok(true)
}
