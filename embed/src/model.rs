//! The files the model needs, where to look for them, and what each must hash to.
//!
//! Every file is pinned: a wrong weight gives plausible nonsense, and a wrong library runs someone else's code.

mod bert;
mod fetch;
mod onnx;
mod python;
mod weights;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hydra_graph::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};

pub use fetch::fetch;

/// The model's name and revision, as indexes record it. The file format is left out on purpose: other formats of the
/// same weights give the same vectors.
pub const MODEL_NAME: &str = "all-MiniLM-L6-v2@1110a243";
/// The folder below `models` that `hydra models fetch` fills.
pub const MODEL_FOLDER: &str = "all-MiniLM-L6-v2";

/// What every error about the model ends with.
pub(crate) const NEXT_STEP: &str = "run `hydra models fetch`";

pub(crate) const NETWORK: &str = "model.onnx";
pub(crate) const TOKENIZER: &str = "tokenizer.json";
pub(crate) const CONFIG: &str = "config.json";
pub(crate) const SPECIAL_TOKENS: &str = "special_tokens_map.json";
pub(crate) const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
pub(crate) const RUNTIME: &str = "libonnxruntime.so";

/// Every file of a model folder and its SHA-256.
const FILES: [(&str, &str); 6] = [
    (NETWORK, "0c8dd39fd993fea26bba2978db2629da59374d9fa966ae54a5cf71e0f2e099cb"),
    (TOKENIZER, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    (CONFIG, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    (SPECIAL_TOKENS, "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
    (TOKENIZER_CONFIG, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    (RUNTIME, "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f"),
];

/// A folder that holds every file of the model; what is in them is checked when they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDir {
    path: PathBuf,
}

/// Returns the first folder that holds the model: each of `dirs` itself, or [`MODEL_FOLDER`] inside it, in order.
///
/// Pass the configured folder first, then the data directory's `models`. Only names are looked at, so this costs
/// microseconds.
pub fn look(dirs: &[PathBuf]) -> Option<ModelDir> {
    let candidates = dirs.iter().flat_map(|dir| [dir.clone(), dir.join(MODEL_FOLDER)]);
    candidates.into_iter().map(|path| ModelDir { path }).find(|dir| dir.missing().is_none())
}

impl ModelDir {
    /// Names a folder, whatever it holds.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that every file is there and hashes to what it must; reads about 125 MB.
    pub fn verify(&self) -> Result<()> {
        FILES.iter().try_for_each(|(name, _)| self.verify_file(name))
    }

    /// Reads a file, refusing one with a wrong hash.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        check(&path, expected(name), &hex(&Sha256::digest(&bytes)))?;
        Ok(bytes)
    }

    /// Checks the hash of one file without keeping it in memory.
    pub(crate) fn verify_file(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        check(&path, expected(name), &sha256(&path)?)
    }

    /// Returns size and time of every file: enough to see that someone changed one.
    pub(crate) fn signature(&self) -> Vec<Option<(u64, SystemTime)>> {
        let look = |name: &str| {
            let found = std::fs::metadata(self.path.join(name)).ok()?;
            Some((found.len(), found.modified().ok()?))
        };
        FILES.iter().map(|(name, _)| look(name)).collect()
    }

    /// Returns the first file that is not there.
    fn missing(&self) -> Option<&'static str> {
        FILES.iter().map(|(name, _)| *name).find(|name| !self.path.join(name).is_file())
    }
}

/// Returns the SHA-256 of a file in hexadecimal.
fn sha256(path: &Path) -> Result<String> {
    let failed = |error| unreadable(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece).map_err(failed)? {
            0 => return Ok(hex(&hasher.finalize())),
            length => hasher.update(&piece[..length]),
        }
    }
}

/// Refuses a file whose hash is not the expected one. To a caller that is the same as no model at all, hence the kind.
fn check(path: &Path, expected: &str, actual: &str) -> Result<()> {
    if expected == actual {
        return Ok(());
    }
    let message = format!(
        "{} is not the file it should be: its sha256 starts with {}, expected {}",
        path.display(),
        &actual[..12],
        &expected[..12]
    );
    Err(Error::new(ErrorKind::Unavailable, message).hint(NEXT_STEP))
}

fn expected(name: &str) -> &'static str {
    FILES.iter().find(|file| file.0 == name).map(|file| file.1).expect("only names of FILES are asked for")
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::Unavailable, format!("{} is missing", path.display())).hint(NEXT_STEP)
        }
        _ => Error::io(path.display(), error),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(dir: &Path) {
        std::fs::create_dir_all(dir).unwrap();
        for (name, _) in FILES {
            std::fs::write(dir.join(name), name).unwrap();
        }
    }

    #[test]
    fn the_first_complete_folder_wins() {
        let home = tempfile::tempdir().unwrap();
        let (configured, data) = (home.path().join("configured"), home.path().join("models"));
        let dirs = [configured.clone(), data.clone()];
        assert_eq!(look(&dirs), None);
        fill(&data.join(MODEL_FOLDER));
        assert_eq!(look(&dirs).unwrap().path(), data.join(MODEL_FOLDER));
        fill(&configured);
        assert_eq!(look(&dirs).unwrap().path(), configured);
        std::fs::remove_file(configured.join(RUNTIME)).unwrap();
        assert_eq!(look(&dirs).unwrap().path(), data.join(MODEL_FOLDER));
    }

    #[test]
    fn a_wrong_hash_names_the_file_both_hashes_and_the_next_step() {
        let home = tempfile::tempdir().unwrap();
        fill(home.path());
        let dir = look(&[home.path().to_owned()]).unwrap();
        for error in [dir.read(CONFIG).unwrap_err(), dir.verify_file(CONFIG).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            let words = error.to_string();
            assert!(words.contains("config.json") && words.contains("953f9c0d4634"), "{words}");
            assert!(words.contains("hydra models fetch"), "{words}");
        }
        std::fs::remove_file(home.path().join(CONFIG)).unwrap();
        assert_eq!(dir.read(CONFIG).unwrap_err().kind(), ErrorKind::Unavailable);
    }
}
