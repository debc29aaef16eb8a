//! When two pieces of evidence are one voice: the same text, the same root (a file, a conversation, a person who said it),
//! or one quoting the other. Ten copies of a note say no more than the note. What does not say where it comes from adds
//! nothing to what does: it may have been read here.

use std::collections::{BTreeSet, HashSet};

use crate::entity::{normalise, session_key};
use crate::error::Result;
use crate::id::Id;
use crate::identity::Names;
use crate::journal::Trust;
use crate::store::{View, term_text};
use crate::vocab::{self, ext};

/// Voices that are kept of one memory; further ones change nothing.
pub const MAX_VOICES: usize = 64;
/// A text that is shorter may stand in another one by chance.
pub const MIN_QUOTE_BYTES: usize = 32;
/// Nodes that are looked at on the way from a piece of evidence to its roots.
pub const MAX_ROOTS_LOOKED_AT: usize = 256;
/// The voice of the owner, where a telling says nothing else of where it comes from.
pub(crate) const OWNER: &str = "owner";

/// What a piece of evidence may be a copy of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Voice {
    /// What it is, and whatever it comes from, as keys.
    roots: BTreeSet<String>,
    /// Its words, in lower case, with a blank on each side; empty if there are none.
    words: String,
}

impl Voice {
    /// Reads the voice of a memory, passage, source or session.
    pub fn of(names: &Names<'_>, id: Id) -> Result<Self> {
        let view = names.view;
        let mut voice = Self::default();
        let mut open = vec![id];
        let mut seen = HashSet::new();
        while let Some(at) = open.pop() {
            if seen.len() == MAX_ROOTS_LOOKED_AT || !seen.insert(at) {
                continue;
            }
            voice.roots.insert(format!("node:{at}"));
            let quads = view.about(at)?;
            // The same words in two conversations with an agent were said twice; of one that is resumed there is no copy.
            let is_turn = quads.iter().any(|quad| quad.predicate == vocab::ROLE);
            for quad in quads {
                let Some(text) = term_text(&quad.object) else { continue };
                match quad.predicate.as_ref() {
                    vocab::KEY if text.starts_with("session:") => drop(voice.roots.insert(text)),
                    // Two files with one content are one.
                    vocab::CONTENT_HASH => drop(voice.roots.insert(format!("content:{text}"))),
                    predicate if predicate == ext::PRIMARY_SOURCE => voice.roots.extend(said(names, &text)?),
                    predicate if predicate == ext::TEXT && !is_turn => {
                        voice.roots.insert(format!("text:{}", text_key(&text).to_hex()));
                        if at == id {
                            voice.words = words(&text);
                        }
                    }
                    _ => {}
                }
            }
            open.extend(view.objects(at, ext::DERIVED_FROM)?);
            open.extend(view.objects(at, vocab::PART_OF)?);
        }
        Ok(voice)
    }

    /// The voice of a conversation, whether it is known or not.
    pub fn of_session(space: &str, name: &str) -> Self {
        Self { roots: BTreeSet::from([session_key(space, name)]), words: String::new() }
    }

    /// The voice of whoever or whatever something is said to come from.
    pub fn of_source(names: &Names<'_>, name: &str) -> Result<Self> {
        Ok(Self { roots: said(names, name)?.collect(), words: String::new() })
    }

    /// Tells whether two are one.
    pub fn is_one_with(&self, other: &Self) -> bool {
        let quotes = |long: &Self, short: &Self| {
            short.words.trim().len() >= MIN_QUOTE_BYTES && long.words.contains(short.words.as_str())
        };
        !self.roots.is_disjoint(&other.roots) || quotes(self, other) || quotes(other, self)
    }
}

/// The keys of whoever said something: the name as it is spelled, and whoever stands for who goes by it.
fn said(names: &Names<'_>, name: &str) -> Result<impl Iterator<Item = String> + use<>> {
    let who = names.meant(name)?.map(|id| format!("who:{id}"));
    Ok([format!("said:{}", normalise(name))].into_iter().chain(who))
}

