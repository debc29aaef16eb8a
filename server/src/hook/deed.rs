//! What a tool is about to do, as far as memory can say something of it: its files, and what its commands are called.

use std::path::Path;

use hydra_graph::{Deed, MAX_DEED_PATHS};

use super::Input;

/// Commands of one line that are looked at.
const MAX_COMMANDS: usize = 6;
/// Programs that only run another one.
const RUNNERS: [&str; 10] = ["sudo", "time", "nice", "env", "nohup", "exec", "command", "timeout", "xargs", "stdbuf"];
/// Names of files that every project has: without their folder they name nothing.
const EVERYWHERE: [&str; 10] =
    ["main", "mod", "lib", "index", "readme", "init", "__init__", "setup", "config", "package"];

/// Tells what a tool is about to do; `None` if it does nothing that memory is asked about.
pub fn deed(input: &Input) -> Option<Deed> {
    match input.tool.as_str() {
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" if !input.path.is_empty() => {
            let path = absolute(&input.path, &input.folder);
            Some(Deed {
                names: file_name(&path).into_iter().collect(),
                paths: vec![path],
                words: input.text.clone(),
                ..Deed::default()
            })
        }
        "Bash" if !input.command.trim().is_empty() => {
            let commands = commands(&input.command);
            let names = commands.iter().filter_map(|words| command_name(words)).collect();
            let files = commands.iter().flat_map(|words| words.iter().skip(1)).filter(|word| is_file(word));
            let paths = files.map(|file| absolute(file, &input.folder)).take(MAX_DEED_PATHS).collect();
            Some(Deed { paths, names, words: input.command.clone(), folder: folder(input), ..Deed::default() })
        }
        _ => None,
    }
}

/// The folder that the work is done in, if the client told.
pub fn folder(input: &Input) -> Option<String> {
    (!input.folder.is_empty()).then(|| input.folder.clone())
}

/// Names a deed without what it says: the tool, and its file or program.
pub fn named(input: &Input) -> String {
    let of_file = Path::new(&input.path).file_name().map(|name| name.to_string_lossy().into_owned());
    let program = || commands(&input.command).first().and_then(|words| words.first()).map(|word| (*word).to_owned());
    let what = of_file.or_else(program).unwrap_or_default();
    let mut name = format!("{} {what}", input.tool).trim().to_owned();
    hydra_graph::mask_secrets(&mut name);
    name.truncate(name.floor_char_boundary(120));
    name
}

/// The commands of a line, each as its words, without what only runs them.
fn commands(line: &str) -> Vec<Vec<&str>> {
    // What stands in a here-document is no command.
    let line = line.split("<<").next().unwrap_or_default();
    let parts = line.split(['\n', ';', '|', '&', '(', ')']).map(|part| {
        let mut words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'', '`'])).peekable();
        while let Some(word) = words.peek() {
            let is_setting =
                word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
            let is_runner = RUNNERS.contains(word) || word.chars().all(|c| c.is_ascii_digit());
            if !is_setting && !is_runner {
                break;
            }
            words.next();
        }
        words.collect::<Vec<_>>()
    });
    parts.filter(|words| !words.is_empty() && words[0] != "cd").take(MAX_COMMANDS).collect()
}

/// A program with its subcommand, as in `cargo bench` or `git push`; a program without one is too common a word.
fn command_name(words: &[&str]) -> Option<String> {
    let program = words.first()?.rsplit('/').next()?;
    let sub = words.get(1)?;
    let is_name = !sub.starts_with('-') && sub.chars().all(|c| c.is_alphanumeric() || "-_:".contains(c));
    is_name.then(|| format!("{program} {sub}"))
}

fn is_file(word: &str) -> bool {
    !word.starts_with('-') && !word.contains("://") && (word.contains('/') || Path::new(word).extension().is_some())
}

fn absolute(path: &str, folder: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        return path.to_owned();
    }
    format!("{}/{}", folder.trim_end_matches('/'), path.trim_start_matches("./"))
}

/// By what a text names a file: its name, or with its folder where every project has one of that name.
fn file_name(path: &str) -> Option<String> {
    let path = Path::new(path);
    let name = path.file_name()?.to_string_lossy();
    let stem = path.file_stem()?.to_string_lossy().to_lowercase();
    if !EVERYWHERE.contains(&stem.as_str()) {
        return Some(name.into_owned());
    }
    Some(format!("{}/{name}", path.parent()?.file_name()?.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    fn of(tool: &str, input: serde_json::Value) -> Option<Deed> {
        let line = serde_json::json!({"tool_name": tool, "cwd": "/w/atlas", "tool_input": input}).to_string();
        deed(&Input::read(Event::PreToolUse, line.as_bytes()).unwrap())
    }

    fn names(command: &str) -> Vec<String> {
        of("Bash", serde_json::json!({"command": command})).unwrap().names
    }

    #[test]
    fn commands_are_named_by_program_and_subcommand() {
        assert_eq!(names("cargo bench --bench x"), ["cargo bench"]);
        assert_eq!(names("cd /w && RUST_LOG=debug timeout 60 cargo test -q | tail -3"), ["cargo test"]);
        assert_eq!(names("sudo /usr/bin/systemctl restart nginx; ls -la"), ["systemctl restart"]);
        assert_eq!(names("cat <<EOF\nnpm install\nEOF"), Vec::<String>::new());
        assert_eq!(names("ls"), Vec::<String>::new());
    }

    #[test]
    fn files_are_known_by_their_paths_and_names() {
        let edit = of("Edit", serde_json::json!({"file_path": "src/parser.rs", "new_string": "moment()"})).unwrap();
        assert_eq!((edit.paths, edit.names), (vec!["/w/atlas/src/parser.rs".into()], vec!["parser.rs".into()]));
        assert_eq!(edit.words, "moment()");
        let main = of("Write", serde_json::json!({"file_path": "/w/atlas/server/main.rs"})).unwrap();
        assert_eq!(main.names, ["server/main.rs"]);
        let bash = of("Bash", serde_json::json!({"command": "python scripts/load.py https://x.org/a.b -v"})).unwrap();
        assert_eq!(bash.paths, ["/w/atlas/scripts/load.py"]);
        assert!(of("Read", serde_json::json!({"file_path": "a"})).is_none());
        assert!(
            of("Edit", serde_json::json!({})).is_none() && of("Bash", serde_json::json!({"command": " "})).is_none()
        );
    }
}
