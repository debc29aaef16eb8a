//! What was sealed and flushed comes back; anything that is off means starting over, never a wrong answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deterministic;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deterministic::Deterministic;
use hydra_embed::{Embedder as _, VectorCache, VectorIndex};
use hydra_graph::{ErrorKind, Id, Index, IndexQuery, IndexText, Update};

const DIMENSIONS: usize = 32;
const STAMP: Id = Id(1 << 40);

fn open_as(home: &Path, name: &str) -> (VectorIndex, Arc<Deterministic>) {
    let embedder = Arc::new(Deterministic::new(name, DIMENSIONS));
    let cache = VectorCache::new(home.join("vectors.cache"), name, DIMENSIONS);
    (VectorIndex::open(&home.join("index"), embedder.clone(), cache).unwrap(), embedder)
}

fn open(home: &Path) -> VectorIndex {
    open_as(home, "m").0
}

fn update(id: u64, text: &str) -> Update {
    Update { id: Id(id), text: Some(IndexText { text: text.to_owned(), ..IndexText::default() }) }
}

fn best(index: &VectorIndex, text: &str) -> Option<Id> {
    let found = index.search(&IndexQuery { text, limit: 3, ..IndexQuery::default() }).unwrap();
    found.first().filter(|hit| hit.score > 0.8).map(|hit| hit.id)
}

/// A folder with three texts, sealed and flushed.
fn saved() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let index = open(home.path());
    assert_eq!(index.stamp(), None);
    index.apply(&[update(1, "red boat"), update(2, "blue car"), update(3, "green tree")]).unwrap();
    index.seal(STAMP).unwrap();
    index.flush().unwrap();
    home
}

