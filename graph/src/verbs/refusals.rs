//! Calls that whoever serves the memory refused, in the journal: who, where, why and how often, never what was asked.
//!
//! The caller gathers them: a commit is an fsync, and somebody who is refused must not be able to order one each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::counted;
use crate::store::{Node, View, number, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What is refused is said in the name of whoever serves.
const SERVER: &str = "server";
/// The verb of its commits.
pub(crate) const REFUSE: &str = "refuse";
/// Calls of one kind that are kept in one commit.
pub const MAX_REFUSALS_AT_ONCE: usize = 256;
/// As many are shown at most.
pub const MAX_REFUSALS_SHOWN: usize = 1_000;
/// As many are kept, the newest; beyond, each commit lets go of the oldest. Who is refused must not make a memory grow slow.
pub const MAX_REFUSALS_KEPT: usize = 2_000;
/// Oldest ones that one commit lets go of: more than come in one, and few enough for a commit.
const MAX_LET_GO: usize = 2 * MAX_REFUSALS_AT_ONCE;
/// Bytes of a word in it.
const MAX_WORD_BYTES: usize = 200;

/// Refused calls of one kind.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Refusal {
    /// Who called: an agent's name, or an address.
    pub who: String,
    /// What they called.
    pub route: String,
    /// Why they were refused.
    pub why: String,
    /// How often.
    pub times: usize,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

/// Writes down refused calls, in one commit that nobody takes back; `None` if there are none.
pub(crate) fn note(inner: &Inner, refusals: Vec<Refusal>) -> Result<Option<Id>> {
    if refusals.len() > MAX_REFUSALS_AT_ONCE {
        let message = format!("{} kinds of refused calls; {MAX_REFUSALS_AT_ONCE} are kept at once", refusals.len());
        return Err(Error::new(ErrorKind::TooLarge, message).hint("count those that are alike"));
    }
    let (mint, now) = (inner.mint.clone(), inner.now());
    let agent = Agent { name: SERVER.to_owned(), trust: Trust::Policy };
    let (commit, ()) = inner.writer.write(agent, move |view| {
        let mut change = Change::new(REFUSE);
        if !refusals.is_empty() {
            let known = newest_first(view)?;
            let surplus = known.iter().skip(MAX_REFUSALS_KEPT - refusals.len());
            for oldest in surplus.rev().take(MAX_LET_GO) {
                change.removed.append(&mut view.about(*oldest)?);
            }
        }
        let times = refusals.iter().map(|refusal| refusal.times).sum();
        change.reason = Some(counted(times, "refused call"));
        for refusal in refusals {
            let Refusal { who, route, why, times, first, last } = refusal;
            let mut node = Node::new(mint.mint(now), vocab::JOURNAL);
            node.say(ext::TYPE, oxigraph::model::NamedNode::from(vocab::REFUSAL))
                .say(ext::ASSOCIATED_WITH, word(&who))
                .say(vocab::ROUTE, word(&route))
                .say(vocab::REASON, word(&why))
                .say(vocab::TIMES_SEEN, number(times))
                .say(vocab::FIRST_SEEN, time_literal(first))
                .say(vocab::LAST_SEEN, time_literal(last));
            change.added.append(&mut node.quads);
        }
        Ok((change, ()))
    })?;
    Ok(commit)
}

/// Returns the newest ones, newest first.
pub(crate) fn list(inner: &Inner, limit: usize) -> Result<Vec<Refusal>> {
    if limit == 0 || limit > MAX_REFUSALS_SHOWN {
        return Err(Error::new(ErrorKind::Invalid, format!("{limit} refused calls"))
            .hint(format!("ask for 1 to {MAX_REFUSALS_SHOWN}; a query of the journal finds all that are kept")));
    }
    let view = inner.view()?;
    newest_first(&view)?.into_iter().take(limit).map(|id| read(&view, id)).collect()
}

/// Ids are ordered by the time they were made at.
fn newest_first(view: &View<'_>) -> Result<Vec<Id>> {
    let mut ids = view.instances(vocab::REFUSAL)?;
    ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
    Ok(ids)
}

fn read(view: &View<'_>, id: Id) -> Result<Refusal> {
    let text = |predicate| Ok::<_, Error>(view.text(id, predicate)?.unwrap_or_default());
    let time = |predicate| Ok::<_, Error>(text(predicate)?.parse().unwrap_or(id.minted_at()));
    Ok(Refusal {
        who: text(ext::ASSOCIATED_WITH)?,
        route: text(vocab::ROUTE)?,
        why: text(vocab::REASON)?,
        times: text(vocab::TIMES_SEEN)?.parse().unwrap_or(1),
        first: time(vocab::FIRST_SEEN)?,
        last: time(vocab::LAST_SEEN)?,
    })
}

fn word(text: &str) -> oxigraph::model::Literal {
    string(&text[..text.floor_char_boundary(MAX_WORD_BYTES)])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::memory::{Memory, Options};

    #[test]
    fn the_newest_are_kept_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(|| Timestamp::from_millis(1_750_000_000_000));
        let memory = Memory::open(folder.path(), Options { clock, holder: "a test".to_owned() }).unwrap();
        let mut number = 0;
        let mut refuse = |count: usize| {
            let of = |number: usize| Refusal {
                who: format!("10.0.0.{number}"),
                route: "/mcp".to_owned(),
                why: "no token".to_owned(),
                times: 1,
                first: Timestamp::from_millis(1),
                last: Timestamp::from_millis(1),
            };
            let refusals = (number..number + count).map(of).collect();
            number += count;
            memory.note_refusals(refusals).unwrap();
        };
        for _ in 0..MAX_REFUSALS_KEPT / MAX_REFUSALS_AT_ONCE {
            refuse(MAX_REFUSALS_AT_ONCE);
        }
        let kept = || memory.0.view().unwrap().count(vocab::REFUSAL).unwrap();
        refuse(MAX_REFUSALS_KEPT - kept());
        assert_eq!(kept(), MAX_REFUSALS_KEPT);
        refuse(3);
        assert_eq!(kept(), MAX_REFUSALS_KEPT);
        let who: Vec<String> = memory.refusals(2).unwrap().into_iter().map(|refusal| refusal.who).collect();
        assert_eq!(who, [MAX_REFUSALS_KEPT + 2, MAX_REFUSALS_KEPT + 1].map(|number| format!("10.0.0.{number}")));
        let left = memory.refusals(MAX_REFUSALS_SHOWN).unwrap();
        assert_eq!(left.len(), MAX_REFUSALS_SHOWN);
        assert!(memory.refusals(MAX_REFUSALS_SHOWN + 1).is_err());
        assert!(memory.note_refusals(vec![left[0].clone(); MAX_REFUSALS_AT_ONCE + 1]).is_err());
        memory.check(&mut |_| {}).unwrap();
    }
}
