//! The MCP server: hands each call to its tool, resource or prompt, on a blocking thread, in the name of who called.

use axum::http::request::Parts;
use hydra_graph::Id;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorCode, GetPromptRequestParams, GetPromptResponse,
    InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerConfig,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::watch;

use crate::http::Shared;
use crate::place::Places;
use crate::right::Right;
use crate::session::{self, Begun, Sessions};
use crate::subscription::{MAX_WATCHED, Subscription};
use crate::tool::Call;
use crate::{answer, caller, identity, prompt, resource, tool};

/// One memory behind the protocol, as one request sees it.
#[derive(Clone)]
pub(crate) struct Hydra {
    pub shared: Shared,
    pub sessions: Sessions,
    pub streams: Places,
    /// Changes with each commit since the request came.
    pub commits: watch::Receiver<Option<Id>>,
}

impl ServerHandler for Hydra {
    fn get_info(&self) -> ServerConfig {
        identity::info()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let agreed = self.negotiate_initialize(&request)?;
        if let Some(begun) = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Begun>()) {
            let holder = caller::holder(&context).map(|holder| holder.name()).unwrap_or_default();
            self.sessions.begin(&holder).into_iter().for_each(|name| drop(begun.0.set(name)));
        }
        Ok(agreed)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        // What a model is shown and may not call, it tries.
        let rights = caller::holder(&context).map(|holder| holder.rights).unwrap_or_default();
        Ok(ListToolsResult::with_all_items(tool::list_for(rights)))
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
        let arguments = request.arguments.unwrap_or_default();
        let allowed = caller::holder(&context).and_then(|holder| {
            holder.check(entry.right, entry.name)?;
            Ok((caller::agent(&context, &holder), holder))
        });
        let (agent, holder) = match allowed {
            Ok(allowed) => allowed,
            Err(error) => return Ok(answer::failure(&error).into()),
        };
        let default_space = self.shared.default_space.clone();
        let now = (self.shared.clock)();
        let verb = entry.name;
        let result = self.shared.crossing.run(verb, move |memory| {
            let (agent, holder, default_space) = (&agent, &holder, default_space.as_str());
            (entry.call)(Call { memory, arguments, agent, holder, default_space, now })
        });
        // A model reads results and not protocol errors, so what went wrong is a result too.
        Ok(result.await.unwrap_or_else(|error| answer::failure(&error)).into())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resource::list()))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resource::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        may_read(&context, "resource")?;
        let text = self.read(&request.uri).await?;
        Ok(resource::contents(&request.uri, text).into())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        may_read(&context, "resource")?;
        let name = session_of(&context)?;
        // What can't be read can't be watched, for the same reason.
        self.read(&request.uri).await?;
        let subscribed = self.sessions.subscribe(&name, &request.uri).await;
        subscribed.map_err(|why| ErrorData::invalid_request(why, None))
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.sessions.unsubscribe(&session_of(&context)?, &request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let uris = requested.resource_subscriptions.iter().flatten();
        let watched = uris.filter(|uri| resource::is_address(uri)).take(MAX_WATCHED);
        // Tools, prompts and the list of resources stay as they are while the server runs.
        Some(SubscriptionFilter::builder().resource_subscriptions(watched.cloned()).build())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        may_read(context.request_context(), "resource")?;
        let holder = caller::holder(context.request_context()).map(|holder| holder.name()).unwrap_or_default();
        let place = self.streams.take(&holder, session::CLOSE_ONE);
        let _place = place.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let uris = context.accepted().resource_subscriptions.clone().unwrap_or_default();
        let telling = async {
            let commits = self.commits.clone();
            let mut subscription = Subscription::start(self.shared.crossing.clone(), commits, uris).await;
            loop {
                for uri in subscription.changed().await {
                    if context.sink().notify_resource_updated(uri).await.is_err() {
                        return;
                    }
                }
            }
        };
        let mut stopping = self.shared.stopping.clone();
        tokio::select! {
            () = telling => {}
            () = context.cancelled() => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
        Ok(())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompt::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        may_read(&context, "prompt")?;
        let arguments = request.arguments.unwrap_or_default();
        let written = self.shared.crossing.run("prompt", move |memory| prompt::get(memory, &request.name, &arguments));
        written.await.map(Into::into).map_err(|error| prompt::failure(&error))
    }
}

impl Hydra {
    async fn read(&self, uri: &str) -> Result<String, ErrorData> {
        let address = uri.to_owned();
        let text = self.shared.crossing.run("resource", move |memory| resource::read(memory, &address)).await;
        text.map_err(|error| resource::failure(uri, &error))
    }
}

fn may_read(context: &RequestContext<RoleServer>, of: &'static str) -> Result<(), ErrorData> {
    let allowed = caller::holder(context).and_then(|holder| holder.check(Right::Read, of));
    allowed.map_err(|error| ErrorData::invalid_request(error.to_string(), None))
}

fn session_of(context: &RequestContext<RoleServer>) -> Result<String, ErrorData> {
    let name = context.extensions.get::<Parts>().and_then(|parts| session::name(&parts.headers));
    name.ok_or_else(|| {
        ErrorData::invalid_request("only a session can watch; send the Mcp-Session-Id of initialize", None)
    })
}
