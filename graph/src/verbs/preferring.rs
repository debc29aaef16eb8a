//! Preferences among what is told: counted when they are known, in force when somebody said so or enough independent voices
//! let it be inferred, and ended by a correction.
//!
//! What is only inferred never ends anything: against what somebody said it stays a candidate, and of two that contradict
//! each other and would both be in force, neither is, until somebody says which. So any order of the same observations comes
//! to the same.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use oxigraph::model::{NamedNode, Quad, Term};

use super::claim::LEAST_CONFIDENCE_TO_END;
use super::remember::NewMemory;
use super::telling::{Novelty, Telling, Told};
use super::twin;
use crate::error::Result;
use crate::id::Id;
use crate::identity::{self, Names};
use crate::journal::Trust;
use crate::preference::{NewPreference, OBSERVATIONS_TO_HOLD, Polarity, Preference, Standing};
use crate::record::{self, Kind, Record};
use crate::scope;
use crate::store::{Node, string, subject_id, time_literal};
use crate::vocab::{self, ext};

/// A preference that is there already.
pub(super) struct Held {
    pub(super) record: Record,
    pub(super) preference: Preference,
    pub(super) trust: Trust,
    /// Whether it was neither ended nor taken back, and has not expired.
    pub(super) stands: bool,
    /// Whether it says of the same thing whether that is wanted.
    is_same_thing: bool,
}

impl Held {
    /// Tells whether it says the same as another of its slot.
    fn is_same(&self, wish: &Preference) -> bool {
        self.is_same_thing && self.preference.polarity == wish.polarity
    }

    /// Tells whether both can't hold, of two of the same slot: two things preferred, or one both preferred and avoided. One
    /// may well avoid two things.
    pub(super) fn contradicts(&self, wish: &Preference) -> bool {
        match (self.preference.polarity, wish.polarity) {
            (Polarity::For, Polarity::For) => !self.is_same_thing,
            (Polarity::Against, Polarity::Against) => false,
            _ => self.is_same_thing,
        }
    }
}

/// Beside which a preference is weighed.
pub(super) struct Beside {
    /// What is of its topic, where it applies.
    pub(super) slot: Vec<Held>,
    /// What is of the same thing under another topic.
    things: Vec<Held>,
}

impl Beside {
    /// Returns what contradicts a preference; one that says that something no longer holds does so under any topic.
    fn rivals(&self, wish: &Preference, ends_thing: bool) -> Vec<&Held> {
        let of_slot = self.slot.iter().filter(|held| held.stands && held.contradicts(wish));
        let is_ended = |held: &&Held| ends_thing && held.stands && held.preference.polarity != wish.polarity;
        of_slot.chain(self.things.iter().filter(is_ended)).collect()
    }
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
        let beside = self.beside(&wish, &new.space)?;
        let same = beside.slot.iter().find(|held| held.stands && held.is_same(&wish));
        let rivals = beside.rivals(&wish, ends_thing);
        if let Some(same) = same {
            return self.prefer_again(new, same, wish.inferred, trust, &rivals);
        }
        // Under another topic too, if one of them is about the thing as such.
        let related = beside.things.iter().filter(|held| held.preference.is_general() || wish.is_general());
        let mut related = beside.slot.iter().chain(related);
        // What this same decision says otherwise was not refused.
        let is_refused = |held: &Held| is_refused(&held.record) && !self.disbelieved.contains(&held.record.id);
        let refused = related.find(|held| is_refused(held) && held.is_same(&wish));
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
            self.write(id, new, (&new.text, hash), trust, about.clone(), node)?;
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
        // Whoever guesses, or is trusted less than who said it, decides nothing in their name.
        if !same.preference.inferred && (is_inferred || trust < same.trust) {
            self.restate(id, &wish)?;
            return Ok(Told::known(id, Novelty::Counted));
        }
        let trust = if is_inferred { same.trust } else { trust };
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

    /// Weighs anew what a preference that falls held back, as if each were told now: what somebody said first, then what was
    /// inferred, each in the order in which it came.
    pub(super) fn weigh_again(&mut self, fallen: Id) -> Result<()> {
        let Some(record) = record::read(self.view, fallen)? else { return Ok(()) };
        let Some(gone) = record.preference else { return Ok(()) };
        let beside = self.beside(&gone, &record.space)?;
        let is_held_back = |held: &Held| held.preference.status == Standing::Candidate && held.contradicts(&gone);
        let waiting = beside.slot.iter().chain(&beside.things).filter(|held| is_held_back(held));
        self.weigh_all_again(waiting.map(|held| held.record.id).filter(|id| *id != fallen).collect())
    }

    /// Weighs candidates anew: who said something and is trusted most comes first, what was inferred last.
    pub(super) fn weigh_all_again(&mut self, ids: BTreeSet<Id>) -> Result<()> {
        let mut waiting = Vec::new();
        for id in ids {
            let Some(record) = self.read(id)? else { continue };
            let Some(preference) = &record.preference else { continue };
            waiting.push((preference.inferred, Reverse(trust_of(&record)), id));
        }
        waiting.sort_unstable();
        waiting.into_iter().try_for_each(|(_, _, id)| self.weigh_one_again(id, false))
    }

    /// Weighs a preference that stands again as if it were told now, with the trust it had: somebody asked for it.
    pub(super) fn weigh_restored(&mut self, id: Id) -> Result<()> {
        let Some(mut preference) = self.read(id)?.and_then(|record| record.preference) else { return Ok(()) };
        preference.status = Standing::Candidate;
        self.restate(id, &preference)?;
        self.weigh_one_again(id, true)
    }

