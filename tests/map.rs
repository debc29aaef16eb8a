//! The map over HTTP: one answer of bytes that says what stands and where, the same tomorrow, and names for what is in view.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use harness::{Server, vault, wait_until};
use serde_json::{Value, json};

/// An answer with its body as it came.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn ask(data: &Path, path: &str, more: &str) -> Answer {
    let state: Value = serde_json::from_slice(&std::fs::read(data.join("server.json")).unwrap()).unwrap();
    let token = std::fs::read_to_string(data.join("token")).unwrap();
    ask_as(&state, path, &format!("Authorization: Bearer {}\r\n{more}", token.trim()))
}

fn ask_as(state: &Value, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", state["port"].as_u64().unwrap() as u16)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

/// What a browser reads of a frame.
#[derive(Debug, PartialEq)]
struct Frame {
    epoch: u64,
    ids: Vec<String>,
    positions: Vec<[f32; 2]>,
    types: Vec<String>,
    links: Vec<(u32, u32)>,
    spaces: Vec<String>,
    totals: (u32, u32),
    regions: usize,
}

impl Frame {
    fn node(&self, id: &str) -> Option<usize> {
        self.ids.iter().position(|known| known == id)
    }
}

fn id_of(number: u64) -> String {
    let letters = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..13).rev().map(|place| char::from(letters[(number >> (5 * place) & 31) as usize])).collect()
}

fn read(body: &[u8]) -> Frame {
    let u32_at = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(body[at..at + 8].try_into().unwrap());
    let f32_at = |at: usize| f32::from_bits(u32_at(at));
    assert_eq!(&body[..8], b"HYDRAMAP");
    assert_eq!(u32_at(8), 1);
    let [nodes, links, regions, endings] = [32, 36, 40, 44].map(|at| u32_at(at) as usize);
    let mut at = u32_at(12) as usize;
    let mut list = |count: usize, width: usize| {
        let begins = at;
        at += count * width;
        (0..count).map(move |n| begins + n * width)
    };
    let ids = list(nodes, 8).map(|at| id_of(u64_at(at))).collect();
    let positions = list(nodes, 8).map(|at| [f32_at(at), f32_at(at + 4)]).collect();
    let _times = list(nodes, 8);
    let links = list(links, 8).map(|at| (u32_at(at), u32_at(at + 4))).collect();
    let _rest = (list(endings, 12), list(regions, 24), list(nodes, 2));
    at = at.next_multiple_of(4);
    let types = body[at..at + nodes].to_vec();
    at = (at + 3 * nodes).next_multiple_of(4);
    assert_eq!(body.len() - at, u32_at(56) as usize);
    let tail: Value = serde_json::from_slice(&body[at..]).unwrap();
    let words = |name: &str| -> Vec<String> { serde_json::from_value(tail[name].clone()).unwrap() };
    let names = words("types");
    Frame {
        epoch: u64_at(16),
        ids,
        positions,
        types: types.iter().map(|kind| names[usize::from(*kind)].clone()).collect(),
        links,
        spaces: words("spaces"),
        totals: (u32_at(48), u32_at(52)),
        regions,
    }
}

fn frame(data: &Path, query: &str) -> (Frame, String) {
    let answer = ask(data, &format!("/api/map/frame{query}"), "");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    (read(&answer.body), answer.headers["etag"].clone())
}

/// Waits until the map is laid out.
fn laid(data: &Path) -> (Frame, String) {
    wait_until("the map to be laid out", || frame(data, "").0.epoch > 0);
    frame(data, "")
}

