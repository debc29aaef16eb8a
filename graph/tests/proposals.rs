//! The enrichment queue: what models and agents propose, and what the owner makes of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::open;
use hydra_graph::{
    Agent, BareRequest, ErrorKind, Evidence, Id, MAX_BARE_LOOKED_AT, MAX_BARE_TEXTS, MAX_DECIDED, MAX_PENDING,
    MAX_PROPOSALS, Memory, NewMemory, NewProposal, Policy, ProposeStatus, Proposed, Question, Statement, Suggestion,
    UpdateOp,
};

fn tell(memory: &Memory, text: &str) -> Id {
    memory.remember(NewMemory::new(text), &Agent::owner()).unwrap().id
}

fn proposal(suggestion: Suggestion, source: Option<Id>) -> NewProposal {
    let evidence = source.into_iter().map(|id| Evidence { id, quote: None }).collect();
    NewProposal { suggestion, space: "personal".into(), evidence, confidence: 0.8 }
}

fn fact(subject: &str, predicate: &str, object: &str) -> Suggestion {
    Suggestion::Fact {
        subject: subject.into(),
        predicate: predicate.into(),
        object: object.into(),
        valid_from: None,
        valid_to: None,
    }
}

fn propose(memory: &Memory, new: NewProposal) -> Proposed {
    memory.propose(vec![new], None, &Agent::named("agent:m")).unwrap().remove(0)
}

fn accept(memory: &Memory, id: Id) -> hydra_graph::Decided {
    memory.accept(&[id], None, &Agent::owner()).unwrap().remove(0)
}

