//! The rules: by form, as issuers document theirs, and by what names a value.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::phrase::is_passphrase;
use super::randomness::{is_hash, is_key, is_random};
use super::{MASK, Secret, table};

/// What a rule takes for a secret, besides its form.
type Check = fn(&str) -> bool;

/// A form: its name, its pattern, and what is asked of the group `s`, or of all of it.
struct Form {
    kind: &'static str,
    pattern: &'static str,
    check: Check,
}

const fn form(kind: &'static str, pattern: &'static str) -> Form {
    Form { kind, pattern, check: any }
}

fn any(_: &str) -> bool {
    true
}

/// What names a password, and what stands between the name and it.
macro_rules! named_password {
    () => {
        concat!(
            r"(?i)(?:password|passwd|passphrase|passwort|kennwort|mot de passe|contraseña|pwd)\b",
            r"[\x22'\]*_`]{0,4}[ \t]{0,3}(?:[:=]>?|=>|:=)[*_]{0,2}[ \t]{0,3}"
        )
    };
}

/// `--password`, `--db-password=`.
macro_rules! flag {
    () => {
        r"(?m)(?:^|[\s`(])--(?:[a-z0-9]+-)*(?:password|passwd|passphrase|passwort|pass|pw)(?:=|[ \t])"
    };
}

