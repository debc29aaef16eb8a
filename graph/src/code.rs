//! Where a Markdown text is code between fences: whatever stands there is no prose.

use std::ops::Range;

/// Fewest letters of a fence.
const MIN_FENCE: usize = 3;
/// A fence may stand so many blanks in, beyond the marker of a list.
const MAX_INDENT: usize = 12;

/// Returns the byte ranges of fenced code, fences included, in order. What is never closed goes on to the end, as
/// CommonMark has it; a fence is closed by as many of the same letter, alone on their line.
pub(crate) fn fenced(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains("```") && !text.contains("~~~") {
        return found;
    }
    let mut open: Option<(usize, char, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((mark, count, rest)) = fence(line) else { continue };
        match open {
            None => open = (mark == '~' || !rest.contains('`')).then_some((start, mark, count)),
            Some((begin, opened, least)) if mark == opened && count >= least && rest.trim().is_empty() => {
                found.push(begin..at);
                open = None;
            }
            Some(_) => {}
        }
    }
    found.extend(open.map(|(begin, _, _)| begin..text.len()));
    found
}

/// Tells whether a place is in one of such ranges.
pub(crate) fn contains(ranges: &[Range<usize>], at: usize) -> bool {
    let next = ranges.partition_point(|range| range.end <= at);
    ranges.get(next).is_some_and(|range| range.start <= at)
}

/// The letter of a line's fence, how many there are, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let bare = line.trim_start_matches([' ', '\t', '>']);
    let bare = ["- ", "* ", "+ "].iter().find_map(|marker| bare.strip_prefix(marker)).unwrap_or(bare).trim_start();
    let mark = bare.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let rest = bare.trim_start_matches(mark);
    let count = bare.len() - rest.len();
    (count >= MIN_FENCE && line.len() - bare.len() <= MAX_INDENT).then_some((mark, count, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_stands_between_fences() {
        let inside = |text: &str| -> Vec<String> { fenced(text).into_iter().map(|at| text[at].to_owned()).collect() };
        assert_eq!(inside("a\n```rust\nb\n```\nc"), ["```rust\nb\n```\n"]);
        assert_eq!(inside("~~~\n```\n~~~~ \nx"), ["~~~\n```\n~~~~ \n"], "another letter closes nothing");
        assert_eq!(inside("- ````\n  ```\n  ````\nx"), ["- ````\n  ```\n  ````\n"], "nor do fewer");
        assert_eq!(inside("x\n```\nto the end"), ["```\nto the end"]);
        assert_eq!(inside("```inline``` is no fence, nor `` two"), Vec::<String>::new());
        let ranges = fenced("a\n```\nb\n```\nc");
        assert_eq!([0, 2, 6, 9, 12].map(|at| contains(&ranges, at)), [false, true, true, true, false]);
    }
}
