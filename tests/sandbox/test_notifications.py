"""What notifies whom, and what does not; and what Slack's client refuses before the app hears of it."""

from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.page.scene import Scene
from sandbox.people import CannotDo
from sandbox.server import Sandbox, running
from sandbox.spec import WorkspaceSpec
from tests.support.desk import section

DECISIONS = "C0DECISIONS"


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.spec.bot_token, base_url=sandbox.api_url, retry_handlers=[])


async def whys(sandbox: Sandbox, name: str) -> list[str]:
    return [one.why for one in await sandbox.person(name).notifications()]


async def test_a_direct_message_notifies_its_reader_until_they_look(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="U0MIKE", text="*Score* it", blocks=[section("Long and broad")])

    mike = sandbox.person("mike")
    (told,) = await mike.notifications(unread=True)
    assert (told.why, told.channel, told.who, told.text) == ("dm", "dm", "conclave", "Score it")
    assert await whys(sandbox, "sarah") == []

    await mike.read("dm")

    assert await mike.notifications(unread=True) == []
    (told,) = await mike.notifications()
    assert told.is_read


@pytest.mark.parametrize("blocks", [None, "mrkdwn", "rich"])
async def test_a_mention_notifies_in_any_text_that_is_shown(
    sandbox: Sandbox, client: AsyncWebClient, blocks: str | None
) -> None:
    element = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0LISA"}]}
    shown = {
        "mrkdwn": [section("Over to <@U0LISA>")],
        "rich": [{"type": "rich_text", "elements": [element]}],
    }.get(blocks or "")

    await client.chat_postMessage(channel=DECISIONS, text="Over to <@U0LISA>", blocks=shown)

    assert await whys(sandbox, "lisa") == ["mention"]
    assert await whys(sandbox, "mike") == []


async def test_a_mention_of_the_channel_notifies_everybody_but_who_wrote_it(sandbox: Sandbox) -> None:
    await sandbox.person("sarah").say("Hello @mike", "general")

    assert await whys(sandbox, "mike") == ["mention"]
    assert await whys(sandbox, "sarah") == []


async def test_the_channel_itself_can_be_mentioned_by_the_app(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=DECISIONS, text="<!here> it closes soon")

    assert [await whys(sandbox, name) for name in ("sarah", "eve")] == [["mention"], ["mention"]]


async def test_a_message_in_a_channel_notifies_only_who_asked_for_everything(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await sandbox.person("tom").notify("customer-decisions")
    await client.chat_postMessage(channel=DECISIONS, text="A card")
    await sandbox.person("tom").notify("customer-decisions", everything=False)
    await client.chat_postMessage(channel=DECISIONS, text="Another one")

    assert await whys(sandbox, "tom") == ["channel"]
    assert await whys(sandbox, "mike") == []


async def test_a_reply_notifies_those_who_follow_the_thread_and_nobody_else(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    card = (await client.chat_postMessage(channel=DECISIONS, text="A card"))["ts"]
    await client.chat_postMessage(channel=DECISIONS, text="Too early", thread_ts=card)
    await sandbox.person("mike").say("I am on it", "customer-decisions", thread_ts=card)
    await client.chat_postMessage(channel=DECISIONS, text="<@U0LISA> too", thread_ts=card)
    await client.chat_postMessage(channel=DECISIONS, text="The result", thread_ts=card)

    assert await whys(sandbox, "mike") == ["thread", "thread"]
    assert await whys(sandbox, "lisa") == ["mention", "thread"]
    assert await whys(sandbox, "sarah") == []


async def test_a_reply_is_read_in_its_thread_not_in_the_channel(sandbox: Sandbox, client: AsyncWebClient) -> None:
    mike = sandbox.person("mike")
    question = await mike.say("Shall we?", "customer-decisions")
    await client.chat_postMessage(channel=DECISIONS, text="Yes", thread_ts=question.ts)

    await mike.read("customer-decisions")
    assert [one.text for one in await mike.notifications(unread=True)] == ["Yes"]

    await mike.read("customer-decisions", thread_ts=question.ts)
    assert await mike.notifications(unread=True) == []


async def test_a_reply_that_is_sent_to_the_channel_too_notifies_as_a_message_of_the_channel(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await sandbox.person("tom").notify("customer-decisions")
    card = (await client.chat_postMessage(channel=DECISIONS, text="A card"))["ts"]

    sent = await client.chat_postMessage(channel=DECISIONS, text="Decided", thread_ts=card, reply_broadcast=True)
    await client.chat_postMessage(channel=DECISIONS, text="By the way", thread_ts=card)

    assert await whys(sandbox, "tom") == ["channel", "channel"]
    assert await whys(sandbox, "mike") == []
    assert sent["message"]["subtype"] == "thread_broadcast"
    assert [line.message.text for line in Scene(sandbox.town, "mike").lines] == ["A card", "Decided"]


async def test_an_edit_notifies_nobody_whatever_it_mentions(sandbox: Sandbox, client: AsyncWebClient) -> None:
    card = (await client.chat_postMessage(channel=DECISIONS, text="A card"))["ts"]
    direct = await client.chat_postMessage(channel="U0MIKE", text="Score it")
    before = await whys(sandbox, "mike")

    await client.chat_update(channel=DECISIONS, ts=card, text="Resolved, <@U0MIKE>")
    await client.chat_update(channel=direct["channel"], ts=direct["ts"], text="Scored")

    assert await whys(sandbox, "mike") == before == ["dm"]


async def test_what_only_one_person_sees_notifies_them_by_a_mention_alone(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel=DECISIONS, user="U0MIKE", text="Saved")
    assert await whys(sandbox, "mike") == []

    await client.chat_postEphemeral(channel=DECISIONS, user="U0MIKE", text="<@U0MIKE>, saved")

    assert await whys(sandbox, "mike") == ["mention"]


async def test_whoever_is_deactivated_or_outside_the_channel_is_not_notified(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    sandbox.invite_bot("leadership")
    sandbox.deactivate("mike")

    await client.chat_postMessage(channel="C0LEADERSHIP", text="<@U0LISA> and <@U0MIKE>")

    assert [await whys(sandbox, name) for name in ("lisa", "mike")] == [[], []]


async def test_a_slash_command_in_a_thread_is_refused_and_the_app_hears_nothing(sandbox: Sandbox) -> None:
    mike = sandbox.person("mike")
    question = await mike.say("Shall we?", "customer-decisions")

    answer = await mike.slash("/decide list", channel="customer-decisions", thread_ts=question.ts)

    assert (answer.status, answer.error) == ("refused", "/decide is not supported in threads. Sorry!")
    await mike.see("slackbot (only visible to you): /decide is not supported in threads. Sorry!")
    await sandbox.person("sarah").see_no("Sorry!")
    assert sandbox.deliveries() == []


async def test_where_the_apps_messages_are_read_only_nothing_is_typed(spec: WorkspaceSpec) -> None:
    async with running(replace(spec, messages_tab_read_only=True)) as sandbox:
        mike = sandbox.person("mike")
        for typed in (mike.say("Hello", "dm"), mike.slash("/decide list", channel="dm")):
            with pytest.raises(CannotDo, match=r"Sending messages to this app has been turned off\."):
                await typed
