//! What was learned, decided or wanted that matters to what is about to be done: to a file, a command, an error. No model is
//! asked: what applies to a path says so, and what names a thing is found by its name.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::decision::Verdict;
use crate::error::Result;
use crate::id::Id;
use crate::index::{Index as _, IndexQuery};
use crate::memory::Inner;
use crate::question::MAX_QUERY_BYTES;
use crate::record::{Kind, Reader, Record};
use crate::scope;
use crate::store::{View, string};
use crate::text::Coverage;
use crate::vocab;

/// What stands until it is ended.
const STANDING: [Kind; 3] = [Kind::Decision, Kind::Learning, Kind::Preference];
/// Parts of a path that are looked up, from its end: every run of them may be what something applies to.
pub const MAX_PATH_PARTS: usize = 12;
/// Paths of one deed that are looked up.
pub const MAX_DEED_PATHS: usize = 4;
/// Memories that apply to one path, as it is spelled, that are read.
pub const MAX_OF_ONE_PATH: usize = 8;
/// Texts with words of the deed that are read, best first.
pub const MAX_WORDED: usize = 24;
/// Shortest name of a rejected option that is looked for in what is done: shorter ones stand in other words' company.
const MIN_OPTION_CHARS: usize = 3;

/// What is about to be done, or went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deed {
    /// Files and folders that it is about.
    pub paths: Vec<String>,
    /// The folder that the work is done in: what applies to another project is no matter here.
    pub folder: Option<String>,
    /// What it is called: a program with its subcommand, a file's name. A text that has one of these word for word names it.
    pub names: Vec<String>,
    /// What it says: a command, what is written.
    pub words: String,
    /// What it went wrong with; empty before it is done. Only with this is compared when something was learned.
    pub error: String,
    /// Only memories of these spaces; empty means all.
    pub spaces: Vec<String>,
}

/// A memory that matters to a deed.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct AtHand {
    /// The memory.
    pub record: Record,
    /// Why it matters.
    pub fit: Fit,
}

/// Why a memory matters to a deed; what matters most comes first.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It rejected this option, which the deed names.
    Rejected(String),
    /// It applies to this path, which the deed is about.
    Applies(String),
    /// It names this, as the deed does.
    Names(String),
    /// When it applies has so much in common with what went wrong.
    Trigger(Coverage),
}

impl Fit {
    fn place(&self) -> u8 {
        match self {
            Self::Rejected(_) => 0,
            Self::Applies(_) => 1,
            Self::Names(_) => 2,
            Self::Trigger(_) => 3,
        }
    }
}

pub(crate) fn at_hand(inner: &Inner, deed: &Deed) -> Result<Vec<AtHand>> {
    let view = inner.view()?;
    let now = inner.now();
    let is_wanted = |record: &Record| {
        STANDING.contains(&record.kind)
            && record.stands_at(now)
            && record.withheld_at.is_none()
            && !record.is_superseded()
            && !record.is_candidate()
            && record.expires_at.is_none_or(|end| end > now)
            && (deed.spaces.is_empty() || deed.spaces.contains(&record.space))
    };
    let (mut reader, said) = (Reader::new(&view), scope::Words::of(&deed.words));
    let (mut seen, mut found, mut triggered) = (HashSet::new(), Vec::new(), Vec::new());
    let (applying, worded) = (applying(&view, deed)?, worded(inner, deed)?);
    for id in applying.into_iter().chain(worded) {
        let Some(record) = whole(&mut reader, id)?.filter(|record| is_wanted(record)) else { continue };
        if !seen.insert(record.id) || !is_in_place(deed, &record) {
            continue;
        }
        match fit(deed, &said, &record) {
            Some(fit) => found.push(AtHand { record, fit }),
            None => triggered.push(record),
        }
    }
    found.extend(triggers(inner, deed, triggered)?);
    // Of the same place those stay first that were found first: by the nearest path, or the best words.
    found.sort_by_key(|found| found.fit.place());
    Ok(found)
}

