//! The words of the graph, as in `schema/hydra.ttl`; a test compares the two.

use oxigraph::model::NamedNodeRef;

use crate::id::Id;

/// Front matter keys become predicates below this.
pub const PROPERTY_NS: &str = "urn:hydra:property:";

macro_rules! terms {
    ($($name:ident = $iri:expr;)*) => {
        $(pub const $name: NamedNodeRef<'static> = NamedNodeRef::new_unchecked($iri);)*
        /// Every term above, for the test that compares them with the ontology.
        #[cfg(test)]
        pub const ALL: &[NamedNodeRef<'static>] = &[$($name),*];
    };
}

terms! {
    // Classes.
    COLLECTION = "urn:hydra:ns#Collection";
    COMMIT = "urn:hydra:ns#Commit";
    CONFLICT = "urn:hydra:ns#Conflict";
    CORE_BLOCK = "urn:hydra:ns#Block";
    DECISION = "urn:hydra:ns#Decision";
    ENTITY = "urn:hydra:ns#Entity";
    EVIDENCE = "urn:hydra:ns#Evidence";
    GRANT = "urn:hydra:ns#Grant";
    GRAPH = "urn:hydra:ns#Graph";
    LEARNING = "urn:hydra:ns#Learning";
    LINK = "urn:hydra:ns#Link";
    MEMORY = "urn:hydra:ns#Memory";
    PASSAGE = "urn:hydra:ns#Passage";
    PROPOSAL = "urn:hydra:ns#Proposal";
    PREFERENCE = "urn:hydra:ns#Preference";
    REFUSAL = "urn:hydra:ns#Refusal";
    SESSION = "urn:hydra:ns#Session";
    SOURCE = "urn:hydra:ns#Source";
    // Properties of commits.
    ADDED = "urn:hydra:ns#added";
    ORDER = "urn:hydra:ns#order";
    PREVIOUS = "urn:hydra:ns#previous";
    REASON = "urn:hydra:ns#reason";
    REMOVED = "urn:hydra:ns#removed";
    TOUCHED = "urn:hydra:ns#touched";
    UNDOES = "urn:hydra:ns#undoes";
    VERB = "urn:hydra:ns#verb";
    // Properties of what is remembered.
    ACCEPTED_AT = "urn:hydra:ns#acceptedAt";
    ABOUT = "urn:hydra:ns#about";
    APPLIES_TO = "urn:hydra:ns#appliesTo";
    BASIS = "urn:hydra:ns#basis";
    BECAUSE = "urn:hydra:ns#because";
    BLOCK = "urn:hydra:ns#block";
    BRANCH = "urn:hydra:ns#branch";
    CHOSE = "urn:hydra:ns#chose";
    CONFIDENCE = "urn:hydra:ns#confidence";
    CONFIGURED_IN = "urn:hydra:ns#configuredIn";
    CONSIDERED = "urn:hydra:ns#considered";
    CONTENT_HASH = "urn:hydra:ns#contentHash";
    DECIDED_BY = "urn:hydra:ns#decidedBy";
    DECIDED = "urn:hydra:ns#decided";
    END = "urn:hydra:ns#end";
    ENDED_BY = "urn:hydra:ns#endedBy";
    ERASED_AT = "urn:hydra:ns#erasedAt";
    EXCLUDE = "urn:hydra:ns#exclude";
    EXPIRES_AT = "urn:hydra:ns#expiresAt";
    FIRST_SEEN = "urn:hydra:ns#firstSeen";
    FOLLOWS = "urn:hydra:ns#follows";
    FORGOTTEN_AS = "urn:hydra:ns#forgottenAs";
    FRAGMENT = "urn:hydra:ns#fragment";
    HEADINGS = "urn:hydra:ns#headings";
    HEARD_FROM = "urn:hydra:ns#heardFrom";
    HELD_BY = "urn:hydra:ns#heldBy";
    HOUR = "urn:hydra:ns#hour";
    IDEMPOTENCY_KEY = "urn:hydra:ns#idempotencyKey";
    INCLUDE = "urn:hydra:ns#include";
    KEY = "urn:hydra:ns#key";
    KIND = "urn:hydra:ns#kind";
    LAST_SEEN = "urn:hydra:ns#lastSeen";
    LIMIT = "urn:hydra:ns#limit";
    LESSON = "urn:hydra:ns#lesson";
    LINE = "urn:hydra:ns#line";
    LINK_KIND = "urn:hydra:ns#linkKind";
    LINKS_TO = "urn:hydra:ns#linksTo";
    MODE = "urn:hydra:ns#mode";
    OBSERVATIONS = "urn:hydra:ns#observations";
    OUTCOME = "urn:hydra:ns#outcome";
    PART_OF = "urn:hydra:ns#partOf";
    PAUSED = "urn:hydra:ns#paused";
    PATH = "urn:hydra:ns#path";
    PINNED_AT = "urn:hydra:ns#pinnedAt";
    POLARITY = "urn:hydra:ns#polarity";
    READING = "urn:hydra:ns#reading";
    REDACTIONS = "urn:hydra:ns#redactions";
    REMARK = "urn:hydra:ns#remark";
    POSITION = "urn:hydra:ns#position";
    PROPOSED_AT = "urn:hydra:ns#proposedAt";
    PROPOSES = "urn:hydra:ns#proposes";
    QUERY = "urn:hydra:ns#query";
    QUOTE_HASH = "urn:hydra:ns#quoteHash";
    RECALL = "urn:hydra:ns#recall";
    RECORDED_AT = "urn:hydra:ns#recordedAt";
    REJECTED_AT = "urn:hydra:ns#rejectedAt";
    REJECTED = "urn:hydra:ns#rejected";
    REPOSITORY = "urn:hydra:ns#repository";
    RETRACTED_AT = "urn:hydra:ns#retractedAt";
    ROLE = "urn:hydra:ns#role";
    ROOT = "urn:hydra:ns#root";
    ROUTE = "urn:hydra:ns#route";
    SCORE = "urn:hydra:ns#score";
    SETTLED_AT = "urn:hydra:ns#settledAt";
    SIDE = "urn:hydra:ns#side";
    SIMILAR = "urn:hydra:ns#similar";
    SNOOZED_UNTIL = "urn:hydra:ns#snoozedUntil";
    SPACE = "urn:hydra:ns#space";
    SPEAKER = "urn:hydra:ns#speaker";
    SPLIT = "urn:hydra:ns#split";
    STALE_BECAUSE = "urn:hydra:ns#staleBecause";
    START = "urn:hydra:ns#start";
    STATUS = "urn:hydra:ns#status";
    SUB_AGENT = "urn:hydra:ns#subAgent";
    TAG = "urn:hydra:ns#tag";
    TAIL = "urn:hydra:ns#tail";
    TEMPLATE = "urn:hydra:ns#template";
    TIMES_HELPED = "urn:hydra:ns#timesHelped";
    TIMES_HURT = "urn:hydra:ns#timesHurt";
    TIMES_IN_HOUR = "urn:hydra:ns#timesInHour";
    TIMES_SEEN = "urn:hydra:ns#timesSeen";
    TOLD_AS = "urn:hydra:ns#toldAs";
    TOLD_OF = "urn:hydra:ns#toldOf";
    TOOL = "urn:hydra:ns#tool";
    TOPIC = "urn:hydra:ns#topic";
    TRIGGER = "urn:hydra:ns#trigger";
    TRUST = "urn:hydra:ns#trust";
    UNLISTED_FROM = "urn:hydra:ns#unlistedFrom";
    TURN = "urn:hydra:ns#turn";
    VALID_FROM = "urn:hydra:ns#validFrom";
    VALID_TO = "urn:hydra:ns#validTo";
    VALUE = "urn:hydra:ns#value";
    WAS_ABOUT = "urn:hydra:ns#wasAbout";
    WATCHES = "urn:hydra:ns#watches";
    WITHHELD_AT = "urn:hydra:ns#withheldAt";
    WRITTEN_ON = "urn:hydra:ns#writtenOn";
    // Named graphs.
    JOURNAL = "urn:hydra:ns#g/journal";
    MEMORY_GRAPH = "urn:hydra:ns#g/memory";
    OWN_GRAPH = "urn:hydra:ns#g/own";
    OWN_GRAPHS = "urn:hydra:ns#g/graphs";
    VOCAB_GRAPH = "urn:hydra:ns#g/vocab";
}

/// Terms of other vocabularies.
pub mod ext {
    use oxigraph::model::NamedNodeRef;

    pub const ALT_LABEL: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/2004/02/skos/core#altLabel");
    pub const ATTRIBUTED_TO: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#wasAttributedTo");
    pub const ASSOCIATED_WITH: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#wasAssociatedWith");
    pub const CONCEPT: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/2004/02/skos/core#Concept");
    pub const DERIVED_FROM: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#wasDerivedFrom");
    pub const DIFFERENT_FROM: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/2002/07/owl#differentFrom");
    pub const EMAIL: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://schema.org/email");
    pub const ENDED_AT: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#endedAtTime");
    pub const INFLUENCED_BY: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#wasInfluencedBy");
    pub const INVALIDATED_AT: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#invalidatedAtTime");
    pub const FUNCTIONAL: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/2002/07/owl#FunctionalProperty");
    pub const LABEL: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://www.w3.org/2000/01/rdf-schema#label");
    pub const MAIN_ENTITY: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://schema.org/mainEntity");
    pub const MODIFIED: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://purl.org/dc/terms/modified");
    pub const PREF_LABEL: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/2004/02/skos/core#prefLabel");
    pub const PRIMARY_SOURCE: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#hadPrimarySource");
    pub const PROPERTY: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/1999/02/22-rdf-syntax-ns#Property");
    pub const RANGE: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://www.w3.org/2000/01/rdf-schema#range");
    pub const REIFIES: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies");
    pub const REPLACED_BY: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://purl.org/dc/terms/isReplacedBy");
    pub const STARTED_AT: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#startedAtTime");
    pub const REVISION_OF: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/ns/prov#wasRevisionOf");
    pub const SYMMETRIC: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/2002/07/owl#SymmetricProperty");
    pub const TEXT: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://schema.org/text");
    pub const TITLE: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://purl.org/dc/terms/title");
    pub const TYPE: NamedNodeRef<'static> =
        NamedNodeRef::new_unchecked("http://www.w3.org/1999/02/22-rdf-syntax-ns#type");
    pub const URL: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("http://schema.org/url");
}

/// Returns the node of an id.
pub fn node(id: Id) -> oxigraph::model::NamedNode {
    oxigraph::model::NamedNode::new_unchecked(id.iri())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use oxigraph::io::{RdfFormat, RdfParser};
    use oxigraph::model::Quad;

    /// Every term in the code is in the ontology with a sentence, and the other way round.
    #[test]
    fn the_ontology_and_the_code_have_the_same_words() {
        let ontology = include_str!("../../schema/hydra.ttl");
        let quads: Vec<Quad> =
            RdfParser::from_format(RdfFormat::Turtle).for_slice(ontology.as_bytes()).map(|q| q.unwrap()).collect();
        let described: BTreeSet<String> = quads
            .iter()
            .filter(|quad| quad.predicate.as_str() == "http://www.w3.org/2000/01/rdf-schema#comment")
            .map(|quad| quad.subject.to_string())
            .filter(|subject| subject.starts_with("<urn:hydra:ns#"))
            .collect();
        let used: BTreeSet<String> = super::ALL.iter().map(|term| term.to_string()).collect();
        assert_eq!(described, used);
    }
}
