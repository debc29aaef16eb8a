//! A request of the SPARQL 1.1 protocol, in each of its forms: parameters of the address, a form, or the text itself.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use hydra_graph::{Error, ErrorKind, Moment, Part};
use hydra_mcp::when;
use percent_encoding::percent_decode;

use crate::http::failure::Told;
use crate::wiring;

const FORM: &str = "application/x-www-form-urlencoded";
const QUERY: &str = "application/sparql-query";
const UPDATE: &str = "application/sparql-update";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// To read.
    Query,
    /// To change something.
    Update,
}

/// A request that was read.
#[derive(Debug, Default)]
pub struct Asked {
    parameters: Vec<(String, String)>,
    /// What was sent as the body alone.
    direct: Option<(&'static str, String)>,
}

impl Asked {
    /// Reads the parameters of an address.
    pub fn of_address(uri: &Uri) -> Result<Self, Told> {
        Ok(Self { parameters: pairs(uri.query().unwrap_or_default().as_bytes())?, direct: None })
    }

    /// Reads a request with a body.
    pub fn of_body(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Result<Self, Told> {
        let mut asked = Self::of_address(uri)?;
        for name in ["query", "update"] {
            if asked.one(name)?.is_some() {
                return Err(wrong(format!("`{name}` is in the address of a POST")).into());
            }
        }
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut parts = content_type.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parts.find_map(|part| part.to_ascii_lowercase().strip_prefix("charset=").map(str::to_owned));
        if charset.is_some_and(|charset| !["utf-8", "utf8", "\"utf-8\"", "us-ascii"].contains(&charset.as_str())) {
            return Err(Told::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, wrong("the text is not sent as UTF-8")));
        }
        match media_type.as_str() {
            FORM => asked.parameters.extend(pairs(body)?),
            QUERY => asked.direct = Some(("query", text(body)?)),
            UPDATE => asked.direct = Some(("update", text(body)?)),
            _ => {
                let message = match media_type.is_empty() {
                    true => "the request does not say what it sends".to_owned(),
                    false => format!("nothing is done with {}", media_type.chars().take(60).collect::<String>()),
                };
                let error = Error::new(ErrorKind::Invalid, message);
                let error = error.hint(format!("send {QUERY}, {UPDATE} or {FORM} as the Content-Type"));
                return Err(Told::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
            }
        }
        Ok(asked)
    }

    /// Returns what is to be done and the text that says it; `None` if there is neither.
    pub fn operation(&self) -> Result<Option<(Operation, String)>, Told> {
        if let Some((name, text)) = &self.direct {
            let operation = if *name == "query" { Operation::Query } else { Operation::Update };
            return Ok(Some((operation, text.clone())));
        }
        match (self.one("query")?, self.one("update")?) {
            (Some(_), Some(_)) => Err(wrong("the request has a query and an update").into()),
            (Some(text), None) => Ok(Some((Operation::Query, text))),
            (None, Some(text)) => Ok(Some((Operation::Update, text))),
            (None, None) => Ok(None),
        }
    }

    /// Returns every value of a parameter.
    pub fn all(&self, name: &str) -> Vec<String> {
        let of_name = self.parameters.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, value)| value.clone()).collect()
    }

    /// Returns the value of a parameter that is there once at most.
    pub fn one(&self, name: &str) -> Result<Option<String>, Told> {
        let mut values = self.all(name);
        match values.len() {
            0 => Ok(None),
            1 => Ok(values.pop()),
            count => Err(wrong(format!("`{name}` is there {count} times")).into()),
        }
    }

    /// Tells whether a parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(known, _)| known == name)
    }

    /// Returns from when to look.
    pub fn moment(&self) -> Result<Moment, Told> {
        Ok(when::of(self.one("as_of")?, self.one("known_at")?, wiring::now())?)
    }

    /// Returns what is asked of, if no graph is named.
    pub fn part(&self) -> Result<Part, Told> {
        match self.one("dataset")?.as_deref() {
            None | Some("everything") => Ok(Part::Everything),
            Some("own") => Ok(Part::Own),
            Some(other) => {
                let message = format!("`{}` is no dataset", other.chars().take(60).collect::<String>());
                Err(Error::new(ErrorKind::Invalid, message).hint("dataset is everything or own").into())
            }
        }
    }

    /// Refuses a parameter that would do nothing, and one that is there twice.
    pub fn check(&self, known: &[&str]) -> Result<(), Told> {
        self.check_all(known)?;
        known.iter().try_for_each(|name| self.one(name).map(|_| ()))
    }

    /// Refuses a parameter that would do nothing.
    pub fn check_all(&self, known: &[&str]) -> Result<(), Told> {
        match self.parameters.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                let message = format!("`{}` does nothing here", name.chars().take(60).collect::<String>());
                Err(Error::new(ErrorKind::Invalid, message).hint(format!("parameters are {}", known.join(", "))).into())
            }
            None => Ok(()),
        }
    }
}

fn pairs(text: &[u8]) -> Result<Vec<(String, String)>, Told> {
    let mut found = Vec::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        found.push((decoded(name)?, decoded(value)?));
    }
    Ok(found)
}

fn decoded(part: &[u8]) -> Result<String, Told> {
    let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    text(&bytes)
}

fn text(bytes: &[u8]) -> Result<String, Told> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("the request is not UTF-8, from byte {}", error.valid_up_to()))
            .hint("send it as UTF-8")
    })?;
    Ok(text.to_owned())
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message)
        .hint("send one `query` by GET, or one `query` or `update` by POST, as the SPARQL 1.1 protocol says")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str, content_type: &str, body: &str) -> Result<Asked, Told> {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        Asked::of_body(&address.parse().unwrap(), &headers, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn each_form_is_read() {
        let asked =
            read("/sparql?dataset=own", "application/x-www-form-urlencoded", "query=ASK+%7B%7D&space=a&space=b")
                .unwrap();
        assert_eq!(asked.operation().ok().flatten(), Some((Operation::Query, "ASK {}".to_owned())));
        assert_eq!((asked.part().ok(), asked.all("space")), (Some(Part::Own), vec!["a".to_owned(), "b".to_owned()]));
        let asked = read("/sparql", "application/sparql-update; charset=UTF-8", "CLEAR ALL").unwrap();
        assert_eq!(asked.operation().ok().flatten(), Some((Operation::Update, "CLEAR ALL".to_owned())));
    }

    #[test]
    fn what_the_standard_forbids_is_refused() {
        for (address, content_type, body, status) in [
            ("/sparql", "", "query=ASK+%7B%7D", 415),
            ("/sparql", "text/plain", "ASK {}", 415),
            ("/sparql", "application/sparql-query; charset=UTF-16", "ASK {}", 415),
            ("/sparql", FORM, "query=%FF", 400),
            ("/sparql", FORM, "query=a&query=b", 400),
            ("/sparql", FORM, "query=a&update=b", 400),
            ("/sparql?query=a", FORM, "query=b", 400),
        ] {
            let told = read(address, content_type, body).and_then(|asked| asked.operation()).unwrap_err();
            assert_eq!(told.status().as_u16(), status, "{address} {content_type} {body}");
        }
    }
}
