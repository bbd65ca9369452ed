"""User groups, as Slack tells them: which there are, and who is in one. For windows that are built after the answer.

It takes the optional scope `usergroups:read`; without it there are none. Slack is asked each time: an organisation
changes its groups elsewhere.
"""

import asyncio

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.team import UserGroup
from bot.errors import Conflict, slack_name

log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0
"""So long somebody looks at "One moment ..." more at most."""
MOST_GROUPS = 100
"""So many one list of Slack's holds; the first by handle."""
AWAY = "Slack does not tell just now who is in that user group. Choose the people one by one, or try again in a moment."


async def read_groups(client: AsyncWebClient) -> tuple[UserGroup, ...]:
    """Those that are in use and have somebody, by handle; none where Slack does not tell, or not soon."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            told = await client.usergroups_list(include_count=True)
    except (TimeoutError, SlackApiError, aiohttp.ClientError, OSError) as error:
        log.debug("user groups are not known", error=slack_name(error))
        return ()
    used = (one for one in told["usergroups"] if not one.get("date_delete") and one.get("user_count") != 0)
    found = [UserGroup(str(one["id"]), str(one.get("handle") or one["id"])) for one in used]
    return tuple(sorted(found, key=lambda group: group.handle)[:MOST_GROUPS])


async def read_people(client: AsyncWebClient, group_id: str) -> tuple[str, ...]:
    """`find_people`. Raises Conflict where Slack does not tell."""
    found = await find_people(client, group_id)
    if found is None:
        raise Conflict(AWAY)
    return found


async def find_people(client: AsyncWebClient, group_id: str) -> tuple[str, ...] | None:
    """The ids of those who are in it now; None where Slack does not tell, or not soon."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            told = await client.usergroups_users_list(usergroup=group_id)
    except (TimeoutError, SlackApiError, aiohttp.ClientError, OSError) as error:
        log.info("nobody knows who is in a user group", error=slack_name(error))
        return None
    return tuple(str(user_id) for user_id in told["users"])
