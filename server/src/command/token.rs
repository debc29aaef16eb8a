//! `hydra token`

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use hydra_graph::{Error, Refusal, Result, Timestamp, Trust};
use hydra_mcp::{Right, when};
use serde_json::{Value, json};

use super::Setting;
use crate::access::{Grant, GrantKind, NewGrant, ledger, read_used};
use crate::client::Need;
use crate::config::Config;
use crate::folder;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::RefusedCalls;
use crate::wiring;

const EXAMPLES: &str = "\
Examples:
  hydra token create --name phone --scope read,write --expires 90d
  hydra token create --name dashboard > ~/dashboard.token
  hydra token list
  hydra token revoke phone

Scopes, none of which contains another:
  read     everything that only looks: recall, get, queries, metrics
  write    remember, learn, update, forget, undo of its own commits, SPARQL updates
  approve  accept and reject proposals, settle conflicts
  admin    erase, export, import, redact, rebuild, declare predicates, and say which files are read

What is told with a token is told by token:NAME, and trusted as an agent at most, whatever the request says. A token works \
from the moment it is made and no longer than it is revoked, with the server running. Programs of your own on this machine \
need none: they use the file `token` in the data folder, as the commands do.";

/// Options of `hydra token`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Make a token for a program or device; it is printed once and kept nowhere
    Create(Create),
    /// List tokens and the sessions of browsers
    List(List),
    /// End a token, or the session of a browser
    Revoke(Revoke),
    /// Show the calls that were refused last: who, where, why and how often
    Refused(Refused),
}

/// Options of `hydra token create`.
#[derive(Debug, Args)]
pub struct Create {
    /// What uses it; it is named so in the history of what it writes
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// What it may do, separated by commas
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', default_value = "read", value_parser = scopes())]
    pub scope: Vec<Right>,
    /// How long it lasts, as in 30d [default: until it is revoked]
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
    /// How far what it tells is trusted: as an agent's word, or as a file that was read
    #[arg(long, value_name = "TRUST", default_value = "agent", value_parser = trusts())]
    pub trust: Trust,
}

/// Options of `hydra token list`.
#[derive(Debug, Args)]
pub struct List {
    /// Also those that were revoked or have expired
    #[arg(long)]
    pub all: bool,
}

/// Options of `hydra token revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Its name, as `hydra token list` shows it
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Options of `hydra token refused`.
#[derive(Debug, Args)]
pub struct Refused {
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

fn scopes() -> impl clap::builder::TypedValueParser<Value = Right> {
    PossibleValuesParser::new(Right::ALL.map(Right::as_str)).try_map(|name| name.parse::<Right>())
}

fn trusts() -> impl clap::builder::TypedValueParser<Value = Trust> {
    PossibleValuesParser::new([Trust::Agent.as_str(), Trust::Ingested.as_str()]).try_map(|name| name.parse::<Trust>())
}

/// Runs it. Making, listing and revoking needs neither the memory nor a server: a token is revoked whatever state they are in.
///
/// # Errors
/// What the file of tokens says; of refused calls, what the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let (config, is_json, is_quiet) = (setting.config.clone(), setting.global.json, setting.global.quiet);
    let what = match arguments.what {
        What::Refused(refused) => return self::refused(setting, refused).await,
        what => what,
    };
    let work = move || match what {
        What::Refused(_) => Ok(outcome::DONE),
        What::Create(create) => self::create(&config, create, is_json, is_quiet),
        What::List(list) => self::list(&config, &list, is_json),
        What::Revoke(revoke) => self::revoke(&config, &revoke, is_json, is_quiet),
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::io("the tokens", &std::io::Error::other(error))))
}

