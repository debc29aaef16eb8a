//! What changes the memory: one file a group of verbs. Each answers what it did and the commit that takes it back.

mod belief;
mod entity;
mod forget;
mod map;
mod proposal;
mod source;
mod sparql;
mod tell;

use async_graphql::MergedObject;

/// What changes the memory. Fields are done one after the other; each that fails leaves the others as they are.
#[derive(MergedObject, Default)]
pub struct Mutation(
    tell::TellMutation,
    belief::BeliefMutation,
    forget::ForgetMutation,
    entity::EntityMutation,
    proposal::ProposalMutation,
    source::SourceMutation,
    map::MapMutation,
    sparql::SparqlMutation,
);
