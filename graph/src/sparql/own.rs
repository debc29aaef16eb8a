//! Graphs of the user's own: whatever else is kept beside the memory, as in any RDF store.
//!
//! They are all named graphs but those whose names begin with `urn:hydra:`, and one of Hydra's for what is said without a
//! graph. They belong to no space, so only whoever sees everything sees them. Nothing in Hydra reads them but queries:
//! what they say cannot change what is remembered, and so they may not say anything in Hydra's own words.

use oxigraph::model::{GraphName, GraphNameRef, NamedNode, NamedNodeRef, Quad, Term};

use crate::error::{Error, ErrorKind, Result};
use crate::names::shortened;
use crate::rewound::Rewound;
use crate::store::subject_id;
use crate::vocab::{self, ext};

/// Names that begin like this are Hydra's.
const RESERVED: &str = "urn:hydra:";
/// Hydra's own words.
const WORDS: &str = "urn:hydra:ns#";
/// What begins like this says something of a memory that Hydra reads.
const READ_OF_MEMORIES: [&str; 7] = [
    "urn:hydra:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/ns/prov#",
    "http://www.w3.org/2004/02/skos/core#",
    "http://purl.org/dc/terms/",
];
/// As [`READ_OF_MEMORIES`].
const SCHEMA_ORG: &str = "http://schema.org/";

/// Tells whether a graph is one of the user's own.
pub(crate) fn is_own(graph: GraphNameRef<'_>) -> bool {
    match graph {
        GraphNameRef::NamedNode(graph) => is_own_name(graph),
        _ => false,
    }
}

/// As [`is_own`], by its name.
pub(crate) fn is_own_name(graph: NamedNodeRef<'_>) -> bool {
    !graph.as_str().starts_with(RESERVED) || graph == vocab::OWN_GRAPH
}

/// Refuses a graph that is not the user's to write to.
///
/// # Errors
/// `Refused` says whose it is.
pub(crate) fn check_graph(graph: &GraphName) -> Result<()> {
    let GraphName::NamedNode(name) = graph else {
        return Err(Error::new(ErrorKind::Refused, "a graph without a name").hint("name the graph with an IRI"));
    };
    if is_own_name(name.as_ref()) {
        return Ok(());
    }
    let (whose, next) = match name.as_ref() {
        vocab::JOURNAL => ("the journal, which only grows by what is done", "undo takes a commit back"),
        vocab::MEMORY_GRAPH => (
            "the memory's own",
            "insert a new memory there, or change what is known with remember, update, forget and undo",
        ),
        vocab::OWN_GRAPHS => ("the list of your graphs", "use CREATE GRAPH and DROP GRAPH"),
        name if name.as_str().starts_with(crate::id::ID_PREFIX) => {
            ("a source's own, written by whoever reads its file", "change the file, or forget the source")
        }
        _ => ("Hydra's own", "use a graph whose name does not begin with urn:hydra:"),
    };
    let message = format!("<{}> is not written by updates: it is {whose}", shortened(name.as_str()));
    Err(Error::new(ErrorKind::Refused, message).hint(next))
}

/// Refuses a statement that Hydra could take for something it said itself.
pub(crate) fn check_words(quad: &Quad) -> Result<()> {
    let predicate = quad.predicate.as_str();
    let is_class = |term: &Term| matches!(term, Term::NamedNode(class) if class.as_str().starts_with(WORDS));
    if predicate.starts_with(WORDS) || (quad.predicate == ext::TYPE && is_class(&quad.object)) {
        let word = if predicate.starts_with(WORDS) { predicate.to_owned() } else { quad.object.to_string() };
        let message = format!("`{}` is a word that only Hydra says", shortened(&word));
        return Err(Error::new(ErrorKind::Refused, message).hint("use a vocabulary of your own in your graphs"));
    }
    let is_read =
        READ_OF_MEMORIES.iter().any(|start| predicate.starts_with(start)) || predicate.starts_with(SCHEMA_ORG);
    if is_read && subject_id(&quad.subject).is_some() {
        let message = format!("what {} says of {} is Hydra's to say", shortened(predicate), quad.subject);
        return Err(Error::new(ErrorKind::Refused, message)
            .hint("say it with a predicate of your own, or change the memory with remember, update and forget"));
    }
    Ok(())
}

