//! How a turn of a conversation with an agent came about: whose part it was, with which tool, and where the work was done.

use std::str::FromStr;

use oxigraph::model::{NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::names::shortened;
use crate::store::{Node, number, string, term_text};
use crate::vocab;

/// Whose part a turn is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What the person said.
    User,
    /// What the agent said.
    #[default]
    Assistant,
    /// What the agent did with a tool, and what came of it.
    Tool,
    /// What the agent made of the conversation so far when it grew too long.
    Summary,
}

impl Role {
    /// Returns the name in the graph and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::Summary => "summary",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::User, Self::Assistant, Self::Tool, Self::Summary]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                Error::new(ErrorKind::Invalid, format!("`{}` is not a role", shortened(text)))
                    .hint("roles are user, assistant, tool and summary")
            })
    }
}

/// What is known of a turn besides its words, its speaker and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Turn {
    /// Whose part it is.
    pub role: Role,
    /// The how manyth of its transcript it is, from 1.
    pub number: usize,
    /// The tool that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The folder that the work was done in: the root of its repository, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The branch that was checked out there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The sub-agent whose turn it is, for turns beside the conversation itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_agent: Option<String>,
}

impl Turn {
    /// Says it of a node.
    pub(crate) fn say(&self, node: &mut Node) {
        node.say(vocab::ROLE, string(self.role.as_str()))
            .say(vocab::TURN, number(self.number))
            .maybe(vocab::TOOL, self.tool.as_ref().map(string))
            .maybe(vocab::REPOSITORY, self.repository.as_ref().map(string))
            .maybe(vocab::BRANCH, self.branch.as_ref().map(string))
            .maybe(vocab::SUB_AGENT, self.sub_agent.as_ref().map(string));
    }

    /// Says it in words: `turn 12, tool Bash, in /src/atlas on main, by sub-agent a88`.
    pub fn words(&self) -> String {
        let mut words = format!("turn {}, {}", self.number, self.role.as_str());
        if let Some(tool) = &self.tool {
            words.push_str(&format!(" {tool}"));
        }
        if let Some(repository) = &self.repository {
            words.push_str(&format!(", in {repository}"));
        }
        if let Some(branch) = &self.branch {
            words.push_str(&format!(" on {branch}"));
        }
        if let Some(agent) = &self.sub_agent {
            words.push_str(&format!(", by sub-agent {agent}"));
        }
        words
    }
}

/// Reads it from what is said of a node; `None` if that is no such turn.
pub(crate) fn of_quads(quads: &[Quad]) -> Option<Turn> {
    let text = |predicate: NamedNodeRef<'_>| {
        quads.iter().find(|quad| quad.predicate.as_ref() == predicate).and_then(|quad| term_text(&quad.object))
    };
    Some(Turn {
        role: text(vocab::ROLE)?.parse().ok()?,
        number: text(vocab::TURN)?.parse().ok()?,
        tool: text(vocab::TOOL),
        repository: text(vocab::REPOSITORY),
        branch: text(vocab::BRANCH),
        sub_agent: text(vocab::SUB_AGENT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn a_turn_reads_back_as_it_was_said() {
        let plain = Turn { role: Role::User, number: 1, ..Turn::default() };
        let full = Turn {
            role: Role::Tool,
            number: 12,
            tool: Some("Bash".into()),
            repository: Some("/src/atlas".into()),
            branch: Some("main".into()),
            sub_agent: Some("a88".into()),
        };
        for turn in [&plain, &full] {
            let id: Id = "038g93ppke00p".parse().unwrap();
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            turn.say(&mut node);
            assert_eq!(of_quads(&node.quads).as_ref(), Some(turn));
        }
        assert_eq!(plain.words(), "turn 1, user");
        assert_eq!(full.words(), "turn 12, tool Bash, in /src/atlas on main, by sub-agent a88");
        assert!("robot".parse::<Role>().is_err());
    }
}
