//! From text to terms: words by Unicode's rules, lower case, English stop words out, English endings off.
//!
//! Scripts without spaces between words (Chinese, Japanese, Thai) come out letter by letter or in short runs, which is
//! enough to find a note by its own words.

use std::collections::VecDeque;

use tantivy::tokenizer::{
    Language, LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer, Token, TokenStream, Tokenizer,
};
use unicode_segmentation::UnicodeSegmentation;

/// Longer runs are not words (keys, base 64).
const MAX_WORD_BYTES: usize = 64;

/// Pronouns, auxiliaries and the words that ask, beside those that no text is found by: in a question they say nothing of
/// what is asked for.
const ASKING: [&str; 54] = [
    "about", "am", "any", "been", "can", "could", "did", "do", "does", "from", "had", "has", "have", "having", "he",
    "her", "hers", "him", "his", "how", "i", "its", "just", "many", "may", "me", "might", "much", "my", "our", "ours",
    "shall", "she", "should", "so", "some", "than", "them", "us", "we", "were", "what", "when", "where", "which",
    "while", "who", "whom", "whose", "why", "would", "you", "your", "yours",
];

/// Returns the analyser for questions: as for texts, without the words that only ask.
pub(super) fn question_analyser() -> TextAnalyzer {
    TextAnalyzer::builder(Words)
        .filter(RemoveLongFilter::limit(MAX_WORD_BYTES))
        .filter(LowerCaser)
        .filter(StopWordFilter::new(Language::English).expect("tantivy has English stop words"))
        .filter(StopWordFilter::remove(ASKING.map(str::to_owned)))
        .filter(Stemmer::new(Language::English))
        .build()
}

/// Returns the analyser for texts.
pub(super) fn analyser() -> TextAnalyzer {
    TextAnalyzer::builder(Words)
        .filter(RemoveLongFilter::limit(MAX_WORD_BYTES))
        .filter(LowerCaser)
        .filter(StopWordFilter::new(Language::English).expect("tantivy has English stop words"))
        .filter(Stemmer::new(Language::English))
        .build()
}

/// Unicode words (UAX 29).
#[derive(Clone, Default)]
struct Words;

/// The words of one text, and behind an identifier its parts.
struct WordStream<'t> {
    words: unicode_segmentation::UnicodeWordIndices<'t>,
    /// Parts of the last word that are still to come, with their places.
    parts: VecDeque<(usize, &'t str)>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'t> = WordStream<'t>;

    fn token_stream<'t>(&'t mut self, text: &'t str) -> WordStream<'t> {
        WordStream { words: text.unicode_word_indices(), parts: VecDeque::new(), token: Token::default() }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let (start, word) = match self.parts.pop_front() {
            Some(part) => part,
            None => {
                let Some((start, word)) = self.words.next() else { return false };
                let parts = parts(word);
                if parts.len() > 1 {
                    self.parts.extend(parts.into_iter().map(|(at, part)| (start + at, part)));
                }
                self.token.position = self.token.position.wrapping_add(1);
                (start, word)
            }
        };
        self.token.offset_from = start;
        self.token.offset_to = start + word.len();
        self.token.text.clear();
        // A possessive is not part of the name.
        self.token.text.push_str(word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word));
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Cuts an identifier where a person would: `retry_count`, `main.rs`, `parseRequest`. Other words have one part.
fn parts(word: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut was_lower = false;
    for (at, letter) in word.char_indices() {
        let is_joint = matches!(letter, '_' | '.');
        if is_joint || (was_lower && letter.is_uppercase()) {
            parts.push((start, &word[start..at]));
            start = if is_joint { at + letter.len_utf8() } else { at };
        }
        was_lower = letter.is_lowercase();
    }
    parts.push((start, &word[start..]));
    // A number keeps its point, and a single letter is no part.
    parts.retain(|(_, part)| part.chars().nth(1).is_some() && !part.starts_with(char::is_numeric));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut analyser = analyser();
        let mut stream = analyser.token_stream(text);
        let mut terms = Vec::new();
        stream.process(&mut |token| terms.push(token.text.clone()));
        assert_eq!(terms, expected, "{text}");
    }

    #[test]
    fn words_become_terms() {
        check("Running the dogs' kennel", &["run", "dog", "kennel"]);
        check("Anna's house", &["anna", "hous"]);
        check("retry_count in src/main.rs", &["retry_count", "retri", "count", "src", "main.r", "main", "rs"]);
        check("parseRequest costs 3.14", &["parserequest", "pars", "request", "cost", "3.14"]);
        check("e.g. the U.S. McDonald", &["e.g", "u.", "mcdonald", "mc", "donald"]);
        check("日本語のノート", &["日", "本", "語", "の", "ノート"]);
        check("Grüße aus Köln", &["grüße", "aus", "köln"]);
        check("", &[]);
    }

    #[test]
    fn questions_lose_what_only_asks() {
        use crate::text::schema::asked;
        assert_eq!(asked("What did you do about the boats?"), ["boat"]);
        assert_eq!(asked("who is who"), ["who"], "with nothing else, it is what is asked for");
    }
}
