//! `[enrichment]` of the configuration: which model is asked, where it is, and what it may cost.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use hydra_graph::{Error, ErrorKind, MAX_NAME_BYTES, Result};
use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Longest time that one request may be given.
const MAX_TIMEOUT_S: u64 = 600;
/// Most tokens that one answer may be given.
const MAX_MAX_TOKENS: u32 = 8_192;
/// Most requests an hour; at one a second the worker is never idle.
const MAX_REQUESTS_PER_HOUR: u32 = 3_600;
/// Where a chat is completed, below the version.
const PATH: &str = "chat/completions";

/// What a person can set. `data/hydra.toml` explains each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Where the model is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The environment variable that holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// The file that holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// Whether texts may be sent to another machine.
    pub allow_remote: bool,
    /// Whether `hydra serve` goes through the queue by itself.
    pub automatic: bool,
    /// How long one answer may take.
    pub timeout_s: u64,
    /// How long one answer may be.
    pub max_tokens: u32,
    /// How many texts are sent an hour.
    pub requests_per_hour: u32,
    /// The spaces whose texts are sent; all if there are none.
    pub spaces: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            url: None,
            model: None,
            api_key_env: None,
            api_key_file: None,
            allow_remote: false,
            automatic: false,
            timeout_s: 120,
            max_tokens: 512,
            requests_per_hour: 120,
            spaces: Vec::new(),
        }
    }
}

/// The options once they make sense together.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where requests go.
    pub url: Url,
    /// The model's name.
    pub model: String,
    /// Where its key is.
    pub key: KeyPlace,
    /// Whether that is another machine.
    pub is_remote: bool,
    /// Whether the server goes through the queue by itself.
    pub automatic: bool,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long one answer may be.
    pub max_tokens: u32,
    /// How many texts are sent an hour.
    pub requests_per_hour: u32,
    /// The spaces whose texts are sent; all if there are none.
    pub spaces: Vec<String>,
}

/// Where a key is. The key itself is read when it is needed and is in no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// None is needed.
    None,
    /// In an environment variable of that name.
    Variable(String),
    /// In a file that only the owner can read.
    File(PathBuf),
}

impl Options {
    /// Checks them; `None` when no endpoint is named, and so nothing is ever sent.
    ///
    /// # Errors
    /// `Invalid` names the option and what it should be.
    pub fn settings(&self) -> Result<Option<Settings>> {
        let Some(url) = &self.url else {
            return match self.automatic || self.model.is_some() {
                true => Err(invalid("enrichment has no url").hint("set `url` to where the model is served")),
                false => Ok(None),
            };
        };
        let model = self.model.as_deref().map(str::trim).unwrap_or_default();
        if model.is_empty() || model.len() > MAX_NAME_BYTES || model.chars().any(char::is_control) {
            return Err(invalid("enrichment has a url and no model's name").hint("set `model` beside `url`"));
        }
        in_range("timeout_s", self.timeout_s, 1, MAX_TIMEOUT_S)?;
        in_range("max_tokens", self.max_tokens.into(), 16, MAX_MAX_TOKENS.into())?;
        in_range("requests_per_hour", self.requests_per_hour.into(), 1, MAX_REQUESTS_PER_HOUR.into())?;
        let key = match (&self.api_key_env, &self.api_key_file) {
            (None, None) => KeyPlace::None,
            (Some(variable), None) => KeyPlace::Variable(variable.clone()),
            (None, Some(file)) => KeyPlace::File(file.clone()),
            (Some(_), Some(_)) => {
                return Err(invalid("enrichment has both api_key_env and api_key_file").hint("set one of them"));
            }
        };
        let url = address(url)?;
        let is_remote = !is_loopback(&url);
        if is_remote && !self.allow_remote {
            let host = url.host_str().unwrap_or_default();
            return Err(invalid(format!("enrichment.url names another machine, `{host}`")).hint(
                "your texts would be sent there: set allow_remote = true if that is what you want, or name a server on \
                 this machine (127.0.0.1, ::1 or localhost)",
            ));
        }
        if is_remote && url.scheme() != "https" {
            return Err(invalid("enrichment.url names another machine without https")
                .hint("write https://…, or your texts travel where anyone can read them"));
        }
        Ok(Some(Settings {
            url,
            model: model.to_owned(),
            key,
            is_remote,
            automatic: self.automatic,
            timeout: Duration::from_secs(self.timeout_s),
            max_tokens: self.max_tokens,
            requests_per_hour: self.requests_per_hour,
            spaces: self.spaces.clone(),
        }))
    }
}

