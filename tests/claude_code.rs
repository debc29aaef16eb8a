//! A real Claude Code with a scripted model: what a session is given, what it leaves, and that nothing stays behind.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "claude_code/keeping.rs"]
mod keeping;
#[path = "claude_code/model.rs"]
mod model;
#[path = "claude_code/session.rs"]
mod session;

use std::path::Path;

use model::{Model, Script, Turn, tools};
use serde_json::{Value, json};
use session::{Home, isolated};

/// What somebody has in their settings already.
const SETTINGS: &str = "{\n    \"permissions\": {\"allow\": [\"Bash(true)\"]},\n    \"hooks\": {\n        \"Stop\": [\n            \
                        {\"hooks\": [{\"type\": \"command\", \"command\": \"true\"}]}\n        ]\n    },\n    \
                        \"cleanupPeriodDays\": 30\n}\n";

fn say(prompt: &'static str, text: &'static str) -> (&'static str, Vec<Turn>) {
    (prompt, vec![Turn::Say(text)])
}

/// What was put into a conversation at an event, of all that a request says.
fn given(request: &str, event: &str) -> String {
    let start = format!("event=\"{event}\"");
    request.split(&start).skip(1).map(|rest| rest.split("</").next().unwrap()).collect()
}

/// Settings that somebody has, and Hydra in them.
fn installed(script: Script) -> Option<(Model, Home)> {
    let model = Model::start(script);
    let home = Home::new(&model)?;
    std::fs::write(home.settings(), SETTINGS).unwrap();
    home.succeeds(&["install", "claude-code", "--yes"]);
    Some((model, home))
}

#[test]
fn what_is_installed_works_and_goes_without_a_trace() {
    isolated("what_is_installed_works_and_goes_without_a_trace", || {
        let remember = json!({"text": "The spare key hangs behind the water meter", "kind": "fact"});
        let script = vec![
            (
                "Where is the key?",
                vec![Turn::Use("mcp__hydra__recall", json!({"query": "spare key"})), Turn::Say("There.")],
            ),
            ("Keep this", vec![Turn::Use("mcp__hydra__remember", remember), Turn::Say("Kept.")]),
        ];
        let Some((model, home)) = installed(script) else { return };
        let listed = home.claude(&["mcp", "list"]).output().unwrap();
        let listed = harness::stdout(&listed);
        assert!(listed.contains("hydra: ") && listed.contains("Connected"), "{listed}");
        let allowed = ["--allowedTools", "mcp__hydra__remember", "mcp__hydra__recall"];
        home.prompt("Keep this", &allowed);
        home.prompt("Where is the key?", &allowed);
        let requests = model.requests();
        assert!(tools(&requests[0]).contains(&"mcp__hydra__recall"), "{:?}", tools(&requests[0]));
        let last = model::text(requests.last().unwrap());
        assert!(last.contains("The spare key hangs behind the water meter"), "{last}");
        // Another program, and the same memory.
        assert_eq!(home.json(&["recall", "spare key"])["hits"][0]["kind"], "fact");
        home.succeeds(&["uninstall", "claude-code", "--yes"]);
        assert_eq!(std::fs::read_to_string(home.settings()).unwrap(), SETTINGS);
        let servers: Value = serde_json::from_slice(&std::fs::read(home.path().join(".claude.json")).unwrap()).unwrap();
        assert_eq!(servers["mcpServers"], Value::Null, "{servers}");
        let requests = model.requests().len();
        home.prompt("Where is the key?", &[]);
        assert!(!tools(&model.requests()[requests]).contains(&"mcp__hydra__recall"));
        home.succeeds(&["stop"]);
        harness::wait_until("the server to be gone", || home.processes().is_empty());
    });
}

#[test]
fn the_plugin_is_one() {
    isolated("the_plugin_is_one", || {
        let Some((model, home)) = Some(Model::start(vec![say("Hello", "Hello.")])).and_then(|model| {
            let home = Home::new(&model)?;
            Some((model, home))
        }) else {
            return;
        };
        let plugin =
            std::fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/claude-code-plugin")).unwrap();
        let plugin = plugin.to_str().unwrap();
        let checked = home.claude(&["plugin", "validate", "--strict", "--json", plugin]).output().unwrap();
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        assert_eq!(checked["success"], true, "{checked}");
        assert_eq!(checked["provides"]["hooks"].as_array().unwrap().len(), 9, "{checked}");
        let events = home.prompt("Hello", &["--plugin-dir", plugin]);
        let start = events.iter().find(|event| event["subtype"] == "init").unwrap();
        for skill in ["hydra:using-memory", "hydra:ending-a-session"] {
            assert!(start["skills"].as_array().unwrap().contains(&json!(skill)), "{start}");
        }
        let server = start["mcp_servers"]
            .as_array()
            .unwrap()
            .iter()
            .find(|server| server["name"].as_str().unwrap().contains("hydra"));
        assert_eq!(server.unwrap()["status"], "connected", "{start}");
        assert!(
            tools(&model.requests()[0]).iter().any(|tool| tool.ends_with("__recall")),
            "{:?}",
            tools(&model.requests()[0])
        );
    });
}

