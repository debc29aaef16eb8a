//! The running server's look at who may come in. The file is looked at with every request that holds no owner's token, so
//! that a new token opens and a revoked one is refused at once, whoever changed it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hydra_graph::{Agent, ErrorKind, GrantNote, Result, Timestamp};
use hydra_mcp::Rights;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::grant::{Digest, Grant, GrantKind, NewGrant, Secret};
use super::ledger::{self, USED_FILE};
use crate::folder;
use crate::token::Token;
use crate::wiring;

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// With the owner's own token.
    Owner,
    /// With a token that the owner made.
    Token,
    /// With the cookie of a session.
    Cookie,
}

/// Who came in.
#[derive(Clone)]
pub struct Identity {
    /// Of a token or session, its name; else `owner`.
    pub name: String,
    /// On whose account their requests are: of a session that a token opened, the token, since it opens several.
    pub account: String,
    /// In whose name they act.
    pub agent: Agent,
    /// What they may do.
    pub rights: Rights,
    /// How they came in.
    pub via: Via,
    /// Of a token or session, when it was made: another may have its name later.
    pub(super) made_at: Option<Timestamp>,
    /// When that ends.
    pub expires_at: Option<Timestamp>,
}

impl Identity {
    /// The owner.
    pub fn owner() -> Self {
        let agent = Agent::owner();
        Self {
            name: agent.name.clone(),
            account: agent.name.clone(),
            agent,
            rights: Rights::all(),
            via: Via::Owner,
            made_at: None,
            expires_at: None,
        }
    }

    fn of(grant: &Grant) -> Self {
        let via = match grant.kind {
            GrantKind::Token => Via::Token,
            GrantKind::Browser => Via::Cookie,
        };
        Self {
            name: grant.name.clone(),
            account: grant.of.as_ref().unwrap_or(&grant.name).clone(),
            agent: grant.agent(),
            rights: grant.rights(),
            via,
            made_at: Some(grant.created_at),
            expires_at: grant.expires_at,
        }
    }

    /// Describes the session that somebody's link opens: they, in a browser, and no longer than they.
    fn session(&self, until: Timestamp) -> NewGrant {
        let expires_at = self.expires_at.map_or(until, |end| end.min(until));
        NewGrant {
            name: String::new(),
            kind: GrantKind::Browser,
            rights: self.rights,
            trust: self.agent.trust,
            expires_at: Some(expires_at),
            of: (self.via != Via::Owner).then(|| self.name.clone()),
        }
    }
}

/// What became of a secret that was presented.
pub enum Found {
    /// It opens.
    In(Identity),
    /// It opened once: of the grant with this name.
    Ended {
        /// Its name.
        name: String,
        /// `revoked` or `expired`.
        how: &'static str,
    },
    /// It is nobody's.
    Stranger,
}

/// Who may come in. Shared by all requests.
pub struct Register {
    data_dir: PathBuf,
    owner: Token,
    /// Guards what was read; held for a look at the file's date, and to read it when that changed.
    known: Mutex<Known>,
    /// Changes with each change of the file that was seen.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    /// Of the file that was read; `None` for none.
    stamp: Option<Stamp>,
    grants: Arc<Vec<Grant>>,
    /// When each was used last.
    used: BTreeMap<String, Timestamp>,
    /// Whether that is not written down yet.
    is_used: bool,
}

/// Every file that is put in the place of another has another one of these.
type Stamp = (u64, i64, i64, u64);

impl Register {
    /// Begins to look. What does not read lets in nobody but the owner.
    pub fn new(data_dir: &Path, owner: Token) -> Self {
        let used = read_used(data_dir);
        let known = Mutex::new(Known { used, ..Known::default() });
        let register = Self { data_dir: data_dir.to_owned(), owner, known, changed: watch::Sender::new(0) };
        register.grants();
        register
    }

    /// Tells whose secret it is.
    pub fn find(&self, presented: &str, now: Timestamp) -> Found {
        if self.owner.is(presented) {
            return Found::In(Identity::owner());
        }
        let digest = Digest::of(presented);
        let grants = self.grants();
        // All are compared, whichever it is.
        let found = grants.iter().fold(None, |found, grant| match grant.digest() {
            Some(own) if own.is(&digest) => Some(grant),
            _ => found,
        });
        match found {
            None => Found::Stranger,
            Some(grant) if grant.is_live(now) => {
                let mut known = self.known.lock();
                known.is_used |= known.used.insert(grant.name.clone(), now) != Some(now);
                Found::In(Identity::of(grant))
            }
            Some(grant) => Found::Ended { name: grant.name.clone(), how: grant.standing(now) },
        }
    }

    /// Lets somebody stay who came in.
    pub fn stay(self: &Arc<Self>, identity: &Identity) -> Stay {
        Stay((identity.via != Via::Owner).then(|| Arc::new((Arc::clone(self), identity.clone()))))
    }

    /// Looks at the file, for those who stay and ask nothing.
    pub fn look(&self) {
        self.grants();
    }

    /// Opens a session of somebody until then at most, and returns its secret.
    ///
    /// # Errors
    /// `Forbidden` when the token of whoever it is ended meanwhile; else what the disk says.
    pub fn open_session(&self, by: &Identity, until: Timestamp, now: Timestamp) -> Result<(Grant, Secret)> {
        ledger::open_session(&self.data_dir, by.session(until), by.made_at, now)
    }

