//! What can be called over plain HTTP, as an OpenAPI document: made of the types that requests are read into and answers
//! are written from, so that it can't say anything else than they do. `schema/openapi.json` is a copy that a test keeps.
//!
//! MCP and GraphQL describe themselves, and are only named.

mod answer;
mod path;
mod verb;
mod view;

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
    paths.extend(view::all());
    paths.extend(verbs);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hydra",
            "summary": "A personal memory server round an RDF graph.",
            "description": "Every verb is a POST of one JSON object to /v1. SPARQL is at /sparql and /store, every node \
                has a page at /m/ID. Agents speak MCP at /mcp, and GraphQL is at /graphql; both describe themselves. A page \
                of the view has its data at its address with `.json` behind it, as GraphQL answers.",
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

    /// Routes as the code has them, and where and by which methods each is described.
    const ROUTES: [(&str, &str, &[&str]); 15] = [
        ("\"/\"", "/", &["get"]),
        ("browser::SESSION_PATH", "/session", &["get", "post"]),
        ("FRAME", "/api/map/frame", &["get"]),
        ("\"/m/{id}\"", "/m/{address}", &["get"]),
        ("\"/m/{id}/{part}\"", "/m/{id}/history", &["get"]),
        ("\"/entity/{name}\"", "/entity/{name}", &["get"]),
        ("\"/ns\"", "/ns", &["get"]),
        ("\"/metrics\"", "/metrics", &["get"]),
        ("\"/openapi.json\"", "/openapi.json", &["get"]),
        ("\"/healthz\"", "/healthz", &["get"]),
        ("\"/readyz\"", "/readyz", &["get"]),
        ("\"/sparql\"", "/sparql", &["get", "post"]),
        ("\"/store\"", "/store", &["delete", "get", "post", "put"]),
        ("\"/store/{*path}\"", "/store/{name}", &["delete", "get", "post", "put"]),
        ("&verb", "/v1/", &["post"]),
    ];
    /// Routes of what describes itself, and of files for browsers.
    const OTHERS: [&str; 8] = [
        // GraphQL, what the view asks it, and the page to write queries in.
        "PATH",
        "path",
        "VIEW",
        "PAGE",
        "\"/graphql/page.js\"",
        "\"/graphql/page.css\"",
        "\"/assets/{name}\"",
        "\"/mcp\"",
    ];

    /// The first argument of each call in a folder that makes a route.
    fn routed(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // This folder only speaks of them.
                if !path.ends_with("openapi") {
                    routed(&path, found);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for call in [".route(", ".route_service("] {
                let arguments = text.split(call).skip(1);
                found.extend(arguments.map(|rest| rest.trim_start().split([',', '(']).next().unwrap().to_owned()));
            }
        }
    }

    /// Every route is described by its methods, and whatever is described has a route.
    #[test]
    fn every_route_is_described() {
        let mut found = Vec::new();
        for folder in ["src", "../mcp/src"] {
            routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        for route in &found {
            let is_known = ROUTES.iter().any(|(argument, ..)| argument == route) || OTHERS.contains(&route.as_str());
            assert!(is_known, "the route of {route} is not described");
        }
        for (argument, path, methods) in ROUTES {
            let times = found.iter().filter(|route| *route == argument).count();
            if argument == "&verb" {
                assert_eq!(paths.keys().filter(|described| described.starts_with(path)).count(), times);
                continue;
            }
            assert!(times > 0, "{argument} is no route any more");
            let mut described: Vec<&str> = paths[path].as_object().unwrap().keys().map(String::as_str).collect();
            described.sort_unstable();
            assert_eq!(described, methods, "{path}");
        }
        let of_verbs = paths.keys().filter(|path| path.starts_with("/v1/")).count();
        assert_eq!(paths.len(), of_verbs + ROUTES.len() - 1, "something is described that has no route");
        for (path, of_path) in paths {
            for (method, operation) in of_path.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path} says nothing");
                assert!(operation["operationId"].is_string() && operation["responses"]["4XX"].is_object(), "{path}");
            }
        }
    }
}
