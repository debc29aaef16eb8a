//! What is near is found, by any number of threads, while the index changes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deterministic;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use deterministic::Deterministic;
use hydra_embed::{Embedder, Embedding, QuestionEmbedding, VectorCache, VectorIndex};
use hydra_graph::{Error, ErrorKind, Id, Index, IndexQuery, IndexText, Result, Scored, Update};

const DIMENSIONS: usize = 64;

fn open(home: &Path, embedder: Arc<dyn Embedder>) -> VectorIndex {
    let cache = VectorCache::new(home.join("vectors.cache"), embedder.name(), embedder.dimensions());
    VectorIndex::open(&home.join("index"), embedder, cache).unwrap()
}

fn update(id: u64, text: &str) -> Update {
    Update { id: Id(id), text: Some(IndexText { text: text.to_owned(), ..IndexText::default() }) }
}

fn ask(text: &str, limit: usize) -> IndexQuery<'_> {
    IndexQuery { text, limit, ..IndexQuery::default() }
}

/// Six words out of a vocabulary of 300, different for each number: some texts share words, as real ones do.
fn words(number: u64) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("w{}", state % 300)
    };
    (0..6).map(|_| word()).collect::<Vec<_>>().join(" ")
}

#[test]
fn nearly_all_true_neighbours_are_found() {
    let home = tempfile::tempdir().unwrap();
    let embedder = Arc::new(Deterministic::new("m", DIMENSIONS));
    let index = open(home.path(), embedder.clone());
    const TEXTS: u64 = 5_000;
    let updates: Vec<Update> = (1..=TEXTS).map(|id| update(id, &words(id))).collect();
    index.apply(&updates).unwrap();
    let vectors: Vec<_> = (1..=TEXTS).map(|id| embedder.embed_query(&words(id)).unwrap().vector).collect();

    let (mut found, mut sought) = (0, 0);
    for number in 0..100 {
        let question = words(1_000_000 + number);
        let vector = embedder.embed_query(&question).unwrap().vector;
        let cosine = |other: &[f32]| vector.iter().zip(other).map(|(x, y)| x * y).sum::<f32>();
        let mut exact: Vec<(f32, Id)> = vectors.iter().zip(1..).map(|(other, id)| (cosine(other), Id(id))).collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0));
        let hits = index.search(&ask(&question, 10)).unwrap();
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        for (score, id) in &exact[..10] {
            sought += 1;
            if let Some(hit) = hits.iter().find(|hit| hit.id == *id) {
                found += 1;
                assert!((hit.score - score).abs() < 0.002, "{} for {score}", hit.score);
            }
        }
    }
    assert!(found * 100 >= sought * 97, "recall@10 is {found} of {sought}");
}

#[test]
fn scores_are_the_cosine_and_absent_ids_have_none() {
    let home = tempfile::tempdir().unwrap();
    let index = open(home.path(), Arc::new(Deterministic::new("m", DIMENSIONS)));
    index.apply(&[update(1, "red boat"), update(2, "blue car")]).unwrap();
    let query = ask("red boat", 10);
    let scores = index.scores(&query, &[Id(2), Id(7), Id(1)]).unwrap();
    let hits = index.search(&query).unwrap();
    assert_eq!(hits.len(), 2);
    assert!((scores[2].unwrap() - 1.0).abs() < 0.002);
    assert_eq!(scores[1], None);
    for (id, score) in [(Id(2), scores[0]), (Id(1), scores[2])] {
        let hit = hits.iter().find(|hit| hit.id == id).unwrap();
        assert!((hit.score - score.unwrap()).abs() < 0.002);
    }
}

#[test]
fn an_empty_index_and_a_limit_of_nothing_find_nothing() {
    let home = tempfile::tempdir().unwrap();
    let index = open(home.path(), Arc::new(Deterministic::new("m", DIMENSIONS)));
    assert_eq!(index.search(&ask("x", 5)).unwrap(), []);
    index.apply(&[update(1, "x")]).unwrap();
    assert_eq!(index.search(&ask("x", 0)).unwrap(), []);
    assert_eq!(index.search(&ask("x", 5)).unwrap().len(), 1);
}

