"""What a process loads and sets when it starts, before it serves anybody."""

import asyncio
import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from pydantic import ValidationError
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot import app, identity
from bot.config import Settings, told_of_settings
from bot.errors import Invalid, StartError
from bot.store import schema
from bot.views.slack import ids
from handlers import routes
from handlers.after_ack import AfterAck
from handlers.answering import Handler
from handlers.routes import register

ROOT = Path(__file__).resolve().parents[1]
NOT_NEEDED = (
    "alembic",
    "mako",
    "rich",
    "pygments",
    "jinja2",
    "numpy",
    "sandbox",
    "slack_limits.oracle",
    "sqlalchemy.orm",
    "h11",
    "scipy",
    "web",
    "argon2",
    "joserfc",
    "fastapi",
    "standardwebhooks",
    "mcp",
    "cryptography",
    "pydantic_ai",
    "openai",
)
OF_OTHER_ROLES = (
    *NOT_NEEDED,
    "apscheduler",
    "bot.delivery",
    "bot.working",
    # Where requests come by the port, of one workspace.
    "bot.oauth",
    "bot.socket_mode",
    "bot.workspaces",
)


@pytest.mark.parametrize(
    ("role", "also", "left_out"), [("web", "bot.app", OF_OTHER_ROLES), ("worker", "bot.working", NOT_NEEDED)]
)
def test_a_process_that_serves_loads_nothing_that_only_other_commands_need(
    role: str, also: str, left_out: tuple[str, ...]
) -> None:
    """As `conclave worker` does it: up to the point where it looks for its database, which there is none of."""
    program = (
        "import sys\n"
        "from bot.cli import commands\n"
        f"commands.cli(['{role}'], standalone_mode=False)\n"
        f"import {also}\n"
        "from bot.store import schema\n"
        "schema.head()\n"
        f"print([name for name in {left_out} if sys.modules.get(name)])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SLACK_BOT_TOKEN": "xoxb-1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert found.stdout.strip() == "[]", found.stderr
    assert "Set SLACK_SIGNING_SECRET" in found.stderr


def test_the_newest_migration_is_the_one_that_alembic_finds() -> None:
    script = ScriptDirectory.from_config(schema._config())

    assert schema.head() == script.get_current_head()
    assert all(schema.knows(one.revision) for one in script.walk_revisions())
    assert not schema.knows("of_a_newer_version")


@pytest.fixture
def bolt() -> AsyncApp:
    nobody: Any = None
    settings = Settings(_env_file=None, slack_signing_secret="x", slack_bot_token="xoxb-1")
    bolt = app._bolt(settings, identity.client_for(settings, nobody), identity.Identity())
    register(bolt, deps=nobody, after_ack=AfterAck())
    return bolt


def test_bolt_asks_no_listener_so_that_its_wait_for_an_ack_in_steps_of_ten_milliseconds_never_runs(
    bolt: AsyncApp,
) -> None:
    assert bolt._async_listeners == []


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def _answers(_: AsyncArgs) -> None:
    return None


async def _refuses(_: AsyncArgs) -> None:
    raise Invalid("No.")


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("handler", [_answers, _refuses])
async def test_all_that_came_with_a_request_is_freed_with_it_and_not_left_to_the_garbage_collector(
    bolt: AsyncApp, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has to clear of 200 requests stops the process for a tenth of a second."""
    monkeypatch.setitem(routes.VIEWS, ids.SCORE_PAGE, handler)
    view = {
        "type": "modal",
        "callback_id": ids.SCORE_PAGE,
        "blocks": [],
        "state": {"values": {}},
        "private_metadata": "{}",
    }
    who = {"team": {"id": "T1"}, "user": {"id": "U1"}}
    request = AsyncBoltRequest(body={"type": "view_submission", "view": view, **who}, mode="socket_mode")
    seen = weakref.ref(request)

    answer = await bolt.async_dispatch(request)
    del request

    assert answer.status == 200
    assert seen() is None


def test_bolt_turns_no_oauth_of_its_own_on_where_slacks_client_is_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "s")
    nobody: Any = None
    settings = Settings(_env_file=None, slack_signing_secret="x", slack_bot_token="xoxb-1")

    bolt = app._bolt(settings, identity.client_for(settings, nobody), identity.Identity())

    assert bolt.oauth_flow is None
    assert (settings.slack_client_id, os.environ["SLACK_CLIENT_ID"]) == ("1.2", "1.2")


CLIENT: dict[str, Any] = {"slack_client_id": "1.2", "slack_client_secret": "s", "slack_signing_secret": "x"}
URL: dict[str, Any] = {"CONCLAVE_URL": "https://conclave.example.com/"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"slack_client_id": "1.2", "slack_signing_secret": "x"}, "SLACK_CLIENT_ID is set without SLACK_CLIENT_SECRET"),
        ({"slack_client_secret": "s", "slack_signing_secret": "x", "slack_bot_token": "xoxb-1"},
         "SLACK_CLIENT_SECRET is set without SLACK_CLIENT_ID"),
        (CLIENT, "Set CONCLAVE_URL"),
        ({**CLIENT, **URL, "slack_signing_secret": ""}, "Set SLACK_SIGNING_SECRET"),
        ({**CLIENT, **URL}, "Set CONCLAVE_TOKEN_KEYS.*conclave keys new"),
        ({**CLIENT, **URL, "CONCLAVE_TOKEN_KEYS": "abc"}, "no key of 32 bytes"),
    ],
)  # fmt: skip
async def test_what_is_half_set_is_refused_at_the_start_in_a_sentence(
    given: dict[str, Any], says: str, service_database_url: str
) -> None:
    with pytest.raises(StartError, match=says):
        async with app.running(Settings(_env_file=None, **given), database_url=service_database_url):
            pass


@pytest.mark.parametrize(
    ("typed", "days"), [("30d", 30), ("7", 7), (" 90D ", 90), ("", None), ("0d", "wrong"), ("month", "wrong")]
)
def test_how_long_after_an_uninstall_data_is_erased_is_a_number_of_days(typed: str, days: int | str | None) -> None:
    how: dict[str, Any] = {"CONCLAVE_ERASE_AFTER_UNINSTALL": typed}
    if days == "wrong":
        with pytest.raises(ValidationError) as refused:
            Settings(_env_file=None, **how)
        words = "CONCLAVE_ERASE_AFTER_UNINSTALL has to be a number of days, such as 30d."
        assert told_of_settings(refused.value) == words
        return
    after = Settings(_env_file=None, **how).erase_after_uninstall
    assert (after.days if after else None) == days


def test_with_a_token_in_the_environment_there_is_one_workspace_whatever_else_is_set() -> None:
    settings = Settings(_env_file=None, **CLIENT, **URL, slack_bot_token="xoxb-1")

    assert not settings.serves_many
    assert settings.half_set() is None
    assert Settings(_env_file=None, **URL, slack_bot_token="xoxb-1").half_set() is None
    assert settings.url == "https://conclave.example.com"


def test_the_garbage_collector_does_not_walk_over_what_the_process_lives_with() -> None:
    before = gc.get_threshold()
    try:
        app.keep_garbage_collector_quiet()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == app.GC_THRESHOLDS[0]
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_the_loop_of_a_process_that_serves_is_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.cli import commands

    loops: list[str] = []

    async def serve(*_: object, **__: object) -> None:
        loops.append(type(asyncio.get_running_loop()).__module__)

    monkeypatch.setattr(app, "serve", serve)
    monkeypatch.setattr(gc, "disable", lambda: None)  # for `app.serve` to end
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setitem(sys.modules, "rich", sys.modules.get("rich"))  # put back afterwards
    commands._serve(does_web=False, does_work=True)

    assert loops == ["uvloop"]
