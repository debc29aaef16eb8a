//! What facts can say: the predicates of `schema/predicates.ttl`, and those that the owner declared beside them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{NamedNode, NamedOrBlankNode, Quad, Term};

use crate::entity::normalise;
use crate::error::{Error, ErrorKind, Result};
use crate::names;
use crate::property;
use crate::store::{View, term_text};
use crate::vocab::{self, ext};

const BUILTIN: &str = include_str!("../../schema/predicates.ttl");
/// Names that a refusal offers instead of an unknown one.
const MAX_OFFERED: usize = 3;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Predicate {
    pub iri: NamedNode,
    /// As it stands in a sentence.
    pub label: String,
    /// Every way to say it, normalised; the label first.
    pub names: Vec<String>,
    /// Whether it has one value at a time.
    pub is_functional: bool,
    /// Whether it holds the other way round too.
    pub is_symmetric: bool,
    /// Whether its objects are entities; else they are texts.
    pub has_entities: bool,
}

/// All that are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Predicates {
    all: Vec<Predicate>,
    by_name: HashMap<String, usize>,
}

/// A sentence, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed<'t> {
    pub subject: &'t str,
    pub predicate: Predicate,
    pub object: &'t str,
}

impl Predicates {
    /// Returns those that are built in.
    pub fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Predicates>> = LazyLock::new(|| {
            let quads = RdfParser::from_format(RdfFormat::Turtle).for_slice(BUILTIN.as_bytes());
            let quads: Vec<Quad> = quads.map(|quad| quad.expect("the built-in predicates parse")).collect();
            let mut predicates = Predicates::default();
            predicates.read(&quads);
            Arc::new(predicates)
        });
        Arc::clone(&BUILT_IN)
    }

    /// Returns those that are built in, and those declared in the graph. Whoever meets a fact asks, so that the former are
    /// shared and only copied where there are any of the latter.
    pub fn of(view: &View<'_>) -> Result<Arc<Self>> {
        let mut known = Self::built_in();
        let declared = view.quads(None, None, None, Some(vocab::VOCAB_GRAPH.into())).collect::<Result<Vec<_>>>()?;
        if !declared.is_empty() {
            Arc::make_mut(&mut known).read(&declared);
        }
        Ok(known)
    }

    fn read(&mut self, quads: &[Quad]) {
        for quad in quads.iter().filter(|quad| quad.predicate == ext::TYPE && quad.object == ext::PROPERTY.into()) {
            let NamedOrBlankNode::NamedNode(iri) = &quad.subject else { continue };
            let of = |predicate| quads.iter().filter(move |q| q.subject == quad.subject && q.predicate == predicate);
            let texts = |predicate| of(predicate).filter_map(|quad| term_text(&quad.object));
            let Some(label) = texts(ext::LABEL).next() else { continue };
            let is_a = |class| of(ext::TYPE).any(|quad| quad.object.as_ref() == class);
            let names = std::iter::once(label.clone()).chain(texts(ext::ALT_LABEL)).map(|name| spoken(&name)).collect();
            self.add(Predicate {
                iri: iri.clone(),
                label,
                names,
                is_functional: is_a(ext::FUNCTIONAL.into()),
                is_symmetric: is_a(ext::SYMMETRIC.into()),
                has_entities: of(ext::RANGE).any(|quad| quad.object == Term::from(vocab::ENTITY)),
            });
        }
    }

    fn add(&mut self, predicate: Predicate) {
        let position = self.all.len();
        for name in &predicate.names {
            self.by_name.entry(name.clone()).or_insert(position);
        }
        let local = predicate.iri.as_str().rsplit(['#', '/', ':']).next().unwrap_or_default();
        self.by_name.entry(spoken(local)).or_insert(position);
        self.all.push(predicate);
    }

    /// Finds one by any of its names (`works for`, `worksFor`, `schema:worksFor`) or its IRI.
    ///
    /// # Errors
    /// `Invalid` when there is none, with those that sound alike.
    pub fn find(&self, name: &str) -> Result<&Predicate> {
        if let Some(predicate) = self.by_iri(name.trim()) {
            return Ok(predicate);
        }
        let plain = name.trim().rsplit_once(':').map_or(name.trim(), |(_, local)| local);
        self.by_name.get(&spoken(plain)).map(|position| &self.all[*position]).ok_or_else(|| self.unknown(name))
    }

    /// Returns the one with that IRI.
    pub fn by_iri(&self, iri: &str) -> Option<&Predicate> {
        self.all.iter().find(|predicate| predicate.iri.as_str() == iri)
    }

    /// Returns what the one with that IRI is called; a file's own word is its name.
    pub fn name(&self, iri: &str) -> String {
        let known = self.by_iri(iri).map(|predicate| predicate.label.clone());
        known.or_else(|| property::name(iri)).unwrap_or_else(|| iri.to_owned())
    }

    /// Returns all of them.
    pub fn all(&self) -> &[Predicate] {
        &self.all
    }

    fn unknown(&self, name: &str) -> Error {
        let wanted = spoken(name);
        let words: Vec<&str> = wanted.split(' ').collect();
        let shared = |predicate: &&Predicate| {
            let of = |name: &String| name.split(' ').filter(|word| word.len() > 3 && words.contains(word)).count();
            predicate.names.iter().map(of).max().unwrap_or(0)
        };
        let mut near: Vec<&Predicate> = self.all.iter().filter(|predicate| shared(predicate) > 0).collect();
        near.sort_by_key(|predicate| std::cmp::Reverse(shared(predicate)));
        let near: Vec<String> = near.iter().take(MAX_OFFERED).map(|p| format!("`{}`", p.label)).collect();
        let offer = if near.is_empty() { String::new() } else { format!("say {}, or ", near.join(" or ")) };
        Error::new(ErrorKind::Invalid, format!("`{}` is not a predicate that is known", names::shortened(name)))
            .hint(format!("{offer}declare it: `hydra predicate add \"{}\"`", names::shortened(name)))
    }

    /// Takes a sentence apart at the longest name of a predicate that stands in it: `Mirela works for Acme.`
    pub fn parse<'t>(&self, sentence: &'t str) -> Option<Parsed<'t>> {
        let sentence = sentence.trim().trim_end_matches('.').trim_end();
        if sentence.len() > MAX_SENTENCE_BYTES || sentence.contains(['\n', '.', ';', '?', '!']) {
            return None;
        }
        let starts: Vec<usize> = std::iter::once(0)
            .chain(sentence.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at + 1))
            .collect();
        let mut best: Option<(usize, usize, &Predicate)> = None;
        for (number, start) in starts.iter().enumerate().skip(1) {
            for end in starts[number + 1..].iter().map(|next| next - 1) {
                let said = spoken(&sentence[*start..end]);
                let Some(position) = self.by_name.get(&said) else { continue };
                let predicate = &self.all[*position];
                // A bare noun (`status`) is a name to ask by, not a verb.
                let is_verb = predicate.names[0] == said || said.contains(' ') || VERBS.contains(&said.as_str());
                if is_verb && best.is_none_or(|(from, to, _)| end - start > to - from) {
                    best = Some((*start, end, predicate));
                }
            }
        }
        let (start, end, predicate) = best?;
        let (subject, object) = (sentence[..start].trim(), sentence[end..].trim());
        (is_name(subject) && is_value(object)).then(|| Parsed { subject, predicate: predicate.clone(), object })
    }
}

