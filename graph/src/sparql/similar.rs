//! Nearness inside a query: `hy:similar(?a, ?b)`, the cosine of two memories' vectors, or of texts.
//!
//! A function is called for each row and is given values, but no dataset: so what the caller sees is looked up here again,
//! once for each node.

use std::collections::HashMap;

use oxigraph::model::{Literal, Term, vocab::xsd};
use parking_lot::Mutex;

use super::budget::Overdraft;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::Meant;
use crate::memory::Memory;
use crate::moment::Moment;
use crate::record::Reader;
use crate::store::term_id;

/// The name of the function.
pub const SIMILAR_FUNCTION: &str = "urn:hydra:ns#similar";
/// Memories that one query compares at most, each a look at the index.
pub const MAX_COMPARED: usize = 10_000;
/// Texts that one query compares at most, each some milliseconds of the model.
const MAX_TEXTS: usize = 100;

/// Answers the function for whoever asks the query.
pub(crate) struct Comparison {
    memory: Memory,
    spaces: Vec<String>,
    moment: Moment,
    nodes: Mutex<HashMap<Id, Option<Vec<f32>>>>,
    texts: Mutex<HashMap<String, Option<Vec<f32>>>>,
}

impl Comparison {
    /// Starts with nothing known.
    pub fn new(memory: Memory, spaces: Vec<String>, moment: Moment) -> Self {
        Self { memory, spaces, moment, nodes: Mutex::default(), texts: Mutex::default() }
    }

    /// Compares two values; nothing comes of what has no vector.
    pub fn of(&self, values: &[Term]) -> Option<Term> {
        let [one, other] = values else { return None };
        let found = self.vector(one).and_then(|one| Ok(one.zip(self.vector(other)?)));
        match found {
            Ok(found) => found.map(|(one, other)| {
                Literal::new_typed_literal(format!("{:.4}", cosine(&one, &other)), xsd::DECIMAL).into()
            }),
            // A function has no way to fail but to give nothing.
            Err(error) => std::panic::resume_unwind(Box::new(Overdraft::Refused(error))),
        }
    }

    fn vector(&self, value: &Term) -> Result<Option<Vec<f32>>> {
        match value {
            Term::Literal(text) => {
                let text = text.value();
                if let Some(known) = self.texts.lock().get(text) {
                    return Ok(known.clone());
                }
                check(self.texts.lock().len(), MAX_TEXTS, "texts")?;
                let found = if text.trim().is_empty() { None } else { self.ask(Meant::Text(text))? };
                self.texts.lock().insert(text.to_owned(), found.clone());
                Ok(found)
            }
            other => {
                let Some(id) = term_id(other) else { return Ok(None) };
                if let Some(known) = self.nodes.lock().get(&id) {
                    return Ok(known.clone());
                }
                check(self.nodes.lock().len(), MAX_COMPARED, "memories")?;
                let found = if self.sees(id)? { self.ask(Meant::Id(id))? } else { None };
                self.nodes.lock().insert(id, found.clone());
                Ok(found)
            }
        }
    }

    fn sees(&self, id: Id) -> Result<bool> {
        let view = self.memory.0.view()?;
        let record = Reader::at(&view, self.moment.known_at).read(id)?;
        let is_read = |space: &String| self.spaces.is_empty() || self.spaces.contains(space);
        Ok(record.is_some_and(|record| record.forgotten_at.is_none() && is_read(&record.space)))
    }

    fn ask(&self, of: Meant<'_>) -> Result<Option<Vec<f32>>> {
        let drivers = self.memory.0.drivers.read().clone();
        let mut degraded = None;
        for driver in drivers.iter() {
            match driver.index.degraded() {
                Some(reason) => degraded = Some(reason),
                None => {
                    if let Some(vector) = driver.index.vector(of)? {
                        return Ok(Some(vector));
                    }
                }
            }
        }
        match degraded {
            Some(reason) => Err(Error::new(ErrorKind::Unavailable, format!("hy:similar needs the model: {reason}"))
                .hint("fetch it with `hydra models fetch`, or leave hy:similar out")),
            None => Ok(None),
        }
    }
}

fn check(known: usize, most: usize, what: &str) -> Result<()> {
    if known < most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("hy:similar compares more than {most} {what}"))
        .hint("narrow it first, with SERVICE hy:recall or by kind, space or entity"))
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let length = (dot(one, one) * dot(other, other)).sqrt();
    if length > 0.0 { dot(one, other) / length } else { 0.0 }
}
