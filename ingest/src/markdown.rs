//! A Markdown note as a document: what it says, what it is called, what it points at.

use std::collections::HashSet;
use std::path::Path;

use hydra_graph::{Datatype, Document, Link, LinkKind, Property, Reading, Target, Timestamp};

use crate::comment;
use crate::field::{self, MAX_FIELDS};
use crate::front_matter::{self, FrontMatter};
use crate::names;
use crate::outline::{BlockKind, MAX_LINKS, MAX_TAGS, Outline, WrittenLink, shorten};
use crate::passages::{self, MAX_PASSAGES};
use crate::reference;
use crate::stated;
use crate::summary::Warning;
use crate::vault::Vault;

/// Longest title, in bytes; what is longer is shown in part everywhere anyway.
pub const MAX_TITLE_BYTES: usize = 256;

/// A note that was read from disk.
#[derive(Clone, Copy, Debug)]
pub struct MarkdownFile<'f> {
    /// Its absolute path.
    pub path: &'f Path,
    /// Its text, without a byte order mark.
    pub text: &'f str,
    /// BLAKE3 of its bytes, in hex.
    pub content_hash: &'f str,
    /// When it was last changed.
    pub modified_at: Option<Timestamp>,
    /// The space its passages belong to.
    pub space: &'f str,
}

/// A note as a document, and what could not be understood in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What it says.
    pub document: Document,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}

impl Parsed {
    /// Adds something that a person should look at.
    pub(crate) fn warn(&mut self, line: Option<u32>, message: String, hint: &str) {
        self.warnings.push(Warning { path: self.document.path.clone(), line, message, hint: hint.to_owned() });
    }
}

/// Reads a note. Any text is a note: what is not understood becomes a warning, and the rest is read.
pub fn parse(file: &MarkdownFile<'_>, vault: &Vault) -> Parsed {
    let mut warnings = Vec::new();
    let mut warn = |line, message: String, hint: &str| {
        warnings.push(Warning { path: file.path.to_owned(), line, message, hint: hint.to_owned() });
    };
    let (yaml, body) = front_matter::split(file.text);
    let (mut front_matter, trouble) = yaml.clone().map(|span| front_matter::read(&file.text[span])).unwrap_or_default();
    let text = comment::blanked(file.text, body);
    let text = text.as_ref();
    let outline = Outline::read(text, body);
    if outline.is_cut {
        warn(
            None,
            format!(
                "holds more than {MAX_LINKS} links, {MAX_TAGS} tags or {MAX_FIELDS} inline fields, the rest were left out"
            ),
            "split the note",
        );
    }
    let mut cut = passages::cut(text, &outline);
    take_fields(&mut front_matter, &outline);
    if let Some(yaml) = yaml {
        // What was not understood can still be found by its words.
        cut.put_front_matter(text, yaml, trouble.is_some());
    }
    if let Some(trouble) = trouble {
        warn(Some(trouble.line), trouble.message, &trouble.hint);
    }
    if cut.is_cut {
        warn(None, format!("holds more than {MAX_PASSAGES} passages, the rest cannot be recalled"), "split the note");
    }
    let title = title(&front_matter, &outline, file.path);
    let document = Document {
        path: file.path.to_owned(),
        root: vault.root().to_owned(),
        space: file.space.to_owned(),
        links: links(&front_matter, &outline, file.path, vault),
        log: None,
        tags: once_each(front_matter.tags.iter().chain(&outline.tags)).take(MAX_TAGS).collect(),
        aliases: once_each(&front_matter.aliases).filter(|alias| *alias != title).collect(),
        title,
        facts: stated::facts(&front_matter.properties, file.path, vault),
        properties: front_matter.properties,
        text: text.to_owned(),
        content_hash: file.content_hash.to_owned(),
        modified_at: file.modified_at,
        passages: cut.passages,
        reading: Reading::default(),
    };
    Parsed { document, warnings }
}

