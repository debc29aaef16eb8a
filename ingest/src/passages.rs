//! Cuts a note into units of recall along its blocks: never across a heading, short neighbours together, long ones apart.
//!
//! An embedder reads about 256 word pieces of a passage, some 180 English words; what is behind them can only be found
//! by its words. Below some 40 words there is too little to tell one passage from another.

use std::ops::Range;

use hydra_graph::Passage;

use crate::outline::{BlockKind, Outline};
use crate::piece::{Grain, Scale};

/// A block below this many words is joined with a neighbour under the same heading.
pub const MIN_WORDS: usize = 40;
/// Joined blocks and pieces of a long paragraph stay within what an embedder reads.
pub const AIM_WORDS: usize = 180;
/// A list item, a table or a code block of up to this many words is kept whole, though its end is not embedded.
pub const MAX_WORDS: usize = 250;
/// Most passages of one note; more of them come from a machine, and the rest stays readable in the note itself.
pub const MAX_PASSAGES: usize = 20_000;

/// The passages of a note, and whether there would have been more than [`MAX_PASSAGES`].
pub(crate) struct Cut {
    pub passages: Vec<Passage>,
    pub is_cut: bool,
}

impl Cut {
    /// Puts the front matter before the body if the body says less (a trip, an album, a contact), or if it is `needed`.
    pub fn put_front_matter(&mut self, text: &str, yaml: Range<usize>, is_needed: bool) {
        let body_bytes: usize = self.passages.iter().map(|passage| passage.span.len()).sum();
        let Some(span) = trimmed(text, yaml).filter(|span| is_needed || span.len() > body_bytes) else { return };
        let head = &text[..span.end];
        let pieces = Scale::of(head).split(span, Grain::Line, AIM_WORDS);
        let pieces = pieces.into_iter().filter_map(|piece| trimmed(text, piece));
        let passages = pieces.map(|span| {
            let line = 1 + text[..span.start].matches('\n').count();
            Passage { span, line: line as u32, headings: Vec::new(), block: None, pattern: None }
        });
        self.passages.splice(0..0, passages);
    }
}

/// Cuts `text` along its outline.
pub(crate) fn cut(text: &str, outline: &Outline) -> Cut {
    let mut cutter = Cutter {
        text,
        outline,
        scale: Scale::of(text),
        lines: text.match_indices('\n').map(|(at, _)| at).collect(),
        section: Vec::new(),
        bare_heading: None,
        current: None,
        end: 0,
        cut: Cut { passages: Vec::new(), is_cut: false },
    };
    for block in outline.top() {
        match &outline.blocks[block].kind {
            BlockKind::Heading { level, text } => cutter.enter(*level, text, outline.blocks[block].span.clone()),
            _ => cutter.unfold(block),
        }
    }
    cutter.leave(0);
    cutter.cut
}

struct Cutter<'t> {
    text: &'t str,
    outline: &'t Outline,
    scale: Scale<'t>,
    /// Where each line ends.
    lines: Vec<usize>,
    /// The headings above, outermost first, with their levels.
    section: Vec<(u8, String)>,
    /// The last heading, as long as nothing stands below it.
    bare_heading: Option<Range<usize>>,
    current: Option<Unit>,
    /// Where the last unit ended.
    end: usize,
    cut: Cut,
}

/// Something that is not cut any more.
struct Unit {
    span: Range<usize>,
    block_id: Option<String>,
}

