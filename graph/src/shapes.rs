//! SHACL: what a valid memory is, checked before a commit.
//!
//! A subset of SHACL Core is read from `schema/shapes.ttl`: node shapes with `sh:targetClass`, property shapes with a
//! predicate path, and the constraints of [`Constraint`]. Anything else in the shapes is refused when they are loaded:
//! a constraint that is silently ignored is worse than none.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, Term};

use crate::error::{Error, ErrorKind, Result};
use crate::journal::Change;
use crate::store::View;
use crate::vocab::ext;

const SHAPES: &str = include_str!("../../schema/shapes.ttl");
const SH: &str = "http://www.w3.org/ns/shacl#";

/// All shapes, by the class they are for.
#[derive(Debug)]
pub(crate) struct Shapes(HashMap<NamedNode, Vec<PropertyShape>>);

#[derive(Debug)]
struct PropertyShape {
    path: NamedNode,
    message: Option<String>,
    constraints: Vec<Constraint>,
}

#[derive(Debug)]
enum Constraint {
    MinCount(usize),
    MaxCount(usize),
    Datatype(NamedNode),
    NodeKindIri,
    NodeKindLiteral,
    MinLength(usize),
    MaxLength(usize),
    MinInclusive(i64),
    In(Vec<Term>),
}

impl Shapes {
    /// Reads the shapes that are built in.
    pub fn builtin() -> Result<Self> {
        Self::parse(SHAPES)
    }

    /// Returns the shapes that are built in, read once.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Shapes> = LazyLock::new(|| Shapes::builtin().expect("the built-in shapes parse"));
        &SHARED
    }

    /// Reads shapes from Turtle.
    ///
    /// # Errors
    /// `Invalid`, naming what is not understood.
    pub fn parse(turtle: &str) -> Result<Self> {
        let quads: Vec<Quad> = RdfParser::from_format(RdfFormat::Turtle)
            .for_slice(turtle.as_bytes())
            .collect::<std::result::Result<_, _>>()
            .map_err(|e| refuse(format!("the shapes do not parse: {e}")))?;
        let graph = Graph(&quads);
        let mut shapes: HashMap<NamedNode, Vec<PropertyShape>> = HashMap::new();
        for quad in quads.iter().filter(|q| q.predicate == ext::TYPE && q.object == sh("NodeShape").into()) {
            let mut classes = Vec::new();
            let mut properties = Vec::new();
            for (predicate, object) in graph.of(&quad.subject) {
                match (predicate.as_str().strip_prefix(SH), object) {
                    (Some("targetClass"), Term::NamedNode(class)) => classes.push(class.clone()),
                    (Some("property"), node) => properties.push(node),
                    (Some("message"), _) | (None, _) => {}
                    (Some(other), _) => return Err(refuse(format!("sh:{other} on a node shape is not understood"))),
                }
            }
            for class in classes {
                for property in &properties {
                    shapes.entry(class.clone()).or_default().push(graph.property_shape(property)?);
                }
            }
        }
        Ok(Self(shapes))
    }

    /// Checks every node that a change speaks of, as it would be afterwards. What it does not speak of was checked before:
    /// so that a fact costs the same however much is said of its subject, only that is read which a shape of a changed
    /// predicate or a new class looks at.
    pub fn check(&self, view: &View<'_>, change: &Change) -> Result<()> {
        let mut nodes: HashMap<&NamedOrBlankNode, Spoken<'_>> = HashMap::new();
        for quad in &change.added {
            nodes.entry(&quad.subject).or_default().added.push(quad);
        }
        for quad in &change.removed {
            nodes.entry(&quad.subject).or_default().removed.insert(quad);
        }
        // In the order of the change, so that the same one is refused for the same reason.
        for quad in change.added.iter().chain(&change.removed) {
            let Some(spoken) = nodes.remove(&quad.subject) else { continue };
            let is_fresh = change.fresh.contains(&quad.subject);
            self.check_node(&quad.subject, &spoken, &|predicate| {
                if is_fresh {
                    return Ok(Vec::new());
                }
                let quads = view.quads(Some(quad.subject.as_ref()), Some(predicate), None, None);
                let left = quads.filter(|quad| !matches!(quad, Ok(quad) if spoken.removed.contains(quad)));
                left.map(|quad| quad.map(|quad| quad.object)).collect()
            })?;
        }
        Ok(())
    }

    /// Checks one node; `before` tells what it says already with a predicate, and goes on to.
    fn check_node(&self, subject: &NamedOrBlankNode, spoken: &Spoken<'_>, before: &Before<'_>) -> Result<()> {
        let added = |predicate: NamedNodeRef<'_>| {
            let of_it = spoken.added.iter().filter(|quad| quad.predicate.as_ref() == predicate);
            of_it.map(|quad| &quad.object).collect::<Vec<&Term>>()
        };
        let (old_classes, new_classes) = (before(ext::TYPE)?, added(ext::TYPE));
        for term in old_classes.iter().chain(new_classes.iter().copied()) {
            let Term::NamedNode(class) = term else { continue };
            for shape in self.0.get(class).into_iter().flatten() {
                if !new_classes.contains(&term) && !spoken.is_of(&shape.path) {
                    continue;
                }
                let old = before(shape.path.as_ref())?;
                let mut terms: Vec<&Term> = Vec::new();
                for value in old.iter().chain(added(shape.path.as_ref())) {
                    // The same value in two graphs is one value.
                    if !terms.contains(&value) {
                        terms.push(value);
                    }
                }
                for constraint in &shape.constraints {
                    if let Some(problem) = constraint.problem(&terms) {
                        let said = shape.message.as_deref().unwrap_or(&problem);
                        return Err(Error::new(
                            ErrorKind::Invalid,
                            format!("{subject} as a {class} is not valid: {} {problem}", shape.path),
                        )
                        .hint(said.to_owned()));
                    }
                }
            }
        }
        Ok(())
    }
}

