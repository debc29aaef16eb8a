//! Plain English sentences that say what somebody wants. By rule, and only where a rule is sure: everything else stays a text.

use super::{Polarity, fold};

/// A longer sentence says more than one thing.
const MAX_SENTENCE_BYTES: usize = 200;
/// Words of a name in front of `prefers`.
const MAX_NAME_WORDS: usize = 3;
/// A sentence with one of these says more, or less, than that something is wanted.
const NOT_PLAIN: [&str; 22] = [
    "if",
    "unless",
    "when",
    "while",
    "but",
    "because",
    "although",
    "though",
    "maybe",
    "perhaps",
    "might",
    "may",
    "could",
    "would",
    "should",
    "sometimes",
    "used",
    "think",
    "who",
    "which",
    "except",
    "until",
];
/// Nobody knows who they are.
const PRONOUNS: [&str; 8] = ["he", "she", "it", "they", "you", "this", "that", "who"];
/// The owner.
const OWNER: [&str; 5] = ["i", "user", "the user", "owner", "the owner"];
/// Verbs, as they stand after `I`, and whether what follows is wanted.
const VERBS: [(&str, Polarity); 7] = [
    ("prefer", Polarity::For),
    ("like", Polarity::For),
    ("love", Polarity::For),
    ("enjoy", Polarity::For),
    ("hate", Polarity::Against),
    ("dislike", Polarity::Against),
    ("avoid", Polarity::Against),
];

/// What a sentence says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// Whose preference it is; the owner's if `None`.
    pub holder: Option<String>,
    pub topic: String,
    pub value: String,
    pub polarity: Polarity,
    /// Whether it says that something no longer holds.
    pub ends: bool,
}

/// Reads a sentence; `None` if it is not plain.
pub(crate) fn read(text: &str) -> Option<Sentence> {
    let text = text.trim().trim_end_matches(['.', '!']).trim_end();
    if text.is_empty() || text.len() > MAX_SENTENCE_BYTES || text.contains(['\n', '?', ';', ':', ',', '.']) {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase().replace('’', "'")).collect();
    if lower.iter().any(|word| NOT_PLAIN.contains(&word.as_str())) {
        return None;
    }
    // As many words as may stand before the verb: a name, or nothing.
    (0..=MAX_NAME_WORDS.min(words.len().saturating_sub(1))).find_map(|at| {
        let holder = holder(&words[..at], &lower[..at].join(" "))?;
        let (polarity, ends, rest, is_prefer) = verb(&lower[at..])?;
        let rest = &words[at + rest..];
        let (topic, value) = if is_prefer { preferred(rest)? } else { thing(rest)? };
        Some(Sentence { holder, topic, value, polarity, ends })
    })
}

/// Reads who wants it; the outer `None` if that is nobody who can be named.
fn holder(words: &[&str], lower: &str) -> Option<Option<String>> {
    if words.is_empty() || OWNER.contains(&lower) {
        return Some(None);
    }
    let is_name = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    let is_verb = |word: &str| VERBS.iter().any(|(verb, _)| word == *verb || word.strip_suffix('s') == Some(verb));
    let is_plain = !lower.split(' ').any(|word| {
        PRONOUNS.contains(&word)
            || OWNER.contains(&word)
            || is_verb(word)
            || ["we", "always", "never", "no", "do", "don't", "please"].contains(&word)
    });
    (words.iter().all(is_name) && is_plain).then(|| Some(words.join(" ")))
}

/// Reads the verb: what it means, whether something no longer holds, how many words it takes, whether it is `prefer`.
fn verb(words: &[String]) -> Option<(Polarity, bool, usize, bool)> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let known = |at: usize| {
        let found = VERBS.iter().find(|(verb, _)| word(at) == *verb || word(at).strip_suffix('s') == Some(verb));
        found.map(|(verb, polarity)| (*polarity, *verb == "prefer"))
    };
    let is_use = |at: usize| ["use", "uses"].contains(&word(at));
    let opposite = |polarity| if polarity == Polarity::For { Polarity::Against } else { Polarity::For };
    match (word(0), word(1)) {
        ("always", _) if is_use(1) => Some((Polarity::For, false, 2, false)),
        ("never", _) if is_use(1) => Some((Polarity::Against, false, 2, false)),
        ("no", "longer") if is_use(2) => Some((Polarity::Against, true, 3, false)),
        ("no", "longer") => known(2).map(|(polarity, is_prefer)| (opposite(polarity), true, 3, is_prefer)),
        ("don't" | "doesn't", _) => {
            known(1).filter(|known| known.0 == Polarity::For).map(|known| (Polarity::Against, false, 2, known.1))
        }
        ("do" | "does", "not") => {
            known(2).filter(|known| known.0 == Polarity::For).map(|known| (Polarity::Against, false, 3, known.1))
        }
        _ => known(0).map(|(polarity, is_prefer)| (polarity, false, 1, is_prefer)),
    }
}

