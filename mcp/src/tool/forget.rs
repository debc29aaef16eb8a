//! `forget`: never recalls something again, or shows first what that would do.

use hydra_graph::{Consequence, ForgetAnswer, ForgetMode, ForgetPreview, ForgetRequest, Forgotten, Id, Result};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::answer::{self, Room};
use crate::argument::{self, Unknown};
use crate::parameter::{Budget, Spaces};
use crate::right::Right;

pub(super) const NAME: &str = "forget";

const DESCRIPTION: &str = "\
Have memories, passages or whole files never recalled again, when the user asks for it; `hydra undo` takes it back. Give \
`ids`. With `dry_run` nothing is written: it shows what would no longer be recalled, and what was derived from it and \
would become stale. Do that first.

A `query` alone never forgets anything: it shows what fits, with ids, to choose from; forgetting then takes the ids. What \
the user said themselves only they forget, with `hydra forget`. Erasing for good is theirs alone too: `mode` erase with \
`dry_run` shows what would go; then tell them to run `hydra forget --erase`.";

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// What to forget, as recall gives it.
    #[serde(default, alias = "id", deserialize_with = "argument::list")]
    ids: Vec<String>,
    /// Shows candidates for this question, instead of ids.
    #[serde(default, alias = "q", alias = "text", deserialize_with = "argument::optional_text")]
    query: Option<String>,
    #[serde(flatten)]
    spaces: Spaces,
    /// tombstone (if left out): never recalled again, and undoable. erase, with dry_run: what erasing would take.
    #[serde(default, deserialize_with = "argument::optional_text")]
    mode: Option<String>,
    /// Shows what would happen, and writes nothing; false if left out.
    #[serde(default, alias = "preview", deserialize_with = "argument::flag")]
    dry_run: bool,
    /// Why; kept in the history.
    #[serde(default, deserialize_with = "argument::optional_text")]
    reason: Option<String>,
    #[serde(flatten)]
    budget: Budget,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Answer {
    /// Whether nothing was written.
    dry_run: bool,
    /// Takes it back when the user runs `hydra undo` with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// How many memories and passages are no longer recalled.
    count: usize,
    /// What would no longer be recalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forgotten: Vec<Item>,
    /// What was derived from it and would become stale.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale: Vec<Item>,
    /// What was forgotten before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    already: Vec<String>,
    /// How many more did not fit.
    left_out: usize,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Item {
    id: String,
    kind: String,
    /// owner, policy, agent or ingested.
    trust: String,
    /// How it begins.
    text: String,
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    super::takes_away::<Parameters, Answer>(NAME, "Forget", DESCRIPTION)
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    let budget = parameters.budget.tokens();
    let mode = parameters.mode.map(|mode| mode.to_lowercase().parse::<ForgetMode>()).transpose()?;
    let request = ForgetRequest {
        ids: parameters.ids.iter().map(|id| id.trim().parse()).collect::<Result<Vec<Id>>>()?,
        query: parameters.query,
        spaces: parameters.spaces.named(),
        mode: mode.unwrap_or_default(),
        is_dry_run: parameters.dry_run,
        reason: parameters.reason,
    };
    if request.mode == ForgetMode::Erase && !request.is_dry_run {
        call.holder.check(Right::Admin, NAME)?;
    }
    let is_question = request.ids.is_empty();
    let (mut answer, said) = match call.memory.forget_as(&request, call.agent, &mut |_, _| ())? {
        ForgetAnswer::Done(done) => of_done(done),
        ForgetAnswer::Erased(erased) => (
            Answer { commit: Some(erased.commit.to_string()), count: erased.passages, ..Answer::default() },
            Some("erased for good".to_owned()),
        ),
        ForgetAnswer::Preview(preview) => of_preview(preview, budget, is_question),
    };
    answer.note = answer::notes([said, argument::ignored(NAME, &parameters.unknown)]);
    let text = render(&answer);
    Ok(answer::success(&answer, text))
}

fn of_done(Forgotten { commit, passages, .. }: Forgotten) -> (Answer, Option<String>) {
    let note = commit.is_none().then(|| "all of it was forgotten before".to_owned());
    (Answer { commit: commit.map(|id| id.to_string()), count: passages, ..Answer::default() }, note)
}

/// Keeps the budget over both lists; what would be forgotten comes first.
fn of_preview(preview: ForgetPreview, budget: usize, is_question: bool) -> (Answer, Option<String>) {
    let mut answer = Answer {
        dry_run: true,
        already: preview.already.iter().map(ToString::to_string).collect(),
        left_out: preview.left_out,
        ..Answer::default()
    };
    let mut room = Room::new(budget);
    let lists = [(preview.forgotten, &mut answer.forgotten), (preview.stale, &mut answer.stale)];
    for (found, listed) in lists {
        for item in found.into_iter().map(item) {
            if room.takes(&item, false) {
                listed.push(item);
            } else {
                answer.left_out += 1;
            }
        }
    }
    let note = match (is_question, answer.forgotten.is_empty()) {
        (true, true) => "nothing fits; try other words or fewer filters",
        (true, false) => "nothing was forgotten: call again with the ids that are meant",
        (false, _) => "nothing was written; call again without dry_run to forget it",
    };
    (answer, Some(note.to_owned()))
}

fn item(Consequence { id, kind, text, trust, .. }: Consequence) -> Item {
    Item { id: id.to_string(), kind, trust, text }
}

fn render(answer: &Answer) -> String {
    let mut text = match &answer.commit {
        Some(commit) => format!("forgotten: {} (take it back: hydra undo {commit})\n", answer.count),
        None => String::new(),
    };
    for (heading, items) in [("would be forgotten", &answer.forgotten), ("would become stale", &answer.stale)] {
        if !items.is_empty() {
            text.push_str(&format!("{heading}:\n"));
        }
        for Item { id, kind, trust, text: start } in items {
            text.push_str(&format!("{id} {kind} {trust}\n{}", answer::quote(start)));
        }
    }
    if !answer.already.is_empty() {
        text.push_str(&format!("forgotten before: {}\n", answer.already.join(", ")));
    }
    let left_out = (answer.left_out > 0).then(|| format!("{} more did not fit.", answer.left_out));
    let items = answer.forgotten.iter().chain(&answer.stale);
    answer::close(text, items.map(|item| item.trust.as_str()), left_out, &answer.note)
}
