//! The file of all grants. It is read whole and written whole, by one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hydra_graph::{Error, ErrorKind, Result, Timestamp};
use hydra_mcp::gives_way;
use serde::{Deserialize, Serialize};

use super::grant::{self, Grant, GrantKind, NewGrant, Secret};
use crate::folder;

/// Its name in the data folder.
pub const FILE: &str = "tokens.json";
/// Held while it is changed.
pub const LOCK_FILE: &str = "tokens.lock";
/// When each was used last, as far as it was written down.
pub const USED_FILE: &str = "tokens.used.json";
/// Tokens that may be in force at once. A person has a dozen programs and devices; each request is compared with all.
pub const MAX_TOKENS: usize = 64;
/// Browser sessions that may be in force at once; the oldest of whoever has most gives way.
pub const MAX_SESSIONS: usize = 32;
/// Those that one token opened; its oldest gives way.
pub const MAX_SESSIONS_OF_A_TOKEN: usize = 8;
/// Grants that ended and are still recognised as such; the oldest is dropped.
pub const MAX_ENDED: usize = 128;
/// The version of the file.
const VERSION: u32 = 1;
/// How long the lock is waited for; whoever holds it writes one small file.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// How often it is tried.
const TRY_EVERY: Duration = Duration::from_millis(5);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    tokens: Vec<Grant>,
}

/// Reads every grant; none when there is no file.
///
/// # Errors
/// `Invalid` when others can read the file or it does not read.
pub fn read(data_dir: &Path) -> Result<Vec<Grant>> {
    let path = path(data_dir);
    let shown = path.display();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(shown, &error)),
    };
    if folder::others_can_read(&path).map_err(|error| Error::io(&shown, &error))? {
        return Err(Error::new(ErrorKind::Invalid, format!("others can read {shown}"))
            .hint(format!("nothing in it opens the door, but nobody else should change it: run `chmod 600 {shown}`")));
    }
    match serde_json::from_slice::<Written>(&bytes) {
        Ok(Written { version: VERSION, tokens }) => Ok(tokens),
        Ok(Written { version, .. }) => {
            Err(Error::new(ErrorKind::Newer, format!("{shown} is of version {version}, this program reads {VERSION}"))
                .hint("use the newer program"))
        }
        Err(error) => Err(Error::new(ErrorKind::Invalid, format!("{shown} does not read: {error}"))
            .hint("put back a copy of it, or remove it: every token is void then, and you make new ones")),
    }
}

