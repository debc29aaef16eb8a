//! When words are a name: by how the name is written, how the words are, and what stands beside them.
//!
//! A mention that is none costs more than one that is missed: it is missed only here, while the words still find the text.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::common;
use crate::names::is_joiner;

/// A name with fewer letters only in its exact case.
pub(crate) const MIN_FREE_CHARS: usize = 4;
/// Endings of ordinary words: at the start of a sentence, where all have a capital, such a word is no name.
const ENDINGS: [&str; 9] = ["ing", "tion", "sion", "ness", "ment", "able", "ful", "less", "ous"];
/// What stands before a name and is no part of it.
const TITLES: [&str; 12] =
    ["mr", "mrs", "ms", "dr", "prof", "sir", "lady", "miss", "uncle", "aunt", "captain", "president"];

/// Tells whether a name, as it is compared, can be meant at all where it is not linked: no single letter, number, date or
/// common word.
pub(crate) fn may_be_name(name: &str) -> bool {
    let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
    let mut words = name.unicode_words();
    let is_single = words.next().is_some() && words.next().is_none();
    letters > 1 && !(is_single && common::is_common(name)) && !name.contains('\n')
}

/// Tells whether the words at a place of a text are meant as a name that is written so. `is_code` says that they stand
/// alone between backticks.
pub(crate) fn is_said(written: &str, text: &str, span: &Range<usize>, is_code: bool) -> bool {
    let said = &text[span.clone()];
    let has_case = written.chars().any(|letter| letter.is_lowercase() || letter.is_uppercase());
    let words: Vec<&str> = written.unicode_words().collect();
    if !has_case {
        return written.chars().count() > 1;
    }
    let is_exact = written.split_whitespace().eq(said.split_whitespace());
    let has_capital = written.chars().any(char::is_uppercase);
    if is_code {
        return is_exact;
    }
    if words.len() > 1 && written.contains(char::is_whitespace) {
        let is_plain = |word: &&str| common::is_common(&word.to_lowercase());
        if words.iter().all(is_plain) && !words.iter().skip(1).any(|word| starts_big(word)) {
            return false;
        }
        // What begins with an ordinary word (`Using Foam`) is words in any case but its own.
        let is_free = !is_plain(&words[0]) && !has_ending(words[0]);
        return (is_exact || is_free) && is_whole(written, text, span);
    }
    if is_made_up(written) {
        return is_exact || written.chars().count() > MIN_FREE_CHARS;
    }
    if written.chars().count() < MIN_FREE_CHARS || is_shouted(written) {
        return is_exact && has_capital && is_whole(written, text, span);
    }
    // What is written small is a word, unless it is marked as code.
    has_capital && is_exact && !opens_like_a_word(said, text, span) && is_whole(written, text, span)
}

/// A word that nobody writes otherwise: `RocksDB`, `aho-corasick`, `utf8`.
fn is_made_up(word: &str) -> bool {
    let inside = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    let has_joint = inside.contains(|letter: char| "-_./:+".contains(letter) || letter.is_numeric());
    let is_mixed = inside.chars().skip(1).any(char::is_uppercase) && inside.chars().any(char::is_lowercase);
    has_joint || is_mixed
}

fn is_shouted(word: &str) -> bool {
    !word.chars().any(char::is_lowercase)
}

