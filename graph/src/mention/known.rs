//! The names that the graph knows, as an automaton: read once, and kept up from what the writer says.
//!
//! It may know too much (what was forgotten, or not yet committed): whoever finds a name asks the graph for it. It never
//! knows too little. New names wait in a list until somebody looks; then only a small automaton is built anew, and the
//! large one when there are many of them.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use oxigraph::model::Quad;
use parking_lot::Mutex;

use super::{Folded, may_be_name};
use crate::error::Result;
use crate::store::{View, term_text};
use crate::vocab;

/// Names of the small automaton; with more the large one takes them in.
const MAX_NEW: usize = 1_024;
/// A name that is longer is a sentence.
pub(crate) const MAX_NAME_BYTES: usize = 120;
/// What keys of names begin with.
const PREFIX: &str = "name:";

/// Names that were heard of.
#[derive(Default)]
pub(crate) struct KnownNames(Mutex<State>);

#[derive(Default)]
struct State {
    /// Heard since somebody looked last.
    heard: Vec<String>,
    /// What was read, once somebody looked.
    known: Option<Known>,
}

struct Known {
    names: HashSet<Arc<str>>,
    large: Arc<Automaton>,
    new: Vec<Arc<str>>,
    small: Arc<Automaton>,
}

/// The automata to look with.
pub(crate) struct Finder([Arc<Automaton>; 2]);

struct Automaton {
    names: Vec<Arc<str>>,
    search: Option<AhoCorasick>,
}

/// Where a name may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which, as names are compared.
    pub name: Arc<str>,
    /// Where, in the text as it is written.
    pub span: Range<usize>,
}

impl KnownNames {
    /// Takes in what a change adds. The writer's, so it only looks and keeps.
    pub fn hear(&self, added: &[Quad]) {
        let names = added.iter().filter(|quad| quad.predicate == vocab::KEY).filter_map(name_of);
        let mut names = names.peekable();
        if names.peek().is_some() {
            self.0.lock().heard.extend(names);
        }
    }

    /// Forgets what was read, so that nothing erased is kept in memory.
    pub fn clear(&self) {
        *self.0.lock() = State::default();
    }

    /// Returns what finds every name that the view knows.
    pub fn finder(&self, view: &View<'_>) -> Result<Finder> {
        let mut state = self.0.lock();
        let mut heard = std::mem::take(&mut state.heard);
        let known = match &mut state.known {
            Some(known) => known,
            none => {
                for quad in view.quads(None, Some(vocab::KEY), None, None) {
                    heard.extend(name_of(&quad?));
                }
                none.insert(Known::default())
            }
        };
        known.take(heard);
        Ok(Finder([Arc::clone(&known.large), Arc::clone(&known.small)]))
    }
}

fn name_of(quad: &Quad) -> Option<String> {
    let key = term_text(&quad.object)?;
    let name = key.strip_prefix(PREFIX)?;
    (name.len() <= MAX_NAME_BYTES && may_be_name(name)).then(|| name.to_owned())
}

impl Default for Known {
    fn default() -> Self {
        let none = Arc::new(Automaton::of(Vec::new()));
        Self { names: HashSet::new(), large: Arc::clone(&none), new: Vec::new(), small: none }
    }
}

impl Known {
    fn take(&mut self, heard: Vec<String>) {
        let before = self.new.len();
        for name in heard {
            let name: Arc<str> = name.into();
            if self.names.insert(Arc::clone(&name)) {
                self.new.push(name);
            }
        }
        if self.new.len() > MAX_NEW {
            self.new.clear();
            self.large = Arc::new(Automaton::of(self.names.iter().cloned().collect()));
            self.small = Arc::new(Automaton::of(Vec::new()));
        } else if self.new.len() > before {
            self.small = Arc::new(Automaton::of(self.new.clone()));
        }
    }
}

impl Automaton {
    fn of(names: Vec<Arc<str>>) -> Self {
        #[cfg(test)]
        tests::BUILT.set(tests::BUILT.get() + names.len());
        // An automaton of more than it can number finds nothing: that takes gigabytes of names.
        let search = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::Standard)
            .build(names.iter().map(|name| name.as_bytes()))
            .ok()
            .filter(|_| !names.is_empty());
        Self { names, search }
    }
}

impl Finder {
    /// Returns every place where a name may stand by itself, overlapping ones too: the first first, and of those that
    /// begin together the longest.
    pub fn places(&self, text: &Folded<'_>) -> Vec<Place> {
        let mut found = Vec::new();
        for automaton in &self.0 {
            let Some(search) = &automaton.search else { continue };
            for at in search.find_overlapping_iter(&text.folded) {
                let span = text.written(at.start()..at.end());
                if stands_alone(&text.plain, &span) {
                    found.push(Place { name: Arc::clone(&automaton.names[at.pattern().as_usize()]), span });
                }
            }
        }
        found.sort_by_key(|place| (place.span.start, std::cmp::Reverse(place.span.end)));
        found
    }
}

