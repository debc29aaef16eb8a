//! The owner's token: made at the first start, read by the command line and the bridge, shown to nobody.

use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result};

use crate::folder;

/// Random bytes of a token; it is spelled in hexadecimal, twice as long.
pub const TOKEN_BYTES: usize = 32;

/// The owner's token. It has no `Debug`, so that it can't get into a log.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Reads the token of a data folder, or makes it. Only who holds the memory's lock may call it.
    ///
    /// # Errors
    /// As [`Token::read`].
    pub fn read_or_make(data_dir: &Path) -> Result<Self> {
        match Self::read(data_dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let token = Self(random_hex(TOKEN_BYTES)?);
                folder::write_private(&path(data_dir), token.0.as_bytes())?;
                Ok(token)
            }
            other => other,
        }
    }

    /// Reads the token of a data folder.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Invalid` when others can read it, or it is no token.
    pub fn read(data_dir: &Path) -> Result<Self> {
        let path = path(data_dir);
        let shown = path.display();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::NotFound, format!("there is no token at {shown}"))
                    .hint("`hydra serve` makes one when it starts"));
            }
            Err(error) => return Err(Error::io(shown, &error)),
        };
        if folder::others_can_read(&path).map_err(|error| Error::io(&shown, &error))? {
            return Err(Error::new(ErrorKind::Invalid, format!("others can read the token at {shown}")).hint(format!(
                "run `rm {shown}` and start the server again: it makes a new one that only you can read"
            )));
        }
        let token = text.trim();
        if token.len() != TOKEN_BYTES * 2 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::new(ErrorKind::Invalid, format!("{shown} does not hold a token"))
                .hint("remove the file and start the server again: it makes a new one"));
        }
        Ok(Self(token.to_owned()))
    }

    /// Returns the token itself, for a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares without telling by the time it takes how much was right.
    pub fn is(&self, other: &str) -> bool {
        constant_time_eq::constant_time_eq(self.0.as_bytes(), other.as_bytes())
    }
}

/// Returns random bytes in hexadecimal.
///
/// # Errors
/// When the operating system has none.
pub fn random_hex(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the operating system gives no random bytes: {error}")))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("token")
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_made_once_and_for_the_owner() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(Token::read(temp.path()).err().unwrap().kind(), ErrorKind::NotFound);
        let made = Token::read_or_make(temp.path()).unwrap();
        assert_eq!(made.as_str().len(), 64);
        assert!(made.is(Token::read_or_make(temp.path()).unwrap().as_str()));
        assert!(!made.is("") && !made.is(&"0".repeat(64)));
        let mode = std::fs::metadata(path(temp.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_token_that_others_can_read_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        Token::read_or_make(temp.path()).unwrap();
        std::fs::set_permissions(path(temp.path()), Permissions::from_mode(0o640)).unwrap();
        assert_eq!(Token::read_or_make(temp.path()).err().unwrap().kind(), ErrorKind::Invalid);
    }
}
