//! The certificate of the server and its key, read again when one of their files is another.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hydra_graph::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::folder;

/// What is spoken once encryption is agreed on.
const PROTOCOL: &[u8] = b"http/1.1";

/// A certificate that a server shows.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<(Looks, Arc<ServerConfig>)>,
}

/// How the two files look: size, inode and time of change.
type Looks = [Option<(u64, u64, i64, i64)>; 2];

impl Certificate {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// `Invalid` names the file that is missing, no PEM or open to others, or says that the key is another's.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self> {
        let current = Mutex::new((looks(certificate, key), read(certificate, key)?));
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// Returns who agrees on encryption with the next client: by the files as they are now, or as they were if they can't
    /// be used, since the two can't change at the same moment.
    pub fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock();
        let looks = looks(&self.certificate, &self.key);
        if looks != current.0 {
            match read(&self.certificate, &self.key) {
                Ok(config) => {
                    tracing::info!("the certificate was read again");
                    current.1 = config;
                }
                Err(error) => tracing::warn!("the old certificate stays in use: {error}"),
            }
            current.0 = looks;
        }
        TlsAcceptor::from(Arc::clone(&current.1))
    }
}

fn looks(certificate: &Path, key: &Path) -> Looks {
    [certificate, key].map(|path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.size(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
    })
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let chain = chain(certificate)?;
    let shown = key.display();
    let bytes = contents("tls_key", key)?;
    if folder::others_can_read(key).map_err(|error| Error::io(&shown, &error))? {
        return Err(Error::new(ErrorKind::Invalid, format!("others can read the key at {shown}"))
            .hint(format!("run `chmod 600 {shown}`; if it was open for long, have a new one made")));
    }
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        Error::new(ErrorKind::Invalid, format!("{shown} holds no private key in PEM"))
            .hint("it begins with `-----BEGIN PRIVATE KEY-----`; one with a password has to be stored without it")
    })?;
    let unfit = |error: rustls::Error| {
        let message = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("the key at {shown} is not that of the certificate at {}", certificate.display())
            }
            other => format!("the certificate at {} can't be used: {other}", certificate.display()),
        };
        Error::new(ErrorKind::Invalid, message)
            .hint("tls_cert and tls_key are of one pair; the server's own certificate comes first in its file")
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unfit)?;
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).map_err(unfit)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}

/// Reads the certificates of a file, the server's own first.
///
/// # Errors
/// `Invalid` when it is not there or holds none.
pub fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = contents("tls_cert", path)?;
    let read: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(Error::new(ErrorKind::Invalid, format!("{} holds no certificate in PEM", path.display()))
            .hint("it begins with `-----BEGIN CERTIFICATE-----`")),
    }
}

fn contents(option: &str, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::Invalid, format!("{option} names {}, which is not there", path.display()))
                .hint("check the path in the configuration")
        }
        _ => Error::io(path.display(), &error),
    })
}
