//! Entities: people, projects, places, things and notes; what ties them, and what happened to them.

use std::collections::BTreeMap;

use async_graphql::connection::{Connection, Edge};
use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use hydra_graph::Id;
use serde::Deserialize;

use super::caller::Caller;
use super::error;
use super::loader;
use super::memory::{Kind, Memory, Trust, count};
use super::scalar::{DateTime, NodeId, When, words};
use super::scope::Scope;
use crate::verb::{self, Graph, Timeline};

/// What a tie is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TieKind {
    /// Said of one by a fact.
    Fact,
    /// A note links to it.
    Link,
    /// A note carries it.
    Tag,
}

/// One tie between two entities, or an entity and a text.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(complex)]
pub struct Tie {
    /// What kind of tie it is.
    kind: TieKind,
    #[graphql(skip)]
    from: NodeId,
    /// The name of where it begins.
    from_name: String,
    /// What is said: the name of a predicate, `links to` or `tag`.
    predicate: String,
    #[graphql(skip)]
    to: Option<NodeId>,
    /// The name of where it ends, or the text that a fact says.
    to_name: String,
    #[graphql(skip)]
    fact: Option<NodeId>,
    /// Since when a fact holds, if that was said.
    valid_from: Option<DateTime>,
    /// Until when, if that is known.
    valid_to: Option<DateTime>,
    /// How far a fact is trusted; what notes say is INGESTED.
    trust: Trust,
    /// How sure a fact is, from 0 to 1, if it is not certain.
    confidence: Option<f32>,
    /// Whether another fact contradicts it, and nobody has settled that.
    #[serde(default)]
    is_disputed: bool,
    /// Whether it rests on something that no longer stands.
    #[serde(default)]
    is_stale: bool,
    #[graphql(skip)]
    #[serde(skip, default = "Scope::current")]
    scope: Scope,
}

#[ComplexObject]
impl Tie {
    /// Where it begins.
    async fn from(&self) -> Entity {
        Entity { name: Some(self.from_name.clone()), ..Entity::of(self.from.0, self.scope.clone()) }
    }

    /// Where it ends, if that is an entity.
    async fn to(&self) -> Option<Entity> {
        self.to.map(|to| Entity { name: Some(self.to_name.clone()), ..Entity::of(to.0, self.scope.clone()) })
    }

    /// The fact.
    async fn fact(&self, context: &Context<'_>) -> Result<Option<Memory>> {
        let Some(fact) = self.fact else { return Ok(None) };
        Ok(loader::memories(context, &[fact], &self.scope).await?.pop())
    }
}

/// Another name of an entity, or another entity.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Named {
    /// Its id.
    id: NodeId,
    /// Its name.
    name: String,
}

/// How many there are of something.
#[derive(Clone, Debug, SimpleObject)]
pub struct Count {
    /// Of what.
    of: String,
    /// How many.
    count: usize,
}

/// What is known of an entity, in numbers and names.
#[derive(Clone, Debug, Deserialize)]
pub struct EntityInfo {
    aliases: Vec<String>,
    merged: Option<Named>,
    #[serde(default)]
    stands_for: Vec<Named>,
    #[serde(default)]
    different_from: Vec<Named>,
    #[serde(default)]
    notes: Vec<String>,
    facts: BTreeMap<String, usize>,
    memories: BTreeMap<String, usize>,
    linked_from: usize,
    links_to: usize,
}

/// A person, project, place, thing, note or tag.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Entity {
    /// Its id.
    pub id: NodeId,
    #[graphql(skip)]
    pub name: Option<String>,
    #[graphql(skip)]
    scope: Scope,
}

impl Entity {
    /// Names one by its id; the rest is read when it is asked for.
    pub fn of(id: Id, scope: Scope) -> Self {
        Self { id: NodeId(id), name: None, scope }
    }

    async fn info(&self, context: &Context<'_>) -> Result<EntityInfo> {
        loader::entity(context, self.id).await
    }
}

fn counts(counts: BTreeMap<String, usize>) -> Vec<Count> {
    counts.into_iter().map(|(of, count)| Count { of, count }).collect()
}

