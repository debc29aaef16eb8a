//! The web view: files that a browser is given, and the data of each page as JSON.
//!
//! The view itself is in `server/ui` and asks for everything by GraphQL; what is here never looks into the memory. Its files
//! hold nothing of anybody, so they are given to whoever asks; a page is given only to who was let in.

mod asset;
mod document;
mod page;

pub use asset::assets;
pub use document::data;
pub use page::{pages, wants_page};
