//! What is no verb: SPARQL, graphs, pages, and how the server is.

use hydra_graph::{AnswerFormat, Got, QueryForm};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::presence::Health;

/// Returns the paths.
pub fn all() -> Map<String, Value> {
    let mut paths = Map::new();
    let mut add = |path: &str, operations: Value| paths.insert(path.to_owned(), operations);
    add("/sparql", json!({"get": sparql_get(), "post": sparql_post()}));
    add("/store", store("", &[parameter("graph", "The graph's IRI."), flag("default", "The default graph, instead.")]));
    add("/store/{name}", store("Named", &[in_path("name", "The graph's name is the address as a whole.")]));
    add("/m/{address}", json!({"get": page()}));
    add("/m/{id}/history", json!({"get": history()}));
    add("/entity/{name}", json!({"get": entity()}));
    add(
        "/ns",
        json!({"get": operation("words", "pages", "Tells the words of the graph", &[], content(&["text/turtle"]))}),
    );
    add(
        "/openapi.json",
        json!({"get": operation("openapi", "operations", "Tells what can be called",
        &[], json!({"application/json": {"schema": {"type": "object"}}}))}),
    );
    add(
        "/healthz",
        json!({"get": open(operation("health", "operations", "Tells that the server is there", &[],
        json!({"application/json": {"schema": schema_of::<Health>()}})))}),
    );
    add("/readyz", json!({"get": ready()}));
    add(
        "/metrics",
        json!({"get": operation("metrics", "operations", "Tells a Prometheus what was counted",
        &[], content(&["text/plain"]))}),
    );
    paths
}

fn sparql_get() -> Value {
    let parameters = [
        &[
            parameter("query", "The query; without one the service describes itself."),
            many("default-graph-uri", "Graphs that make the default graph."),
            many("named-graph-uri", "Graphs that can be named."),
            dataset(),
        ][..],
        &moments(),
        &[space()],
    ]
    .concat();
    operation("sparql_get", "sparql", "Answers a query", &parameters, content(&answers()))
}

fn sparql_post() -> Value {
    let text = |says: &str| json!({"schema": {"type": "string", "description": says}});
    let form = json!({"schema": {
        "type": "object",
        "description": "A query or an update, with its parameters.",
        "properties": {
            "query": {"type": "string"},
            "update": {"type": "string"},
            "default-graph-uri": {"type": "array", "items": {"type": "string"}},
            "named-graph-uri": {"type": "array", "items": {"type": "string"}},
            "using-graph-uri": {"type": "array", "items": {"type": "string"}},
            "using-named-graph-uri": {"type": "array", "items": {"type": "string"}},
            "space": {"type": "array", "items": {"type": "string"}},
            "reason": {"type": "string"},
        },
    }});
    let mut post =
        operation("sparql_post", "sparql", "Answers a query or makes an update", &[dataset()], content(&answers()));
    post["requestBody"] = json!({"required": true, "content": {
        "application/sparql-query": text("A query."),
        "application/sparql-update": text("An update, which is one commit."),
        "application/x-www-form-urlencoded": form,
    }});
    post["responses"]["200"]["content"]["application/json"] = json!({"schema": {
        "type": "object",
        "description": "Of an update: what it did, and what takes it back. Of a query: its results.",
    }});
    post
}

fn store(named: &str, which: &[Value]) -> Value {
    let statements: Vec<&str> = AnswerFormat::ALL
        .into_iter()
        .filter(|format| format.is_of_statements())
        .map(|format| format.media_types()[0])
        .collect();
    let sent = json!({"required": true, "content": content(&statements)});
    let id = |verb: &str| format!("{verb}{named}Graph");
    let read = operation(&id("get"), "sparql", "Reads a graph", &[which, &moments()].concat(), content(&statements));
    let change = |verb: &str, summary: &str, is_sent: bool| {
        let mut operation = operation(&id(verb), "sparql", summary, which, json!({}));
        let done = |description: &str| {
            json!({"description": description, "headers": {
                "Hydra-Commit": {"description": "Takes it back.", "schema": {"type": "string"}},
            }})
        };
        operation["responses"]["204"] = done("Done; nothing had to change if there is no commit.");
        if let Some(responses) = operation["responses"].as_object_mut() {
            responses.remove("200");
        }
        if is_sent {
            operation["requestBody"] = sent.clone();
            operation["responses"]["201"] = done("The graph is new.");
        }
        operation
    };
    json!({
        "get": read,
        "put": change("put", "Replaces a graph", true),
        "post": change("post", "Adds to a graph, or makes one", true),
        "delete": change("delete", "Drops a graph", false),
    })
}

