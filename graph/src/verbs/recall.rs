//! `recall`: candidates from every index, ranked (`ranking/`), filtered and packed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::packing::{Packed, pack};
use crate::catch_up::IndexDriver;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::{IndexQuery, Scored};
use crate::memory::Inner;
use crate::question::{MAX_HITS, MAX_QUERY_BYTES, Mode, Question, Reason, Recalled};
use crate::ranking::{Candidates, Ranking, Weights};
use crate::space;
use crate::store::View;
use crate::trace::{Trace, UnkeptAnswer};

/// Candidates asked of full text.
const CANDIDATES: usize = 160;
/// The same for a deep recall.
const DEEP_CANDIDATES: usize = 500;
/// Of every other index so many times fewer: what is near in meaning is near the top.
const FEWER: usize = 2;
/// When filters leave too few hits, so many times more are asked for, up to the maximum.
const WIDER: usize = 8;
pub(super) const MAX_CANDIDATES: usize = 6_400;
/// How long recall waits for the texts that were written just before it was asked.
const OWN_WRITES: Duration = Duration::from_millis(250);

pub(crate) fn recall(inner: &Inner, question: &Question, weights: &Weights) -> Result<Recalled> {
    let (recalled, answer) = recall_unkept(inner, question, weights)?;
    answer.keep(inner);
    Ok(recalled)
}

/// As [`recall`], but nobody can look at the answer later before it is kept.
pub(crate) fn recall_unkept(inner: &Inner, question: &Question, weights: &Weights) -> Result<(Recalled, UnkeptAnswer)> {
    check(question)?;
    let asked = inner.traces.drops();
    let mut degraded = Vec::new();
    wait_for_own_writes(inner, &mut degraded);
    let view = inner.view()?;
    question.moment.check(inner, &view)?;
    let Packed { hits, dropped, left_out, .. } = find(inner, &view, question, weights, &mut degraded)?;
    let recalled = Recalled { hits, degraded, trace_id: inner.mint.mint(inner.now()), dropped };
    let answer = UnkeptAnswer::new(Trace::new(question, &recalled, &left_out), asked);
    Ok((recalled, answer))
}

/// Finds hits in one view, looking further down the lists while filters leave too few.
pub(crate) fn find(
    inner: &Inner,
    view: &View<'_>,
    question: &Question,
    weights: &Weights,
    degraded: &mut Vec<String>,
) -> Result<Packed> {
    let least = if question.mode == Mode::Deep { DEEP_CANDIDATES } else { CANDIDATES };
    let mut limit = least.max(question.limit);
    let ranking = Ranking::new(inner, view, question, weights);
    let mut excluded = HashMap::new();
    loop {
        let mut notes = Vec::new();
        let (candidates, is_all) = search(&ranking, limit, &mut notes);
        let packed = pack(&ranking, ranking.rank(candidates)?, &mut excluded)?;
        if packed.is_full || is_all || limit >= MAX_CANDIDATES {
            degraded.append(&mut notes);
            return Ok(packed);
        }
        limit = (limit * WIDER).min(MAX_CANDIDATES);
    }
}

/// Refuses a question that cannot be asked.
pub(crate) fn check(question: &Question) -> Result<()> {
    if question.text.trim().is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "the question is empty")
            .hint("ask with a few words, as in `hydra recall \"who fixed the printer\"`"));
    }
    if question.text.len() > MAX_QUERY_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the question has {} bytes; {MAX_QUERY_BYTES} are read", question.text.len()),
        )
        .hint("ask with the words that matter; to keep a long text, use remember"));
    }
    if question.limit == 0 || question.limit > MAX_HITS {
        return Err(Error::new(ErrorKind::Invalid, format!("a limit of {} hits", question.limit))
            .hint(format!("ask for 1 to {MAX_HITS}")));
    }
    question.spaces.iter().try_for_each(|name| space::check(name))
}

/// What was acknowledged before the question must be found by its words.
pub(super) fn wait_for_own_writes(inner: &Inner, degraded: &mut Vec<String>) {
    let head = inner.head.get();
    for driver in inner.drivers.read().iter() {
        if driver.index.name() == "text" && !driver.wait_for(head, OWN_WRITES) {
            let far = how_far(driver);
            degraded.push(format!("the full-text index is catching up{far}: the newest texts may be missing"));
        }
    }
}

/// How far an index that catches up is, in brackets; nothing before it has begun.
fn how_far(driver: &IndexDriver) -> String {
    let [done, total] = [&driver.progress.done, &driver.progress.total].map(|count| count.load(Ordering::Relaxed));
    if total == 0 { String::new() } else { format!(" ({done} of {total} texts)") }
}

