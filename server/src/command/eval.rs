//! `hydra eval`

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, Subcommand};
use hydra_embed::MiniLm;
use hydra_graph::{Error, ErrorKind, MAX_HITS, Mode, Result, Weights};

use super::Setting;
use super::progress::Progress;
use crate::config::Config;
use crate::eval::{self, Choices, Injections, Report, Watch};
use crate::{interrupt, outcome, output, wiring};

/// Hits of each question if nothing else is said.
const DEFAULT_LIMIT: usize = 100;
/// Hits of each question while weights are chosen: as many as the figures look at, of distinct documents.
const TUNE_LIMIT: usize = 30;

const EXAMPLES: &str = "\
Examples:
  hydra eval retrieval ~/bench/locomo --out run.jsonl
  hydra eval retrieval ~/bench --out runs --keep ~/bench-memories --by-category

A set is a folder with one folder for each haystack: corpus.jsonl has a document a line ({id, text, session, speaker, \
ts}), queries.jsonl a question a line ({id, text, category, gold: [document ids]}). Each haystack goes into a memory of \
its own; your own memory is not touched. RUN gets a line for each question: {haystack, id, ranked: [document ids]}; for \
a folder of sets it is a folder with a file for each. With --keep a second run only asks.";

/// Options of `hydra eval`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Fill memories with documents, ask questions whose answers are known, and say how many were found
    #[command(after_help = EXAMPLES)]
    Retrieval(Retrieval),
    /// Choose the weights of the ranking anew, and say what they are worth on memories that were held out
    Tune(Tune),
    /// Send prompts to a memory, and say how many were given the right thing, and how many something though nothing fits
    #[command(after_help = INJECTION_EXAMPLES)]
    Injection(Injection),
    /// Print what each signal of the ranking is worth: every set with one of them off at a time
    Ablation(Ablation),
}

const INJECTION_EXAMPLES: &str = "\
Examples:
  hydra eval injection tests/injection --vault data/sample-vault
  hydra eval injection --across ~/bench/retrieval/beam_100k --keep ~/bench-memories

The first fills a memory of its own with memory.jsonl and the notes, and sends prompts.jsonl through what answers a client's \
UserPromptSubmit. The second asks each memory of a set what is asked of the others: nothing should be given.";

