//! What the lines of a transcript say, as turns to be told: who said or did what, in which repository, each once.

use std::collections::HashMap;
use std::path::Path;

use hydra_graph::{MAX_NAME_BYTES, NewMemory, Role, Timestamp, Turn, mask_secrets};

use super::call::{self, Call, Outcome};
use super::entry::{Entry, Part};
use super::lesson::{Lesson, Place};
use super::state::{Looks, MAX_LOOKS, MAX_OPEN_CALLS, State};
use super::summary::TranscriptSummary;

/// Longest text of one turn: of a longer one the beginning and the end are kept.
pub const MAX_TURN_BYTES: usize = 16 * 1024;
/// How much of that its end has.
const END_BYTES: usize = 4 * 1024;
/// Turns of one transcript at most; a longer conversation was compacted many times over.
pub const MAX_TURNS: usize = 5_000;
/// Uses of tools that are told of one transcript; of further ones only what failed, as often again.
pub const MAX_TOOL_TURNS: usize = 500;
/// Longest id that is taken as it is.
const MAX_ID_BYTES: usize = 64;
/// What is between the beginning and the end of a text that was cut.
const CUT: &str = "\n[…]\n";

/// Turns on their way into the graph.
pub(super) struct Turns<'r> {
    pub state: &'r mut State,
    pub summary: &'r mut TranscriptSummary,
    pub told: Vec<NewMemory>,
    pub lessons: Vec<Lesson>,
    /// Folders that were worked in.
    pub repositories: &'r mut Repositories,
    /// What the transcript is called, and the conversation if no line says.
    pub name: &'r str,
    pub session: &'r str,
    pub space: &'r str,
}

/// The line that something is read from.
#[derive(Clone, Copy)]
struct Line<'l> {
    number: u64,
    at: Option<Timestamp>,
    sub_agent: Option<&'l str>,
}

