"""Files as Slack takes them: an address to upload to, sharing in a conversation, downloading by who sees it."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.people import CannotDo
from sandbox.server import Sandbox, running
from sandbox.spec import LEAST_SCOPES, WorkspaceSpec

BYTES = b"a,b\r\n1,2\r\n"


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.spec.bot_token, base_url=sandbox.api_url)


async def shared(client: AsyncWebClient, user: str) -> Any:
    opened = await client.conversations_open(users=user)
    return await client.files_upload_v2(
        channel=opened["channel"]["id"], filename="t.csv", content=BYTES, initial_comment="Here"
    )


async def test_a_file_comes_as_a_message_and_its_bytes_to_those_who_see_it(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await shared(client, sandbox.town.workspace.person("lisa").id)

    (message,) = await sandbox.person("lisa").messages("dm")
    (file,) = message.files
    assert message.rendered == f"Here\n[file: t.csv, {len(BYTES)} bytes]"
    assert await sandbox.person("lisa").download(file["path"]) == BYTES
    for path in (file["path"].replace("/lisa/", "/mike/"), file["path"].replace("/lisa/", "/nobody/")):
        with pytest.raises(CannotDo):
            await sandbox.person("mike").download(path)


async def test_the_page_shows_the_file_as_a_link_that_downloads(sandbox: Sandbox, client: AsyncWebClient) -> None:
    await shared(client, sandbox.town.workspace.person("lisa").id)
    (message,) = await sandbox.person("lisa").messages("dm")
    path = message.files[0]["path"]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{sandbox.url}/as/lisa/dm", headers={"Accept": "text/html"}) as answer:
            page = await answer.text()
        async with session.get(f"{sandbox.url}{path}") as answer:
            headers = answer.headers

    assert f'href="{path}" download="t.csv"' in page
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''t.csv"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_scope_is_needed(spec: WorkspaceSpec) -> None:
    async with running(replace(spec, scopes=LEAST_SCOPES)) as sandbox:
        client = AsyncWebClient(token=spec.bot_token, base_url=sandbox.api_url)
        with pytest.raises(SlackApiError) as refused:
            await shared(client, sandbox.town.workspace.person("lisa").id)

    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "files:write"


async def test_other_bytes_than_announced_and_what_was_never_uploaded_are_refused(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    place = await client.files_getUploadURLExternal(filename="t.csv", length=5)
    async with aiohttp.ClientSession() as session, session.post(place["upload_url"], data=b"four") as answer:
        assert answer.status == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=[{"id": place["file_id"], "title": "t"}])
    with pytest.raises((SlackApiError, SlackRequestError)):
        await client.files_getUploadURLExternal(filename="", length=0)