fn page() -> Value {
    let address = in_path(
        "address",
        "An id, `ID@DATE` for what was known then, and either with .json, .jsonld, .ttl or .nt for a format.",
    );
    let parameters = [&[address][..], &moments(), &[space()]].concat();
    let mut formats = content(&["application/ld+json", "text/turtle", "application/n-triples"]);
    formats["application/json"] = json!({"schema": {"allOf": [
        schema_of::<Got>(),
        {"type": "object", "required": ["iri"], "properties": {"iri": {"type": "string"}}},
    ]}});
    let mut page = operation("page", "pages", "Tells what a node is and what is said of it", &parameters, formats);
    page["responses"]["304"] = json!({"description": "It is as it was when the client had `ETag`."});
    page["responses"]["308"] = json!({"description": "The id is spelled otherwise."});
    page["responses"]["410"] = json!({"$ref": "#/components/responses/Error"});
    page
}

fn history() -> Value {
    let parameters = [&[in_path("id", "An id.")][..], &moments(), &[space()]].concat();
    let answer = json!({"application/json": {"schema": {
        "type": "object",
        "required": ["id", "iri", "commits"],
        "properties": {
            "id": {"type": "string"},
            "iri": {"type": "string"},
            "commits": {"type": "array", "items": {"type": "object"}},
        },
    }}});
    let mut history = operation("history", "pages", "Tells who changed a node, and when", &parameters, answer);
    history["responses"]["308"] = json!({"description": "The id is spelled otherwise."});
    history
}

fn entity() -> Value {
    let parameters = [&[in_path("name", "A name or an alias.")][..], &moments(), &[space()]].concat();
    let mut entity = operation("entity_page", "pages", "Leads to the page of who is called so", &parameters, json!({}));
    if let Some(responses) = entity["responses"].as_object_mut() {
        responses.remove("200");
    }
    entity["responses"]["303"] = json!({"description": "There it is."});
    entity
}

fn ready() -> Value {
    let schema = json!({
        "type": "object",
        "required": ["status", "reasons", "memory", "writes", "indexes", "model"],
        "properties": {
            "status": {"enum": ["ready", "not_ready"]},
            "reasons": {"type": "array", "items": {"type": "string"}},
            "memory": {"const": "open"},
            "writes": {"enum": ["ok", "refused"]},
            "indexes": {"type": "array", "items": {
                "type": "object",
                "required": ["name", "state", "waiting"],
                "properties": {
                    "name": {"type": "string"},
                    "state": {"enum": ["ok", "off", "catching_up", "failing"]},
                    "waiting": {"type": "integer"},
                },
            }},
            "model": {"enum": ["ok", "missing"]},
        },
    });
    let answer = json!({"application/json": {"schema": schema}});
    let mut ready = open(operation("ready", "operations", "Tells whether everything works", &[], answer.clone()));
    ready["responses"]["503"] = json!({"description": "Not everything does; `reasons` says what.", "content": answer});
    ready
}

/// An operation that reads; others change what comes of it.
pub(super) fn operation(id: &str, tag: &str, summary: &str, parameters: &[Value], content: Value) -> Value {
    json!({
        "tags": [tag],
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "The answer.", "content": content},
            "4XX": {"$ref": "#/components/responses/Error"},
            "5XX": {"$ref": "#/components/responses/Error"},
        },
    })
}

/// For anyone who may call.
pub(super) fn open(mut operation: Value) -> Value {
    operation["security"] = json!([]);
    operation
}

fn answers() -> Vec<&'static str> {
    let is_offered = |format: &AnswerFormat| format.fits(QueryForm::Select) || format.is_of_statements();
    AnswerFormat::ALL.into_iter().filter(is_offered).map(|format| format.media_types()[0]).collect()
}

/// Texts in these formats, which have standards of their own.
fn content(media_types: &[&str]) -> Value {
    let is_json = |name: &str| name.ends_with("json");
    let entry = |name: &&str| {
        let schema = if is_json(name) { json!({}) } else { json!({"type": "string"}) };
        ((*name).to_owned(), json!({"schema": schema}))
    };
    Value::Object(media_types.iter().map(entry).collect())
}

pub(super) fn parameter(name: &str, says: &str) -> Value {
    json!({"name": name, "in": "query", "description": says, "schema": {"type": "string"}})
}

fn flag(name: &str, says: &str) -> Value {
    json!({"name": name, "in": "query", "description": says, "allowEmptyValue": true, "schema": {"const": ""}})
}

fn many(name: &str, says: &str) -> Value {
    json!({"name": name, "in": "query", "description": says, "schema": {"type": "array", "items": {"type": "string"}}})
}

fn in_path(name: &str, says: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": says, "schema": {"type": "string", "minLength": 1}})
}

fn moments() -> [Value; 2] {
    [
        parameter("as_of", "What was true then: a day, a moment, or how long ago."),
        parameter("known_at", "What was known then."),
    ]
}

pub(super) fn space() -> Value {
    many("space", "Only what belongs to these spaces; all if none are named.")
}

fn dataset() -> Value {
    json!({"name": "dataset", "in": "query", "description": "Whether only your own graphs are asked.",
        "schema": {"enum": ["everything", "own"]}})
}

/// The schema of a type, whole.
fn schema_of<T: schemars::JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    Value::from(settings.into_generator().into_root_schema_for::<T>())
}
