//! `proposals`, `accept` and `reject`: what waits, what it would do, and the owner's word on it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::propose::rehearse;
use super::remember::Evidence;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{self, Agent, Change, Trust};
use crate::memory::Inner;
use crate::proposal::{Proposal, State, pending, pending_key};
use crate::record::{Kind, Reader, Record};
use crate::store::{Node, View, string, subject_id, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Proposals that one call decides at most.
pub const MAX_DECIDED: usize = 200;
/// Texts of which nothing is known that are shown.
pub const MAX_BARE_TEXTS: usize = 20;
/// Newest commits that are looked at for them.
const MAX_BARE_COMMITS: usize = 200;
/// Texts that one call looks at; the next goes on from there.
pub const MAX_BARE_LOOKED_AT: usize = 1_000;

/// A proposal that waits.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct ProposalInfo {
    /// Its id.
    pub id: Id,
    /// alias, fact, merge or summary.
    pub kind: String,
    /// What is proposed, as a sentence.
    pub text: String,
    /// The space it belongs to.
    pub space: String,
    /// How sure its proposer is, from 0 to 1.
    pub confidence: f32,
    /// How far it is trusted.
    pub trust: String,
    /// Who proposed it.
    pub agent: String,
    /// When.
    pub proposed_at: Timestamp,
    /// How often.
    pub times_seen: usize,
    /// Until when the owner put it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What accepting it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<String>,
    /// Why it can't be accepted as things are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A proposal by its id: what it is, how it stands, and what it became.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct ProposalStanding {
    /// What is proposed.
    #[serde(flatten)]
    pub info: ProposalInfo,
    /// `waiting`, `stale` (what it rests on fell), `accepted` or `rejected`.
    pub status: String,
    /// Who decided about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// The commit that decided, for `undo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Id>,
    /// The memories or entities that it became.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub became: Vec<Id>,
}

impl ProposalStanding {
    /// Says how it stands, in words.
    pub fn words(&self) -> String {
        let by = self.decided_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let commit = self.commit.map(|commit| format!(", commit {commit}")).unwrap_or_default();
        let became: Vec<String> = self.became.iter().map(ToString::to_string).collect();
        let became = if became.is_empty() { String::new() } else { format!(", became {}", became.join(" ")) };
        let next = self.info.would.as_ref().map(|would| format!("; accepted, {would}")).unwrap_or_default();
        let problem = self.info.problem.as_ref().map(|problem| format!("; it can't be accepted: {problem}"));
        format!("{}{by}{commit}{became}{next}{}", self.status, problem.unwrap_or_default())
    }
}

/// What became of one that was accepted or rejected.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Decided {
    /// The proposal.
    pub id: Id,
    /// The commit, for `undo`, after which it waits again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Id>,
    /// What was done.
    pub text: String,
    /// Why it still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The kind of that error, as JSON names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<&'static str>,
}

/// What is to be enriched.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Enrichment {
    /// What waits for the owner.
    pub waiting: Vec<ProposalInfo>,
    /// Texts of which nothing is known but their words, newest first.
    pub bare: Vec<Record>,
}

pub(crate) fn proposals(inner: &Inner, spaces: &[String]) -> Result<Vec<ProposalInfo>> {
    let (view, now) = (inner.view()?, inner.now());
    list(inner, &view, now, spaces)
}

fn list(inner: &Inner, view: &View<'_>, now: Timestamp, spaces: &[String]) -> Result<Vec<ProposalInfo>> {
    let mut ids = Vec::new();
    for space in spaces {
        ids.append(&mut pending(view, space)?);
    }
    if spaces.is_empty() {
        ids = view.instances(vocab::PROPOSAL)?;
        ids.sort_unstable();
    }
    let mut waiting = Vec::new();
    for id in ids {
        let Some(proposal) = Proposal::read(view, id)?.filter(|proposal| proposal.state == State::Pending) else {
            continue;
        };
        if proposal.fallen(view, now)?.is_some() {
            continue;
        }
        waiting.push(info(inner, view, now, proposal));
    }
    Ok(waiting)
}

/// Describes a proposal; of one that waits, with what accepting it would do.
fn info(inner: &Inner, view: &View<'_>, now: Timestamp, proposal: Proposal) -> ProposalInfo {
    let rehearsed = (proposal.state == State::Pending).then(|| rehearse(view, &inner.mint, now, &proposal));
    let (would, problem) = match rehearsed {
        Some(Ok((_, would))) => (Some(would), None),
        Some(Err(error)) => (None, Some(error.message().to_owned())),
        None => (None, None),
    };
    let Proposal { id, new, agent, trust, proposed_at, times_seen, snoozed_until, .. } = proposal;
    ProposalInfo {
        id,
        kind: new.suggestion.kind().to_owned(),
        text: new.suggestion.sentence(),
        space: new.space,
        confidence: new.confidence,
        trust: trust.as_str().to_owned(),
        agent,
        proposed_at,
        times_seen,
        snoozed_until,
        evidence: new.evidence,
        would,
        problem,
    }
}