type Before<'b> = dyn Fn(NamedNodeRef<'_>) -> Result<Vec<Term>> + 'b;

/// What a change says of one node.
#[derive(Default)]
struct Spoken<'c> {
    added: Vec<&'c Quad>,
    removed: HashSet<&'c Quad>,
}

impl Spoken<'_> {
    fn is_of(&self, predicate: &NamedNode) -> bool {
        self.added.iter().chain(&self.removed).any(|quad| quad.predicate == *predicate)
    }
}

impl Constraint {
    fn problem(&self, values: &[&Term]) -> Option<String> {
        let first = |bad: &dyn Fn(&Term) -> bool| values.iter().find(|value| bad(value)).map(|value| shorten(value));
        match self {
            Self::MinCount(least) if values.len() < *least => {
                Some(format!("has {} values and needs {least}", values.len()))
            }
            Self::MaxCount(most) if values.len() > *most => {
                Some(format!("has {} values and may have {most}", values.len()))
            }
            Self::MinCount(_) | Self::MaxCount(_) => None,
            Self::Datatype(datatype) => first(&|v| !matches!(v, Term::Literal(l) if l.datatype() == datatype.as_ref()))
                .map(|v| format!("{v} is not a {datatype}")),
            Self::NodeKindIri => first(&|v| !matches!(v, Term::NamedNode(_))).map(|v| format!("{v} is not an IRI")),
            Self::NodeKindLiteral => {
                first(&|v| !matches!(v, Term::Literal(_))).map(|v| format!("{v} is not a literal"))
            }
            Self::MinLength(least) => first(&|v| length(v) < *least).map(|v| format!("{v} is shorter than {least}")),
            Self::MaxLength(most) => first(&|v| length(v) > *most).map(|v| format!("{v} is longer than {most}")),
            Self::MinInclusive(least) => {
                first(&|v| !matches!(v, Term::Literal(l) if l.value().parse::<f64>().is_ok_and(|n| n >= *least as f64)))
                    .map(|v| format!("{v} is below {least}"))
            }
            Self::In(allowed) => first(&|v| !allowed.contains(v)).map(|v| format!("{v} is not one of those allowed")),
        }
    }
}

fn length(term: &Term) -> usize {
    crate::store::term_text(term).map_or(0, |text| text.chars().count())
}

/// A value as an error may show it: memory text does not belong into messages that are logged.
fn shorten(term: &Term) -> String {
    term.to_string().chars().take(40).collect()
}

struct Graph<'q>(&'q [Quad]);

impl<'q> Graph<'q> {
    fn of(&self, subject: &NamedOrBlankNode) -> impl Iterator<Item = (&'q NamedNode, &'q Term)> {
        let subject = subject.clone();
        self.0.iter().filter(move |q| q.subject == subject).map(|q| (&q.predicate, &q.object))
    }