impl Turns<'_> {
    /// Takes in a line. `bytes` are what it was read from, of which it is known if it has no name of its own.
    pub fn take(&mut self, entry: Entry, bytes: &[u8], number: u64) {
        self.summary.hidden += entry.hidden;
        if !entry.is_read() {
            *self.summary.other.entry(entry.kind).or_default() += 1;
            return;
        }
        let keep = |kept: &mut Option<String>, said: Option<String>| {
            if said.is_some() {
                *kept = said;
            }
        };
        keep(&mut self.state.session, entry.session);
        keep(&mut self.state.folder, entry.folder);
        keep(&mut self.state.branch, entry.branch);
        self.state.at = entry.at.or(self.state.at);
        let key = match entry.uuid {
            Some(uuid) => known_as(&uuid),
            None => format!("claude:{}", blake3::hash(bytes).to_hex()),
        };
        let line = Line { number, at: self.state.at, sub_agent: entry.sub_agent.as_deref() };
        for (index, part) in entry.parts.into_iter().enumerate() {
            let key = if index == 0 { key.clone() } else { format!("{key}#{index}") };
            match part {
                Part::User(said) if self.state.take_queued(&said) => {}
                Part::User(said) => self.person(key, said, line),
                // Before the conversation's first line nobody knows where the work is done; it comes again with that.
                Part::Queued(_) if self.state.folder.is_none() => {}
                Part::Queued(said) => {
                    self.state.queue(&said);
                    self.person(key, said, line);
                }
                Part::Agent(said) => drop(self.say(key, Role::Assistant, None, said, line)),
                Part::Summary(said) => drop(self.say(key, Role::Summary, None, said, line)),
                Part::Call { id, tool, input } => self.call(id, tool, &input, line),
                Part::Result { id, is_error, text } => self.result(&id, is_error, text, line),
            }
        }
    }

    fn person(&mut self, key: String, said: String, line: Line<'_>) {
        if let Some((key, said)) = self.say(key, Role::User, None, said, line) {
            let repository = self.repositories.of(self.state.folder.as_deref());
            let lessons = self.state.learner.hear(&said, Place { key: &key, repository: repository.as_deref() });
            self.learn(lessons);
        }
    }

    fn call(&mut self, id: String, tool: String, input: &serde_json::Value, line: Line<'_>) {
        if call::is_own(&tool) {
            self.summary.own += 1;
            if call::keeps(&tool) {
                self.state.learned = 0;
            }
            return;
        }
        // What an agent plans to do is what it says.
        if let Some(plan) = input["plan"].as_str().filter(|_| tool == "ExitPlanMode") {
            self.say(known_as(&id), Role::Assistant, None, plan.to_owned(), line);
            return;
        }
        let mut call = Call::of(id, tool, input, self.state.folder.as_deref());
        for text in [Some(&mut call.what), call.line.as_mut(), call.change.as_mut()].into_iter().flatten() {
            self.summary.redactions += mask_secrets(text).values().sum::<usize>() as u64;
        }
        if call.is_look() {
            return self.look(call, line);
        }
        if self.state.open.len() == MAX_OPEN_CALLS
            && let Some(oldest) = self.state.open.pop_front()
        {
            self.tool(&oldest, None, line);
        }
        self.state.open.push_back(call);
    }

    fn look(&mut self, call: Call, line: Line<'_>) {
        self.summary.looks += 1;
        if call.what.is_empty() {
            return;
        }
        let key = known_as(&call.id);
        let looks = self.state.looks.get_or_insert(Looks { key, line: line.number, at: line.at, seen: Vec::new() });
        if !looks.seen.contains(&call.what) {
            looks.seen.push(call::start(&call.what, call::MAX_RESULT_BYTES));
        }
        if looks.seen.len() == MAX_LOOKS {
            self.tell_looks(line);
        }
    }

    fn result(&mut self, id: &str, is_error: bool, mut text: String, line: Line<'_>) {
        // Of Hydra's own tools, of what only looked, or of a call that was told without it.
        let Some(call) = self.state.take_call(id) else { return };
        text.truncate(text.floor_char_boundary(MAX_LOOKED_AT_BYTES));
        self.summary.redactions += mask_secrets(&mut text).values().sum::<usize>() as u64;
        let text = super::strip_injected(&text);
        let outcome = call.outcome(is_error, &text);
        let key = self.tool(&call, Some(&outcome), line);
        if let Outcome::Refused(Some(said)) = &outcome {
            // These are their words.
            self.person(format!("{}#said", known_as(id)), said.clone(), line);
        }
        let repository = self.repositories.of(self.state.folder.as_deref());
        if let Some(key) = key {
            let place = Place { key: &key, repository: repository.as_deref() };
            let lessons = self.state.learner.see(&call, &outcome, place);
            self.learn(lessons);
        }
    }

    fn tool(&mut self, call: &Call, outcome: Option<&Outcome>, line: Line<'_>) -> Option<String> {
        let is_failed = matches!(outcome, Some(Outcome::Failed(_)));
        let (count, most) = match is_failed {
            true => (&mut self.state.failed, MAX_TOOL_TURNS),
            false => (&mut self.state.tools, MAX_TOOL_TURNS),
        };
        if *count >= most {
            self.summary.left_out += 1;
            return None;
        }
        *count += 1;
        let (key, text) = (known_as(&call.id), call.text(outcome));
        self.say(key, Role::Tool, Some(&call.tool), text, line).map(|(key, _)| key)
    }

    /// Tells together what was looked at.
    fn tell_looks(&mut self, line: Line<'_>) {
        let Some(Looks { key, line: number, at, seen }) = self.state.looks.take() else { return };
        if self.state.tools >= MAX_TOOL_TURNS {
            self.summary.left_out += 1;
            return;
        }
        self.state.tools += 1;
        let text = format!("Looked at: {}", seen.join(", "));
        self.tell(key, Role::Tool, None, text, Line { number, at, sub_agent: line.sub_agent });
    }

    /// Tells a turn, after what was looked at before it; returns its key and text if it is.
    fn say(
        &mut self,
        key: String,
        role: Role,
        tool: Option<&str>,
        text: String,
        line: Line<'_>,
    ) -> Option<(String, String)> {
        self.tell_looks(line);
        self.tell(key, role, tool, text, line)
    }

    fn tell(
        &mut self,
        key: String,
        role: Role,
        tool: Option<&str>,
        mut text: String,
        line: Line<'_>,
    ) -> Option<(String, String)> {
        if self.state.turns >= MAX_TURNS {
            self.summary.left_out += 1;
            return None;
        }
        let redactions = mask_secrets(&mut text).values().sum::<usize>();
        self.summary.redactions += redactions as u64;
        if let Some(cut) = cut(&text) {
            self.summary.cut += 1;
            text = cut;
        }
        if text.trim().is_empty() {
            return None;
        }
        self.state.turns += 1;
        let repository = self.repositories.of(self.state.folder.as_deref());
        let turn = Turn {
            role,
            number: self.state.turns,
            tool: tool.map(str::to_owned),
            repository: repository.clone(),
            branch: self.state.branch.clone(),
            sub_agent: line.sub_agent.map(str::to_owned),
        };
        let speaker = if role == Role::User { "user" } else { "assistant" };
        let key = name(&key);
        self.told.push(NewMemory {
            space: self.space.to_owned(),
            entities: repository.as_deref().and_then(project).into_iter().collect(),
            said_by: Some(name(&format!("{}:{}", self.name, line.number))),
            idempotency_key: Some(key.clone()),
            session: Some(name(self.state.session.as_deref().unwrap_or(self.session))),
            speaker: Some(speaker.to_owned()),
            happened_at: line.at,
            turn: Some(turn),
            redactions,
            ..NewMemory::new(text.clone())
        });
        Some((key, text))
    }

    fn learn(&mut self, lessons: Vec<Lesson>) {
        self.state.learned += lessons.iter().filter(|lesson| lesson.is_worth_saying()).count();
        self.lessons.extend(lessons);
    }
}

