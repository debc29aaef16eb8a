//! Bytes to text where nobody says which encoding they are in.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use hydra_graph::{Error, ErrorKind, Result};

/// A text in which one character in this many is a control character is something else, read as a text.
const CHARS_PER_CONTROL: usize = 50;

/// Text, and the encoding it was taken for if that is a guess.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub text: String,
    pub guessed: Option<&'static str>,
}

/// Decodes UTF-8 and UTF-16 by their marks, UTF-8 without one if it fits, and else Windows-1252, of which Latin-1 is a
/// part: what older editors wrote in Western Europe and America.
///
/// # Errors
/// `Invalid` when what comes out is no text.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded> {
    decode_as(bytes, None)
}

/// The same for a text that may say its encoding: that counts where it is not UTF-8 anyway.
///
/// # Errors
/// `Invalid` when what comes out is no text.
pub(crate) fn decode_as(bytes: &[u8], named: Option<&'static Encoding>) -> Result<Decoded> {
    let (text, guessed) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding.decode_without_bom_handling(&bytes[mark..]).0, None),
        None => match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => (text, None),
            None => match named.filter(|named| *named != UTF_8) {
                Some(named) => (named.decode_without_bom_handling(bytes).0, None),
                None => (WINDOWS_1252.decode_without_bom_handling(bytes).0, Some(WINDOWS_1252.name())),
            },
        },
    };
    // ESC colours the output of programs, and form feeds part pages.
    let is_control = |c: char| (c.is_control() && !"\t\n\r\u{b}\u{c}\u{1b}".contains(c)) || c == '\u{fffd}';
    let (controls, chars) =
        text.chars().fold((0, 0), |(controls, all), c| (controls + usize::from(is_control(c)), all + 1));
    if controls * CHARS_PER_CONTROL > chars {
        return Err(Error::new(
            ErrorKind::Invalid,
            format!("is not text: {controls} of its {chars} characters are none that anybody writes"),
        )
        .hint("if it is a text, save it as UTF-8 and run it again; else leave it out with a line in .hydraignore"));
    }
    let text = if controls == 0 { text.into_owned() } else { text.replace('\0', "\u{fffd}") };
    Ok(Decoded { text, guessed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_the_encodings_people_have() {
        let cases: &[(&[u8], &str, Option<&str>)] = &[
            (b"plain", "plain", None),
            ("größe €".as_bytes(), "größe €", None),
            (b"\xEF\xBB\xBFmark", "mark", None),
            (b"\xFF\xFEG\0r\0\xFC\0\xDF\0e\0", "Grüße", None),
            (b"\xFE\xFF\0G\0r\0\xFC", "Grü", None),
            (b"Gr\xFC\xDFe f\xFCr 5 \x80", "Grüße für 5 €", Some("windows-1252")),
            (b"", "", None),
        ];
        for (bytes, text, guessed) in cases {
            assert_eq!(decode(bytes).unwrap(), Decoded { text: (*text).to_owned(), guessed: *guessed }, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let text = |controls: usize, chars: usize| [vec![1; controls], vec![b'a'; chars - controls]].concat();
        assert!(decode(&text(1, CHARS_PER_CONTROL)).is_ok());
        assert!(decode(&text(1, CHARS_PER_CONTROL - 1)).is_err());
        for bytes in
            [&b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..], b"h\0e\0l\0l\0o\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
        {
            let error = decode(bytes).unwrap_err();
            assert!(error.message().starts_with("is not text") && error.next_step().is_some(), "{error}");
        }
    }
}
