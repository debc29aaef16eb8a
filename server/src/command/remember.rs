//! `hydra remember`

use std::io::{IsTerminal as _, Read as _};

use clap::Args;
use hydra_graph::{Error, ErrorKind, Kind, MAX_TEXT_BYTES, Polarity, Preference, Result, Standing};
use serde::Deserialize;
use serde_json::Value;

use super::Setting;
use super::belonging::Belonging;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Remember;

const EXAMPLES: &str = "\
Examples:
  hydra remember \"The NAS is in the cellar\" --kind fact --entity NAS
  hydra remember --fact Mirela \"works for\" Acme --valid-from 2026-03-01
  hydra remember \"I prefer tea over coffee\" --kind preference --topic \"hot drinks\"
  hydra remember \"Never use tabs\" --kind preference --applies-to src/atlas
  hydra remember \"Parking code is 4711\" --ttl 8h
  hydra remember \"I'll bring the ladder\" --session \"call of 3 May\" --speaker Mirela --at 2026-05-03
  git log -1 --format=%B | hydra remember - --space project/atlas --source \"git log\"

It is on disk when the command ends, and found by the next recall.";

/// Options of `hydra remember`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to remember; `-` reads standard input
    #[arg(required_unless_present = "fact")]
    pub text: Option<String>,
    /// State a fact: whom or what it is about, what is said of it (`hydra predicate list`), and what it is said to be
    #[arg(long, num_args = 3, value_names = ["SUBJECT", "PREDICATE", "OBJECT"])]
    pub fact: Option<Vec<String>>,
    /// Of a preference: what it is about [default: what a plain sentence says]
    #[arg(long, value_name = "TEXT")]
    pub topic: Option<String>,
    /// Of a preference: for (preferred) or against (avoided) [default: what a plain sentence says, else for]
    #[arg(long, value_name = "POLARITY")]
    pub polarity: Option<Polarity>,
    /// Of a preference: nobody said so; it counts after two independent observations
    #[arg(long)]
    pub inferred: bool,
    /// Of a preference: the path, project, person or thing it applies to [default: everywhere]
    #[arg(long, value_name = "PATH|NAME")]
    pub applies_to: Option<String>,
    /// How sure it is, from 0 to 1 [default: 1]
    #[arg(long, value_name = "SHARE")]
    pub confidence: Option<f32>,
    /// Until when it holds, if it is over
    #[arg(long, value_name = "WHEN")]
    pub valid_to: Option<String>,
    /// episode, fact, preference, learning or decision [default: episode]
    #[arg(long, value_name = "KIND")]
    pub kind: Option<Kind>,
    #[command(flatten)]
    pub belonging: Belonging,
    /// Who said it, or where you have it from
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Since when it holds: 2026-01-31, or a full time
    #[arg(long, value_name = "WHEN")]
    pub valid_from: Option<String>,
    /// For how long it is recalled: 30d, 12h, or seconds [default: for ever]
    #[arg(long, value_name = "DURATION")]
    pub ttl: Option<String>,
    /// A retry with the same key is the same memory
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// The conversation it was said in; what is said in one stays in order
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    /// Who said it, in a conversation
    #[arg(long, value_name = "NAME")]
    pub speaker: Option<String>,
    /// When it was said or happened: 2026-01-31, a full time, or how long ago
    #[arg(long, value_name = "WHEN")]
    pub at: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    commit: String,
    status: String,
    #[serde(default)]
    ended: Vec<String>,
    conflict: Option<String>,
    preference: Option<Preference>,
    note: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let text = match arguments.text {
        Some(text) => text_or_input(text)?,
        None => String::new(),
    };
    let verb = Remember {
        text,
        kind: arguments.kind,
        space: arguments.belonging.space,
        entities: arguments.belonging.entity,
        source: arguments.source,
        statement: arguments.fact.map(super::triple).transpose()?,
        evidence: arguments.belonging.evidence,
        topic: arguments.topic,
        polarity: arguments.polarity,
        inferred: arguments.inferred,
        applies_to: arguments.applies_to,
        confidence: arguments.confidence,
        valid_to: arguments.valid_to,
        valid_from: arguments.valid_from,
        ttl: arguments.ttl,
        expires_at: None,
        idempotency_key: arguments.idempotency_key,
        session: arguments.session,
        speaker: arguments.speaker,
        happened_at: arguments.at,
        ..Remember::default()
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    shown(setting, answer)
}

/// Shows what became of a memory.
pub(super) fn shown(setting: &Setting, answer: Value) -> Result<u8> {
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { id, commit, status, ended, conflict, preference, note } = super::read(answer)?;
    output::data(&id)?;
    if !setting.global.quiet {
        output::talk(&match (status.as_str(), &preference) {
            ("refused", _) if note.is_some() => "not kept".to_owned(),
            ("refused", _) => {
                "not kept: you took the same back before; say it without --inferred if it is so".to_owned()
            }
            ("duplicate", Some(known)) if known.times_seen > 1 => {
                format!("known already, told {} times; take that back with: hydra undo {commit}", known.times_seen)
            }
            ("duplicate", _) => "known already, nothing was added".to_owned(),
            _ => format!("remembered; take it back with: hydra undo {commit}"),
        });
        let is_said = |it: &Preference| it.status == Standing::InForce && !it.inferred;
        if let Some(preference) = preference.filter(|it| !is_said(it) && status != "refused") {
            output::talk(&output::plain(&preference.words()));
        }
        if !ended.is_empty() {
            output::talk(&format!("it ends what held before: {}", ended.join(", ")));
        }
        if let Some(conflict) = conflict {
            output::talk(&format!(
                "it contradicts what stays beside it; settle that with: hydra update {conflict} --keep ID"
            ));
        }
        if let Some(note) = note {
            output::talk(&output::plain(&note));
        }
    }
    Ok(outcome::DONE)
}

/// Returns a text as it was given, or what is piped in for `-`.
pub(super) fn text_or_input(text: String) -> Result<String> {
    if text == "-" { standard_input() } else { Ok(text) }
}

/// Reads what is piped in, a little further than a memory may be long, to notice that it is too long.
fn standard_input() -> Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        output::talk("type what to remember, then Ctrl-D on a line of its own");
    }
    let mut bytes = Vec::new();
    let read = input.lock().take(MAX_TEXT_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io("standard input", &error))?;
    if bytes.len() > MAX_TEXT_BYTES {
        // How many more there are, nobody has read.
        let message = format!("standard input has more than {MAX_TEXT_BYTES} bytes, which is what one text holds");
        return Err(Error::new(ErrorKind::TooLarge, message)
            .hint("write it to a file and run `hydra ingest FILE`, or give its parts"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_end_matches('\n').to_owned()),
        Err(_) => Err(Error::new(ErrorKind::Invalid, "standard input is not UTF-8 text")
            .hint("convert it, for example with `iconv -t UTF-8`")),
    }
}
