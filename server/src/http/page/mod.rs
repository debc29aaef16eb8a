//! Pages: every node of the graph has one address, `/m/ID`, and is told there as JSON or as statements, whichever the client
//! likes best. `/m/ID@DATE` is what was known of it then, `/m/ID/history` who changed it and when; an ending (`.json`,
//! `.jsonld`, `.ttl`, `.nt`) says the format for clients that can't. `/entity/NAME` leads to the page of who is called so,
//! `/ns` has the words.
//!
//! Nothing is said of what was forgotten but that it is gone.

mod address;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hydra_graph::{Error, ErrorKind, GetRequest, GetView, Got, Id, Moment, SparqlRequest};
use hydra_mcp::when;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::App;
use super::failure::Told;
use super::permission::{self, Called, Right};
use super::sparql::request::Asked;
use super::sparql::{answer, negotiation};
use address::{Address, Format};

/// The words of the graph.
const WORDS: &str = include_str!("../../../../schema/hydra.ttl");
/// What may be in an address, beside letters and digits.
const IN_ADDRESS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@').remove(b':');
/// Parameters of a page.
const PARAMETERS: [&str; 3] = ["as_of", "known_at", "space"];

/// Returns the routes.
pub fn router() -> Router<App> {
    Router::new()
        .route("/m/{id}", get(page))
        .route("/m/{id}/{part}", get(history))
        .route("/entity/{name}", get(entity))
        .route("/ns", get(words))
}

async fn page(
    Called(app): Called,
    address: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Told> {
    let Path(address) = address.map_err(|_| nothing(&uri))?;
    let session = permission::session(&app, Right::Read)?;
    let asked = Asked::of_address(&uri)?;
    check(&asked)?;
    let address = Address::read(&address)?;
    if !address.is_canonical {
        return redirect(StatusCode::PERMANENT_REDIRECT, &address.to_string(), &uri);
    }
    let (format, media_type) = format(&address, &headers)?;
    let moment = match &address.known_at {
        Some(known_at) if asked.has("known_at") => {
            let message = format!("the address says `@{known_at}`, and `known_at` another moment");
            return Err(Error::new(ErrorKind::Invalid, message).hint("say one of them").into());
        }
        Some(known_at) => when::of(asked.one("as_of")?, Some(known_at.clone()), session.now())?,
        None => asked.moment()?,
    };
    if moment.known_at.is_some_and(|at| address.id.minted_at() > at) {
        let message = format!("{} was not known yet then; it is of {}", address.id, address.id.minted_at());
        return Err(Error::new(ErrorKind::NotFound, message)
            .hint("give a later moment, or leave it out for now")
            .into());
    }
    let newest = app.crossing.memory().newest_commit();
    let tag = newest.filter(|_| moment.is_now()).map(|commit| format!("\"{commit}.{}\"", format.ending()));
    if let Some(tag) = tag.as_deref().filter(|tag| is_known(&headers, tag)) {
        return dressed(StatusCode::NOT_MODIFIED.into_response(), address.id, Some(tag));
    }
    let spaces = asked.all("space");
    let got = look(&app, address.id, GetView::Full, moment, &spaces).await?;
    let response = match format {
        Format::Json => {
            let mut page = spelled(&got)?;
            page["iri"] = json!(address.id.iri());
            axum::Json(page).into_response()
        }
        _ => statements(&app, &got, moment, spaces, media_type).await?,
    };
    dressed(response, address.id, tag.as_deref())
}

/// What is said of a node, and the facts about it with where they come from; of a commit, what the journal says.
async fn statements(
    app: &App,
    got: &Got,
    moment: Moment,
    spaces: Vec<String>,
    media_type: &'static str,
) -> Result<Response, Told> {
    let iri = got.id.iri();
    let text = match got.commits.iter().any(|commit| commit.id == got.id) {
        // The default graph has everything but the journal, where alone commits stand.
        true => format!("CONSTRUCT {{ <{iri}> ?p ?o }} WHERE {{ GRAPH hy:g\\/journal {{ <{iri}> ?p ?o }} }}"),
        false => format!("DESCRIBE <{iri}> ?fact {{ OPTIONAL {{ ?fact hy:about <{iri}> ; rdf:reifies ?statement }} }}"),
    };
    let request = SparqlRequest { text, spaces, moment, ..SparqlRequest::default() };
    let wanted = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(media_type))]);
    answer::query(app.clone(), request, wanted).await
}