    fn property_shape(&self, node: &Term) -> Result<PropertyShape> {
        let subject = as_subject(node)?;
        let mut path = None;
        let mut message = None;
        let mut constraints = Vec::new();
        for (predicate, object) in self.of(&subject) {
            let Some(name) = predicate.as_str().strip_prefix(SH) else { continue };
            match (name, object) {
                ("path", Term::NamedNode(node)) => path = Some(node.clone()),
                ("message", Term::Literal(text)) => message = Some(text.value().to_owned()),
                ("minCount", _) => constraints.push(Constraint::MinCount(number(name, object)?)),
                ("maxCount", _) => constraints.push(Constraint::MaxCount(number(name, object)?)),
                ("minLength", _) => constraints.push(Constraint::MinLength(number(name, object)?)),
                ("maxLength", _) => constraints.push(Constraint::MaxLength(number(name, object)?)),
                ("minInclusive", _) => constraints.push(Constraint::MinInclusive(number(name, object)? as i64)),
                ("datatype", Term::NamedNode(datatype)) => constraints.push(Constraint::Datatype(datatype.clone())),
                ("nodeKind", kind) if *kind == sh("IRI").into() => constraints.push(Constraint::NodeKindIri),
                ("nodeKind", kind) if *kind == sh("Literal").into() => constraints.push(Constraint::NodeKindLiteral),
                ("in", list) => constraints.push(Constraint::In(self.list(list)?)),
                _ => return Err(refuse(format!("sh:{name} with {object} is not understood"))),
            }
        }
        let path = path.ok_or_else(|| refuse("a property shape needs sh:path with a predicate".into()))?;
        Ok(PropertyShape { path, message, constraints })
    }

    fn list(&self, head: &Term) -> Result<Vec<Term>> {
        const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
        let mut items = Vec::new();
        let mut at = head.clone();
        while at.to_string() != format!("<{RDF}nil>") {
            let subject = as_subject(&at)?;
            let mut rest = None;
            for (predicate, object) in self.of(&subject) {
                match predicate.as_str().strip_prefix(RDF) {
                    Some("first") => items.push(object.clone()),
                    Some("rest") => rest = Some(object.clone()),
                    _ => {}
                }
            }
            at = rest.ok_or_else(|| refuse("an RDF list without an end".into()))?;
        }
        Ok(items)
    }
}

fn as_subject(term: &Term) -> Result<NamedOrBlankNode> {
    match term {
        Term::NamedNode(node) => Ok(node.clone().into()),
        Term::BlankNode(node) => Ok(node.clone().into()),
        other => Err(refuse(format!("{other} stands where a shape should"))),
    }
}

fn number(name: &str, term: &Term) -> Result<usize> {
    crate::store::term_text(term)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| refuse(format!("sh:{name} needs a number, not {term}")))
}

