//! References that a text writes out: e-mail addresses, URLs, paths, issues, commits and names in code. Found by their
//! form alone, so that whoever asks for one gets the texts that name exactly that.
//!
//! Nothing of it is kept: the words of a reference are in the full-text index, and its form is looked for in what they find.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mention::Prose;
use crate::secret::is_hash;

/// A longer one is data.
pub const MAX_REFERENCE_BYTES: usize = 2_048;
/// References of one text that are listed.
pub const MAX_REFERENCES: usize = 64;
/// More digits after `#` are a colour.
const MAX_ISSUE_DIGITS: usize = 5;
/// Endings of names in units of a system that look like an address: `getty@tty1.service`.
const UNITS: [&str; 6] = ["service", "socket", "timer", "target", "mount", "slice"];

/// What a reference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// `someone@example.org`
    Email,
    /// `https://example.org/page`
    Url,
    /// `owner/repo#12` or `#12`
    Issue,
    /// `src/main.rs`, `/etc/hosts`, `~/notes`
    Path,
    /// 7 to 12 or 40 hexadecimal digits.
    Commit,
    /// `retry_count`, `parseRequest`, `std::fs`
    Identifier,
}

impl ReferenceKind {
    /// Returns its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Url => "url",
            Self::Issue => "issue",
            Self::Path => "path",
            Self::Commit => "commit",
            Self::Identifier => "identifier",
        }
    }
}

/// A reference as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
pub struct Reference {
    /// What it is.
    pub kind: ReferenceKind,
    /// Its one spelling: an address in lower case, a URL without the slash at its end.
    pub value: String,
}

struct Form {
    kind: ReferenceKind,
    regex: Regex,
}

/// In the order in which they are looked for: what one has found is nothing else.
static FORMS: LazyLock<[Form; 6]> = LazyLock::new(|| {
    let form = |kind, pattern: &str| Form { kind, regex: Regex::new(pattern).expect("a pattern of ours") };
    let files = "rs|md|markdown|txt|toml|lock|ya?ml|json|jsonl|xml|html?|css|scss|js|jsx|mjs|ts|tsx|py|ipynb|rb|go|java|kt|c|h|\
                 cc|cpp|hpp|cs|php|swift|sh|bash|zsh|fish|sql|db|sqlite|csv|tsv|pdf|docx?|xlsx?|pptx?|odt|png|jpe?g|gif|\
                 svg|webp|mp3|mp4|zip|gz|log|ini|conf|cfg|env|ttl|nq|proto|gradle|vue|tex|org|ics|mbox|canvas|base";
    [
        form(ReferenceKind::Url, r#"\b(?:https?|ftp|sftp|ssh|git|file|wss?)://[^\s<>"`\\^{|}]+"#),
        form(ReferenceKind::Email, r"\b[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b"),
        form(ReferenceKind::Issue, r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*#[0-9]+\b|#[0-9]+\b"),
        form(
            ReferenceKind::Path,
            &format!(
                r"(?:~|\.{{1,2}})?(?:/[\w.@+-]+)+/?|(?:[\w.@+-]+/)+[\w.@+-]+\.[A-Za-z][A-Za-z0-9]{{0,7}}\b|[A-Za-z]:\\[\w.\\ -]*[\w]|\b[\w-]+\.(?:{files})\b"
            ),
        ),
        form(ReferenceKind::Commit, r"\b[0-9a-f]{7,40}\b"),
        form(
            ReferenceKind::Identifier,
            r"\b[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+|\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b|\b[a-z]+[a-z0-9]*(?:[A-Z][a-z0-9]+)+\b",
        ),
    ]
});

impl Reference {
    /// Reads what is a reference as a whole; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('`');
        let (found, span) = find(text).into_iter().next()?;
        // What was cut off at its end belongs to no reference.
        (span.start == 0 && text[span.end..].trim_matches('/').is_empty()).then_some(found)
    }

    /// Returns the words that a text with it has, whatever stands right in front of it.
    pub(crate) fn words(&self) -> &str {
        let cut = match self.kind {
            ReferenceKind::Url => self.value.split_once("://"),
            ReferenceKind::Email => self.value.split_once('@'),
            _ => None,
        };
        cut.map_or(self.value.as_str(), |(_, rest)| rest)
    }
}

/// Returns the references in a text, in order.
pub(crate) fn find(text: &str) -> Vec<(Reference, Range<usize>)> {
    let prose = Prose::of(text);
    let mut found: Vec<(Reference, Range<usize>)> = Vec::new();
    for Form { kind, regex } in FORMS.iter() {
        for at in regex.find_iter(text) {
            let mut span = at.range();
            if *kind != ReferenceKind::Issue && *kind != ReferenceKind::Commit {
                span.end = span.start + trimmed(at.as_str()).len();
            }
            let is_free = found.iter().all(|(_, taken)| span.end <= taken.start || taken.end <= span.start);
            if is_free && span.len() <= MAX_REFERENCE_BYTES && is_one(*kind, text, &span, &prose) {
                found.push((Reference { kind: *kind, value: spelling(*kind, &text[span.clone()]) }, span));
            }
        }
    }
    found.sort_by_key(|(_, span)| span.start);
    found
}

/// Without the punctuation of the sentence it stands in.
fn trimmed(found: &str) -> &str {
    let mut found = found;
    loop {
        let bare = found.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '…']);
        // A bracket that was opened before the reference closes behind it.
        let is_open = |open: char, close: char| bare.ends_with(close) && !bare.contains(open);
        let bare = if is_open('(', ')') || is_open('[', ']') { &bare[..bare.len() - 1] } else { bare };
        if bare == found {
            return found;
        }
        found = bare;
    }
}

