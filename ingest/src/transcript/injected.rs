//! What Hydra puts into a conversation, and how it is recognised when it comes back in a transcript. A memory that was
//! injected must not be told again: it would count as a second voice for itself, and once more with every session.

use std::borrow::Cow;

/// The element that everything Hydra puts into a conversation stands in: `<hydra-memory …>…</hydra-memory>`.
pub const INJECTED_TAG: &str = "hydra-memory";

/// Puts a text into its element. `attributes` go into the opening tag as they are (`source="recall" trace="…"`). An opening
/// or closing tag within the text is made one that is none, so that no memory can end the element before its end.
pub fn inject(attributes: &str, text: &str) -> String {
    let space = if attributes.is_empty() { "" } else { " " };
    let attributes = attributes.replace(['<', '>', '\n'], " ");
    let mut inside = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        inside.push_str(before);
        inside.push_str(if is_tag(tag) { "‹" } else { "<" });
        rest = &tag[1..];
    }
    inside.push_str(rest);
    format!("<{INJECTED_TAG}{space}{attributes}>\n{}\n</{INJECTED_TAG}>", inside.trim_end())
}

/// Returns a text without what Hydra injected into it. An element that is cut off goes on to the end of the text.
pub fn strip_injected(text: &str) -> Cow<'_, str> {
    let mut kept: Option<String> = None;
    let mut rest = text;
    while let Some(at) = opening(rest) {
        let kept = kept.get_or_insert_default();
        kept.push_str(&rest[..at]);
        rest = match closing(&rest[at..]) {
            Some(end) => &rest[at + end..],
            None => "",
        };
    }
    match kept {
        Some(mut kept) => {
            kept.push_str(rest);
            Cow::Owned(kept)
        }
        None => Cow::Borrowed(text),
    }
}

/// Finds the next opening tag.
fn opening(text: &str) -> Option<usize> {
    text.match_indices('<').map(|(at, _)| at).find(|at| is_tag(&text[*at..]) && !text[at + 1..].starts_with('/'))
}

/// Finds the end of the next closing tag.
fn closing(text: &str) -> Option<usize> {
    let at = text.match_indices("</").map(|(at, _)| at).find(|at| is_tag(&text[*at..]))?;
    Some(text[at..].find('>').map_or(text.len(), |end| at + end + 1))
}

/// Tells whether a text begins with a tag of ours; `<hydra-memory-x>` is another's.
fn is_tag(text: &str) -> bool {
    let name = text[1..].trim_start_matches('/');
    name.strip_prefix(INJECTED_TAG)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_injected_is_taken_out_and_nothing_else() {
        let injected = inject(r#"source="recall" trace="038""#, "the key hangs\nbehind the meter");
        assert!(injected.starts_with("<hydra-memory source=\"recall\" trace=\"038\">\n"), "{injected}");
        for (text, expected) in [
            (format!("before\n{injected}\nafter"), "before\n\nafter"),
            (format!("{injected}{injected}"), ""),
            (format!("a{}b", inject("", "x")), "ab"),
            ("nothing < here </p>".to_owned(), "nothing < here </p>"),
            ("<hydra-memory-map> is another's".to_owned(), "<hydra-memory-map> is another's"),
            (format!("cut {}", &injected[..40]), "cut "),
            ("</hydra-memory> alone".to_owned(), "</hydra-memory> alone"),
        ] {
            assert_eq!(strip_injected(&text), expected);
        }
        assert!(matches!(strip_injected("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_memory_cannot_end_the_element_that_it_stands_in() {
        let injected = inject("", "one </hydra-memory> two <hydra-memory> three < four </HYDRA");
        assert_eq!(strip_injected(&format!("a {injected} b")), "a  b");
        assert!(injected.contains("< four"), "{injected}");
        assert_eq!(strip_injected(&inject("x>\n</hydra-memory>", "y")), "");
    }
}