/// The words of a text as they are compared: no case, no signs, no line breaks.
fn words(text: &str) -> String {
    let folded = normalise(text);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

/// The key of all texts that say the same, however they are capitalised, spaced and marked.
pub(crate) fn text_key(text: &str) -> blake3::Hash {
    let words = words(text);
    // A text of signs alone has nothing else to be told by.
    blake3::hash(if words.trim().is_empty() { text.trim().as_bytes() } else { words.as_bytes() })
}

/// Counts voices that are independent of each other: those with the fewest relatives first, so that a summary of two
/// sources does not make them one. Whether there are two does not depend on the order; what nobody claims is one voice.
pub(crate) fn count(voices: &[Voice]) -> usize {
    let voices = &voices[..voices.len().min(MAX_VOICES)];
    let relatives: Vec<Vec<usize>> = (0..voices.len())
        .map(|one| (0..voices.len()).filter(|two| *two != one && voices[one].is_one_with(&voices[*two])).collect())
        .collect();
    let mut order: Vec<usize> = (0..voices.len()).collect();
    order.sort_by_key(|one| (relatives[*one].len(), &voices[*one].roots));
    let mut chosen: Vec<usize> = Vec::new();
    for one in order {
        if !chosen.iter().any(|other| relatives[one].contains(other)) {
            chosen.push(one);
        }
    }
    chosen.len().max(1)
}

/// Reads the voices that told a memory: what it was derived or heard from, else its conversation, else who said it, else the
/// owner. Nothing, where an agent does not say where it has it from.
pub(crate) fn told(names: &Names<'_>, id: Id) -> Result<Vec<Voice>> {
    let (view, mut voices) = (names.view, Vec::new());
    for source in sorted(view.objects(id, ext::DERIVED_FROM)?) {
        voices.push(Voice::of(names, source)?);
    }
    let quads = view.about(id)?;
    let mut heard: Vec<String> = quads
        .iter()
        .filter(|quad| quad.predicate.as_ref() == vocab::HEARD_FROM)
        .filter_map(|quad| term_text(&quad.object))
        .collect();
    heard.sort_unstable();
    for name in &heard {
        voices.push(Voice::of_source(names, name)?);
    }
    if voices.is_empty() {
        voices.extend(match first(view, id)? {
            Some(First::Session(session)) => Some(Voice::of(names, session)?),
            Some(First::Source(name)) => Some(Voice::of_source(names, &name)?),
            None => None,
        });
    }
    Ok(voices)
}

/// Where a memory without evidence has it from.
pub(crate) enum First {
    /// A conversation.
    Session(Id),
    /// A person or program, in words.
    Source(String),
}

/// Reads where a memory comes from that names no evidence.
pub(crate) fn first(view: &View<'_>, id: Id) -> Result<Option<First>> {
    if let Some(session) = view.objects(id, vocab::PART_OF)?.into_iter().next() {
        return Ok(Some(First::Session(session)));
    }
    if let Some(name) = view.text(id, ext::PRIMARY_SOURCE)? {
        return Ok(Some(First::Source(name)));
    }
    let trust: Option<Trust> = view.text(id, vocab::TRUST)?.and_then(|name| name.parse().ok());
    Ok(trust.filter(|trust| *trust > Trust::Agent).map(|_| First::Source(OWNER.to_owned())))
}

fn sorted(mut ids: Vec<Id>) -> Vec<Id> {
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(roots: &[&str], text: &str) -> Voice {
        let words = if text.is_empty() { String::new() } else { words(text) };
        Voice { roots: roots.iter().map(ToString::to_string).collect(), words }
    }

    #[test]
    fn a_shared_root_or_a_quote_is_one_voice() {
        let long = "The boiler was serviced in March by the man from Ghent, he said.";
        let exactly = "x".repeat(MIN_QUOTE_BYTES);
        for (one, two, is_one) in [
            (voice(&["a"], ""), voice(&["b"], ""), false),
            (voice(&["a", "c"], ""), voice(&["b", "c"], ""), true),
            (voice(&["a"], long), voice(&["b"], "the boiler was serviced in MARCH, by the man"), true),
            (voice(&["a"], long), voice(&["b"], "in March"), false),
            (voice(&["a"], &format!("so {exactly} it")), voice(&["b"], &exactly), true),
            (voice(&["a"], &format!("so {exactly} it")), voice(&["b"], &exactly[1..]), false),
        ] {
            assert_eq!(one.is_one_with(&two), is_one, "{one:?} {two:?}");
            assert_eq!(two.is_one_with(&one), is_one, "{one:?} {two:?}");
        }
    }

    #[test]
    fn a_summary_of_two_sources_does_not_make_them_one() {
        let (one, two, both) = (voice(&["a"], ""), voice(&["b"], ""), voice(&["a", "b"], ""));
        for order in [[&one, &two, &both], [&both, &one, &two], [&one, &both, &two]] {
            assert_eq!(count(&order.map(Clone::clone)), 2);
        }
        assert_eq!(count(&[one.clone(), one.clone(), both]), 1);
        assert_eq!(count(&[]), 1);
        let many: Vec<Voice> = (0..=MAX_VOICES).map(|n| voice(&[&n.to_string()], "")).collect();
        assert_eq!(count(&many), MAX_VOICES);
    }
}
