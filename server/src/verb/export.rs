//! `export` as a request: the answer is not JSON but the text itself, in pieces.

use std::io::{self, Write};
use std::time::Duration;

use axum::body::Bytes;
use hydra_graph::{ExportFormat, Result};
use hydra_mcp::{Crossing, Right};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Bytes that are collected before they are passed on.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that wait for whoever writes them; the export waits when there are more.
pub const MAX_WAITING_PIECES: usize = 8;

/// How often it is looked whether there is room for the next.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// How a server begins the last line of an export that failed on the way; the rest of it is the error as JSON.
pub const FAILED_LINE: &str = "# failed: ";

/// Asks for the whole graph.
#[derive(Clone, Copy, Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// How it is written.
    #[serde(default)]
    pub format: ExportFormat,
}

impl Export {
    /// Its name, as in `/v1/export`.
    pub const NAME: &'static str = "export";
    /// What whoever asks needs to be allowed: it hands out everything at once.
    pub const RIGHT: Right = Right::Admin;

    /// Starts to write; an error is the last thing that comes out. Ends when `is_stopped` says so or nobody reads.
    pub fn start(
        self,
        crossing: Crossing,
        is_stopped: impl Fn() -> bool + Send + 'static,
    ) -> mpsc::Receiver<Result<Bytes>> {
        let (pieces, inbox) = mpsc::channel(MAX_WAITING_PIECES);
        let last = pieces.clone();
        tokio::spawn(async move {
            let work = move |memory: &hydra_graph::Memory| {
                let mut out = Pieces::new(pieces, is_stopped);
                memory.export(self.format, &mut out, &mut |_, _| ())
            };
            if let Err(error) = crossing.run_long(Self::NAME, work).await {
                // Whoever asked may have gone.
                let _ = last.send(Err(error)).await;
            }
        });
        inbox
    }
}

/// Passes on what is written, waiting while too much is on its way.
pub struct Pieces<S> {
    pieces: mpsc::Sender<Result<Bytes>>,
    piece: Vec<u8>,
    is_stopped: S,
}

impl<S: Fn() -> bool> Pieces<S> {
    /// Passes on what is written to `pieces` until `is_stopped`. What is left at the end is passed on by a
    /// flush, or returned by [`Pieces::into_rest`].
    pub fn new(pieces: mpsc::Sender<Result<Bytes>>, is_stopped: S) -> Self {
        Self { pieces, piece: Vec::new(), is_stopped }
    }

    /// Returns what was not passed on.
    pub fn into_rest(self) -> Bytes {
        self.piece.into()
    }
}

impl<S: Fn() -> bool> Write for Pieces<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.is_stopped)() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut piece = Bytes::from(std::mem::take(&mut self.piece));
        loop {
            piece = match self.pieces.try_send(Ok(piece)) {
                Ok(()) => return Ok(()),
                // Whoever does not read must not keep a thread for ever.
                Err(TrySendError::Full(Ok(piece))) if !(self.is_stopped)() => piece,
                Err(_) => return Err(io::ErrorKind::BrokenPipe.into()),
            };
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