/// Asks every index; one that cannot answer is named in `degraded`.
///
/// Returns also whether no index has more.
fn search(ranking: &Ranking<'_>, limit: usize, degraded: &mut Vec<String>) -> (Candidates, bool) {
    let Ranking { inner, question, .. } = *ranking;
    let mut is_all = true;
    let words = IndexQuery {
        text: &question.text,
        spaces: &question.spaces,
        // What answers may be a passage of what is asked for.
        kinds: &[],
        limit,
        past: ranking.past.as_deref(),
        newest: question.moment.newest_id(),
    };
    let meaning = IndexQuery { limit: (limit / FEWER).max(question.limit), ..words.clone() };
    let mut candidates = Candidates::new();
    let drivers = inner.drivers.read();
    for driver in drivers.iter() {
        let index = &driver.index;
        if let Some(reason) = index.degraded() {
            degraded.push(reason);
            continue;
        }
        let query = if index.name() == "text" { &words } else { &meaning };
        match index.search(query) {
            Ok(found) => {
                is_all &= found.len() < query.limit;
                let found = found.into_iter().filter(|found| found.score.is_finite());
                for (rank, Scored { id, score }) in found.enumerate() {
                    let reason = Some(Reason { rank: Some(rank + 1), score });
                    let why = &mut candidates.entry(id).or_default().why;
                    if index.name() == "text" { why.lexical = reason } else { why.dense = reason }
                }
            }
            Err(error) => degraded.push(error.to_string()),
        }
        if index.name() != "text" && index.stamp() != inner.head.get() && index.degraded().is_none() {
            let (name, far) = (index.name(), how_far(driver));
            degraded.push(format!("the {name} index is catching up{far}: the newest texts are found by words only"));
        }
    }
    // Taken again below; taking it twice would wait for ever once somebody waits to attach or close.
    drop(drivers);
    // A text that only the words found still has a cosine.
    let missing: Vec<Id> = candidates.iter().filter(|(_, c)| c.why.dense.is_none()).map(|(id, _)| *id).collect();
    for (id, score) in missing.iter().zip(cosines(inner, question, &missing)) {
        if let (Some(score), Some(candidate)) = (score, candidates.get_mut(id)) {
            candidate.why.dense = Some(Reason { rank: None, score });
        }
    }
    (candidates, is_all)
}

