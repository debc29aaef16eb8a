//! A wish: a correction (`no, use …`), a rule (`always …`, `never …`), a preference (`I prefer …`), by its first words.
//!
//! A rule that fits seldom and is right counts more than one that fits often: what is missed may be said again, what is
//! wrong comes back in every session.

use super::sentence::Sentence;

/// A wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// In words by which the same wish is the same, whoever says it how.
    pub text: String,
    /// Whether it applies everywhere, and not only where it was said.
    pub is_general: bool,
}

/// What may stand before a wish.
const OPENERS: [&str; 22] = [
    "please",
    "and",
    "but",
    "also",
    "so",
    "ok",
    "okay",
    "well",
    "oh",
    "hey",
    "btw",
    "by the way",
    "hmm",
    "yes",
    "yeah",
    "right",
    "again",
    "remember to",
    "remember",
    "important",
    "note",
    "reminder",
];
/// What a correction begins with.
const CORRECTING: [&str; 9] =
    ["no", "nope", "nah", "actually", "wait", "stop", "wrong", "that's wrong", "not like that"];
/// What a sentence does not mean as a rule if it says it anywhere.
const VETO: [&str; 26] = [
    "maybe",
    "perhaps",
    "might",
    "not sure",
    "i wonder",
    "wondering",
    "suppose",
    "imagine",
    "what if",
    "should we",
    "according to",
    "the docs say",
    "the readme says",
    "he says",
    "she says",
    "he said",
    "she said",
    "they said",
    "they say",
    "used to",
    "if possible",
    "not always",
    "just kidding",
    "no preference",
    "not necessarily",
    "or something",
];
/// What a person has an agent do, in the form of an order.
const DOING: [&str; 108] = [
    "add",
    "amend",
    "annotate",
    "answer",
    "ask",
    "assume",
    "avoid",
    "build",
    "bump",
    "bundle",
    "call",
    "catch",
    "cast",
    "change",
    "check",
    "cite",
    "clean",
    "close",
    "comment",
    "commit",
    "compile",
    "copy",
    "create",
    "declare",
    "define",
    "delete",
    "deploy",
    "document",
    "disable",
    "edit",
    "enable",
    "ensure",
    "escape",
    "explain",
    "export",
    "expose",
    "fetch",
    "follow",
    "force",
    "format",
    "generate",
    "give",
    "guess",
    "handle",
    "hardcode",
    "ignore",
    "import",
    "include",
    "inline",
    "install",
    "invent",
    "keep",
    "leave",
    "link",
    "lint",
    "log",
    "make",
    "mention",
    "merge",
    "mock",
    "modify",
    "move",
    "name",
    "open",
    "overwrite",
    "pin",
    "prefer",
    "prefix",
    "print",
    "propose",
    "push",
    "put",
    "quote",
    "read",
    "rebase",
    "refer",
    "reformat",
    "remove",
    "rename",
    "reply",
    "respond",
    "restart",
    "return",
    "reuse",
    "revert",
    "run",
    "save",
    "show",
    "sign",
    "skip",
    "sort",
    "split",
    "squash",
    "stage",
    "start",
    "store",
    "suggest",
    "swallow",
    "test",
    "throw",
    "touch",
    "type",
    "update",
    "use",
    "validate",
    "verify",
    "wrap",
    "write",
];
/// What points at something that is not said.
const POINTING: [&str; 18] = [
    "it",
    "that",
    "this",
    "these",
    "those",
    "them",
    "the",
    "my",
    "your",
    "one",
    "both",
    "either",
    "another",
    "something",
    "anything",
    "him",
    "her",
    "me",
];
/// What limits an order to the moment.
const MOMENTARY: [&str; 12] = [
    "yet",
    "now",
    "for now",
    "right now",
    "today",
    "this time",
    "until",
    "first",
    "just yet",
    "at the moment",
    "anything",
    "so far",
];
/// What makes a rule of an order.
const LASTING: [&str; 8] = ["again", "ever", "anymore", "any more", "in future", "in the future", "without", "unless"];
/// From when a rule holds.
const FROM_NOW: [&str; 7] =
    ["from now on", "going forward", "in the future", "in future", "next time", "for the future", "from here on"];
