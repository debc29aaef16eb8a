//! Writes for people and for pipes: data on standard output, talk on standard error, and a closed pipe is no error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use hydra_graph::{Error, Result};
use serde_json::Value;

/// Writes data on standard output. A reader that has seen enough (`| head`) ends it quietly.
///
/// # Errors
/// Anything but a closed pipe, a full disk for one.
pub fn data(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Error::io("standard output", &error)),
    }
}

/// Says how many bytes something has.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// Writes JSON on standard output, one line.
///
/// # Errors
/// As [`data`].
pub fn json(value: &Value) -> Result<()> {
    data(&value.to_string())
}

/// The folder that was named with `--data-dir`, as a shell takes it.
static FOLDER: OnceLock<String> = OnceLock::new();

/// Has every command that is advised from here on name the folder, if one was named.
pub fn name_folder(folder: Option<&Path>) {
    if let Some(folder) = folder {
        let _ = FOLDER.set(quoted(&folder.display().to_string()));
    }
}

/// Says something to the person, with commands that are about the same memory as the one that was typed; nothing is done
/// about a standard error that is closed.
pub fn talk(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", advice(text));
}

/// Says something to a program, on standard error too.
pub fn talk_json(value: &Value) {
    let _ = writeln!(io::stderr().lock(), "{value}");
}

/// Names the folder in the commands of a text, if one was named.
pub fn advice(text: &str) -> String {
    match FOLDER.get() {
        Some(folder) => advice_for(text, folder),
        None => text.to_owned(),
    }
}

/// A command is written as `hydra …`, or stands behind `with: `.
fn advice_for(text: &str, folder: &str) -> String {
    let named = text.replace("`hydra ", &format!("`hydra --data-dir {folder} "));
    named.replace("with: hydra ", &format!("with: hydra --data-dir {folder} "))
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Says how many there are: `1 memory`, `2 memories`.
pub fn count(number: usize, noun: &str) -> String {
    hydra_graph::counted(number, noun)
}

/// Replaces control characters: a remembered text must not be able to move the cursor or rename the window.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Returns the start of a text on one line, with `…` where it was cut.
pub fn start_of(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > max_chars {
            line.push_str(" …");
            return plain(&line);
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.extend(word.chars().take(max_chars));
        length += word_length;
    }
    plain(&line)
}

/// How to write for whoever looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    is_coloured: bool,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` or a dumb terminal says otherwise.
    pub fn of_stdout() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { is_coloured: io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb }
    }

    /// What stands out.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What stands back.
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What needs a look.
    pub fn warning(self, text: &str) -> String {
        self.paint("33", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_coloured && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_command_the_terminal() {
        assert_eq!(plain("a\x1b]0;x\x07b\n\tc"), "a\u{fffd}]0;x\u{fffd}b\n\tc");
    }

    #[test]
    fn advice_is_about_the_same_memory() {
        let advised = advice_for("run `hydra models fetch`; take it back with: hydra undo 1", "/m");
        assert_eq!(advised, "run `hydra --data-dir /m models fetch`; take it back with: hydra --data-dir /m undo 1");
        assert_eq!(quoted("my notes"), "'my notes'");
        assert_eq!(quoted("/a/b-c"), "/a/b-c");
    }

    #[test]
    fn texts_are_cut_at_words() {
        for (text, max, expected) in [
            ("one  two\nthree", 50, "one two three"),
            ("one two three", 8, "one two …"),
            ("abcdefghij", 4, "abcd"),
            ("", 4, ""),
        ] {
            assert_eq!(start_of(text, max), expected);
        }
    }
}
