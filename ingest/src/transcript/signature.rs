//! By what an error is known again: the line that names it, without what differs from one time to the next.
//!
//! The same masking as for log templates, but an error's own code stays: `E0308` and `E0502` have nothing in common.

use crate::log::{WILDCARD, mask_word};

/// Longest signature.
pub const MAX_SIGNATURE_BYTES: usize = 300;
/// What is looked at of an output: its beginning and its end, since compilers say it first and scripts last.
const LOOKED_AT_BYTES: usize = 32 * 1024;
/// Lines of an error that are kept.
const ERROR_LINES: usize = 6;
/// Words that a line names an error with.
const NAMES: [&str; 8] = ["error", "fatal", "panic", "exception", "failure", "err!", "fail", "failed"];
/// Words of a line among which such a name stands; before it stand times, files and programs.
const NAMED_WITHIN_WORDS: usize = 6;
/// What a line says that tells of an error without naming it.
const TELLS: [&str; 20] = [
    "not found",
    "no such file",
    "cannot ",
    "can't ",
    "could not",
    "couldn't",
    "does not exist",
    "doesn't exist",
    "permission denied",
    "failed",
    "undefined",
    "unknown",
    "unrecognized",
    "invalid",
    "missing",
    "unable to",
    "timed out",
    "refused",
    "panicked",
    "not permitted",
];

/// Returns by what the error in an output is known again, such as `error[E0308]: mismatched types` or `bash: <*>: No such
/// file or directory`; `None` if the output says nothing at all. Outputs of the same error have the same, whatever their
/// paths, numbers, addresses, ids and times.
pub fn error_signature(output: &str) -> Option<String> {
    let lines = lines(output);
    let line = lines
        .iter()
        .find(|line| names_error(line))
        .or_else(|| lines.iter().find(|line| tells_error(line)))
        .or_else(|| lines.last())?;
    Some(normalise(line))
}

/// Tells whether an output says that something went wrong, for programs that do not say it with their exit code.
pub(super) fn is_error(output: &str) -> bool {
    lines(output).iter().any(|line| names_error(line))
}

/// Returns an error as it was given, from the line that names it on.
pub(super) fn error_lines(output: &str, most_bytes: usize) -> String {
    let lines = lines(output);
    let at = lines.iter().position(|line| names_error(line));
    let at = at.or_else(|| lines.iter().position(|line| tells_error(line))).unwrap_or(0);
    let mut text = lines[at.min(lines.len())..].iter().take(ERROR_LINES).cloned().collect::<Vec<_>>().join("\n");
    if text.len() > most_bytes {
        text.truncate(text.floor_char_boundary(most_bytes));
        text.push('…');
    }
    text
}

/// The lines of an output that say something, without colours and what is drawn around them.
fn lines(output: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let (start, end) = match output.len() > 2 * LOOKED_AT_BYTES {
        true => (
            &output[..output.floor_char_boundary(LOOKED_AT_BYTES)],
            &output[output.ceil_char_boundary(output.len() - LOOKED_AT_BYTES)..],
        ),
        false => (output, ""),
    };
    for line in start.lines().chain(end.lines()) {
        let line = plain(line);
        if !line.is_empty() && !is_said_of_any(&line) {
            kept.push(line);
        }
    }
    kept
}

/// A line without terminal colours, tags, and the bars and stars that test runners put before it.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        let code = &rest[at + 1..];
        let end = code.find(|c: char| c.is_ascii_alphabetic()).map_or(code.len(), |end| end + 1);
        rest = &code[end..];
    }
    plain.push_str(rest);
    let plain = plain.replace("<tool_use_error>", "").replace("</tool_use_error>", "");
    let plain = plain.trim_start_matches(|c: char| c.is_whitespace() || "│|>*-=✗✘×✖●•└├─".contains(c));
    let plain = plain.strip_prefix("E  ").unwrap_or(plain).trim();
    // `(RuntimeError) no such key` of Elixir.
    match plain.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((name, rest)) if name.ends_with("Error") => format!("{name}:{rest}"),
        _ => plain.trim_end_matches(['=', '-', '*']).trim_end().to_owned(),
    }
}

/// `Exit code 1` and the like, which tell nothing apart.
fn is_said_of_any(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let is_exit = |rest: &str| rest.trim().trim_start_matches(':').trim().bytes().all(|byte| byte.is_ascii_digit());
    ["exit code", "exited with code", "exit status"].iter().any(|said| lower.strip_prefix(said).is_some_and(is_exit))
        || lower.starts_with("traceback (most recent call last)")
        || !line.contains(|c: char| c.is_alphabetic())
}

/// `error: …`, `error[E0308]: …`, `ValueError: …`, `a.c:3: error: …`, `ERROR in …`, `npm ERR! …`, `FAILED …`,
/// `thread 'main' panicked at …`; not `no error: …`, and no prose about errors.
fn names_error(line: &str) -> bool {
    if line.starts_with("thread ") && line.contains(" panicked at ") {
        return true;
    }
    let words: Vec<&str> = line.split_ascii_whitespace().take(NAMED_WITHIN_WORDS).collect();
    words.iter().enumerate().any(|(at, word)| {
        let word = word.trim_matches(|c: char| "[](){}*,\"'".contains(c));
        let name = word.split(['[', '(', ':']).next().unwrap_or_default();
        let is_named = NAMES.contains(&name.to_ascii_lowercase().as_str());
        let is_typed = name.ends_with("Error") || name.ends_with("Exception");
        let is_followed = word[name.len()..].starts_with([':', '['])
            || words.get(at + 1).is_some_and(|next| is_code(next.trim_end_matches(':')));
        let is_shouted = is_named && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'!');
        let is_denied = at > 0 && ["no", "0", "without"].contains(&words[at - 1].to_ascii_lowercase().as_str());
        !is_denied && (((is_named || is_typed) && is_followed) || is_shouted)
    })
}

