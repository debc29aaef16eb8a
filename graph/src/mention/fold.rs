//! A text as names are compared with it, and the way back to how it is written.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// A text in lower case and with single blanks, as `entity::normalise` has names.
pub(crate) struct Folded<'t> {
    /// The text as it is written, compatibility-normalised.
    pub plain: Cow<'t, str>,
    /// As it is compared.
    pub folded: String,
    /// Of each byte of that, where it is written; and the end.
    places: Vec<u32>,
}

impl<'t> Folded<'t> {
    /// Folds a text.
    pub fn new(text: &'t str) -> Self {
        let plain = match is_nfkc_quick(text.chars()) {
            IsNormalized::Yes => Cow::Borrowed(text),
            _ => Cow::Owned(text.nfkc().collect()),
        };
        let mut folded = String::with_capacity(plain.len());
        let mut places = Vec::with_capacity(plain.len() + 1);
        let mut blank: Option<(usize, usize)> = None;
        for (at, letter) in plain.char_indices() {
            if letter.is_whitespace() {
                let (start, lines) = blank.unwrap_or((at, 0));
                blank = Some((start, lines + usize::from(letter == '\n')));
                continue;
            }
            if let Some((start, lines)) = blank.take() {
                // No name goes on behind an empty line.
                folded.push(if lines > 1 { '\n' } else { ' ' });
                places.push(start as u32);
            }
            let before = folded.len();
            folded.extend(letter.to_lowercase());
            places.resize(places.len() + folded.len() - before, at as u32);
        }
        places.push(plain.trim_end().len() as u32);
        Self { plain, folded, places }
    }

    /// Returns where a piece of the folded text is written.
    pub fn written(&self, span: Range<usize>) -> Range<usize> {
        self.places[span.start] as usize..self.places[span.end] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_folded_text_leads_back_to_how_it_is_written() {
        for (text, name, written) in [
            ("We met ANNA\n  Berg twice.", "anna berg", Some("ANNA\n  Berg")),
            ("Ｈｙｄｒａ runs", "hydra", Some("Hydra")),
            ("In Cafe\u{301} Central", "café central", Some("Café Central")),
            ("İstanbul, KÖLN  ", "köln", Some("KÖLN")),
            ("Anna\n\nBerg", "anna berg", None),
            ("", "x", None),
        ] {
            let folded = Folded::new(text);
            let found = folded.folded.find(name).map(|at| &folded.plain[folded.written(at..at + name.len())]);
            assert_eq!(found, written, "{text}");
        }
    }
}
