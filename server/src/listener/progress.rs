//! A connection that notes whether its client sends something and takes what is written, and never says a status alone.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::place::Seat;
use super::refusal;

/// A stream that something can still be said on when whoever spoke HTTP on it has given up. Held for one poll at a time.
pub(super) type Shared<S> = Arc<Mutex<S>>;

/// Makes a stream one that can be shared.
pub(super) fn shared<S>(stream: S) -> Shared<S> {
    Arc::new(Mutex::new(stream))
}

/// The stream of a connection and what is known of it.
pub(super) struct Watched<S> {
    stream: Shared<S>,
    seat: Arc<Seat>,
    /// What is said in place of an answer, and how much of it is written.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Watched<S> {
    /// Puts the two together.
    pub fn new(stream: Shared<S>, seat: Arc<Seat>) -> Self {
        Self { stream, seat, instead: None }
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(1..)) => self.seat.has_moved(),
            Poll::Ready(_) => {}
            Poll::Pending => self.seat.is_stuck(),
        }
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    /// Writes what is said in place of `bytes`, if something is; they count as written when it is.
    fn poll_instead(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.instead.is_none() {
            self.instead = refusal::in_place_of(bytes).map(|whole| (whole, 0));
        }
        let (whole, done) = self.instead.as_mut()?;
        let mut stream = self.stream.lock();
        let mut write_all = || -> Poll<io::Result<usize>> {
            while *done < whole.len() {
                let written = ready!(Pin::new(&mut *stream).poll_write(context, &whole[*done..]))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                *done += written;
            }
            Poll::Ready(Ok(bytes.len()))
        };
        let written = write_all();
        drop(stream);
        if written.is_ready() {
            self.instead = None;
        }
        Some(written)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut *self.stream.lock()).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.seat.hears();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = match self.poll_instead(context, bytes) {
            Some(written) => written,
            None => Pin::new(&mut *self.stream.lock()).poll_write(context, bytes),
        };
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A status alone is one piece.
        let instead = match pieces {
            [alone] => self.poll_instead(context, alone),
            _ => None,
        };
        let written = match instead {
            Some(written) => written,
            None => Pin::new(&mut *self.stream.lock()).poll_write_vectored(context, pieces),
        };
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.lock().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.lock()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.lock()).poll_shutdown(context)
    }
}