async fn history(
    Called(app): Called,
    address: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Told> {
    let Path((address, part)) = address.map_err(|_| nothing(&uri))?;
    permission::session(&app, Right::Read)?;
    let asked = Asked::of_address(&uri)?;
    check(&asked)?;
    let address = Address::read(&address)?;
    if !matches!(part.as_str(), "history" | "history.json") || address.ending.is_some() || address.known_at.is_some() {
        return Err(nothing(&uri).into());
    }
    if !address.is_canonical {
        return redirect(StatusCode::PERMANENT_REDIRECT, &format!("{address}/{part}"), &uri);
    }
    if part == "history" && negotiation::best(&headers, [((), "application/json")]).is_none() {
        return Err(unacceptable("application/json"));
    }
    let found = look_at(&app, address.id, GetView::History, asked.moment()?, &asked.all("space")).await?;
    if found.commits.is_empty() {
        found_or(&found)?;
    }
    let commits = serde_json::to_value(&found.commits).map_err(|error| Error::io("the answer", &error.into()))?;
    let page = json!({"id": address.id, "iri": address.id.iri(), "commits": commits});
    dressed(axum::Json(page).into_response(), address.id, None)
}

/// Leads to the page of who is called so.
async fn entity(Called(app): Called, name: Result<Path<String>, PathRejection>, uri: Uri) -> Result<Response, Told> {
    let Path(name) = name.map_err(|_| nothing(&uri))?;
    permission::session(&app, Right::Read)?;
    check(&Asked::of_address(&uri)?)?;
    let found = app.crossing.run("entity", move |memory| memory.entity(&name)).await?;
    redirect(StatusCode::SEE_OTHER, &format!("/m/{}", found.id), &uri)
}

async fn words(Called(app): Called, headers: HeaderMap) -> Result<Response, Told> {
    permission::session(&app, Right::Read)?;
    let (_, media_type) = negotiation::best(&headers, [((), "text/turtle"), ((), "text/plain")])
        .ok_or_else(|| unacceptable("text/turtle"))?;
    Ok(([(header::CONTENT_TYPE, negotiation::content_type(media_type))], WORDS).into_response())
}

async fn look(app: &App, id: Id, view: GetView, moment: Moment, spaces: &[String]) -> Result<Got, Told> {
    let found = look_at(app, id, view, moment, spaces).await?;
    found_or(&found)?;
    Ok(found)
}

async fn look_at(app: &App, id: Id, view: GetView, moment: Moment, spaces: &[String]) -> Result<Got, Told> {
    let request = GetRequest { ids: vec![id], view, moment, spaces: spaces.to_vec() };
    let found = app.crossing.run("get", move |memory| memory.get_as(&request)).await?;
    found.into_iter().next().ok_or_else(|| Error::new(ErrorKind::NotFound, format!("there is no {id}")).into())
}

/// Refuses what is not there, or no longer.
fn found_or(found: &Got) -> Result<(), Told> {
    if found.is_gone {
        let error = Error::new(ErrorKind::NotFound, format!("{} is gone", found.id));
        let hint = format!("/m/{}/history says who did what with it, and when", found.id);
        return Err(Told::new(StatusCode::GONE, error.hint(hint)));
    }
    match &found.error {
        Some(error) => Err(Error::new(ErrorKind::NotFound, error.clone())
            .hint("an id is what `recall` and `remember` print; check it, the moment and the space")
            .into()),
        None => Ok(()),
    }
}

fn check(asked: &Asked) -> Result<(), Told> {
    // A space may be there several times.
    asked.check_all(&PARAMETERS)
}

fn format(address: &Address, headers: &HeaderMap) -> Result<(Format, &'static str), Told> {
    if let Some(format) = address.ending {
        return Ok((format, format.media_types()[0]));
    }
    let offered = Format::ALL.iter().flat_map(|format| format.media_types().iter().map(move |name| (*format, *name)));
    negotiation::best(headers, offered)
        .ok_or_else(|| unacceptable(&Format::ALL.map(|format| format.media_types()[0]).join(", ")))
}

fn unacceptable(offered: &str) -> Told {
    let error = Error::new(ErrorKind::Invalid, "the client takes none of the formats that there are");
    Told::new(StatusCode::NOT_ACCEPTABLE, error.hint(format!("accept one of {offered}")))
}

fn nothing(uri: &Uri) -> Error {
    let shown: String = uri.path().chars().take(60).collect();
    Error::new(ErrorKind::NotFound, format!("there is no page at {shown}"))
        .hint("pages are /m/ID, /m/ID@DATE, /m/ID/history and /entity/NAME")
}

fn spelled(got: &Got) -> Result<Value, Told> {
    Ok(serde_json::to_value(got).map_err(|error| Error::io("the answer", &error.into()))?)
}

/// Tells whether the client has the page as it is.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let mut known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.any(|known| known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag))
}

/// Adds what every page says of itself: where its other formats are, and that it is nobody else's to keep.
fn dressed(mut response: Response, id: Id, tag: Option<&str>) -> Result<Response, Told> {
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(name, value);
        }
    };
    for format in Format::ALL {
        let (ending, media_type) = (format.ending(), format.media_types()[0]);
        add(header::LINK, format!("</m/{id}.{ending}>; rel=\"alternate\"; type=\"{media_type}\""));
    }
    add(header::LINK, format!("</m/{id}>; rel=\"canonical\""));
    add(header::LINK, "</ns>; rel=\"describedby\"; type=\"text/turtle\"".to_owned());
    if let Some(tag) = tag {
        add(header::ETAG, tag.to_owned());
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Leads to another address with the same parameters.
fn redirect(status: StatusCode, path: &str, uri: &Uri) -> Result<Response, Told> {
    let path: Vec<String> = path.split('/').map(|part| utf8_percent_encode(part, IN_ADDRESS).to_string()).collect();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = HeaderValue::from_str(&format!("{}{query}", path.join("/")))
        .map_err(|_| Error::new(ErrorKind::Invalid, "the address does not read"))?;
    Ok((status, [(header::LOCATION, location)]).into_response())
}
