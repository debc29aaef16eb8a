//! Who is calling. The name is what the client says of itself, so it is a label and never a reason to trust it.

use axum::http::{HeaderMap, header, request::Parts};
use hydra_graph::{Agent, Error, ErrorKind, Result};
use rmcp::RoleServer;
use rmcp::service::RequestContext;

use crate::right::Holder;

/// Header in which the bridge passes the client's name on: revision 2025-11-25 says it only in `initialize`.
pub const CLIENT_HEADER: &str = "hydra-client";
/// Longest name that is kept.
const MAX_NAME_CHARS: usize = 64;
/// The name of a client that says none.
const NAMELESS: &str = "unnamed";

/// Returns who holds the token of a request. An endpoint that nobody guards lets in nobody.
///
/// # Errors
/// `Forbidden` when nobody said.
pub(crate) fn holder(context: &RequestContext<RoleServer>) -> Result<Holder> {
    let parts = context.extensions.get::<Parts>();
    let holder = parts.and_then(|parts| parts.extensions.get::<Holder>());
    holder.cloned().ok_or_else(|| Error::new(ErrorKind::Forbidden, "nobody said who is calling"))
}

/// Returns the agent of a request: whom its token names, or else `agent:` and the client's label, trusted as an agent.
pub(crate) fn agent(context: &RequestContext<RoleServer>, holder: &Holder) -> Agent {
    if let Some(agent) = &holder.agent {
        return agent.clone();
    }
    let from_meta = context.meta.client_info().map(|client| client.name);
    let from_headers = || context.extensions.get::<Parts>().and_then(|parts| header_name(&parts.headers));
    Agent::named(format!("agent:{}", label(&from_meta.or_else(from_headers).unwrap_or_default())))
}

fn header_name(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let product = |agent: &str| agent.split(['/', ' ']).next().unwrap_or_default().to_owned();
    text(CLIENT_HEADER).map(str::to_owned).or_else(|| text(header::USER_AGENT.as_str()).map(product))
}

/// Keeps letters, digits and `. _ -` of a name, so that it can't pretend to be more than a name when it is shown.
pub(crate) fn label(name: &str) -> String {
    let plain: String = name
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .take(MAX_NAME_CHARS)
        .collect();
    if plain.is_empty() { NAMELESS.to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_short() {
        for (name, expected) in [("claude-code", "claude-code"), ("", "unnamed"), ("a\nb c", "a-b-c"), ("ö", "-")] {
            assert_eq!(label(name), expected);
        }
        assert_eq!(label(&"x".repeat(MAX_NAME_CHARS + 1)).len(), MAX_NAME_CHARS);
    }

    #[test]
    fn the_bridge_header_wins_over_the_user_agent() {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, "claude-code/2.1 (x)".parse().unwrap());
        assert_eq!(header_name(&headers).unwrap(), "claude-code");
        headers.insert(CLIENT_HEADER, "cursor".parse().unwrap());
        assert_eq!(header_name(&headers).unwrap(), "cursor");
    }
}
