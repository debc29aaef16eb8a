//! The sentences that a person said in a message themselves: not what they quoted, pasted or showed, which is somebody else's.

/// Of a longer message only the first and the last paragraph are read: what is between was rarely typed.
const MAX_TYPED_BYTES: usize = 2_000;
/// A longer paragraph of such a message was not typed either.
const MAX_PARAGRAPH_BYTES: usize = 400;
/// A longer sentence says more than one thing.
const MAX_SENTENCE_BYTES: usize = 300;
/// A line of which fewer of a hundred signs are letters or blanks is code, a table or a log.
const MIN_LETTERS_PERCENT: usize = 75;
/// A line that ends with a colon and has one of these shows something that somebody or something else says.
const SHOWING: [&str; 24] = [
    "says",
    "said",
    "say",
    "docs",
    "documentation",
    "readme",
    "guide",
    "error",
    "output",
    "log",
    "logs",
    "message",
    "wrote",
    "writes",
    "ticket",
    "issue",
    "comment",
    "review",
    "pasted",
    "quote",
    "prompt",
    "example",
    "got",
    "spec",
];
/// Words that a question begins with.
const ASKING: [&str; 36] = [
    "should",
    "shall",
    "could",
    "can",
    "would",
    "will",
    "do",
    "does",
    "did",
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "what",
    "why",
    "how",
    "which",
    "who",
    "whose",
    "may",
    "might",
    "am",
    "isn't",
    "aren't",
    "doesn't",
    "didn't",
    "wouldn't",
    "shouldn't",
    "couldn't",
    "can't",
    "won't",
    "haven't",
    "hasn't",
];

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// As it was said, without the mark of a list before it and without its end.
    pub text: String,
    /// In lower case, with plain apostrophes and single blanks.
    pub lower: String,
}

impl Sentence {
    /// Gives words of the sentence the capitals back that they were said with; its first word has one in any case.
    pub fn recase(&self, words: &str) -> String {
        let said: Vec<&str> = self
            .text
            .split_whitespace()
            .enumerate()
            .filter_map(|(at, word)| {
                let is_name = word.chars().skip(1).any(char::is_uppercase) || (at > 0 && word != "I");
                (is_name && word.chars().any(char::is_uppercase)).then(|| bare(word))
            })
            .collect();
        let recased = words.split(' ').map(|word| {
            let same = said.iter().find(|said| said.to_lowercase() == bare(word));
            same.map_or_else(|| word.to_owned(), |said| word.replacen(bare(word), said, 1))
        });
        recased.collect::<Vec<_>>().join(" ")
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Returns what a person said in a message and did not ask.
pub(super) fn spoken(message: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for paragraph in typed(message) {
        for (text, end) in split(&paragraph) {
            let text = text.trim().trim_matches(['*', '_']).trim();
            let lower = text.to_lowercase().replace('’', "'");
            let lower = lower.split_whitespace().collect::<Vec<_>>().join(" ");
            let first = lower.split([' ', ',']).next().unwrap_or_default();
            // `do not …` is none, and `will` and `can` with a person before them neither.
            let is_asked = end == Some('?') || (ASKING.contains(&first) && !lower.starts_with("do not "));
            if !text.is_empty() && text.len() <= MAX_SENTENCE_BYTES && !is_asked {
                sentences.push(Sentence { text: text.to_owned(), lower });
            }
        }
    }
    sentences
}

/// The lines that were typed, as paragraphs of one line each.
fn typed(message: &str) -> Vec<String> {
    let (mut lines, mut is_fenced) = (Vec::new(), false);
    for line in message.lines() {
        let start = line.trim_start();
        if start.starts_with("```") || start.starts_with("~~~") {
            is_fenced = !is_fenced;
            continue;
        }
        if is_fenced || is_shown(line) {
            continue;
        }
        lines.push(unquoted(unlisted(start)));
        if shows(start) {
            // What comes next is somebody else's, up to where nobody can tell.
            break;
        }
    }
    if lines.iter().map(String::len).sum::<usize>() <= MAX_TYPED_BYTES {
        return lines;
    }
    let said: Vec<&String> = lines.iter().filter(|line| !line.trim().is_empty()).collect();
    let ends = [said.first(), said.last().filter(|_| said.len() > 1)];
    let short = ends.into_iter().flatten().filter(|line| line.len() <= MAX_PARAGRAPH_BYTES);
    short.map(|line| (*line).clone()).collect()
}

/// Tells whether a line is quoted, code, a piece of a difference, a prompt with a command, or no prose.
fn is_shown(line: &str) -> bool {
    let start = line.trim_start();
    if line.starts_with("    ") || line.starts_with('\t') && !start.starts_with(['-', '*']) {
        return true;
    }
    let is_change = start.starts_with("@@") || start.starts_with("+++") || start.starts_with("---");
    let is_added = start.starts_with('+') || (start.starts_with('-') && !start.starts_with("- "));
    let is_prompt = start.starts_with("$ ") || start.starts_with("% ") || start.starts_with("# ");
    if start.starts_with(['>', '|', '{', '}', '<']) || is_change || is_added || is_prompt {
        return true;
    }
    let letters = start.chars().filter(|c| c.is_alphabetic() || *c == ' ' || *c == '`').count();
    !start.is_empty() && letters * 100 < start.chars().count() * MIN_LETTERS_PERCENT
}

/// Tells whether what follows is somebody else's.
fn shows(line: &str) -> bool {
    let lower = line.trim_end().to_lowercase();
    let Some(before) = lower.strip_suffix(':') else { return false };
    before.split(|c: char| !c.is_alphanumeric()).any(|word| SHOWING.contains(&word))
}

/// A line without the mark of a list.
fn unlisted(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return rest;
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        1..=2 => line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") ")).unwrap_or(line),
        _ => line,
    }
}

