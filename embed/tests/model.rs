//! The real model gives the published vectors. Needs `HYDRA_MODEL_DIR`, a folder filled by `hydra models fetch`;
//! without it these tests say so and pass.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hydra_embed::{Embedder, MiniLm, look};
use hydra_graph::ErrorKind;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("HYDRA_MODEL_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: set HYDRA_MODEL_DIR to a folder that `hydra models fetch` filled");
    }
    folder
}

/// One model for all tests, as in the server: a session takes some 200 MB.
fn model() -> Option<&'static MiniLm> {
    static MODEL: OnceLock<MiniLm> = OnceLock::new();
    folder().map(|folder| MODEL.get_or_init(|| MiniLm::new(vec![folder], 1)))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn the_known_example_comes_out() {
    let Some(model) = model() else { return };
    let cases =
        [("That is a happy dog", 0.695), ("That is a very happy person", 0.943), ("Today is a sunny day", 0.257)];
    let base = model.embed_query("That is a happy person").unwrap().vector;
    let vectors = model.embed(&texts(&cases.map(|case| case.0))).unwrap();
    for ((text, expected), made) in cases.iter().zip(&vectors) {
        let vector = &made.vector;
        assert_eq!(vector.len(), model.dimensions());
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-4, "{text}: not of length 1");
        let actual = cosine(&base, vector);
        assert!((actual - expected).abs() < 0.005, "{text}: {actual}, expected {expected}");
    }
}

#[test]
fn a_text_is_embedded_the_same_alone_and_in_a_batch() {
    let Some(model) = model() else { return };
    let batch: Vec<String> =
        (0..21).map(|number| "the boat sails on the lake at night ".repeat(1 + number * 7 % 20)).collect();
    let together = model.embed(&batch).unwrap();
    for (text, made) in batch.iter().zip(&together) {
        let alone = model.embed_query(text).unwrap();
        let same = cosine(&alone.vector, &made.vector);
        assert_eq!(alone.tokens.len(), made.tokens.count(model.dimensions()));
        assert!(same > 0.9999, "{same} for a text of {} bytes", text.len());
    }
}

/// 256 word pieces count, two of them the model's own marks; the tokenizer's own file would cut at 128.
#[test]
fn words_count_up_to_256_pieces_and_not_beyond() {
    let Some(model) = model() else { return };
    let with = |words: usize, last: &str| format!("{}{last}", "boat ".repeat(words));
    let embed = |text: String| model.embed_query(&text).unwrap().vector;
    let differ = |words: usize| cosine(&embed(with(words, "tree")), &embed(with(words, "seven")));
    assert!(differ(253) < 0.99999, "the 254th word must count");
    assert!(differ(254) > 0.999_999, "the 255th word must not");
    assert!(differ(140) < 0.9999, "words beyond 126 must count");
}

#[test]
fn a_question_does_not_wait_for_a_long_ingest() {
    let Some(model) = model() else { return };
    model.warm().unwrap();
    let passages: Vec<String> = (0..64).map(|_| "the boat sails on the lake ".repeat(30)).collect();
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            model.embed(&passages).unwrap();
            done.store(true, Ordering::SeqCst);
        });
        while !done.load(Ordering::SeqCst) {
            model.embed_query("where is the boat").unwrap();
            asked.fetch_add(1, Ordering::SeqCst);
        }
    });
    // Eight batches, and a question fits between any two of them; a busy machine may miss some. One that waited for
    // all of them would have been asked once.
    assert!(asked.into_inner() >= 3);
}

#[test]
fn odd_texts_have_vectors_too() {
    let Some(model) = model() else { return };
    let odd = texts(&["", " \n", "\0", "漢字とかな", "🛥️", &"x".repeat(100_000), &"word ".repeat(50_000)]);
    for made in model.embed(&odd).unwrap() {
        let vector = &made.vector;
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-4);
    }
}

#[test]
fn a_spoilt_file_is_refused_and_a_repaired_one_is_taken_without_a_restart() {
    let Some(folder) = folder() else { return };
    let home = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(look(&[folder]).unwrap().path()).unwrap() {
        let path = entry.unwrap().path();
        std::os::unix::fs::symlink(&path, home.path().join(path.file_name().unwrap())).unwrap();
    }
    let tokenizer = home.path().join("tokenizer.json");
    let right = std::fs::read(&tokenizer).unwrap();
    std::fs::remove_file(&tokenizer).unwrap();
    let model = MiniLm::new(vec![home.path().to_owned()], 1);
    assert_eq!(model.ready().unwrap_err().kind(), ErrorKind::Unavailable);

    std::fs::write(&tokenizer, [&right[..], b" "].concat()).unwrap();
    assert!(model.ready().is_ok(), "that it is wrong shows only when it is read");
    for _ in 0..2 {
        let error = model.embed_query("x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("tokenizer.json") && error.to_string().contains("hydra models fetch"));
    }
    assert!(model.ready().is_err(), "now it is known");

    std::fs::write(&tokenizer, right).unwrap();
    assert!(model.ready().is_ok());
    assert_eq!(model.embed_query("x").unwrap().vector.len(), 384);
}
