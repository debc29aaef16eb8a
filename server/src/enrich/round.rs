//! One walk through texts: asks about each, checks the answers, proposes what is left of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hydra_graph::{
    Agent, Error, ErrorKind, Evidence, Id, MAX_PENDING, MAX_PROPOSALS, Memory, NewProposal, PredicateInfo,
    ProposeStatus, Proposed, Record, Result,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Part};
use super::endpoint::{Endpoint, Reply};
use super::fault::Fault;
use super::ledger::{Ledger, Mark};
use super::standing::Doing;
use super::{Enricher, Work, prompt, queue};
use crate::wiring;

/// Requests in a row that may fail before a round ends.
pub const MAX_FAILURES_IN_A_ROW: u32 = 3;
/// Answers in a row that may be no list of proposals before a round ends: the endpoint does not keep to the schema then.
pub const MAX_UNUSABLE_IN_A_ROW: u32 = 5;
/// Proposals that wait in a space when no more are made there, so that there is room for those of others.
pub const MAX_WAITING: usize = MAX_PENDING - MAX_PROPOSALS;
/// Proposals that a round lists; the rest is only counted.
const MAX_LISTED: usize = 200;
/// How long is waited after a first failure; after the next twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest that is waited in a round because the endpoint says so.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// How often is looked whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How a round ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// Nothing is left to be asked about.
    #[default]
    Done,
    /// As many were asked about as were to be.
    Limit,
    /// The hour's requests are used up.
    Hour,
    /// Enough proposals wait for the owner.
    Full,
    /// It was asked to stop.
    Stopped,
    /// The endpoint failed.
    Failed,
}

/// What a round did.
#[derive(Debug, Default, JsonSchema, Serialize)]
pub struct Round {
    /// How it ended.
    pub ended: Ended,
    /// Texts that were to be asked about.
    pub texts: usize,
    /// Texts that were answered.
    pub answered: usize,
    /// Proposals that are new.
    pub proposed: usize,
    /// Proposals that were there already.
    pub known: usize,
    /// Proposals that the queue refused.
    pub refused: usize,
    /// Parts of answers that were dropped, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Answers that were no list of proposals.
    pub unusable: usize,
    /// Texts that were given up.
    pub given_up: usize,
    /// Tokens, as the endpoint counts them.
    pub tokens: u64,
    /// The first proposals.
    pub proposals: Vec<Proposed>,
    /// Why the endpoint failed.
    #[serde(skip)]
    pub error: Option<Error>,
}

struct Run<'r> {
    enricher: &'r Enricher,
    memory: &'r Memory,
    ledger: &'r mut Ledger,
    endpoint: Endpoint,
    predicates: Vec<PredicateInfo>,
    stop: &'r AtomicBool,
    round: Round,
    failures_in_a_row: u32,
    unusable_in_a_row: u32,
    /// Spaces in which enough waits.
    full: BTreeSet<String>,
}

