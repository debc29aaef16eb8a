//! The whole of a memory out of an export: what `hydra import` does without `--from`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hydra_graph::{Error, ErrorKind, Memory, Result, SEAL_KEYS_FILE};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Setting;
use super::progress::Progress;
use crate::config::Config;
use crate::presence;
use crate::verb::{self, Watch};
use crate::{folder, interrupt, outcome, output, wiring};

/// Bytes that are read at once.
const READ_BYTES: usize = 1024 * 1024;
const HOLDER: &str = "`hydra import`";

#[derive(Deserialize)]
struct Answer {
    statements: u64,
    commits: usize,
    sealed: usize,
    indexed: bool,
    degraded: Vec<String>,
    took_ms: u64,
}

/// Fills the empty memory of the configured folder; `file` is `-` for standard input.
///
/// # Errors
/// As [`Memory::import`]; `Locked` names the server that has the memory open.
pub async fn restore(setting: &Setting, file: PathBuf, is_waiting: bool) -> Result<u8> {
    let config = &setting.config;
    if let Some(server) = presence::find(&config.data_dir, &presence::http_client()?).await {
        let message =
            format!("`hydra serve` (pid {}) has the memory at {} open", server.pid, config.data_dir.display());
        return Err(Error::new(ErrorKind::Locked, message)
            .hint("an import replaces the whole memory: stop that server, import, then start it again"));
    }
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping")?;
    let (watch, mut events) = Watch::new(Arc::clone(&stop));
    let own = config.clone();
    let mut work = tokio::task::spawn_blocking(move || fill(&own, &file, is_waiting, &watch));
    let mut progress = Progress::new(setting.global.quiet || setting.global.json);
    let answer = loop {
        tokio::select! {
            Some(event) = events.recv() => {
                let what = match event["name"].as_str() {
                    None => "importing",
                    Some("vectors") => "embedding",
                    Some(_) => "indexing",
                };
                progress.show(what, event["done"].as_u64().unwrap_or(0), event["total"].as_u64().unwrap_or(0));
            }
            answer = &mut work => break answer,
        }
    };
    progress.end();
    let answer = answer.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "the import ended in the middle")))?;
    if setting.global.json {
        output::json(&answer)?;
    } else {
        tell(&super::read(answer)?, setting.global.quiet)?;
    }
    Ok(outcome::DONE)
}

fn fill(config: &Config, file: &Path, is_waiting: bool, watch: &Watch) -> Result<Value> {
    let started = Instant::now();
    let mut input = open(file, watch.stop())?;
    folder::prepare(&config.data_dir)?;
    let imported = Memory::import(&config.data_dir, HOLDER, &mut input, &mut |done, total| {
        watch.tell(json!({"event": "statements", "done": done, "total": total}));
    });
    let imported = imported.map_err(|error| match watch.is_stopped() {
        true => Error::new(ErrorKind::Cancelled, "stopped; nothing was written").hint("run the same command again"),
        false => error,
    })?;
    let mut answer = serde_json::to_value(&imported).map_err(|error| Error::io("the answer", &error.into()))?;
    let (indexed, degraded) = if is_waiting { index(config, watch)? } else { (false, Vec::new()) };
    answer["indexed"] = json!(indexed);
    answer["degraded"] = json!(degraded);
    answer["took_ms"] = json!(started.elapsed().as_millis() as u64);
    Ok(answer)
}

/// Opens what was imported and waits for its indexes; whoever stops that has the memory all the same.
fn index(config: &Config, watch: &Watch) -> Result<(bool, Vec<String>)> {
    let memory = wiring::open(config, HOLDER)?;
    wiring::attach_vectors(config, &memory)?;
    let indexed = verb::wait_for_indexes(&memory, watch)?;
    let degraded = verb::degraded(&memory);
    memory.close()?;
    Ok((indexed, degraded))
}

fn open(file: &Path, stop: Arc<AtomicBool>) -> Result<impl BufRead> {
    let input: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(File::open(file).map_err(|error| {
            match error.kind() {
                io::ErrorKind::NotFound => {
                    Error::new(ErrorKind::NotFound, format!("{} does not exist", file.display()))
                        .hint("name a file that `hydra export` wrote, or `-` for standard input")
                }
                _ => Error::io(file.display(), &error),
            }
        })?),
    };
    Ok(BufReader::with_capacity(READ_BYTES, Stoppable { input, stop }))
}

/// Fails to read on once it is asked to stop.
struct Stoppable {
    input: Box<dyn Read>,
    stop: Arc<AtomicBool>,
}

impl Read for Stoppable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stop.load(Ordering::Acquire) {
            true => Err(io::Error::other("stopped")),
            false => self.input.read(buffer),
        }
    }
}

fn tell(answer: &Answer, is_quiet: bool) -> Result<()> {
    let Answer { statements, commits, sealed, indexed, degraded, took_ms } = answer;
    let seconds = *took_ms as f64 / 1000.0;
    output::data(&format!(
        "imported {} of {} in {seconds:.1} s",
        output::count(*statements as usize, "statement"),
        output::count(*commits, "commit")
    ))?;
    if is_quiet {
        return Ok(());
    }
    if *sealed > 0 {
        output::talk(&format!(
            "what was erased is not recognised here when it is read again: to have it so, copy {SEAL_KEYS_FILE} from the \
             data folder that the export comes from into this one, before anything is read"
        ));
    }
    for reason in degraded {
        output::talk(&format!("note: {}", output::plain(reason)));
    }
    if !indexed && degraded.is_empty() {
        output::talk("not all of it is indexed yet; `hydra status` tells how far it is");
    }
    Ok(())
}
