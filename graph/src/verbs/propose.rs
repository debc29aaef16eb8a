//! `propose`: puts into the queue what a model or an agent thinks should be known. Each is decided at once as if it were
//! accepted, so that nothing waits which could not be, and nothing of it is committed. That is done before the writer is
//! asked, so that nobody who writes waits for fifty merges: accepting decides it again on the writer anyway.

use schemars::JsonSchema;
use serde::Serialize;

use super::admission;
use super::alias::{self, AliasOp};
use super::merge;
use super::proposals::{Decided, decide_one};
use super::remember::{MAX_EVIDENCE, MAX_TEXT_BYTES, NewMemory};
use super::telling::{Novelty, Telling};
use crate::error::{Error, ErrorKind, Result};
use crate::fact::Statement;
use crate::id::{Id, Mint};
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::counted;
use crate::proposal::{self, NewProposal, Proposal, State, Suggestion};
use crate::record;
use crate::shapes::Shapes;
use crate::space;
use crate::store::{Node, View, string, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Proposals of one call at most.
pub const MAX_PROPOSALS: usize = 50;
/// Proposals that wait in one space at most.
pub const MAX_PENDING: usize = 200;

/// What is accepted without asking. By default nothing is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// Kinds: alias, fact, merge, summary.
    pub kinds: Vec<String>,
    /// How sure the proposer has to be.
    pub least_confidence: f32,
}

/// What became of one proposal of a call.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Proposed {
    /// What was proposed, as a sentence.
    pub text: String,
    /// Whether it waits.
    pub status: ProposeStatus,
    /// The proposal; none if it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// What accepting it would do, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The commit, for `undo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Id>,
}

/// Whether a proposal waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposeStatus {
    /// It is new and waits, or waits anew: what it rested on fell, or the owner proposes what was decided.
    Queued,
    /// It waited already and was counted up; said by somebody surer, it waits as that one says it.
    Counted,
    /// The policy accepted it.
    Accepted,
    /// It was decided before; only the owner proposes it again.
    Decided,
    /// It can't be accepted.
    Refused,
}

pub(crate) fn propose(
    inner: &Inner,
    all: Vec<NewProposal>,
    reason: Option<String>,
    agent: &Agent,
) -> Result<Vec<Proposed>> {
    if all.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "there is nothing to propose")
            .hint("give a list of proposals, each with its kind: alias, fact, merge or summary"));
    }
    if all.len() > MAX_PROPOSALS {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("{} proposals; one call takes {MAX_PROPOSALS}", all.len()),
        )
        .hint("call again with the rest"));
    }
    let (now, mint, author) = (inner.now(), inner.mint.clone(), agent.clone());
    let rehearsed = rehearse_all(&inner.view()?, &mint, now, &author, all);
    let (commit, proposed) = inner.writer.write(agent.clone(), move |view| {
        let mut change = Change::new("propose");
        change.reason = reason;
        let mut queue = Queue { view, mint: &mint, now, author: &author, change, queued: Vec::new() };
        let mut proposed = Vec::with_capacity(rehearsed.len());
        for (new, would) in rehearsed {
            proposed.push(queue.take(&new, would)?);
        }
        Ok((queue.change, proposed))
    })?;
    let policy = inner.policy.read().clone();
    proposed.into_iter().map(|one| accepted(inner, &policy, Proposed { commit, ..one })).collect()
}

/// A proposal, and what accepting it would do.
type Rehearsed = (NewProposal, Result<String>);

fn rehearse_all(view: &View<'_>, mint: &Mint, now: Timestamp, author: &Agent, all: Vec<NewProposal>) -> Vec<Rehearsed> {
    let rehearsed = all.into_iter().map(|new| {
        let proposal = proposal(&new, author, now, mint.mint(now), 1);
        let would = check(&new).and_then(|()| rehearse(view, mint, now, &proposal));
        (new, would.map(|(_, would)| would))
    });
    rehearsed.collect()
}

