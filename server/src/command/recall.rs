//! `hydra recall`

use clap::Args;
use hydra_graph::{Kind, Mode, Preference, Result, Seen, Timestamp};
use serde::Deserialize;

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::Recall;

/// How much of a text is shown; `get` and `--json` show all of it.
const SHOWN_CHARS: usize = 320;

const EXAMPLES: &str = "\
Examples:
  hydra recall \"what did we decide about backups\"
  hydra recall \"where does Anna live\" --as-of 2025-06-01
  hydra recall Anna --kind decision --kind preference --since 30d
  hydra recall \"restart the router\" --space project/home --limit 3
  hydra recall budget --json | jq -r '.hits[].source.path'

Exit code 1 means that nothing was found.";

/// Options of `hydra recall`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A question, or the words to look for
    pub query: String,
    /// How many hits at most
    #[arg(long, short = 'n', default_value_t = crate::verb::DEFAULT_LIMIT, value_name = "N")]
    pub limit: usize,
    /// Only this kind: episode, fact, preference, learning, decision or passage (repeatable)
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<Kind>,
    /// Only what is about, or links to, this person, project or thing
    #[arg(long, value_name = "NAME")]
    pub entity: Option<String>,
    /// Only what was recorded since: 2026-01-31, a full time, or how long ago as in 7d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    #[command(flatten)]
    pub look: Look,
    /// Stop when the texts together pass this many tokens
    #[arg(long, value_name = "TOKENS")]
    pub budget_tokens: Option<usize>,
    /// How far to look: fast, or deep for questions that take more than one step to answer
    #[arg(long, value_name = "MODE", default_value = "fast")]
    pub mode: Mode,
}

#[derive(Deserialize)]
struct Answer {
    hits: Vec<Hit>,
    degraded: Vec<String>,
    dropped: usize,
    note: Option<String>,
    took_ms: f64,
}

#[derive(Deserialize)]
struct Hit {
    id: String,
    kind: String,
    text: String,
    title: String,
    source: Source,
    score: f32,
    why: Why,
    recorded_at: Timestamp,
    speaker: Option<String>,
    happened_at: Option<Timestamp>,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    seen: Option<Seen>,
    preference: Option<Preference>,
    superseded_by: Option<String>,
    #[serde(default)]
    also_in: Vec<AlsoIn>,
    #[serde(default)]
    stale: Vec<String>,
}

#[derive(Deserialize)]
struct AlsoIn {
    id: String,
    source: Source,
}

#[derive(Deserialize)]
struct Source {
    path: Option<String>,
    heading: Option<String>,
    span: Option<Span>,
    said_by: Option<String>,
}

#[derive(Deserialize)]
struct Span {
    line: u32,
}

#[derive(Deserialize)]
struct Why {
    lexical: Option<Reason>,
    dense: Option<Reason>,
    late: Option<Reason>,
    graph: Option<Reason>,
    speaker: Option<f32>,
    subject: Option<f32>,
    session: Option<f32>,
    time: Option<f32>,
    called: Option<f32>,
    led_by: Option<Lead>,
    #[serde(default)]
    entities: Vec<String>,
    #[serde(default)]
    mentions: Vec<String>,
}

#[derive(Deserialize)]
struct Lead {
    name: String,
}

#[derive(Deserialize)]
struct Reason {
    rank: Option<usize>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let verb = Recall {
        query: arguments.query,
        spaces: arguments.look.space,
        kinds: arguments.kind,
        entity: arguments.entity,
        since: arguments.since,
        as_of: arguments.look.as_of,
        known_at: arguments.look.known_at,
        limit: Some(arguments.limit),
        budget_tokens: arguments.budget_tokens,
        mode: arguments.mode,
    };
    let answer = super::ask(setting, Need::Meaning, verb).await?;
    if setting.global.json {
        let is_empty = answer["hits"].as_array().is_none_or(Vec::is_empty);
        output::json(&answer)?;
        return Ok(if is_empty { outcome::NOTHING_FOUND } else { outcome::DONE });
    }
    let answer: Answer = super::read(answer)?;
    for reason in &answer.degraded {
        output::talk(&format!("note: {}", output::plain(reason)));
    }
    if answer.hits.is_empty() {
        output::talk(answer.note.as_deref().unwrap_or("nothing found; try other words, or fewer filters"));
        return Ok(outcome::NOTHING_FOUND);
    }
    let style = Style::of_stdout();
    let hits: Vec<String> = answer.hits.iter().enumerate().map(|(at, hit)| shown(at + 1, hit, style)).collect();
    output::data(&hits.join("\n\n"))?;
    if !setting.global.quiet {
        let more = if answer.dropped > 0 { format!(", {} more did not fit", answer.dropped) } else { String::new() };
        output::talk(&format!("\n{} found in {:.1} ms{more}", answer.hits.len(), answer.took_ms));
    }
    Ok(outcome::DONE)
}

