//! The bytes of one file: read within a limit, hashed, and turned into text.

use std::fs::{File, Metadata};
use std::io::{ErrorKind as IoKind, Read};
use std::path::Path;

use hydra_graph::{Error, ErrorKind, Result, Timestamp};

use crate::format::Format;
use crate::image::IMAGE_HEAD_BYTES;

/// Longest note that is read, 16 MiB: a novel is 1 MiB, so what is longer is an export or a log with the wrong ending.
pub const MAX_NOTE_BYTES: u64 = 16 * 1024 * 1024;
/// A text in which one byte in this many is NUL is another encoding, not a text with a stray NUL.
const BYTES_PER_NUL: usize = 8;

/// A note's bytes as they are on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    bytes: Vec<u8>,
    /// BLAKE3 of the bytes, in hex; of an image, of its length and its head.
    pub content_hash: String,
    /// When the file was last changed, where the file system tells.
    pub modified_at: Option<Timestamp>,
}

impl Note {
    /// Reads a file.
    ///
    /// # Errors
    /// `NotFound` when it vanished, `Invalid` when it is no plain file, `TooLarge` above what is read of its kind, else
    /// `Io`.
    pub fn read(path: &Path) -> Result<Self> {
        let failed = |error: &std::io::Error| match error.kind() {
            IoKind::NotFound => Error::new(ErrorKind::NotFound, "vanished before it could be read")
                .hint("nothing to do if you moved or deleted it; else run it again"),
            _ => Error::io("the file", error),
        };
        // Asked before it is opened: opening a pipe would wait for a writer for ever.
        let metadata = std::fs::metadata(path).map_err(|e| failed(&e))?;
        if !metadata.is_file() {
            return Err(Error::new(ErrorKind::Invalid, "is not a plain file").hint("name a file or a folder"));
        }
        let format = Format::of(path);
        if format == Some(Format::Image) {
            return Self::read_head(path, &metadata).map_err(|error| failed(&error));
        }
        let most = format.map_or(MAX_NOTE_BYTES, Format::max_bytes);
        let too_large = |size: u64| {
            Error::new(ErrorKind::TooLarge, format!("is {size} bytes, more than {most}"))
                .hint("split it, or leave it out with a line in .hydraignore")
        };
        if metadata.len() > most {
            return Err(too_large(metadata.len()));
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        let file = File::open(path).map_err(|e| failed(&e))?;
        // It may grow while it is read, so the limit is also on what is read, not only on what the folder says.
        file.take(most + 1).read_to_end(&mut bytes).map_err(|e| failed(&e))?;
        if bytes.len() as u64 > most {
            return Err(too_large(bytes.len() as u64));
        }
        let content_hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(Self { content_hash, bytes, modified_at: modified_at(&metadata) })
    }

    /// A note of these bytes.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let content_hash = blake3::hash(bytes).to_hex().to_string();
        Self { bytes: bytes.to_vec(), content_hash, modified_at: None }
    }

    /// Reads as much of an image as tells it from others; its hash is of that and of its length.
    fn read_head(path: &Path, metadata: &Metadata) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(IMAGE_HEAD_BYTES).read_to_end(&mut bytes)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&metadata.len().to_le_bytes()).update(&bytes);
        let content_hash = hasher.finalize().to_hex().to_string();
        Ok(Self { content_hash, bytes, modified_at: modified_at(metadata) })
    }

    /// Returns the bytes as they are.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the text, without a byte order mark and with U+FFFD for each NUL, as CommonMark asks, and how many there
    /// were.
    ///
    /// # Errors
    /// `Invalid` when it is not UTF-8.
    pub fn into_text(self) -> Result<(String, usize)> {
        let as_utf8 = "save it as UTF-8 (in most editors under `Save with encoding`), then run it again";
        let not_text = |what: String| Error::new(ErrorKind::Invalid, what).hint(as_utf8);
        if self.bytes.starts_with(&[0xFF, 0xFE]) || self.bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(not_text("is UTF-16, not UTF-8".into()));
        }
        let text = String::from_utf8(self.bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
            not_text(format!("is not UTF-8: byte {at}, in line {line}, does not fit"))
        })?;
        let nuls = text.bytes().filter(|byte| *byte == 0).count();
        if nuls * BYTES_PER_NUL > text.len() {
            return Err(not_text(format!("is not text: {nuls} of its {} bytes are NUL", text.len())));
        }
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Ok((if nuls == 0 { text } else { text.replace('\0', "\u{fffd}") }, nuls))
    }
}

fn modified_at(metadata: &Metadata) -> Option<Timestamp> {
    let since_1970 = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_millis(i64::try_from(since_1970.as_millis()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> Result<(String, usize)> {
        Note { bytes: bytes.to_vec(), content_hash: String::new(), modified_at: None }.into_text()
    }

    #[test]
    fn bytes_become_text_or_say_why_not() {
        type Expected = std::result::Result<(&'static str, usize), &'static str>;
        let cases: &[(&[u8], Expected)] = &[
            (b"plain", Ok(("plain", 0))),
            (b"\xEF\xBB\xBF# mark", Ok(("# mark", 0))),
            (b"one\0stray nul", Ok(("one\u{fffd}stray nul", 1))),
            (b"", Ok(("", 0))),
            (b"h\0e\0l\0l\0o\0", Err("is not text: 5 of its 10 bytes are NUL")),
            (b"\xFF\xFEh\0", Err("is UTF-16, not UTF-8")),
            (b"first\nGr\xFC\xDFe", Err("is not UTF-8: byte 8, in line 2, does not fit")),
        ];
        for (bytes, expected) in cases {
            match (text_of(bytes), expected) {
                (Ok((text, nuls)), Ok(expected)) => assert_eq!((text.as_str(), nuls), *expected),
                (Err(error), Err(message)) => {
                    assert_eq!(error.message(), *message);
                    assert!(error.next_step().is_some());
                }
                (got, _) => panic!("{bytes:?} gave {got:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn the_limit_on_size_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.md");
        std::fs::write(&path, vec![b'a'; MAX_NOTE_BYTES as usize]).unwrap();
        assert!(Note::read(&path).is_ok());
        std::fs::write(&path, vec![b'a'; MAX_NOTE_BYTES as usize + 1]).unwrap();
        assert_eq!(Note::read(&path).unwrap_err().kind(), ErrorKind::TooLarge);
        let image = folder.path().join("long.png");
        std::fs::write(&image, vec![b'a'; MAX_NOTE_BYTES as usize + 1]).unwrap();
        let longer = Note::read(&image).unwrap();
        assert_eq!(longer.bytes.len() as u64, IMAGE_HEAD_BYTES);
        std::fs::write(&image, vec![b'a'; MAX_NOTE_BYTES as usize]).unwrap();
        assert_ne!(Note::read(&image).unwrap().content_hash, longer.content_hash);
        assert_eq!(Note::read(&folder.path().join("gone.md")).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(Note::read(folder.path()).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
