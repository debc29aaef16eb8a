//! Tokens that the owner made or ended, in the journal: their secrets and rights are kept elsewhere, by whoever serves.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::journal::{Agent, Change};
use crate::memory::Inner;
use crate::store::{Node, View, string};
use crate::vocab::{self, ext};

/// The verb of its commits.
pub(crate) const GRANT: &str = "grant";

/// That a token was made or ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantNote {
    /// In whose name it acts.
    pub agent: String,
    /// What was done and when; the same words are noted once.
    pub what: String,
}

/// Notes what was not noted yet, each in a commit of its own, which nobody takes back. Returns how many there were.
pub(crate) fn note(inner: &Inner, notes: Vec<GrantNote>) -> Result<usize> {
    let known = known(&inner.view()?)?;
    let new: Vec<GrantNote> = notes.into_iter().filter(|note| !known.contains(note)).collect();
    let count = new.len();
    for GrantNote { agent, what } in new {
        let mut node = Node::new(inner.mint.mint(inner.now()), vocab::JOURNAL);
        node.say(ext::TYPE, oxigraph::model::NamedNode::from(vocab::GRANT))
            .say(ext::ASSOCIATED_WITH, string(&agent))
            .say(vocab::REASON, string(&what));
        inner.writer.write(Agent::owner(), move |_| {
            let mut change = Change::new(GRANT);
            change.reason = Some(format!("{agent}: {what}"));
            change.added = node.quads;
            Ok((change, ()))
        })?;
    }
    Ok(count)
}

fn known(view: &View<'_>) -> Result<BTreeSet<GrantNote>> {
    let text = |id: Id, predicate| Ok::<_, Error>(view.text(id, predicate)?.unwrap_or_default());
    let ids = view.instances(vocab::GRANT)?.into_iter();
    ids.map(|id| Ok(GrantNote { agent: text(id, ext::ASSOCIATED_WITH)?, what: text(id, vocab::REASON)? })).collect()
}
