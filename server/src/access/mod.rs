//! Who may do what: tokens that the owner makes for others, and the sessions of browsers.
//!
//! A [`Grant`] is one of either, as the file `tokens.json` of the data folder keeps it ([`ledger`]): a name, what it may do,
//! how far it is trusted, and a fingerprint of its secret, never the secret. Commands write that file under a lock, with a
//! server or without; a [`Register`] is the running server's look at it, which sees every change with the next request.
//! [`rate`] is how much each may ask, [`links`] the way a browser gets its session, [`refusals`] how those who were refused
//! get into the journal.
//!
//! The file is no part of the graph: an export is handed on, and what opens the door must not go with it. The graph knows a
//! token by the name under which it acted.

pub mod exposure;
mod grant;
pub mod ledger;
mod links;
mod rate;
mod refusals;
mod register;

pub use grant::{Grant, GrantKind, NewGrant, Secret};
pub use links::{CODE_LIFE, Links};
pub use rate::{Allowance, Rates, Refusal, network};
pub use refusals::{Refusals, keep};
pub use register::{Found, Identity, Register, Stay, Via, read_used};
