//! What each conversation was given, when and why: so that nothing is given twice, and anybody can look afterwards.
//!
//! It names what was given and what was not, and has no text of a memory or a prompt. It is in the data folder, so that a
//! conversation that goes on after a restart of the server is not told again what it knows.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hydra_graph::{Error, Id, Result, Timestamp};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, SAMPLE};
use crate::folder;

/// The file, in the data folder.
const LEDGER_FILE: &str = "injections.jsonl";
/// A ledger that grows beyond this keeps its newer half.
pub const MAX_LEDGER_BYTES: u64 = 1024 * 1024;
/// Conversations that are kept in mind; of one that was silent for longest what it was given is forgotten first.
const MAX_LISTENERS: usize = 256;
/// What is kept in mind of one conversation, by keys of ids and texts.
const MAX_KEYS: usize = 4_096;
/// Two starts of one conversation of the same kind within this are one that two hooks told: those of the settings and of the
/// plugin. A hook waits for its answer about as long, and no conversation is compacted twice in that time.
const ONE_START: Duration = Duration::from_secs(3);
/// What was left out that one entry names, best first.
pub const MAX_LEFT_OUT: usize = 12;

/// One decision on what to put into a conversation.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who listens: the conversation, and behind a blank the sub-agent.
    pub listener: String,
    /// At what.
    pub event: Event,
    /// How a session began, or the tool and the name of its file or program.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The recall that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Id>,
    /// About how much it took.
    pub tokens: usize,
    /// What was given, in its order.
    pub given: Vec<Given>,
    /// What was not, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// One thing that was given.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Given {
    /// The memory or passage.
    pub id: Id,
    /// Why.
    pub why: String,
    /// The key of its words: the same from elsewhere is not given either.
    #[serde(default)]
    pub words: u64,
}

/// One thing that was not.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[schemars(rename = "NotGiven")]
pub struct LeftOut {
    /// The memory or passage.
    pub id: Id,
    /// Why not.
    pub why: String,
}

/// What one listener was given.
#[derive(Debug, Default)]
pub struct Told {
    keys: VecDeque<u64>,
    /// Whether it was given what a session begins with.
    pub has_start: bool,
    /// When it last began, and how.
    start: Option<(Timestamp, String)>,
    last: Option<Timestamp>,
}

impl Told {
    /// Tells whether a memory was given, or another with the same words.
    pub fn has(&self, id: Id, words: u64) -> bool {
        self.keys.contains(&id.0) || self.keys.contains(&words)
    }

    /// Tells whether it was just given what a session begins with that begins so.
    pub fn has_just_begun(&self, source: &str, now: Timestamp) -> bool {
        let one_start = i64::try_from(ONE_START.as_millis()).unwrap_or(i64::MAX);
        let is_now = |at: Timestamp| (now.as_millis() - at.as_millis()).abs() < one_start;
        self.start.as_ref().is_some_and(|(at, began)| began == source && is_now(*at))
    }

    fn take_in(&mut self, entry: &Entry) {
        self.last = Some(entry.at);
        if entry.event == Event::SessionStart {
            self.has_start = true;
            self.start = Some((entry.at, entry.about.clone()));
        }
        self.keys.extend(entry.given.iter().flat_map(|given| [given.id.0, given.words]));
        self.keys.drain(..self.keys.len().saturating_sub(MAX_KEYS));
    }
}

/// Returns the key of a text's words, however they are spaced and capitalised.
pub fn words_key(text: &str) -> u64 {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let hash = blake3::hash(folded.as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// The decisions of one data folder.
pub struct Ledger {
    path: PathBuf,
    /// Held from looking at what was given until what is given now is taken down.
    state: Mutex<Option<State>>,
}

struct State {
    told: HashMap<String, Told>,
    /// `None` when it could not be opened: what is given is kept in mind all the same.
    file: Option<File>,
    bytes: u64,
}

impl Ledger {
    /// The ledger of a data folder; nothing is read yet.
    pub fn of(data_dir: &Path) -> Self {
        Self { path: data_dir.join(LEDGER_FILE), state: Mutex::new(None) }
    }

    /// Lets `decide` see what a listener was given, and takes down what it gives; nobody else decides meanwhile, so that
    /// two prompts at once are not given the same.
    pub fn decide<T>(&self, listener: &str, decide: impl FnOnce(&Told) -> Result<(Option<Entry>, T)>) -> Result<T> {
        let mut state = self.state.lock();
        let state = state.get_or_insert_with(|| State::read(&self.path));
        let nothing = Told::default();
        // Whoever does not say who it is may be anybody.
        let told = state.told.get(listener).filter(|_| !listener.is_empty());
        let (entry, answer) = decide(told.unwrap_or(&nothing))?;
        if let Some(entry) = entry.filter(|entry| !entry.listener.starts_with(SAMPLE)) {
            state.put(&self.path, &entry);
        }
        Ok(answer)
    }

    /// Returns the newest entries, newest first: of one conversation if one is named by the start of its id.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn newest(&self, session: Option<&str>, limit: usize) -> Result<Vec<Entry>> {
        let text = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io(self.path.display(), &error)),
        };
        let is_wanted = |entry: &Entry| session.is_none_or(|session| entry.listener.starts_with(session));
        Ok(entries(&text).into_iter().rev().filter(is_wanted).take(limit).collect())
    }
}

