//! Preferences among what is told: counted when they are known, in force when somebody said so or enough independent voices
//! let it be inferred, and ended by a correction.
//!
//! What is only inferred never ends anything: against what somebody said it stays a candidate, and of two that contradict
//! each other and would both be in force, neither is, until somebody says which. So any order of the same observations comes
//! to the same.

use oxigraph::model::NamedNode;

use super::claim::LEAST_CONFIDENCE_TO_END;
use super::remember::NewMemory;
use super::telling::{Novelty, Telling, Told};
use super::twin;
use crate::error::Result;
use crate::id::Id;
use crate::identity;
use crate::journal::Trust;
use crate::preference::{OBSERVATIONS_TO_HOLD, Preference, Standing};
use crate::record::{self, Kind, Record};
use crate::scope;
use crate::store::{Node, string, time_literal};
use crate::vocab::{self, ext};

/// A preference that is there already.
struct Held {
    record: Record,
    preference: Preference,
    trust: Trust,
    /// Whether it was neither ended nor taken back, and has not expired.
    stands: bool,
}

/// What becomes of a preference beside others.
struct Weighed {
    standing: Standing,
    ends: Vec<Record>,
    /// What it contradicts while both stay.
    against: Vec<Id>,
    /// What was in force and is contested now.
    contested: Vec<(Id, Preference)>,
}

