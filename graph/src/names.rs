//! Proper names in a text, by their spelling alone: what two texts may share without saying it in the same words.
//!
//! No list of names and no model: runs of capitalised words, joined by small words inside (`University of Cambridge`).
//! A single word at the start of a sentence only counts if it is capitalised elsewhere too. Scripts without capitals
//! have no names here; they are still found by their words.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::entity::normalise;

/// Longest name, in words.
pub(crate) const MAX_NAME_WORDS: usize = 8;
/// Words of a question that are looked at for names.
pub(crate) const MAX_QUESTION_WORDS: usize = 40;
/// Different names that are kept of one text.
pub(crate) const MAX_NAMES: usize = 64;
/// Letters of a text that a message quotes.
const QUOTED_LETTERS: usize = 40;
/// A first line this long or longer is no title.
const MAX_TITLE_CHARS: usize = 80;
/// What may stand inside a name in lower case.
const JOINERS: [&str; 18] = [
    "of", "the", "and", "de", "la", "du", "von", "van", "der", "al", "for", "y", "da", "di", "del", "le", "des", "den",
];
/// Words that begin sentences and are no part of the name behind them.
const OPENERS: [&str; 78] = [
    "a", "about", "after", "all", "also", "although", "an", "and", "another", "any", "are", "as", "at", "because",
    "before", "both", "but", "by", "can", "did", "do", "does", "during", "each", "every", "few", "first", "for",
    "from", "had", "has", "have", "he", "her", "here", "his", "how", "however", "i", "if", "in", "is", "it", "its",
    "many", "most", "my", "new", "no", "not", "on", "one", "or", "our", "second", "several", "she", "since", "so",
    "some", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "we", "what",
    "when", "where", "which", "who", "with",
];

/// A name as it is compared: its words, without case, width, punctuation and possessive.
fn form(name: &str) -> String {
    normalise(&name.unicode_words().map(possessor).collect::<Vec<_>>().join(" "))
}

/// A name as it is looked up: the hash of its form.
pub(crate) fn key(name: &str) -> u64 {
    hash(&form(name))
}

/// 64 bits of a BLAKE3: enough to tell a person's names, spaces and conversations apart.
pub(crate) fn hash(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("a BLAKE3 hash has 32 bytes"))
}

/// Returns the names a text mentions, as they are compared.
pub(crate) fn mentioned(text: &str) -> BTreeSet<String> {
    let mut found = Found::default();
    let mut at_start = true;
    for token in text.split_word_bounds() {
        let first = token.chars().next().unwrap_or(' ');
        if token == "." && found.ends_in_initial() {
            // `J. K. Rowling`, `St. Helena`.
        } else if token.contains('\n') || matches!(token, "." | "!" | "?" | ":" | "…") {
            found.close();
            at_start = true;
        } else if first.is_whitespace() || matches!(token, "-" | "&" | "’" | "'") {
            // Neither ends a name.
        } else if !first.is_alphanumeric() {
            found.close();
        } else {
            found.take(token, first, at_start);
            at_start = false;
        }
    }
    found.close();
    while found.names.len() > MAX_NAMES {
        found.names.pop_last();
    }
    found.names
}

/// Returns every word of a text that is written like a name, also at the start of a sentence.
pub(crate) fn capitalised(text: &str) -> BTreeSet<String> {
    let words = text.unicode_words().filter(|word| word.starts_with(char::is_uppercase));
    words.map(form).take(MAX_NAMES).collect()
}

/// Returns a short first line that stands above the text like a title.
pub(crate) fn title_line(text: &str) -> Option<&str> {
    let (line, rest) = text.trim_start().split_once('\n')?;
    let line = line.trim().trim_start_matches('#').trim();
    let is_title =
        !line.is_empty() && line.chars().count() < MAX_TITLE_CHARS && !line.ends_with(['.', '!', '?', ':', ';', ',']);
    (is_title && !rest.trim().is_empty()).then_some(line)
}

/// Returns what something of that title is called: the title, and without what is in brackets.
pub(crate) fn called(title: &str) -> BTreeSet<String> {
    let plain = title.split_once(" (").map_or(title, |(name, _)| name);
    [title, plain].into_iter().map(form).filter(|name| !name.is_empty()).collect()
}

/// Words of a question that may be a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Which words.
    pub words: std::ops::Range<usize>,
    /// As it is written.
    pub text: String,
    /// As it is compared.
    pub name: String,
    /// As it is looked up.
    pub key: u64,
    /// Whether its spelling speaks for it.
    pub is_likely: bool,
}

/// Returns the start of a text, for a message that quotes it.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(QUOTED_LETTERS).collect()
}

/// Says how many there are of something with a regular plural: `1 memory`, `2 memories`.
pub fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// Returns the runs of words in a question that may be a name, longest first. Likely ones begin with a capital; whoever
/// writes without capitals has every run of several words looked up.
pub(crate) fn possible(question: &str) -> Vec<Run> {
    let words: Vec<&str> = question.unicode_words().take(MAX_QUESTION_WORDS).map(possessor).collect();
    let capitals: Vec<bool> = words.iter().map(|word| word.starts_with(char::is_uppercase)).collect();
    // The first word of a sentence has one anyway.
    let uses_capitals = capitals.iter().skip(1).any(|is_capital| *is_capital);
    let mut runs = Vec::new();
    for length in (1..=MAX_NAME_WORDS.min(words.len())).rev() {
        for start in 0..=words.len() - length {
            let is_likely = if length == 1 {
                capitals[start] && !is_opener(words[start])
            } else {
                capitals[start] || words[start].starts_with(char::is_numeric) || !uses_capitals
            };
            let text = words[start..start + length].join(" ");
            let name = normalise(&text);
            runs.push(Run { words: start..start + length, text, key: key(&name), name, is_likely });
        }
    }
    runs
}

