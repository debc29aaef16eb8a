//! Every option, read in one place: defaults, then the file, then `HYDRA_…`, then flags.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use figment::Figment;
use figment::error::Kind as Wrong;
use figment::providers::{Env, Format as _, Serialized, Toml};
use hydra_graph::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::configured::{self, ConfiguredSource};
use crate::enrich;

/// The port when none is set.
pub const DEFAULT_PORT: u16 = 7717;
/// Prefix of environment variables.
const ENV_PREFIX: &str = "HYDRA_";
/// Names a file instead of being an option of one.
const ENV_FILE: &str = "config";
/// Most threads that one inference may use.
const MAX_EMBED_THREADS: usize = 64;
/// Longest that a query may be allowed to take.
const MAX_QUERY_TIMEOUT_S: u64 = 3_600;
/// What the server may be allowed to grow by while one runs. With less than the least, reading the graph ends it.
const QUERY_MEMORY_MB: RangeInclusive<u64> = 16..=1_048_576;

/// Begins the names of options of `[enrichment]` in the environment.
const ENRICHMENT: &str = "enrichment_";

/// What can be proposed.
const PROPOSED: [&str; 4] = ["alias", "fact", "merge", "summary"];

/// What a person can set. `data/hydra.toml` explains each; a test holds the two together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the memory is.
    pub data_dir: PathBuf,
    /// Where the embedding model is, if not in the data folder's `models`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_dir: Option<PathBuf>,
    /// Threads for one inference.
    pub embed_threads: usize,
    /// The space of what names none.
    pub default_space: String,
    /// Kinds of proposals that are accepted without asking.
    pub accept_kinds: Vec<String>,
    /// How sure a proposer has to be for that, from 0 to 1.
    pub accept_confidence: f32,
    /// The address the server listens on.
    pub bind: IpAddr,
    /// The port the server listens on; 0 takes any that is free.
    pub port: u16,
    /// Web origins that may call the server.
    pub allowed_origins: Vec<String>,
    /// Host names beside the loopback ones by which the server may be called.
    pub allowed_hosts: Vec<String>,
    /// Whether to listen beyond this machine without encryption.
    pub allow_plain_http: bool,
    /// Requests that a token or a browser's session may make in a minute; 0 for as many as it likes.
    pub requests_per_minute: u32,
    /// The certificate that the server shows, in PEM; without one it speaks plainly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// The key of that certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// How long a SPARQL query or update may take.
    pub query_timeout_s: u64,
    /// What the server's memory may grow by while one SPARQL query or update runs.
    pub query_memory_mb: u64,
    /// How much the log says.
    pub log_level: LogLevel,
    /// How the log is written.
    pub log_format: LogFormat,
    /// Folders to watch.
    pub sources: Vec<ConfiguredSource>,
    /// The file that was read, or would be if it were there; not an option.
    #[serde(skip)]
    pub file: PathBuf,
    /// Each option with its value and where that was read; not an option.
    #[serde(skip)]
    pub settings: Vec<Setting>,
    /// Which model is asked what texts state, if one is.
    pub enrichment: enrich::Options,
}

/// An option, as it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, as in the file.
    pub name: String,
    /// Its value, as in the file; empty if it has none.
    pub value: String,
    /// Where that was read: the file, a variable, a flag, or nowhere (`default`).
    pub from: String,
}

/// How much the log says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what is not as it should be.
    Warn,
    /// And what happens.
    Info,
    /// And how.
    Debug,
    /// And everything else, except what is remembered.
    Trace,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What flags say, over everything else.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overrides {
    /// `--data-dir`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// `--port`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `-v` and `-q`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_level: Option<LogLevel>,
}

