//! What the graph says of dots and ties, by node, and the ranked graph that comes of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use oxigraph::model::{NamedNodeRef, Term};

use crate::id::Id;
use crate::record::Kind;
use crate::store::{term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

use super::force::Point;

/// A second that does not come: what has no end, or was never taken back.
pub const NEVER: u32 = u32::MAX;
/// Owners above a memory: a turn is part of a conversation.
const MAX_OWNERS: usize = 5;
/// The property of a note that says what it is of.
const TYPE_PROPERTY: &str = "urn:hydra:property:type";

/// What a dot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum MapKind {
    /// A name without a note.
    Entity,
    /// A note.
    Note,
    /// A tag.
    Tag,
    /// A note whose `type` is `person`.
    Person,
    /// A note whose `type` is `project`.
    Project,
    /// A note whose `type` is `task`.
    Task,
    /// A note whose `type` is `service`.
    Service,
    /// A fact.
    Fact,
    /// A decision.
    Decision,
    /// A learning.
    Learning,
    /// A preference.
    Preference,
    /// Something that happened.
    Episode,
}

impl MapKind {
    /// All of them, each at its number.
    pub const ALL: [Self; 12] = [
        Self::Entity,
        Self::Note,
        Self::Tag,
        Self::Person,
        Self::Project,
        Self::Task,
        Self::Service,
        Self::Fact,
        Self::Decision,
        Self::Learning,
        Self::Preference,
        Self::Episode,
    ];

    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Note => "note",
            Self::Tag => "tag",
            Self::Person => "person",
            Self::Project => "project",
            Self::Task => "task",
            Self::Service => "service",
            Self::Fact => "fact",
            Self::Decision => "decision",
            Self::Learning => "learning",
            Self::Preference => "preference",
            Self::Episode => "episode",
        }
    }

    fn of_memory(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Episode => Self::Episode,
            Kind::Fact => Self::Fact,
            Kind::Preference => Self::Preference,
            Kind::Learning => Self::Learning,
            Kind::Decision => Self::Decision,
            Kind::Passage => return None,
        })
    }

    fn of_note(word: Option<&str>) -> Self {
        match word {
            Some("person") => Self::Person,
            Some("project") => Self::Project,
            Some("task") => Self::Task,
            Some("service") => Self::Service,
            _ => Self::Note,
        }
    }
}

/// What else a dot shows, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MapMarks(pub u8);

impl MapMarks {
    /// The owner put it where it is.
    pub const PINNED: u8 = 1;
    /// It rests on something that no longer stands.
    pub const STALE: u8 = 2;
    /// A preference that is not in force.
    pub const CANDIDATE: u8 = 4;
}

/// A dot. Times are seconds since 1970; [`NEVER`] for what does not come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapNode {
    /// Its id.
    pub id: Id,
    /// What it stands for.
    pub kind: MapKind,
    /// What else it shows.
    pub marks: MapMarks,
    /// The space it belongs to, by its number in the graph; of a name the one that says most of it.
    pub space: u16,
    /// How many it is tied to.
    pub degree: u32,
    /// Since when it holds; of a name since anything is said of it.
    pub valid_from: u32,
    /// Until when.
    pub valid_to: u32,
    /// Since when that end is known; 0 if it was known from the beginning.
    pub end_known: u32,
    /// Since when it is known to be wrong.
    pub retracted: u32,
    /// Where the owner put it.
    pub pinned: Option<[f32; 2]>,
}

/// What a map shows, most telling first. Both lists are weighted samples of everything at any length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapGraph {
    /// The newest commit of what was read.
    pub version: Option<Id>,
    /// The dots.
    pub nodes: Vec<MapNode>,
    /// Pairs of them, by their places.
    pub links: Vec<(u32, u32)>,
    /// Names of spaces.
    pub spaces: Vec<String>,
    /// How many dots there are without a bound.
    pub total_nodes: usize,
    /// How many links there are without a bound.
    pub total_links: usize,
}

/// What is read of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    class: Class,
    kind: Option<Kind>,
    space: Option<u16>,
    recorded: Option<Timestamp>,
    happened: Option<Timestamp>,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    expires: Option<Timestamp>,
    retracted: Option<Timestamp>,
    ended_by: Option<Id>,
    /// Since when the end is known, if the journal had to say so.
    end_told: Option<Timestamp>,
    part_of: Option<Id>,
    page: Option<Id>,
    word: Option<String>,
    pinned: Option<Point>,
    is_forgotten: bool,
    is_merged: bool,
    is_stale: bool,
    is_candidate: bool,
    /// What it is tied to, and the file that says so.
    ties: Vec<(Id, Option<Id>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Class {
    /// Nothing that matters here.
    #[default]
    Other,
    Entity,
    Tag,
    Memory,
    /// A file or a conversation: never a dot, but what is in it is forgotten with it.
    Owner,
}

impl Said {
    /// Tells whether an end is there whose telling only the journal knows.
    pub fn wants_end_told(&self) -> bool {
        self.class == Class::Memory && self.valid_to.is_some() && self.ended_by.is_none() && self.end_told.is_none()
    }

    /// Says since when the end is known.
    pub fn end_told(&mut self, at: Timestamp) {
        self.end_told = Some(at);
    }

    fn matters(&self) -> bool {
        self.class != Class::Other
    }
}

/// What is known of every dot and tie, as of a commit.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    pub(crate) head: Option<Id>,
    said: HashMap<Id, Said>,
    spaces: Vec<String>,
}

