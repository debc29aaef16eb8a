//! Who gives way when something is bounded over all callers: never somebody who has less of it than others.

use std::collections::HashMap;
use std::hash::Hash;

/// Returns which of those that are held, the oldest first, gives way to one more of `newcomer`: their own oldest once they
/// have `each`; else, once all have `all`, the oldest of whoever has most.
pub fn gives_way<H: Eq + Hash>(held: &[H], newcomer: &H, each: usize, all: usize) -> Option<usize> {
    let mut counts: HashMap<&H, usize> = HashMap::new();
    held.iter().for_each(|holder| *counts.entry(holder).or_default() += 1);
    let own = counts.get(newcomer).copied().unwrap_or_default();
    if own >= each {
        return held.iter().position(|holder| holder == newcomer);
    }
    if held.len() < all {
        return None;
    }
    // With one more, the newcomer has the most too if nobody has more.
    let most = counts.values().copied().max()?;
    match own + 1 >= most && own > 0 {
        true => held.iter().position(|holder| holder == newcomer),
        false => held.iter().position(|holder| counts.get(holder) == Some(&most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_most_gives_way() {
        let gives = |held: &str, newcomer: char| {
            let held: Vec<char> = held.chars().collect();
            gives_way(&held, &newcomer, 3, 5)
        };
        assert_eq!(gives("", 'a'), None);
        assert_eq!(gives("baa", 'a'), None);
        assert_eq!(gives("baaa", 'a'), Some(1), "their own oldest");
        assert_eq!(gives("baaac", 'c'), Some(1), "the oldest of whoever has most");
        assert_eq!(gives("baaac", 'd'), Some(1));
        assert_eq!(gives("bbaac", 'a'), Some(2), "their own, when they would have most");
        assert_eq!(gives("abcde", 'f'), Some(0), "nobody has more than others");
        assert_eq!(gives("bcaaade", 'a'), Some(2));
    }
}
