//! Full text: tantivy on disk, and an overlay in memory for what tantivy has not committed yet.
//!
//! A tantivy commit costs many fsyncs, so it happens twice a second at most. Until then the overlay holds the new
//! texts and is searched with the same statistics, so that whoever wrote something finds it at once.

mod analyser;
mod card;
mod coverage;
mod likeness;
mod lookup;
mod overlay;
mod schema;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use tantivy::collector::TopDocs;
use tantivy::{Index as Tantivy, IndexReader, IndexWriter, ReloadPolicy, Searcher, Term};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::{Index, IndexQuery, Scored, Update};
use card::Columns;
pub(crate) use card::{Card, space_key};
pub use coverage::Coverage;
pub(crate) use likeness::likeness;
pub(crate) use lookup::Holds;
use overlay::Overlay;
use schema::{Fields, asked, query_of};

/// Raise it when the fields or the analyser change: the index is then built again by itself.
const RECIPE: &str = "text-9";
/// Memory of tantivy's writer; its minimum is 15 MB.
const WRITER_BYTES: usize = 32_000_000;
/// Uncommitted texts after which tantivy commits without waiting for its turn.
const MAX_PENDING: usize = 2_000;

/// The full-text index.
pub(crate) struct TextIndex {
    folder: PathBuf,
    fields: Fields,
    disk: Mutex<Option<Disk>>,
    state: RwLock<State>,
}

/// Tantivy's writing side; `None` in the index while it is being thrown away.
struct Disk {
    writer: IndexWriter,
    reader: IndexReader,
    durable: Option<Id>,
}

/// What a search reads: both halves change together.
struct State {
    searcher: Searcher,
    /// Of each of the searcher's segments.
    columns: Vec<Columns>,
    overlay: Overlay,
    /// Texts that no longer stand, of both.
    past: Arc<HashSet<Id>>,
    stamp: Option<Id>,
}

impl State {
    /// Shows what a newly opened disk has, and nothing else.
    fn of(disk: &Disk, fields: &Fields) -> Result<Self> {
        let searcher = disk.reader.searcher();
        let columns = lookup::columns(&searcher)?;
        let past = Arc::new(lookup::past(&searcher, &columns, fields)?);
        Ok(Self { searcher, columns, overlay: Overlay::default(), past, stamp: disk.durable })
    }
}

impl TextIndex {
    /// Opens the index, or starts an empty one when it is missing, broken or of another recipe.
    pub fn open(folder: &Path) -> Result<Self> {
        let fields = Fields::new();
        let opened = open_disk(folder, &fields).or_else(|error| {
            if folder.exists() {
                tracing::warn!(%error, "the full-text index does not read back: building it again");
            }
            create_disk(folder, &fields)
        })?;
        let state = State::of(&opened, &fields)?;
        Ok(Self { folder: folder.to_owned(), fields, disk: Mutex::new(Some(opened)), state: RwLock::new(state) })
    }

    /// Runs a step on tantivy's writing side. After a failure tantivy may have dropped what it was given without a
    /// word, so everything since the last commit is given up and will be sent again.
    fn on_disk(&self, step: impl FnOnce(&mut Disk) -> Result<()>) -> Result<()> {
        let mut guard = self.disk.lock();
        let error = match guard.as_mut() {
            Some(disk) => match step(disk) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
            None => gone(),
        };
        // Tantivy holds a lock file in the folder: its writer must go first.
        drop(guard.take());
        let disk = open_disk(&self.folder, &self.fields).or_else(|_| create_disk(&self.folder, &self.fields))?;
        self.replace(&disk)?;
        *guard = Some(disk);
        Err(error)
    }

    fn replace(&self, disk: &Disk) -> Result<()> {
        let new = State::of(disk, &self.fields)?;
        *self.state.write() = new;
        Ok(())
    }

    /// Returns the texts that no longer stand.
    pub fn past(&self) -> Arc<HashSet<Id>> {
        Arc::clone(&self.state.read().past)
    }

    fn take_in(&self, disk: &mut Disk, updates: &[Update]) -> Result<()> {
        for update in updates {
            disk.writer.delete_term(Term::from_field_u64(self.fields.id, update.id.0));
            if let Some(text) = &update.text {
                disk.writer.add_document(self.fields.document(update.id, text)).map_err(failed)?;
            }
        }
        let pending = {
            let mut state = self.state.write();
            for update in updates {
                state.overlay.put(&self.fields, update);
                let is_past = update.text.as_ref().is_some_and(|text| text.is_past);
                if is_past != state.past.contains(&update.id) {
                    let past = Arc::make_mut(&mut state.past);
                    if is_past {
                        past.insert(update.id)
                    } else {
                        past.remove(&update.id)
                    };
                }
            }
            state.overlay.len()
        };
        if pending > MAX_PENDING {
            // Committed with the old stamp: a crash now only means that these texts are sent again.
            let stamp = disk.durable;
            self.save(disk, stamp)?;
        }
        Ok(())
    }

    /// A deleted document stays in its segment until the segment is merged.
    fn drop_deleted(&self, disk: &mut Disk) -> Result<()> {
        let index = disk.writer.index().clone();
        let segments = index.searchable_segment_metas().map_err(failed)?;
        let holding: Vec<_> = segments.iter().filter(|segment| segment.has_deletes()).map(|s| s.id()).collect();
        for segment in holding {
            disk.writer.merge(&[segment]).wait().map_err(failed)?;
        }
        disk.reader.reload().map_err(failed)?;
        self.replace(disk)?;
        disk.writer.garbage_collect_files().wait().map_err(failed)?;
        Ok(())
    }

