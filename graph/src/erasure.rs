//! What erasing takes out of the graph and of the journal: the one place where history is changed.
//!
//! It is worked out anew from the ids alone whenever it is applied, so that no copy of what goes has to be kept for a
//! replay. What stays is that there was something: the ids, who touched them and when.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use oxigraph::model::{NamedOrBlankNode, Quad, Term, Triple};

use crate::error::Result;
use crate::id::Id;
use crate::journal;
use crate::property;
use crate::seal;
use crate::store::{View, string, subject_id, term_id, term_text};
use crate::vocab::{self, ext};

/// Takes `ids` out of the graph and out of every commit that spoke of them, with what only they gave a meaning: their
/// links, quotes and conflicts, the plain statements of facts, names that nothing else speaks of, and their words in the
/// text that they are a piece of.
pub(crate) fn apply(view: &mut View<'_>, ids: &BTreeSet<Id>) -> Result<()> {
    let mut erasure = Erasure { gone: ids.clone(), ..Erasure::default() };
    for id in ids {
        erasure.commits.extend(touching(view, *id)?);
        let said = view.about(*id)?;
        erasure.read(view, &said)?;
    }
    // Each commit is read once, whatever it said: one that read a file speaks of thousands.
    for commit in erasure.commits.clone() {
        let (added, removed) = journal::difference(view, commit)?;
        let said: Vec<Quad> = added.into_iter().chain(removed).collect();
        let own: Vec<Quad> =
            said.iter().filter(|quad| subject_id(&quad.subject).is_some_and(|id| ids.contains(&id))).cloned().collect();
        erasure.read(view, &own)?;
        erasure.satellites_in(&said);
    }
    for id in ids {
        erasure.ties_to(view, *id)?;
    }
    for whole in erasure.pieces.keys() {
        erasure.commits.extend(touching(view, *whole)?);
    }
    erasure.clear_graph(view)?;
    for name in erasure.orphans(view)? {
        let said = view.about(name)?;
        view.apply(&[], &said);
        erasure.gone.insert(name);
    }
    for commit in erasure.commits.clone() {
        erasure.rewrite(view, commit)?;
    }
    Ok(())
}

/// Returns every passage that a file ever had, as far as the journal knows.
pub(crate) fn passages_ever(view: &View<'_>, source: Id) -> Result<BTreeSet<Id>> {
    let mut ids = BTreeSet::new();
    for commit in touching(view, source)? {
        let (added, removed) = journal::difference(view, commit)?;
        let of_source = |quad: &&Quad| quad.predicate == vocab::PART_OF && term_id(&quad.object) == Some(source);
        ids.extend(added.iter().chain(&removed).filter(of_source).filter_map(|quad| subject_id(&quad.subject)));
    }
    Ok(ids)
}

