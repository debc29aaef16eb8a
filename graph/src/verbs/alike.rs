//! `suggest_merges`: two entities that seem to be one are proposed to the owner, with what speaks for it, and never merged
//! by rule. Each pair is proposed once: one that was decided, or told apart, does not come again.
//!
//! What speaks for it is an address that both have; or a name that both go by, or whose initial fits (`A. Berg`, `Anna
//! Berg`), together with something that both are tied to by a fact or a link.

use std::collections::{BTreeMap, BTreeSet};

use oxigraph::model::{Term, Triple};

use super::propose::{Proposed, propose};
use super::remember::Evidence;
use super::ties::{TieKind, Ties};
use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::identity;
use crate::journal::{Agent, Trust};
use crate::memory::Inner;
use crate::mention::may_be_name;
use crate::moment::Moment;
use crate::proposal::{NewProposal, Suggestion};
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::store::{View, string, subject_id, term_text};
use crate::vocab::{self, ext};

/// Merges that one run proposes at most; the next goes on.
pub const MAX_SUGGESTED: usize = 10;
/// Pairs that are looked at for ties in one run, those of the newest names first.
pub const MAX_PAIRS: usize = 200;
/// A name or an address that more share says little of any two.
pub const MAX_SHARING: usize = 4;
/// What has more ties than this, as an index of all notes, is shared by everybody.
const MAX_SHARED_TIES: usize = 50;
/// Pieces of evidence that are given for one pair.
const MAX_GIVEN: usize = 6;
/// Who proposes.
const PROPOSER: &str = "hydra";

/// What speaks for two being one besides what both are tied to, and how sure it makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Address(String),
    Name(String),
    Initial,
}

impl Likeness {
    fn confidence(&self) -> f32 {
        match self {
            Self::Address(_) => 0.8,
            Self::Name(_) => 0.6,
            Self::Initial => 0.5,
        }
    }
}

/// Two entities: the one that would stay, and the other.
type Pair = (Id, Id);

pub(crate) fn suggest(inner: &Inner) -> Result<Vec<Proposed>> {
    let mut news = Vec::new();
    {
        let view = inner.view()?;
        let pairs = pairs(&view)?;
        for space in spaces(&view)? {
            if news.len() == MAX_SUGGESTED || pairs.is_empty() {
                break;
            }
            let sight = Sight::new(Rewound::new(&view, None)?, std::slice::from_ref(&space), inner.now());
            let ties = Ties::new(&view, &sight, Moment::default(), &[], inner.now())?;
            for (pair, likeness) in pairs.iter().rev().take(MAX_PAIRS) {
                if news.len() == MAX_SUGGESTED {
                    break;
                }
                news.extend(suggestion(&view, &sight, &ties, &space, *pair, likeness)?);
            }
        }
    }
    let rules = Agent { name: PROPOSER.to_owned(), trust: Trust::Ingested };
    let mut proposed = Vec::with_capacity(news.len());
    for (new, reason) in news {
        proposed.extend(propose(inner, vec![new], Some(reason), &rules)?);
    }
    Ok(proposed)
}

/// The spaces that anything belongs to, files among it.
fn spaces(view: &View<'_>) -> Result<BTreeSet<String>> {
    let mut spaces = BTreeSet::new();
    for quad in view.quads(None, Some(vocab::SPACE), None, None) {
        spaces.extend(term_text(&quad?.object));
    }
    Ok(spaces)
}

