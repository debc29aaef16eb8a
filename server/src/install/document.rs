//! The text of a settings file. What is changed in it is changed in the text itself: everything else keeps its bytes.

use std::path::Path;

use hydra_graph::{Error, ErrorKind, Result};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::hook::HOOKS_KEY;
use super::server::SERVERS_KEY;
use super::{hook_groups, server};

/// What some editors begin a file with.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A settings file that was read.
#[derive(Debug)]
pub struct Document {
    root: CstRootNode,
    has_mark: bool,
}

impl Document {
    /// Reads the text of the file at `path`; one that is not there, or is empty, has no settings.
    ///
    /// # Errors
    /// `Invalid` says where it is no JSON. Comments and commas before a closing bracket are kept.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self> {
        let wrong = |what: String| {
            Error::new(ErrorKind::Invalid, format!("{} {what}", path.display()))
                .hint("mend it, or move it away, and run this again; nothing was changed")
        };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("is not text in UTF-8".to_owned()))?;
        let (has_mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let root = CstRootNode::parse(text, &options).map_err(|error| {
            let (line, column) = (error.line_display(), error.column_display());
            let what = error.kind().to_string().to_lowercase();
            wrong(format!("is not JSON: {what} at line {line}, column {column}"))
        })?;
        match root.value() {
            None => {}
            Some(value) if value.as_object().is_some() => {}
            Some(_) => return Err(wrong("is JSON, but no object".to_owned())),
        }
        Ok(Self { root, has_mark })
    }

    /// Returns the text as it is now.
    pub fn bytes(&self) -> Vec<u8> {
        let mark = if self.has_mark { BYTE_ORDER_MARK } else { "" };
        format!("{mark}{}", self.root).into_bytes()
    }

    /// Tells whether it has what JSON has not, comments for one: Claude Code leaves such settings out as a whole.
    pub fn is_strict(&self) -> bool {
        let text = self.root.to_string();
        text.trim().is_empty() || serde_json::from_str::<Value>(&text).is_ok()
    }

    /// Tells whether nothing is in it, no comment either.
    pub fn is_empty(&self) -> bool {
        let is_bare = |object: CstObject| object.properties().is_empty() && !has_comment(&object.into());
        self.object().is_none_or(is_bare) && !self.root.children().iter().any(CstNode::is_comment)
    }

    /// Returns the whole object, if there is one.
    pub fn object(&self) -> Option<CstObject> {
        self.root.object_value()
    }

    /// Returns the whole object, made if there is none.
    pub fn object_or_made(&self) -> CstObject {
        self.root.object_value_or_set()
    }

    /// Returns every word that is not ours, comments too, in the order of the file. Whatever is done to ours, this must
    /// stay as it is.
    pub fn foreign(&self) -> Vec<String> {
        let mut words = Vec::new();
        for node in self.root.children() {
            match node.as_object() {
                Some(object) => {
                    for child in object.children() {
                        foreign_member(&child, &mut words);
                    }
                }
                None => all_words(&node, &mut words),
            }
        }
        words
    }
}

/// Returns a member of an object by its name.
///
/// # Errors
/// `Invalid` when there are two: which one counts depends on who reads.
pub fn member(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>> {
    let mut all = object.properties().into_iter().filter(|member| member.decoded_name().as_deref() == Some(name));
    let first = all.next();
    match all.next() {
        None => Ok(first),
        Some(_) => Err(Error::new(ErrorKind::Invalid, format!("the settings have `{name}` twice in one place"))
            .hint("make one of the two, and run this again; nothing was changed")),
    }
}

/// Returns the object that a member is.
///
/// # Errors
/// As [`member`]; `Invalid` when it is something else.
pub fn object_at(object: &CstObject, name: &str) -> Result<Option<CstObject>> {
    let Some(member) = member(object, name)? else { return Ok(None) };
    member.object_value().map(Some).ok_or_else(|| not_a(name, "an object"))
}

/// Returns the list that a member is.
///
/// # Errors
/// As [`member`]; `Invalid` when it is something else.
pub fn list_at(object: &CstObject, name: &str) -> Result<Option<CstArray>> {
    let Some(member) = member(object, name)? else { return Ok(None) };
    member.array_value().map(Some).ok_or_else(|| not_a(name, "a list"))
}

/// Tells whether there is a comment anywhere in it.
pub fn has_comment(node: &CstNode) -> bool {
    node.is_comment() || node.children().iter().any(has_comment)
}

/// Reads a node as a value; what can't be is nothing.
pub fn value_of(node: &CstNode) -> Value {
    node.to_serde_value().unwrap_or_default()
}

fn not_a(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("`{name}` in the settings is not {what}"))
        .hint("Claude Code can't read it either: mend it, and run this again; nothing was changed")
}

fn foreign_member(node: &CstNode, words: &mut Vec<String>) {
    let Some(member) = node.as_object_prop() else { return all_words(node, words) };
    match (member.decoded_name().as_deref(), member.object_value()) {
        (Some(HOOKS_KEY), Some(hooks)) => {
            foreign_inside(HOOKS_KEY, &hooks.children(), words, |event, inside| {
                let name = event.as_object_prop().and_then(|event| event.decoded_name()).unwrap_or_default();
                match event.as_object_prop().and_then(|event| event.array_value()) {
                    Some(list) => foreign_inside(&name, &list.children(), inside, |group, inside| {
                        hook_groups::foreign(group, &name, inside);
                    }),
                    None => all_words(event, inside),
                }
            });
        }
        (Some(SERVERS_KEY), Some(servers)) => {
            foreign_inside(SERVERS_KEY, &servers.children(), words, |entry, inside| {
                let own = entry.as_object_prop().filter(|own| own.decoded_name().as_deref() == Some(server::NAME));
                match own.and_then(|own| own.value()) {
                    Some(value) if server::is_ours(&value_of(&value)) => {}
                    _ => all_words(entry, inside),
                }
            });
        }
        _ => all_words(node, words),
    }
}

/// Collects the words in something that may have been made only to hold ours: its name counts if something else is in it.
fn foreign_inside(
    name: &str,
    children: &[CstNode],
    words: &mut Vec<String>,
    mut collect: impl FnMut(&CstNode, &mut Vec<String>),
) {
    let start = words.len();
    let mut has_other = false;
    for child in children.iter().filter(|child| !is_punctuation(child)) {
        let length = words.len();
        collect(child, words);
        has_other |= !child.is_comment() && words.len() > length;
    }
    if has_other {
        words.insert(start, name.to_owned());
    }
}

/// Collects all words of a node.
pub fn all_words(node: &CstNode, words: &mut Vec<String>) {
    let children = node.children();
    if !children.is_empty() {
        children.iter().for_each(|child| all_words(child, words));
    } else if !is_punctuation(node) {
        words.push(node.to_string());
    }
}

/// What comes and goes with neighbours.
fn is_punctuation(node: &CstNode) -> bool {
    node.is_whitespace()
        || node.is_newline()
        || node.is_comma()
        || matches!(node.token_char(), Some('[' | ']' | '{' | '}'))
}
