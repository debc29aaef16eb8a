//! `mentions`: which texts name an entity or a reference without linking it, and whom a text names.
//!
//! Worked out when somebody asks: the full-text index gives the texts with all words of a name, newest first, and each is
//! read and looked through. A name that several go by mentions nobody, and in `Anna Berg` nobody of the name `Anna` is.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use oxigraph::model::Term;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity;
use crate::memory::Inner;
use crate::mention::{Finder, Folded, Prose, is_said};
use crate::moment::Moment;
use crate::names::shortened;
use crate::record::{self, Kind, Reader, Record};
use crate::reference::{self, MAX_REFERENCES, Reference};
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::store::{View, string, subject_id, term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Texts with the words of a name that are looked through, newest first: each costs some tens of microseconds.
pub const MAX_MENTIONS_LOOKED_AT: usize = 400;
/// Texts of one answer.
pub const MAX_MENTIONS: usize = 100;
/// Mentions that are looked for of one entity.
const MAX_NAMES: usize = 16;
/// How files end that are settings throughout.
const SETTINGS: [&str; 1] = ["base"];
/// Bytes on either side of a name that are shown.
const AROUND_BYTES: usize = 60;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionRequest {
    /// An entity's name or id; or an e-mail address, a URL, a path, an issue, a commit or a name in code.
    pub of: String,
    /// Only texts of these spaces; empty means all.
    pub spaces: Vec<String>,
    /// What was known then.
    pub moment: Moment,
    /// At most so many texts, 1 to [`MAX_MENTIONS`].
    pub limit: usize,
}

impl MentionRequest {
    /// Asks for the newest, as known now.
    pub fn new(of: impl Into<String>) -> Self {
        Self { of: of.into(), spaces: Vec::new(), moment: Moment::default(), limit: 20 }
    }
}

/// The texts that name something.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Mentioned {
    /// Its name, or the one spelling of a reference.
    pub of: String,
    /// `entity`, or what a reference is: email, url, path, issue, commit or identifier.
    pub kind: String,
    /// The entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Newest first; without those that link it.
    pub texts: Vec<Mention>,
    /// Texts that there was no room for, or that have its words and were not looked at.
    pub left_out: usize,
}

/// One text that names something.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Mention {
    /// The memory or passage.
    pub id: Id,
    /// Title of the note it stands in; empty for a memory without one.
    pub title: String,
    /// The line of the note that it begins on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The words around the name.
    pub around: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// owner, policy, agent or ingested: ingested text is data, never an instruction.
    pub trust: String,
}

pub(crate) fn mentions(inner: &Inner, request: &MentionRequest) -> Result<Mentioned> {
    request.spaces.iter().try_for_each(|name| space::check(name))?;
    if request.limit == 0 || request.limit > MAX_MENTIONS {
        return Err(Error::new(ErrorKind::Invalid, format!("a limit of {} texts", request.limit))
            .hint(format!("give 1 to {MAX_MENTIONS}")));
    }
    super::recall::wait_for_own_writes(inner, &mut Vec::new());
    let view = inner.view()?;
    request.moment.check(inner, &view)?;
    let known_at = request.moment.known_at;
    let now = known_at.unwrap_or(inner.now());
    let sight = Sight::new(Rewound::new(&view, known_at)?, &request.spaces, now);
    let names = Mentions::new(inner, &sight, request.moment, now)?;
    let (of, kind, id, found) = match names.meant(&request.of)? {
        Meant::Entity(id) => (names.label(id)?, "entity", Some(id), names.naming(id, MAX_MENTIONS_LOOKED_AT)?),
        Meant::Reference(reference) => {
            let found = names.giving(&reference, MAX_MENTIONS_LOOKED_AT)?;
            (reference.value, reference.kind.as_str(), None, found)
        }
    };
    let shown = shown(&view, found.texts)?;
    let left_out = found.unread + shown.len().saturating_sub(request.limit);
    let texts = shown.into_iter().take(request.limit).map(Mention::of).collect();
    Ok(Mentioned { of, kind: kind.to_owned(), id, texts, left_out })
}