impl Atlas {
    /// Returns the newest commit of what was read; `None` before anything was.
    pub fn version(&self) -> Option<Id> {
        self.head
    }

    /// Returns how many dots and ties a graph would have to look through.
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// Tells whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub(crate) fn knows(&self, id: Id) -> bool {
        self.said.contains_key(&id)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn forget(&mut self, id: Id) {
        self.said.remove(&id);
    }

    /// Drops what a node turned out not to be.
    pub(crate) fn keep_what_matters(&mut self, id: Id) {
        if self.said.get(&id).is_some_and(|said| !said.matters()) {
            self.said.remove(&id);
        }
    }

    pub(crate) fn said_mut(&mut self) -> impl Iterator<Item = (Id, &mut Said)> {
        self.said.iter_mut().map(|(id, said)| (*id, said))
    }

    pub(crate) fn one_mut(&mut self, id: Id) -> Option<&mut Said> {
        self.said.get_mut(&id)
    }

    /// Takes in one statement about a node; `graph` is the file that says it.
    pub(crate) fn hear(&mut self, id: Id, predicate: NamedNodeRef<'_>, object: &Term, graph: Option<Id>) {
        let space = (predicate == vocab::SPACE).then(|| self.space(&term_text(object)?)).flatten();
        let said = self.said.entry(id).or_default();
        let time = || term_text(object).and_then(|text| text.parse::<Timestamp>().ok());
        match predicate {
            ext::TYPE => {
                let is = |class: NamedNodeRef<'_>| object.as_ref() == class.into();
                if is(vocab::ENTITY) {
                    said.class = Class::Entity;
                } else if is(ext::CONCEPT) {
                    said.class = Class::Tag;
                } else if is(vocab::MEMORY) {
                    said.class = Class::Memory;
                } else if is(vocab::SOURCE) || is(vocab::SESSION) {
                    said.class = Class::Owner;
                }
            }
            vocab::KIND => said.kind = term_text(object).and_then(|text| text.parse().ok()),
            vocab::SPACE => said.space = space,
            vocab::RECORDED_AT => said.recorded = time(),
            ext::STARTED_AT => said.happened = time(),
            vocab::VALID_FROM => said.valid_from = time(),
            vocab::VALID_TO => said.valid_to = time(),
            vocab::EXPIRES_AT => said.expires = time(),
            vocab::RETRACTED_AT => said.retracted = time(),
            vocab::ENDED_BY => said.ended_by = term_id(object),
            vocab::PART_OF => said.part_of = term_id(object),
            ext::MAIN_ENTITY => said.page = term_id(object),
            ext::INVALIDATED_AT => said.is_forgotten = true,
            ext::REPLACED_BY => said.is_merged = true,
            vocab::STALE_BECAUSE => said.is_stale = true,
            vocab::STATUS => said.is_candidate = term_text(object).is_some_and(|text| text == "candidate"),
            vocab::PINNED_AT => said.pinned = term_text(object).as_deref().and_then(pin),
            vocab::ABOUT | vocab::LINKS_TO | vocab::TAG => {
                if let Some(to) = term_id(object) {
                    said.ties.push((to, graph));
                }
            }
            _ if predicate.as_str() == TYPE_PROPERTY => {
                said.word = term_text(object).map(|word| word.trim().to_lowercase());
            }
            _ => {}
        }
    }

    /// Returns the number of a space; `None`, so that nothing of it is shown, if there are more than a map has numbers for.
    fn space(&mut self, name: &str) -> Option<u16> {
        let number = self.spaces.iter().position(|space| space == name).unwrap_or_else(|| {
            self.spaces.push(name.to_owned());
            self.spaces.len() - 1
        });
        u16::try_from(number).ok().filter(|number| *number < u16::MAX)
    }

