//! What text a memory is embedded as.

use hydra_graph::IndexText;

/// The version of [`embedding_text`]; an index made by another version is rebuilt. Raise it with every change there.
pub const RECIPE: u32 = 2;

/// A text shorter than this says too little on its own ("Yes, on Tuesday"): what came before is put in front of it.
const SHORT_CHARS: usize = 80;
/// So much of what came before is taken, its end first, for the end is nearest to the text.
const BEFORE_CHARS: usize = 160;
/// The model reads about so much English; what was said before in a conversation takes only what the text leaves.
const MAX_CHARS: usize = 1_100;

/// Writes the text that stands for a memory or passage: `title > headings: text`, or `Speaker: text`, with a little of
/// what came before in front when the text is short or was said in a conversation.
pub fn embedding_text(from: &IndexText) -> String {
    let mut written = String::new();
    let places = [from.title.trim(), from.headings.trim()];
    for place in places.into_iter().filter(|place| !place.is_empty()) {
        if !written.is_empty() {
            written.push_str(" > ");
        }
        written.push_str(place);
    }
    if !written.is_empty() {
        written.push_str(": ");
    }
    let text = from.said();
    let text = text.trim();
    let before = from.before.trim();
    let length = text.chars().count();
    let before = match from.speaker.is_empty() {
        true if length < SHORT_CHARS => end_of(before),
        false if length + before.chars().count() <= MAX_CHARS => before,
        _ => "",
    };
    if !before.is_empty() {
        written.push_str(before);
        written.push('\n');
    }
    written.push_str(text);
    written
}

/// Returns the last [`BEFORE_CHARS`] characters, from the start of a word.
fn end_of(text: &str) -> &str {
    let Some((start, _)) = text.char_indices().rev().nth(BEFORE_CHARS - 1).filter(|(start, _)| *start > 0) else {
        return text;
    };
    let end = &text[start..];
    end.find(char::is_whitespace).map_or(end, |blank| end[blank..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, headings: &str, before: &str, text: &str, expected: &str) {
        let from = IndexText {
            title: title.to_owned(),
            headings: headings.to_owned(),
            before: before.to_owned(),
            text: text.to_owned(),
            ..IndexText::default()
        };
        assert_eq!(embedding_text(&from), expected);
    }

    #[test]
    fn the_recipe() {
        check("Boat", "Engine > Oil", "", "Change it in spring.", "Boat > Engine > Oil: Change it in spring.");
        check("Boat", "", "", "Sold.", "Boat: Sold.");
        check("", "Oil", "", "Sold.", "Oil: Sold.");
        check("", "", "", " Sold.\n", "Sold.");
        check("Ann", "", "Shall we meet on Tuesday?", "Yes.", "Ann: Shall we meet on Tuesday?\nYes.");
    }

    #[test]
    fn long_text_needs_nothing_before_it() {
        let text = "x".repeat(SHORT_CHARS);
        check("", "", "Before.", &text, &text);
        check("", "", "Before.", &text[1..], &format!("Before.\n{}", &text[1..]));
    }

    #[test]
    fn what_was_said_has_its_speaker_and_what_came_before() {
        let said = |text: &str, before: &str| {
            let (speaker, text, before) = ("Ann".to_owned(), text.to_owned(), before.to_owned());
            embedding_text(&IndexText { speaker, text, before, ..IndexText::default() })
        };
        assert_eq!(said("Yes.", ""), "Ann: Yes.");
        assert_eq!(said("Ann: Yes.", ""), "Ann: Yes.");
        assert_eq!(said("Anna came.", "Bo: Who?"), "Bo: Who?\nAnn: Anna came.");
        let long = "x".repeat(MAX_CHARS - "Ann: ".len() - "Bo: Who?".len());
        assert_eq!(said(&long, "Bo: Who?"), format!("Bo: Who?\nAnn: {long}"));
        assert_eq!(said(&format!("{long}x"), "Bo: Who?"), format!("Ann: {long}x"), "the text itself must fit");
    }

    #[test]
    fn only_the_end_of_what_came_before_is_taken_in_whole_words() {
        let before = format!("{} tail", "word ".repeat(BEFORE_CHARS).trim_end());
        let taken = end_of(&before);
        assert!(taken.len() <= BEFORE_CHARS && taken.len() > BEFORE_CHARS - 6, "{}", taken.len());
        assert!(taken.starts_with("word") && taken.ends_with("tail"));
        let exact = "é".repeat(BEFORE_CHARS);
        assert_eq!(end_of(&exact), exact);
    }
}
