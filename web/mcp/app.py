"""MCP over streamable HTTP, stateless: each request stands alone, behind the door of the API and with its tokens.

The SDK is loaded by this module alone, and this module only where the extra `mcp` is installed.
"""

from importlib.metadata import version
from typing import Any
from uuid import uuid4

import structlog
from mcp.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.deps import Deps
from bot.errors import BotError, TryAgain, told
from web.api.door import Counts, Door
from web.api.program import acting, bearer, check_scope
from web.mcp.tools import TOOLS, Hand

log = structlog.get_logger(__name__)

PATH = "/mcp"

INSTRUCTIONS = """Conclave is where a customer-facing team decides cases: people score options in secret in Slack, and
a person with the authority decides. Ask it before you grant what you may not grant alone. You never score or decide.
Look for earlier cases first; start_decision leaves a draft that a person opens in Slack; then read get_decision until
its choice is there. Nothing is told of scores before their result is published."""
_AWAY = "The database did not answer in time. Nothing was saved. Call the tool again."


def mcp(deps: Deps, counts: Counts) -> ASGIApp:
    """Behind the door of the API. counts: the API's, as a token has one bound for both."""
    app = Starlette(routes=[Route(PATH, Stateless(_server(deps)), methods=["POST"])])
    app.state.deps = deps
    return Door(app, deps, counts)


class Stateless:
    """The SDK's manager lives for one run: with one for each request nothing is to be started beside the port.

    Posts alone: a stream for what the server says by itself would hold a connection, and there is nothing to say.
    """

    def __init__(self, server: Server[Any]) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _server(deps: Deps) -> Server[Any]:
    async def list_tools(_: Any, __: Any) -> ListToolsResult:
        return ListToolsResult(tools=[_described(name) for name in TOOLS])

    async def call_tool(context: Any, asked: CallToolRequestParams) -> CallToolResult:
        return await _answer(deps, context.request, asked)

    found: Server[Any] = Server(
        "conclave",
        title="Conclave",
        version=version("conclave"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    found.middleware.clear()  # its spans would note what was asked: docs/decisions/0040
    return found


def _described(name: str) -> Tool:
    tool = TOOLS[name]
    is_read = tool.scope == "read"
    return Tool(
        name=name,
        description=tool.words,
        input_schema=tool.takes.model_json_schema(),
        annotations=ToolAnnotations(read_only_hint=is_read, destructive_hint=False, open_world_hint=False),
    )


async def _answer(deps: Deps, request: Request, asked: CallToolRequestParams) -> CallToolResult:
    """A refusal is an answer too: agents read its sentence and do otherwise."""
    if asked.name not in TOOLS:
        return _refusal(f"There is no such tool here. Those there are: {', '.join(TOOLS)}.")
    try:
        return _said(await _called(deps, request, asked))
    except ValidationError as error:
        return _refusal(_wrong(error))
    except TryAgain:
        return _refusal(_AWAY)
    except BotError as error:
        return _refusal(f"{error.field}: {error.message}" if error.field else error.message)
    except Exception as error:
        reference = uuid4().hex[:8]
        log.error("mcp tool failed", reference=reference, tool=asked.name, **told(error))
        return _refusal(f"Something went wrong here. An operator finds it in the log as {reference}.")


async def _called(deps: Deps, request: Request, asked: CallToolRequestParams) -> BaseModel:
    tool, who = TOOLS[asked.name], bearer(request)
    check_scope(who, tool.scope)
    taken = tool.takes.model_validate(asked.arguments or {})
    return await tool.does(Hand(deps, acting(request), who.token), taken)


def _said(value: BaseModel) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(text=value.model_dump_json(exclude_none=True))],
        structured_content=value.model_dump(mode="json", exclude_none=True),
    )


def _refusal(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=sentence)], is_error=True)


def _wrong(error: ValidationError) -> str:
    """What cannot be used, by its field; never what was sent."""
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))
