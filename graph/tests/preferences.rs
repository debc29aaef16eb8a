//! Preferences: what was said is in force at once and corrected at once, what was inferred needs two independent voices, and
//! nothing is told twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, open};
use hydra_graph::{
    Agent, ContextRequest, ErrorKind, GetView, Id, Kind, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_PREFERENCE_BYTES,
    NewMemory, NewPreference, OBSERVATIONS_TO_HOLD, Polarity, Preference, Question, Record, RememberStatus, Remembered,
    Standing, TimelineRequest, UpdateOp,
};

fn wish(text: &str) -> NewMemory {
    NewMemory { kind: Kind::Preference, ..NewMemory::new(text) }
}

fn of_topic(text: &str, topic: &str) -> NewMemory {
    let preference = NewPreference { topic: Some(topic.into()), ..NewPreference::default() };
    NewMemory { preference, ..wish(text) }
}

/// What an agent concludes in a conversation.
fn guess(text: &str, session: &str) -> NewMemory {
    let preference = NewPreference { is_inferred: true, ..NewPreference::default() };
    NewMemory { preference, session: Some(session.into()), ..wish(text) }
}

fn tell(opened: &Opened, new: NewMemory) -> Remembered {
    opened.memory.remember(new, &Agent::owner()).unwrap()
}

fn told_by(opened: &Opened, new: NewMemory, agent: &Agent) -> Remembered {
    opened.memory.remember(new, agent).unwrap()
}

fn record(opened: &Opened, id: Id) -> Record {
    opened.memory.get(&[id], GetView::Full).unwrap().remove(0).record.unwrap()
}

fn preference(opened: &Opened, id: Id) -> Preference {
    record(opened, id).preference.unwrap()
}

fn context(opened: &Opened, about: Option<&str>) -> String {
    let request =
        ContextRequest { about: about.map(str::to_owned), budget_tokens: Some(1_200), ..ContextRequest::default() };
    opened.memory.context(&request).unwrap().text
}

fn claude() -> Agent {
    Agent::named("claude")
}