fn entries(text: &[u8]) -> Vec<Entry> {
    // A line that was cut short by a crash is no entry.
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

impl State {
    fn read(path: &Path) -> Self {
        let open = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
        let mut state = Self { told: HashMap::new(), file: None, bytes: 0 };
        let mut file = match open {
            Ok(file) => file,
            Err(error) => {
                tracing::warn!("what is put into conversations is not written down: {error}");
                return state;
            }
        };
        let mut text = Vec::new();
        if let Err(error) = file.read_to_end(&mut text) {
            tracing::warn!("what was put into conversations can't be read: {error}");
        }
        for entry in entries(&text) {
            state.hear(&entry);
        }
        state.bytes = text.len() as u64;
        // What comes next must not join a line that was cut short.
        if text.last().is_some_and(|last| *last != b'\n') && file.write_all(b"\n").is_ok() {
            state.bytes += 1;
        }
        state.file = Some(file);
        state
    }

    fn hear(&mut self, entry: &Entry) {
        let told = self.told.entry(entry.listener.clone()).or_default();
        if entry.event == Event::SessionStart && is_fresh(&entry.about) {
            *told = Told::default();
        }
        told.take_in(entry);
        if self.told.len() > MAX_LISTENERS
            && let Some(oldest) = self.told.iter().min_by_key(|(_, told)| told.last).map(|(name, _)| name.clone())
        {
            self.told.remove(&oldest);
        }
    }

    fn put(&mut self, path: &Path, entry: &Entry) {
        self.hear(entry);
        let Ok(mut line) = serde_json::to_vec(entry) else { return };
        line.push(b'\n');
        self.bytes += line.len() as u64;
        let Some(file) = &mut self.file else { return };
        if let Err(error) = file.write_all(&line) {
            return tracing::warn!("what was put into a conversation is not written down: {error}");
        }
        if self.bytes > MAX_LEDGER_BYTES
            && let Err(error) = self.cut(path)
        {
            tracing::warn!("the list of what was put into conversations can't be cut: {error}");
        }
    }

    /// Keeps the newer half.
    fn cut(&mut self, path: &Path) -> Result<()> {
        let failed = |error: std::io::Error| Error::io(path.display(), &error);
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut text)).map_err(failed)?;
        let half = text.len() / 2;
        let start = text[half..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| half + at + 1);
        folder::write_private(path, &text[start..])?;
        self.bytes = (text.len() - start) as u64;
        self.file = Some(OpenOptions::new().read(true).append(true).open(path).map_err(failed)?);
        Ok(())
    }
}

