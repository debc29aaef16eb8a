//! The owner's map, kept up beside the memory: what it shows, where it lies, and the one answer that a browser draws it from.
//!
//! Nothing is read before somebody looks at the map. Then a look reads what commits touched since the last one, so that what
//! was forgotten a moment ago is not in it, and gives a place to what is new. Laying out is done beside that, on a thread that
//! lets everybody else go first; until it is done the map shows its spaces as discs.

mod frame;
mod kept;
mod outline;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use axum::body::Bytes;
use hydra_graph::{
    Atlas, Error, ErrorKind, Id, MAX_MAP_LINKS, MAX_MAP_NODES, MapGraph, Memory, Placed, Placement, Result, Timestamp,
};
pub use outline::{Asked, Outline};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much everything else goes before a layout (the highest niceness is 19).
const NICENESS: i32 = 15;

/// What of the map is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// As it would be after tidying, if that was tried.
    pub is_preview: bool,
}

/// The map as bytes, with the name of this state of it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// `EPOCH:VERSION`, and what it is narrowed to.
    pub tag: String,
    /// What `frame.rs` says.
    pub bytes: Bytes,
}

/// What tidying did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Tidied {
    /// The layout that is shown from now on, or that was tried.
    pub epoch: u64,
    /// How many things moved, or would.
    pub moved: usize,
    /// How many things there are on the map.
    pub nodes: usize,
    /// Whether it is shown: a preview is not.
    pub is_kept: bool,
    /// Whether it can be taken back.
    pub can_undo: bool,
}

/// What is to be done with the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tidying {
    /// Lays everything out anew and shows nothing of it yet.
    Preview,
    /// Shows what was tried.
    Keep,
    /// Goes back to the layout before.
    Undo,
}

/// The map of one memory. Clones share it.
#[derive(Clone)]
pub struct Map(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Guards everything; held while the graph is read, but not while it is laid out.
    state: Mutex<State>,
    stop: AtomicBool,
    layout: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    is_loaded: bool,
    atlas: Atlas,
    graph: Arc<MapGraph>,
    placement: Placement,
    placed: Arc<Placed>,
    /// The layout before the last tidying.
    former: Option<Placement>,
    preview: Option<Placement>,
    /// The whole map as it was last asked for.
    frame: Option<Frame>,
    is_laying_out: bool,
}

impl Map {
    /// The map of the memory in a folder.
    pub fn of(folder: &Path) -> Self {
        Self(Arc::new(Inner {
            folder: folder.to_owned(),
            state: Mutex::default(),
            stop: AtomicBool::new(false),
            layout: Mutex::new(None),
        }))
    }

    /// Returns the map as it is now; `None` if whoever asks has it already, by its tag.
    ///
    /// # Errors
    /// `NotFound` when a preview is asked for and none was made.
    pub fn frame(&self, memory: &Memory, wanted: &Wanted, has: Option<&str>) -> Result<Option<Frame>> {
        let mut state = self.0.state.lock();
        self.refresh(memory, &mut state)?;
        let tag = tag(&state, wanted)?;
        if has == Some(tag.as_str()) {
            return Ok(None);
        }
        let is_whole = *wanted == Wanted::default();
        if let Some(frame) = state.frame.as_ref().filter(|frame| is_whole && frame.tag == tag) {
            return Ok(Some(frame.clone()));
        }
        let (graph, placed) = seen(&mut state, wanted)?;
        let mark = |is_set: bool, mark: u32| if is_set { mark } else { 0 };
        let marks = mark(wanted.is_preview, frame::PREVIEW) | mark(state.is_laying_out, frame::CHANGING);
        let frame = Frame { tag, bytes: frame::encode(&graph, &placed, marks).into() };
        if is_whole {
            state.frame = Some(frame.clone());
        }
        Ok(Some(frame))
    }

    /// Returns in words what there is to see, most telling first.
    ///
    /// # Errors
    /// `NotFound` when a preview is asked for and none was made, or a dot that is not there.
    pub fn outline(&self, memory: &Memory, wanted: &Wanted, asked: &Asked, now: Timestamp) -> Result<Outline> {
        let (graph, placed) = {
            let mut state = self.0.state.lock();
            self.refresh(memory, &mut state)?;
            seen(&mut state, wanted)?
        };
        let mut outline = outline::outline(&graph, &placed, asked, now)?;
        let ids: Vec<Id> = outline.nodes.iter().map(|dot| dot.id).collect();
        let mut labels = memory.map_labels(&ids, &wanted.spaces)?.into_iter().peekable();
        for dot in &mut outline.nodes {
            dot.label = labels.next_if(|label| label.id == dot.id).map(|label| label.label);
        }
        Ok(outline)
    }

