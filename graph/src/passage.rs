//! Cuts a remembered text into pieces that an embedder reads whole. Files are cut by whoever reads them.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// A text up to this long is one piece; the embedder reads about 256 word pieces, some 1,100 bytes of English.
pub const MAX_PASSAGE_BYTES: usize = 1_100;

/// Returns byte ranges of the pieces, in order, without outer white space: whole paragraphs where they fit, else
/// sentences, else words, else letters.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for (start, unit) in units(text) {
        let end = start + unit.len();
        match pieces.last_mut() {
            Some(last) if end - last.start <= MAX_PASSAGE_BYTES => last.end = end,
            _ => pieces.push(start..end),
        }
    }
    pieces.into_iter().filter_map(|piece| trim(text, piece)).collect()
}

/// The smallest units that need not be broken, covering the text without a gap.
fn units(text: &str) -> Vec<(usize, &str)> {
    let mut units = Vec::new();
    let mut start = 0;
    for paragraph in text.split_inclusive("\n\n") {
        if paragraph.len() <= MAX_PASSAGE_BYTES {
            units.push((start, paragraph));
        } else {
            for (at, sentence) in paragraph.split_sentence_bound_indices() {
                if sentence.len() <= MAX_PASSAGE_BYTES {
                    units.push((start + at, sentence));
                } else {
                    break_up(start + at, sentence, &mut units);
                }
            }
        }
        start += paragraph.len();
    }
    units
}

fn break_up<'t>(start: usize, sentence: &'t str, units: &mut Vec<(usize, &'t str)>) {
    for (at, word) in sentence.split_word_bound_indices() {
        let mut rest = word;
        let mut offset = start + at;
        while rest.len() > MAX_PASSAGE_BYTES {
            let mut cut = MAX_PASSAGE_BYTES;
            while !rest.is_char_boundary(cut) {
                cut -= 1;
            }
            units.push((offset, &rest[..cut]));
            offset += cut;
            rest = &rest[cut..];
        }
        units.push((offset, rest));
    }
}

fn trim(text: &str, piece: Range<usize>) -> Option<Range<usize>> {
    let whole = &text[piece.clone()];
    let start = piece.start + (whole.len() - whole.trim_start().len());
    let length = whole.trim().len();
    (length > 0).then_some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_hold_every_word_in_order(text in "([a-zäöé日本 .!?\n]{0,60}|x{1200,1300}| ){0,40}") {
            let pieces = split(&text);
            let mut end = 0;
            let mut gaps = String::new();
            for piece in &pieces {
                prop_assert!(piece.start >= end && piece.len() <= MAX_PASSAGE_BYTES);
                gaps.push_str(&text[end..piece.start]);
                end = piece.end;
            }
            gaps.push_str(&text[end..]);
            prop_assert!(gaps.trim().is_empty());
        }
    }

    #[test]
    fn a_short_text_is_one_piece() {
        assert_eq!(split("One. Two.\n\nThree."), vec![0..17]);
    }
}