impl Cutter<'_> {
    /// Goes into the section of a heading.
    fn enter(&mut self, level: u8, heading: &str, span: Range<usize>) {
        self.leave(level);
        self.section.retain(|(above, _)| *above < level);
        self.section.push((level, heading.to_owned()));
        self.bare_heading = Some(span);
    }

    /// Ends what stands under the last heading, when one of `level` follows (0 for the end of the note).
    ///
    /// A heading with nothing below it becomes a passage itself; one that is followed by a deeper heading does not,
    /// since it stands above those passages.
    fn leave(&mut self, level: u8) {
        self.flush();
        let Some(span) = self.bare_heading.take() else { return };
        let Some((own_level, own)) = self.section.pop() else { return };
        if level <= own_level {
            self.push(span, None);
        }
        self.section.push((own_level, own));
    }

    /// Takes a block as a whole if it fits, else what it consists of. Not recursive: nesting has no bound.
    fn unfold(&mut self, block: usize) {
        let mut pending = vec![(block, self.outline.blocks[block].span.start)];
        while let Some((block, start)) = pending.pop() {
            let outline = self.outline;
            let node = &outline.blocks[block];
            let span = start..node.span.end.max(start);
            let most = limit(&node.kind);
            let fits = self.scale.weigh(&span) <= most && outline.block_ids_in(&span).len() <= 1;
            if fits && node.kind != BlockKind::List {
                self.add(span);
                continue;
            }
            let first_pending = pending.len();
            // A marker (`-`, `>`) belongs to the first thing behind it.
            let mut start = Some(start);
            for child in outline.children(block) {
                pending.push((child, start.take().unwrap_or(outline.blocks[child].span.start)));
            }
            if pending.len() == first_pending {
                for piece in self.scale.split(span, grain(&node.kind), AIM_WORDS) {
                    self.add(piece);
                }
            }
            pending[first_pending..].reverse();
        }
    }

    /// Joins a unit to the one before it, or begins a new passage with it.
    fn add(&mut self, span: Range<usize>) {
        // A block may reach into its neighbour (a task's first line, and code behind blank lines): no text twice.
        let start = span.start.max(self.end);
        let Some(span) = trimmed(self.text, start..span.end.max(start)) else { return };
        self.end = span.end;
        let ids = self.outline.block_ids_in(&span);
        let block_id = ids.last().map(|id| id.name.clone());
        // `^name` on a line of its own names the block before it.
        let names_previous = ids.len() == 1 && ids[0].at == span.start;
        self.bare_heading = None;
        match &mut self.current {
            Some(current) if names_previous && current.block_id.is_none() => {
                current.span.end = span.end;
                current.block_id = block_id;
            }
            Some(current) if joins(&self.scale, current, &span, block_id.is_some()) => {
                current.span.end = span.end;
                current.block_id = current.block_id.take().or(block_id);
            }
            _ => {
                self.flush();
                self.current = Some(Unit { span, block_id });
            }
        }
    }

    fn flush(&mut self) {
        if let Some(unit) = self.current.take() {
            self.push(unit.span, unit.block_id);
        }
    }

    fn push(&mut self, span: Range<usize>, block: Option<String>) {
        let Some(span) = trimmed(self.text, span) else { return };
        if self.cut.passages.len() >= MAX_PASSAGES {
            self.cut.is_cut = true;
            return;
        }
        let line = self.lines.partition_point(|end| *end < span.start) + 1;
        let headings = self.section.iter().map(|(_, heading)| heading).filter(|h| !h.is_empty()).cloned().collect();
        self.cut.passages.push(Passage { span, line: line as u32, headings, block, pattern: None });
    }
}

/// Leaves out the white space around a span; `None` when there is nothing else.
fn trimmed(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let whole = &text[span.clone()];
    let start = span.start + (whole.len() - whole.trim_start().len());
    let length = whole.trim().len();
    (length > 0).then_some(start..start + length)
}

fn joins(scale: &Scale<'_>, current: &Unit, next: &Range<usize>, next_is_named: bool) -> bool {
    let is_short = scale.weigh(&current.span) < MIN_WORDS || scale.weigh(next) < MIN_WORDS;
    // Each named block keeps a passage of its own name.
    is_short
        && !(current.block_id.is_some() && next_is_named)
        && scale.weigh(&(current.span.start..next.end)) <= AIM_WORDS
}

fn limit(kind: &BlockKind) -> usize {
    match kind {
        BlockKind::Item | BlockKind::Table | BlockKind::Code => MAX_WORDS,
        _ => AIM_WORDS,
    }
}

