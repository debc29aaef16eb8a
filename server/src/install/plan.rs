//! What would be written into which file, and writing it: all of it, or nothing.

use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result, Timestamp};

use super::backup;
use super::document::Document;
use super::file::Snapshot;
use super::hook_groups;
use super::place::Place;
use super::program::Invocation;
use super::record::{Changed, Installed};
use super::server::{self, Previous};

/// What of ours a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The hooks.
    Hooks,
    /// The MCP server.
    Server,
}

/// A change to one file.
#[derive(Debug)]
pub struct Change {
    /// The file as it is.
    pub file: Snapshot,
    /// What is to be in it; `None` when it is to go.
    pub after: Option<Vec<u8>>,
    /// What is in it without anything of ours; `None` when it was not there.
    original: Original,
    kept: Vec<String>,
    previous: Option<Previous>,
    made_folder: bool,
}

/// Where a file without anything of ours is found.
#[derive(Clone, Debug)]
enum Original {
    /// It was not there.
    Absent,
    /// It is kept already.
    Kept(PathBuf),
    /// It has yet to be kept.
    New(Vec<u8>),
}

impl Change {
    /// Tells whether anything changes.
    pub fn is_needed(&self) -> bool {
        self.file.content != self.after
    }
}

/// Returns the files of a place and what of ours is in each.
pub fn parts(place: &Place) -> [(Part, &Path); 2] {
    [(Part::Hooks, &place.settings), (Part::Server, &place.servers)]
}

/// Works out how the files of a place have to be so that the agent runs `invocation`. `old` is what was installed there.
///
/// # Errors
/// What is wrong with a file, so that nothing can be put into it.
pub fn install(place: &Place, invocation: &Invocation, old: Option<&Installed>) -> Result<Vec<Change>> {
    parts(place)
        .into_iter()
        .map(|(part, path)| put(part, path, invocation, old.and_then(|old| old.file(path))))
        .collect()
}

/// Works out how the files of a place have to be without anything of ours.
///
/// # Errors
/// As [`install`].
pub fn uninstall(place: &Place, old: Option<&Installed>) -> Result<Vec<Change>> {
    parts(place).into_iter().map(|(part, path)| take(part, path, old.and_then(|old| old.file(path)))).collect()
}

fn put(part: Part, path: &Path, invocation: &Invocation, old: Option<&Changed>) -> Result<Change> {
    let file = Snapshot::take(path)?;
    let mut bare = without(part, &file, old)?;
    let document = document(&file)?;
    let foreign = document.foreign();
    let mut previous = old.and_then(|old| old.previous.clone());
    match (part, old) {
        (Part::Hooks, _) => hook_groups::put(&document, invocation)?,
        (Part::Server, Some(_)) => drop(server::put(&document, invocation)?),
        // An entry for this program that is no work of ours is given back as it was.
        (Part::Server, None) => {
            previous = server::put(&document, invocation)?;
            if previous.is_some() {
                bare.clone_from(&file.content);
            }
        }
    }
    let after = document.bytes();
    check(path, &foreign, &after)?;
    let is_untouched = old.is_some_and(|old| file.content.as_deref().is_some_and(|now| hash(now) == old.written));
    let (original, kept) = match old.filter(|_| is_untouched) {
        Some(old) => (old.original.clone().map_or(Original::Absent, Original::Kept), old.kept.clone()),
        None => {
            let kept = containers(part, bare.as_deref().unwrap_or_default(), path)?;
            (bare.map_or(Original::Absent, Original::New), kept)
        }
    };
    let made_folder = old.map_or(!file.has_folder(), |old| old.made_folder);
    Ok(Change { file, after: Some(after), original, kept, previous, made_folder })
}

fn take(part: Part, path: &Path, old: Option<&Changed>) -> Result<Change> {
    let file = Snapshot::take(path)?;
    let is_untouched = old.is_some_and(|old| file.content.as_deref().is_some_and(|now| hash(now) == old.written));
    let original = match old.filter(|_| is_untouched) {
        Some(Changed { original: None, .. }) => Some(None),
        // Without the copy, the entries are taken out one by one.
        Some(Changed { original: Some(copy), .. }) => std::fs::read(copy).ok().map(Some),
        None => None,
    };
    let after = match original {
        Some(original) => original,
        None => without(part, &file, old)?,
    };
    if let Some(after) = &after {
        check(path, &document(&file)?.foreign(), after)?;
    }
    let made_folder = old.is_some_and(|old| old.made_folder);
    Ok(Change { file, after, original: Original::Absent, kept: Vec::new(), previous: None, made_folder })
}

