//! What several tests need: the folder with measuring data, and the promises every document keeps.

use std::path::PathBuf;

use hydra_graph::Document;

/// Returns the folder with yardsticks (`links/`, `vaults/`), or says that the test is skipped.
#[expect(clippy::print_stdout, reason = "a test that is skipped must say so")]
pub fn bench_dir() -> Option<PathBuf> {
    // `make test` sets it to nothing where there is none.
    let folder = std::env::var_os("HYDRA_BENCH_DIR").map(PathBuf::from).filter(|folder| folder.join("links").is_dir());
    if folder.is_none() {
        println!("skipped: HYDRA_BENCH_DIR does not name a folder with links/ and vaults/");
    }
    folder
}

#[allow(dead_code, reason = "not every test reads documents")]
/// Passages are in order, apart, whole characters, and trimmed; links stand in the text.
pub fn check_invariants(document: &Document) {
    let text = &document.text;
    let mut end = 0;
    for passage in &document.passages {
        assert!(passage.span.start >= end && !passage.span.is_empty(), "{passage:?} in {text:?}");
        end = passage.span.end;
        let said = text.get(passage.span.clone()).expect("a passage is a part of the text");
        assert_eq!(said.trim(), said, "{passage:?} in {text:?}");
    }
    for link in &document.links {
        assert!(text.get(link.span.clone()).is_some(), "{link:?} in {text:?}");
    }
}