impl Telling<'_> {
    /// Takes in a preference.
    pub(super) fn prefer(&mut self, new: &NewMemory, hash: &str) -> Result<Told> {
        let trust = self.trust(new)?;
        let (mut wish, ends_thing) = Preference::read(&new.text, &new.preference, new.applies_to.as_deref());
        let is_unsure = new.confidence.is_some_and(|share| share < LEAST_CONFIDENCE_TO_END);
        wish.inferred |= trust == Trust::Ingested || is_unsure;
        let slot = self.held(&wish.slot(&new.space), &new.space)?;
        let same = slot.iter().find(|held| held.stands && held.preference.is_same(&wish));
        let mut rivals: Vec<&Held> =
            slot.iter().filter(|held| held.stands && held.preference.contradicts(&wish)).collect();
        let things = self.held(&wish.thing(&new.space), &new.space)?;
        let things = things.iter().filter(|held| !slot.iter().any(|other| other.record.id == held.record.id));
        let things: Vec<&Held> = things.collect();
        if ends_thing {
            let ended = |held: &&&Held| held.stands && held.preference.polarity != wish.polarity;
            rivals.extend(things.iter().filter(ended));
        }
        if let Some(same) = same {
            return self.prefer_again(new, same, wish.inferred, trust, &rivals);
        }
        // Under another topic too, if one of them is about the thing as such.
        let related = things.into_iter().filter(|held| held.preference.is_general() || wish.is_general());
        let mut related = slot.iter().chain(related);
        let refused = related.find(|held| is_refused(&held.record) && held.preference.is_same(&wish));
        if let Some(refused) = refused.filter(|_| wish.inferred) {
            return Ok(Told::known(refused.record.id, Novelty::Refused));
        }
        let twin = twin::find(self.view, new, hash, self.now)?;
        if let Some(id) = twin.filter(|id| self.disbelieved.contains(id)) {
            return Ok(Told::known(id, Novelty::Known));
        }
        // What was only a text so far becomes the preference.
        let plain = match twin {
            Some(id) if !self.view.is_a(id, vocab::PREFERENCE)? => Some(id),
            _ => None,
        };
        let id = plain.unwrap_or_else(|| self.mint.mint(self.now));
        let mut about = Vec::new();
        let scoped = wish.scope.as_deref().filter(|scope| !scope::is_path(scope));
        for name in wish.holder.as_deref().into_iter().chain(scoped) {
            about.push(self.entities.by_name(name)?);
        }
        if plain.is_none() {
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.maybe(vocab::VALID_FROM, new.valid_from.map(time_literal))
                .maybe(vocab::VALID_TO, new.valid_to.map(time_literal));
            self.write(id, new, &new.text, hash, trust, about.clone(), node)?;
        }
        wish.observations = self.begin_observing(id, new)?;
        // What is over already ends nothing.
        let is_over = new.valid_to.is_some_and(|end| end <= self.now);
        let weighed = if is_over { Weighed::alone() } else { weigh(&wish, trust, &rivals) };
        wish.status = weighed.standing;
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        wish.tell(&mut node, &new.space);
        for (predicate, value) in wish.state() {
            node.say(predicate, value);
        }
        if plain.is_some() {
            identity::say_about(self.view, &self.view.about(id)?, &about, &mut node)?;
        }
        self.change.added.append(&mut node.quads);
        self.change.touched.insert(id);
        self.follow_up(id, &wish, new, weighed, &rivals, Novelty::New)
    }

    /// Counts a preference that is known up.
    fn prefer_again(
        &mut self,
        new: &NewMemory,
        same: &Held,
        is_inferred: bool,
        trust: Trust,
        rivals: &[&Held],
    ) -> Result<Told> {
        let id = same.record.id;
        let mut wish = same.preference.clone();
        wish.times_seen += 1;
        wish.observations = self.hear(id, new)?.0;
        wish.inferred &= is_inferred;
        if !is_inferred && trust > same.trust {
            self.replace(id, vocab::TRUST, string(trust.as_str()))?;
            self.replace(id, ext::ATTRIBUTED_TO, string(&self.author.name))?;
            // Who is trusted more stands for their own words alone.
            if new.text.trim() != same.record.text.trim() {
                self.replace(id, ext::TEXT, string(&new.text))?;
                self.replace(id, vocab::CONTENT_HASH, string(twin::fingerprint(new)))?;
            }
        }
        let trust = if is_inferred { same.trust } else { trust.max(same.trust) };
        let weighed = weigh(&wish, trust, rivals);
        wish.status = weighed.standing;
        self.restate(id, &wish)?;
        self.follow_up(id, &wish, new, weighed, rivals, Novelty::Counted)
    }

    /// Says that the owner kept one side of a conflict: it is in force then, whatever it was.
    pub(super) fn prefer_kept(&mut self, id: Id) -> Result<()> {
        if let Some(mut preference) = record::read(self.view, id)?.and_then(|record| record.preference) {
            (preference.status, preference.inferred) = (Standing::InForce, false);
            self.restate(id, &preference)?;
        }
        Ok(())
    }

    /// Does to the others what was decided.
    fn follow_up(
        &mut self,
        id: Id,
        wish: &Preference,
        new: &NewMemory,
        weighed: Weighed,
        rivals: &[&Held],
        novelty: Novelty,
    ) -> Result<Told> {
        let mut told = Told::known(id, novelty);
        for old in &weighed.ends {
            let at = new.valid_from.filter(|at| *at > old.valid_from.unwrap_or(old.recorded_at)).unwrap_or(self.now);
            self.succeed(id, old, at, told.ended.is_empty() && novelty == Novelty::New)?;
            told.ended.push(old.id);
        }
        for (rival, mut preference) in weighed.contested {
            preference.status = Standing::Candidate;
            self.restate(rival, &preference)?;
        }
        if !weighed.against.is_empty() {
            told.conflict = Some(self.dispute(&wish.slot(&new.space), &new.space, id, &weighed.against)?);
        } else if weighed.standing == Standing::InForce && !wish.inferred {
            // Whoever said it has settled what was open.
            let sides: Vec<Id> = rivals.iter().map(|held| held.record.id).chain([id]).collect();
            self.settle_open(&sides)?;
        }
        Ok(told)
    }

    fn settle_open(&mut self, sides: &[Id]) -> Result<()> {
        let mut open = Vec::new();
        for side in sides {
            open.extend(crate::fact::open_conflicts(self.view, *side)?);
        }
        open.sort_unstable();
        open.dedup();
        for conflict in open {
            let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
            node.say(vocab::SETTLED_AT, time_literal(self.now));
            self.change.added.append(&mut node.quads);
            self.change.touched.extend(sides);
        }
        Ok(())
    }

    fn restate(&mut self, id: Id, preference: &Preference) -> Result<()> {
        for (predicate, value) in preference.state() {
            self.replace(id, predicate, value)?;
        }
        Ok(())
    }

    /// Says of a memory something that there is one of.
    fn replace(&mut self, id: Id, predicate: impl Into<NamedNode>, value: oxigraph::model::Literal) -> Result<()> {
        let predicate = predicate.into();
        let subject = vocab::node(id);
        let value = oxigraph::model::Term::from(value);
        let before = self.view.quads(Some(subject.as_ref().into()), Some(predicate.as_ref()), None, None);
        let before = before.collect::<Result<Vec<_>>>()?;
        self.change.touched.insert(id);
        if before.iter().any(|quad| quad.object == value) {
            return Ok(());
        }
        self.change.removed.extend(before);
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(predicate, value);
        self.change.added.append(&mut node.quads);
        Ok(())
    }

    /// Reads the preferences of a key.
    fn held(&self, key: &str, space: &str) -> Result<Vec<Held>> {
        let mut ids = self.view.subjects(vocab::KEY, string(key).as_ref().into(), usize::MAX)?;
        ids.sort_unstable();
        let mut held = Vec::new();
        for id in ids {
            let Some(record) = record::read(self.view, id)?.filter(|record| record.space == space) else { continue };
            let Some(preference) = record.preference.clone() else { continue };
            debug_assert_eq!(record.kind, Kind::Preference);
            let stands = record.stands_at(self.now)
                && record.expires_at.is_none_or(|end| end > self.now)
                && !self.disbelieved.contains(&id);
            let trust = record.trust.parse().unwrap_or(Trust::Ingested);
            held.push(Held { record, preference, trust, stands });
        }
        Ok(held)
    }
}

