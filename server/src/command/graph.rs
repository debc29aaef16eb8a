//! `hydra graph`

use clap::Args;
use hydra_graph::{MAX_PATH_STEPS, Neighbourhood, Result, Tie};

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::Graph;

/// Letters of a name that are shown.
const NAME_CHARS: usize = 60;

const EXAMPLES: &str = "\
Examples:
  hydra graph Mirela
  hydra graph Mirela --depth 2 --predicate \"works for\"
  hydra graph Mirela --to Boiler                   how the two are connected
  hydra graph Mirela --as-of 2025-06-01            what was true then
  hydra graph Boiler --known-at 7d                 what was known a week ago

Facts that hold, links between notes, tags of notes, and names in notes that do not link them; `links to`, `tag` and
`mentions` are predicates, too.";

/// Options of `hydra graph`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A person, project, note or tag, or its id
    #[arg(value_name = "NAME")]
    pub entity: String,
    /// How many steps away, 1 or 2 [default: 1]
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
    /// Only this tie, as in `works for` (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub predicate: Vec<String>,
    /// Also the shortest paths to this one
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    #[command(flatten)]
    pub look: Look,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let verb = Graph {
        entity: arguments.entity,
        depth: arguments.depth,
        predicates: arguments.predicate,
        to: arguments.to,
        spaces: arguments.look.space,
        as_of: arguments.look.as_of,
        known_at: arguments.look.known_at,
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    let around: Neighbourhood = super::read(answer.clone())?;
    let is_nothing = match &around.paths {
        Some(paths) => paths.found.is_empty(),
        None => around.edges.is_empty(),
    };
    let code = if is_nothing { outcome::NOTHING_FOUND } else { outcome::DONE };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    let style = Style::of_stdout();
    match &around.paths {
        Some(paths) => {
            for (number, path) in paths.found.iter().enumerate() {
                output::data(&style.strong(&format!("{}. {}", number + 1, output::count(path.len(), "step"))))?;
                path.iter().try_for_each(|tie| output::data(&line(style, tie)))?;
            }
        }
        None => {
            for node in around.nodes.iter().filter(|node| node.texts.is_some()) {
                let texts = node.texts.unwrap_or_default();
                let name = style.strong(&output::start_of(&node.name, NAME_CHARS));
                output::data(&format!(
                    "{name}  {}",
                    style.faint(&format!("{} {}, {}", node.kind, node.id, output::count(texts, "text")))
                ))?;
            }
            around.edges.iter().try_for_each(|tie| output::data(&line(style, tie)))?;
        }
    }
    if !setting.global.quiet {
        talk(&around);
    }
    Ok(code)
}

fn line(style: Style, tie: &Tie) -> String {
    let name = |name: &str| output::start_of(name, NAME_CHARS);
    let day = |at: hydra_graph::Timestamp| at.to_string().chars().take("2026-01-31".len()).collect::<String>();
    let mut notes = vec![tie.fact.map(|id| id.to_string()).unwrap_or_default(), tie.trust.as_str().to_owned()];
    notes.extend(tie.valid_from.map(|at| format!("since {}", day(at))));
    notes.extend(tie.valid_to.map(|at| format!("until {}", day(at))));
    notes.extend(tie.confidence.map(|share| format!("sure {share}")));
    notes.extend(tie.is_disputed.then(|| "disputed".to_owned()));
    notes.extend(tie.is_stale.then(|| "stale".to_owned()));
    notes.retain(|note| !note.is_empty());
    let sentence = format!("{}  {}  {}", name(&tie.from_name), tie.predicate, name(&tie.to_name));
    format!("  {sentence}  {}", style.faint(&notes.join(", ")))
}

fn talk(around: &Neighbourhood) {
    match &around.paths {
        Some(paths) if paths.found.is_empty() && paths.is_cut => {
            output::talk("no path was found among the nearest; there may be a longer way");
        }
        Some(paths) if paths.found.is_empty() => output::talk(&format!(
            "no path of at most {MAX_PATH_STEPS} steps; `hydra graph NAME` shows what each is tied to, `hydra recall \"A B\"` \
             what names both, and --as-of and fewer filters look further"
        )),
        None if around.edges.is_empty() => output::talk("nothing is tied to it there and then"),
        _ => {}
    }
    if around.edges_left_out + around.nodes_left_out > 0 {
        output::talk(&format!(
            "{} and {} left out; --predicate narrows it",
            output::count(around.edges_left_out, "tie"),
            output::count(around.nodes_left_out, "node")
        ));
    }
}