fn create(config: &Config, create: Create, is_json: bool, is_quiet: bool) -> Result<u8> {
    let now = wiring::now();
    let expires_at = create.expires.map(|length| when::end_of(&length, now)).transpose()?;
    // One may be made before the first start, which beyond this machine asks for one.
    folder::prepare(&config.data_dir)?;
    let new = NewGrant {
        name: create.name,
        kind: GrantKind::Token,
        rights: create.scope.into_iter().collect(),
        trust: create.trust,
        expires_at,
        of: None,
    };
    let (grant, secret) = ledger::create(&config.data_dir, new, now)?;
    if is_json {
        let mut answer = shown(&grant, None, now);
        answer["token"] = json!(secret.as_str());
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    output::data(secret.as_str())?;
    if !is_quiet {
        let until = expires_at.map_or_else(|| "until it is revoked".to_owned(), |end| format!("until {}", day(end)));
        output::talk(&format!(
            "token `{}`: {}, trusted as {}, {until}\nit is shown this once; send it as: Authorization: Bearer TOKEN\n\
             end it with: hydra token revoke {}",
            grant.name,
            words(&grant),
            if grant.trust == Trust::Agent { "an agent" } else { "a file that was read" },
            grant.name
        ));
    }
    Ok(outcome::DONE)
}

fn list(config: &Config, list: &List, is_json: bool) -> Result<u8> {
    check_folder(&config.data_dir)?;
    let (now, used) = (wiring::now(), read_used(&config.data_dir));
    let mut grants = ledger::read(&config.data_dir)?;
    grants.retain(|grant| list.all || grant.is_live(now));
    let last_used = |grant: &Grant| used.get(&grant.name).copied().filter(|at| *at >= grant.created_at);
    if is_json {
        let all: Vec<Value> = grants.iter().map(|grant| shown(grant, last_used(grant), now)).collect();
        output::json(&json!({"tokens": all}))?;
        return Ok(outcome::DONE);
    }
    if grants.is_empty() {
        output::talk(
            "there is no token but the owner's; make one with: hydra token create --name NAME --scope read,write",
        );
        return Ok(outcome::NOTHING_FOUND);
    }
    let style = Style::of_stdout();
    let width = grants.iter().map(|grant| grant.name.len()).max().unwrap_or_default();
    for grant in &grants {
        let mut said = vec![words(grant), format!("trusted as {}", grant.trust.as_str())];
        if grant.kind == GrantKind::Browser {
            said.push(grant.of.as_ref().map_or_else(|| "a browser".to_owned(), |of| format!("a browser of {of}")));
        }
        said.push(format!("made {}", day(grant.created_at)));
        said.push(last_used(grant).map_or_else(|| "not used yet".to_owned(), |at| format!("last used {}", minute(at))));
        said.extend(match grant.standing(now) {
            "in force" => grant.expires_at.map(|end| format!("until {}", day(end))),
            ended => Some(style.warning(ended)),
        });
        output::data(&format!("{:width$}  {}", grant.name, said.join(", ")))?;
    }
    Ok(outcome::DONE)
}

fn revoke(config: &Config, revoke: &Revoke, is_json: bool, is_quiet: bool) -> Result<u8> {
    check_folder(&config.data_dir)?;
    let ended = ledger::revoke(&config.data_dir, &revoke.name, wiring::now())?;
    if is_json {
        output::json(&json!({"revoked": ended}))?;
    } else if !is_quiet {
        output::talk(&format!("{} opens nothing any more", ended.join(" and ")));
    }
    Ok(outcome::DONE)
}

async fn refused(setting: &Setting, refused: Refused) -> Result<u8> {
    let mut answer = super::ask(setting, Need::Graph, RefusedCalls { limit: refused.limit }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let all: Vec<Refusal> = super::read(answer["refusals"].take())?;
    if all.is_empty() {
        output::talk("no call was refused, as far as it is written down: that takes up to a minute");
        return Ok(outcome::NOTHING_FOUND);
    }
    for Refusal { who, route, why, times, first, last } in all {
        let often = if times == 1 { String::new() } else { format!(", {times} times since {}", minute(first)) };
        output::data(&output::plain(&format!("{}  {who}  {route}  {why}{often}", minute(last))))?;
    }
    Ok(outcome::DONE)
}

/// A folder with tokens and no memory yet is one that is about to begin.
fn check_folder(data_dir: &Path) -> Result<()> {
    if data_dir.join(ledger::FILE).exists() { Ok(()) } else { folder::check_memory(data_dir) }
}

fn words(grant: &Grant) -> String {
    grant.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
}

fn shown(grant: &Grant, last_used: Option<Timestamp>, now: Timestamp) -> Value {
    json!({
        "name": grant.name,
        "kind": grant.kind,
        "scopes": grant.scopes,
        "trust": grant.trust,
        "agent": grant.agent().name,
        "of": grant.of,
        "created_at": grant.created_at,
        "expires_at": grant.expires_at,
        "revoked_at": grant.revoked_at,
        "last_used": last_used,
        "standing": grant.standing(now),
    })
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn minute(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect::<String>().replace('T', " ")
}
