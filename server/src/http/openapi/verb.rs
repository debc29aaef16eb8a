//! The verbs: what each takes and gives.

use hydra_graph as graph;
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::answer;
use crate::verb::{self, Export, LongVerb, Verb};

/// Where schemas are that several answers have in them.
const SHARED: &str = "/components/schemas";

/// Returns the verbs' paths, and the schemas that they name.
pub fn all() -> (Map<String, Value>, Map<String, Value>) {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = SHARED.into();
        settings.meta_schema = None;
    });
    let mut verbs = Verbs { paths: Map::new(), answers: settings.into_generator() };
    verbs.at_once::<verb::Recall, answer::RecallAnswer>();
    verbs.at_once::<verb::Remember, graph::Remembered>();
    verbs.at_once::<verb::Learn, graph::Learned>();
    verbs.at_once::<verb::Get, answer::Records>();
    verbs.at_once::<verb::Forget, graph::ForgetAnswer>();
    verbs.at_once::<verb::Timeline, graph::Timeline>();
    verbs.at_once::<verb::Graph, graph::Neighbourhood>();
    verbs.at_once::<verb::Query, graph::QueryAnswer>();
    verbs.at_once::<verb::Undo, graph::Undone>();
    verbs.at_once::<verb::Explain, graph::Explanation>();
    verbs.at_once::<verb::Context, answer::ContextAnswer>();
    verbs.at_once::<verb::Hook, answer::Output>();
    verbs.at_once::<verb::Why, answer::WhyAnswer>();
    verbs.at_once::<verb::Update, graph::Updated>();
    verbs.at_once::<verb::List, graph::Listed>();
    verbs.at_once::<verb::Neighbours, graph::Neighbours>();
    verbs.at_once::<verb::Changes, graph::Changes>();
    verbs.at_once::<verb::Conflicts, answer::Conflicts>();
    verbs.at_once::<verb::Entity, graph::EntityInfo>();
    verbs.at_once::<verb::Alias, graph::Aliased>();
    verbs.at_once::<verb::Merge, graph::Merged>();
    verbs.at_once::<verb::Split, graph::Split>();
    verbs.at_once::<verb::Propose, answer::ProposeAnswer>();
    verbs.at_once::<verb::Proposals, answer::Proposals>();
    verbs.at_once::<verb::Accept, answer::DecideAnswer>();
    verbs.at_once::<verb::Reject, answer::DecideAnswer>();
    verbs.at_once::<verb::Enrichment, graph::Enrichment>();
    verbs.at_once::<verb::Blocks, answer::Blocks>();
    verbs.at_once::<verb::Block, answer::BlockAnswer>();
    verbs.at_once::<verb::BlockHistory, answer::BlockVersions>();
    verbs.at_once::<verb::EditBlock, answer::EditedBlock>();
    verbs.at_once::<verb::Predicates, answer::Predicates>();
    verbs.at_once::<verb::Declare, answer::Declared>();
    verbs.at_once::<verb::Sources, answer::Sources>();
    verbs.at_once::<verb::AddSource, answer::SourceAnswer>();
    verbs.at_once::<verb::ChangeSource, answer::SourceAnswer>();
    verbs.at_once::<verb::RemoveSource, answer::RemovedSource>();
    verbs.at_once::<verb::Pin, graph::Pinned>();
    verbs.at_once::<verb::TidyMap, crate::map::Tidied>();
    verbs.at_once::<verb::RefusedCalls, answer::RefusalsAnswer>();
    verbs.at_once::<verb::Status, answer::Status>();
    verbs.long::<verb::Erase, graph::ForgetAnswer>();
    verbs.long::<verb::Enrich, answer::Enriched>();
    verbs.long::<verb::Check, graph::CheckReport>();
    verbs.long::<verb::Rebuild, answer::Rebuilt>();
    verbs.long::<verb::Redact, graph::Redacted>();
    verbs.long::<verb::Ingest, answer::Ingested>();
    verbs.long::<verb::Import, answer::Imported>();
    verbs.export();
    let Verbs { paths, mut answers } = verbs;
    (paths, answers.take_definitions(true))
}

struct Verbs {
    paths: Map<String, Value>,
    answers: SchemaGenerator,
}

impl Verbs {
    /// Adds a verb that is answered at once.
    fn at_once<V: Verb + JsonSchema, A: JsonSchema>(&mut self) {
        let answer = self.answers.subschema_for::<A>();
        self.add::<V>(V::NAME, json!({"application/json": {"schema": answer}}), "The answer.");
    }

    /// Adds a verb that tells how far it is, one JSON object a line.
    fn long<V: LongVerb + JsonSchema, A: JsonSchema>(&mut self) {
        let answer = self.answers.subschema_for::<A>();
        let lines = json!({"oneOf": [
            {
                "type": "object",
                "required": ["event", "result"],
                "properties": {"event": {"const": "done"}, "result": answer},
            },
            {
                "type": "object",
                "required": ["event", "error"],
                "properties": {"event": {"const": "error"}, "error": {"$ref": "#/components/schemas/Error/properties/error"}},
            },
            {
                "type": "object",
                "required": ["event"],
                "properties": {"event": {"not": {"enum": ["done", "error"]}}},
            },
        ]});
        // What a line holds; a schema of the whole would be one of a text.
        let content = json!({"application/x-ndjson": {"schema": {"type": "string"}, "x-line": lines}});
        self.add::<V>(V::NAME, content, "Lines of JSON: how far it is, then `done` with the result, or `error`.");
    }

    fn export(&mut self) {
        let content = json!({"text/plain": {"schema": {"type": "string"}}});
        self.add::<Export>(
            Export::NAME,
            content,
            "The whole graph as sorted N-Quads or TriG; the last line has its hash.",
        );
    }

    fn add<V: JsonSchema>(&mut self, name: &str, content: Value, answer: &str) {
        let (request, summary) = request::<V>();
        let operation = json!({
            "tags": ["verbs"],
            "operationId": name,
            "summary": summary,
            "requestBody": {"required": true, "content": {"application/json": {"schema": request}}},
            "responses": {
                "200": {"description": answer, "content": content},
                "4XX": {"$ref": "#/components/responses/Error"},
                "5XX": {"$ref": "#/components/responses/Error"},
            },
        });
        self.paths.insert(format!("/v1/{name}"), json!({"post": operation}));
    }
}

/// The schema of a request, whole, and what its type says of itself.
fn request<V: JsonSchema>() -> (Value, String) {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = Value::from(settings.into_generator().into_root_schema_for::<V>());
    let said = schema.as_object_mut().and_then(|schema| {
        schema.remove("title");
        schema.remove("description")
    });
    let said = said.and_then(|said| said.as_str().map(str::to_owned)).unwrap_or_default();
    (schema, said.split(['.', '\n']).next().unwrap_or_default().to_owned())
}