    fn save(&self, disk: &mut Disk, stamp: Option<Id>) -> Result<()> {
        let mut commit = disk.writer.prepare_commit().map_err(failed)?;
        commit.set_payload(&payload(stamp));
        commit.commit().map_err(failed)?;
        disk.reader.reload().map_err(failed)?;
        disk.durable = stamp;
        let searcher = disk.reader.searcher();
        let columns = lookup::columns(&searcher)?;
        let mut state = self.state.write();
        (state.searcher, state.columns) = (searcher, columns);
        state.overlay = Overlay::default();
        Ok(())
    }
}

impl Index for TextIndex {
    fn name(&self) -> &'static str {
        "text"
    }

    fn stamp(&self) -> Option<Id> {
        self.state.read().stamp
    }

    fn apply(&self, updates: &[Update]) -> Result<()> {
        self.on_disk(|disk| self.take_in(disk, updates))
    }

    fn seal(&self, commit: Id) -> Result<()> {
        self.state.write().stamp = Some(commit);
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        self.on_disk(|disk| {
            let stamp = self.stamp();
            if stamp == disk.durable { Ok(()) } else { self.save(disk, stamp) }
        })
    }

    fn reset(&self) -> Result<()> {
        let mut guard = self.disk.lock();
        drop(guard.take());
        let disk = create_disk(&self.folder, &self.fields)?;
        self.replace(&disk)?;
        *guard = Some(disk);
        Ok(())
    }

    fn purge(&self, ids: &[Id]) -> Result<()> {
        self.on_disk(|disk| {
            let gone: Vec<Update> = ids.iter().map(|id| Update { id: *id, text: None }).collect();
            self.take_in(disk, &gone)?;
            let stamp = self.stamp();
            self.save(disk, stamp)?;
            self.drop_deleted(disk)
        })
    }

    fn search(&self, query: &IndexQuery<'_>) -> Result<Vec<Scored>> {
        let terms = asked(query.text);
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let state = self.state.read();
        let tantivy_query = query_of(&self.fields, &terms, query);
        // Texts that the overlay replaces are dropped below, so a few more are asked for.
        let limit = query.limit + state.overlay.len().min(query.limit);
        let top = state
            .searcher
            .search(&tantivy_query, &TopDocs::with_limit(limit.max(1)).order_by_score())
            .map_err(failed)?;
        let mut found = Vec::with_capacity(top.len());
        for (score, address) in top {
            let id = state.columns[address.segment_ord as usize].id(address.doc_id)?;
            if !state.overlay.holds(id) {
                found.push(Scored { id, score });
            }
        }
        found.extend(state.overlay.search(&self.fields, &state.searcher, &terms, query)?);
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        found.truncate(query.limit);
        Ok(found)
    }

    fn scores(&self, query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        let wide = IndexQuery { limit: query.limit.max(ids.len()), ..query.clone() };
        let found = self.search(&wide)?;
        Ok(ids.iter().map(|id| found.iter().find(|hit| hit.id == *id).map(|hit| hit.score)).collect())
    }

    fn ids(&self) -> Result<Vec<Id>> {
        let state = self.state.read();
        let mut ids: Vec<Id> = Vec::new();
        for segment in state.searcher.segment_readers() {
            let column = segment.fast_fields().u64(schema::ID).map_err(failed)?;
            ids.extend(segment.doc_ids_alive().filter_map(|doc| column.first(doc)).map(Id));
        }
        ids.retain(|id| !state.overlay.holds(*id));
        ids.extend(state.overlay.ids());
        ids.sort_unstable();
        Ok(ids)
    }

    fn degraded(&self) -> Option<String> {
        None
    }
}

fn open_disk(folder: &Path, fields: &Fields) -> Result<Disk> {
    let index = Tantivy::open_in_dir(folder).map_err(failed)?;
    if index.schema() != fields.schema {
        return Err(Error::new(ErrorKind::Corrupt, "the full-text index has other fields"));
    }
    // Tantivy reads segments lazily: a damaged file must show now, not in the middle of a search.
    let damaged = index.validate_checksum().map_err(failed)?;
    if let Some(file) = damaged.iter().next() {
        return Err(Error::new(ErrorKind::Corrupt, format!("{} is damaged", file.display())));
    }
    let payload = index.load_metas().map_err(failed)?.payload;
    let durable = read_payload(payload.as_deref())?;
    disk_of(index, durable)
}

fn create_disk(folder: &Path, fields: &Fields) -> Result<Disk> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| Error::io(folder.display(), &e))?;
    }
    fs::create_dir_all(folder).map_err(|e| Error::io(folder.display(), &e))?;
    disk_of(Tantivy::create_in_dir(folder, fields.schema.clone()).map_err(failed)?, None)
}

fn disk_of(index: Tantivy, durable: Option<Id>) -> Result<Disk> {
    let writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(failed)?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed)?;
    Ok(Disk { writer, reader, durable })
}

fn payload(stamp: Option<Id>) -> String {
    format!("{RECIPE} {}", stamp.map(|id| id.to_string()).unwrap_or_default())
}

fn read_payload(payload: Option<&str>) -> Result<Option<Id>> {
    // A new index has no payload: nothing was committed yet.
    let Some(payload) = payload else { return Ok(None) };
    match payload.split_once(' ') {
        Some((RECIPE, "")) => Ok(None),
        Some((RECIPE, stamp)) => stamp.parse().map(Some),
        _ => Err(Error::new(ErrorKind::Corrupt, "the full-text index was made by another recipe")),
    }
}

fn failed(error: tantivy::TantivyError) -> Error {
    match &error {
        tantivy::TantivyError::IoError(io) => Error::io("the full-text index", io),
        other => Error::new(ErrorKind::Corrupt, format!("the full-text index: {other}"))
            .hint("run `hydra rebuild --index text`"),
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Io, "the full-text index could not be created again")
        .hint("check the disk, then restart `hydra serve`")
}
