//! What the graph keeps of a log, as plain data: its templates as a document, and memories of what happened.

use std::path::Path;

use hydra_graph::{Document, LogPart, MAX_NAME_BYTES, NewMemory, Occurrence, Passage, Reading, Timestamp};

use super::allowance::Whose;
use super::record::Record;
use super::tail::Tail;
use super::template::{Template, Unusual, cut};

/// Longest text of a record that is kept as a memory: it is embedded in pieces, and the first say what happened.
pub const MAX_EPISODE_BYTES: usize = 4 * 1024;
/// What stands between two templates.
const BETWEEN: &str = "\n\n";

/// Makes a document of which each passage is a template.
pub(crate) fn document(
    path: &Path,
    space: &str,
    templates: &[Template],
    tail: &Tail,
    occurrences: Vec<Occurrence>,
) -> Document {
    let (mut text, mut passages) = (String::new(), Vec::with_capacity(templates.len()));
    for template in templates {
        if !text.is_empty() {
            text.push_str(BETWEEN);
        }
        let start = text.len();
        text.push_str(&template.text());
        passages.push(Passage {
            span: start..text.len(),
            line: template.line,
            headings: Vec::new(),
            block: Some(template.block.clone()),
            pattern: Some(template.pattern.clone()),
        });
    }
    let tail = tail.to_json();
    Document {
        path: path.to_owned(),
        root: path.parent().unwrap_or(path).to_owned(),
        space: space.to_owned(),
        title: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        aliases: Vec::new(),
        tags: Vec::new(),
        properties: Vec::new(),
        facts: Vec::new(),
        text,
        // Of a log that is long gone nobody can tell its bytes; how far it was read says the same of it.
        content_hash: blake3::hash(tail.as_bytes()).to_hex().to_string(),
        modified_at: None,
        passages,
        links: Vec::new(),
        reading: Reading::default(),
        log: Some(LogPart { tail, occurrences }),
    }
}

/// A record as a memory, verbatim.
pub(crate) fn incident(record: &Record, at: Timestamp, name: &str) -> NewMemory {
    memory(cut(record.text.trim_end(), MAX_EPISODE_BYTES).to_owned(), at, &format!("{name}:{}", record.line))
}

/// That there was unusually much of something.
pub(crate) fn unusual(template: &Template, unusual: &Unusual, name: &str) -> NewMemory {
    let Unusual { hour, times, usual } = unusual;
    let text = format!(
        "Unusually many in {name}: {times} within the hour from {hour}, about {usual:.1} an hour before.\n{}",
        template.text()
    );
    memory(text, *hour, name)
}

/// That not all of an hour was kept.
pub(crate) fn left_out(of: Whose, hour: Timestamp, name: &str) -> NewMemory {
    let when = match of {
        Whose::Log => format!("of the hour from {hour}"),
        Whose::Reader => format!("were read within the hour from {hour}"),
    };
    let text = format!(
        "More errors and changes of state in {name} {when} than are kept; \
         the others were only counted with their templates."
    );
    memory(text, hour, name)
}

fn memory(text: String, at: Timestamp, said_by: &str) -> NewMemory {
    let said_by = Some(cut(said_by, MAX_NAME_BYTES).to_owned());
    NewMemory { said_by, happened_at: Some(at), ..NewMemory::new(text) }
}
