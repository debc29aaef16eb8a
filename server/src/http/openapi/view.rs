//! What the view in a browser uses beside the verbs: how it gets in, and the map.

use serde_json::{Map, Value, json};

use super::path::{open, operation, parameter, space};

/// Returns the paths.
pub fn all() -> Map<String, Value> {
    let mut paths = Map::new();
    let mut add = |path: &str, operations: Value| paths.insert(path.to_owned(), operations);
    add("/", json!({"get": root()}));
    add("/session", json!({"get": follow(), "post": link()}));
    add("/api/map/frame", json!({"get": frame()}));
    paths
}

fn root() -> Value {
    let answer = object(
        &["name", "version", "you", "scopes", "at"],
        json!({
            "name": {"const": "hydra"},
            "version": {"type": "string"},
            "you": {"type": "string", "description": "In whose name the token acts."},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "at": {"type": "object", "description": "What is at which address.", "additionalProperties": {"type": "string"}},
        }),
    );
    operation("root", "operations", "Tells what is here and who you are; to a browser, the view", &[], answer)
}

fn link() -> Value {
    let answer = object(
        &["url", "path", "expires_in_s"],
        json!({
            "url": {"type": "string"},
            "path": {"type": "string"},
            "expires_in_s": {"type": "integer"},
        }),
    );
    operation(
        "makeLink",
        "operations",
        "Makes a link that lets a browser in once, with the rights of the token",
        &[],
        answer,
    )
}

fn follow() -> Value {
    let parameters = [parameter("code", "What the link has."), parameter("next", "Where the browser goes then.")];
    let mut follow =
        open(operation("followLink", "operations", "Lets a browser in that follows a link", &parameters, json!({})));
    if let Some(responses) = follow["responses"].as_object_mut() {
        responses.remove("200");
    }
    follow["responses"]["303"] = json!({
        "description": "It is in.",
        "headers": {"Set-Cookie": {"description": "Its session.", "schema": {"type": "string"}}},
    });
    follow
}

fn frame() -> Value {
    let parameters = [space(), parameter("preview", "The map as it would be tidied, if `tidy_map` prepared that.")];
    let bytes = json!({"application/octet-stream": {}});
    let mut frame =
        operation("mapFrame", "pages", "Tells where everything is on the map, as bytes", &parameters, bytes);
    frame["responses"]["304"] = json!({"description": "It is as it was when the client had `ETag`."});
    frame
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({"application/json": {"schema": {"type": "object", "required": required, "properties": properties}}})
}
