//! Hydra as a plugin that Claude Code has enabled: beside an installation it runs each hook a second time.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::Document;
use super::hook_groups;
use super::place::{Place, Scope};
use crate::config;

/// What the plugin is called, before the name of the marketplace.
const PLUGIN: &str = "hydra@";
/// The key of plugins in the settings.
const ENABLED_KEY: &str = "enabledPlugins";

/// Returns the plugin as Claude Code names it (`hydra@MARKETPLACE`) if one with our hooks is enabled: in the user's settings,
/// in some others, or in what somebody keeps to themselves beside these.
pub fn beside(settings: &[&Path]) -> Option<String> {
    let (home, moved) = config::claude_folders().ok()?;
    let user = Place::find(Scope::User, &home, moved.as_deref(), &home).settings;
    let others = settings.iter().flat_map(|path| [path.to_path_buf(), path.with_file_name("settings.local.json")]);
    let all: Vec<PathBuf> = [user.clone()].into_iter().chain(others).collect();
    plugin(&all, user.parent()?)
}

/// As [`beside`], in so many settings; `folder` is where Claude Code keeps what it installed. What does not read enables
/// nothing.
fn plugin(settings: &[PathBuf], folder: &Path) -> Option<String> {
    let read = |path: &Path| serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok();
    let installed = read(&folder.join("plugins/installed_plugins.json")).unwrap_or_default();
    let mut names = settings.iter().filter_map(|path| read(path)).flat_map(|settings| enabled(&settings));
    names.find(|name| {
        let copies = installed["plugins"][name].as_array();
        let paths: Vec<&str> = copies.into_iter().flatten().filter_map(|copy| copy["installPath"].as_str()).collect();
        // Of one whose files are not found the name tells enough.
        paths.is_empty() || paths.iter().any(|path| has_hooks(&Path::new(path).join("hooks/hooks.json")))
    })
}

fn enabled(settings: &Value) -> Vec<String> {
    let plugins = settings[ENABLED_KEY].as_object().into_iter().flatten();
    plugins.filter(|(name, is_on)| name.starts_with(PLUGIN) && **is_on == true).map(|(name, _)| name.clone()).collect()
}

/// Tells whether a file of a plugin has hooks of ours; one that is not there may have been moved.
fn has_hooks(path: &Path) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return !path.exists() };
    let own = Document::read(&bytes, path).and_then(|document| hook_groups::own(&document));
    own.is_ok_and(|own| !own.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_an_enabled_plugin_with_our_hooks_is_one() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path();
        let settings = folder.join("settings.json");
        let found = |text: &str| {
            fs::write(&settings, text).unwrap();
            plugin(&[folder.join("none.json"), settings.clone()], folder)
        };
        let on = r#"{"enabledPlugins": {"hydra-notes@x": true, "hydra@mine": true}}"#;
        assert_eq!(found(on).as_deref(), Some("hydra@mine"), "its files are not known");
        for off in [r#"{"enabledPlugins": {"hydra@mine": false}}"#, r#"{"enabledPlugins": ["hydra@mine"]}"#, "{", ""] {
            assert_eq!(found(off), None, "{off}");
        }
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/claude-code-plugin");
        let another = folder.join("another");
        fs::create_dir_all(another.join("hooks")).unwrap();
        fs::write(another.join("hooks/hooks.json"), r#"{"hooks": {"Stop": []}}"#).unwrap();
        fs::create_dir_all(folder.join("plugins")).unwrap();
        for (path, expected) in [(own.as_path(), Some("hydra@mine")), (another.as_path(), None)] {
            let list = serde_json::json!({"version": 2, "plugins": {"hydra@mine": [{"installPath": path}]}});
            fs::write(folder.join("plugins/installed_plugins.json"), list.to_string()).unwrap();
            assert_eq!(found(on).as_deref(), expected, "{}", path.display());
        }
    }
}