    /// Lays the map out anew, keeps that, or goes back.
    ///
    /// # Errors
    /// `NotFound` when there is nothing to keep or to go back to.
    pub fn tidy(&self, memory: &Memory, act: Tidying) -> Result<Tidied> {
        match act {
            Tidying::Preview => {
                let (graph, placement) = {
                    let mut state = self.0.state.lock();
                    self.refresh(memory, &mut state)?;
                    (Arc::clone(&state.graph), state.placement.clone())
                };
                let tried = gently(|| Placement::lay_out(&graph, &placement, &self.0.stop))?.ok_or_else(stopped)?;
                let mut state = self.0.state.lock();
                let tidied = Tidied {
                    epoch: tried.epoch(),
                    moved: placement.moved(&tried),
                    nodes: graph.nodes.len(),
                    is_kept: false,
                    can_undo: state.former.is_some(),
                };
                state.preview = Some(tried);
                Ok(tidied)
            }
            Tidying::Keep => {
                let mut state = self.0.state.lock();
                let next = state.preview.take().ok_or_else(nothing_tried)?;
                state.former = Some(state.placement.clone());
                self.change(memory, &mut state, next)
            }
            Tidying::Undo => {
                let mut state = self.0.state.lock();
                self.refresh(memory, &mut state)?;
                let former = state.former.take().ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, "the map was not tidied, or that was taken back already")
                        .hint("only the last tidying can be taken back")
                })?;
                self.change(memory, &mut state, former)
            }
        }
    }

    /// Shows another layout from now on.
    fn change(&self, memory: &Memory, state: &mut State, next: Placement) -> Result<Tidied> {
        self.refresh(memory, state)?;
        let moved = state.placement.moved(&next);
        state.placement = next.after(&state.placement);
        self.settle(state);
        Ok(Tidied {
            epoch: state.placement.epoch(),
            moved,
            nodes: state.graph.nodes.len(),
            is_kept: true,
            can_undo: state.former.is_some(),
        })
    }

    /// Brings everything up to the newest commit.
    fn refresh(&self, memory: &Memory, state: &mut State) -> Result<()> {
        if !std::mem::replace(&mut state.is_loaded, true) {
            (state.placement, state.former) = kept::read(&self.0.folder);
        }
        if memory.refresh_atlas(&mut state.atlas)? {
            state.graph = Arc::new(state.atlas.graph(&[], MAX_MAP_NODES, MAX_MAP_LINKS));
            state.preview = None;
            self.settle(state);
        }
        if state.placement.wants_layout(&state.graph) && !std::mem::replace(&mut state.is_laying_out, true) {
            self.lay_out(state);
        }
        Ok(())
    }

    /// Gives what is new a place, and keeps all places.
    fn settle(&self, state: &mut State) {
        state.placement.forget_others(&state.graph);
        state.placed = Arc::new(state.placement.place(&state.graph));
        state.frame = None;
        if state.placement.take_changed() {
            kept::write(&self.0.folder, &state.placement, state.former.as_ref());
        }
    }

    /// Lays the map out for the first time, or since it has grown, beside everything else.
    fn lay_out(&self, state: &State) {
        let (own, graph, placement) = (self.clone(), Arc::clone(&state.graph), state.placement.clone());
        let work = move || {
            let laid = gently(|| Placement::lay_out(&graph, &placement, &own.0.stop));
            let mut state = own.0.state.lock();
            state.is_laying_out = false;
            match laid {
                Ok(Some(laid)) => {
                    state.placement = laid.after(&state.placement);
                    own.settle(&mut state);
                    tracing::info!(nodes = graph.nodes.len(), "the map is laid out");
                }
                Ok(None) => {}
                Err(error) => tracing::warn!("the map is not laid out: {error}"),
            }
        };
        match std::thread::Builder::new().name("map".to_owned()).spawn(work) {
            Ok(thread) => *self.0.layout.lock() = Some(thread),
            Err(error) => tracing::warn!("the map is not laid out: {error}"),
        }
    }

    /// Ends a layout that is being made, and waits for that.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
        let thread = self.0.layout.lock().take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// What is asked for, and where it lies.
fn seen(state: &mut State, wanted: &Wanted) -> Result<(Arc<MapGraph>, Arc<Placed>)> {
    let graph = match wanted.spaces.is_empty() {
        true => Arc::clone(&state.graph),
        false => Arc::new(state.atlas.graph(&wanted.spaces, MAX_MAP_NODES, MAX_MAP_LINKS)),
    };
    let placed = match (wanted.is_preview, wanted.spaces.is_empty()) {
        (true, _) => Arc::new(state.preview.as_mut().ok_or_else(nothing_tried)?.place(&graph)),
        (false, false) => Arc::new(state.placement.place(&graph)),
        (false, true) => Arc::clone(&state.placed),
    };
    Ok((graph, placed))
}

/// The name of a state of the map.
fn tag(state: &State, wanted: &Wanted) -> Result<String> {
    let epoch = match wanted.is_preview {
        true => state.preview.as_ref().ok_or_else(nothing_tried)?.epoch(),
        false => state.placement.epoch(),
    };
    let version = state.atlas.version().map_or_else(|| "0".to_owned(), |version| version.to_string());
    let mut tag = format!("{epoch}:{version}");
    if wanted.is_preview {
        tag.push_str(":preview");
    }
    if !wanted.spaces.is_empty() {
        let hash = blake3::hash(wanted.spaces.join("\n").as_bytes());
        tag.push_str(&format!(":{}", &hash.to_hex()[..12]));
    }
    Ok(tag)
}

/// Does something on threads that let everybody else go first, half as many as there are cores.
fn gently<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads((cores / 2).max(1))
        .thread_name(|_| "layout".to_owned())
        .start_handler(|_| {
            // Of this thread alone; where that is not to be had, it is only less polite.
            let _ = rustix::process::nice(NICENESS);
        })
        .build()
        .map_err(|error| Error::new(ErrorKind::Io, format!("threads for the map: {error}")))?;
    Ok(pool.install(work))
}

fn nothing_tried() -> Error {
    Error::new(ErrorKind::NotFound, "no other layout of the map was tried, or the map has changed since")
        .hint("try one first: tidy the map with a preview")
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "the server stops").hint("try again once it runs")
}
