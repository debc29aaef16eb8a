//! The map for a browser: the frame as bytes, and the names of what is in view. Everything that changes something is a verb.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hydra_graph::{Error, ErrorKind, Id};
use serde_json::json;

use super::App;
use super::failure::Told;
use super::permission::{self, Called, Right};
use super::sparql::Asked;
use crate::map::Wanted;

/// Where the frame is.
const FRAME: &str = "/api/map/frame";
/// Where the names are.
const LABELS: &str = "/api/map/labels";

/// Returns the routes.
pub fn router() -> Router<App> {
    Router::new().route(FRAME, get(frame)).route(LABELS, get(labels))
}

async fn frame(Called(app): Called, uri: Uri, headers: HeaderMap) -> Result<Response, Told> {
    let session = permission::session(&app, Right::Read)?;
    let asked = Asked::of_address(&uri)?;
    let wanted = Wanted { spaces: asked.all("space"), is_preview: asked.has("preview") };
    let has = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(plain);
    let found = app.crossing.run("map_frame", move |memory| session.map.frame(memory, &wanted, has.as_deref())).await?;
    let Some(frame) = found else {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        if let Some(tag) = headers.get(header::IF_NONE_MATCH) {
            response.headers_mut().insert(header::ETAG, tag.clone());
        }
        response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
        return Ok(response);
    };
    let mut response = frame.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, PRIVATE);
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", frame.tag)) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn labels(Called(app): Called, uri: Uri) -> Result<Response, Told> {
    permission::session(&app, Right::Read)?;
    let asked = Asked::of_address(&uri)?;
    let ids = asked.one("ids")?.unwrap_or_default();
    let ids = ids.split(',').filter(|id| !id.is_empty()).map(str::parse).collect::<Result<Vec<Id>, Error>>()?;
    if ids.is_empty() {
        let error = Error::new(ErrorKind::Invalid, "no dot of the map is named");
        return Err(error.hint("send `ids`, with commas between them").into());
    }
    let spaces = asked.all("space");
    let labels = app.crossing.run("map_labels", move |memory| memory.map_labels(&ids, &spaces)).await?;
    let mut response = axum::Json(json!({"labels": labels})).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A browser keeps it for its owner and asks each time whether it is still so.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A tag without its quotes, weak or not.
fn plain(tag: &str) -> String {
    tag.trim().trim_start_matches("W/").trim_matches('"').to_owned()
}
