"""Who may speak to the sandbox: this machine's programs and its own page, no web page from elsewhere."""

from typing import Any

import aiohttp
import pytest
from starlette.datastructures import Headers

from sandbox.gate import Gate
from sandbox.server import Sandbox
from tests.support.desk import Desk

ANSWERS = "This sandbox answers at http://127.0.0.1:{port} only, not under another name."


async def ask(sandbox: Sandbox, method: str, path: str, **headers: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{sandbox.url}{path}", headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status, await answer.text()


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.url.rpartition(":")[2])


@pytest.mark.parametrize(
    "path", ["/", "/as/sarah", "/sandbox/people", "/page/live", "/page/parts/sarah/home", "/api/auth.test"]
)
@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "localhost.evil.example"])
async def test_a_page_whose_name_leads_here_reads_nothing(sandbox: Sandbox, path: str, name: str) -> None:
    port = port_of(sandbox)

    status, told = await ask(sandbox, "GET", path, Host=f"{name}:{port}")

    assert status == 421
    assert ANSWERS.format(port=port) in told


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
async def test_this_machine_is_let_in_under_each_of_its_names(sandbox: Sandbox, host: str) -> None:
    port = port_of(sandbox)
    for named in (f"{host}:{port}", host):
        assert (await ask(sandbox, "GET", "/sandbox/people", Host=named))[0] == 200
        assert (await ask(sandbox, "GET", "/sandbox/people", Host=named, Origin=f"http://{named}"))[0] == 200
    assert (await ask(sandbox, "GET", "/sandbox/people", Host=f"{host}:{port + 1}"))[0] == 421


@pytest.mark.parametrize("origin", ["https://elsewhere.test", "http://localhost:1", "null", "https://127.0.0.1", ""])
@pytest.mark.parametrize("path", ["/sandbox/people/sarah/say", "/api/chat.postMessage", "/respond/action/T1/key"])
async def test_a_page_from_elsewhere_presses_nothing(sandbox: Sandbox, path: str, origin: str) -> None:
    status, told = await ask(sandbox, "POST", path, Origin=origin, **{"Content-Type": "text/plain"})

    assert status == 403
    assert "Only the sandbox's own page may act here" in told
    assert sandbox.calls() == []


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_a_websocket_from_elsewhere_is_refused(sandbox: Sandbox, headers: dict[str, str]) -> None:
    ticket = sandbox.town.socket.new_ticket()

    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{sandbox.url}/link/?ticket={ticket}", headers=headers)

    assert refused.value.status == 403
    assert ticket in sandbox.town.socket.tickets


@pytest.mark.parametrize(
    ("bound", "host", "is_let_in"),
    [
        ("slack.test", "slack.test:80", True),
        ("slack.test", "evil.example:80", False),
        ("0.0.0.0", "192.168.0.7:80", True),
        ("0.0.0.0", "[fe80::1]:80", True),
        ("0.0.0.0", "evil.example:80", False),
        ("127.0.0.1", "192.168.0.7:80", False),
        ("127.0.0.1", "127.0.0.1:x", False),
        ("127.0.0.1", "", False),
    ],
)
def test_who_was_told_to_listen_elsewhere_is_reached_there(bound: str, host: str, is_let_in: bool) -> None:
    async def app(*_: Any) -> None: ...

    refusal = Gate(app, host=bound, port=80).refusal(Headers({"Host": host}))

    assert (refusal is None) is is_let_in


async def test_behaving_again_spares_the_triggers_too(sandbox: Sandbox, desk: Desk) -> None:
    await ask_json(sandbox, "faults", {"method": "views.open", "kind": "error"})
    await ask_json(sandbox, "triggers/expire", {"next": 3})

    assert (await ask(sandbox, "DELETE", "/sandbox/faults"))[0] == 200

    assert sandbox.town.faults.waiting == ()
    trigger = sandbox.town.workspace.new_trigger("U0SARAH")
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Here"}, "blocks": []}
    assert (await desk.client.views_open(trigger_id=trigger, view=view))["ok"]


async def ask_json(sandbox: Sandbox, path: str, body: dict[str, Any]) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/sandbox/{path}", json=body) as answer,
    ):
        assert answer.status == 200
