//! Whether the server may listen where it was told to: beyond this machine only for somebody, and not in the open.

use std::net::IpAddr;
use std::path::Path;

use hydra_graph::{Error, ErrorKind, Result, Timestamp};

use super::{GrantKind, ledger};

/// What others on the network see of what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Nothing: there is a certificate.
    Encrypted,
    /// Everything, which the owner wants all the same.
    PlainAllowed,
    /// Everything.
    Plain,
}

/// Checks an address before anybody can call it.
///
/// # Errors
/// `Refused` beyond this machine, when no token is in force or everybody on the way could read along.
pub fn check(address: IpAddr, wire: Wire, data_dir: &Path, now: Timestamp) -> Result<()> {
    if address.to_canonical().is_loopback() {
        return Ok(());
    }
    let is_token = |grant: &super::Grant| grant.kind == GrantKind::Token && grant.is_live(now);
    if !ledger::read(data_dir)?.iter().any(is_token) {
        let message =
            format!("{address} is reached from other machines, and no token is in force that could be used there");
        return Err(Error::new(ErrorKind::Refused, message).hint(
            "make one first: `hydra token create --name NAME --scope read,write`; the owner's own stays on this machine",
        ));
    }
    if wire == Wire::Plain {
        let message = format!("on {address} without encryption, everybody on the way reads tokens and memories");
        return Err(Error::new(ErrorKind::Refused, message).hint(
            "set tls_cert and tls_key; or keep bind = \"127.0.0.1\" and come by ssh -L, a VPN or a reverse proxy; \
             allow_plain_http = true listens all the same, where the network itself encrypts",
        ));
    }
    if wire == Wire::PlainAllowed {
        tracing::warn!(%address, "listening without encryption, since allow_plain_http says so");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hydra_graph::Trust;
    use hydra_mcp::Right;

    use super::super::NewGrant;
    use super::*;

    #[test]
    fn beyond_this_machine_it_takes_a_token_and_encryption() {
        let temp = tempfile::tempdir().unwrap();
        let now = Timestamp::from_millis(0);
        let may = |address: &str, wire| check(address.parse().unwrap(), wire, temp.path(), now);
        for own in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            may(own, Wire::Plain).unwrap();
        }
        assert!(may("0.0.0.0", Wire::PlainAllowed).unwrap_err().next_step().unwrap().contains("hydra token create"));
        let (name, rights) = ("phone".to_owned(), [Right::Read].into_iter().collect());
        let new = NewGrant { name, kind: GrantKind::Token, rights, trust: Trust::Agent, expires_at: None, of: None };
        ledger::create(temp.path(), new, now).unwrap();
        may("0.0.0.0", Wire::PlainAllowed).unwrap();
        may("0.0.0.0", Wire::Encrypted).unwrap();
        let refusal = may("192.168.1.2", Wire::Plain).unwrap_err();
        assert!(refusal.kind() == ErrorKind::Refused && refusal.next_step().unwrap().contains("tls_cert"));
    }
}