/// Tells whether a subject is plainly a name, and no pronoun, doubt or denial: what is not plain is kept as it was said.
fn is_name(subject: &str) -> bool {
    let words: Vec<&str> = subject.split(' ').collect();
    let is_capital = |word: &&str| word.starts_with(|c: char| !c.is_lowercase()) || LINKING.contains(word);
    let is_plain = words.len() == 1 || words.iter().all(is_capital) || subject.ends_with(')');
    let is_open = NO_NAMES.contains(&normalise(words[0]).as_str());
    !subject.is_empty()
        && is_plain
        && !is_open
        && words.len() <= names::MAX_NAME_WORDS
        && !subject.contains([',', ':', '"'])
}

/// Tells whether an object is a value alone: nothing about when, why or what else.
fn is_value(object: &str) -> bool {
    let words: Vec<String> = object.split(' ').map(normalise).collect();
    let is_more = |word: &String| CLAUSES.contains(&word.as_str());
    !object.is_empty()
        && words.len() <= names::MAX_NAME_WORDS
        && !object.contains([',', ':'])
        && !words.iter().any(is_more)
}

/// Longest sentence that is taken apart.
const MAX_SENTENCE_BYTES: usize = 200;
/// Words inside a name that have no capital.
const LINKING: [&str; 8] = ["of", "the", "de", "van", "von", "da", "der", "and"];
/// Words that no name begins with.
const NO_NAMES: [&str; 36] = [
    "i", "he", "she", "it", "they", "we", "you", "this", "that", "there", "who", "what", "if", "when", "while",
    "maybe", "perhaps", "probably", "possibly", "since", "because", "although", "whether", "does", "did", "is", "was",
    "no", "not", "never", "nobody", "my", "our", "his", "her", "their",
];
/// Words that begin another thought.
const CLAUSES: [&str; 22] = [
    "until", "since", "but", "because", "when", "while", "if", "although", "and", "or", "from", "before", "after",
    "during", "now", "again", "anymore", "longer", "maybe", "probably", "then", "not",
];
/// Other ways to say something that are a verb of one word.
const VERBS: [&str; 7] = ["joined", "married", "met", "loves", "enjoys", "hates", "bought"];