/// Makes the address of the endpoint of what was written: with or without the version, with or without the end.
fn address(written: &str) -> Result<Url> {
    let wrong = |what: &str| invalid(format!("enrichment.url {what}")).hint("write it as in http://127.0.0.1:8080/v1");
    let mut url = Url::parse(written.trim()).map_err(|error| wrong(&format!("is no address: {error}")))?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
        return Err(wrong("is no http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not shown: it would stand in a log.
        return Err(invalid("enrichment.url has a name or password in it")
            .hint("take it out, and name the key's place with api_key_env or api_key_file"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a `?` or `#` in it"));
    }
    let path = match url.path().trim_matches('/') {
        "" => format!("/v1/{PATH}"),
        path if path.ends_with(PATH) => format!("/{path}"),
        path => format!("/{path}/{PATH}"),
    };
    url.set_path(&path);
    Ok(url)
}

/// Tells whether an address is on this machine, whatever a name server says of it.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn in_range(name: &str, value: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(invalid(format!("enrichment.{name} is {value}")).hint(format!("set {least} to {most}")))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> Options {
        Options { url: Some(url.to_owned()), model: Some("small".to_owned()), ..Options::default() }
    }

    #[test]
    fn nothing_is_sent_unless_an_endpoint_is_named() {
        assert_eq!(Options::default().settings().unwrap(), None);
        let half = Options { automatic: true, ..Options::default() };
        assert!(half.settings().unwrap_err().message().contains("no url"));
        assert!(Options { model: None, ..options("http://127.0.0.1:1") }.settings().is_err());
    }

    #[test]
    fn the_address_is_completed() {
        for (written, asked) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions"),
            ("http://localhost:1/v1/", "http://localhost:1/v1/chat/completions"),
            ("http://[::1]:1/api/v1", "http://[::1]:1/api/v1/chat/completions"),
            ("https://127.1/v1/chat/completions", "https://127.0.0.1/v1/chat/completions"),
        ] {
            assert_eq!(options(written).settings().unwrap().unwrap().url.as_str(), asked);
        }
    }

    #[test]
    fn another_machine_needs_a_word_and_https() {
        let other = "https://models.example.org/v1";
        let remote = |url: &str, allow_remote| Options { allow_remote, ..options(url) }.settings();
        let refused = remote(other, false).unwrap_err();
        assert!(refused.message().contains("models.example.org"), "{refused}");
        assert!(remote(other, true).unwrap().unwrap().is_remote);
        for plain in [
            "http://models.example.org/v1",
            "http://192.168.1.2:8080",
            "http://0.0.0.0:1",
            "http://localhost.example.org:1",
            "http://[::ffff:127.0.0.1]:1",
        ] {
            assert!(remote(plain, false).is_err(), "{plain}");
            assert!(remote(plain, true).unwrap_err().message().contains("without https"), "{plain}");
        }
    }

    #[test]
    fn a_secret_in_the_address_is_refused_and_not_repeated() {
        let refused = options("http://me:swordfish@127.0.0.1:1/v1").settings().unwrap_err();
        assert!(!refused.to_string().contains("swordfish"));
        for wrong in ["ftp://127.0.0.1/", "http://127.0.0.1:1/v1?key=1", "127.0.0.1:8080", "unix:/x"] {
            assert!(options(wrong).settings().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_it_may_cost_is_bounded() {
        for wrong in [
            Options { timeout_s: MAX_TIMEOUT_S + 1, ..options("http://127.0.0.1:1") },
            Options { max_tokens: MAX_MAX_TOKENS + 1, ..options("http://127.0.0.1:1") },
            Options { requests_per_hour: MAX_REQUESTS_PER_HOUR + 1, ..options("http://127.0.0.1:1") },
            Options { requests_per_hour: 0, ..options("http://127.0.0.1:1") },
        ] {
            assert_eq!(wrong.settings().unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
}
