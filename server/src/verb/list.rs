//! `list` and `changes` as requests.

use hydra_graph::{ChangesRequest, Id, Kind, ListRequest, Memory, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Memories, or commits, of a page when no limit is given.
const DEFAULT_PAGE: usize = 20;

/// Asks for the memories of one kind that stand, newest first.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What they are.
    pub kind: Kind,
    /// Only what is about the entity of this name or id.
    #[serde(default)]
    pub about: Option<String>,
    /// Only of these spaces; all if there are none.
    #[serde(default)]
    pub spaces: Vec<String>,
    /// What was true then.
    #[serde(default)]
    pub as_of: Option<String>,
    /// What was known then.
    #[serde(default)]
    pub known_at: Option<String>,
    /// Goes on after this one.
    #[serde(default)]
    pub after: Option<Id>,
    /// How many at most.
    #[serde(default)]
    pub limit: Option<usize>,
}

impl Verb for List {
    const NAME: &'static str = "list";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let request = ListRequest {
            kind: self.kind,
            about: self.about,
            spaces: self.spaces,
            moment: when::of(self.as_of, self.known_at, session.now())?,
            after: self.after,
            first: self.limit.unwrap_or(DEFAULT_PAGE),
        };
        let mut answer = super::json(&memory.list(&request)?)?;
        super::note_unknown_spaces(memory, &request.spaces, &mut answer)?;
        Ok(answer)
    }
}

/// Asks for the commits since one.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Changes {
    /// The last commit that is known.
    pub after: Option<Id>,
    /// Going back instead: the last few before this one.
    pub before: Option<Id>,
    /// Only commits that did one of these, as `forget`; all if there are none.
    pub verbs: Vec<String>,
    /// Only what these spaces see; all if there are none.
    pub spaces: Vec<String>,
    /// How many at most.
    pub limit: Option<usize>,
}

impl Verb for Changes {
    const NAME: &'static str = "changes";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        let first = self.limit.unwrap_or(DEFAULT_PAGE);
        let Self { after, before, verbs, spaces, .. } = self;
        super::json(&memory.changes(&ChangesRequest { after, before, verbs, spaces, first })?)
    }
}
