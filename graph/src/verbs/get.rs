//! `get`: what the graph says of an id.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mentions::{MAX_MENTIONS_LOOKED_AT, Mention, Mentions, references_in, shown};
use super::proposals::{self, ProposalStanding};
use super::ties::{Tie, TieKind, Ties};
use super::timeline::revisions;
use crate::block::Block;
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::findable;
use crate::id::Id;
use crate::identity::{self, Names};
use crate::journal::{self, CommitRecord};
use crate::memory::Inner;
use crate::moment::Moment;
use crate::question::Recalled;
use crate::record::{Kind, Reader, Record};
use crate::reference::Reference;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::store::View;
use crate::time::Timestamp;
use crate::vocab;
use crate::voice;

/// Ids that one call gets at most.
pub const MAX_GOT: usize = 200;
/// Letters of a text in the index view.
const INDEX_TEXT: usize = 120;

/// Facts that are shown of one entity; `graph` shows more.
pub const MAX_FACTS_SHOWN: usize = 50;

/// Texts that name an entity that are shown of one; `mentions` shows more.
pub const MAX_MENTIONS_SHOWN: usize = 10;

/// How much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GetView {
    /// One line: the text is shortened.
    Index,
    /// Everything but its past.
    #[default]
    Full,
    /// Where it comes from: the source's record and the commit that made it.
    Provenance,
    /// Every commit that touched it.
    History,
}

/// What is asked of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetRequest {
    /// Which, at most [`MAX_GOT`].
    pub ids: Vec<Id>,
    /// How much of each.
    pub view: GetView,
    /// What was known then; and whether it was true then, which [`Got::then`] tells: who names an id gets what it is.
    pub moment: Moment,
    /// Only what belongs to one of these spaces; empty means all. Of anything else nothing is said but that.
    pub spaces: Vec<String>,
}

/// What an id is.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Got {
    /// The id that was asked for.
    pub id: Id,
    /// The memory, passage or source, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Whether it held at [`Moment::true_at`], if that was asked; nothing of what has no time in the world, as an entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// How many independent voices say it, if it is a fact or preference; copies of one source are one. Of facts it is
    /// not told from another moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voices: Option<usize>,
    /// Of a decision, every one that was replaced and that replaced it, the first first; nothing if there is only one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Link>,
    /// Names of the entities it is about or links to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<String>,
    /// The days and moments that its text names, in the full view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Timestamp>,
    /// Names of those it names without a link, in the full view: guesses by their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// Addresses, paths, issues, commits and names in code that its text gives, in the full view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// The newest texts that name the entity without a link, at most [`MAX_MENTIONS_SHOWN`], in the full view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub named_in: Vec<Mention>,
    /// Texts of these that there was no room for; `mentions` shows more.
    #[serde(skip_serializing_if = "is_zero")]
    pub named_in_left_out: usize,
    /// What it is a piece of, in the provenance view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Box<Record>>,
    /// Commits: all that touched it (history), the first (provenance), or itself when the id is a commit's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<CommitRecord>,
    /// The name, when the id is an entity's or a session's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What facts say of the entity at that moment, at most [`MAX_FACTS_SHOWN`], in the full view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Tie>,
    /// Facts that there was no room for.
    #[serde(skip_serializing_if = "is_zero")]
    pub facts_left_out: usize,
    /// What stands for the entity, if it was merged; then the name is its.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Id>,
    /// The core block, when the id is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// The proposal, when the id is one's: how it stands now, and what it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalStanding>,
    /// The question, when the id is a trace's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The answer, when the id is a trace's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recalled: Option<Recalled>,
    /// Why there is nothing, if there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether there was something that was forgotten, erased or is said no more.
    #[serde(skip)]
    pub is_gone: bool,
}

/// Whether a record was true at a moment.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Then {
    /// The moment.
    pub at: Timestamp,
    /// Whether it held.
    pub held: bool,
    /// Why not, in words; empty if it held.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why_not: String,
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { at, held: true, .. } => write!(f, "true at {at}"),
            Self { at, why_not, .. } => write!(f, "not true at {at}: {why_not}"),
        }
    }
}