/// A proposal that waits. Whoever proposes guesses: nobody's guess is trusted more than an agent's word.
fn proposal(new: &NewProposal, author: &Agent, now: Timestamp, id: Id, times_seen: usize) -> Proposal {
    Proposal {
        id,
        new: new.clone(),
        agent: author.name.clone(),
        trust: author.trust.min(Trust::Agent),
        proposed_at: now,
        times_seen,
        snoozed_until: None,
        state: State::Pending,
    }
}

/// Accepts what the policy accepts, as it waits: a surer word that was only counted is no reason.
fn accepted(inner: &Inner, policy: &Policy, one: Proposed) -> Result<Proposed> {
    let is_waiting = [ProposeStatus::Queued, ProposeStatus::Counted].contains(&one.status);
    let Some(id) = one.id.filter(|_| is_waiting && !policy.kinds.is_empty()) else { return Ok(one) };
    let Some(Proposal { new, .. }) = Proposal::read(&inner.view()?, id)? else { return Ok(one) };
    let is_meant = policy.kinds.iter().any(|kind| kind == new.suggestion.kind());
    if !is_meant || new.confidence < policy.least_confidence {
        return Ok(one);
    }
    let rule = Agent { name: "policy".into(), trust: Trust::Policy };
    // What the rule can't accept waits for the owner.
    let Decided { commit, error: None, .. } = decide_one(inner, id, true, None, &rule)? else { return Ok(one) };
    Ok(Proposed { status: ProposeStatus::Accepted, commit, ..one })
}

struct Queue<'v> {
    view: &'v View<'v>,
    mint: &'v Mint,
    now: Timestamp,
    author: &'v Agent,
    change: Change,
    /// Those of this call, by key.
    queued: Vec<(String, Id)>,
}

impl Queue<'_> {
    fn take(&mut self, new: &NewProposal, would: Result<String>) -> Result<Proposed> {
        let text = new.suggestion.sentence();
        let blank = Proposed { text, status: ProposeStatus::Refused, id: None, would: None, error: None, commit: None };
        Ok(match self.try_take(new, would) {
            Ok((status, id, would)) => Proposed { status, id: Some(id), would, ..blank },
            Err(error) if [ErrorKind::Corrupt, ErrorKind::Poisoned, ErrorKind::Full].contains(&error.kind()) => {
                return Err(error);
            }
            Err(error) => Proposed { error: Some(error.to_string()), ..blank },
        })
    }

    fn try_take(&mut self, new: &NewProposal, would: Result<String>) -> Result<(ProposeStatus, Id, Option<String>)> {
        check(new)?;
        let key = new.key();
        if let Some((_, id)) = self.queued.iter().find(|(queued, _)| *queued == key) {
            return Ok((ProposeStatus::Counted, *id, None));
        }
        let known = self.view.subjects(vocab::KEY, string(&key).as_ref().into(), 1)?.first().copied();
        let known = known.map(|id| Proposal::read(self.view, id)).transpose()?.flatten();
        let is_decided = known.as_ref().is_some_and(|known| known.state != State::Pending);
        if let Some(known) = known.as_ref().filter(|_| is_decided && self.author.trust < Trust::Owner) {
            return Ok((ProposeStatus::Decided, known.id, None));
        }
        let would = would?;
        let (status, latest) = match &known {
            Some(known) => self.again(new, known, is_decided)?,
            None => {
                self.check_room(&new.space)?;
                let id = self.mint.mint(self.now);
                (ProposeStatus::Queued, proposal(new, self.author, self.now, id, 1))
            }
        };
        self.change.added.append(&mut latest.say());
        self.change.touched.insert(latest.id);
        self.queued.push((key, latest.id));
        Ok((status, latest.id, Some(would)))
    }

    /// Counts one up that is there. What was decided, or rests on what fell, waits anew as it is proposed now, and so does
    /// what is proposed by somebody surer: whatever waits is what is weighed and accepted.
    fn again(&mut self, new: &NewProposal, known: &Proposal, is_decided: bool) -> Result<(ProposeStatus, Proposal)> {
        let is_revived = is_decided || known.fallen(self.view, self.now)?.is_some();
        if is_revived {
            self.check_room(&new.space)?;
        }
        let times_seen = known.times_seen + 1;
        let latest = match is_revived || new.confidence > known.new.confidence {
            true => Proposal {
                // What waits anew is asked anew.
                snoozed_until: known.snoozed_until.filter(|_| !is_revived),
                ..proposal(new, self.author, self.now, known.id, times_seen)
            },
            false => Proposal { times_seen, ..known.clone() },
        };
        self.change.removed.append(&mut self.view.about(known.id)?);
        Ok((if is_revived { ProposeStatus::Queued } else { ProposeStatus::Counted }, latest))
    }

    /// Refuses when as many wait as may; what went stale does not wait.
    fn check_room(&self, space: &str) -> Result<()> {
        let waiting = proposal::pending(self.view, space)?;
        let mut room = MAX_PENDING.saturating_sub(self.queued.len());
        if waiting.len() >= room {
            for id in waiting {
                let Some(proposal) = Proposal::read(self.view, id)? else { continue };
                let is_waiting = proposal.fallen(self.view, self.now)?.is_none();
                room = room.saturating_sub(usize::from(is_waiting));
            }
            if room == 0 {
                return Err(Error::new(ErrorKind::TooLarge, format!("{MAX_PENDING} proposals wait in `{space}`"))
                    .hint("the user decides about some first: `hydra proposals`"));
            }
        }
        Ok(())
    }
}

