//! From where a command that reads looks: which spaces, and which moment.

use clap::Args;

/// What every command that reads takes.
#[derive(Debug, Args)]
pub struct Look {
    /// What was true then in the world: 2026-01-31, a full time, or how long ago as in 7d
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<String>,
    /// What was known then, right or wrong; together with --as-of what was thought then of that time
    #[arg(long, value_name = "WHEN")]
    pub known_at: Option<String>,
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
}
