//! Which records are worth a memory of their own: errors, and that something started or ended.

use super::level::Level;

/// Words of an error, where a record has no level. Whole words, in small letters.
const ERRORS: [&str; 31] = [
    "abort",
    "aborted",
    "broken",
    "corrupt",
    "corrupted",
    "crash",
    "crashed",
    "critical",
    "denied",
    "error",
    "errors",
    "exception",
    "fail",
    "failed",
    "failing",
    "fails",
    "failure",
    "failures",
    "fatal",
    "killed",
    "oom",
    "overflow",
    "panic",
    "panicked",
    "refused",
    "rejected",
    "segfault",
    "timeout",
    "traceback",
    "unable",
    "unreachable",
];
/// Words of a change of state, whatever the level: what a service says of itself.
const CHANGES: [&str; 11] = [
    "crashed",
    "exited",
    "rebooted",
    "rebooting",
    "reloaded",
    "restarted",
    "restarting",
    "shutdown",
    "started",
    "stopped",
    "terminated",
];
/// Words that take an error back when they stand right before it: `0 errors`, `no error`.
const DENIALS: [&str; 4] = ["0", "no", "without", "zero"];
/// The longest of the words.
const MAX_WORD_BYTES: usize = 11;

/// Tells whether a record is an error or a change of state.
pub(crate) fn is_incident(level: Option<Level>, message: &str) -> bool {
    match level {
        Some(level) if level >= Level::Error => true,
        Some(level) if level <= Level::Debug => false,
        Some(_) => has_word(message, &CHANGES),
        None => has_word(message, &ERRORS) || has_word(message, &CHANGES),
    }
}

fn has_word(message: &str, words: &[&str]) -> bool {
    let mut before = "";
    for word in message.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.len() <= MAX_WORD_BYTES {
            let mut small = [0; MAX_WORD_BYTES];
            let small = &mut small[..word.len()];
            small.copy_from_slice(word.as_bytes());
            small.make_ascii_lowercase();
            let is_word = words.iter().any(|known| known.as_bytes() == small);
            if is_word && !DENIALS.iter().any(|denial| denial.eq_ignore_ascii_case(before)) {
                return true;
            }
        }
        // `NullPointerException` is one word to whoever wrote it.
        let is_class = word.ends_with("Exception") || (word.ends_with("Error") && word.len() > "Error".len());
        if is_class && words.len() == ERRORS.len() {
            return true;
        }
        before = word;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_changes_of_state_are_incidents() {
        for (level, message, expected) in [
            (Some(Level::Error), "anything", true),
            (Some(Level::Critical), "", true),
            (Some(Level::Info), "the last try failed", false),
            (Some(Level::Info), "Server started on port 80", true),
            (Some(Level::Debug), "thread started", false),
            (Some(Level::Warning), "worker exited", true),
            (None, "Connection refused", true),
            (None, "java.lang.NullPointerException: x", true),
            (None, "ValueError: bad", true),
            (None, "finished with 0 errors", false),
            (None, "no error", false),
            (None, "Stopped Daily Cleanup.", true),
            (None, "Accepted password", false),
            (None, "failsafe errorless", false),
        ] {
            assert_eq!(is_incident(level, message), expected, "{message}");
        }
    }
}
