//! Sections that share what room there is: each first gets its share, then those in front take what the others left.

use std::collections::HashSet;

use super::threads::Thread;
use super::{Context, ContextItem};
use crate::block::Block;
use crate::error::Result;
use crate::id::Id;
use crate::index;
use crate::learning::Learning;
use crate::record::{Kind, Record};
use crate::voice;

/// Memories one after another that did not fit; then nobody looks on for a short one.
pub const MAX_MISSED: usize = 8;
/// With less room nothing is looked for: no line is as short.
const MIN_LINE_BYTES: usize = 40;

/// What a section says in one line.
pub(super) enum Entry {
    Memory(Box<Record>),
    Thread(Thread),
}

impl Entry {
    fn line(&self) -> String {
        match self {
            Self::Memory(record) => format!("- {}\n", line(record)),
            Self::Thread(thread) => format!("- {}\n", thread.text),
        }
    }
}

/// A heading and what stands below it, read as far as there is room.
pub(super) struct Section<'s> {
    heading: String,
    share: usize,
    entries: Box<dyn Iterator<Item = Result<Entry>> + 's>,
    shown: Vec<(usize, String, Entry)>,
    /// What did not fit so far.
    waiting: Vec<(usize, String, Entry)>,
    looked: usize,
    missed: usize,
}

impl<'s> Section<'s> {
    /// Starts one whose share is weighed against those of the others.
    pub fn new(
        heading: impl Into<String>,
        share: usize,
        entries: impl Iterator<Item = Result<Entry>> + 's,
    ) -> Section<'s> {
        Section {
            heading: heading.into(),
            share,
            entries: Box::new(entries),
            shown: Vec::new(),
            waiting: Vec::new(),
            looked: 0,
            missed: 0,
        }
    }
}

/// What was said already, by id and by words.
pub(super) struct Said {
    seen: HashSet<Id>,
    words: HashSet<blake3::Hash>,
}

impl Said {
    /// Starts with the lines of the blocks.
    pub fn of(blocks: &[Block]) -> Self {
        let words = blocks.iter().flat_map(|block| block.text.lines()).map(voice::text_key).collect();
        Self { seen: HashSet::new(), words }
    }

    /// Tells whether a memory is to be said: once, and not what is said above in the same words.
    fn is_new(&mut self, entry: &Entry) -> bool {
        match entry {
            Entry::Memory(record) => !self.is_said(entry) && self.seen.insert(record.id),
            Entry::Thread(thread) => {
                self.seen.extend(&thread.says);
                true
            }
        }
    }

    fn is_said(&self, entry: &Entry) -> bool {
        matches!(entry, Entry::Memory(record) if self.words.contains(&voice::text_key(&record.text)))
    }

    fn say(&mut self, entry: &Entry) {
        if let Entry::Memory(record) = entry
            && [Kind::Preference, Kind::Fact].contains(&record.kind)
        {
            self.words.insert(voice::text_key(&record.text));
        }
    }
}

/// Fills the room below what a context says already.
pub(super) fn pack(
    context: &mut Context,
    mut said: Said,
    mut sections: Vec<Section<'_>>,
    mut room: usize,
) -> Result<()> {
    for at in 0..sections.len() {
        let shares: usize = sections[at..].iter().map(|section| section.share).sum();
        let share = room * sections[at].share / shares;
        // What is longer waits until everybody had a turn.
        room -= fill(&mut sections[at], &mut said, share, 1)?;
    }
    for section in &mut sections {
        room -= fill(section, &mut said, room, MAX_MISSED)?;
    }
    for mut section in sections {
        context.dropped += section.waiting.len();
        if section.shown.is_empty() {
            continue;
        }
        section.shown.sort_unstable_by_key(|(place, ..)| *place);
        context.text.push_str(&opening(&section.heading));
        for (_, line, entry) in section.shown {
            context.text.push_str(&line);
            match entry {
                Entry::Memory(record) => context.items.push(item(*record)),
                Entry::Thread(thread) => context.threads.push(thread),
            }
        }
    }
    Ok(())
}

fn opening(heading: &str) -> String {
    format!("\n## {heading}\n")
}

/// Takes in what fits, and returns how much room that takes.
fn fill(section: &mut Section<'_>, said: &mut Said, room: usize, most_missed: usize) -> Result<usize> {
    let mut used = 0;
    for (place, line, entry) in std::mem::take(&mut section.waiting) {
        if !said.is_said(&entry) {
            take(section, said, room, &mut used, (place, line, entry));
        }
    }
    // Whoever has next to no room still has the first word on what comes first.
    while section.missed < most_missed && (section.looked == 0 || room.saturating_sub(used) >= MIN_LINE_BYTES) {
        let Some(entry) = section.entries.next().transpose()? else { break };
        if !said.is_new(&entry) {
            continue;
        }
        section.looked += 1;
        let line = entry.line();
        if !take(section, said, room, &mut used, (section.looked, line, entry)) {
            section.missed += 1;
        }
    }
    Ok(used)
}

fn take(
    section: &mut Section<'_>,
    said: &mut Said,
    room: usize,
    used: &mut usize,
    (place, line, entry): (usize, String, Entry),
) -> bool {
    let opening = if section.shown.is_empty() { opening(&section.heading).len() } else { 0 };
    let needed = opening + line.len();
    if *used + needed > room {
        section.waiting.push((place, line, entry));
        return false;
    }
    *used += needed;
    section.missed = 0;
    said.say(&entry);
    section.shown.push((place, line, entry));
    true
}

fn line(record: &Record) -> String {
    // The day that matters to whoever reads it.
    let day = super::day(record.happened_at.unwrap_or(record.recorded_at));
    let title = if record.title.is_empty() { String::new() } else { format!("{}: ", one_line(&record.title)) };
    let text = index::said(record.speaker.as_deref().unwrap_or_default(), &record.text);
    let did = record.learning.as_ref().map(did).unwrap_or_default();
    let standing = record.standing();
    let did = if standing.is_empty() { did } else { format!("; {}", one_line(&standing)) };
    format!("{title}{} [{} {day} {}{did}]", one_line(&text), record.id, record.trust)
}

/// How a learning went and did, in words.
fn did(learning: &Learning) -> String {
    let Learning { outcome, times_seen, times_helped, times_hurt, .. } = learning;
    let counts = [("seen", *times_seen), ("helped", *times_helped), ("hurt", *times_hurt)];
    let counts = counts.into_iter().filter(|(_, times)| *times > 0).map(|(what, times)| format!(", {what} {times}"));
    format!("; {}{}", outcome.as_str(), counts.collect::<String>())
}

/// A text cannot end its line: what follows would look like a section of ours.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn item(record: Record) -> ContextItem {
    ContextItem {
        standing: record.standing(),
        id: record.id,
        kind: record.kind,
        text: record.text,
        title: record.title,
        recorded_at: record.recorded_at,
        happened_at: record.happened_at,
        trust: record.trust,
    }
}
