//! A WebSocket as it is on the wire, as far as graphql-transport-ws needs it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::PATIENCE;
use crate::wire::Door;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

/// One end of a conversation.
pub struct Socket(BufReader<TcpStream>);

impl Socket {
    /// Opens one as the owner does; the status if that is refused.
    pub fn open(door: &Door, protocol: &str) -> Result<Self, u16> {
        Self::open_with(door, protocol, &[])
    }

    /// As [`Socket::open`], with more headers.
    pub fn open_with(door: &Door, protocol: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut stream = TcpStream::connect(("127.0.0.1", door.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "GET /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {protocol}\r\n",
            door.token
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status: u16 = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        if status == 101 { Ok(Self(reader)) } else { Err(status) }
    }

    /// Says something.
    pub fn say(&mut self, message: &Value) {
        let text = message.to_string();
        let mut frame = vec![0x80 | TEXT];
        match text.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        // A mask of nothing leaves the text as it is.
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        // The other end may have closed.
        let _ = self.0.get_mut().write_all(&frame);
    }

    /// Waits for the next message; the code when the other end closes, 0 when it just goes.
    pub fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = self.next_with_pings()?;
            if message["type"] != "ping" {
                return Ok(message);
            }
        }
    }

    /// As [`Socket::next`], also of messages that only ask whether this end is there.
    pub fn next_with_pings(&mut self) -> Result<Value, u16> {
        loop {
            let Some((kind, payload)) = self.frame() else { return Err(0) };
            match kind {
                TEXT => return Ok(serde_json::from_slice(&payload).unwrap()),
                CLOSE if payload.len() >= 2 => return Err(u16::from_be_bytes([payload[0], payload[1]])),
                CLOSE => return Err(0),
                _ => {}
            }
        }
    }

    /// Says something and waits for the next message.
    pub fn talk(&mut self, message: &Value) -> Value {
        self.say(message);
        self.next().unwrap()
    }

    /// Says something that has the other end close; returns its code.
    pub fn closes_on(&mut self, message: &Value) -> u16 {
        self.say(message);
        self.closing()
    }

    /// Waits until the other end closes; returns its code.
    pub fn closing(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next() {
                return code;
            }
        }
    }

    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).ok()?;
                usize::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).ok()?;
                usize::try_from(u64::from_be_bytes(length)).unwrap()
            }
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).ok()?;
        Some((head[0] & 0x0f, payload))
    }
}