/// Adds inline fields to the properties. In the first paragraph they are the page's own, as Logseq writes them.
fn take_fields(front_matter: &mut FrontMatter, outline: &Outline) {
    let first = outline.top().find(|block| outline.blocks[*block].kind != BlockKind::Html);
    let first = first.map(|block| &outline.blocks[block]).filter(|block| block.kind == BlockKind::Paragraph);
    for field in &outline.fields {
        let (name, value) = (field.name.clone(), field.value.clone());
        if first.is_some_and(|first| first.span.contains(&field.at)) {
            match name.to_lowercase().as_str() {
                "title" if front_matter.title.is_none() => front_matter.title = Some(value.clone()),
                "alias" | "aliases" => front_matter.aliases.extend(field::listed(&value)),
                "tags" => front_matter.tags.extend(field::listed_tags(&value)),
                _ => {}
            }
        }
        let datatype = Datatype::of(&value);
        front_matter.properties.push(Property { name, value, datatype });
    }
}

/// Front matter names it, else a first heading of the first level, else its file. A first heading below that level
/// (`## See also`) is a part of the note, not its name.
fn title(front_matter: &FrontMatter, outline: &Outline, path: &Path) -> String {
    let first_heading = outline.top().find_map(|block| match &outline.blocks[block].kind {
        BlockKind::Heading { level, text } => Some((*level == 1 && !text.is_empty()).then(|| text.clone())),
        _ => None,
    });
    let title = front_matter.title.clone().or(first_heading.flatten()).unwrap_or_else(|| file_title(path));
    shorten(&title, MAX_TITLE_BYTES).trim_end().to_owned()
}

/// A file's name without its kind.
pub(crate) fn file_title(path: &Path) -> String {
    path.file_stem().map(|stem| names::page_name(&stem.to_string_lossy()).into_owned()).unwrap_or_default()
}

fn links(front_matter: &FrontMatter, outline: &Outline, path: &Path, vault: &Vault) -> Vec<Link> {
    // Links in inline fields stand in the body.
    let of_yaml = &front_matter.properties[..front_matter.properties.len() - outline.fields.len()];
    let of_properties = of_yaml.iter().flat_map(|property| front_matter::links_in(&property.value));
    let of_properties = of_properties.filter_map(|link| {
        let (target, fragment) = reference::wiki(&link.target, LinkKind::Property, path, vault)?;
        Some(Link { span: 0..0, kind: LinkKind::Property, target, fragment, label: link.label })
    });
    of_properties.chain(links_of_body(&outline.links, path, vault)).collect()
}

/// Finds what the links of a text mean; those that name nothing are left out.
pub(crate) fn links_of_body(written: &[WrittenLink], path: &Path, vault: &Vault) -> impl Iterator<Item = Link> {
    written.iter().filter_map(move |link| {
        let read = if link.is_wiki { reference::wiki } else { reference::markdown };
        let (target, fragment) = read(&link.target, link.kind, path, vault)?;
        let says_target =
            matches!(&target, Target::Name(name) | Target::Url(name) if link.label.as_ref() == Some(name));
        let label = link.label.clone().filter(|_| !says_target);
        Some(Link { span: link.span.clone(), kind: link.kind, target, fragment, label })
    })
}