fn possessor(word: &str) -> &str {
    word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word)
}

/// Tells whether a word may stand inside a name in lower case.
pub(crate) fn is_joiner(word: &str) -> bool {
    JOINERS.contains(&word)
}

fn is_opener(word: &str) -> bool {
    OPENERS.contains(&word.to_lowercase().as_str())
}

#[derive(Default)]
struct Found<'t> {
    run: Vec<&'t str>,
    /// Whether the run began a sentence.
    opens: bool,
    names: BTreeSet<String>,
}

impl<'t> Found<'t> {
    fn take(&mut self, word: &'t str, first: char, at_start: bool) {
        let joins = !self.run.is_empty() && (first.is_numeric() || JOINERS.contains(&word));
        if !first.is_uppercase() && !joins {
            return self.close();
        }
        if self.run.is_empty() {
            self.opens = at_start;
        }
        self.run.push(possessor(word));
        if word.len() != possessor(word).len() {
            // What follows a possessive is another name.
            self.close();
        }
    }

    fn close(&mut self) {
        let mut run = std::mem::take(&mut self.run);
        while run.last().is_some_and(|word| JOINERS.contains(word)) {
            run.pop();
        }
        let openers = run.iter().take_while(|word| is_opener(word)).count();
        let run = &run[openers..];
        let name = normalise(&run.join(" "));
        if run.len() > MAX_NAME_WORDS || name.chars().count() < 3 {
            return;
        }
        // A word that only ever opens sentences is a word; a name stands elsewhere too.
        if !(self.opens && openers == 0 && run.len() == 1) {
            self.names.insert(name);
        }
    }

    fn ends_in_initial(&self) -> bool {
        self.run.last().is_some_and(|word| word.chars().count() < 3 && word.starts_with(char::is_uppercase))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(mentioned(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn one_is_counted_as_one() {
        for (number, noun, said) in [(1, "memory", "1 memory"), (2, "memory", "2 memories"), (0, "text", "0 texts")] {
            assert_eq!(counted(number, noun), said);
        }
    }

    #[test]
    fn names_are_runs_of_capitalised_words() {
        check("She met Anna Lindqvist at the University of Oslo.", &["anna lindqvist", "university of oslo"]);
        check("Yesterday it rained. Everybody stayed in.", &[]);
        check("Then Anna left. Anna was late.", &["anna"]);
        check("The Harbour Office's Clerk wrote it", &["clerk", "harbour office"]);
        check("They flew with Apollo 11 to the Moon", &["apollo 11", "moon"]);
        check("grüße aus Köln-Deutz", &["köln deutz"]);
        check("日本語のノート", &[]);
        check("We read J. K. Rowling in St. Ives. It rained.", &["j k rowling", "st ives"]);
        check("", &[]);
    }

    #[test]
    fn any_capitalised_word_may_be_a_name() {
        let words: Vec<String> = capitalised("Wren's boat is here. Anna Lee saw it").into_iter().collect();
        assert_eq!(words, ["anna", "lee", "wren"]);
        let many: String = (0..MAX_NAMES + 9).map(|n| format!("Name{n} ")).collect();
        assert_eq!(capitalised(&many).len(), MAX_NAMES);
    }

    #[test]
    fn a_text_with_very_many_names_keeps_some() {
        let text: String = (0..MAX_NAMES + 9).map(|n| format!("and then Name{n} came, ")).collect();
        assert_eq!(mentioned(&text).len(), MAX_NAMES);
        assert!(mentioned(&format!("with {}", "Very ".repeat(MAX_NAME_WORDS + 1))).is_empty());
    }

    #[test]
    fn titles_stand_above_a_text() {
        assert_eq!(title_line("# The Lighthouse\nIt stands."), Some("The Lighthouse"));
        assert_eq!(title_line("It stands there.\nAnd shines."), None);
        assert_eq!(title_line("The Lighthouse"), None);
        assert_eq!(title_line(&format!("{}\nx", "x".repeat(MAX_TITLE_CHARS))), None);
        let names: Vec<String> = called("The Lighthouse (film)").into_iter().collect();
        assert_eq!(names, ["the lighthouse", "the lighthouse film"]);
    }

    #[test]
    fn a_question_is_searched_for_names_longest_first() {
        let likely = |question: &str| -> Vec<String> {
            possible(question).into_iter().filter(|run| run.is_likely).map(|run| run.name).collect()
        };
        assert_eq!(
            likely("Is Anna's aunt in"),
            ["is anna aunt in", "is anna aunt", "anna aunt in", "is anna", "anna aunt", "anna"]
        );
        assert_eq!(likely("the harbour office"), ["the harbour office", "the harbour", "harbour office"]);
    }
}
