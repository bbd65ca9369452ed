"""What Slack's answers mean for a delivery: done, later, never. Knows its names for what went wrong."""

from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.delivery.verdict import Dead, Later, Verdict
from bot.deps import Deps
from bot.errors import slack_error
from bot.store.outbox import Delivery

UNREACHABLE_CHANNEL = {
    "not_in_channel": "not_in_channel",
    "channel_not_found": "channel_not_found",
    "is_archived": "is_archived",
    "restricted_action": "restricted",
    "restricted_action_read_only_channel": "restricted",
    "restricted_action_thread_only_channel": "restricted",
    "restricted_action_non_threadable_channel": "restricted",
}
REFUSED_BLOCKS = {"invalid_blocks", "invalid_blocks_format"}
GONE_MESSAGE = {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"}
GONE_PERSON = {"user_not_found", "user_disabled", "account_deactivated", "is_inactive", "users_not_found"}
"""Slack's names for somebody whom no message can reach any more."""
_TOKEN_TROUBLE = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
_TOKEN_SECONDS = 60.0
_TRANSIENT = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}


def judged(
    send: Callable[[Deps, Delivery], Awaitable[Verdict]],
) -> Callable[[Deps, Delivery], Awaitable[Verdict]]:
    """Turn what Slack or the wire throws into a verdict."""

    async def give_verdict(deps: Deps, delivery: Delivery) -> Verdict:
        try:
            return await send(deps, delivery)
        except SlackApiError as error:
            return verdict_of(error)
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
            return Later(type(error).__qualname__)

    return give_verdict


def verdict_of(error: SlackApiError) -> Verdict:
    response = error.response
    status, name = getattr(response, "status_code", 0), slack_error(error)
    if status == 429 or name == "ratelimited":
        seconds = float((getattr(response, "headers", None) or {}).get("Retry-After", 1))
        return Later("ratelimited", after_seconds=seconds, is_refusal=True, is_free=True)
    if name in _TOKEN_TROUBLE:
        # The operator can mend it: nothing is given up meanwhile, and no attempt is burnt.
        return Later(name, after_seconds=_TOKEN_SECONDS, is_refusal=True, is_free=True)
    if status >= 500 or name in _TRANSIENT or not name:
        return Later(name or f"http {status}")
    return Dead(name)
