//! `learn`: keeps what was learned, once, and counts how often it was seen, helped and hurt.

use std::collections::BTreeSet;
use std::str::FromStr;

use oxigraph::model::{NamedNode, NamedNodeRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::remember::{Evidence, NewMemory};
use super::telling::Telling;
use super::twin;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity::{self, Names};
use crate::journal::{Agent, Change};
use crate::learning::{self, Learning, Outcome};
use crate::memory::Inner;
use crate::names::shortened;
use crate::record::{self, Kind};
use crate::store::{Node, View, number, string};
use crate::vocab::{self, ext};
use crate::voice::Voice;

/// Longest trigger: it is compared and read at a glance.
pub const MAX_TRIGGER_BYTES: usize = 1_024;
/// Longest lesson: it is in every context that it applies to.
pub const MAX_LESSON_BYTES: usize = 4_096;
/// Longest path that a learning applies to; Linux has no longer ones.
pub const MAX_PATH_BYTES: usize = 4_096;
/// Texts that one learning rests on at most, however often it is seen; the first are kept.
pub const MAX_LEARNING_EVIDENCE: usize = 64;

/// What was learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLearning {
    /// When it applies.
    pub trigger: String,
    /// What to do then, or to avoid.
    pub lesson: String,
    /// How it went.
    pub outcome: Outcome,
    /// What it was learned from.
    pub evidence: Vec<Id>,
    /// Where it belongs.
    pub space: String,
    /// Names of the people, projects and things it is about.
    pub entities: Vec<String>,
    /// The file or folder it applies to.
    pub path: Option<String>,
}

/// What is reported of a learning that was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// It helped.
    Helped,
    /// It did harm, or cost time.
    Hurt,
}

impl FromStr for Report {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "helped" => Ok(Self::Helped),
            "hurt" => Ok(Self::Hurt),
            _ => Err(Error::new(ErrorKind::Invalid, format!("`{}` is not a report", shortened(text)))
                .hint("say helped or hurt")),
        }
    }
}

/// How a learning stands.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Learned {
    /// The learning.
    pub id: Id,
    /// The commit; hand it to `undo` to take it back.
    pub commit: Id,
    /// What it says and how often it was seen, helped and hurt.
    #[serde(flatten)]
    pub learning: Learning,
    /// How many texts were not kept as evidence because it rests on enough.
    #[serde(skip_serializing_if = "is_zero")]
    pub evidence_left_out: usize,
}

pub(crate) fn learn(inner: &Inner, new: NewLearning, agent: &Agent) -> Result<Learned> {
    let told = NewMemory {
        kind: Kind::Learning,
        space: new.space.clone(),
        entities: new.entities.clone(),
        evidence: new.evidence.iter().map(|id| Evidence { id: *id, quote: None }).collect(),
        ..NewMemory::new(learning::text(&new.trigger, &new.lesson))
    };
    check(&new)?;
    super::admission::check(&told, inner.now())?;
    let (now, mint, author) = (inner.now(), inner.mint.clone(), agent.clone());
    let (commit, (id, evidence_left_out)) = inner.writer.write(agent.clone(), move |view| {
        let mut telling = Telling::new(view, &mint, now, &author);
        telling.change.verb = "learn";
        let key = learning::key(&new.space, &new.trigger, &new.lesson);
        let (id, left_out) = match find(view, &key)? {
            Some(id) => (id, see_again(view, &mut telling, id, &new, told)?),
            None => (begin(&mut telling, key, &new, &told)?, 0),
        };
        if let Some(path) = new.path.as_deref() {
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.say(vocab::APPLIES_TO, string(path.trim()));
            telling.change.added.append(&mut node.quads);
        }
        telling.change.touched.insert(id);
        Ok((telling.into_change(), (id, left_out)))
    })?;
    answer(inner, id, commit, evidence_left_out)
}

pub(crate) fn report(inner: &Inner, id: Id, report: Report, reason: Option<String>, agent: &Agent) -> Result<Learned> {
    let now = inner.now();
    let (commit, ()) = inner.writer.write(agent.clone(), move |view| {
        let record = record::read(view, id)?.ok_or_else(|| super::forget::not_found(id))?;
        if record.learning.is_none() {
            return Err(Error::new(ErrorKind::Invalid, format!("{id} is not a learning")).hint(
                "report on what `learn` gave; what was only remembered has to be learned first, with a trigger",
            ));
        }
        if !record.stands_at(now) {
            return Err(Error::new(ErrorKind::Conflict, format!("{id} no longer stands"))
                .hint("look at it with `hydra get ID --view history`"));
        }
        let mut change = Change::new("report");
        change.reason = reason;
        let counter = match report {
            Report::Helped => vocab::TIMES_HELPED,
            Report::Hurt => vocab::TIMES_HURT,
        };
        count(view, &mut change, id, counter)?;
        change.touched.insert(id);
        Ok((change, ()))
    })?;
    answer(inner, id, commit, 0)
}

