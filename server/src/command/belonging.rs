//! What a text that is told belongs to: its evidence, its space, and whom or what it is about.

use clap::Args;
use hydra_graph::Id;

/// What every command that tells something takes.
#[derive(Debug, Args)]
pub struct Belonging {
    /// A memory or passage that it rests on (repeatable)
    #[arg(long, value_name = "ID")]
    pub evidence: Vec<Id>,
    /// Where it belongs [default: personal]
    #[arg(long, value_name = "SPACE")]
    pub space: Option<String>,
    /// A person, project or thing it is about (repeatable)
    #[arg(long, value_name = "NAME")]
    pub entity: Vec<String>,
}