#[ComplexObject]
impl Entity {
    /// Its name for people.
    async fn name(&self, context: &Context<'_>) -> Result<String> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => loader::name(context, self.id, &self.scope).await,
        }
    }

    /// Its other names, in order.
    async fn aliases(&self, context: &Context<'_>) -> Result<Vec<String>> {
        Ok(self.info(context).await?.aliases)
    }

    /// The entity that was asked for, if this one stands for it now.
    async fn merged(&self, context: &Context<'_>) -> Result<Option<Named>> {
        Ok(self.info(context).await?.merged)
    }

    /// Those that were merged into it.
    async fn stands_for(&self, context: &Context<'_>) -> Result<Vec<Named>> {
        Ok(self.info(context).await?.stands_for)
    }

    /// Those that the owner told it apart from.
    async fn different_from(&self, context: &Context<'_>) -> Result<Vec<Named>> {
        Ok(self.info(context).await?.different_from)
    }

    /// The files that describe it.
    async fn notes(&self, context: &Context<'_>) -> Result<Vec<String>> {
        Ok(self.info(context).await?.notes)
    }

    /// How many facts are believed of it now, by predicate; of all spaces.
    async fn fact_counts(&self, context: &Context<'_>) -> Result<Vec<Count>> {
        Ok(counts(self.info(context).await?.facts))
    }

    /// How many memories are about it, by kind; of all spaces.
    async fn memory_counts(&self, context: &Context<'_>) -> Result<Vec<Count>> {
        Ok(counts(self.info(context).await?.memories))
    }

    /// How many notes link to it.
    async fn linked_from(&self, context: &Context<'_>) -> Result<usize> {
        Ok(self.info(context).await?.linked_from)
    }

    /// How many links its notes have.
    async fn links_to(&self, context: &Context<'_>) -> Result<usize> {
        Ok(self.info(context).await?.links_to)
    }

    /// What facts say of it, at most 50; `facts(subject:)` has them all, in pages.
    #[graphql(complexity = "super::limit::ids_cost(10, child_complexity)")]
    async fn facts(&self, context: &Context<'_>) -> Result<Vec<Tie>> {
        Ok(loader::got(context, self.id, &self.scope).await?.map(|got| got.facts).unwrap_or_default())
    }

    /// What it is tied to: those with more facts first, then with more links, then with more tags, then the older.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn neighbours(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only these ties: names of predicates, `links to` or `tag`; all if there are none.", default)]
        predicates: Vec<String>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
        #[graphql(desc = "Goes on after the edge with this cursor.")] after: Option<String>,
    ) -> Result<Neighbours> {
        neighbours(context, self.id.0.to_string(), predicates, &self.scope, first, after).await
    }
}

/// A page of neighbours.
pub type Neighbours = Connection<String, Entity, NeighboursCounted, Bond>;

/// How many neighbours there are.
#[derive(Clone, Debug, SimpleObject)]
pub struct NeighboursCounted {
    /// How many there are on all pages.
    total: usize,
    /// How many statements about it were not read, because there are too many.
    unread: usize,
}

/// What ties two neighbours.
#[derive(Clone, Debug, SimpleObject)]
pub struct Bond {
    /// The ties, facts first; at most 20.
    ties: Vec<Tie>,
    /// How many facts tie them.
    fact_count: usize,
    /// How many links tie them.
    link_count: usize,
    /// How many tags tie them.
    tag_count: usize,
}

#[derive(Deserialize)]
struct NeighboursPage {
    neighbours: Vec<Neighbour>,
    total: usize,
    is_more: bool,
    unread: usize,
}

#[derive(Deserialize)]
struct Neighbour {
    id: NodeId,
    name: String,
    rank: String,
    ties: Vec<Tie>,
}

async fn neighbours(
    context: &Context<'_>,
    of: String,
    predicates: Vec<String>,
    scope: &Scope,
    first: i32,
    after: Option<String>,
) -> Result<Neighbours> {
    let is_later = after.is_some();
    let request = verb::Neighbours {
        of,
        predicates,
        spaces: scope.spaces(),
        as_of: scope.as_of(),
        known_at: scope.known_at(),
        after,
        limit: Some(count(first)?),
    };
    let page: NeighboursPage = Caller::of(context)?.ask(request, scope).await?;
    let counted = NeighboursCounted { total: page.total, unread: page.unread };
    let mut connection = Connection::with_additional_fields(is_later, page.is_more, counted);
    connection.edges.extend(page.neighbours.into_iter().map(|neighbour| {
        let Neighbour { id, name, rank, ties } = neighbour;
        let mut counts = rank.split('.').map(|count| count.parse().unwrap_or(0));
        let mut next = || counts.next().unwrap_or(0);
        let bond = Bond { ties, fact_count: next(), link_count: next(), tag_count: next() };
        let entity = Entity { name: Some(name), ..Entity::of(id.0, scope.clone()) };
        Edge::with_additional_fields(rank, entity, bond)
    }));
    Ok(connection)
}

