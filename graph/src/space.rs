//! Spaces: whose memory it is. A name, kept on every source and memory.

use crate::error::{Error, ErrorKind, Result};

/// The space of a memory that names none.
pub const PERSONAL: &str = "personal";
/// Longest name of a space.
pub const MAX_SPACE_BYTES: usize = 128;

/// Refuses a name that could not be typed or shown: letters, digits and `: / . _ -`, starting with a letter or digit.
pub fn check(space: &str) -> Result<()> {
    let is_plain = |c: char| c.is_alphanumeric() || ":/._-".contains(c);
    if space.len() <= MAX_SPACE_BYTES && space.starts_with(char::is_alphanumeric) && space.chars().all(is_plain) {
        return Ok(());
    }
    let start: String = space.chars().take(40).collect();
    Err(Error::new(ErrorKind::Invalid, format!("`{start}` is not a name for a space"))
        .hint("use letters, digits and : / . _ - as in `personal` or `project/atlas`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["personal", "project/atlas", "agent:claude-code", "日記"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "/x", "a b", "a\n", &"x".repeat(MAX_SPACE_BYTES + 1)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
