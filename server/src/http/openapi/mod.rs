//! What can be called over plain HTTP, as an OpenAPI document: made of the types that requests are read into and answers
//! are written from, so that it can't say anything else than they do. `schema/openapi.json` is a copy that a test keeps.
//!
//! MCP and GraphQL describe themselves, and are only named.

mod answer;
mod path;
mod verb;

use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

/// Answers with the document.
pub async fn tell() -> Response {
    axum::Json(document()).into_response()
}

/// Returns the document.
pub fn document() -> Value {
    let mut paths = path::all();
    let (verbs, schemas) = verb::all();
    paths.extend(verbs);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hydra",
            "summary": "A personal memory server round an RDF graph.",
            "description": "Every verb is a POST of one JSON object to /v1. SPARQL is at /sparql and /store, every node \
                has a page at /m/ID. Agents speak MCP at /mcp, and GraphQL is at /graphql; both describe themselves.",
            "version": hydra_mcp::VERSION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": format!("http://127.0.0.1:{}", crate::config::DEFAULT_PORT), "description": "On this machine."}],
        "security": [{"bearer": []}],
        "tags": [
            {"name": "verbs", "description": "What the commands do, too."},
            {"name": "sparql", "description": "SPARQL 1.1 Protocol and Graph Store Protocol."},
            {"name": "pages", "description": "One address for each node."},
            {"name": "operations", "description": "How the server is."},
        ],
        "paths": paths,
        "components": {
            "schemas": with_error(schemas),
            "responses": {
                "Error": {
                    "description": "Why not, and what to do next. With 503 and 429, `Retry-After` says when to ask again.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                },
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "What the file `token` in the data folder holds.",
                },
            },
        },
    })
}

fn with_error(mut schemas: Map<String, Value>) -> Map<String, Value> {
    schemas.insert(
        "Error".to_owned(),
        json!({
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["kind", "message", "hint"],
                    "properties": {
                        "kind": {"type": "string", "description": "For programs.", "examples": ["not_found"]},
                        "message": {"type": "string", "description": "For people: what is wrong."},
                        "hint": {"type": ["string", "null"], "description": "What to do next."},
                    },
                },
            },
        }),
    );
    schemas
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The copy is what the server says. Run with UPDATE_SNAPSHOTS=1 to write it.
    #[test]
    fn the_copy_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/openapi.json");
        let now = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == now, "schema/openapi.json is old: run this test with UPDATE_SNAPSHOTS=1");
    }

    /// Every verb that has a route is described, and every one that is described has a route.
    #[test]
    fn every_route_is_described() {
        let routes = include_str!("../mod.rs");
        let routed = routes.matches(".route(&verb(").count();
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.keys().filter(|path| path.starts_with("/v1/")).count(), routed);
        for (path, of_path) in paths {
            for (method, operation) in of_path.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path} says nothing");
                assert!(operation["operationId"].is_string() && operation["responses"]["4XX"].is_object(), "{path}");
            }
        }
    }
}
