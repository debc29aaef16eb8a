//! What a run will do: which roots are looked through, which notes are read, and what may be removed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result, SourceState};

use crate::format::{self, Format};
use crate::root::find_root;
use crate::rules::Rules;
use crate::stray::is_old_copy;
use crate::summary::{Skipped, Summary};
use crate::vault::{self, Vault};

/// The work of one run.
#[derive(Default)]
pub(crate) struct Plan {
    pub scans: Vec<Scan>,
    /// Roots that cannot be looked through though the graph knows so many notes of them, and why.
    pub unseen: Vec<(PathBuf, usize, Error)>,
    /// Why the first root of which nothing is known cannot be looked through.
    pub refused: Option<Error>,
    /// What was counted and left out so far.
    pub summary: Summary,
}

/// What is to be done under one root.
pub(crate) struct Scan {
    pub vault: Vault,
    /// The notes that were asked for.
    pub notes: BTreeSet<PathBuf>,
    /// What the graph knows of the paths that were asked for.
    pub known: BTreeMap<PathBuf, SourceState>,
    scopes: BTreeSet<PathBuf>,
}

impl Plan {
    /// Sorts the paths by their roots and looks through each root once.
    ///
    /// # Errors
    /// `NotFound` or `Invalid` when there is nothing to do at all; when there is, and none of it can be looked through, what
    /// [`Vault::scan_by`] says.
    pub fn of(paths: &[PathBuf], known: &[SourceState], rules: &[Rules]) -> Result<Self> {
        let mut plan = Self::default();
        for (root, scopes) in plan.places(paths, known, rules) {
            plan.look(&root, scopes, known, rules);
        }
        if plan.scans.is_empty()
            && let Some(error) = plan.refusal()
        {
            return Err(error);
        }
        if plan.scans.is_empty() && plan.unseen.is_empty() {
            let kind = if paths.iter().any(|path| path.exists()) { ErrorKind::Invalid } else { ErrorKind::NotFound };
            let first = plan.summary.skipped.first().map(|s| (s.path.display(), s.reason.as_str(), s.hint.as_str()));
            let (path, reason, hint) = first.unwrap_or((Path::new("").display(), "nothing to read", ""));
            return Err(Error::new(kind, format!("{path}: {reason}")).hint(hint));
        }
        Ok(plan)
    }

    /// Returns why nothing can be looked through, unless it is only that a folder is not there now.
    fn refusal(&mut self) -> Option<Error> {
        let is_there = |error: &Error| error.kind() != ErrorKind::NotFound;
        if self.unseen.is_empty() {
            return self.refused.take();
        }
        if !self.unseen.iter().all(|(_, _, error)| is_there(error)) {
            return None;
        }
        let (_, count, error) = self.unseen.swap_remove(0);
        let message = format!("{}; what is known from it was kept ({count} notes)", error.message());
        Some(Error::new(error.kind(), message).hint(error.next_step().unwrap_or("run it again")))
    }

    fn places(
        &mut self,
        paths: &[PathBuf],
        known: &[SourceState],
        rules: &[Rules],
    ) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let known = Known::of(known);
        let mut places: Vec<(PathBuf, PathBuf)> = Vec::new();
        for path in paths {
            match place(path, &known, rules) {
                Some(place) => places.push(place),
                None => self.skip(path, "does not exist", "check how it is spelled, and that its disk is mounted"),
            }
        }
        let mut roots: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        let root_of: HashMap<&Path, &Path> =
            places.iter().map(|(root, scope)| (scope.as_path(), root.as_path())).collect();
        for (root, scope) in &places {
            // Asked for twice, by itself and with a folder above it: read once, under the root of the folder.
            let is_covered = scope.ancestors().any(|above| root_of.get(above).is_some_and(|other| *other != root));
            if !is_covered {
                roots.entry(root.clone()).or_default().insert(scope.clone());
            }
        }
        roots
    }

    fn look(&mut self, root: &Path, scopes: BTreeSet<PathBuf>, known: &[SourceState], rules: &[Rules]) {
        let in_scope = |path: &Path| is_in(&scopes, path);
        let known: BTreeMap<PathBuf, SourceState> =
            known.iter().filter(|s| in_scope(&s.path)).map(|s| (s.path.clone(), s.clone())).collect();
        let vault = match Vault::scan_by(root, rules) {
            Ok(vault) => vault,
            Err(error) if known.is_empty() => {
                self.summary.skip(Skipped::of(root, &error));
                self.refused.get_or_insert(error);
                return;
            }
            Err(error) => return self.unseen.push((root.to_owned(), known.len(), error)),
        };
        let notes: BTreeSet<PathBuf> = vault.notes().iter().filter(|note| in_scope(note)).cloned().collect();
        let told: HashSet<&Path> = vault.skipped().iter().map(|skipped| skipped.path.as_path()).collect();
        let is_told = |path: &Path| told.contains(path);
        for scope in scopes.iter().filter(|scope| !notes.contains(*scope) && !scope.is_dir() && !is_told(scope)) {
            self.explain(scope, vault.root());
        }
        // Nothing but paths that were just explained.
        if notes.is_empty() && known.is_empty() && !scopes.iter().any(|scope| scope.is_dir()) {
            return;
        }
        // Whoever asks for one note does not want to hear of the rest of the vault.
        let skipped = vault.skipped().iter().filter(|skipped| in_scope(&skipped.path));
        skipped.for_each(|skipped| self.summary.skip(skipped.clone()));
        if scopes.contains(vault.root()) {
            self.summary.more_skipped += vault.more_skipped();
            for (extension, count) in vault.not_read_yet() {
                *self.summary.not_read_yet.entry(extension.clone()).or_default() += count;
            }
        }
        self.summary.files += notes.len() as u64;
        self.scans.push(Scan { vault, notes, known, scopes });
    }

    /// Says why something that was named by itself is no note of its vault.
    ///
    /// The rules of the vault hold also for a single path: a watcher names whatever moved, also in `.trash`.
    fn explain(&mut self, path: &Path, root: &Path) {
        if !path.exists() {
            // Gone; if the graph knows it, it is removed.
        } else if !path.is_file() {
            self.skip(path, "is not a plain file", "name a file or a folder");
        } else if path.strip_prefix(root).is_ok_and(is_old_copy) {
            self.skip(path, "is an old copy that Logseq keeps", "nothing to do: the page itself is read");
        } else if let Some((reason, hint)) = vault::of_name(path) {
            self.skip(path, reason, hint);
        } else if Format::of(path).is_none() {
            let hint = format!("read are {}; of a log with another name than .log say `--kind log`", format::known());
            self.skip(path, "is of a kind that is not read", &hint);
        } else {
            self.skip(
                path,
                "is hidden or left out by .hydraignore",
                "move it, or change .hydraignore, if it is to be read",
            );
        }
    }

    fn skip(&mut self, path: &Path, reason: &str, hint: &str) {
        self.summary.skip(Skipped { path: path.to_owned(), reason: reason.to_owned(), hint: hint.to_owned() });
    }
}

