//! Prefixes that every query has, and names shortened by them.

use crate::id::ID_PREFIX;

/// What a query may use without declaring it.
pub const PREFIXES: [(&str, &str); 12] = [
    ("hy", "urn:hydra:ns#"),
    ("id", ID_PREFIX),
    ("prop", crate::vocab::PROPERTY_NS),
    ("schema", "http://schema.org/"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
];

/// Returns a name as a query may write it: `schema:worksFor`, `id:038g93ppke00p`; as it is if no prefix fits.
pub(super) fn shorten(iri: &str) -> String {
    let local = PREFIXES.iter().find_map(|(prefix, start)| Some((prefix, iri.strip_prefix(start)?)));
    let is_plain = |local: &str| {
        local.starts_with(char::is_alphanumeric) && local.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    match local {
        Some((prefix, local)) if is_plain(local) => format!("{prefix}:{local}"),
        _ => iri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn names_are_short_where_a_query_would_read_them_back() {
        for (iri, short) in [
            ("http://schema.org/worksFor", "schema:worksFor"),
            ("urn:hydra:id:038g93ppke00p", "id:038g93ppke00p"),
            ("urn:hydra:ns#g/memory", "urn:hydra:ns#g/memory"),
            ("http://example.org/a", "http://example.org/a"),
            ("http://schema.org/", "http://schema.org/"),
        ] {
            assert_eq!(shorten(iri), short);
        }
        let id = Id::from_iri("urn:hydra:id:038g93ppke00p").unwrap();
        assert_eq!(shorten(&id.iri()).parse::<Id>().unwrap(), id, "what is printed can be asked for");
    }
}
