//! The one writer: every change is decided, made durable and applied here, on one thread.
//!
//! Oxigraph's transactions do not detect conflicts, so a decision is only right if nothing else writes between what it
//! read and its commit. Requests that wait together are decided one after the other in one transaction, share one
//! fsync of the redo log, and become visible together: readers only ever see what is durable.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use oxigraph::model::Quad;
use parking_lot::Mutex;

use crate::catch_up::Head;
use crate::ends::Ends;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Id, Mint};
use crate::journal::{self, Agent, Change, Entry};
use crate::mention::KnownNames;
use crate::redo::{Disk, RedoLog};
use crate::rehearsal;
use crate::secret::masking;
use crate::shapes::Shapes;
use crate::store::{GraphStore, View};
use crate::time::Clock;

/// Requests that may wait; a further one waits for a place.
const QUEUE: usize = 1024;
/// Requests that share one fsync.
const BATCH: usize = 256;
/// Bytes of entries after which a batch is closed.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Statements of an older format that are brought up to this one at once.
const MOVED_AT_ONCE: usize = 20_000;
/// An update in SPARQL is evaluated on this thread, which goes down with its nesting; what is not used costs nothing.
const STACK_BYTES: usize = 256 << 20;
/// Writes are refused below this, so that the store itself never meets a full disk in the middle of a commit.
pub const MIN_FREE_BYTES: u64 = 64 * 1024 * 1024;