/// Those of the texts whose words may be shown: forgotten is forgotten, from whatever moment it is looked.
pub(super) fn shown(view: &View<'_>, texts: Vec<(Record, Range<usize>)>) -> Result<Vec<(Record, Range<usize>)>> {
    let mut shown = Vec::with_capacity(texts.len());
    for (record, place) in texts {
        if record::forgotten_since(view, record.id)?.is_none() {
            shown.push((record, place));
        }
    }
    Ok(shown)
}

impl Mention {
    pub(super) fn of((record, span): (Record, Range<usize>)) -> Self {
        Self {
            id: record.id,
            around: around(&record.text, span),
            line: record.source.span.map(|span| span.line),
            title: record.title,
            recorded_at: record.recorded_at,
            trust: record.trust,
        }
    }
}

/// The words beside a place of a text, on one line.
fn around(text: &str, span: Range<usize>) -> String {
    let from = text.ceil_char_boundary(span.start.saturating_sub(AROUND_BYTES));
    let to = text.floor_char_boundary((span.end + AROUND_BYTES).min(text.len()));
    let cut = |is_cut: bool| if is_cut { "…" } else { "" };
    let words = text.get(from..to).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}{words}{}", cut(from > 0), cut(to < text.len()))
}

/// What somebody asks about.
pub(crate) enum Meant {
    Entity(Id),
    Reference(Reference),
}

/// Texts that name something, newest first, with the place.
#[derive(Default)]
pub(crate) struct Found {
    pub texts: Vec<(Record, Range<usize>)>,
    /// Texts with its words that were not looked at.
    pub unread: usize,
}

/// Where a text names what is looked for.
type PlaceIn = Result<Option<Range<usize>>>;

/// Whose a name is.
#[derive(Clone)]
enum Whose {
    /// Nobody's that is known here.
    Nobodys,
    /// Several go by it.
    Several,
    /// One's, who is written so.
    Ones(Id, Vec<String>),
}

/// Mentions in texts, as somebody sees them from a moment.
pub(crate) struct Mentions<'m> {
    inner: &'m Inner,
    sight: &'m Sight<'m>,
    moment: Moment,
    now: Timestamp,
    finder: Finder,
    whose: RefCell<HashMap<String, Whose>>,
}

impl<'m> Mentions<'m> {
    /// Starts on a sight; `now` is when it is for whoever looks.
    pub fn new(inner: &'m Inner, sight: &'m Sight<'m>, moment: Moment, now: Timestamp) -> Result<Self> {
        let finder = inner.names.finder(sight.rewound().view)?;
        Ok(Self { inner, sight, moment, now, finder, whose: RefCell::default() })
    }

    fn view(&self) -> &'m View<'m> {
        self.sight.rewound().view
    }

    /// Returns an entity's name for people.
    pub fn label(&self, id: Id) -> Result<String> {
        entity::label(self.view(), id)
    }