#[test]
fn what_one_session_is_told_the_next_begins_with() {
    isolated("what_one_session_is_told_the_next_begins_with", || {
        let remember = |kind: &str, text: &str| Turn::Use("mcp__hydra__remember", json!({"kind": kind, "text": text}));
        let kept = vec![
            remember("preference", "Always use pnpm instead of npm"),
            remember("decision", "Keep the ledger in SQLite instead of PostgreSQL"),
            Turn::Say("I will."),
        ];
        let script = vec![("No, use pnpm", kept), say("What comes next?", "The tests.")];
        let Some((model, home)) = installed(script) else { return };
        home.serve();
        let told =
            "No, use pnpm instead of npm here. And we decided to keep the ledger in SQLite instead of PostgreSQL.";
        home.prompt(told, &["--allowedTools", "mcp__hydra__remember"]);
        assert_eq!(given(&model.asked("No, use pnpm"), "SessionStart"), "", "nothing was known yet");
        home.prompt("What comes next?", &[]);
        let start = given(&model.asked("What comes next?"), "SessionStart");
        for known in ["Always use pnpm instead of npm", "Keep the ledger in SQLite instead of PostgreSQL"] {
            assert_eq!(start.matches(known).count(), 1, "{known}: {start}");
        }
    });
}

#[test]
fn a_prompt_gets_what_is_known_of_it_and_another_nothing() {
    isolated("a_prompt_gets_what_is_known_of_it_and_another_nothing", || {
        let script = vec![say("F28", "I see."), say("haiku", "Leaves fall.")];
        let Some((model, home)) = installed(script) else { return };
        let notes = home.path().join("notes");
        std::fs::create_dir_all(&notes).unwrap();
        for (name, text) in [
            (
                "Boiler",
                "When the display of the boiler shows F28, close the gas tap, wait a minute, open it and press reset once.",
            ),
            ("Ladder", "The ladder is lent to Oskar until the end of May; it is two metres long."),
            ("Sourdough", "Feed the starter with equal parts of rye flour and water the evening before baking."),
        ] {
            std::fs::write(notes.join(format!("{name}.md")), format!("# {name}\n\n{text}\n")).unwrap();
        }
        home.succeeds(&["ingest", notes.to_str().unwrap()]);
        home.serve();
        home.conversation(
            &["What does F28 on the boiler mean?", "Write a haiku about autumn leaves in the park."],
            &[],
        );
        let fits = given(&model.asked("F28"), "UserPromptSubmit");
        assert!(fits.contains("close the gas tap") && !fits.contains("starter"), "{fits}");
        let all = model.asked("haiku");
        let in_all = given(&all, "UserPromptSubmit");
        assert_eq!(in_all.matches("close the gas tap").count(), 1, "and not once more for the haiku: {in_all}");
        assert!(!in_all.contains("ladder") && !in_all.contains("starter"), "{in_all}");
    });
}

#[test]
fn a_compaction_is_told_again_what_it_dropped() {
    isolated("a_compaction_is_told_again_what_it_dropped", || {
        let script = vec![say("Good morning", "Good morning."), say("Let us go on", "Gladly.")];
        let Some((model, home)) = installed(script) else { return };
        home.succeeds(&["remember", "--kind", "preference", "I prefer tea to coffee"]);
        home.serve();
        let events = home.conversation(&["Good morning", "/compact", "Let us go on"], &[]);
        assert!(events.iter().any(|event| event["subtype"] == "compact_boundary"), "it was compacted");
        for prompt in ["Good morning", "Let us go on"] {
            let start = given(&model.asked(prompt), "SessionStart");
            assert_eq!(start.matches("I prefer tea to coffee").count(), 1, "{prompt}: {start}");
        }
    });
}

#[test]
fn two_sessions_at_once_share_one_server_and_leave_none_behind() {
    isolated("two_sessions_at_once_share_one_server_and_leave_none_behind", || {
        let remember = |text: &str| Turn::Use("mcp__hydra__remember", json!({"text": text}));
        let script = vec![
            (
                "Open on the left",
                vec![remember("Both windows say this"), remember("One window says this"), Turn::Say("Kept.")],
            ),
            (
                "Open on the right",
                vec![remember("Both windows say this"), remember("The other window says that"), Turn::Say("Kept.")],
            ),
        ];
        let Some((model, home)) = installed(script) else { return };
        home.serve();
        let allowed = ["--allowedTools", "mcp__hydra__remember"];
        std::thread::scope(|scope| {
            for prompt in ["Open on the left", "Open on the right"] {
                scope.spawn(|| home.prompt(prompt, &allowed));
            }
        });
        assert_eq!(model.requests().len(), 6, "each was asked three times");
        harness::wait_until("only the server that both shared", || home.processes().len() == 1);
        let told = |text: &str| {
            let hits = home.json(&["recall", text])["hits"].as_array().unwrap().clone();
            hits.iter().filter(|hit| hit["text"] == text).count()
        };
        for text in ["Both windows say this", "One window says this", "The other window says that"] {
            assert_eq!(told(text), 1, "{text}");
        }
        home.succeeds(&["stop"]);
        harness::wait_until("the server to be gone", || home.processes().is_empty());
        home.succeeds(&["uninstall", "claude-code", "--yes"]);
        assert_eq!(std::fs::read_to_string(home.settings()).unwrap(), SETTINGS);
    });
}
