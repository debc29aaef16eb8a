//! One watched folder: what was heard of it, when it is looked at next, and the look itself.

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hydra_graph::{Collection, CollectionKind, Error, ErrorKind, Id, Memory, Result};
use hydra_ingest::{
    Followed, LOG_QUIET, Options, Readings, Removal, Rules, Summary, TranscriptProgress, Vault, follow,
    follow_transcripts, is_old_copy, is_temporary, may_be_log, may_be_transcript, reconcile,
};
use jiff::tz::TimeZone;

use super::heard::{Inbox, Pending};
use super::reading::Reading;
use super::spacing::Spacing;
use super::state::{Doing, State};
use super::watches::{Watched, Watches};
use super::{LOOK_SHARE, POLL_EVERY, RECONCILE_EVERY, RETRY_EVERY};
use crate::wiring;

/// Files that say what is to be read: when one changes, everything may be otherwise.
const IGNORE_FILES: [&str; 2] = [".hydraignore", ".gitignore"];
/// How long is waited between two readings of logs: each is a commit, and a busy log would make one every moment.
const LOGS_EVERY: Duration = Duration::from_secs(3);
/// How long is waited between two readings of transcripts, which grow all the time while somebody works: what an agent is
/// asked to keep, and its hooks tell of, does not wait for that.
const TRANSCRIPTS_EVERY: Duration = Duration::from_secs(10);
/// How long a folder that failed is left alone at least: what is heard of it then may be what the error asked for.
const FAILED_AGAIN: Duration = Duration::from_secs(5);
/// What a person is told when the system has no more watches to give.
const NO_WATCHES: &str = "the system gives no more watches, so it is looked at every half minute instead; raise \
                          fs.inotify.max_user_watches to have changes heard at once";

/// A watched folder.
pub struct Folder {
    pub collection: Collection,
    pub state: State,
    /// The commit that said so last, if the graph does.
    pub changed_in: Option<Id>,
    pending: Pending,
    spacing: Spacing,
    /// Files that are gone for good.
    to_remove: BTreeSet<PathBuf>,
    looked_at: Option<Instant>,
    looked_at_all: Option<Instant>,
    took: Duration,
    is_polled: bool,
    /// How often is tried again what failed, and whether something was heard that may have mended it.
    retry_every: Duration,
    is_mended: bool,
    /// The logs of the folder, if it is one of logs, and when those are to be read again whose last record may not be whole.
    logs: BTreeSet<PathBuf>,
    hot: Option<(BTreeSet<PathBuf>, Instant)>,
    /// Whether the last look gave way to other folders, so that it goes on as soon as they were looked at; of logs, in this
    /// order.
    gave_way: bool,
    left: Vec<PathBuf>,
    /// Whether the graph does not name it, and it is watched all the same.
    is_passing: bool,
}

/// What a look needs of everything else.
pub struct Around<'r> {
    pub memory: &'r Memory,
    pub inbox: &'r Inbox,
    pub cancel: &'r Arc<AtomicBool>,
    pub watches: &'r mut Watches,
    pub readings: &'r mut Readings,
    /// Files that vanished, here and elsewhere.
    pub vanished: Vec<PathBuf>,
}

/// What came of a look.
#[derive(Default)]
pub struct Looked {
    /// Whether it was at all of the folder.
    pub is_all: bool,
    /// Files that are gone and may turn up elsewhere.
    pub vanished: Vec<PathBuf>,
    /// What was done, if anything was.
    pub summary: Option<Summary>,
}

impl Folder {
    /// Takes a folder, to be looked at at once.
    pub fn new(collection: Collection, state: State, is_passing: bool) -> Self {
        let mut folder = Self {
            collection,
            state: State { state: Doing::Waiting, progress: None, error: None, note: None, ..state },
            changed_in: None,
            pending: Pending::default(),
            spacing: Spacing::default(),
            to_remove: BTreeSet::new(),
            looked_at: None,
            looked_at_all: None,
            took: Duration::ZERO,
            is_polled: false,
            retry_every: RETRY_EVERY,
            is_mended: false,
            logs: BTreeSet::new(),
            hot: None,
            gave_way: false,
            left: Vec::new(),
            is_passing,
        };
        folder.begin();
        folder
    }

    /// Takes in that it is to be watched otherwise.
    pub fn change(&mut self, collection: Collection) {
        self.collection = collection;
        self.begin();
    }