    /// Returns the space of a node and whether it was forgotten, by itself or with what it is a part of.
    fn standing(&self, id: Id) -> (Option<u16>, bool) {
        let (mut at, mut space, mut is_forgotten) = (id, None, false);
        for _ in 0..MAX_OWNERS {
            let Some(said) = self.said.get(&at) else { break };
            space = space.or(said.space);
            is_forgotten |= said.is_forgotten;
            match said.part_of {
                Some(above) => at = above,
                None => break,
            }
        }
        (space, is_forgotten)
    }

    /// Returns what a map of these spaces (all if there are none) shows: ranked, and no more than so many. What was forgotten
    /// is not in it, nor a name that nothing else speaks of.
    pub fn graph(&self, spaces: &[String], max_nodes: usize, max_links: usize) -> MapGraph {
        let mut drawn = Drawn::new(self, spaces);
        drawn.memories();
        drawn.pages();
        drawn.into_graph(max_nodes, max_links)
    }
}

/// A pin as it is written in the graph.
pub(crate) fn pin(text: &str) -> Option<Point> {
    let (x, y) = text.split_once(' ')?;
    let at = [x.parse::<f32>().ok()?, y.parse::<f32>().ok()?];
    at.iter().all(|axis| axis.is_finite()).then_some(at)
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis().div_euclid(1_000).max(0)).unwrap_or(NEVER).min(NEVER - 1)
}

/// What a map of some spaces shows, while it is put together.
struct Drawn<'a> {
    atlas: &'a Atlas,
    /// The spaces that are read, by number; all of them if it is `None`.
    wanted: Option<BTreeSet<u16>>,
    nodes: Vec<MapNode>,
    numbers: HashMap<Id, u32>,
    ties: HashSet<(u32, u32)>,
    /// How much each space says of a name.
    sayings: HashMap<u32, HashMap<u16, u32>>,
    tags: Vec<(Id, Id, u16)>,
}

impl<'a> Drawn<'a> {
    fn new(atlas: &'a Atlas, spaces: &[String]) -> Self {
        let number = |name: &String| atlas.spaces.iter().position(|space| space == name).map(|space| space as u16);
        let wanted = (!spaces.is_empty()).then(|| spaces.iter().filter_map(number).collect());
        Self {
            atlas,
            wanted,
            nodes: Vec::new(),
            numbers: HashMap::new(),
            ties: HashSet::new(),
            sayings: HashMap::new(),
            tags: Vec::new(),
        }
    }

