//! Which files are others that moved: the same inode, or the same bytes in a place where nothing was known.
//!
//! A wrong guess would give one note's memories to another, so each needs evidence: an inode with the time it was made, or
//! bytes enough not to be alike by chance, and a name that is free or becomes so.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use hydra_graph::{SourceMove, SourceState};

use crate::note::Note;
use crate::plan::Scan;
use crate::readings::{Look, Readings};

/// Files shorter than this are alike by chance: an empty note, a template, a single heading.
pub const MIN_MOVED_BYTES: u64 = 64;
/// Files that are moved in one commit, if they did not take each other's places.
pub const MAX_MOVED: usize = 500;

/// What was found of a scan.
pub(crate) struct Moves {
    pub moves: Vec<SourceMove>,
    /// Notes in whose place another file is than the one that was read, whether it moved there or was written anew.
    pub displaced: HashSet<PathBuf>,
}

/// Finds what moved within a scan, or into it from where a source vanished.
pub(crate) fn find(scan: &Scan, vanished: &[SourceState], readings: &Readings) -> Moves {
    let gone: BTreeMap<&Path, &SourceState> = scan
        .gone()
        .into_iter()
        .chain(vanished)
        .filter(|source| match std::fs::symlink_metadata(&source.path) {
            // Since the folder was listed another file may have taken its place.
            Ok(there) => readings.look(&source.path).is_some_and(|then| !Look::of(&there).is_same_file(then)),
            Err(_) => true,
        })
        .map(|source| (source.path.as_path(), source))
        .collect();
    let targets = Targets::of(scan, readings);
    let mut from: BTreeMap<PathBuf, &SourceState> = BTreeMap::new();
    for source in gone.values().copied().chain(targets.displaced.iter().filter_map(|path| scan.known.get(*path))) {
        let there = readings.look(&source.path).and_then(Look::identity).and_then(|file| targets.by_file.get(&file));
        if let Some(path) = there.filter(|path| **path != source.path) {
            from.entry((*path).to_owned()).or_insert(source);
        }
    }
    let placed: HashSet<_> = from.values().map(|source| source.id).collect();
    let lost: Vec<&SourceState> = gone.values().copied().filter(|source| !placed.contains(&source.id)).collect();
    pair_by_text(&lost, &targets, readings, &mut from);
    leave_occupied(scan, &mut from);
    let displaced = targets.displaced.iter().map(|path| path.to_path_buf()).collect();
    let moves = from.into_iter().map(|(to, source)| SourceMove { id: source.id, from: source.path.clone(), to });
    Moves { moves: moves.collect(), displaced }
}

/// Files that may be others: new ones, and those in whose place another inode is.
struct Targets<'s> {
    by_file: HashMap<(u64, u64, i64), &'s Path>,
    fresh: Vec<&'s Path>,
    displaced: Vec<&'s Path>,
}

impl<'s> Targets<'s> {
    fn of(scan: &'s Scan, readings: &Readings) -> Self {
        let mut targets = Self { by_file: HashMap::new(), fresh: Vec::new(), displaced: Vec::new() };
        // Of a folder of which nothing is known, nothing was known under another name.
        if scan.known.is_empty() && readings.is_empty() {
            targets.fresh = scan.notes.iter().map(PathBuf::as_path).collect();
            return targets;
        }
        for path in &scan.notes {
            let then = readings.look(path);
            let is_known = scan.known.contains_key(path);
            if is_known && then.is_none() {
                continue;
            }
            let Ok(metadata) = std::fs::metadata(path) else { continue };
            let now = Look::of(&metadata);
            match then {
                _ if !is_known => targets.fresh.push(path),
                Some(then) if !now.is_same_file(then) => targets.displaced.push(path),
                _ => continue,
            }
            targets.by_file.extend(now.identity().map(|file| (file, path.as_path())));
        }
        targets
    }
}