/// What says that it applies everywhere.
const EVERYWHERE: [&str; 6] =
    ["everywhere", "in general", "all projects", "all my projects", "any project", "every project"];

/// Reads a sentence; `None` where no rule is sure.
pub(super) fn read(sentence: &Sentence) -> Option<Wish> {
    let lower = sentence.lower.as_str();
    if VETO.iter().any(|veto| says(lower, veto)) {
        return None;
    }
    let (rest, is_correcting) = open(lower);
    let is_general = EVERYWHERE.iter().any(|said| says(lower, said));
    let said = |text: String| Some(Wish { text: tidy(&sentence.recase(&text)), is_general });
    if let Some(preferred) = preferred(rest) {
        return Some(Wish { text: tidy(&sentence.recase(&preferred)), is_general: true });
    }
    if let Some(used) = used(rest, is_correcting) {
        return said(used);
    }
    if let Some(rule) = rule(rest) {
        return said(rule);
    }
    if let Some(rest) =
        FROM_NOW.iter().find_map(|from| Some(rest.strip_prefix(from)?.trim_start_matches([',', ':', ' '])))
    {
        let (rest, _) = open(rest);
        return rule(rest).or_else(|| avoided(rest, true)).or_else(|| order(rest)).and_then(said);
    }
    if let Some(told) = told(rest) {
        return said(told);
    }
    avoided(rest, is_correcting).and_then(said)
}

/// Takes off what stands before; tells whether that corrects something.
fn open(lower: &str) -> (&str, bool) {
    let (mut rest, mut is_correcting) = (lower, false);
    loop {
        let next = |word: &str| {
            let after = rest.strip_prefix(word)?;
            let bare = after.trim_start_matches([',', '.', '!', ':', '-', '—', ' ']);
            (bare.len() < after.len() && !bare.is_empty()).then_some(bare)
        };
        // `stop using` is a wish, and `no comments` is none.
        let is_mark = |word: &str| {
            let after = rest.strip_prefix(word).unwrap_or_default();
            let is_sure = !["stop", "no", "right", "so", "wrong"].contains(&word) || after.starts_with(" please ");
            is_sure || after.trim_start().starts_with([',', '.', '!', ':', '-', '—'])
        };
        if let Some(bare) = CORRECTING.iter().filter(|word| is_mark(word)).find_map(|word| next(word)) {
            (rest, is_correcting) = (bare, true);
        } else if let Some(bare) = OPENERS.iter().filter(|word| is_mark(word)).find_map(|word| next(word)) {
            rest = bare;
        } else {
            return (rest, is_correcting);
        }
    }
}

/// `I prefer X over Y`, `I'd much prefer X`.
fn preferred(rest: &str) -> Option<String> {
    let after = ["i'd ", "i would ", "i "].iter().find_map(|who| rest.strip_prefix(who))?;
    let how = ["really ", "much ", "strongly ", "generally ", "usually ", "personally ", "also ", "always "];
    let after = how.iter().find_map(|how| after.strip_prefix(how)).unwrap_or(after);
    let what = after.strip_prefix("prefer ")?;
    let first = first_word(what);
    let is_plain = !POINTING.contains(&first) && !["not", "if", "no", "to"].contains(&first);
    (is_plain || ["to", "if"].contains(&first) && what.split(' ').count() > 2).then(|| format!("I prefer {what}"))
}

/// `use X`, `use X instead of Y`; without a correction before it only with the other side, since it may be a task.
fn used(rest: &str, is_correcting: bool) -> Option<String> {
    let what = rest.strip_prefix("use ").or_else(|| rest.strip_prefix("we use ").filter(|_| is_correcting))?;
    let (chosen, other) = sides(what);
    let is_plain =
        |text: &str| !text.is_empty() && !POINTING.contains(&first_word(text)) && text.split(' ').count() <= 8;
    if !is_plain(chosen) {
        return None;
    }
    match other {
        Some(other) if !other.is_empty() && !["it", "that", "this"].contains(&other) => {
            Some(format!("I prefer {chosen} over {other}"))
        }
        Some(_) => is_correcting.then(|| format!("Always use {chosen}")),
        None if MOMENTARY.iter().any(|when| says(chosen, when)) => None,
        None => is_correcting.then(|| format!("Always use {chosen}")),
    }
}

