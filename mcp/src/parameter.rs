//! Parameters that several tools take, said once: each tool flattens those that do something in it.

use hydra_graph::{Error, ErrorKind, Moment, Result, Statement, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{argument, when};

/// What an answer costs at most if the caller does not say.
const USUAL_BUDGET_TOKENS: usize = 1_500;
/// Largest budget that a caller may ask for.
pub(crate) const MAX_BUDGET_TOKENS: usize = 20_000;

/// Which spaces are read.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Spaces {
    /// Only what is of this space, as in `personal` or `project/atlas`; all if left out.
    #[serde(default, alias = "spaces", deserialize_with = "argument::list")]
    #[schemars(with = "String")]
    space: Vec<String>,
}

impl Spaces {
    /// Returns those that were named; none means all.
    pub fn named(self) -> Vec<String> {
        self.space.into_iter().filter(|space| !space.is_empty()).collect()
    }
}

/// From which moment it is looked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Look {
    /// What was true then in the world (where did she live in March?): 2026-01-31, a full time, or how long ago as in 7d.
    #[serde(default, alias = "valid_at", alias = "true_at", deserialize_with = "argument::optional_text")]
    as_of: Option<String>,
    /// What was known then, right or wrong; may go with as_of.
    #[serde(default, deserialize_with = "argument::optional_text")]
    known_at: Option<String>,
}

impl Look {
    /// Reads the moment.
    pub fn moment(self, now: Timestamp) -> Result<Moment> {
        when::of(self.as_of, self.known_at, now)
    }
}

/// How many of what a tool lists.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Limit<const DEFAULT: usize> {
    /// How many at most.
    #[serde(
        default,
        alias = "k",
        alias = "n",
        alias = "top_k",
        alias = "max_results",
        deserialize_with = "argument::count"
    )]
    #[schemars(extend("default" = DEFAULT))]
    limit: Option<i64>,
}

impl<const DEFAULT: usize> Limit<DEFAULT> {
    /// Returns how many; the verb refuses what is too many.
    pub fn count(&self) -> usize {
        self.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT)
    }
}

/// What an answer may cost.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Budget<const DEFAULT: usize = USUAL_BUDGET_TOKENS> {
    /// What the answer may cost at most, in tokens.
    #[serde(default, alias = "budget", alias = "max_tokens", deserialize_with = "argument::count")]
    #[schemars(extend("default" = DEFAULT))]
    budget_tokens: Option<i64>,
}

impl<const DEFAULT: usize> Budget<DEFAULT> {
    /// Returns what was asked for or is usual, within bounds.
    pub fn tokens(&self) -> usize {
        self.asked().unwrap_or(DEFAULT)
    }

    /// Returns what was asked for, within bounds.
    pub fn asked(&self) -> Option<usize> {
        let asked = self.budget_tokens.and_then(|tokens| usize::try_from(tokens).ok());
        asked.map(|tokens| tokens.clamp(1, MAX_BUDGET_TOKENS))
    }
}

/// A fact in its parts.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Stated {
    /// Of a fact: whom or what it is about.
    #[serde(default, deserialize_with = "argument::optional_text")]
    subject: Option<String>,
    /// Of a fact: what is said of it, as in `works for` or `lives in`.
    #[serde(default, alias = "relation", deserialize_with = "argument::optional_text")]
    predicate: Option<String>,
    /// Of a fact: the person, place, thing or text that is said of it.
    #[serde(default, alias = "value", deserialize_with = "argument::optional_text")]
    object: Option<String>,
}

impl Stated {
    /// Puts the statement together; all of its parts or none are given.
    pub fn statement(self) -> Result<Option<Statement>> {
        let missing = match (self.subject, self.predicate, self.object) {
            (None, None, None) => return Ok(None),
            (Some(subject), Some(predicate), Some(object)) => {
                return Ok(Some(Statement { subject, predicate, object }));
            }
            (None, ..) => "subject",
            (_, None, _) => "predicate",
            (.., None) => "object",
        };
        Err(Error::new(ErrorKind::Invalid, format!("a fact without {missing}"))
            .hint("give subject, predicate and object, or only a text"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::argument::Unknown;

    #[derive(Deserialize)]
    struct Parameters {
        #[serde(default, deserialize_with = "argument::text")]
        query: String,
        #[serde(flatten)]
        spaces: Spaces,
        #[serde(flatten)]
        look: Look,
        #[serde(flatten)]
        limit: Limit<7>,
        #[serde(flatten)]
        budget: Budget,
        #[serde(flatten)]
        unknown: Unknown,
    }

    fn read(value: Value) -> Parameters {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn each_is_read_by_any_of_its_names_and_only_the_rest_is_unknown() {
        for (space, as_of, limit, budget) in [
            ("space", "as_of", "limit", "budget_tokens"),
            ("spaces", "valid_at", "k", "budget"),
            ("spaces", "true_at", "max_results", "max_tokens"),
        ] {
            let given =
                json!({"query": "x", space: ["a", ""], as_of: "2026-01-31", limit: "3", budget: 9.0, "page": 2});
            let Parameters { query, spaces, look, limit, budget, unknown } = read(given);
            assert_eq!((query.as_str(), spaces.named(), limit.count(), budget.tokens()), ("x", vec!["a".into()], 3, 9));
            let moment = look.moment("2026-03-01T00:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(moment.true_at.unwrap().to_string(), "2026-01-31T00:00:00Z");
            assert_eq!(argument::ignored("recall", &unknown).unwrap(), "ignored: recall has no parameter `page`");
        }
    }

    #[test]
    fn what_is_left_out_or_null_is_as_usual_and_nothing_is_unknown() {
        for given in [json!({}), json!({"space": null, "as_of": null, "limit": null, "budget_tokens": ""})] {
            let Parameters { spaces, look, limit, budget, unknown, .. } = read(given);
            assert_eq!((spaces.named().len(), limit.count(), budget.tokens()), (0, 7, USUAL_BUDGET_TOKENS));
            assert!(look.moment("2026-03-01T00:00:00Z".parse().unwrap()).unwrap().is_now() && unknown.is_empty());
        }
        for wrong in [json!({"limit": "many"}), json!({"as_of": ["2026", "2025"]}), json!({"space": {}})] {
            assert!(serde_json::from_value::<Parameters>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn budgets_are_bounded() {
        let tokens = |asked: i64| read(json!({"budget_tokens": asked})).budget.tokens();
        assert_eq!(tokens(MAX_BUDGET_TOKENS as i64 + 1), MAX_BUDGET_TOKENS);
        assert_eq!(tokens(0), 1);
    }

    #[test]
    fn a_fact_has_all_its_parts() {
        let stated = |value| serde_json::from_value::<Stated>(value).unwrap().statement();
        assert_eq!(stated(json!({})).unwrap(), None);
        let whole = stated(json!({"subject": "a", "relation": "b", "value": "c"})).unwrap();
        assert_eq!(whole, Some(Statement::new("a", "b", "c")));
        for (missing, given) in [
            ("subject", json!({"object": "c"})),
            ("predicate", json!({"subject": "a", "object": "c"})),
            ("object", json!({"subject": "a", "predicate": "b"})),
        ] {
            let error = stated(given).unwrap_err();
            assert!(error.message().ends_with(missing) && error.next_step().is_some(), "{error}");
        }
    }
}
