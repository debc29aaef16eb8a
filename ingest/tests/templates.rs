//! How well templates are found, on public samples whose templates are known.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hydra_graph::Timestamp;
use hydra_ingest::{Mined, mine};

/// Samples with what Drain reaches on them by Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP
/// 2019, and how far below that is too far.
const PUBLISHED: [(&str, f64); 2] = [("HDFS", 0.998), ("OpenSSH", 0.788)];
const MARGIN: f64 = 0.03;

fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("HYDRA_BENCH_DIR").map(|folder| PathBuf::from(folder).join("logs"));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: HYDRA_BENCH_DIR does not name a folder with logs");
    }
    folder
}

fn mined(path: &Path) -> (String, Mined) {
    let text = std::fs::read_to_string(path).unwrap();
    let mined = mine(text.as_bytes(), Timestamp::from_millis(1_700_000_000_000)).unwrap();
    (text, mined)
}

/// The share of lines whose group has exactly the lines of a group that is known to be right ("grouping accuracy").
fn accuracy(found: &[usize], right: &[usize]) -> f64 {
    let groups = |of: &[usize]| {
        let mut groups: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (line, group) in of.iter().enumerate() {
            groups.entry(*group).or_default().insert(line);
        }
        groups.into_values().collect::<BTreeSet<_>>()
    };
    let right = groups(right);
    let hits: usize = groups(found).iter().filter(|group| right.contains(*group)).map(BTreeSet::len).sum();
    hits as f64 / found.len() as f64
}

/// The template of each line: of those that it ends with, the one with most letters that are no parameter.
fn right_groups(text: &str, templates: &[String]) -> Vec<usize> {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .map(|line| {
            let fitting = templates.iter().enumerate().filter(|(_, template)| fits(&line, template));
            let best = fitting.max_by_key(|(_, template)| template.replace("<*>", "").len());
            best.unwrap_or_else(|| panic!("no template for `{line}`")).0
        })
        .collect()
}

fn fits(line: &str, template: &str) -> bool {
    let (mut rest, mut pieces) = (line, template.split("<*>").peekable());
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    false
}

/// The templates that come with a sample (`EventId,EventTemplate` in CSV).
fn known_templates(path: &Path) -> Option<Vec<String>> {
    let csv = std::fs::read_to_string(path).ok()?;
    let field = |line: &str| {
        let template = line.split_once(',').map_or("", |(_, template)| template);
        let template = template.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(template);
        template.replace("\"\"", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    Some(csv.lines().skip(1).map(field).collect())
}

#[test]
fn grouping_is_about_as_accurate_as_published() {
    let Some(folder) = samples() else { return };
    for (name, published) in PUBLISHED {
        let path = folder.join(name).join(format!("{name}_2k.log"));
        let Some(known) = known_templates(&path.with_extension("log_templates.csv")) else {
            eprintln!("skipped: {name} has no {name}_2k.log_templates.csv beside it");
            continue;
        };
        let (text, mined) = mined(&path);
        let found: Vec<usize> = mined.records.iter().map(|(_, template)| *template).collect();
        let right = right_groups(&text, &known);
        let reached = accuracy(&found, &right);
        eprintln!(
            "{name}: grouping accuracy {reached:.4} (published {published}), {} templates",
            mined.templates.len()
        );
        if std::env::var_os("HYDRA_LOG_TEMPLATES").is_some() {
            for (at, template) in mined.templates.iter().enumerate() {
                let count = found.iter().filter(|it| **it == at).count();
                let of: BTreeSet<usize> =
                    (0..found.len()).filter(|line| found[*line] == at).map(|line| right[line]).collect();
                eprintln!("  {count:5} {template}   {of:?}");
            }
        }
        assert!(reached >= published - MARGIN, "{name}: {reached}");
    }
}

#[test]
fn two_thousand_lines_are_tens_of_templates() {
    let Some(folder) = samples() else { return };
    for (name, _) in PUBLISHED {
        let (text, mined) = mined(&folder.join(name).join(format!("{name}_2k.log")));
        assert_eq!(mined.records.len(), text.lines().count(), "each line is a record");
        assert!((10..60).contains(&mined.templates.len()), "{name}: {:#?}", mined.templates);
    }
}

#[test]
fn accuracy_counts_groups_that_are_right_as_a_whole() {
    assert_eq!(accuracy(&[0, 0, 1, 1], &[7, 7, 8, 8]), 1.0);
    assert_eq!(accuracy(&[0, 0, 1, 2], &[7, 7, 8, 8]), 0.5);
    assert_eq!(accuracy(&[0, 0, 0, 0], &[7, 7, 8, 8]), 0.0);
    assert!(fits("host sshd: PAM 5 more failures; user=root", "PAM <*> more failures; user=<*>"));
    assert!(!fits("Invalid user x from y [preauth]", "invalid user <*> from <*>"));
}
