//! What hangs below the answers of a request, gathered and read together: of N memories one look at the graph, not N.

use std::collections::HashMap;
use std::hash::Hash;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Error, Result};
use hydra_graph::{Id, MAX_GOT};

use super::caller::{self, Caller};
use super::commit::Commit;
use super::entity::EntityInfo;
use super::error;
use super::memory::{Got, Memory, get};
use super::scalar::NodeId;
use super::scope::Scope;
use crate::verb::View;

/// The loaders of one request.
pub type Links = DataLoader<Lookup>;

/// Starts the loaders of a request.
pub fn links(caller: Caller) -> Links {
    DataLoader::new(Lookup(caller), tokio::spawn).max_batch_size(MAX_GOT)
}

/// Looks up many at once.
pub struct Lookup(Caller);

/// A record, with everything but its past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Record(Id, Scope);
/// A name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name(Id, Scope);
/// A past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Past(Id, Scope);
/// An entity with its names and numbers, which are of all spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Info(Id);

impl Lookup {
    /// Gets what keys name, those of each scope together.
    async fn got<K: Clone + Eq + Hash>(
        &self,
        keys: &[K],
        view: View,
        parts: impl Fn(&K) -> (Id, Scope),
    ) -> Result<HashMap<K, Got>> {
        let mut by_scope: HashMap<Scope, Vec<(Id, K)>> = HashMap::new();
        for key in keys {
            let (id, scope) = parts(key);
            by_scope.entry(scope).or_default().push((id, key.clone()));
        }
        let mut found = HashMap::new();
        for (scope, asked) in by_scope {
            let ids = asked.iter().map(|(id, _)| *id).collect();
            let got = get(&self.0, ids, view, &scope).await?;
            found.extend(asked.into_iter().map(|(_, key)| key).zip(got));
        }
        Ok(found)
    }
}

impl Loader<Record> for Lookup {
    type Value = Got;
    type Error = Error;

    async fn load(&self, keys: &[Record]) -> Result<HashMap<Record, Got>> {
        self.got(keys, View::Full, |Record(id, scope)| (*id, scope.clone())).await
    }
}

impl Loader<Name> for Lookup {
    type Value = String;
    type Error = Error;

    async fn load(&self, keys: &[Name]) -> Result<HashMap<Name, String>> {
        let got = self.got(keys, View::Index, |Name(id, scope)| (*id, scope.clone())).await?;
        Ok(got.into_iter().filter_map(|(key, got)| Some((key, got.entity?))).collect())
    }
}

impl Loader<Past> for Lookup {
    type Value = Vec<Commit>;
    type Error = Error;

    async fn load(&self, keys: &[Past]) -> Result<HashMap<Past, Vec<Commit>>> {
        let got = self.got(keys, View::History, |Past(id, scope)| (*id, scope.clone())).await?;
        Ok(got.into_iter().map(|(key, got)| (key, got.commits)).collect())
    }
}

impl Loader<Info> for Lookup {
    type Value = EntityInfo;
    type Error = Error;

    async fn load(&self, keys: &[Info]) -> Result<HashMap<Info, EntityInfo>> {
        let asked: Vec<Info> = keys.to_vec();
        let names: Vec<String> = asked.iter().map(|Info(id)| id.to_string()).collect();
        let known = self.0.look("entity", move |memory| memory.entities(&names)).await?;
        let mut found = HashMap::new();
        for (key, info) in asked.into_iter().zip(known) {
            // Of what is no entity, as a tag, there is nothing to tell.
            if let Some(info) = info {
                found.insert(key, caller::plain(&info)?);
            }
        }
        Ok(found)
    }
}

fn of<'c>(context: &Context<'c>) -> Result<&'c Links> {
    context.data::<Links>()
}

/// Loads records that are there, in the order of their ids.
pub async fn memories(context: &Context<'_>, ids: &[NodeId], scope: &Scope) -> Result<Vec<Memory>> {
    let keys: Vec<Record> = ids.iter().map(|id| Record(id.0, scope.clone())).collect();
    let mut found = of(context)?.load_many(keys.iter().cloned()).await?;
    Ok(keys.iter().filter_map(|key| found.remove(key)?.record).collect())
}

/// Loads everything that is told of an id.
pub async fn got(context: &Context<'_>, id: NodeId, scope: &Scope) -> Result<Option<Got>> {
    of(context)?.load_one(Record(id.0, scope.clone())).await
}

/// Loads an entity's name; of what has none, its id is one.
pub async fn name(context: &Context<'_>, id: NodeId, scope: &Scope) -> Result<String> {
    Ok(of(context)?.load_one(Name(id.0, scope.clone())).await?.unwrap_or_else(|| id.0.to_string()))
}

/// Loads a past.
pub async fn history(context: &Context<'_>, id: NodeId, scope: &Scope) -> Result<Vec<Commit>> {
    Ok(of(context)?.load_one(Past(id.0, scope.clone())).await?.unwrap_or_default())
}

/// Loads an entity's names and numbers.
pub async fn entity(context: &Context<'_>, id: NodeId) -> Result<EntityInfo> {
    let found = of(context)?.load_one(Info(id.0)).await?;
    found
        .ok_or_else(|| error::not_found(format!("{} is a tag, not an entity", id.0), "ask for its name and neighbours"))
}