    fn begin(&mut self) {
        self.pending = Pending::default();
        self.hot = None;
        self.gave_way = false;
        self.state.progress = None;
        self.left.clear();
        // Who says how it is to be watched does not wait, whatever failed before.
        self.looked_at_all = None;
        if self.collection.paused {
            self.state.state = Doing::Paused;
        } else {
            self.pending.add_all(Instant::now());
        }
    }

    /// Takes in that a path may have changed.
    pub fn hear(&mut self, path: &Path, now: Instant) {
        if self.collection.paused || is_temporary(path) {
            return;
        }
        let Ok(inside) = path.strip_prefix(&self.collection.path) else { return };
        let has_failed = self.state.state == Doing::Failed;
        if path.file_name().is_some_and(|name| IGNORE_FILES.iter().any(|known| name == *known)) {
            self.is_mended = true;
            return self.pending.add_all(now);
        }
        let is_hidden = inside.iter().any(|part| part.as_encoded_bytes().starts_with(b"."));
        if is_hidden || is_old_copy(inside) {
            return;
        }
        if inside.as_os_str().is_empty() {
            // Its own attributes say nothing of what is in it, but whether it can be looked into; and it may have gone away.
            if has_failed || std::fs::read_dir(path).is_err() {
                self.is_mended = true;
                self.pending.add_all(now);
            }
            return;
        }
        if has_failed {
            return self.pending.add_all(now);
        }
        // Of other files only folders matter, and what may have been one.
        let is_wanted = match self.collection.kind {
            CollectionKind::Log => self.logs.contains(path) || self.rules().is_ok_and(|rules| may_be_log(path, &rules)),
            CollectionKind::Transcripts => self.rules().is_ok_and(|rules| may_be_transcript(path, &rules)),
            CollectionKind::Notes => hydra_ingest::Format::of(path).is_some() || !path.is_file(),
        };
        if is_wanted {
            self.pending.add(path.to_owned(), now);
        }
    }

    /// Takes in that events were lost.
    pub fn hear_all(&mut self, now: Instant) {
        if !self.collection.paused {
            self.pending.add_all(now);
        }
    }

    /// Takes in that a file is gone and did not turn up elsewhere.
    pub fn remove_later(&mut self, path: PathBuf, now: Instant) {
        self.to_remove.insert(path.clone());
        self.pending.add(path, now);
    }

    /// Looks whether the folder is there, and whether it is time to look at all of it.
    pub fn look_around(&mut self, watches: &mut Watches) {
        if self.collection.paused {
            return;
        }
        let now = Instant::now();
        let path = &self.collection.path;
        let since = self.looked_at_all.map_or(Duration::MAX, |at| now.duration_since(at));
        let is_time = match self.state.state {
            Doing::Gone => path.is_dir() && since > self.patient(POLL_EVERY / 3),
            Doing::Failed => since > self.patient(self.retry_every),
            _ if self.is_polled => since > self.patient(POLL_EVERY),
            _ => since > RECONCILE_EVERY || !watches.is_true(path),
        };
        if is_time {
            self.pending.add_all(now);
        }
    }

    /// Returns how long to wait so that looks take no more than their share of the time.
    fn patient(&self, wait: Duration) -> Duration {
        wait.max(self.took * LOOK_SHARE)
    }

    /// Returns when it is to be looked at.
    pub fn due(&self) -> Option<Instant> {
        if self.collection.paused {
            return None;
        }
        if self.gave_way {
            return self.looked_at;
        }
        let heard = self.pending.due().map(|due| match (self.collection.kind, self.looked_at) {
            (CollectionKind::Log, Some(at)) => due.max(at + LOGS_EVERY),
            (CollectionKind::Transcripts, Some(at)) => due.max(at + TRANSCRIPTS_EVERY),
            _ => due,
        });
        let heard = heard.map(|due| match (self.state.state, self.looked_at_all) {
            (Doing::Failed, Some(at)) if self.is_mended => due.max(at + FAILED_AGAIN),
            (Doing::Failed, Some(at)) => due.max(at + self.patient(FAILED_AGAIN)),
            _ => due,
        });
        let hot = self.hot.as_ref().map(|(_, at)| *at);
        heard.into_iter().chain(hot).chain(self.spacing.due()).min()
    }

