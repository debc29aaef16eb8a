//! Real note collections go in whole, and ten questions about each find the right note.
//!
//! The collections are not part of this project: `HYDRA_BENCH_DIR` says where they are.

mod harness;

use std::path::Path;

use harness::{Server, bench_data, model, run};
use serde_json::json;

/// The note must be among the hits that a user sees without asking for more.
const TOP: usize = 10;
/// Questions of the thirty that must find their note. The others share no word with it and are too far for the model;
/// they stay here so that a better ranking shows.
const LEAST_FOUND: usize = 29;

struct Vault {
    folder: &'static str,
    notes: u64,
    /// A question in a user's words, and the end of the path of the note that answers it.
    questions: [(&'static str, &'static str); 10],
}

const VAULTS: [Vault; 3] = [
    Vault {
        folder: "obsidian-help-en",
        notes: 173,
        questions: [
            ("how do I get back an older state of a note I overwrote", "Plugins/File recovery.md"),
            ("can two people edit the same vault together", "Obsidian Sync/Collaborate on a shared vault.md"),
            ("use my own web address for my published site", "Obsidian Publish/Custom domains.md"),
            ("how to make a highlighted box with a warning in it", "Editing and formatting/Callouts.md"),
            ("bring my notes over from Evernote", "Import notes/Import from Evernote.md"),
            ("second login step with a code from the phone", "Obsidian/2-factor authentication.md"),
            ("count the words I have written", "Plugins/Word count.md"),
            ("may I get my money back", "Licenses and payment/Refund policy.md"),
            ("open a note from another app with a link", "Extending Obsidian/Obsidian URI.md"),
            ("show pictures as a gallery in a base", "Bases/Layouts/Cards view.md"),
        ],
    },
    Vault {
        folder: "kepano",
        notes: 103,
        questions: [
            ("when was the trip to Japan", "Notes/2023 Japan Trip.md"),
            ("what was discussed in the meeting with Steph", "Notes/2023-09-12 Meeting with Steph.md"),
            ("how to bake a dessert with nectarines", "References/Brown butter nectarine tart.md"),
            ("which jazz album is from 1957", "References/Bass on Top.md"),
            ("advice somebody wrote down for his birthday", "Clippings/68 Bits of Unsolicited Advice.md"),
            ("what does a thing cost each time I use it", "Clippings/Buy wisely.md"),
            ("quote about people who live underground with buttons for everything", "References/The Machine Stops.md"),
            ("the feeling that somebody cared about every detail", "Clippings/In good hands.md"),
            ("to-dos for the theme", "Notes/Minimal Theme.md"),
            ("episode 145 of the podcast", "References/Well Made 145 Kevin Kelly.md"),
        ],
    },
    Vault {
        folder: "foam",
        notes: 86,
        questions: [
            ("how do I write mathematical formulas with katex", "publishing/math-support-with-katex.md"),
            ("move my notes from OneNote", "recipes/migrating-from-onenote.md"),
            ("notes that nothing links to", "tools/orphans.md"),
            ("link to one single paragraph", "features/block-anchors.md"),
            ("commit my notes to git without thinking of it", "recipes/automatic-git-syncing.md"),
            ("put my notes online with vercel", "publishing/publish-to-vercel.md"),
            ("what data is collected about me", "tools/telemetry.md"),
            ("write notes on the phone", "recipes/take-notes-from-mobile-phone.md"),
            ("a journal page for every day", "features/daily-notes.md"),
            ("which shortcuts does the keyboard have", "getting-started/keyboard-shortcuts.md"),
        ],
    },
];

#[test]
fn ten_questions_about_each_vault_find_the_right_note() {
    let Some(bench) = bench_data() else { return };
    if model().is_none() {
        eprintln!("skipped: HYDRA_MODEL_DIR does not name a folder with the model");
        return;
    }
    let mut missed = Vec::new();
    for vault in VAULTS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let root = bench.join("vaults").join(vault.folder);
        let summary = harness::json(&data, &["ingest", root.to_str().unwrap()]);
        assert_eq!(summary["formats"]["Markdown"], vault.notes, "{summary}");
        let again = harness::json(&data, &["ingest", root.to_str().unwrap()]);
        assert_eq!((&again["unchanged"], &again["added"]), (&summary["added"], &0.into()), "{again}");
        let server = Server::start(&data);
        let mut client = server.client();
        for (question, note) in vault.questions {
            let answer = client.ask("/v1/recall", &json!({"query": question, "limit": TOP}));
            let paths: Vec<&str> =
                answer["hits"].as_array().unwrap().iter().filter_map(|hit| hit["source"]["path"].as_str()).collect();
            if !paths.iter().any(|path| Path::new(path).ends_with(note)) {
                missed.push(format!("{question:?} wants {note}, got {paths:#?}"));
            }
        }
        server.stop();
        let report = run(&data, &["check"]);
        assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    }
    eprintln!("{} of 30 questions missed:\n{}", missed.len(), missed.join("\n"));
    assert!(30 - missed.len() >= LEAST_FOUND);
}
