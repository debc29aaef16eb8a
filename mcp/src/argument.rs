//! Tolerant readers of tool parameters: models write `"5"` for 5 and `"x"` for `["x"]`, and both are clear enough.

use std::collections::BTreeMap;

use hydra_graph::{Choice, Verdict};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// Parameters that a tool does not have, so that the answer can say they did nothing.
pub(crate) type Unknown = BTreeMap<String, Value>;

/// Reads one text; a number is taken as it is written, null as nothing.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(optional_text(deserializer)?.unwrap_or_default())
}

/// Reads one text that may be missing, null or empty.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let mut texts = list(deserializer)?;
    match texts.len() {
        0 => Ok(None),
        1 => Ok(texts.pop().filter(|text| !text.is_empty())),
        count => Err(de::Error::custom(format!("one text is expected, not {count}"))),
    }
}

/// Reads a list of texts; a single one is a list of one, and a list that was written as a text is read.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let value = match &value {
        Value::String(text) if text.starts_with("[\"") => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.into_iter().map(|item| one(item).map_err(de::Error::custom)).collect(),
        single => Ok(vec![one(single).map_err(de::Error::custom)?]),
    }
}

/// Reads options of a decision: texts, objects, a list of either, or such a list written as a text.
pub(crate) fn choices<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Choice>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let value = match &value {
        Value::String(text) if text.trim_start().starts_with(['[', '{']) => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    };
    let items = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        single => vec![single],
    };
    items.into_iter().map(|item| choice(item).map_err(de::Error::custom)).collect()
}

fn choice(value: Value) -> Result<Choice, String> {
    let Value::Object(fields) = value else { return one(value).map(|text| Choice::parse(&text)) };
    let text = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_str()).map(str::to_owned);
    let flag = |name: &str| fields.get(name).and_then(Value::as_bool);
    let option = text(&["option", "name", "text", "title", "what"]);
    let option =
        option.ok_or_else(|| "an option needs `option`, what it is; `verdict` and `why` go with it".to_owned())?;
    let why_not = text(&["why_not", "rejected_because", "rejected"]);
    let said = text(&["verdict", "status", "outcome"]).map(|verdict| verdict.parse::<Verdict>()).transpose();
    let said = said.map_err(|error| error.to_string())?;
    let flagged = match (flag("chosen"), flag("rejected")) {
        (Some(true), _) => Some(Verdict::Chosen),
        (Some(false), _) | (_, Some(true)) => Some(Verdict::Rejected),
        _ => None,
    };
    let verdict = said.or(flagged).or(why_not.as_ref().map(|_| Verdict::Rejected)).unwrap_or_default();
    let why = why_not.or_else(|| text(&["why", "because", "reason", "reasons", "chosen"])).unwrap_or_default();
    Ok(Choice { option, verdict, why })
}

/// Reads a count; `"5"` and `5.0` are 5.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float.round() as i64)),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number.filter(|number| *number >= 0) {
        Some(number) => Ok(Some(number)),
        None => Err(de::Error::custom(format!("{value} is not a count; write a whole number"))),
    }
}

/// Reads yes or no; `"true"` is true. Anything unclear is refused: a dry run that was misread would not be one.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match &value {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(de::Error::custom(format!("{value} is neither true nor false"))),
    }
}

/// Reads a share from 0 to 1; `"0.8"` and `"80%"` are 0.8. Whether it is one is for the verb to say.
pub(crate) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let text = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        other => return Err(de::Error::custom(format!("{other} is not a share; write a number from 0 to 1"))),
    };
    let (digits, scale) = text.strip_suffix('%').map_or((text.as_str(), 1.0), |digits| (digits, 100.0));
    match digits.trim().parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(Some(number / scale)),
        _ => Err(de::Error::custom(format!("`{text}` is not a share; write a number from 0 to 1"))),
    }
}

fn one(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        other => Err(format!("a text is expected, not {other}")),
    }
}