    /// Tells where something belongs, if it is shown.
    fn shown(&self, id: Id) -> Option<u16> {
        let (space, is_forgotten) = self.atlas.standing(id);
        let space = space.filter(|_| !is_forgotten)?;
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&space)).then_some(space)
    }

    fn memories(&mut self) {
        let mut all: Vec<Id> =
            self.atlas.said.iter().filter(|(_, said)| said.class == Class::Memory).map(|(id, _)| *id).collect();
        all.sort_unstable();
        for id in all {
            let said = &self.atlas.said[&id];
            let Some(kind) = MapKind::of_memory(said.kind.unwrap_or(Kind::Episode)) else { continue };
            let Some(space) = self.shown(id) else { continue };
            let recorded = said.recorded.unwrap_or(id.minted_at());
            let from = said.valid_from.or(said.happened).unwrap_or(recorded);
            let ends = [said.valid_to, said.expires].into_iter().flatten().map(seconds);
            let end_known = said.ended_by.map(Id::minted_at).or(said.end_told).filter(|_| said.valid_to.is_some());
            let number = self.nodes.len() as u32;
            self.numbers.insert(id, number);
            self.nodes.push(MapNode {
                id,
                kind,
                marks: marks(said),
                space,
                degree: 0,
                valid_from: seconds(from),
                valid_to: ends.min().unwrap_or(NEVER),
                end_known: end_known.map_or(0, seconds),
                retracted: said.retracted.map_or(NEVER, seconds),
                pinned: said.pinned,
            });
            for (to, _) in &said.ties {
                if let Some(name) = self.name(*to, space, Some(seconds(from))) {
                    self.tie(number, name);
                }
            }
        }
    }

    /// Notes that are shown, what they link to, and their tags.
    fn pages(&mut self) {
        let mut files: Vec<Id> =
            self.atlas.said.iter().filter(|(_, said)| said.page.is_some()).map(|(id, _)| *id).collect();
        files.sort_unstable();
        for file in files {
            let said = &self.atlas.said[&file];
            let (Some(space), Some(page)) = (self.shown(file), said.page) else { continue };
            let begins = said.recorded.map(seconds);
            let Some(note) = self.name(page, space, begins) else { continue };
            let word = self.atlas.said.get(&page).and_then(|said| said.word.as_deref());
            self.nodes[note as usize].kind = MapKind::of_note(word);
            self.tags.extend(said.ties.iter().map(|(tag, _)| (page, *tag, space)));
        }
        for (page, tag, space) in std::mem::take(&mut self.tags) {
            if let (Some(page), Some(tag)) = (self.numbers.get(&page).copied(), self.name(tag, space, None)) {
                self.tie(page, tag);
            }
        }
        let mut pages: Vec<Id> = self
            .atlas
            .said
            .iter()
            .filter(|(_, said)| said.class == Class::Entity && !said.ties.is_empty())
            .map(|(id, _)| *id)
            .collect();
        pages.sort_unstable();
        for page in pages {
            for (to, file) in &self.atlas.said[&page].ties {
                let Some(space) = file.and_then(|file| self.shown(file)) else { continue };
                if let (Some(page), Some(to)) = (self.name(page, space, None), self.name(*to, space, None)) {
                    self.tie(page, to);
                }
            }
        }
    }

    /// Returns the dot of a name that a space speaks of, since when it is said; `None` if it is no name, or was merged.
    fn name(&mut self, id: Id, space: u16, since: Option<u32>) -> Option<u32> {
        let said = self.atlas.said.get(&id)?;
        let kind = match said.class {
            Class::Entity if !said.is_merged => MapKind::Entity,
            Class::Tag if !said.is_merged => MapKind::Tag,
            _ => return None,
        };
        let number = match self.numbers.get(&id) {
            Some(number) => *number,
            None => {
                let number = self.nodes.len() as u32;
                self.numbers.insert(id, number);
                self.nodes.push(MapNode {
                    id,
                    kind,
                    marks: marks(said),
                    space,
                    degree: 0,
                    valid_from: seconds(id.minted_at()),
                    valid_to: NEVER,
                    end_known: 0,
                    retracted: NEVER,
                    pinned: said.pinned,
                });
                number
            }
        };
        let node = &mut self.nodes[number as usize];
        node.valid_from = node.valid_from.min(since.unwrap_or(NEVER));
        *self.sayings.entry(number).or_default().entry(space).or_default() += 1;
        Some(number)
    }

    fn tie(&mut self, one: u32, other: u32) {
        if one != other && self.ties.insert((one.min(other), one.max(other))) {
            self.nodes[one as usize].degree += 1;
            self.nodes[other as usize].degree += 1;
        }
    }

    fn into_graph(mut self, max_nodes: usize, max_links: usize) -> MapGraph {
        for (number, spaces) in &self.sayings {
            let most = spaces.iter().max_by_key(|(space, times)| (**times, std::cmp::Reverse(**space)));
            self.nodes[*number as usize].space = most.map_or(0, |(space, _)| *space);
        }
        let (total_nodes, total_links) = (self.nodes.len(), self.ties.len());
        let mut order: Vec<(f64, u32)> = (0..total_nodes as u32)
            .map(|number| {
                let node = &self.nodes[number as usize];
                (turn(node.id.0, f64::from(1 + node.degree)), number)
            })
            .collect();
        let id = |number: u32| self.nodes[number as usize].id;
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(id(a.1).cmp(&id(b.1))));
        order.truncate(max_nodes);
        let mut places = vec![NEVER; total_nodes];
        for (place, (_, number)) in order.iter().enumerate() {
            places[*number as usize] = place as u32;
        }
        let mut links: Vec<(f64, (u32, u32))> = self
            .ties
            .iter()
            .filter(|(a, b)| places[*a as usize] != NEVER && places[*b as usize] != NEVER)
            .map(|(a, b)| {
                let (one, other) = (&self.nodes[*a as usize], &self.nodes[*b as usize]);
                let weight = 1.0 + f64::from(one.degree.min(other.degree)).ln_1p();
                let seed = one.id.0.min(other.id.0).rotate_left(32) ^ one.id.0.max(other.id.0);
                (turn(seed, weight), (places[*a as usize], places[*b as usize]))
            })
            .collect();
        links.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        links.truncate(max_links);
        MapGraph {
            version: self.atlas.head,
            nodes: order.into_iter().map(|(_, number)| self.nodes[number as usize]).collect(),
            links: links.into_iter().map(|(_, link)| link).collect(),
            spaces: self.atlas.spaces.clone(),
            total_nodes,
            total_links,
        }
    }
}

fn marks(said: &Said) -> MapMarks {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    MapMarks(
        bit(said.pinned.is_some(), MapMarks::PINNED)
            | bit(said.is_stale, MapMarks::STALE)
            | bit(said.is_candidate, MapMarks::CANDIDATE),
    )
}

/// When something has its turn in a ranking whose every beginning is a sample weighted by what it is worth (Efraimidis and
/// Spirakis, 2006): the same each time, since chance comes from the id.
fn turn(seed: u64, weight: f64) -> f64 {
    // SplitMix64.
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let chance = ((mixed >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
    -chance.ln() / weight
}
