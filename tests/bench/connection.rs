//! A kept-alive connection to any server, which costs whoever measures little.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// One connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    /// Opens one to a server on this machine.
    pub fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() }
    }

    /// Sends a request and returns the body of its answer, which must be a sound one.
    pub fn ask(&mut self, request: &str) -> &[u8] {
        self.stream.get_mut().write_all(request.as_bytes()).expect("the server reads");
        let status = self.line().split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').expect("a header");
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().expect("a number"),
                "transfer-encoding" => is_chunked = value.trim() == "chunked",
                _ => {}
            }
        }
        self.body.clear();
        if is_chunked {
            self.chunks();
        } else {
            self.read(length);
        }
        let is_sound = status.starts_with('2') && !self.body.windows(9).any(|part| part == b"\"errors\":");
        assert!(is_sound, "{status}: {request}: {}", String::from_utf8_lossy(&self.body));
        &self.body
    }

    fn chunks(&mut self) {
        loop {
            let length = usize::from_str_radix(self.line().trim(), 16).expect("the size of a chunk");
            self.read(length);
            self.line();
            if length == 0 {
                return;
            }
        }
    }

    fn line(&mut self) -> &str {
        self.line.clear();
        self.stream.read_line(&mut self.line).expect("the server answers");
        self.line.trim_end()
    }

    fn read(&mut self, length: usize) {
        let before = self.body.len();
        self.body.resize(before + length, 0);
        self.stream.read_exact(&mut self.body[before..]).expect("a whole answer");
    }
}