/// Options of `hydra eval injection`.
#[derive(Debug, Args)]
pub struct Injection {
    /// A folder with memory.jsonl and prompts.jsonl
    #[arg(required_unless_present = "across")]
    pub dir: Option<PathBuf>,
    /// Notes that are in the memory too (repeatable)
    #[arg(long, value_name = "FOLDER")]
    pub vault: Vec<PathBuf>,
    /// Instead: a set, or a folder of sets, whose memories are asked each other's questions
    #[arg(long, value_name = "SET", conflicts_with = "dir", requires = "keep")]
    pub across: Option<PathBuf>,
    /// Keep the memories of these sets here, and use those that are complete
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

/// Options of `hydra eval ablation`.
#[derive(Debug, Args)]
pub struct Ablation {
    /// A set, or a folder of sets
    pub dir: PathBuf,
    /// Keep the memories here, and use those that are complete
    #[arg(long, value_name = "FOLDER")]
    pub keep: PathBuf,
}

/// Options of `hydra eval tune`.
#[derive(Debug, Args)]
pub struct Tune {
    /// Sets, or folders of sets
    #[arg(required = true)]
    pub dirs: Vec<PathBuf>,
    /// Keep the memories here, and use those that are complete
    #[arg(long, value_name = "FOLDER")]
    pub keep: PathBuf,
    /// How often to go through all weights
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub rounds: usize,
    #[command(flatten)]
    pub setting: RankingSetting,
}

/// How questions are asked; production has the defaults.
#[derive(Debug, Args)]
pub struct RankingSetting {
    /// fast or deep
    #[arg(long, value_name = "MODE", default_value = "fast")]
    pub mode: Mode,
    /// Switch a signal off, by the name of its weight (repeatable)
    #[arg(long, value_name = "WEIGHT", hide = true)]
    pub without: Vec<String>,
    /// Give a signal another weight, as in late=0.5 (repeatable)
    #[arg(long, value_name = "WEIGHT=NUMBER", hide = true)]
    pub weight: Vec<String>,
}

impl RankingSetting {
    fn weights(&self) -> Result<Weights> {
        let mut weights = Weights::CHOSEN;
        let off = self.without.iter().map(|name| (name.as_str(), "0"));
        let set = self.weight.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        for (name, number) in off.chain(set) {
            let mut each = weights.each();
            let names = each.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let wrong = |what: String| Error::new(ErrorKind::Invalid, what).hint(format!("the weights are {names}"));
            let number: f32 = number.parse().map_err(|_| wrong(format!("`{number}` is not a weight for {name}")))?;
            let found = each.iter_mut().find(|(known, _)| *known == name);
            let (_, value) = found.ok_or_else(|| wrong(format!("`{name}` is not the name of a weight")))?;
            **value = number;
        }
        Ok(weights)
    }
}

/// Options of `hydra eval retrieval`.
#[derive(Debug, Args)]
pub struct Retrieval {
    /// A set, or a folder of sets
    pub dir: PathBuf,
    /// Write the answers here
    #[arg(long, value_name = "RUN")]
    pub out: PathBuf,
    /// How many hits are asked for
    #[arg(long, short, value_name = "N", default_value_t = DEFAULT_LIMIT)]
    pub k: usize,
    /// Keep the memories here, and use those that are complete
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// Search without the embedding model
    #[arg(long)]
    pub words_only: bool,
    /// Show each category of questions too
    #[arg(long)]
    pub by_category: bool,
    #[command(flatten)]
    pub setting: RankingSetting,
}

/// Runs it.
///
/// # Errors
/// What is wrong with a set, by file and line; `Unavailable` without a model.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let arguments = match arguments.what {
        What::Retrieval(arguments) => arguments,
        What::Tune(arguments) => return tune(setting, arguments).await,
        What::Injection(arguments) => return injection(setting, arguments).await,
        What::Ablation(arguments) => return ablation(setting, arguments).await,
    };
    if arguments.k == 0 || arguments.k > MAX_HITS {
        return Err(
            Error::new(ErrorKind::Invalid, format!("--k is {}", arguments.k)).hint(format!("ask for 1 to {MAX_HITS}"))
        );
    }
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let (config, is_json) = (setting.config.clone(), setting.global.json);
    let mut progress = Progress::new(setting.global.quiet || is_json);
    let measured = tokio::task::spawn_blocking(move || {
        let report = measure(config, &arguments, &stop, &mut |what, done, total| progress.show(what, done, total));
        progress.end();
        report
    });
    let report = measured.await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Io, "the evaluation ended in the middle").hint("this is a bug; run it with -vv"))
    })?;
    if is_json {
        output::json(&serde_json::to_value(&report).map_err(|error| Error::io("the report", &error.into()))?)?;
        return Ok(outcome::DONE);
    }
    for note in report.notes() {
        output::talk(&format!("note: {}", output::plain(&note)));
    }
    output::data(&output::plain(&report.table()))?;
    Ok(outcome::DONE)
}

fn warm(config: &Config) -> Result<Arc<MiniLm>> {
    let model = wiring::model(config);
    model.warm().map_err(|error| {
        let hint = error.next_step().unwrap_or("check the model").to_owned();
        error.hint(format!("{hint}; or measure without it, with --words-only"))
    })?;
    Ok(model)
}

async fn injection(setting: &Setting, arguments: Injection) -> Result<u8> {
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let (config, is_json) = (setting.config.clone(), setting.global.json);
    let mut progress = Progress::new(setting.global.quiet || is_json);
    let measured = tokio::task::spawn_blocking(move || {
        let model = warm(&config)?;
        let Injection { dir, vault, across, keep } = arguments;
        if let Some(dir) = dir {
            return eval::injection(&config, &model, &dir, &vault);
        }
        let sets = across.map(|across| eval::sets(&across)).transpose()?.unwrap_or_default();
        let (model, weights) = (Some(model), Weights::CHOSEN);
        let choices = Choices { config, model, limit: TUNE_LIMIT, keep, mode: Mode::Fast, weights };
        let mut tell = |what: &str, done, total| progress.show(what, done, total);
        let mut watch = Watch::new(&stop, &mut tell);
        let rows = sets.iter().map(|set| eval::across(set, &choices, &mut watch)).collect::<Result<_>>();
        progress.end();
        Ok(Injections { rows: rows?, prompts: Vec::new() })
    });
    let measured =
        measured.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "measuring ended in the middle")))?;
    if is_json {
        output::json(&serde_json::to_value(&measured).map_err(|error| Error::io("the report", &error.into()))?)?;
        return Ok(outcome::DONE);
    }
    let rows: Vec<String> = measured.rows.iter().map(eval::Row::line).collect();
    output::data(&output::plain(&format!("{}\n{}", eval::HEAD, rows.join("\n"))))?;
    for prompt in measured
        .prompts
        .iter()
        .filter(|prompt| prompt.is_right != prompt.has_answer || (!prompt.has_answer && prompt.given.is_some()))
    {
        let what = match (prompt.has_answer, &prompt.given) {
            (true, None) => "was given nothing",
            (true, Some(_)) => "was given something else",
            (false, _) => "was given something",
        };
        output::talk(&format!("{} {what}: {}", prompt.id, output::start_of(&prompt.prompt, 100)));
    }
    Ok(outcome::DONE)
}

