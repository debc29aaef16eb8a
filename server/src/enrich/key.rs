//! The key of an endpoint: read where the configuration says, sent in one header, shown to nobody.

use std::path::Path;

use hydra_graph::{Error, ErrorKind, Result};
use reqwest::header::HeaderValue;

use super::settings::KeyPlace;
use crate::folder;

/// Longest key; no service has one that long.
const MAX_KEY_BYTES: usize = 4_096;

/// Reads the key and makes a header of it that prints as nothing; `None` when none is needed.
///
/// # Errors
/// `Invalid` names the place that has no key, or that others can read.
pub fn header(place: &KeyPlace) -> Result<Option<HeaderValue>> {
    let (key, shown) = match place {
        KeyPlace::None => return Ok(None),
        KeyPlace::Variable(name) => {
            let read = std::env::var(name).map_err(|_| {
                Error::new(ErrorKind::Invalid, format!("the environment has no {name}, which api_key_env names"))
                    .hint("set it for the process that asks: `hydra serve` if one runs, else the command")
            });
            (read?, name.clone())
        }
        KeyPlace::File(path) => (read(path)?, path.display().to_string()),
    };
    let key = key.trim();
    let is_long = key.len() > MAX_KEY_BYTES;
    let header = HeaderValue::from_str(&format!("Bearer {key}")).ok().filter(|_| !key.is_empty() && !is_long);
    let mut header = header.ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("{shown} holds no key")).hint("put the key there, and nothing else")
    })?;
    header.set_sensitive(true);
    Ok(Some(header))
}

fn read(path: &Path) -> Result<String> {
    let shown = path.display();
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Invalid, format!("{shown}, which api_key_file names: {error}"))
            .hint("check the path in [enrichment]")
    };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    if folder::others_can_read(path).map_err(failed)? {
        return Err(Error::new(ErrorKind::Invalid, format!("others can read the key at {shown}"))
            .hint(format!("run `chmod 600 {shown}`")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_read_from_a_private_file_and_never_printed() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("key");
        let place = KeyPlace::File(path.clone());
        assert!(header(&place).is_err());
        folder::write_private(&path, b"swordfish\n").unwrap();
        let read = header(&place).unwrap().unwrap();
        assert_eq!(read.to_str().unwrap(), "Bearer swordfish");
        assert!(!format!("{read:?}").contains("swordfish"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = header(&place).unwrap_err();
        assert!(refused.message().contains("others can read") && !refused.to_string().contains("swordfish"));
        for wrong in ["", "two\nlines", &"x".repeat(MAX_KEY_BYTES + 1)] {
            folder::write_private(&path, wrong.as_bytes()).unwrap();
            assert!(header(&place).unwrap_err().message().contains("holds no key"), "{} bytes", wrong.len());
        }
        assert_eq!(header(&KeyPlace::None).unwrap(), None);
    }
}