/// The shortest ways from one entity to another.
#[derive(Clone, Debug, SimpleObject)]
pub struct Paths {
    /// Where they begin.
    from: Entity,
    /// Where they end.
    to: Entity,
    /// Paths of the least number of steps, at most three; a tie may point either way. None if nothing connects them.
    found: Vec<Vec<Tie>>,
    /// Whether the search ended before all that could be reached in four steps was looked at.
    is_cut: bool,
}

#[derive(Deserialize)]
struct Neighbourhood {
    id: NodeId,
    name: String,
    paths: Option<Found>,
}

#[derive(Deserialize)]
struct Found {
    to: NodeId,
    name: String,
    found: Vec<Vec<Tie>>,
    is_cut: bool,
}

/// Something that happened.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Event {
    /// When, in the world or in the memory.
    at: DateTime,
    /// What: said, happened, began, ended, retracted, restored, replaced, forgotten, read, changed, removed and so on.
    what: String,
    /// What it happened to.
    id: NodeId,
    /// What that is.
    kind: Kind,
    /// Its text; empty for what was forgotten.
    text: String,
    /// How far it is trusted.
    trust: Trust,
    /// How it stands, if it does not simply stand.
    #[serde(default)]
    standing: String,
    /// Who did it.
    who: String,
    /// Why, if it was said.
    reason: Option<String>,
    /// The commit that says so.
    commit: NodeId,
}

/// What happened to something, in the order of time.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(name = "Timeline")]
pub struct Happened {
    /// The entity, memory, conversation or file.
    id: NodeId,
    /// Its name for people.
    name: String,
    /// What was asked for, if another stands for it now.
    merged: Option<Named>,
    /// What happened, oldest first.
    events: Vec<Event>,
    /// How many older ones there was no room for.
    dropped: usize,
    /// What else there is to say, as that a space holds nothing.
    note: Option<String>,
}

/// Who or what there is.
#[derive(Default)]
pub struct EntityQuery;

#[Object]
impl EntityQuery {
    /// Who or what somebody or something is, by a name or an id.
    #[graphql(complexity = "super::limit::ids_cost(1, child_complexity)")]
    async fn entity(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name, another name of it, or its id.", name = "nameOrId")] name_or_id: String,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
    ) -> Result<Option<Entity>> {
        let scope = Scope::new(spaces, as_of, known_at);
        // Found as the graph is looked at, so that a space gives away no name of another.
        let page = verb::Neighbours {
            of: name_or_id,
            predicates: Vec::new(),
            spaces: scope.spaces(),
            as_of: scope.as_of(),
            known_at: scope.known_at(),
            after: None,
            limit: Some(1),
        };
        let found: Named = Caller::of(context)?.ask(page, &scope).await?;
        Ok(Some(Entity { name: Some(found.name), ..Entity::of(found.id.0, scope) }))
    }

    /// How two entities are connected.
    #[graphql(complexity = "super::limit::page_cost(12, child_complexity)")]
    async fn path(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The name or id of one.")] a: String,
        #[graphql(desc = "The name or id of the other.")] b: String,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
    ) -> Result<Option<Paths>> {
        let scope = Scope::new(spaces, as_of, known_at);
        let graph = Graph {
            entity: a,
            to: Some(b),
            spaces: scope.spaces(),
            as_of: scope.as_of(),
            known_at: scope.known_at(),
            ..Graph::default()
        };
        let around: Neighbourhood = Caller::of(context)?.ask(graph, &scope).await?;
        let entity = |id: NodeId, name| Entity { name: Some(name), ..Entity::of(id.0, scope.clone()) };
        let from = entity(around.id, around.name);
        let Some(Found { to, name, found, is_cut }) = around.paths else {
            return Err(error::not_found("no path was looked for", "name two entities"));
        };
        Ok(Some(Paths { from, to: entity(to, name), found, is_cut }))
    }

    /// What happened to an entity, a memory, a conversation or a file, in the order of time.
    #[graphql(complexity = "super::limit::page_cost(limit, child_complexity)")]
    async fn timeline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A name, an id, or the path of a file.")] of: String,
        #[graphql(desc = "Only what happened then or later.")] from: Option<When>,
        #[graphql(desc = "Only what happened before.")] to: Option<When>,
        #[graphql(desc = "Only what was recorded since.")] since: Option<When>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "At most so many events, the newest.", default = 50)] limit: i32,
    ) -> Result<Option<Happened>> {
        let scope = Scope::new(spaces, as_of, known_at);
        let timeline = Timeline {
            of,
            spaces: scope.spaces(),
            from: words(from),
            to: words(to),
            since: words(since),
            as_of: scope.as_of(),
            known_at: scope.known_at(),
            limit: Some(count(limit)?),
        };
        Caller::of(context)?.ask(timeline, &scope).await.map(Some)
    }
}