/// Returns those of some memories that apply to other places alone than the folder that the work is done in, and that the
/// words do not name either. Of work of which the folder is not known nothing is elsewhere.
pub(crate) fn elsewhere(inner: &Inner, ids: &[Id], folder: &str, words: &str) -> Result<HashSet<Id>> {
    let view = inner.view()?;
    let mut reader = Reader::new(&view);
    let mut found = HashSet::new();
    let is_meant = |scope: &str| match scope::is_path(scope) {
        true => scope::is_near(scope, folder) || scope::applies(Some(scope), Some(words)),
        false => scope::names(folder, scope) || scope::names(words, scope),
    };
    for id in ids.iter().filter(|_| !folder.is_empty()) {
        let Some(record) = whole(&mut reader, *id)? else { continue };
        if scopes(&record).next().is_some() && !scopes(&record).any(is_meant) {
            found.insert(*id);
        }
    }
    Ok(found)
}

/// Reads a memory; of a piece of one that stands until it is ended, that one.
fn whole(reader: &mut Reader<'_>, id: Id) -> Result<Option<Record>> {
    let Some(record) = reader.read(id)? else { return Ok(None) };
    if record.kind == Kind::Passage
        && let Some(whole) = record.part_of
        && let Some(whole) = reader.read(whole)?.filter(|whole| STANDING.contains(&whole.kind))
    {
        return Ok(Some(whole));
    }
    Ok(Some(record))
}

/// The files, folders and names that a memory applies to.
fn scopes(record: &Record) -> impl Iterator<Item = &str> {
    let own = record.learning.as_ref().map_or(&[][..], |learning| &learning.paths);
    own.iter().map(String::as_str).chain(record.scope())
}

/// Tells whether a memory applies anywhere, or where the deed is done.
fn is_in_place(deed: &Deed, record: &Record) -> bool {
    scopes(record).next().is_none() || scopes(record).any(|scope| is_here(deed, scope))
}

/// Says why a memory matters to a deed, if it does by its options, places and names. `said` is what the deed says.
fn fit(deed: &Deed, said: &scope::Words, record: &Record) -> Option<Fit> {
    let options = record.decision.iter().flat_map(|decision| &decision.options);
    let mut rejected = options.filter(|choice| choice.verdict == Verdict::Rejected).map(|choice| &choice.option);
    if let Some(option) = rejected.find(|option| option.chars().count() >= MIN_OPTION_CHARS && said.have(option)) {
        return Some(Fit::Rejected(option.clone()));
    }
    if let Some(scope) = scopes(record).find(|scope| deed.paths.iter().any(|path| is_of(path, scope))) {
        return Some(Fit::Applies(scope.to_owned()));
    }
    deed.names.iter().find(|name| scope::names(&record.text, name)).map(|name| Fit::Names(name.clone()))
}

/// Finds of some memories those that were learned when something like it went wrong. All are compared at once: what went
/// wrong is long, and taken apart once.
fn triggers(inner: &Inner, deed: &Deed, records: Vec<Record>) -> Result<Vec<AtHand>> {
    if deed.error.trim().is_empty() {
        return Ok(Vec::new());
    }
    let learned: Vec<Record> = records.into_iter().filter(|record| record.learning.is_some()).collect();
    let triggers: Vec<&str> = learned
        .iter()
        .filter_map(|record| record.learning.as_ref())
        .map(|learning| learning.trigger.as_str())
        .collect();
    let covered = inner.text.coverage(&triggers, &[&deed.error])?.into_iter().flatten().collect::<Vec<_>>();
    let found = learned.into_iter().zip(covered).filter(|(_, covered)| covered.terms > 0);
    Ok(found.map(|(record, covered)| AtHand { record, fit: Fit::Trigger(covered) }).collect())
}

