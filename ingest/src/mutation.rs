//! For tests: what a reader does with damaged files. The same damage on every machine, so that a failure comes again.

use crate::content::Content;

/// How many damaged copies of each sample are read.
const COPIES: u64 = 400;

/// Reads copies of `sample` with bytes changed, cut out, doubled or put elsewhere.
pub(crate) fn check(sample: &[u8], mut read: impl FnMut(&[u8])) {
    read(sample);
    read(&[]);
    for seed in 0..COPIES {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        // xorshift: small, and good enough to be everywhere once.
        let mut random = |most: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % most.max(1) as u64) as usize
        };
        let mut bytes = sample.to_vec();
        for _ in 0..=random(4) {
            let (at, other) = (random(bytes.len()), random(bytes.len()));
            let (from, to) = (at.min(other), at.max(other));
            match random(5) {
                0 if !bytes.is_empty() => bytes[at] = random(256) as u8,
                1 => drop(bytes.drain(from..to)),
                2 => bytes.extend_from_within(from..to),
                3 => bytes.truncate(at),
                _ if !bytes.is_empty() => bytes.rotate_left(at),
                _ => {}
            }
        }
        read(&bytes);
    }
}

/// Checks the promises that every content keeps.
pub(crate) fn check_content(content: &Content) {
    let mut end = 0;
    for passage in &content.passages {
        assert!(passage.span.start >= end && !passage.span.is_empty(), "{passage:?} in {:?}", content.text);
        end = passage.span.end;
        let said = content.text.get(passage.span.clone()).expect("a passage is whole characters of the text");
        assert_eq!(said.trim(), said, "{passage:?}");
        assert!(passage.line > 0);
    }
    for link in &content.links {
        assert!(content.text.get(link.span.clone()).is_some(), "{link:?}");
    }
}