/// Makes a token; its secret is known to nobody but the caller.
///
/// # Errors
/// `Conflict` when one of that name is in force; `TooLarge` beyond [`MAX_TOKENS`]; `Invalid` for a bad name or no scope.
pub fn create(data_dir: &Path, new: NewGrant, now: Timestamp) -> Result<(Grant, Secret)> {
    grant::check_name(&new.name)?;
    if new.rights.iter().next().is_none() {
        return Err(Error::new(ErrorKind::Invalid, "a token without a scope opens nothing")
            .hint("name some: --scope read,write"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::new(ErrorKind::Invalid, "the token would have expired before it is used")
            .hint("give how long it lasts, as in --expires 30d"));
    }
    let secret = Secret::new()?;
    let grant = Grant::new(new, secret.digest(), now);
    change(data_dir, |all| {
        let live = all.iter().filter(|other| other.kind == GrantKind::Token && other.is_live(now));
        if live.clone().any(|other| other.name == grant.name) {
            return Err(Error::new(ErrorKind::Conflict, format!("there is a token named `{}` already", grant.name))
                .hint(format!("take another name, or end that one first: `hydra token revoke {}`", grant.name)));
        }
        if live.count() >= MAX_TOKENS {
            return Err(Error::new(ErrorKind::TooLarge, format!("{MAX_TOKENS} tokens are in force already"))
                .hint("revoke one that nobody uses: `hydra token list` says when each was used last"));
        }
        // Whose name is taken on is recognised no more; it would be two in the list.
        all.retain(|other| other.name != grant.name);
        all.push(grant.clone());
        Ok(())
    })?;
    Ok((grant, secret))
}

/// Opens the session of a browser; `made_at` is when the token was made that it is opened by, if it is not the owner's.
///
/// # Errors
/// `Forbidden` when that token is in force no more; else what the disk says.
pub fn open_session(
    data_dir: &Path,
    mut new: NewGrant,
    made_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Grant, Secret)> {
    let secret = Secret::new()?;
    let grant = change(data_dir, |all| {
        // Looked at under the file's lock: a link must not outlive the token that made it.
        let is_of = |grant: &Grant| Some(&grant.name) == new.of.as_ref() && Some(grant.created_at) == made_at;
        if new.of.is_some() && !all.iter().any(|grant| is_of(grant) && grant.is_live(now)) {
            return Err(Error::new(ErrorKind::Forbidden, "the token that made the link is in force no more")
                .hint("run `hydra open` for a link of the owner's"));
        }
        // They stand in the order in which they were opened.
        let mut open: Vec<&mut Grant> =
            all.iter_mut().filter(|grant| grant.kind == GrantKind::Browser && grant.is_live(now)).collect();
        let each = if new.of.is_some() { MAX_SESSIONS_OF_A_TOKEN } else { MAX_SESSIONS };
        let holders: Vec<Option<String>> = open.iter().map(|grant| grant.of.clone()).collect();
        if let Some(oldest) = gives_way(&holders, &new.of, each, MAX_SESSIONS) {
            open[oldest].revoked_at = Some(now);
        }
        new.name = grant::session_name(all);
        let grant = Grant::new(new, secret.digest(), now);
        all.push(grant.clone());
        Ok(grant)
    })?;
    Ok((grant, secret))
}

/// Ends a token or session, and the sessions that were opened by it. Returns their names.
///
/// # Errors
/// `NotFound` when none of that name is in force.
pub fn revoke(data_dir: &Path, name: &str, now: Timestamp) -> Result<Vec<String>> {
    change(data_dir, |all| {
        let is_meant = |grant: &&mut Grant| grant.name == name || grant.of.as_deref() == Some(name);
        let mut ended = Vec::new();
        for grant in all.iter_mut().filter(is_meant).filter(|grant| grant.is_live(now)) {
            grant.revoked_at = Some(now);
            ended.push(grant.name.clone());
        }
        if ended.is_empty() {
            let name: String = name.chars().take(grant::MAX_NAME_BYTES).collect();
            return Err(Error::new(ErrorKind::NotFound, format!("no token named `{name}` is in force"))
                .hint("`hydra token list` names those that are"));
        }
        Ok(ended)
    })
}

/// Changes what is kept. Nothing is written when `decide` refuses.
fn change<T>(data_dir: &Path, decide: impl FnOnce(&mut Vec<Grant>) -> Result<T>) -> Result<T> {
    let _turn = Turn::wait(data_dir)?;
    let mut tokens = read(data_dir)?;
    let done = decide(&mut tokens)?;
    drop_ended(&mut tokens);
    let json = serde_json::to_vec_pretty(&Written { version: VERSION, tokens })
        .map_err(|error| Error::io(FILE, &error.into()))?;
    folder::write_private(&path(data_dir), &json)?;
    Ok(done)
}

/// Drops those that ended first. Whoever comes with one of them is a stranger then.
fn drop_ended(all: &mut Vec<Grant>) {
    let ended = |grant: &Grant| grant.revoked_at.or(grant.expires_at);
    let mut ends: Vec<Timestamp> = all.iter().filter_map(ended).collect();
    // Those that expire later than all others stand last, and there are never so many in force.
    ends.sort_unstable();
    let surplus = ends.len().saturating_sub(MAX_ENDED + MAX_TOKENS + MAX_SESSIONS);
    if let Some(until) = surplus.checked_sub(1).and_then(|last| ends.get(last)).copied() {
        all.retain(|grant| ended(grant).is_none_or(|end| end > until));
    }
}

/// The lock, held.
struct Turn(#[expect(dead_code, reason = "held until it is dropped")] File);

impl Turn {
    fn wait(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(LOCK_FILE);
        let failed = |error: std::io::Error| Error::io(path.display(), &error);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    return Err(Error::new(ErrorKind::Locked, "another process changes the tokens, and does not end")
                        .hint("look for a `hydra token` that hangs, end it, and run this again"));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_EVERY),
            }
        }
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use hydra_graph::Trust;
    use hydra_mcp::Right;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn new(name: &str) -> NewGrant {
        NewGrant {
            name: name.to_owned(),
            kind: GrantKind::Token,
            rights: [Right::Read].into_iter().collect(),
            trust: Trust::Agent,
            expires_at: None,
            of: None,
        }
    }

    #[test]
    fn a_name_is_given_once_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let (made, secret) = create(temp.path(), new("laptop"), at(1)).unwrap();
        assert!(made.digest().unwrap().is(&secret.digest()));
        assert_eq!(create(temp.path(), new("laptop"), at(2)).err().unwrap().kind(), ErrorKind::Conflict);
        assert_eq!(revoke(temp.path(), "laptop", at(3)).unwrap(), ["laptop"]);
        assert_eq!(revoke(temp.path(), "laptop", at(4)).unwrap_err().kind(), ErrorKind::NotFound);
        create(temp.path(), new("laptop"), at(5)).unwrap();
        assert_eq!(read(temp.path()).unwrap().len(), 1);
        let text = std::fs::read_to_string(path(temp.path())).unwrap();
        assert!(!text.contains(secret.as_str()));
        assert_eq!(std::fs::metadata(path(temp.path())).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn tokens_and_sessions_are_bounded() {
        let temp = tempfile::tempdir().unwrap();
        for number in 0..MAX_TOKENS {
            create(temp.path(), new(&format!("t{number}")), at(1)).unwrap();
        }
        assert_eq!(create(temp.path(), new("more"), at(1)).err().unwrap().kind(), ErrorKind::TooLarge);
        let session = NewGrant { kind: GrantKind::Browser, of: Some("t0".to_owned()), ..new("") };
        let open = |of: Option<&str>| {
            let new = NewGrant { of: of.map(str::to_owned), ..session.clone() };
            open_session(temp.path(), new, of.map(|_| at(1)), at(2)).unwrap().0.name
        };
        let live = |of: Option<&str>| -> Vec<String> {
            let all = read(temp.path()).unwrap().into_iter();
            let is_it = |grant: &Grant| grant.kind == GrantKind::Browser && grant.of.as_deref() == of;
            all.filter(|grant| is_it(grant) && grant.is_live(at(2))).map(|grant| grant.name).collect()
        };
        // A token takes its own away and nobody else's; the owner's go only when the owner has most.
        let (mine, other) = (open(None), open(Some("t1")));
        let opened: Vec<String> = (0..2 * MAX_SESSIONS).map(|_| open(Some("t0"))).collect();
        assert_eq!(live(Some("t0")), opened[opened.len() - MAX_SESSIONS_OF_A_TOKEN..]);
        assert_eq!((live(None), live(Some("t1"))), (vec![mine.clone()], vec![other.clone()]));
        let more: Vec<String> = (0..MAX_SESSIONS).map(|_| open(None)).collect();
        assert_eq!(live(None).last(), more.last());
        assert_eq!((live(Some("t1")), live(Some("t0")).len()), (vec![other], MAX_SESSIONS_OF_A_TOKEN));
        assert_eq!(live(None).len() + 1 + MAX_SESSIONS_OF_A_TOKEN, MAX_SESSIONS);
        let ended = revoke(temp.path(), "t0", at(3)).unwrap();
        assert_eq!(ended.len(), 1 + MAX_SESSIONS_OF_A_TOKEN, "its sessions end with it");
        // A link of it that was not followed yet opens nothing, also when another has its name.
        create(temp.path(), new("t0"), at(4)).unwrap();
        let late = open_session(temp.path(), session, Some(at(1)), at(4));
        assert_eq!(late.err().unwrap().kind(), ErrorKind::Forbidden);
        for number in 0..2 * MAX_ENDED + MAX_TOKENS {
            let _ = revoke(temp.path(), &format!("t{number}"), at(3));
            create(temp.path(), new(&format!("n{number}")), at(4)).unwrap();
            revoke(temp.path(), &format!("n{number}"), at(5)).unwrap();
        }
        assert!(read(temp.path()).unwrap().len() <= MAX_ENDED + MAX_TOKENS + MAX_SESSIONS);
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let temp = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let folder = temp.path();
                scope.spawn(move || create(folder, new(&format!("t{number}")), at(1)).unwrap());
            }
        });
        assert_eq!(read(temp.path()).unwrap().len(), 16);
    }

    #[test]
    fn what_others_can_read_or_is_broken_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        create(temp.path(), new("a"), at(1)).unwrap();
        std::fs::set_permissions(path(temp.path()), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read(temp.path()).err().unwrap().kind(), ErrorKind::Invalid);
        folder::write_private(&path(temp.path()), b"{").unwrap();
        assert_eq!(read(temp.path()).err().unwrap().kind(), ErrorKind::Invalid);
        assert!(create(temp.path(), new("b"), at(1)).is_err(), "what does not read is not overwritten");
    }
}
