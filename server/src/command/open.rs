//! `hydra open`

use std::process::Stdio;

use clap::Args;
use hydra_graph::{Error, ErrorKind, Id, Result};
use serde_json::{Value, json};

use super::Setting;
use crate::background;
use crate::client::Remote;
use crate::http::SESSION_PATH;
use crate::outcome;
use crate::output;
use crate::presence;

const EXAMPLES: &str = "\
Examples:
  hydra open
  hydra open 038g93r4yp000
  hydra open \"where is the spare key\"
  hydra open --print
  hydra open --page /graphql

The link works once, for two minutes, and gives the browser a session of seven days that is yours: `hydra token list` shows \
it, `hydra token revoke browser-1` ends it. Starts the server when none runs. From another machine: forward the port \
(ssh -L 7717:127.0.0.1:7717 HOST), print the link there and open it here.";

/// Options of `hydra open`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A memory, person or thing by its id, or a question to search for
    #[arg(value_name = "ID|QUERY", conflicts_with = "page")]
    pub what: Option<String>,
    /// Print the link instead of opening it
    #[arg(long)]
    pub print: bool,
    /// Page to begin with
    #[arg(long, value_name = "PATH", default_value = "/")]
    pub page: String,
}

/// Runs it.
///
/// # Errors
/// When there is no server and none can be started, or no browser is found.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let http = presence::http_client()?;
    let presence = background::find_or_start(&setting.config, &setting.global, &http).await?;
    let remote = Remote::new(http, &presence, &setting.config.data_dir)?;
    let answer = remote.send(SESSION_PATH, &json!({})).await?;
    let mut url = answer["url"].as_str().unwrap_or_default().to_owned();
    let page = arguments.what.as_deref().map_or(arguments.page, page_of);
    if page != "/" {
        let page = percent_encoding::utf8_percent_encode(&page, percent_encoding::NON_ALPHANUMERIC);
        url.push_str(&format!("&next={page}"));
    }
    if setting.global.json {
        output::json(&json!({"url": url, "expires_in_s": answer["expires_in_s"]}))?;
        return Ok(outcome::DONE);
    }
    if arguments.print {
        output::data(&url)?;
        if !setting.global.quiet {
            output::talk(&format!("it works once, for {} seconds", seconds(&answer)));
        }
        return Ok(outcome::DONE);
    }
    show(&url)?;
    if !setting.global.quiet {
        output::talk("opened in your browser; if nothing shows: `hydra open --print`");
    }
    Ok(outcome::DONE)
}

/// Returns the page that shows what an id stands for, or what a question finds.
fn page_of(what: &str) -> String {
    match what.trim().parse::<Id>() {
        Ok(id) => format!("/m/{id}"),
        Err(_) => {
            let question = percent_encoding::utf8_percent_encode(what.trim(), percent_encoding::NON_ALPHANUMERIC);
            format!("/search?q={question}")
        }
    }
}

fn seconds(answer: &Value) -> u64 {
    answer["expires_in_s"].as_u64().unwrap_or_default()
}

/// Hands the link to whatever shows links. It is in that program's arguments for a moment, where others on this machine may
/// see it; it works once.
fn show(url: &str) -> Result<()> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = std::process::Command::new(program);
    let started = command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match started {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::new(ErrorKind::Unavailable, format!("`{program}` opens no browser here"))
            .hint("print the link and open it yourself: `hydra open --print`")),
    }
}

#[cfg(test)]
mod tests {
    use super::page_of;

    #[test]
    fn ids_have_a_page_and_anything_else_is_searched_for() {
        assert_eq!(page_of("038g93r4yp000"), "/m/038g93r4yp000");
        assert_eq!(page_of("id:038g93r4yp000"), "/m/038g93r4yp000");
        assert_eq!(page_of("where's the key?"), "/search?q=where%27s%20the%20key%3F");
        assert_eq!(page_of("naïve & co"), "/search?q=na%C3%AFve%20%26%20co");
    }
}
