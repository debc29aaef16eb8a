//! `get` as a request.

use hydra_graph::{ErrorKind, GetRequest, GetView, Id, Memory, MentionRequest, Mentioned, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Texts that give a reference, of one answer.
const MENTIONS: usize = 50;

/// How much of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize, clap::ValueEnum)]
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
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Get {
    /// The ids.
    pub ids: Vec<Id>,
    /// Names of entities, addresses, paths, issues, commits and names in code.
    #[serde(default)]
    pub names: Vec<String>,
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
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let view = match self.view {
            View::Index => GetView::Index,
            View::Full => GetView::Full,
            View::Provenance => GetView::Provenance,
            View::History => GetView::History,
        };
        let moment = when::of(self.as_of, self.known_at, session.now())?;
        let (mut ids, mut mentions, mut unknown) = (self.ids, Vec::new(), Vec::new());
        for of in self.names {
            let request = MentionRequest {
                spaces: self.spaces.clone(),
                moment,
                limit: MENTIONS,
                ..MentionRequest::new(of.as_str())
            };
            match memory.mentions(&request) {
                Ok(Mentioned { id: Some(id), .. }) => ids.push(id),
                Ok(mentioned) => mentions.push(mentioned),
                // The others are shown all the same.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict) => {
                    let hint = error.next_step().map(|hint| format!("; {hint}")).unwrap_or_default();
                    unknown.push(json!({"name": of, "error": format!("{}{hint}", error.message())}));
                }
                Err(error) => return Err(error),
            }
        }
        let got = memory.get_as(&GetRequest { ids, view, moment, spaces: self.spaces })?;
        let mut answer = json!({"records": super::json(&got)?});
        if !mentions.is_empty() {
            answer["mentions"] = super::json(&mentions)?;
        }
        if let Some(records) = answer["records"].as_array_mut() {
            records.append(&mut unknown);
        }
        Ok(answer)
    }
}