/// Those that are alike by a name or an address, whatever they are tied to.
fn pairs(view: &View<'_>) -> Result<BTreeMap<Pair, Likeness>> {
    let mut by_name: BTreeMap<String, BTreeSet<Id>> = BTreeMap::new();
    for quad in view.quads(None, Some(vocab::KEY), None, None) {
        let quad = quad?;
        let name = term_text(&quad.object).and_then(|key| Some(key.strip_prefix("name:")?.to_owned()));
        if let (Some(id), Some(name)) = (subject_id(&quad.subject), name) {
            by_name.entry(name).or_default().insert(id);
        }
    }
    let mut by_address: BTreeMap<String, BTreeSet<Id>> = BTreeMap::new();
    for quad in view.quads(None, Some(ext::EMAIL), None, None) {
        let quad = quad?;
        if let (Some(id), Some(address)) = (subject_id(&quad.subject), term_text(&quad.object)) {
            by_address.entry(address.trim().to_lowercase()).or_default().insert(id);
        }
    }
    // Whole first names, and initials, by initial and last name.
    let mut whole: BTreeMap<(char, &str), BTreeSet<Id>> = BTreeMap::new();
    let mut short: BTreeMap<(char, &str), BTreeSet<Id>> = BTreeMap::new();
    for (name, ids) in &by_name {
        let Some((first, last)) = person(name) else { continue };
        let Some(initial) = first.chars().next() else { continue };
        let names = if first.trim_end_matches('.').chars().count() == 1 { &mut short } else { &mut whole };
        names.entry((initial, last)).or_default().extend(ids);
    }
    let mut found = BTreeMap::new();
    for (key, shorts) in &short {
        // Of two that it may be it is nobody's.
        if let Some(wholes) = whole.get(key) {
            keep(view, wholes.iter().chain(shorts).copied(), &Likeness::Initial, &mut found)?;
        }
    }
    for (name, ids) in by_name.iter().filter(|(name, ids)| ids.len() > 1 && may_be_name(name)) {
        // Who is told apart in brackets is meant to be two.
        let mut is_apart = false;
        for id in ids {
            is_apart |= entity::label(view, *id)?.contains(" (");
        }
        if is_apart {
            continue;
        }
        keep(view, ids.iter().copied(), &Likeness::Name(name.clone()), &mut found)?;
    }
    for (address, ids) in &by_address {
        keep(view, ids.iter().copied(), &Likeness::Address(address.clone()), &mut found)?;
    }
    Ok(found)
}

/// A name of a person that is a first and a last name, with others between.
fn person(name: &str) -> Option<(&str, &str)> {
    let is_word = |word: &str| word.chars().all(|letter| letter.is_alphabetic() || "-'.".contains(letter));
    let (first, rest) = name.split_once(' ')?;
    let last = rest.rsplit(' ').next()?;
    (name.split(' ').all(is_word) && last.chars().count() > 1).then_some((first, last))
}

/// Keeps every two of a few that stand for themselves and were not told apart; the surest likeness comes last.
fn keep(
    view: &View<'_>,
    ids: impl Iterator<Item = Id>,
    likeness: &Likeness,
    found: &mut BTreeMap<Pair, Likeness>,
) -> Result<()> {
    let mut standing: Vec<Id> = Vec::new();
    for id in ids {
        let id = identity::standing(view, id)?;
        if view.is_a(id, vocab::ENTITY)? && !standing.contains(&id) {
            standing.push(id);
        }
    }
    let most = if *likeness == Likeness::Initial { 2 } else { MAX_SHARING };
    if standing.len() > most {
        return Ok(());
    }
    if *likeness != Likeness::Initial {
        standing.sort_unstable();
    }
    for (at, keep) in standing.iter().enumerate() {
        for other in &standing[at + 1..] {
            if !are_told_apart(view, *keep, *other)? {
                found.remove(&(*other, *keep));
                found.insert((*keep, *other), likeness.clone());
            }
        }
    }
    Ok(())
}