/// Prefixes and lengths are those that the issuers state.
const FORMS: &[Form] = &[
    Form {
        kind: "private key",
        // Key material and the lines that head it; where it stops, the key does.
        pattern: concat!(
            r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
            r"(?P<s>(?:\s|\\[rn])*(?:[A-Za-z][A-Za-z-]*: [^\n]{0,200}\n)*[A-Za-z0-9+/=\s\\]*)"
        ),
        check: is_key_material,
    },
    form("age key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    form("AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    form("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})"),
    form("GitLab token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_.-]{20,}"),
    form("Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
    form("Slack webhook", r"\bhooks\.slack\.com/(?:services|workflows)/(?P<s>[A-Za-z0-9/_-]{20,})"),
    form("Discord webhook", r"\bdiscord(?:app)?\.com/api/webhooks/(?P<s>\d+/[A-Za-z0-9_-]{30,})"),
    form("Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    form("Google token", r"\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{28}"),
    form("Stripe key", r"\b(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}"),
    Form { kind: "API key", pattern: r"\bsk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{20,}", check: is_key },
    form("Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}"),
    form("npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    form("PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{40,}"),
    form("crates.io token", r"\bcio[A-Za-z0-9]{32}\b"),
    form("Docker token", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    form("DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    form("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{30,}"),
    form("Twilio key", r"\bSK[0-9a-f]{32}\b"),
    form("Telegram token", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    form("Shopify token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    form("Linear key", r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    form("Notion token", r"\b(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,})\b"),
    form("JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    Form {
        kind: "connection string",
        pattern: r#"[A-Za-z0-9]://[^\s/?#:@"'<>]{0,200}:(?P<s>[^\s/?#@"'<>]{1,300})@[A-Za-z0-9\[]"#,
        check: is_value,
    },
    Form {
        kind: "authorization header",
        pattern: r"(?i)\bauthorization[\x22']?\s*[:=]\s*[\x22']?(?:bearer|basic|token|digest)\s+(?P<s>[A-Za-z0-9+/_.=~-]{8,})",
        check: is_value,
    },
    Form { kind: "bearer token", pattern: r"\b[Bb]earer\s+(?P<s>[A-Za-z0-9+/_.=~-]{20,})", check: is_key },
    // What is said to be a password is one, whatever it looks like; a plain word only if nothing comes behind it.
    Form {
        kind: "password",
        pattern: concat!(
            named_password!(),
            r#"(?:\x22(?P<a>(?:\\.|[^\x22\\\n]){3,200})\x22|'(?P<b>[^'\n]{3,200})'|`(?P<c>[^`\n]{3,200})`)"#
        ),
        check: is_value,
    },
    Form {
        kind: "password",
        pattern: concat!(named_password!(), r"(?P<s>[^\s,;\x22'`<>|]{3,200})"),
        check: is_no_word,
    },
    Form {
        kind: "password",
        pattern: concat!("(?m)", named_password!(), r"(?P<s>[^\s,;\x22'`<>|]{3,200})[ \t]*$"),
        check: is_value,
    },
    Form {
        kind: "password",
        pattern: concat!(
            r"(?i)\b(?:password|passphrase|passcode|passwort)(?: code)?(?: [a-z0-9_.@' -]{1,40}?)? (?:is|was|ist)(?: now| set to)? ",
            r#"(?:\x22(?P<a>[^\x22\n]{4,200})\x22|'(?P<b>[^'\n]{4,200})'|`(?P<c>[^`\n]{4,200})`)"#
        ),
        check: is_value,
    },
    Form {
        kind: "password",
        pattern: r"(?i)\b(?:password|passphrase|passcode|passwort)(?: code)?(?: [a-z0-9_.@' -]{1,40}?)? (?:is|was|ist)(?: now| set to)? (?P<s>[^\s,;\x22'`<>]{4,200})",
        check: is_said,
    },
    // Several words, to the end of the line.
    Form {
        kind: "password",
        pattern: concat!("(?m)", named_password!(), r"(?P<s>[a-z0-9]+(?:[ -][a-z0-9]+){3,11})[ \t]*\.?[ \t]*\r?$"),
        check: is_passphrase,
    },
    Form {
        kind: "password",
        pattern: r"(?m)\b(?:pass(?:word|phrase)|Pass(?:word|phrase))(?: [a-z0-9_.@'-]{1,20}){0,4}? (?:is|was)(?: now| set to)? (?P<s>[a-z0-9]+(?:[ -][a-z0-9]+){3,11})[ \t]*\.?[ \t]*\r?$",
        check: is_passphrase,
    },
    // On a command line; what stands for a value in a help text is written as a name.
    Form {
        kind: "password",
        pattern: concat!(flag!(), r"(?:\x22(?P<a>[^\x22\n]{3,200})\x22|'(?P<b>[^'\n]{3,200})')"),
        check: is_given,
    },
    Form {
        kind: "password",
        pattern: concat!(flag!(), r"(?P<s>[^\s\x22'`<>|;,\[\\-][^\s\x22'`<>|;,]{2,200})"),
        check: is_given_bare,
    },
    Form {
        kind: "API key",
        pattern: r"(?:^|[\s`(])--(?:[a-z0-9]+-)*(?:api-?key|token|secret|secret-key|access-key)(?:=|[ \t])[\x22']?(?P<s>[A-Za-z0-9+/_.=~!@#$%^&*-]{8,500})",
        check: is_named_key,
    },
    // In markup: as the content of an element, or as the value of what is named so.
    Form {
        kind: "password",
        pattern: concat!(
            r"(?i)<(?:[a-z0-9_.-]{1,40}:)?[a-z0-9_.-]{0,40}(?:password|passwd|passphrase|passwort|pwd)(?:\s[^<>\n]{0,200})?>",
            r"\s{0,20}(?:<!\[CDATA\[)?(?P<s>[^<>\n]{3,200}?)(?:\]\]>)?\s{0,20}</"
        ),
        check: is_content,
    },
    Form {
        kind: "password",
        pattern: concat!(
            r"(?i)\b(?:name|key|id|property)=[\x22'][a-z0-9_.:-]{0,60}(?:password|passwd|passphrase|pwd)[\x22']\s{1,4}",
            r"value=[\x22'](?P<s>[^\x22'<>\n]{3,200})[\x22']"
        ),
        check: is_attribute,
    },
    form("PIN", r"(?i)\bpin(?: code)?(?: [a-z' -]{1,40}?)?(?: is| was| ist|:|=)(?: now)? ?(?P<s>\d{4,8})\b"),
    Form {
        kind: "password",
        pattern: r"(?i)\b(?:curl|wget|http)\b[^\n]{0,200}?\s(?:-u|--user)[ =]\S{1,100}?:(?P<s>\S{3,200})",
        check: is_value,
    },
    // What is said to be a key or a token may also be its name or a word about it.
    Form {
        kind: "API key",
        pattern: concat!(
            r"(?i)(?:api[_ -]?key|access[_ -]?key(?:[_ -]?id)?|secret[_ -]?(?:access[_ -]?)?key|private[_ -]?key|",
            r"client[_ -]?secret|app[_ -]?secret|auth[_ -]?token|access[_ -]?token|refresh[_ -]?token|api[_ -]?token|",
            r"account[_ -]?key|sas[_ -]?token|bot[_ -]?token|secret|token|credentials?)\b",
            r"[\x22'\]*_`]{0,4}[ \t]{0,3}(?:[:=]>?|=>|:=)[*_]{0,2}[ \t]{0,3}[\x22'`]?(?P<s>[A-Za-z0-9+/_.=~!@#$%^&*-]{8,500})"
        ),
        check: is_named_key,
    },
];

pub(super) struct Rules(Vec<(Regex, &'static Form)>);

impl Rules {
    pub fn get() -> &'static Self {
        static RULES: LazyLock<Rules> = LazyLock::new(|| {
            let compile = |form: &'static Form| (Regex::new(form.pattern).expect("a pattern of ours"), form);
            Rules(FORMS.iter().map(compile).collect())
        });
        &RULES
    }

    pub fn find(&self, text: &str) -> Vec<Secret> {
        let mut found = Vec::new();
        for (regex, form) in &self.0 {
            for captures in regex.captures_iter(text) {
                found.extend(secret(&captures, form));
            }
        }
        found.extend(table::find(text));
        found.extend(bare_keys(text));
        found
    }
}

fn secret(captures: &Captures<'_>, form: &Form) -> Option<Secret> {
    let named = ["s", "a", "b", "c"].into_iter().find_map(|name| captures.name(name));
    let found = named.or_else(|| captures.get(0))?;
    let text = found.as_str().trim_end_matches(['.', ':', ')', ']', '}']);
    let is_masked = text.trim_matches(|c: char| c == '*' || c.is_whitespace()).is_empty() || text.contains(MASK);
    let is_one = !is_masked && (form.check)(text);
    is_one.then(|| Secret { kind: form.kind, span: found.start()..found.start() + text.len() })
}

/// Whether a value is meant as one: no variable, no blank to fill in.
fn is_value(text: &str) -> bool {
    const BLANKS: [&str; 14] = [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "required",
        "optional",
        "string",
        "password",
        "changeme",
        "example",
        "redacted",
        "your",
    ];
    let plain = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let is_variable = text.starts_with(['$', '<', '{', '%', '@', '(']) || text.contains("${") || text.contains("{{");
    // A path, the rest of `::` or `==`, a field of something.
    let is_code = text.starts_with([':', '=', '/', '~']) || text.starts_with("./") || is_field(text);
    let is_call = text.contains('(') || text.starts_with("process.env") || text.starts_with("os.environ");
    let is_same = text.chars().all(|c| text.starts_with(c));
    !is_variable
        && !is_code
        && !is_call
        && !is_same
        && !plain.is_empty()
        && !BLANKS.iter().any(|blank| plain == *blank)
        && !plain.starts_with("your")
}

/// Whether a name is one of something: `args.password`.
fn is_field(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    text.contains('.') && text.split('.').all(is_name)
}

/// Whether a value is no plain word, which a sentence may go on with.
fn is_no_word(text: &str) -> bool {
    is_value(text) && !text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether it holds more than words.
fn is_key_material(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || c == '\\').any(|line| line.len() >= 24)
}

/// Whether what a sentence calls a password is one, and not a word of the sentence.
pub(super) fn is_said(text: &str) -> bool {
    if !text.chars().any(char::is_alphabetic) {
        return false;
    }
    is_value(text)
        && (text.bytes().any(|byte| byte.is_ascii_digit())
            || text.contains(['!', '#', '$', '%', '&', '?', '+', '=', '@']))
}

/// What stands in a help text or an example where a value belongs.
const PLACES: [&str; 24] = [
    "ask",
    "blank",
    "empty",
    "env",
    "file",
    "hidden",
    "kennwort",
    "masked",
    "mypass",
    "mypassword",
    "no",
    "pass",
    "passphrase",
    "passwort",
    "prompt",
    "pw",
    "pwd",
    "secret",
    "stdin",
    "text",
    "unset",
    "value",
    "wachtwoord",
    "yes",
];

/// Whether it is the name of a place for a value, and none.
fn is_place(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_name = text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-' | b'.'));
    let is_elsewhere =
        ["env:", "file:", "fd:", "op://", "vault:", "keyring:"].iter().any(|start| text.starts_with(start));
    is_name || is_elsewhere || text.contains("...") || PLACES.contains(&plain.to_lowercase().as_str())
}

/// Whether what is quoted behind an option is given to it.
fn is_given(text: &str) -> bool {
    is_value(text) && !is_place(text)
}

/// The same of what is not quoted, where a sentence about the option may go on.
fn is_given_bare(text: &str) -> bool {
    is_given(text) && is_said(text)
}

/// Whether the content of an element called a password is one; what has spaces is mostly what a form says.
fn is_content(text: &str) -> bool {
    match text.trim().contains(char::is_whitespace) {
        true => is_passphrase(text.trim()),
        false => is_given(text) && !text.starts_with(['&', '[']),
    }
}

/// The same of an attribute, which is also what a button says.
fn is_attribute(text: &str) -> bool {
    is_content(text) && !text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_named_key(text: &str) -> bool {
    const FILES: [&str; 9] = [".json", ".yaml", ".yml", ".toml", ".pem", ".key", ".crt", ".env", ".txt"];
    let is_file = FILES.iter().any(|ending| text.ends_with(ending));
    let is_day =
        text.len() >= 10 && text.bytes().take(4).all(|byte| byte.is_ascii_digit()) && text.as_bytes()[4] == b'-';
    // Words and numbers of a version: what a secret is called.
    let is_word = |part: &str| part.len() <= 3 || part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_called = text.contains(['-', '_', '/']) && text.split(['-', '_', '/', '.']).all(is_word);
    is_value(text) && is_key(text) && !is_file && !is_day && !is_called && (text.len() >= 16 || !is_hash(text))
}

/// Shortest and longest run that may be a key though nothing says so; what is longer is data.
const BARE: std::ops::RangeInclusive<usize> = 40..=200;

/// Strings at random that nothing names, and that are no part of a path, an address, a digest or embedded data.
fn bare_keys(text: &str) -> impl Iterator<Item = Secret> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-');
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            if !is_part(bytes[at]) {
                at += 1;
                continue;
            }
            let start = at;
            at += bytes[at..].iter().position(|byte| !is_part(*byte)).unwrap_or(bytes.len() - at);
            if BARE.contains(&(at - start)) && is_bare_key(&text[..start], &text[start..at]) {
                return Some(Secret { kind: "random string", span: start..at });
            }
        }
        None
    })
}

/// What a public key is led in by.
const PUBLIC: [&str; 4] = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "PublicKey ="];
/// How far is looked back for the beginning of a certificate.
const CERTIFICATE_BYTES: usize = 8 * 1024;

/// Whether this is inside of what anybody may read.
fn is_certificate(before: &str) -> bool {
    let start = before.len().saturating_sub(CERTIFICATE_BYTES);
    let near = before.get(before.ceil_char_boundary(start)..).unwrap_or_default();
    near.rfind("-----BEGIN ").is_some_and(|at| {
        let block = &near[at..];
        !block.contains("-----END ")
            && (block.starts_with("-----BEGIN CERTIFICATE") || block.starts_with("-----BEGIN PUBLIC KEY"))
    })
}

fn is_bare_key(before: &str, run: &str) -> bool {
    let is_embedded = before.ends_with([',', '.', '/', '#', '%', '~'])
        || ["sha256:", "sha384:", "sha512:", "blake3:", "sha1:", "md5:", "h1:"]
            .iter()
            .any(|digest| before.ends_with(digest))
        || ["sha256-", "sha384-", "sha512-"].iter().any(|digest| run.starts_with(digest));
    let is_public = PUBLIC.iter().any(|name| before.trim_end().ends_with(name)) || is_certificate(before);
    !is_embedded && !is_public && run.matches(['/', '-', '_']).count() <= run.len() / 12 && is_random(run)
}
