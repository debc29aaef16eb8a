//! This program as an agent is to run it.

use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::cli::Global;
use crate::config;

/// The name of the program's file.
const FILE_NAME: &str = "hydra";

/// How an agent runs this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program, by its whole path: an agent's `PATH` is another one.
    pub program: String,
    /// Options behind every command.
    pub options: Vec<String>,
}

impl Invocation {
    /// Describes a program with options.
    #[cfg(test)]
    pub fn new(program: &str, options: &[&str]) -> Self {
        Self { program: program.to_owned(), options: options.iter().map(|&option| option.to_owned()).collect() }
    }

    /// Describes this program with what was said of the memory on the command line: an agent is to use the same one.
    ///
    /// # Errors
    /// When the program's path is not known, or no text.
    pub fn of_this_program(global: &Global, data_dir: &Path) -> Result<Self> {
        let program = text(&this()?)?;
        let mut options = Vec::new();
        if global.data_dir.is_some() || config::names_data_dir() {
            options.extend(["--data-dir".to_owned(), text(data_dir)?]);
        }
        if let Some(file) = &global.config {
            let file = std::path::absolute(file).map_err(|error| Error::io(file.display(), &error))?;
            options.extend(["--config".to_owned(), text(&file)?]);
        }
        if let Some(port) = global.port {
            options.extend(["--port".to_owned(), port.to_string()]);
        }
        Ok(Self { program, options })
    }

    /// Puts words and options together.
    pub fn arguments(&self, words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).chain(self.options.iter().cloned()).collect()
    }

    /// Tells whether a command of the settings is this program, of whatever version and wherever.
    pub fn is_program(command: &Value) -> bool {
        let path = command.as_str().map(Path::new);
        path.is_some_and(|path| path.file_name().is_some_and(|name| name == FILE_NAME))
    }
}

/// Returns the path by which this program was started: a link that a package manager moves on to the next version stays
/// valid, where the file behind it would not.
///
/// # Errors
/// When the operating system does not say, or the file is gone.
pub fn this() -> Result<PathBuf> {
    let real = std::env::current_exe().map_err(|error| Error::io("the path of this program", &error))?;
    if !real.is_file() {
        return Err(Error::new(ErrorKind::Invalid, format!("{} was replaced while it ran", real.display()))
            .hint("run the same command again"));
    }
    let is_same = |path: &Path| std::fs::canonicalize(path).is_ok_and(|found| found == real);
    let named = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let candidates: Vec<PathBuf> = match named.components().count() {
        1 => config::search_path().into_iter().map(|folder| folder.join(&named)).collect(),
        _ => vec![named],
    };
    let whole = candidates.into_iter().filter_map(|path| std::path::absolute(path).ok());
    Ok(whole.into_iter().find(|path| is_same(path)).unwrap_or(real))
}

/// Returns the hash of a program's file, in hexadecimal.
///
/// # Errors
/// What reading it fails with.
pub fn hash(program: &Path) -> Result<String> {
    let failed = |error: &std::io::Error| Error::io(program.display(), error);
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(program).map_err(|error| failed(&error))?;
    std::io::copy(&mut file, &mut hasher).map_err(|error| failed(&error))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("{} can't be written in JSON", path.display()))
            .hint("use a path of plain Unicode characters")
    })
}
