//! A server with a certificate speaks https alone, and everything on this machine that calls it goes on as before.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod stdio;
#[path = "wire/mod.rs"]
mod wire;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use harness::{code, hydra, run, stderr, stdout, wait_until};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use stdio::Bridge;
use wire::{call, initialize, presence};

/// A data folder with a configuration that names a certificate.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.write_pair("localhost");
        let [cert, key] = home.pair().map(|path| path.display().to_string());
        let config = format!("tls_cert = \"{cert}\"\ntls_key = \"{key}\"\n");
        fs::write(home.folder.path().join("hydra.toml"), config).unwrap();
        home
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn pair(&self) -> [PathBuf; 2] {
        ["cert.pem", "key.pem"].map(|name| self.folder.path().join(name))
    }

    /// Makes a certificate of its own for a name.
    fn write_pair(&self, name: &str) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        let [cert_path, key_path] = self.pair();
        fs::write(&key_path, key.serialize_pem()).unwrap();
        fs::set_permissions(&key_path, Permissions::from_mode(0o600)).unwrap();
        fs::write(cert_path, certificate.pem()).unwrap();
    }

    fn arguments<'a>(&self, config: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        [&["--config", config], arguments].concat()
    }

    fn config(&self) -> String {
        self.folder.path().join("hydra.toml").display().to_string()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        harness::json(&self.data(), &self.arguments(&self.config(), arguments))
    }

    fn serve(&self) -> Serving {
        let _ = fs::remove_file(self.data().join("server.json"));
        let child = hydra(&self.data())
            .args(self.arguments(&self.config(), &["serve", "--port", "0"]))
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.folder.path().join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let serving = Serving(child);
        wait_until("the server", || self.data().join("server.json").exists());
        serving
    }

    fn port(&self) -> u16 {
        presence(&self.data())["port"].as_u64().unwrap() as u16
    }

    /// Calls as a program that knows nothing of Hydra and checks the certificate, its name and all.
    fn curl(&self, scheme: &str, believed: &Path) -> std::process::Output {
        let url = format!("{scheme}://localhost:{}/readyz", self.port());
        Command::new("curl").args(["-sS", "--cacert"]).arg(believed).arg(url).output().unwrap()
    }
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn commands_and_agents_use_a_server_that_encrypts() {
    let home = Home::new();
    let serving = home.serve();
    let status = home.json(&["status"]);
    assert_eq!(status["server"]["pid"], serving.0.id());
    assert!(status["server"]["url"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{status}");
    home.json(&["remember", "The letterbox is painted green"]);
    assert_eq!(home.json(&["recall", "letterbox"])["hits"][0]["text"], "The letterbox is painted green");
    // The bridge of an agent, and a command that streams.
    let config = home.config();
    let mut command = hydra(&home.data());
    command.args(home.arguments(&config, &[]));
    let mut bridge = Bridge::start_with(command);
    bridge.ask(&initialize(1, "an-agent"));
    let said = bridge.ask(&call(2, "recall", json!({"query": "letterbox"})));
    assert!(said.to_string().contains("painted green"), "{said}");
    assert_eq!(bridge.end().0, Some(0));
    assert_eq!(home.json(&["rebuild", "--index", "text"])["rebuilt"], "text");
    // Whoever believes the certificate calls it by its name; plainly nobody does.
    let answer = home.curl("https", &home.pair()[0]);
    assert!(stdout(&answer).contains("\"ready\""), "{}", stderr(&answer));
    assert!(!home.curl("http", &home.pair()[0]).status.success());
    // A query's relative names begin with the address that it was asked at.
    let token = fs::read_to_string(home.data().join("token")).unwrap();
    let url = format!("https://localhost:{}/sparql", home.port());
    let named = Command::new("curl")
        .args(["-sS", "--data-urlencode", "query=SELECT (IRI('x') AS ?x) {}", "--cacert"])
        .arg(&home.pair()[0])
        .args(["-H", &format!("Authorization: Bearer {}", token.trim()), &url])
        .output()
        .unwrap();
    assert!(stdout(&named).contains(&format!("https://localhost:{}/x", home.port())), "{}", stdout(&named));
    let stop = run(&home.data(), &home.arguments(&config, &["stop"]));
    assert_eq!(code(&stop), 0, "{}", stderr(&stop));
}

#[test]
fn a_new_certificate_is_shown_to_the_next_who_connects() {
    let home = Home::new();
    let _serving = home.serve();
    let old = home.folder.path().join("old.pem");
    fs::copy(&home.pair()[0], &old).unwrap();
    assert!(home.curl("https", &old).status.success());
    // Half of a change: the old pair stays in use.
    let kept = fs::read(&home.pair()[1]).unwrap();
    home.write_pair("localhost");
    let new_key = fs::read(&home.pair()[1]).unwrap();
    fs::write(&home.pair()[1], kept).unwrap();
    assert!(home.curl("https", &old).status.success());
    fs::write(&home.pair()[1], new_key).unwrap();
    assert!(!home.curl("https", &old).status.success());
    assert!(home.curl("https", &home.pair()[0]).status.success());
    assert!(home.json(&["status"])["server"].is_object());
}

#[test]
fn a_pair_that_can_not_be_used_is_named() {
    let home = Home::new();
    let [cert, key] = home.pair();
    let refused = |expected: &str| {
        let output = run(&home.data(), &home.arguments(&home.config(), &["serve", "--port", "0"]));
        assert_eq!(code(&output), 2, "{expected}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{expected}: {}", stderr(&output));
        assert!(stderr(&output).contains("next: "), "{}", stderr(&output));
    };
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    refused("others can read the key");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let (cert_pem, key_pem) = (fs::read(&cert).unwrap(), fs::read(&key).unwrap());
    fs::write(&cert, "nothing").unwrap();
    refused("holds no certificate");
    fs::write(&cert, &cert_pem).unwrap();
    fs::write(&key, "nothing").unwrap();
    refused("holds no private key");
    home.write_pair("localhost");
    fs::write(&key, &key_pem).unwrap();
    refused("is not that of the certificate");
    fs::remove_file(&cert).unwrap();
    refused("which is not there");
    fs::write(home.folder.path().join("hydra.toml"), format!("tls_cert = \"{}\"\n", cert.display())).unwrap();
    refused("only one is set");
}
