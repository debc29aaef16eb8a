//! Who may use the one model next: questions before background batches.
//!
//! Two sessions would answer sooner, but each costs some 150 MB of resident memory. A batch of eight passages holds the
//! model for half a second at worst; a plain mutex would let an ingest take it again and again while a person waits.

use parking_lot::{Condvar, Mutex};

/// So many questions may overtake a waiting batch before it gets its turn: a stream of questions must not stop ingest.
const MAX_OVERTAKES: usize = 32;

#[derive(Default)]
struct Queue {
    taken: bool,
    /// Who waits.
    questions: usize,
    batches: usize,
    /// Questions that went first since a batch began to wait or had its turn.
    overtakes: usize,
}

/// A lock with two kinds of waiters. It guards the model's session and nothing else.
#[derive(Default)]
pub(crate) struct Turns {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// A turn with the model; ends when dropped.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits for a turn as a question.
    pub(crate) fn question(&self) -> Turn<'_> {
        let mut queue = self.queue.lock();
        queue.questions += 1;
        while queue.taken || queue.batch_is_due() {
            self.changed.wait(&mut queue);
        }
        queue.questions -= 1;
        queue.overtakes += usize::from(queue.batches > 0);
        queue.taken = true;
        Turn(self)
    }

    /// Waits for a turn as a background batch, behind the questions that wait.
    pub(crate) fn batch(&self) -> Turn<'_> {
        let mut queue = self.queue.lock();
        queue.batches += 1;
        while queue.taken || (queue.questions > 0 && !queue.batch_is_due()) {
            self.changed.wait(&mut queue);
        }
        queue.batches -= 1;
        queue.overtakes = 0;
        queue.taken = true;
        Turn(self)
    }
}

impl Queue {
    fn batch_is_due(&self) -> bool {
        self.batches > 0 && self.overtakes >= MAX_OVERTAKES
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.queue.lock().taken = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets `questions` and one batch wait for a taken model, then says in which order they went.
    fn order(questions: usize) -> Vec<&'static str> {
        let turns = Turns::default();
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let held = turns.batch();
            for _ in 0..questions {
                scope.spawn(|| {
                    let _turn = turns.question();
                    order.lock().push("question");
                });
            }
            scope.spawn(|| {
                let _turn = turns.batch();
                order.lock().push("batch");
            });
            let all_wait = |queue: &Queue| queue.questions == questions && queue.batches == 1;
            while !all_wait(&turns.queue.lock()) {
                std::thread::yield_now();
            }
            drop(held);
        });
        order.into_inner()
    }

    #[test]
    fn questions_go_before_a_batch() {
        assert_eq!(order(3), ["question", "question", "question", "batch"]);
    }

    #[test]
    fn a_batch_is_overtaken_only_so_often() {
        let order = order(MAX_OVERTAKES + 5);
        assert_eq!(order.iter().position(|who| *who == "batch"), Some(MAX_OVERTAKES));
    }
}
