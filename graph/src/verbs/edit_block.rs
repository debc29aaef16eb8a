//! `edit_block`: changes one of the small texts that are in every context, or how long it may be.

use oxigraph::model::{NamedNode, NamedNodeRef, Quad, Term};

use crate::block::{self, Block, DEFAULT_BLOCK_BYTES, MAX_SPACE_BLOCK_BYTES, MAX_SPACE_BLOCKS};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Id, Mint};
use crate::journal::{self, Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::space;
use crate::store::{Node, View, number, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What is to change about a block; one that is not there yet is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockOp {
    /// This is its text; an empty one clears it.
    Set(String),
    /// This comes after its text, on a line of its own.
    Append(String),
    /// One piece of its text, which stands there once, becomes another.
    Replace {
        /// The piece, letter by letter.
        old: String,
        /// What takes its place.
        new: String,
    },
    /// It may have that many bytes.
    Limit(usize),
}

impl BlockOp {
    /// Reads an operation from its parts, as front ends give them: one of `text`, `append`, `old` (with `new`, or nothing in
    /// its place) and a limit.
    ///
    /// # Errors
    /// `Invalid` when it is none of these, or more than one.
    pub fn given(
        text: Option<String>,
        append: Option<String>,
        old: Option<String>,
        new: Option<String>,
        limit_bytes: Option<usize>,
    ) -> Result<Self> {
        match (text, append, old, new, limit_bytes) {
            (Some(text), None, None, None, None) => Ok(Self::Set(text)),
            (None, Some(text), None, None, None) => Ok(Self::Append(text)),
            (None, None, Some(old), new, None) => Ok(Self::Replace { old, new: new.unwrap_or_default() }),
            (None, None, None, None, Some(limit_bytes)) => Ok(Self::Limit(limit_bytes)),
            _ => Err(Error::new(ErrorKind::Invalid, "an edit of a block does one thing")
                .hint("give its whole `text`, a line to `append`, or an `old` piece and the `new` one")),
        }
    }
}

/// An edit of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockEdit {
    /// The space of the block.
    pub space: String,
    /// Its name.
    pub name: String,
    /// What is to change.
    pub op: BlockOp,
    /// The commit that the edit was made from; refused when the block was changed after it.
    pub based_on: Option<Id>,
    /// Why; agents have to say it.
    pub reason: Option<String>,
}

/// Changes a block in one commit.
pub(crate) fn edit(inner: &Inner, edit: BlockEdit, agent: &Agent) -> Result<Block> {
    space::check(&edit.space)?;
    let name = block::checked_name(&edit.name)?;
    check_author(&name, &edit, agent)?;
    let (now, mint, author, key) = (inner.now(), inner.mint.clone(), agent.clone(), (edit.space.clone(), name.clone()));
    let (commit, block) = inner.writer.write(agent.clone(), move |view| {
        let before = match block::find(view, &edit.space, &name)? {
            Some(id) => Block::read(view, id)?,
            None => None,
        };
        check_base(view, &name, &edit, before.as_ref())?;
        let after = applied(&name, edit.op, before.as_ref(), &edit.space, &author, &mint, now)?;
        check_limits(view, before.as_ref(), &after)?;
        let mut change = Change::new(block::EDIT_VERB);
        change.reason = edit.reason;
        change.touched.insert(after.id);
        change.added = said(&after, now, before.is_none());
        if let Some(before) = before {
            change.removed = said(&before, now, false);
        }
        Ok((change, after))
    })?;
    let commit = commit.ok_or_else(|| {
        Error::new(ErrorKind::Conflict, format!("the block `{}` of `{}` is like that already", key.1, key.0))
            .hint("look at it with `hydra block show`")
    })?;
    Ok(Block { commit, changed_at: commit.minted_at(), ..block })
}

/// Text from files never gets into a block, agents say why, and only the owner decides how much room there is.
fn check_author(name: &str, edit: &BlockEdit, agent: &Agent) -> Result<()> {
    let refused = |what: &str, hint: &str| {
        Err(Error::new(ErrorKind::Conflict, format!("{} may not {what} `{name}`", shortened(&agent.name))).hint(hint))
    };
    if agent.trust < Trust::Agent {
        return refused("write into the block", "what is read from files is recalled; it is in no block");
    }
    if agent.trust >= Trust::Policy {
        return Ok(());
    }
    if let BlockOp::Limit(_) = edit.op {
        return refused("set the limit of the block", "shorten the text, or ask the owner to run `hydra block limit`");
    }
    if edit.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Error::new(ErrorKind::Invalid, format!("an edit of the block `{name}` without a reason"))
            .hint("say in `reason` why it should change; the owner reads it in the history"));
    }
    Ok(())
}

/// Refuses an edit of what somebody else has changed meanwhile.
fn check_base(view: &View<'_>, name: &str, edit: &BlockEdit, before: Option<&Block>) -> Result<()> {
    let Some(base) = edit.based_on.filter(|base| before.is_none_or(|before| before.commit != *base)) else {
        return Ok(());
    };
    let Some(before) = before else {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("there is no block `{name}` any more to change from {base}"),
        )
        .hint("leave the commit out to make it"));
    };
    let by = journal::record(view, before.commit)?.map_or_else(String::new, |commit| commit.agent);
    Err(Error::new(
        ErrorKind::Conflict,
        format!("the block `{name}` is not as {base} left it: {} changed it in {}", shortened(&by), before.commit),
    )
    .hint(format!("read it again, and make the edit from {}", before.commit)))
}