/// One decision of a chain.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Link {
    /// The decision.
    pub id: Id,
    /// How its text begins; empty for what was forgotten.
    pub text: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<Id>,
    /// The space it belongs to.
    #[serde(skip)]
    pub(crate) space: String,
}

pub(crate) fn get(inner: &Inner, request: &GetRequest) -> Result<Vec<Got>> {
    let GetRequest { ids, view: how, moment, spaces } = request;
    let (how, moment) = (*how, *moment);
    spaces.iter().try_for_each(|name| space::check(name))?;
    if ids.len() > MAX_GOT {
        return Err(Error::new(ErrorKind::TooLarge, format!("{} ids; one call gets {MAX_GOT}", ids.len()))
            .hint("call again with the rest"));
    }
    if how == GetView::Full {
        super::recall::wait_for_own_writes(inner, &mut Vec::new());
    }
    let view = inner.view()?;
    moment.check(inner, &view)?;
    let mut reader = Reader::at(&view, moment.known_at);
    // Whom a node belongs to does not depend on the moment.
    let sight = Sight::new(Rewound::new(&view, None)?, spaces, inner.now());
    let got = ids.iter().map(|id| {
        if !spaces.is_empty() && !is_inside(inner, &sight, *id, spaces)? {
            return Ok(Got { error: Some(outside(*id, spaces).to_string()), ..Got::nothing(*id) });
        }
        if moment.is_before(*id) && (!view.about(*id)?.is_empty() || !journal::history(&view, *id)?.is_empty()) {
            return Ok(Got { error: Some(not_yet(*id, moment)), ..Got::nothing(*id) });
        }
        let block = match moment.known_at {
            Some(known_at) => Block::read_at(&view, *id, known_at)?,
            None => Block::read(&view, *id)?,
        };
        match block {
            Some(block) => of_block(&view, block, how, moment),
            None => one(inner, &mut reader, *id, how, moment),
        }
    });
    let mut got = got.collect::<Result<Vec<Got>>>()?;
    for got in &mut got {
        if let Some(record) = got.record.as_ref().filter(|record| how == GetView::Full && record.is_text()) {
            got.times = findable::times_of(record);
            got.references = references_in(&record.text);
            got.mentions = named_by(inner, &view, record, request)?;
        }
        if got.entity.is_some() && how == GetView::Full {
            of_entity(inner, &view, got, request)?;
        }
        got.chain.retain(|link| spaces.is_empty() || spaces.contains(&link.space));
        for commit in std::mem::take(&mut got.commits) {
            got.commits.push(seen_from(&view, commit, spaces)?);
        }
    }
    Ok(got)
}

/// Adds what facts say of an entity. Too far back to look at what is said by a name is no reason to say nothing else of it.
fn of_entity(inner: &Inner, view: &View<'_>, got: &mut Got, request: &GetRequest) -> Result<()> {
    let known_at = request.moment.known_at;
    let rewound = match Rewound::new(view, known_at) {
        Err(error) if error.kind() == ErrorKind::TooLarge => return Ok(()),
        rewound => rewound?,
    };
    let now = known_at.unwrap_or(inner.now());
    let sight = Sight::new(rewound, &request.spaces, now);
    let id = got.replaced_by.unwrap_or(got.id);
    let ties = Ties::new(view, &sight, request.moment, &[], now)?.of(id)?.ties;
    let facts = ties.into_iter().filter(|tie| tie.kind == TieKind::Fact && tie.from == id);
    got.facts = facts.collect();
    got.facts_left_out = got.facts.len().saturating_sub(MAX_FACTS_SHOWN);
    got.facts.truncate(MAX_FACTS_SHOWN);
    let found = Mentions::new(inner, &sight, request.moment, now)?.naming(id, MAX_MENTIONS_LOOKED_AT)?;
    let texts = shown(view, found.texts)?;
    got.named_in_left_out = found.unread + texts.len().saturating_sub(MAX_MENTIONS_SHOWN);
    got.named_in = texts.into_iter().take(MAX_MENTIONS_SHOWN).map(Mention::of).collect();
    Ok(())
}

