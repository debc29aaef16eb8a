//! Queries of the user's own graphs alone run on the store itself, at its speed: nothing in them has to be hidden.
//!
//! There the evaluator looks at its cancellation token whenever it reads a statement. Where it joins what it has read, it
//! reads nothing; so a function of ours is called for each row of a join, which looks at the token and counts. The rows are
//! made to pass it by a filter that names a variable of each side, or the planner would move it into one of them; filters
//! above look at it first. What cannot be watched like that, or lets texts grow, runs on the counted view instead.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use oxigraph::model::{Literal, NamedNode, Term, Variable};
use spargebra::Query;
use spargebra::algebra::{Expression, Function, GraphPattern};
use spargebra::term::{NamedNodePattern, TermPattern, TriplePattern};

use super::budget::{MAX_QUERY_STEPS, Overdraft};
use super::interrupt::Interrupt;

/// The function that watches a join. No query can call it: it is known only where the filters are.
const METER: &str = "urn:hydra:ns#meter";
/// Functions that make a text longer than what they are given.
const GROWING: [&str; 4] = ["concat", "replace", "encode_for_uri", "group_concat"];

/// Returns a query with its joins watched, or `None` when that can't be. `notation` is what it is in the algebra's own.
pub(crate) fn metered(query: &Query, notation: &str) -> Option<Query> {
    let notation = notation.to_ascii_lowercase();
    if notation.contains(METER) || GROWING.iter().any(|name| notation.contains(name)) || notation.contains("(exists") {
        return None;
    }
    let mut query = query.clone();
    let (Query::Select { pattern, .. }
    | Query::Construct { pattern, .. }
    | Query::Describe { pattern, .. }
    | Query::Ask { pattern, .. }) = &mut query;
    *pattern = Watch::default().pattern(std::mem::replace(pattern, nothing()))?;
    Some(query)
}

/// Returns the function to be called for each row of a join.
pub(crate) fn meter(interrupt: &Interrupt) -> (NamedNode, impl Fn(&[Term]) -> Option<Term> + Send + Sync + 'static) {
    let (left, interrupt) = (AtomicU64::new(MAX_QUERY_STEPS), interrupt.clone());
    let look = move |_: &[Term]| {
        if left.fetch_sub(1, Ordering::Relaxed) == 0 {
            std::panic::resume_unwind(Box::new(Overdraft::Spent));
        }
        if interrupt.is_stopped() {
            std::panic::resume_unwind(Box::new(Overdraft::Stopped));
        }
        Some(Literal::from(true).into())
    };
    (NamedNode::new_unchecked(METER), look)
}

fn nothing() -> GraphPattern {
    GraphPattern::Bgp { patterns: Vec::new() }
}

/// Puts meters into a query.
#[derive(Default)]
struct Watch {
    /// How many were put in.
    meters: usize,
}

impl Watch {
    fn pattern(&mut self, pattern: GraphPattern) -> Option<GraphPattern> {
        Some(match pattern {
            GraphPattern::Bgp { ref patterns } if is_connected(patterns) => pattern,
            GraphPattern::Bgp { patterns } => {
                let sides = components(&patterns);
                self.passing(GraphPattern::Bgp { patterns }, &sides)?
            }
            GraphPattern::Path { .. } | GraphPattern::Values { .. } | GraphPattern::Service { .. } => pattern,
            GraphPattern::Join { left, right } => {
                let mut parts = Vec::new();
                flatten(*left, &mut parts);
                flatten(*right, &mut parts);
                let parts: Vec<GraphPattern> =
                    parts.into_iter().map(|part| self.pattern(part)).collect::<Option<_>>()?;
                let sides: Vec<HashSet<Variable>> = parts.iter().map(variables).collect();
                let join = |left: GraphPattern, right: GraphPattern| GraphPattern::Join {
                    left: left.into(),
                    right: right.into(),
                };
                self.passing(parts.into_iter().reduce(join)?, &sides)?
            }
            GraphPattern::LeftJoin { left, right, expression } => {
                let (left, right) = (self.inner(*left)?, self.inner(*right)?);
                let sides = [variables(&left), variables(&right)];
                // Pairs that the condition refuses make no row.
                let expression = expression.map(|expression| self.looking(expression));
                self.passing(GraphPattern::LeftJoin { left, right, expression }, &sides)?
            }
            GraphPattern::Filter { expr, inner } => {
                let before = self.meters;
                let inner = self.inner(*inner)?;
                // What is refused before it comes to the meter has to be counted, too.
                let expr = if self.meters > before { self.looking(expr) } else { expr };
                GraphPattern::Filter { expr, inner }
            }
            GraphPattern::Union { left, right } => {
                GraphPattern::Union { left: self.inner(*left)?, right: self.inner(*right)? }
            }
            GraphPattern::Graph { name, inner } => GraphPattern::Graph { name, inner: self.inner(*inner)? },
            GraphPattern::Extend { inner, variable, expression } => {
                GraphPattern::Extend { inner: self.inner(*inner)?, variable, expression }
            }
            GraphPattern::OrderBy { inner, expression } => {
                GraphPattern::OrderBy { inner: self.inner(*inner)?, expression }
            }
            GraphPattern::Project { inner, variables } => {
                GraphPattern::Project { inner: self.inner(*inner)?, variables }
            }
            GraphPattern::Distinct { inner } => GraphPattern::Distinct { inner: self.inner(*inner)? },
            GraphPattern::Reduced { inner } => GraphPattern::Reduced { inner: self.inner(*inner)? },
            GraphPattern::Slice { inner, start, length } => {
                GraphPattern::Slice { inner: self.inner(*inner)?, start, length }
            }
            GraphPattern::Group { inner, variables, aggregates } => {
                GraphPattern::Group { inner: self.inner(*inner)?, variables, aggregates }
            }
            GraphPattern::Minus { .. } | GraphPattern::Lateral { .. } => return None,
        })
    }