fn starts_big(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Whether a word has its capital only because a sentence begins with it.
fn opens_like_a_word(said: &str, text: &str, span: &Range<usize>) -> bool {
    begins_sentence(&text[..span.start]) && has_ending(said)
}

fn has_ending(word: &str) -> bool {
    // `King` and `Reed` are names.
    ENDINGS.iter().any(|ending| word.len() > ending.len() + 1 && word.ends_with(ending))
}

fn begins_sentence(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or(before);
    let behind = line.trim_end_matches(|letter: char| letter.is_whitespace() || "\"'“‘(*_>-+#".contains(letter));
    behind.is_empty() || behind.ends_with(['.', '!', '?', ':', '…', '|', ']']) || behind.chars().all(|c| c.is_numeric())
}

/// Whether the words are a whole name: `Anna` is none in `Anna Lindqvist`.
fn is_whole(written: &str, text: &str, span: &Range<usize>) -> bool {
    // Of names in several words only what goes on with a capital is another's.
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let next = after.strip_prefix(' ').and_then(|rest| rest.unicode_word_indices().next().filter(|(at, _)| *at == 0));
    let goes_on = next.is_some_and(|(_, word)| is_name_word(word));
    let is_single = !written.contains(' ');
    let last = before.strip_suffix(' ').and_then(|rest| {
        let (at, word) = rest.unicode_word_indices().next_back()?;
        (at + word.len() == rest.len()).then_some((at, word))
    });
    let came_before = is_single
        && last.is_some_and(|(at, word)| {
            let opens = begins_sentence(&before[..at]) && (has_ending(word) || word.ends_with("ed"));
            is_name_word(word) && !TITLES.contains(&word.to_lowercase().as_str()) && !opens
        });
    let is_longer = goes_on && starts_big(&text[span.clone()]);
    !is_longer && !came_before
}

fn is_name_word(word: &str) -> bool {
    starts_big(word) && word.chars().count() > 1 && !is_joiner(word) && !common::is_common(&word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, text: &str, expected: bool) {
        let at = text.to_lowercase().find(&written.to_lowercase()).unwrap();
        assert_eq!(is_said(written, text, &(at..at + written.len()), false), expected, "{written} in {text}");
    }

    #[test]
    fn numbers_letters_and_common_words_are_nobodys() {
        for name in ["x", "42", "2026-02-08", "home", "todo", "monday", "may", "reading", "c++", "日"] {
            assert!(!may_be_name(name), "{name}");
        }
        for name in ["bo", "mirela", "anna berg", "home office", "rocksdb", "東京", "c3po", "aho-corasick"] {
            assert!(may_be_name(name), "{name}");
        }
    }

    #[test]
    fn a_single_word_is_a_name_in_its_own_case_alone() {
        for (written, text) in [
            ("Mirela", "Then Mirela called"),
            ("Mirela", "Mirela called"),
            ("Mirela", "- **Mirela** called"),
            ("Bo", "with Bo there"),
            ("SQL", "in SQL it is"),
            ("RocksDB", "the rocksdb store"),
            ("aho-corasick", "with Aho-Corasick over it"),
            ("Anna", "Met Anna again"),
            ("Anna", "Visited Anna again"),
            ("Anna", "Dr Anna said"),
            ("Anna", "On Monday Anna came"),
        ] {
            check(written, text, true);
        }
        for (written, text) in [
            ("Mirela", "the mirela"),
            ("Bo", "with bo there"),
            ("bo", "with bo there"),
            ("SQL", "in sql it is"),
            ("usearch", "we usearch it"),
            ("hydra", "Hydra was a monster"),
            ("rename", "then Rename it"),
            ("Analytics", "Google Analytics counts"),
            ("Swimming", "Swimming is nice"),
            ("Anna", "then Anna Lindqvist came"),
            ("Berg", "then Anna Berg came"),
        ] {
            check(written, text, false);
        }
    }

    #[test]
    fn several_words_are_a_name_in_any_case_unless_all_are_common() {
        check("Anna Berg", "then anna berg came", true);
        check("Vela Assistant", "the vela assistant", true);
        check("Home Assistant", "the Home Assistant", true);
        check("Home Assistant", "the home assistant", false);
        check("Using Foam", "we are using Foam", false);
        check("Daily Notes", "in Daily Notes there", true);
        check("Daily Notes", "my daily notes", false);
        check("Anna Berg", "then Anna Berg Larsson came", false);
    }

    #[test]
    fn short_names_end_where_longer_ones_begin() {
        let name = |letters: usize| "Zo".to_owned() + &"x".repeat(letters - 3) + "7";
        let said = |letters: usize| {
            let (written, text) = (name(letters), format!("the {} there", name(letters).to_lowercase()));
            is_said(&written, &text, &(4..4 + written.len()), false)
        };
        assert_eq!((said(MIN_FREE_CHARS), said(MIN_FREE_CHARS + 1)), (false, true));
    }
}