fn answer(inner: &Inner, id: Id, commit: Option<Id>, evidence_left_out: usize) -> Result<Learned> {
    let vanished = || super::forget::not_found(id);
    let view = inner.view()?;
    let learning = record::read(&view, id)?.and_then(|record| record.learning).ok_or_else(vanished)?;
    // A copy of what is known changes nothing.
    let commits = view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)?;
    let commit = commit.or_else(|| commits.into_iter().max()).ok_or_else(vanished)?;
    Ok(Learned { id, commit, learning, evidence_left_out })
}

/// Finds the learning of a key that still stands.
fn find(view: &View<'_>, key: &str) -> Result<Option<Id>> {
    for id in view.subjects(vocab::KEY, string(key).as_ref().into(), usize::MAX)? {
        if !twin::is_over(view, id)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Tells a new one. What was only remembered in these words becomes the learning.
fn begin(telling: &mut Telling<'_>, key: String, new: &NewLearning, told: &NewMemory) -> Result<Id> {
    let id = telling.tell(told)?.id;
    telling.rest_on(id, &told.evidence)?;
    let mut node = Node::new(id, vocab::MEMORY_GRAPH);
    node.say(ext::TYPE, NamedNode::from(vocab::LEARNING))
        .say(vocab::KEY, string(key))
        .say(vocab::TRIGGER, string(new.trigger.trim()))
        .say(vocab::LESSON, string(new.lesson.trim()))
        .say(vocab::OUTCOME, string(new.outcome.as_str()))
        .say(vocab::TIMES_SEEN, number(1));
    telling.change.added.append(&mut node.quads);
    Ok(id)
}

/// Counts one up, with what is new of it; returns how much evidence was left out.
fn see_again(
    view: &View<'_>,
    telling: &mut Telling<'_>,
    id: Id,
    new: &NewLearning,
    mut told: NewMemory,
) -> Result<usize> {
    let before: Option<Outcome> = view.text(id, vocab::OUTCOME)?.and_then(|text| text.parse().ok());
    if !is_copy(view, id, &told.evidence)? || before != Some(new.outcome) {
        count(view, &mut telling.change, id, vocab::TIMES_SEEN)?;
    }
    let known: BTreeSet<Id> = view.objects(id, ext::DERIVED_FROM)?.into_iter().collect();
    told.evidence.retain(|evidence| evidence.id != id && !known.contains(&evidence.id));
    let room = MAX_LEARNING_EVIDENCE.saturating_sub(known.len());
    let left_out = told.evidence.len().saturating_sub(room);
    told.evidence.truncate(room);
    telling.rest_on(id, &told.evidence)?;
    let mut node = Node::new(id, vocab::MEMORY_GRAPH);
    let mut about = Vec::new();
    for name in &new.entities {
        about.push(telling.entities.by_name(name)?);
    }
    identity::say_about(view, &view.about(id)?, &about, &mut node)?;
    let outcome = before.map_or(new.outcome, |before| before.and(new.outcome));
    let subject = vocab::node(id);
    for quad in view.quads(Some(subject.as_ref().into()), Some(vocab::OUTCOME), None, None) {
        telling.change.removed.push(quad?);
    }
    node.say(vocab::OUTCOME, string(outcome.as_str()));
    telling.change.added.append(&mut node.quads);
    Ok(left_out)
}

/// Tells whether all of the evidence is a copy of what a learning rests on. What happened once, and went as it did, was seen
/// once, however often it is reported; without evidence nobody can tell, and each report counts.
fn is_copy(view: &View<'_>, id: Id, evidence: &[Evidence]) -> Result<bool> {
    if evidence.is_empty() {
        return Ok(false);
    }
    let (known, names) = (view.objects(id, ext::DERIVED_FROM)?, Names::now(view));
    let known = known.into_iter().map(|source| Voice::of(&names, source)).collect::<Result<Vec<_>>>()?;
    for evidence in evidence {
        let voice = Voice::of(&names, evidence.id)?;
        if !known.iter().any(|known| known.is_one_with(&voice)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn count(view: &View<'_>, change: &mut Change, id: Id, counter: NamedNodeRef<'static>) -> Result<()> {
    let before: usize = view.text(id, counter)?.and_then(|text| text.parse().ok()).unwrap_or_default();
    let subject = vocab::node(id);
    for quad in view.quads(Some(subject.as_ref().into()), Some(counter), None, None) {
        change.removed.push(quad?);
    }
    let mut node = Node::new(id, vocab::MEMORY_GRAPH);
    node.say(counter, number(before + 1));
    change.added.append(&mut node.quads);
    Ok(())
}

fn check(new: &NewLearning) -> Result<()> {
    let path = new.path.as_deref().unwrap_or("x");
    for (part, text, most, hint) in [
        ("trigger", new.trigger.as_str(), MAX_TRIGGER_BYTES, "say in a few words when it applies"),
        ("lesson", new.lesson.as_str(), MAX_LESSON_BYTES, "say in a few sentences what to do then"),
        ("path", path, MAX_PATH_BYTES, "give the file or folder it applies to, or leave it out"),
    ] {
        if text.trim().is_empty() {
            return Err(Error::new(ErrorKind::Invalid, format!("a learning without {part}")).hint(hint));
        }
        if text.len() > most {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the {part} has {} bytes; a learning's has {most}", text.len()),
            )
            .hint(hint));
        }
    }
    Ok(())
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
