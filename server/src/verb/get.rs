//! `get` as a request.

use hydra_graph::{GetRequest, GetView, Id, Memory, Result};
use hydra_mcp::when;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Session, Verb};

/// How much of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// One line.
    Index,
    /// Everything but its past.
    #[default]
    Full,
    /// Where it comes from.
    Provenance,
    /// Every change to it.
    History,
}

/// Asks what ids stand for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Get {
    /// The ids.
    pub ids: Vec<Id>,
    /// How much of each.
    #[serde(default)]
    pub view: View,
    /// Whether it was true then.
    #[serde(default)]
    pub as_of: Option<String>,
    /// What was known then.
    #[serde(default)]
    pub known_at: Option<String>,
    /// Only of these spaces; all if there are none.
    #[serde(default)]
    pub spaces: Vec<String>,
}

impl Verb for Get {
    const NAME: &'static str = "get";

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let view = match self.view {
            View::Index => GetView::Index,
            View::Full => GetView::Full,
            View::Provenance => GetView::Provenance,
            View::History => GetView::History,
        };
        let moment = when::of(self.as_of, self.known_at, session.now())?;
        let got = memory.get_as(&GetRequest { ids: self.ids, view, moment, spaces: self.spaces })?;
        Ok(json!({"records": super::json(&got)?}))
    }
}
