//! SPARQL that only reads: of which spaces, from which moment, and at what cost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::history::{Dice, History, day};
use common::{Opened, note, open};
use hydra_graph::{
    Agent, AnswerFormat, Error, ErrorKind, GetView, Id, Interrupt, MAX_ANSWER_BYTES, MAX_NESTING, MAX_OPERATIONS,
    MAX_ROWS, MAX_SPARQL_BYTES, MAX_UPDATE_BYTES, Moment, NewMemory, QueryAnswer, QueryForm, QueryRequest, Question,
    SparqlUpdate, Statement, Timestamp, ValueKind,
};

const EVERYTHING: &str = "SELECT ?s ?p ?o { ?s ?p ?o }";
const IN_GRAPHS: &str = "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }";
const MANY: usize = MAX_ROWS;

fn ask(opened: &Opened, text: &str, spaces: &[&str], moment: Moment) -> Result<QueryAnswer, Error> {
    let spaces = spaces.iter().map(|space| (*space).to_owned()).collect();
    opened.memory.query(&QueryRequest { spaces, moment, limit: MANY, ..QueryRequest::new(text) })
}

/// The rows as lines, in order.
fn lines(answer: &QueryAnswer) -> Vec<String> {
    assert!(!answer.is_more, "the test asks for all");
    let cell = |value: &Option<hydra_graph::Value>| value.as_ref().map_or_else(String::new, |v| v.value.clone());
    let mut lines: Vec<String> =
        answer.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect();
    lines.sort();
    lines
}

fn rows(opened: &Opened, text: &str) -> Vec<String> {
    lines(&ask(opened, text, &[], Moment::default()).unwrap())
}

fn refused(opened: &Opened, text: &str) -> Error {
    let error = ask(opened, text, &[], Moment::default()).unwrap_err();
    assert!(error.next_step().is_some(), "{error}");
    error
}

/// A moment after the last change and before the next: the clock of the tests moves with every question.
fn moment(opened: &Opened) -> Timestamp {
    opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at()
}

fn household() -> Opened {
    let opened = open();
    let owner = Agent::owner();
    let told = |new: NewMemory| opened.memory.remember(new, &owner).unwrap();
    told(NewMemory {
        valid_from: Some(day("2024-02-01")),
        ..NewMemory::fact(Statement::new("Mirela", "works for", "Acme"))
    });
    told(NewMemory {
        valid_from: Some(day("2026-01-01")),
        ..NewMemory::fact(Statement::new("Mirela", "works for", "Tern"))
    });
    opened
}

#[test]
fn a_plain_query_sees_what_is_true_and_the_usual_words_are_known() {
    let opened = household();
    // The clock of the tests stands in June 2025.
    let employer = "SELECT ?name { ?who skos:prefLabel \"Mirela\" ; schema:worksFor / skos:prefLabel ?name }";
    assert_eq!(rows(&opened, employer), ["Acme"]);
    let reified = "SELECT ?from { ?f rdf:reifies <<( ?who schema:worksFor ?o )>> ; hy:validFrom ?from }";
    assert_eq!(rows(&opened, reified).len(), 2);
    let answer = ask(&opened, "ASK { ?f a hy:Memory }", &[], Moment::default()).unwrap();
    assert_eq!((answer.form, answer.holds), (QueryForm::Ask, Some(true)));
    let answer = ask(&opened, "SELECT ?f { ?f a hy:Memory } LIMIT 1", &[], Moment::default()).unwrap();
    let id = answer.rows[0][0].clone().unwrap();
    assert_eq!(id.kind, ValueKind::Iri);
    let id: Id = id.value.parse().unwrap();
    assert!(opened.memory.get(&[id], GetView::Full).unwrap()[0].record.is_some(), "what is printed can be got");
    assert_eq!(rows(&opened, &format!("SELECT ?k {{ id:{id} hy:kind ?k }}")), ["fact"]);
    let columns = |text: &str| ask(&opened, text, &[], Moment::default()).unwrap().variables;
    assert_eq!(columns("SELECT * { ?where ^schema:worksFor ?a }"), ["where", "a"]);
    assert_eq!(columns("SELECT (COUNT(?x) AS ?n) ?x { ?x a hy:Memory } GROUP BY ?x"), ["n", "x"]);
    let described = ask(&opened, &format!("DESCRIBE id:{id}"), &[], Moment::default()).unwrap();
    assert_eq!((described.form, described.variables.len()), (QueryForm::Graph, 3));
    assert!(described.rows.len() > 5);
}

