//! The view with everything that it needs to be driven, and what is told to it beforehand.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{self, Server};
use crate::wire::Door;
use crate::{needed, node};

/// What is installed, side by side.
const PACKAGES: [&str; 3] = ["axe-core@4.14.1", "html-validate@11.21.1", "playwright-core@1.65.1"];
/// What these need at least.
const NODE_MAJOR: u32 = 20;
/// Where Debian and others have the browser.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// The view with everything that it needs to be driven.
pub struct Stage {
    packages: PathBuf,
    browser: PathBuf,
    pub temp: tempfile::TempDir,
    server: Option<Server>,
}

impl Stage {
    /// Starts a server on an empty memory; `None` where the view can't be driven.
    pub fn set() -> Option<Self> {
        needed::needed(Self::found())
    }

    fn found() -> Option<Self> {
        let packages = node::packages("web", &PACKAGES, NODE_MAJOR)?;
        let Some(browser) = BROWSERS.iter().map(PathBuf::from).find(|path| path.exists()) else {
            eprintln!("skipped: there is no Chromium; `apt-get install chromium` brings it");
            return None;
        };
        let view = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist/index.html");
        if !view.exists() {
            eprintln!("skipped: the web view was not built; `make build` does that");
            return None;
        }
        let stage = Self { packages, browser, temp: tempfile::tempdir().unwrap(), server: None };
        Some(stage.serving())
    }

    fn serving(mut self) -> Self {
        let mut command = harness::hydra(&self.data());
        if let Some(model) = harness::model() {
            command.env("HYDRA_MODEL_DIR", model);
        }
        self.server = Some(Server::start_with(command, &self.data()));
        self
    }

    pub fn data(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    /// Tells a memory, by the command line as people do.
    pub fn told(&self, arguments: &[&str]) -> Value {
        harness::json(&self.data(), arguments)
    }

    /// What a page shows, as JSON.
    pub fn page(&self, path: &str) -> Value {
        let door = Door::of(&self.data());
        let bearer = format!("Bearer {}", door.token.trim());
        door.send("GET", path, &[("Host", "localhost"), ("Authorization", bearer.as_str())], b"").json()["data"].clone()
    }

    /// Opens a connection to tell it things as programs do.
    pub fn client(&self) -> harness::Client {
        self.server.as_ref().unwrap().client()
    }

    /// Makes a link that lets a browser in.
    fn link(&self) -> String {
        harness::succeeds(&self.data(), &["open", "--print", "--quiet"]).trim().to_owned()
    }

    /// Runs a script of `tests/web` with the browser let in, and reads what it printed.
    pub fn play(&self, script: &str, more: &Value) -> Value {
        // Node looks for packages from where a script is.
        let stage = self.packages.join(format!("stage-{}-{script}", std::process::id()));
        std::fs::create_dir_all(&stage).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/web");
        for file in std::fs::read_dir(source).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), stage.join(file.file_name())).unwrap();
        }
        let door = Door::of(&self.data());
        let setting = json!({
            "link": self.link(),
            "base": format!("http://127.0.0.1:{}", door.port),
            "browser": self.browser,
            "program": harness::binary(),
            "data": self.data(),
            "pid": self.server.as_ref().unwrap().pid(),
            "more": more,
        });
        let output = Command::new("node").arg(stage.join(script)).arg(setting.to_string()).output().unwrap();
        std::fs::remove_dir_all(&stage).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{script}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(said.lines().last().unwrap_or_default())
            .unwrap_or_else(|_| panic!("{script} printed no JSON: {said}"))
    }
}

/// What must be so however the view is used.
pub fn assert_clean(played: &Value) {
    assert_eq!(played["errors"], json!([]), "the console has errors");
    assert_eq!(played["elsewhere"], json!([]), "something off this machine was asked for");
}

/// What waits for its owner: a conflict, two proposals, two guesses about what is wanted. Returns their ids.
pub fn wait_for_owner(client: &mut harness::Client) -> Value {
    let mut tell = |body: Value| client.ask("/v1/remember", &body);
    for place in ["Bruges", "Ghent"] {
        tell(json!({"statement": ["Tomas", "lives in", place], "valid_from": "2025-01-01"}));
    }
    let mut guess = |text: &str, topic: &str| {
        let guessed = json!({
            "text": text, "kind": "preference", "topic": topic, "inferred": true, "session": "Monday",
        });
        tell(guessed)["id"].clone()
    };
    let (tabs, colours) = (guess("I prefer tabs to spaces", "indentation"), guess("Never use colours", "output"));
    let seen = tell(json!({"text": "We met Ana and Oskar at the pier and spoke of their work"}))["id"].clone();
    let works = [("Ana", "Acme"), ("Oskar", "Tern")].map(|(who, place)| {
        let rests_on = [&seen];
        json!({"kind": "fact", "subject": who, "predicate": "works for", "object": place, "evidence": rests_on})
    });
    let proposals = json!({"proposals": works});
    let proposed = client.ask("/v1/propose", &proposals)["proposals"].clone();
    json!({"tabs": tabs, "colours": colours, "accepted": proposed[0]["id"], "declined": proposed[1]["id"]})
}