/// Returns the named graphs of the user's own that were made or hold something, in order.
pub(crate) fn graphs(rewound: &Rewound<'_>) -> Result<Vec<NamedNode>> {
    let mut graphs = rewound.graphs()?;
    for made in rewound.pointing(ext::TYPE, vocab::GRAPH.into()) {
        let made = made?;
        if made.graph_name == vocab::OWN_GRAPHS.into()
            && let oxigraph::model::NamedOrBlankNode::NamedNode(name) = made.subject
        {
            graphs.insert(name);
        }
    }
    Ok(graphs.into_iter().filter(|name| is_own_name(name.as_ref()) && name.as_ref() != vocab::OWN_GRAPH).collect())
}

/// Tells whether a named graph of the user's own was made or holds something.
pub(crate) fn is_there(rewound: &Rewound<'_>, graph: NamedNodeRef<'_>) -> Result<bool> {
    if rewound.quads(None, None, None, Some(graph.into())).next().transpose()?.is_some() {
        return Ok(true);
    }
    let made = mark(graph);
    let found = rewound.quads(Some(graph.into()), Some(ext::TYPE), Some(made.object.as_ref()), None).next();
    Ok(found.transpose()?.is_some_and(|quad| quad.graph_name == made.graph_name))
}

/// The statement that a graph was made: an empty one is there, too.
pub(crate) fn mark(graph: NamedNodeRef<'_>) -> Quad {
    Quad::new(graph, ext::TYPE, NamedNode::from(vocab::GRAPH), vocab::OWN_GRAPHS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_the_users_or_hydras() {
        for (name, is_users) in [
            ("http://example.org/g", true),
            ("urn:example:g", true),
            ("urn:hydra:ns#g/own", true),
            ("urn:hydra:ns#g/memory", false),
            ("urn:hydra:ns#g/journal", false),
            ("urn:hydra:ns#g/policy", false),
            ("urn:hydra:ns#g/graphs", false),
            ("urn:hydra:id:038g93ppke00p", false),
        ] {
            let graph = GraphName::from(NamedNode::new(name).unwrap());
            assert_eq!(is_own(graph.as_ref()), is_users, "{name}");
            assert_eq!(check_graph(&graph).is_ok(), is_users, "{name}");
        }
        assert_eq!(check_graph(&GraphName::DefaultGraph).unwrap_err().kind(), ErrorKind::Refused);
    }

    #[test]
    fn nobody_speaks_in_hydras_words() {
        let memory = "urn:hydra:id:038g93ppke00p";
        for (subject, predicate, object, is_said) in [
            (memory, "http://example.org/rating", "http://example.org/5", true),
            (memory, "urn:hydra:ns#trust", "http://example.org/owner", false),
            (memory, "http://www.w3.org/ns/prov#invalidatedAtTime", "http://example.org/now", false),
            (memory, "http://schema.org/text", "http://example.org/other", false),
            ("http://example.org/a", "http://schema.org/knows", memory, true),
            ("http://example.org/a", "urn:hydra:ns#about", memory, false),
            ("http://example.org/a", ext::TYPE.as_str(), "urn:hydra:ns#Memory", false),
            ("http://example.org/a", ext::TYPE.as_str(), "http://schema.org/Person", true),
        ] {
            let name = |iri: &str| NamedNode::new(iri).unwrap();
            let quad = Quad::new(name(subject), name(predicate), name(object), vocab::OWN_GRAPH);
            assert_eq!(check_words(&quad).is_ok(), is_said, "{quad}");
        }
    }
}