#[test]
fn the_default_graph_is_everything_but_the_journal_and_each_statement_once() {
    let opened = household();
    let shared = |path: &str| note(path, "See [[Mirela]].", &["Mirela"]);
    for path in ["/v/a/Plan.md", "/v/b/Plan.md"] {
        opened.memory.put_documents(vec![shared(path)], &Agent::ingest()).remove(0).unwrap();
    }
    let everything = rows(&opened, EVERYTHING);
    let named: BTreeSet<String> =
        rows(&opened, "SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } FILTER(?g != <urn:hydra:ns#g/journal>) }")
            .into_iter()
            .collect();
    assert_eq!(everything, named.into_iter().collect::<Vec<_>>());
    assert!(!everything.iter().any(|line| line.contains("hy:verb")));
    assert!(rows(&opened, "SELECT ?v { GRAPH <urn:hydra:ns#g/journal> { ?c hy:verb ?v } }").len() >= 3);
    let graphs = rows(&opened, "SELECT ?g { GRAPH ?g {} }");
    assert!(graphs.len() == 4, "{graphs:?}");
}

#[test]
fn the_journal_gives_away_no_difference() {
    let opened = household();
    for predicate in ["hy:added", "hy:removed", "hy:wasAbout"] {
        let text = format!("SELECT * {{ {{ ?c {predicate} ?d }} UNION {{ GRAPH ?g {{ ?c {predicate} ?d }} }} }}");
        assert!(rows(&opened, &text).is_empty(), "{predicate}");
    }
    let packed = "SELECT ?d { GRAPH ?g { ?c ?p ?d } FILTER(DATATYPE(?d) = hy:difference) }";
    assert!(rows(&opened, packed).is_empty());
}

#[test]
fn what_was_forgotten_says_no_more_than_that_it_was() {
    let opened = open();
    let owner = Agent::owner();
    let told = opened.memory.remember(NewMemory::new("the code is 4711".repeat(80)), &owner).unwrap();
    let text = "Public.\n\nThe door opens with 4711.";
    opened.memory.put_documents(vec![note("/v/Door.md", text, &[])], &Agent::ingest()).remove(0).unwrap();
    let secret = "SELECT ?s ?t { ?s schema:text ?t FILTER(CONTAINS(?t, \"4711\")) }";
    let found = ask(&opened, secret, &[], Moment::default()).unwrap();
    // The memory and its pieces, the note and its passage.
    assert!(found.rows.len() >= 4);
    let before = moment(&opened);
    let passage = "SELECT ?s { ?s a hy:Passage ; schema:text ?t FILTER(STRSTARTS(?t, \"The door\")) }";
    let passage: Id = rows(&opened, passage)[0].parse().unwrap();
    opened.memory.forget(&[told.id, passage], None, &owner).unwrap();
    assert!(rows(&opened, secret).is_empty());
    for text in [EVERYTHING, IN_GRAPHS] {
        let shown = rows(&opened, text);
        // The tests' notes have their text for a hash.
        assert!(!shown.iter().any(|line| line.contains("4711") && !line.contains("hy:contentHash")), "{text}");
    }
    assert_eq!(rows(&opened, "SELECT ?s { ?s prov:invalidatedAtTime ?at }").len(), 2);
    let then = Moment { known_at: Some(before), true_at: None };
    assert_eq!(ask(&opened, secret, &[], then).unwrap().rows.len(), found.rows.len(), "it was known then");
}

