//! `sparql_update`: an update in SPARQL, through the one writer: worked out on its open transaction, checked, journalled.

use oxigraph::model::{Quad, Term};
use schemars::JsonSchema;
use serde::Serialize;
use spargebra::GraphUpdateOperation;

use super::sparql::{dataset, evaluator};
use super::telling::Telling;
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{Agent, Change};
use crate::memory::Memory;
use crate::moment::Moment;
use crate::names::shortened;
use crate::rehearsal;
use crate::rewound::Rewound;
use crate::secret::masking;
use crate::sparql::{self, Budget, Interrupt, Language, MAX_QUERY_READ, MAX_QUERY_STEPS, Part, Updating};
use crate::store::{View, term_id, term_text};
use crate::verbs::remember::NewMemory;
use crate::vocab::{self, ext};

/// What is to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparqlUpdate {
    /// The update. Of everything, [`crate::PREFIXES`] are declared; of the user's own graphs, as by the standard, none is.
    pub text: String,
    /// What relative names are relative to.
    pub base: Option<String>,
    /// What a WHERE reads that names no graph.
    pub part: Part,
    /// Graphs that make the default graph of every WHERE.
    pub using: Vec<String>,
    /// Graphs that can be named in every WHERE.
    pub using_named: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// Works it out and checks it, and writes nothing.
    pub is_dry_run: bool,
}

/// What an update changed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct SparqlUpdated {
    /// The commit, to be taken back with `undo`; none if nothing had to change.
    pub commit: Option<Id>,
    /// Statements that were added, those of memories included.
    pub added: usize,
    /// Statements that were removed.
    pub removed: usize,
    /// Memories that were told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<Id>,
}

pub(crate) fn update(
    memory: &Memory,
    request: &SparqlUpdate,
    agent: &Agent,
    interrupt: &Interrupt,
) -> Result<SparqlUpdated> {
    let change = |memory: &Memory| change(memory, request, agent, interrupt);
    // A rehearsal is this thread's alone, so what the writer's deep stack would be for is done here.
    match (request.is_dry_run, rehearsal::is_on()) {
        (false, false) => change(memory),
        (_, true) => sparql::on_deep_stack(&request.text, || change(memory)),
        (true, false) => {
            let tried = sparql::on_deep_stack(&request.text, || memory.rehearse(change))?;
            Ok(SparqlUpdated { commit: None, ..tried })
        }
    }
}

fn change(memory: &Memory, request: &SparqlUpdate, agent: &Agent, interrupt: &Interrupt) -> Result<SparqlUpdated> {
    let language = Language { is_prefixed: request.part == Part::Everything, base: request.base.as_deref() };
    let mut update = sparql::on_deep_stack(&request.text, || sparql::parse_update(&request.text, language))?;
    if let Some(asked) = dataset(&request.using, &request.using_named)? {
        for operation in &mut update.operations {
            if let GraphUpdateOperation::DeleteInsert { using, .. } = operation {
                if using.is_some() {
                    let message = "the request names graphs, and so does the update with USING or WITH";
                    return Err(Error::new(ErrorKind::Invalid, message).hint("name them in one place"));
                }
                *using = Some(asked.clone());
            }
        }
    }
    let part = request.part;
    run(memory, "sparql", request.reason.clone(), agent, interrupt, part, move |updating| updating.run(&update))
}

/// Hands the writer a change that is worked out by `work`; returns what it was.
pub(super) fn run(
    memory: &Memory,
    verb: &'static str,
    reason: Option<String>,
    agent: &Agent,
    interrupt: &Interrupt,
    part: Part,
    work: impl FnOnce(&mut Updating<'_>) -> Result<()> + Send + 'static,
) -> Result<SparqlUpdated> {
    let inner = &memory.0;
    let (now, mint, author, seals) = (inner.now(), inner.mint.clone(), agent.clone(), inner.seals.clone());
    let evaluator = evaluator(memory, &[], Moment::default(), interrupt);
    let interrupt = interrupt.clone();
    let (commit, mut updated) = inner.writer.write(agent.clone(), move |view| {
        // Somebody may have waited for the writer in vain.
        if interrupt.is_stopped() {
            return Err(interrupt.reason());
        }
        let budget = Budget::new(MAX_QUERY_READ, MAX_QUERY_STEPS, &interrupt);
        let mut updating = Updating::new(Rewound::new(view, None)?, evaluator, &budget, &interrupt, part, now);
        budget.run(|| work(&mut updating))?;
        let told = std::mem::take(&mut updating.told);
        let (added, removed) = updating.into_difference();
        let mut change = Change { added, removed, reason, ..Change::new(verb) };
        let mut memories = Vec::new();
        if !told.is_empty() {
            let mut telling = Telling::new(view, &mint, now, &author).sealed(seals.read().clone());
            for said in told.values() {
                let mut new = new_memory(view, said)?;
                masking::memory(&mut new);
                new.check(now)?;
                memories.push(telling.tell(&new)?.id);
            }
            change.take(telling.into_change());
        }
        change.reduce(view)?;
        let updated =
            SparqlUpdated { commit: None, added: change.added.len(), removed: change.removed.len(), memories };
        Ok((change, updated))
    })?;
    updated.commit = commit;
    Ok(updated)
}

/// Reads what is said of a memory that is to be told.
fn new_memory(view: &View<'_>, said: &[Quad]) -> Result<NewMemory> {
    let mut new = NewMemory::new("");
    let mut kind = None;
    for quad in said {
        let text = || {
            term_text(&quad.object).filter(|_| matches!(quad.object, Term::Literal(_))).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, format!("{} takes a text", quad.predicate)).hint("put it into quotes")
            })
        };
        match quad.predicate.as_ref() {
            ext::TYPE if quad.object == vocab::MEMORY.into_owned().into() => {}
            ext::TEXT => new.text = text()?,
            vocab::KIND => kind = Some(text()?.parse()?),
            vocab::SPACE => new.space = text()?,
            vocab::SPEAKER => new.speaker = Some(text()?),
            vocab::IDEMPOTENCY_KEY => new.idempotency_key = Some(text()?),
            vocab::APPLIES_TO => new.applies_to = Some(text()?),
            vocab::VALID_FROM => new.valid_from = Some(text()?.parse()?),
            vocab::VALID_TO => new.valid_to = Some(text()?.parse()?),
            vocab::EXPIRES_AT => new.expires_at = Some(text()?.parse()?),
            ext::STARTED_AT => new.happened_at = Some(text()?.parse()?),
            vocab::ABOUT => new.entities.push(match term_id(&quad.object) {
                Some(entity) => entity::label(view, entity)?,
                None => text()?,
            }),
            other => {
                let message = format!("<{}> is not told of a new memory in an update", shortened(other.as_str()));
                return Err(Error::new(ErrorKind::Invalid, message).hint(
                    "it has schema:text, hy:kind, hy:space, hy:about, hy:speaker, hy:appliesTo, hy:validFrom, hy:validTo, \
                     hy:expiresAt, prov:startedAtTime and hy:idempotencyKey; the rest is worked out",
                ));
            }
        }
    }
    new.kind = kind.unwrap_or_else(|| new.usual_kind());
    Ok(new)
}