/// The names of those whom a text names without a link, as far as they are known to the caller now.
fn named_by(inner: &Inner, view: &View<'_>, record: &Record, request: &GetRequest) -> Result<Vec<String>> {
    let (moment, now) = (Moment::default(), inner.now());
    let sight = Sight::new(Rewound::new(view, None)?, &request.spaces, now);
    let names = Mentions::new(inner, &sight, moment, now)?;
    names.in_record(record)?.into_iter().map(|id| names.label(id)).collect()
}

/// Tells whether what an id stands for belongs to a space: an answer to what it was asked of, a name to whoever says
/// something of it. The journal is of all spaces, and of what is not there nothing can be told.
fn is_inside(inner: &Inner, sight: &Sight<'_>, id: Id, spaces: &[String]) -> Result<bool> {
    let view = sight.rewound().view;
    if let Some((record, _)) = Reader::new(view).read_last(id)? {
        return Ok(spaces.contains(&record.space));
    }
    if let Some(trace) = inner.traces.get(id, inner.now()) {
        return Ok(trace.is_of(spaces));
    }
    Ok(sight.sees(id)? || sight.knows_name(id)?)
}

fn outside(id: Id, spaces: &[String]) -> Error {
    Error::new(ErrorKind::NotFound, format!("{id} is not in {}", spaces.join(" or ")))
        .hint("leave the space out, or give ids of that space")
}

/// A commit as a space sees it: the reason of one that touched another space too may tell of that one, and how much it
/// touched there is nobody's business here.
pub(super) fn seen_from(view: &View<'_>, mut commit: CommitRecord, spaces: &[String]) -> Result<CommitRecord> {
    if spaces.is_empty() {
        return Ok(commit);
    }
    let mut reader = Reader::new(view);
    let (mut touched, mut is_alone) = (0, true);
    for id in journal::touched(view, commit.id)? {
        match reader.read_last(id)? {
            Some((record, _)) if spaces.contains(&record.space) => touched += 1,
            Some(_) => is_alone = false,
            // A core block or a proposal; a name is nobody's.
            None => is_alone &= view.text(id, vocab::SPACE)?.is_none_or(|space| spaces.contains(&space)),
        }
    }
    commit.reason = commit.reason.filter(|_| is_alone);
    commit.touched = if is_alone { commit.touched } else { touched };
    Ok(commit)
}

impl Got {
    fn nothing(id: Id) -> Self {
        Self {
            id,
            record: None,
            then: None,
            voices: None,
            chain: Vec::new(),
            entities: Vec::new(),
            times: Vec::new(),
            mentions: Vec::new(),
            references: Vec::new(),
            named_in: Vec::new(),
            named_in_left_out: 0,
            part_of: None,
            commits: Vec::new(),
            entity: None,
            facts: Vec::new(),
            facts_left_out: 0,
            replaced_by: None,
            block: None,
            proposal: None,
            question: None,
            recalled: None,
            error: None,
            is_gone: false,
        }
    }
}

fn of_block(view: &View<'_>, mut block: Block, how: GetView, moment: Moment) -> Result<Got> {
    let mut got = Got::nothing(block.id);
    match how {
        GetView::Index => block.text = shorten(&block.text),
        GetView::Full => {}
        GetView::History => got.commits = history(view, block.id, moment)?,
        GetView::Provenance => got.commits = history(view, block.id, moment)?.into_iter().take(1).collect(),
    }
    got.block = Some(block);
    Ok(got)
}

/// The commits that touched a node, of those that were known, oldest first.
fn history(view: &View<'_>, id: Id, moment: Moment) -> Result<Vec<CommitRecord>> {
    let mut commits = journal::history(view, id)?;
    commits.retain(|commit| !moment.is_before(commit.id));
    Ok(commits)
}

