//! Forgetting: shown first, never by a question alone, and only by whoever is trusted as much.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, ErrorKind, Evidence, ForgetAnswer, ForgetMode, ForgetPreview, ForgetRequest, GetView, Id,
    MAX_FORGET_CANDIDATES, MAX_FORGOTTEN, MAX_PREVIEWED, NewMemory, Question,
};

fn ask(opened: &Opened, request: ForgetRequest, agent: &Agent) -> hydra_graph::Result<ForgetAnswer> {
    opened.memory.forget_as(&request, agent, &mut |_, _| ())
}

fn preview(opened: &Opened, request: ForgetRequest) -> ForgetPreview {
    match ask(opened, request, &Agent::owner()).unwrap() {
        ForgetAnswer::Preview(preview) => preview,
        other => panic!("{other:?}"),
    }
}

fn dry(ids: &[Id]) -> ForgetRequest {
    ForgetRequest { ids: ids.to_vec(), is_dry_run: true, ..ForgetRequest::default() }
}

fn tell(opened: &Opened, text: &str, evidence: &[Id]) -> Id {
    let evidence = evidence.iter().map(|id| Evidence { id: *id, quote: None }).collect();
    opened.memory.remember(NewMemory { evidence, ..NewMemory::new(text) }, &Agent::owner()).unwrap().id
}

fn ids(listed: &[hydra_graph::Consequence]) -> Vec<Id> {
    listed.iter().map(|item| item.id).collect()
}

#[test]
fn a_dry_run_shows_what_forgetting_does_and_writes_nothing() {
    let opened = open();
    let address = tell(&opened, "Mirela lives in Ghent", &[]);
    let near = tell(&opened, "Send the invitation to Ghent", &[address]);
    let far = tell(&opened, "The stamp costs two euros", &[near]);
    let head = opened.memory.status().unwrap().head;
    let shown = preview(&opened, dry(&[address]));
    assert_eq!((ids(&shown.forgotten), ids(&shown.stale)), (vec![address], vec![near, far]));
    assert_eq!((shown.forgotten[0].text.as_str(), shown.dry_run), ("Mirela lives in Ghent", true));
    assert_eq!(opened.memory.status().unwrap().head, head);
    assert_eq!(opened.memory.recall(&Question::new("Mirela")).unwrap().hits[0].id, address);
    let both = preview(&opened, dry(&[address, near]));
    assert_eq!((ids(&both.forgotten), ids(&both.stale)), (vec![address, near], vec![far]), "what goes is not stale");

    ask(&opened, ForgetRequest { is_dry_run: false, ..dry(&[address]) }, &Agent::owner()).unwrap();
    let stale = |id| !opened.memory.get(&[id], GetView::Full).unwrap()[0].record.as_ref().unwrap().stale.is_empty();
    assert!(stale(near) && stale(far), "as it was shown");
    let again = preview(&opened, dry(&[address]));
    assert_eq!((again.already, again.forgotten.len()), (vec![address], 0));
}

#[test]
fn a_file_goes_with_its_passages() {
    let opened = open();
    let text: Vec<String> = (0..MAX_PREVIEWED).map(|number| format!("Paragraph {number}.")).collect();
    let receipts = opened.memory.put_documents(vec![note("/v/Long.md", &text.join("\n\n"), &[])], &Agent::ingest());
    assert!(receipts.iter().all(Result::is_ok));
    let source = opened.memory.sources(None).unwrap()[0].id;
    let shown = preview(&opened, dry(&[source]));
    assert_eq!((shown.forgotten.len(), shown.left_out), (MAX_PREVIEWED, 1), "all passages, and the source itself");
}

#[test]
fn a_question_shows_candidates_and_forgets_nothing() {
    let opened = open();
    for number in 0..=MAX_FORGET_CANDIDATES {
        tell(&opened, &format!("The old flat had {number} windows"), &[]);
    }
    let query = |query: &str| ForgetRequest { query: Some(query.into()), ..ForgetRequest::default() };
    for is_dry_run in [true, false] {
        let shown = preview(&opened, ForgetRequest { is_dry_run, ..query("old flat windows") });
        assert_eq!((shown.forgotten.len(), shown.dry_run), (MAX_FORGET_CANDIDATES, true));
    }
    let elsewhere = ForgetRequest { spaces: vec!["work".into()], ..query("old flat") };
    assert!(preview(&opened, elsewhere).forgotten.is_empty());
    let both = ForgetRequest { ids: vec![Id(7)], ..query("flat") };
    assert_eq!(ask(&opened, both, &Agent::owner()).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_is_not_allowed_is_refused_and_the_dry_run_says_so() {
    let opened = open();
    let own = tell(&opened, "The spare key hangs behind the meter", &[]);
    let agent = Agent::named("helper");
    let theirs = opened.memory.remember(NewMemory::new("The build is green"), &agent).unwrap().id;
    for is_dry_run in [true, false] {
        let refused = |request, agent: &Agent| {
            let error = ask(&opened, ForgetRequest { is_dry_run, ..request }, agent).unwrap_err();
            assert!(error.next_step().is_some(), "{error}");
            error.kind()
        };
        assert_eq!(refused(dry(&[own]), &agent), ErrorKind::Conflict, "an agent does not overrule the owner");
        assert_eq!(refused(dry(&[Id(7)]), &agent), ErrorKind::NotFound);
        assert_eq!(refused(dry(&[]), &agent), ErrorKind::Invalid);
        assert_eq!(refused(dry(&vec![own; MAX_FORGOTTEN + 1]), &agent), ErrorKind::TooLarge);
        let elsewhere = ForgetRequest { spaces: vec!["work".into()], ..dry(&[own]) };
        assert_eq!(refused(elsewhere, &Agent::owner()), ErrorKind::NotFound);
    }
    ask(&opened, ForgetRequest { is_dry_run: false, ..dry(&[theirs]) }, &agent).unwrap();
    assert!(opened.memory.recall(&Question::new("build green")).unwrap().hits.is_empty());
    assert_eq!("shred".parse::<ForgetMode>().unwrap_err().kind(), ErrorKind::Invalid);
}
