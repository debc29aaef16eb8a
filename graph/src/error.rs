//! What can go wrong, by what the caller met. Callers branch on [`Error::kind`], people read the message and the hint.

use std::fmt;
use std::io;

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What a caller can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing has that id, or it was forgotten.
    NotFound,
    /// The request itself is wrong; asking again the same way will fail again.
    Invalid,
    /// Something else changed the same thing later.
    Conflict,
    /// It is nobody's to do, or not the caller's.
    Refused,
    /// It needs a right that the caller was not given.
    Forbidden,
    /// A limit was crossed; the message names it.
    TooLarge,
    /// Another process holds the store.
    Locked,
    /// The store was written by a newer version of this program.
    Newer,
    /// What is on disk does not read back.
    Corrupt,
    /// The disk is full.
    Full,
    /// A write could not be made durable; reads go on, writes are refused until a restart.
    Poisoned,
    /// A part that is not there: a model, a library.
    Unavailable,
    /// The caller asked to stop.
    Cancelled,
    /// Any other failure of the machine.
    Io,
}

impl ErrorKind {
    /// Returns the stable name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Forbidden => "forbidden",
            Self::TooLarge => "too_large",
            Self::Locked => "locked",
            Self::Newer => "newer",
            Self::Corrupt => "corrupt",
            Self::Full => "full",
            Self::Poisoned => "poisoned",
            Self::Unavailable => "unavailable",
            Self::Cancelled => "cancelled",
            Self::Io => "io",
        }
    }
}

/// An error for a person: what happened, to what, and the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
}

impl Error {
    /// Makes an error; the message is lower case, without a full stop, and holds the value that was wrong.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts what was being done before the message.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// Makes an error of what the operating system said about `what`, telling a full disk from the rest.
    pub fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::new(ErrorKind::Full, format!("no space left to write {what}"))
                    .hint("free some space on that disk, then run the command again; what was acknowledged is kept")
            }
            io::ErrorKind::PermissionDenied => {
                Self::new(ErrorKind::Io, format!("no permission for {what}")).hint("check who owns it and its mode")
            }
            _ => Self::new(ErrorKind::Io, format!("{what}: {error}")),
        }
    }

    /// Returns what callers branch on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the message without the hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the next step, if there is one.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

// The message, and the next step in brackets: for a place that holds one text.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "{} ({hint})", self.message),
            None => f.write_str(&self.message),
        }
    }
}
