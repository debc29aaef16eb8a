//! `subject`: an entity or a conversation, and the texts that belong to it.

use oxigraph::model::NamedNodeRef;
use schemars::JsonSchema;
use serde::Serialize;

use super::entity::Alias;
use super::mentions::{MAX_MENTIONS_LOOKED_AT, Mentions};
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity;
use crate::memory::Inner;
use crate::moment::Moment;
use crate::record::{Kind, Reader, Record};
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::store::{View, subject_id};
use crate::vocab::{self, ext};

/// Texts of one subject at most; the newest are kept.
pub const MAX_SUBJECT_TEXTS: usize = 100;
/// Ids that are looked at for that: a name may stand in every note, and a conversation may go on for years.
pub(super) const MAX_LOOKED_AT: usize = 20_000;
/// Entities of one name that are looked up.
const MAX_NAMESAKES: usize = 100;

/// An entity or a conversation.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Subject {
    /// Its id.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: SubjectKind,
    /// The entity that was asked for, if another stands for it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Alias>,
    /// What is about an entity, links to it or names it, the newest first; the turns of a conversation, the oldest first.
    pub texts: Vec<Record>,
    /// How many older texts were left out.
    pub left_out: usize,
}

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A person, project, place, note or tag.
    Entity,
    /// A conversation.
    Session,
}

impl SubjectKind {
    /// Returns the name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Session => "session",
        }
    }
}

pub(crate) fn subject(inner: &Inner, reference: &str) -> Result<Subject> {
    super::recall::wait_for_own_writes(inner, &mut Vec::new());
    let view = inner.view()?;
    let (told, kind) = find(&view, reference)?;
    let id = identity::standing(&view, told)?;
    let merged = Alias::of_merged(&view, told, id)?;
    let mut ids = match kind {
        SubjectKind::Entity => {
            let mut ids = about(&view, id)?;
            let sight = Sight::new(Rewound::new(&view, None)?, &[], inner.now());
            let named =
                Mentions::new(inner, &sight, Moment::default(), inner.now())?.naming(id, MAX_MENTIONS_LOOKED_AT)?;
            ids.extend(named.texts.into_iter().map(|(record, _)| record.id));
            ids
        }
        SubjectKind::Session => turns(&view, id)?,
    };
    ids.sort_unstable();
    ids.dedup();
    let now = inner.now();
    let mut reader = Reader::new(&view);
    let mut texts = Vec::new();
    let mut left_out = 0;
    for id in ids.into_iter().rev() {
        if texts.len() == MAX_SUBJECT_TEXTS {
            left_out += 1;
            continue;
        }
        // A turn that was split is shown whole, as it was said; so is a note's passage and not its source.
        let record = reader.read(id)?.filter(|record| record.is_recallable() || record.is_split);
        let is_current = |record: &Record| record.stands_at(now) && record.expires_at.is_none_or(|end| end > now);
        texts.extend(record.filter(is_current));
    }
    match kind {
        // Passages of one note were read at once; they make sense in the order in which they stand.
        SubjectKind::Entity => texts.chunk_by_mut(is_one_note).for_each(<[Record]>::reverse),
        SubjectKind::Session => texts.reverse(),
    }
    Ok(Subject { id, name: entity::label(&view, id)?, kind, merged, texts, left_out })
}

fn is_one_note(one: &Record, other: &Record) -> bool {
    one.kind == Kind::Passage && other.kind == Kind::Passage && one.part_of == other.part_of
}

/// Finds what an id or an entity's name is; of several with one name, the oldest.
pub(super) fn find(view: &View<'_>, reference: &str) -> Result<(Id, SubjectKind)> {
    if let Ok(id) = reference.trim().parse::<Id>() {
        for (class, kind) in [
            (vocab::ENTITY, SubjectKind::Entity),
            (ext::CONCEPT, SubjectKind::Entity),
            (vocab::SESSION, SubjectKind::Session),
        ] {
            if view.is_a(id, class)? {
                return Ok((id, kind));
            }
        }
    }
    let named = entity::named(view, &entity::name_key(reference), MAX_NAMESAKES)?.into_iter().min();
    let named = named.map(|id| entity::of_name(view, reference, id)).transpose()?;
    named.map(|id| (id, SubjectKind::Entity)).ok_or_else(|| {
        let start: String = reference.chars().take(80).collect();
        Error::new(ErrorKind::NotFound, format!("`{start}` is neither an entity nor a conversation"))
            .hint("give its id, or an entity's name as it is written in the notes; recall finds what mentions it")
    })
}

/// What is about an entity or links to it, and the passages of its own note.
fn about(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    let node = vocab::node(id);
    let pointing =
        |predicate: NamedNodeRef<'_>, id: Id| view.subjects(predicate, vocab::node(id).as_ref().into(), MAX_LOOKED_AT);
    let mut ids = view.subjects(vocab::ABOUT, node.as_ref().into(), MAX_LOOKED_AT)?;
    ids.extend(pointing(vocab::LINKS_TO, id)?);
    for source in pointing(ext::MAIN_ENTITY, id)? {
        ids.extend(pointing(vocab::PART_OF, source)?);
    }
    // Notes link, too, as entities; only texts are wanted.
    let mut texts = Vec::with_capacity(ids.len());
    for id in ids {
        if crate::record::is_text(view, id)? {
            texts.push(id);
        }
    }
    Ok(texts)
}

/// The newest turns of a conversation, from the graph that orders them.
pub(super) fn turns(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    let graph = vocab::node(id);
    view.quads(None, Some(vocab::ORDER), None, Some(graph.as_ref().into()))
        .filter_map(|quad| quad.map(|quad| subject_id(&quad.subject)).transpose())
        .take(MAX_LOOKED_AT)
        .collect()
}
