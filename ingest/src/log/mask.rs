//! What differs from one record to the next by its spelling alone: numbers, addresses, ids, paths. Each becomes `<*>`
//! before a template is looked for, as the Drain paper does with regular expressions for each data set; these rules are
//! one set for any log, and go over each word once.

use std::ops::Range;

/// What stands for anything.
pub(crate) const WILDCARD: &str = "<*>";
/// Words of a message that are looked at; what comes after them differs anyway.
pub const MAX_TOKENS: usize = 128;
/// A longer word is data, and would make a template as long.
pub const MAX_TOKEN_BYTES: usize = 100;
/// A hexadecimal number without `0x` has at least so many digits, else it may be a word (`face`, `added`).
const MIN_HEX_DIGITS: usize = 8;
/// The last label of a host's name (`com`, `local`) is no longer than this; of a class or a version it is.
const MAX_TOP_LABEL: usize = 5;

/// The words of a message with what differs by its spelling masked, reused from record to record.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    text: String,
    tokens: Vec<Range<usize>>,
}

impl Tokens {
    /// Takes apart a message.
    pub fn read(&mut self, message: &str) {
        self.text.clear();
        self.tokens.clear();
        let mut words = message.split_ascii_whitespace();
        for word in words.by_ref().take(MAX_TOKENS) {
            let start = self.text.len();
            mask(word, &mut self.text);
            self.tokens.push(start..self.text.len());
        }
        if words.next().is_some() {
            let start = self.text.len();
            self.text.push_str(WILDCARD);
            self.tokens.push(start..self.text.len());
        }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Returns them in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.tokens.iter().map(|token| &self.text[token.clone()])
    }
}

/// Writes a word, masked: each piece between brackets, quotes, commas and equals signs by itself.
pub(crate) fn mask(word: &str, out: &mut String) {
    if word.len() > MAX_TOKEN_BYTES {
        return out.push_str(WILDCARD);
    }
    // Most words are words.
    if !word.bytes().any(|byte| byte.is_ascii_digit() || b"/\\@.:".contains(&byte)) {
        out.push_str(word);
        return;
    }
    let is_between = |c: char| "=,;()[]{}<>\"'|".contains(c);
    let mut rest = word;
    while !rest.is_empty() {
        let start = rest.find(|c| !is_between(c)).unwrap_or(rest.len());
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(is_between).unwrap_or(rest.len());
        piece(&rest[..end], out);
        rest = &rest[end..];
    }
}

fn piece(piece: &str, out: &mut String) {
    let bare = piece.trim_end_matches(['.', ':', '!', '?']);
    let tail = &piece[bare.len()..];
    match () {
        () if bare.is_empty() => {}
        () if is_whole(bare) => out.push_str(WILDCARD),
        // `/10.0.0.1:80`, `-5`: the sign stays.
        () if bare.starts_with('/') && is_address(&bare[1..]) => {
            out.push('/');
            out.push_str(WILDCARD);
        }
        () => digits(bare, out),
    }
    out.push_str(tail);
}

/// Tells whether a piece differs as a whole.
fn is_whole(piece: &str) -> bool {
    is_number(piece)
        || is_address(piece)
        || is_path(piece)
        || is_hex(piece)
        || is_host(piece)
        || piece.contains("://")
        || is_mail(piece)
}

/// `17`, `-3.5`, `12%`, `67108864B`, `1.5ms`, `2026-12-10`, `06:55:46`, `1,024`.
fn is_number(piece: &str) -> bool {
    let bare = piece.strip_prefix(['-', '+', '#', '~']).unwrap_or(piece);
    if !bare.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let unit = bare.trim_start_matches(|c: char| c.is_ascii_digit() || ".:-/+x".contains(c));
    // `10.0.0.1:80:Got` is an address before a word.
    let is_plain = || bare[..bare.len() - unit.len()].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (unit.is_empty() || (unit.len() <= 3 && is_plain()))
        && unit.chars().all(|c| c.is_ascii_alphabetic() || "%µ".contains(c))
}

/// `173.234.31.186`, `10.0.0.1:80`, `fe80::1`, `::1`.
fn is_address(piece: &str) -> bool {
    let colons = piece.bytes().filter(|byte| *byte == b':').count();
    let is_ipv6 = colons >= 2 && piece.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.%".contains(&byte));
    let dots = piece.bytes().filter(|byte| *byte == b'.').count();
    is_ipv6 || (dots == 3 && piece.bytes().all(|byte| byte.is_ascii_digit() || b".:".contains(&byte)))
}

