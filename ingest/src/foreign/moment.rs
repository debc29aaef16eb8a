//! Points in time as other programs write them.

use hydra_graph::Timestamp;

/// Reads an ISO 8601 date or time; without a zone it is UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let spellings = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    spellings.iter().find_map(|spelling| spelling.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (text, expected) in [
            ("2026-01-31T12:00:00.250Z", Some("2026-01-31T12:00:00.25Z")),
            ("2026-01-31T12:00:00.108347-07:00", Some("2026-01-31T19:00:00.108Z")),
            ("2026-01-31T12:00:00", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31 12:00", Some("2026-01-31T12:00:00Z")),
            (" 2026-01-31 ", Some("2026-01-31T00:00:00Z")),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text).map(|moment| moment.to_string()).as_deref(), expected, "{text}");
        }
    }
}