#[test]
fn what_was_said_is_in_force_at_once_and_never_told_twice() {
    let opened = open();
    let first = told_by(&opened, wish("I prefer tea over coffee."), &claude());
    assert_eq!(first.status, RememberStatus::Inserted);
    let known = first.preference.unwrap();
    assert_eq!((known.status, known.inferred, known.polarity), (Standing::InForce, false, Polarity::For));
    assert_eq!((known.topic.as_deref(), known.value.as_str()), (Some("coffee or tea"), "tea"));
    for again in ["I prefer  Tea to coffee", "The user prefers tea over coffee", "i prefer tea over coffee!"] {
        let again = told_by(&opened, wish(again), &claude());
        assert_eq!((again.id, again.status), (first.id, RememberStatus::Duplicate));
    }
    let now = preference(&opened, first.id);
    assert_eq!((now.times_seen, now.observations), (4, 1), "one who repeats it is one voice");
    tell(&opened, NewMemory::new("I prefer tea over coffee"));
    let shown = context(&opened, Some("tea"));
    assert_eq!(shown.matches("prefer tea").count(), 1, "{shown}");
    assert!(shown.starts_with("## Preferences\n- I prefer tea over coffee."), "{shown}");
    assert_eq!(shown, context(&opened, Some("tea")));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn a_correction_ends_the_old_one_and_one_undo_restores_it() {
    for (old, new) in [
        (of_topic("prefers coffee", "hot drinks"), of_topic("prefers tea", "Hot  drinks")),
        (wish("Prefers tabs"), wish("avoids tabs")),
        (wish("I like jazz"), wish("I don't like jazz")),
        (wish("Always use tabs in Go code"), wish("Never use tabs in Go code")),
        (wish("I prefer coffee over tea"), wish("I prefer tea to coffee")),
        (of_topic("Prefers tea", "hot drinks"), wish("I no longer like tea")),
        (of_topic("Mornings are for work", "mornings"), of_topic("Mornings are for sleep", "mornings")),
    ] {
        let opened = open();
        let first = tell(&opened, old.clone());
        let second = tell(&opened, new.clone());
        assert_eq!((second.status, &second.ended), (RememberStatus::Superseded, &vec![first.id]), "{new:?}");
        let was = record(&opened, first.id);
        assert_eq!((was.ended_by, was.valid_to.is_some()), (Some(second.id), true));
        assert_eq!(record(&opened, second.id).revision_of, Some(first.id));
        let shown = context(&opened, None);
        assert!(shown.contains(&new.text) && !shown.contains(&old.text), "{shown}");
        let hits = opened.memory.recall(&Question::new(&old.text)).unwrap().hits;
        assert!(hits.iter().all(|hit| hit.id != first.id));
        for id in [first.id, second.id] {
            let events = opened.memory.timeline(&TimelineRequest::new(id.to_string())).unwrap().events;
            assert!(
                events.iter().any(|event| event.id == first.id) && events.iter().any(|event| event.id == second.id)
            );
        }
        opened.memory.undo(second.commit, &Agent::owner()).unwrap();
        let back = record(&opened, first.id);
        assert_eq!((back.valid_to, back.ended_by), (None, None));
        assert!(context(&opened, None).contains(&old.text));
        assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    }
}

#[test]
fn what_does_not_contradict_stays() {
    let opened = open();
    let elsewhere = NewMemory { applies_to: Some("src/atlas".into()), ..wish("Avoid tabs") };
    let work = NewMemory { space: "work".into(), ..wish("Avoid tabs") };
    for new in [
        wish("Prefers tabs"),
        elsewhere,
        work,
        wish("Avoid spaces"),
        wish("Avoid semicolons"),
        wish("I like jazz"),
        wish("I like rock"),
        wish("Mirela prefers coffee over tea"),
        wish("I prefer tea over coffee"),
        wish("It is complicated, I would say"),
        wish("It is complicated, you would say"),
        of_topic("Prefers tea", "breakfast"),
    ] {
        let told = tell(&opened, new.clone());
        assert_eq!((told.status, told.ended.len()), (RememberStatus::Inserted, 0), "{new:?}");
    }
}

#[test]
fn a_guess_is_a_candidate_until_a_second_conversation_says_the_same() {
    let opened = open();
    let first = told_by(&opened, guess("I prefer tea over coffee", "Monday"), &claude());
    let known = first.preference.clone().unwrap();
    assert_eq!((known.status, known.inferred, known.observations), (Standing::Candidate, true, 1));
    assert!(!context(&opened, Some("tea or coffee")).contains("tea over"), "nobody said so");
    let hits = opened.memory.recall(&Question::new("tea or coffee")).unwrap().hits;
    assert_eq!(hits[0].preference.as_ref().unwrap().status, Standing::Candidate);
    // Two turns of one conversation are one voice, and who does not say where it comes from is none.
    told_by(&opened, guess("I prefer tea to coffee", " monday "), &claude());
    told_by(&opened, NewMemory { session: None, ..guess("I prefer tea to coffee", "") }, &claude());
    let known = preference(&opened, first.id);
    assert_eq!((known.status, known.observations, known.times_seen), (Standing::Candidate, 1, 3));
    let second = told_by(&opened, guess("The user prefers tea to coffee", "Friday"), &claude());
    assert_eq!(second.id, first.id);
    let known = second.preference.unwrap();
    assert_eq!((known.status, known.inferred, known.observations), (Standing::InForce, true, OBSERVATIONS_TO_HOLD));
    assert_eq!(record(&opened, first.id).derived_from.len(), 2, "both conversations are evidence");
    assert!(context(&opened, None).contains("inferred from 2 observations"));
    opened.memory.undo(second.commit, &Agent::owner()).unwrap();
    assert_eq!(preference(&opened, first.id).status, Standing::Candidate);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_was_read_is_only_a_candidate_and_one_word_of_the_owner_confirms_it() {
    let opened = open();
    let first = told_by(&opened, NewMemory { said_by: Some("a page".into()), ..wish("Avoid tabs") }, &Agent::ingest());
    assert_eq!(first.preference.unwrap().status, Standing::Candidate);
    let said = tell(&opened, wish("I avoid tabs"));
    let known = said.preference.unwrap();
    assert_eq!((said.id, known.status, known.inferred), (first.id, Standing::InForce, false));
    assert_eq!(record(&opened, first.id).trust, "owner", "the owner stands for it now");
    let unsure = tell(&opened, NewMemory { confidence: Some(0.4), ..wish("I like rain") });
    assert!(unsure.preference.unwrap().inferred, "an unsure word is a guess");
}

#[test]
fn a_refused_guess_does_not_come_back_unless_it_is_said() {
    for is_forgotten in [true, false] {
        let opened = open();
        let first = told_by(&opened, guess("I like jazz", "one"), &claude());
        if is_forgotten {
            opened.memory.forget(&[first.id], None, &Agent::owner()).unwrap();
        } else {
            opened.memory.update(first.id, UpdateOp::Retract, None, &Agent::owner()).unwrap();
        }
        let before = opened.memory.status().unwrap().head;
        for session in ["two", "three"] {
            let again = told_by(&opened, guess("The user likes jazz", session), &claude());
            assert_eq!((again.id, again.status), (first.id, RememberStatus::Refused));
            let mut renamed = guess("The user likes jazz", session);
            renamed.preference.topic = Some("music".into());
            assert_eq!(told_by(&opened, renamed, &claude()).status, RememberStatus::Refused);
        }
        assert_eq!(opened.memory.status().unwrap().head, before, "nothing was written");
        let said = told_by(&opened, wish("I like jazz"), &claude());
        assert!(said.id != first.id && said.preference.unwrap().status == Standing::InForce);
        let guessed = told_by(&opened, guess("I like jazz", "four"), &claude());
        assert_eq!((guessed.id, guessed.status), (said.id, RememberStatus::Duplicate));
    }
}

#[test]
fn no_number_of_guesses_ends_what_was_said() {
    let opened = open();
    let said = tell(&opened, of_topic("prefers tea", "hot drinks"));
    let about = |session: &str| {
        let mut new = guess("prefers coffee", session);
        new.preference.topic = Some("hot drinks".into());
        new
    };
    let guesses: Vec<Remembered> = (0..5).map(|n| told_by(&opened, about(&format!("talk {n}")), &claude())).collect();
    let known = preference(&opened, guesses[0].id);
    assert_eq!((known.status, known.observations), (Standing::Candidate, 5));
    assert!(record(&opened, said.id).valid_to.is_none());
    let shown = context(&opened, None);
    assert!(shown.contains("prefers tea") && !shown.contains("coffee"), "{shown}");

    // Who is trusted less may say otherwise, and then the owner settles it.
    let other = told_by(&opened, of_topic("prefers water", "hot drinks"), &claude());
    assert_eq!((other.status, other.ended.len()), (RememberStatus::Conflict, 0));
    assert_eq!(other.preference.unwrap().status, Standing::Candidate);
    assert!(!context(&opened, None).contains("water"));
    let conflict = opened.memory.conflicts(&[]).unwrap().remove(0);
    assert_eq!((conflict.sides[0].id, conflict.voices.len()), (said.id, 2), "the owner's is first");
    let settled = opened.memory.update(conflict.id, UpdateOp::Settle(other.id), None, &Agent::owner()).unwrap();
    assert!(context(&opened, None).contains("prefers water"));
    opened.memory.undo(settled.commit, &Agent::owner()).unwrap();
    let repeated = tell(&opened, of_topic("prefers tea", "hot drinks"));
    assert_eq!(repeated.status, RememberStatus::Duplicate);
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty(), "the owner said it again: that settles it");
}

/// All orders of a few.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for order in orders(count - 1) {
        for at in 0..count {
            let mut order = order.clone();
            order.insert(at, count - 1);
            all.push(order);
        }
    }
    all
}

