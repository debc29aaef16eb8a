//! Inline fields: `name:: value` on a line of its own (Logseq, Dataview), `[name:: value]` and `(name:: value)`.

use std::ops::Range;

use crate::tag::tag_at;

/// Longest name of a field; a longer one is a sentence with a double colon in it.
const MAX_NAME_BYTES: usize = 64;
/// Most inline fields that are taken from one note.
pub const MAX_FIELDS: usize = 1_000;
/// What Logseq keeps of a block for itself.
const OF_THE_PROGRAM: [&str; 3] = ["id", "collapsed", "heading"];
/// Length of a block's UUID as it is written.
pub(crate) const UUID_BYTES: usize = 36;

/// One of them, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub name: String,
    pub value: String,
    /// Where its name begins.
    pub at: usize,
}

impl Field {
    /// Returns the block id, if this is how Logseq writes one.
    pub fn block_id(&self) -> Option<&str> {
        (self.name == "id" && is_uuid(&self.value)).then_some(self.value.as_str())
    }

    /// Tells whether it says how a program shows the block, and nothing of the note.
    pub fn is_of_the_program(&self) -> bool {
        OF_THE_PROGRAM.contains(&self.name.as_str())
    }
}

/// Finds the fields in a paragraph that stands at `span`, outside of `code`, which is sorted.
pub(crate) fn find(text: &str, span: &Range<usize>, code: &[Range<usize>]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut start = span.start;
    for line in text[span.clone()].split_inclusive('\n') {
        let end = start + line.len();
        let mut from = start;
        while let Some(colons) = text[from..end].find("::").map(|found| from + found) {
            from = colons + 2;
            let is_code = code.iter().any(|code| code.contains(&colons));
            // `std::io` is no field: what is meant as one has a space behind it.
            if is_code || !text[from..end].starts_with([' ', '\t']) {
                continue;
            }
            let Some((field, end)) = field_at(text, start..end, colons) else { continue };
            fields.push(field);
            from = end;
        }
        start = end;
    }
    fields
}

/// Takes the field whose `::` stand at `colons`; also returns where it ends.
fn field_at(text: &str, line: Range<usize>, colons: usize) -> Option<(Field, usize)> {
    let before = &text[line.start..colons];
    let behind = &text[colons + 2..line.end];
    let bracket = before.rfind(['[', '(']).filter(|at| is_name(before[at + 1..].trim()));
    let (name, value) = match bracket {
        Some(at) => (&before[at + 1..], &behind[..closing(behind, before.as_bytes()[at])?]),
        None => (behind_markers(before), behind),
    };
    let shown = name.trim().trim_matches(['*', '_']);
    let field = Field { name: shown.to_owned(), value: value.trim().to_owned(), at: colons - name.trim_start().len() };
    (is_name(shown) && !field.value.is_empty()).then(|| (field, colons + 2 + value.len()))
}

/// Where the bracket of a field closes, behind all that are opened in its value.
fn closing(value: &str, opened: u8) -> Option<usize> {
    let (open, close) = if opened == b'[' { (b'[', b']') } else { (b'(', b')') };
    let mut depth = 0_usize;
    value.bytes().position(|byte| {
        let closes = byte == close && depth == 0;
        depth = depth + usize::from(byte == open) - usize::from(byte == close && depth > 0);
        closes
    })
}

/// What stands behind the markers of lists, tasks and quotes.
fn behind_markers(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some(after) =
        ["- [ ] ", "- [x] ", "- ", "* ", "+ ", "> "].iter().find_map(|marker| rest.strip_prefix(marker))
    {
        rest = after.trim_start();
    }
    rest
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name.chars().any(char::is_alphabetic)
        // What ends a sentence is no name.
        && !name.contains(". ")
        && name.chars().all(|c| c.is_alphanumeric() || " -_/.*?".contains(c))
}

/// Tells whether this is an id of a Logseq block.
pub(crate) fn is_uuid(id: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    id.len() == UUID_BYTES
        && id
            .bytes()
            .enumerate()
            .all(|(at, byte)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// The values of a page property: `tags:: [[a]], #b, c`.
pub(crate) fn listed(value: &str) -> Vec<String> {
    let bare =
        |name: &str| name.trim().trim_start_matches('#').trim_start_matches("[[").trim_end_matches("]]").to_owned();
    value.split(',').map(bare).filter(|name| !name.is_empty()).collect()
}

/// The same for tags, of which each has to be one.
pub(crate) fn listed_tags(value: &str) -> Vec<String> {
    listed(value).into_iter().filter(|tag| tag_at(tag).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let fields = find(text, &(0..text.len()), &[]);
        let got: Vec<String> = fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn fields_are_taken_as_people_write_them() {
        check("rating:: 5", &["rating=5"]);
        check("- due date:: 2024-05-01\n  - up:: [[A]], [[B]]", &["due date=2024-05-01", "up=[[A]], [[B]]"]);
        check("**Author**:: Jane", &["Author=Jane"]);
        check("I give it [rating:: 5] of (most:: 10) today.", &["rating=5", "most=10"]);
        check("See [up:: [[Note]] and (x)] and more.", &["up=[[Note]] and (x)"]);
        check("> mood:: good", &["mood=good"]);
        check("Größe:: 3 m", &["Größe=3 m"]);
    }

    #[test]
    fn what_only_looks_like_one_is_text() {
        check("std::io and a::b", &[]);
        check("a sentence, with commas:: no", &[]);
        check("empty::\nnothing:: ", &[]);
        check(":: x", &[]);
        check("1:: x", &[]);
        check("[open:: x", &[]);
        check(&format!("{}:: x", "n".repeat(MAX_NAME_BYTES)), &[&format!("{}=x", "n".repeat(MAX_NAME_BYTES))]);
        check(&format!("{}:: x", "n".repeat(MAX_NAME_BYTES + 1)), &[]);
        let text = "`a:: b`";
        assert_eq!(find(text, &(0..text.len()), std::slice::from_ref(&(0..text.len()))), []);
    }

    #[test]
    fn a_block_id_is_a_uuid() {
        let id = "64f1a2b3-0c1d-4e2f-8a9b-0123456789ab";
        let fields = find(&format!("id:: {id}"), &(0..4 + 1 + id.len()), &[]);
        assert_eq!(fields[0].block_id(), Some(id));
        assert!(!is_uuid("64f1a2b3-0c1d-4e2f-8a9b-0123456789ag") && !is_uuid("x"));
        assert_eq!(listed_tags("[[a]], #b, 12, c d"), ["a", "b", "c d"]);
    }
}