    /// Puts a candidate in force, if nothing that stands holds it back any more; not over what somebody said since, unless
    /// it was `asked` for.
    fn weigh_one_again(&mut self, id: Id, asked: bool) -> Result<()> {
        let Some(record) = self.read(id)?.filter(|record| self.stands(record)) else { return Ok(()) };
        let (Some(mut wish), trust) = (record.preference.clone(), trust_of(&record)) else { return Ok(()) };
        let ends_thing = Preference::read(&record.text, &NewPreference::default(), None).1;
        let beside = self.beside(&wish, &record.space)?;
        let rivals: Vec<&Held> =
            beside.rivals(&wish, ends_thing).into_iter().filter(|held| held.record.id != id).collect();
        let is_newer = |held: &&&Held| held.record.id > id && held.trust >= trust && !held.preference.inferred;
        let mut newer = rivals.iter().filter(is_newer);
        if !asked && newer.any(|held| held.preference.status == Standing::InForce) {
            return Ok(());
        }
        let weighed = weigh(&wish, trust, &rivals);
        if wish.status == Standing::InForce || weighed.standing != Standing::InForce {
            return Ok(());
        }
        wish.status = Standing::InForce;
        self.restate(id, &wish)?;
        for old in &weighed.ends {
            self.succeed(id, old, self.now, false)?;
        }
        // Nobody spoke anew, so what still contradicts it stays in dispute.
        self.settle_what_is_left(id)
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
        // What takes the place of another need not contradict what that held back.
        for old in &weighed.ends {
            self.weigh_again(old.id)?;
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
            // Nor does it decide what else stands on either side.
            let others = self.view.objects(conflict, vocab::SIDE)?.into_iter().filter(|side| !sides.contains(side));
            let others = others.map(|side| Ok(self.read(side)?.is_some_and(|record| self.stands(&record))));
            if others.collect::<Result<Vec<bool>>>()?.contains(&true) {
                continue;
            }
            let mut node = Node::new(conflict, vocab::MEMORY_GRAPH);
            node.say(vocab::SETTLED_AT, time_literal(self.now));
            self.change.added.append(&mut node.quads);
            self.change.touched.extend(sides);
        }
        Ok(())
    }

    pub(super) fn restate(&mut self, id: Id, preference: &Preference) -> Result<()> {
        for (predicate, value) in preference.state() {
            self.replace(id, predicate, value)?;
        }
        Ok(())
    }

    /// Says of a memory something that there is one of.
    pub(super) fn replace(
        &mut self,
        id: Id,
        predicate: impl Into<NamedNode>,
        value: oxigraph::model::Literal,
    ) -> Result<()> {
        let predicate = predicate.into();
        let quad = Quad::new(vocab::node(id), predicate, value, vocab::MEMORY_GRAPH);
        let before = self.said(id)?.into_iter().filter(|before| before.predicate == quad.predicate);
        let before: Vec<Quad> = before.collect();
        self.change.touched.insert(id);
        if before.contains(&quad) {
            return Ok(());
        }
        before.into_iter().for_each(|before| self.retire(before));
        // It may be what this decision took out before.
        self.change.removed.retain(|removed| *removed != quad);
        self.change.added.push(quad);
        Ok(())
    }

    pub(super) fn stands(&self, record: &Record) -> bool {
        let is_over = record.expires_at.is_some_and(|end| end <= self.now);
        record.stands_at(self.now) && !is_over && !self.disbelieved.contains(&record.id)
    }

    pub(super) fn beside(&self, wish: &Preference, space: &str) -> Result<Beside> {
        self.beside_as(&self.names, wish, space)
    }

    /// Finds beside what a preference is weighed, as names are understood.
    pub(super) fn beside_as(&self, names: &Names<'_>, wish: &Preference, space: &str) -> Result<Beside> {
        let mut slot = self.held(names, wish.slots(names, space)?, wish, space)?;
        let mut things = self.held(names, wish.things(names, space)?, wish, space)?;
        things.retain(|held| !slot.iter().any(|other| other.record.id == held.record.id) && held.is_same_thing);
        let mut is_of_slot = Vec::new();
        for held in &slot {
            is_of_slot.push(held.preference.has_subject_of(wish, names)?);
        }
        let mut is_of_slot = is_of_slot.into_iter();
        slot.retain(|_| is_of_slot.next().unwrap_or_default());
        Ok(Beside { slot, things })
    }

    /// Reads the preferences of some keys that are of the same holder and apply in the same place.
    fn held(&self, names: &Names<'_>, keys: Vec<String>, wish: &Preference, space: &str) -> Result<Vec<Held>> {
        let keys: HashSet<Term> = keys.into_iter().map(|key| string(key).into()).collect();
        let mut ids = BTreeSet::new();
        for key in &keys {
            ids.extend(self.view.subjects(vocab::KEY, key.as_ref(), usize::MAX)?);
        }
        let is_told = |quad: &&Quad| quad.predicate == vocab::KEY && keys.contains(&quad.object);
        ids.extend(self.change.added.iter().filter(is_told).filter_map(|quad| subject_id(&quad.subject)));
        let mut held = Vec::new();
        for id in ids {
            let Some(record) = self.read(id)?.filter(|record| record.space == space) else { continue };
            let Some(preference) = record.preference.clone() else { continue };
            debug_assert_eq!(record.kind, Kind::Preference);
            if !preference.is_beside(wish, names)? {
                continue;
            }
            let (stands, trust) = (self.stands(&record), trust_of(&record));
            let is_same_thing = names.are_one(&preference.value, &wish.value)?;
            held.push(Held { record, preference, trust, stands, is_same_thing });
        }
        Ok(held)
    }
}

fn trust_of(record: &Record) -> Trust {
    record.trust.parse().unwrap_or(Trust::Ingested)
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