#[test]
fn any_order_of_the_same_observations_ends_in_the_same_state() {
    let opened = open();
    // Tea in two conversations and twice in one of them; coffee in one or in two.
    for (coffee, expected) in [
        (&["four"][..], ["tea in_force 2 3", "coffee candidate 1 1"]),
        (&["four", "five"][..], ["tea candidate 2 3", "coffee candidate 2 2"]),
    ] {
        let seen: Vec<(&str, &str)> = [("tea", "one"), ("tea", "one"), ("tea", "two")]
            .into_iter()
            .chain(coffee.iter().map(|session| ("coffee", *session)))
            .collect();
        for order in orders(seen.len()) {
            let mut ids = std::collections::BTreeMap::new();
            for at in &order {
                let (value, session) = seen[*at];
                let mut new = guess(&format!("prefers {value}"), session);
                new.preference.topic = Some(format!("drinks {order:?}"));
                ids.insert(value, told_by(&opened, new, &claude()).id);
            }
            let state = ["tea", "coffee"].map(|value| {
                let known = preference(&opened, ids[value]);
                format!("{value} {} {} {}", known.status.as_str(), known.observations, known.times_seen)
            });
            assert_eq!(state, expected, "{order:?}");
            let is_side = |record: &Record| record.id == ids["tea"];
            let open = opened.memory.conflicts(&[]).unwrap();
            let contested = open.iter().filter(|conflict| conflict.sides.iter().any(is_side)).count();
            assert_eq!(contested, usize::from(coffee.len() > 1), "{order:?}");
        }
    }
}

