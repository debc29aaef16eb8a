//! A random history: told, read, changed, forgotten and undone, in several spaces.

use std::collections::BTreeSet;

use hydra_graph::{Agent, BlockEdit, BlockOp, Document, Evidence, Id, NewMemory, Statement, Timestamp, UpdateOp};

use super::{Opened, note};

pub const PEOPLE: [&str; 4] = ["Mirela", "Oskar", "Ines", "Tomas"];
pub const TOWNS: [&str; 4] = ["Ghent", "Porto", "Lucca", "Bergen"];
const DAYS: [&str; 5] = ["2020-01-01", "2021-06-01", "2023-03-01", "2024-09-01", "2025-02-01"];

/// Numbers that look random and are the same every time (Marsaglia's xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// Midnight of a day.
pub fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

/// What happened in one space so far.
pub struct History {
    pub space: String,
    pub ids: BTreeSet<Id>,
    pub commits: Vec<Id>,
}

impl History {
    pub fn of(space: &str) -> Self {
        Self { space: space.to_owned(), ids: BTreeSet::new(), commits: Vec::new() }
    }

    fn told(&mut self, opened: &Opened, new: NewMemory) {
        let new = NewMemory { space: self.space.clone(), ..new };
        if let Ok(told) = opened.memory.remember(new, &Agent::owner()) {
            self.ids.insert(told.id);
            self.commits.push(told.commit);
        }
    }

    /// Does something at random; what it says carries the name of its space. Much of it is refused, as it should be.
    pub fn act(&mut self, opened: &Opened, dice: &mut Dice) {
        let memory = &opened.memory;
        let owner = Agent::owner();
        let mark = self.space.clone();
        let (person, town) = (PEOPLE[dice.roll(4)], TOWNS[dice.roll(4)]);
        let (action, number) = (dice.roll(14), dice.roll(4));
        let since = Some(day(DAYS[dice.roll(DAYS.len())]));
        let known: Vec<Id> = self.ids.iter().copied().collect();
        let any = known.get(dice.roll(known.len().max(1))).copied();
        let path = format!("/v/{mark}/{mark}{}.md", dice.roll(3));
        match (action, any) {
            (0 | 1, _) => {
                let fact = NewMemory::fact(Statement::new(person, "lives in", format!("{town} {mark}")));
                self.told(opened, NewMemory { valid_from: since, ..fact });
            }
            (2, _) => self.told(opened, NewMemory::fact(Statement::new(person, "knows", PEOPLE[dice.roll(4)]))),
            (3, _) => {
                let text = format!("{mark}: {person} lent the ladder number {number} to somebody in {town}");
                let entities = vec![person.to_owned(), format!("{mark} ladder")];
                self.told(opened, NewMemory { session: Some("call".into()), entities, ..NewMemory::new(text) });
            }
            (4, _) => self.told(opened, NewMemory::new(format!("{mark} {town} {number}. ").repeat(120))),
            (5, Some(id)) => {
                let evidence = vec![Evidence { id, quote: Some(mark.clone()) }];
                let text = format!("{mark} so {person} was in {town}");
                self.told(opened, NewMemory { evidence, ..NewMemory::new(text) });
            }
            (6 | 7, _) => {
                let other = PEOPLE[dice.roll(4)];
                let text =
                    format!("A note of {mark} on {person}.\n\nIt is about {town} and {other}, version {number}.");
                let links: &[&str] = if number == 0 { &[person] } else { &[person, other] };
                let document = Document {
                    space: mark.clone(),
                    aliases: vec![format!("{mark} alias {number}")],
                    tags: vec![format!("{mark}tag{}", number % 2)],
                    ..note(&path, &text, links)
                };
                memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
                for source in memory.sources(None).unwrap() {
                    if source.path.to_string_lossy() == path {
                        self.ids.insert(source.id);
                    }
                }
            }
            (8, _) => {
                let sources = memory.sources(None).unwrap();
                let gone: Vec<Id> =
                    sources.iter().filter(|source| source.path.to_string_lossy() == path).map(|s| s.id).collect();
                memory.remove_sources(&gone, &Agent::ingest());
            }
            (9, Some(id)) => {
                self.commits.extend(memory.forget(&[id], None, &owner).ok().and_then(|done| done.commit));
            }
            (10, Some(id)) => {
                self.commits.extend(memory.update(id, UpdateOp::Retract, None, &owner).map(|done| done.commit));
            }
            (11, Some(id)) => {
                let text = format!("{mark} says better that {person} is in {town}");
                if let Ok(done) = memory.update(id, UpdateOp::Supersede(text), None, &owner) {
                    self.ids.extend(done.replaced_by);
                    self.commits.push(done.commit);
                }
            }
            (12, _) => {
                let edit = BlockEdit {
                    space: mark.clone(),
                    name: "human".into(),
                    op: BlockOp::Set(format!("{mark} has {number}")),
                    based_on: None,
                    reason: None,
                };
                let _ = memory.edit_block(edit, &owner);
            }
            (_, _) => {
                let commit = self.commits.get(dice.roll(self.commits.len().max(1))).copied();
                self.commits.extend(commit.and_then(|id| memory.undo(id, &owner).ok()).map(|done| done.commit));
            }
        }
    }
}
