//! How much each may ask, and how often somebody may fail.
//!
//! The owner's own token has no limit: who holds it can read the folder itself, and hooks and commands must never wait. What
//! fails is counted by address. On this machine it only changes the answer, since whoever floods it is the same address as
//! the owner's hooks; from elsewhere nothing is looked at any more until the address has been quiet.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use hydra_graph::{Error, ErrorKind};
use parking_lot::Mutex;

use super::register::{Identity, Via};

/// What of a minute's requests may come at once.
const BURST_PART: u32 = 10;
/// Failures of one address in a minute, and as many at once.
pub const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("it is not zero");
/// How long an address from elsewhere that failed more often is not looked at.
pub const BARRED: Duration = Duration::from_secs(60);
/// Addresses that are remembered to have failed; beyond it those that were quiet are dropped.
const MAX_ADDRESSES: usize = 4_096;
/// Whoever calls without an address is on this machine.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, MonotonicClock, NoOpMiddleware<Instant>>;

/// It was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When it may be asked again.
    pub retry_after: Duration,
}

impl Refusal {
    /// Returns when it may be asked again, in whole seconds.
    pub fn seconds(self) -> u128 {
        self.retry_after.max(Duration::from_secs(1)).as_millis().div_ceil(1_000)
    }

    /// Says so to whoever asked.
    pub fn error(self, message: &str) -> Error {
        Error::new(ErrorKind::Unavailable, message).hint(format!("try again in {} s", self.seconds()))
    }
}

/// What one token may still ask, in its sessions too, and for what is asked on a connection that stays open. Nobody limits
/// the owner.
#[derive(Clone, Default)]
pub struct Allowance(Option<(Arc<Rates>, String)>);

impl Allowance {
    /// Returns that of somebody who came in.
    pub fn of(rates: &Arc<Rates>, identity: &Identity) -> Self {
        Self((identity.via != Via::Owner).then(|| (Arc::clone(rates), identity.account.clone())))
    }

    /// Counts something that they ask.
    ///
    /// # Errors
    /// When it is more than they may.
    pub fn take(&self) -> Result<(), Refusal> {
        self.0.as_ref().map_or(Ok(()), |(rates, account)| rates.request(account))
    }
}

/// Everything that is counted. Kept by name and address, never by what was asked.
pub struct Rates {
    clock: MonotonicClock,
    requests: Option<Limiter<String>>,
    failures: Limiter<IpAddr>,
    /// Until when addresses are not looked at; guards nothing else.
    barred: Mutex<HashMap<IpAddr, Instant>>,
}

impl Rates {
    /// Starts to count; without a number of requests those are not limited.
    pub fn new(requests_per_minute: Option<NonZeroU32>) -> Self {
        let quota = |of: NonZeroU32| {
            let burst = NonZeroU32::new(of.get() / BURST_PART).unwrap_or(NonZeroU32::MIN);
            Quota::per_minute(of).allow_burst(burst)
        };
        Self {
            requests: requests_per_minute
                .map(|of| RateLimiter::new(quota(of), HashMapStateStore::default(), MonotonicClock)),
            failures: RateLimiter::new(
                Quota::per_minute(FAILURES_PER_MINUTE),
                HashMapStateStore::default(),
                MonotonicClock,
            ),
            barred: Mutex::default(),
            clock: MonotonicClock,
        }
    }

    /// Counts a request on an account: that of a token, or of a session of the owner's.
    ///
    /// # Errors
    /// When it asks too much.
    pub fn request(&self, account: &str) -> Result<(), Refusal> {
        let Some(limiter) = &self.requests else { return Ok(()) };
        limiter.check_key(&account.to_owned()).map_err(|until| self.wait(until.wait_time_from(self.clock.now())))
    }

    /// Counts a failure of an address.
    ///
    /// # Errors
    /// When there were too many.
    pub fn failure(&self, address: Option<IpAddr>) -> Result<(), Refusal> {
        let address = address.unwrap_or(UNKNOWN);
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures.retain_recent();
        }
        let network = network(address);
        let Err(until) = self.failures.check_key(&network) else { return Ok(()) };
        if address.to_canonical().is_loopback() {
            return Err(self.wait(until.wait_time_from(self.clock.now())));
        }
        let now = Instant::now();
        let mut barred = self.barred.lock();
        if barred.len() >= MAX_ADDRESSES {
            barred.retain(|_, until| now < *until);
        }
        if barred.len() < MAX_ADDRESSES {
            barred.insert(network, now + BARRED);
        }
        Err(self.wait(BARRED))
    }

    /// Tells how long an address is not looked at any more, if it failed too often.
    pub fn barred(&self, address: Option<IpAddr>) -> Option<Refusal> {
        let address = address.unwrap_or(UNKNOWN);
        let until = self.barred.lock().get(&network(address)).copied()?;
        let retry_after = until.checked_duration_since(Instant::now())?;
        Some(self.wait(retry_after))
    }

    fn wait(&self, retry_after: Duration) -> Refusal {
        Refusal { retry_after }
    }
}

/// One machine has as many addresses of IPv6 as it likes, in one network.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_share() {
        let rates = Rates::new(NonZeroU32::new(20));
        assert!(rates.request("a").is_ok() && rates.request("a").is_ok());
        let refusal = rates.request("a").unwrap_err();
        assert!(refusal.retry_after > Duration::ZERO && refusal.retry_after <= Duration::from_secs(3));
        assert!(rates.request("b").is_ok());
        let unlimited = Rates::new(None);
        assert!((0..10_000).all(|_| unlimited.request("a").is_ok()));
    }

    #[test]
    fn failures_are_counted_by_network() {
        let rates = Rates::new(None);
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for number in 0..FAILURES_PER_MINUTE.get() {
            rates.failure(address(&format!("2001:db8::{number:x}"))).unwrap();
        }
        assert!(rates.failure(address("2001:db8::ffff")).is_err());
        assert!(rates.failure(address("2001:db8:1::1")).is_ok());
        assert!(rates.barred(address("2001:db8::2")).is_some_and(|refusal| refusal.retry_after <= BARRED));
        assert!(rates.barred(address("2001:db8:1::1")).is_none());
        let own = address("127.0.0.1");
        assert!((0..FAILURES_PER_MINUTE.get()).all(|_| rates.failure(own).is_ok()));
        assert!(rates.failure(own).is_err() && rates.barred(own).is_none(), "this machine is looked at for ever");
    }
}