fn check(new: &NewProposal) -> Result<()> {
    space::check(&new.space)?;
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    if !(0.0..=1.0).contains(&new.confidence) {
        return Err(invalid(format!("a confidence of {}", new.confidence)).hint("give a number from 0 to 1"));
    }
    let needs_evidence = matches!(new.suggestion, Suggestion::Fact { .. } | Suggestion::Summary { .. });
    if needs_evidence && new.evidence.is_empty() {
        return Err(invalid(format!("a proposed {} that rests on nothing", new.suggestion.kind()))
            .hint("give the ids of the texts that say so as evidence"));
    }
    if new.evidence.len() > MAX_EVIDENCE {
        return Err(invalid(format!("{} texts are given as evidence; {MAX_EVIDENCE} are kept", new.evidence.len()))
            .hint("give the ones that say it best"));
    }
    if new.suggestion.sentence().len() > MAX_TEXT_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, "the text is too long").hint("propose something shorter"));
    }
    Ok(())
}

/// Decides a proposal as if it were accepted, and says in words what that does.
pub(super) fn rehearse(view: &View<'_>, mint: &Mint, now: Timestamp, proposal: &Proposal) -> Result<(Change, String)> {
    let NewProposal { suggestion, space, evidence, confidence } = &proposal.new;
    if let Some(fallen) = proposal.fallen(view, now)? {
        return Err(Error::new(ErrorKind::Conflict, format!("it rests on {fallen}, which does not stand"))
            .hint("propose it again with a text that stands"));
    }
    let mut trust = proposal.trust;
    for source in evidence {
        let source = record::read(view, source.id)?.map(|record| record.trust);
        trust = trust.min(source.and_then(|trust| trust.parse().ok()).unwrap_or(Trust::Ingested));
    }
    let author = Agent { name: proposal.agent.clone(), trust };
    let (change, would) = match suggestion {
        Suggestion::Alias { entity, alias } => {
            let mut change = Change::new("accept");
            alias::check(alias)?;
            let done = alias::decide(view, &author, entity, alias.trim(), AliasOp::Add, &mut change)?;
            if change.added.is_empty() {
                return Err(known(&format!("{} goes by {} already", done.name, done.alias)));
            }
            let shared = if done.shared_with.is_empty() { "" } else { ", as another does" };
            (change, format!("{} ({}) would go by {} too{shared}", done.name, done.id, done.alias))
        }
        Suggestion::Merge { keep, other } => {
            let mut change = Change::new("accept");
            let done = merge::decide(view, mint, now, &author, (keep, other), &mut change)?;
            let conflicts = match done.conflicts.len() {
                0 => String::new(),
                count => format!(", with {count} conflicts"),
            };
            let (memories, links) = (counted(done.memories, "memory"), counted(done.links, "link"));
            (change, format!("{} would stand for {}: {memories}, {links}{conflicts}", done.name, done.merged_name))
        }
        Suggestion::Fact { subject, predicate, object, valid_from, valid_to } => {
            let new = NewMemory {
                space: space.clone(),
                evidence: evidence.clone(),
                confidence: Some(*confidence),
                valid_from: *valid_from,
                valid_to: *valid_to,
                ..NewMemory::fact(Statement::new(subject, predicate, object))
            };
            tell(view, mint, now, &author, proposal.id, &new)?
        }
        Suggestion::Summary { text, entities } => {
            let new = NewMemory {
                space: space.clone(),
                evidence: evidence.clone(),
                entities: entities.clone(),
                confidence: Some(*confidence).filter(|share| *share < 1.0),
                ..NewMemory::new(text.as_str())
            };
            tell(view, mint, now, &author, proposal.id, &new)?
        }
    };
    Shapes::shared().check(view, &change)?;
    Ok((change, would))
}

