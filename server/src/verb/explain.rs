//! `explain` as a request.

use hydra_graph::{Answered, Error, ErrorKind, Id, Memory, Question, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Session, Verb};

/// Asks why an answer is as it is.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Explain {
    /// An earlier answer.
    pub trace: Option<Id>,
    /// A question, if there is no earlier answer.
    pub query: Option<String>,
    /// Only this memory.
    pub id: Option<Id>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
}

impl Verb for Explain {
    const NAME: &'static str = "explain";

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        let answered = match (self.trace, self.query) {
            (Some(trace), _) => Answered::Before(trace),
            (None, Some(query)) => Answered::Now(Question { spaces: self.spaces.clone(), ..Question::new(query) }),
            (None, None) => {
                return Err(Error::new(ErrorKind::Invalid, "nothing to explain").hint("give a trace or a query"));
            }
        };
        super::json(&memory.explain_in(&self.spaces, answered, self.id)?)
    }
}
