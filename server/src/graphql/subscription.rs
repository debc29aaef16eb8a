//! What is told as it happens. Each subscription is a task with a place of its own (`hub`), that ends when its reader goes
//! or the server stops.
//!
//! A slow reader is waited for, and loses nothing that matters: commits are read from the journal, from the last one that
//! was told; of folders and ingests the newest state is told, in which the ones between are; of traces those that were
//! missed are counted, and each is kept in the memory.

use async_graphql::{Context, Error, Result, SimpleObject, Subscription as AsSubscription};
use hydra_graph::MAX_CHANGES;
use hydra_mcp::Right;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::caller::Caller;
use super::commit::{Change, Changes};
use super::recall::{self, Trace};
use super::scalar::NodeId;
use super::scope::Scope;
use super::source::{self, AllSources, IngestRun};
use crate::verb;

/// Events that wait for their reader; then whoever tells them waits.
const MAX_WAITING: usize = 4;

/// A recall that was answered, or how many were missed.
#[derive(Debug, SimpleObject)]
pub struct Traced {
    /// The answer, as `trace` shows it; null if its reader was too slow, and for answers that are not of the spaces.
    trace: Option<Trace>,
    /// How many answers were given that this reader was too slow for; they are kept and can be asked for by their ids.
    missed: usize,
}

/// Where what is told goes.
struct Outlet<T>(mpsc::Sender<Result<T>>);

impl<T> Outlet<T> {
    /// Tells something; `false` when nobody reads any more.
    async fn tell(&self, told: Result<T>) -> bool {
        self.0.send(told).await.is_ok()
    }
}

/// Starts a subscription, which holds a place while it runs.
fn start<T: Send + 'static, F: Future<Output = ()> + Send + 'static>(
    caller: &Caller,
    run: impl FnOnce(Caller, Outlet<T>) -> F,
) -> Result<ReceiverStream<Result<T>>> {
    caller.check(Right::Read, "subscription")?;
    let place = caller.place()?;
    let (sender, inbox) = mpsc::channel(MAX_WAITING);
    let mut server = caller.stopping.clone();
    let gone = sender.clone();
    let own = caller.clone();
    let work = run(caller.clone(), Outlet(sender));
    tokio::spawn(async move {
        let _place = place;
        tokio::select! {
            () = own.ended() => {}
            () = work => {}
            () = gone.closed() => {}
            _ = server.wait_for(|stopping| *stopping) => {}
        }
    });
    Ok(ReceiverStream::new(inbox))
}

/// What is told as it happens.
#[derive(Default)]
pub struct Subscription;

/// What is told as it happens, for as long as somebody listens.
#[AsSubscription]
impl Subscription {
    /// Commits, oldest first, each with what it touched: from now on, or from one that is known already. None is left out,
    /// however slow the reader is.
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The last commit that is known; begins now if left out.")] after: Option<NodeId>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<impl Stream<Item = Result<Change>> + use<>> {
        let caller = Caller::of(context)?;
        let mut head = caller.crossing().commits();
        // What is committed from here on is told.
        let mut known = match after {
            Some(after) => Some(after),
            None => newest(caller).await?,
        };
        let scope = Scope::new(spaces, None, None);
        start(caller, async move |caller: Caller, outlet: Outlet<Change>| {
            loop {
                let page = match page(&caller, known, &scope).await {
                    Ok(page) => page,
                    Err(error) => {
                        // Whoever reads is told, if anybody does.
                        let _ = outlet.tell(Err(error)).await;
                        return;
                    }
                };
                for change in page.commits {
                    if !outlet.tell(Ok(change)).await {
                        return;
                    }
                }
                known = page.newest.or(known);
                if !page.is_more && head.changed().await.is_err() {
                    return;
                }
            }
        })
    }

    /// The watched folders, now and whenever one of them is otherwise: how far reading is, what went wrong.
    async fn sources(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<AllSources>> + use<>> {
        let caller = Caller::of(context)?;
        let (mut states, mut head) = (caller.hub.sources(), caller.crossing().commits());
        start(caller, async move |caller: Caller, outlet: Outlet<AllSources>| {
            let mut told = None;
            loop {
                let all = source::all(&caller).await;
                // Most commits are about something else.
                if all.is_err() || all.as_ref().ok() != told.as_ref() {
                    told = all.as_ref().ok().cloned();
                    if !outlet.tell(all).await {
                        return;
                    }
                }
                let changed = tokio::select! {
                    changed = states.changed() => changed,
                    changed = head.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
            }
        })
    }

    /// The ingests that somebody asked for here, the running ones and those that ended last, now and whenever one gets on.
    async fn ingests(&self, context: &Context<'_>) -> Result<impl Stream<Item = Result<Vec<IngestRun>>> + use<>> {
        let caller = Caller::of(context)?;
        let mut runs = caller.hub.runs();
        start(caller, async move |_, outlet: Outlet<Vec<IngestRun>>| {
            loop {
                let all = runs.borrow_and_update().values().cloned().collect();
                if !outlet.tell(Ok(all)).await || runs.changed().await.is_err() {
                    return;
                }
            }
        })
    }

    /// The answers that recall gives from now on, to anybody.
    async fn traces(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<impl Stream<Item = Result<Traced>> + use<>> {
        let caller = Caller::of(context)?;
        let mut traces = caller.hub.traces();
        let scope = Scope::new(spaces, None, None);
        start(caller, async move |caller: Caller, outlet: Outlet<Traced>| {
            loop {
                let told = match traces.recv().await {
                    // What is dropped or of another space is nobody's business here.
                    Ok(id) => match recall::trace(&caller, NodeId(id), &scope).await {
                        Ok(trace) => Traced { trace: Some(trace), missed: 0 },
                        Err(_) => continue,
                    },
                    Err(RecvError::Lagged(missed)) => {
                        Traced { trace: None, missed: usize::try_from(missed).unwrap_or(usize::MAX) }
                    }
                    Err(RecvError::Closed) => return,
                };
                if !outlet.tell(Ok(told)).await {
                    return;
                }
            }
        })
    }
}

/// The newest commit.
async fn newest(caller: &Caller) -> Result<Option<NodeId>, Error> {
    let changes = verb::Changes { limit: Some(1), ..verb::Changes::default() };
    Ok(caller.ask::<_, Changes>(changes, &Scope::everything()).await?.newest)
}

/// The commits after one; of an empty memory, all of them.
async fn page(caller: &Caller, after: Option<NodeId>, scope: &Scope) -> Result<Changes, Error> {
    let (after, spaces) = (after.map(|id| id.0), scope.spaces());
    let changes = verb::Changes { after, spaces, limit: Some(MAX_CHANGES), ..verb::Changes::default() };
    caller.ask(changes, scope).await
}