impl Scan {
    /// Takes what the graph knows anew, and notes that are to be read too.
    pub fn take(&mut self, known: &[SourceState], also: &[PathBuf]) {
        self.scopes.extend(also.iter().filter(|path| self.vault.notes().contains(path)).cloned());
        self.notes.extend(self.vault.notes().iter().filter(|note| is_in(&self.scopes, note)).cloned());
        self.known =
            known.iter().filter(|s| is_in(&self.scopes, &s.path)).map(|s| (s.path.clone(), s.clone())).collect();
    }

    /// Returns what the graph knows and is certainly not there any more, sorted by path.
    pub fn gone(&self) -> Vec<&SourceState> {
        let is_gone = |path: &Path| !self.notes.contains(path) && !self.vault.may_hide(path);
        self.known.values().filter(|source| is_gone(&source.path)).collect()
    }
}

fn is_in(scopes: &BTreeSet<PathBuf>, path: &Path) -> bool {
    path.ancestors().any(|above| scopes.contains(above))
}

/// What the graph knows, for many look-ups.
struct Known<'s> {
    /// By path.
    sources: &'s [SourceState],
    roots: BTreeSet<&'s Path>,
}

impl<'s> Known<'s> {
    fn of(sources: &'s [SourceState]) -> Self {
        let roots = sources.iter().map(|source| source.root.as_path()).filter(|root| root.is_absolute()).collect();
        Self { sources, roots }
    }

    /// Returns what is known of a path and of all below it.
    fn below(&self, path: &Path) -> impl Iterator<Item = &'s SourceState> {
        let start = self.sources.partition_point(|source| source.path.as_path() < path);
        self.sources[start..].iter().take_while(move |source| source.path.starts_with(path))
    }
}

/// Returns the root of a path and the path as the graph spells it; `None` for what neither disk nor graph knows.
///
/// A root that the graph knows wins over what can be seen on disk, so that a note is never read under two roots by
/// turns: first with its folder, then by itself. It also brings the folder's `.hydraignore` with it.
fn place(path: &Path, known: &Known<'_>, rules: &[Rules]) -> Option<(PathBuf, PathBuf)> {
    let (scope, exists) = match path.canonicalize() {
        Ok(real) => (real, true),
        Err(_) => (settle(path), false),
    };
    let is_known = known.below(&scope).next().is_some();
    // A folder that is watched is read under one root, whichever part of it is named.
    if let Some(rules) = rules.iter().find(|rules| rules.rule(&scope)).filter(|rules| rules.folder().is_dir()) {
        return (exists || is_known).then(|| (find_root(rules.folder()), scope));
    }
    let is_folder = scope.is_dir();
    // A folder may have been chosen to be read by itself; it belongs to a root only if it was read with it.
    let roots: BTreeSet<&Path> = match is_folder {
        true => known.below(&scope).map(|source| source.root.as_path()).filter(|root| root.is_absolute()).collect(),
        false => known.roots.clone(),
    };
    let root = roots
        .into_iter()
        .filter(|root| scope.starts_with(root))
        .max_by_key(|root| root.components().count())
        .map(Path::to_owned);
    if exists {
        let root = root.filter(|root| root.is_dir()).unwrap_or_else(|| find_root(&scope));
        return Some((root, scope));
    }
    // Gone from disk, but the graph knows it or something in it.
    root.filter(|_| is_known).map(|root| (root, scope))
}

/// Spells a path that does not exist as it was spelled when it did: absolute, symlinks in its folders followed.
pub(crate) fn settle(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = absolute.ancestors().find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match real {
        Some((folder, real)) => absolute.strip_prefix(folder).map_or(absolute.clone(), |rest| real.join(rest)),
        None => absolute,
    }
}