/// `/var/log/x`, `~/x/y`, `C:\x`, `./a/b.c`.
fn is_path(piece: &str) -> bool {
    let is_rooted =
        piece.starts_with('/') || piece.starts_with("~/") || piece.starts_with("./") || piece.starts_with("../");
    let is_drive = piece.as_bytes().get(1) == Some(&b':') && piece.as_bytes().get(2) == Some(&b'\\');
    (is_rooted && piece.len() > 2 && piece[1..].contains('/')) || is_drive
}

/// `0x1f`, `deadbeef01`, a UUID, a commit.
fn is_hex(piece: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if let Some(digits) = piece.strip_prefix("0x").or_else(|| piece.strip_prefix("0X")) {
        return !digits.is_empty() && is_hex(digits);
    }
    piece.len() >= MIN_HEX_DIGITS && is_hex(piece) && piece.bytes().any(|byte| byte.is_ascii_digit())
}

/// `ns.example.com`, `box-17.example.net:443`; no class (`java.lang.String`), no file (`a.b.yaml` has two dots, too).
fn is_host(piece: &str) -> bool {
    let name = match piece.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => piece,
    };
    let is_spelled = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let Some(top) = name.rsplit('.').next().filter(|_| is_spelled && name.matches('.').count() >= 2) else {
        return false;
    };
    (2..=MAX_TOP_LABEL).contains(&top.len()) && top.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_mail(piece: &str) -> bool {
    piece.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// Masks the numbers within a piece (`blk_-160899`, `worker-17`, `sshd:4`), but not what belongs to a name (`ssh2`).
fn digits(piece: &str, out: &mut String) {
    let bytes = piece.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            let text = piece[at..].find(|c: char| c.is_ascii_digit()).map_or(&piece[at..], |end| &piece[at..at + end]);
            out.push_str(text);
            at += text.len();
            continue;
        }
        let is_of_a_name = at > 0 && bytes[at - 1].is_ascii_alphabetic() && length == 1;
        if is_of_a_name {
            out.push_str(&piece[at..at + length]);
        } else {
            if out.ends_with("_-") {
                out.pop();
            }
            out.push_str(WILDCARD);
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_by_its_spelling_is_masked() {
        for (message, expected) in [
            (
                "Failed password for root from 173.234.31.186 port 38926 ssh2",
                "Failed password for root from <*> port <*> ssh2",
            ),
            ("blk_-1608999687919862906 /10.250.19.102:54106", "blk_<*> /<*>"),
            ("10.251.73.220:50010: size 67108864", "<*>: size <*>"),
            ("rhost=1.2.3.4 uid=0, took 1.5ms (12%)", "rhost=<*> uid=<*>, took <*> (<*>)"),
            ("for ns.example.com [fe80::1] by a@b.org", "for <*> [<*>] by <*>"),
            ("in /var/log/x.log and https://a.b/c?d=1", "in <*> and <*>=<*>"),
            ("0x7ffe at 550e8400-e29b-41d4-a716-446655440000", "<*> at <*>"),
            ("java.lang.NullPointerException at a.b.C", "java.lang.NullPointerException at a.b.C"),
            ("worker-17 took T4 of user1234.", "worker-<*> took T4 of user<*>."),
            (&*"x".repeat(MAX_TOKEN_BYTES + 1), "<*>"),
            ("10.0.0.1:80:Got it", "<*>.<*>.<*>.<*>:<*>:Got it"),
            ("nothing / here . : é日", "nothing / here . : é日"),
        ] {
            let mut tokens = Tokens::default();
            tokens.read(message);
            assert_eq!(tokens.iter().collect::<Vec<_>>().join(" "), expected, "{message}");
        }
    }

    #[test]
    fn a_message_without_end_has_so_many_words() {
        let mut tokens = Tokens::default();
        tokens.read(&"word ".repeat(MAX_TOKENS));
        assert_eq!(tokens.len(), MAX_TOKENS);
        tokens.read(&"word ".repeat(10_000));
        assert_eq!((tokens.len(), tokens.iter().last()), (MAX_TOKENS + 1, Some(WILDCARD)));
    }
}
