//! The schema as a whole, with its limits.

use async_graphql::{MergedObject, Schema as AsSchema, SchemaBuilder};

use super::block::BlockQuery;
use super::commit::CommitQuery;
use super::entity::{EntityQuery, Neighbours};
use super::limit::{MAX_COST, MAX_DEPTH, MAX_NESTING};
use super::list::{ListQuery, Memories};
use super::map::MapQuery;
use super::memory::MemoryQuery;
use super::mutation::Mutation;
use super::patience::Patience;
use super::recall::RecallQuery;
use super::source::SourceQuery;
use super::stats::StatsQuery;
use super::subscription::Subscription;
use super::waiting::WaitingQuery;

/// Directives of one field; none is used more than once in earnest.
const MAX_DIRECTIVES: usize = 4;

/// What can be asked. Each field is answered from one consistent look at the memory; what hangs below is looked up in
/// batches, in the same spaces and from the same moment.
#[derive(MergedObject, Default)]
pub struct Query(
    RecallQuery,
    MemoryQuery,
    ListQuery,
    EntityQuery,
    BlockQuery,
    WaitingQuery,
    SourceQuery,
    CommitQuery,
    StatsQuery,
    MapQuery,
);

/// The schema.
pub type Schema = AsSchema<Query, Mutation, Subscription>;

/// Builds it.
pub fn build() -> Schema {
    begin().finish()
}

/// Builds it once more for subscriptions, where each event is given up that takes too long. Apart from the other, since an
/// extension of the library makes every field of every query dearer.
pub fn for_subscriptions() -> Schema {
    begin().extension(Patience).finish()
}

fn begin() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COST)
        .limit_recursive_depth(MAX_NESTING)
        .limit_directives(MAX_DIRECTIVES)
        .override_output_type_description::<Memories>("A page of memories.")
        .override_output_type_description::<Neighbours>("A page of what an entity is tied to, the strongest first.")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    /// The schema is a contract: what clients see changes only on purpose.
    #[test]
    fn the_schema_is_as_written_down() {
        let sdl = build().sdl();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/schema.graphql");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, &sdl).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(sdl, written, "if this is meant, run the test with UPDATE_SNAPSHOTS=1");
    }

    #[tokio::test]
    async fn everything_says_what_it_is_for() {
        let query = "{ __schema { types { name kind description
            fields { name description args { name description } }
            inputFields { name description }
            enumValues { name description } } } }";
        let schema = build().execute(query).await.data.into_json().unwrap();
        let types = schema["__schema"]["types"].as_array().unwrap();
        let mut mute = Vec::new();
        let mut look = |path: String, item: &Value| {
            if item["description"].as_str().is_none_or(str::is_empty) {
                mute.push(path);
            }
        };
        for kind in types {
            let name = kind["name"].as_str().unwrap();
            // What is GraphQL's own.
            if name == "ID" || name.starts_with("__") {
                continue;
            }
            look(name.to_owned(), kind);
            for list in ["fields", "inputFields", "enumValues"] {
                for item in kind[list].as_array().into_iter().flatten() {
                    let path = format!("{name}.{}", item["name"].as_str().unwrap());
                    look(path.clone(), item);
                    for argument in item["args"].as_array().into_iter().flatten() {
                        look(format!("{path}({})", argument["name"].as_str().unwrap()), argument);
                    }
                }
            }
        }
        assert!(mute.is_empty(), "without a description: {mute:?}");
    }
}