fn pair_by_text<'s>(
    lost: &[&'s SourceState],
    targets: &Targets<'_>,
    readings: &Readings,
    from: &mut BTreeMap<PathBuf, &'s SourceState>,
) {
    if lost.is_empty() {
        return;
    }
    let mut by_hash: HashMap<String, Vec<&Path>> = HashMap::new();
    for path in targets.fresh.iter().filter(|path| !from.contains_key(**path)) {
        let Ok(metadata) = std::fs::metadata(path) else { continue };
        if metadata.len() < MIN_MOVED_BYTES {
            continue;
        }
        let known = readings.hash(path, &Look::of(&metadata)).map(str::to_owned);
        if let Some(hash) = known.or_else(|| Note::read(path).ok().map(|note| note.content_hash)) {
            by_hash.entry(hash).or_default().push(path);
        }
    }
    for source in lost {
        let Some(paths) = by_hash.get_mut(source.read_hash()).filter(|paths| !paths.is_empty()) else { continue };
        // A folder was renamed more often than a file was and moved at once.
        let same_name = paths.iter().position(|path| path.file_name() == source.path.file_name());
        from.insert(paths.remove(same_name.unwrap_or(0)).to_owned(), source);
    }
}

/// Drops what would take the place of a file that stays.
fn leave_occupied(scan: &Scan, from: &mut BTreeMap<PathBuf, &SourceState>) {
    loop {
        let leaving: HashSet<_> = from.values().map(|source| source.id).collect();
        let before = from.len();
        from.retain(|to, _| scan.known.get(to).is_none_or(|there| leaving.contains(&there.id)));
        if from.len() == before {
            return;
        }
    }
}

/// Parts moves into commits: those that took each other's places stay together, however many they are.
pub(crate) fn in_commits(moves: Vec<SourceMove>) -> Vec<Vec<SourceMove>> {
    let by_from: HashMap<PathBuf, usize> =
        moves.iter().enumerate().map(|(index, moved)| (moved.from.clone(), index)).collect();
    let mut waiting: Vec<Option<SourceMove>> = moves.into_iter().map(Some).collect();
    let has_before: HashSet<usize> =
        waiting.iter().flatten().filter_map(|moved| by_from.get(&moved.to).copied()).collect();
    let mut commits: Vec<Vec<SourceMove>> = Vec::new();
    // A chain begins with what nothing follows into; what is left after all chains are circles.
    let starts = (0..waiting.len()).filter(|index| !has_before.contains(index)).chain(0..waiting.len());
    for start in starts.collect::<Vec<_>>() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(moved) = next.and_then(|index| waiting[index].take()) {
            next = by_from.get(&moved.to).copied();
            chain.push(moved);
        }
        if chain.is_empty() {
            continue;
        }
        match commits.last_mut() {
            Some(last) if last.len() + chain.len() <= MAX_MOVED => last.append(&mut chain),
            _ => commits.push(chain),
        }
    }
    commits
}

#[cfg(test)]
mod tests {
    use hydra_graph::Id;

    use super::*;

    fn moves(pairs: &[(&str, &str)]) -> Vec<SourceMove> {
        let id: Id = "038g93ppke00p".parse().unwrap();
        pairs.iter().map(|(from, to)| SourceMove { id, from: from.into(), to: to.into() }).collect()
    }

    #[test]
    fn what_took_each_others_places_is_one_commit() {
        let chain: Vec<(String, String)> =
            (0..MAX_MOVED + 10).map(|n| (format!("/c{n}"), format!("/c{}", n + 1))).collect();
        let pairs: Vec<(&str, &str)> = chain.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(in_commits(moves(&pairs)).len(), 1, "a chain is never parted");
        let mut pairs: Vec<(String, String)> = (0..MAX_MOVED).map(|n| (format!("/a{n}"), format!("/b{n}"))).collect();
        pairs.push(("/x".into(), "/y".into()));
        pairs.push(("/y".into(), "/x".into()));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let commits = in_commits(moves(&pairs));
        assert_eq!(commits.iter().map(Vec::len).collect::<Vec<_>>(), [MAX_MOVED, 2]);
    }
}
