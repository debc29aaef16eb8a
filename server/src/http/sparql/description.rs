//! What the service says of itself when it is asked for nothing: a query whose template is the description, so that it is
//! negotiated and written as any other.

use std::fmt::Write as _;

use hydra_graph::{AnswerFormat, Part, SIMILAR_FUNCTION, SparqlRequest};

/// Returns the query that describes the service at an address.
pub fn request(endpoint: &str) -> SparqlRequest {
    let mut formats = String::new();
    for format in AnswerFormat::ALL {
        let property = if format.is_of_statements() { "sd:inputFormat" } else { "sd:resultFormat" };
        let name = match format {
            AnswerFormat::Json => "SPARQL_Results_JSON",
            AnswerFormat::Xml => "SPARQL_Results_XML",
            AnswerFormat::Csv => "SPARQL_Results_CSV",
            AnswerFormat::Tsv => "SPARQL_Results_TSV",
            AnswerFormat::Turtle => "Turtle",
            AnswerFormat::NTriples => "N-Triples",
            AnswerFormat::TriG => "TriG",
            AnswerFormat::NQuads => "N-Quads",
            AnswerFormat::RdfXml => "RDF_XML",
            AnswerFormat::JsonLd => "JSON-LD",
        };
        let _ = write!(formats, " ; {property} <http://www.w3.org/ns/formats/{name}>");
        if format.is_of_statements() {
            let _ = write!(formats, " ; sd:resultFormat <http://www.w3.org/ns/formats/{name}>");
        }
    }
    let text = format!(
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        CONSTRUCT {{
            <{endpoint}> a sd:Service ; sd:endpoint <{endpoint}> ;
                sd:supportedLanguage sd:SPARQL11Query, sd:SPARQL11Update ;
                sd:feature sd:UnionDefaultGraph, sd:EmptyGraphs ;
                sd:extensionFunction <{SIMILAR_FUNCTION}> ;
                sd:defaultDataset <{endpoint}#dataset>{formats} .
            <{SIMILAR_FUNCTION}> a sd:Function .
            <{endpoint}#dataset> a sd:Dataset ; sd:defaultGraph <{endpoint}#default> .
            <{endpoint}#default> a sd:Graph .
            <{endpoint}#dataset> sd:namedGraph ?named .
            ?named a sd:NamedGraph ; sd:name ?graph .
        }} WHERE {{ OPTIONAL {{ GRAPH ?graph {{}} BIND(IRI(STR(?graph)) AS ?named) }} }}"
    );
    SparqlRequest { text, part: Part::Own, ..SparqlRequest::default() }
}
