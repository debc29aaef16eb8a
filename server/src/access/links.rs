//! One-time links: how a browser gets a session without anybody typing a token into it. They are kept in memory alone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hydra_graph::Result;
use parking_lot::Mutex;

use super::grant::{Digest, Secret};
use super::register::Identity;

/// How long a link can be followed: as long as it takes to click it, or to paste it into another window.
pub const CODE_LIFE: Duration = Duration::from_secs(120);
/// Links that wait to be followed; the oldest gives way.
pub const MAX_CODES: usize = 8;

/// The links that wait to be followed.
#[derive(Default)]
pub struct Links(Mutex<VecDeque<Link>>);

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
        while waiting.len() >= MAX_CODES {
            waiting.pop_front();
        }
        waiting.push_back(Link { digest: code.digest(), until: now + CODE_LIFE, by });
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
        waiting.remove(found).map(|link| link.by)
    }
}

#[cfg(test)]
mod tests {
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
}