/// A line without what is quoted in it; a single word in quotes is a name.
fn unquoted(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['"', '“']) {
        let open = rest[at..].chars().next().unwrap_or('"');
        let inside = &rest[at + open.len_utf8()..];
        let close = if open == '"' { '"' } else { '”' };
        let Some(end) = inside.find(close) else { break };
        text.push_str(&rest[..at]);
        if !inside[..end].trim().contains(' ') {
            text.push_str(&rest[at..at + open.len_utf8() + end + close.len_utf8()]);
        }
        rest = &inside[end + close.len_utf8()..];
    }
    text.push_str(rest);
    text
}

/// Sentences with what ends each.
fn split(paragraph: &str) -> Vec<(&str, Option<char>)> {
    let (mut sentences, mut start) = (Vec::new(), 0);
    for (at, end) in paragraph.match_indices(['.', '!', '?', ';']) {
        let (before, rest) = (&paragraph[start..at], &paragraph[at + end.len()..]);
        let is_short =
            before.ends_with("e.g") || before.ends_with("i.e") || before.ends_with("etc") || before.ends_with("vs");
        if !is_short && (rest.is_empty() || rest.starts_with([' ', '\n', '!', '?', '"', ')'])) {
            sentences.push((before, end.chars().next()));
            start = at + end.len();
        }
    }
    sentences.push((&paragraph[start..], None));
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str) -> Vec<String> {
        spoken(message).into_iter().map(|sentence| sentence.text).collect()
    }

    #[test]
    fn only_what_a_person_said_is_left() {
        for (message, expected) in [
            ("Fix it. Always use `pnpm`!", vec!["Fix it", "Always use `pnpm`"]),
            ("Should we always use pnpm? I wonder.", vec!["I wonder"]),
            ("should we always do that", vec![]),
            ("Do not add comments; never", vec!["Do not add comments", "never"]),
            ("> always quoted\nmine", vec!["mine"]),
            ("look:\n```\nalways in code\n```\nmine", vec!["look:", "mine"]),
            ("The docs say:\nAlways use tabs.\nand more", vec!["The docs say:"]),
            ("My rules:\n- always use tabs\n2. never push", vec!["My rules:", "always use tabs", "never push"]),
            ("He told me \"never use tabs here\" and left", vec!["He told me  and left"]),
            ("use \"pnpm\" here", vec!["use \"pnpm\" here"]),
            ("    always(indented);\n+ always added\n$ always run", vec![]),
            ("2026-01-01T10:00:00.123 [0x7f] == 17/3", vec![]),
            ("use e.g. v1.2 of the parser", vec!["use e.g. v1.2 of the parser"]),
        ] {
            assert_eq!(said(message), expected, "{message}");
        }
    }

    #[test]
    fn names_keep_their_capitals() {
        let sentence = &spoken("Use SQLite, not Postgres")[0];
        assert_eq!(sentence.recase("i prefer sqlite over postgres, use"), "i prefer SQLite over Postgres, use");
    }

    #[test]
    fn of_a_long_message_only_its_ends_were_typed() {
        let paste = "some long pasted words of somebody else\n".repeat(MAX_TYPED_BYTES / 30);
        let message = format!("Read this\n{paste}never do that");
        assert_eq!(said(&message), ["Read this", "never do that"]);
        let long = format!("{} and more", "word ".repeat(MAX_SENTENCE_BYTES));
        assert_eq!(said(&long), Vec::<String>::new());
    }
}
