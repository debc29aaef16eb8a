//! The transcripts of a folder, and what the client keeps beside them for itself: its memory files, which are notes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::rules::Rules;
use crate::summary::Skipped;
use crate::vault::IGNORE_FILE;

/// Transcripts of one folder that are read.
pub const MAX_TRANSCRIPTS: usize = 50_000;
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
    pub skipped: Vec<Skipped>,
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
        let mut found = Self::default();
        let own = rules.cloned();
        let walk = WalkBuilder::new(folder)
            .standard_filters(false)
            .hidden(true)
            .follow_links(false)
            .add_custom_ignore_filename(IGNORE_FILE)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                !is_folder || entry.depth() == 0 || !own.as_ref().is_some_and(|own| own.leave_out(entry.path(), true))
            })
            .build();
        let mut transcripts = BTreeSet::new();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    found.skip(folder, format!("can't be listed whole: {error}"), "check who owns it and its mode");
                    continue;
                }
            };
            let Some(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() {
                found.folders.push(entry.into_path());
            } else if !kind.is_file() || rules.is_some_and(|rules| rules.leave_out(path, false)) {
            } else if is_memory_file(path) {
                found.notes.insert(entry.into_path());
            } else if is_transcript(path) {
                if path.to_str().is_none() {
                    found.skip(path, "has a name that is not UTF-8".to_owned(), "rename it");
                } else if transcripts.len() == MAX_TRANSCRIPTS {
                    found.skip(
                        folder,
                        format!("holds more than {MAX_TRANSCRIPTS} transcripts"),
                        "watch the folders of single projects, or leave some out with --exclude",
                    );
                    break;
                } else {
                    transcripts.insert(entry.into_path());
                }
            }
        }
        // The files of sub-agents are in a folder that is named as the conversation; of both the conversation comes first.
        found.transcripts = transcripts.into_iter().collect();
        found.transcripts.sort_by_key(|path| (path.with_extension(""), path.clone()));
        found
    }

    fn skip(&mut self, path: &Path, reason: String, hint: &str) {
        self.skipped.push(Skipped { path: path.to_owned(), reason, hint: hint.to_owned() });
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
