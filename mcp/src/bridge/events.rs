//! Server-sent events, as far as they carry messages: the data of each.

use super::MAX_MESSAGE_BYTES;

/// What arrived of a stream and was not taken yet.
#[derive(Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    whole: std::collections::VecDeque<Vec<u8>>,
}

impl Events {
    /// Takes in what arrived; returns whether it is within bounds.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match byte {
                b'\r' => {}
                b'\n' => self.end_line(),
                byte => self.line.push(*byte),
            }
        }
        self.line.len() + self.data.len() <= MAX_MESSAGE_BYTES
    }

    /// Returns the data of the next whole event.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        self.whole.pop_front()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            // Comments that only keep a stream alive, and the event that opens one, have no data.
            let data = std::mem::take(&mut self.data);
            if !data.is_empty() {
                self.whole.push_back(data);
            }
        } else if let Some(data) = line.strip_prefix(b"data:") {
            self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_however_they_arrive() {
        let stream = "id: 0\nretry: 3000\ndata:\n\n: alive\n\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:2\n\ndata: 3";
        for size in 1..stream.len() {
            let mut events = Events::default();
            assert!(stream.as_bytes().chunks(size).all(|bytes| events.push(bytes)));
            let taken: Vec<Vec<u8>> = std::iter::from_fn(|| events.next()).collect();
            assert_eq!(taken, [b"{\"a\":1}".to_vec(), b"2".to_vec()], "{size} bytes at once");
        }
    }

    #[test]
    fn an_event_without_an_end_is_bounded() {
        let mut events = Events::default();
        assert!(events.push(&vec![b'x'; MAX_MESSAGE_BYTES]));
        assert!(!events.push(b"x"));
    }
}