/// Leaves out what differs only by case from something before it.
fn once_each<'s>(names: impl IntoIterator<Item = &'s String>) -> impl Iterator<Item = String> {
    let mut seen = HashSet::new();
    names.into_iter().filter(move |name| seen.insert(name.to_lowercase())).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vault() -> Vault {
        Vault::of("/v", ["me.md", "Note.md", "a/Deep.md", "pic.png"])
    }

    fn read(text: &str) -> Parsed {
        let file =
            MarkdownFile { path: Path::new("/v/me.md"), text, content_hash: "", modified_at: None, space: "personal" };
        parse(&file, &vault())
    }

    #[test]
    fn a_note_that_is_mostly_front_matter_is_recalled_by_it() {
        let texts = |text: &str| -> Vec<String> {
            let document = read(text).document;
            document.passages.iter().map(|passage| document.text[passage.span.clone()].to_owned()).collect()
        };
        assert_eq!(
            texts("---\nstart: 2023-09-12\nplace: Kyoto\n---\nGo.\n"),
            ["start: 2023-09-12\nplace: Kyoto", "Go."]
        );
        assert_eq!(texts("---\nx: 1\n---\nLonger than that.\n"), ["Longer than that."]);
        assert_eq!(texts("---\n---\n"), [""; 0]);
        assert_eq!(read("---\nplace: Kyoto\n---\n").document.passages[0].line, 2);
    }

    /// Spells links as `kind written -> target#fragment "label"`.
    fn check_links(text: &str, expected: &[&str]) {
        let got: Vec<String> = read(text)
            .document
            .links
            .iter()
            .map(|link| {
                let target = match &link.target {
                    Target::File(path) => path.display().to_string(),
                    Target::Name(name) => format!("?{name}"),
                    Target::Url(url) => url.clone(),
                };
                let fragment = link.fragment.as_ref().map(|f| format!("#{f}")).unwrap_or_default();
                let label = link.label.as_ref().map(|l| format!(" \"{l}\"")).unwrap_or_default();
                let kind = format!("{:?}", link.kind);
                format!("{} {} -> {target}{fragment}{label}", &kind[..1], &text[link.span.clone()])
            })
            .collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn links_are_taken_as_people_write_them() {
        check_links("[[Note]]", &["W [[Note]] -> /v/Note.md"]);
        check_links(
            "see [[note#Part|that *part*]]!",
            &["W [[note#Part|that *part*]] -> /v/Note.md#Part \"that part\""],
        );
        check_links("[[#Here]] [[Note#^b1]]", &["W [[#Here]] -> /v/me.md#Here", "W [[Note#^b1]] -> /v/Note.md#^b1"]);
        check_links("![[pic.png|300]] ![[Note]]", &["E ![[pic.png|300]] -> /v/pic.png", "E ![[Note]] -> /v/Note.md"]);
        check_links("| [[Note\\|n]] |\n|---|\n| x |", &["W [[Note\\|n]] -> /v/Note.md \"n\""]);
        check_links(
            "[x](a/Deep.md#h) ![alt](pic.png)",
            &["M [x](a/Deep.md#h) -> /v/a/Deep.md#h \"x\"", "E ![alt](pic.png) -> /v/pic.png \"alt\""],
        );
        check_links("[x][r] [r]\n\n[r]: Note.md", &["M [x][r] -> /v/Note.md \"x\"", "M [r] -> /v/Note.md \"r\""]);
        check_links(
            "<https://a.org> https://b.org/x_y_z. <me@a.org>",
            &[
                "M <https://a.org> -> https://a.org",
                "M https://b.org/x_y_z -> https://b.org/x_y_z",
                "M <me@a.org> -> mailto:me@a.org",
            ],
        );
        check_links(
            "[![alt](pic.png)](Note.md)",
            &["E ![alt](pic.png) -> /v/pic.png \"alt\"", "M [![alt](pic.png)](Note.md) -> /v/Note.md \"alt\""],
        );
        check_links(
            "---\nup: \"[[Note|n]]\"\nalso: [[Deep]]\n---\n[[New]]",
            &["P  -> /v/Note.md \"n\"", "P  -> /v/a/Deep.md", "W [[New]] -> ?New"],
        );
    }

    #[test]
    fn logseq_and_dataview_are_understood() {
        let id = "64f1a2b3-0c1d-4e2f-8a9b-0123456789ab";
        let text = format!(
            "title:: House\nalias:: Home, [[Our house]]\ntags:: [[living]], #old\n\n- TODO the boiler [[Note]]\n  id:: {id}\n  \
             collapsed:: true\n  cost:: 1200\n- see (({id})) and {{{{embed (({id}))}}}}, [priority:: high]\n"
        );
        let document = read(&text).document;
        assert_eq!((document.title.as_str(), document.aliases), ("House", vec!["Home".into(), "Our house".into()]));
        assert_eq!(document.tags, ["living", "old"]);
        let properties: Vec<_> = document.properties.iter().map(|p| (p.name.as_str(), p.value.clone())).collect();
        assert_eq!(properties[3..], [("cost", "1200".to_owned()), ("priority", "high".to_owned())]);
        let block = document.passages.iter().find(|passage| passage.block.as_deref() == Some(id)).unwrap();
        assert!(document.text[block.span.clone()].contains("TODO the boiler"));
        let name = format!("(({id}))");
        check_links(
            &format!("{name} {{{{embed {name}}}}}"),
            &[&format!("W {name} -> ?{name}"), &format!("E {name} -> ?{name}")],
        );
        assert_eq!(read("x\n\ntitle:: no").document.title, "me");
    }

    #[test]
    fn comments_are_no_part_of_a_note() {
        let document = read("Before. %%secret [[Note]] #tag%% After.\n\n%%\nall of it\n%%\n\nEnd.").document;
        assert!(document.links.is_empty() && document.tags.is_empty(), "{document:?}");
        assert!(!document.text.contains("secret") && !document.text.contains("all of it"));
        assert_eq!(document.passages.last().unwrap().line, 1);
        assert!(document.text.contains("After.") && document.text.contains("End."));
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        let read = |count: usize| read(&"a:: 1\n".repeat(count));
        assert_eq!((read(MAX_FIELDS).document.properties.len(), read(MAX_FIELDS).warnings.len()), (MAX_FIELDS, 0));
        assert_eq!(
            (read(MAX_FIELDS + 1).document.properties.len(), read(MAX_FIELDS + 1).warnings.len()),
            (MAX_FIELDS, 1)
        );
    }

    #[test]
    fn code_formulas_and_html_yield_nothing() {
        for text in [
            "`[[Note]] #tag https://a.org`",
            "```\n[[Note]] #tag https://a.org\n```",
            "    [[Note]] #tag",
            "$[[Note]] #tag$",
            "$$\n[[Note]] #tag\n$$",
            "<div>\n[[Note]] #tag\n</div>",
            "<!-- [[Note]] #tag -->",
            "\\[\\[Note\\]\\] \\#tag",
            "[x]: Note.md",
        ] {
            let document = read(text).document;
            assert!(document.links.is_empty() && document.tags.is_empty(), "{text}: {document:?}");
        }
    }

    #[test]
    fn titles_tags_and_names_come_from_where_they_stand() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("plain", "me", &[]),
            ("# The *title* `x` #a\n\n# Second", "The title x #a", &["a"]),
            ("## See also\n\n# Later", "me", &[]),
            ("---\ntitle: Named\ntags: [b, A]\n---\n# Other #a #c_d", "Named", &["b", "A", "c_d"]),
            ("text **#bold** [#not](Note.md) #snake_case_tag", "me", &["bold", "snake_case_tag"]),
            ("- #item\n- [ ] #task\n> #quote\n\n| #cell |\n|---|", "me", &["item", "task", "quote", "cell"]),
        ];
        for (text, title, tags) in cases {
            let document = read(text).document;
            assert_eq!(document.title, *title, "{text}");
            assert_eq!(document.tags, *tags, "{text}");
        }
        let document = read("---\ntitle: T\naliases: [t, T, Other, other]\n---\n").document;
        assert_eq!(document.aliases, ["t", "Other"]);
    }

    #[test]
    fn what_is_not_understood_is_said_and_the_rest_is_read() {
        let parsed = read("---\ncreated: {{date}}\n---\n# Body [[Note]]");
        assert_eq!((parsed.document.title.as_str(), parsed.document.links.len()), ("Body Note", 1));
        assert_eq!((parsed.warnings.len(), parsed.warnings[0].line), (1, Some(2)));
        assert_eq!(parsed.document.passages.len(), 2);
        let parsed = read(&"[[Note]] ".repeat(MAX_LINKS));
        assert_eq!((parsed.document.links.len(), parsed.warnings.len()), (MAX_LINKS, 0));
        let parsed = read(&"[[Note]] ".repeat(MAX_LINKS + 1));
        assert_eq!((parsed.document.links.len(), parsed.warnings.len()), (MAX_LINKS, 1));
        let tags = |count: usize| (0..count).map(|n| format!("#t{n} ")).collect::<String>();
        assert_eq!(read(&tags(MAX_TAGS)).warnings, []);
        assert_eq!(read(&tags(MAX_TAGS + 1)).warnings.len(), 1);
    }

    #[test]
    fn titles_and_headings_are_bounded() {
        let document = read(&format!("# {}\n\ntext", "ü".repeat(MAX_TITLE_BYTES))).document;
        assert_eq!(document.title.len(), MAX_TITLE_BYTES);
        assert_eq!(document.passages[0].headings[0].len(), crate::outline::MAX_HEADING_BYTES);
    }

    #[test]
    fn line_ends_and_marks_do_not_matter() {
        let (unix, dos) =
            ("---\ntags: a\n---\n# T\n\nx [[Note]] ^b\n", "---\r\ntags: a\r\n---\r\n# T\r\n\r\nx [[Note]] ^b\r\n");
        let (unix, dos) = (read(unix).document, read(dos).document);
        assert_eq!((&unix.title, &unix.tags, &unix.properties), (&dos.title, &dos.tags, &dos.properties));
        assert_eq!(unix.links[0].target, dos.links[0].target);
        assert_eq!(unix.passages.len(), 1);
        let said = |document: &Document| document.text[document.passages[0].span.clone()].to_owned();
        assert_eq!((said(&unix), unix.passages[0].block.as_deref()), ("x [[Note]] ^b".to_owned(), Some("b")));
        assert_eq!((said(&dos), dos.passages[0].line), (said(&unix), unix.passages[0].line));
    }

    /// Text that is built to nest, repeat or never end; each is read in a moment and in bounded stack.
    #[test]
    fn bombs_are_read_in_a_moment() {
        const DEPTH: usize = 10_000;
        let staircase: String = (0..1_000).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
        for bomb in [
            format!("{}x", ">".repeat(DEPTH)),
            format!("{}x", "> ".repeat(DEPTH)),
            format!("{}x", "- ".repeat(DEPTH)),
            format!("{}x", "1. ".repeat(DEPTH)),
            format!("{}x\n\n{}", "> - ".repeat(DEPTH), "y ".repeat(DEPTH)),
            staircase,
            "[".repeat(10 * DEPTH),
            "[[".repeat(10 * DEPTH),
            "![[a|".repeat(DEPTH),
            format!("{}x{}", "[".repeat(DEPTH), "](y)".repeat(DEPTH)),
            "*a **b ".repeat(DEPTH),
            "`".repeat(10 * DEPTH),
            "`a``b```c".repeat(DEPTH),
            "$a$$b".repeat(DEPTH),
            "<a <!-- <?".repeat(DEPTH),
            "|a".repeat(DEPTH) + "\n" + &"|-".repeat(DEPTH) + "\n|x",
            "[^a]: x\n".repeat(DEPTH),
            "# h\n".repeat(DEPTH),
            "^a ".repeat(DEPTH),
            "x".repeat(100 * DEPTH),
            format!("https://a{}", ")".repeat(100 * DEPTH)),
        ] {
            let started = std::time::Instant::now();
            let document = read(&bomb).document;
            check_invariants(&document).unwrap();
            let took = started.elapsed();
            assert!(took.as_secs() < 10, "{:?}… took {took:?}", &bomb[..20]);
        }
    }

    fn check_invariants(document: &Document) -> Result<(), TestCaseError> {
        let text = &document.text;
        let mut end = 0;
        for passage in &document.passages {
            prop_assert!(passage.span.start >= end && !passage.span.is_empty(), "{passage:?} after {end}");
            end = passage.span.end;
            let said = text.get(passage.span.clone());
            prop_assert_eq!(said.map(str::trim), said, "{:?}", passage);
            prop_assert!(said.is_some());
            let line = 1 + text[..passage.span.start].matches('\n').count();
            prop_assert_eq!(passage.line as usize, line);
        }
        for link in &document.links {
            prop_assert!(text.get(link.span.clone()).is_some(), "{link:?}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_a_note(text in "(.|\n|\r|\t){0,200}") {
            check_invariants(&read(&text).document)?;
        }

        #[test]
        fn any_markup_is_a_note(parts in prop::collection::vec(prop::sample::select(vec![
            "[[", "]]", "![[", "|", "#", "# ", "^a", "`", "```\n", "\n", "\n\n", "> ", "- ", "1. ", "    ", "\t", "---\n", "a: b\n",
            "[x]", "(y)", "[x]: y\n", "$", "$$", "*", "**", "_", "~~", "\\", "<a>", "<!--", "-->", "&amp;", "| a |\n|---|\n", "[^1]",
            "[^1]: ", "- [ ] ", "word ", "日本", "é", "\r\n", "https://a.b", "%%", "\u{feff}", "\u{2028}", "==",
        ]), 0..60)) {
            check_invariants(&read(&parts.concat()).document)?;
        }
    }
}