fn names(home: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(home.join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn file(home: &Path, extension: &str) -> PathBuf {
    home.join(format!("index/vectors-{STAMP}.{extension}"))
}

/// After `damage` the index must start over, clean up, take everything in again from the cache, and be right.
fn starts_over(damage: impl Fn(&Path)) {
    let home = saved();
    damage(home.path());
    let (index, embedder) = open_as(home.path(), "m");
    assert_eq!(index.stamp(), None);
    assert_eq!(index.ids().unwrap(), []);
    assert_eq!(names(home.path()), Vec::<String>::new());
    index.apply(&[update(1, "red boat"), update(2, "blue car")]).unwrap();
    assert_eq!(embedder.embedded(), 0, "the cache knows these texts");
    assert_eq!(best(&index, "blue car"), Some(Id(2)));
}

#[test]
fn a_flushed_index_comes_back_without_the_model() {
    let home = saved();
    let (index, embedder) = open_as(home.path(), "m");
    assert_eq!(index.stamp(), Some(STAMP));
    assert_eq!(index.ids().unwrap(), [Id(1), Id(2), Id(3)]);
    assert_eq!(embedder.embedded(), 0);
    assert_eq!(best(&index, "boat red"), Some(Id(1)));
}

#[test]
fn a_mapped_index_turns_writable_at_the_first_change() {
    let home = saved();
    let index = open(home.path());
    index.apply(&[update(4, "yellow bird"), update(1, "white boat"), Update { id: Id(3), text: None }]).unwrap();
    assert_eq!(index.ids().unwrap(), [Id(1), Id(2), Id(4)]);
    assert_eq!(best(&index, "yellow bird"), Some(Id(4)));
    assert_eq!(best(&index, "white boat"), Some(Id(1)));
    assert_eq!(best(&index, "red boat").filter(|id| *id == Id(3)), None);
    assert_eq!(best(&index, "blue car"), Some(Id(2)));

    let next = Id(STAMP.0 + 1);
    index.seal(next).unwrap();
    index.flush().unwrap();
    assert_eq!(names(home.path()).len(), 3, "the older generation is gone");
    drop(index);
    let index = open(home.path());
    assert_eq!(index.stamp(), Some(next));
    assert_eq!(best(&index, "yellow bird"), Some(Id(4)));
    assert_eq!(best(&index, "green tree"), None);
}

#[test]
fn a_new_stamp_without_a_change_is_saved_from_the_map() {
    let home = saved();
    let index = open(home.path());
    let next = Id(STAMP.0 + 1);
    index.seal(next).unwrap();
    index.flush().unwrap();
    assert_eq!(best(&index, "red boat"), Some(Id(1)));
    drop(index);
    let index = open(home.path());
    assert_eq!(index.stamp(), Some(next));
    assert_eq!(best(&index, "red boat"), Some(Id(1)));
}

#[test]
fn what_was_not_sealed_or_not_flushed_leaves_the_older_stamp() {
    let home = saved();
    let index = open(home.path());
    index.apply(&[update(9, "lost cat")]).unwrap();
    index.flush().unwrap();
    index.seal(Id(STAMP.0 + 1)).unwrap();
    drop(index);
    let index = open(home.path());
    assert_eq!(index.stamp(), Some(STAMP));
    assert_eq!(index.ids().unwrap(), [Id(1), Id(2), Id(3)]);
}

#[test]
fn a_flush_is_skipped_when_nothing_was_sealed_since() {
    let home = saved();
    let written = |home: &Path| fs::metadata(file(home, "usearch")).unwrap().modified().unwrap();
    let before = written(home.path());
    let index = open(home.path());
    index.flush().unwrap();
    assert_eq!(written(home.path()), before);
}

#[test]
fn a_crash_while_saving_leaves_the_older_generation() {
    let home = saved();
    let next = Id(STAMP.0 + 1);
    let unfinished = |extension: &str| home.path().join(format!("index/vectors-{next}.{extension}"));
    // Cut off while writing, and between the renames: the JSON comes last.
    fs::write(unfinished("usearch.tmp"), "half").unwrap();
    fs::copy(file(home.path(), "usearch"), unfinished("usearch")).unwrap();
    fs::copy(file(home.path(), "ids"), unfinished("ids")).unwrap();
    fs::copy(file(home.path(), "json"), unfinished("json.tmp")).unwrap();
    let index = open(home.path());
    assert_eq!(index.stamp(), Some(STAMP));
    assert_eq!(best(&index, "red boat"), Some(Id(1)));
    assert_eq!(names(home.path()).len(), 3, "what was unfinished is gone");
}

#[test]
fn a_missing_file_starts_over() {
    for extension in ["usearch", "ids", "json"] {
        starts_over(|home| fs::remove_file(file(home, extension)).unwrap());
    }
}

#[test]
fn a_cut_file_starts_over() {
    for extension in ["usearch", "ids", "json"] {
        for keep in [0, 1, 2] {
            starts_over(|home| {
                let bytes = fs::read(file(home, extension)).unwrap();
                fs::write(file(home, extension), &bytes[..bytes.len() * keep / 3]).unwrap();
            });
        }
    }
}

/// Every byte of the small files and a spread of the large one: usearch itself would take each of them.
#[test]
fn a_flipped_byte_starts_over() {
    for extension in ["usearch", "ids", "json"] {
        let length = fs::read(file(saved().path(), extension)).unwrap().len();
        for at in (0..length).step_by(1 + length / 40) {
            let home = saved();
            let mut bytes = fs::read(file(home.path(), extension)).unwrap();
            bytes[at] ^= 0x10;
            fs::write(file(home.path(), extension), &bytes).unwrap();
            let index = open(home.path());
            // White space in the JSON may flip without changing what it says.
            if index.stamp().is_some() {
                assert_eq!((extension, best(&index, "red boat")), ("json", Some(Id(1))));
            }
        }
    }
}

#[test]
fn another_recipe_starts_over() {
    starts_over(|home| {
        let manifest = fs::read_to_string(file(home, "json")).unwrap();
        let other = manifest.replace(&format!("\"recipe\": {}", hydra_embed::RECIPE), "\"recipe\": 999");
        assert_ne!(manifest, other);
        fs::write(file(home, "json"), other).unwrap();
    });
}

#[test]
fn another_model_starts_over_and_embeds_again() {
    let home = saved();
    let (index, embedder) = open_as(home.path(), "other");
    assert_eq!(index.stamp(), None);
    index.apply(&[update(1, "red boat")]).unwrap();
    assert_eq!(embedder.embedded(), 1);
}

#[test]
fn a_folder_deleted_under_a_running_index_starts_over() {
    let home = saved();
    let index = open(home.path());
    fs::remove_dir_all(home.path().join("index")).unwrap();
    assert_eq!(best(&index, "red boat"), Some(Id(1)), "the map is still there");
    index.apply(&[update(4, "yellow bird")]).unwrap_err();
    assert_eq!((index.stamp(), index.ids().unwrap()), (None, vec![]));
    index.apply(&[update(4, "yellow bird")]).unwrap();
    index.seal(STAMP).unwrap();
    fs::remove_dir_all(home.path().join("index")).unwrap();
    index.flush().unwrap();
    drop(index);
    assert_eq!(best(&open(home.path()), "yellow bird"), Some(Id(4)));
}

#[test]
fn a_cache_of_another_model_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let cache = VectorCache::new(home.path().join("vectors.cache"), "other", DIMENSIONS);
    let embedder = Arc::new(Deterministic::new("m", DIMENSIONS));
    let error = VectorIndex::open(home.path(), embedder, cache).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn reset_removes_everything_from_memory_and_disk() {
    let home = saved();
    let index = open(home.path());
    index.reset().unwrap();
    assert_eq!((index.stamp(), index.ids().unwrap()), (None, vec![]));
    assert_eq!(names(home.path()), Vec::<String>::new());
    index.apply(&[update(5, "black cat")]).unwrap();
    index.seal(STAMP).unwrap();
    index.flush().unwrap();
    drop(index);
    let index = open(home.path());
    assert_eq!((index.stamp(), index.ids().unwrap()), (Some(STAMP), vec![Id(5)]));
}

/// The first eight numbers of a text's vector as the cache and usearch write them: in half precision.
fn traces_of(embedder: &Deterministic, text: &str) -> Vec<u8> {
    let made = embedder.embed(&[text.to_owned()]).unwrap().remove(0);
    made.vector.iter().take(8).flat_map(|number| half::f16::from_f32(*number).to_le_bytes()).collect()
}

fn holds(home: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let files = [home.join("vectors.cache"), file(home, "usearch")];
    files.into_iter().filter(|path| fs::read(path).unwrap().windows(bytes.len()).any(|part| part == bytes)).collect()
}

#[test]
fn what_is_purged_is_in_no_file_and_the_rest_is_found() {
    let home = saved();
    let (index, embedder) = open_as(home.path(), "m");
    let gone = traces_of(&embedder, "blue car");
    let stays = traces_of(&embedder, "red boat");
    assert_eq!((holds(home.path(), &gone).len(), holds(home.path(), &stays).len()), (2, 2), "the test looks right");
    // An earlier text of one that stays, too.
    index.apply(&[update(3, "green bush")]).unwrap();
    index.seal(STAMP).unwrap();
    index.purge(&[Id(2), Id(7)]).unwrap();
    assert_eq!(holds(home.path(), &gone), [] as [PathBuf; 0]);
    assert_eq!(holds(home.path(), &traces_of(&embedder, "green tree")), [] as [PathBuf; 0]);
    assert_eq!(holds(home.path(), &stays).len(), 2);
    assert_eq!((best(&index, "blue car"), best(&index, "red boat")), (None, Some(Id(1))));
    drop(index);
    let (index, embedder) = open_as(home.path(), "m");
    assert_eq!((index.stamp(), index.ids().unwrap()), (Some(STAMP), vec![Id(1), Id(3)]));
    let late = index.late_scores(&IndexQuery { text: "red boat", ..IndexQuery::default() }, &[Id(1)]).unwrap();
    assert!(late[0].is_some(), "the cache's records are found at their new places");
    assert_eq!(embedder.embedded(), 1, "only the question");
}