#[test]
fn a_proposal_changes_nothing_until_it_is_accepted_and_waits_again_when_that_is_undone() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "We saw Mirela at the pier. She has started at Acme.");
    let mut new = proposal(fact("Mirela", "works for", "Acme"), Some(source));
    new.evidence[0].quote = Some("started at Acme".into());
    let queued = propose(memory, new.clone());
    assert_eq!(queued.status, ProposeStatus::Queued, "{queued:?}");
    assert!(queued.would.as_ref().unwrap().contains("Mirela works for Acme"));
    let id = queued.id.unwrap();
    assert!(memory.entity("Mirela").is_err(), "not even the name");
    assert!(memory.recall(&Question::new("who works for Acme?")).unwrap().hits.iter().all(|hit| hit.id == source));
    let again = propose(memory, new);
    assert_eq!((again.status, again.id), (ProposeStatus::Counted, Some(id)));
    let waiting = memory.proposals(&[]).unwrap();
    assert_eq!((waiting.len(), waiting[0].times_seen, waiting[0].trust.as_str()), (1, 2, "agent"));
    assert!(memory.proposals(&["work".into()]).unwrap().is_empty());
    let done = accept(memory, id);
    assert!(done.error.is_none() && memory.proposals(&[]).unwrap().is_empty());
    let hits = memory.recall(&Question::new("Mirela works for Acme")).unwrap().hits;
    let told = hits.iter().find(|hit| hit.text == "Mirela works for Acme").unwrap();
    let record = memory.get(&[told.id], Default::default()).unwrap()[0].record.clone().unwrap();
    assert_eq!((record.trust.as_str(), record.agent.as_str()), ("agent", "agent:m"), "no more than its proposer");
    assert_eq!((record.derived_from, record.confidence), (vec![source], Some(0.8)));
    assert!(accept(memory, id).error.unwrap().contains("accepted already"));
    memory.undo(done.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(memory.proposals(&[]).unwrap().len(), 1, "it waits again");
    assert!(memory.recall(&Question::new("Mirela works for Acme")).unwrap().hits.iter().all(|hit| hit.id == source));
    assert!(accept(memory, id).error.is_none());
    assert!(memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn every_kind_does_what_it_says() {
    let opened = open();
    let memory = &opened.memory;
    let sources = [tell(memory, "Monday: rain."), tell(memory, "Tuesday: rain again.")];
    for name in ["Mirela", "M. Kovac"] {
        let about = NewMemory { entities: vec![name.into()], ..NewMemory::new(format!("{name} called")) };
        memory.remember(about, &Agent::owner()).unwrap();
    }
    let mut summary = proposal(
        Suggestion::Summary { text: "It rained for two days.".into(), entities: vec!["Weather".into()] },
        Some(sources[0]),
    );
    summary.evidence.push(Evidence { id: sources[1], quote: None });
    let all = vec![
        proposal(Suggestion::Alias { entity: "Mirela".into(), alias: "Miri".into() }, None),
        proposal(Suggestion::Merge { keep: "Mirela".into(), other: "M. Kovac".into() }, None),
        summary,
    ];
    let queued = memory.propose(all, None, &Agent::named("agent:m")).unwrap();
    assert!(queued.iter().all(|one| one.status == ProposeStatus::Queued), "{queued:?}");
    for one in &queued {
        let done = accept(memory, one.id.unwrap());
        assert!(done.error.is_none(), "{done:?}");
    }
    let shown = memory.entity("Miri").unwrap();
    assert_eq!((shown.name.as_str(), shown.stands_for.len()), ("Mirela", 1));
    let hits = memory.recall(&Question::new("It rained for two days.")).unwrap().hits;
    let summary = hits[0].id;
    memory.update(sources[1], UpdateOp::Retract, None, &Agent::owner()).unwrap();
    let record = memory.get(&[summary], Default::default()).unwrap()[0].record.clone().unwrap();
    assert_eq!((record.stale, record.derived_from.len()), (vec![sources[1]], 2));
}

#[test]
fn the_bad_of_a_batch_are_refused_one_by_one() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "Ghent is in Belgium.");
    memory.remember(NewMemory::fact(Statement::new("Ada", "lives in", "Ghent")), &Agent::owner()).unwrap();
    let mut misquoted = proposal(fact("Ada", "likes", "rain"), Some(source));
    misquoted.evidence[0].quote = Some("no such words".into());
    let unsure = NewProposal { confidence: 1.5, ..proposal(fact("Ada", "likes", "tea"), Some(source)) };
    let wrong = [
        (proposal(fact("Ada", "likes", "tea"), None), "rests on nothing"),
        (proposal(fact("Ada", "frobs", "tea"), Some(source)), "not a predicate"),
        (proposal(fact("Ada", "lives in", "Ghent"), Some(source)), "says that already"),
        (proposal(fact("Ada", "likes", "tea"), Some("01kgy3v5q2w8e".parse().unwrap())), "does not stand"),
        (misquoted, "does not stand in"),
        (unsure, "confidence"),
        (proposal(Suggestion::Merge { keep: "Ada".into(), other: "Nobody".into() }, None), "nothing is known"),
        (proposal(Suggestion::Alias { entity: "Ada".into(), alias: "ada".into() }, None), "already"),
    ];
    let mut all: Vec<NewProposal> = wrong.iter().map(|(new, _)| new.clone()).collect();
    all.push(proposal(fact("Ada", "likes", "tea"), Some(source)));
    let answers = memory.propose(all, None, &Agent::named("agent:m")).unwrap();
    for (answer, (_, why)) in answers.iter().zip(&wrong) {
        assert_eq!(answer.status, ProposeStatus::Refused);
        assert!(answer.error.as_ref().unwrap().contains(why), "{why}: {answer:?}");
    }
    assert_eq!(answers.last().unwrap().status, ProposeStatus::Queued);
    assert_eq!(memory.proposals(&[]).unwrap().len(), 1);
    assert_eq!(memory.propose(Vec::new(), None, &Agent::owner()).unwrap_err().kind(), ErrorKind::Invalid);
    let many = vec![proposal(fact("Ada", "likes", "tea"), Some(source)); MAX_PROPOSALS + 1];
    assert_eq!(memory.propose(many, None, &Agent::owner()).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn only_the_owner_decides_and_what_was_rejected_does_not_come_back() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "She ordered tea.");
    let new = proposal(fact("Ada", "likes", "tea"), Some(source));
    let id = propose(memory, new.clone()).id.unwrap();
    let helper = Agent::named("agent:m");
    for error in [memory.accept(&[id], None, &helper).unwrap_err(), memory.reject(&[id], None, &helper).unwrap_err()] {
        assert!(error.next_step().unwrap().contains("hydra proposals"), "{error:?}");
    }
    assert_eq!(memory.accept(&[], None, &Agent::owner()).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(memory.accept(&[id; MAX_DECIDED + 1], None, &Agent::owner()).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(accept(memory, source).error.unwrap().contains("not a proposal"));
    memory.reject(&[id], Some("she had coffee"), &Agent::owner()).unwrap();
    assert!(memory.proposals(&[]).unwrap().is_empty());
    assert_eq!(propose(memory, new.clone()).status, ProposeStatus::Decided);
    assert!(memory.proposals(&[]).unwrap().is_empty());
    let reopened = memory.propose(vec![new], None, &Agent::owner()).unwrap().remove(0);
    assert_eq!((reopened.status, reopened.id), (ProposeStatus::Queued, Some(id)));
    assert!(accept(memory, id).error.is_none());
}

#[test]
fn what_rests_on_something_that_fell_is_off_the_list() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "She ordered tea.");
    let id = propose(memory, proposal(fact("Ada", "likes", "tea"), Some(source))).id.unwrap();
    let forgotten = memory.forget(&[source], None, &Agent::owner()).unwrap();
    assert!(memory.proposals(&[]).unwrap().is_empty());
    assert!(accept(memory, id).error.unwrap().contains("does not stand"));
    memory.undo(forgotten.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(memory.proposals(&[]).unwrap().len(), 1);
    // The world may change in other ways too.
    memory.remember(NewMemory::fact(Statement::new("Ada", "likes", "tea")), &Agent::owner()).unwrap();
    assert!(memory.proposals(&[]).unwrap()[0].problem.as_ref().unwrap().contains("already"));
    assert!(accept(memory, id).error.is_some());
    assert_eq!(memory.proposals(&[]).unwrap().len(), 1, "it still waits");
}

#[test]
fn the_owners_word_is_not_ended_by_what_was_proposed() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "He is at Beta now.");
    let told = memory.remember(NewMemory::fact(Statement::new("Ben", "works for", "Acme")), &Agent::owner()).unwrap();
    let queued = propose(memory, proposal(fact("Ben", "works for", "Beta"), Some(source)));
    assert!(queued.would.unwrap().contains("in conflict"));
    accept(memory, queued.id.unwrap());
    assert_eq!(memory.conflicts(&[]).unwrap().len(), 1);
    let record = memory.get(&[told.id], Default::default()).unwrap()[0].record.clone().unwrap();
    assert!(record.valid_to.is_none());
}