#[test]
fn a_preference_shows_where_it_applies() {
    let opened = open();
    let scoped = |text: &str, scope: &str| NewMemory { applies_to: Some(scope.into()), ..wish(text) };
    tell(&opened, scoped("Always use tabs", "src/atlas"));
    let named = tell(&opened, scoped("Never use colours", "Atlas"));
    tell(&opened, wish("I like short answers"));
    for (about, shown) in [
        (None, [false, false]),
        (Some("/home/ann/src/atlas/main.rs"), [true, true]),
        (Some("the release of atlas"), [false, true]),
        (Some("src/other"), [false, false]),
    ] {
        let text = context(&opened, about);
        assert_eq!([text.contains("Always use tabs"), text.contains("Never use colours")], shown, "{about:?}: {text}");
        assert!(text.contains("short answers"), "{about:?}");
    }
    assert!(context(&opened, Some("atlas")).contains("against, for Atlas"));
    let events = opened.memory.timeline(&TimelineRequest::new("Atlas")).unwrap().events;
    assert!(events.iter().any(|event| event.id == named.id), "what applies to it is about it");
    assert_eq!(preference(&opened, named.id).scope.as_deref(), Some("Atlas"));
}

#[test]
fn limits_and_what_fits_nothing_are_refused() {
    let opened = open();
    let refused = |new: NewMemory, kind: ErrorKind, part: &str| {
        let error = opened.memory.remember(new, &Agent::owner()).unwrap_err();
        assert!(error.kind() == kind && error.message().contains(part) && error.next_step().is_some(), "{error}");
    };
    let long = |bytes: usize| "x".repeat(bytes);
    tell(&opened, wish(&long(MAX_PREFERENCE_BYTES)));
    refused(wish(&long(MAX_PREFERENCE_BYTES + 1)), ErrorKind::TooLarge, "4097");
    tell(&opened, of_topic("x", &long(MAX_NAME_BYTES)));
    refused(of_topic("x", &long(MAX_NAME_BYTES + 1)), ErrorKind::TooLarge, "topic");
    refused(of_topic("x", " "), ErrorKind::Invalid, "topic");
    let scoped = |bytes: usize| NewMemory { applies_to: Some(format!("/{}", long(bytes - 1))), ..wish("I like it") };
    tell(&opened, scoped(MAX_PATH_BYTES));
    refused(scoped(MAX_PATH_BYTES + 1), ErrorKind::TooLarge, "scope");
    refused(NewMemory { kind: Kind::Fact, ..of_topic("x", "y") }, ErrorKind::Invalid, "topic");
    refused(
        NewMemory { applies_to: Some("x".into()), ..NewMemory::new("x") },
        ErrorKind::Invalid,
        "applies to nothing",
    );
    assert!("sometimes".parse::<Polarity>().is_err());
}