    fn inner(&mut self, pattern: GraphPattern) -> Option<Box<GraphPattern>> {
        self.pattern(pattern).map(Box::new)
    }

    /// Lets each row pass a meter. A variable of each side that no other side has keeps it above all of them; two sides of
    /// which one has nothing of its own make no more rows than they read.
    fn passing(&mut self, pattern: GraphPattern, sides: &[HashSet<Variable>]) -> Option<GraphPattern> {
        let mut named = Vec::new();
        for (place, side) in sides.iter().enumerate() {
            let is_elsewhere =
                |name: &Variable| sides.iter().enumerate().any(|(other, side)| other != place && side.contains(name));
            let mut alone: Vec<&Variable> = side.iter().filter(|name| !is_elsewhere(name)).collect();
            alone.sort_unstable_by_key(|name| name.as_str());
            match alone.first() {
                Some(name) => named.push((*name).clone()),
                None if sides.len() <= 2 => {}
                None => return None,
            }
        }
        if named.is_empty() {
            return Some(pattern);
        }
        let expr = self.meter(named.into_iter().map(Expression::Bound).collect());
        Some(GraphPattern::Filter { expr, inner: pattern.into() })
    }

    /// Looks at the meter before an expression, wherever the planner puts it; as a part of an AND it would be moved alone.
    fn looking(&mut self, expression: Expression) -> Expression {
        let meter = self.meter(Vec::new());
        Expression::If(meter.into(), expression.into(), Box::new(Literal::from(false).into()))
    }

    fn meter(&mut self, values: Vec<Expression>) -> Expression {
        self.meters += 1;
        Expression::FunctionCall(Function::Custom(NamedNode::new_unchecked(METER)), values)
    }
}

fn flatten(pattern: GraphPattern, parts: &mut Vec<GraphPattern>) {
    match pattern {
        GraphPattern::Join { left, right } => {
            flatten(*left, parts);
            flatten(*right, parts);
        }
        other => parts.push(other),
    }
}

fn variables(pattern: &GraphPattern) -> HashSet<Variable> {
    let mut found = HashSet::new();
    pattern.on_in_scope_variable(|name| _ = found.insert(name.clone()));
    found
}

fn is_connected(patterns: &[TriplePattern]) -> bool {
    components(patterns).len() < 2
}

/// The variables of the parts of a list of statements that share none. Blank nodes tie as variables do.
fn components(patterns: &[TriplePattern]) -> Vec<HashSet<Variable>> {
    let mut parts: Vec<(HashSet<String>, HashSet<Variable>)> = Vec::new();
    for pattern in patterns {
        let (mut ties, mut names) = (HashSet::new(), HashSet::new());
        of_statement(pattern, &mut ties, &mut names);
        if ties.is_empty() {
            continue;
        }
        let (shared, mut rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(known, _)| !known.is_disjoint(&ties));
        for (known, called) in shared {
            ties.extend(known);
            names.extend(called);
        }
        rest.push((ties, names));
        parts = rest;
    }
    parts.into_iter().map(|(_, names)| names).collect()
}

fn of_statement(pattern: &TriplePattern, ties: &mut HashSet<String>, names: &mut HashSet<Variable>) {
    of_term(&pattern.subject, ties, names);
    if let NamedNodePattern::Variable(name) = &pattern.predicate {
        ties.insert(name.to_string());
        names.insert(name.clone());
    }
    of_term(&pattern.object, ties, names);
}

fn of_term(term: &TermPattern, ties: &mut HashSet<String>, names: &mut HashSet<Variable>) {
    match term {
        TermPattern::Variable(name) => {
            ties.insert(name.to_string());
            names.insert(name.clone());
        }
        TermPattern::BlankNode(node) => _ = ties.insert(node.to_string()),
        TermPattern::Triple(triple) => of_statement(triple, ties, names),
        TermPattern::NamedNode(_) | TermPattern::Literal(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<usize> {
        let query = spargebra::SparqlParser::new().parse_query(text).unwrap();
        metered(&query, &query.to_sse()).map(|query| query.to_sse().matches(METER).count())
    }

    #[test]
    fn what_joins_without_reading_is_watched_or_left_to_the_counted_view() {
        for (query, meters) in [
            ("SELECT * { ?a <p:p> ?b . ?b <p:q> ?c }", Some(0)),
            ("SELECT * { ?a <p:p> [ <p:q> ?c ] }", Some(0)),
            ("SELECT * { ?a ?b ?c . ?d ?e ?f }", Some(1)),
            ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", Some(1)),
            ("SELECT * { ?a <p:p> ?b OPTIONAL { ?a <p:q> ?c } }", Some(1)),
            ("SELECT * { { SELECT ?a ?b { ?a ?b ?c } } { SELECT ?d { ?d ?e ?f } } }", Some(1)),
            ("SELECT * { ?a ?b ?c FILTER(?c > 1) }", Some(0)),
            ("SELECT * { ?a ?b ?c . ?d ?e ?f FILTER(?c > ?f) }", Some(2)),
            ("SELECT * { ?a ?b ?c OPTIONAL { ?d ?e ?f FILTER(?c > ?f) } }", Some(2)),
            ("SELECT * { ?a ?b ?c MINUS { ?d ?e ?f } }", None),
            ("SELECT * { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f } }", None),
            ("SELECT (CONCAT(?a, ?a) AS ?d) { ?a ?b ?c }", None),
            ("SELECT * { ?a ?b ?c FILTER(<urn:hydra:ns#meter>(?a)) }", None),
        ] {
            assert_eq!(of(query), meters, "{query}");
        }
    }
}