async fn tune(setting: &Setting, arguments: Tune) -> Result<u8> {
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let (config, is_json) = (setting.config.clone(), setting.global.json);
    let mut progress = Progress::new(setting.global.quiet || is_json);
    let tuned = tokio::task::spawn_blocking(move || {
        let model = Some(warm(&config)?);
        let Tune { dirs, keep, rounds, setting } = arguments;
        let sets: Vec<Vec<_>> = dirs.iter().map(|dir| eval::sets(dir)).collect::<Result<_>>()?;
        let sets: Vec<_> = sets.into_iter().flatten().collect();
        let weights = setting.weights()?;
        let choices = Choices { config, model, limit: TUNE_LIMIT, keep: Some(keep), mode: setting.mode, weights };
        let mut tell = |what: &str, done, total| progress.show(what, done, total);
        let tuned = eval::tune(&sets, &choices, rounds, &mut Watch::new(&stop, &mut tell));
        progress.end();
        tuned
    });
    let tuned = tuned.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "tuning ended in the middle")))?;
    if is_json {
        output::json(&serde_json::to_value(&tuned).map_err(|error| Error::io("the weights", &error.into()))?)?;
        return Ok(outcome::DONE);
    }
    let weights: Vec<String> = tuned.weights.iter().map(|(name, value)| format!("{name:10} {value:.2}")).collect();
    output::data(&format!(
        "{}\n\nworth {:.4}; chosen without the haystacks it is measured on {:.4}; the weights in force {:.4}, even ones \
         {:.4}; {} settings tried",
        weights.join("\n"),
        tuned.chosen,
        tuned.held_out,
        tuned.in_force,
        tuned.even,
        tuned.trials
    ))?;
    Ok(outcome::DONE)
}

async fn ablation(setting: &Setting, arguments: Ablation) -> Result<u8> {
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let config = setting.config.clone();
    let mut progress = Progress::new(setting.global.quiet);
    let table = tokio::task::spawn_blocking(move || {
        let model = Some(warm(&config)?);
        let Ablation { dir, keep } = arguments;
        let (keep, weights) = (Some(keep), Weights::CHOSEN);
        let choices = Choices { config, model, limit: TUNE_LIMIT, keep, mode: Mode::Fast, weights };
        let mut tell = |what: &str, done, total| progress.show(what, done, total);
        let table = eval::ablation(&eval::sets(&dir)?, choices, &mut Watch::new(&stop, &mut tell));
        progress.end();
        table
    });
    let table = table.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "the evaluation ended in the middle")))?;
    output::data(table.trim_end())?;
    Ok(outcome::DONE)
}

fn measure(
    config: Config,
    arguments: &Retrieval,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&str, u64, u64),
) -> Result<Report> {
    let sets = eval::sets(&arguments.dir)?;
    let model = if arguments.words_only { None } else { Some(warm(&config)?) };
    let choices = Choices {
        config,
        model,
        limit: arguments.k,
        keep: arguments.keep.clone(),
        mode: arguments.setting.mode,
        weights: arguments.setting.weights()?,
    };
    let is_one = sets.len() == 1 && sets[0].is_in(&arguments.dir);
    if !is_one {
        let made = std::fs::create_dir_all(&arguments.out);
        made.map_err(|error| Error::io(arguments.out.display(), &error).hint("for a folder of sets, name a folder"))?;
    }
    let mut watch = Watch::new(stop, tell);
    let mut report = Report::default();
    for set in &sets {
        let out = match is_one {
            true => arguments.out.clone(),
            false => arguments.out.join(format!("{}.jsonl", set.name)),
        };
        let mut measured = eval::run(set, &out, &choices, &mut watch)?;
        if !arguments.by_category {
            measured.categories.clear();
        }
        report.sets.push(measured);
    }
    Ok(report)
}
