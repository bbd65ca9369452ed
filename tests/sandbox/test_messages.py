"""Messages: who may post where, who sees what, response_urls, and calls that fail on demand."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.techcorp import globex
from sandbox.people import CannotDo
from sandbox.server import Sandbox, running
from sandbox.spec import WorkspaceSpec
from tests.support.desk import Desk, button, section

DECISIONS, GENERAL, LEADERSHIP = "C0DECISIONS", "C0GENERAL", "C0LEADERSHIP"


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """slack_sdk's own client, unmodified."""
    return AsyncWebClient(token=sandbox.spec.bot_token, base_url=sandbox.api_url, retry_handlers=[])


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_posted_message_is_seen_by_the_channels_members(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[section("*The* card")])

    (seen,) = await sandbox.person("eve").messages("customer-decisions")
    assert (seen.ts, seen.text, seen.rendered, seen.who) == (posted["ts"], "Card", "The card", "conclave")


async def test_the_bot_posts_only_where_it_may(sandbox: Sandbox, client: AsyncWebClient) -> None:
    assert await refusal(client.chat_postMessage(channel=GENERAL, text="x")) == "not_in_channel"
    assert await refusal(client.chat_postMessage(channel=LEADERSHIP, text="x")) == "channel_not_found"
    assert await refusal(client.chat_postMessage(channel="C0NOWHERE", text="x")) == "channel_not_found"

    sandbox.invite_bot("leadership")
    sandbox.kick_bot("customer-decisions")

    assert (await client.chat_postMessage(channel=LEADERSHIP, text="x"))["ok"]
    assert await refusal(client.chat_postMessage(channel=DECISIONS, text="x")) == "not_in_channel"