fn grain(kind: &BlockKind) -> Grain {
    match kind {
        BlockKind::Code | BlockKind::Table | BlockKind::Html => Grain::Line,
        _ => Grain::Sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(text: &str) -> Vec<Passage> {
        cut(text, &Outline::read(text, 0)).passages
    }

    /// Spells passages as `line headings [^block]: first and last word`.
    fn check(text: &str, expected: &[&str]) {
        let got: Vec<String> = passages(text)
            .iter()
            .map(|passage| {
                let block = passage.block.as_ref().map(|name| format!(" ^{name}")).unwrap_or_default();
                let words: Vec<&str> = text[passage.span.clone()].split_whitespace().collect();
                let ends = match words[..] {
                    [only] => only.to_owned(),
                    [first, .., last] => format!("{first}…{last}"),
                    [] => String::new(),
                };
                format!("{} {}{block}: {ends}", passage.line, passage.headings.join(">"))
            })
            .collect();
        assert_eq!(got, expected, "{text}");
    }

    fn words(count: usize, word: &str) -> String {
        vec![word; count].join(" ")
    }

    #[test]
    fn headings_divide_and_short_blocks_join() {
        check("# A\n\none\n\ntwo\n\n## B\n\nthree\n\n# C\n\nfour", &["3 A: one…two", "9 A>B: three", "13 C: four"]);
        check("before\n\nAfter\n===\n\nunder", &["1 : before", "6 After: under"]);
        check("one\n\n***\n\ntwo\n\n[x]: https://a.org", &["1 : one…two"]);
        check("> # no section\n\ntext", &["1 : >…text"]);
        check("", &[]);
        check("---\n\n***", &[]);
    }

    #[test]
    fn a_heading_with_nothing_below_is_a_passage() {
        check("# A\n## B\n## C\ntext\n# D", &["2 A: ##…B", "4 A>C: text", "5 : #…D"]);
        check("# A\n\n***\n", &["1 : #…A"]);
        check("#\n\ntext", &["3 : text"]);
    }

    #[test]
    fn long_blocks_stand_alone_and_longer_ones_come_apart() {
        let (short, long) = (words(30, "s"), words(100, "l"));
        check(&format!("{long}\n\n{long}"), &["1 : l…l", "3 : l…l"]);
        check(&format!("{long}\n\n{short}\n\n{short}\n\n{short}"), &["1 : l…s", "7 : s…s"]);
        let sentence = format!("B {} e.", words(38, "m"));
        let paragraph = [sentence.as_str(); 8].join(" ");
        check(&paragraph, &["1 : B…e.", "1 : B…e."]);
        for passage in passages(&paragraph) {
            assert_eq!(Scale::of(&paragraph).weigh(&passage.span), 160);
        }
    }

    #[test]
    fn code_and_items_are_kept_whole_up_to_their_limit() {
        let code = |count| format!("```\n{}\n```", vec!["c c c c c"; count].join("\n"));
        assert_eq!(passages(&code(MAX_WORDS / 5)).len(), 1);
        let text = code(MAX_WORDS / 5 + 1);
        let split = passages(&text);
        assert_eq!(split.len(), 2);
        assert!(split.iter().all(|p| !text[p.span.clone()].starts_with("c c c\n")));
        let item = |count| format!("- {}\n- x", words(count, "i"));
        check(&item(MAX_WORDS), &["1 : -…i", "2 : -…x"]);
        check(&item(MAX_WORDS + 1), &["1 : -…i", "1 : i…x"]);
        check(&format!("- a\n  - {}\n  - {}", words(150, "b"), words(150, "c")), &["1 : -…b", "3 : -…c"]);
    }

    #[test]
    fn blocks_keep_their_names() {
        check("one ^a\n\ntwo ^b\n\nthree", &["1  ^a: one…^a", "3  ^b: two…three"]);
        check("- one ^a\n- two ^b", &["1  ^a: -…^a", "2  ^b: -…^b"]);
        check("| a |\n|---|\n| b |\n\n^t", &["1  ^t: |…^t"]);
        check("x ^\n\ny ^a b\n\nz^c", &["1 : x…z^c"]);
        check("```\nx ^a\n```", &["1 : ```…```"]);
    }

    #[test]
    fn front_matter_is_a_passage_where_it_says_more() {
        let put = |yaml: &str, body: &str, is_needed| {
            let text = format!("---\n{yaml}\n---\n{body}");
            let start = text.len() - body.len();
            let mut cut = cut(&text, &Outline::read(&text, start));
            cut.put_front_matter(&text, 4..start - 5, is_needed);
            cut.passages.iter().map(|passage| (passage.line, text[passage.span.clone()].to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(put("a: long value", "short", false), [(2, "a: long value".to_owned()), (4, "short".to_owned())]);
        assert_eq!(put("a: 1", "a longer body", false), [(4, "a longer body".to_owned())]);
        assert_eq!(put("a: 1", "a longer body", true).len(), 2);
        assert_eq!(put("", "", true), []);
        assert_eq!(put(&"a: b c d\n".repeat(AIM_WORDS / 2), "", false).len(), 2);
    }

    #[test]
    fn a_note_has_at_most_so_many_passages() {
        let text = "# h\n".repeat(MAX_PASSAGES);
        assert!(!cut(&text, &Outline::read(&text, 0)).is_cut);
        let text = "# h\n".repeat(MAX_PASSAGES + 1);
        let cut = cut(&text, &Outline::read(&text, 0));
        assert_eq!((cut.passages.len(), cut.is_cut), (MAX_PASSAGES, true));
    }
}
