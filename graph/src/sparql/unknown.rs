//! Names of a query that nothing is called: a mistyped property finds nothing, and does not say so by itself.

use spargebra::Query;

use super::budget::Budget;
use super::dataset::Readable;
use super::prefix::shorten;
use crate::error::Result;

/// Names of a query that are looked up.
const MAX_LOOKED_UP: usize = 20;
/// Types of values and functions stand in queries, and in no statement.
const NOT_SAID: [&str; 2] =
    ["http://www.w3.org/2001/XMLSchema#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"];

/// Returns the names of a query that the caller sees nowhere in the graph, as a query writes them.
pub(crate) fn unknown(query: &Query, readable: Readable<'_>, budget: &Budget) -> Result<Vec<String>> {
    let mut unknown = Vec::new();
    for name in names(&query.to_sse()).into_iter().take(MAX_LOOKED_UP) {
        budget.read();
        if !readable.is_said(&name)? {
            unknown.push(shorten(&name));
        }
    }
    Ok(unknown)
}

/// Reads the names out of the algebra's own notation, where each stands in `<…>`; what stands in quotes is text.
fn names(notation: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut letters = notation.chars();
    let mut is_text = false;
    while let Some(letter) = letters.next() {
        match (is_text, letter) {
            (true, '\\') => drop(letters.next()),
            (_, '"') => is_text = !is_text,
            (false, '<') => {
                // `<`, `<=` and `<<(` are no names: a blank or another bracket comes before their end.
                let rest = letters.as_str();
                let end = rest.find(|letter: char| letter.is_whitespace() || "<>(".contains(letter));
                let Some((name, _)) =
                    end.and_then(|end| rest.split_at_checked(end)).filter(|(_, at)| at.starts_with('>'))
                else {
                    continue;
                };
                let is_said = name.contains(':') && !NOT_SAID.iter().any(|start| name.starts_with(start));
                if is_said && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_texts_are_not() {
        let query = r#"SELECT ?x { ?x <a:b>/<a:c> "a \"<t:t>" FILTER(?x < 3 && ?y <= <a:d>) ?x <a:b> ?y }"#;
        let query = spargebra::SparqlParser::new().parse_query(query).unwrap();
        let mut found = names(&query.to_sse());
        found.sort_unstable();
        assert_eq!(found, ["a:b", "a:c", "a:d"]);
    }
}
