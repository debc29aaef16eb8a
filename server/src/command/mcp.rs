//! `hydra mcp`

use std::sync::Arc;

use clap::Args;
use hydra_graph::{Error, Result};
use hydra_mcp::bridge::{self, Connect, Endpoint};

use super::Setting;
use crate::background;
use crate::outcome;
use crate::presence;
use crate::token::Token;

const EXAMPLES: &str = "\
Meant to be started by an agent. Claude Code is told so by:
  hydra install claude-code

One JSON message a line on standard input and output. All agents share one server, which is started when none runs and \
stays when the agent ends; its log is `serve.log` in the data folder.";

/// Options of `hydra mcp`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

/// Runs it.
///
/// # Errors
/// When standard input or output fails. A server that can't be started is told to the agent instead, with each request.
pub async fn run(setting: &Setting, _arguments: Arguments) -> Result<u8> {
    let http = presence::http_client()?;
    let (config, global) = (setting.config.clone(), setting.global.clone());
    let connect: Connect = Arc::new(move || {
        let (config, global, http) = (config.clone(), global.clone(), http.clone());
        Box::pin(async move {
            let presence = background::find_or_start(&config, &global, &http).await?;
            let token = Token::read(&config.data_dir)?;
            let (url, token) = (format!("{}/mcp", presence.url()), token.as_str().to_owned());
            Ok(Endpoint { url, token, http: presence.client(&http)? })
        })
    });
    match bridge::run(tokio::io::stdin(), tokio::io::stdout(), connect).await {
        // The agent has closed its end: that is how a session ends.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(outcome::DONE),
        Err(error) => Err(Error::io("the agent's input and output", &error)),
        Ok(()) => Ok(outcome::DONE),
    }
}