/// Returns a sentence about parameters that did nothing, or `None` when there are none.
pub(crate) fn ignored(tool: &str, unknown: &Unknown) -> Option<String> {
    if unknown.is_empty() {
        return None;
    }
    let names: Vec<String> = unknown.keys().take(5).map(|name| format!("`{}`", short(name))).collect();
    Some(format!("ignored: {tool} has no parameter {}", names.join(", ")))
}

fn short(name: &str) -> String {
    name.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize, Debug)]
    struct Arguments {
        #[serde(default, alias = "q", deserialize_with = "text")]
        query: String,
        #[serde(default, deserialize_with = "list")]
        ids: Vec<String>,
        #[serde(default, deserialize_with = "count")]
        limit: Option<i64>,
        #[serde(default, deserialize_with = "flag")]
        dry_run: bool,
        #[serde(flatten)]
        unknown: Unknown,
    }

    fn read(value: Value) -> Arguments {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_meant_is_understood() {
        assert_eq!(read(json!({"q": "x"})).query, "x");
        assert_eq!(read(json!({"query": 7})).query, "7");
        assert_eq!(read(json!({"query": ["x"]})).query, "x");
        assert_eq!(read(json!({"query": null})).query, "");
        assert_eq!(read(json!({"ids": "a"})).ids, ["a"]);
        assert_eq!(read(json!({"ids": "[\"a\",\"b\"]"})).ids, ["a", "b"]);
        assert_eq!(read(json!({"ids": ["a", 1]})).ids, ["a", "1"]);
        assert!(read(json!({"dry_run": true})).dry_run && read(json!({"dry_run": " True "})).dry_run);
        assert!(!read(json!({"dry_run": null})).dry_run && !read(json!({"dry_run": "false"})).dry_run);
        for five in [json!(5), json!("5"), json!(5.0), json!(" 5 ")] {
            assert_eq!(read(json!({"limit": five})).limit, Some(5));
        }
    }

    #[test]
    fn options_are_texts_or_objects() {
        #[derive(Deserialize)]
        struct Options {
            #[serde(deserialize_with = "choices")]
            options: Vec<Choice>,
        }
        let read = |value: Value| serde_json::from_value::<Options>(json!({"options": value}));
        let shown = |value: Value| {
            let options = read(value).unwrap().options.into_iter();
            options.map(|one| format!("{} {} {}", one.option, one.verdict.as_str(), one.why)).collect::<Vec<_>>()
        };
        assert_eq!(shown(json!("a: b")), ["a rejected b"]);
        assert_eq!(shown(json!(["a", {"name": "c", "chosen": true, "why": "d"}])), ["a considered ", "c chosen d"]);
        assert_eq!(shown(json!("[\"a: b\", \"c\"]")), ["a rejected b", "c considered "]);
        assert_eq!(shown(json!([{"option": "a", "why_not": "b"}])), ["a rejected b"]);
        assert_eq!(shown(json!([{"option": "a", "verdict": "Rejected", "reason": "b"}])), ["a rejected b"]);
        assert_eq!(shown(json!(null)), [""; 0]);
        for wrong in [json!([{"why": "b"}]), json!([["a"]]), json!([{"option": "a", "verdict": "perhaps"}])] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_meant_is_said() {
        for wrong in [
            json!({"limit": "many"}),
            json!({"dry_run": "perhaps"}),
            json!({"limit": -1}),
            json!({"query": {"a": 1}}),
            json!({"query": ["a", "b"]}),
        ] {
            assert!(serde_json::from_value::<Arguments>(wrong.clone()).is_err(), "{wrong}");
        }
        let unknown = read(json!({"as_of": "2026"})).unknown;
        assert_eq!(ignored("recall", &unknown).unwrap(), "ignored: recall has no parameter `as_of`");
        assert_eq!(ignored("recall", &Unknown::new()), None);
    }
}
