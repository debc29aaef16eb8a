//! GraphQL documents: the limits in front of the parser, and the parser behind them.
#![no_main]

#[path = "../../server/src/graphql/limit.rs"]
#[allow(dead_code, reason = "only what looks at documents is called")]
mod limit;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if limit::check_text(text).is_ok()
        && let Ok(document) = async_graphql::parser::parse_query(text)
    {
        let _ = limit::check_document(&document);
    }
});