#[test]
fn a_policy_accepts_what_it_names_and_is_sure_of() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "Ada likes tea, or so it seems.");
    memory.set_policy(Policy { kinds: vec!["fact".into()], least_confidence: 0.9 });
    let unsure = propose(memory, proposal(fact("Ada", "likes", "tea"), Some(source)));
    assert_eq!(unsure.status, ProposeStatus::Queued);
    let sure = NewProposal { confidence: 0.95, ..proposal(fact("Ada", "likes", "rum"), Some(source)) };
    let sure = propose(memory, sure);
    assert_eq!(sure.status, ProposeStatus::Accepted);
    let commit = memory.get(&[sure.commit.unwrap()], Default::default()).unwrap().remove(0).commits.remove(0);
    assert_eq!((commit.verb.as_str(), commit.agent.as_str()), ("accept", "policy"));
    memory.undo(commit.id, &Agent::owner()).unwrap();
    assert_eq!(memory.proposals(&[]).unwrap().len(), 2);
}

#[test]
fn the_queue_has_an_end() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "She has many tastes.");
    let other = tell(memory, "And more of them.");
    let mut number = 0;
    let mut new = |source| {
        number += 1;
        proposal(fact("Ada", "likes", &format!("thing {number}")), Some(source))
    };
    for source in [source, other] {
        for _ in 0..MAX_PENDING / 2 / MAX_PROPOSALS {
            let all = (0..MAX_PROPOSALS).map(|_| new(source)).collect();
            let answers = memory.propose(all, None, &Agent::named("agent:m")).unwrap();
            assert!(answers.iter().all(|one| one.status == ProposeStatus::Queued));
        }
    }
    let refused = propose(memory, new(source));
    assert!(refused.error.unwrap().contains(&MAX_PENDING.to_string()));
    memory.forget(&[other], None, &Agent::owner()).unwrap();
    assert_eq!(propose(memory, new(source)).status, ProposeStatus::Queued, "what is stale takes no room");
}