/// What is liked or used is all there is to say: `tabs in Go code` is another thing than `tabs`.
fn thing(words: &[&str]) -> Option<(String, String)> {
    let value = fold(&words.join(" "));
    (!value.is_empty() && !["to", "and", "or"].contains(&words[0])).then(|| (value.clone(), value))
}

/// Reads `X`, `X over Y`, `X to Y` and `X for Z`: the topic is Z, else the choice between X and Y, else X.
fn preferred(words: &[&str]) -> Option<(String, String)> {
    if words.is_empty() {
        return None;
    }
    let is = |at: usize, name: &str| words[at].eq_ignore_ascii_case(name);
    let joined = |words: &[&str]| fold(&words.join(" "));
    let end = (1..words.len()).rev().find(|at| is(*at, "for"));
    let topic = end.map(|at| joined(&words[at + 1..]));
    if topic.as_ref().is_some_and(String::is_empty) {
        return None;
    }
    let choice = &words[..end.unwrap_or(words.len())];
    let find = |name: &str| (1..choice.len()).find(|at| is(*at, name));
    let over = find("over");
    let (value, rest) = match over.or_else(|| find("to")) {
        Some(at) => (joined(&choice[..at]), Some(joined(&choice[at + 1..]))),
        None => (joined(choice), None),
    };
    let is_doing = |words: &str| words.split(' ').next().is_some_and(|word| word.ends_with("ing"));
    let is_plain = match &rest {
        // `going to bed early` is one thing, `walking to driving` are two.
        Some(rest) => !rest.is_empty() && (over.is_some() || is_doing(&value) == is_doing(rest)),
        None => true,
    };
    if value.is_empty() || !is_plain || ["to", "not"].iter().any(|name| is(0, name)) {
        return None;
    }
    let between = rest.map(|rest| {
        let mut two = [value.as_str(), rest.as_str()];
        two.sort_unstable();
        two.join(" or ")
    });
    Some((topic.or(between).unwrap_or_else(|| value.clone()), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Topic, value, `+` or `-`, `!` where something ends, and whose.
    fn shown(text: &str) -> Option<String> {
        read(text).map(|Sentence { holder, topic, value, polarity, ends }| {
            let sign = if polarity == Polarity::For { '+' } else { '-' };
            let ends = if ends { "!" } else { "" };
            format!("{topic}: {sign}{value}{ends}{}", holder.map(|name| format!(" ({name})")).unwrap_or_default())
        })
    }

    #[test]
    fn plain_sentences_are_read() {
        for (text, expected) in [
            ("I prefer tea over coffee.", "coffee or tea: +tea"),
            ("I prefer coffee to tea", "coffee or tea: +coffee"),
            ("The user prefers walking to driving", "driving or walking: +walking"),
            ("Prefers the window seat", "window seat: +window seat"),
            ("I prefer tea for breakfast", "breakfast: +tea"),
            ("Mirela prefers tea over coffee for breakfast", "breakfast: +tea (Mirela)"),
            ("I like jazz", "jazz: +jazz"),
            ("I love long walks!", "long walks: +long walks"),
            ("User hates meetings before ten", "meetings before ten: -meetings before ten"),
            ("I don't like jazz", "jazz: -jazz"),
            ("I do not like jazz", "jazz: -jazz"),
            ("Avoid tabs", "tabs: -tabs"),
            ("avoids tabs", "tabs: -tabs"),
            ("Always use tabs in Go code", "tabs in go code: +tabs in go code"),
            ("Never use tabs", "tabs: -tabs"),
            ("I no longer like jazz", "jazz: -jazz!"),
            ("No longer use tabs", "tabs: -tabs!"),
            ("I no longer avoid gluten", "gluten: +gluten!"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        for text in [
            "She prefers tea",
            "I would prefer tea",
            "I prefer tea if there is no coffee",
            "I prefer going to bed early",
            "I prefer to walk",
            "Do I like jazz?",
            "I like jazz, but not always",
            "I like",
            "I prefer",
            "I prefer tea for",
            "I don't avoid tea",
            "Tabs are evil",
            "I used to like jazz",
            "The committee prefers tea",
            "",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        let long = format!("I like {}", "very ".repeat(MAX_SENTENCE_BYTES / 5));
        assert_eq!(shown(&long), None);
        let fits = format!("I like {}", "x".repeat(MAX_SENTENCE_BYTES - "I like ".len()));
        assert!(shown(&fits).is_some() && shown(&format!("{fits}x")).is_none());
    }
}
