//! What a memory applies to: a file or folder, or a project, person or thing by name; everywhere if nothing is said.

use crate::entity::normalise;

/// Tells whether a scope is a path rather than a name.
pub(crate) fn is_path(scope: &str) -> bool {
    scope.contains(['/', '\\']) || scope.starts_with(['~', '.'])
}

/// Tells whether what applies to `scope` applies to what a context is asked for: the path itself or one below it, or a text
/// that names it. What has no scope always applies; what has one needs something that it can apply to.
pub(crate) fn applies(scope: Option<&str>, about: Option<&str>) -> bool {
    let Some(scope) = scope else { return true };
    let Some(about) = about else { return false };
    if !is_path(scope) {
        return is_within(&words(scope), &words(about));
    }
    let paths = about.split_whitespace().chain([about.trim()]);
    paths.map(|word| word.trim_matches(|c: char| "\"'`,;:()[]".contains(c))).any(|path| is_below(scope, path))
}

/// Tells whether what applies to `scope` matters to who works in a folder: it is a path to the folder, above it or in it. Of
/// a relative one nobody knows where it begins, so it may be in it.
pub(crate) fn is_near(scope: &str, folder: &str) -> bool {
    is_path(scope) && (!scope.starts_with('/') || is_below(scope, folder) || is_below(folder, scope))
}

/// Tells whether a text has a name word for word, however both are capitalised and punctuated.
pub(crate) fn names(text: &str, name: &str) -> bool {
    Words::of(text).have(name)
}

/// A text in which many names are looked for: taken apart once.
pub(crate) struct Words(Vec<String>);

impl Words {
    /// Takes a text apart.
    pub fn of(text: &str) -> Self {
        Self(words(text))
    }

    /// As [`names`].
    pub fn have(&self, name: &str) -> bool {
        is_within(&words(name), &self.0)
    }
}

/// Tells whether a path is a folder or in it. Of a relative one nobody knows where it begins: it fits where the names do.
fn is_below(scope: &str, path: &str) -> bool {
    let is_absolute = |path: &str| path.starts_with('/');
    let (folder, file) = (parts(scope), parts(path));
    if folder.is_empty() || file.is_empty() {
        return false;
    }
    match (is_absolute(scope), is_absolute(path)) {
        (true, true) => file.starts_with(&folder),
        (false, _) => is_within(&folder, &file),
        (true, false) => (1..=folder.len().min(file.len())).any(|shared| folder.ends_with(&file[..shared])),
    }
}

fn parts(path: &str) -> Vec<String> {
    let names = path.split(['/', '\\']).filter(|name| !["", ".", "~"].contains(name));
    names.map(str::to_owned).collect()
}

fn words(text: &str) -> Vec<String> {
    let folded = normalise(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_within(part: &[String], whole: &[String]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_holds_what_is_below_it_and_a_name_what_names_it() {
        for (scope, about, is_so) in [
            ("/src/atlas", "/src/atlas", true),
            ("/src/atlas/", "fix /src/atlas/main.rs, please", true),
            ("/src/atlas", "/src/atlasses/main.rs", false),
            ("/src/atlas", "/home/src/atlas/main.rs", false),
            ("src/migrations", "/home/ann/atlas/src/migrations/1.sql", true),
            ("src/migrations", "src", false),
            ("/home/ann/atlas/src", "src/main.rs", true),
            ("./src", "src/main.rs", true),
            ("/src", "main.rs", false),
            ("/", "main.rs", false),
            ("Atlas", "write the release notes of atlas", true),
            ("Atlas", "atlases in general", false),
            ("Anna (sister)", "a present for anna (Sister)", true),
            ("Atlas", "", false),
        ] {
            assert_eq!(applies(Some(scope), Some(about)), is_so, "{scope} {about}");
        }
        for (scope, folder, is_so) in [
            ("/src/atlas", "/src/atlas", true),
            ("/src", "/src/atlas", true),
            ("/src/atlas/web/main.ts", "/src/atlas", true),
            ("/src/other", "/src/atlas", false),
            ("web/main.ts", "/src/atlas", true),
            ("Atlas", "/src/atlas", false),
        ] {
            assert_eq!(is_near(scope, folder), is_so, "{scope} {folder}");
        }
        assert!(applies(None, None) && applies(None, Some("x")) && !applies(Some("x"), None));
    }
}
