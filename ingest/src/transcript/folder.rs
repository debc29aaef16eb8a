//! The transcripts of a folder, and what the client keeps beside them for itself: its memory files, which are notes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::listing::{Bound, Listing, MAX_ENTRIES};
use crate::rules::Rules;
use crate::summary::LeftOut;

/// Transcripts of one folder that are read, those that changed last, with the memory files beside them.
pub const MAX_TRANSCRIPTS: usize = 50_000;
const BOUND: Bound = Bound {
    most: MAX_TRANSCRIPTS,
    most_entries: MAX_ENTRIES,
    what: "transcripts",
    hint: "watch the folders of single projects, or leave some out with --exclude",
};
/// The folder of a project's memory files.
const MEMORY_FOLDER: &str = "memory";
/// What the client reads into every conversation: beside the transcripts, and in each repository.
pub(super) const MEMORY_FILE: &str = "CLAUDE.md";
/// So begins the transcript of the agent that writes a summary: the summary stands in the conversation too.
const SUMMARISER: &str = "agent-acompact-";

/// What a folder has.
#[derive(Debug, Default)]
pub(crate) struct TranscriptFolder {
    /// Sorted by path, a conversation before its sub-agents.
    pub transcripts: Vec<PathBuf>,
    /// Memory files.
    pub notes: BTreeSet<PathBuf>,
    /// Folders that were looked into.
    pub folders: Vec<PathBuf>,
    /// What is not read, and why.
    pub left_out: LeftOut,
}

/// Tells whether a file is a transcript by its name.
pub(crate) fn is_transcript(path: &Path) -> bool {
    let is_summariser = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(SUMMARISER.as_bytes()));
    path.extension().is_some_and(|extension| extension == "jsonl") && !is_summariser
}

/// Tells whether a file is one of the client's memory files.
pub(crate) fn is_memory_file(path: &Path) -> bool {
    let is_in_folder = path.parent().is_some_and(|folder| folder.ends_with(MEMORY_FOLDER));
    is_in_folder && path.extension().is_some_and(|extension| extension == "md")
}

impl TranscriptFolder {
    /// Looks through a folder. Links are not followed: a transcript is where the client writes it.
    pub fn look(folder: &Path, rules: Option<&Rules>) -> Self {
        let is_wanted = |path: &Path| {
            (is_memory_file(path) || is_transcript(path)) && !rules.is_some_and(|rules| rules.leave_out(path, false))
        };
        let Listing { files, folders, left_out } = Listing::of(folder, rules, BOUND, is_wanted);
        let (notes, transcripts): (BTreeSet<_>, BTreeSet<_>) = files.into_iter().partition(|path| is_memory_file(path));
        let mut transcripts: Vec<PathBuf> = transcripts.into_iter().collect();
        // The files of sub-agents are in a folder that is named as the conversation; of both the conversation comes first.
        transcripts.sort_by_key(|path| (path.with_extension(""), path.clone()));
        Self { transcripts, notes, folders, left_out }
    }
}

/// Memory files that belong to what was read: the person's own beside the folder of all projects, and that of each
/// repository that was worked in.
pub(super) fn memory_files(projects: Option<&Path>, repositories: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let own = projects.filter(|folder| folder.ends_with("projects")).and_then(Path::parent);
    let folders = own.into_iter().chain(repositories.iter().map(PathBuf::as_path));
    folders.map(|folder| folder.join(MEMORY_FILE)).filter(|file| file.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn transcripts_and_memory_files_are_told_from_what_else_is_there() {
        let temp = tempfile::tempdir().unwrap();
        for file in [
            "projects/-src-a/s1.jsonl",
            "projects/-src-a/s1/subagents/agent-1.jsonl",
            "projects/-src-a/s1/subagents/agent-acompact-2.jsonl",
            "projects/-src-a/s1/tool-results/x.txt",
            "projects/-src-a/s0.jsonl",
            "projects/-src-a/memory/MEMORY.md",
            "projects/-src-a/memory/pump.md",
            "projects/-src-a/other.md",
            "projects/-src-a/sessions-index.json",
            "projects/-src-b/left.jsonl",
            "CLAUDE.md",
            "repository/CLAUDE.md",
        ] {
            let path = temp.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n").unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", temp.path().join("projects/-src-a/link.jsonl")).unwrap();
        let projects = temp.path().join("projects");
        let rules = Rules::new(&projects, "s", &[], &["left*".to_owned()]).unwrap();
        let found = TranscriptFolder::look(&projects, Some(&rules));
        let names = |paths: Vec<&PathBuf>| -> Vec<String> {
            paths.into_iter().map(|path| path.strip_prefix(temp.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(
            names(found.transcripts.iter().collect()),
            ["projects/-src-a/s0.jsonl", "projects/-src-a/s1.jsonl", "projects/-src-a/s1/subagents/agent-1.jsonl"]
        );
        assert_eq!(
            names(found.notes.iter().collect()),
            ["projects/-src-a/memory/MEMORY.md", "projects/-src-a/memory/pump.md"]
        );
        let repositories = BTreeSet::from([temp.path().join("repository"), temp.path().join("elsewhere")]);
        let files = memory_files(Some(&projects), &repositories);
        assert_eq!(names(files.iter().collect()), ["CLAUDE.md", "repository/CLAUDE.md"]);
    }
}
