//! Every example of the CommonMark specification is read without harm.

mod shared;

use std::path::Path;

use hydra_ingest::{MarkdownFile, Vault, parse};

#[test]
fn every_example_is_read() {
    let Some(folder) = shared::bench_dir() else { return };
    let json = std::fs::read_to_string(folder.join("links/commonmark-0.31.2.json")).unwrap();
    let examples: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(examples.len(), 655);
    let vault = Vault::of("/vault", ["note.md"]);
    let (mut passages, mut links) = (0, 0);
    for example in &examples {
        let text = example["markdown"].as_str().unwrap();
        let path = Path::new("/vault/note.md");
        let file = MarkdownFile { path, text, content_hash: "", modified_at: None, space: "personal" };
        let document = parse(&file, &vault).document;
        shared::check_invariants(&document);
        // Whatever the specification shows as a link or image, and names a place, is one here.
        let html = example["html"].as_str().unwrap();
        let shown = html.matches("<a href=\"").count() + html.matches("<img src=\"").count();
        let named_nothing = html.matches("<a href=\"\"").count() + html.matches("<img src=\"\"").count();
        let raw = text.matches("<a href=\"").count() + text.matches("<img src=\"").count();
        if raw == 0 && shown > 0 && !text.contains("[[") {
            let number = &example["example"];
            assert!(
                document.links.len() >= shown - named_nothing,
                "example {number}: {text:?} gave {:?}",
                document.links
            );
        }
        passages += document.passages.len();
        links += document.links.len();
    }
    assert!(passages > 600 && links > 100, "{passages} passages, {links} links");
}