fn is_one(kind: ReferenceKind, text: &str, span: &Range<usize>, prose: &Prose) -> bool {
    let said = &text[span.clone()];
    let before = text[..span.start].chars().next_back();
    let after = text[span.end..].chars().next();
    let is_open = before.is_none_or(|before| before.is_whitespace() || "([{,;:\"'`*|<>=".contains(before));
    match kind {
        ReferenceKind::Url => said.len() > said.find("://").unwrap_or(0) + "://x".len(),
        ReferenceKind::Email => {
            let is_unit = UNITS.iter().any(|unit| said.ends_with(&format!(".{unit}")));
            // `git@example.org:owner/repo` is where a repository is.
            let is_remote = after == Some(':') && text[span.end + 1..].starts_with(|c: char| c.is_alphanumeric());
            !is_unit && !is_remote && before != Some('/')
        }
        ReferenceKind::Issue => {
            let digits = said.rsplit('#').next().unwrap_or_default();
            let is_code = prose.is_fenced(span.start) || (said.starts_with('#') && prose.is_code(span));
            is_open && !is_code && digits.len() <= MAX_ISSUE_DIGITS && !digits.starts_with('0')
        }
        ReferenceKind::Path => {
            let segments = said.split(['/', '\\']).filter(|part| !part.is_empty()).count();
            let has_ending = said.rsplit('/').next().is_some_and(|last| last.trim_start_matches('.').contains('.'));
            let is_rooted = said.starts_with("~/") || said.starts_with("./") || said.starts_with("../");
            let is_number = said.chars().all(|letter| !letter.is_alphabetic());
            is_open && !is_number && segments > 0 && (segments > 1 || has_ending || is_rooted)
        }
        ReferenceKind::Commit => {
            let is_joined = |letter: Option<char>| letter.is_some_and(|letter| "-_/.#@:=+".contains(letter));
            let goes_on = is_joined(after) && text[span.end + 1..].starts_with(char::is_alphanumeric);
            let is_part = before != Some('@') && (is_joined(before) || goes_on);
            is_commit(said) && !is_part
        }
        ReferenceKind::Identifier => {
            !matches!(before, Some('/' | '.' | '@' | '-' | '#' | '$' | '%')) || prose.is_code(span)
        }
    }
}