/// What is looked at of a result: its beginning. What is kept of it is much shorter.
const MAX_LOOKED_AT_BYTES: usize = 256 * 1024;

/// What a project is called: as the folder of its repository.
pub(super) fn project(repository: &str) -> Option<String> {
    let name = Path::new(repository).file_name()?.to_str()?.trim();
    (!name.is_empty()).then(|| self::name(name))
}

/// By what a turn is known again: the client's own id of it. What does not look like one is hashed: it may be anything.
fn known_as(id: &str) -> String {
    let bare = id.strip_prefix("toolu_").unwrap_or(id);
    let is_id = match bare.len() == id.len() {
        true => bare.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'),
        false => bare.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    };
    match is_id && id.len() <= MAX_ID_BYTES {
        true => format!("claude:{id}"),
        false => format!("claude:{}", blake3::hash(id.as_bytes()).to_hex()),
    }
}

/// A text as long as a name may be.
fn name(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_NAME_BYTES)].to_owned()
}

/// The beginning and the end of a text that is too long.
fn cut(text: &str) -> Option<String> {
    if text.len() <= MAX_TURN_BYTES {
        return None;
    }
    let start = text.floor_char_boundary(MAX_TURN_BYTES - END_BYTES - CUT.len());
    let end = text.ceil_char_boundary(text.len() - END_BYTES);
    Some(format!("{}{CUT}{}", &text[..start], &text[end..]))
}

/// Which repository each folder is in, looked up once.
#[derive(Debug, Default)]
pub(super) struct Repositories(HashMap<String, String>);

impl Repositories {
    /// Returns the root of the repository that a folder is in; the folder itself if it is in none, or is gone.
    pub fn of(&mut self, folder: Option<&str>) -> Option<String> {
        let folder = folder?;
        if let Some(known) = self.0.get(folder) {
            return Some(known.clone());
        }
        let path = Path::new(folder);
        let root = path.is_absolute().then(|| path.ancestors().find(|above| above.join(".git").exists())).flatten();
        let root = root.and_then(Path::to_str).filter(|root| root.len() > 1).unwrap_or(folder).to_owned();
        self.0.insert(folder.to_owned(), root.clone());
        Some(root)
    }

    /// Returns all that were looked up.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_ends() {
        assert_eq!(cut(&"x".repeat(MAX_TURN_BYTES)), None);
        let long = format!("begin {} end", "é".repeat(MAX_TURN_BYTES));
        let cut = cut(&long).unwrap();
        assert!(cut.len() <= MAX_TURN_BYTES && cut.starts_with("begin é") && cut.ends_with("é end"), "{}", cut.len());
    }

    #[test]
    fn a_repository_is_where_git_keeps_it() {
        let temp = tempfile::tempdir().unwrap();
        let inside = temp.path().join("atlas/src/deep");
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::create_dir(temp.path().join("atlas/.git")).unwrap();
        let mut repositories = Repositories::default();
        let root = repositories.of(inside.to_str()).unwrap();
        assert_eq!(
            (root.as_str(), project(&root).as_deref()),
            (temp.path().join("atlas").to_str().unwrap(), Some("atlas"))
        );
        assert_eq!(repositories.of(Some("/nowhere/at/all")).as_deref(), Some("/nowhere/at/all"));
        assert_eq!(repositories.of(None), None);
        assert_eq!(project("/"), None);
    }
}