#[test]
fn nothing_of_another_space_comes_back() {
    for seed in [0x9e37_79b9_7f4a_7c15, 0x1234_5678_9abc_def1, 0x0bad_cafe_dead_beef] {
        let spaces = ["alder", "birch", "cedar"];
        let all = open();
        let mut dice = Dice(seed);
        let mut histories = spaces.map(History::of);
        // The same things happen in a memory of their own: what is seen of a space must be what that one holds.
        let alone = spaces.map(|_| open());
        let mut twins = spaces.map(History::of);
        for _ in 0..150 {
            let turn = dice.roll(spaces.len());
            let start = dice.0;
            histories[turn].act(&all, &mut dice);
            twins[turn].act(&alone[turn], &mut Dice(start));
        }
        for (turn, space) in spaces.iter().enumerate() {
            let others: Vec<&str> = spaces.iter().filter(|other| *other != space).copied().collect();
            let their_ids: BTreeSet<String> = histories
                .iter()
                .filter(|history| history.space != *space)
                .flat_map(|history| history.ids.iter().map(Id::to_string))
                .collect();
            let ask_space = |text: &str| ask(&all, text, &[space], Moment::default()).unwrap();
            for text in [
                EVERYTHING,
                IN_GRAPHS,
                "SELECT ?g { GRAPH ?g {} }",
                "SELECT * { ?s rdf:reifies ?t }",
                "SELECT * { ?s (hy:about|hy:partOf|hy:linksTo|^hy:about|^hy:partOf|^hy:linksTo)+ ?o }",
                "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }",
                "SELECT (GROUP_CONCAT(STR(?o)) AS ?all) { ?s ?p ?o }",
                "SELECT ?s { ?s a hy:Entity FILTER NOT EXISTS { ?x hy:about ?s } }",
            ] {
                for line in lines(&ask_space(text)) {
                    for other in &others {
                        assert!(!line.contains(other), "{space} reads of {other} by {text}: {line}");
                    }
                    assert!(!their_ids.iter().any(|id| line.contains(id)), "{space} reads an id by {text}: {line}");
                }
            }
            let each = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p";
            // In a memory of its own, a name that nothing is tied to any more is still there; asked as a space it is not.
            let own = lines(&ask(&alone[turn], each, &[space], Moment::default()).unwrap());
            assert_eq!(lines(&ask_space(each)), own, "counts of {space}");
            assert!(own.len() > 20, "{own:?}");
            let journal = "SELECT * { GRAPH <urn:hydra:ns#g/journal> { ?s ?p ?o } }";
            assert!(lines(&ask_space(journal)).is_empty(), "reasons and paths of other spaces are in the journal");
        }
        let nobody = ask(&all, EVERYTHING, &["nobody"], Moment::default()).unwrap();
        assert!(lines(&nobody).is_empty(), "{:?}", lines(&nobody));
    }
}

#[test]
fn any_moment_of_a_random_history_answers_as_it_did_then() {
    let opened = open();
    let mut dice = Dice(0x5bd1_e995_9d2c_5681);
    let mut histories = ["alder", "birch"].map(History::of);
    let queries = [
        EVERYTHING,
        IN_GRAPHS,
        "SELECT ?a ?b { ?a hy:linksTo ?b }",
        "SELECT ?a ?b { ?x schema:mainEntity ?a ; hy:tag/skos:prefLabel ?b }",
        "SELECT ?c ?r { GRAPH ?g { ?c hy:verb ?r } }",
    ];
    let look = |opened: &Opened, moment: Moment| -> Vec<Vec<String>> {
        let asked = queries.iter().flat_map(|text| [&[][..], &["alder"], &["birch"]].map(|spaces| (text, spaces)));
        asked.map(|(text, spaces)| lines(&ask(opened, text, spaces, moment).unwrap())).collect()
    };
    let mut moments = Vec::new();
    for step in 0..160 {
        let turn = dice.roll(2);
        histories[turn].act(&opened, &mut dice);
        if step % 16 == 15 {
            moments.push((moment(&opened), look(&opened, Moment::default())));
        }
    }
    for (at, then) in &moments {
        let again = look(&opened, Moment { known_at: Some(*at), true_at: None });
        for (now, then) in again.iter().zip(then) {
            assert_eq!(now, then, "as known at {at}");
        }
    }
    let faces: BTreeSet<&Vec<String>> = moments.iter().map(|(_, seen)| &seen[0]).collect();
    assert_eq!(faces.len(), moments.len());

    // What was true: each fact that is believed and held, as the records tell.
    let ids: Vec<Id> = histories.iter().flat_map(|history| history.ids.iter().copied()).collect();
    let mut stated = 0;
    for known_at in [None, Some(moments[4].0), Some(moments[8].0)] {
        for true_at in ["2019-12-31", "2020-01-01", "2022-01-01", "2024-01-01", "2025-03-01"].map(day) {
            let got = match known_at {
                Some(at) => opened.memory.get_at(&ids, GetView::Full, at),
                None => opened.memory.get(&ids, GetView::Full),
            };
            let records = got.unwrap().into_iter().filter_map(|got| got.record);
            let held: BTreeSet<String> = records
                .filter(|record| record.forgotten_at.is_none() && record.retracted_at.is_none())
                .filter(|record| record.valid_from.or(record.happened_at).unwrap_or(record.recorded_at) <= true_at)
                .filter(|record| record.valid_to.is_none_or(|end| true_at < end))
                .filter_map(|record| record.statement)
                .filter(|statement| statement.predicate == "lives in")
                .map(|statement| format!("{} | {}", statement.subject, statement.object))
                .collect();
            let text = "SELECT DISTINCT ?who ?where { ?s schema:homeLocation ?o . ?s skos:prefLabel ?who .
                OPTIONAL { ?o skos:prefLabel ?name } BIND(COALESCE(?name, ?o) AS ?where) }";
            let asked = lines(&ask(&opened, text, &[], Moment { known_at, true_at: Some(true_at) }).unwrap());
            assert_eq!(asked, held.into_iter().collect::<Vec<_>>(), "true at {true_at}, known at {known_at:?}");
            stated += asked.len();
        }
    }
    assert!(stated > 10, "{stated}");
}