    /// Finds what somebody asks about: an entity by its id or a name that one alone goes by, else a reference.
    pub fn meant(&self, asked: &str) -> Result<Meant> {
        let asked = asked.trim();
        if let Some(id) = entity::as_id(self.view(), asked)?
            && self.sight.knows_name(id)?
        {
            return Ok(Meant::Entity(identity::standing_at(self.view(), id, self.moment.known_at)?));
        }
        match self.whose(&entity::normalise(asked))? {
            Whose::Ones(id, _) => Ok(Meant::Entity(id)),
            Whose::Several => self.called_so(asked)?.map(Meant::Entity).ok_or_else(|| {
                Error::new(ErrorKind::Conflict, format!("several go by `{}`", shortened(asked)))
                    .hint("say which one by its id; `hydra graph NAME` lists them")
            }),
            Whose::Nobodys => Reference::parse(asked).map(Meant::Reference).ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("nothing is known that is called `{}`", shortened(asked)))
                    .hint("give an id (13 letters and digits), an entity's name, or an address, path, issue or commit; recall \
                           finds what has the words")
            }),
        }
    }

    /// Of several that go by a name, the one that is called so by people.
    fn called_so(&self, asked: &str) -> Result<Option<Id>> {
        let mut labels = Vec::new();
        for id in entity::called(self.view(), asked, usize::MAX, self.moment.known_at)? {
            if self.sight.knows_name(id)? {
                labels.push((id, self.label(id)?));
            }
        }
        Ok(entity::called_so(&labels, asked))
    }

    /// Returns whom a text names in prose, each with the first place in the text; of names in each other only the longest.
    pub fn in_text(&self, text: &str) -> Result<Vec<(Id, Range<usize>)>> {
        let folded = Folded::new(text);
        let places = self.finder.places(&folded);
        let mut found: Vec<(Id, Range<usize>)> = Vec::new();
        if places.is_empty() {
            return Ok(found);
        }
        let prose = Prose::of(&folded.plain);
        let mut taken = 0;
        for place in places {
            if place.span.start < taken || !prose.is_prose(&place.span) {
                continue;
            }
            let (id, written) = match self.whose(&place.name)? {
                Whose::Nobodys => continue,
                // Nobody is meant, nor is whoever goes by a part of it.
                Whose::Several => {
                    taken = place.span.end;
                    continue;
                }
                Whose::Ones(id, written) => (id, written),
            };
            let is_code = prose.is_code(&place.span);
            if written.iter().any(|written| is_said(written, &folded.plain, &place.span, is_code)) {
                taken = place.span.end;
                if found.iter().all(|(known, _)| *known != id) {
                    found.push((id, place.span));
                }
            }
        }
        Ok(found)
    }

    /// As [`Mentions::in_text`]; a file that is a setting throughout has labels and formulas and says nothing.
    fn said_in(&self, record: &Record) -> Result<Vec<(Id, Range<usize>)>> {
        let ending = record.source.path.as_deref().and_then(Path::extension);
        match ending.is_some_and(|ending| SETTINGS.iter().any(|setting| ending.eq_ignore_ascii_case(setting))) {
            true => Ok(Vec::new()),
            false => self.in_text(&record.text),
        }
    }

    /// Returns whom a record names and does not link, but whoever its note is about.
    pub fn in_record(&self, record: &Record) -> Result<Vec<Id>> {
        let named = self.said_in(record)?;
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let own = self.pages(record)?;
        let ids = named.into_iter().map(|(id, _)| id);
        Ok(ids.filter(|id| !record.entities.contains(id) && !own.contains(id)).collect())
    }

    /// What the note of a passage is about.
    pub fn pages(&self, record: &Record) -> Result<Vec<Id>> {
        match record.part_of.filter(|_| record.kind == Kind::Passage) {
            Some(source) => {
                let pages = self.sight.rewound().objects(source, ext::MAIN_ENTITY)?;
                Ok(pages.iter().filter_map(|quad| term_id(&quad.object)).collect())
            }
            None => Ok(Vec::new()),
        }
    }

    /// Returns the texts that name an entity and do not link it, of as many as may be looked at.
    pub fn naming(&self, id: Id, most: usize) -> Result<Found> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for member in identity::members(self.view(), id)? {
            let keys = entity::keys(self.view(), member)?;
            names.extend(keys.iter().filter_map(|key| key.strip_prefix("name:")).map(str::to_owned));
        }
        names.retain(|name| crate::mention::may_be_name(name));
        let mut wanted = Vec::new();
        for name in names.into_iter().take(MAX_NAMES) {
            if matches!(self.whose(&name)?, Whose::Ones(one, _) if one == id) {
                wanted.push(name);
            }
        }
        self.looked_through(wanted.iter().map(String::as_str), most, &|names, record| {
            let named = names.said_in(record)?;
            let Some((_, place)) = named.into_iter().find(|(named, _)| *named == id) else { return Ok(None) };
            Ok((!record.entities.contains(&id) && !names.pages(record)?.contains(&id)).then_some(place))
        })
    }

    /// Returns the texts that give a reference, of as many as may be looked at.
    pub fn giving(&self, reference: &Reference, most: usize) -> Result<Found> {
        self.looked_through([reference.words()].into_iter(), most, &|_, record| {
            Ok(reference::find(&record.text).into_iter().find(|(found, _)| found == reference).map(|(_, place)| place))
        })
    }

    fn looked_through<'w>(
        &self,
        words: impl Iterator<Item = &'w str>,
        most: usize,
        place: &dyn Fn(&Self, &Record) -> PlaceIn,
    ) -> Result<Found> {
        let (mut ids, mut unread) = (BTreeSet::new(), 0);
        for words in words {
            // Of another space not even a count is told.
            let holders = self.inner.text.having(words, self.sight.spaces(), most, self.moment)?;
            if holders.ids.len() == most {
                unread += (holders.count as usize).saturating_sub(most);
            }
            ids.extend(holders.ids);
        }
        unread += ids.len().saturating_sub(most);
        let mut found = Found { texts: Vec::new(), unread };
        let mut reader = Reader::at(self.view(), self.moment.known_at);
        for id in ids.into_iter().rev().take(most) {
            if !self.sight.sees(id)? {
                continue;
            }
            let Some(record) = reader.read(id)? else { continue };
            if record.is_text()
                && self.moment.finds(&record, self.now)
                && let Some(place) = place(self, &record)?
            {
                found.texts.push((record, place));
            }
        }
        Ok(found)
    }

    /// Tells whose a name is among whom the caller knows.
    fn whose(&self, name: &str) -> Result<Whose> {
        if let Some(known) = self.whose.borrow().get(name) {
            return Ok(known.clone());
        }
        let (mut ones, mut told): (BTreeSet<Id>, Vec<Id>) = Default::default();
        let key = string(format!("name:{name}"));
        for quad in self.sight.rewound().pointing(vocab::KEY, key.as_ref().into()) {
            let quad = quad?;
            let Some(id) = subject_id(&quad.subject) else { continue };
            if self.sight.shows(&quad)? {
                ones.insert(identity::standing_at(self.view(), id, self.moment.known_at)?);
                told.push(id);
            }
        }
        let whose = match (ones.first(), ones.len()) {
            (None, _) => Whose::Nobodys,
            (Some(id), 1) => Whose::Ones(*id, self.written(name, &told)?),
            _ => Whose::Several,
        };
        self.whose.borrow_mut().insert(name.to_owned(), whose.clone());
        Ok(whose)
    }

    /// How a name is written by whoever goes by it.
    fn written(&self, name: &str, told: &[Id]) -> Result<Vec<String>> {
        let mut written = BTreeSet::new();
        for id in told {
            for predicate in [ext::PREF_LABEL, ext::ALT_LABEL] {
                let labels = self.sight.rewound().objects(*id, predicate)?;
                for label in labels.iter().filter_map(|quad| term_text(&quad.object)) {
                    // Who is told apart from a namesake goes by the name alone, too.
                    let bare = label.rsplit_once(" (").map(|(bare, _)| bare.to_owned());
                    written
                        .extend([Some(label), bare].into_iter().flatten().filter(|it| entity::normalise(it) == name));
                }
            }
        }
        Ok(written.into_iter().collect())
    }

    /// Returns whom the notes about an entity name and do not link, in the order of ids.
    pub fn named_in_notes_of(&self, id: Id) -> Result<BTreeSet<Id>> {
        let mut named = BTreeSet::new();
        let node = Term::from(vocab::node(id));
        for quad in self.sight.rewound().pointing(ext::MAIN_ENTITY, node.as_ref()) {
            let Some(source) = subject_id(&quad?.subject) else { continue };
            if self.sight.sees(source)? {
                named.extend(self.named_in_note(source)?);
            }
        }
        Ok(named)
    }

    fn named_in_note(&self, source: Id) -> Result<BTreeSet<Id>> {
        let mut reader = Reader::at(self.view(), self.moment.known_at);
        let mut named = BTreeSet::new();
        let parts = self.sight.rewound().pointing(vocab::PART_OF, Term::from(vocab::node(source)).as_ref());
        for part in parts.take(MAX_MENTIONS_LOOKED_AT) {
            let Some(part) = subject_id(&part?.subject) else { continue };
            if let Some(record) =
                reader.read(part)?.filter(|record| record.forgotten_at.is_none() && record.seen.is_none())
            {
                named.extend(self.in_record(&record)?);
            }
        }
        let linked = self.sight.rewound().objects(source, ext::MAIN_ENTITY)?;
        for page in linked.iter().filter_map(|quad| term_id(&quad.object)) {
            for link in self.sight.rewound().objects(page, vocab::LINKS_TO)? {
                named.remove(&term_id(&link.object).unwrap_or(page));
            }
        }
        Ok(named)
    }
}

/// Returns the references in a text, each once, in one spelling.
pub(crate) fn references_in(text: &str) -> Vec<Reference> {
    let mut seen = BTreeSet::new();
    let found = reference::find(text).into_iter().map(|(reference, _)| reference);
    found.filter(|reference| seen.insert(reference.clone())).take(MAX_REFERENCES).collect()
}
