"""What a process loads and sets when it starts, before it serves anybody."""

import asyncio
import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from bot import app, identity
from bot.config import Settings
from bot.store import schema
from handlers.after_ack import AfterAck
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
    "h11",
    "scipy",
    "web",
    "argon2",
    "joserfc",
    "cryptography",
)


def test_a_process_that_serves_loads_nothing_that_only_other_commands_need() -> None:
    """As `conclave worker` does it: up to the point where it looks for its database, which there is none of."""
    program = (
        "import sys\n"
        "from bot.cli import commands\n"
        "commands.cli(['worker'], standalone_mode=False)\n"
        "from bot.store import schema\n"
        "schema.head()\n"
        f"print([name for name in {NOT_NEEDED} if sys.modules.get(name)])\n"
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


def test_bolt_asks_no_listener_so_that_its_wait_for_an_ack_in_steps_of_ten_milliseconds_never_runs() -> None:
    nobody: Any = None
    settings = Settings(_env_file=None, slack_signing_secret="x", slack_bot_token="xoxb-1")
    bolt = app._bolt(settings, identity.client_for(settings, nobody), identity.Identity())

    register(bolt, deps=nobody, after_ack=AfterAck())

    assert bolt._async_listeners == []


def test_the_garbage_collector_does_not_walk_over_what_the_process_lives_with() -> None:
    before = gc.get_threshold()
    try:
        app.keep_garbage_collector_quiet()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == app.GC_THRESHOLDS[0]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_the_loop_of_a_process_that_serves_is_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.cli import commands

    loops: list[str] = []

    async def serve(*_: object, **__: object) -> None:
        loops.append(type(asyncio.get_running_loop()).__module__)

    monkeypatch.setattr(app, "serve", serve)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setitem(sys.modules, "rich", sys.modules.get("rich"))  # put back afterwards
    commands._serve(does_web=False, does_work=True)

    assert loops == ["uvloop"]