#[test]
fn texts_of_which_nothing_is_known_are_shown_newest_first() {
    let opened = open();
    let memory = &opened.memory;
    let named = NewMemory { entities: vec!["Ada".into()], ..NewMemory::new("Ada was here") };
    memory.remember(named, &Agent::owner()).unwrap();
    let ids: Vec<Id> = (0..=MAX_BARE_TEXTS).map(|number| tell(memory, &format!("text {number}"))).collect();
    let bare: Vec<Id> = memory.enrichment(&[]).unwrap().bare.into_iter().map(|record| record.id).collect();
    assert_eq!(bare, ids.iter().rev().take(MAX_BARE_TEXTS).copied().collect::<Vec<_>>());
    let newest = *ids.last().unwrap();
    propose(memory, proposal(fact("Ada", "likes", "tea"), Some(newest)));
    let enrichment = memory.enrichment(&[]).unwrap();
    assert_eq!(enrichment.waiting.len(), 1);
    assert!(!enrichment.bare.iter().any(|record| record.id == newest), "somebody is at it");
}

#[test]
fn all_of_the_queue_is_walked_in_stretches_and_what_came_since_alone() {
    let opened = open();
    let memory = &opened.memory;
    let telling = (0..MAX_BARE_LOOKED_AT + 5).map(|number| NewMemory::new(format!("text {number}"))).collect();
    let told = memory.remember_all(telling, &Agent::owner()).unwrap();
    let mut ids: Vec<Id> = told.iter().map(|told| told.id).collect();
    let unwanted = ids.remove(3);
    let mut request = BareRequest { limit: usize::MAX, ..BareRequest::default() };
    let (mut found, mut calls) = (Vec::new(), 0);
    loop {
        let stretch = memory.bare_texts(&request, &mut |id| id != unwanted).unwrap();
        found.extend(stretch.texts.into_iter().map(|record| record.id));
        calls += 1;
        request.after = stretch.next;
        if stretch.next.is_none() {
            break;
        }
    }
    ids.reverse();
    assert_eq!((found, calls), (ids, 2), "one call looks at {MAX_BARE_LOOKED_AT}");
    let head = memory.status().unwrap().head;
    let newest = tell(memory, "and one more");
    let since = BareRequest { since: head, limit: 10, ..BareRequest::default() };
    let texts = memory.bare_texts(&since, &mut |_| true).unwrap().texts;
    assert_eq!(texts.iter().map(|record| record.id).collect::<Vec<_>>(), [newest]);
    assert_eq!(memory.waiting_in("personal").unwrap(), 0);
    propose(memory, proposal(fact("Ada", "likes", "tea"), Some(newest)));
    assert_eq!((memory.waiting_in("personal").unwrap(), memory.waiting_in("work").unwrap()), (1, 0));
}