type Decide = Box<dyn FnOnce(&View<'_>) -> Result<Change> + Send>;

enum Request {
    Write { agent: Agent, decide: Decide, reply: Sender<Result<Option<Id>>> },
    Replace { store: GraphStore, copied_at: Option<Id>, place: Place, reply: Sender<Result<()>> },
    Answer(Sender<()>),
    Close(Sender<Result<()>>),
}

/// Makes a flushed store the one that is opened from now on, durably.
type Place = Box<dyn FnOnce() -> Result<()> + Send>;

/// The way to the writer's thread.
pub(crate) struct Writer {
    requests: Mutex<Option<SyncSender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    refusal: Arc<Mutex<Option<Error>>>,
    log_bytes: Arc<AtomicU64>,
    /// These three only for rehearsals.
    store: Arc<GraphStore>,
    mint: Arc<Mint>,
    clock: Clock,
}

/// A write under way.
pub(crate) struct Ticket<T> {
    reply: Receiver<Result<Option<Id>>>,
    outcome: Arc<Mutex<Option<T>>>,
}

impl<T> Ticket<T> {
    /// Waits until the change is durable; the commit is `None` when nothing had to change.
    pub fn wait(self) -> Result<(Option<Id>, T)> {
        let commit = self.reply.recv().map_err(|_| stopped())??;
        let outcome = self.outcome.lock().take().expect("a decision that was made left its outcome");
        Ok((commit, outcome))
    }
}

impl Writer {
    /// Opens the log, replays what the store does not know, and starts the thread.
    pub fn start(
        log: &Path,
        disk: Box<dyn Disk>,
        store: Arc<GraphStore>,
        head: Arc<Head>,
        clock: Clock,
        names: Arc<KnownNames>,
    ) -> Result<(Self, Arc<Mint>)> {
        let shapes = Shapes::builtin()?;
        let (mut log, entries) = RedoLog::open(log, disk)?;
        migrate(&store)?;
        replay(&store, &entries)?;
        let newest = store.view()?.head()?;
        // What was read may never have reached the medium (after a failed fsync, it was read from memory): nothing is
        // acknowledged on top of it before it has.
        if let (Some(newest), false) = (newest, entries.is_empty()) {
            store.flush()?;
            log.cut(newest)?;
        }
        head.set(newest);
        // Ids below a commit's were minted before it; entries that the store knew already may be newer than its head.
        let last = entries.iter().flat_map(|e| e.touched.iter().copied().chain([e.commit])).chain(newest).max();
        let mint = Arc::new(Mint::above(last.unwrap_or(Id(0))));
        let log_bytes = Arc::new(AtomicU64::new(log.size_bytes()));
        let refusal = Arc::new(Mutex::new(None));
        let (own_store, own_clock) = (Arc::clone(&store), clock.clone());
        let (sender, receiver) = sync_channel(QUEUE);
        let state = State {
            store,
            log,
            head,
            clock,
            mint: Arc::clone(&mint),
            shapes,
            ends: Arc::default(),
            names,
            refusal: Arc::clone(&refusal),
            log_bytes: Arc::clone(&log_bytes),
        };
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .stack_size(STACK_BYTES)
            .spawn(move || state.run(&receiver))
            .map_err(|e| Error::io("the writer's thread", &e))?;
        let writer = Self {
            requests: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            refusal,
            log_bytes,
            store: own_store,
            mint: Arc::clone(&mint),
            clock: own_clock,
        };
        Ok((writer, mint))
    }

    /// Hands a decision to the writer and waits until it is durable.
    pub fn write<T: Send + 'static>(
        &self,
        agent: Agent,
        decide: impl FnOnce(&View<'_>) -> Result<(Change, T)> + Send + 'static,
    ) -> Result<(Option<Id>, T)> {
        self.submit(agent, decide)?.wait()
    }

    /// Hands a decision to the writer; several that are submitted before the first is waited for share an fsync.
    pub fn submit<T: Send + 'static>(
        &self,
        agent: Agent,
        decide: impl FnOnce(&View<'_>) -> Result<(Change, T)> + Send + 'static,
    ) -> Result<Ticket<T>> {
        let outcome = Arc::new(Mutex::new(None));
        if rehearsal::is_on() {
            let (reply, receiver) = channel();
            let (commit, value) = self.rehearse(&agent, decide)?;
            *outcome.lock() = Some(value);
            reply.send(Ok(commit)).expect("its receiver is here");
            return Ok(Ticket { reply: receiver, outcome });
        }
        let slot = Arc::clone(&outcome);
        let decide: Decide = Box::new(move |view| {
            let (change, value) = decide(view)?;
            *slot.lock() = Some(value);
            Ok(change)
        });
        let (reply, receiver) = channel();
        let sender = self.requests.lock().clone().ok_or_else(stopped)?;
        sender.send(Request::Write { agent, decide, reply }).map_err(|_| stopped())?;
        Ok(Ticket { reply: receiver, outcome })
    }

    /// Decides and checks as the writer's thread would, on this thread and on a view that is thrown away.
    fn rehearse<T>(
        &self,
        agent: &Agent,
        decide: impl FnOnce(&View<'_>) -> Result<(Change, T)>,
    ) -> Result<(Option<Id>, T)> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let mut view = self.store.view()?;
        rehearsal::show(&mut view)?;
        let (change, value) = decide(&view)?;
        if !change.erased.is_empty() || !change.redacted.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "what changes history can't be tried by doing it")
                .hint("ask for the preview that forgetting has"));
        }
        let Some(change) = examine(Shapes::shared(), &view, change)? else { return Ok((None, value)) };
        let at = (self.clock)();
        let entry = Entry::new(self.mint.mint(at), view.head()?, at, agent, &change);
        let commit = entry.commit;
        rehearsal::keep(entry);
        Ok((Some(commit), value))
    }

    /// Lets a copy of the store take its place: brings it up from the commit that it was copied at, flushes it, has it
    /// `place`d, and cuts the log, in which nothing is left then.
    pub fn replace(
        &self,
        store: GraphStore,
        copied_at: Option<Id>,
        place: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let (reply, receiver) = channel();
        let sender = self.requests.lock().clone().ok_or_else(stopped)?;
        let place = Box::new(place);
        sender.send(Request::Replace { store, copied_at, place, reply }).map_err(|_| stopped())?;
        receiver.recv().map_err(|_| stopped())?
    }

    /// Waits until the thread has come to this request; returns whether it did and writes are not refused. One that has
    /// more to do than it can keep is not waited for.
    pub fn answers(&self) -> bool {
        let (reply, receiver) = channel();
        let Some(sender) = self.requests.lock().clone() else { return false };
        sender.try_send(Request::Answer(reply)).is_ok() && receiver.recv().is_ok() && self.refusal().is_none()
    }

    /// Returns why writes are refused, if they are.
    pub fn refusal(&self) -> Option<Error> {
        self.refusal.lock().clone()
    }

    /// Returns how much a replay would read.
    pub fn log_bytes(&self) -> u64 {
        self.log_bytes.load(Ordering::Relaxed)
    }

    /// Finishes what waits, flushes the store, cuts the log and ends the thread.
    pub fn close(&self) -> Result<()> {
        let Some(sender) = self.requests.lock().take() else { return Ok(()) };
        let (reply, receiver) = channel();
        let result = match sender.send(Request::Close(reply)) {
            Ok(()) => receiver.recv().unwrap_or_else(|_| Err(stopped())),
            Err(_) => Err(stopped()),
        };
        if let Some(thread) = self.thread.lock().take() {
            // A panic was reported as `stopped` above.
            let _ = thread.join();
        }
        result
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Poisoned, "the writer has stopped")
        .hint("restart `hydra serve`; what was acknowledged is kept")
}

