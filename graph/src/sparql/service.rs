//! Recall inside a query: `SERVICE hy:recall { ?hit hy:query "words" ; hy:score ?score ; hy:limit 5 }`.
//!
//! The evaluator calls a service once and gives it the pattern, never the values that come from outside of it. So what is
//! asked stands in the pattern itself.

use std::sync::Arc;

use oxigraph::model::{Literal, Term, Variable};
use spareval::{QuerySolution, QuerySolutionIter, ServiceHandler};
use spargebra::algebra::GraphPattern;
use spargebra::term::{NamedNodePattern, TermPattern, TriplePattern};

use super::budget::Overdraft;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Memory;
use crate::moment::Moment;
use crate::names::shortened;
use crate::question::Question;
use crate::vocab;

/// The name of the service.
pub const RECALL_SERVICE: &str = "urn:hydra:ns#recall";
/// Hits if the pattern does not say how many.
pub const DEFAULT_RECALLED: usize = 10;

/// Answers the service for whoever asks the query.
pub(crate) struct RecallService {
    pub memory: Memory,
    pub spaces: Vec<String>,
    pub moment: Moment,
}

/// What a pattern asks for.
struct Asked {
    question: Question,
    hit: TermPattern,
    score: Option<TermPattern>,
}

impl RecallService {
    fn recall(&self, pattern: &GraphPattern) -> Result<QuerySolutionIter<'static>> {
        let Asked { question, hit, score } = read(pattern)?;
        let question = Question { spaces: self.spaces.clone(), moment: self.moment, ..question };
        let found = self.memory.recall(&question)?;
        let name = |term: &TermPattern| match term {
            TermPattern::Variable(name) => Some(name.clone()),
            _ => None,
        };
        let names = [name(&hit), score.as_ref().and_then(name)];
        let variables: Arc<[Variable]> = names.iter().flatten().cloned().collect();
        let mut rows = Vec::new();
        for found in found.hits {
            let node = Term::from(vocab::node(found.id));
            // A decimal, so that it compares and rounds as it reads.
            let of_hit =
                Literal::new_typed_literal(format!("{:.4}", found.score), oxigraph::model::vocab::xsd::DECIMAL);
            let fits = |asked: &TermPattern, is: &Term| match asked {
                TermPattern::Variable(_) => true,
                TermPattern::NamedNode(node) => *is == Term::from(node.clone()),
                _ => false,
            };
            if !fits(&hit, &node) {
                continue;
            }
            let values = [names[0].as_ref().map(|_| node), names[1].as_ref().map(|_| of_hit.into())];
            let values: Vec<Option<Term>> = values.into_iter().flatten().map(Some).collect();
            rows.push(Ok(QuerySolution::from((Arc::clone(&variables), values))));
        }
        Ok(QuerySolutionIter::new(variables, rows))
    }
}

impl ServiceHandler for RecallService {
    type Error = Error;

    fn handle(
        &self,
        pattern: &GraphPattern,
        _base_iri: Option<&oxiri::Iri<String>>,
    ) -> std::result::Result<QuerySolutionIter<'static>, Error> {
        // An error would be swallowed by SERVICE SILENT, and an empty answer looks as if nothing fitted.
        self.recall(pattern).map_err(|error| std::panic::resume_unwind(Box::new(Overdraft::Refused(error))))
    }
}

fn read(pattern: &GraphPattern) -> Result<Asked> {
    let GraphPattern::Bgp { patterns } = pattern else {
        return Err(wrong("SERVICE hy:recall takes one list of properties and nothing else"));
    };
    let Some(hit) = patterns.first().map(|pattern| pattern.subject.clone()) else {
        return Err(wrong("SERVICE hy:recall says nothing"));
    };
    let mut question = Question { limit: DEFAULT_RECALLED, ..Question::new("") };
    let mut score = None;
    for TriplePattern { subject, predicate, object } in patterns {
        if *subject != hit {
            return Err(wrong("SERVICE hy:recall speaks of more than one hit"));
        }
        let NamedNodePattern::NamedNode(predicate) = predicate else {
            return Err(wrong("a property of SERVICE hy:recall is a variable"));
        };
        match (predicate.as_ref(), object) {
            (vocab::QUERY, TermPattern::Literal(text)) => text.value().clone_into(&mut question.text),
            (vocab::QUERY, _) => {
                return Err(wrong("hy:query takes a text that stands in the query: a service is not told any values"));
            }
            (vocab::SCORE, TermPattern::Variable(_)) => score = Some(object.clone()),
            (vocab::LIMIT, TermPattern::Literal(limit)) => {
                question.limit = limit.value().parse().map_err(|_| wrong("hy:limit takes a whole number"))?;
            }
            (vocab::KIND, TermPattern::Literal(kind)) => question.kinds.push(kind.value().parse()?),
            (vocab::MODE, TermPattern::Literal(mode)) => question.mode = mode.value().parse()?,
            (vocab::ABOUT, TermPattern::Literal(name)) => question.entity = Some(name.value().to_owned()),
            _ => {
                let message =
                    format!("SERVICE hy:recall does not know <{}> with that value", shortened(predicate.as_str()));
                return Err(wrong(&message));
            }
        }
    }
    if question.text.is_empty() {
        return Err(wrong("SERVICE hy:recall needs hy:query"));
    }
    Ok(Asked { question, hit, score })
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message).hint(
        "say it as in SERVICE hy:recall { ?hit hy:query \"boiler pressure\" ; hy:score ?score ; hy:limit 5 }; \
         hy:kind, hy:about (a name) and hy:mode narrow it",
    )
}
