//! `propose`: puts into the queue what a model or an agent thinks should be known. Each is decided at once as if it were
//! accepted, so that nothing waits which could not be, and nothing of it is committed.

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
use crate::proposal::{self, NewProposal, Proposal, State, Suggestion};
use crate::record;
use crate::shapes::Shapes;
use crate::space;
use crate::store::{Node, View, number, string, term_text};
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposeStatus {
    /// It is new and waits.
    Queued,
    /// It waited already and was counted up.
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
    let (commit, proposed) = inner.writer.write(agent.clone(), move |view| {
        let mut change = Change::new("propose");
        change.reason = reason;
        let mut queue = Queue { view, mint: &mint, now, author: &author, change, queued: Vec::new() };
        let mut proposed = Vec::with_capacity(all.len());
        for new in all {
            proposed.push(queue.take(new)?);
        }
        Ok((queue.change, proposed))
    })?;
    let policy = inner.policy.read().clone();
    proposed.into_iter().map(|(new, one)| accepted(inner, &policy, &new, Proposed { commit, ..one })).collect()
}

/// Accepts what the policy accepts.
fn accepted(inner: &Inner, policy: &Policy, new: &NewProposal, one: Proposed) -> Result<Proposed> {
    let is_meant = policy.kinds.iter().any(|kind| kind == new.suggestion.kind());
    let is_sure = new.confidence >= policy.least_confidence;
    let is_waiting = [ProposeStatus::Queued, ProposeStatus::Counted].contains(&one.status);
    let Some(id) = one.id.filter(|_| is_meant && is_sure && is_waiting) else { return Ok(one) };
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
    fn take(&mut self, new: NewProposal) -> Result<(NewProposal, Proposed)> {
        let text = new.suggestion.sentence();
        let blank = Proposed { text, status: ProposeStatus::Refused, id: None, would: None, error: None, commit: None };
        let one = match self.try_take(&new) {
            Ok((status, id, would)) => Proposed { status, id: Some(id), would, ..blank },
            Err(error) if [ErrorKind::Corrupt, ErrorKind::Poisoned, ErrorKind::Full].contains(&error.kind()) => {
                return Err(error);
            }
            Err(error) => Proposed { error: Some(error.to_string()), ..blank },
        };
        Ok((new, one))
    }

    fn try_take(&mut self, new: &NewProposal) -> Result<(ProposeStatus, Id, Option<String>)> {
        check(new)?;
        let key = new.key();
        if let Some((_, id)) = self.queued.iter().find(|(queued, _)| *queued == key) {
            return Ok((ProposeStatus::Counted, *id, None));
        }
        // Whoever proposes guesses: nobody's guess is trusted more than an agent's word.
        let trust = self.author.trust.min(Trust::Agent);
        let proposal = |id: Id, times_seen: usize| Proposal {
            id,
            new: new.clone(),
            agent: self.author.name.clone(),
            trust,
            proposed_at: self.now,
            times_seen,
            state: State::Pending,
        };
        let known = self.view.subjects(vocab::KEY, string(&key).as_ref().into(), 1)?.first().copied();
        let known = known.map(|id| Proposal::read(self.view, id)).transpose()?.flatten();
        if let Some(known) = known {
            let is_decided = known.state != State::Pending;
            if is_decided && self.author.trust < Trust::Owner {
                return Ok((ProposeStatus::Decided, known.id, None));
            }
            let (_, would) = rehearse(self.view, self.mint, self.now, &proposal(known.id, 1))?;
            let mut node = Node::new(known.id, vocab::MEMORY_GRAPH);
            for quad in self.view.about(known.id)? {
                let of_decision = [vocab::ACCEPTED_AT, vocab::REJECTED_AT, vocab::DECIDED_BY];
                if quad.predicate == vocab::TIMES_SEEN || of_decision.contains(&quad.predicate.as_ref()) {
                    self.change.removed.push(quad);
                }
            }
            node.say(vocab::TIMES_SEEN, number(known.times_seen + 1))
                .say(vocab::KEY, string(proposal::pending_key(&new.space)));
            self.change.added.append(&mut node.quads);
            self.change.touched.insert(known.id);
            self.queued.push((key, known.id));
            let status = if is_decided { ProposeStatus::Queued } else { ProposeStatus::Counted };
            return Ok((status, known.id, Some(would)));
        }
        self.check_room(&new.space)?;
        let proposal = proposal(self.mint.mint(self.now), 1);
        let (_, would) = rehearse(self.view, self.mint, self.now, &proposal)?;
        self.change.added.append(&mut proposal.say());
        self.change.touched.insert(proposal.id);
        self.queued.push((key, proposal.id));
        Ok((ProposeStatus::Queued, proposal.id, Some(would)))
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
            let (memories, links) = (done.memories, done.links);
            (
                change,
                format!(
                    "{} would stand for {}: {memories} memories, {links} links{conflicts}",
                    done.name, done.merged_name
                ),
            )
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
