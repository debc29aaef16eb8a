//! What was learned, told to the graph: each as a candidate that rests on the turns it was read from.
//!
//! A transcript is a file, so what is learned from one is trusted as `ingested`, whoever spoke: any program that runs as the
//! person can write one, and a tool's output stands in it beside the person's words. So no wish is in force before two
//! conversations had it, none ends what somebody said to Hydra, and nothing becomes a core block.

use hydra_graph::{
    Agent, Choice, Error, ErrorKind, Evidence, Kind, Memory, NewDecision, NewLearning, NewMemory, NewPreference,
    Outcome, Result, Verdict,
};

use super::lesson::{Lesson, MIN_TOUCHES};
use super::turn::project;

/// Tells a lesson; returns whether it was told. What can't be told, since a turn that it rests on is forgotten or was left
/// out, is let go.
///
/// # Errors
/// What the store says when it can't be written.
pub(super) fn tell(memory: &Memory, space: &str, lesson: &Lesson) -> Result<bool> {
    let told = match lesson {
        Lesson::Wish { key, text, quote, repository } => {
            let Some(evidence) = evidence(memory, space, key, quote)? else { return Ok(false) };
            let preference = NewPreference { is_inferred: true, ..NewPreference::default() };
            let new = NewMemory { kind: Kind::Preference, preference, ..NewMemory::new(text) };
            remember(memory, space, evidence, (key, "wish", text), repository.as_deref(), new)
        }
        Lesson::Decision { key, choice, quote, repository } => {
            let Some(evidence) = evidence(memory, space, key, quote)? else { return Ok(false) };
            let sides = [(&choice.chosen, Verdict::Chosen), (&choice.rejected, Verdict::Rejected)];
            let option = |(option, verdict): (&Option<String>, Verdict)| {
                option.clone().map(|option| Choice { option, verdict, why: String::new() })
            };
            let options = sides.into_iter().filter_map(option).collect();
            let reasons = choice.because.iter().cloned().collect();
            let decision = NewDecision { options, reasons, ..NewDecision::default() };
            let new = NewMemory { kind: Kind::Decision, decision, ..NewMemory::new(&choice.text) };
            remember(memory, space, evidence, (key, "decision", &choice.text), repository.as_deref(), new)
        }
        Lesson::Fix { keys, trigger, lesson, repository } => {
            learn(memory, space, keys, (trigger, lesson), repository.as_deref(), repository.as_deref())
        }
        Lesson::Touched { key, path, repository } => {
            let lesson = format!("{path} is worked on often: it was changed {MIN_TOUCHES} times in one conversation");
            let whole = match repository {
                Some(repository) if !path.starts_with('/') => format!("{repository}/{path}"),
                _ => path.clone(),
            };
            let trigger = format!("{path} is changed");
            learn(memory, space, std::slice::from_ref(key), (&trigger, &lesson), repository.as_deref(), Some(&whole))
        }
    };
    match told {
        Ok(is_told) => Ok(is_told),
        // It says something that can't be kept; the conversation is.
        Err(error) if is_about_it(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_about_it(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::TooLarge | ErrorKind::NotFound | ErrorKind::Conflict)
}

fn evidence(memory: &Memory, space: &str, key: &str, quote: &str) -> Result<Option<Evidence>> {
    // Where something was taken out of the middle it does not stand there word for word.
    let quoted = |text: &str| text.contains(quote).then(|| quote.to_owned());
    Ok(memory.told_with(key, space)?.map(|turn| Evidence { id: turn.id, quote: quoted(&turn.text) }))
}

fn remember(
    memory: &Memory,
    space: &str,
    evidence: Evidence,
    (key, what, text): (&str, &str, &str),
    repository: Option<&str>,
    new: NewMemory,
) -> Result<bool> {
    let key = format!("{}:{what}:{}", key, super::state::hash(text));
    let new = NewMemory {
        space: space.to_owned(),
        entities: repository.and_then(project).into_iter().collect(),
        applies_to: repository.map(str::to_owned),
        evidence: vec![evidence],
        idempotency_key: Some(key),
        ..new
    };
    memory.remember(new, &Agent::ingest()).map(|_| true)
}

fn learn(
    memory: &Memory,
    space: &str,
    keys: &[String],
    (trigger, lesson): (&str, &str),
    repository: Option<&str>,
    path: Option<&str>,
) -> Result<bool> {
    let mut evidence = Vec::new();
    for key in keys {
        let Some(turn) = memory.told_with(key, space)? else { return Ok(false) };
        evidence.push(turn.id);
    }
    let new = NewLearning {
        trigger: trigger.to_owned(),
        lesson: lesson.to_owned(),
        outcome: Outcome::Worked,
        evidence,
        space: space.to_owned(),
        entities: repository.and_then(project).into_iter().collect(),
        path: path.map(str::to_owned),
    };
    memory.learn(new, &Agent::ingest()).map(|_| true)
}
