//! Which server holds a data folder: a note beside the memory, believed only after asking who answers there.
//!
//! The token goes nowhere before that, so a stranger on the same port never sees it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hydra_graph::{Error, Result, Timestamp};
use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folder;
use crate::tls;
use crate::token;

/// How long a server on this machine may take to say who it is.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a connection is kept for the next request: less than the server keeps it, so that none is sent into a closed one.
const POOL_TIME: Duration = Duration::from_secs(30);
/// Random bytes that name one run of a server.
const INSTANCE_BYTES: usize = 8;

/// What a server writes down about itself.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Presence {
    /// Its process.
    pub pid: u32,
    /// The port it listens on.
    pub port: u16,
    /// The address it listens on.
    pub bind: IpAddr,
    /// When it started.
    pub started_at: Timestamp,
    /// Names this run: the same is said by `/healthz`.
    pub instance: String,
    /// Its version.
    pub version: String,
    /// The file with its certificate, if it encrypts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
}

/// What `/healthz` says.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Health {
    /// `ok`
    pub status: String,
    /// The server's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Which run of it.
    pub instance: String,
}

impl Presence {
    /// Describes this process, listening on `address` since `now`, encrypted if there is a `certificate`.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn of_this_process(address: SocketAddr, certificate: Option<PathBuf>, now: Timestamp) -> Result<Self> {
        Ok(Self {
            pid: std::process::id(),
            port: address.port(),
            bind: address.ip(),
            started_at: now,
            instance: token::random_hex(INSTANCE_BYTES)?,
            version: hydra_mcp::VERSION.to_owned(),
            certificate,
        })
    }

    /// Reads what is written down, which may be of a server that is gone.
    pub fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path(data_dir)).ok()?).ok()
    }

    /// Writes it down.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, data_dir: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).map_err(|error| Error::io("server.json", &error.into()))?;
        folder::write_private(&path(data_dir), &json)
    }

    /// Removes what is written down, if it is still this run's.
    pub fn remove(&self, data_dir: &Path) {
        if Self::read(data_dir).as_ref() == Some(self) {
            // What is left behind is found out by the next who asks.
            let _ = std::fs::remove_file(path(data_dir));
        }
    }

    /// Tells whether it speaks encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.certificate.is_some()
    }

    /// Returns where to reach it from this machine.
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        format!("{scheme}://{}", SocketAddr::new(reachable(self.bind), self.port))
    }

    /// Returns a client for it: `plain` where it speaks plainly, else one that believes its certificate and no other.
    ///
    /// # Errors
    /// When its certificate can't be read.
    pub fn client(&self, plain: &reqwest::Client) -> Result<reqwest::Client> {
        match &self.certificate {
            None => Ok(plain.clone()),
            Some(certificate) => build(tls::client_of(certificate)?),
        }
    }

    /// Returns what it says of its health.
    pub fn health(&self) -> Health {
        Health {
            status: "ok".to_owned(),
            version: self.version.clone(),
            pid: self.pid,
            instance: self.instance.clone(),
        }
    }
}

/// Finds the server of a data folder; `None` when nobody answers, or somebody else does.
pub async fn find(data_dir: &Path, http: &reqwest::Client) -> Option<Presence> {
    let presence = Presence::read(data_dir)?;
    let http = presence.client(http).ok()?;
    let response = http.get(format!("{}/healthz", presence.url())).timeout(PROBE_TIMEOUT).send().await.ok()?;
    let health: Health = response.json().await.ok()?;
    (health.instance == presence.instance).then_some(presence)
}

/// Makes a client for servers on this machine: a proxy of the environment must not see the token or a memory.
///
/// # Errors
/// When the operating system can't do it.
pub fn http_client() -> Result<reqwest::Client> {
    build(tls::plain_client())
}

fn build(client: ClientBuilder) -> Result<reqwest::Client> {
    client
        .no_proxy()
        .connect_timeout(PROBE_TIMEOUT)
        .pool_idle_timeout(POOL_TIME)
        .build()
        .map_err(|error| Error::io("the HTTP client", &std::io::Error::other(error)))
}

/// An address that means "all of them" can be listened on but not called.
fn reachable(bind: IpAddr) -> IpAddr {
    match bind {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("server.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(address: &str) -> Presence {
        Presence::of_this_process(address.parse().unwrap(), None, Timestamp::from_millis(0)).unwrap()
    }

    #[test]
    fn an_address_can_be_called() {
        assert_eq!(presence("127.0.0.1:7717").url(), "http://127.0.0.1:7717");
        assert_eq!(presence("0.0.0.0:1").url(), "http://127.0.0.1:1");
        assert_eq!(presence("[::]:1").url(), "http://[::1]:1");
        let encrypted = Presence { certificate: Some("cert.pem".into()), ..presence("127.0.0.1:1") };
        assert_eq!(encrypted.url(), "https://127.0.0.1:1");
    }

    #[test]
    fn only_its_own_note_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let (old, new) = (presence("127.0.0.1:1"), presence("127.0.0.1:1"));
        new.write(temp.path()).unwrap();
        old.remove(temp.path());
        assert_eq!(Presence::read(temp.path()), Some(new.clone()));
        new.remove(temp.path());
        assert_eq!(Presence::read(temp.path()), None);
    }

    #[tokio::test]
    async fn a_stranger_on_the_port_is_not_believed() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let temp = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let written = presence(&listener.local_addr().unwrap().to_string());
        written.write(temp.path()).unwrap();
        let own = written.instance.clone();
        let answering = tokio::spawn(async move {
            for instance in ["somebody-else", &own] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await.unwrap();
                let body = format!(r#"{{"status":"ok","version":"1","pid":1,"instance":"{instance}"}}"#);
                let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            }
        });
        let http = http_client().unwrap();
        assert_eq!(find(temp.path(), &http).await, None);
        assert_eq!(find(temp.path(), &http).await, Some(written));
        answering.await.unwrap();
    }

    #[tokio::test]
    async fn a_note_of_a_server_that_is_gone_is_not_believed() {
        let temp = tempfile::tempdir().unwrap();
        let http = http_client().unwrap();
        assert_eq!(find(temp.path(), &http).await, None);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        Presence::of_this_process(address, None, Timestamp::from_millis(0)).unwrap().write(temp.path()).unwrap();
        assert_eq!(find(temp.path(), &http).await, None);
    }
}
