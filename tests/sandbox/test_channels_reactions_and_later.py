"""The Web API beyond what Conclave itself calls: for other people's apps."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import description
from sandbox.server import Sandbox, running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    found = description.parse({"people": ["ana", "bo"], "channels": ["general", {"name": "plans", "members": ["bo"]}]})
    async with running(found.spec) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.spec.bot_token, base_url=sandbox.api_url)


async def refused(answer: Any) -> str:
    with pytest.raises(SlackApiError) as refusal:
        await answer
    return str(refusal.value.response["error"])


async def test_an_app_enters_reads_and_leaves_a_public_channel(sandbox: Sandbox, client: AsyncWebClient) -> None:
    plans = sandbox.town.channel("plans").id
    assert await refused(client.conversations_history(channel=plans)) == "not_in_channel"

    await client.conversations_join(channel=plans)

    assert (await client.conversations_history(channel=plans))["messages"] == []
    mine = (await client.users_conversations())["channels"]
    assert {channel["name"] for channel in mine} == {"general", "plans"}
    await client.conversations_leave(channel=plans)
    assert await refused(client.conversations_setTopic(channel=plans, topic="x")) == "not_in_channel"


async def test_an_app_makes_a_channel_and_chooses_who_is_in_it(sandbox: Sandbox, client: AsyncWebClient) -> None:
    room = (await client.conversations_create(name="room", is_private=True))["channel"]["id"]
    assert await refused(client.conversations_create(name="room")) == "name_taken"
    assert await refused(client.conversations_create(name="A Room")) == "invalid_name_specials"
    assert await refused(client.conversations_invite(channel=room, users="U0NOBODY")) == "user_not_found"
    await client.conversations_invite(channel=room, users="U0ANA,U0BO")
    assert await refused(client.conversations_invite(channel=room, users="U0ANA")) == "already_in_channel"
    await client.conversations_kick(channel=room, user="U0BO")
    assert await refused(client.conversations_kick(channel=room, user="U0BO")) == "not_in_channel"
    await client.conversations_setTopic(channel=room, topic="Quiet please")

    shape = (await client.conversations_info(channel=room))["channel"]
    assert (shape["topic"]["value"], shape["is_private"]) == ("Quiet please", True)
    await client.chat_postMessage(channel=room, text="Hello Ana")
    await sandbox.person("ana").see("Hello Ana")
    await sandbox.person("bo").see_no("Hello Ana")


async def test_a_reply_may_be_shown_in_the_channel_as_well(sandbox: Sandbox, client: AsyncWebClient) -> None:
    general = sandbox.town.channel("general").id
    root = (await client.chat_postMessage(channel=general, text="Root"))["ts"]
    await client.chat_postMessage(channel=general, text="Quiet", thread_ts=root)

    posted = await client.chat_postMessage(channel=general, text="Loud", thread_ts=root, reply_broadcast=True)

    assert posted["message"]["subtype"] == "thread_broadcast"
    assert "Loud" in await sandbox.person("ana").see("(replied to a thread)")
    assert (
        await refused(client.chat_postMessage(channel=general, text="x", reply_broadcast=True)) == "invalid_arguments"
    )


@pytest.mark.parametrize(("shared_with", "is_ext"), [("", False), ("our company", False), ("another company", True)])
async def test_a_channel_says_who_else_reads_it(
    sandbox: Sandbox, client: AsyncWebClient, shared_with: str, is_ext: bool
) -> None:
    general = sandbox.town.channel("general")
    general.shared_with = shared_with

    shape = (await client.conversations_info(channel=general.id))["channel"]

    assert (shape["is_ext_shared"], shape["is_shared"]) == (is_ext, shared_with != "")
    assert shape["is_org_shared"] is (shared_with == "our company")


async def test_reactions_are_counted_and_taken_back(sandbox: Sandbox, client: AsyncWebClient) -> None:
    general = sandbox.town.channel("general").id
    at = {"channel": general, "timestamp": (await client.chat_postMessage(channel=general, text="Hello"))["ts"]}

    await client.reactions_add(name="eyes", **at)

    assert await refused(client.reactions_add(name="eyes", **at)) == "already_reacted"
    assert await refused(client.reactions_remove(name="tada", **at)) == "no_reaction"
    assert await refused(client.reactions_add(name="two words", **at)) == "invalid_name"
    found = (await client.reactions_get(**at))["message"]["reactions"]
    assert found == [{"name": "eyes", "users": [sandbox.spec.bot_user_id], "count": 1}]
    await sandbox.person("ana").see("[:eyes: 1]")
    await client.reactions_remove(name="eyes", **at)
    await sandbox.person("ana").see_no("[:eyes:")


async def test_a_message_may_wait_and_be_taken_back(sandbox: Sandbox, client: AsyncWebClient) -> None:
    general, soon = sandbox.town.channel("general").id, int(time.time()) + 1
    later = client.chat_scheduleMessage(channel=general, post_at=soon + 3600, text="Too late")
    waiting = (await later)["scheduled_message_id"]

    await client.chat_scheduleMessage(channel=general, post_at=soon + 1, text="In time")

    assert len((await client.chat_scheduledMessages_list(channel=general))["scheduled_messages"]) == 2
    await client.chat_deleteScheduledMessage(channel=general, scheduled_message_id=waiting)
    again = client.chat_deleteScheduledMessage(channel=general, scheduled_message_id=waiting)
    assert await refused(again) == "invalid_scheduled_message_id"
    await sandbox.person("bo").see("In time", timeout=10)
    assert (await client.chat_scheduledMessages_list())["scheduled_messages"] == []
    past = client.chat_scheduleMessage(channel=general, post_at=soon - 3600, text="x")
    assert await refused(past) == "time_in_past"


async def test_people_and_the_app_itself_are_known(client: AsyncWebClient) -> None:
    assert (await client.users_profile_get(user="U0ANA"))["profile"]["real_name"] == "Ana"
    assert (await client.users_getPresence(user="U0ANA"))["presence"] == "active"
    assert (await client.bots_info())["bot"]["name"] == "app"
    assert await refused(client.bots_info(bot="B0OTHER")) == "bot_not_found"


async def test_a_method_that_is_not_here_says_so(client: AsyncWebClient) -> None:
    assert await refused(client.api_call("files.remote.list")) == "unknown_method"