/// Tells whether a scope is a path that holds the other, or the name of the file itself.
fn is_of(path: &str, scope: &str) -> bool {
    let is_called = path.rsplit(['/', '\\']).next() == Some(scope);
    is_called || (scope::is_path(scope) && scope::applies(Some(scope), Some(path)))
}

/// Tells whether what applies to a scope may matter to a deed: to its files, or where it is about none to where the work is
/// done. Of a deed of which neither is known anything may.
fn is_here(deed: &Deed, scope: &str) -> bool {
    let places = || deed.paths.iter().chain(&deed.folder);
    match () {
        () if places().next().is_none() => true,
        () if !scope::is_path(scope) => {
            places().any(|place| scope::applies(Some(scope), Some(place)) || is_of(place, scope))
        }
        () if !deed.paths.is_empty() => deed.paths.iter().any(|path| is_of(path, scope)),
        () => deed.folder.as_ref().is_some_and(|folder| scope::is_near(scope, folder)),
    }
}

/// Finds what applies to the paths of a deed, by every spelling that means one of them or a folder above it: so many look-ups
/// whatever the memory holds. What is nearest comes first.
fn applying(view: &View<'_>, deed: &Deed) -> Result<Vec<Id>> {
    let (mut ids, mut looked) = (Vec::new(), HashSet::new());
    for path in deed.paths.iter().take(MAX_DEED_PATHS) {
        for spelled in spellings(path) {
            if looked.insert(spelled.clone()) {
                ids.extend(view.subjects(vocab::APPLIES_TO, (&string(spelled)).into(), MAX_OF_ONE_PATH)?);
            }
        }
    }
    Ok(ids)
}

/// Every spelling of a scope that applies to a path: itself and the folders above it, whole or as a part of it.
fn spellings(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !["", ".", "~"].contains(part)).collect();
    let first = parts.len().saturating_sub(MAX_PATH_PARTS);
    let mut spelled = Vec::new();
    for end in (first + 1..=parts.len()).rev() {
        if path.starts_with('/') {
            let whole = format!("/{}", parts[..end].join("/"));
            spelled.extend([format!("{whole}/"), whole]);
        }
        for start in first..end {
            let part = parts[start..end].join("/");
            spelled.extend([format!("{part}/"), format!("./{part}"), part]);
        }
    }
    spelled
}

/// Finds what has words of the deed, best first.
fn worded(inner: &Inner, deed: &Deed) -> Result<Vec<Id>> {
    let mut text = deed.names.join(" ");
    for more in [&deed.words, &deed.error] {
        text.push(' ');
        text.push_str(more);
    }
    text.truncate(text.floor_char_boundary(MAX_QUERY_BYTES));
    let past = inner.text.past();
    let query = IndexQuery {
        text: &text,
        spaces: &deed.spaces,
        kinds: &STANDING,
        limit: MAX_WORDED,
        past: Some(&past),
        newest: None,
    };
    Ok(inner.text.search(&query)?.into_iter().map(|found| found.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_so_many_spellings() {
        let spelled = spellings("/w/atlas/src/main.rs");
        for scope in ["/w/atlas/src/main.rs", "/w/atlas", "/w/atlas/", "src/main.rs", "./src", "main.rs", "atlas/src/"]
        {
            assert!(spelled.iter().any(|spelling| spelling == scope), "{scope}");
            assert!(scope::applies(Some(scope), Some("/w/atlas/src/main.rs")) || !scope::is_path(scope), "{scope}");
        }
        assert!(!spelled.iter().any(|spelling| spelling == "atlas/main.rs"));
        let deep = spellings(&"/a".repeat(1_000));
        assert!(deep.len() <= 3 * MAX_PATH_PARTS * (MAX_PATH_PARTS + 1) / 2 + 2 * MAX_PATH_PARTS, "{}", deep.len());
        assert!(spellings("").is_empty() && spellings("/").is_empty());
    }
}
