//! The part of HTTP clients that encrypts. Whoever makes one begins here, since the library that does it has to be named
//! once before the first is made.

use std::path::Path;
use std::sync::{Arc, Once};

use hydra_graph::{Error, ErrorKind, Result};
use reqwest::ClientBuilder;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

use crate::listener::certificates;

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

/// Begins a client for a server on this machine that shows the certificate in this file.
///
/// # Errors
/// `Invalid` when there is none.
pub fn client_of(certificate: &Path) -> Result<ClientBuilder> {
    let mut chain = certificates(certificate)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let known = Arc::new(Known { certificate: chain.swap_remove(0), provider: Arc::clone(&provider) });
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| {
            Error::new(ErrorKind::Io, format!("encryption can't be prepared: {error}")).hint("this is a bug")
        })?;
    let config = config.dangerous().with_custom_certificate_verifier(known).with_no_client_auth();
    Ok(client().tls_backend_preconfigured(config))
}

/// Believes one certificate, byte for byte, by whatever name and address its server is called: the owner's own file says
/// that it is the right one, which is more than any authority could.
#[derive(Debug)]
struct Known {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        match *shown == self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
