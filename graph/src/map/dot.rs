//! What a map shows: dots, what each stands for, and the ties between them.

use crate::id::Id;
use crate::record::Kind;

/// A second that does not come: what has no end, or was never taken back.
pub const NEVER: u32 = u32::MAX;

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

    pub(super) fn of_memory(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Episode => Self::Episode,
            Kind::Fact => Self::Fact,
            Kind::Preference => Self::Preference,
            Kind::Learning => Self::Learning,
            Kind::Decision => Self::Decision,
            Kind::Passage => return None,
        })
    }

    pub(super) fn of_note(word: Option<&str>) -> Self {
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