fn tell(
    view: &View<'_>,
    mint: &Mint,
    now: Timestamp,
    author: &Agent,
    proposal: Id,
    new: &NewMemory,
) -> Result<(Change, String)> {
    admission::check(new, now)?;
    let mut telling = Telling::new(view, mint, now, author);
    let told = telling.tell(new)?;
    if told.novelty != Novelty::New {
        return Err(known(&format!("{} says that already", told.id)));
    }
    let mut node = Node::new(told.id, vocab::MEMORY_GRAPH);
    node.say(ext::INFLUENCED_BY, vocab::node(proposal));
    telling.change.added.append(&mut node.quads);
    let is_text = |quad: &&oxigraph::model::Quad| quad.predicate == ext::TEXT;
    let text = telling.change.added.iter().find(is_text).and_then(|quad| term_text(&quad.object)).unwrap_or_default();
    let mut would = format!("`{}` would be kept as {}", super::get::shorten(&text), new.kind.as_str());
    for id in &told.ended {
        would.push_str(&format!(", {id} would end"));
    }
    if told.conflict.is_some() {
        would.push_str(", in conflict with what is known");
    }
    let mut change = telling.into_change();
    change.verb = "accept";
    Ok((change, would))
}

fn known(what: &str) -> Error {
    Error::new(ErrorKind::Conflict, what).hint("nothing is to be done")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::memory::{Memory, Options};
    use crate::store::QUADS_READ;

    #[test]
    fn what_is_proposed_is_rehearsed_before_the_writer_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let now = AtomicI64::new(1_750_000_000_000);
        let clock = Arc::new(move || Timestamp::from_millis(now.fetch_add(1, Ordering::Relaxed)));
        let memory = Memory::open(folder.path(), Options { clock, holder: "a test".into() }).unwrap();
        let about = |name: &str, number| NewMemory {
            entities: vec![name.to_owned()],
            ..NewMemory::new(format!("{name} called {number} times"))
        };
        let told = (0..100).flat_map(|number| [about("Bob", number), about("Robert", number)]).collect();
        memory.remember_all(told, &Agent::owner()).unwrap();
        let merge = Suggestion::Merge { keep: "Bob".into(), other: "Robert".into() };
        let new =
            NewProposal { suggestion: merge, space: space::PERSONAL.to_owned(), evidence: Vec::new(), confidence: 0.5 };
        // Each thread counts what it reads itself.
        let before = QUADS_READ.get();
        let queued = memory.propose(vec![new], None, &Agent::named("helper")).unwrap().remove(0);
        assert_eq!(queued.status, ProposeStatus::Queued);
        let read = QUADS_READ.get() - before;
        assert!(read > 100, "{read} quads read here: a merge reads every memory that moves");
    }
}
