//! A front matter value as YAML gives it, and its flattening into names and texts.

use std::fmt;
use std::ops::Range;

use hydra_graph::{Datatype, Property};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A YAML value: text as it is written, a list, or a mapping in file order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Text(String),
    /// What YAML takes for a number or a truth value, as it is written.
    Typed(String, Datatype),
    /// A number that may have been written otherwise (`1.10`), and where it stands.
    Float(f64, Range<usize>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Returns a single value as text, numbers as they are written in `yaml`.
    pub fn text(&self, yaml: &str) -> Option<String> {
        match self {
            Self::Text(text) | Self::Typed(text, _) => Some(text.clone()),
            Self::Float(number, span) => {
                let written = yaml.get(span.clone()).map(str::trim).unwrap_or_default();
                let is_same = written.parse() == Ok(*number);
                Some(if is_same { written.to_owned() } else { number.to_string() })
            }
            Self::Nothing | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the value, or the values of a list, as texts.
    pub fn texts(&self, yaml: &str) -> Vec<String> {
        match self {
            Self::List(values) => values.iter().filter_map(|value| value.text(yaml)).collect(),
            value => value.text(yaml).into_iter().collect(),
        }
    }

    /// Writes the value under `name`: keys below it behind a dot, a list as several properties of one name.
    ///
    /// The depth is bounded by the YAML reader's budget.
    pub fn flatten(&self, name: &str, yaml: &str, properties: &mut Vec<Property>) {
        match self {
            Self::Nothing => {}
            Self::List(values) => match unquoted_wikilink(values, yaml) {
                Some(value) => properties.push(Property { name: name.to_owned(), value, datatype: Datatype::Text }),
                None => values.iter().for_each(|value| value.flatten(name, yaml, properties)),
            },
            Self::Map(entries) => {
                for (key, value) in entries {
                    value.flatten(&format!("{name}.{key}"), yaml, properties);
                }
            }
            Self::Text(_) | Self::Typed(..) | Self::Float(..) => {
                let value = self.text(yaml).unwrap_or_default().trim().to_owned();
                if !value.is_empty() {
                    let datatype = match self {
                        Self::Typed(_, datatype) => *datatype,
                        Self::Float(..) => Datatype::Number,
                        // YAML has days and moments as texts; a number in quotes is meant as a text.
                        _ => Some(Datatype::of(&value))
                            .filter(|datatype| matches!(datatype, Datatype::Date | Datatype::Time))
                            .unwrap_or_default(),
                    };
                    properties.push(Property { name: name.to_owned(), value, datatype });
                }
            }
        }
    }
}

/// `up: [[Note]]` without quotes is a list in a list for YAML, and always a link for whoever wrote it.
fn unquoted_wikilink(values: &[Value], yaml: &str) -> Option<String> {
    let [Value::List(inner)] = values else { return None };
    let names: Vec<String> = inner.iter().map(|value| value.text(yaml)).collect::<Option<_>>()?;
    (!names.is_empty()).then(|| format!("[[{}]]", names.join(", ")))
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Bare>::deserialize(deserializer)?;
        let span = spanned.defined.span();
        Ok(match spanned.value.0 {
            Self::Float(number, _) => {
                let start = span.byte_offset().unwrap_or_default() as usize;
                let length = span.byte_len().unwrap_or_default() as usize;
                Self::Float(number, start..start + length)
            }
            value => value,
        })
    }
}

/// A value whose place is not known yet.
struct Bare(Value);

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Typed(value.to_string(), Datatype::Boolean))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Typed(value.to_string(), Datatype::Number))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Typed(value.to_string(), Datatype::Number))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value, 0..0))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some((key, value)) = access.next_entry()? {
            // The last one counts where a key stands twice.
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Value::Map(entries))
    }
}
