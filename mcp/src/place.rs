//! Places that are held while something goes on: so many for all, and so many of them for each token, so that one never has
//! them all. The owner may.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hydra_graph::{Agent, Error, ErrorKind};

/// Places of one kind. Clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    /// What is held, in words.
    of: &'static str,
    all: usize,
    each: usize,
    /// How many each holds, by the name under which they act; held for a look or a change.
    held: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    holder: String,
}

impl Places {
    /// So many places of something, and so many for each token.
    pub fn new(of: &'static str, all: usize, each: usize) -> Self {
        Self { of, all, each, held: Arc::default() }
    }

    /// Takes a place for somebody, by the name under which they act.
    ///
    /// # Errors
    /// `Unavailable` when they have all of theirs, or none is left; `hint` says what to do.
    pub fn take(&self, holder: &str, hint: &str) -> Result<Place, Error> {
        let refuse = |message: String| Err(Error::new(ErrorKind::Unavailable, message).hint(hint));
        let mut held = self.held();
        let own = held.get(holder).copied().unwrap_or_default();
        if own >= self.each && holder != Agent::owner().name {
            return refuse(format!("{own} {} of `{holder}` are open already", self.of));
        }
        let all: usize = held.values().sum();
        if all >= self.all {
            return refuse(format!("{all} {} are open already", self.of));
        }
        held.insert(holder.to_owned(), own + 1);
        Ok(Place { places: self.clone(), holder: holder.to_owned() })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held();
        if let Some(count) = held.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_never_has_them_all() {
        let places = Places::new("sockets", 5, 2);
        let token = |name: &str| format!("token:{name}");
        let mut held = vec![places.take(&token("a"), "").unwrap(), places.take(&token("a"), "").unwrap()];
        let refused = places.take(&token("a"), "close one").err().unwrap();
        assert_eq!((refused.kind(), refused.next_step()), (ErrorKind::Unavailable, Some("close one")));
        assert!(refused.message().contains("2 sockets of `token:a`"), "{refused}");
        held.extend((0..3).map(|_| places.take(&Agent::owner().name, "").unwrap()));
        assert!(places.take(&token("b"), "").err().unwrap().message().starts_with("5 sockets are"));
        held.clear();
        assert!(places.held().is_empty());
        assert!((0..5).map(|_| places.take(&Agent::owner().name, "")).collect::<Result<Vec<_>, _>>().is_ok());
    }
}
