//! Whose voice something is told in, and whether what is known is told again by an independent one: then that is further
//! evidence, else it adds nothing.

use super::remember::{Evidence, NewMemory};
use super::telling::Telling;
use crate::error::Result;
use crate::id::Id;
use crate::journal::Trust;
use crate::store::{Node, string};
use crate::vocab::{self, ext};
use crate::voice::{self, First, MAX_VOICES, OWNER, Voice};

/// How a voice is written down.
pub(super) enum Mark {
    Evidence(Evidence),
    Session(String, String),
    Source(String),
}

impl Telling<'_> {
    /// Reads in whose voices a memory is told: its evidence, else its conversation, else who said it, else the owner. None
    /// where an agent does not say where it has it from.
    fn voices(&self, new: &NewMemory) -> Result<Vec<(Mark, Voice)>> {
        let mut voices = Vec::new();
        for evidence in &new.evidence {
            voices.push((Mark::Evidence(evidence.clone()), Voice::of(&self.names, evidence.id)?));
        }
        if !voices.is_empty() {
            return Ok(voices);
        }
        voices.extend(match (&new.session, &new.said_by) {
            (Some(name), _) => {
                Some((Mark::Session(new.space.clone(), name.clone()), Voice::of_session(&new.space, name)))
            }
            (None, Some(name)) => Some((Mark::Source(name.clone()), Voice::of_source(&self.names, name)?)),
            (None, None) if self.author.trust > Trust::Agent => {
                Some((Mark::Source(OWNER.to_owned()), Voice::of_source(&self.names, OWNER)?))
            }
            (None, None) => None,
        });
        Ok(voices)
    }

    /// Keeps what a memory that is new in this decision was told by.
    pub(super) fn begin_hearing(&mut self, id: Id, new: &NewMemory) -> Result<()> {
        let mut heard = Vec::new();
        for (mark, voice) in self.voices(new)? {
            heard.push(voice);
            if !matches!(mark, Mark::Evidence(_)) {
                self.unsaid.insert(id, mark);
            }
        }
        self.heard.insert(id, heard);
        Ok(())
    }

    /// Writes down of a memory that is new what it was heard from, also where that is its own conversation.
    pub(super) fn begin_observing(&mut self, id: Id, new: &NewMemory) -> Result<usize> {
        let voices = self.voices(new)?;
        let count = voice::count(&voices.iter().map(|(_, voice)| voice.clone()).collect::<Vec<_>>());
        for (mark, _) in voices {
            self.mark(id, mark)?;
        }
        Ok(count)
    }

    /// Takes in the voices that are independent of those that told a memory before; returns how many voices it has then, and
    /// whether one came.
    pub(super) fn hear(&mut self, id: Id, new: &NewMemory) -> Result<(usize, bool)> {
        let mut known = match self.heard.remove(&id) {
            Some(known) => known,
            None => voice::told(&self.names, id)?,
        };
        let before = known.len();
        for (mark, voice) in self.voices(new)? {
            if known.len() == MAX_VOICES || known.iter().any(|known| known.is_one_with(&voice)) {
                continue;
            }
            if known.len() == before {
                self.write_first(id)?;
            }
            self.mark(id, mark)?;
            known.push(voice);
        }
        let (count, is_more) = (voice::count(&known), known.len() > before);
        self.heard.insert(id, known);
        Ok((count, is_more))
    }

    /// Writes down beside the first further voice the one that was there, which went without saying so far.
    pub(super) fn write_first(&mut self, id: Id) -> Result<()> {
        if let Some(mark) = self.unsaid.remove(&id) {
            return self.mark(id, mark);
        }
        let is_said = !self.view.objects(id, ext::DERIVED_FROM)?.is_empty();
        if is_said || self.view.object(id, vocab::HEARD_FROM)?.is_some() {
            return Ok(());
        }
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        match voice::first(self.view, id)? {
            Some(First::Session(session)) => drop(node.say(ext::DERIVED_FROM, vocab::node(session))),
            Some(First::Source(name)) => drop(node.say(vocab::HEARD_FROM, string(name))),
            None => {}
        }
        self.change.added.append(&mut node.quads);
        Ok(())
    }

    fn mark(&mut self, id: Id, mark: Mark) -> Result<()> {
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        match mark {
            Mark::Evidence(evidence) => return self.rest_on(id, &[evidence]),
            Mark::Session(space, name) => {
                let session = self.entities.by_session(&space, &name)?;
                node.say(ext::DERIVED_FROM, vocab::node(session));
            }
            Mark::Source(name) => drop(node.say(vocab::HEARD_FROM, string(name.trim()))),
        }
        self.change.added.append(&mut node.quads);
        self.change.touched.insert(id);
        Ok(())
    }
}
