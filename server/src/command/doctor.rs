//! `hydra doctor`

use clap::Args;
use hydra_graph::{Error, Result};
use serde_json::json;

use super::Setting;
use super::progress::Progress;
use crate::cli::Global;
use crate::doctor::{self, Check, Patient, State};
use crate::outcome;
use crate::output::{self, Style};

const EXAMPLES: &str = "\
Examples:
  hydra doctor
  hydra doctor --fix
  hydra doctor --json | jq '.checks[] | select(.state != \"ok\")'

Looks at the configuration, the data folder, the server, the model, the memory, the last export, and at each agent that \
was installed: its entries, its program, one call through the bridge, and every hook with a sample. What is remembered, \
and secrets, are not in the report. --fix closes what others can read, removes what a server that is gone left behind, \
builds indexes again that disagree, and has settings of an agent run this program where they run one that is gone. \
Exit code 2 means that something does not work, 3 that the memory can't be reached.";

/// Options of `hydra doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Mend what is safe to mend
    #[arg(long)]
    pub fix: bool,
}

/// Runs it.
///
/// # Errors
/// When the report can't be written.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let patient = Patient { config: &setting.config, global: &setting.global, fix: arguments.fix };
    let mut progress = Progress::new(true);
    let checks = doctor::look(&patient, &mut |part| progress.name(part)).await;
    report(&setting.global, &checks)
}

/// Reports a configuration that does not read, without which nothing else can be looked at.
///
/// # Errors
/// As [`run`].
pub fn without_configuration(global: &Global, error: &Error) -> Result<u8> {
    report(global, &[Check::failed("configuration", error)])
}

fn report(global: &Global, checks: &[Check]) -> Result<u8> {
    let worst = checks.iter().map(|check| check.state).max().unwrap_or(State::Ok);
    if global.json {
        output::json(&json!({"ok": worst != State::Fail, "state": worst, "checks": checks}))?;
    } else {
        let style = Style::of_stdout();
        for check in checks {
            lines(check, style).iter().try_for_each(|line| output::data(line))?;
        }
    }
    Ok(checks.iter().find(|check| check.state == State::Fail).map_or(outcome::DONE, |check| check.code))
}

fn lines(check: &Check, style: Style) -> Vec<String> {
    let state = format!("{:<5}", if check.fixed { "fixed".to_owned() } else { check.state.to_string() });
    let state = if check.state == State::Ok { style.faint(&state) } else { style.warning(&state) };
    let mut lines = vec![format!("{state} {:<13} {}", check.name, output::plain(&check.said))];
    lines.extend(
        check.next.iter().map(|next| format!("{:<5} {:<13} next: {}", "", "", output::plain(&output::advice(next)))),
    );
    lines
}
