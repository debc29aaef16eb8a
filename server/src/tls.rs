//! The part of HTTP clients that encrypts. Whoever makes one begins here, since the library that does it has to be named
//! once before the first is made.

use std::sync::Once;

use reqwest::ClientBuilder;

/// Begins a client that believes the certificates that the system believes.
pub fn client() -> ClientBuilder {
    static NAMED: Once = Once::new();
    // It fails only where another was named already, which does as well.
    NAMED.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    ClientBuilder::new()
}

/// Begins a client for servers on this machine, which speak plainly: reading the system's certificates would take a
/// command longer than all the rest of it.
pub fn plain_client() -> ClientBuilder {
    client().tls_certs_only([])
}
