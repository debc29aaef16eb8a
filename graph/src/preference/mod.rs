//! A preference: what somebody wants or avoids, of what, where it applies, and whether it is in force or only a candidate.

pub(crate) mod sentence;

use std::collections::BTreeSet;
use std::str::FromStr;

use oxigraph::model::{NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entity::normalise;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Names;
use crate::names::shortened;
use crate::scope;
use crate::store::{Node, number, string, term_text};
use crate::vocab::{self, ext};

/// Independent observations after which what was only inferred is in force.
pub const OBSERVATIONS_TO_HOLD: usize = 2;
/// Longest preference: it is in every context that it applies to.
pub const MAX_PREFERENCE_BYTES: usize = 4_096;

/// Whether something is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// It is: liked, preferred, always done.
    #[default]
    For,
    /// It is not: avoided, disliked, never done.
    Against,
}

impl Polarity {
    /// Returns the name in the graph and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
        }
    }
}

impl FromStr for Polarity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_lowercase().as_str() {
            "for" | "prefer" | "prefers" | "like" | "likes" | "wants" | "always" | "positive" => Ok(Self::For),
            "against" | "avoid" | "avoids" | "dislike" | "dislikes" | "hates" | "never" | "negative" => {
                Ok(Self::Against)
            }
            _ => Err(Error::new(ErrorKind::Invalid, format!("`{}` is not a polarity", shortened(text)))
                .hint("say for (preferred) or against (avoided)")),
        }
    }
}

/// Whether a preference counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not yet: it was inferred, and not seen often enough, or it contradicts what is in force.
    Candidate,
    /// It does.
    InForce,
}

impl Standing {
    /// Returns the name in the graph and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::InForce => "in_force",
        }
    }
}

/// What is said of a preference besides its text; what is left out is read from the text, if it is a plain sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPreference {
    /// What it is about, as in `hot drinks`.
    pub topic: Option<String>,
    /// Whether it is wanted or not.
    pub polarity: Option<Polarity>,
    /// Whether nobody said so, and it only follows from what somebody said or did.
    pub is_inferred: bool,
}

/// What a memory says as a preference.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Preference {
    /// What it is about, if that was said or is plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What of that is wanted or not.
    pub value: String,
    /// Whether it is wanted.
    pub polarity: Polarity,
    /// Whose it is, by name; the owner's if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The file, folder, project, person or thing that it applies to; everywhere if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whether it is in force.
    pub status: Standing,
    /// Whether it was only inferred.
    pub inferred: bool,
    /// How many independent voices it has.
    pub observations: usize,
    /// How often it was told.
    pub times_seen: usize,
}

impl Preference {
    /// Reads what is told: what was given, else what the sentence says. Returns also whether it says that another no longer
    /// holds.
    pub(crate) fn read(text: &str, given: &NewPreference, scope: Option<&str>) -> (Self, bool) {
        let sentence = sentence::read(text);
        let ends = sentence.as_ref().is_some_and(|sentence| sentence.ends);
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let topic = given.topic.as_deref().map(tidy).filter(|topic| !topic.is_empty());
        let preference = Self {
            topic: topic.or_else(|| sentence.as_ref().map(|sentence| sentence.topic.clone())),
            value: sentence.as_ref().map_or_else(|| fold(text), |sentence| sentence.value.clone()),
            polarity: given.polarity.or(sentence.as_ref().map(|sentence| sentence.polarity)).unwrap_or_default(),
            holder: sentence.and_then(|sentence| sentence.holder),
            scope: scope.map(tidy).filter(|scope| !scope.is_empty()),
            status: Standing::Candidate,
            inferred: given.is_inferred,
            observations: 1,
            times_seen: 1,
        };
        (preference, ends)
    }

    /// The key of everything that is said of a topic where it applies.
    pub(crate) fn slot(&self, space: &str) -> String {
        let [holder, scope] = [&self.holder, &self.scope].map(|name| fold(name.as_deref().unwrap_or_default()));
        key("preference", space, [&holder, &scope, &fold(self.subject())])
    }

    /// The key of everything that is said of a thing where it applies, whatever the topic.
    pub(crate) fn thing(&self, space: &str) -> String {
        let [holder, scope] = [&self.holder, &self.scope].map(|name| fold(name.as_deref().unwrap_or_default()));
        key("preferred", space, [&holder, &scope, &fold(&self.value)])
    }

    /// As [`Preference::slot`], under every name of whoever and whatever it names; what is found is to be compared.
    pub(crate) fn slots(&self, names: &Names<'_>, space: &str) -> Result<Vec<String>> {
        self.keys(names, "preference", space, self.subject())
    }

    /// As [`Preference::thing`], under every name.
    pub(crate) fn things(&self, names: &Names<'_>, space: &str) -> Result<Vec<String>> {
        self.keys(names, "preferred", space, &self.value)
    }

