//! Which files are read and by whom: one table from the end of a file's name to its reader.

use std::path::Path;

use hydra_graph::{Error, ErrorKind, Reading, Remark, Result, is_image};

use crate::content::Facts;
use crate::mail::MAX_MAILBOX_BYTES;
use crate::markdown::{MarkdownFile, Parsed, parse};
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::pdf::{self, MAX_PDF_BYTES};
use crate::summary::Warning;
use crate::vault::Vault;
use crate::{base, calendar, canvas, html, image, json_lines, mail, text};

/// By which rules files are read, counted up when the same bytes come to say something else: a file that was read by
/// older ones is read again though it did not change.
pub(crate) const RULES: u32 = 4;
/// Most remarks on one file that are kept.
const MAX_REMARKS: usize = 20;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A note as people write it in Obsidian, Logseq, Foam or any editor.
    Markdown,
    /// Plain text, also with the headings of reStructuredText or Org.
    Text,
    /// A web page.
    Html,
    /// An Obsidian canvas.
    Canvas,
    /// An Obsidian base.
    Base,
    /// A JSON record a line.
    JsonLines,
    /// A PDF with text in it.
    Pdf,
    /// A mailbox.
    Mailbox,
    /// One mail.
    Mail,
    /// A calendar.
    Calendar,
    /// An image, of which only the name is known.
    Image,
}

/// Ends of file names, in lower case, and what they are read as.
const EXTENSIONS: [(&str, Format); 17] = [
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
    ("txt", Format::Text),
    ("text", Format::Text),
    ("rst", Format::Text),
    ("org", Format::Text),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("canvas", Format::Canvas),
    ("base", Format::Base),
    ("jsonl", Format::JsonLines),
    ("ndjson", Format::JsonLines),
    ("pdf", Format::Pdf),
    ("mbox", Format::Mailbox),
    ("eml", Format::Mail),
    ("ics", Format::Calendar),
    ("ical", Format::Calendar),
];

impl Format {
    /// Returns how a file is read; `None` for a kind that is not.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?;
        if is_image(path) {
            return Some(Self::Image);
        }
        EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known)).map(|(_, format)| *format)
    }

    /// Returns its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "Markdown",
            Self::Text => "text",
            Self::Html => "HTML",
            Self::Canvas => "canvas",
            Self::Base => "base",
            Self::JsonLines => "JSON lines",
            Self::Pdf => "PDF",
            Self::Mailbox => "mailbox",
            Self::Mail => "mail",
            Self::Calendar => "calendar",
            Self::Image => "image",
        }
    }

    /// Returns how long a file of this kind may be.
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::Pdf => MAX_PDF_BYTES,
            Self::Mailbox => MAX_MAILBOX_BYTES,
            // Only its head is read.
            Self::Image => u64::MAX,
            _ => MAX_NOTE_BYTES,
        }
    }
}

/// Spells the kinds that are read, for a message.
pub(crate) fn known() -> String {
    let read: Vec<String> = EXTENSIONS.iter().map(|(extension, _)| format!(".{extension}")).collect();
    format!("{}, and images by their names", read.join(", "))
}

/// Turns a file's bytes into a document that knows how it was read.
///
/// # Errors
/// `Invalid` or `TooLarge` when it is not what its name says, or more than is read.
pub(crate) fn read(path: &Path, note: Note, space: &str, vault: &Vault) -> Result<Parsed> {
    let mut parsed = read_as(path, note, space, vault)?;
    let remark =
        |warning: &Warning| Remark { line: warning.line, message: warning.message.clone(), hint: warning.hint.clone() };
    let remarks = parsed.warnings.iter().take(MAX_REMARKS).map(remark).collect();
    parsed.document.reading = Reading { rules: RULES, remarks, redactions: 0 };
    Ok(parsed)
}

fn read_as(path: &Path, note: Note, space: &str, vault: &Vault) -> Result<Parsed> {
    let format = Format::of(path).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "is of a kind that is not read").hint(format!("read are {}", known()))
    })?;
    let (content_hash, modified_at) = (note.content_hash.clone(), note.modified_at);
    let facts = Facts { path, content_hash: &content_hash, modified_at, space };
    let content = match format {
        Format::Markdown => {
            let (text, nuls) = note.into_text()?;
            let file = MarkdownFile { path, text: &text, content_hash: &content_hash, modified_at, space };
            let mut parsed = parse(&file, vault);
            if nuls > 0 {
                let message = format!("holds {nuls} NUL bytes, read as U+FFFD");
                parsed.warn(None, message, "open it and remove them; it may be damaged");
            }
            return Ok(parsed);
        }
        Format::Text => text::read(&note.into_bytes(), path)?,
        Format::Html => html::read(&note.into_bytes())?,
        Format::Canvas => canvas::read(&note.into_bytes())?,
        Format::Base => base::read(&note.into_bytes())?,
        Format::JsonLines => json_lines::read(&note.into_bytes())?,
        Format::Pdf => pdf::read(note.into_bytes())?,
        Format::Mailbox => mail::read_mailbox(&note.into_bytes())?,
        Format::Mail => mail::read_message(&note.into_bytes())?,
        Format::Calendar => calendar::read(&note.into_bytes())?,
        Format::Image => image::read(path),
    };
    Ok(content.into_parsed(&facts, vault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_name_decides_without_case() {
        let of = |name: &str| Format::of(Path::new(name)).map(Format::name);
        assert_eq!(of("/v/a.MD"), Some("Markdown"));
        assert_eq!(of("/v/a.b.Txt"), Some("text"));
        for name in ["/v/a.docx", "/v/md", "/v/.md", "/v/a.md.bak"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