/// Checks a change; `None` if it changes nothing.
fn examine(shapes: &Shapes, view: &View<'_>, mut change: Change) -> Result<Option<Change>> {
    masking::change(&mut change);
    change.reduce(view)?;
    if change.is_empty() {
        return Ok(None);
    }
    shapes.check(view, &change)?;
    Ok(Some(change))
}

/// Brings a store of an older format up to this one. Cut short, it goes on where it was at the next start.
fn migrate(store: &GraphStore) -> Result<()> {
    let mut view = store.view()?;
    let mut is_older = journal::migrate(&mut view)?;
    view.commit()?;
    let reading = store.view()?;
    if reading.is_of_format_3()? {
        is_older = true;
        let mut old = reading.memories_of_format_3();
        loop {
            let part: Vec<Quad> = old.by_ref().take(MOVED_AT_ONCE).collect::<Result<_>>()?;
            let mut view = store.view()?;
            view.move_memories(&part)?;
            view.commit()?;
            if part.is_empty() {
                break;
            }
        }
    }
    if is_older {
        store.flush()?;
        tracing::info!("brought the store up to this version's format");
    }
    Ok(())
}

/// Applies entries that the store does not know, in order.
fn replay(store: &GraphStore, entries: &[Entry]) -> Result<()> {
    let mut replayed = 0;
    for entry in entries {
        let mut view = store.view()?;
        if journal::is_commit(&view, entry.commit)? {
            continue;
        }
        let head = view.head()?;
        if head != entry.previous {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("the redo log goes on from another commit than the store's newest, at commit {}", entry.commit),
            )
            .hint("the store or its log was replaced by itself; restore both from the same backup"));
        }
        entry.apply(&mut view)?;
        view.commit()?;
        replayed += 1;
    }
    if replayed > 0 {
        tracing::info!(commits = replayed, "replayed commits from the redo log");
    }
    Ok(())
}

struct State {
    store: Arc<GraphStore>,
    log: RedoLog,
    head: Arc<Head>,
    clock: Clock,
    mint: Arc<Mint>,
    shapes: Shapes,
    /// What decisions need not read again.
    ends: Arc<Mutex<Ends>>,
    /// Hears of every name.
    names: Arc<KnownNames>,
    refusal: Arc<Mutex<Option<Error>>>,
    log_bytes: Arc<AtomicU64>,
}