#[test]
fn it_is_one_answer_that_is_not_sent_twice_and_says_what_is_forgotten_no_more() {
    let temp = tempfile::tempdir().unwrap();
    let (data, notes) = (temp.path().join("data"), temp.path().join("notes"));
    vault(&notes, 30);
    let server = Server::start(&data);
    let (empty, _) = frame(&data, "");
    assert_eq!((empty.ids.len(), empty.totals, empty.epoch), (0, (0, 0), 0));
    harness::succeeds(&data, &["ingest", notes.to_str().unwrap()]);
    let mut client = server.client();
    let fact = client.ask("/v1/remember", &json!({"text": "Mirela lives in Split", "kind": "fact"}));
    let fact = fact["id"].as_str().unwrap().to_owned();
    let (shown, tag) = laid(&data);
    assert_eq!((shown.ids.len(), shown.links.len(), shown.totals), (33, 32, (33, 32)));
    assert_eq!(shown.types.iter().filter(|kind| *kind == "note").count(), 30);
    assert_eq!(shown.types[shown.node(&fact).unwrap()], "fact");
    assert_eq!(shown.spaces, ["personal"]);

    let again = ask(&data, "/api/map/frame", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((again.status, again.body.len(), &again.headers["etag"]), (304, 0, &tag));
    assert!(again.headers["cache-control"].contains("private"));
    let mut names = |ids: &[&String]| {
        let query = "query($ids: [NodeID!]!) { mapLabels(ids: $ids) { label } }";
        let variables = json!({"ids": ids});
        client.ask("/graphql", &json!({"query": query, "variables": variables}))
    };
    assert_eq!(names(&[&shown.ids[0], &fact])["data"]["mapLabels"][1]["label"], "Mirela lives in Split");
    let many = vec![&fact; hydra_graph::MAX_MAP_LABELS + 1];
    assert_eq!(names(&many)["errors"][0]["extensions"]["code"], "TOO_LARGE");

    client.ask("/v1/forget", &json!({"ids": [fact]}));
    let (after, other) = frame(&data, "");
    assert!(after.node(&fact).is_none() && other != tag);
    assert_eq!(after.ids.len(), 30, "the names went with the only thing that was said of them");
    let stays = |id: &String| after.positions[after.node(id).unwrap()] == shown.positions[shown.node(id).unwrap()];
    assert!(after.ids.iter().all(stays), "what is left lies where it lay");
}

#[test]
fn it_looks_the_same_tomorrow_and_is_tidied_only_when_its_owner_says_so() {
    let temp = tempfile::tempdir().unwrap();
    let (data, notes) = (temp.path().join("data"), temp.path().join("notes"));
    vault(&notes, 40);
    let server = Server::start(&data);
    harness::succeeds(&data, &["ingest", notes.to_str().unwrap()]);
    let (first, tag) = laid(&data);
    server.stop();
    let server = Server::start(&data);
    assert_eq!(frame(&data, ""), (first, tag));

    let mut client = server.client();
    for n in 0..20 {
        client.ask("/v1/remember", &json!({"text": format!("Person {n} knows Note {n}"), "kind": "fact"}));
    }
    let (grown, _) = frame(&data, "");
    let pinned = grown.ids[3].clone();
    client.ask("/v1/pin", &json!({"id": pinned, "at": [-200.0, 50.0]}));
    let tidy = |client: &mut harness::Client, act: &str| client.ask("/v1/tidy_map", &json!({"act": act}));
    let tried = tidy(&mut client, "preview");
    assert!(tried["moved"].as_u64().unwrap() > 0 && tried["is_kept"] == false, "{tried}");
    let (before, _) = frame(&data, "");
    let (preview, _) = frame(&data, "?preview=1");
    assert_ne!(before.positions, preview.positions);
    tidy(&mut client, "keep");
    let (kept, _) = frame(&data, "");
    assert_eq!(kept.positions, preview.positions);
    assert!(kept.epoch > before.epoch);
    assert_eq!(kept.positions[kept.node(&pinned).unwrap()], [-200.0, 50.0]);
    let (status, _) = client.post("/v1/tidy_map", &json!({"act": "keep"})).unwrap();
    assert_eq!(status, 404, "there is nothing to keep any more");
    tidy(&mut client, "undo");
    assert_eq!(frame(&data, "").0.positions, before.positions);
    assert_eq!(client.post("/v1/tidy_map", &json!({"act": "undo"})).unwrap().0, 404);
}

#[test]
fn a_space_is_narrowed_to_and_nobody_else_gets_in() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let server = Server::start(&data);
    let mut client = server.client();
    client.ask("/v1/remember", &json!({"text": "Mirela lives in Split", "kind": "fact"}));
    client.ask("/v1/remember", &json!({"text": "Mirela works for Acme", "kind": "fact", "space": "work"}));
    let (all, whole) = frame(&data, "");
    let (work, narrow) = frame(&data, "?space=work");
    assert_eq!((all.ids.len(), work.ids.len()), (5, 3));
    assert_ne!(whole, narrow);
    let (both, _) = frame(&data, "?space=work&space=personal");
    assert_eq!(both.ids.len(), 5);
    assert_eq!(ask(&data, "/api/map/frame?preview=1", "").status, 404);
    let state: Value = serde_json::from_slice(&std::fs::read(data.join("server.json")).unwrap()).unwrap();
    assert_eq!(ask_as(&state, "/api/map/frame", "").status, 401);
    drop(server);
}
