//! Writes the whole graph in an order of its own, whatever order the store keeps.
//!
//! First every statement's subject is looked at, without reading what is said of it; then the subjects are sorted and
//! each is read and written by itself. That holds eight bytes for each node of the graph and the statements of one node
//! in memory, needs no space on disk, and reads the store once and a half.

use std::collections::BTreeSet;
use std::io::{self, Write};

use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::model::{BlankNode, NamedNode, NamedNodeRef, NamedOrBlankNode, Quad};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ExportFormat, Header, Trailer};
use crate::error::{Error, ErrorKind, Result};
use crate::folder::FORMAT;
use crate::id::{ID_PREFIX, Id};
use crate::memory::Inner;
use crate::store::View;
use crate::vocab;

/// Nodes between two words about how far it is.
const TELL_EVERY: u64 = 1_000;
/// Prefixes of a TriG export.
const PREFIXES: [(&str, &str); 8] = [
    ("dcterms", "http://purl.org/dc/terms/"),
    ("hy", "urn:hydra:ns#"),
    ("id", ID_PREFIX),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("schema", "http://schema.org/"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Exported {
    /// Statements, those of the journal included.
    pub statements: u64,
    /// Bytes, first and last line included.
    pub bytes: u64,
    /// BLAKE3 of everything but the last line, which holds it too.
    pub blake3: String,
}

/// Writes one view; `progress` is told how many statements of how many are written.
pub(crate) fn export(
    inner: &Inner,
    format: ExportFormat,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Exported> {
    let view = inner.view()?;
    let all = Subjects::of(&view, None)?;
    let mut out = Output { out, hash: blake3::Hasher::new(), bytes: 0 };
    let header = Header { format, store_format: FORMAT, statements: all.statements };
    writeln!(out, "{header}").map_err(failed)?;
    let mut told = Told { written: 0, total: all.statements, progress };
    match format {
        ExportFormat::NQuads => write_nquads(&view, &all, &mut out, &mut told)?,
        ExportFormat::TriG => write_trig(&view, &mut out, &mut told)?,
    }
    if told.written != all.statements {
        let message = format!("{} statements were counted and {} found", all.statements, told.written);
        return Err(Error::new(ErrorKind::Corrupt, message).hint("run `hydra check`"));
    }
    (told.progress)(told.written, told.total);
    let hash = out.hash.finalize().to_hex().to_string();
    let trailer = Trailer { statements: told.written, hash: hash.clone() };
    writeln!(out, "{trailer}").and_then(|()| out.flush()).map_err(failed)?;
    Ok(Exported { statements: told.written, bytes: out.bytes, blake3: hash })
}

fn write_nquads(view: &View<'_>, subjects: &Subjects, out: &mut Output<'_>, told: &mut Told<'_>) -> Result<()> {
    for (done, subject) in (0..).zip(subjects.iter()) {
        let quads = view.quads(Some(subject.as_ref()), None, None, None);
        let mut lines: Vec<String> = quads.map(|quad| Ok(format!("{} .\n", quad?))).collect::<Result<_>>()?;
        lines.sort_unstable();
        for line in &lines {
            out.write_all(line.as_bytes()).map_err(failed)?;
        }
        told.more(done, lines.len());
    }
    Ok(())
}

fn write_trig(view: &View<'_>, out: &mut Output<'_>, told: &mut Told<'_>) -> Result<()> {
    let mut serializer = RdfSerializer::from_format(RdfFormat::TriG);
    for (name, iri) in PREFIXES {
        serializer = serializer.with_prefix(name, iri).expect("a prefix of ours is an IRI");
    }
    let mut serializer = serializer.for_writer(&mut *out);
    let mut done = 0;
    for graph in view.graphs()? {
        for subject in Subjects::of(view, Some(graph.as_ref()))?.iter() {
            let quads = view.quads(Some(subject.as_ref()), None, None, Some(graph.as_ref().into()));
            let mut quads: Vec<(String, Quad)> =
                quads.map(|quad| quad.map(|quad| (quad.to_string(), quad))).collect::<Result<_>>()?;
            quads.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            for (_, quad) in &quads {
                serializer.serialize_quad(quad).map_err(failed)?;
            }
            told.more(done, quads.len());
            done += 1;
        }
    }
    serializer.finish().map(|_| ()).map_err(failed)
}

/// Every node of which something is said, in the order of its spelling.
struct Subjects {
    ids: Vec<Id>,
    /// What is not an id of ours: other names, and nodes without one as `_:` and their label.
    others: BTreeSet<String>,
    statements: u64,
}

impl Subjects {
    fn of(view: &View<'_>, graph: Option<NamedNodeRef<'_>>) -> Result<Self> {
        let mut subjects = Self { ids: Vec::new(), others: BTreeSet::new(), statements: 0 };
        view.each_subject(graph, &mut |iri| {
            subjects.statements += 1;
            match Id::from_iri(iri) {
                // Statements of one node in one graph come one after the other.
                Some(id) if subjects.ids.last() == Some(&id) => {}
                Some(id) => subjects.ids.push(id),
                None => _ = subjects.others.insert(iri.to_owned()),
            }
        })?;
        subjects.ids.sort_unstable();
        subjects.ids.dedup();
        Ok(subjects)
    }

    fn iter(&self) -> impl Iterator<Item = NamedOrBlankNode> {
        let named = |name: &String| -> NamedOrBlankNode {
            match name.strip_prefix("_:") {
                Some(label) => BlankNode::new_unchecked(label).into(),
                None => NamedNode::new_unchecked(name).into(),
            }
        };
        let before = self.others.range(..ID_PREFIX.to_owned()).map(named);
        let after = self.others.range(ID_PREFIX.to_owned()..).map(named);
        before.chain(self.ids.iter().map(|id| vocab::node(*id).into())).chain(after)
    }
}

struct Told<'p> {
    written: u64,
    total: u64,
    progress: &'p mut dyn FnMut(u64, u64),
}

impl Told<'_> {
    fn more(&mut self, node: u64, statements: usize) {
        self.written += statements as u64;
        if node.is_multiple_of(TELL_EVERY) {
            (self.progress)(self.written, self.total);
        }
    }
}

/// Counts and hashes what passes.
struct Output<'w> {
    out: &'w mut dyn Write,
    hash: blake3::Hasher,
    bytes: u64,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn failed(error: io::Error) -> Error {
    match error.kind() {
        // Whoever reads has seen enough, or has gone.
        io::ErrorKind::BrokenPipe => Error::new(ErrorKind::Cancelled, "nobody reads the export any more"),
        _ => Error::io("the export", &error),
    }
}
