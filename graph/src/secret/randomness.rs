//! Whether a string looks drawn at random, as keys are, or is a word, a number, a hash that is no secret.

/// Fewer characters than this say too little.
const MIN_CHARS: usize = 20;
/// Bits a character from which a string of letters of both cases and digits counts as random. Text has 3.5 to 4.2 at such
/// lengths, a random string of 32 characters in base64 about 4.7.
const MIN_BITS: f64 = 4.3;
/// The same for what is named a secret, and need not look like nothing else.
const MIN_NAMED_BITS: f64 = 2.8;

/// Shannon's entropy of the characters, in bits each.
pub(super) fn bits_per_char(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / all)
        .map(|share| -share * share.log2())
        .sum()
}

/// Tells whether a string that nothing names is a key all the same.
pub(super) fn is_random(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().filter(is).count() >= 3;
    text.len() >= 2 * MIN_CHARS
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && !is_public(text)
        && bits_per_char(text) >= MIN_BITS
}

/// Tells whether what is named a token or a key may be one: neither a word nor something that is known to be public.
pub(super) fn is_key(text: &str) -> bool {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    has_digit && has_letter && bits_per_char(text) >= MIN_NAMED_BITS
}

/// What looks random and is no secret: hashes of commits and contents, and identifiers.
pub(super) fn is_public(text: &str) -> bool {
    is_hash(text) || is_uuid(text)
}

/// A git commit (SHA-1 or SHA-256), or another digest in hexadecimal.
pub(crate) fn is_hash(text: &str) -> bool {
    matches!(text.len(), 7..=12 | 32 | 40 | 56 | 64 | 96 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_shannons() {
        assert_eq!((bits_per_char("aaaa"), bits_per_char("abab"), bits_per_char("abcd")), (0.0, 1.0, 2.0));
    }

    #[test]
    fn hashes_and_ids_are_public() {
        for public in [
            "9f2c1ab",
            "b1946ac92492d2347c6235b4d2611184",
            "f572d396fae9206628714fb2ce00f72e94f2258f",
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "123e4567-e89b-12d3-a456-426614174000",
        ] {
            assert!(is_public(public), "{public}");
            assert!(!is_random(public), "{public}");
        }
    }
}
