//! The map for a browser: the frame as bytes; for programs what its page shows, in words. Names are in GraphQL, and everything that
//! changes something is a verb.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hydra_graph::Timestamp;
use hydra_mcp::when;

use super::App;
use super::failure::Told;
use super::permission::{self, Called, Right};
use super::sparql::Asked as Given;
use crate::map::{Asked, Wanted};

/// Where the frame is.
const FRAME: &str = "/api/map/frame";
/// Where its page's data is, which takes the parameters of the page.
const PAGE: &str = "/map.json";
/// What a day of the address means: its end, so that what happened on it is there.
const END_OF_DAY: &str = "T23:59:59Z";

/// Returns the routes.
pub fn router() -> Router<App> {
    Router::new().route(FRAME, get(frame)).route(PAGE, get(page))
}

async fn frame(Called(app): Called, uri: Uri, headers: HeaderMap) -> Result<Response, Told> {
    let session = permission::session(&app, Right::Read)?;
    let asked = Given::of_address(&uri)?;
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

async fn page(Called(app): Called, uri: Uri) -> Result<Response, Told> {
    let session = permission::session(&app, Right::Read)?;
    let given = Given::of_address(&uri)?;
    let words = |name: &str| -> Result<Vec<String>, Told> {
        let text = given.one(name)?.unwrap_or_default();
        Ok(text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect())
    };
    let now = session.now();
    let moment = |name: &str| -> Result<Option<Timestamp>, Told> {
        let Some(text) = given.one(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let whole = format!("{text}{END_OF_DAY}");
        Ok(Some(whole.parse().or_else(|_| when::moment(&text, now))?))
    };
    let node = given.one("n")?.filter(|id| !id.is_empty()).map(|id| id.parse()).transpose()?;
    let asked = Asked { node, types: words("type")?, true_at: moment("as")?, known_at: moment("known")? };
    let wanted = Wanted { spaces: words("p")?, is_preview: given.has("preview") };
    let told = app.crossing.run("map", move |memory| session.map.outline(memory, &wanted, &asked, now)).await?;
    let mut response = axum::Json(told).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    Ok(response)
}

/// A browser keeps it for its owner and asks each time whether it is still so.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A tag without its quotes, weak or not.
fn plain(tag: &str) -> String {
    tag.trim().trim_start_matches("W/").trim_matches('"').to_owned()
}
