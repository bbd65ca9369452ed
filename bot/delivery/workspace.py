"""Deliveries to many workspaces: each sender is given the client of the workspace that its delivery is for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.verdict import Later, Verdict
from bot.deps import Deps
from bot.store.outbox import Delivery

Send = Callable[[Deps, Delivery], Awaitable[Verdict]]
ClientOf = Callable[[str], Awaitable[AsyncWebClient | None]]
_AGAIN_SECONDS = 60.0
NOT_INSTALLED = Later("not_installed", after_seconds=_AGAIN_SECONDS, is_refusal=True, is_free=True)
"""The app was taken out of the workspace after the delivery was claimed; from now on none is."""


def by_workspace(senders: Mapping[str, Send], client_of: ClientOf) -> dict[str, Send]:
    return {kind: _in_its_workspace(send, client_of) for kind, send in senders.items()}


def _in_its_workspace(send: Send, client_of: ClientOf) -> Send:
    async def sender(deps: Deps, delivery: Delivery) -> Verdict:
        if not delivery.lane.startswith("slack:"):
            return await send(deps, delivery)
        client = await client_of(delivery.workspace_id)
        if client is None:
            return NOT_INSTALLED
        return await send(replace(deps, client=client), delivery)

    return sender
