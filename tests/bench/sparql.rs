//! SPARQL over a user's own graphs against oxigraph's own evaluation: the same store, the same queries, the same process.
//! Data and queries are like those of the Berlin SPARQL Benchmark's explore use case.

use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use hydra_graph::{
    Agent, AnswerFormat, Interrupt, Memory, Options, Part, QueryForm, SentGraph, SparqlRequest, StoreOp, Timestamp,
};
use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::model::NamedNode;
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use oxigraph::sparql::{QueryResults, SparqlEvaluator};
use oxigraph::store::Store;

use crate::connection::Connection;
use crate::harness::{Server, wait_until};
use crate::measure::{thread_seconds, usage};
use crate::report::Report;

/// Products; each has some ninety statements with its offers and reviews.
const PRODUCTS: usize = 1_000;
const PRODUCERS: usize = 40;
const FEATURES: usize = 200;
const TYPES: usize = 20;
/// What each product has.
const OFFERS: usize = 5;
const REVIEWS: usize = 5;
/// How often each query is asked, each time of another product.
const ROUNDS: usize = 60;
/// How often all of them are asked; what counts is the least that it took.
const TIMES: usize = 5;
/// The most that ours may cost, as a multiple of oxigraph's.
const MAX_OVERHEAD: f64 = 1.15;
const PREFIX: &str = "PREFIX b: <http://bsbm.example/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n";

/// The mix; `%p` is a product, `%t` a type, `%f` and `%g` are features, `%o` is an offer, `%r` a review.
const QUERIES: [&str; 12] = [
    "SELECT DISTINCT ?p ?l { ?p rdfs:label ?l ; a %t ; b:feature %f ; b:number ?n FILTER(?n > 200) } ORDER BY ?l LIMIT 10",
    "SELECT ?l ?c ?by ?f ?t { %p rdfs:label ?l ; b:comment ?c ; b:producer ?m ; b:feature ?x ; b:text ?t . ?m rdfs:label ?by . \
     ?x rdfs:label ?f }",
    "SELECT ?p ?l { ?p rdfs:label ?l ; a %t ; b:feature %f ; b:number ?n FILTER(?n > 100) OPTIONAL { ?p b:feature %g . \
     ?p rdfs:label ?v } FILTER(!BOUND(?v)) } ORDER BY ?l LIMIT 10",
    "SELECT DISTINCT ?p ?l { { ?p rdfs:label ?l ; a %t ; b:feature %f } UNION { ?p rdfs:label ?l ; a %t ; b:feature %g } } \
     ORDER BY ?l OFFSET 5 LIMIT 10",
    "SELECT DISTINCT ?q ?l { ?q rdfs:label ?l . FILTER(%p != ?q) %p b:feature ?f . ?q b:feature ?f . %p b:number ?a . \
     ?q b:number ?b FILTER(?b < ?a + 120 && ?b > ?a - 120) } ORDER BY ?l LIMIT 5",
    "SELECT ?p ?l { ?p rdfs:label ?l ; a %t FILTER(REGEX(?l, \"7$\")) }",
    "SELECT ?l ?o ?price ?v ?r ?title { %p rdfs:label ?l OPTIONAL { ?o b:product %p ; b:price ?price ; b:vendor ?v } \
     OPTIONAL { ?r b:reviewOf %p ; b:title ?title } }",
    "SELECT ?title ?text ?who ?a { ?r b:reviewOf %p ; b:title ?title ; b:text ?text ; b:reviewer ?x . ?x rdfs:label ?who \
     OPTIONAL { ?r b:rating ?a } } ORDER BY DESC(?title) LIMIT 20",
    "DESCRIBE ?x WHERE { %r b:reviewer ?x }",
    "SELECT DISTINCT ?o ?price { ?o b:product %p ; b:vendor ?v ; b:days ?d ; b:price ?price FILTER(?d <= 3) } \
     ORDER BY ?price LIMIT 10",
    "SELECT ?property ?value ?is { { %o ?property ?value } UNION { ?is ?property %o } }",
    "CONSTRUCT { %o b:product ?l ; b:vendor ?v ; b:price ?price } WHERE { %o b:product ?p ; b:vendor ?v ; b:price ?price . \
     ?p rdfs:label ?l }",
];

/// Measures both.
pub fn sparql(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let statements = load(folder.path());
    let (ours, our_bytes) = ask_ours(folder.path());
    let (theirs, their_bytes) = ask_theirs(&folder.path().join("store"));
    assert_eq!(our_bytes, their_bytes, "both answer the same");
    let ratio = ours / theirs;
    report.below(
        &format!("SPARQL, 12 queries on {statements} statements, CPU against oxigraph's own"),
        ratio,
        MAX_OVERHEAD,
        "times",
    );
    servers(report, folder.path());
    report.note(format!(
        "SPARQL: {} queries of a mix like BSBM's took {ours:.2} CPU seconds through Hydra (`dataset=own`) and {theirs:.2} \
         through oxigraph's evaluator on the same store, answers written as JSON or N-Triples in both.",
        QUERIES.len() * ROUNDS
    ));
}

