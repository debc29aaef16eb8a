//! The real binary in a temporary folder, and a small HTTP client for it.
#![allow(dead_code, reason = "each test uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything that should happen at once may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the binary under test.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_hydra"))
}

/// Returns a command on a data folder, away from the caller's own configuration.
pub fn hydra(data: &Path) -> Command {
    let mut command = Command::new(binary());
    command.env_remove("HYDRA_DATA_DIR").env("XDG_CONFIG_HOME", data).arg("--data-dir").arg(data);
    command
}

/// Runs a command to its end.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    hydra(data).args(arguments).stdin(Stdio::null()).output().expect("the binary runs")
}

/// Runs a command with `--json` and returns what it printed.
pub fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[&["--json"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{arguments:?} printed no JSON ({error}): {}", String::from_utf8_lossy(&output.stderr))
    })
}

/// Runs a command that succeeds, and returns what it printed.
pub fn succeeds(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// Returns the exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Returns what a person was told.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns what was printed.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A vault of `count` notes that link to each other.
pub fn vault(folder: &Path, count: usize) {
    std::fs::create_dir_all(folder).expect("a temporary folder is written to");
    for number in 0..count {
        let next = (number + 1) % count;
        let text = format!("# Note {number}\n\nThe lighthouse number{number} stands by [[note {next}]].\n");
        std::fs::write(folder.join(format!("note {number}.md")), text).expect("a temporary folder is written to");
    }
}

/// The folder of the embedding model, if there is one.
pub fn model() -> Option<PathBuf> {
    std::env::var_os("HYDRA_MODEL_DIR").map(PathBuf::from).filter(|folder| folder.join("model.onnx").exists())
}

/// The folder of benchmark data, if there is one; says so when there is not.
pub fn bench_data() -> Option<PathBuf> {
    let folder = std::env::var_os("HYDRA_BENCH_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: HYDRA_BENCH_DIR does not name a folder of benchmark data");
    }
    folder
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    data: PathBuf,
    port: u16,
    token: String,
}

impl Server {
    /// Starts `hydra serve` on a free port and waits until it answers.
    pub fn start(data: &Path) -> Self {
        Self::start_with(hydra(data), data)
    }

    /// As [`Server::start`], through a command such as `taskset -c 0 hydra …`.
    pub fn start_with(mut command: Command, data: &Path) -> Self {
        let state = data.join("server.json");
        let _ = std::fs::remove_file(&state);
        let child = command
            .args(["serve", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(data.with_extension("stderr")).expect("a file beside the data"))
            .spawn()
            .expect("the server starts");
        let mut server = Self { child, data: data.to_owned(), port: 0, token: String::new() };
        let started = Instant::now();
        loop {
            if let Some(port) = read_port(&state)
                && let Ok(token) = std::fs::read_to_string(data.join("token"))
                && TcpStream::connect(("127.0.0.1", port)).is_ok()
            {
                server.port = port;
                server.token = token.trim().to_owned();
                return server;
            }
            if let Some(status) = server.child.try_wait().expect("the server can be asked") {
                panic!("the server ended with {status}: {}", server.stderr());
            }
            assert!(started.elapsed() < PATIENCE, "the server did not come up: {}", server.stderr());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it said so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.data.with_extension("stderr")).unwrap_or_default()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The owner's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Opens a connection.
    pub fn client(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        Client { stream: BufReader::new(stream), token: self.token.clone() }
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(status.success());
    }

    /// Waits for its end and returns its exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    /// SIGTERM, and waits.
    pub fn stop(self) {
        self.terminate();
        self.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_port(state: &Path) -> Option<u16> {
    let state: Value = serde_json::from_slice(&std::fs::read(state).ok()?).ok()?;
    state["port"].as_u64().and_then(|port| u16::try_from(port).ok())
}

/// One kept-alive connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    /// Posts JSON and returns the status and the answer; an error when the server goes away.
    pub fn post(&mut self, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let mut status = 0;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap_or(0);
            } else if let Some(rest) = line.strip_prefix("content-length:") {
                length = rest.trim().parse().unwrap_or(0);
            } else if line.is_empty() {
                break;
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        let answer = serde_json::from_slice(&bytes).map_err(std::io::Error::other)?;
        Ok((status, answer))
    }

    /// Posts JSON to a server that must accept it.
    pub fn ask(&mut self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).expect("the server answers");
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }
}

/// Waits until something is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE * 5, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