#[test]
fn a_moment_that_has_not_come_or_before_the_first_commit_is_refused() {
    let opened = household();
    let at = |text: &str| Some(day(text));
    for moment in [
        Moment { true_at: at("2100-01-01"), known_at: None },
        Moment { known_at: at("2100-01-01"), true_at: None },
        Moment { known_at: at("2001-01-01"), true_at: None },
    ] {
        let error = ask(&opened, EVERYTHING, &[], moment).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.next_step().is_some(), "{error}");
    }
    let long_ago = Moment { true_at: at("1970-01-01"), known_at: None };
    assert!(lines(&ask(&opened, "SELECT * { ?s schema:worksFor ?o }", &[], long_ago).unwrap()).is_empty());
}

#[test]
fn a_query_only_reads_and_only_here() {
    let opened = household();
    for update in ["INSERT DATA { hy:a hy:b hy:c }", "DELETE WHERE { ?s ?p ?o }", "CLEAR ALL", "LOAD <http://x.org/>"] {
        let error = refused(&opened, update);
        assert!(error.message().contains("update"), "{update}: {error}");
    }
    for service in ["SERVICE <http://x.org/> { ?s ?p ?o }", "SERVICE SILENT <http://x.org/> { ?s ?p ?o }"] {
        let error = refused(&opened, &format!("SELECT * {{ {service} }}"));
        assert!(error.message().contains("http://x.org/") && error.message().contains("SERVICE"), "{error}");
    }
    for from in ["FROM <http://x.org/>", "FROM NAMED <http://x.org/>"] {
        let error = refused(&opened, &format!("SELECT * {from} {{ ?s ?p ?o }}"));
        assert!(error.message().contains("http://x.org/"), "{error}");
    }
    let here = "SELECT ?s FROM <urn:hydra:ns#g/memory> { ?s a hy:Memory }";
    assert_eq!(rows(&opened, here).len(), 2);
}

#[test]
fn a_broken_query_is_told_where() {
    let opened = household();
    let error = refused(&opened, "SELECT ?s\nWHERE { ?s a hy:Memory ");
    assert!(error.message().contains("line 2, column"), "{error}");
    let error = refused(&opened, "SELECT * { ?s ex:thing ?o }");
    assert!(error.next_step().unwrap().contains("schema"), "{error:?}");
    assert_eq!(refused(&opened, " ").kind(), ErrorKind::Invalid);
}

