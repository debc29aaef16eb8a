//! An export as whoever passes it on sees it: in pieces, of which the last must say that it is whole.

use super::export::Exported;
use super::{Header, Trailer};

/// Follows an export piece by piece: how far it is, and whether it came whole. Holds one line.
#[derive(Debug, Default)]
pub struct Follower {
    line: Vec<u8>,
    hash: blake3::Hasher,
    bytes: u64,
    lines: u64,
    total: u64,
}

impl Follower {
    /// Takes in the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.line.ends_with(b"\n") {
                self.hash.update(&self.line);
                self.line.clear();
            }
            self.line.extend_from_slice(part);
            self.bytes += part.len() as u64;
            if part.ends_with(b"\n") {
                self.lines += 1;
                if self.lines == 1 {
                    self.total = self.last_line().parse::<Header>().map_or(0, |header| header.statements);
                }
            }
        }
    }

    /// Returns how many statements passed, and of how many.
    pub fn progress(&self) -> (u64, u64) {
        (self.lines.saturating_sub(1).min(self.total), self.total)
    }

    /// Returns the newest line, which may still be growing.
    pub fn last_line(&self) -> &str {
        std::str::from_utf8(&self.line).unwrap_or_default().trim_end_matches('\n')
    }

    /// Returns what passed, if it was a whole export, unchanged.
    pub fn finish(self) -> Option<Exported> {
        let trailer = Trailer::read(self.last_line()).filter(|_| self.line.ends_with(b"\n"))?;
        let hash = self.hash.finalize().to_hex().to_string();
        let is_whole = trailer.hash == hash && trailer.statements == self.total && self.lines == self.total + 2;
        is_whole.then_some(Exported { statements: self.total, bytes: self.bytes, blake3: hash })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExportFormat;
    use super::*;

    fn follow(text: &str, piece_bytes: usize) -> Follower {
        let mut follower = Follower::default();
        text.as_bytes().chunks(piece_bytes).for_each(|piece| follower.take(piece));
        follower
    }

    #[test]
    fn a_whole_export_is_told_from_a_cut_or_changed_one() {
        let header = Header { format: ExportFormat::NQuads, store_format: 2, statements: 2 };
        let body = format!("{header}\n<urn:a> <urn:b> \"c\" <urn:d> .\n<urn:a> <urn:b> \"e\" <urn:d> .\n");
        let hash = blake3::hash(body.as_bytes()).to_hex().to_string();
        let whole = format!("{body}{}\n", Trailer { statements: 2, hash: hash.clone() });
        for piece_bytes in [1, 7, 1000] {
            assert_eq!(follow(&body, piece_bytes).progress(), (2, 2));
            let exported = follow(&whole, piece_bytes).finish();
            assert_eq!(exported, Some(Exported { statements: 2, bytes: whole.len() as u64, blake3: hash.clone() }));
        }
        let cut = &whole[..whole.len() - 1];
        for broken in ["", &body, cut, &whole.replace("\"c\"", "\"x\""), &format!("{whole}\n")] {
            assert_eq!(follow(broken, 7).finish(), None, "{broken}");
        }
    }
}