/// Returns the block as it would be.
fn applied(
    name: &str,
    op: BlockOp,
    before: Option<&Block>,
    space: &str,
    author: &Agent,
    mint: &Mint,
    now: Timestamp,
) -> Result<Block> {
    let mut after = before.cloned().unwrap_or_else(|| {
        let id = mint.mint(now);
        Block {
            id,
            name: name.to_owned(),
            space: space.to_owned(),
            text: String::new(),
            size_bytes: 0,
            limit_bytes: DEFAULT_BLOCK_BYTES,
            trust: author.trust.as_str().to_owned(),
            agent: author.name.clone(),
            changed_at: now,
            commit: id,
        }
    });
    let text = match op {
        BlockOp::Limit(limit_bytes) => return Ok(Block { limit_bytes, ..after }),
        BlockOp::Set(text) => text,
        BlockOp::Append(text) if text.is_empty() => after.text.clone(),
        BlockOp::Append(text) => {
            let gap = if after.text.is_empty() || after.text.ends_with('\n') { "" } else { "\n" };
            format!("{}{gap}{text}", after.text)
        }
        BlockOp::Replace { old, new } => replaced(&after, &old, &new)?,
    };
    // Who says the same with more weight confirms it; with less, nothing is said.
    let trust = after.trust.parse::<Trust>().unwrap_or(Trust::Agent);
    if text != after.text || author.trust > trust {
        after.trust = author.trust.as_str().to_owned();
        after.agent.clone_from(&author.name);
    }
    after.size_bytes = text.len();
    after.text = text;
    Ok(after)
}

fn replaced(block: &Block, old: &str, new: &str) -> Result<String> {
    let times = if old.is_empty() { 0 } else { block.text.matches(old).count() };
    match times {
        1 => Ok(block.text.replacen(old, new, 1)),
        0 => Err(Error::new(
            ErrorKind::Invalid,
            format!("`{}` does not stand in the block `{}`", shortened(old), block.name),
        )
        .hint("read it again, and give the piece letter by letter")),
        _ => Err(Error::new(
            ErrorKind::Invalid,
            format!("`{}` stands {times} times in the block `{}`", shortened(old), block.name),
        )
        .hint("give more of what is around the piece, so that there is one")),
    }
}

/// Refuses what is too long for the block, or for all blocks of its space together. What only gets shorter may.
fn check_limits(view: &View<'_>, before: Option<&Block>, after: &Block) -> Result<()> {
    let too_large = |message: String, hint: &str| Err(Error::new(ErrorKind::TooLarge, message).hint(hint));
    let Block { name, space, size_bytes, limit_bytes, .. } = after;
    if !(1..=MAX_SPACE_BLOCK_BYTES).contains(limit_bytes) {
        return Err(Error::new(ErrorKind::Invalid, format!("a limit of {limit_bytes} bytes for the block `{name}`"))
            .hint(format!("give 1 to {MAX_SPACE_BLOCK_BYTES}; {DEFAULT_BLOCK_BYTES} is the default")));
    }
    let is_growing = before.is_none_or(|before| *size_bytes > before.size_bytes);
    let is_lowered = before.is_some_and(|before| *limit_bytes < before.limit_bytes);
    if size_bytes > limit_bytes && (is_growing || is_lowered) {
        return too_large(
            format!("the block `{name}` would have {size_bytes} bytes; its limit is {limit_bytes}"),
            "shorten it, or keep what is not always needed with remember; the owner raises it with `hydra block limit`",
        );
    }
    if !is_growing {
        return Ok(());
    }
    let mut others = block::all(view, std::slice::from_ref(space))?;
    others.retain(|other| other.id != after.id);
    if before.is_none() && others.len() >= MAX_SPACE_BLOCKS {
        return too_large(
            format!("`{space}` has {} blocks; a space has {MAX_SPACE_BLOCKS}, and `{name}` is one more", others.len()),
            "write it into a block that is there; `hydra block list` shows them",
        );
    }
    let all = others.iter().map(|other| other.size_bytes).sum::<usize>() + size_bytes;
    if *size_bytes > 0 && all > MAX_SPACE_BLOCK_BYTES {
        return too_large(
            format!(
                "with `{name}` ({size_bytes} bytes) the blocks of `{space}` would have {all} bytes; all have {MAX_SPACE_BLOCK_BYTES}"
            ),
            "shorten another block of that space first; `hydra block list` shows how long each is",
        );
    }
    Ok(())
}

/// Says what a block is; of one that is there already, only what an edit can change.
fn said(block: &Block, now: Timestamp, is_new: bool) -> Vec<Quad> {
    let mut node = Node::new(block.id, vocab::MEMORY_GRAPH);
    let changing: [(NamedNodeRef<'_>, Term); 4] = [
        (ext::TEXT, string(&block.text).into()),
        (vocab::LIMIT, number(block.limit_bytes).into()),
        (vocab::TRUST, string(&block.trust).into()),
        (ext::ATTRIBUTED_TO, string(&block.agent).into()),
    ];
    for (predicate, object) in changing {
        node.say(predicate, object);
    }
    if is_new {
        node.say(ext::TYPE, NamedNode::from(vocab::CORE_BLOCK))
            .say(ext::PREF_LABEL, string(&block.name))
            .say(vocab::KEY, string(block::key(&block.space, &block.name)))
            .say(vocab::SPACE, string(&block.space))
            .say(vocab::RECORDED_AT, time_literal(now));
    }
    node.quads
}