#[test]
fn limits_are_kept() {
    let opened = household();
    let text = |bytes: usize| format!("SELECT * {{ }} #{}", "x".repeat(bytes - "SELECT * { } #".len()));
    assert!(ask(&opened, &text(MAX_SPARQL_BYTES), &[], Moment::default()).is_ok());
    assert_eq!(refused(&opened, &text(MAX_SPARQL_BYTES + 1)).kind(), ErrorKind::TooLarge);
    let nested = |depth: usize| format!("SELECT * {}{}", "{".repeat(depth), "}".repeat(depth));
    assert!(ask(&opened, &nested(MAX_NESTING), &[], Moment::default()).is_ok());
    assert_eq!(refused(&opened, &nested(MAX_NESTING + 1)).kind(), ErrorKind::TooLarge);
    let limited = |limit| opened.memory.query(&QueryRequest { limit, ..QueryRequest::new(EVERYTHING) });
    let first = limited(3).unwrap();
    assert_eq!((first.rows.len(), first.is_more), (3, true));
    let all = limited(MAX_ROWS).unwrap();
    assert!(!all.is_more && all.rows.len() > 3);
    let exactly = limited(all.rows.len()).unwrap();
    assert!(!exactly.is_more, "nothing was left out");
    for wrong in [0, MAX_ROWS + 1] {
        assert_eq!(limited(wrong).unwrap_err().kind(), ErrorKind::Invalid);
    }
    let long = "x".repeat(MAX_ANSWER_BYTES / 2 + 1);
    for number in 0..2 {
        let document = note(&format!("/v/{number}.md"), &format!("{long}{number}"), &[]);
        opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    }
    let texts = "SELECT ?t { ?s a hy:Source ; schema:text ?t }";
    let answer = ask(&opened, texts, &[], Moment::default()).unwrap();
    assert_eq!((answer.rows.len(), answer.is_more), (1, true));
    let both = "SELECT (GROUP_CONCAT(?t) AS ?all) { ?s a hy:Source ; schema:text ?t }";
    assert_eq!(refused(&opened, both).kind(), ErrorKind::TooLarge);
}

#[test]
fn no_query_goes_on_for_ever() {
    let opened = household();
    for number in 0..30 {
        opened.memory.remember(NewMemory::new(format!("note {number}")), &Agent::owner()).unwrap();
    }
    for text in [
        // Joined by nothing: the evaluator multiplies what it has read, without reading more.
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
        "SELECT ?z { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l BIND(1 AS ?z) FILTER(?a = ?l) } ORDER BY ?a",
        // Joined by what all of them share.
        "SELECT (COUNT(*) AS ?n) { ?a a ?t . { SELECT ?t { ?b a ?t } } { SELECT ?t { ?c a ?t } } { SELECT ?t { ?d a ?t } }
            { SELECT ?t { ?e a ?t } } { SELECT ?t { ?f a ?t } } }",
        "SELECT (COUNT(*) AS ?n) { ?a a ?t . ?b a ?t . ?c a ?t . ?d a ?t . ?e a ?t . ?f a ?t }",
        // Texts that double.
        "SELECT ?e { ?s schema:text ?a BIND(CONCAT(?a, ?a, ?a, ?a, ?a, ?a, ?a, ?a) AS ?b)
            BIND(CONCAT(?b, ?b, ?b, ?b, ?b, ?b, ?b, ?b) AS ?c) BIND(CONCAT(?c, ?c, ?c, ?c, ?c, ?c, ?c, ?c) AS ?d)
            BIND(CONCAT(?d, ?d, ?d, ?d, ?d, ?d, ?d, ?d) AS ?e) BIND(CONCAT(?e, ?e, ?e, ?e, ?e, ?e, ?e, ?e) AS ?f)
            BIND(CONCAT(?f, ?f, ?f, ?f, ?f, ?f, ?f, ?f) AS ?g) BIND(CONCAT(?g, ?g, ?g, ?g, ?g, ?g, ?g, ?g) AS ?h)
            BIND(CONCAT(?h, ?h, ?h, ?h, ?h, ?h, ?h, ?h) AS ?i) FILTER(STRLEN(?i) > 1) }",
        "SELECT (COUNT(*) AS ?n) { ?a (hy:x|!hy:x)* ?b . ?c (hy:x|!hy:x)* ?d . ?e (hy:x|!hy:x)* ?f }",
    ] {
        let error = refused(&opened, text);
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{text}: {error}");
    }
    assert_eq!(rows(&opened, "SELECT (COUNT(*) AS ?n) { ?s a hy:Memory }"), ["32"], "others go on");
}

