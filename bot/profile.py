"""Who somebody is, as Slack tells it: a call of `users.info` for each. Knows nothing of what it is asked for."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.team import Looked, Profile
from bot.domain.text import one_line
from bot.errors import slack_error
from bot.nature import Nature, nature_of


async def read_profiles(client: AsyncWebClient, *, workspace_id: str, user_ids: Sequence[str], within: float) -> Looked:
    """One by one, for so many seconds at most. What was read before Slack had enough is not lost."""
    end = time.monotonic() + within
    profiles: list[Profile] = []
    unknown: list[str] = []
    for position, user_id in enumerate(user_ids):
        rest = tuple(user_ids[position:])
        try:
            async with asyncio.timeout(max(0.0, end - time.monotonic())):
                profiles.append(await read_profile(client, workspace_id=workspace_id, user_id=user_id))
        except TimeoutError:
            return Looked(tuple(profiles), tuple(unknown), rest)
        except (SlackApiError, aiohttp.ClientError, OSError) as error:
            if nature_of(slack_error(error)) is not Nature.PERSON:
                return Looked(tuple(profiles), tuple(unknown), rest, error)
            unknown.append(user_id)
    return Looked(tuple(profiles), tuple(unknown), ())


async def read_profile(client: AsyncWebClient, *, workspace_id: str, user_id: str) -> Profile:
    """Ask Slack who this is. Without the scope for it the address is simply missing."""
    answer = await client.users_info(user=user_id)
    return profile_of(answer["user"], workspace_id=workspace_id)


def profile_of(user: dict[str, Any], *, workspace_id: str) -> Profile:
    """Of what Slack tells of somebody, asked or by itself."""
    user_id = str(user["id"])
    details = user.get("profile") or {}
    is_ours = _is_of(user, workspace_id)
    return Profile(
        workspace_id=workspace_id,
        user_id=user_id,
        name=_name(details.get("real_name"), user.get("real_name"), user.get("name")) or user_id,
        email=details.get("email"),
        tz=user.get("tz"),
        is_admin=is_ours and any(user.get(flag) for flag in ("is_admin", "is_owner", "is_primary_owner")),
        is_person=is_ours and user_id != "USLACKBOT" and not any(user.get(flag) for flag in _NO_MEMBER),
        is_guest=is_ours and _is_guest(user),
        is_gone=is_ours and bool(user.get("deleted")),
    )


def _is_guest(user: dict[str, Any]) -> bool:
    return any(user.get(flag) for flag in _GUEST) and not user.get("deleted")


def _name(*given: str | None) -> str:
    """The first of these in which something can be seen; anybody writes what they like into their profile."""
    return next(filter(None, (one_line(name or "") for name in given)), "")


_GUEST = ("is_restricted", "is_ultra_restricted")
_NO_MEMBER = (*_GUEST, "is_stranger", "is_bot", "deleted")
"""What Slack says of guests, of people of another company, of bots, and of those who are gone."""


def _is_of(user: dict[str, Any], workspace_id: str) -> bool:
    """Whether this is somebody of the workspace, not of a company that shares a channel with it.

    The other company chooses its people's addresses and admins. `is_stranger` does not tell: it is false for whoever
    is in a channel that the bot can see. In an Enterprise Grid a person may belong to several workspaces.
    """
    home = user.get("team_id")
    workspaces = (user.get("enterprise_user") or {}).get("teams") or []
    return home is None or home == workspace_id or workspace_id in workspaces