/// Returns `text` with every place where one of `words` stands by itself blanked out, byte for byte, so that what points
/// into the text stays right.
fn masked(text: &str, words: &[String]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (at, _) in text.match_indices(word.as_str()) {
            let end = at + word.len();
            let is_part = |c: Option<char>, own: Option<char>| {
                c.is_some_and(char::is_alphanumeric) && own.is_some_and(char::is_alphanumeric)
            };
            if is_part(text[..at].chars().next_back(), word.chars().next())
                || is_part(text[end..].chars().next(), word.chars().next_back())
            {
                continue;
            }
            bytes[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
    }
    String::from_utf8(bytes).expect("whole characters became blanks")
}

#[derive(Default)]
struct Erasure {
    /// Nodes of which nothing is said any more but that they were erased.
    gone: BTreeSet<Id>,
    /// Statements that only nodes that are gone made.
    statements: HashSet<Triple>,
    /// Texts that pieces are cut out of, with what the pieces say, the longest first.
    pieces: BTreeMap<Id, Vec<String>>,
    /// Names that may be nobody's afterwards.
    names: BTreeSet<Id>,
    /// What is written anew.
    commits: BTreeSet<Id>,
}

impl Erasure {
    /// Takes in what is or was said of nodes that go.
    fn read(&mut self, view: &View<'_>, said: &[Quad]) -> Result<()> {
        let mut texts: HashMap<Id, Vec<String>> = HashMap::new();
        for quad in said.iter().filter(|quad| quad.predicate == ext::TEXT) {
            if let Some(id) = subject_id(&quad.subject) {
                texts.entry(id).or_default().extend(term_text(&quad.object));
            }
        }
        for quad in said {
            self.names.extend(term_id(&quad.object));
            if let Term::Triple(triple) = &quad.object {
                self.names.extend(term_id(&triple.subject.clone().into()));
                self.names.extend(term_id(&triple.object));
                // Another fact may say the same.
                let others = view.subjects(ext::REIFIES, quad.object.as_ref(), usize::MAX)?;
                if others.iter().all(|other| self.gone.contains(other)) {
                    self.statements.insert((**triple).clone());
                }
            }
            if quad.predicate == vocab::PART_OF
                && let Some(whole) = term_id(&quad.object)
                && !self.gone.contains(&whole)
                && !view.is_a(whole, vocab::SESSION)?
            {
                let pieces = self.pieces.entry(whole).or_default();
                let said = subject_id(&quad.subject).and_then(|id| texts.get(&id));
                pieces.extend(said.into_iter().flatten().filter(|text| !text.is_empty()).cloned());
                pieces.sort_unstable_by_key(|piece| std::cmp::Reverse(piece.len()));
                pieces.dedup();
                let pieces = pieces.clone();
                self.properties(view, whole, &pieces)?;
            }
            if quad.predicate == ext::DERIVED_FROM {
                self.reified(view, quad.subject.clone(), quad.object.clone())?;
            }
            // What was accepted says what was proposed.
            if quad.predicate == ext::INFLUENCED_BY
                && let Some(proposal) = term_id(&quad.object)
            {
                self.take(view, proposal)?;
            }
        }
        Ok(())
    }

    /// Takes in the properties that a file says in pieces of it that go.
    fn properties(&mut self, view: &View<'_>, whole: Id, pieces: &[String]) -> Result<()> {
        let graph = vocab::node(whole);
        for quad in view.quads(None, None, None, Some(graph.as_ref().into())) {
            let quad = quad?;
            let Some(name) = property::name(quad.predicate.as_str()) else { continue };
            let value = term_text(&quad.object).unwrap_or_default();
            if pieces.iter().any(|piece| property::stands_in(piece, &name, &value)) {
                self.statements.insert(Triple::from(quad));
            }
        }
        Ok(())
    }

    /// Takes in what rests on a node that goes, or disagrees with it.
    fn ties_to(&mut self, view: &View<'_>, id: Id) -> Result<()> {
        let node = vocab::node(id);
        for derived in view.subjects(ext::DERIVED_FROM, node.as_ref().into(), usize::MAX)? {
            self.reified(view, vocab::node(derived).into(), node.clone().into())?;
            if view.is_a(derived, vocab::LINK)? {
                self.link(view, derived)?;
            }
            // It waits, or was decided about: either way it says in other words what went.
            self.take(view, derived)?;
        }
        for conflict in view.subjects(vocab::SIDE, node.as_ref().into(), usize::MAX)? {
            let sides = view.objects(conflict, vocab::SIDE)?;
            if sides.iter().filter(|side| !self.gone.contains(side)).count() < 2 {
                self.gone.insert(conflict);
            }
        }
        Ok(())
    }

    /// Takes in a proposal, if it is one.
    fn take(&mut self, view: &View<'_>, id: Id) -> Result<()> {
        if view.is_a(id, vocab::PROPOSAL)? && self.gone.insert(id) {
            self.commits.extend(touching(view, id)?);
        }
        Ok(())
    }

    /// A quote belongs to the derivation that it stands for.
    fn reified(&mut self, view: &View<'_>, from: NamedOrBlankNode, to: Term) -> Result<()> {
        let derivation = Term::from(Triple::new(from, ext::DERIVED_FROM, to));
        self.gone.extend(view.subjects(ext::REIFIES, derivation.as_ref(), usize::MAX)?);
        Ok(())
    }

    /// A link belongs to the passage that it stands in; its page links on only if it says so elsewhere.
    fn link(&mut self, view: &View<'_>, link: Id) -> Result<()> {
        self.gone.insert(link);
        let Some(Term::Triple(triple)) = view.object(link, ext::REIFIES)? else { return Ok(()) };
        self.names.extend(term_id(&triple.object));
        let others = view.subjects(ext::REIFIES, Term::from(triple.clone()).as_ref(), usize::MAX)?;
        if others.iter().all(|other| self.gone.contains(other)) {
            self.statements.insert(*triple);
        }
        Ok(())
    }

    /// What a commit said of links, quotes and proposals that are no longer there.
    fn satellites_in(&mut self, quads: &[Quad]) {
        let classes = [vocab::LINK, vocab::PROPOSAL].map(|class| Term::from(class.into_owned()));
        let tied: HashSet<Id> = quads
            .iter()
            .filter(|quad| quad.predicate == ext::TYPE && classes.contains(&quad.object))
            .filter_map(|quad| subject_id(&quad.subject))
            .collect();
        for quad in quads {
            let Some(id) = subject_id(&quad.subject) else { continue };
            let is_satellite = match &quad.object {
                Term::Triple(triple) if quad.predicate == ext::REIFIES => {
                    let ends = [term_id(&triple.subject.clone().into()), term_id(&triple.object)];
                    triple.predicate == ext::DERIVED_FROM && ends.iter().flatten().any(|end| self.gone.contains(end))
                }
                object if quad.predicate == ext::DERIVED_FROM => {
                    term_id(object).is_some_and(|id| self.gone.contains(&id)) && tied.contains(&id)
                }
                _ => false,
            };
            if is_satellite {
                self.gone.insert(id);
            }
        }
    }

    fn clear_graph(&mut self, view: &mut View<'_>) -> Result<()> {
        let mut removed = Vec::new();
        for id in &self.gone {
            let node = vocab::node(*id);
            removed.extend(view.about(*id)?.into_iter().filter(|quad| !is_kept(quad)));
            removed.extend(
                view.quads(None, Some(vocab::SIDE), Some(node.as_ref().into()), None).collect::<Result<Vec<_>>>()?,
            );
            let owned: Vec<Quad> =
                view.quads(None, None, None, Some(node.as_ref().into())).collect::<Result<Vec<_>>>()?;
            self.names.extend(owned.iter().filter_map(|quad| subject_id(&quad.subject)));
            self.names.extend(owned.iter().filter_map(|quad| term_id(&quad.object)));
            removed.extend(owned);
        }
        for triple in &self.statements {
            let (subject, predicate) = (triple.subject.as_ref(), triple.predicate.as_ref());
            let said = view.quads(Some(subject), Some(predicate), Some(triple.object.as_ref()), None);
            removed.extend(said.collect::<Result<Vec<_>>>()?);
        }
        let mut added = Vec::new();
        for whole in self.pieces.keys() {
            for quad in view.about(*whole)?.into_iter().filter(|quad| quad.predicate == ext::TEXT) {
                added.push(self.mask(quad.clone()));
                removed.push(quad);
            }
        }
        view.apply(&added, &removed);
        Ok(())
    }

    fn mask(&self, mut quad: Quad) -> Quad {
        let pieces = subject_id(&quad.subject).and_then(|whole| self.pieces.get(&whole));
        if let (Some(text), Some(pieces)) = (term_text(&quad.object), pieces) {
            quad.object = string(masked(&text, pieces)).into();
        }
        quad
    }

    /// Returns the names, tags and conversations that nothing speaks of any more.
    fn orphans(&self, view: &View<'_>) -> Result<Vec<Id>> {
        let mut orphans = Vec::new();
        for id in self.names.difference(&self.gone).copied() {
            let mut is_name = false;
            for class in [vocab::ENTITY, vocab::SESSION, ext::CONCEPT] {
                is_name |= view.is_a(id, class)?;
            }
            let of_names = [ext::TYPE, ext::PREF_LABEL, ext::ALT_LABEL, vocab::KEY, vocab::SPACE, vocab::RECORDED_AT];
            let says_more = view.about(id)?.iter().any(|quad| !of_names.contains(&quad.predicate.as_ref()));
            let node = vocab::node(id);
            let is_named = view.quads(None, None, Some(node.as_ref().into()), None).next().transpose()?.is_some();
            if is_name && !says_more && !is_named {
                orphans.push(id);
            }
        }
        Ok(orphans)
    }

    fn rewrite(&self, view: &mut View<'_>, commit: Id) -> Result<()> {
        let (added, removed) = journal::difference(view, commit)?;
        let keep = |quads: Vec<Quad>| -> Vec<Quad> {
            let kept = quads.into_iter().filter(|quad| !self.is_erased(quad));
            kept.map(|quad| if self.is_of_whole(&quad) { self.mask(quad) } else { quad }).collect()
        };
        let touched = journal::touched(view, commit)?;
        let is_only_of_gone = touched.iter().all(|id| self.gone.contains(id));
        journal::rewrite(view, commit, &keep(added), &keep(removed), is_only_of_gone)
    }

    fn is_erased(&self, quad: &Quad) -> bool {
        let is_gone = |id: Option<Id>| id.is_some_and(|id| self.gone.contains(&id));
        let graph = match &quad.graph_name {
            oxigraph::model::GraphName::NamedNode(graph) => Id::from_iri(graph.as_str()),
            _ => None,
        };
        // One side less, of a conflict that goes on.
        let is_side = quad.predicate == vocab::SIDE && is_gone(term_id(&quad.object));
        is_side
            || (is_gone(subject_id(&quad.subject)) && !is_kept(quad))
            || is_gone(graph)
            || self.statements.contains(&Triple::from(quad.clone()))
    }

    fn is_of_whole(&self, quad: &Quad) -> bool {
        quad.predicate == ext::TEXT && subject_id(&quad.subject).is_some_and(|id| self.pieces.contains_key(&id))
    }
}

/// Tells whether a statement about a node stays when that is erased: when it was, and the seal that it is recognised by. What
/// a tombstone is recognised by has no secret, and tells the path, or whoever guesses the text.
fn is_kept(quad: &Quad) -> bool {
    let is_sealed = || term_text(&quad.object).is_some_and(|key| seal::is_seal(&key));
    quad.predicate == vocab::ERASED_AT || (quad.predicate == vocab::FORGOTTEN_AS && is_sealed())
}

fn touching(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_blanked_and_every_place_stays() {
        let words = ["PIN 1234".to_owned(), "ä".to_owned()];
        assert_eq!(masked("My PIN 1234, not PIN 12345.\nä äh", &words), "My         , not PIN 12345.\n   äh");
        let over_lines = ["one\ntwo".to_owned()];
        assert_eq!(masked("# one\ntwo\n", &over_lines), "#    \n   \n");
    }
}
