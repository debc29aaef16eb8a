//! How deep a text goes, told before it is parsed: the parser goes down with it.

/// What is known of an update before it is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Depth {
    /// The deepest bracket; behind the first WHERE, about.
    pub nesting: usize,
    /// Bytes from the first WHERE on.
    pub asking: usize,
}

/// Reads an update up to its first WHERE. There are no expressions before it, so that a `<` begins a name and every quote a
/// text: nothing is mistaken. Whether escapes of letters are read before or not, what goes deeper counts.
pub(super) fn of_update(text: &str) -> Depth {
    let (as_is, read) = (exact(text), exact(&unescaped(text)));
    Depth { nesting: as_is.nesting.max(read.nesting), asking: as_is.asking.max(read.asking) }
}

fn exact(text: &str) -> Depth {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut nesting) = (0, 0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'#' => end_of(bytes, at, |rest| matches!(rest[0], b'\n' | b'\r')),
            b'\\' => at + 2,
            b'<' if bytes.get(at + 1) != Some(&b'<') => end_of(bytes, at + 1, |rest| rest[0] == b'>') + 1,
            b'"' | b'\'' => end_of_text(bytes, at),
            b'<' | b'(' | b'{' | b'[' => {
                depth += 1;
                nesting = nesting.max(depth);
                at + if *byte == b'<' { 2 } else { 1 }
            }
            b')' | b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            b'>' if bytes.get(at + 1) == Some(&b'>') => {
                depth = depth.saturating_sub(1);
                at + 2
            }
            b'W' | b'w' if bytes.get(at..at + 5).is_some_and(|word| word.eq_ignore_ascii_case(b"where")) => {
                return Depth { nesting: nesting.max(self::nesting(&text[at..])), asking: bytes.len() - at };
            }
            _ => at + 1,
        };
    }
    Depth { nesting, asking: 0 }
}

/// Returns where something begins, or the end.
fn end_of(bytes: &[u8], from: usize, is_there: impl Fn(&[u8]) -> bool) -> usize {
    (from..bytes.len()).find(|at| is_there(&bytes[*at..])).unwrap_or(bytes.len())
}

/// Returns the place behind a text that opens at a place.
fn end_of_text(bytes: &[u8], open: usize) -> usize {
    let quote = bytes[open];
    let long = [quote; 3];
    let closing = if bytes[open..].starts_with(&long) { &long[..] } else { &long[..1] };
    let mut at = open + closing.len();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            _ if bytes[at..].starts_with(closing) => return at + closing.len(),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Reads `\u00e9` and `\U000000e9`, as the parser may before anything else.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        out.push(letter);
        if letter != '\\' {
            continue;
        }
        let Some(kind) = letters.next() else { break };
        let digits: String = letters.clone().take(if kind == 'U' { 8 } else { 4 }).collect();
        out.push(kind);
        if !matches!(kind, 'u' | 'U') {
            continue;
        }
        letters = letters.as_str()[digits.len()..].chars();
        match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
            Some(read) => {
                out.truncate(out.len() - 2);
                out.push(read);
            }
            None => out.push_str(&digits),
        }
    }
    out
}

/// The deepest bracket of a query, outside texts, names and comments, about: what is short needs no better.
pub(super) fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => drop(letters.next()),
            (Some(open), _) if letter == open => quote = None,
            (Some(_), '\n') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '{' | '[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, ')' | '}' | ']') => depth = depth.saturating_sub(1),
            // Triple terms nest as well; a comparison does not close.
            (None, _) => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (usize, usize) {
        let depth = of_update(text);
        (depth.nesting, depth.asking)
    }

    #[test]
    fn what_stands_in_texts_names_and_comments_is_no_bracket_and_no_word() {
        for (text, expected) in [
            ("INSERT DATA { <urn:a> <urn:b> ( 1 [ <urn:c> 2 ] ) }", (3, 0)),
            ("INSERT DATA { <urn:((> <urn:'> \"(( where\" . # ((( where\n <urn:a> <urn:b> '(' }", (1, 0)),
            ("INSERT DATA { <urn:a> <urn:b> '''\n' (( ''' , \"\"\"\\\"\"\" (( \"\"\" , ( 1 ) }", (2, 0)),
            ("PREFIX e: <urn:e> INSERT DATA { e:it\\'s e:\\( ( 1 ) }", (2, 0)),
            ("INSERT DATA { <urn:a> <urn:b> <<( <urn:a> <urn:b> <<( <urn:a> <urn:b> 1 )>> )>> }", (5, 0)),
            ("DELETE where { ?s ?p ?o }", (1, 18)),
            ("INSERT DATA { <urn:a> <urn:b> 'x' } ; DELETE WHERE {{ ?s ?p ?o }}", (2, 20)),
            // Letters written by their numbers.
            ("DELETE \\u0057HERE { ?s ?p ?o }", (1, 18)),
            ("INSERT DATA { <urn:a> <urn:b> \\u0027(((\\u0027 }", (4, 0)),
            ("INSERT DATA { <urn:a> <urn:b> '\\u0027 (((' }", (4, 0)),
            ("INSERT DATA { <urn:a> <urn:b> '\\u00", (1, 0)),
            ("'''", (0, 0)),
            ("\\", (0, 0)),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