    /// Writes down when each was used last, if that changed; no more than that is lost with a crash.
    pub fn keep_used(&self) {
        let used = {
            let mut known = self.known.lock();
            if !std::mem::take(&mut known.is_used) {
                return;
            }
            let names: Vec<String> = known.grants.iter().map(|grant| grant.name.clone()).collect();
            known.used.retain(|name, _| names.contains(name));
            known.used.clone()
        };
        let written = serde_json::to_vec(&used).map_err(|error| hydra_graph::Error::io(USED_FILE, &error.into()));
        if let Err(error) = written.and_then(|json| folder::write_unsynced(&self.data_dir.join(USED_FILE), &json)) {
            tracing::warn!("when tokens were used last is not written down: {error}");
        }
    }

    /// Returns what changes with each change of the file that was seen.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Returns what the journal should know of the tokens there are.
    pub fn notes(&self) -> Vec<GrantNote> {
        self.grants().iter().flat_map(Grant::notes).collect()
    }

    fn is_in(&self, identity: &Identity, now: Timestamp) -> bool {
        let is_they = |grant: &Grant| {
            grant.name == identity.name && Some(grant.created_at) == identity.made_at && grant.is_live(now)
        };
        identity.via == Via::Owner || self.grants().iter().any(is_they)
    }

    fn grants(&self) -> Arc<Vec<Grant>> {
        let stamp = std::fs::metadata(self.data_dir.join(ledger::FILE)).ok();
        let stamp = stamp.map(|file| (file.ino(), file.ctime(), file.ctime_nsec(), file.len()));
        let mut known = self.known.lock();
        if known.stamp != stamp {
            let read = ledger::read(&self.data_dir);
            // A disk that did not answer is asked again by the next request.
            known.stamp = stamp.filter(|_| !read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Io));
            known.grants = Arc::new(read.unwrap_or_else(|error| {
                tracing::warn!("no token but the owner's opens: {error}");
                Vec::new()
            }));
            self.changed.send_modify(|times| *times = times.wrapping_add(1));
        }
        Arc::clone(&known.grants)
    }
}

/// That somebody came in, for what goes on after their request: a stream, a conversation. The owner may stay for ever.
#[derive(Clone, Default)]
pub struct Stay(Option<Arc<(Arc<Register>, Identity)>>);

impl Stay {
    /// Tells whether it can end.
    pub fn has_end(&self) -> bool {
        self.0.is_some()
    }

    /// Waits until they may not be in any more.
    pub async fn ended(self) {
        let Some(stay) = self.0 else { return std::future::pending().await };
        let (register, identity) = &*stay;
        let mut changed = register.changed.subscribe();
        loop {
            let now = wiring::now();
            if !register.is_in(identity, now) {
                return;
            }
            let left_ms = identity.expires_at.map(|end| end.as_millis().saturating_sub(now.as_millis()));
            let expiry = async {
                match left_ms.and_then(|left| u64::try_from(left).ok()) {
                    Some(left) => tokio::time::sleep(Duration::from_millis(left)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changed.changed() => {}
                () = expiry => {}
            }
        }
    }
}

/// Reads when each was used last; it is no more than a help.
pub fn read_used(data_dir: &Path) -> BTreeMap<String, Timestamp> {
    std::fs::read(data_dir.join(USED_FILE)).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hydra_graph::Trust;
    use hydra_mcp::Right;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn new(name: &str, expires_at: Option<Timestamp>) -> NewGrant {
        let rights = [Right::Read].into_iter().collect();
        NewGrant { name: name.to_owned(), kind: GrantKind::Token, rights, trust: Trust::Agent, expires_at, of: None }
    }

    fn how(register: &Register, secret: &str, now: Timestamp) -> String {
        match register.find(secret, now) {
            Found::In(identity) => identity.agent.name,
            Found::Ended { name, how } => format!("{name} {how}"),
            Found::Stranger => "stranger".to_owned(),
        }
    }

    #[test]
    fn every_change_is_seen_at_once() {
        let temp = tempfile::tempdir().unwrap();
        let owner = Token::read_or_make(temp.path()).unwrap();
        let register = Register::new(temp.path(), owner.clone());
        assert_eq!(how(&register, owner.as_str(), at(1)), "owner");
        let (_, secret) = ledger::create(temp.path(), new("laptop", Some(at(10))), at(1)).unwrap();
        let digest = secret.digest();
        assert_eq!(how(&register, secret.as_str(), at(9)), "token:laptop");
        assert_eq!(how(&register, secret.as_str(), at(10)), "laptop expired");
        assert_eq!(how(&register, &secret.as_str()[1..], at(1)), "stranger");
        let written = std::fs::read_to_string(temp.path().join(ledger::FILE)).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&written).unwrap();
        let kept = kept["tokens"][0]["digest"].as_str().unwrap();
        assert_eq!(how(&register, kept, at(1)), "stranger", "what the file holds opens nothing");
        ledger::revoke(temp.path(), "laptop", at(2)).unwrap();
        assert_eq!(how(&register, secret.as_str(), at(3)), "laptop revoked");
        assert!(digest.is(&secret.digest()));
        std::fs::write(temp.path().join(ledger::FILE), "{").unwrap();
        assert_eq!(how(&register, secret.as_str(), at(3)), "stranger", "what does not read lets in nobody");
        assert_eq!(how(&register, owner.as_str(), at(3)), "owner");
    }

    #[test]
    fn the_last_use_outlives_the_server() {
        let temp = tempfile::tempdir().unwrap();
        let owner = Token::read_or_make(temp.path()).unwrap();
        let (_, secret) = ledger::create(temp.path(), new("laptop", None), at(1)).unwrap();
        let register = Register::new(temp.path(), owner.clone());
        assert!(matches!(register.find(secret.as_str(), at(7)), Found::In(_)));
        register.keep_used();
        assert_eq!(read_used(temp.path())["laptop"], at(7));
        let again = Register::new(temp.path(), owner);
        again.find(secret.as_str(), at(8));
        again.keep_used();
        assert_eq!(read_used(temp.path())["laptop"], at(8));
    }
}
