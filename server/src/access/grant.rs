//! One token, or one browser's session: what it may do, and how it is recognised.

use hydra_graph::{Agent, Error, ErrorKind, GrantNote, Result, Timestamp, Trust};
use hydra_mcp::{Right, Rights};
use serde::{Deserialize, Serialize};

use crate::token::{TOKEN_BYTES, random_hex};

/// Longest name.
pub const MAX_NAME_BYTES: usize = 40;
/// Begins every token that is made, so that it is recognised where it should not be.
const PREFIX: &str = "hydra_";
/// Begins the names of sessions.
const SESSION: &str = "browser-";
/// Names that would be taken for somebody else.
const RESERVED: [&str; 4] = ["owner", "policy", "ingest", "import"];

/// What opens the door. It has no `Debug` and no way into a file, so that it gets into neither a log nor the data folder.
pub struct Secret(String);

impl Secret {
    /// Makes one.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn new() -> Result<Self> {
        Ok(Self(format!("{PREFIX}{}", random_hex(TOKEN_BYTES)?)))
    }

    /// Returns it, for whoever it is made for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what it is recognised by.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

/// What a secret is recognised by. A hash that is slow on purpose protects what people choose; nobody guesses 32 random bytes.
#[derive(Clone, Copy)]
pub struct Digest(blake3::Hash);

impl Digest {
    /// Takes it of whatever was presented.
    pub fn of(presented: &str) -> Self {
        Self(blake3::hash(presented.as_bytes()))
    }

    /// Compares without telling by the time it takes how much was right.
    pub fn is(&self, other: &Self) -> bool {
        constant_time_eq::constant_time_eq_32(self.0.as_bytes(), other.0.as_bytes())
    }
}

/// What a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantKind {
    /// A program.
    Token,
    /// The session of a browser.
    Browser,
}

/// What is to be granted.
#[derive(Clone)]
pub struct NewGrant {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub kind: GrantKind,
    /// What it may do.
    pub rights: Rights,
    /// How far it is trusted.
    pub trust: Trust,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Of a session: the token by which it was opened, if it was not the owner's.
    pub of: Option<String>,
}

/// A token or session, as it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What it is called; no two that are in force share a name.
    pub name: String,
    /// What it is for.
    pub kind: GrantKind,
    /// In hexadecimal.
    digest: String,
    /// What it may do.
    pub scopes: Vec<Right>,
    /// How far it is trusted.
    pub trust: Trust,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// When the owner ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<Timestamp>,
    /// Of a session: the token by which it was opened, if it was not the owner's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<String>,
}

impl Grant {
    /// Makes one of what it is recognised by.
    pub fn new(new: NewGrant, digest: Digest, now: Timestamp) -> Self {
        let NewGrant { name, kind, rights, trust, expires_at, of } = new;
        let (scopes, digest) = (rights.iter().collect(), digest.0.to_hex().to_string());
        Self { name, kind, digest, scopes, trust, created_at: now, expires_at, revoked_at: None, of }
    }

    /// Returns what it is recognised by; `None` if that does not read.
    pub fn digest(&self) -> Option<Digest> {
        blake3::Hash::from_hex(&self.digest).ok().map(Digest)
    }

    /// Returns what it may do.
    pub fn rights(&self) -> Rights {
        self.scopes.iter().copied().collect()
    }

    /// Returns in whose name it acts. A browser of the owner is the owner.
    pub fn agent(&self) -> Agent {
        match (self.kind, &self.of) {
            (GrantKind::Browser, None) => Agent { trust: self.trust, ..Agent::owner() },
            (GrantKind::Browser, Some(token)) => Agent { name: format!("token:{token}"), trust: self.trust },
            (GrantKind::Token, _) => Agent { name: format!("token:{}", self.name), trust: self.trust },
        }
    }

    /// Returns what the journal is told of a token. The sessions of browsers come and go.
    pub fn notes(&self) -> Vec<GrantNote> {
        if self.kind == GrantKind::Browser {
            return Vec::new();
        }
        let scopes: Vec<&str> = self.scopes.iter().map(|right| right.as_str()).collect();
        let until = self.expires_at.map(|end| format!(", until {end}")).unwrap_or_default();
        let made = format!("made {}: {}, trusted as {}{until}", self.created_at, scopes.join(","), self.trust.as_str());
        let ended = self.revoked_at.map(|at| format!("revoked {at}"));
        let note = |what: String| GrantNote { agent: self.agent().name, what };
        [Some(made), ended].into_iter().flatten().map(note).collect()
    }

    /// Tells whether it is in force.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Returns how it stands, in a word.
    pub fn standing(&self, now: Timestamp) -> &'static str {
        match self {
            Self { revoked_at: Some(_), .. } => "revoked",
            _ if self.is_live(now) => "in force",
            _ => "expired",
        }
    }
}

/// Checks a name that somebody chose for a token.
///
/// # Errors
/// `Invalid` says what a name looks like.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let shown: String = name.chars().take(MAX_NAME_BYTES).collect();
    if !is_plain || !begins || name.len() > MAX_NAME_BYTES {
        return Err(Error::new(ErrorKind::Invalid, format!("`{shown}` is no name of a token"))
            .hint(format!("take 1 to {MAX_NAME_BYTES} letters, digits, dots, dashes or underscores, as in laptop")));
    }
    if RESERVED.contains(&name) || name.starts_with(SESSION) {
        return Err(Error::new(ErrorKind::Invalid, format!("the name `{shown}` is taken by Hydra itself"))
            .hint("name it after the program or device that uses it"));
    }
    Ok(())
}

/// Names a session: the first number that no other has.
pub fn session_name(all: &[Grant]) -> String {
    let is_free = |name: &String| all.iter().all(|grant| grant.name != *name);
    (1..).map(|number| format!("{SESSION}{number}")).find(is_free).expect("there are more numbers than sessions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["laptop", "a", "my-phone.2", "X_1", &"x".repeat(MAX_NAME_BYTES)] {
            check_name(name).unwrap();
        }
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        for name in ["", "-a", "a b", "ö", "a/b", "a\n", "owner", "browser-1", long.as_str()] {
            assert_eq!(check_name(name).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
        }
    }

    #[test]
    fn a_secret_is_recognised_and_nothing_else() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_eq!(one.as_str().len(), PREFIX.len() + 2 * TOKEN_BYTES);
        assert!(one.digest().is(&Digest::of(one.as_str())));
        assert!(!one.digest().is(&other.digest()) && !one.digest().is(&Digest::of("")));
    }
}
