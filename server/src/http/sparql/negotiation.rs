//! Which format an answer has: what the client likes best of what can be said.

use axum::http::{HeaderMap, header};
use hydra_graph::{AnswerFormat, QueryForm};

/// One part of an `Accept` header.
#[derive(Debug, PartialEq)]
struct Range<'h> {
    /// `text` or `*`.
    kind: &'h str,
    /// `turtle` or `*`.
    name: &'h str,
    quality: f32,
}

/// Returns the format and the media type that a client is answered with; `None` if it takes none of what there is. Who
/// does not say anything takes all.
pub fn choose(headers: &HeaderMap, form: QueryForm) -> Option<(AnswerFormat, &'static str)> {
    let formats = AnswerFormat::ALL.into_iter().filter(|format| is_offered(*format, form));
    best(headers, formats.flat_map(|format| format.media_types().iter().map(move |media_type| (format, *media_type))))
}

/// Returns what a client likes best of what is offered, the first of what it likes as much.
pub fn best<T>(headers: &HeaderMap, offered: impl IntoIterator<Item = (T, &'static str)>) -> Option<(T, &'static str)> {
    let mut header = String::new();
    for value in headers.get_all(header::ACCEPT) {
        header.push_str(value.to_str().unwrap_or_default());
        header.push(',');
    }
    let ranges: Vec<Range<'_>> = header.split(',').filter_map(read).collect();
    if ranges.is_empty() {
        return offered.into_iter().next();
    }
    let mut best: Option<(f32, (T, &'static str))> = None;
    for (format, media_type) in offered {
        let quality = quality(&ranges, media_type);
        if quality > 0.0 && best.as_ref().is_none_or(|(most, _)| quality > *most) {
            best = Some((quality, (format, media_type)));
        }
    }
    best.map(|(_, chosen)| chosen)
}

/// Returns what could be answered, for whoever takes none of it.
pub fn offered(form: QueryForm) -> String {
    let formats = AnswerFormat::ALL.into_iter().filter(|format| is_offered(*format, form));
    formats.map(|format| format.media_types()[0]).collect::<Vec<_>>().join(", ")
}

/// Returns the format of statements that a content type names.
pub fn of_content(content_type: &str) -> Option<AnswerFormat> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut formats = AnswerFormat::ALL.into_iter().filter(|format| format.is_of_statements());
    formats.find(|format| format.media_types().contains(&media_type.as_str()))
}

/// Returns the content type of an answer.
pub fn content_type(media_type: &str) -> String {
    if media_type.starts_with("text/") { format!("{media_type}; charset=utf-8") } else { media_type.to_owned() }
}

fn is_offered(format: AnswerFormat, form: QueryForm) -> bool {
    format.fits(form) && (form != QueryForm::Graph || format.is_of_statements())
}

fn read(part: &str) -> Option<Range<'_>> {
    let mut parameters = part.split(';').map(str::trim);
    let (kind, name) = parameters.next()?.split_once('/')?;
    let quality =
        parameters.find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")));
    Some(Range { kind, name, quality: quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0)) })
}

/// What the most precise range says that a media type is in.
fn quality(ranges: &[Range<'_>], media_type: &str) -> f32 {
    let Some((kind, name)) = media_type.split_once('/') else { return 0.0 };
    let is = |asked: &str, is: &str| asked == "*" || asked.eq_ignore_ascii_case(is);
    let fitting = ranges.iter().filter(|range| is(range.kind, kind) && is(range.name, name));
    let precision = |range: &&Range<'_>| u8::from(range.kind != "*") + u8::from(range.name != "*");
    fitting.max_by_key(precision).map_or(0.0, |range| range.quality)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn chosen(accept: Option<&str>, form: QueryForm) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        }
        choose(&headers, form).map(|(_, media_type)| media_type)
    }

    #[test]
    fn the_client_gets_what_it_likes_best() {
        let rows = [
            (None, Some("application/sparql-results+json")),
            (Some(""), Some("application/sparql-results+json")),
            (Some("*/*"), Some("application/sparql-results+json")),
            (Some("text/csv"), Some("text/csv")),
            (Some("text/csv;q=0.2, application/sparql-results+xml"), Some("application/sparql-results+xml")),
            (Some("text/*"), Some("text/xml")),
            (Some("application/json"), Some("application/json")),
            (Some("text/html, application/xml;q=0.9, */*;q=0.8"), Some("application/xml")),
            (Some("application/sparql-results+json;q=0, */*"), Some("application/json")),
            (Some("text/turtle"), None),
            (Some("image/png"), None),
            (Some("text/csv;q=0"), None),
            (Some("nonsense"), Some("application/sparql-results+json")),
        ];
        for (accept, expected) in rows {
            assert_eq!(chosen(accept, QueryForm::Select), expected, "{accept:?}");
        }
        for (accept, expected) in [
            (None, Some("text/turtle")),
            (Some("application/ld+json"), Some("application/ld+json")),
            (Some("application/rdf+xml;q=0.9, text/turtle;q=0.1"), Some("application/rdf+xml")),
            (Some("text/csv"), None),
        ] {
            assert_eq!(chosen(accept, QueryForm::Graph), expected, "{accept:?}");
        }
    }
}