/// `X instead of Y`, `X rather than Y`, `X, not Y`.
pub(super) fn sides(what: &str) -> (&str, Option<&str>) {
    for between in [" instead of ", " rather than ", ", not ", " over ", " and not ", " not "] {
        if let Some((chosen, other)) = what.split_once(between) {
            return (chosen.trim_end_matches(',').trim(), Some(reason(other).0));
        }
    }
    let chosen = what.strip_suffix(" instead").or_else(|| what.strip_suffix(", please")).unwrap_or(what);
    (reason(chosen).0, None)
}

/// What is said, and why.
pub(super) fn reason(what: &str) -> (&str, Option<&str>) {
    for why in [", because ", " because ", ", since ", " so that "] {
        if let Some((what, why)) = what.split_once(why) {
            return (what.trim(), Some(why.trim()));
        }
    }
    (what.trim(), None)
}

/// `always X`, `never X`, `we always X`, `you should never X`, `when Y, always X`.
fn rule(rest: &str) -> Option<String> {
    const WHO: [&str; 12] = [
        "i always ",
        "i never ",
        "we always ",
        "we never ",
        "you should always ",
        "you should never ",
        "you must always ",
        "you must never ",
        "we should always ",
        "we should never ",
        "i want you to always ",
        "i want you to never ",
    ];
    let rule = WHO.iter().find(|who| rest.starts_with(**who)).map_or(rest, |who| {
        let from = who.trim_end().rfind(' ').map_or(0, |at| at + 1);
        &rest[from..]
    });
    let when = ["when ", "whenever ", "before ", "after ", "for ", "in "].iter().any(|when| rule.starts_with(when));
    let (condition, order) = match rule.split_once(", ").filter(|_| when) {
        Some((condition, order)) => (Some(condition), open(order).0),
        None => (None, rule),
    };
    let what = order.strip_prefix("always ").or_else(|| order.strip_prefix("never "))?;
    let verb = first_word(what);
    if !DOING.contains(&verb) || what.split(' ').count() < 2 {
        return None;
    }
    let object = what[verb.len()..].trim_start();
    // `never use it` says nothing to whoever does not know what.
    if ["it", "that", "this", "them"].contains(&first_word(object)) && object.split(' ').count() < 3 {
        return None;
    }
    Some(match condition {
        Some(condition) => format!("{condition}, {order}"),
        None => order.to_owned(),
    })
}

/// `don't add comments`, `stop using mocks`, `avoid mocks`.
fn avoided(rest: &str, is_correcting: bool) -> Option<String> {
    if let Some(what) = rest.strip_prefix("stop ") {
        let verb = first_word(what);
        let is_doing =
            ["using", "adding", "writing", "creating", "making", "putting", "committing", "pushing", "mocking"];
        let object = what[verb.len()..].trim_start();
        let is_plain = !object.is_empty() && !POINTING.contains(&first_word(object));
        let bare = verb.strip_suffix("ting").filter(|stem| stem.ends_with('t')).or_else(|| verb.strip_suffix("ing"))?;
        let bare = if DOING.contains(&bare) { bare.to_owned() } else { format!("{bare}e") };
        return (is_doing.contains(&verb) && is_plain).then(|| format!("never {bare} {object}"));
    }
    let what = ["don't ", "do not ", "dont "].iter().find_map(|not| rest.strip_prefix(not))?;
    let what = what.strip_prefix("ever ").unwrap_or(what);
    let verb = first_word(what);
    let object = what[verb.len()..].trim_start();
    let is_lasting = LASTING.iter().any(|lasting| says(rest, lasting));
    let is_pointing = object.is_empty() || POINTING.contains(&first_word(object));
    let is_momentary = MOMENTARY.iter().any(|when| says(rest, when));
    let is_sure = DOING.contains(&verb) && !is_momentary && (is_lasting || !is_pointing);
    (is_sure && (is_lasting || is_correcting || object.split(' ').count() <= 6) && !object.is_empty())
        .then(|| format!("never {what}"))
}