/// A name as it is compared: `worksFor` and `works_for` are `works for`.
pub(crate) fn spoken(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(if c == '_' || c == '-' { ' ' } else { c });
        before = c;
    }
    normalise(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtin() -> Predicates {
        let quads = RdfParser::from_format(RdfFormat::Turtle).for_slice(BUILTIN.as_bytes());
        let quads: Vec<Quad> = quads.map(|quad| quad.unwrap()).collect();
        let comments = quads.iter().filter(|quad| quad.predicate.as_str().ends_with("#comment")).count();
        let mut predicates = Predicates::default();
        predicates.read(&quads);
        assert_eq!(comments, predicates.all.len(), "every predicate has a sentence");
        predicates
    }

    #[test]
    fn a_predicate_has_many_names() {
        let predicates = builtin();
        for name in
            ["works for", "worksFor", "schema:worksFor", "works_for", "Is employed by", "http://schema.org/worksFor"]
        {
            assert_eq!(predicates.find(name).unwrap().iri.as_str(), "http://schema.org/worksFor", "{name}");
        }
        let error = predicates.find("is married with").unwrap_err();
        assert!(error.next_step().unwrap().contains("`is married to`"), "{error:?}");
    }

    #[test]
    fn no_two_predicates_share_a_name() {
        let predicates = builtin();
        for predicate in predicates.all() {
            for name in &predicate.names {
                assert_eq!(predicates.find(name).unwrap().iri, predicate.iri, "{name}");
            }
        }
    }

    #[test]
    fn a_plain_sentence_is_taken_apart() {
        let predicates = builtin();
        let parts =
            |text| predicates.parse(text).map(|p| (p.subject.to_owned(), p.predicate.label, p.object.to_owned()));
        let owned = |s: &str, p: &str, o: &str| Some((s.to_owned(), p.to_owned(), o.to_owned()));
        assert_eq!(parts("Mirela works for Acme Labs."), owned("Mirela", "works for", "Acme Labs"));
        assert_eq!(parts("Anna Lee moved to New York"), owned("Anna Lee", "lives in", "New York"));
        assert_eq!(parts("Oskar is allergic to nuts"), owned("Oskar", "is allergic to", "nuts"));
        assert_eq!(parts("Mirela works_for Acme"), owned("Mirela", "works for", "Acme"));
        assert_eq!(parts("Oskar bought a boat"), owned("Oskar", "owns", "a boat"));
        for other in
            ["The meeting went well", "works for Acme", "Mirela works for", "It rained. Mirela works for Acme", ""]
        {
            assert_eq!(parts(other), None, "{other}");
        }
        let long = |bytes: usize| format!("Mirela speaks {}", "x".repeat(bytes - "Mirela speaks ".len()));
        let (fits, is_longer) = (long(MAX_SENTENCE_BYTES), long(MAX_SENTENCE_BYTES + 1));
        assert!(predicates.parse(&fits).is_some() && predicates.parse(&is_longer).is_none());
    }
}