/// Tells whether what stands at a place is no part of a longer word, address or path.
fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let own = text[span.clone()].chars();
    let (Some(first), Some(last)) = (own.clone().next(), own.clone().next_back()) else { return false };
    let (left, right) = (before.chars().next_back(), after.chars().next());
    let is_open = |own: char, other: Option<char>| other.is_none_or(|other| !is_word(other) || is_unspaced(own));
    let mut next = after.chars().skip(1);
    let goes_on = right.is_some_and(|right| "-_./\\@:".contains(right)) && next.next().is_some_and(is_word);
    let mut earlier = before.chars().rev().skip(1);
    let came_before = match left {
        Some('@' | '#' | '/' | '\\' | '_' | '$') => true,
        Some('-' | '.' | ':') => earlier.next().is_some_and(is_word),
        _ => false,
    };
    is_open(first, left) && is_open(last, right) && !goes_on && !came_before
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Tells whether a letter is of a script that puts no blanks between words.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{0e00}'..='\u{0eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::entity::name_key;
    use crate::id::Id;
    use crate::store::{GraphStore, string};

    thread_local! {
        /// Names that this thread has built automata of.
        pub(super) static BUILT: Cell<usize> = const { Cell::new(0) };
    }

    fn keys(names: &[&str]) -> Vec<Quad> {
        let key = |(number, name): (usize, &&str)| {
            Quad::new(vocab::node(Id(number as u64 + 1)), vocab::KEY, string(name_key(name)), vocab::MEMORY_GRAPH)
        };
        names.iter().enumerate().map(key).collect()
    }

    fn found(known: &KnownNames, store: &GraphStore, text: &str) -> Vec<String> {
        let finder = known.finder(&store.view().unwrap()).unwrap();
        let folded = Folded::new(text);
        finder.places(&folded).into_iter().map(|place| folded.plain[place.span].to_owned()).collect()
    }

    #[test]
    fn names_stand_by_themselves_and_the_longest_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = GraphStore::open(folder.path()).unwrap();
        let known = KnownNames::default();
        known.hear(&keys(&["Anna", "Anna Berg", "Köln", "東京"]));
        for (text, expected) in [
            ("Anna Berg's boat", &["Anna Berg", "Anna"][..]),
            ("Annabel met anna.", &["anna"]),
            ("Anna Bergson", &["Anna"]),
            ("anna@example.org, x/anna, #anna, anna-lena, anna.md, _anna_, $anna", &[]),
            ("(Anna) \"Anna\" Anna: Anna, Anna-", &["Anna"; 5]),
            ("KÖLN-Deutz, Köln", &["Köln"]),
            ("昨日東京で", &["東京"]),
            ("", &[]),
        ] {
            assert_eq!(found(&known, &store, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_known_is_read_once_and_then_only_what_is_new_is_built() {
        let folder = tempfile::tempdir().unwrap();
        let store = GraphStore::open(folder.path()).unwrap();
        let many: Vec<String> = (0..MAX_NEW + 1).map(|number| format!("Person Number{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut view = store.view().unwrap();
        view.apply(&keys(&many), &[]);
        view.commit().unwrap();
        let known = KnownNames::default();
        let built = || BUILT.replace(0);
        assert_eq!(found(&known, &store, "Person Number7 came"), ["Person Number7"]);
        assert_eq!(built(), many.len());
        assert_eq!(found(&known, &store, "Person Number8 came"), ["Person Number8"]);
        known.hear(&keys(&many));
        assert_eq!((found(&known, &store, "nobody").len(), built()), (0, 0), "nothing new");
        known.hear(&keys(&["Mirela Stan"]));
        assert_eq!((found(&known, &store, "Mirela Stan, Person Number9").len(), built()), (2, 1));
        let more: Vec<String> = (0..MAX_NEW).map(|number| format!("Place Number{number}")).collect();
        known.hear(&keys(&more.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(found(&known, &store, "Place Number3 and Mirela Stan").len(), 2);
        assert_eq!(built(), many.len() + 1 + more.len(), "one large one again");
        known.clear();
        assert_eq!(found(&known, &store, "Place Number3"), Vec::<String>::new(), "the store never had it");
    }

    #[test]
    fn a_sentence_is_no_name() {
        let long = |bytes: usize| "Very long title ".repeat(20)[..bytes].trim().to_owned();
        let known = |name: String| keys(&[&name]).iter().filter_map(name_of).count();
        assert_eq!((known(long(MAX_NAME_BYTES - 1)), known("x".repeat(MAX_NAME_BYTES + 1))), (1, 0));
    }
}