fn not_yet(id: Id, moment: Moment) -> String {
    let known_at = moment.known_at.map(|at| at.to_string()).unwrap_or_default();
    format!("{id} was not known yet at {known_at}; it is of {}", id.minted_at())
}

fn one(inner: &Inner, reader: &mut Reader<'_>, id: Id, how: GetView, moment: Moment) -> Result<Got> {
    let view = reader.view;
    let mut got = Got::nothing(id);
    if let Some(mut found) = reader.read(id)? {
        got.then = moment.true_at.map(|at| {
            let unmet = moment.unmet(&found, inner.now());
            Then { at, held: unmet.is_none(), why_not: unmet.map(|unmet| unmet.to_string()).unwrap_or_default() }
        });
        got.entities = found.entities.iter().map(|entity| entity::label(view, *entity)).collect::<Result<_>>()?;
        match how {
            GetView::Index => found.text = shorten(&found.text),
            GetView::Full => {}
            GetView::History => got.commits = history(view, id, moment)?,
            GetView::Provenance => {
                got.commits = history(view, id, moment)?.into_iter().take(1).collect();
                got.part_of =
                    found.part_of.map(|parent| reader.read(parent)).transpose()?.flatten().map(|mut parent| {
                        parent.text = shorten(&parent.text);
                        Box::new(parent)
                    });
            }
        }
        if matches!(found.kind, Kind::Fact | Kind::Preference) {
            got.voices = match &found.preference {
                Some(preference) => Some(preference.observations),
                None if moment.known_at.is_some() => None,
                None => Some(voice::count(&voice::told(&Names::now(view), id)?)),
            };
        }
        if found.is_decision {
            got.chain = chain(view, reader, id)?;
        }
        got.is_gone = found.forgotten_at.is_some();
        got.record = Some(found);
    } else if let Some(commit) = journal::record(view, id)? {
        got.commits.push(commit);
    } else if let Some(trace) = inner.traces.get(id, inner.now()) {
        got.question = Some(trace.question.text.clone());
        got.recalled = Some(trace.answer(view)?.0);
    } else if view.is_a(id, vocab::ENTITY)? || view.is_a(id, vocab::SESSION)? {
        let stands = identity::standing_at(view, id, moment.known_at)?;
        got.entity = Some(entity::label(view, stands)?);
        got.replaced_by = Some(stands).filter(|stands| *stands != id);
        if how == GetView::History {
            got.commits = history(view, id, moment)?;
        }
    } else if let Some(proposal) = proposals::standing(inner, view, id)? {
        got.proposal = Some(proposal);
        if how == GetView::History {
            got.commits = history(view, id, moment)?;
        }
    } else {
        // What a file no longer says still has its past.
        got.commits = history(view, id, moment)?;
        let erased_at = view.text(id, vocab::ERASED_AT)?;
        got.is_gone = erased_at.is_some() || !got.commits.is_empty() && moment.known_at.is_none();
        got.error = Some(if let Some(at) = erased_at {
            format!("{id} was erased at {at}; nothing of it is left")
        } else if got.commits.is_empty() {
            super::forget::not_found(id).to_string()
        } else if let Some(known_at) = moment.known_at {
            format!("{id} was not there at {known_at}; its commits until then are listed")
        } else {
            format!("{id} is no longer there; its commits are listed")
        });
    }
    Ok(got)
}

/// A decision with all that it replaced and that replaced it.
fn chain(view: &View<'_>, reader: &mut Reader<'_>, id: Id) -> Result<Vec<Link>> {
    let mut chain = Vec::new();
    for id in revisions(view, id)? {
        let Some(record) = reader.read(id)? else { continue };
        let text = if record.forgotten_at.is_some() { String::new() } else { shorten(&record.text) };
        let Record { recorded_at, ended_by: superseded_by, space, .. } = record;
        chain.push(Link { id, text, recorded_at, superseded_by, space });
    }
    Ok(if chain.len() > 1 { chain } else { Vec::new() })
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(INDEX_TEXT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
