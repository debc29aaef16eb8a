//! The transcripts of earlier sessions, offered when an agent is installed.

use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hydra_graph::{CollectionKind, Result, counted};
use ignore::WalkBuilder;
use serde_json::{Value, json};

use super::Setting;
use super::install::{ask, say};
use super::progress::Progress;
use crate::client::Need;
use crate::install::place::Place;
use crate::install::record::Record;
use crate::verb::{AddSource, Sources};
use crate::{background, output, presence};

/// Bytes whose lines are counted; of more, as many a byte are taken to be in the rest.
const COUNTED_BYTES: u64 = 64 * 1024 * 1024;
/// Lines that are read a minute, at least.
const LINES_A_MINUTE: u64 = 20_000;
/// How often is looked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// What there is to bring in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    files: u64,
    lines: u64,
    bytes: u64,
}

/// Says what there is, and has it watched if that is wanted. Whatever goes wrong here, the agent is installed.
///
/// # Errors
/// When the terminal fails.
pub async fn offer(setting: &Setting, place: &Place, is_agreed: bool, is_dry_run: bool) -> Result<Value> {
    let extent = extent(&place.transcripts);
    let folder = place.transcripts.display();
    if extent.files == 0 {
        return Ok(Value::Null);
    }
    let minutes = extent.lines.div_ceil(LINES_A_MINUTE);
    let what = format!(
        "{} with about {} ({}) in {folder}, at most {} to read",
        counted(extent.files as usize, "transcript"),
        counted(extent.lines as usize, "line"),
        output::size(extent.bytes),
        counted(minutes as usize, "minute")
    );
    let mut answer = json!({
        "path": place.transcripts, "files": extent.files, "lines": extent.lines, "bytes": extent.bytes, "watched": false,
    });
    if is_dry_run {
        say(setting, &[format!("earlier sessions would be brought in: {what}")]);
        return Ok(answer);
    }
    if is_watched(setting, &place.transcripts).await {
        answer["watched"] = json!(true);
        // What whoever read them before did not come to is read now.
        if let Err(error) = start(setting).await {
            say(setting, &[format!("no server reads on in them: {error}")]);
        }
        return Ok(answer);
    }
    let is_wanted = match is_agreed {
        true => true,
        false if setting.global.json || !std::io::stdin().is_terminal() => false,
        false => ask(&format!("bring in earlier sessions? {what}"), true)?,
    };
    if !is_wanted {
        return Ok(answer);
    }
    match watch(setting, place).await {
        Ok(()) => {
            answer["watched"] = json!(true);
            say(setting, &[format!("earlier sessions are brought in: {what}")]);
            follow(setting, &place.transcripts).await;
        }
        Err(error) => {
            let hint = error.next_step().map(|hint| format!("; {hint}")).unwrap_or_default();
            say(setting, &[format!("earlier sessions are not brought in: {error}{hint}")]);
        }
    }
    Ok(answer)
}

/// Counts what is in a folder of transcripts; what can't be read is left out.
fn extent(folder: &Path) -> Extent {
    let mut extent = Extent::default();
    let mut counted_bytes = 0;
    for entry in WalkBuilder::new(folder).standard_filters(false).build().flatten() {
        let is_transcript = entry.path().extension().is_some_and(|extension| extension == "jsonl");
        let Some(size) = entry.metadata().ok().filter(|it| is_transcript && it.is_file()).map(|it| it.len()) else {
            continue;
        };
        extent.files += 1;
        extent.bytes += size;
        if counted_bytes + size <= COUNTED_BYTES
            && let Ok(file) = std::fs::File::open(entry.path())
        {
            counted_bytes += size;
            extent.lines += BufReader::new(file).split(b'\n').map_while(std::result::Result::ok).count() as u64;
        }
    }
    if let Some(lines) = (extent.lines * extent.bytes).checked_div(counted_bytes) {
        extent.lines = lines;
    }
    extent
}

async fn sources(setting: &Setting) -> Option<Vec<Value>> {
    let answer = super::ask(setting, Need::Graph, Sources {}).await.ok()?;
    answer["sources"].as_array().cloned()
}

async fn is_watched(setting: &Setting, folder: &Path) -> bool {
    let sources = sources(setting).await.unwrap_or_default();
    sources.iter().any(|source| is_at(source, folder))
}

fn is_at(source: &Value, folder: &Path) -> bool {
    let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    source["path"].as_str().is_some_and(|path| Path::new(path) == real || Path::new(path) == folder)
}

/// Has the folder watched by a server, which is started if none runs, and remembers that it was for the agent.
async fn watch(setting: &Setting, place: &Place) -> Result<()> {
    let path: PathBuf = place.transcripts.clone();
    let verb = AddSource { path: path.clone(), kind: CollectionKind::Transcripts, ..AddSource::default() };
    super::ask(setting, Need::Graph, verb).await?;
    let data_dir = &setting.config.data_dir;
    let mut record = Record::read(data_dir)?;
    if let Some(mut installed) = record.find(&place.settings).cloned() {
        installed.transcripts = Some(path);
        record.put(&place.settings, installed);
        record.write(data_dir)?;
    }
    start(setting).await
}

async fn start(setting: &Setting) -> Result<()> {
    background::find_or_start(&setting.config, &setting.global, &presence::http_client()?).await?;
    Ok(())
}

/// Shows a person how far it is; the server reads on, whoever watches.
async fn follow(setting: &Setting, folder: &Path) {
    if !std::io::stderr().is_terminal() || setting.global.quiet || setting.global.json {
        return say(setting, &["they are read in the background; see how far with: hydra source".to_owned()]);
    }
    say(setting, &["Ctrl-C ends only this display; they are read in the background".to_owned()]);
    let mut progress = Progress::new(false);
    progress.name("looking through them");
    let mut read = None;
    loop {
        let sources = sources(setting).await.unwrap_or_default();
        let Some(source) = sources.into_iter().find(|source| is_at(source, folder)) else { break };
        let state = &source["state"];
        match (state["state"].as_str(), state["progress"].as_array().map(Vec::as_slice)) {
            (Some("reading"), Some([done, total])) => {
                progress.show("read", done.as_u64().unwrap_or(0), total.as_u64().unwrap_or(0));
            }
            (Some("reading" | "waiting"), _) => {}
            _ => {
                read = source["known"]["notes"].as_u64();
                break;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    progress.end();
    if let Some(read) = read {
        say(
            setting,
            &[format!("{} read; what they said is found by meaning a little later", counted(read as usize, "file"))],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transcripts_are_counted_in_every_folder() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(temp.path().join("a/.b")).unwrap();
        std::fs::write(temp.path().join("a/one.jsonl"), "{}\n{}\n").unwrap();
        std::fs::write(temp.path().join("a/.b/two.jsonl"), "{}\n").unwrap();
        std::fs::write(temp.path().join("a/notes.md"), "x\n").unwrap();
        assert_eq!(extent(temp.path()), Extent { files: 2, lines: 3, bytes: 9 });
        assert_eq!(extent(&temp.path().join("nowhere")), Extent::default());
    }

    #[test]
    fn more_than_is_counted_is_estimated() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join("a.jsonl"), "{}\n{}\n").unwrap();
        let big = std::fs::File::create(temp.path().join("b.jsonl")).unwrap();
        big.set_len(COUNTED_BYTES).unwrap();
        let found = extent(temp.path());
        assert_eq!((found.files, found.bytes), (2, COUNTED_BYTES + 6));
        assert!(found.lines == 1 || found.lines == COUNTED_BYTES.div_ceil(3), "{found:?}");
    }
}
