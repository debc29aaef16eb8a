//! all-MiniLM-L6-v2 on ONNX Runtime: 384 dimensions, English, at most 256 word pieces, no prefixes.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fastembed::{
    InitOptionsUserDefined, OutputKey, Pooling, SingleBatchOutput, TextEmbedding, TokenizerFiles,
    UserDefinedEmbeddingModel,
};
use hydra_graph::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::embedder::Embedder;
use crate::embedding::{Embedding, QuestionEmbedding, Signs};
use crate::model::{self, MODEL_NAME, ModelDir};
use crate::turns::Turns;

const DIMENSIONS: usize = 384;
/// The model was trained on no more. The tokenizer's own file says 128 and pads everything to that: both are overridden.
const MAX_TOKENS: usize = 256;
/// Text beyond this is cut before it is tokenised: 256 word pieces of prose take 1 to 2 kB, and a word piece is at least
/// a byte, so only text that is mostly blanks could lose anything.
const MAX_TEXT_BYTES: usize = 8 * 1024;
/// Place of the first whole word in the model's vocabulary (`the`); before it stand marks and single characters.
const FIRST_WORD: u32 = 1_995;
/// Larger batches are slower on a CPU (padding, cache), take more memory, and make a waiting question wait longer.
const BATCH: usize = 8;

/// The model, loaded when it is first needed.
///
/// Making one costs nothing and cannot fail, so a server may start and answer everything else without a model. The
/// folders are looked at again whenever the model is needed and not loaded: `hydra models fetch` takes effect at once.
pub struct MiniLm {
    dirs: Vec<PathBuf>,
    threads: usize,
    turns: Turns,
    /// Guards the session and what is known about a failed load; only ever locked by who holds a turn.
    state: Mutex<State>,
}

enum State {
    Unloaded,
    /// A load failed on files with these sizes and times; hashing 125 MB again for each question would be waste.
    Failed(Vec<Option<(u64, SystemTime)>>, Error),
    Loaded(Box<TextEmbedding>),
}

impl MiniLm {
    /// Names the folders to look in, as for [`crate::look`], and how many threads one inference may use.
    ///
    /// One thread is the right default: on a busy machine two are slower than one.
    pub fn new(dirs: Vec<PathBuf>, threads: usize) -> Self {
        Self { dirs, threads: threads.max(1), turns: Turns::default(), state: Mutex::new(State::Unloaded) }
    }

    /// Loads the model if it is not loaded: reads and checks 125 MB, about half a second.
    pub fn warm(&self) -> Result<()> {
        let _turn = self.turns.question();
        self.with_session(|_| Ok(()))
    }

    /// Runs `work` on the loaded session. The caller holds a turn.
    fn with_session<T>(&self, work: impl FnOnce(&mut TextEmbedding) -> Result<T>) -> Result<T> {
        let mut state = self.state.lock();
        if let State::Loaded(session) = &mut *state {
            return work(session);
        }
        let dir = model::look(&self.dirs).ok_or_else(|| self.missing())?;
        let seen = dir.signature();
        if let State::Failed(before, error) = &*state
            && *before == seen
        {
            return Err(error.clone());
        }
        match load(&dir, self.threads) {
            Ok(mut session) => {
                let done = work(&mut session);
                *state = State::Loaded(Box::new(session));
                done
            }
            Err(error) => {
                *state = State::Failed(seen, error.clone());
                Err(error)
            }
        }
    }

    fn missing(&self) -> Error {
        let places: Vec<String> = self.dirs.iter().map(|dir| dir.display().to_string()).collect();
        let message = format!("no model: meaning search is off (looked in {})", places.join(", "));
        Error::new(ErrorKind::Unavailable, message).hint(model::NEXT_STEP)
    }
}