impl State {
    fn run(mut self, requests: &Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let mut batch = Vec::new();
            let mut closing = None;
            let mut replacing = None;
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Write { agent, decide, reply } => batch.push((agent, decide, reply)),
                    Request::Replace { store, copied_at, place, reply } => {
                        replacing = Some((store, copied_at, place, reply));
                    }
                    // Whoever asked may have gone.
                    Request::Answer(reply) => _ = reply.send(()),
                    Request::Close(reply) => closing = Some(reply),
                }
                next = if batch.len() < BATCH && closing.is_none() && replacing.is_none() {
                    requests.try_recv().ok()
                } else {
                    None
                };
            }
            // Large changes close a batch early, so that no frame grows without bound.
            let mut rest = batch.into_iter().peekable();
            while rest.peek().is_some() {
                self.commit_some(&mut rest);
            }
            if self.log.is_long()
                && self.refusal.lock().is_none()
                && let Err(error) = self.cut_log()
            {
                tracing::warn!(%error, "the redo log was not cut; it will be at the next chance");
            }
            if let Some((store, copied_at, place, reply)) = replacing {
                let poisoned = self.refusal.lock().clone();
                let result = match poisoned {
                    Some(error) => Err(error),
                    None => self.replace(store, copied_at, place),
                };
                if let Some(error) = result.as_ref().err().filter(|error| error.kind() == ErrorKind::Poisoned) {
                    self.refusal.lock().get_or_insert_with(|| error.clone());
                }
                // Whoever asked may have gone; the copy is dropped, or in use.
                let _ = reply.send(result);
            }
            self.log_bytes.store(self.log.size_bytes(), Ordering::Relaxed);
            if let Some(reply) = closing {
                let poisoned = self.refusal.lock().clone();
                let result = match poisoned {
                    Some(error) => Err(error),
                    None => self.cut_log(),
                };
                // Whoever closes may have gone.
                let _ = reply.send(result);
                return;
            }
        }
    }

    fn replace(&mut self, store: GraphStore, copied_at: Option<Id>, place: Place) -> Result<()> {
        let newer = {
            let view = self.store.view()?;
            let none = || Error::new(ErrorKind::Corrupt, "the store was copied at a commit that it does not know");
            match copied_at {
                Some(commit) => journal::since(&view, commit)?.ok_or_else(none)?,
                None => Vec::new(),
            }
            .into_iter()
            .map(|commit| Entry::read(&view, commit))
            .collect::<Result<Vec<Entry>>>()?
        };
        for entry in newer {
            let mut view = store.view()?;
            entry.apply(&mut view)?;
            view.commit()?;
        }
        store.flush()?;
        place()?;
        self.store.replace(store);
        self.cut_log()?;
        self.log.discard_torn()
    }

    fn cut_log(&mut self) -> Result<()> {
        let Some(newest) = self.head.get() else { return Ok(()) };
        self.store.flush()?;
        self.log.cut(newest)
    }

    /// Decides, makes durable and applies the next requests, up to the size of one frame.
    fn commit_some(&mut self, requests: &mut impl Iterator<Item = (Agent, Decide, Sender<Result<Option<Id>>>)>) {
        let mut entries = Vec::new();
        let mut replies = Vec::new();
        let result = self.decide_some(requests, &mut entries, &mut replies);
        if let Err(error) = &result {
            self.ends.lock().clear();
            if error.kind() == ErrorKind::Poisoned {
                tracing::error!(%error, "writes are refused from now on");
                self.refusal.lock().get_or_insert_with(|| error.clone());
            }
        } else if let Some(entry) = entries.last() {
            self.head.set(Some(entry.commit));
        }
        for (reply, answer) in replies {
            // What was decided beside a commit that failed may rest on it, so all of them fail.
            let answer = match &result {
                Ok(()) => answer,
                Err(error) => answer.and(Err(error.clone())),
            };
            // Whoever asked may have gone; the commit stands.
            let _ = reply.send(answer);
        }
    }

    #[allow(clippy::type_complexity, reason = "a list of waiting callers and their answers, used only here")]
    fn decide_some(
        &mut self,
        requests: &mut impl Iterator<Item = (Agent, Decide, Sender<Result<Option<Id>>>)>,
        entries: &mut Vec<Entry>,
        replies: &mut Vec<(Sender<Result<Option<Id>>>, Result<Option<Id>>)>,
    ) -> Result<()> {
        let refused = match self.refusal.lock().clone() {
            Some(error) => Err(error),
            None => self.log.check_space(MIN_FREE_BYTES),
        };
        let mut view = match refused.and_then(|()| self.store.view()) {
            Ok(view) => view.knowing(&self.ends),
            Err(error) => {
                replies.extend(requests.map(|(_, _, reply)| (reply, Ok(None))));
                return Err(error);
            }
        };
        let mut bytes = 0;
        for (agent, decide, reply) in requests {
            let answer = match decide(&view).and_then(|change| examine(&self.shapes, &view, change)) {
                Err(error) => Err(error),
                Ok(None) => Ok(None),
                Ok(Some(change)) => match self.stage(&mut view, &agent, &change) {
                    Ok(entry) => {
                        bytes += entry.added.len() + entry.removed.len();
                        let commit = entry.commit;
                        entries.push(entry);
                        Ok(Some(commit))
                    }
                    // Half of it is in the view, and nothing may be committed on top of that.
                    Err(error) => {
                        replies.push((reply, Ok(None)));
                        return Err(error);
                    }
                },
            };
            replies.push((reply, answer));
            if bytes > BATCH_BYTES {
                break;
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        self.log.append(entries)?;
        view.commit().map_err(|error| {
            Error::new(ErrorKind::Poisoned, format!("a durable commit could not be applied: {error}"))
                .hint("restart `hydra serve`: it will be replayed from the redo log")
        })
    }

    /// Applies a change to the open transaction.
    fn stage(&self, view: &mut View<'_>, agent: &Agent, change: &Change) -> Result<Entry> {
        let at = (self.clock)();
        let entry = Entry::new(self.mint.mint(at), view.head()?, at, agent, change);
        entry.apply_parsed(view, &change.added, &change.removed)?;
        // Before anybody sees the commit, so that no view knows a name that is not known here.
        self.names.hear(&change.added);
        if !change.erased.is_empty() {
            self.names.clear();
        }
        let mut ends = self.ends.lock();
        // Erasing takes out more than the change says.
        if !change.erased.is_empty() || ends.note(view, &change.added, &change.removed).is_err() {
            ends.clear();
        }
        Ok(entry)
    }
}