impl Config {
    /// Reads all sources; `file` is what `--config` named.
    ///
    /// # Errors
    /// `Invalid` names the option, where it was read, and what it should be; `NotFound` a named file that is not there.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self> {
        let folders = etcetera::base_strategy::Xdg::new().map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("no home folder: {error}"))
                .hint("set HOME, or name a folder with --data-dir")
        })?;
        let file = match file {
            Some(named) if !named.is_file() => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("there is no configuration at {}", named.display()),
                )
                .hint("check the path after --config (or in HYDRA_CONFIG)"));
            }
            Some(named) => named.to_owned(),
            None => usual_file(&folders),
        };
        let defaults = Self::defaults(folders.data_dir().join("hydra"));
        let names = option_names();
        let nested: Vec<String> = names.iter().filter(|name| name.starts_with(ENRICHMENT)).cloned().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let environment = Env::prefixed(ENV_PREFIX).only(&names).map(move |name| {
            // Its case is what the environment has.
            let name = name.as_str().to_lowercase();
            let is_nested = nested.contains(&name);
            if is_nested { name.replacen('_', ".", 1).into() } else { name.into() }
        });
        let figment = Figment::from(Serialized::defaults(defaults))
            .merge(Toml::file(&file))
            .merge(environment)
            .merge(Serialized::defaults(overrides));
        let mut config: Self = figment.extract().map_err(|error| explain(&error, &file))?;
        config.settings = settings(&figment);
        config.data_dir = absolute(&expand(&config.data_dir, folders.home_dir()))?;
        for source in &mut config.sources {
            source.path = expand(&source.path, folders.home_dir());
        }
        config.file = absolute(&file)?;
        for path in [&mut config.model_dir, &mut config.tls_cert, &mut config.tls_key].into_iter().flatten() {
            *path = absolute(&expand(path, folders.home_dir()))?;
        }
        let key_file = config.enrichment.api_key_file.take();
        config.enrichment.api_key_file =
            key_file.map(|file| absolute(&expand(&file, folders.home_dir()))).transpose()?;
        config.check()?;
        Ok(config)
    }

    /// Returns what holds when nothing is set.
    fn defaults(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            model_dir: None,
            embed_threads: 1,
            default_space: hydra_graph::PERSONAL.to_owned(),
            accept_kinds: Vec::new(),
            accept_confidence: 0.9,
            bind: IpAddr::from([127, 0, 0, 1]),
            port: DEFAULT_PORT,
            allowed_origins: vec!["http://localhost:*".to_owned(), "http://127.0.0.1:*".to_owned()],
            allowed_hosts: Vec::new(),
            allow_plain_http: false,
            requests_per_minute: 6_000,
            tls_cert: None,
            tls_key: None,
            query_timeout_s: 30,
            query_memory_mb: 1_024,
            log_level: LogLevel::Info,
            log_format: LogFormat::Text,
            sources: Vec::new(),
            file: PathBuf::new(),
            settings: Vec::new(),
            enrichment: enrich::Options::default(),
        }
    }

    /// Fills in options without a default, so that all have a value.
    fn with_every_option(mut self) -> Self {
        for option in [&mut self.model_dir, &mut self.tls_cert, &mut self.tls_key] {
            option.get_or_insert_default();
        }
        let enrich::Options { url, model, api_key_env, api_key_file, .. } = &mut self.enrichment;
        for option in [url, model, api_key_env] {
            option.get_or_insert_default();
        }
        api_key_file.get_or_insert_default();
        self
    }

    /// Returns the folders where the model may be, in the order they are looked at.
    pub fn model_dirs(&self) -> Vec<PathBuf> {
        self.model_dir.clone().into_iter().chain([self.data_dir.join("models")]).collect()
    }

    fn check(&self) -> Result<()> {
        if !(1..=MAX_EMBED_THREADS).contains(&self.embed_threads) {
            return Err(Error::new(ErrorKind::Invalid, format!("embed_threads is {}", self.embed_threads))
                .hint(format!("set 1 to {MAX_EMBED_THREADS}; 1 is best on a machine that does other things too")));
        }
        if let Some(kind) = self.accept_kinds.iter().find(|kind| !PROPOSED.contains(&kind.as_str())) {
            return Err(Error::new(ErrorKind::Invalid, format!("accept_kinds has `{kind}`"))
                .hint(format!("write some of: {}", PROPOSED.join(", "))));
        }
        if !(0.0..=1.0).contains(&self.accept_confidence) {
            return Err(Error::new(ErrorKind::Invalid, format!("accept_confidence is {}", self.accept_confidence))
                .hint("set a number from 0 to 1"));
        }
        configured::check(&self.sources)?;
        self.enrichment.settings()?;
        if !(1..=MAX_QUERY_TIMEOUT_S).contains(&self.query_timeout_s) {
            return Err(Error::new(ErrorKind::Invalid, format!("query_timeout_s is {}", self.query_timeout_s))
                .hint(format!("set 1 to {MAX_QUERY_TIMEOUT_S} seconds")));
        }
        if !QUERY_MEMORY_MB.contains(&self.query_memory_mb) {
            return Err(Error::new(ErrorKind::Invalid, format!("query_memory_mb is {}", self.query_memory_mb))
                .hint(format!("set {} to {} megabytes", QUERY_MEMORY_MB.start(), QUERY_MEMORY_MB.end())));
        }
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err(Error::new(ErrorKind::Invalid, "of tls_cert and tls_key only one is set")
                .hint("set both to encrypt, or none"));
        }
        match self.allowed_origins.iter().find(|origin| crate::http::origin_pattern(origin).is_none()) {
            Some(origin) => Err(Error::new(ErrorKind::Invalid, format!("allowed_origins has `{origin}`"))
                .hint("write scheme://host:port, as in http://localhost:3000 or http://localhost:*")),
            None => Ok(()),
        }
    }
}