fn shown(number: usize, hit: &Hit, style: Style) -> String {
    let heading = hit.source.heading.as_deref().unwrap_or_default();
    // A note's first heading is often its title.
    let is_repeated = heading == hit.title || heading.starts_with(&format!("{} > ", hit.title));
    let names = [if is_repeated { "" } else { hit.title.as_str() }, heading];
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let name = match (names.is_empty(), &hit.speaker) {
        (false, _) => output::start_of(&names.join(" > "), 100),
        (true, Some(speaker)) => output::start_of(speaker, 100),
        (true, None) => hit.kind.clone(),
    };
    let place = match (&hit.source.path, &hit.source.span, &hit.source.said_by) {
        (Some(path), Some(span), _) => format!("  {}:{}", output::plain(&near(path)), span.line),
        (Some(path), None, _) => format!("  {}", output::plain(&near(path))),
        (None, _, Some(said_by)) => format!("  {}", output::start_of(said_by, 60)),
        _ => String::new(),
    };
    let day = |at: Timestamp| at.to_string().chars().take("2026-01-31".len()).collect::<String>();
    let now = crate::wiring::now();
    let held = match (hit.valid_from, hit.valid_to) {
        (Some(from), Some(to)) if to > now => format!(" · holds {} to {}", day(from), day(to)),
        (Some(from), Some(to)) => format!(" · held {} to {}", day(from), day(to)),
        (Some(from), None) => format!(" · since {}", day(from)),
        (None, Some(to)) if to > now => format!(" · holds until {}", day(to)),
        (None, Some(to)) => format!(" · held until {}", day(to)),
        (None, None) => String::new(),
    };
    let standing = hit.preference.as_ref().map(Preference::words).filter(|words| !words.is_empty());
    let standing = standing.map(|words| format!(" · {}", output::plain(&words))).unwrap_or_default();
    let seen = hit.seen.as_ref().map(|seen| format!(" · {}", seen.words())).unwrap_or_default();
    let by = hit.superseded_by.as_ref().map(|by| format!(" · superseded by {by}")).unwrap_or_default();
    let copies: String = hit.also_in.iter().map(|copy| format!("\n    also in {}", also_in(copy))).collect();
    let stale = if hit.stale.is_empty() { "" } else { " · stale: what it rests on no longer stands" };
    // Of what was said, the day it was said; of everything else, the day it was recorded.
    let said = day(hit.happened_at.unwrap_or(hit.recorded_at));
    let foot = format!(
        "{} · {} · {said}{held}{standing}{by}{seen} · {:.2} · {}{stale}{copies}",
        hit.id,
        hit.kind,
        hit.score,
        why(&hit.why)
    );
    format!(
        "{number:>2}  {}{}\n    {}\n    {}",
        style.strong(&name),
        style.faint(&place),
        output::start_of(&hit.text, SHOWN_CHARS),
        style.faint(&foot)
    )
}

fn also_in(copy: &AlsoIn) -> String {
    match (&copy.source.path, &copy.source.span, &copy.source.said_by) {
        (Some(path), Some(span), _) => format!("{}:{} ({})", output::plain(&near(path)), span.line, copy.id),
        (Some(path), None, _) => format!("{} ({})", output::plain(&near(path)), copy.id),
        (None, _, Some(said_by)) => format!("{} ({})", output::start_of(said_by, 60), copy.id),
        (None, _, None) => copy.id.clone(),
    }
}

fn why(why: &Why) -> String {
    let lists = [("words", &why.lexical), ("meaning", &why.dense), ("word by word", &why.late), ("links", &why.graph)];
    let mut reasons: Vec<String> = lists
        .into_iter()
        .filter_map(|(name, reason)| {
            let reason = reason.as_ref()?;
            Some(reason.rank.map_or_else(|| name.to_owned(), |rank| format!("{name} {rank}")))
        })
        .collect();
    let signals = [
        ("speaker", why.speaker),
        ("subject", why.subject),
        ("conversation", why.session),
        ("time", why.time),
        ("its name", why.called),
    ];
    reasons.extend(signals.into_iter().filter(|(_, part)| part.is_some()).map(|(name, _)| name.to_owned()));
    if let Some(lead) = &why.led_by {
        reasons.push(format!("through {}", output::start_of(&lead.name, 40)));
    }
    if !why.entities.is_empty() {
        reasons.push(format!("about {}", output::start_of(&why.entities.join(", "), 60)));
    }
    if !why.mentions.is_empty() {
        reasons.push(format!("names {}", output::start_of(&why.mentions.join(", "), 60)));
    }
    reasons.join(", ")
}

/// A path below the current folder is shown from there.
fn near(path: &str) -> String {
    let here = std::env::current_dir().ok();
    let below =
        here.and_then(|here| std::path::Path::new(path).strip_prefix(here).ok().map(|p| p.display().to_string()));
    below.filter(|below| !below.is_empty()).unwrap_or_else(|| path.to_owned())
}