    /// Tells whether it is to be looked at.
    pub fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    /// Looks at what was heard of, and brings the graph up to date with it.
    pub fn look(&mut self, mut around: Around<'_>, tell: &mut dyn FnMut(&State)) -> Looked {
        let started = Instant::now();
        let is_heard = self.pending.due().is_some_and(|due| due <= started);
        // What failed is all right again only after a look at all of it.
        let has_failed = self.state.state == Doing::Failed;
        // Notes that did not change since are passed over.
        let goes_on = std::mem::take(&mut self.gave_way) && self.collection.kind == CollectionKind::Notes;
        let is_of_all = has_failed || goes_on;
        let heard = match is_heard || is_of_all {
            true => self.pending.take().filter(|_| !is_of_all),
            false => Some(Vec::new()),
        };
        let paths = self.take_due(heard, around.readings, started);
        let was_gone = self.state.state == Doing::Gone;
        self.is_mended = false;
        self.looked_at = Some(started);
        let is_all = paths.is_none();
        if is_all {
            self.looked_at_all = Some(started);
        }
        let result = match self.collection.path.is_dir() {
            true if self.collection.kind == CollectionKind::Log => self.follow(&mut around, paths.as_deref(), tell),
            true if self.collection.kind == CollectionKind::Transcripts => {
                self.follow_transcripts(&mut around, paths.as_deref(), tell)
            }
            true => self.read(&mut around, paths.as_deref(), tell),
            false => Err(gone(&self.collection.path)),
        };
        let took = started.elapsed();
        if is_all || result.is_err() {
            self.took = took;
        }
        if let Some(paths) = paths.as_deref().filter(|_| self.collection.kind == CollectionKind::Notes) {
            self.spacing.looked(paths, took, Instant::now());
        }
        // A look that gave way goes on, and so does what is told of it.
        let goes_on = self.gave_way && self.collection.kind == CollectionKind::Notes;
        self.state.progress = self.state.progress.filter(|_| goes_on && result.is_ok());
        let mut looked = Looked { is_all, ..Looked::default() };
        match result {
            Ok(mut summary) => {
                // Of logs all may have been looked for though one was heard of.
                let is_logs = self.collection.kind != CollectionKind::Notes && !summary.folders.is_empty();
                let paths = paths.as_deref().filter(|_| !is_logs);
                self.settle(&summary, paths, was_gone, took);
                self.to_remove.clear();
                looked.vanished = std::mem::take(&mut summary.gone);
                tracing::debug!(
                    source = %self.collection.id,
                    is_all,
                    files = summary.files,
                    removed = summary.removed,
                    vanished = looked.vanished.len(),
                    deferred = summary.deferred,
                    "looked"
                );
                let Summary { added, changed, moved, removed, .. } = summary;
                let did = added + changed + moved + removed + summary.logs.lines + summary.transcripts.lines;
                looked.summary = (did > 0).then_some(summary);
            }
            Err(error) => self.fail(&error, &mut around),
        }
        looked
    }

    /// Returns what is to be looked at now, in order, or `None` for everything.
    fn take_due(&mut self, heard: Option<Vec<PathBuf>>, readings: &Readings, now: Instant) -> Option<Vec<PathBuf>> {
        let (left, hot) = (std::mem::take(&mut self.left), self.hot.take());
        let Some(heard) = heard else {
            self.spacing.clear();
            return None;
        };
        if self.collection.kind == CollectionKind::Notes {
            return Some(self.spacing.sift(heard, |path| readings.is_in_place(path), now));
        }
        let mut seen = HashSet::new();
        let hot = hot.into_iter().flat_map(|(hot, _)| hot);
        Some(left.into_iter().chain(heard).chain(hot).filter(|path| seen.insert(path.clone())).collect())
    }