/// Reads how a proposal stands; `None` if the node is none.
pub(super) fn standing(inner: &Inner, view: &View<'_>, id: Id) -> Result<Option<ProposalStanding>> {
    let (now, Some(proposal)) = (inner.now(), Proposal::read(view, id)?) else { return Ok(None) };
    let status = match proposal.state {
        State::Accepted => "accepted",
        State::Rejected => "rejected",
        State::Pending if proposal.fallen(view, now)?.is_some() => "stale",
        State::Pending => "waiting",
    };
    let verb = if proposal.state == State::Accepted { "accept" } else { "reject" };
    let (mut commit, mut became) = (None, Vec::new());
    if proposal.state != State::Pending {
        let decided = journal::history(view, id)?.into_iter().rev().find(|commit| commit.verb == verb);
        commit = decided.map(|commit| commit.id);
    }
    if proposal.state == State::Accepted {
        became = view.subjects(ext::INFLUENCED_BY, vocab::node(id).as_ref().into(), usize::MAX)?;
        // An alias or a merge makes nothing, but changes entities.
        if became.is_empty() {
            for touched in commit.map(|commit| journal::touched(view, commit)).transpose()?.unwrap_or_default() {
                if view.is_a(touched, vocab::ENTITY)? {
                    became.push(touched);
                }
            }
        }
        became.sort_unstable();
    }
    let decided_by = view.text(id, vocab::DECIDED_BY)?;
    let info = info(inner, view, now, proposal);
    Ok(Some(ProposalStanding { info, status: status.to_owned(), decided_by, commit, became }))
}

pub(crate) fn decide(
    inner: &Inner,
    ids: &[Id],
    accept: bool,
    reason: Option<&str>,
    agent: &Agent,
) -> Result<Vec<Decided>> {
    if agent.trust < Trust::Policy {
        let what = if accept { "accepts" } else { "rejects" };
        return Err(Error::new(ErrorKind::Conflict, format!("only the user {what} a proposal"))
            .hint(format!("the user {what}: hydra proposals")));
    }
    if ids.is_empty() || ids.len() > MAX_DECIDED {
        return Err(Error::new(ErrorKind::Invalid, format!("{} proposals to decide", ids.len()))
            .hint(format!("name 1 to {MAX_DECIDED} by their ids, as `hydra proposals` lists them")));
    }
    ids.iter().map(|id| decide_one(inner, *id, accept, reason.map(str::to_owned), agent)).collect()
}

/// Accepts or rejects one, in a commit of its own; what can't be accepted says why and waits.
pub(super) fn decide_one(
    inner: &Inner,
    id: Id,
    accept: bool,
    reason: Option<String>,
    agent: &Agent,
) -> Result<Decided> {
    let (now, mint, who) = (inner.now(), inner.mint.clone(), agent.name.clone());
    let written = inner.writer.write(agent.clone(), move |view| {
        let proposal = waiting(view, id)?;
        let (mut change, text) = match accept {
            true => rehearse(view, &mint, now, &proposal)?,
            false => (Change::new("reject"), proposal.new.suggestion.sentence()),
        };
        change.reason = reason;
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(if accept { vocab::ACCEPTED_AT } else { vocab::REJECTED_AT }, time_literal(now))
            .say(vocab::DECIDED_BY, string(who));
        change.added.append(&mut node.quads);
        let mut key = Node::new(id, vocab::MEMORY_GRAPH);
        key.say(vocab::KEY, string(pending_key(&proposal.new.space)));
        change.removed.append(&mut key.quads);
        change.touched.insert(id);
        Ok((change, text))
    });
    match written {
        Ok((commit, text)) => {
            // Only what is said of it, not its own words.
            let (words, said) = text.rsplit_once('`').unwrap_or(("", &text));
            let said = said.replace("would be", "is").replace("would ", "");
            let quote = if words.is_empty() { "" } else { "`" };
            Ok(Decided { id, commit, text: format!("{words}{quote}{said}"), error: None, error_kind: None })
        }
        Err(error)
            if [ErrorKind::Conflict, ErrorKind::Invalid, ErrorKind::NotFound, ErrorKind::TooLarge]
                .contains(&error.kind()) =>
        {
            let error_kind = Some(error.kind().as_str());
            Ok(Decided { id, commit: None, text: String::new(), error: Some(error.to_string()), error_kind })
        }
        Err(error) => Err(error),
    }
}

