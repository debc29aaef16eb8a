//! A line of a calendar taken apart: name, parameters, value.

use crate::outline::shorten;

/// Longest line that is read, folded ones joined: what is longer is a picture.
pub(super) const MAX_LINE_BYTES: usize = 64 * 1024;
/// Longest name that is shown.
pub(super) const MAX_NAME_BYTES: usize = 300;

/// Joins lines that were folded: one that begins with a blank goes on where the one before ended.
pub(super) fn unfolded(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut lines = text.lines().enumerate().peekable();
    std::iter::from_fn(move || {
        let (number, first) = lines.next()?;
        let mut whole = first.to_owned();
        while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with([' ', '\t'])) {
            if whole.len() <= MAX_LINE_BYTES {
                whole.push_str(&next[1..]);
            }
        }
        Some((number + 1, whole))
    })
}

/// `NAME;PARAMETER=x:value`, with the name in upper case.
pub(super) struct Property {
    pub name: String,
    parameters: Vec<(String, String)>,
    pub value: String,
}

impl Property {
    /// Takes a line apart; `None` if it is none.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut is_quoted = false;
        let mut parts = Vec::new();
        let mut start = 0;
        let mut colon = None;
        for (at, c) in line.char_indices() {
            match c {
                '"' => is_quoted = !is_quoted,
                ';' if !is_quoted => {
                    parts.push(&line[start..at]);
                    start = at + 1;
                }
                ':' if !is_quoted => {
                    parts.push(&line[start..at]);
                    colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let value = line[colon? + 1..].to_owned();
        let mut parts = parts.into_iter();
        let name = parts.next().filter(|name| !name.is_empty() && name.bytes().all(is_of_a_name))?;
        let parameters = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
            .collect();
        Some(Self { name: name.to_ascii_uppercase(), parameters, value })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value with its escapes undone.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, true) => match chars.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(escaped) => text.push(escaped),
                    None => {}
                },
                (c, false) => text.push(c),
            }
        }
        text
    }

    /// The value on one line.
    pub(super) fn name(&self) -> String {
        one_line(&self.text())
    }

    pub(super) fn person(&self) -> String {
        let value = &self.value;
        let is_mail = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let address = if is_mail { &value[7..] } else { value.as_str() };
        let said = match self.parameter("CN").map(one_line).filter(|name| !name.is_empty() && name != address) {
            Some(name) if is_mail => format!("{name} <{}>", one_line(address)),
            Some(name) => name,
            None => one_line(address),
        };
        match self.parameter("PARTSTAT").map(str::to_ascii_uppercase).as_deref() {
            Some("DECLINED") => format!("{said} (declined)"),
            Some("TENTATIVE") => format!("{said} (perhaps)"),
            Some("ACCEPTED") => format!("{said} (accepted)"),
            _ => said,
        }
    }
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

pub(super) fn one_line(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&one_line, MAX_NAME_BYTES).trim_end().to_owned()
}