    fn read(
        &mut self,
        around: &mut Around<'_>,
        paths: Option<&[PathBuf]>,
        tell: &mut dyn FnMut(&State),
    ) -> Result<Summary> {
        let rules = self.rules()?;
        let Collection { path: root, space, .. } = &self.collection;
        let now = Instant::now();
        if paths.is_none() && !around.watches.is_true(root) {
            // Watched before it is read: what changes meanwhile is heard.
            let vault = Vault::scan_by(root, std::slice::from_ref(&rules))?;
            around.watches.set(root, vault.folders());
        }
        let heard: Vec<PathBuf> = match paths {
            Some(paths) => paths.iter().filter(|path| !self.to_remove.contains(*path)).cloned().collect(),
            None => vec![root.clone()],
        };
        let options = Options {
            rules: vec![rules],
            vanished: around.vanished.clone(),
            removal: Removal::Later,
            cancel: Arc::clone(around.cancel),
            ..Options::of(space)
        };
        let watched = root.clone();
        let mut summary = if heard.is_empty() {
            Summary::default()
        } else {
            let named = (!self.is_passing).then_some(&self.collection);
            let mut reading = Reading::new(named, around.memory, around.inbox, &options.cancel);
            let (state, gave_way) = (&mut self.state, &mut self.gave_way);
            let looked = reconcile(around.memory, &heard, &options, around.readings, &mut |progress| {
                if reading.take(&progress) {
                    state.state = Doing::Reading;
                    // What was looked at before it gave way is passed over again, which is nobody's news.
                    let reached = state.progress.map_or(0, |(at, _)| at.min(progress.files_total));
                    state.progress = Some((progress.files_done.max(reached), progress.files_total));
                    tell(state);
                }
                if progress.passages > 0 && progress.current.is_some() && reading.is_enough(Instant::now()) {
                    *gave_way = true;
                    options.cancel.store(true, Ordering::Relaxed);
                }
            });
            match looked {
                // What was heard of is no note and never was one, or came and went.
                Err(error) if paths.is_some() && is_nothing(&error) && watched.is_dir() => Summary::default(),
                looked => looked?,
            }
        };
        if !self.to_remove.is_empty() {
            let gone: Vec<PathBuf> = self.to_remove.iter().cloned().collect();
            let options = Options { removal: Removal::Now, ..options.clone() };
            match reconcile(around.memory, &gone, &options, around.readings, &mut |_| {}) {
                Ok(removed) => {
                    summary.removed += removed.removed;
                    // Its disk went away in between.
                    summary.kept += removed.kept;
                    summary.warnings.extend(removed.warnings);
                }
                // It was another file's by then, or nothing was known of it.
                Err(error) if is_nothing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if summary.cancelled {
            // Whatever stopped it (a pause, the end, other folders) decides what comes; the rest is read after that.
            around.cancel.store(around.inbox.is_stopping(), Ordering::Relaxed);
            self.pending.add_all(now);
            return Ok(summary);
        }
        if summary.deferred > 0 {
            self.pending.add_all(Instant::now());
        }
        if paths.is_none() {
            // How a file looked that just went elsewhere is what it will be recognised by, until the graph says where it is.
            // Asked for only once a file is missing; if it can't be had, nothing is let go of.
            let known = LazyCell::new(|| {
                let sources = around.memory.sources(None).ok()?;
                Some(sources.into_iter().map(|source| source.path).collect::<HashSet<PathBuf>>())
            });
            around
                .readings
                .retain(&watched, |path| path.exists() || known.as_ref().is_none_or(|known| known.contains(path)));
        }
        self.watch(around, &summary.folders, paths.is_none());
        Ok(summary)
    }

    /// Reads on the logs that were heard of, or all.
    fn follow(
        &mut self,
        around: &mut Around<'_>,
        paths: Option<&[PathBuf]>,
        tell: &mut dyn FnMut(&State),
    ) -> Result<Summary> {
        let rules = self.rules()?;
        // What is no log that is known and there may be a folder, or a log between two names: so all are looked for.
        let named = paths.filter(|paths| paths.iter().all(|path| self.logs.contains(path) && path.is_file()));
        let options = Options { zone: TimeZone::system(), now: wiring::now(), ..Options::of(rules.space()) };
        let cancel = Arc::clone(around.cancel);
        let wanted = (!self.is_passing).then_some(&self.collection);
        let mut reading = Reading::new(wanted, around.memory, around.inbox, &cancel);
        let state = &mut self.state;
        let mut goes_on = || {
            reading.rest();
            if reading.is_long() {
                state.state = Doing::Reading;
                tell(state);
            }
            !cancel.load(Ordering::Relaxed)
        };
        let Followed { summary, logs, hot, left } =
            follow(around.memory, &rules, named, &options, around.readings, &mut goes_on)?;
        if let Some(logs) = logs {
            self.logs = logs;
        }
        self.hot = (!hot.is_empty()).then(|| (hot, Instant::now() + LOGS_EVERY.max(LOG_QUIET)));
        (self.gave_way, self.left) = (!left.is_empty(), left);
        if summary.cancelled {
            around.cancel.store(around.inbox.is_stopping(), Ordering::Relaxed);
            self.pending.add_all(Instant::now());
        }
        if named.is_none() {
            self.watch(around, &summary.folders, true);
        }
        Ok(summary)
    }

    /// Reads on the transcripts that were heard of, or all.
    fn follow_transcripts(
        &mut self,
        around: &mut Around<'_>,
        paths: Option<&[PathBuf]>,
        tell: &mut dyn FnMut(&State),
    ) -> Result<Summary> {
        let rules = self.rules()?;
        // What is no file may be a folder that came, with transcripts in it.
        let named = paths.filter(|paths| paths.iter().all(|path| path.is_file()));
        let options = Options {
            zone: TimeZone::system(),
            now: wiring::now(),
            removal: Removal::Later,
            cancel: Arc::clone(around.cancel),
            ..Options::of(rules.space())
        };
        let cancel = Arc::clone(around.cancel);
        let wanted = (!self.is_passing).then_some(&self.collection);
        let mut reading = Reading::new(wanted, around.memory, around.inbox, &cancel);
        let state = &mut self.state;
        let mut goes_on = |at: &TranscriptProgress| {
            reading.rest();
            if reading.is_long() {
                state.state = Doing::Reading;
                state.progress = Some((at.bytes_done / 1024, at.bytes_total / 1024));
                tell(state);
            }
            !cancel.load(Ordering::Relaxed)
        };
        let summary = follow_transcripts(around.memory, &rules, named, &options, around.readings, &mut goes_on)?;
        if summary.cancelled {
            around.cancel.store(around.inbox.is_stopping(), Ordering::Relaxed);
            self.pending.add_all(Instant::now());
        }
        if named.is_none() {
            self.watch(around, &summary.folders, true);
        }
        Ok(Summary { gone: Vec::new(), ..summary })
    }

    /// Watches the folders that a look was into.
    fn watch(&mut self, around: &mut Around<'_>, folders: &[PathBuf], is_all: bool) {
        let root = &self.collection.path;
        let folders: Vec<PathBuf> = folders.iter().filter(|folder| folder.starts_with(root)).cloned().collect();
        if folders.is_empty() || (self.is_polled && !is_all) {
            return;
        }
        let watched = around.watches.set(root, &folders);
        if watched == Watched::Anew {
            // What came into a folder before it was watched was not heard.
            self.pending.add_all(Instant::now());
        }
        self.is_polled = watched == Watched::LimitReached;
        self.state.note = self.is_polled.then(|| NO_WATCHES.to_owned());
    }

    fn rules(&self) -> Result<Rules> {
        let Collection { path, space, include, exclude, .. } = &self.collection;
        Rules::new(path, space, include, exclude)
    }

    /// Takes in what came of a look at `paths`, or at all of it.
    fn settle(&mut self, summary: &Summary, paths: Option<&[PathBuf]>, was_gone: bool, took: Duration) {
        self.state.take(summary, paths, wiring::now(), took.as_millis() as u64);
        if summary.kept > 0 {
            let why = summary.warnings.last();
            self.state.state = Doing::Gone;
            self.state.error = why.map(|why| format!("{} {} ({})", why.path.display(), why.message, why.hint));
            return;
        }
        if was_gone && paths.is_some() {
            // Of what is away this look said nothing.
            self.state.state = Doing::Gone;
            return;
        }
        // What vanished and may turn up is known until it is removed.
        let is_true = !summary.cancelled && summary.gone.is_empty() && !self.gave_way;
        self.state.state = if is_true { Doing::Watching } else { Doing::Reading };
        self.state.error = None;
    }

    fn fail(&mut self, error: &Error, around: &mut Around<'_>) {
        // What was to be looked at is looked at with all the rest, once that can be.
        self.to_remove.clear();
        self.gave_way = false;
        self.left.clear();
        self.hot = None;
        self.spacing.clear();
        self.looked_at_all = Some(Instant::now());
        let is_gone = !self.collection.path.is_dir();
        let root = &self.collection.path;
        if is_gone {
            around.watches.forget(root);
        } else if !around.watches.is_true(root) {
            // What the error asks for happens in it as a rule; if it can't be watched, it is tried again now and then.
            around.watches.set(root, std::slice::from_ref(root));
        }
        // What can't be listed takes no time.
        self.retry_every = if error.kind() == ErrorKind::Io { POLL_EVERY / 3 } else { RETRY_EVERY };
        self.state.state = if is_gone { Doing::Gone } else { Doing::Failed };
        let hint = error.next_step().map(|hint| format!(" ({hint})")).unwrap_or_default();
        self.state.error = Some(format!("{}{hint}", error.message()));
        tracing::warn!(source = %self.collection.id, kind = error.kind().as_str(), "a watched folder can't be read");
    }
}

fn gone(path: &Path) -> Error {
    if path.exists() {
        return Error::new(ErrorKind::Invalid, format!("{} is no folder any more", path.display()))
            .hint("what is known of it is kept until you remove it; it is read again when it is a folder");
    }
    Error::new(ErrorKind::NotFound, format!("{} is not there", path.display()))
        .hint("it is read again when it is back; what is known of it is kept until you remove it")
}

/// Tells whether an error only says that there was nothing to do.
fn is_nothing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid)
}
