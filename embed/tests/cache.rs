//! A cached vector is right or not there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use hydra_embed::{CacheKey, Embedding, Signs, VectorCache};

const DIMENSIONS: usize = 8;
const TOKENS: usize = 3;
const RECORD_BYTES: usize = 16 + 2 + 4 + 2 * DIMENSIONS + TOKENS + 4;

fn open(path: &Path) -> VectorCache {
    VectorCache::new(path, "m", DIMENSIONS)
}

fn embedding(number: usize) -> Embedding {
    let vector = (0..DIMENSIONS).map(|at| (number * DIMENSIONS + at) as f32 / 64.0).collect();
    Embedding { vector, tokens: Signs(vec![number as u8; TOKENS]) }
}

fn key(cache: &VectorCache, number: usize) -> CacheKey {
    cache.key(&format!("text {number}"))
}

/// A closed cache with ten vectors.
fn filled() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deep/vectors.cache");
    let cache = open(&path);
    for number in 0..10 {
        cache.put(&[(key(&cache, number), &embedding(number))]).unwrap();
    }
    (home, path)
}

fn held(path: &Path) -> Vec<usize> {
    let cache = open(path);
    (0..10)
        .filter(|number| {
            let found = cache.get(&key(&cache, *number)).unwrap().map(|(found, _)| found);
            assert!(found.is_none() || found == Some(embedding(*number)));
            found.is_some()
        })
        .collect()
}

#[test]
fn vectors_come_back_after_reopening() {
    let (_home, path) = filled();
    assert_eq!(held(&path), (0..10).collect::<Vec<_>>());
    let cache = open(&path);
    assert_eq!(cache.get(&cache.key("never seen")).unwrap(), None);
    assert_eq!(cache.count().unwrap(), 10);
}

#[test]
fn a_vector_is_written_once() {
    let (_home, path) = filled();
    let before = fs::metadata(&path).unwrap().len();
    let cache = open(&path);
    cache.put(&[(key(&cache, 3), &embedding(3))]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), before);
}

#[test]
fn a_torn_tail_is_cut_and_the_next_vector_fits() {
    for torn in [1, 17, RECORD_BYTES - 1] {
        let (_home, path) = filled();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - torn]).unwrap();
        assert_eq!(held(&path), (0..9).collect::<Vec<_>>());
        let cache = open(&path);
        cache.put(&[(key(&cache, 9), &embedding(9))]).unwrap();
        drop(cache);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn a_flipped_byte_costs_one_vector_which_can_be_put_again() {
    let (_home, path) = filled();
    let whole = fs::read(&path).unwrap();
    let start = whole.len() - 5 * RECORD_BYTES;
    for at in start..start + RECORD_BYTES {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(held(&path), [0, 1, 2, 3, 4, 6, 7, 8, 9], "byte {at}");
    }
    let cache = open(&path);
    assert_eq!(cache.get(&key(&cache, 5)).unwrap(), None);
    cache.put(&[(key(&cache, 5), &embedding(5))]).unwrap();
    assert_eq!(held(&path), (0..10).collect::<Vec<_>>());
}

/// A power cut may leave the length but not the bytes.
#[test]
fn a_tail_of_zeros_is_not_served() {
    let (_home, path) = filled();
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 2 * RECORD_BYTES..].fill(0);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(held(&path), (0..8).collect::<Vec<_>>());
}

#[test]
fn another_model_or_a_file_that_is_no_cache_starts_a_new_one() {
    let (_home, path) = filled();
    let other = VectorCache::new(&path, "other", DIMENSIONS);
    assert_eq!(other.count().unwrap(), 0);
    drop(other);
    assert_eq!(held(&path), Vec::<usize>::new());
    for content in ["", "x", "something that is longer than the header of a cache"] {
        fs::write(&path, content).unwrap();
        let cache = open(&path);
        cache.put(&[(key(&cache, 1), &embedding(1))]).unwrap();
        assert_eq!(held(&path), [1]);
    }
}

#[test]
fn compacting_keeps_what_is_asked_for_and_takes_more_after() {
    let (_home, path) = filled();
    let cache = open(&path);
    let kept = [key(&cache, 2), key(&cache, 7)];
    cache.compact(|key| kept.contains(key)).unwrap();
    assert_eq!(cache.count().unwrap(), 2);
    cache.put(&[(key(&cache, 4), &embedding(4))]).unwrap();
    assert_eq!(cache.get(&key(&cache, 7)).unwrap().unwrap().0, embedding(7));
    drop(cache);
    assert_eq!(held(&path), [2, 4, 7]);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_remembered_place_is_read_alone_and_never_for_another_text() {
    let (_home, path) = filled();
    let cache = open(&path);
    let place = |number: usize| cache.put(&[(key(&cache, number), &embedding(number))]).unwrap()[0].unwrap();
    let (second, third) = (place(2), place(3));
    assert_eq!(cache.tokens_at(second, &key(&cache, 2)).unwrap(), Some(embedding(2).tokens));
    assert_eq!(cache.tokens_at(third, &key(&cache, 2)).unwrap(), None);
    assert_eq!(cache.tokens_at(1 << 40, &key(&cache, 2)).unwrap(), None);
    cache.compact(|kept| *kept == key(&cache, 3)).unwrap();
    assert_eq!(cache.tokens_at(third, &key(&cache, 3)).unwrap(), None, "it has moved");
    assert_eq!(cache.tokens_at(place(3), &key(&cache, 3)).unwrap(), Some(embedding(3).tokens));
}

#[test]
fn damage_that_is_too_long_ends_the_file() {
    let (_home, path) = filled();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.split_off(bytes.len() - RECORD_BYTES);
    bytes.extend(std::iter::repeat_n(7, 64 * 1024 + 1));
    bytes.extend(&last);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(held(&path), (0..9).collect::<Vec<_>>());
}

#[test]
fn texts_and_models_have_keys_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| VectorCache::new(home.path().join("c"), name, DIMENSIONS);
    assert_ne!(at("a").key("bc"), at("ab").key("c"));
    assert_ne!(at("a").key("b"), at("a").key("c"));
    assert_eq!(at("a").key("b"), at("a").key("b"));
}
