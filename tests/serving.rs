//! One server holds a memory: commands use it, a second one hears who it is, and what is not ours is left alone.

mod harness;

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use harness::{Server, code, hydra, json, run, stderr, vault, wait_until};
use serde_json::{Value, json};

/// Clients that write while the server is told to stop.
const WRITERS: usize = 4;

#[test]
fn commands_use_the_server_that_runs() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let notes = temp.path().join("notes");
    vault(&notes, 5);
    let server = Server::start(data);
    assert_eq!(json(data, &["status"])["server"]["pid"], server.pid());
    json(data, &["remember", "The kettle whistles in G sharp"]);
    assert_eq!(json(data, &["recall", "kettle"])["hits"][0]["text"], "The kettle whistles in G sharp");
    assert_eq!(json(data, &["ingest", notes.to_str().unwrap()])["added"], 5);
    assert_eq!(json(data, &["rebuild", "--index", "text"])["rebuilt"], "text");
    assert_eq!(json(data, &["check"])["ok"], true);
    assert_eq!(code(&run(data, &["recall", "kettle", "--space", "elsewhere"])), 1);
    assert_eq!(code(&run(data, &["recall", ""])), 2);
    // Its note outlives a kill -9; the commands find out and open the memory themselves.
    server.kill();
    assert!(data.join("server.json").exists());
    assert_eq!(json(data, &["recall", "kettle"])["hits"][0]["text"], "The kettle whistles in G sharp");
    assert_eq!(json(data, &["status"])["server"], Value::Null);
}

#[test]
fn a_second_server_is_told_who_holds_the_memory() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let second = run(data, &["serve", "--port", "0"]);
    assert_eq!(code(&second), 3);
    assert!(stderr(&second).contains(&format!("(pid {})", server.pid())), "{}", stderr(&second));
    assert_eq!(json(data, &["status"])["server"]["pid"], server.pid(), "the first one is unharmed");
}

#[test]
fn a_taken_port_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&temp.path().join("data"), &["serve", "--port", &port]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains(&port) && stderr(&output).contains("--port"), "{}", stderr(&output));
}

#[test]
fn a_server_stops_in_order() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    for signal in ["-TERM", "-INT"] {
        let mut child =
            hydra(data).args(["serve", "--port", "0"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("the server", || data.join("server.json").exists());
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(!data.join("server.json").exists());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains(" install claude-code --data-dir ") && said.contains(" open --data-dir "), "{said}");
    }
    assert_eq!(json(data, &["check"])["ok"], true);
}

#[test]
fn a_server_that_stops_answers_every_write_that_it_makes() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (server, told) = (&server, &told);
            scope.spawn(move || {
                let mut client = server.client();
                for n in 0.. {
                    let text = format!("The lighthouse keeper{writer}x{n} reported calm seas and {n} ships at dawn");
                    let Ok((status, answer)) = client.post("/v1/remember", &json!({"text": text})) else { return };
                    assert_eq!(status, 200, "what is taken is done: {answer}");
                    told.lock().unwrap().push((answer["id"].as_str().unwrap().to_owned(), text));
                }
            });
        }
        wait_until("all of them to write", || told.lock().unwrap().len() >= 10 * WRITERS);
        server.terminate();
    });
    assert_eq!(server.wait(), Some(0));
    assert!(!data.join("server.json").exists());
    let told = told.into_inner().unwrap();
    assert_eq!(json(data, &["check"])["ok"], true);
    // Nor did anything happen that nobody heard of.
    assert_eq!(json(data, &["status"])["memories"], told.len());
    let server = Server::start(data);
    let mut client = server.client();
    for (id, text) in &told {
        let answer = client.ask("/v1/get", &json!({"ids": [id]}));
        assert_eq!(answer["records"][0]["record"]["text"], *text, "{id} is not whole");
    }
}

#[test]
fn the_token_is_for_the_owner_alone() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(data), mode(&data.join("token"))), (0o700, 0o600));
    let token = std::fs::read_to_string(data.join("token")).unwrap();
    assert_eq!(token.len(), 64);
    assert!(!server.stderr().contains(&token));
    std::fs::set_permissions(data.join("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(data, &["status"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("others can read the token"), "{}", stderr(&output));
    server.stop();
    assert_eq!(code(&run(data, &["serve", "--port", "0"])), 2);
}

#[test]
fn a_newer_memory_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    run(data, &["remember", "x"]);
    let format = data.join("format.json");
    let newer = r#"{"format":999,"program":"9.9.9"}"#;
    std::fs::write(&format, newer).unwrap();
    for arguments in [&["recall", "x"][..], &["serve", "--port", "0"], &["status"]] {
        let output = run(data, arguments);
        assert_eq!(code(&output), 3, "{arguments:?}");
        assert!(stderr(&output).contains("9.9.9"), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read_to_string(&format).unwrap(), newer);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("thesis.tex"), "x").unwrap();
    let output = run(temp.path(), &["status"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("holds other files"), "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
}
