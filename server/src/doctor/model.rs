//! The embedding model: whether it is there and says what it should.

use std::time::Duration;

use hydra_embed::Embedder as _;
use hydra_graph::{Error, ErrorKind};

use super::check::Check;
use crate::config::Config;
use crate::wiring;

/// Two sentences that the model's authors compare, and how near they are to each other by it.
const SENTENCES: [&str; 2] = ["That is a happy person", "That is a very happy person"];
const SIMILARITY: f32 = 0.943;
/// How far another build of the runtime may be off.
const TOLERANCE: f32 = 0.01;
/// How long loading and asking it may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Loads the model and compares the two.
pub async fn check(config: &Config) -> Check {
    if hydra_embed::look(&config.model_dirs()).is_none() {
        return Check::warn(
            "model",
            "there is none: words and links are searched, meaning is not",
            "bring it with: hydra models fetch",
        );
    }
    let model = wiring::model(config);
    let work = tokio::task::spawn_blocking(move || {
        let texts = SENTENCES.map(str::to_owned);
        let embedded = model.embed(&texts)?;
        let [first, second] = embedded.as_slice() else {
            return Err(Error::new(ErrorKind::Corrupt, "the model gives no vector for a text"));
        };
        Ok(first.vector.iter().zip(&second.vector).map(|(a, b)| a * b).sum::<f32>())
    });
    let next = "bring it anew with: hydra models fetch";
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(Ok(similarity))) if (similarity - SIMILARITY).abs() <= TOLERANCE => {
            Check::ok("model", format!("{}, a known pair is {similarity:.3} alike", hydra_embed::MODEL_NAME))
        }
        Ok(Ok(Ok(similarity))) => Check::fail(
            "model",
            format!("a pair that should be {SIMILARITY} alike is {similarity:.3}: its vectors can't be trusted"),
            next,
        ),
        Ok(Ok(Err(error))) => Check::failed("model", &error),
        Ok(Err(_)) => Check::fail("model", "loading it ended in the middle", next),
        Err(_) => Check::fail("model", format!("it did not answer within {} s", PATIENCE.as_secs()), next),
    }
}