/// Lists every option with its value and where it comes from. None of them is a secret: keys are named by the variable or
/// the file that holds them.
fn settings(figment: &Figment) -> Vec<Setting> {
    let every = Config::defaults(PathBuf::new()).with_every_option();
    let every = serde_json::to_value(every).ok().and_then(|options| options.as_object().cloned()).unwrap_or_default();
    let names = every.into_iter().flat_map(|(name, value)| match value {
        serde_json::Value::Object(section) => section.keys().map(|option| format!("{name}.{option}")).collect(),
        _ => vec![name],
    });
    let setting = |name: String| {
        let value = match figment.extract_inner::<serde_json::Value>(&name) {
            Ok(serde_json::Value::String(text)) => text,
            // As it was written: what is kept is a shorter float.
            Ok(serde_json::Value::Number(number)) if number.is_f64() => {
                number.as_f64().map_or_else(String::new, |number| (number as f32).to_string())
            }
            Ok(value) if !value.is_null() => value.to_string(),
            _ => String::new(),
        };
        let from = match figment.find_metadata(&name) {
            _ if value.is_empty() => "default".to_owned(),
            Some(metadata) if metadata.name.contains("environment") => {
                format!("{ENV_PREFIX}{}", name.replace('.', "_").to_uppercase())
            }
            Some(metadata) if metadata.name.contains("TOML") => match &metadata.source {
                Some(figment::Source::File(path)) => path.display().to_string(),
                _ => "the file".to_owned(),
            },
            Some(metadata) if metadata.name.contains("Overrides") => "flag".to_owned(),
            _ => "default".to_owned(),
        };
        Setting { name, value, from }
    };
    names.map(setting).collect()
}

/// Says which option is wrong, where it stands and what to do.
fn explain(error: &figment::Error, file: &Path) -> Error {
    let name = error.path.join(".");
    let source = match error.metadata.as_ref() {
        Some(metadata) if metadata.name.contains("environment") => {
            format!("the environment ({ENV_PREFIX}{})", name.to_uppercase())
        }
        Some(metadata) if metadata.name.contains("TOML") => file.display().to_string(),
        _ => "the configuration".to_owned(),
    };
    let wrong = |message: String| Error::new(ErrorKind::Invalid, message);
    match &error.kind {
        Wrong::UnknownField(field, known) => wrong(format!("`{field}` is not an option, in {}", file.display()))
            .hint(format!("remove it, or write one of: {}", known.join(", "))),
        Wrong::UnknownVariant(value, known) => wrong(format!("`{value}` is not a value of `{name}`, in {source}"))
            .hint(format!("write one of: {}", known.join(", "))),
        Wrong::InvalidType(actual, expected) | Wrong::InvalidValue(actual, expected) => {
            wrong(format!("`{name}` is {actual}, in {source}")).hint(format!("it should be {expected}"))
        }
        other => {
            let text = other.to_string();
            let text = if text.is_empty() { error.to_string() } else { text };
            wrong(format!("{source} does not read: {}", text.trim().replace('\n', " ")))
                .hint("every option is explained in data/hydra.toml")
        }
    }
}

/// Returns where the configuration is read from; `named` is what `--config` said.
pub fn file(named: Option<&Path>) -> Option<PathBuf> {
    let usual = || etcetera::base_strategy::Xdg::new().ok().map(|folders| usual_file(&folders));
    named.map(Path::to_owned).or_else(usual)
}

fn usual_file(folders: &etcetera::base_strategy::Xdg) -> PathBuf {
    folders.config_dir().join("hydra").join("hydra.toml")
}

/// Tells whether the environment names the data folder.
pub fn names_data_dir() -> bool {
    std::env::var_os(format!("{ENV_PREFIX}DATA_DIR")).is_some()
}

/// Returns the folders that programs are looked for in.
pub fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// Returns the home folder, and the folder that Claude Code keeps its files in if that was said.
///
/// # Errors
/// `Invalid` when there is no home.
pub fn claude_folders() -> Result<(PathBuf, Option<PathBuf>)> {
    let home = etcetera::home_dir().map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("no home folder: {error}")).hint("set HOME, and run this again")
    })?;
    let moved = std::env::var_os("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty());
    Ok((home, moved.map(|folder| absolute(Path::new(&folder))).transpose()?))
}