#[test]
fn what_rested_on_something_that_fell_waits_anew_when_it_is_proposed_with_what_stands() {
    let opened = open();
    let memory = &opened.memory;
    let (old, new) = (tell(memory, "She ordered tea."), tell(memory, "She drank the tea."));
    let id = propose(memory, proposal(fact("Ada", "likes", "tea"), Some(old))).id.unwrap();
    memory.forget(&[old], None, &Agent::owner()).unwrap();
    let again = propose(memory, proposal(fact("Ada", "likes", "tea"), Some(new)));
    assert_eq!((again.status, again.id), (ProposeStatus::Queued, Some(id)), "{again:?}");
    let waiting = memory.proposals(&[]).unwrap();
    assert_eq!((waiting.len(), waiting[0].times_seen, waiting[0].evidence[0].id), (1, 2, new));
    assert!(accept(memory, id).error.is_none());
    // What was rejected and rests on what fell is the owner's to propose again, with what stands.
    let wine = propose(memory, proposal(fact("Ada", "likes", "wine"), Some(new))).id.unwrap();
    memory.reject(&[wine], None, &Agent::owner()).unwrap();
    memory.forget(&[new], None, &Agent::owner()).unwrap();
    let other = tell(memory, "A glass of wine for Ada.");
    memory.propose(vec![proposal(fact("Ada", "likes", "wine"), Some(other))], None, &Agent::owner()).unwrap();
    assert!(accept(memory, wine).error.is_none());
    assert!(memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn the_policy_weighs_what_it_accepts() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "Ada likes tea, or so it seems.");
    let other = tell(memory, "Ada had three cups.");
    memory.set_policy(Policy { kinds: vec!["fact".into()], least_confidence: 0.9 });
    let of = |source, confidence| NewProposal { confidence, ..proposal(fact("Ada", "likes", "tea"), Some(source)) };
    let first = propose(memory, of(source, 0.8)).id.unwrap();
    assert_eq!(propose(memory, of(other, 0.5)).status, ProposeStatus::Counted);
    let waiting = memory.proposals(&[]).unwrap();
    assert_eq!((waiting[0].confidence, waiting[0].evidence[0].id), (0.8, source), "nobody surer said it");
    let sure = propose(memory, of(other, 0.95));
    assert_eq!((sure.status, sure.id), (ProposeStatus::Accepted, Some(first)));
    let hits = memory.recall(&Question::new("Ada likes tea")).unwrap().hits;
    let told = hits.iter().find(|hit| hit.text == "Ada likes tea").unwrap();
    let record = memory.get(&[told.id], Default::default()).unwrap()[0].record.clone().unwrap();
    assert_eq!((record.confidence, record.derived_from), (Some(0.95), vec![other]), "as it was weighed");
}

#[test]
fn an_id_tells_what_became_of_a_proposal() {
    let opened = open();
    let memory = &opened.memory;
    let source = tell(memory, "She ordered tea, and wine, and rum.");
    for name in ["Ada", "Adelaide"] {
        let about = NewMemory { entities: vec![name.into()], ..NewMemory::new(format!("{name} called")) };
        memory.remember(about, &Agent::owner()).unwrap();
    }
    let merge = Suggestion::Merge { keep: "Ada".into(), other: "Adelaide".into() };
    let ids =
        ["tea", "wine"].map(|thing| propose(memory, proposal(fact("Ada", "likes", thing), Some(source))).id.unwrap());
    let merge = propose(memory, proposal(merge, None)).id.unwrap();
    let shown = |id: Id| memory.get(&[id], Default::default()).unwrap().remove(0);
    let waiting = shown(ids[0]).proposal.unwrap();
    assert_eq!((waiting.status.as_str(), waiting.info.text.as_str()), ("waiting", "Ada likes tea"));
    assert!(waiting.words().contains("would be kept"), "{}", waiting.words());
    let accepted = accept(memory, ids[0]).commit.unwrap();
    let now = shown(ids[0]).proposal.unwrap();
    let told = memory.recall(&Question::new("Ada likes tea")).unwrap().hits;
    let told = told.iter().find(|hit| hit.text == "Ada likes tea").unwrap().id;
    assert_eq!((now.status.as_str(), now.commit, now.became.as_slice()), ("accepted", Some(accepted), &[told][..]));
    let rejected = memory.reject(&[ids[1]], None, &Agent::owner()).unwrap().remove(0).commit;
    let now = shown(ids[1]).proposal.unwrap();
    assert_eq!((now.status.as_str(), now.commit, now.decided_by.as_deref()), ("rejected", rejected, Some("owner")));
    accept(memory, merge);
    let now = shown(merge).proposal.unwrap();
    assert_eq!(now.became.len(), 2, "both entities: {now:?}");
    assert!(shown(merge).error.is_none());
    let rum = propose(memory, proposal(fact("Ada", "likes", "rum"), Some(source))).id.unwrap();
    memory.forget(&[source], None, &Agent::owner()).unwrap();
    assert_eq!(shown(rum).proposal.unwrap().status, "stale");
    let elsewhere = hydra_graph::GetRequest { ids: vec![rum], spaces: vec!["work".into()], ..Default::default() };
    let hidden = memory.get_as(&elsewhere).unwrap().remove(0);
    assert!(hidden.proposal.is_none() && hidden.error.is_some());
}
