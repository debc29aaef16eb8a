//! Waiting until what was written is found by every index that can answer.

use std::time::{Duration, Instant};

use hydra_graph::{Memory, Result};
use serde_json::json;

use super::Watch;

/// How often the indexes are looked at while they catch up.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Waits until every index that can has everything, or `watch` says stop; returns whether all have.
pub fn wait_for_indexes(memory: &Memory, watch: &Watch) -> Result<bool> {
    while !watch.is_stopped() {
        let looked = Instant::now();
        if memory.wait_for_indexes(LOOK_EVERY) {
            return Ok(true);
        }
        let states = memory.index_states();
        let mut is_waiting = false;
        for index in states.iter().filter(|index| index.behind && index.degraded.is_none()) {
            is_waiting = true;
            watch.tell(json!({"event": "index", "name": index.name, "done": index.done, "total": index.total}));
        }
        if !is_waiting {
            return Ok(states.iter().all(|index| !index.behind));
        }
        // One index that can't go on makes the wait return at once.
        std::thread::sleep(LOOK_EVERY.saturating_sub(looked.elapsed()));
    }
    Ok(false)
}

/// Returns why indexes can't answer, in words for a person.
pub fn degraded(memory: &Memory) -> Vec<String> {
    memory.index_states().into_iter().filter_map(|index| index.degraded).collect()
}
