//! What can go wrong with an endpoint, in our own words: what it said itself may repeat a text, and is told to nobody.

use std::time::Duration;

use hydra_graph::{Error, ErrorKind};

/// Why an endpoint gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was asked to stop.
    Stopped,
    /// Nobody took the request. That is no text's fault.
    Unreachable(String),
    /// It has no room now, and perhaps said for how long.
    Busy(Option<Duration>),
    /// It will not answer any request as things are: the key, the model or the address is wrong.
    Refusing(String),
    /// It took this request and did not answer it properly; with another text it may.
    Broken(String),
}

impl Fault {
    /// Tells whether the text that was sent may be to blame, so that it is not sent for ever.
    pub fn blames_text(&self) -> bool {
        matches!(self, Self::Broken(_))
    }

    /// Says it to a person.
    pub fn error(&self) -> Error {
        let unavailable = |message: String| Error::new(ErrorKind::Unavailable, message);
        match self {
            Self::Stopped => Error::new(ErrorKind::Cancelled, "stopped; what was proposed until then is kept"),
            Self::Unreachable(why) => unavailable(format!("the enrichment endpoint can't be reached: {why}"))
                .hint("start the model's server, or check `url` in [enrichment]"),
            Self::Busy(_) => unavailable("the enrichment endpoint has no room for more requests".to_owned())
                .hint("run it again later, or set requests_per_hour in [enrichment] lower"),
            Self::Refusing(why) => unavailable(format!("the enrichment endpoint refuses: {why}"))
                .hint("check url, model and key in [enrichment]"),
            Self::Broken(why) => unavailable(format!("the enrichment endpoint does not answer properly: {why}"))
                .hint("look at the model server's own log; a text that fails three times is left out"),
        }
    }
}
