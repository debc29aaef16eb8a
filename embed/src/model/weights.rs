//! Reads a safetensors file: eight bytes of header length, a JSON header, then raw little-endian numbers.

use std::collections::HashMap;
use std::path::Path;

use hydra_graph::{Error, ErrorKind, Result};
use serde::Deserialize;

/// A header longer than this is not a header; MiniLM's has 11 kB.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// Named matrices of 32-bit floats.
pub(super) struct Weights {
    bytes: Vec<u8>,
    tensors: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl Weights {
    /// Takes the bytes of a safetensors file.
    pub(super) fn parse(bytes: Vec<u8>, path: &Path) -> Result<Self> {
        let wrong = |why: &str| Error::new(ErrorKind::Corrupt, format!("{}: {why}", path.display()));
        let length = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length));
        let length = length.ok_or_else(|| wrong("too short for safetensors"))? as usize;
        if length > MAX_HEADER_BYTES || bytes.len() < 8 + length {
            return Err(wrong("the safetensors header does not fit"));
        }
        let header: HashMap<String, serde_json::Value> = serde_json::from_slice(&bytes[8..8 + length])
            .map_err(|error| wrong(&format!("the safetensors header does not parse: {error}")))?;
        let mut tensors = HashMap::new();
        for (name, value) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
            let mut entry: Entry = serde_json::from_value(value).map_err(|error| wrong(&format!("{name}: {error}")))?;
            entry.data_offsets.0 = entry.data_offsets.0.saturating_add(8 + length);
            entry.data_offsets.1 = entry.data_offsets.1.saturating_add(8 + length);
            tensors.insert(name, entry);
        }
        Ok(Self { bytes, tensors })
    }

    /// Returns the shape and the little-endian floats of `name`.
    pub(super) fn floats(&self, name: &str) -> Result<(&[usize], &[u8])> {
        let missing = || Error::new(ErrorKind::Corrupt, format!("the model's weights hold no float tensor `{name}`"));
        let entry = self.tensors.get(name).filter(|entry| entry.dtype == "F32").ok_or_else(missing)?;
        let data = self.bytes.get(entry.data_offsets.0..entry.data_offsets.1).ok_or_else(missing)?;
        if data.len() != 4 * entry.shape.iter().product::<usize>() {
            return Err(missing());
        }
        Ok((&entry.shape, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[f32]) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend(data.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    #[test]
    fn a_tensor_reads_back_and_a_wrong_one_is_refused() {
        let header = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}"#;
        let weights = Weights::parse(file(header, &[1.0, 2.0]), Path::new("x")).unwrap();
        let (shape, data) = weights.floats("a").unwrap();
        assert_eq!((shape, data), (&[1, 2][..], &[0, 0, 128, 63, 0, 0, 0, 64][..]));
        assert_eq!(weights.floats("b").unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(weights.floats("c").unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn a_header_beyond_the_limit_is_refused() {
        let mut bytes = (MAX_HEADER_BYTES as u64 + 1).to_le_bytes().to_vec();
        bytes.resize(MAX_HEADER_BYTES + 64, b' ');
        assert!(Weights::parse(bytes, Path::new("x")).is_err());
        assert!(Weights::parse(vec![1, 2], Path::new("x")).is_err());
    }
}