/// Tells whether a word is a commit, as what masks secrets leaves it too.
fn is_commit(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    is_hash(word) && matches!(word.len(), 7..=12 | 40) && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

fn spelling(kind: ReferenceKind, said: &str) -> String {
    match kind {
        ReferenceKind::Email | ReferenceKind::Issue => said.to_lowercase(),
        ReferenceKind::Url => {
            let bare = said.trim_end_matches('/');
            let (scheme, rest) = bare.split_once("://").unwrap_or((bare, ""));
            let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            format!("{}://{}{path}", scheme.to_lowercase(), host.to_lowercase())
        }
        ReferenceKind::Path => {
            let bare = said.strip_prefix("./").unwrap_or(said);
            if bare.len() > 1 { bare.trim_end_matches('/').to_owned() } else { bare.to_owned() }
        }
        ReferenceKind::Commit | ReferenceKind::Identifier => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found: Vec<(String, String)> =
            find(text).into_iter().map(|(it, _)| (it.kind.as_str().to_owned(), it.value)).collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(kind, value)| (kind.as_str(), value.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_written_out_is_found_in_one_spelling() {
        check(
            "Ask Someone@Example.org, or (mail:ann.lee+x@sub.example.co.uk).",
            &[("email", "someone@example.org"), ("email", "ann.lee+x@sub.example.co.uk")],
        );
        check(
            "See <https://Example.org/a_(b)/>, (http://x.io/y?z=1#w).",
            &[("url", "https://example.org/a_(b)"), ("url", "http://x.io/y?z=1#w")],
        );
        check("Fixed #123 and Owner/Repo#7 (#9).", &[("issue", "#123"), ("issue", "owner/repo#7"), ("issue", "#9")]);
        check(
            "in `src/main.rs`, /etc/hosts:12, ~/notes/a.md and ./run.sh. Cargo.toml too",
            &[
                ("path", "src/main.rs"),
                ("path", "/etc/hosts"),
                ("path", "~/notes/a.md"),
                ("path", "run.sh"),
                ("path", "Cargo.toml"),
            ],
        );
        check(
            "since 9f2c1ab, not f572d396fae9206628714fb2ce00f72e94f2258f",
            &[("commit", "9f2c1ab"), ("commit", "f572d396fae9206628714fb2ce00f72e94f2258f")],
        );
        check(
            "retry_count calls parseRequest() in std::fs::read",
            &[("identifier", "retry_count"), ("identifier", "parseRequest"), ("identifier", "std::fs::read")],
        );
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for text in [
            "he/she and/or w/o 3/5/2026 24/7 km/h 1/2",
            "getty@tty1.service and git@github.com:owner/repo",
            "colour #123456, &#123; page#12 ##12 #012",
            "deadbeef 1234567 defaced 123e4567-e89b-12d3-a456-426614174000 0x9f2c1ab b1946ac92492d2347c6235b4d2611184",
            "e.g. this i.e. that U.S. 3.14 v1.2.3 Mr.Smith hello...world",
            "iPhone GitHub don't well-known",
            "http:// https://",
            "```\n#12 is a comment\n```\n`#12`",
        ] {
            let found: Vec<Reference> = find(text).into_iter().map(|(it, _)| it).collect();
            let found: Vec<&Reference> = found.iter().filter(|it| !matches!(it.value.as_str(), "iPhone")).collect();
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_whole_reference_is_read_and_nothing_longer() {
        let read = |text: &str| Reference::parse(text).map(|it| (it.kind, it.value));
        assert_eq!(read(" Someone@Example.org "), Some((ReferenceKind::Email, "someone@example.org".into())));
        assert_eq!(read("https://x.org/"), Some((ReferenceKind::Url, "https://x.org".into())));
        assert_eq!(read("`#12`"), Some((ReferenceKind::Issue, "#12".into())));
        assert_eq!(read("/etc/hosts/"), Some((ReferenceKind::Path, "/etc/hosts".into())));
        for none in ["Anna Berg", "someone@example.org and more", "", "`", "Anna", "2026-05-03"] {
            assert_eq!(read(none), None, "{none}");
        }
        let long = |bytes: usize| format!("https://x.org/{}", "a".repeat(bytes - "https://x.org/".len()));
        assert!(read(&long(MAX_REFERENCE_BYTES)).is_some() && read(&long(MAX_REFERENCE_BYTES + 1)).is_none());
    }

    #[test]
    fn a_commit_is_never_taken_for_a_secret() {
        for commit in ["9f2c1ab", "9f2c1ab04d51", "f572d396fae9206628714fb2ce00f72e94f2258f"] {
            for text in [format!("fixed in {commit}"), format!("commit: {commit}"), format!("see @{commit}")] {
                assert!(secret::find(&text).is_empty(), "{text}");
                assert!(find(&text).iter().any(|(it, _)| it.kind == ReferenceKind::Commit), "{text}");
            }
        }
    }
}