/// Returns the folder that Claude Code keeps its transcripts in; `None` when there is no home.
pub fn transcripts() -> Option<PathBuf> {
    let (home, moved) = claude_folders().ok()?;
    Some(moved.unwrap_or_else(|| home.join(".claude")).join("projects"))
}

/// Returns variables that look like options and are none: misspelt ones, or another program's. The file is Hydra's
/// alone, so an unknown name there is an error; the environment is not.
pub fn unknown_variables() -> Vec<String> {
    let known = option_names();
    let is_unknown = |name: &String| {
        let option = name.strip_prefix(ENV_PREFIX).map(str::to_lowercase);
        option.is_some_and(|option| option != ENV_FILE && !known.contains(&option))
    };
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(is_unknown).collect()
}

fn option_names() -> Vec<String> {
    let every = Config::defaults(PathBuf::new()).with_every_option();
    let names = serde_json::to_value(every).ok().and_then(|options| options.as_object().cloned());
    let names = names.unwrap_or_default().into_iter().flat_map(|(name, value)| match value {
        serde_json::Value::Object(section) => section.keys().map(|option| format!("{name}_{option}")).collect(),
        _ => vec![name],
    });
    names.collect()
}

fn expand(path: &Path, home: &Path) -> PathBuf {
    path.strip_prefix("~").map_or_else(|_| path.to_owned(), |rest| home.join(rest))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Error::io(format!("the path `{}`", path.display()), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPLAINED: &str = include_str!("../../data/hydra.toml");

    /// Options of the explained file: its lines `#name = value` and `#[[name]]` without the `#`.
    fn uncommented() -> String {
        let is_option = |line: &&str| {
            line.starts_with("#[") || line.starts_with('#') && !line.starts_with("# ") && line.contains(" = ")
        };
        EXPLAINED.lines().filter(is_option).map(|line| format!("{}\n", &line[1..])).collect()
    }

    #[test]
    fn the_explained_file_has_every_option_with_its_default() {
        let home = Path::new("/home/me");
        let text = uncommented();
        let mut read: Config = Figment::from(Toml::string(&text)).extract().unwrap();
        read.data_dir = expand(&read.data_dir, home);
        assert_eq!(read.model_dir, Some("~/models/all-MiniLM-L6-v2".into()), "an example: it has no default");
        read.model_dir = None;
        let pair = (read.tls_cert.take(), read.tls_key.take());
        assert_eq!(pair, (Some("~/hydra/cert.pem".into()), Some("~/hydra/key.pem".into())), "an example: no default");
        let example = read.sources.remove(0);
        assert_eq!(example.path, Path::new("~/notes"), "an example: it has no default");
        assert_eq!((example.kind, example.paused), (Default::default(), false));
        for name in serde_json::to_value(&example).unwrap().as_object().unwrap().keys() {
            assert!(text.contains(&format!("{name} = ")), "{name} of sources is not explained");
        }
        let example = read.enrichment.clone();
        assert_eq!(example.url.as_deref(), Some("http://127.0.0.1:8080/v1"), "an example too");
        assert!(example.model.is_some() && example.api_key_env.is_some() && example.api_key_file.is_some());
        read.enrichment = enrich::Options { url: None, model: None, api_key_env: None, api_key_file: None, ..example };
        assert_eq!(read, Config::defaults(home.join(".local/share/hydra")));
        for name in option_names() {
            let name = name.strip_prefix(ENRICHMENT).unwrap_or(&name);
            let is_explained =
                [format!("{name} = "), format!("[[{name}]]")].iter().any(|written| text.contains(written));
            assert!(is_explained, "{name} is not explained");
        }
    }

    #[test]
    fn a_home_is_filled_in() {
        assert_eq!(expand(Path::new("~/x"), Path::new("/h")), Path::new("/h/x"));
        assert_eq!(expand(Path::new("/a/~"), Path::new("/h")), Path::new("/a/~"));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let config = Config { tls_cert: Some("/c".into()), ..Config::defaults(PathBuf::new()) };
        assert!(config.check().unwrap_err().message().contains("only one"));
    }

    #[test]
    fn threads_are_bounded() {
        let config = Config { embed_threads: MAX_EMBED_THREADS + 1, ..Config::defaults(PathBuf::new()) };
        assert_eq!(config.check().unwrap_err().kind(), ErrorKind::Invalid);
    }
}
