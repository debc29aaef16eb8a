//! How much a stretch of text weighs, and how one that is too heavy comes apart.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// A word counts at least this many bytes, so that what has no spaces (encoded pictures, minified code) weighs too.
const BYTES_PER_WORD: usize = 12;
/// What may end a sentence, apart from closing quotes and brackets.
const SENTENCE_ENDS: [char; 8] = ['.', '!', '?', '…', '。', '！', '？', ':'];

/// Where a text may be cut, the best places first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    Sentence,
    Line,
    Word,
    Letter,
}

/// Word counts of any part of a text, after one pass over it.
pub(crate) struct Scale<'t> {
    text: &'t str,
    /// Where each word begins.
    words: Vec<u32>,
}

impl<'t> Scale<'t> {
    /// Weighs a text, which must be shorter than 4 GiB.
    pub fn of(text: &'t str) -> Self {
        Self { text, words: text.unicode_word_indices().map(|(at, _)| at as u32).collect() }
    }

    /// Returns the number of words in a part, and never less than its length allows.
    pub fn weigh(&self, part: &Range<usize>) -> usize {
        let before = |end: usize| self.words.partition_point(|at| (*at as usize) < end);
        let words = before(part.end).saturating_sub(before(part.start));
        words.max(part.len() / BYTES_PER_WORD)
    }

    /// Cuts a part into pieces of about equal weight, none above `most`, at the best places there are.
    pub fn split(&self, part: Range<usize>, grain: Grain, most: usize) -> Vec<Range<usize>> {
        let weight = self.weigh(&part);
        if weight <= most {
            return vec![part];
        }
        let aim = weight.div_ceil(weight.div_ceil(most));
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for unit in self.units(part, grain) {
            let whole = match self.weigh(&unit) > most {
                true if grain != Grain::Letter => self.split(unit, grain.finer(), most),
                _ => vec![unit],
            };
            for unit in whole {
                match pieces.last_mut() {
                    Some(last) if self.fits(last, &unit, aim, most) => last.end = unit.end,
                    _ => pieces.push(unit),
                }
            }
        }
        pieces
    }

    /// A piece takes in the next unit until it has reached its aim, and never beyond the limit.
    fn fits(&self, piece: &Range<usize>, unit: &Range<usize>, aim: usize, most: usize) -> bool {
        self.weigh(piece) < aim && self.weigh(&(piece.start..unit.end)) <= most
    }

    /// Returns the parts that `grain` leaves whole, without a gap between them.
    fn units(&self, part: Range<usize>, grain: Grain) -> Vec<Range<usize>> {
        let text = &self.text[part.clone()];
        let pieces: Vec<&str> = match grain {
            Grain::Sentence => return self.sentences(part),
            Grain::Line => text.split_inclusive('\n').collect(),
            Grain::Word => text.split_word_bounds().collect(),
            Grain::Letter => letters(text),
        };
        let mut start = part.start;
        pieces
            .into_iter()
            .map(|piece| {
                start += piece.len();
                start - piece.len()..start
            })
            .collect()
    }

    /// Unicode ends a sentence at every line end; in a hard-wrapped paragraph that is the middle of one.
    fn sentences(&self, part: Range<usize>) -> Vec<Range<usize>> {
        let mut sentences: Vec<Range<usize>> = Vec::new();
        let mut is_open = false;
        for (at, sentence) in self.text[part.clone()].split_sentence_bound_indices() {
            let span = part.start + at..part.start + at + sentence.len();
            match sentences.last_mut() {
                Some(last) if is_open => last.end = span.end,
                _ => sentences.push(span),
            }
            let closing = |c: char| c.is_whitespace() || "\"'”’»)]*_".contains(c);
            is_open = sentence.ends_with('\n') && !sentence.trim_end_matches(closing).ends_with(SENTENCE_ENDS);
        }
        sentences
    }
}

impl Grain {
    fn finer(self) -> Self {
        match self {
            Self::Sentence => Self::Line,
            Self::Line => Self::Word,
            Self::Word | Self::Letter => Self::Letter,
        }
    }
}

/// Pieces of about one word's length, cut between characters.
fn letters(text: &str) -> Vec<&str> {
    let mut pieces = Vec::with_capacity(text.len() / BYTES_PER_WORD + 1);
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(BYTES_PER_WORD));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str, grain: Grain, most: usize) -> Vec<&str> {
        Scale::of(text).split(0..text.len(), grain, most).into_iter().map(|piece| &text[piece]).collect()
    }

    #[test]
    fn texts_come_apart_at_the_best_places() {
        let cases: &[(&str, Grain, usize, &[&str])] = &[
            ("One two. Three four.", Grain::Sentence, 4, &["One two. Three four."]),
            ("One two. Three four. Five.", Grain::Sentence, 3, &["One two. ", "Three four. Five."]),
            ("One two\nthree. Four five\nsix.", Grain::Sentence, 3, &["One two\nthree. ", "Four five\nsix."]),
            ("a b\nc d\ne f\n", Grain::Line, 2, &["a b\n", "c d\n", "e f\n"]),
            ("a b c d e f", Grain::Sentence, 3, &["a b c", " d e f"]),
            ("日本語です。次の文。", Grain::Sentence, 5, &["日本語です。", "次の文。"]),
        ];
        for (text, grain, most, expected) in cases {
            assert_eq!(split(text, *grain, *most), *expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_places_is_cut_all_the_same() {
        let blob = "x".repeat(1_000);
        let pieces = split(&blob, Grain::Sentence, 10);
        assert_eq!(pieces.concat(), blob);
        assert!(pieces.iter().all(|piece| piece.len() < 11 * BYTES_PER_WORD));
    }

    proptest! {
        #[test]
        fn pieces_are_gapless_and_light_enough(text in "[a-zé日 .!?\n]{0,300}", most in 1_usize..20) {
            let scale = Scale::of(&text);
            for grain in [Grain::Sentence, Grain::Line, Grain::Word, Grain::Letter] {
                let pieces = scale.split(0..text.len(), grain, most);
                let mut end = 0;
                for piece in pieces {
                    prop_assert_eq!(piece.start, end);
                    end = piece.end;
                    let words = scale.weigh(&piece);
                    // A unit of letters holds one byte over a word's length at most three characters' bytes.
                    prop_assert!(words <= most.max(BYTES_PER_WORD + 4), "{words} > {most}");
                }
                prop_assert_eq!(end, text.len());
            }
        }
    }
}