#[test]
fn a_deep_query_needs_no_more_stack_than_there_is() {
    let opened = household();
    let fill = |piece: &str, start: &str, end: &str| {
        format!("{start}{}{end}", piece.repeat((MAX_SPARQL_BYTES - start.len() - end.len()) / piece.len()))
    };
    for text in [
        fill("+1", "SELECT (1", " AS ?x) {}"),
        fill("!", "SELECT * { FILTER(", "true) }"),
        fill("-", "SELECT (", "1 AS ?x) {}"),
        fill("{}UNION", "SELECT * {", "{}}"),
        fill("/hy:a", "SELECT * { ?s hy:a", " ?o }"),
        fill("^", "SELECT * { ?s ", "hy:a ?o }"),
        fill("FILTER(1)", "SELECT * {", "}"),
        fill("OPTIONAL{}", "SELECT * {", "}"),
        fill("||1", "SELECT * { FILTER(1", ") }"),
        fill("(", "SELECT * {", ""),
        fill("<<(", "SELECT * { ?s ?p ", ""),
        fill("NOT EXISTS{", "SELECT * { FILTER ", ""),
    ] {
        let _ = ask(&opened, &text, &[], Moment::default());
    }
    // An update too, in earnest or not, whatever the stack of whoever asks; where a quote is misread there are more brackets.
    let misread = "'''\n' ''' ";
    let (hidden, brought) = (
        format!("INSERT {{ <urn:a> <urn:b> 1 }} WHERE {{ ?s ?p {misread} FILTER("),
        format!("INSERT DATA {{ <urn:a> <urn:b> {misread} ; <urn:c> "),
    );
    for (start, piece, end) in [
        ("INSERT { <urn:a> <urn:b> 1 } WHERE { FILTER(", "!", "true) }"),
        ("INSERT { <urn:a> <urn:b> 1 } WHERE { FILTER(1", "+1", ") }"),
        ("INSERT { <urn:a> <urn:b> 1 } WHERE {", "{}UNION", "{}}"),
        ("INSERT { <urn:a> <urn:b> 1 } WHERE { ?s <urn:a>", "/<urn:a>", " ?o }"),
        (&hidden, "(", ""),
        (&brought, "(", ""),
        ("INSERT DATA { <urn:a> <urn:b> ", "[ <urn:c> ", ""),
    ] {
        for most in [MAX_SPARQL_BYTES, MAX_UPDATE_BYTES] {
            let text = format!("{start}{}{end}", piece.repeat((most - start.len() - end.len()) / piece.len()));
            for is_dry_run in [true, false] {
                let update = SparqlUpdate { text: text.clone(), is_dry_run, ..SparqlUpdate::default() };
                let memory = opened.memory.clone();
                let change = move || memory.sparql_update(&update, &Agent::owner(), &Interrupt::new()).map(drop);
                let small = std::thread::Builder::new().stack_size(512 << 10);
                let _ = small.spawn(change).unwrap().join().unwrap();
            }
        }
    }
    let update = |text: &str| SparqlUpdate { text: text.to_owned(), ..SparqlUpdate::default() };
    let change = |text: &str| opened.memory.sparql_update(&update(text), &Agent::owner(), &Interrupt::new());
    let long = "x".repeat(MAX_SPARQL_BYTES);
    assert_eq!(change(&format!("DELETE WHERE {{ ?s ?p '{long}' }}")).unwrap_err().kind(), ErrorKind::TooLarge);
    let data = format!("INSERT DATA {{ <urn:a> <urn:b> 'where {long}' }} ; DELETE WHERE {{ ?s <urn:b> ?o }}");
    assert_eq!(change(&data).unwrap().added, 0, "what is brought may be long, and stands before");

    let ids = |count: usize| format!("SELECT * {{ VALUES ?x {{ {}}} }}", "1 ".repeat(count));
    assert_eq!(rows(&opened, &ids(100)).len(), 100);
    let path = |steps: usize| format!("SELECT * {{ ?s hy:a{} ?o }}", "/hy:a".repeat(steps));
    assert!(rows(&opened, &path(MAX_OPERATIONS / 2)).is_empty());
    assert_eq!(refused(&opened, &path(MAX_OPERATIONS)).kind(), ErrorKind::TooLarge);
    let nested = format!("SELECT ({}1{} AS ?x) {{}}", "(".repeat(MAX_NESTING - 1), ")".repeat(MAX_NESTING - 1));
    assert_eq!(rows(&opened, &nested), ["1"]);
}

