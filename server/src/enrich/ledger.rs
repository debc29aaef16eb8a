//! Which texts were asked about with which recipe: a line for each in a file of the data folder, written before a text is
//! sent and after it was answered, so that a kill at any moment costs at most one question more.
//!
//! A text is known by its id alone. That is enough, since what is edited gets another; and it tells nothing of what was
//! erased.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use hydra_graph::{Error, Id, Result};

use crate::folder::write_private;

/// Times that a text is sent which the endpoint does not answer properly.
pub const MAX_TRIES: u8 = 3;
/// The file in the data folder.
const FILE: &str = "enriched";
/// Lines that may be too many before the file is written anew.
const SPARE_LINES: usize = 1_000;

/// What happened to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is about to be sent.
    Sent,
    /// It was never taken, which does not count.
    NotSent,
    /// It was answered.
    Answered,
}

impl Mark {
    fn letter(self) -> char {
        match self {
            Self::Sent => '?',
            Self::NotSent => '-',
            Self::Answered => '!',
        }
    }

    fn of(letter: &str) -> Option<Self> {
        [Self::Sent, Self::NotSent, Self::Answered].into_iter().find(|mark| letter == mark.letter().to_string())
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    tries: u8,
    is_answered: bool,
}

impl Known {
    fn take(&mut self, mark: Mark) {
        match mark {
            Mark::Sent => self.tries = self.tries.saturating_add(1),
            Mark::NotSent => self.tries = self.tries.saturating_sub(1),
            Mark::Answered => self.is_answered = true,
        }
    }
}

/// All that is known of one recipe, and the file.
pub struct Ledger {
    recipe: String,
    known: HashMap<Id, Known>,
    path: PathBuf,
    file: File,
}

impl Ledger {
    /// Reads what was written down; lines that do not read were cut short and are left out.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(data_dir: &Path, recipe: &str) -> Result<Self> {
        let path = data_dir.join(FILE);
        let failed = |error: std::io::Error| Error::io(path.display(), &error);
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error)),
        };
        let mut all: HashMap<(&str, Id), Known> = HashMap::new();
        let lines = text.lines().filter_map(parse);
        for (recipe, id, mark) in lines {
            all.entry((recipe, id)).or_default().take(mark);
        }
        if text.lines().count() > 2 * all.len() + SPARE_LINES || !(text.is_empty() || text.ends_with('\n')) {
            let mut kept: Vec<String> = Vec::with_capacity(all.len());
            for ((recipe, id), known) in &all {
                let marks = match known.is_answered {
                    true => vec![Mark::Answered],
                    false => vec![Mark::Sent; known.tries.into()],
                };
                kept.extend(marks.into_iter().map(|mark| line(recipe, *id, mark)));
            }
            write_private(&path, kept.concat().as_bytes())?;
        }
        let own = all.into_iter().filter(|((of, _), _)| *of == recipe);
        let known = own.map(|((_, id), known)| (id, known)).collect();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(failed)?;
        Ok(Self { recipe: recipe.to_owned(), known, path, file })
    }

    /// Tells whether a text is not to be sent any more.
    pub fn is_settled(&self, id: Id) -> bool {
        self.known.get(&id).is_some_and(|known| known.is_answered || known.tries >= MAX_TRIES)
    }

    /// Notes what happened to a text. It is not synced: a power cut only costs a question asked again.
    ///
    /// # Errors
    /// What the disk says.
    pub fn note(&mut self, id: Id, mark: Mark) -> Result<()> {
        let written = self.file.write_all(line(&self.recipe, id, mark).as_bytes());
        written.map_err(|error| Error::io(self.path.display(), &error))?;
        self.known.entry(id).or_default().take(mark);
        Ok(())
    }

    /// Tells whether a text was sent as often as it may be without an answer.
    pub fn is_given_up(&self, id: Id) -> bool {
        self.known.get(&id).is_some_and(|known| !known.is_answered && known.tries >= MAX_TRIES)
    }
}

/// A model's name may have blanks in it, so it comes last.
fn line(recipe: &str, id: Id, mark: Mark) -> String {
    format!("{} {id} {recipe}\n", mark.letter())
}

fn parse(line: &str) -> Option<(&str, Id, Mark)> {
    let mut parts = line.splitn(3, ' ');
    let (mark, id, recipe) = (parts.next()?, parts.next()?, parts.next()?);
    Some((recipe, id.parse().ok()?, Mark::of(mark)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> Id {
        format!("{number:013}").parse().unwrap()
    }

    #[test]
    fn what_was_answered_is_settled_for_its_recipe_alone_also_after_a_kill() {
        let temp = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(temp.path(), "a model/1").unwrap();
        for mark in [Mark::Sent, Mark::Answered] {
            ledger.note(id(1), mark).unwrap();
        }
        ledger.note(id(2), Mark::Sent).unwrap();
        drop(ledger);
        let mut file = OpenOptions::new().append(true).open(temp.path().join(FILE)).unwrap();
        file.write_all(b"! 00000").unwrap();
        let mut ledger = Ledger::open(temp.path(), "a model/1").unwrap();
        assert!(ledger.is_settled(id(1)) && !ledger.is_settled(id(2)));
        ledger.note(id(3), Mark::Answered).unwrap();
        let again = Ledger::open(temp.path(), "a model/1").unwrap();
        assert!(again.is_settled(id(3)), "a line that was cut short is not joined with the next");
        assert!(!Ledger::open(temp.path(), "a model/2").unwrap().is_settled(id(1)));
    }

    #[test]
    fn a_text_is_sent_so_often_and_what_was_not_taken_does_not_count() {
        let temp = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(temp.path(), "m").unwrap();
        for _ in 0..MAX_TRIES * 2 {
            ledger.note(id(1), Mark::Sent).unwrap();
            ledger.note(id(1), Mark::NotSent).unwrap();
        }
        assert!(!ledger.is_settled(id(1)));
        for _ in 0..MAX_TRIES - 1 {
            ledger.note(id(1), Mark::Sent).unwrap();
        }
        assert!(!ledger.is_settled(id(1)));
        ledger.note(id(1), Mark::Sent).unwrap();
        assert!(ledger.is_settled(id(1)) && ledger.is_given_up(id(1)));
        assert!(Ledger::open(temp.path(), "m").unwrap().is_given_up(id(1)));
    }

    #[test]
    fn a_file_with_too_many_lines_is_written_anew_and_says_the_same() {
        let temp = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(temp.path(), "m").unwrap();
        ledger.note(id(2), Mark::Answered).unwrap();
        for _ in 0..=SPARE_LINES {
            ledger.note(id(1), Mark::Sent).unwrap();
            ledger.note(id(1), Mark::NotSent).unwrap();
        }
        ledger.note(id(1), Mark::Sent).unwrap();
        let again = Ledger::open(temp.path(), "m").unwrap();
        assert!(again.is_settled(id(2)) && !again.is_settled(id(1)));
        assert_eq!(again.known[&id(1)].tries, 1);
        assert_eq!(std::fs::read_to_string(temp.path().join(FILE)).unwrap().lines().count(), 2);
    }
}
