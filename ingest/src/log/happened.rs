//! What happened in one step of reading: memories that are new, and those that are counted up.

use std::collections::BTreeMap;

use hydra_graph::{NewMemory, Occurrence, Seen, Timestamp};

use super::allowance::{Granted, Whose};
use super::digest;
use super::reader::LogStep;
use super::record::Record;
use super::tail::Tail;
use super::template::{Template, Unusual};

/// What happened in a step, by key.
pub(super) struct Happened {
    /// What the log is called.
    name: String,
    /// What its file is known by.
    head: String,
    now: Timestamp,
    told: BTreeMap<String, (Option<NewMemory>, Seen)>,
    /// How many were left out of an hour.
    left_out: BTreeMap<(Whose, Timestamp), usize>,
}

impl Happened {
    /// Starts with nothing, of a file that is known by a hash of its beginning.
    pub fn new(name: String, head: String, now: Timestamp) -> Self {
        Self { name, head, now, told: BTreeMap::new(), left_out: BTreeMap::new() }
    }

    /// Counts an incident with one like it, or keeps it if there may be one more.
    pub fn incident(
        &mut self,
        tail: &mut Tail,
        template: &Template,
        record: &Record,
        at: Timestamp,
        step: &mut LogStep,
    ) {
        if let Some(open) = tail.count_up(&template.block, at) {
            let (key, seen) = (open.key.clone(), open.seen);
            self.told.entry(key).and_modify(|told| told.1 = seen).or_insert((None, seen));
            step.counted += 1;
            return;
        }
        if !self.may(tail, at, step) {
            return;
        }
        let key = key(&[&self.head, &record.offset.to_string(), &record.text]);
        tail.open(&template.block, key.clone(), at);
        let memory = digest::incident(record, at, &self.name);
        self.told.insert(key, (Some(memory), Seen::once(at)));
        step.episodes += 1;
    }

    /// Keeps that an hour is unusual.
    pub fn unusual(&mut self, tail: &mut Tail, template: &Template, unusual: &Unusual, step: &mut LogStep) {
        if !self.may(tail, unusual.hour, step) {
            return;
        }
        let key = key(&[&self.head, &template.block, "unusual", &unusual.hour.to_string()]);
        let memory = digest::unusual(template, unusual, &self.name);
        self.told.insert(key, (Some(memory), Seen::once(unusual.hour)));
        step.episodes += 1;
    }

    fn may(&mut self, tail: &mut Tail, at: Timestamp, step: &mut LogStep) -> bool {
        match tail.allowance.ask(at, self.now) {
            Granted::Yes => true,
            Granted::LeftOut { of, hour, so_far } => {
                self.left_out.insert((of, hour), so_far);
                step.left_out += 1;
                false
            }
        }
    }

    /// Returns it all for the graph, in the order of time.
    pub fn into_occurrences(self, space: &str) -> Vec<Occurrence> {
        let mut told = self.told;
        for ((of, hour), times) in &self.left_out {
            let whose = if *of == Whose::Log { "of the log" } else { "of the reader" };
            let key = key(&[&self.head, "left out", whose, &hour.to_string()]);
            let seen = Seen { times: *times, first: *hour, last: *hour };
            told.insert(key, (Some(digest::left_out(*of, *hour, &self.name)), seen));
        }
        let mut all: Vec<Occurrence> = told
            .into_iter()
            .map(|(key, (memory, seen))| match memory {
                Some(memory) => {
                    let (idempotency_key, space) = (Some(key), space.to_owned());
                    Occurrence::First(Box::new(NewMemory { idempotency_key, space, ..memory }), seen)
                }
                None => Occurrence::Again(key, seen),
            })
            .collect();
        // As ids are.
        all.sort_by_key(|occurrence| match occurrence {
            Occurrence::First(_, seen) | Occurrence::Again(_, seen) => Some(seen.first),
            Occurrence::Turn(_) => None,
        });
        all
    }
}

/// The same of the same file has the same key, whatever it is called and however often it is read.
fn key(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("log:{}", &hasher.finalize().to_hex()[..32])
}
