//! `hydra completions`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use hydra_graph::{Error, Result};

use crate::cli::Cli;
use crate::outcome;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  hydra completions bash > ~/.local/share/bash-completion/completions/hydra
  hydra completions zsh > ~/.zfunc/_hydra
  hydra completions fish > ~/.config/fish/completions/hydra.fish";

/// Options of `hydra completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs it.
///
/// # Errors
/// When standard output can't be written.
pub fn run(arguments: &Arguments) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "hydra", &mut script);
    let script =
        String::from_utf8(script).map_err(|error| Error::io("the completions", &std::io::Error::other(error)))?;
    output::data(script.trim_end())?;
    Ok(outcome::DONE)
}