pub(super) fn run(
    enricher: &Enricher,
    work: &mut Work,
    memory: &Memory,
    limit: usize,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Round> {
    let since = work.walked;
    let ledger = work.ledger(&enricher.data_dir, &enricher.recipe)?;
    let endpoint = Endpoint::new(&enricher.settings)?;
    let predicates = memory.predicates()?;
    let plan = queue::plan(memory, &enricher.settings, ledger, since, limit, stop)?;
    let mut run = Run {
        enricher,
        memory,
        ledger,
        endpoint,
        predicates,
        stop,
        round: Round { texts: plan.texts.len(), ..Round::default() },
        failures_in_a_row: 0,
        unusable_in_a_row: 0,
        full: BTreeSet::new(),
    };
    let mut ended = None;
    for (done, text) in plan.texts.iter().enumerate() {
        tell(done, plan.texts.len());
        ended = run.text(text.id)?;
        if ended.is_some() {
            break;
        }
    }
    let is_settled = plan.texts.iter().all(|text| run.ledger.is_settled(text.id));
    run.round.ended = ended.unwrap_or(match () {
        () if run.failures_in_a_row > 0 => Ended::Failed,
        () if !run.full.is_empty() => Ended::Full,
        () if plan.is_all => Ended::Done,
        () => Ended::Limit,
    });
    let round = run.round;
    if plan.is_all && is_settled && round.ended == Ended::Done {
        work.walked = plan.head;
    }
    enricher.update(|standing| match (&round.ended, &round.error) {
        (Ended::Failed, Some(error)) => standing.fail(error, wiring::now()),
        (Ended::Hour, _) => standing.rest(),
        (Ended::Full, _) => standing.end(Doing::Full),
        _ => standing.end(Doing::Ready),
    });
    let Round { answered, proposed, refused, unusable, given_up, tokens, .. } = &round;
    let asked_model = &enricher.recipe;
    tracing::info!(recipe = %asked_model, answered, proposed, refused, unusable, given_up, tokens, "enriched");
    Ok(round)
}

impl Run<'_> {
    /// Asks about a text until it is settled for now; says how the round ends, if it does.
    fn text(&mut self, id: Id) -> Result<Option<Ended>> {
        // Read again: what was forgotten since is not sent.
        let Some(record) = self.read(id)? else { return Ok(None) };
        if self.full.contains(&record.space) || self.memory.waiting_in(&record.space)? >= MAX_WAITING {
            self.full.insert(record.space);
            return Ok(None);
        }
        let question = prompt::question(&self.enricher.settings, &self.predicates, &record);
        loop {
            if self.stop.load(Ordering::Acquire) {
                return Ok(Some(Ended::Stopped));
            }
            if !self.take_request() {
                return Ok(Some(Ended::Hour));
            }
            self.ledger.note(id, Mark::Sent)?;
            let answered = self.endpoint.ask(&question, self.stop);
            let outcome = if answered.is_ok() { "answered" } else { "failed" };
            metrics::counter!("hydra_enrichment_requests_total", "outcome" => outcome).increment(1);
            match answered {
                Ok(reply) => {
                    self.failures_in_a_row = 0;
                    self.take(&record, &reply)?;
                    self.ledger.note(id, Mark::Answered)?;
                    return Ok(self.is_off_schema());
                }
                Err(fault) => {
                    if !fault.blames_text() {
                        self.ledger.note(id, Mark::NotSent)?;
                    }
                    let is_blamed = fault.blames_text();
                    if let Some(ended) = self.failed(id, &fault) {
                        return Ok(Some(ended));
                    }
                    if is_blamed {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn read(&self, id: Id) -> Result<Option<Record>> {
        let got = self.memory.get(&[id], Default::default()).map(|mut got| got.pop());
        let record = match got {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            got => got?.and_then(|got| got.record),
        };
        Ok(record.filter(|record| record.forgotten_at.is_none() && record.retracted_at.is_none()))
    }

    /// Counts a request, if there is one left in this hour, before it is made.
    fn take_request(&self) -> bool {
        let (now, per_hour) = (wiring::now(), self.enricher.settings.requests_per_hour);
        self.enricher.update(|standing| {
            let is_left = standing.requests_left(per_hour, now) > 0;
            if is_left {
                standing.count_request(now);
            }
            is_left
        })
    }

    /// Counts a failure and waits; says how the round ends, if it does.
    fn failed(&mut self, id: Id, fault: &Fault) -> Option<Ended> {
        if *fault == Fault::Stopped {
            return Some(Ended::Stopped);
        }
        self.round.error = Some(fault.error());
        self.failures_in_a_row += 1;
        if self.ledger.is_given_up(id) {
            self.round.given_up += 1;
            self.enricher.update(|standing| standing.given_up += 1);
        }
        if matches!(fault, Fault::Refusing(_)) || self.failures_in_a_row >= MAX_FAILURES_IN_A_ROW {
            return Some(Ended::Failed);
        }
        let wished = if let Fault::Busy(after) = fault { *after } else { None };
        self.wait(wished.unwrap_or(FIRST_WAIT * self.failures_in_a_row).min(MAX_WAIT));
        None
    }

    fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.stop.load(Ordering::Acquire) {
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Proposes what of an answer stands in the text.
    fn take(&mut self, record: &Record, reply: &Reply) -> Result<()> {
        self.round.answered += 1;
        self.round.tokens += reply.tokens;
        let answer = Answer::read(&reply.content).filter(|_| reply.is_whole);
        let Some(answer) = answer else {
            self.round.unusable += 1;
            self.unusable_in_a_row += 1;
            self.enricher.update(|standing| {
                standing.answered += 1;
                standing.tokens += reply.tokens;
                standing.unusable += 1;
            });
            return Ok(());
        };
        self.unusable_in_a_row = 0;
        let checked = answer.proposals(&self.predicates, prompt::excerpt(&record.text), prompt::heading(record));
        let all: Vec<NewProposal> = checked
            .proposals
            .into_iter()
            .map(|Part { suggestion, quote, confidence }| NewProposal {
                suggestion,
                space: record.space.clone(),
                evidence: vec![Evidence { id: record.id, quote }],
                confidence,
            })
            .collect();
        let proposed = match all.is_empty() {
            true => Vec::new(),
            false => {
                let agent = Agent::named(self.enricher.settings.model.as_str());
                self.memory.propose(all, Some(format!("enrichment {}", self.enricher.recipe)), &agent)?
            }
        };
        let count = |wanted: &[ProposeStatus]| proposed.iter().filter(|one| wanted.contains(&one.status)).count();
        let new = count(&[ProposeStatus::Queued, ProposeStatus::Accepted]);
        let refused = count(&[ProposeStatus::Refused]);
        self.round.proposed += new;
        self.round.refused += refused;
        self.round.known += count(&[ProposeStatus::Counted, ProposeStatus::Decided]);
        for (reason, times) in &checked.dropped {
            *self.round.dropped.entry(reason).or_default() += times;
        }
        self.enricher.update(|standing| {
            standing.answered += 1;
            standing.tokens += reply.tokens;
            standing.proposed += new as u64;
            standing.refused += refused as u64;
            for (reason, times) in &checked.dropped {
                *standing.dropped.entry((*reason).to_owned()).or_default() += times;
            }
        });
        let room = MAX_LISTED.saturating_sub(self.round.proposals.len());
        self.round.proposals.extend(proposed.into_iter().take(room));
        Ok(())
    }

    fn is_off_schema(&mut self) -> Option<Ended> {
        if self.unusable_in_a_row < MAX_UNUSABLE_IN_A_ROW {
            return None;
        }
        let message = format!("{MAX_UNUSABLE_IN_A_ROW} answers in a row were no list of proposals");
        self.round.error = Some(Error::new(ErrorKind::Unavailable, message).hint(
            "the endpoint has to keep to `response_format` of type json_schema, and max_tokens has to be enough for an \
             answer; another model may do better",
        ));
        Some(Ended::Failed)
    }
}
