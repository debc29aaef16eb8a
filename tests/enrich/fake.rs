//! A small HTTP server that answers as a model would, or as none ever should.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What it does with a request.
pub enum Reply {
    /// Answers with these words of the model.
    Says(String),
    /// Sends these bytes and closes.
    Sends(String),
    /// Sends one byte now and then, for ever.
    Drips,
    /// Sends as much as is taken.
    Floods,
    /// Says nothing until the other side goes away.
    Hangs,
}

impl Reply {
    /// A list of proposals; what is left out of it is empty.
    pub fn proposals(mut some: Value) -> Self {
        for kind in ["facts", "aliases", "merges", "summaries"] {
            if some[kind].is_null() {
                some[kind] = json!([]);
            }
        }
        Self::Says(some.to_string())
    }

    /// A status and nothing else.
    pub fn status(status: &str, headers: &str) -> Self {
        Self::Sends(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: 0\r\n\r\n"))
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// First line and headers.
    pub head: String,
    /// Its body.
    pub body: Value,
}

impl Asked {
    /// The text that is asked about.
    pub fn text(&self) -> String {
        let messages = self.body["messages"].as_array().expect("messages");
        let quoted = messages.last().expect("a message")["content"].as_str().expect("a text");
        let quoted: Value = serde_json::from_str(quoted).expect("the text is quoted as JSON");
        quoted["text"].as_str().expect("the text").to_owned()
    }
}

/// The server; it ends with the test.
pub struct Fake {
    /// Where it listens.
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Bytes of answers that the other side took.
    pub sent: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
}

impl Fake {
    /// Starts it; `reply` is given each request and its number, from 0.
    pub fn start(reply: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (asked, sent) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
        let is_over = Arc::new(AtomicBool::new(false));
        let fake = Self { port, asked: Arc::clone(&asked), sent: Arc::clone(&sent), is_over: Arc::clone(&is_over) };
        let reply = Arc::new(reply);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, sent, reply) = (Arc::clone(&asked), Arc::clone(&sent), Arc::clone(&reply));
                let is_over = Arc::clone(&is_over);
                std::thread::spawn(move || {
                    if let Some((mut stream, request)) = receive(stream) {
                        let number = {
                            let mut asked = asked.lock().expect("no panic");
                            asked.push(request.clone());
                            asked.len() - 1
                        };
                        answer(&mut stream, reply(&request, number), &sent, &is_over);
                    }
                });
            }
        });
        fake
    }

    /// Its address for the configuration.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// The texts that were asked about so far.
    pub fn texts(&self) -> Vec<String> {
        self.asked().iter().map(Asked::text).collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn receive(stream: TcpStream) -> Option<(TcpStream, Asked)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(rest) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = rest.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((reader.into_inner(), Asked { head, body: serde_json::from_slice(&body).ok()? }))
}

fn answer(stream: &mut TcpStream, reply: Reply, sent: &AtomicU64, is_over: &AtomicBool) {
    let mut send = |bytes: &[u8]| {
        let is_taken = stream.write_all(bytes).is_ok() && !is_over.load(Ordering::Relaxed);
        sent.fetch_add(if is_taken { bytes.len() as u64 } else { 0 }, Ordering::Relaxed);
        is_taken
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    match reply {
        Reply::Says(content) => {
            let completion = json!({
                "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 60, "completion_tokens": 40, "total_tokens": 100},
            });
            let body = completion.to_string();
            send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        }
        Reply::Sends(bytes) => drop(send(bytes.as_bytes())),
        Reply::Drips => {
            send(format!("{head}\r\n").as_bytes());
            while send(b" ") {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Reply::Floods => {
            send(format!("{head}\r\n").as_bytes());
            while send(&[b' '; 65_536]) {}
        }
        Reply::Hangs => {
            let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
            while !is_over.load(Ordering::Relaxed) && !matches!(stream.read(&mut [0; 64]), Ok(0)) {}
        }
    }
}