#[test]
fn a_guess_said_otherwise_is_still_a_guess() {
    let opened = open();
    let first = told_by(&opened, guess("I like jazz", "one"), &claude());
    let op = UpdateOp::Supersede("I love jazz".into());
    let changed = opened.memory.update(first.id, op, None, &claude()).unwrap().replaced_by.unwrap();
    assert_eq!(preference(&opened, changed).status, Standing::Candidate);
    let op = UpdateOp::Supersede("I adore jazz of the fifties".into());
    let last = opened.memory.update(changed, op, None, &Agent::owner()).unwrap().replaced_by.unwrap();
    let known = preference(&opened, last);
    assert_eq!((known.status, known.topic.as_deref()), (Standing::InForce, Some("jazz")));
}

/// A way in which what is in force falls, by name, in one commit.
type Fall<'o> = (&'static str, Box<dyn Fn() -> Id + 'o>);

fn falls(opened: &Opened, id: Id, conflict: Option<Id>) -> Vec<Fall<'_>> {
    let owner = Agent::owner;
    let update = move |id, op| opened.memory.update(id, op, None, &owner()).unwrap().commit;
    let mut falls: Vec<Fall<'_>> = vec![
        ("retracted", Box::new(move || update(id, UpdateOp::Retract))),
        ("forgotten", Box::new(move || opened.memory.forget(&[id], None, &owner()).unwrap().commit.unwrap())),
        ("corrected", Box::new(move || update(id, UpdateOp::Supersede("I prefer trains over planes".into())))),
        (
            "ended",
            Box::new(move || {
                update(
                    id,
                    UpdateOp::End(
                        opened.memory.get(&[id], GetView::Full).unwrap()[0]
                            .record
                            .as_ref()
                            .unwrap()
                            .recorded_at
                            .max(hydra_graph::Timestamp::from_millis(1_750_000_000_000)),
                    ),
                )
            }),
        ),
    ];
    if let Some(conflict) = conflict {
        let sides = opened.memory.conflicts(&[]).unwrap().remove(0).sides;
        let other = sides.iter().map(|side| side.id).find(|side| *side != id).unwrap();
        falls.push(("settled", Box::new(move || update(conflict, UpdateOp::Settle(other)))));
        falls.push(("both kept", Box::new(move || update(conflict, UpdateOp::KeepAll))));
    }
    falls
}

#[test]
fn what_a_preference_held_back_is_weighed_again_when_it_falls() {
    let coffee = || of_topic("prefers coffee", "hot drinks");
    let guessed = |session: &str| NewMemory {
        preference: NewPreference { is_inferred: true, ..coffee().preference },
        session: Some(session.into()),
        ..coffee()
    };
    for sessions in [&[][..], &["Monday"], &["Monday", "Friday"]] {
        let opened = open();
        let tea = tell(&opened, of_topic("prefers tea", "hot drinks"));
        let told: Vec<Remembered> = match sessions {
            [] => vec![told_by(&opened, coffee(), &claude())],
            sessions => sessions.iter().map(|session| told_by(&opened, guessed(session), &claude())).collect(),
        };
        let (held_back, conflict) = (told[0].id, told[0].conflict);
        assert_eq!(conflict.is_some(), sessions.is_empty());
        let before = preference(&opened, held_back);
        assert_eq!(before.status, Standing::Candidate);
        for (how, fall) in falls(&opened, tea.id, conflict) {
            let commit = fall();
            let expected = if sessions.len() == 1 { Standing::Candidate } else { Standing::InForce };
            assert_eq!(preference(&opened, held_back).status, expected, "{how}, {sessions:?}");
            assert!(opened.memory.conflicts(&[]).unwrap().is_empty(), "{how}");
            opened.memory.undo(commit, &Agent::owner()).unwrap();
            assert_eq!(preference(&opened, held_back), before, "{how}, taken back");
            assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), usize::from(conflict.is_some()));
        }
        assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    }
}