/// Tells whether a session that began so knows nothing of what it was given before.
pub fn is_fresh(source: &str) -> bool {
    source != "resume"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64, listener: &str, event: Event, about: &str, ids: &[u64]) -> Entry {
        let given = ids.iter().map(|id| Given { id: Id(*id), why: "it fits".into(), words: id + 1_000_000 });
        Entry {
            at: Timestamp::from_millis(at),
            listener: listener.into(),
            event,
            about: about.into(),
            trace: None,
            tokens: 1,
            given: given.collect(),
            left_out: Vec::new(),
        }
    }

    fn put(ledger: &Ledger, entry: Entry) {
        ledger.decide(&entry.listener.clone(), |_| Ok((Some(entry), ()))).unwrap();
    }

    fn knows(ledger: &Ledger, listener: &str, id: u64) -> bool {
        ledger.decide(listener, |told| Ok((None, told.has(Id(id), 0)))).unwrap()
    }

    #[test]
    fn what_was_given_is_known_after_a_restart_until_the_conversation_is_emptied() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(temp.path());
        put(&ledger, entry(1, "s", Event::SessionStart, "startup", &[1]));
        put(&ledger, entry(2, "s", Event::UserPromptSubmit, "", &[2]));
        drop(ledger);
        let ledger = Ledger::of(temp.path());
        assert!(knows(&ledger, "s", 1) && knows(&ledger, "s", 2) && !knows(&ledger, "s", 3));
        assert!(!knows(&ledger, "t", 2) && !knows(&ledger, "s a", 2), "another conversation, a sub-agent");
        put(&ledger, entry(3, "s", Event::SessionStart, "resume", &[]));
        assert!(knows(&ledger, "s", 2));
        put(&ledger, entry(4, "s", Event::SessionStart, "compact", &[1]));
        assert!(knows(&ledger, "s", 1) && !knows(&ledger, "s", 2));
        let newest = ledger.newest(Some("s"), 2).unwrap();
        assert_eq!(newest.iter().map(|entry| entry.about.as_str()).collect::<Vec<_>>(), ["compact", "resume"]);
        assert_eq!(ledger.newest(Some("t"), 2).unwrap(), []);
    }

    #[test]
    fn a_sample_is_not_taken_down() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(temp.path());
        put(&ledger, entry(1, SAMPLE, Event::SessionStart, "startup", &[1]));
        put(&ledger, entry(2, &format!("{SAMPLE} agent"), Event::PreToolUse, "", &[1]));
        assert_eq!(ledger.newest(None, 9).unwrap(), []);
        assert!(!knows(&ledger, SAMPLE, 1));
    }

    #[test]
    fn a_start_that_two_hooks_tell_is_one() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(temp.path());
        put(&ledger, entry(10_000, "s", Event::SessionStart, "compact", &[1]));
        put(&ledger, entry(10_050, "s", Event::UserPromptSubmit, "", &[2]));
        let one_start = ONE_START.as_millis() as i64;
        for (listener, source, at, is_one) in [
            ("s", "compact", 10_100, true),
            ("s", "compact", 10_000 + one_start - 1, true),
            ("s", "compact", 10_000 + one_start, false),
            ("s", "clear", 10_100, false),
            ("t", "compact", 10_100, false),
        ] {
            let now = Timestamp::from_millis(at);
            let found = ledger.decide(listener, |told| Ok((None, told.has_just_begun(source, now)))).unwrap();
            assert_eq!(found, is_one, "{listener} {source} {at}");
        }
    }

    #[test]
    fn the_ledger_is_bounded_and_outlives_a_broken_line() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(LEDGER_FILE);
        std::fs::write(&path, b"{\"at\":").unwrap();
        let ledger = Ledger::of(temp.path());
        let ids: Vec<u64> = (0..200).collect();
        for n in 0..200 {
            put(&ledger, entry(n, "s", Event::UserPromptSubmit, &n.to_string(), &ids));
            assert!(std::fs::metadata(&path).unwrap().len() <= MAX_LEDGER_BYTES);
        }
        let newest = ledger.newest(None, usize::MAX).unwrap();
        assert_eq!(newest[0].about, "199");
        assert!(newest.len() < 200 && newest.windows(2).all(|two| two[0].at > two[1].at));
    }

    #[test]
    fn so_many_conversations_and_keys_are_kept_in_mind() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(temp.path());
        for n in 0..=MAX_LISTENERS as i64 {
            put(&ledger, entry(n, &n.to_string(), Event::UserPromptSubmit, "", &[7]));
        }
        assert!(!knows(&ledger, "0", 7) && knows(&ledger, "1", 7));
        let many: Vec<u64> = (0..MAX_KEYS as u64 / 2).collect();
        put(&ledger, entry(999, "1", Event::UserPromptSubmit, "", &many));
        assert!(knows(&ledger, "1", 9));
        put(&ledger, entry(999, "1", Event::UserPromptSubmit, "", &[8_000, 8_001]));
        assert!(knows(&ledger, "1", 8_000) && !knows(&ledger, "1", 0));
    }

    #[test]
    fn words_are_the_same_however_they_are_spaced() {
        assert_eq!(words_key("Use  tabs\nin Go"), words_key("use tabs in go"));
        assert_ne!(words_key("use tabs"), words_key("use spaces"));
    }
}