fn sh(name: &str) -> NamedNode {
    NamedNode::new_unchecked(format!("{SH}{name}"))
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).hint("see the supported subset of SHACL at the top of graph/src/shapes.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix hy: <urn:hydra:ns#> . ";

    #[test]
    fn what_is_not_understood_is_refused() {
        for (shape, named) in [
            ("hy:S a sh:NodeShape ; sh:targetClass hy:Memory ; sh:closed true .", "sh:closed"),
            ("hy:S a sh:NodeShape ; sh:targetNode hy:Memory .", "sh:targetNode"),
            (
                "hy:S a sh:NodeShape ; sh:targetClass hy:M ; sh:property [ sh:path hy:kind ; sh:pattern \"x\" ] .",
                "sh:pattern",
            ),
            (
                "hy:S a sh:NodeShape ; sh:targetClass hy:M ; sh:property [ sh:path [ sh:inversePath hy:kind ] ] .",
                "sh:path",
            ),
            ("hy:S a sh:NodeShape ; sh:targetClass hy:M ; sh:property [ sh:minCount 1 ] .", "sh:path"),
            (
                "hy:S a sh:NodeShape ; sh:targetClass hy:M ; sh:property [ sh:path hy:kind ; sh:minCount \"x\" ] .",
                "minCount",
            ),
            ("hy:S a sh:NodeShape", "parse"),
        ] {
            let error = Shapes::parse(&format!("{PREFIX}{shape}")).unwrap_err();
            assert!(error.message().contains(named), "{error}");
        }
    }

    /// A good example of each built-in shape, and what each change to it must be refused for.
    #[test]
    fn each_built_in_shape_accepts_a_good_example_and_rejects_bad_ones() {
        let memory = "a hy:Memory ; schema:text \"x\" ; hy:kind \"fact\" ; hy:space \"personal\" ; hy:trust \"owner\" ; \
            hy:recordedAt \"2026-01-01T00:00:00Z\"^^xsd:dateTime ; prov:wasAttributedTo \"owner\"";
        let source = "a hy:Source ; hy:path \"/a\" ; hy:contentHash \"x\" ; hy:space \"personal\" ; dcterms:title \"A\" ; \
            schema:mainEntity hy:e ; hy:recordedAt \"2026-01-01T00:00:00Z\"^^xsd:dateTime";
        let passage = "a hy:Passage ; hy:partOf hy:s ; schema:text \"x\" ; hy:start 0 ; hy:end 1 ; hy:position 0";
        let template = "a hy:Passage ; hy:partOf hy:s ; schema:text \"x\" ; hy:start 0 ; hy:end 1 ; hy:position 0 ; \
            hy:template \"<*>\" ; hy:timesSeen 1 ; hy:timesInHour 1 ; hy:hour \"2026-01-01T00:00:00Z\"^^xsd:dateTime ; \
            hy:firstSeen \"2026-01-01T00:00:00Z\"^^xsd:dateTime ; hy:lastSeen \"2026-01-01T00:00:00Z\"^^xsd:dateTime";
        let entity = "a hy:Entity ; skos:prefLabel \"E\" ; hy:key \"name:e\" ; dcterms:isReplacedBy hy:f";
        let learning = "a hy:Learning ; hy:trigger \"x\" ; hy:lesson \"y\" ; hy:outcome \"worked\" ; hy:appliesTo \"/a\" ; \
            hy:timesSeen 1 ; hy:timesHelped 0 ; hy:timesHurt 0";
        let preference = "a hy:Preference ; hy:polarity \"for\" ; hy:value \"tea\" ; hy:topic \"drinks\" ; hy:status \"in_force\" ; \
            hy:basis \"explicit\" ; hy:observations 1 ; hy:timesSeen 1 ; hy:heldBy \"Mirela\" ; hy:appliesTo \"/a\"";
        let decision = "a hy:Decision ; hy:decided \"x\" ; hy:because \"y\" ; hy:chose \"a\" ; hy:rejected \"b\" ; \
            hy:considered \"c\" ; hy:appliesTo \"/a\"";
        let conflict = "a hy:Conflict ; hy:side hy:a, hy:b ; hy:space \"personal\" ; \
            hy:recordedAt \"2026-01-01T00:00:00Z\"^^xsd:dateTime";
        let evidence = "a hy:Evidence ; rdf:reifies <<( hy:a prov:wasDerivedFrom hy:b )>> ; hy:start 0 ; hy:end 4 ; \
            hy:quoteHash \"x\"";
        let link = "a hy:Link ; rdf:reifies <<( hy:a hy:linksTo hy:b )>> ; hy:linkKind \"embed\"";
        let block = "a hy:Block ; schema:text \"\" ; skos:prefLabel \"human\" ; hy:key \"block:human:personal\" ; \
            hy:space \"personal\" ; hy:limit 1600 ; hy:trust \"agent\" ; prov:wasAttributedTo \"owner\" ; \
            hy:recordedAt \"2026-01-01T00:00:00Z\"^^xsd:dateTime";
        let proposal = "a hy:Proposal ; hy:kind \"fact\" ; hy:proposes \"{}\" ; schema:text \"x\" ; hy:space \"personal\" ; \
            hy:trust \"agent\" ; prov:wasAttributedTo \"m\" ; hy:timesSeen 1 ; \
            hy:proposedAt \"2026-01-01T00:00:00Z\"^^xsd:dateTime";
        let collection = "a hy:Collection ; hy:watches \"/a\" ; hy:kind \"notes\" ; hy:space \"personal\" ; hy:include \"*.md\" ; \
            hy:exclude \"x/\" ; hy:paused false ; hy:configuredIn \"/c\" ; prov:wasAttributedTo \"owner\" ; \
            hy:recordedAt \"2026-01-01T00:00:00Z\"^^xsd:dateTime";
        for (good, from, to, problem) in [
            (collection, "\"/a\"", "\"/a\", \"/b\"", "watches"),
            (collection, "\"notes\"", "\"sheep\"", "kind"),
            (collection, "\"*.md\"", "\"\"", "include"),
            (collection, "\"x/\"", "hy:x", "exclude"),
            (collection, "\"/c\"", "\"/c\", \"/d\"", "configuredIn"),
            (collection, "paused false", "paused \"maybe\"", "paused"),
            (memory, "\"fact\"", "\"rumour\"", "kind"),
            (memory, "schema:text \"x\"", "schema:text \"\"", "text"),
            (memory, "schema:text \"x\"", "schema:text \"x\", \"y\"", "text"),
            (memory, "hy:space \"personal\" ;", "", "space"),
            (memory, "hy:trust \"owner\"", "hy:trust \"god\"", "trust"),
            (memory, "\"2026-01-01T00:00:00Z\"^^xsd:dateTime", "\"yesterday\"", "recordedAt"),
            (source, "hy:path \"/a\"", "hy:path \"\"", "path"),
            (source, "schema:mainEntity hy:e", "schema:mainEntity \"e\"", "mainEntity"),
            (source, "hy:contentHash", "hy:tail \"{}\", \"[]\" ; hy:contentHash", "tail"),
            (passage, "hy:start 0", "hy:start -1", "start"),
            (template, "hy:timesSeen 1", "hy:timesSeen 0", "timesSeen"),
            (template, "hy:template \"<*>\"", "hy:template \"\"", "template"),
            (template, "hy:timesInHour 1", "hy:timesInHour -1", "timesInHour"),
            (passage, "hy:partOf hy:s", "hy:partOf hy:s, hy:t", "partOf"),
            (entity, "skos:prefLabel \"E\" ;", "", "prefLabel"),
            (entity, "dcterms:isReplacedBy hy:f", "dcterms:isReplacedBy hy:f, hy:g", "isReplacedBy"),
            (learning, "hy:trigger \"x\" ;", "", "trigger"),
            (learning, "hy:lesson \"y\"", "hy:lesson \"\"", "lesson"),
            (learning, "\"worked\"", "\"shrugged\"", "outcome"),
            (learning, "hy:appliesTo \"/a\"", "hy:appliesTo hy:a", "appliesTo"),
            (learning, "hy:timesSeen 1", "hy:timesSeen 0", "timesSeen"),
            (learning, "hy:timesHelped 0", "hy:timesHelped 0, 1", "timesHelped"),
            (learning, "hy:timesHurt 0", "hy:timesHurt -1", "timesHurt"),
            (preference, "\"for\"", "\"meh\"", "polarity"),
            (preference, "hy:value \"tea\" ;", "", "value"),
            (preference, "\"drinks\"", "\"drinks\", \"meals\"", "topic"),
            (preference, "\"in_force\"", "\"law\"", "status"),
            (preference, "\"explicit\"", "\"rumoured\"", "basis"),
            (preference, "hy:observations 1", "hy:observations 0", "observations"),
            (preference, "hy:timesSeen 1", "hy:timesSeen 0", "timesSeen"),
            (preference, "\"Mirela\"", "\"\"", "heldBy"),
            (preference, "\"/a\"", "\"/a\", \"/b\"", "appliesTo"),
            (decision, "hy:decided \"x\" ;", "", "decided"),
            (decision, "hy:because \"y\"", "hy:because hy:y", "because"),
            (decision, "hy:chose \"a\"", "hy:chose \"\"", "chose"),
            (decision, "hy:rejected \"b\"", "hy:rejected hy:b", "rejected"),
            (decision, "hy:considered \"c\"", "hy:considered \"\"", "considered"),
            (decision, "\"/a\"", "\"/a\", \"/b\"", "appliesTo"),
            (conflict, "hy:a, hy:b", "hy:a", "side"),
            (evidence, " ; hy:quoteHash \"x\"", "", "quoteHash"),
            (proposal, "\"fact\"", "\"rumour\"", "kind"),
            (proposal, "\"agent\"", "\"owner\"", "trust"),
            (proposal, "hy:timesSeen 1", "hy:timesSeen 0", "timesSeen"),
            (block, "schema:text \"\" ;", "", "text"),
            (block, "\"human\"", "\"\"", "prefLabel"),
            (block, "1600", "0", "limit"),
            (block, "\"agent\"", "\"ingested\"", "trust"),
            (link, "\"embed\"", "\"carrier pigeon\"", "linkKind"),
        ] {
            assert_eq!(problem_of(good), None, "{good}");
            let bad = good.replace(from, to);
            assert_ne!(bad, good);
            let found = problem_of(&bad).expect(&bad);
            assert!(found.contains(&format!("{problem}>")), "{found}");
        }
    }

    fn problem_of(statements: &str) -> Option<String> {
        let turtle = format!(
            "{PREFIX} @prefix schema: <http://schema.org/> . @prefix prov: <http://www.w3.org/ns/prov#> . \
             @prefix dcterms: <http://purl.org/dc/terms/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . \
             @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . \
             @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . hy:x {statements} ."
        );
        let quads: Vec<Quad> =
            RdfParser::from_format(RdfFormat::Turtle).for_slice(turtle.as_bytes()).map(|q| q.unwrap()).collect();
        let node = NamedNode::new_unchecked("urn:hydra:ns#x");
        let shapes = Shapes::builtin().unwrap();
        let spoken = Spoken { added: quads.iter().collect(), removed: HashSet::new() };
        let checked = shapes.check_node(&node.into(), &spoken, &|_| Ok(Vec::new()));
        checked.err().map(|error| error.message().to_owned())
    }
}