/// Measures both over HTTP: the server of Hydra, and oxigraph's own if there is one.
fn servers(report: &mut Report, data: &Path) {
    let program = std::env::var_os("HYDRA_OXIGRAPH").unwrap_or_else(|| "oxigraph".into());
    if Command::new(&program).arg("--version").output().is_err() {
        report.note(
            "Oxigraph's own server was not there: `pip install oxigraph` brings it, `HYDRA_OXIGRAPH` names it.".into(),
        );
        return;
    }
    let server = Server::start(data);
    let bearer = format!("Authorization: Bearer {}\r\n", server.token());
    let (ours, our_bytes) = ask_server(server.port(), server.pid(), "/sparql?dataset=own", &bearer);
    server.stop();
    let folder = tempfile::tempdir().expect("a folder");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let start = || {
        let theirs = Command::new(&program)
            .args(["serve", "--bind", &format!("127.0.0.1:{port}"), "--location"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("oxigraph starts");
        wait_until("oxigraph", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        theirs
    };
    let stop = |mut theirs: Child| theirs.kill().and_then(|()| theirs.wait()).expect("oxigraph ends");
    let theirs = start();
    let turtle = products(0..PRODUCTS);
    let head = "POST /store?default HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/turtle";
    Connection::open(port).ask(&format!("{head}\r\nContent-Length: {}\r\n\r\n{turtle}", turtle.len()));
    // As ours was: what was just written lies in memory, and is read from there.
    stop(theirs);
    let theirs = start();
    let (others, other_bytes) = ask_server(port, theirs.id(), "/query", "");
    stop(theirs);
    assert_eq!(our_bytes, other_bytes, "both answer the same");
    let what = "the same over HTTP, CPU of the server against that of oxigraph's own server";
    report.below(what, ours / others, MAX_OVERHEAD, "times");
    report.note(format!(
        "Over HTTP the same queries took {ours:.2} CPU seconds of Hydra's server and {others:.2} of oxigraph's."
    ));
}

/// As [`measured`], of a server with all its threads; the bytes are those of rows.
fn ask_server(port: u16, pid: u32, path: &str, headers: &str) -> (f64, usize) {
    let mut connection = Connection::open(port);
    let mut ask = || -> usize {
        let asked = queries().map(|query| {
            let is_rows = query.contains("SELECT");
            let accept = if is_rows { "application/sparql-results+json" } else { "application/n-triples" };
            let bytes = connection.ask(&format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Accept: {accept}\r\nContent-Type: \
                 application/sparql-query\r\nContent-Length: {}\r\n\r\n{query}",
                query.len()
            ));
            if is_rows { bytes.len() } else { 0 }
        });
        asked.sum()
    };
    ask();
    let times = (0..TIMES).map(|_| {
        let before = usage(pid).0;
        let bytes = ask();
        (usage(pid).0 - before, bytes)
    });
    times.min_by(|a, b| a.0.total_cmp(&b.0)).expect("it is measured at least once")
}

fn open(folder: &Path) -> Memory {
    let clock = Arc::new(|| Timestamp::from_millis(1_790_000_000_000));
    Memory::open(folder, Options { clock, holder: "the benchmark".to_owned() }).expect("a memory opens")
}

fn load(folder: &Path) -> usize {
    let memory = open(folder);
    let mut statements = 0;
    for part in 0..4 {
        let turtle = products(part * PRODUCTS / 4..(part + 1) * PRODUCTS / 4);
        let sent = SentGraph { format: AnswerFormat::Turtle, bytes: turtle.into_bytes(), base: None };
        let (updated, _) = memory
            .change_graph(&None, StoreOp::Add(vec![sent]), &Agent::owner(), &Interrupt::new())
            .expect("the data is taken");
        statements += updated.added;
    }
    memory.close().expect("the memory closes");
    statements
}

/// The number that stands at a place, always the same.
fn number(place: usize, salt: usize, below: usize) -> usize {
    let mixed = (place as u64 ^ (salt as u64) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 33) as usize % below
}

fn products(range: std::ops::Range<usize>) -> String {
    let mut out =
        PREFIX.replace("PREFIX", "@prefix").replace("> @prefix", "> .\n@prefix").trim_end().to_owned() + " .\n";
    if range.start == 0 {
        (0..PRODUCERS)
            .for_each(|n| _ = writeln!(out, "b:producer{n} rdfs:label \"producer {n}\" ; b:country \"c{}\" .", n % 7));
        (0..FEATURES).for_each(|n| _ = writeln!(out, "b:feature{n} rdfs:label \"feature {n}\" ."));
        (0..PRODUCTS)
            .for_each(|n| _ = writeln!(out, "b:reviewer{n} rdfs:label \"reviewer {n}\" ; b:country \"c{}\" .", n % 7));
    }
    for p in range {
        let _ = write!(
            out,
            "b:product{p} a b:type{} ; rdfs:label \"product number {p}\" ; b:comment \"{}\" ; b:text \"{}\" ; b:number {} ; b:producer b:producer{}",
            number(p, 1, TYPES),
            "a thing that one may want ".repeat(4),
            "and more words about it ".repeat(6),
            number(p, 2, 2_000),
            number(p, 3, PRODUCERS),
        );
        (0..12).for_each(|n| _ = write!(out, " ; b:feature b:feature{}", number(p, 10 + n, FEATURES)));
        out.push_str(" .\n");
        for n in 0..OFFERS {
            let o = p * OFFERS + n;
            let _ = writeln!(
                out,
                "b:offer{o} b:product b:product{p} ; b:vendor b:vendor{} ; b:price {}.5 ; b:days {} ; b:valid \"2026-01-01\" .",
                number(o, 4, 30),
                number(o, 5, 9_000),
                number(o, 6, 7),
            );
        }
        for n in 0..REVIEWS {
            let r = p * REVIEWS + n;
            let _ = writeln!(
                out,
                "b:review{r} b:reviewOf b:product{p} ; b:title \"review {r}\" ; b:text \"{}\" ; b:reviewer b:reviewer{} ; b:rating {} .",
                "it does what it should ".repeat(8),
                number(r, 7, PRODUCTS),
                number(r, 8, 10),
            );
        }
    }
    out
}

/// Every query of the measurement, in order.
fn queries() -> impl Iterator<Item = String> {
    (0..ROUNDS).flat_map(|round| {
        QUERIES.iter().map(move |query| {
            let name = |kind: &str, below: usize, salt: usize| format!("b:{kind}{}", number(round, salt, below));
            let filled = query
                .replace("%p", &name("product", PRODUCTS, 20))
                .replace("%t", &name("type", TYPES, 21))
                .replace("%f", &name("feature", FEATURES, 22))
                .replace("%g", &name("feature", FEATURES, 23))
                .replace("%o", &name("offer", PRODUCTS * OFFERS, 24))
                .replace("%r", &name("review", PRODUCTS * REVIEWS, 25));
            format!("{PREFIX}{filled}")
        })
    })
}

/// Runs all queries once more than [`TIMES`], and returns the least CPU seconds of a time but the first with the bytes that
/// came. Of this thread alone: what the store tidies up in the background meanwhile is no query's.
fn measured(mut ask: impl FnMut(&str) -> usize) -> (f64, usize) {
    let mut all = || -> (f64, usize) {
        let before = thread_seconds();
        let bytes = queries().map(|query| ask(&query)).sum();
        (thread_seconds() - before, bytes)
    };
    all();
    let times = (0..TIMES).map(|_| all());
    times.min_by(|a, b| a.0.total_cmp(&b.0)).expect("it is measured at least once")
}

fn ask_ours(folder: &Path) -> (f64, usize) {
    let memory = open(folder);
    let answer = measured(|query| {
        let request = SparqlRequest { text: query.to_owned(), part: Part::Own, ..SparqlRequest::default() };
        let (mut out, mut is_rows) = (Vec::new(), true);
        let mut choose = |form| {
            is_rows = form != QueryForm::Graph;
            Ok(if is_rows { AnswerFormat::Json } else { AnswerFormat::NTriples })
        };
        memory.sparql(&request, &mut choose, &Interrupt::new(), &mut out).expect("a query is answered");
        if is_rows { out.len() } else { 0 }
    });
    memory.close().expect("the memory closes");
    answer
}

fn ask_theirs(folder: &Path) -> (f64, usize) {
    let store = Store::open(folder).expect("the store opens");
    measured(|query| {
        let mut query = SparqlEvaluator::new().parse_query(query).expect("a query parses");
        query.dataset_mut().set_default_graph(vec![NamedNode::new_unchecked("urn:hydra:ns#g/own").into()]);
        write(query.on_store(&store).execute().expect("a query is answered")).expect("an answer is written")
    })
}

/// Writes an answer; returns the bytes of rows. Of statements the evaluator gives some twice, which ours are not.
fn write(results: QueryResults<'_>) -> Result<usize, Box<dyn std::error::Error>> {
    let serializer = QueryResultsSerializer::from_format(QueryResultsFormat::Json);
    Ok(match results {
        QueryResults::Boolean(holds) => serializer.serialize_boolean_to_writer(Vec::new(), holds)?.len(),
        QueryResults::Solutions(rows) => {
            let mut writer = serializer.serialize_solutions_to_writer(Vec::new(), rows.variables().to_vec())?;
            for row in rows {
                writer.serialize(&row?)?;
            }
            writer.finish()?.len()
        }
        QueryResults::Graph(triples) => {
            let mut writer = RdfSerializer::from_format(RdfFormat::NTriples).for_writer(Vec::new());
            for triple in triples {
                writer.serialize_triple(&triple?)?;
            }
            writer.finish()?;
            0
        }
    })
}
