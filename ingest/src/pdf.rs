//! PDF: the text of its pages, each page under its number.
//!
//! Nobody writes PDF by hand, so what is wrong with one is a program's doing or an attack. It is read on a thread of its
//! own, whose stack is bounded and whose panic costs this file only; how much it may unpack to is counted in bytes.

use std::sync::Arc;

use hydra_graph::{Datatype, Error, ErrorKind, Passage, Property, Result};
use lopdf::{DecompressError, Dictionary, Document, LoadOptions, Object, decode_text_string};

use crate::content::Content;
use crate::passages::{AIM_WORDS, MAX_PASSAGES};
use crate::piece::{Grain, Scale};

/// Longest PDF that is read, 64 MiB: books with pictures are that long, and their text is not.
pub const MAX_PDF_BYTES: u64 = 64 * 1024 * 1024;
/// Most pages of one file that are read.
pub const MAX_PDF_PAGES: usize = 2_000;
/// What the instructions of a page may unpack to.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// What all pages may unpack to.
const MAX_UNPACKED_BYTES: usize = 128 * 1024 * 1024;
/// What the streams that hold a file's objects may unpack to, all together and each.
const MAX_OBJECTS_BYTES: usize = 512 * 1024 * 1024;
const MAX_OBJECT_STREAM_BYTES: usize = 4 * 1024 * 1024;
/// Most text that is taken out.
const MAX_TEXT_BYTES: usize = 8 * 1024 * 1024;
/// Stack of the thread that reads: the parser nests a hundred deep at most.
const STACK_BYTES: usize = 16 * 1024 * 1024;
/// What a PDF says of itself, and the property that it becomes.
const INFO: [(&[u8], &str); 3] = [(b"Author", "author"), (b"Subject", "subject"), (b"Keywords", "keywords")];

/// Reads a PDF.
///
/// # Errors
/// `Invalid` when it is none, is encrypted or holds no text; `TooLarge` when it unpacks to more than is read.
pub(crate) fn read(bytes: Vec<u8>) -> Result<Content> {
    let bytes = Arc::new(bytes);
    let reader = std::thread::Builder::new().name("pdf".into()).stack_size(STACK_BYTES);
    let reading = reader.spawn(move || read_here(&bytes)).map_err(|error| Error::io("a thread to read it", &error))?;
    reading.join().unwrap_or_else(|_| Err(broken("the reader failed on it")))
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("is not a PDF that can be read: {why}"))
        .hint("open it and save it anew, or leave it out with a line in .hydraignore")
}

fn refused(error: &lopdf::Error) -> Error {
    match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) | lopdf::Error::UnsupportedSecurityHandler(_) => {
            Error::new(ErrorKind::Invalid, "is encrypted").hint("save a copy without a password if it is to be read")
        }
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { limit }) => {
            Error::new(ErrorKind::TooLarge, format!("unpacks to more than {limit} bytes in one place"))
                .hint("leave it out with a line in .hydraignore")
        }
        error => broken(&error.to_string()),
    }
}

fn read_here(bytes: &[u8]) -> Result<Content> {
    let document = Document::load_from_with_options(bytes, options(bytes)).map_err(|error| refused(&error))?;
    if document.is_encrypted() {
        return Err(refused(&lopdf::Error::InvalidPassword));
    }
    let mut content = Content::default();
    content.describe(&document);
    let pages = document.get_pages();
    let (mut unpacked, mut failed, mut is_cut) = (0, 0, pages.len() > MAX_PDF_PAGES);
    for (number, page) in pages.iter().take(MAX_PDF_PAGES) {
        let read = document.get_page_content_with_limit(*page, MAX_PAGE_BYTES).and_then(|instructions| {
            unpacked += instructions.len();
            document.extract_text_with_limit(&[*number], MAX_PAGE_BYTES)
        });
        match read {
            Ok(text) => is_cut |= !content.add_page(*number, &text),
            Err(_) => failed += 1,
        }
        if unpacked > MAX_UNPACKED_BYTES || content.text.len() > MAX_TEXT_BYTES {
            is_cut = true;
            break;
        }
    }
    if content.passages.is_empty() {
        return Err(Error::new(
            ErrorKind::Invalid,
            format!("holds no text in its {} pages, only pictures", pages.len()),
        )
        .hint("have its text recognised (as with ocrmypdf), and run it again"));
    }
    if failed > 0 {
        content.trouble(format!("{failed} of its {} pages could not be read", pages.len()), "open it and save it anew");
    }
    if is_cut {
        let message =
            format!("holds more than {MAX_PDF_PAGES} pages, {MAX_PASSAGES} passages or {MAX_TEXT_BYTES} bytes of text");
        content.trouble(format!("{message}, the rest was left out"), "split it");
    }
    Ok(content)
}

/// Shares what may be unpacked among the streams there are: each of them is unpacked while the file is opened.
fn options(bytes: &[u8]) -> LoadOptions {
    const MARK: &[u8] = b"/ObjStm";
    let streams = bytes.windows(MARK.len()).filter(|window| *window == MARK).count();
    let most = (MAX_OBJECTS_BYTES / streams.max(1)).min(MAX_OBJECT_STREAM_BYTES);
    LoadOptions { max_decompressed_size: Some(most), ..LoadOptions::default() }
}

impl Content {
    fn describe(&mut self, document: &Document) {
        let info = document.trailer.get(b"Info").ok().and_then(|info| match info {
            Object::Reference(id) => document.get_dictionary(*id).ok(),
            info => info.as_dict().ok(),
        });
        let said = |info: &Dictionary, key: &[u8]| {
            let text = decode_text_string(info.get(key).ok()?).ok()?;
            Some(text.replace('\0', "").trim().to_owned()).filter(|text| !text.is_empty())
        };
        let Some(info) = info else { return };
        self.title = said(info, b"Title");
        for (key, name) in INFO {
            if let Some(value) = said(info, key) {
                self.properties.push(Property { name: name.to_owned(), value, datatype: Datatype::Text });
            }
        }
    }