#[test]
fn of_two_guesses_that_contradict_each_other_the_one_that_is_left_is_in_force() {
    let opened = open();
    let guesses = ["prefers tea", "prefers coffee"].map(|text| {
        let told = ["Monday", "Friday"].map(|session| {
            let mut guess = of_topic(text, "hot drinks");
            (guess.preference.is_inferred, guess.session) = (true, Some(format!("{text} {session}")));
            told_by(&opened, guess, &claude()).id
        });
        told[0]
    });
    assert_eq!(guesses.map(|id| preference(&opened, id).status), [Standing::Candidate; 2]);
    let forgotten = opened.memory.forget(&guesses[..1], None, &Agent::owner()).unwrap();
    assert_eq!(preference(&opened, guesses[1]).status, Standing::InForce);
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty());
    opened.memory.undo(forgotten.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(guesses.map(|id| preference(&opened, id).status), [Standing::Candidate; 2]);
    let request = hydra_graph::ForgetRequest {
        ids: guesses[1..].to_vec(),
        mode: hydra_graph::ForgetMode::Erase,
        ..Default::default()
    };
    opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ()).unwrap();
    assert_eq!(preference(&opened, guesses[0]).status, Standing::InForce, "erased too");
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn of_several_that_were_held_back_what_was_said_last_is_in_force() {
    let opened = open();
    let tea = tell(&opened, of_topic("prefers tea", "hot drinks")).id;
    let [coffee, cocoa] =
        ["prefers coffee", "prefers cocoa"].map(|text| told_by(&opened, of_topic(text, "hot drinks"), &claude()).id);
    let commit = opened.memory.update(tea, UpdateOp::Retract, None, &Agent::owner()).unwrap().commit;
    assert_eq!(record(&opened, coffee).ended_by, Some(cocoa));
    assert_eq!(preference(&opened, cocoa).status, Standing::InForce);
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty());
    opened.memory.undo(commit, &Agent::owner()).unwrap();
    assert_eq!((record(&opened, coffee).ended_by, preference(&opened, cocoa).status), (None, Standing::Candidate));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn who_is_trusted_less_settles_nothing_by_saying_the_owners_words_again() {
    let opened = open();
    let tea = tell(&opened, of_topic("prefers tea", "hot drinks"));
    let coffee = told_by(&opened, of_topic("prefers coffee", "hot drinks"), &claude());
    assert_eq!(coffee.status, RememberStatus::Conflict);
    let mut guessed = guess("prefers tea", "Monday");
    guessed.preference.topic = Some("hot drinks".into());
    for again in [of_topic("prefers tea", "hot drinks"), guessed] {
        let again = told_by(&opened, again, &claude());
        assert_eq!((again.id, again.status), (tea.id, RememberStatus::Duplicate));
        assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), 1, "it stays in dispute");
    }
    assert_eq!(tell(&opened, of_topic("prefers tea", "hot drinks")).id, tea.id);
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty(), "until the owner says so");
}

#[test]
fn what_is_restored_is_weighed_as_if_it_were_told_now() {
    let opened = open();
    let update = |id, op| opened.memory.update(id, op, None, &Agent::owner()).unwrap().commit;
    for (speaker, expected) in [(Agent::owner(), Standing::InForce), (claude(), Standing::Candidate)] {
        let topic = speaker.name.clone();
        let tea = told_by(&opened, of_topic("prefers tea", &topic), &speaker).id;
        update(tea, UpdateOp::Retract);
        let coffee = tell(&opened, of_topic("prefers coffee", &topic)).id;
        let restored = update(tea, UpdateOp::Restore);
        assert_eq!(preference(&opened, tea).status, expected, "{topic}");
        let other = record(&opened, coffee);
        assert_eq!(other.ended_by, (expected == Standing::InForce).then_some(tea), "{topic}: not both at once");
        opened.memory.undo(restored, &Agent::owner()).unwrap();
        assert_eq!(record(&opened, coffee).ended_by, None);
    }
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}