    fn keys(&self, names: &Names<'_>, name: &str, space: &str, of: &str) -> Result<Vec<String>> {
        let spellings = |text: Option<&str>| match text {
            Some(text) if !scope::is_path(text) => names.spellings(text),
            text => Ok(BTreeSet::from([fold(text.unwrap_or_default())])),
        };
        let (holders, scopes) = (spellings(self.holder.as_deref())?, spellings(self.scope.as_deref())?);
        let mut keys = Vec::new();
        for of in &names.spellings(of)? {
            for holder in &holders {
                keys.extend(scopes.iter().map(|scope| key(name, space, [holder, scope, of])));
            }
        }
        Ok(keys)
    }

    /// Tells whether another is of the same holder and applies in the same place.
    pub(crate) fn is_beside(&self, other: &Self, names: &Names<'_>) -> Result<bool> {
        for (one, other) in [(&self.holder, &other.holder), (&self.scope, &other.scope)] {
            let is_one = match (one, other) {
                (Some(one), Some(other)) => names.are_one(one, other)?,
                (one, other) => one == other,
            };
            if !is_one {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tells whether another is about the same.
    pub(crate) fn has_subject_of(&self, other: &Self, names: &Names<'_>) -> Result<bool> {
        names.are_one(self.subject(), other.subject())
    }

    /// What it is about; where nobody says, only the same words are about the same.
    fn subject(&self) -> &str {
        self.topic.as_deref().unwrap_or(&self.value)
    }

    /// Tells whether it is about a thing as such, and not about what to choose for something.
    pub(crate) fn is_general(&self) -> bool {
        self.topic.as_ref().is_none_or(|topic| fold(topic) == fold(&self.value))
    }

    /// Says of a memory's node what does not change of it.
    pub(crate) fn tell(&self, node: &mut Node, space: &str) {
        node.say(ext::TYPE, oxigraph::model::NamedNode::from(vocab::PREFERENCE))
            .say(vocab::KEY, string(self.slot(space)))
            .say(vocab::KEY, string(self.thing(space)))
            .say(vocab::VALUE, string(&self.value))
            .say(vocab::POLARITY, string(self.polarity.as_str()))
            .maybe(vocab::TOPIC, self.topic.as_ref().map(string))
            .maybe(vocab::HELD_BY, self.holder.as_ref().map(string))
            .maybe(vocab::APPLIES_TO, self.scope.as_ref().map(string));
    }

    /// What may change of it.
    pub(crate) fn state(&self) -> [(NamedNodeRef<'static>, oxigraph::model::Literal); 4] {
        [
            (vocab::STATUS, string(self.status.as_str())),
            (vocab::BASIS, string(if self.inferred { "inferred" } else { "explicit" })),
            (vocab::OBSERVATIONS, number(self.observations)),
            (vocab::TIMES_SEEN, number(self.times_seen)),
        ]
    }

    /// Says how it stands, in words; nothing of a plain one that is in force everywhere.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        match (self.status, self.inferred) {
            (Standing::Candidate, true) => words.push(format!(
                "candidate: inferred from {}, not in force",
                if self.observations == 1 {
                    "1 observation".to_owned()
                } else {
                    format!("{} observations", self.observations)
                }
            )),
            (Standing::Candidate, false) => words.push("candidate: it contradicts what is in force".to_owned()),
            (Standing::InForce, true) => {
                words.push(format!("in force, inferred from {} observations", self.observations))
            }
            (Standing::InForce, false) => {}
        }
        if self.polarity == Polarity::Against {
            words.push("against".to_owned());
        }
        words.extend(self.scope.as_ref().map(|scope| format!("for {scope}")));
        words.join(", ")
    }
}

fn key(name: &str, space: &str, parts: [&String; 3]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("{name}:{space} {}", hasher.finalize().to_hex())
}

/// Reads it from what is said of a node; `None` if that is no preference that says so.
pub(crate) fn of_quads(quads: &[Quad]) -> Option<Preference> {
    let text = |predicate: NamedNodeRef<'static>| {
        quads.iter().find(|quad| quad.predicate.as_ref() == predicate).and_then(|quad| term_text(&quad.object))
    };
    let count = |predicate| text(predicate).and_then(|text| text.parse().ok()).unwrap_or(1);
    let status = text(vocab::STATUS)?;
    Some(Preference {
        topic: text(vocab::TOPIC),
        value: text(vocab::VALUE)?,
        polarity: text(vocab::POLARITY)?.parse().ok()?,
        holder: text(vocab::HELD_BY),
        scope: text(vocab::APPLIES_TO),
        status: if status == Standing::InForce.as_str() { Standing::InForce } else { Standing::Candidate },
        inferred: text(vocab::BASIS)? == "inferred",
        observations: count(vocab::OBSERVATIONS),
        times_seen: count(vocab::TIMES_SEEN),
    })
}

/// A text as it is compared: no case, no article before it, no sign after it.
pub(crate) fn fold(text: &str) -> String {
    let folded = normalise(text);
    let folded = folded.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != ')').trim_end();
    let bare = ["the ", "a ", "an ", "my "].iter().find_map(|article| folded.strip_prefix(article));
    bare.unwrap_or(folded).to_owned()
}