/// Returns what is in a file without anything of ours; `None` when it was only made for that.
fn without(part: Part, file: &Snapshot, old: Option<&Changed>) -> Result<Option<Vec<u8>>> {
    let document = document(file)?;
    let kept = match old {
        Some(old) => old.kept.clone(),
        // What nobody has written down was there before, unless it has only ours.
        None if !has_own(part, &document)? => return Ok(file.content.clone()),
        None => Vec::new(),
    };
    match part {
        Part::Hooks => hook_groups::take(&document, &kept)?,
        Part::Server => server::take(&document, &kept, old.and_then(|old| old.previous.as_ref()))?,
    }
    let was_made = old.is_some_and(|old| old.original.is_none());
    Ok(file.content.as_ref().filter(|_| !(was_made && document.is_empty())).map(|_| document.bytes()))
}

fn has_own(part: Part, document: &Document) -> Result<bool> {
    Ok(match part {
        Part::Hooks => !hook_groups::own(document)?.is_empty(),
        Part::Server => server::own(document)?.is_some(),
    })
}

fn containers(part: Part, content: &[u8], path: &Path) -> Result<Vec<String>> {
    let document = Document::read(content, path)?;
    match part {
        Part::Hooks => hook_groups::containers(&document),
        Part::Server => server::containers(&document),
    }
}

fn document(file: &Snapshot) -> Result<Document> {
    Document::read(file.content.as_deref().unwrap_or_default(), &file.path)
}

/// Refuses what would change, lose or move anything that is not ours.
fn check(path: &Path, foreign: &[String], after: &[u8]) -> Result<()> {
    if Document::read(after, path)?.foreign() == foreign {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Io, format!("other settings in {} would not stay as they are", path.display()))
        .hint("this is a bug; nothing was changed: put the entries in by hand, as data/claude-code-plugin shows them"))
}

/// Keeps in the data folder how each file was; what is returned is for the record, which has to be on disk before
/// [`write`] changes anything. `needed` are copies that stay.
///
/// # Errors
/// What stands in the way of a change; then nothing was changed.
pub fn prepare(changes: &[Change], data_dir: &Path, needed: &[PathBuf], now: Timestamp) -> Result<Vec<Changed>> {
    for change in changes.iter().filter(|change| change.is_needed()) {
        change.file.check_writable()?;
        if let Some(content) = &change.file.content {
            backup::keep(data_dir, &change.file.path, content, needed, now)?;
        }
    }
    let mut written = Vec::new();
    for change in changes {
        let Some(after) = &change.after else { continue };
        let path = change.file.path.clone();
        let original = match &change.original {
            Original::Absent => None,
            Original::Kept(copy) => Some(copy.clone()),
            Original::New(content) => Some(backup::keep(data_dir, &path, content, needed, now)?),
        };
        let (kept, previous, made_folder) = (change.kept.clone(), change.previous.clone(), change.made_folder);
        written.push(Changed { path, original, written: hash(after), kept, previous, made_folder });
    }
    Ok(written)
}

/// Writes changes.
///
/// # Errors
/// `Conflict` when a file is no longer what was read; whatever it is, every file is as it was, or the error says which is
/// not.
pub fn write(changes: &[Change]) -> Result<()> {
    let needed: Vec<&Change> = changes.iter().filter(|change| change.is_needed()).collect();
    for (number, change) in needed.iter().enumerate() {
        if let Err(error) = replace(&change.file, change.after.as_deref()) {
            return Err(roll_back(&needed[..number], error));
        }
    }
    for change in needed.iter().filter(|change| change.after.is_none() && change.made_folder) {
        // Something of somebody else's in it keeps it there.
        let _ = change.file.remove_folder();
    }
    Ok(())
}

fn replace(file: &Snapshot, after: Option<&[u8]>) -> Result<()> {
    match after {
        Some(after) => file.replace(after),
        None if file.content.is_none() => Ok(()),
        None => file.remove(),
    }
}

/// Takes back what was written before something went wrong.
fn roll_back(done: &[&Change], error: Error) -> Error {
    for change in done.iter().rev() {
        let now = change.file.with(change.after.clone());
        if let Err(again) = replace(&now, change.file.content.as_deref()) {
            let path = change.file.path.display();
            return Error::new(error.kind(), format!("{error}; and {path} could not be put back: {again}"))
                .hint("its copy is in `backups` in the data folder");
        }
    }
    error
}

