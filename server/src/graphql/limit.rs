//! How much one request may ask for, checked before anything is parsed, then before anything is validated: a parser that
//! goes down with its input, and checks that walk fragments again and again, are no match for a document made to hurt.

use std::collections::HashMap;
use std::time::Duration;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Selection, SelectionSet};
use hydra_graph::{Error, ErrorKind, Result};

/// Bytes of a document. The introspection query of any tool has less than a tenth.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// Words, numbers, texts and signs of a document.
pub const MAX_TOKENS: usize = 8_000;
/// How deep brackets of any kind may nest: the parser goes as deep as they do.
pub const MAX_NESTING: usize = 48;
/// Fields under other names.
pub const MAX_ALIASES: usize = 100;
/// Fields of an operation once its fragments are put in.
pub const MAX_FIELDS: usize = 2_000;
/// How deep fields may nest. Introspection asks for types of types of types.
pub const MAX_DEPTH: usize = 16;
/// What a request may cost: about the number of values that it can return, and ten for each verb.
pub const MAX_COST: usize = 20_000;
/// How long a query may take. What writes is never cut off: nobody would know whether it was done.
pub const QUERY_TIME: Duration = Duration::from_secs(30);
/// What a verb costs beside what it returns.
pub const VERB_COST: usize = 10;

/// The cost of a page: its verb, and what hangs on each of as many nodes as it may have.
pub fn page_cost(first: i32, of_each: usize) -> usize {
    VERB_COST.saturating_add(usize::try_from(first).unwrap_or(1).min(hydra_graph::MAX_LISTED).saturating_mul(of_each))
}

/// The cost of what many ids are looked up for.
pub fn ids_cost(ids: usize, of_each: usize) -> usize {
    VERB_COST.saturating_add(ids.saturating_mul(of_each))
}

/// Refuses a text that is too long, too wordy or nested too deeply, without parsing it.
///
/// # Errors
/// `TooLarge` names the limit.
pub fn check_text(text: &str) -> Result<()> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(too_large(&format!("a document of {} bytes; one has {MAX_DOCUMENT_BYTES}", text.len())));
    }
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut depth) = (0, 0_usize, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = end_of_line(bytes, at);
                continue;
            }
            b'"' => at = end_of_string(bytes, at),
            b'{' | b'[' | b'(' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            byte if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
            }
            _ => at += 1,
        }
        tokens += 1;
        if tokens > MAX_TOKENS {
            return Err(too_large(&format!("a document of more than {MAX_TOKENS} tokens")));
        }
        if depth > MAX_NESTING {
            return Err(too_large(&format!("brackets nest deeper than {MAX_NESTING}")));
        }
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn end_of_line(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(bytes.len(), |length| at + length)
}

/// Where a string ends; one that does not end is the parser's to refuse.
fn end_of_string(bytes: &[u8], at: usize) -> usize {
    if bytes[at..].starts_with(b"\"\"\"") {
        let mut end = at + 3;
        while end < bytes.len() && !bytes[end..].starts_with(b"\"\"\"") {
            end += if bytes[end..].starts_with(b"\\\"\"\"") { 4 } else { 1 };
        }
        return (end + 3).min(bytes.len());
    }
    let mut end = at + 1;
    while end < bytes.len() && !matches!(bytes[end], b'"' | b'\n' | b'\r') {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// Refuses a document whose fragments go in circles or stand for too much, and too many aliases.
///
/// # Errors
/// `TooLarge` or `Invalid`.
pub fn check_document(document: &ExecutableDocument) -> Result<()> {
    let mut walk = Walk { document, sizes: HashMap::new(), aliases: 0 };
    let operations = match &document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values().collect(),
    };
    for operation in operations {
        let fields = walk.fields(&operation.node.selection_set.node)?;
        if fields > MAX_FIELDS {
            return Err(too_large(&format!("an operation of more than {MAX_FIELDS} fields")));
        }
    }
    if walk.aliases > MAX_ALIASES {
        return Err(too_large(&format!("{} aliases; a document has {MAX_ALIASES}", walk.aliases)));
    }
    Ok(())
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    /// Fields that each fragment stands for; `None` while it is being counted.
    sizes: HashMap<&'d str, Option<usize>>,
    aliases: usize,
}

impl<'d> Walk<'d> {
    /// Counts the fields of a selection with those of its fragments, each fragment walked once.
    fn fields(&mut self, set: &'d SelectionSet) -> Result<usize> {
        let mut fields = 0_usize;
        for selection in &set.items {
            fields = fields.saturating_add(match &selection.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    1 + self.fields(&field.node.selection_set.node)?
                }
                Selection::InlineFragment(fragment) => self.fields(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.spread(spread.node.fragment_name.node.as_str())?,
            });
        }
        Ok(fields)
    }

    fn spread(&mut self, name: &'d str) -> Result<usize> {
        match self.sizes.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(Error::new(ErrorKind::Invalid, format!("the fragment `{}` is in itself", shown(name)))
                    .hint("take the spread out that leads back to it"));
            }
            None => {}
        }
        // The parser keeps fragments by name; one that is not there is told of when the document is validated.
        let document = self.document;
        let Some(fragment) = document.fragments.get(name) else { return Ok(0) };
        self.sizes.insert(name, None);
        let size = self.fields(&fragment.node.selection_set.node)?;
        self.sizes.insert(name, Some(size));
        Ok(size)
    }
}

fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

fn too_large(message: &str) -> Error {
    Error::new(ErrorKind::TooLarge, message).hint("ask for less at once")
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn texts_are_measured_without_parsing() {
        let ok = |text: &str| check_text(text).map_err(|error| error.message().to_owned());
        let nested = |depth: usize| format!("{}{}", "{a".repeat(depth), "}".repeat(depth));
        assert_eq!(ok(&nested(MAX_NESTING)), Ok(()));
        assert!(ok(&nested(MAX_NESTING + 1)).unwrap_err().contains("nest deeper"));
        assert!(ok(&"[".repeat(60_000)).unwrap_err().contains("nest deeper"));
        assert_eq!(ok(&"a ".repeat(MAX_TOKENS)), Ok(()));
        assert!(ok(&"a ".repeat(MAX_TOKENS + 1)).unwrap_err().contains("tokens"));
        assert!(ok(&" ".repeat(MAX_DOCUMENT_BYTES + 1)).unwrap_err().contains("bytes"));
        // What stands in strings and comments is no bracket.
        let quoted = format!("{{ a(b: \"{}\\\"{}\") }}", "{".repeat(100), "[".repeat(100));
        assert_eq!(ok(&quoted), Ok(()));
        let block = format!("{{ a(b: \"\"\"{}\\\"\"\"{}\"\"\") }}", "{".repeat(100), "[".repeat(100));
        assert_eq!(ok(&block), Ok(()));
        assert_eq!(ok(&format!("# {}\n{{ a }}", "(".repeat(100))), Ok(()));
        // A text that does not end neither runs over nor hides what follows it.
        assert_eq!(ok("{ a(b: \"x"), Ok(()));
        assert_eq!(ok("\"\"\"x"), Ok(()));
        assert_eq!(ok("\"x\\"), Ok(()));
    }

    #[test]
    fn fragments_are_counted_once_and_may_not_go_in_circles() {
        let check = |text: &str| check_document(&parse_query(text).unwrap()).map_err(|error| error.kind());
        assert_eq!(check("{ ...a } fragment a on Q { ...b } fragment b on Q { ...a }"), Err(ErrorKind::Invalid));
        // Thirty doublings are a thousand million fields in a thousand bytes.
        let doubled: String =
            (0..30).map(|n| format!("fragment f{n} on Q {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
        assert_eq!(check(&format!("{{ ...f0 }} {doubled} fragment f30 on Q {{ a }}")), Err(ErrorKind::TooLarge));
        let aliases = |count: usize| (0..count).map(|n| format!("a{n}: b ")).collect::<String>();
        assert_eq!(check(&format!("{{ {} }}", aliases(MAX_ALIASES))), Ok(()));
        assert_eq!(check(&format!("{{ {} }}", aliases(MAX_ALIASES + 1))), Err(ErrorKind::TooLarge));
        assert_eq!(check(&format!("{{ {} }}", "b ".repeat(MAX_FIELDS))), Ok(()));
        assert_eq!(check(&format!("{{ {} }}", "b ".repeat(MAX_FIELDS + 1))), Err(ErrorKind::TooLarge));
    }
}