fn are_told_apart(view: &View<'_>, one: Id, other: Id) -> Result<bool> {
    for (from, to) in [(one, other), (other, one)] {
        for member in identity::members(view, from)? {
            let different = view.objects(member, ext::DIFFERENT_FROM)?;
            if different.contains(&to) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What is proposed of a pair in a space, and why; nothing if too little speaks for it there, or it was proposed before.
fn suggestion(
    view: &View<'_>,
    sight: &Sight<'_>,
    ties: &Ties<'_>,
    space: &str,
    (keep, other): Pair,
    likeness: &Likeness,
) -> Result<Option<(NewProposal, String)>> {
    if !sight.knows_name(keep)? || !sight.knows_name(other)? {
        return Ok(None);
    }
    let (evidence, why) = match likeness {
        Likeness::Address(address) => {
            let mut evidence = Vec::new();
            for id in [keep, other] {
                evidence.extend(having(view, sight, id, address)?);
            }
            if evidence.len() < 2 {
                return Ok(None);
            }
            (evidence, format!("both have the address {address}"))
        }
        Likeness::Name(_) | Likeness::Initial => {
            let shared = shared(ties, keep, other)?;
            let mut evidence = BTreeSet::new();
            for (_, by) in &shared {
                evidence.extend(by);
            }
            let Some((first, _)) = shared.first() else { return Ok(None) };
            let alike = match likeness {
                Likeness::Name(name) => format!("both go by {name}"),
                _ => "one may be the initial of the other".to_owned(),
            };
            (evidence.into_iter().collect(), format!("{alike}, and both are tied to {}", ties.name(*first)?))
        }
    };
    if evidence.is_empty() {
        return Ok(None);
    }
    let new = NewProposal {
        suggestion: Suggestion::Merge { keep: called(view, keep)?, other: called(view, other)? },
        space: space.to_owned(),
        evidence: evidence.into_iter().take(MAX_GIVEN).map(|id| Evidence { id, quote: None }).collect(),
        confidence: likeness.confidence(),
    };
    let known = view.subjects(vocab::KEY, string(new.key()).as_ref().into(), 1)?;
    Ok(known.is_empty().then_some((new, why)))
}

/// The facts that give an entity an address.
fn having(view: &View<'_>, sight: &Sight<'_>, id: Id, address: &str) -> Result<Vec<Id>> {
    let mut facts = Vec::new();
    for quad in view.quads(Some(vocab::node(id).as_ref().into()), Some(ext::EMAIL), None, None) {
        let quad = quad?;
        if term_text(&quad.object).is_some_and(|text| text.trim().to_lowercase() == address) {
            let said = Term::from(Triple::from(quad));
            for fact in view.subjects(ext::REIFIES, said.as_ref(), usize::MAX)? {
                if sight.sees(fact)? {
                    facts.push(fact);
                }
            }
        }
    }
    facts.truncate(MAX_GIVEN / 2);
    Ok(facts)
}

/// What two are tied to by facts or links, with what says so.
fn shared(ties: &Ties<'_>, one: Id, other: Id) -> Result<Vec<(Id, BTreeSet<Id>)>> {
    let of = |id: Id| -> Result<BTreeMap<Id, BTreeSet<Id>>> {
        let mut ends: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
        for tie in ties.of(id)?.ties.iter().filter(|tie| matches!(tie.kind, TieKind::Fact | TieKind::Link)) {
            if let Some(end) = tie.other(id).filter(|end| *end != one && *end != other) {
                ends.entry(end).or_default().extend(tie.fact);
            }
        }
        Ok(ends)
    };
    let (mut ours, theirs) = (of(one)?, of(other)?);
    ours.retain(|end, _| theirs.contains_key(end));
    let mut shared = Vec::new();
    for (end, mut by) in ours {
        let around = ties.of(end)?;
        if around.ties.len() > MAX_SHARED_TIES {
            continue;
        }
        by.extend(&theirs[&end]);
        // Links stand in passages: of the shared note to both, or of theirs to it.
        for id in [one, other] {
            by.extend(ties.of(id)?.texts.intersection(&ties.passages_of(end)?));
            by.extend(around.texts.intersection(&ties.passages_of(id)?));
        }
        shared.push((end, by));
    }
    Ok(shared)
}

/// An entity by its name, if that means nobody else; else by its id.
fn called(view: &View<'_>, id: Id) -> Result<String> {
    let label = entity::label(view, id)?;
    let named = entity::named(view, &entity::name_key(&label), 2)?;
    Ok(if named == [id] { label } else { id.to_string() })
}
