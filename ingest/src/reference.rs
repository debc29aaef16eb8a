//! What is written inside a link, taken apart: path, fragment, address, and the target that they name.

use std::path::Path;

use hydra_graph::{LinkKind, Target};

use crate::vault::Vault;

/// Longest target of a link, 8 KiB: what is longer is an image written into its own address, not a place to go to.
const MAX_TARGET_BYTES: usize = 8 * 1024;

/// A link's target and the heading or block in it.
pub(crate) type Aim = (Target, Option<String>);

/// Reads the inside of `[[…]]` before the `|`. `None` when it names nothing.
pub(crate) fn wiki(written: &str, kind: LinkKind, from: &Path, vault: &Vault) -> Option<Aim> {
    // In a table the `|` has to be written `\|`, and the reader leaves the `\` at the end of the name.
    let written = written.trim().trim_end_matches('\\').trim_end();
    if written.len() > MAX_TARGET_BYTES {
        return None;
    }
    if is_address(written) {
        return Some((Target::Url(written.to_owned()), None));
    }
    if let Some(id) = written.strip_prefix("((").and_then(|rest| rest.strip_suffix("))")) {
        let held_by = vault.block(id).map(|file| (Target::File(file.to_owned()), Some(format!("^{id}"))));
        return Some(held_by.unwrap_or_else(|| (Target::Name(written.to_owned()), None)));
    }
    let (path, fragment) = split(written);
    aim(path, fragment.map(str::to_owned), kind, from, vault)
}

/// Reads the destination of a Markdown link or image. `None` when it names nothing.
pub(crate) fn markdown(destination: &str, kind: LinkKind, from: &Path, vault: &Vault) -> Option<Aim> {
    let destination = destination.trim();
    if destination.len() > MAX_TARGET_BYTES {
        return None;
    }
    if is_address(destination) {
        return Some((Target::Url(destination.to_owned()), None));
    }
    // Logseq's links with a text of their own: `[text]([[page]])` and `[text](((id)))`.
    let page = destination.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
    if page.is_some() || destination.starts_with("((") {
        return wiki(page.unwrap_or(destination), LinkKind::Wikilink, from, vault);
    }
    // The kind says how it is written; an image is looked up beside the note first, as a Markdown link is.
    let looked_up_as = if kind == LinkKind::Embed { LinkKind::Markdown } else { kind };
    // A `#` that is part of the file's name is written `%23`, so the fragment is cut off before decoding.
    let (path, fragment) = split(destination);
    aim(&percent_decoded(path), fragment.map(percent_decoded), looked_up_as, from, vault)
}

fn aim(path: &str, fragment: Option<String>, kind: LinkKind, from: &Path, vault: &Vault) -> Option<Aim> {
    let path = path.trim();
    let fragment = fragment.map(|f| f.trim().to_owned()).filter(|f| !f.is_empty());
    let target = match path {
        "" if fragment.is_none() => return None,
        "" => Target::File(from.to_owned()),
        _ => match vault.resolve(from, path, kind) {
            Some(file) => Target::File(file.to_owned()),
            None => Target::Name(without_suffix(path).to_owned()),
        },
    };
    Some((target, fragment))
}

fn split(written: &str) -> (&str, Option<&str>) {
    match written.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (written, None),
    }
}

/// A note that does not exist yet is known by its name, not by the file it would be.
fn without_suffix(path: &str) -> &str {
    [".md", ".markdown"].iter().find_map(|suffix| path.strip_suffix(suffix)).filter(|p| !p.is_empty()).unwrap_or(path)
}

/// Tells whether it begins with a scheme of two letters or more; one letter is a Windows drive.
pub(crate) fn is_address(written: &str) -> bool {
    if written.starts_with("//") {
        return true;
    }
    let Some((scheme, rest)) = written.split_once(':') else { return false };
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    // `[[Project: Atlas]]` is a name: an address has no space after its scheme.
    is_scheme
        && !rest.is_empty()
        && !rest.starts_with(char::is_whitespace)
        && (rest.starts_with("//") || is_opaque(scheme))
}