fn tells_error(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    TELLS.iter().any(|said| lower.contains(said))
}

/// Masks what differs by its spelling alone.
fn normalise(line: &str) -> String {
    let mut normal = String::new();
    let mut before = String::new();
    for word in line.split_ascii_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        let is_between = |c: char| "=,;()[]{}<>\"'|`’‘“”".contains(c);
        let mut rest = word;
        while !rest.is_empty() {
            let start = rest.find(|c| !is_between(c)).unwrap_or(rest.len());
            normal.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find(is_between).unwrap_or(rest.len());
            let (piece, next) = rest.split_at(end);
            match () {
                () if is_code(piece) || is_status(&before, piece) => normal.push_str(piece),
                () if is_relative_path(piece) => {
                    normal.push_str(WILDCARD);
                    normal.push_str(if piece.ends_with(':') { ":" } else { "" });
                }
                () => mask_word(piece, &mut normal),
            }
            rest = next;
        }
        before.clear();
        before.push_str(word);
    }
    normal.truncate(normal.floor_char_boundary(MAX_SIGNATURE_BYTES));
    normal
}

/// `E0308`, `TS2345`, `CS0103`: letters and digits by which whoever wrote the program calls the error.
fn is_code(piece: &str) -> bool {
    let piece = piece.trim_end_matches(':');
    let letters = piece.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = &piece[letters..];
    (1..=4).contains(&letters) && (3..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `404` after `status` or `HTTP`.
fn is_status(before: &str, piece: &str) -> bool {
    let piece = piece.trim_end_matches([':', '.']);
    let before = before.trim_end_matches(':').to_ascii_lowercase();
    piece.len() == 3
        && piece.starts_with(['4', '5'])
        && piece.bytes().all(|byte| byte.is_ascii_digit())
        && (before == "status" || before == "code" || before.starts_with("http"))
}

/// `src/main.rs:12:5`, `test/a_test.exs`: what has a folder and an extension.
fn is_relative_path(piece: &str) -> bool {
    let path = piece.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    let name = path.rsplit_once('/').map(|(_, name)| name);
    !piece.contains("://")
        && name.and_then(|name| name.rsplit_once('.')).is_some_and(|(stem, extension)| {
            !stem.is_empty()
                && (1..=5).contains(&extension.len())
                && extension.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_by_the_line_that_names_it() {
        for (output, expected) in [
            (
                "Exit code 101\n   Compiling a v0.1.0 (/home/x/a)\nerror[E0308]: mismatched types\n --> src/main.rs:4:5",
                "error[E0308]: mismatched types",
            ),
            (
                "Exit code 128\nfatal: The current branch x-1 has no upstream branch.\nTo push the current branch",
                "fatal: The current branch x-<*> has no upstream branch.",
            ),
            (
                "Traceback (most recent call last):\n  File \"/a/b.py\", line 3, in <module>\nValueError: 17 is too much",
                "ValueError: <*> is too much",
            ),
            ("<tool_use_error>File does not exist.</tool_use_error>", "File does not exist."),
            ("bash: /opt/x/run.sh: No such file or directory", "bash: <*>: No such file or directory"),
            ("\u{1b}[31merror\u{1b}[0m: src/a/b.rs:12: 3 left at 0x7ffe", "error: <*>: <*> left at <*>"),
            ("src/a.ts(4,5): error TS2345: Argument of type", "<*>(<*>,<*>): error TS2345: Argument of type"),
            ("  ** (RuntimeError) no :secret_key configuration", "RuntimeError: no :secret_key configuration"),
            ("warm\nrequest failed with status 503 after 20 ms", "request failed with status 503 after <*> ms"),
            ("npm ERR! code E404", "npm ERR! code E404"),
            ("one\ntwo words", "two words"),
        ] {
            assert_eq!(error_signature(output).as_deref(), Some(expected), "{output}");
        }
        assert_eq!(error_signature(" \nExit code 1\n---\n"), None);
    }

    #[test]
    fn what_went_well_is_no_error() {
        for fine in [
            "test result: ok. 0 failed",
            "Finished: 0 errors, 2 warnings",
            "errors: 0",
            "no error: all fine",
            "fix: error handling",
        ] {
            assert!(!is_error(fine), "{fine}");
        }
        for failed in ["error: x", "make: *** [a] Error: 2", "FAILED tests/a.py::b", "x.c:3: error: expected ;"] {
            assert!(is_error(failed), "{failed}");
        }
    }

    #[test]
    fn the_same_error_elsewhere_has_the_same_signature_and_another_has_not() {
        let of = |output: &str| error_signature(output).unwrap();
        assert_eq!(
            of("2026-01-02T10:00:00 error: can't open /a/b.db (pid 17)"),
            of("2026-03-02T11:22:33 error: can't open /c/d/e.db (pid 9912)"),
        );
        assert_ne!(of("error[E0308]: in a"), of("error[E0502]: in a"));
    }

    #[test]
    fn an_output_without_end_has_a_short_signature_and_its_end_is_seen() {
        let long = format!("{}\nerror: at the end of {}", "words and more\n".repeat(20_000), "all ".repeat(500));
        let signature = error_signature(&long).unwrap();
        assert!(signature.starts_with("error: at the end") && signature.len() <= MAX_SIGNATURE_BYTES, "{signature}");
        assert!(error_signature(&"é".repeat(LOOKED_AT_BYTES * 3)).is_some());
    }
}