/// `I told you to use uv`, `I said not to push`.
fn told(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix("as ").unwrap_or(rest);
    let after = ["i already ", "i ", "i've already "].iter().find_map(|who| rest.strip_prefix(who))?;
    let order = ["told you ", "said ", "asked you "].iter().find_map(|verb| after.strip_prefix(verb))?;
    let order = order.strip_prefix("before ").unwrap_or(order);
    if let Some(what) = order.strip_prefix("not to ") {
        return DOING.contains(&first_word(what)).then(|| format!("never {what}"));
    }
    let what = order.strip_prefix("to ").or_else(|| order.strip_prefix("always to "))?;
    let what = what.strip_prefix("always ").unwrap_or(what);
    self::order(what).map(|what| format!("always {what}"))
}

/// An order.
fn order(rest: &str) -> Option<String> {
    let verb = first_word(rest);
    let object = rest[verb.len()..].trim_start();
    let is_plain = !object.is_empty() && !["it", "that", "this", "them"].contains(&first_word(object));
    (DOING.contains(&verb) && is_plain).then(|| rest.to_owned())
}

fn first_word(text: &str) -> &str {
    text.split([' ', ',']).next().unwrap_or_default()
}

/// Tells whether a text has these words.
fn says(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '\'');
        is_end(before) && is_end(after)
    })
}

/// A wish as it is written: one sentence.
fn tidy(text: &str) -> String {
    let text = text.trim().trim_end_matches([',', ':', '-']).trim_end();
    let text =
        ["please", "thanks", "ok"].iter().find_map(|end| text.strip_suffix(end)?.strip_suffix(", ")).unwrap_or(text);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::lesson::sentence::spoken;

    fn wishes(text: &str) -> Vec<String> {
        spoken(text).iter().filter_map(read).map(|wish| wish.text).collect()
    }

    #[test]
    fn corrections_rules_and_preferences_are_read() {
        for (text, expected) in [
            ("No, use pnpm instead of npm", "I prefer pnpm over npm"),
            ("no - use tabs", "Always use tabs"),
            ("Always run the formatter before you commit.", "Always run the formatter before you commit"),
            ("please never push to main", "Never push to main"),
            ("we never mock the database", "Never mock the database"),
            ("I prefer tabs over spaces!", "I prefer tabs over spaces"),
            ("I'd much prefer small commits", "I prefer small commits"),
            ("From now on, write tests first", "Write tests first"),
            ("from now on don't add comments", "Never add comments"),
            ("Don't use unwrap in library code", "Never use unwrap in library code"),
            ("stop using mocks", "Never use mocks"),
            ("stop putting helpers into main", "Never put helpers into main"),
            ("I told you to use uv", "Always use uv"),
            ("When you commit, always sign it off by hand", "When you commit, always sign it off by hand"),
            ("Use uv, not pip", "I prefer uv over pip"),
        ] {
            assert_eq!(wishes(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for text in [
            "Should we always use pnpm?",
            "it always fails here",
            "never mind",
            "I always get this error",
            "don't worry about it",
            "don't touch it yet",
            "use it instead",
            "use the new parser in main.rs",
            "no comments in the file",
            "stop the server",
            "not always use that",
            "maybe always use tabs",
            "I prefer not to say",
            "we never had this",
        ] {
            assert_eq!(wishes(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn it_is_said_whether_it_applies_everywhere() {
        let general = |text: &str| spoken(text).iter().find_map(read).unwrap().is_general;
        assert!(general("I prefer tabs") && general("Always use tabs in all my projects"));
        assert!(!general("Always use tabs"));
    }
}
