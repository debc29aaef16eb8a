//! Lets so many threads in at once and makes the others wait.

use parking_lot::{Condvar, Mutex};

/// A counting semaphore: usearch refuses more callers than were announced to it.
pub(super) struct Gate {
    free: Mutex<usize>,
    left: Condvar,
}

/// A place inside; given back when dropped.
pub(super) struct Inside<'a>(&'a Gate);

impl Gate {
    /// Makes a gate with `places`.
    pub(super) fn new(places: usize) -> Self {
        Self { free: Mutex::new(places), left: Condvar::new() }
    }

    /// Waits for a place.
    pub(super) fn enter(&self) -> Inside<'_> {
        let mut free = self.free.lock();
        while *free == 0 {
            self.left.wait(&mut free);
        }
        *free -= 1;
        Inside(self)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.free.lock() += 1;
        self.0.left.notify_one();
    }
}
