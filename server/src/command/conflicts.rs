//! `hydra conflicts`

use clap::Args;
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Conflicts;

const EXAMPLES: &str = "\
Examples:
  hydra conflicts
  hydra update 01kgy40000000 --keep 01kgy3v5q2w8e

Only a newer value of what has one value at a time ends a fact by itself, and only if it is trusted as much. Everything
else that disagrees stays side by side until you settle it.";

/// Options of `hydra conflicts`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    conflicts: Vec<Conflict>,
}

#[derive(Deserialize)]
struct Conflict {
    id: String,
    recorded_at: String,
    sides: Vec<Side>,
    voices: Vec<usize>,
}

#[derive(Deserialize)]
struct Side {
    id: String,
    text: String,
    trust: String,
    valid_from: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let answer = super::ask(setting, Need::Graph, Conflicts { spaces: arguments.space }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { conflicts } = super::read(answer)?;
    if conflicts.is_empty() {
        output::talk("nothing disagrees");
        return Ok(outcome::NOTHING_FOUND);
    }
    for Conflict { id, recorded_at, sides, voices } in conflicts {
        let mut lines = vec![format!("{id}  since {}", &recorded_at[..recorded_at.len().min(10)])];
        for (Side { id, text, trust, valid_from }, voices) in sides.into_iter().zip(voices) {
            let since = valid_from.map(|from| format!(", since {}", &from[..from.len().min(10)])).unwrap_or_default();
            let voices = if voices > 1 { format!(", {voices} independent voices") } else { String::new() };
            lines.push(format!("  {id}  {}  ({trust}{since}{voices})", output::plain(&text)));
        }
        output::data(&lines.join("\n"))?;
    }
    Ok(outcome::DONE)
}
