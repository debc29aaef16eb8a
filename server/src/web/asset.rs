//! The files of the view, compressed when they were built. Their names say what is in them, so a browser keeps them for good
//! and a new version has new ones.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};

/// Empty but for a file that git needs, if the program was built without `make`.
static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/ui/dist");

/// Which build this is; a tab with another one is to be loaded again.
const BUILD: &str = "build.txt";
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// A file of the view.
pub struct Asset {
    name: &'static str,
    bytes: &'static [u8],
}

/// Finds a file by its name.
pub fn find(name: &str) -> Option<Asset> {
    let is_name = !name.starts_with('.') && !name.contains(['/', '\\']);
    let file = FILES.get_file(name).filter(|_| is_name)?;
    Some(Asset { name: file.path().to_str()?, bytes: file.contents() })
}

impl Asset {
    /// Answers with it, in the smallest form that the browser reads.
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let reads = |wanted: &str| {
            accepted.split(',').any(|coding| {
                let mut parts = coding.split(';').map(str::trim);
                let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
                is_named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        };
        let smaller = [("br", "br"), ("gzip", "gz")].into_iter().filter(|(coding, _)| reads(coding));
        let chosen = smaller.filter_map(|(coding, ending)| {
            Some((coding, FILES.get_file(format!("{}.{ending}", self.name))?.contents()))
        });
        let (coding, bytes) = chosen.map(|(coding, bytes)| (Some(coding), bytes)).next().unwrap_or((None, self.bytes));
        let mut response = bytes.into_response();
        let told = response.headers_mut();
        told.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind()));
        told.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        told.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        told.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
        if let Some(coding) = coding {
            told.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    fn kind(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("html") => "text/html; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        }
    }
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    // What is compressed is had by its own name, and the page at the addresses of pages.
    let is_own = [".js", ".css"].iter().any(|ending| name.ends_with(ending)) || name == BUILD;
    let Some(asset) = find(&name).filter(|_| is_own) else {
        // A tab of another version asks for what is no longer there.
        return (StatusCode::NOT_FOUND, "there is no such file in this version: reload the page").into_response();
    };
    let mut response = asset.answer(&headers);
    let keep = if name == BUILD { "no-cache" } else { FOR_GOOD };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

/// The route of the files.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_view_are_found() {
        for name in [".gitignore", "../build.rs", "..", "", "a/b", "build.txt\0"] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    /// What a browser has to fetch and read before it shows anything.
    #[test]
    fn script_and_styles_are_small() {
        /// Compressed bytes of all scripts and styles, the map included.
        const MAX_BYTES: usize = 70 * 1024;
        let size: usize = FILES
            .files()
            .filter(|file| {
                file.path().to_str().is_some_and(|name| name.ends_with(".js.br") || name.ends_with(".css.br"))
            })
            .map(|file| file.contents().len())
            .sum();
        assert!(size <= MAX_BYTES, "{size} bytes");
    }
}
