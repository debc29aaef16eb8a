//! What a caller may do. The server says so of each request; a tool asks before it does anything.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hydra_graph::{Agent, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// What a request is about to do; the scopes of a token, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// It looks.
    Read,
    /// It tells something, or takes back what it told itself.
    Write,
    /// It decides what waits for the owner.
    Approve,
    /// It changes what can't be undone, what files are read, or hands out everything.
    Admin,
}

impl Right {
    /// Every one, least first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Approve, Self::Admin];

    /// Returns its name, as in the scope of a token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Approve => "approve",
            Self::Admin => "admin",
        }
    }

    /// Returns the error of someone who has not got it.
    pub fn missing(self) -> Error {
        let scope = self.as_str();
        Error::new(ErrorKind::Forbidden, format!("the token has not the scope `{scope}`")).hint(format!(
            "use one that has it; the owner makes one with: hydra token create --scope {scope} --name NAME"
        ))
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Right {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == text).ok_or_else(|| {
            let text: String = text.chars().take(40).collect();
            Error::new(ErrorKind::Invalid, format!("`{text}` is not a scope"))
                .hint(format!("name some of: {}", Self::ALL.map(Self::as_str).join(", ")))
        })
    }
}

/// Several rights. None contains another: what only captures needs not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// All of them: the owner's.
    pub fn all() -> Self {
        Right::ALL.into_iter().collect()
    }

    /// Tells whether one is among them.
    pub fn has(self, right: Right) -> bool {
        self.0 & bit(right) != 0
    }

    /// Returns them, least first.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | bit(right)))
    }
}

fn bit(right: Right) -> u8 {
    1 << right as u8
}

/// Hears that a right was missing, and of which tool.
pub type OnMissing = Arc<dyn Fn(Right, &'static str) + Send + Sync>;

/// Who holds the token of a request: put among the extensions of a request by whoever lets it in.
#[derive(Clone)]
pub struct Holder {
    /// In whose name it acts; by what the client calls itself if nobody says.
    pub agent: Option<Agent>,
    /// What it may do.
    pub rights: Rights,
    /// Hears what it may not.
    pub on_missing: OnMissing,
}

impl Holder {
    /// Returns the name that what they hold is counted under.
    pub fn name(&self) -> String {
        self.agent.as_ref().map_or_else(|| Agent::owner().name, |agent| agent.name.clone())
    }

    /// Checks that it may.
    ///
    /// # Errors
    /// `Forbidden` names the scope that is missing.
    pub fn check(&self, right: Right, of: &'static str) -> Result<()> {
        if self.rights.has(right) {
            return Ok(());
        }
        (self.on_missing)(right, of);
        Err(right.missing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_apart() {
        let some: Rights = [Right::Write, Right::Admin].into_iter().collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), [Right::Write, Right::Admin]);
        assert!(!some.has(Right::Read) && Rights::all().has(Right::Approve));
        for right in Right::ALL {
            assert_eq!(right.as_str().parse::<Right>().unwrap(), right);
        }
        assert!("root".parse::<Right>().unwrap_err().next_step().unwrap().contains("approve"));
    }
}
