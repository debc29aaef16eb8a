//! Fills an empty memory with an export, all of it or nothing.
//!
//! The statements go into a store of their own beside the memory's (the redo log never hears of them). Only when the
//! last line was read, everything was checked and that store is on the medium does it take the place of the empty one,
//! by a rename. Whoever is killed before that leaves an empty memory, and the next opening throws away what was begun.

use std::io::BufRead;

use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{GraphName, NamedOrBlankNode, Quad, Term};
use schemars::JsonSchema;
use serde::Serialize;

use super::line::{Lines, broken};
use super::{ExportFormat, Header, Trailer};
use crate::error::{Error, ErrorKind, Result};
use crate::folder::DataFolder;
use crate::id::Id;
use crate::redo;
use crate::seal::{self, SEAL_KEYS_FILE};
use crate::sparql::own;
use crate::store::{GraphStore, View, subject_id, term_text};
use crate::verbs::check;
use crate::vocab;

/// Bytes of statements that go into the store at once.
const CHUNK_BYTES: usize = 16 * 1024 * 1024;
/// Statements between two words about how far it is.
const TELL_EVERY: u64 = 10_000;

/// What was brought in.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Imported {
    /// Statements, those of the journal included.
    pub statements: u64,
    /// Commits of the journal.
    pub commits: usize,
    /// The newest commit; ids that are minted from now on come after it.
    pub head: Option<Id>,
    /// Seals of what was erased, which are of use only with the secrets of the folder they come from
    /// ([`crate::SEAL_KEYS_FILE`]); 0 if the folder has some.
    pub sealed: usize,
}

