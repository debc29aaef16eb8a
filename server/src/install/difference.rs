//! A change to a file as a person reads it.

use std::path::Path;

use similar::TextDiff;

use crate::output;

/// Unchanged lines around what changes.
const CONTEXT_LINES: usize = 3;

/// Shows what changes in a file, as `diff -u` does. Secrets in the lines around are masked.
pub fn shown(path: &Path, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let name = |bytes: Option<&[u8]>| bytes.map_or_else(|| "/dev/null".to_owned(), |_| path.display().to_string());
    let (old, new) = (text(before), text(after));
    let diff = TextDiff::from_lines(&old, &new);
    let mut shown = diff.unified_diff().context_radius(CONTEXT_LINES).header(&name(before), &name(after)).to_string();
    hydra_graph::mask_secrets(&mut shown);
    output::plain(&shown.replace("\r\n", "\n")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_without_the_secrets_around_it() {
        let before =
            b"{\n  \"env\": {\"API_KEY\": \"sk-ant-api03-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4\"},\n  \"a\": 1\n}\n";
        let after = String::from_utf8_lossy(before).replace("1\n", "2\n");
        let shown = shown(Path::new("/h/settings.json"), Some(before), Some(after.as_bytes()));
        assert!(shown.starts_with("--- /h/settings.json\n+++ /h/settings.json\n@@"), "{shown}");
        assert!(shown.contains("-  \"a\": 1\n+  \"a\": 2"), "{shown}");
        assert!(!shown.contains("Zm9vYmFy"), "{shown}");
    }
}
