//! The whole graph as text, and back: `export` writes it, `import` fills an empty memory with it.
//!
//! The text is N-Quads (RDF 1.2), one statement a line, in the order of its bytes (what `LC_ALL=C sort` calls sorted),
//! between a first line that says what it is and a last one that says that it is whole. Both are comments, so any reader
//! of N-Quads takes the file as it is. The same graph gives the same bytes.

mod export;
mod follower;
mod import;
mod line;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::folder::FORMAT;

pub use export::Exported;
pub(crate) use export::export;
pub use follower::Follower;
pub use import::Imported;
pub(crate) use import::import;
#[cfg(feature = "fuzzing")]
pub(crate) use import::parse as parse_line;
pub use line::MAX_LINE_BYTES;

/// The layout of the text; raised when an older program could not read what a newer one wrote.
pub const EXPORT_FORMAT: u32 = 1;
/// How every export begins.
const FIRST_LINE: &str = "# Hydra export: format ";
/// How the last line of every export begins.
const LAST_LINE: &str = "# end: ";

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// N-Quads 1.2, sorted: what an import reads.
    #[default]
    NQuads,
    /// TriG 1.2 with prefixes, grouped by graph and subject: for people and other programs.
    TriG,
}

impl ExportFormat {
    fn name(self) -> &'static str {
        match self {
            Self::NQuads => "N-Quads 1.2",
            Self::TriG => "TriG 1.2",
        }
    }
}

/// The first line: what follows, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    format: ExportFormat,
    store_format: u32,
    statements: u64,
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, store_format, statements } = self;
        write!(
            f,
            "{FIRST_LINE}{EXPORT_FORMAT}, {}, store format {store_format}, {statements} statements",
            format.name()
        )
    }
}

impl FromStr for Header {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let unknown = || {
            Error::new(ErrorKind::Invalid, "line 1: this is not what `hydra export` writes").hint(format!(
                "it begins with `{FIRST_LINE}{EXPORT_FORMAT}`; what other programs wrote is read with --from"
            ))
        };
        let rest = line.strip_prefix(FIRST_LINE).ok_or_else(unknown)?;
        let mut parts = rest.split(", ");
        let mut next = || parts.next().ok_or_else(unknown);
        let number = |text: &str| text.parse::<u32>().map_err(|_| unknown());
        let newer = |what: &str, found: u32, known: u32| {
            let message = format!("line 1: the export has {what} {found}; this program reads up to {known}");
            Err(Error::new(ErrorKind::Newer, message).hint("import it with the version that wrote it, or a newer one"))
        };
        let found = number(next()?)?;
        if found > EXPORT_FORMAT {
            return newer("format", found, EXPORT_FORMAT);
        }
        let name = next()?;
        let format = [ExportFormat::NQuads, ExportFormat::TriG].into_iter().find(|format| format.name() == name);
        let store_format = number(next()?.strip_prefix("store format ").ok_or_else(unknown)?)?;
        if store_format > FORMAT {
            return newer("store format", store_format, FORMAT);
        }
        let statements = next()?.strip_suffix(" statements").and_then(|n| n.parse().ok()).ok_or_else(unknown)?;
        match (format, parts.next()) {
            (Some(format), None) => Ok(Self { format, store_format, statements }),
            _ => Err(unknown()),
        }
    }
}

/// The last line: how much there was, and BLAKE3 of everything before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trailer {
    statements: u64,
    hash: String,
}

impl fmt::Display for Trailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{LAST_LINE}{} statements, BLAKE3 {}", self.statements, self.hash)
    }
}

impl Trailer {
    /// Reads the last line; anything else is `None`.
    fn read(line: &str) -> Option<Self> {
        let (statements, hash) = line.strip_prefix(LAST_LINE)?.split_once(" statements, BLAKE3 ")?;
        Some(Self { statements: statements.parse().ok()?, hash: hash.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_reads_back_and_anything_else_says_why_not() {
        let header = Header { format: ExportFormat::NQuads, store_format: FORMAT, statements: 7 };
        let line = header.to_string();
        assert_eq!(line.parse::<Header>().unwrap(), header);
        for (from, to, kind, said) in [
            ("# Hydra", "# Hydro", ErrorKind::Invalid, "not what"),
            ("export: format 1", "export: format 2", ErrorKind::Newer, "format 2"),
            ("N-Quads", "Prose", ErrorKind::Invalid, "not what"),
            ("store format ", "store format 9", ErrorKind::Newer, "store format 9"),
            ("7 statements", "many statements", ErrorKind::Invalid, "not what"),
            ("7 statements", "7 statements, and more", ErrorKind::Invalid, "not what"),
        ] {
            let changed = line.replace(from, to);
            assert_ne!(changed, line);
            let error = changed.parse::<Header>().unwrap_err();
            assert_eq!(error.kind(), kind, "{changed}");
            assert!(error.message().contains(said) && error.next_step().is_some(), "{error}");
        }
    }

    #[test]
    fn the_last_line_reads_back() {
        let trailer = Trailer { statements: 7, hash: "ab".into() };
        assert_eq!(Trailer::read(&trailer.to_string()), Some(trailer));
        assert_eq!(Trailer::read("# end: soon"), None);
    }
}
