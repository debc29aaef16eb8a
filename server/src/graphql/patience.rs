//! How long an answer is waited for. A subscription goes on as long as somebody listens; what is looked up for one of its
//! events is a query like others.

use std::sync::Arc;

use async_graphql::Response;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use hydra_graph::{Error, ErrorKind};

use super::error;
use super::limit::QUERY_TIME;

/// Gives up each event of a subscription that takes too long to look up.
pub struct Patience;

impl ExtensionFactory for Patience {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Patience {
    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        within(next.run(context, operation)).await
    }
}

/// Waits for an answer, and gives it up after [`QUERY_TIME`].
pub async fn within(answering: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(QUERY_TIME, answering).await.unwrap_or_else(|_| {
        let message = format!("the query took more than {} seconds", QUERY_TIME.as_secs());
        let error = Error::new(ErrorKind::TooLarge, message).hint("ask for less at once");
        Response::from_errors(vec![error::of_request(&error)])
    })
}
