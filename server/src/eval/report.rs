//! What an evaluation says: a table for people, the same as data.

use serde::Serialize;

use super::metric::Metric;

/// Width of the names.
const NAME_CHARS: usize = 26;

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// One for each set.
    pub sets: Vec<SetReport>,
}

/// What was measured on one set.
#[derive(Debug, Default, Serialize)]
pub struct SetReport {
    /// Its name.
    pub set: String,
    /// How many memories.
    pub haystacks: usize,
    /// Documents in all of them.
    pub documents: usize,
    /// Texts that can be found: long documents have several.
    pub passages: usize,
    /// Documents whose time did not read; they went in without.
    pub undated: usize,
    /// Documents without a text; they were left out.
    pub blank: usize,
    /// How long it took until everything was indexed and embedded; `None` when all of it was kept from before.
    pub ingest_seconds: Option<f64>,
    /// Passages over that time.
    pub passages_a_second: Option<f64>,
    /// How long an answer took.
    pub recall_ms: Latency,
    /// Over all questions that count.
    pub all: Row,
    /// By category, if that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Row>,
    /// What could not take part in the search, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
}

/// Times of answers.
#[derive(Debug, Default, Serialize)]
pub struct Latency {
    /// Half of them were quicker.
    pub p50: f64,
    /// All but one of twenty were quicker.
    pub p95: f64,
}

/// Means over some questions.
#[derive(Debug, Default, Serialize)]
pub struct Row {
    /// What they have in common.
    pub category: String,
    /// How many.
    pub queries: usize,
    /// The means.
    #[serde(flatten)]
    pub metric: Metric,
}

impl Row {
    /// Takes the means.
    pub fn of(category: &str, metrics: &[Metric]) -> Self {
        Self { category: category.to_owned(), queries: metrics.len(), metric: Metric::mean(metrics) }
    }
}

impl Report {
    /// Writes the table.
    pub fn table(&self) -> String {
        let mut lines = vec![format!(
            "{:NAME_CHARS$} {:>5} {:>7} {:>8} {:>8} {:>7} {:>7} {:>7}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>7}",
            "set",
            "hays",
            "docs",
            "passages",
            "ingest_s",
            "pass/s",
            "p50_ms",
            "p95_ms",
            "n",
            "R@5",
            "R@10",
            "all@10",
            "MRR",
            "nDCG@10",
        )];
        for set in &self.sets {
            let maybe = |figure: Option<f64>| figure.map_or_else(|| "kept".to_owned(), |figure| format!("{figure:.1}"));
            lines.push(format!(
                "{:NAME_CHARS$} {:>5} {:>7} {:>8} {:>8} {:>7} {:>7.1} {:>7.1}  {}",
                set.set,
                set.haystacks,
                set.documents,
                set.passages,
                maybe(set.ingest_seconds),
                maybe(set.passages_a_second),
                set.recall_ms.p50,
                set.recall_ms.p95,
                figures(&set.all)
            ));
            for row in &set.categories {
                lines.push(format!("{:NAME_CHARS$} {:55}  {}", format!("  {}", row.category), "", figures(row)));
            }
        }
        lines.join("\n")
    }

    /// Says what else there is to know.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for set in &self.sets {
            let counted = [(set.undated, "times did not read and were left out"), (set.blank, "documents are blank")];
            let counted = counted.into_iter().filter(|(count, _)| *count > 0);
            notes.extend(counted.map(|(count, what)| format!("{}: {count} {what}", set.set)));
            notes.extend(set.degraded.iter().map(|reason| format!("{}: {reason}", set.set)));
        }
        notes
    }
}

fn figures(row: &Row) -> String {
    let Metric { recall_5, recall_10, all_10, mrr, ndcg_10 } = row.metric;
    format!("{:>6} {recall_5:>6.4} {recall_10:>6.4} {all_10:>6.4} {mrr:>6.4} {ndcg_10:>7.4}", row.queries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_their_names() {
        let row = Row { category: "multi".into(), queries: 3, metric: Metric::default() };
        let set = SetReport { set: "tiny".into(), categories: vec![row], undated: 2, ..SetReport::default() };
        let report = Report { sets: vec![set] };
        let table = report.table();
        let widths: Vec<usize> = table.lines().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        assert_eq!(report.notes(), ["tiny: 2 times did not read and were left out"]);
    }
}
