//! How serious a record says it is.

/// Degrees that log formats have in common, least serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
}

impl Level {
    /// Reads a word that stands for a level, however it is capitalised.
    pub fn of_word(word: &str) -> Option<Self> {
        // Longer than any of them: most words of a log are not compared at all.
        if !(3..=9).contains(&word.len()) || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        const WORDS: [(&str, Level); 23] = [
            ("trace", Level::Trace),
            ("verbose", Level::Trace),
            ("finest", Level::Trace),
            ("finer", Level::Trace),
            ("debug", Level::Debug),
            ("dbg", Level::Debug),
            ("fine", Level::Debug),
            ("info", Level::Info),
            ("inf", Level::Info),
            ("config", Level::Info),
            ("notice", Level::Notice),
            ("warning", Level::Warning),
            ("warn", Level::Warning),
            ("wrn", Level::Warning),
            ("error", Level::Error),
            ("err", Level::Error),
            ("severe", Level::Error),
            ("fatal", Level::Critical),
            ("critical", Level::Critical),
            ("crit", Level::Critical),
            ("panic", Level::Critical),
            ("alert", Level::Critical),
            ("emerg", Level::Critical),
        ];
        WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
    }

    /// Reads the letter that a klog line begins with.
    pub fn of_klog(letter: u8) -> Option<Self> {
        match letter {
            b'I' => Some(Self::Info),
            b'W' => Some(Self::Warning),
            b'E' => Some(Self::Error),
            b'F' => Some(Self::Critical),
            _ => None,
        }
    }

    /// Reads the number of a syslog priority (RFC 5424), as journald writes it.
    pub fn of_priority(priority: u64) -> Option<Self> {
        match priority {
            0..=2 => Some(Self::Critical),
            3 => Some(Self::Error),
            4 => Some(Self::Warning),
            5 => Some(Self::Notice),
            6 => Some(Self::Info),
            7 => Some(Self::Debug),
            _ => None,
        }
    }
}
