//! One-time links: how a browser gets a session without anybody typing a token into it. They are kept in memory alone.

use std::time::{Duration, Instant};

use hydra_graph::Result;
use hydra_mcp::gives_way;
use parking_lot::Mutex;

use super::grant::{Digest, Secret};
use super::register::{Identity, Via};

/// How long a link can be followed: as long as it takes to click it, or to paste it into another window.
pub const CODE_LIFE: Duration = Duration::from_secs(120);
/// Links that wait to be followed; the oldest of whoever has most gives way.
pub const MAX_CODES: usize = 16;
/// Those that one token made; its oldest gives way.
pub const MAX_CODES_OF_A_TOKEN: usize = 4;

/// The links that wait to be followed.
#[derive(Default)]
pub struct Links(Mutex<Vec<Link>>);

struct Link {
    digest: Digest,
    until: Instant,
    by: Identity,
}

impl Links {
    /// Makes the code of a link, in the name of who asks for it.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn make(&self, by: Identity, now: Instant) -> Result<Secret> {
        let code = Secret::new()?;
        let mut waiting = self.0.lock();
        waiting.retain(|link| now < link.until);
        let holders: Vec<&str> = waiting.iter().map(|link| link.by.agent.name.as_str()).collect();
        let each = if by.via == Via::Owner { MAX_CODES } else { MAX_CODES_OF_A_TOKEN };
        if let Some(oldest) = gives_way(&holders, &by.agent.name.as_str(), each, MAX_CODES) {
            waiting.remove(oldest);
        }
        waiting.push(Link { digest: code.digest(), until: now + CODE_LIFE, by });
        Ok(code)
    }

    /// Takes the code of a link, which nobody can take again; returns who made it, or `None` if there is no such link.
    pub fn take(&self, code: &str, now: Instant) -> Option<Identity> {
        let digest = Digest::of(code);
        let mut waiting = self.0.lock();
        waiting.retain(|link| now < link.until);
        // All are compared, whichever it is.
        let found = waiting.iter().enumerate().fold(None, |found, (at, link)| match link.digest.is(&digest) {
            true => Some(at),
            false => found,
        })?;
        Some(waiting.remove(found).by)
    }
}

#[cfg(test)]
mod tests {
    use hydra_graph::{Agent, Trust};

    use super::*;

    #[test]
    fn a_link_is_followed_once_and_soon() {
        let (links, now) = (Links::default(), Instant::now());
        let code = links.make(Identity::owner(), now).unwrap();
        assert!(links.take("", now).is_none() && links.take(&code.as_str()[1..], now).is_none());
        assert!(links.take(code.as_str(), now).is_some());
        assert!(links.take(code.as_str(), now).is_none(), "once");
        let late = links.make(Identity::owner(), now).unwrap();
        assert!(links.take(late.as_str(), now + CODE_LIFE).is_none(), "soon");
    }

    #[test]
    fn the_oldest_gives_way() {
        let (links, now) = (Links::default(), Instant::now());
        let codes: Vec<Secret> = (0..=MAX_CODES).map(|_| links.make(Identity::owner(), now).unwrap()).collect();
        assert!(links.take(codes[0].as_str(), now).is_none());
        assert!(codes[1..].iter().all(|code| links.take(code.as_str(), now).is_some()));
    }

    #[test]
    fn a_token_takes_its_own_away_and_nobody_elses() {
        let (links, now) = (Links::default(), Instant::now());
        let own = links.make(Identity::owner(), now).unwrap();
        let phone = || {
            let agent = Agent { name: "token:phone".to_owned(), trust: Trust::Agent };
            Identity { agent, via: Via::Token, ..Identity::owner() }
        };
        let codes: Vec<Secret> = (0..=2 * MAX_CODES).map(|_| links.make(phone(), now).unwrap()).collect();
        let left = codes.iter().filter(|code| links.take(code.as_str(), now).is_some()).count();
        assert_eq!(left, MAX_CODES_OF_A_TOKEN);
        assert!(links.take(own.as_str(), now).is_some());
    }
}