#[test]
fn answers_are_written_in_the_usual_formats() {
    let opened = household();
    let written = |text: &str, format| {
        let request = QueryRequest { format: Some(format), ..QueryRequest::new(text) };
        opened.memory.query(&request).map(|answer| answer.text.unwrap())
    };
    let select = "SELECT ?name { ?s skos:prefLabel ?name } ORDER BY ?name LIMIT 1";
    assert_eq!(written(select, AnswerFormat::Csv).unwrap(), "name\r\nAcme\r\n");
    assert_eq!(written(select, AnswerFormat::Tsv).unwrap(), "?name\n\"Acme\"\n");
    assert!(written(select, AnswerFormat::Json).unwrap().contains("\"bindings\""));
    let construct = "CONSTRUCT { ?s skos:prefLabel ?n } WHERE { ?s skos:prefLabel ?n }";
    assert!(written(construct, AnswerFormat::Turtle).unwrap().contains("@prefix skos:"));
    assert_eq!(written(construct, AnswerFormat::NTriples).unwrap().lines().count(), 3);
    assert!(written("ASK {}", AnswerFormat::Json).unwrap().contains("true"));
    for format in [AnswerFormat::Turtle, AnswerFormat::NTriples] {
        assert_eq!(written(select, format).unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!("excel".parse::<AnswerFormat>().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_has_ended_by_now_is_no_plain_statement_though_nothing_was_written_since() {
    let folder = tempfile::tempdir().unwrap();
    let start = 1_750_000_000_000;
    let opened = Opened { memory: common::open_at(folder.path(), start), folder: tempfile::tempdir().unwrap() };
    let hour = 3_600_000;
    let until = |object: &str, hours: Option<i64>| NewMemory {
        valid_to: hours.map(|hours| Timestamp::from_millis(start + hours * hour)),
        ..NewMemory::fact(Statement::new("Mirela", "knows", object))
    };
    for new in [until("Oskar", Some(1)), until("Ada", Some(3)), until("Ben", None)] {
        opened.memory.remember(new, &Agent::owner()).unwrap();
    }
    let known = "SELECT ?name { ?who schema:knows ?whom . ?whom skos:prefLabel ?name }";
    let seen = |opened: &Opened, spaces: &[&str]| lines(&ask(opened, known, spaces, Moment::default()).unwrap());
    for spaces in [&[][..], &["personal"]] {
        assert_eq!(seen(&opened, spaces), ["Ada", "Ben", "Oskar"], "{spaces:?}");
    }
    opened.memory.close().unwrap();
    drop(opened);
    let later =
        Opened { memory: common::open_at(folder.path(), start + 2 * hour), folder: tempfile::tempdir().unwrap() };
    for spaces in [&[][..], &["personal"]] {
        assert_eq!(seen(&later, spaces), ["Ada", "Ben"], "{spaces:?}");
    }
    let hits = later.memory.recall(&Question::new("whom does Mirela know")).unwrap().hits;
    assert!(hits.iter().all(|hit| !hit.text.contains("Oskar")) && hits.len() == 2, "nor recalled");
    let tied = later.memory.graph(&hydra_graph::GraphRequest::new("Mirela")).unwrap();
    assert!(!format!("{tied:?}").contains("Oskar"), "nor tied");
}

#[test]
fn what_ended_and_was_forgotten_is_a_statement_of_no_moment() {
    let opened = household();
    let [from, then, to] = ["2020-01-01", "2021-01-01", "2022-01-01"].map(day);
    let stay = NewMemory {
        valid_from: Some(from),
        valid_to: Some(to),
        ..NewMemory::fact(Statement::new("Mirela", "lives in", "Uppsala"))
    };
    let stay = opened.memory.remember(stay, &Agent::owner()).unwrap();
    let lived = "SELECT ?name { ?who schema:homeLocation ?home . ?home skos:prefLabel ?name }";
    let at = Moment { true_at: Some(then), ..Moment::default() };
    let seen = |moment| lines(&ask(&opened, lived, &[], moment).unwrap()).contains(&"Uppsala".to_owned());
    assert!(seen(at) && !seen(Moment::default()));
    opened.memory.forget(&[stay.id], None, &Agent::owner()).unwrap();
    assert!(!seen(at) && !seen(Moment::default()));
}
