//! Resources: what a client may show, attach or watch without a tool call. They are read, and never change anything.

mod page;

use hydra_graph::{
    ContextRequest, DEFAULT_CONTEXT_TOKENS, Error, ErrorKind, GetView, Id, MAX_BUDGET_TOKENS, Memory, Result,
    SubjectKind,
};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use crate::answer;

/// The address of what always applies.
pub(crate) const CORE: &str = "hydra://core";
/// The address of what waits for the user, and of what nothing is known of.
pub(crate) const ENRICHMENT: &str = "hydra://enrichment";
/// How every resource is written.
pub(crate) const MIME_TYPE: &str = "text/markdown";
/// Longest address that is looked at.
pub(crate) const MAX_URI_BYTES: usize = 2_048;

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Core,
    Enrichment,
    Entity(String),
    Session(String),
    Trace(String),
}

/// Returns the resources that are always there.
pub(crate) fn list() -> Vec<Resource> {
    let core = Resource::new(CORE, "core")
        .with_title("What always applies")
        .with_description(
            "The core blocks; open threads; preferences, decisions, lessons and facts that stand; and what was \
             remembered last.",
        )
        .with_mime_type(MIME_TYPE);
    let enrichment = Resource::new(ENRICHMENT, "enrichment")
        .with_title("What to enrich")
        .with_description(
            "What is proposed and waits for the user, and the newest texts of which nothing is known but their words: \
             read them and propose facts, aliases, merges and summaries with `update`.",
        )
        .with_mime_type(MIME_TYPE);
    vec![core, enrichment]
}

/// Returns the resources of which there are many.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    let template = |kind: &str, title: &str, description: &str| {
        ResourceTemplate::new(format!("hydra://{kind}/{{id}}"), kind)
            .with_title(title)
            .with_description(description)
            .with_mime_type(MIME_TYPE)
    };
    vec![
        template(
            "entity",
            "What is said about something",
            "What is remembered or written about a person, project, place or note, the newest first. The id is an \
             entity's, or its name.",
        ),
        template(
            "session",
            "A conversation",
            "The turns of a conversation in their order: part_of of a turn is its id.",
        ),
        template("trace", "An earlier answer", "What a recall was asked and found: its trace_id is the id."),
    ]
}

/// Tells whether an address has the form of a resource here; whether there is one is only known by reading it.
pub(crate) fn is_address(uri: &str) -> bool {
    parse(uri).is_some()
}

/// Reads a resource as text. The same state of the graph gives the same bytes.
///
/// # Errors
/// `NotFound` when there is no such resource.
pub(crate) fn read(memory: &Memory, uri: &str) -> Result<String> {
    match parse(uri) {
        Some(Address::Core) => {
            // Who watches has to hear of every block, so all of them have a place of their own.
            let blocks: usize = memory.blocks(&[])?.iter().map(|block| answer::tokens(&block.markdown()) + 1).sum();
            let budget_tokens = (DEFAULT_CONTEXT_TOKENS + blocks).min(MAX_BUDGET_TOKENS);
            let context =
                memory.context(&ContextRequest { budget_tokens: Some(budget_tokens), ..ContextRequest::default() })?;
            Ok(page::core(&context))
        }
        Some(Address::Enrichment) => Ok(page::enrichment(&memory.enrichment(&[])?)),
        Some(Address::Entity(reference)) => subject(memory, &reference, SubjectKind::Entity),
        Some(Address::Session(reference)) => subject(memory, &reference, SubjectKind::Session),
        Some(Address::Trace(id)) => trace(memory, &id),
        None => {
            let start: String = uri.chars().take(80).collect();
            Err(Error::new(ErrorKind::NotFound, format!("there is no resource `{start}`"))
                .hint(format!("read {CORE}, {ENRICHMENT}, hydra://entity/ID, hydra://session/ID or hydra://trace/ID")))
        }
    }
}

fn subject(memory: &Memory, reference: &str, kind: SubjectKind) -> Result<String> {
    let subject = memory.subject(reference)?;
    if subject.kind != kind {
        return Err(Error::new(ErrorKind::NotFound, format!("`{reference}` is not of kind {}", kind.as_str()))
            .hint(format!("read hydra://{}/{}", subject.kind.as_str(), subject.id)));
    }
    Ok(page::subject(&subject))
}

fn trace(memory: &Memory, id: &str) -> Result<String> {
    let id: Id = id.parse()?;
    let got = memory.get(&[id], GetView::Full)?.into_iter().next();
    match got.and_then(|got| got.question.zip(got.recalled)) {
        Some((question, recalled)) => Ok(page::trace(&question, recalled)),
        None => Err(Error::new(ErrorKind::NotFound, format!("there is no trace {id}"))
            .hint("the newest traces are kept for a month, until something is erased; recall again")),
    }
}

/// Puts together the answer to `resources/read`.
pub(crate) fn contents(uri: &str, text: String) -> ReadResourceResult {
    ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(MIME_TYPE)])
}

/// Spells a failure as the protocol wants it: what was asked for is part of it.
pub(crate) fn failure(uri: &str, error: &Error) -> ErrorData {
    let code = match error.kind() {
        // Revision 2026-07-28 calls it invalid parameters; the library translates.
        ErrorKind::NotFound | ErrorKind::Invalid => ErrorCode::RESOURCE_NOT_FOUND,
        _ => ErrorCode::INTERNAL_ERROR,
    };
    let message = match error.next_step() {
        Some(hint) => format!("{}. Next: {hint}.", error.message()),
        None => error.message().to_owned(),
    };
    ErrorData::new(code, message, Some(json!({"uri": uri, "kind": error.kind().as_str()})))
}

fn parse(uri: &str) -> Option<Address> {
    if uri.len() > MAX_URI_BYTES {
        return None;
    }
    if uri == CORE {
        return Some(Address::Core);
    }
    if uri == ENRICHMENT {
        return Some(Address::Enrichment);
    }
    let (kind, reference) = uri.strip_prefix("hydra://")?.split_once('/')?;
    let reference = decode(reference)?;
    match kind {
        _ if reference.trim().is_empty() => None,
        "entity" => Some(Address::Entity(reference)),
        "session" => Some(Address::Session(reference)),
        "trace" => Some(Address::Trace(reference)),
        _ => None,
    }
}

/// Undoes percent encoding; `None` when it is not well formed.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
        bytes.push(u8::try_from(digits[0]? * 16 + digits[1]?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        assert_eq!(parse("hydra://core"), Some(Address::Core));
        assert_eq!(parse("hydra://entity/Anna%20B%C3%A4r"), Some(Address::Entity("Anna Bär".into())));
        assert_eq!(parse("hydra://entity/a/b"), Some(Address::Entity("a/b".into())));
        assert_eq!(parse("hydra://trace/x"), Some(Address::Trace("x".into())));
        let long = format!("hydra://entity/{}", "x".repeat(MAX_URI_BYTES));
        for wrong in
            ["", "core", "hydra://", "hydra://entity/", "hydra://entity/%", "hydra://entity/%ff", "file:///x", &long]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_listed_address_is_one() {
        assert!(list().iter().all(|resource| is_address(&resource.uri)));
        assert!(templates().iter().all(|template| is_address(&template.uri_template.replace("{id}", "x"))));
    }
}
