//! How candidates become an order: one file a signal, each adding to a candidate's score and saying so in its `why`.

mod candidate;
mod fusion;
mod late;
mod links;
mod named;
mod session;
mod siblings;
mod time;
mod voice;
mod weights;

pub(crate) use candidate::{Candidate, Candidates, by_score};
pub(crate) use links::MAX_NAMESAKES;
pub use weights::Weights;

use std::collections::HashSet;
use std::sync::Arc;

use crate::error::Result;
use crate::id::Id;
use crate::memory::Inner;
use crate::names::{self, Run};
use crate::question::{Mode, Question};
use crate::sight::Sight;
use crate::store::View;
use crate::text::{Card, space_key};
use crate::verbs::mentions::Mentions;
use fusion::Scale;

/// Texts that only the time they name brings in, newest first.
const MAX_TIMED: usize = 32;

/// Everything the signals look at.
pub(crate) struct Ranking<'r> {
    pub inner: &'r Inner,
    pub view: &'r View<'r>,
    pub question: &'r Question,
    pub weights: &'r Weights,
    /// Keys of the spaces that are asked for; empty means all.
    spaces: HashSet<u64>,
    /// What may be a name in the question.
    runs: Vec<Run>,
    /// What no longer stands, unless the question looks from another moment.
    pub past: Option<Arc<HashSet<Id>>>,
}

/// The order, and what the question names.
pub(crate) struct Ranked {
    /// Best first.
    pub candidates: Vec<(Id, Candidate)>,
    /// Entities whose name stands in the question.
    pub named: Vec<(Id, String)>,
}

impl<'r> Ranking<'r> {
    /// Starts on a question.
    pub fn new(inner: &'r Inner, view: &'r View<'r>, question: &'r Question, weights: &'r Weights) -> Self {
        let spaces = question.spaces.iter().map(|space| space_key(space)).collect();
        let past = question.moment.is_now().then(|| inner.text.past());
        Self { inner, view, question, weights, spaces, runs: names::possible(&question.text), past }
    }

    /// Tells whether a text is of the time that is asked for.
    fn is_of_the_time(&self, id: Id) -> bool {
        self.past.as_ref().is_none_or(|past| !past.contains(&id))
            && self.question.moment.newest_id().is_none_or(|newest| id <= newest)
    }

    /// Returns what finds names in texts; nothing if the question looks from what was known at another moment.
    pub fn names<'s>(&'s self, sight: &'s Sight<'s>) -> Result<Option<Mentions<'s>>> {
        let moment = self.question.moment;
        if moment.known_at.is_some() {
            return Ok(None);
        }
        Mentions::new(self.inner, sight, moment, self.inner.now()).map(Some)
    }

    /// Ranks what the indexes found. Signals that only compare what is there come first; those that bring in more rest
    /// on their order.
    pub fn rank(&self, mut candidates: Candidates) -> Result<Ranked> {
        self.read_cards(&mut candidates)?;
        // What is of another space must not move what is asked for, nor lead to it.
        candidates.retain(|_, candidate| self.is_inside(&candidate.card));
        let scale = fusion::fuse(&mut candidates, self.weights);
        candidates.retain(|_, candidate| fusion::is_relevant(candidate));
        let voice = voice::Voice::of(self, &candidates);
        candidates.values_mut().for_each(|candidate| voice.hear(candidate));
        if let Some(range) = voice.time.as_ref().filter(|_| self.weights.time != 0.0) {
            // What names the day in other words, as in `yesterday`, is found by no word of it.
            let timed = self.inner.text.within(range, MAX_TIMED, self.past.is_none())?;
            self.admit(&mut candidates, &timed, &scale, &voice)?;
        }
        session::add(&mut candidates, self.weights);
        late::add(self, &mut candidates, &scale);
        let rounds = if self.question.mode == Mode::Deep { 2 } else { 1 };
        let asked = named::in_question(self)?;
        for round in 0..rounds {
            let newly_asked = if round == 0 { asked.as_slice() } else { &[] };
            named::add(self, &mut candidates, &scale, &voice, &asked, newly_asked)?;
        }
        let named = links::add(self, &mut candidates)?;
        let candidates = siblings::make_room(self, by_score(candidates))?;
        Ok(Ranked { candidates, named })
    }

    fn read_cards(&self, candidates: &mut Candidates) -> Result<()> {
        let ids: Vec<Id> = candidates.keys().copied().collect();
        for (id, card) in ids.iter().zip(self.inner.text.cards(&ids)?) {
            if let Some(candidate) = candidates.get_mut(id) {
                candidate.card = card.unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Tells whether a text may be of a space that is asked for.
    fn is_inside(&self, card: &Card) -> bool {
        self.spaces.is_empty() || card.space.is_none_or(|space| self.spaces.contains(&space))
    }

    /// Reads the card of one text, unless it is of another space than asked for.
    fn card_inside(&self, id: Id) -> Result<Option<Card>> {
        let card = self.inner.text.cards(&[id])?.pop().flatten().unwrap_or_default();
        Ok(self.is_inside(&card).then_some(card))
    }

    /// Takes in texts that another signal found: with their own likeness to the question, and their voice.
    fn admit(&self, candidates: &mut Candidates, ids: &[Id], scale: &Scale, voice: &voice::Voice) -> Result<()> {
        let is_new = |id: &Id| !candidates.contains_key(id) && self.is_of_the_time(*id);
        let new: Vec<Id> = ids.iter().copied().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let cosines = crate::verbs::recall::cosines(self.inner, self.question, &new);
        for ((id, card), cosine) in new.iter().zip(self.inner.text.cards(&new)?).zip(cosines) {
            let mut candidate = Candidate { card: card.unwrap_or_default(), ..Candidate::default() };
            if !self.is_inside(&candidate.card) {
                continue;
            }
            candidate.why.dense = cosine.map(|score| crate::question::Reason { rank: None, score });
            candidate.score = scale.score(&candidate.why, self.weights);
            voice.hear(&mut candidate);
            candidates.insert(*id, candidate);
        }
        Ok(())
    }
}