/// Imports into a folder that holds an empty memory; `progress` is told how many statements of how many were read.
pub(crate) fn import(
    folder: &DataFolder,
    input: &mut dyn BufRead,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Imported> {
    check_empty(folder)?;
    let imported = stage(folder, input, progress);
    match imported {
        Ok(imported) => {
            let sealed = if folder.path().join(SEAL_KEYS_FILE).exists() { 0 } else { imported.sealed };
            folder.put_staged_store().map(|()| Imported { sealed, ..imported })
        }
        Err(error) => {
            folder.discard_staged_store()?;
            Err(error)
        }
    }
}

/// Refuses when anything was ever written here, also what was forgotten since.
fn check_empty(folder: &DataFolder) -> Result<()> {
    let has_log = folder.log().exists() && !redo::commits_in(&folder.log())?.is_empty();
    let has_store = folder.store().exists() && GraphStore::open(&folder.store())?.quads()? > 0;
    if !has_log && !has_store {
        return Ok(());
    }
    let message = format!("the memory at {} is not empty, and an import replaces all of it", folder.path().display());
    Err(Error::new(ErrorKind::Conflict, message).hint("name a new folder with --data-dir; nothing was changed"))
}

fn stage(folder: &DataFolder, input: &mut dyn BufRead, progress: &mut dyn FnMut(u64, u64)) -> Result<Imported> {
    let mut lines = Lines::new(input);
    let header: Header = match lines.next()? {
        Some(line) => line.parse()?,
        None => return Err(broken(1, "the file is empty")),
    };
    if header.format != ExportFormat::NQuads {
        return Err(Error::new(ErrorKind::Invalid, "line 1: this export is TriG; an import reads N-Quads")
            .hint("export it again without --format"));
    }
    let store = GraphStore::open(&folder.staged_store())?;
    let newest = read(&mut lines, &header, &store, progress)?;
    let imported = check_whole(&store, &header, newest)?;
    store.flush()?;
    Ok(imported)
}

/// Puts every statement into the store; returns the newest id that something is said of.
fn read(
    lines: &mut Lines<'_>,
    header: &Header,
    store: &GraphStore,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Option<Id>> {
    let (mut statements, mut newest) = (0, None);
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    let trailer = loop {
        let Some(line) = lines.next()? else {
            return Err(broken(lines.number, "the file ends without the line that says that it is whole"));
        };
        if let Some(trailer) = Trailer::read(line) {
            break trailer;
        }
        let (quad, length) = (parse(line), line.len());
        let quad = quad.map_err(|reason| broken(lines.number, reason))?;
        newest = newest.max(subject_id(&quad.subject));
        chunk.push(quad);
        bytes += length;
        statements += 1;
        if bytes > CHUNK_BYTES {
            store.load(std::mem::take(&mut chunk))?;
            bytes = 0;
        }
        if statements % TELL_EVERY == 0 {
            progress(statements, header.statements);
        }
    };
    store.load(chunk)?;
    let number = lines.number;
    if trailer.statements != statements || header.statements != statements {
        let counted = format!("{} statements were exported, and {statements} are here", header.statements);
        return Err(broken(number, counted));
    }
    if lines.hash.finalize().to_hex().as_str() != trailer.hash {
        return Err(broken(number, "the file was changed after it was exported: its BLAKE3 is another"));
    }
    if lines.next()?.is_some() {
        return Err(broken(number + 1, "something follows the line that says that the file is whole"));
    }
    progress(statements, header.statements);
    Ok(newest)
}

/// Reads one statement; an error says what is wrong with it.
pub(crate) fn parse(line: &str) -> std::result::Result<Quad, String> {
    let mut parsed = RdfParser::from_format(RdfFormat::NQuads).for_slice(line.as_bytes());
    let quad = match (parsed.next(), parsed.next()) {
        (Some(Ok(quad)), None) => quad,
        (Some(Err(error)), _) | (_, Some(Err(error))) => return Err(format!("it is not N-Quads: {error}")),
        (None, _) => return Err("it holds no statement".into()),
        (Some(Ok(_)), Some(Ok(_))) => return Err("it holds more than one statement".into()),
    };
    let is_own = own::is_own(quad.graph_name.as_ref());
    let is_nameless =
        matches!(quad.subject, NamedOrBlankNode::BlankNode(_)) || matches!(quad.object, Term::BlankNode(_));
    if is_nameless && !is_own {
        return Err("it speaks of a node without a name, which Hydra never writes".into());
    }
    if is_own {
        return own::check_words(&quad).map(|()| quad).map_err(|error| error.message().to_owned());
    }
    match &quad.graph_name {
        GraphName::NamedNode(_) => Ok(quad),
        GraphName::DefaultGraph => Err("it is in no graph".into()),
        graph => Err(format!("it is in the graph {graph}, which is none of Hydra's")),
    }
}

/// Checks what only shows in the whole: that nothing came twice, that the journal is one chain, that what is said of
/// each node fits its shape, and that no id could be minted again.
fn check_whole(store: &GraphStore, header: &Header, newest: Option<Id>) -> Result<Imported> {
    let refuse = |reason: String| {
        Err(Error::new(ErrorKind::Invalid, format!("the export does not agree with itself: {reason}"))
            .hint("nothing was written; run `hydra check` on the memory it comes from"))
    };
    let (kept, statements) = (store.quads()? as u64, header.statements);
    if kept != statements {
        return refuse(format!("{} of {statements} statements stand there twice", statements - kept));
    }
    let view: View<'_> = store.view()?;
    let head = view.head()?;
    if newest > head {
        return refuse("it speaks of ids that are newer than its newest commit".into());
    }
    let mut findings = Vec::new();
    let commits = check::check_journal(&view, &mut findings)?;
    check::check_shapes(&view, &mut findings)?;
    match findings.is_empty() {
        true => Ok(Imported { statements, commits, head, sealed: seals(&view)? }),
        false => refuse(findings.join("; ")),
    }
}

fn seals(view: &View<'_>) -> Result<usize> {
    let mut found = 0;
    for quad in view.quads(None, Some(vocab::FORGOTTEN_AS), None, None) {
        found += usize::from(term_text(&quad?.object).is_some_and(|key| seal::is_seal(&key)));
    }
    Ok(found)
}