impl Embedder for MiniLm {
    fn name(&self) -> &str {
        MODEL_NAME
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn ready(&self) -> Result<()> {
        // Held only while a load or a batch runs, which both mean that there is a model.
        if let Some(state) = self.state.try_lock() {
            return match &*state {
                State::Loaded(_) => Ok(()),
                State::Failed(before, error) => match model::look(&self.dirs) {
                    Some(dir) if dir.signature() != *before => Ok(()),
                    Some(_) => Err(error.clone()),
                    None => Err(self.missing()),
                },
                State::Unloaded => model::look(&self.dirs).map(|_| ()).ok_or_else(|| self.missing()),
            };
        }
        Ok(())
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Embedding>> {
        // Texts of like length together: a batch is padded to its longest.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|position| texts[*position].len());
        let mut embeddings = vec![Embedding::default(); texts.len()];
        for positions in order.chunks(BATCH) {
            let batch: Vec<&str> = positions.iter().map(|position| cut(&texts[*position])).collect();
            let turn = self.turns.batch();
            let made = self.with_session(|session| run(session, &batch))?;
            drop(turn);
            for (position, tokens) in positions.iter().zip(made) {
                embeddings[*position] = whole(&tokens);
            }
        }
        Ok(embeddings)
    }

    fn embed_query(&self, text: &str) -> Result<QuestionEmbedding> {
        let _turn = self.turns.question();
        let text = cut(text);
        let (made, ids) = self.with_session(|session| {
            let encoding = session.tokenizer.encode(text, true).map_err(failed)?;
            Ok((run(session, &[text])?.pop().unwrap_or_default(), encoding.get_ids().to_vec()))
        })?;
        let pieces = between(&made).iter().zip(ids.iter().skip(1));
        let tokens = pieces.map(|(token, id)| (normalised(token), token_weight(*id))).collect();
        Ok(QuestionEmbedding { vector: whole(&made).vector.into(), tokens })
    }
}

/// How much a word piece of a question counts. BERT's vocabulary lists words by how common they are, so by Zipf's law
/// the logarithm of the place is about the inverse document frequency.
fn token_weight(id: u32) -> f32 {
    const LEAST: f32 = 0.3;
    (id.saturating_sub(FIRST_WORD).max(1) as f32).ln().max(LEAST)
}

/// Makes a text's embedding of its token vectors: the mean, and the signs of those that are not marks.
fn whole(tokens: &[Vec<f32>]) -> Embedding {
    let mut sum = vec![0.0; DIMENSIONS];
    for token in tokens {
        sum.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
    }
    let mut signs = Signs::default();
    between(tokens).iter().for_each(|token| signs.push(token));
    Embedding { vector: normalised(&sum), tokens: signs }
}

/// Leaves out the marks at the start and the end.
fn between(tokens: &[Vec<f32>]) -> &[Vec<f32>] {
    tokens.get(1..tokens.len().saturating_sub(1)).unwrap_or_default()
}

fn normalised(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter().map(|x| x / length).collect()
}

/// Reads and checks the files, then makes the session.
fn load(dir: &ModelDir, threads: usize) -> Result<TextEmbedding> {
    let library = dir.path().join(model::RUNTIME);
    dir.verify_file(model::RUNTIME)?;
    load_runtime(&library)?;
    let files = TokenizerFiles {
        tokenizer_file: dir.read(model::TOKENIZER)?,
        config_file: dir.read(model::CONFIG)?,
        special_tokens_map_file: dir.read(model::SPECIAL_TOKENS)?,
        tokenizer_config_file: dir.read(model::TOKENIZER_CONFIG)?,
    };
    let network = UserDefinedEmbeddingModel::new(dir.read(model::NETWORK)?, files).with_pooling(Pooling::Mean);
    let options = InitOptionsUserDefined::new()
        .with_max_length(MAX_TOKENS)
        .with_intra_threads(threads)
        // Threads that spin while they wait take the core that the next step needs.
        .with_session_config("session.intra_op.allow_spinning", "0");
    let session = TextEmbedding::try_new_from_user_defined(network, options).map_err(|error| {
        Error::new(ErrorKind::Unavailable, format!("the model does not load: {error}")).hint(model::NEXT_STEP)
    })?;
    tracing::info!(folder = %dir.path().display(), "model loaded");
    Ok(session)
}

/// Loads ONNX Runtime before fastembed does: a library that is missing or does not load would panic there.
fn load_runtime(library: &Path) -> Result<()> {
    // The builder is of no use: fastembed makes the one environment of this process itself.
    ort::init_from(library).map(drop).map_err(|error| {
        let message = format!("ONNX Runtime does not load from {}: {error}", library.display());
        Error::new(ErrorKind::Unavailable, message).hint("it needs Linux on x86-64 with glibc 2.28 or newer")
    })
}

/// Returns the token vectors of each text.
fn run(session: &mut TextEmbedding, batch: &[&str]) -> Result<Vec<Vec<Vec<f32>>>> {
    let made = session.transform(batch, Some(BATCH)).map_err(failed)?;
    let texts = made.export_with_transformer(|outputs| {
        outputs.iter().map(token_vectors).collect::<fastembed::Result<Vec<_>>>().map(|batches| batches.concat())
    });
    let texts = texts.map_err(failed)?;
    let fits = |tokens: &Vec<Vec<f32>>| tokens.iter().all(|token| token.len() == DIMENSIONS);
    if texts.len() == batch.len() && texts.iter().all(fits) {
        return Ok(texts);
    }
    Err(Error::new(ErrorKind::Corrupt, "the model gave vectors of another shape").hint(model::NEXT_STEP))
}

fn token_vectors(output: &SingleBatchOutput) -> fastembed::Result<Vec<Vec<Vec<f32>>>> {
    let states = output.select_output(&[OutputKey::OnlyOne, OutputKey::ByName("last_hidden_state")].as_slice())?;
    let texts = states.outer_iter().zip(output.attention_mask_array.outer_iter());
    Ok(texts
        .map(|(tokens, mask)| {
            let kept = tokens.outer_iter().zip(mask).filter(|(_, is_token)| **is_token == 1);
            kept.map(|(token, _)| token.iter().copied().collect()).collect()
        })
        .collect())
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the model failed on a text: {error}"))
}

/// Cuts a text at [`MAX_TEXT_BYTES`], between characters.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        let long = "é".repeat(MAX_TEXT_BYTES);
        assert_eq!(cut(&long).len(), MAX_TEXT_BYTES);
        assert_eq!(cut(&format!("x{long}")).len(), MAX_TEXT_BYTES - 1);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn without_a_model_every_answer_names_the_next_step() {
        let model = MiniLm::new(vec!["/nowhere/models".into()], 1);
        let errors = [
            model.ready().unwrap_err(),
            model.warm().unwrap_err(),
            model.embed_query("x").unwrap_err(),
            model.embed(&["x".to_owned()]).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.to_string().contains("/nowhere/models"), "{error}");
            assert_eq!(error.next_step(), Some("run `hydra models fetch`"));
        }
        assert_eq!(model.embed(&[]).unwrap(), Vec::new());
    }

    #[test]
    fn a_library_that_does_not_load_is_an_error_and_no_panic() {
        let error = load_runtime(Path::new("/nowhere/libonnxruntime.so")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}