async def test_nobody_outside_a_private_channel_sees_its_messages(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.invite_bot("leadership")
    await client.chat_postMessage(channel=LEADERSHIP, text="Only here")

    await sandbox.person("mike").see("Only here")
    await sandbox.person("lisa").see_no("Only here")


async def test_an_archived_channel_takes_no_message(sandbox: Sandbox, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=DECISIONS, text="x")
    sandbox.archive("customer-decisions")

    assert await refusal(client.chat_postMessage(channel=DECISIONS, text="x")) == "is_archived"
    assert await refusal(client.chat_update(channel=DECISIONS, ts=posted["ts"], text="y")) == "is_archived"


async def test_a_direct_message_reaches_one_person_by_user_id_or_dm_id(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    dm = await client.conversations_open(users="U0LISA")
    first = await client.chat_postMessage(channel="U0LISA", text="One")
    await client.chat_postMessage(channel=dm["channel"]["id"], text="Two")

    assert first["channel"] == dm["channel"]["id"]
    assert [m.text for m in await sandbox.person("lisa").messages("dm")] == ["One", "Two"]
    assert await sandbox.person("mike").messages("dm") == []


async def test_a_deactivated_person_gets_no_direct_message(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.deactivate("tom")

    assert await refusal(client.conversations_open(users="U0TOM")) == "user_disabled"
    assert (await client.users_info(user="U0TOM"))["user"]["deleted"] is True


async def test_an_ephemeral_message_is_for_one_member(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel=DECISIONS, user="U0ANA", text="Psst")

    await sandbox.person("ana").see("conclave (only visible to you): Psst")
    await sandbox.person("tom").see_no("Psst")
    ephemeral = client.chat_postEphemeral(channel=DECISIONS, user="U0NOBODY", text="x")
    assert await refusal(ephemeral) == "user_not_in_channel"


async def test_an_update_replaces_text_and_keeps_blocks_that_are_not_given(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=DECISIONS, text="One", blocks=[section("First")])
    where = {"channel": DECISIONS, "ts": posted["ts"]}

    await client.chat_update(**where, text="Two")
    (kept,) = await sandbox.person("tom").messages("customer-decisions")
    await client.chat_update(**where, text="Three", blocks=[])
    (removed,) = await sandbox.person("tom").messages("customer-decisions")

    assert (kept.text, kept.rendered) == ("Two", "First")
    assert (removed.text, removed.rendered, removed.edited) == ("Three", "Three", True)


async def test_only_the_bots_own_living_messages_can_be_changed(sandbox: Sandbox, client: AsyncWebClient) -> None:
    toms = await sandbox.person("tom").say("Mine", "customer-decisions")
    posted = await client.chat_postMessage(channel=DECISIONS, text="x")
    await client.chat_delete(channel=DECISIONS, ts=posted["ts"])

    update = client.chat_update
    assert await refusal(update(channel=DECISIONS, ts=toms.ts, text="x")) == "cant_update_message"
    assert await refusal(update(channel=DECISIONS, ts=posted["ts"], text="x")) == "message_not_found"


async def test_a_reply_stands_under_its_thread(sandbox: Sandbox, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=DECISIONS, text="Root")
    await client.chat_postMessage(channel=DECISIONS, text="Other")
    await client.chat_postMessage(channel=DECISIONS, text="Reply", thread_ts=root["ts"])

    await sandbox.person("tom").see("conclave: Root\n    conclave: Reply\nconclave: Other")


async def test_messages_over_slacks_limits_are_refused_with_the_place(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=DECISIONS, text="x", blocks=[section("x" * 3001)])

    assert refused.value.response["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0/text/text]" in refused.value.response["response_metadata"]["messages"][0]


async def test_tokens_methods_and_scopes_are_checked(sandbox: Sandbox, client: AsyncWebClient) -> None:
    stranger = AsyncWebClient(token="xoxb-stranger", base_url=sandbox.api_url)

    assert await refusal(stranger.auth_test()) == "invalid_auth"
    assert await refusal(client.api_call("no.such_method")) == "unknown_method"
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_history(channel=DECISIONS)
    answer = refused.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")
    assert "chat:write" in answer["provided"]


async def test_profiles_have_zone_and_email_where_the_scopes_allow(spec: WorkspaceSpec) -> None:
    async with running(replace(spec, scopes=("users:read",))) as sandbox:
        poor = AsyncWebClient(token=spec.bot_token, base_url=sandbox.api_url)
        user = (await poor.users_info(user="U0TOM"))["user"]
        assert "email" not in user["profile"]
        assert await refusal(poor.users_lookupByEmail(email="tom@techcorp.com")) == "missing_scope"

    assert (user["tz"], user["is_admin"], user["real_name"]) == ("Europe/Berlin", False, "Tom Becker")


async def test_people_are_found_by_email_whatever_its_case(client: AsyncWebClient) -> None:
    found = await client.users_lookupByEmail(email="Sarah@TechCorp.com")

    assert (found["user"]["id"], found["user"]["is_admin"]) == ("U0SARAH", True)
    assert await refusal(client.users_lookupByEmail(email="no@techcorp.com")) == "users_not_found"


async def test_metadata_comes_back_where_history_may_be_read(spec: WorkspaceSpec) -> None:
    async with running(replace(spec, scopes=(*spec.scopes, "channels:history"))) as sandbox:
        client = AsyncWebClient(token=spec.bot_token, base_url=sandbox.api_url)
        metadata = {"event_type": "posted", "event_payload": {"key": "7"}}
        await client.chat_postMessage(channel=DECISIONS, text="x", metadata=metadata)

        plain = await client.conversations_history(channel=DECISIONS)
        full = await client.conversations_history(channel=DECISIONS, include_all_metadata=True)

    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata


async def test_a_permalink_names_workspace_channel_and_message(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=DECISIONS, text="x")

    found = await client.chat_getPermalink(channel=DECISIONS, message_ts=posted["ts"])

    ts = posted["ts"].replace(".", "")
    assert found["permalink"] == f"https://techcorp.slack.com/archives/C0DECISIONS/p{ts}"


async def test_slacks_validator_answers_with_pointers(client: AsyncWebClient) -> None:
    assert (await client.api_call("blocks.validate", json={"blocks": [section("x")]}))["ok"]
    assert await refusal(client.api_call("blocks.validate", json={"blocks": [section("")]})) == "invalid_blocks"


async def test_a_response_url_works_five_times(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").slash("/decide late")
    await sandbox.person("sarah").see("Later")
    url = desk.bodies[0]["response_url"]

    statuses = []
    async with aiohttp.ClientSession() as session:
        for number in range(5):
            async with session.post(url, json={"text": f"Number {number}"}) as answer:
                statuses.append(answer.status)

    assert statuses == [200, 200, 200, 200, 404]
    await sandbox.person("sarah").see("Number 3")
    await sandbox.person("sarah").see_no("Number 4")


async def test_a_response_url_works_where_the_bot_is_not(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").slash("/decide late", channel="leadership")

    await sandbox.person("sarah").see("--- #leadership ---\nconclave (only visible to you): Later")
    await sandbox.person("mike").see_no("Later")


async def test_a_button_replaces_its_own_message(sandbox: Sandbox, desk: Desk) -> None:
    row = {"type": "actions", "block_id": "row", "elements": [button("Take", "replace", value="42")]}
    posted = await desk.client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[section("Old"), row])

    await sandbox.person("tom").click("Take")

    body = desk.bodies[0]
    assert body["container"]["message_ts"] == body["message"]["ts"] == posted["ts"]
    assert (body["actions"][0]["value"], body["channel"]["id"]) == ("42", DECISIONS)
    await sandbox.person("ana").see("Replaced")
    await sandbox.person("ana").see_no("Old")


async def test_a_button_whose_app_is_late_shows_a_notice_to_the_presser(sandbox: Sandbox, desk: Desk) -> None:
    row = {"type": "actions", "elements": [button("Take", "go")]}
    await desk.client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[row])
    sandbox.bot_url = "http://127.0.0.1:9"

    answer = await sandbox.person("tom").click("Take")

    assert answer.error == "dispatch_failed"
    await sandbox.person("tom").see("(!) Action failed: dispatch_failed")
    await sandbox.person("ana").see_no("(!)")


async def test_a_confirmation_is_accepted_and_its_text_kept(sandbox: Sandbox, desk: Desk) -> None:
    def words(text: str) -> dict[str, str]:
        return {"type": "plain_text", "text": text}

    sure = {"title": words("Sure?"), "text": words("It is final."), "confirm": words("Yes"), "deny": words("No")}
    row = {"type": "actions", "elements": [button("Cancel it", "go", confirm=sure)]}
    await desk.client.chat_postMessage(channel=DECISIONS, text="Card", blocks=[row])

    answer = await sandbox.person("tom").click("Cancel it")

    assert answer.confirm == "Sure?: It is final."


async def test_a_rate_limit_comes_with_its_retry_after(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.fail("chat.postMessage", "ratelimited", retry_after=7)

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=DECISIONS, text="x")
    again = await client.chat_postMessage(channel=DECISIONS, text="x")

    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
    assert again["ok"]


async def test_errors_and_outages_can_be_had_for_any_method(sandbox: Sandbox, client: AsyncWebClient) -> None:
    sandbox.fail("*", "error", error="internal_error")
    sandbox.fail("auth.test", "http_500")

    assert await refusal(client.auth_test()) == "internal_error"
    with pytest.raises(SlackApiError) as outage:
        await client.auth_test()
    assert outage.value.response.status_code == 500
    assert (await client.auth_test())["ok"]


@pytest.mark.parametrize(("kind", "posted"), [("drop", 0), ("drop_after", 1)])
async def test_a_cut_connection_may_or_may_not_have_done_its_work(
    sandbox: Sandbox, client: AsyncWebClient, kind: str, posted: int
) -> None:
    sandbox.fail("chat.postMessage", kind)

    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=DECISIONS, text="Once")

    assert len(await sandbox.person("tom").messages()) == posted
    assert [call.method for call in sandbox.calls()] == ["chat.postMessage"]


async def test_a_slow_call_is_late(sandbox: Sandbox) -> None:
    client = AsyncWebClient(token=sandbox.spec.bot_token, base_url=sandbox.api_url, timeout=1, retry_handlers=[])
    sandbox.fail("chat.postMessage", "slow", seconds=1.5)

    with pytest.raises(TimeoutError):
        await client.chat_postMessage(channel=DECISIONS, text="x")


async def test_faults_and_membership_can_be_set_from_another_process(sandbox: Sandbox, client: AsyncWebClient) -> None:
    async def post(path: str, **body: Any) -> int:
        async with session.post(path, json=body) as answer:
            return answer.status

    async with aiohttp.ClientSession(f"{sandbox.url}/sandbox/") as session:
        await post("faults", method="auth.test", kind="error", error="account_inactive")
        await post("channels/general/invite")
        wrong = await post("faults", method="auth.test", kind="flood")

    assert wrong == 400
    assert await refusal(client.auth_test()) == "account_inactive"
    assert (await client.chat_postMessage(channel=GENERAL, text="x"))["ok"]


async def test_another_workspace_has_nothing_in_common() -> None:
    async with running(globex()) as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox-globex", base_url=sandbox.api_url)

        assert (await client.auth_test())["team_id"] == "T0GLOBEX"
        with pytest.raises(CannotDo, match="nobody called 'sarah'; there are hank, homer, priya"):
            await sandbox.person("sarah").screen()
