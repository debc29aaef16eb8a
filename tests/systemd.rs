//! The server under a service manager: here the test is one, as far as a service sees of it.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use harness::{PATIENCE, binary, json, stderr};

/// A manager with a socket that it listens on for the service, and one on which it is told.
struct Manager {
    listener: TcpListener,
    told: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let told = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        told.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), told, folder }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the service as systemd does: with the socket as its descriptor 3, and its own number in the environment.
    fn start(&self, socket: impl Into<OwnedFd>) -> Child {
        let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
        Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(binary())
            .arg("--data-dir")
            .arg(self.data())
            .arg("serve")
            .env_remove("HYDRA_DATA_DIR")
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "300000")
            .stdin(Stdio::from(socket.into()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Waits until the service tells this, and returns all that it told until then.
    fn hear(&self, word: &str) -> String {
        let mut heard = String::new();
        while !heard.lines().any(|line| line == word) {
            let mut message = [0; 1024];
            let length = self.told.recv(&mut message).unwrap_or_else(|error| panic!("no {word} ({error}): {heard}"));
            heard.push_str(std::str::from_utf8(&message[..length]).unwrap());
        }
        heard
    }

    /// Asks without waiting for an answer; nobody may be there yet.
    fn ask(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        stream
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn stop(mut service: Child) {
    assert!(Command::new("kill").arg(service.id().to_string()).status().unwrap().success());
    assert_eq!(service.wait().unwrap().code(), Some(0));
}

#[test]
fn a_manager_hands_over_its_socket_and_hears_how_the_server_is() {
    let manager = Manager::new();
    let asked = manager.ask();
    let service = manager.start(manager.listener.try_clone().unwrap());
    let port = manager.listener.local_addr().unwrap().port();
    let heard = manager.hear("READY=1");
    assert!(heard.contains(&format!("STATUS=listening at http://127.0.0.1:{port}")), "{heard}");
    let answered = answer(asked);
    assert!(answered.starts_with("HTTP/1.1 200") && answered.contains("\"status\":\"ready\""), "{answered}");
    // It goes on giving signs of life, and commands find it by its own note.
    manager.hear("WATCHDOG=1");
    assert_eq!(json(&manager.data(), &["status"])["server"]["pid"], service.id());
    manager.hear("WATCHDOG=1");
    stop(service);
    manager.hear("STOPPING=1");
    // Whoever asks while it starts again is answered by the next one.
    let asked = manager.ask();
    let service = manager.start(manager.listener.try_clone().unwrap());
    assert!(answer(asked).starts_with("HTTP/1.1 200"));
    stop(service);
}

#[test]
fn what_is_no_socket_to_listen_on_is_refused() {
    let manager = Manager::new();
    let service = manager.start(std::fs::File::open("/dev/null").unwrap());
    let output = service.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("no TCP socket") && said.contains("hydra.socket"), "{said}");
}

/// The units are what systemd takes, with the program where the test has it.
#[test]
fn the_units_are_sound() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/systemd");
    let folder = tempfile::tempdir().unwrap();
    let service = std::fs::read_to_string(units.join("hydra.service")).unwrap();
    let program = "%h/.local/bin/hydra";
    assert!(service.contains(program));
    let service = service.replace(program, &binary().display().to_string());
    std::fs::write(folder.path().join("hydra.service"), service).unwrap();
    std::fs::copy(units.join("hydra.socket"), folder.path().join("hydra.socket")).unwrap();
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["--user", "verify", "hydra.service", "hydra.socket"]).current_dir(folder.path());
    let output = match analyze.env("XDG_RUNTIME_DIR", folder.path()).output() {
        Ok(output) => output,
        Err(error) => return eprintln!("skipped: systemd-analyze can't be run: {error}"),
    };
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
}