/// More threads than may be inside at once search while texts come, change and go.
#[test]
fn many_threads_search_while_the_index_changes() {
    let home = tempfile::tempdir().unwrap();
    let index = open(home.path(), Arc::new(Deterministic::new("m", DIMENSIONS)));
    index.apply(&(1..=1_500).map(|id| update(id, &words(id))).collect::<Vec<_>>()).unwrap();
    let (done, searches) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..24_u64 {
            let (index, done, searches) = (&index, &done, &searches);
            scope.spawn(move || {
                let mut number = thread;
                while !done.load(Ordering::Relaxed) || number == thread {
                    // These stay: each must find itself, whatever happens around it.
                    let id = 1 + number % 500;
                    let hits = index.search(&ask(&words(id), 5)).unwrap();
                    assert!(hits.iter().any(|hit: &Scored| hit.id == Id(id)), "{id} was lost");
                    searches.fetch_add(1, Ordering::Relaxed);
                    number += 24;
                }
            });
        }
        for round in 0..2 {
            let changed: Vec<Update> = (501..=1_000).map(|id| update(id, &words(id + 10_000 * round))).collect();
            index.apply(&changed).unwrap();
            let gone: Vec<Update> = (1_001..=1_500).map(|id| Update { id: Id(id), text: None }).collect();
            index.apply(&gone).unwrap();
            index.apply(&(1_001..=1_500).map(|id| update(id, &words(id))).collect::<Vec<_>>()).unwrap();
            index.seal(Id(1 + round)).unwrap();
            index.flush().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(index.ids().unwrap().len(), 1_500);
    assert!(searches.into_inner() >= 24);
}

#[test]
fn a_text_seen_before_and_a_question_asked_again_cost_no_embedding() {
    let home = tempfile::tempdir().unwrap();
    let embedder = Arc::new(Deterministic::new("m", DIMENSIONS));
    let index = open(home.path(), embedder.clone());
    index.apply(&[update(1, "red boat"), update(2, "red boat"), update(3, "blue car")]).unwrap();
    assert_eq!(embedder.embedded(), 2);
    index.reset().unwrap();
    index.apply(&[update(4, "blue car"), update(5, "red boat")]).unwrap();
    assert_eq!(embedder.embedded(), 2);
    for _ in 0..3 {
        index.search(&ask("boat", 3)).unwrap();
        index.scores(&ask("boat", 3), &[Id(4)]).unwrap();
    }
    assert_eq!(embedder.embedded(), 3);
}

/// A model that is not there, or gives nonsense for one text.
struct Odd {
    inner: Deterministic,
    missing: AtomicBool,
}

impl Embedder for Odd {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }
    fn ready(&self) -> Result<()> {
        if self.missing.load(Ordering::Relaxed) {
            return Err(
                Error::new(ErrorKind::Unavailable, "no model: meaning search is off").hint("run `hydra models fetch`")
            );
        }
        Ok(())
    }
    fn embed(&self, texts: &[String]) -> Result<Vec<Embedding>> {
        self.ready()?;
        let mut made = self.inner.embed(texts)?;
        for (embedding, text) in made.iter_mut().zip(texts).filter(|(_, text)| *text == "nonsense") {
            embedding.vector = vec![f32::NAN; text.len().max(DIMENSIONS)];
        }
        Ok(made)
    }
    fn embed_query(&self, text: &str) -> Result<QuestionEmbedding> {
        self.ready()?;
        self.inner.embed_query(text)
    }
}

#[test]
fn without_a_model_nothing_is_pretended_and_the_way_out_is_named() {
    let home = tempfile::tempdir().unwrap();
    let odd = Arc::new(Odd { inner: Deterministic::new("m", DIMENSIONS), missing: AtomicBool::new(true) });
    let index = open(home.path(), odd.clone());
    assert_eq!(index.degraded().as_deref(), Some("no model: meaning search is off; run `hydra models fetch`"));
    assert_eq!(index.apply(&[update(1, "red boat")]).unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(index.search(&ask("boat", 3)).unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!((index.stamp(), index.ids().unwrap()), (None, vec![]));
    index.apply(&[Update { id: Id(1), text: None }]).unwrap();

    odd.missing.store(false, Ordering::Relaxed);
    assert_eq!(index.degraded(), None);
    index.apply(&[update(1, "red boat")]).unwrap();
    assert_eq!(index.search(&ask("boat", 3)).unwrap().len(), 1);
}

#[test]
fn a_vector_that_is_not_finite_is_left_out_and_holds_nothing_up() {
    let home = tempfile::tempdir().unwrap();
    let odd = Arc::new(Odd { inner: Deterministic::new("m", DIMENSIONS), missing: AtomicBool::new(false) });
    let index = open(home.path(), odd);
    index.apply(&[update(1, "red boat"), update(2, "nonsense"), update(3, "blue car")]).unwrap();
    assert_eq!(index.ids().unwrap(), [Id(1), Id(3)]);
    index.apply(&[update(1, "nonsense")]).unwrap();
    assert_eq!(index.ids().unwrap(), [Id(3)]);
    assert_eq!(index.cache().count().unwrap(), 2, "only usable vectors are remembered");
}

#[test]
fn word_pieces_are_compared_also_after_reopening_and_without_the_cache_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let embedder = Arc::new(Deterministic::new("m", DIMENSIONS));
    let index = open(home.path(), embedder.clone());
    index.apply(&[update(1, "red boat on the lake"), update(2, "blue car")]).unwrap();
    index.seal(Id(9)).unwrap();
    index.flush().unwrap();
    let ids = [Id(1), Id(2), Id(3)];
    let late = |index: &VectorIndex| index.late_scores(&ask("boat lake", 3), &ids).unwrap();
    let scores = late(&index);
    assert!(scores[0].unwrap() > 0.6 && scores[0].unwrap() > scores[1].unwrap() + 0.2, "{scores:?}");
    assert_eq!(scores[2], None);
    drop(index);
    let index = open(home.path(), embedder.clone());
    assert_eq!(late(&index), scores);
    index.cache().compact(|_| true).unwrap();
    assert_eq!(late(&index), scores, "compacting moves records");
    drop(index);
    std::fs::remove_file(home.path().join("vectors.cache")).unwrap();
    assert_eq!(late(&open(home.path(), embedder)), [None, None, None]);
}
