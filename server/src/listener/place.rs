//! Who is connected. There are so many places; when all are taken, whoever has done nothing with theirs for longest gives it
//! up, so that connections that are only kept open never keep a request out.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Connections at once.
pub const MAX_CONNECTIONS: usize = 256;
/// How long a connection without a request keeps its place whatever comes: a client that was just answered may be about to
/// ask again.
const SPARED: Duration = Duration::from_secs(1);
/// How long a client may leave an answer unread while places are wanted.
const UNREAD: Duration = Duration::from_secs(10);

/// The places. Clones share them.
#[derive(Clone)]
pub(super) struct Places(Arc<Taken>);

struct Taken {
    /// The number of the newest, and who has which; held for a moment at a time.
    seats: Mutex<(u64, HashMap<u64, Arc<Seat>>)>,
    began: Instant,
}

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Taken { seats: Mutex::default(), began: Instant::now() }))
    }
}

impl Places {
    /// Takes a free place, or that of whoever has done nothing with it for longest; `None` when all of them are in use.
    pub fn take(&self) -> Option<Place> {
        self.take_at(self.0.began.elapsed())
    }

    fn take_at(&self, now: Duration) -> Option<Place> {
        let mut seats = self.0.seats.lock();
        if seats.1.len() >= MAX_CONNECTIONS {
            let unused = seats.1.iter().filter_map(|(number, seat)| Some((seat.unused(now)?, *number))).max();
            let Some((_, number)) = unused else {
                metrics::counter!("hydra_http_connections_refused_total").increment(1);
                return None;
            };
            if let Some(seat) = seats.1.remove(&number) {
                seat.taken.notify_one();
            }
        }
        seats.0 += 1;
        let number = seats.0;
        let seat = Arc::new(Seat {
            began: self.0.began,
            moved: AtomicU64::new(millis(now)),
            requests: AtomicUsize::new(0),
            is_stuck: AtomicBool::new(false),
            is_heard: AtomicBool::new(false),
            taken: Notify::new(),
        });
        seats.1.insert(number, Arc::clone(&seat));
        count(seats.1.len());
        Some(Place { places: self.clone(), number, seat })
    }
}

/// A place, until it is dropped or somebody else gets it.
pub(super) struct Place {
    places: Places,
    number: u64,
    seat: Arc<Seat>,
}

impl Place {
    /// Returns what is known of the connection that has it.
    pub fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }

    /// Waits until somebody else has the place.
    pub async fn is_taken(&self) {
        self.seat.taken.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut seats = self.places.0.seats.lock();
        seats.1.remove(&self.number);
        count(seats.1.len());
    }
}

/// What is known of a connection.
pub(super) struct Seat {
    began: Instant,
    /// When something last happened that its client has a right to: it connected, a request began or ended, it read some
    /// of an answer. Sending the head of a request byte by byte is nothing.
    moved: AtomicU64,
    requests: AtomicUsize,
    /// Whether its client leaves an answer unread.
    is_stuck: AtomicBool,
    /// Whether its client has sent something since the last request, of which no request was made yet.
    is_heard: AtomicBool,
    taken: Notify,
}

impl Seat {
    /// Counts a request until what is returned is dropped.
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.requests.fetch_add(1, Ordering::AcqRel);
        self.is_heard.store(false, Ordering::Release);
        self.has_moved();
        UnderWay(Arc::clone(self))
    }

    /// Notes that something happened.
    pub fn has_moved(&self) {
        self.moved.store(millis(self.began.elapsed()), Ordering::Release);
        self.is_stuck.store(false, Ordering::Release);
    }

    /// Notes that the client has sent something: of a request's head, unless one is under way.
    pub fn hears(&self) {
        if self.requests.load(Ordering::Acquire) == 0 {
            self.is_heard.store(true, Ordering::Release);
        }
    }

    /// Tells whether a request was begun and did not become one.
    pub fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Acquire)
    }

    /// Notes that the client takes nothing at the moment.
    pub fn is_stuck(&self) {
        self.is_stuck.store(true, Ordering::Release);
    }

    /// For how long the place has been unused, if that is long enough for somebody else to get it.
    fn unused(&self, now: Duration) -> Option<Duration> {
        let since = now.saturating_sub(Duration::from_millis(self.moved.load(Ordering::Acquire)));
        let spared = match (self.requests.load(Ordering::Acquire), self.is_stuck.load(Ordering::Acquire)) {
            (0, _) => SPARED,
            (_, true) => UNREAD,
            _ => return None,
        };
        (since >= spared).then_some(since)
    }
}

/// A request that is being answered.
pub(super) struct UnderWay(Arc<Seat>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.has_moved();
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The body of an answer; the request is under way until it is sent.
pub(super) struct Held {
    body: Body,
    _request: UnderWay,
}

impl Held {
    /// Puts the two together.
    pub fn new(body: Body, request: UnderWay) -> Self {
        Self { body, _request: request }
    }
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn count(connections: usize) {
    metrics::gauge!("hydra_http_connections").set(connections as f64);
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_nothing_gives_way_and_who_is_served_does_not() {
        let places = Places::default();
        let mut held: Vec<Place> = (0..MAX_CONNECTIONS).map(|_| places.take().unwrap()).collect();
        assert!(places.take().is_none(), "all of them came just now");
        let requests: Vec<UnderWay> = held.iter().map(|place| place.seat.begin()).collect();
        let later = UNREAD * 3;
        assert!(places.take_at(later).is_none(), "each is being answered");
        held[7].seat.is_stuck();
        let taken = places.take_at(later);
        assert!(taken.is_some(), "one leaves its answer unread");
        assert!(places.take_at(later).is_none());
        drop(held.remove(7));
        assert!(places.take_at(later).is_none(), "who lost its place has none to give back");
        drop(taken);
        assert!(places.take_at(later).is_some());
        drop((requests, held));
        assert!(places.0.seats.lock().1.is_empty());
    }
}
