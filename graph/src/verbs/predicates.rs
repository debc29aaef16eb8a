//! `predicates` and `declare`: what facts can say, and saying more.

use oxigraph::model::{NamedNode, Quad};
use schemars::JsonSchema;
use serde::Serialize;

use super::remember::MAX_NAME_BYTES;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{Agent, Change, Trust};
use crate::memory::Inner;
use crate::names::shortened;
use crate::predicate::{Predicates, spoken};
use crate::store::string;
use crate::vocab::{self, PROPERTY_NS, ext};

/// Other names that one predicate has.
pub const MAX_ALIASES: usize = 16;

/// A predicate, for whoever lists or declares one.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct PredicateInfo {
    /// As it stands in a sentence between subject and object.
    pub label: String,
    /// Other ways to say it.
    pub aliases: Vec<String>,
    /// Whether it has one value at a time: a newer fact ends the one before it.
    pub functional: bool,
    /// Whether it holds the other way round too.
    pub symmetric: bool,
    /// Whether its objects are entities; else they are texts.
    pub entities: bool,
    /// Its IRI; given by [`crate::Memory::declare`].
    pub iri: String,
}

pub(crate) fn predicates(inner: &Inner) -> Result<Vec<PredicateInfo>> {
    let known = Predicates::of(&inner.view()?)?;
    let info = |predicate: &crate::predicate::Predicate| PredicateInfo {
        label: predicate.label.clone(),
        aliases: predicate.names[1..].to_vec(),
        functional: predicate.is_functional,
        symmetric: predicate.is_symmetric,
        entities: predicate.has_entities,
        iri: predicate.iri.as_str().to_owned(),
    };
    Ok(known.all().iter().map(info).collect())
}

/// Only the owner says what facts can say: a functional predicate decides what ends by itself.
pub(crate) fn declare(inner: &Inner, new: PredicateInfo, agent: &Agent) -> Result<(PredicateInfo, Id)> {
    let invalid = |message: String, hint: &str| Error::new(ErrorKind::Invalid, message).hint(hint);
    if agent.trust < Trust::Policy {
        return Err(Error::new(ErrorKind::Conflict, format!("{} may not declare a predicate", shortened(&agent.name)))
            .hint("ask the owner to run `hydra predicate add`"));
    }
    let names: Vec<&String> = std::iter::once(&new.label).chain(&new.aliases).collect();
    if names.iter().any(|name| name.trim().is_empty()) {
        return Err(invalid("a predicate without a name".into(), "say what stands between subject and object"));
    }
    if let Some(long) = names.iter().find(|name| name.len() > MAX_NAME_BYTES) {
        let hint = "say it in a few words";
        return Err(invalid(
            format!("`{}…` has {} bytes; a name has {MAX_NAME_BYTES}", shortened(long), long.len()),
            hint,
        ));
    }
    if new.aliases.len() > MAX_ALIASES {
        let hint = "keep the usual ones";
        return Err(invalid(format!("{} aliases; a predicate has {MAX_ALIASES}", new.aliases.len()), hint));
    }
    let (declared, commit) = inner
        .writer
        .write(agent.clone(), move |view| {
            let known = Predicates::of(view)?;
            for name in std::iter::once(&new.label).chain(&new.aliases) {
                if let Ok(taken) = known.find(name) {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        format!("`{}` is known as `{}`", shortened(name), taken.label),
                    )
                    .hint("use that one, or choose another name"));
                }
            }
            let iri = NamedNode::new_unchecked(format!("{PROPERTY_NS}{}", spoken(&new.label).replace(' ', "_")));
            let iri = NamedNode::new(iri.as_str()).map_err(|_| {
                Error::new(ErrorKind::Invalid, format!("`{}` makes no name of a predicate", shortened(&new.label)))
                    .hint("use letters, digits and blanks")
            })?;
            let mut change = Change::new("declare");
            let graph = NamedNode::from(vocab::VOCAB_GRAPH);
            let mut say = |predicate: NamedNode, object: oxigraph::model::Term| {
                change.added.push(Quad::new(iri.clone(), predicate, object, graph.clone()));
            };
            say(ext::TYPE.into(), ext::PROPERTY.into());
            say(ext::LABEL.into(), string(new.label.trim()).into());
            new.aliases.iter().for_each(|alias| say(ext::ALT_LABEL.into(), string(alias.trim()).into()));
            let flags = [(new.functional, ext::FUNCTIONAL), (new.symmetric, ext::SYMMETRIC)];
            flags.into_iter().filter(|(is, _)| *is).for_each(|(_, class)| say(ext::TYPE.into(), class.into()));
            if new.entities {
                say(ext::RANGE.into(), vocab::ENTITY.into());
            }
            Ok((change, PredicateInfo { iri: iri.into_string(), ..new }))
        })
        .map(|(commit, declared)| (declared, commit))?;
    let commit =
        commit.ok_or_else(|| Error::new(ErrorKind::Conflict, "it is declared like that already").hint("use it"))?;
    Ok((declared, commit))
}