/// What was forgotten or retracted is not to be inferred again; what a correction ended may be.
fn is_refused(record: &Record) -> bool {
    record.forgotten_at.is_some() || record.retracted_at.is_some()
}

impl Weighed {
    fn alone() -> Self {
        Self { standing: Standing::InForce, ends: Vec::new(), against: Vec::new(), contested: Vec::new() }
    }
}

/// Decides whether a preference is in force, and what that does to those which contradict it. Trust decides before number:
/// however many voices let something be inferred, it does not end what somebody said.
fn weigh(wish: &Preference, trust: Trust, rivals: &[&Held]) -> Weighed {
    let mut weighed = Weighed::alone();
    let in_force = |held: &&&Held| held.preference.status == Standing::InForce;
    if !wish.inferred {
        let firm = rivals.iter().filter(in_force).filter(|held| !held.preference.inferred && held.trust > trust);
        weighed.against = firm.map(|held| held.record.id).collect();
        if weighed.against.is_empty() {
            weighed.ends = rivals.iter().filter(in_force).map(|held| held.record.clone()).collect();
        } else {
            weighed.standing = Standing::Candidate;
        }
        return weighed;
    }
    let is_said = rivals.iter().filter(in_force).any(|held| !held.preference.inferred);
    if is_said || wish.observations < OBSERVATIONS_TO_HOLD {
        weighed.standing = Standing::Candidate;
        return weighed;
    }
    let equals =
        rivals.iter().filter(|held| held.preference.inferred && held.preference.observations >= OBSERVATIONS_TO_HOLD);
    for held in equals {
        weighed.standing = Standing::Candidate;
        weighed.against.push(held.record.id);
        weighed.contested.push((held.record.id, held.preference.clone()));
    }
    weighed
}