/// Schemes of addresses that are not written with `//`.
fn is_opaque(scheme: &str) -> bool {
    ["mailto", "tel", "data", "urn", "doi", "magnet", "geo", "sms", "news", "xmpp", "sip", "javascript"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Decodes `%20` and the like; what is not UTF-8 afterwards is left as it is.
fn percent_decoded(written: &str) -> String {
    let bytes = written.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| hex(bytes.get(at + 1)?, bytes.get(at + 2)?)).flatten();
        decoded.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| written.to_owned())
}

fn hex(high: &u8, low: &u8) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::of("/v", ["Note.md", "a b.md", "sub/Deep.md", "sub/me.md", "100%.md", "x#y.md"])
    }

    fn spelled(aim: Option<Aim>) -> String {
        let Some((target, fragment)) = aim else { return "nothing".into() };
        let target = match target {
            Target::File(path) => path.display().to_string(),
            Target::Name(name) => format!("name {name}"),
            Target::Url(url) => format!("url {url}"),
        };
        fragment.map_or(target.clone(), |fragment| format!("{target} # {fragment}"))
    }

    #[test]
    fn links_of_logseq_with_a_text_lead_where_those_without_do() {
        let vault = vault();
        let aim = |written: &str| spelled(markdown(written, LinkKind::Markdown, Path::new("/v/sub/me.md"), &vault));
        assert_eq!(aim("[[Note]]"), "/v/Note.md");
        assert_eq!(aim("[[Deep#Heading]]"), "/v/sub/Deep.md # Heading");
        assert_eq!(aim("((64b0a1f2-3c4d-4e5f-8a9b-0c1d2e3f4a5b))"), "name ((64b0a1f2-3c4d-4e5f-8a9b-0c1d2e3f4a5b))");
    }

    #[test]
    fn wikilinks_are_taken_apart() {
        let cases = [
            ("Note", "/v/Note.md"),
            ("note#Heading", "/v/Note.md # Heading"),
            ("sub/Deep#Heading#Below", "/v/sub/Deep.md # Heading#Below"),
            ("Note#^block", "/v/Note.md # ^block"),
            ("#Heading", "/v/sub/me.md # Heading"),
            ("Note\\", "/v/Note.md"),
            ("Missing note.md", "name Missing note"),
            ("Folder/Missing#x", "name Folder/Missing # x"),
            ("Project: Atlas", "name Project: Atlas"),
            ("https://a.org/x#y", "url https://a.org/x#y"),
            ("#", "nothing"),
            ("", "nothing"),
            (".md", "name .md"),
        ];
        for (written, expected) in cases {
            let got = wiki(written, LinkKind::Wikilink, Path::new("/v/sub/me.md"), &vault());
            assert_eq!(spelled(got), expected, "{written}");
        }
    }

    #[test]
    fn a_target_longer_than_the_limit_is_no_link() {
        for (length, expected) in [(MAX_TARGET_BYTES, true), (MAX_TARGET_BYTES + 1, false)] {
            let written = "x".repeat(length);
            let from = Path::new("/v/sub/me.md");
            assert_eq!(wiki(&written, LinkKind::Wikilink, from, &vault()).is_some(), expected);
            assert_eq!(markdown(&written, LinkKind::Markdown, from, &vault()).is_some(), expected);
        }
    }

    #[test]
    fn destinations_are_taken_apart() {
        let cases = [
            ("../a%20b.md#some%20part", "/v/a b.md # some part"),
            ("Deep.md", "/v/sub/Deep.md"),
            ("/Note.md", "/v/Note.md"),
            ("100%25.md", "/v/100%.md"),
            ("100%.md", "/v/100%.md"),
            ("x%23y.md", "/v/x#y.md"),
            ("%ff.md", "name %ff"),
            ("#part", "/v/sub/me.md # part"),
            ("mailto:a@b.org", "url mailto:a@b.org"),
            ("obsidian://open?vault=x", "url obsidian://open?vault=x"),
            ("C:/notes/x.md", "name C:/notes/x"),
            ("//host/x", "url //host/x"),
            ("", "nothing"),
        ];
        for (written, expected) in cases {
            let got = markdown(written, LinkKind::Markdown, Path::new("/v/sub/me.md"), &vault());
            assert_eq!(spelled(got), expected, "{written}");
        }
    }
}
