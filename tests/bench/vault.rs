//! A watched vault as large as people's get, made of real notes (`HYDRA_BENCH_DIR/vaults`): what the first pass costs beside the
//! model alone on the same passages, and what watching costs afterwards.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use hydra_graph::{Id, Index, IndexQuery, Memory, Options, Result, Scored, Timestamp, Update};
use serde_json::json;

use crate::copies::write_copies;
use crate::daemon::{edit_some, grow, idle, reconcile, wait_for_indexes, wait_for_notes};
use crate::harness::{Server, bench_data};
use crate::measure::{bare_rate, timed, usage};
use crate::report::Report;

/// Notes of the vault, unless `HYDRA_BENCH_NOTES` says otherwise.
const NOTES: usize = 5_000;
/// Edits for each note after which nothing may have grown.
const EDITS_A_NOTE: usize = 2;
/// Notes that are edited.
const EDITED: usize = 20;

/// Measures all of it, if there are vaults to make one of.
pub fn vault(report: &mut Report) {
    let Some(vaults) = bench_data().map(|folder| folder.join("vaults")).filter(|folder| folder.is_dir()) else {
        return;
    };
    let notes = std::env::var("HYDRA_BENCH_NOTES").map_or(NOTES, |notes| notes.parse().expect("a number of notes"));
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("it is there");
    let (data, vault) = (root.join("data"), root.join("vault"));
    std::fs::create_dir(&data).expect("a folder");
    let paths = write_copies(&vaults, &vault, notes);

    let server = Server::start(&data);
    let mut client = server.client();
    let before = usage(server.pid()).0;
    let (first, ()) = timed(|| {
        client.ask("/v1/add_source", &json!({"path": vault}));
        wait_for_notes(&mut client, notes as u64);
    });
    let (embedded, ()) = timed(|| wait_for_indexes(&mut client));
    let seconds = usage(server.pid()).0 - before;
    let status = client.ask("/v1/status", &json!({}));
    let passages = status["passages"].as_f64().unwrap_or(0.0);
    server.stop();
    let texts = embedded_texts(&data);
    let distinct = texts.iter().collect::<HashSet<_>>().len();
    assert_eq!(texts.len() as f64, passages, "each passage is embedded");
    report.told(
        &format!("a watched vault of {notes} notes, copies of real ones: passages, of these distinct, links"),
        format!("{passages}, {distinct}, {}", status["links"]),
    );
    report.told("its first reading", format!("{:.1} s", first.as_secs_f64()));
    report.told("until all of it is embedded too", format!("{:.1} s", (first + embedded).as_secs_f64()));
    let (rate, bare) = (passages / seconds, bare_rate(&texts));
    report.told("passages a CPU second, the bare embedder on these passages", format!("{bare:.1}"));
    report.told("passages a CPU second, that first pass", format!("{rate:.1}"));
    report.above("that first pass against the bare embedder", 100.0 * rate / bare, 85.0, "%");

    let server = Server::start(&data);
    let mut client = server.client();
    reconcile(report, &mut client, &vault, notes);
    let edited = &paths[..paths.len().min(EDITED)];
    edit_some(report, &mut client, edited);
    // What the edits left to be embedded is no idling.
    wait_for_indexes(&mut client);
    idle(report, &server);
    grow(report, &server, edited, EDITS_A_NOTE * notes);
    server.stop();
}

/// Reads the texts of a memory as its vector index is given them, and writes each as it is embedded.
fn embedded_texts(data: &Path) -> Vec<String> {
    let clock = Arc::new(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        Timestamp::from_millis(now.as_millis() as i64)
    });
    let memory = Memory::open(data, Options { clock, holder: "the benchmark".into() }).expect("the memory opens");
    let texts = Arc::new(Texts::default());
    memory.attach(Arc::clone(&texts) as _, Duration::from_secs(3_600));
    assert!(memory.wait_for_indexes(Duration::from_secs(600)), "all texts came");
    memory.close().expect("the memory closes");
    std::mem::take(&mut *texts.embedded.lock().expect("no panic"))
}

/// An index that only keeps what it is given.
#[derive(Default)]
struct Texts {
    embedded: Mutex<Vec<String>>,
    stamp: Mutex<Option<Id>>,
}

impl Index for Texts {
    fn name(&self) -> &'static str {
        "texts"
    }

    fn stamp(&self) -> Option<Id> {
        *self.stamp.lock().expect("no panic")
    }

    fn apply(&self, updates: &[Update]) -> Result<()> {
        let texts = updates.iter().filter_map(|update| update.text.as_ref()).filter(|text| !text.is_past);
        self.embedded.lock().expect("no panic").extend(texts.map(hydra_embed::embedding_text));
        Ok(())
    }

    fn seal(&self, commit: Id) -> Result<()> {
        *self.stamp.lock().expect("no panic") = Some(commit);
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }

    fn reset(&self) -> Result<()> {
        self.embedded.lock().expect("no panic").clear();
        *self.stamp.lock().expect("no panic") = None;
        Ok(())
    }

    fn purge(&self, _ids: &[Id]) -> Result<()> {
        Ok(())
    }

    fn search(&self, _query: &IndexQuery<'_>) -> Result<Vec<Scored>> {
        Ok(Vec::new())
    }

    fn scores(&self, _query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        Ok(vec![None; ids.len()])
    }

    fn ids(&self) -> Result<Vec<Id>> {
        Ok(Vec::new())
    }

    fn degraded(&self) -> Option<String> {
        None
    }
}