fn hash(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::super::hook::HOOKS;
    use super::super::place::Scope;
    use super::super::record::Record;
    use super::*;

    struct Home {
        _temp: tempfile::TempDir,
        data: PathBuf,
        place: Place,
        record: Record,
    }

    impl Home {
        fn new(settings: Option<&str>, servers: Option<&str>) -> Self {
            let temp = tempfile::tempdir().unwrap();
            let place = Place::find(Scope::User, temp.path(), None, temp.path());
            if let Some(settings) = settings {
                fs::create_dir_all(temp.path().join(".claude")).unwrap();
                fs::write(&place.settings, settings).unwrap();
            }
            if let Some(servers) = servers {
                fs::write(&place.servers, servers).unwrap();
            }
            Self { data: temp.path().join("data"), place, record: Record::default(), _temp: temp }
        }

        fn install(&mut self, program: &str) -> Result<bool> {
            let old = self.record.find(&self.place.settings);
            let changes = install(&self.place, &Invocation::new(program, &[]), old)?;
            let files = prepare(&changes, &self.data, &self.record.originals(), Timestamp::from_millis(1))?;
            write(&changes)?;
            let new = Installed {
                agent: "claude-code".to_owned(),
                scope: Scope::User,
                program: program.to_owned(),
                program_hash: String::new(),
                at: Timestamp::from_millis(1),
                files,
                transcripts: None,
            };
            self.record.put(&self.place.settings, new);
            Ok(changes.iter().any(Change::is_needed))
        }

        fn uninstall(&mut self) {
            let changes = uninstall(&self.place, self.record.find(&self.place.settings)).unwrap();
            prepare(&changes, &self.data, &self.record.originals(), Timestamp::from_millis(2)).unwrap();
            write(&changes).unwrap();
        }

        fn settings(&self) -> Option<String> {
            fs::read_to_string(&self.place.settings).ok()
        }

        fn servers(&self) -> Option<String> {
            fs::read_to_string(&self.place.servers).ok()
        }
    }

    const SETTINGS: [&str; 20] = [
        "",
        "{}",
        "{ }",
        "{\n}\n",
        "\u{feff}{\n  \"a\": 1\n}\n",
        "{\"a\":1}",
        "{ \"a\": 1e400, \"b\": 12345678901234567890 }\n",
        "{\n  \"a\": 1 }",
        "{\n\n  \"a\": 1\n\n}\n\n",
        "{\r\n\t\"a\": \"\\u00e9\\/\",\r\n\t\"b\": [ ]\r\n}\r\n",
        "{\n    \"a\": 1, // why\n    \"b\": [1,2] // last\n    // end\n}\n",
        "{\n  \"a\": 1,\n}\n",
        "// first\n{\n  \"a\": 1 /* x */\n}\n// last",
        "{\n  \"hooks\": {}\n}\n",
        "{\"hooks\":{\"Stop\":[]}}",
        "{\n  \"hooks\": {\n    // none\n  }\n}\n",
        "{\n  \"hooks\": {\n    \"Stop\": [ {\"hooks\":[{\"type\":\"command\",\"command\":\"say done\"}]} ]\n  }\n}\n",
        "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"matcher\": \"\",\n        \"hooks\": [\n          { \"type\": \"command\", \
         \"command\": \"x\" }, // mine\n          { \"type\": \"command\", \"command\": \"/x/hydra\", \"args\": [\"status\"] }\n        \
         ]\n      }\n    ],\n    \"Setup\": []\n  },\n  \"z\": {\"hooks\": [1]}\n}\n",
        "{\n  \"mcpServers\": {\n    \"b\": {\"command\": \"b\"},\n    \"a\": {\"command\": \"a\"}\n  },\n  \"hooks\": {\"Stop\": []}\n}",
        "{\"mcpServers\":{}}\n",
    ];

    #[test]
    fn what_was_there_comes_back_byte_for_byte() {
        for text in SETTINGS {
            let mut home = Home::new(Some(text), Some(text));
            assert!(home.install("/a/hydra").unwrap());
            let installed = (home.settings(), home.servers());
            assert!(!home.install("/a/hydra").unwrap(), "a second time changes nothing: {text}");
            assert_eq!((home.settings(), home.servers()), installed);
            assert!(home.install("/b/hydra").unwrap(), "the program moved: {text}");
            assert_eq!(
                home.settings().unwrap().replace("/b/hydra", "/a/hydra"),
                *installed.0.as_ref().unwrap(),
                "only the path is another"
            );
            home.uninstall();
            assert_eq!((home.settings().as_deref(), home.servers().as_deref()), (Some(text), Some(text)));
        }
        let mut home = Home::new(None, None);
        home.install("/a/hydra").unwrap();
        assert!(home.settings().is_some() && home.servers().is_some());
        home.uninstall();
        assert_eq!((home.settings(), home.servers()), (None, None));
        assert!(!home.place.settings.parent().unwrap().exists(), "the folder was made for it");
    }

    #[test]
    fn every_hook_is_there_beside_those_of_others() {
        let theirs = json!({"hooks": [{"type": "command", "command": "say done"}]});
        let before = json!({"hooks": {"Stop": [theirs], "Notification": [theirs]}, "model": "opus"});
        let mut home = Home::new(Some(&before.to_string()), None);
        home.install("/a/hydra").unwrap();
        let settings: Value = serde_json::from_str(&home.settings().unwrap()).unwrap();
        for hook in HOOKS {
            let groups = settings["hooks"][hook.event].as_array().unwrap();
            assert_eq!(groups.len(), if hook.event == "Stop" { 2 } else { 1 }, "{}", hook.event);
            let own = groups.last().unwrap();
            assert_eq!(own["matcher"].as_str(), hook.matcher);
            let entry = json!({
                "type": "command", "command": "/a/hydra", "args": ["hook", hook.event], "timeout": hook.timeout_s,
            });
            assert_eq!(own["hooks"], json!([entry]));
        }
        assert_eq!((&settings["hooks"]["Stop"][0], &settings["hooks"]["Notification"]), (&theirs, &json!([theirs])));
        let servers: Value = serde_json::from_str(&home.servers().unwrap()).unwrap();
        let entry = json!({"type": "stdio", "command": "/a/hydra", "args": ["mcp"], "env": {}});
        assert_eq!(servers, json!({"mcpServers": {"hydra": entry}}));
    }

    /// What somebody does to the settings after the installation, and how they are without ours then.
    fn check_edited(before: Option<&str>, edit: impl Fn(&str) -> String, expected: Option<&str>) {
        let mut home = Home::new(before, None);
        home.install("/a/hydra").unwrap();
        let edited = edit(&home.settings().unwrap());
        assert_ne!(edited, home.settings().unwrap(), "the edit does something");
        fs::write(&home.place.settings, edited).unwrap();
        home.uninstall();
        assert_eq!(home.settings().as_deref(), expected);
        // Without the record, by how the entries look.
        let mut home = Home::new(before, None);
        home.install("/a/hydra").unwrap();
        fs::write(&home.place.settings, edit(&home.settings().unwrap())).unwrap();
        home.record = Record::default();
        home.uninstall();
        let same = |text: Option<&str>| text.map(|text| serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(same(home.settings().as_deref()), same(expected.or(Some("{}"))));
    }

    #[test]
    fn what_was_edited_meanwhile_stays_as_it_is() {
        let before = "{\n  \"model\": \"opus\"\n}\n";
        check_edited(Some(before), |text| text.replace("opus", "sonnet"), Some("{\n  \"model\": \"sonnet\"\n}\n"));
        let added = |text: &str| text.replacen('{', "{\n  \"permissions\": {\"allow\": [\"Bash(ls)\"]},", 1);
        check_edited(Some(before), added, Some(&added(before)));
        // A hook of theirs beside ours, in our group.
        let beside = |text: &str| {
            let start = text.find("\"Stop\"").unwrap();
            let at = start + text[start..].find("\"hooks\": [").unwrap() + "\"hooks\": [".len();
            format!("{}\n          {{\"type\": \"command\", \"command\": \"say\"}},{}", &text[..at], &text[at..])
        };
        let mut home = Home::new(Some(before), None);
        home.install("/a/hydra").unwrap();
        fs::write(&home.place.settings, beside(&home.settings().unwrap())).unwrap();
        home.uninstall();
        let left: Value = serde_json::from_str(&home.settings().unwrap()).unwrap();
        let theirs = json!([{"hooks": [{"type": "command", "command": "say"}]}]);
        assert_eq!(left, json!({"model": "opus", "hooks": {"Stop": theirs}}));
        // A file that was made for ours goes only if nothing else is in it.
        check_edited(None, |text| format!("{text}\n"), None);
        check_edited(None, |text| text.replacen('{', "{\n  \"a\": 1,", 1), Some("{\n  \"a\": 1\n}\n"));
    }

    #[test]
    fn a_timeout_that_was_set_by_hand_stays_when_the_program_moves() {
        let mut home = Home::new(None, None);
        home.install("/a/hydra").unwrap();
        fs::write(&home.place.settings, home.settings().unwrap().replace("\"timeout\": 10", "\"timeout\": 30"))
            .unwrap();
        home.install("/b/hydra").unwrap();
        let settings = home.settings().unwrap();
        assert!(settings.contains("\"timeout\": 30") && !settings.contains("/a/hydra"), "{settings}");
    }

    #[test]
    fn a_server_that_was_added_by_hand_gets_its_own_back() {
        let by_hand = "{\n  \"mcpServers\": {\n    \"hydra\": {\n      \"command\": \"/old/hydra\",\n      \"args\": [\"mcp\"],\n      \
                       \"env\": {\"HYDRA_PORT\": \"1\"}\n    }\n  }\n}\n";
        let mut home = Home::new(None, Some(by_hand));
        home.install("/a/hydra").unwrap();
        let servers = home.servers().unwrap();
        assert!(servers.contains("/a/hydra") && servers.contains("HYDRA_PORT"), "{servers}");
        // Claude Code writes this file itself.
        fs::write(&home.place.servers, servers.replacen('{', "{\n  \"startups\": 3,", 1)).unwrap();
        home.uninstall();
        assert_eq!(home.servers().unwrap(), by_hand.replacen('{', "{\n  \"startups\": 3,", 1));
    }

    #[test]
    fn what_does_not_read_is_refused_and_nothing_is_written() {
        for (text, said) in [
            ("{\"a\": }", "is not JSON: unexpected close brace at line 1, column 7"),
            ("{\"a\": 1", "is not JSON: unterminated object at line 1"),
            ("{'a': 1}", "is not JSON"),
            ("[1]", "is JSON, but no object"),
            ("\"x\"", "is JSON, but no object"),
            ("{} {}", "is not JSON"),
            ("{\"hooks\": []}", "`hooks` in the settings is not an object"),
            ("{\"hooks\": {\"Stop\": {}}}", "`Stop` in the settings is not a list"),
            ("{\"hooks\": {}, \"hooks\": {}}", "`hooks` twice"),
            (&"[".repeat(100_000), "is not JSON: maximum nesting depth exceeded"),
        ] {
            let mut home = Home::new(Some(text), Some("{}"));
            let refused = home.install("/a/hydra").unwrap_err();
            assert!(refused.to_string().contains(said), "{refused}");
            assert!(refused.next_step().is_some_and(|hint| hint.contains("nothing was changed")), "{refused:?}");
            assert_eq!((home.settings().as_deref(), home.servers().as_deref()), (Some(text), Some("{}")));
        }
        let mut home = Home::new(Some("{}"), None);
        fs::write(&home.place.settings, b"{\"a\": \"\xff\"}").unwrap();
        assert!(home.install("/a/hydra").unwrap_err().to_string().contains("not text in UTF-8"));
        let taken = "{\"mcpServers\": {\"hydra\": {\"type\": \"http\", \"url\": \"http://x\"}}}";
        let mut home = Home::new(Some("{}"), Some(taken));
        assert_eq!(home.install("/a/hydra").unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(home.settings().as_deref(), Some("{}"));
    }

    #[test]
    fn a_failure_in_the_middle_leaves_everything_as_it_was() {
        let home = Home::new(Some("{\"a\": 1}"), Some("{\"b\": 2}"));
        let changes = install(&home.place, &Invocation::new("/a/hydra", &[]), None).unwrap();
        prepare(&changes, &home.data, &[], Timestamp::from_millis(1)).unwrap();
        // The agent writes the second file in that moment.
        fs::write(&home.place.servers, "{\"b\": 3}").unwrap();
        assert_eq!(write(&changes).unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!((home.settings().as_deref(), home.servers().as_deref()), (Some("{\"a\": 1}"), Some("{\"b\": 3}")));
    }
}
