//! The MCP server: hands each call to its tool, on a blocking thread, in the name of who called.

use hydra_graph::Clock;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorCode, ListToolsResult, PaginatedRequestParams, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::tool::Call;
use crate::{Crossing, answer, caller, identity, tool};

/// One memory behind the protocol. It keeps nothing between two requests, so a restart of the server loses nothing.
#[derive(Clone)]
pub(crate) struct Hydra {
    pub crossing: Crossing,
    pub clock: Clock,
    pub default_space: String,
}

impl ServerHandler for Hydra {
    fn get_info(&self) -> ServerConfig {
        identity::info()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tool::list()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tool::find(name).map(|entry| (entry.definition)())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(entry) = tool::find(&request.name) else {
            let names: Vec<String> = tool::list().into_iter().map(|tool| tool.name.into_owned()).collect();
            let message = format!("there is no tool `{}`; the tools are {}", request.name, names.join(", "));
            return Err(ErrorData::new(ErrorCode::INVALID_PARAMS, message, None));
        };
        let agent = caller::agent(&context);
        let arguments = request.arguments.unwrap_or_default();
        let default_space = self.default_space.clone();
        let now = (self.clock)();
        let verb = entry.name;
        let result = self.crossing.run(verb, move |memory| {
            (entry.call)(Call { memory, arguments, agent: &agent, default_space: &default_space, now })
        });
        // A model reads results and not protocol errors, so what went wrong is a result too.
        Ok(result.await.unwrap_or_else(|error| answer::failure(&error)).into())
    }
}