fn waiting(view: &View<'_>, id: Id) -> Result<Proposal> {
    let Some(proposal) = Proposal::read(view, id)? else {
        return Err(Error::new(ErrorKind::NotFound, format!("{id} is not a proposal"))
            .hint("`hydra proposals` lists those that wait"));
    };
    let what = match proposal.state {
        State::Pending => return Ok(proposal),
        State::Accepted => "accepted",
        State::Rejected => "rejected",
    };
    Err(Error::new(ErrorKind::Conflict, format!("{id} was {what} already"))
        .hint("undo the commit that decided it (`hydra get ID --view history`)"))
}

/// What is looked for in the queue of texts of which nothing is known.
#[derive(Clone, Debug, Default)]
pub struct BareRequest {
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
    /// Where an earlier call ended.
    pub after: Option<BarePlace>,
    /// Only what newer commits than this one touched.
    pub since: Option<Id>,
    /// As many at most.
    pub limit: usize,
}

/// A place in that queue, which goes from the newest commit to the oldest and in each from the newest text to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarePlace {
    commit: Id,
    text: Id,
}

/// A stretch of that queue.
#[derive(Clone, Debug, PartialEq)]
pub struct BareTexts {
    /// The texts, newest first; one that several commits touched may come again in a later stretch.
    pub texts: Vec<Record>,
    /// Where to go on; `None` at the end.
    pub next: Option<BarePlace>,
    /// The newest commit that there is.
    pub head: Option<Id>,
}

pub(crate) fn enrichment(inner: &Inner, spaces: &[String]) -> Result<Enrichment> {
    let (view, now) = (inner.view()?, inner.now());
    let request = BareRequest { spaces: spaces.to_vec(), limit: MAX_BARE_TEXTS, ..BareRequest::default() };
    let bare = bare(&view, now, &request, MAX_BARE_COMMITS, &mut |_| true)?.texts;
    Ok(Enrichment { waiting: list(inner, &view, now, spaces)?, bare })
}

/// `is_wanted` is asked of each id before it is read.
pub(crate) fn bare_texts(
    inner: &Inner,
    request: &BareRequest,
    is_wanted: &mut dyn FnMut(Id) -> bool,
) -> Result<BareTexts> {
    bare(&inner.view()?, inner.now(), request, usize::MAX, is_wanted)
}

/// Counts what waits in a space, with what went stale since.
pub(crate) fn waiting_in(inner: &Inner, space: &str) -> Result<usize> {
    Ok(pending(&inner.view()?, space)?.len())
}

/// The newest texts that name nobody and that nothing rests on.
fn bare(
    view: &View<'_>,
    now: Timestamp,
    request: &BareRequest,
    max_commits: usize,
    is_wanted: &mut dyn FnMut(Id) -> bool,
) -> Result<BareTexts> {
    let BareRequest { spaces, after, since, limit } = request;
    let head = view.head()?;
    let commits = view.quads(None, Some(vocab::ORDER), None, Some(vocab::JOURNAL.into()));
    let commits = commits.filter_map(|quad| quad.map(|quad| subject_id(&quad.subject)).transpose());
    let is_before = |commit: &Result<Id>| after.is_some_and(|place| commit.as_ref().is_ok_and(|id| *id > place.commit));
    let (mut seen, mut texts, mut reader) = (BTreeSet::new(), Vec::new(), Reader::new(view));
    for commit in commits.skip_while(is_before).take(max_commits) {
        let commit = commit?;
        if since.is_some_and(|since| commit <= since) {
            break;
        }
        let mut touched = journal::touched(view, commit)?;
        touched.sort_unstable();
        for id in touched.into_iter().rev() {
            let is_passed = after.is_some_and(|place| commit == place.commit && id >= place.text);
            if is_passed || seen.contains(&id) || !is_wanted(id) {
                continue;
            }
            seen.insert(id);
            let Some(record) = reader.read(id)? else { continue };
            let is_of_space = spaces.is_empty() || spaces.contains(&record.space);
            let is_text = [Kind::Episode, Kind::Passage, Kind::Fact].contains(&record.kind) && record.is_recallable();
            let is_bare = record.entities.is_empty() && record.statement.is_none() && record.derived_from.is_empty();
            let is_new =
                || view.subjects(ext::DERIVED_FROM, vocab::node(id).as_ref().into(), 1).map(|ids| ids.is_empty());
            if is_of_space && is_text && is_bare && record.stands_at(now) && is_new()? {
                texts.push(record);
            }
            if texts.len() == *limit || seen.len() == MAX_BARE_LOOKED_AT {
                return Ok(BareTexts { texts, next: Some(BarePlace { commit, text: id }), head });
            }
        }
    }
    Ok(BareTexts { texts, next: None, head })
}