    /// Adds a page; `false` when there is no room for it.
    fn add_page(&mut self, number: u32, text: &str) -> bool {
        let text = readable(text);
        let at = self.text.len();
        for span in Scale::of(&text).split(0..text.len(), Grain::Sentence, AIM_WORDS) {
            let piece = &text[span.clone()];
            let start = at + span.start + (piece.len() - piece.trim_start().len());
            let span = start..start + piece.trim().len();
            if span.is_empty() {
                continue;
            }
            if self.passages.len() == MAX_PASSAGES {
                return false;
            }
            let line = 1 + text[..span.start - at].matches('\n').count();
            let line = u32::try_from(self.lines() + line).unwrap_or(u32::MAX);
            self.passages.push(Passage {
                span,
                line,
                headings: vec![format!("page {number}")],
                block: None,
                pattern: None,
            });
        }
        self.text.push_str(&text);
        self.text.push('\n');
        true
    }

    fn lines(&self) -> usize {
        self.text.matches('\n').count()
    }
}

/// Letters as people type them: a typeset `ﬁ` is found by nobody, and control characters are the font's own.
fn readable(text: &str) -> String {
    let mut readable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ﬀ' => readable.push_str("ff"),
            'ﬁ' => readable.push_str("fi"),
            'ﬂ' => readable.push_str("fl"),
            'ﬃ' => readable.push_str("ffi"),
            'ﬄ' => readable.push_str("ffl"),
            'ﬅ' | 'ﬆ' => readable.push_str("st"),
            c if c.is_control() && c != '\n' => readable.push(' '),
            c => readable.push(c),
        }
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::{Stream, dictionary};

    /// A PDF whose pages show these texts, each page as often as it is asked for.
    fn pdf(pages: &[&str], times: usize) -> Document {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let font =
            document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
        let mut kids: Vec<Object> = Vec::new();
        for text in pages {
            let shown = if text.is_empty() { String::new() } else { format!("BT /F1 12 Tf 50 700 Td ({text}) Tj ET") };
            let content = document.add_object(Stream::new(dictionary! {}, shown.into_bytes()));
            for _ in 0..times {
                let page = dictionary! {
                    "Type" => "Page", "Parent" => tree, "Contents" => content,
                    "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
                };
                kids.push(document.add_object(page).into());
            }
        }
        let count = kids.len() as i64;
        document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        let info =
            dictionary! { "Title" => Object::string_literal("The manual"), "Author" => Object::string_literal("Jane") };
        let info = document.add_object(info);
        document.trailer.set("Root", catalog);
        document.trailer.set("Info", info);
        document
    }

    fn bytes(mut document: Document) -> Vec<u8> {
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn pages_are_headings() {
        let content = read(bytes(pdf(&["The boiler leaks.", "", "Call the plumber."], 1))).unwrap();
        crate::mutation::check_content(&content);
        let said: Vec<_> = content
            .passages
            .iter()
            .map(|p| format!("{}: {}", p.headings.join(">"), &content.text[p.span.clone()]))
            .collect();
        assert_eq!(said, ["page 1: The boiler leaks.", "page 3: Call the plumber."]);
        assert_eq!(content.title.as_deref(), Some("The manual"));
        assert_eq!((content.properties[0].name.as_str(), content.properties[0].value.as_str()), ("author", "Jane"));
        assert_eq!(readable("ﬁnd eﬃcient\u{1}x"), "find efficient x");
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let message = |bytes: Vec<u8>| read(bytes).err().unwrap().message().to_owned();
        assert_eq!(message(bytes(pdf(&["", ""], 1))), "holds no text in its 2 pages, only pictures");
        assert!(message(b"no pdf".to_vec()).starts_with("is not a PDF that can be read"));
        assert!(message(Vec::new()).starts_with("is not a PDF that can be read"));
        let mut locked = pdf(&["secret"], 1);
        locked.trailer.set("ID", vec![Object::string_literal("a"), Object::string_literal("a")]);
        let version = lopdf::EncryptionVersion::V2 {
            document: &locked,
            owner_password: "owner",
            user_password: "user",
            key_length: 128,
            permissions: lopdf::Permissions::all(),
        };
        let state = lopdf::EncryptionState::try_from(version).unwrap();
        locked.encrypt(&state).unwrap();
        assert_eq!(message(bytes(locked)), "is encrypted");
    }

    #[test]
    fn pages_and_what_they_unpack_to_are_bounded() {
        let troubles = |times: usize| read(bytes(pdf(&["x"], times))).unwrap().troubles.len();
        assert_eq!((troubles(MAX_PDF_PAGES), troubles(MAX_PDF_PAGES + 1)), (0, 1));
        let bomb = |length: usize| {
            let mut document = pdf(&["fine", &" ".repeat(length)], 1);
            document.compress();
            read(bytes(document)).unwrap()
        };
        assert_eq!(bomb(MAX_PAGE_BYTES / 2).troubles.len(), 0);
        let bomb = bomb(MAX_PAGE_BYTES * 2);
        assert_eq!((bomb.passages.len(), bomb.troubles.len()), (1, 1));
    }

    #[test]
    fn nothing_in_a_pdf_does_harm() {
        crate::mutation::check(&bytes(pdf(&["The boiler leaks.", "Call."], 1)), |bytes| {
            if let Ok(content) = read(bytes.to_vec()) {
                crate::mutation::check_content(&content);
            }
        });
    }
}