/// Returns how alike texts are to the question in meaning, where an index can tell.
pub(crate) fn cosines(inner: &Inner, question: &Question, ids: &[Id]) -> Vec<Option<f32>> {
    let query = IndexQuery { text: &question.text, limit: ids.len(), ..IndexQuery::default() };
    let drivers = inner.drivers.read();
    let of_meaning = |driver: &&Arc<IndexDriver>| driver.index.name() != "text" && driver.index.degraded().is_none();
    let mut found = drivers.iter().filter(of_meaning).filter_map(|driver| driver.index.scores(&query, ids).ok());
    let scores = found.next().unwrap_or_else(|| vec![None; ids.len()]);
    scores.into_iter().map(|score| score.filter(|score| score.is_finite())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::mpsc;
    use std::thread;

    use parking_lot::Mutex;

    use super::*;
    use crate::index::{Index, Update};
    use crate::journal::Agent;
    use crate::memory::{Memory, Options};
    use crate::question::Hit;
    use crate::time::Timestamp;
    use crate::verbs::remember::NewMemory;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// An index of meaning that says of each text what the test says.
    struct Meaning {
        likeness: fn(&str) -> f32,
        texts: Mutex<BTreeMap<Id, String>>,
        stamp: Mutex<Option<Id>>,
        /// How many were asked for, each time.
        limits: Mutex<Vec<usize>>,
        /// Ids that nothing is known of are added, up to the limit.
        is_endless: bool,
        /// Done at the next search.
        meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl Meaning {
        fn new(likeness: fn(&str) -> f32) -> Self {
            Self {
                likeness,
                texts: Mutex::default(),
                stamp: Mutex::default(),
                limits: Mutex::default(),
                is_endless: false,
                meanwhile: Mutex::default(),
            }
        }

        fn attach(self, memory: &Memory) -> Arc<Self> {
            let index = Arc::new(self);
            memory.attach(Arc::clone(&index) as _, PATIENCE);
            assert!(memory.wait_for_indexes(PATIENCE));
            index
        }
    }

    impl Index for Meaning {
        fn name(&self) -> &'static str {
            "meaning"
        }
        fn stamp(&self) -> Option<Id> {
            *self.stamp.lock()
        }
        fn apply(&self, updates: &[Update]) -> Result<()> {
            let texts = updates.iter().filter_map(|update| Some((update.id, update.text.as_ref()?.text.clone())));
            self.texts.lock().extend(texts);
            Ok(())
        }
        fn seal(&self, commit: Id) -> Result<()> {
            *self.stamp.lock() = Some(commit);
            Ok(())
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
        fn reset(&self) -> Result<()> {
            *self.stamp.lock() = None;
            Ok(())
        }
        fn purge(&self, _: &[Id]) -> Result<()> {
            Ok(())
        }

        fn search(&self, query: &IndexQuery<'_>) -> Result<Vec<Scored>> {
            if let Some(meanwhile) = self.meanwhile.lock().take() {
                meanwhile();
            }
            self.limits.lock().push(query.limit);
            let texts = self.texts.lock();
            let mut found: Vec<Scored> =
                texts.iter().map(|(id, text)| Scored { id: *id, score: (self.likeness)(text) }).collect();
            if self.is_endless {
                found.extend((1..).map(|n| Scored { id: Id(n), score: 0.9 }).take(query.limit - found.len()));
            }
            Ok(found)
        }
        fn scores(&self, _query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
            let texts = self.texts.lock();
            Ok(ids.iter().map(|id| texts.get(id).map(|text| (self.likeness)(text))).collect())
        }
        fn late_scores(&self, query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
            self.scores(query, ids)
        }
        fn ids(&self) -> Result<Vec<Id>> {
            Ok(self.texts.lock().keys().copied().collect())
        }
        fn degraded(&self) -> Option<String> {
            None
        }
    }

    fn open() -> (Memory, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let options =
            Options { clock: Arc::new(|| Timestamp::from_millis(1_750_000_000_000)), holder: "a test".into() };
        (Memory::open(folder.path(), options).unwrap(), folder)
    }

    fn tell(memory: &Memory, space: &str, text: &str) -> Id {
        let new = NewMemory { space: space.into(), ..NewMemory::new(text) };
        memory.remember(new, &Agent::owner()).unwrap().id
    }

    #[test]
    fn an_index_that_comes_while_another_is_asked_stops_nobody() {
        let (memory, _folder) = open();
        tell(&memory, "personal", "The ladder leans behind the garage.");
        let index = Meaning::new(|_| 0.5).attach(&memory);
        let other = memory.clone();
        *index.meanwhile.lock() = Some(Box::new(move || {
            thread::spawn(move || other.attach(Arc::new(Meaning::new(|_| 0.5)), PATIENCE));
            // Long enough for it to wait in line.
            thread::sleep(Duration::from_millis(200));
        }));
        let (done, answered) = mpsc::channel();
        thread::spawn(move || done.send(memory.recall(&Question::new("garage")).unwrap().hits.len()));
        assert_eq!(answered.recv_timeout(PATIENCE), Ok(1));
    }

    #[test]
    fn a_score_that_is_no_number_is_none() {
        let (memory, _folder) = open();
        let texts = ["The ladder is quite tall.", "The ladder is tall.", "The ladder is odd."];
        let ids = texts.map(|text| tell(&memory, "personal", text));
        Meaning::new(|text| if text.contains("odd") { f32::NAN } else { text.len() as f32 / 100.0 }).attach(&memory);
        let hits = memory.recall(&Question::new("ladder")).unwrap().hits;
        let known: Vec<Id> = hits.iter().map(|hit| hit.id).filter(|id| *id != ids[2]).collect();
        assert_eq!((hits.len(), known.as_slice()), (3, &ids[..2]));
        assert!(hits.iter().all(|hit| hit.score.is_finite()));
        let odd = hits.iter().find(|hit| hit.id == ids[2]).unwrap();
        assert_eq!((odd.why.dense, odd.why.late), (None, None));
    }

    #[test]
    fn what_is_not_embedded_yet_is_found_by_its_word_all_the_same() {
        let (memory, _folder) = open();
        for n in 0..20 {
            tell(&memory, "personal", &format!("The keeper of station {n} saw calm seas at dawn."));
        }
        let new = tell(&memory, "personal", "The keeper quernstone saw calm seas at dawn.");
        // Not a number stands for not embedded.
        Meaning::new(|text| if text.contains("quernstone") { f32::NAN } else { 0.6 }).attach(&memory);
        assert_eq!(memory.recall(&Question::new("quernstone")).unwrap().hits[0].id, new);
    }

    #[test]
    fn other_spaces_neither_lead_nor_are_told_of() {
        let (memory, _folder) = open();
        let secret = tell(&memory, "b", "A secret: we met Wilhelmina Prat at night.");
        let ours = tell(&memory, "a", "Then Wilhelmina Prat came late.");
        tell(&memory, "a", "The treasurer keeps the keys.");
        Meaning::new(|text| if text.contains("secret") { 0.9 } else { 0.3 }).attach(&memory);
        let ask = |spaces: &[&str]| {
            let spaces = spaces.iter().map(|space| (*space).to_owned()).collect();
            let question = Question { spaces, ..Question::new("who is the treasurer") };
            memory.recall(&question).unwrap().hits.into_iter().find(|hit| hit.id == ours).unwrap().why
        };
        let everywhere = ask(&[]);
        assert_eq!(everywhere.led_by.map(|lead| (lead.name, lead.from)), Some(("wilhelmina prat".to_owned(), secret)));
        let inside = ask(&["a"]);
        assert_eq!((inside.led_by, inside.names), (None, None));
    }

    #[test]
    fn recall_looks_further_only_as_far_as_it_has_to() {
        let (memory, _folder) = open();
        for text in ["The ladder is tall.", "The ladder is red."] {
            tell(&memory, "personal", text);
        }
        let index = Meaning { is_endless: true, ..Meaning::new(|_| 0.9) }.attach(&memory);
        let asked = |limit: usize, mode: Mode| {
            index.limits.lock().clear();
            let hits = memory.recall(&Question { limit, mode, ..Question::new("what is it") }).unwrap().hits.len();
            (hits, index.limits.lock().clone())
        };
        assert_eq!(
            asked(3, Mode::Fast),
            (2, [CANDIDATES, CANDIDATES * WIDER, MAX_CANDIDATES].map(|n| n / FEWER).to_vec())
        );
        assert_eq!(
            asked(3, Mode::Deep),
            (2, [DEEP_CANDIDATES, DEEP_CANDIDATES * WIDER, MAX_CANDIDATES].map(|n| n / FEWER).to_vec())
        );
        assert_eq!(asked(2, Mode::Fast), (2, vec![CANDIDATES / FEWER]), "the last candidate may be the last hit");
    }

    #[test]
    fn turns_that_only_links_find_are_no_siblings() {
        let (memory, _folder) = open();
        let turn = |text: &str| NewMemory { session: Some("call".into()), ..NewMemory::new(text) };
        let turns = ["Where is the ladder?", "Behind the garage.", "Thank you.", "Any time."].map(turn);
        memory.remember_all(turns.into(), &Agent::owner()).unwrap();
        let hits = memory.recall(&Question::new("ladder")).unwrap().hits;
        let share = |hit: &Hit| hit.why.graph.map_or(0.0, |reason| reason.score);
        let top = hits.iter().map(share).fold(0.0, f32::max);
        let weights = Weights::CHOSEN;
        let mut walked = 0;
        for hit in hits.iter().filter(|hit| hit.why.lexical.is_none()) {
            let expected = weights.links * share(hit) / top / weights.highest();
            assert!((hit.score - expected).abs() < 2e-4, "{}: {} is not {expected}", hit.text, hit.score);
            walked += 1;
        }
        assert_eq!(walked, 3);
    }

    #[test]
    fn odd_questions_are_answered() {
        let (memory, _folder) = open();
        let texts = ["x", "ß", "日", "👩‍🚀", "2023", "Anna Lindqvist came.", "Ｈｙｄｒａ"];
        for text in texts {
            tell(&memory, "personal", text);
        }
        Meaning::new(|_| 0.1).attach(&memory);
        let long = |part: &str| part.repeat(MAX_QUERY_BYTES / part.len());
        let questions =
            ["?", "\0", "👩‍🚀", "\u{202e}\u{200b}", "' 's ’s", "--- 2023-", "ago", "a ago", "1000 years ago", "+999-1-1"]
                .map(str::to_owned)
                .into_iter()
                .chain(["x", "X ", "Ab ", "日", "ﷺ", "\u{301}", "2023-05 ", "Anna Lindqvist ", "İ", "'"].map(long));
        for text in questions {
            for mode in [Mode::Fast, Mode::Deep] {
                let question = Question { mode, ..Question::new(text.as_str()) };
                let start = text.chars().take(20).collect::<String>();
                let hits = memory.recall(&question).unwrap_or_else(|error| panic!("{start}: {error}")).hits;
                assert!(hits.iter().all(|hit| (0.0..=1.0).contains(&hit.score)), "{start}");
            }
        }
        for text in texts {
            let found = memory.recall(&Question::new(text)).unwrap().hits;
            assert!(text == "👩‍🚀" || found[0].text == text, "{text}");
        }
    }
}
