"""What Slack's answers mean for a delivery: done, later or dead. `bot.nature` sorts Slack's error names by cause."""

from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.delivery.verdict import Dead, Later, Verdict
from bot.deps import Deps
from bot.errors import slack_error
from bot.nature import Nature, is_limited, names_of, nature_of, retry_after, status_of
from bot.store.outbox import Delivery

_REASONS = {
    "not_in_channel": "not_in_channel",
    "no_permission": "not_in_channel",
    "channel_not_found": "channel_not_found",
    "invalid_channel": "channel_not_found",
    "is_archived": "is_archived",
    "channel_is_archived": "is_archived",
    "is_inactive": "is_archived",
}
UNREACHABLE_CHANNEL = {name: _REASONS.get(name, "restricted") for name in names_of(Nature.CHANNEL)}
"""Slack's error name -> the reason that the card's view puts into words for the owner."""
REFUSED_BLOCKS = {"invalid_blocks", "invalid_blocks_format"}
GONE_MESSAGE = {"message_not_found", "cant_update_message", "edit_window_closed"}
GONE_PERSON = names_of(Nature.PERSON) | {"is_inactive"}
"""Slack's error names for somebody whom no message can reach any more."""
LACKS_SCOPE = {"missing_scope", "not_allowed_token_type"}
"""The app was installed without the right to make this call. Final only for calls that we can do without (`is_final`):
others wait until an operator grants it."""
_WORKSPACE_SECONDS = 60.0
"""Between two attempts while something in the workspace has to be mended by an operator."""
_UNCERTAIN = {"internal_error", "request_timeout", "service_unavailable", "update_failed"}
"""Errors after which Slack may have done what was asked all the same."""


def judged(
    send: Callable[[Deps, Delivery], Awaitable[Verdict]],
) -> Callable[[Deps, Delivery], Awaitable[Verdict]]:
    """Wrap a sender: what Slack's answer or the network raises becomes a verdict."""

    async def give_verdict(deps: Deps, delivery: Delivery) -> Verdict:
        try:
            return await send(deps, delivery)
        except SlackApiError as error:
            return verdict_of(error)
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
            return Later(type(error).__qualname__)

    return give_verdict


def verdict_of(error: SlackApiError) -> Verdict:
    name = slack_error(error)
    if is_limited(error):
        return Later("ratelimited", after_seconds=retry_after(error), is_refusal=True, passes=True)
    match nature_of(name):
        case Nature.PASSES:
            return Later(name, is_refusal=name not in _UNCERTAIN, passes=True)
        case Nature.WORKSPACE:
            return Later(name, after_seconds=_WORKSPACE_SECONDS, is_refusal=True, is_free=True, is_for_operator=True)
        case Nature():
            return Later(name) if name == "fatal_error" else Dead(name)
    if name and status_of(error) < 500:
        return Later(name, is_refusal=True)
    return Later(name or f"http {status_of(error)}")


def is_final(error: SlackApiError) -> bool:
    """Whether asking the same again is of no use. Only for calls that we can do without: see `LACKS_SCOPE`."""
    return slack_error(error) in LACKS_SCOPE or isinstance(verdict_of(error), Dead)
