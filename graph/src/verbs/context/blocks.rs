//! Core blocks in a context: whole if they fit, else the beginnings of the longest, each as long as the other.

use super::Context;
use crate::block::Block;

/// A block of which less would be seen is left out.
pub const MIN_SHOWN_BLOCK_BYTES: usize = 200;
/// Blocks that are named as cut or left out; further ones are counted.
pub const MAX_NAMED_BLOCKS: usize = 12;
/// What the sentence on those may take of the room at most.
const NOTE_SHARE: usize = 4;
const LEFT_OUT: &str = "left out";

const HEADING: &str = "## Core blocks\n";

/// Writes those that say something into so much room, names what did not fit, and returns what is left of the room.
pub(super) fn show(context: &mut Context, blocks: Vec<Block>, room: usize) -> usize {
    let blocks: Vec<Block> = blocks.into_iter().filter(|block| !block.text.trim().is_empty()).collect();
    let mut written: Vec<(Block, String)> = Vec::with_capacity(blocks.len());
    for block in blocks {
        let text = block.markdown();
        written.push((block, text));
    }
    let all: usize = written.iter().map(|(_, text)| text.len()).sum();
    if written.is_empty() {
        return room;
    }
    let is_whole = HEADING.len() + all <= room;
    let names: Vec<String> = written.iter().map(|(block, _)| block.name.clone()).collect();
    // Twice the words and once the names, whichever of the two each comes under.
    let longest = sentence(&names, &[]).len() + LEFT_OUT.len() + " and 00 more; : ".len();
    let note = if is_whole { 0 } else { longest.min(room / NOTE_SHARE) };
    let mut left = room.saturating_sub(HEADING.len() + note);
    let mut left_out = Vec::new();
    let mut level = usize::MAX;
    while !is_whole && !written.is_empty() {
        level = level_of(written.iter().map(|(_, text)| text.len()), left);
        // The longest goes first, the last of those.
        let longest = written.iter().enumerate().max_by_key(|(place, (_, text))| (text.len(), *place));
        let Some((place, (_, text))) = longest.filter(|_| level < MIN_SHOWN_BLOCK_BYTES) else { break };
        if text.len() <= level {
            break;
        }
        left_out.push(written.remove(place).0.name);
    }
    left_out.sort_by_key(|left| names.iter().position(|name| name == left));
    let mut cut = Vec::new();
    for (mut block, mut text) in written {
        if text.len() > level {
            text = beginning(&mut block, level);
            cut.push(block.name.clone());
        }
        if context.blocks.is_empty() {
            context.text.push_str(HEADING);
        }
        left = left.saturating_sub(text.len());
        context.text.push_str(&text);
        context.blocks.push(block);
    }
    left += note;
    if context.blocks.is_empty() {
        left += HEADING.len();
    }
    let note = sentence(&cut, &left_out);
    (context.cut, context.left_out) = (cut, left_out);
    if !note.is_empty() && note.len() <= left {
        context.text.push_str(&note);
        left -= note.len();
    }
    left
}

/// Returns how long each may be at most, so that all of them fit and no room is wasted.
fn level_of(sizes: impl Iterator<Item = usize>, room: usize) -> usize {
    let mut sizes: Vec<usize> = sizes.collect();
    sizes.sort_unstable();
    let mut left = room;
    for (place, size) in sizes.iter().enumerate() {
        let level = left / (sizes.len() - place);
        if *size > level {
            return level;
        }
        left -= size;
    }
    usize::MAX
}

/// Cuts a block so that it takes so many bytes with the line that says so: whoever rewrites it has to read the rest.
fn beginning(block: &mut Block, bytes: usize) -> String {
    let whole = std::mem::take(&mut block.text);
    let mut most = whole.len().min(bytes);
    loop {
        block.text = start_of(&whole, most).trim_end().to_owned();
        let more = whole.len() - block.text.len();
        let text = format!("{}(cut: {more} bytes more; get {} before you rewrite it)\n", block.markdown(), block.id);
        if text.len() <= bytes || most == 0 {
            return text;
        }
        // Marks of quotation count too, so that nobody knows beforehand.
        most = most.saturating_sub((text.len() - bytes).max(1));
    }
}

/// The longest beginning of so many bytes at most.
fn start_of(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

fn sentence(cut: &[String], left_out: &[String]) -> String {
    let named = |what: &str, names: &[String]| {
        let more = names.len().saturating_sub(MAX_NAMED_BLOCKS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = names.iter().take(MAX_NAMED_BLOCKS).map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("{what}: {names}{more}")
    };
    let parts = [("cut", cut), (LEFT_OUT, left_out)].into_iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts.map(|(what, names)| named(what, names)).collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("(blocks that did not fit; {}; raise budget_tokens)\n", parts.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_leaves_room_to_what_is_long() {
        for (sizes, room, level) in
            [(&[10, 10][..], 20, usize::MAX), (&[10, 30], 20, 10), (&[5, 30, 30], 25, 10), (&[30], 7, 7)]
        {
            assert_eq!(level_of(sizes.iter().copied(), room), level, "{sizes:?} in {room}");
        }
    }
}
